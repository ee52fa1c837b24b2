"""Restarts in each form of report: planned, counted, ended, and in the graph after what they come after."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import jsonschema_rs

from igz_apply.model.addresses import Address
from igz_apply.model.changes import Plan
from igz_apply.reports.graph import graph_of
from igz_apply.reports.graph_text import dot_report, mermaid_report
from igz_apply.reports.html_report import html_report
from igz_apply.reports.json_report import json_report
from igz_apply.reports.junit import junit_report
from igz_apply.reports.markdown import markdown_report
from igz_apply.reports.timeline import critical_path, rows_of
from igz_apply.reports.words import counts_text, headline
from igz_apply.wording.operation_words import done_of, subject
from tests.reports.reports_builders import change, large_plan, plan, report, run_of, with_restarts, with_restarts_ended

PLAN = with_restarts(large_plan(30))
RUN = with_restarts_ended(run_of(PLAN))
OWN, OTHER = (item.address for item in PLAN.operations)
SCHEMA = json.loads((Path(__file__).parents[2] / "schemas" / "plan.schema.json").read_text(encoding="utf-8"))


def restarts_alone() -> Plan:
    """A plan that changes nothing, and restarts what was left over."""
    found = PLAN.operations[0]
    return plan(change("no_change", str(found.address)), operations=(found,))


def test_they_are_counted_and_a_plan_of_them_alone_is_a_plan() -> None:
    assert "1 to restart, 1 unchanged" in counts_text(restarts_alone())
    assert headline(restarts_alone(), None, ()) == "Plan"
    assert RUN.counts["applied"] == sum(it.status.value == "applied" for it in RUN.outcomes) + 1
    assert [done_of(1, 0), done_of(0, 1), done_of(2, 3)] == ["1 change", "1 operation", "5 changes and operations"]


def test_json_has_them_and_how_they_ended_by_the_schema() -> None:
    data = json.loads(json_report(PLAN, RUN, ()))
    jsonschema_rs.validator_for(SCHEMA).validate(data)
    assert data["summary"]["restart"] == 2
    assert [(it["address"], it["status"]) for it in data["report"]["operated"]] == [
        (str(OWN), "applied"),
        (str(OTHER), "failed"),
    ]
    assert "operation" not in data["report"]["outcomes"][0]
    assert "operated" not in json.loads(json_report(large_plan(10), run_of(large_plan(10)), ()))["report"]


def test_markdown_names_them_with_their_reasons_and_those_that_failed() -> None:
    text = markdown_report(PLAN, RUN, ()).decode()
    assert "**Operations, each once what it comes after has gone well**" in text
    assert f"restart {OWN} (after resources.limits.memory)" in text
    assert f"failed: restart {OTHER}: no node has room" in text
    assert "Operations, each" not in markdown_report(large_plan(10), None, ()).decode()


def test_the_page_names_them_and_leads_to_them() -> None:
    page = html_report(PLAN, RUN, ()).decode()
    index = len(PLAN.changes)
    assert f'<li id="c{index}"><b>restart</b>' in page
    assert f'<b class="failed">failed</b> <a href="#c{index + 1}">' in page
    assert '<i class="s applied">applied</i>' in page
    assert f'<a href="#c{index}" class="operation">' in page
    planned = html_report(PLAN, None, ()).decode()
    assert 'id="operations"' in planned
    assert 'id="operations"' not in html_report(large_plan(10), None, ()).decode()


def test_junit_has_a_case_for_each() -> None:
    root = ElementTree.fromstring(junit_report(PLAN, RUN, ()))
    cases = {it.get("name"): it for it in root.iter("testcase")}
    assert cases[f"restart {OWN}"].find("failure") is None
    assert cases[f"restart {OWN}"].findtext("system-out") == "after resources.limits.memory"
    failure = cases[f"restart {OTHER}"].find("failure")
    assert failure is not None
    assert failure.get("message") == "failed: no node has room"
    assert cases[f"restart {OTHER}"].get("time") == "3.000"


def test_the_graph_puts_them_after_what_they_come_after() -> None:
    graph = graph_of(PLAN)
    layers = {node.address: node.layer for node in graph.nodes}
    assert layers[subject("restart", OWN)] == layers[OWN] + 1
    assert (OWN, subject("restart", OWN)) in graph.links
    (alone,) = graph_of(restarts_alone()).nodes
    assert (alone.layer, alone.verb, alone.label) == (0, "operation", f"restart {OWN}")


def test_graphs_as_text_have_them_in_a_colour_of_their_own() -> None:
    assert f'"restart {OWN}" [label="restart {OWN}", fillcolor="#e6dcfb"];' in dot_report(PLAN).decode()
    text = mermaid_report(PLAN).decode()
    assert f'["restart {OWN}"]:::operation' in text
    assert "classDef operation fill:#e6dcfb" in text


def test_the_timeline_and_the_critical_path_hold_them() -> None:
    row = rows_of(RUN)[-1]
    assert (row.step, row.is_critical) == ("restart app_services_manifests", True)
    assert critical_path(RUN)[-1].address in (subject("restart", OWN), subject("restart", OTHER))
    of = plan(change("update", "AppService/shell"))
    assert critical_path(report(of)) == ()


def test_what_stands_for_a_restart_is_no_address_of_a_change() -> None:
    assert subject("restart", OWN) == Address("restart AppService", OWN.name)
