"""The reports of several targets: every target in each form, what counts first, and nothing that hostile names do."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema_rs
import pytest

from igz_apply.errors import InvalidInput
from igz_apply.manifests.schemas import form_schema
from igz_apply.model.changes import AccessImpact, FieldDiff, ForeignMember, Origin, Unmanaged
from igz_apply.model.fleets import StopCause, TargetStatus
from igz_apply.model.hidden import Hidden
from igz_apply.model.outcomes import NotConverged, Report
from igz_apply.planning.drift import Drift, FieldDrift
from igz_apply.planning.fleet_report import FleetReport, FleetStop
from igz_apply.reports.comment_layout import MAX_LENGTH
from igz_apply.reports.fleet_write import FLEET_FORMS, check_fleet_report, write_fleet_report
from igz_apply.wording.fleet_words import headline
from tests.builders import role_change
from tests.reports.fleet_builders import (
    NAMES,
    dead,
    drifted,
    fifty_applied,
    fifty_planned,
    fleet,
    hostile,
    leaver,
    not_kept,
    not_started,
    plan_for,
    planned,
    usual_plan,
)
from tests.reports.reports_builders import at, change, large_plan

SCHEMA = jsonschema_rs.validator_for(dict(form_schema("fleet")))


def drift_of_three() -> FleetReport:
    """Two that have drifted alike, and one that could not be looked at."""
    return fleet("drift", [drifted("a-1", "Fraud"), drifted("a-2", "Fraud"), dead("a-3", 0.0)], seconds=3.0)


FLEETS = {"apply": fifty_applied, "plan": fifty_planned, "drift": drift_of_three}


def written(suffix: str, of: FleetReport) -> str:
    return FLEET_FORMS[suffix](of).decode("utf-8")


def document(of: FleetReport) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(written(".json", of))
    SCHEMA.validate(found)
    return found


# --- choosing and writing --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [*FLEET_FORMS, ".MD"])
def test_the_suffix_picks_the_form(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / "deep" / f"fleet{suffix}"
    check_fleet_report(path)
    write_fleet_report(path, drift_of_three())
    assert path.read_bytes() == FLEET_FORMS[suffix.lower()](drift_of_three())


@pytest.mark.parametrize(
    ("name", "why"), [("x.pdf", "its suffix is .pdf"), ("x", "it has no suffix"), ("x.dot", ".dot is the graph of one")]
)
def test_what_is_no_form_of_several_targets_is_refused_before_anything_runs(name: str, why: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_fleet_report(Path(name))
    [problem] = caught.value.problems
    assert why in problem.detail
    assert problem.hint == "Of several targets there are .md, .html, .json, .xml, .svg."


@pytest.mark.parametrize("suffix", FLEET_FORMS)
@pytest.mark.parametrize("which", FLEETS)
def test_every_form_names_every_target_and_is_the_same_each_time(suffix: str, which: str) -> None:
    of = FLEETS[which]()
    text = written(suffix, of)
    assert [result.name for result in of.results if result.name not in text] == []
    assert text == written(suffix, FLEETS[which]())


@pytest.mark.parametrize("suffix", FLEET_FORMS)
def test_every_form_takes_a_run_that_began_nowhere(suffix: str) -> None:
    stop = FleetStop(StopCause.INTERRUPTED, 0, left=("a", "b"))
    assert written(suffix, fleet("apply", [not_started("a"), not_started("b")], stop=stop))


# --- JSON ------------------------------------------------------------------------------------------------------------


def test_the_json_document_tells_each_plan_once_and_every_target_with_its_own() -> None:
    of = fifty_planned()
    found = document(of)
    assert [target["target"] for target in found["targets"]] == list(NAMES)
    assert [len(plan["targets"]) for plan in found["plans"]] == [39, 5]
    assert {target["plan"] for target in found["targets"]} == {1, 2, None}
    assert sum(found["counts"].values()) == 50
    assert (found["stop"]["cause"], found["stop"]["wave"]) == ("failures", 3)
    assert found["exit_code"] == of.exit_code() == 4
    [lost] = [target for target in found["targets"] if target["status"] == "failed"]
    assert (lost["plan"], lost["digest"], lost["counts"]) == (None, None, None)
    assert lost["error"].startswith("https://dashboard.prod-eu-08")


def test_the_json_document_holds_how_each_apply_ended_and_what_has_drifted() -> None:
    found = document(fifty_applied())
    reports = {target["target"]: target["report"] for target in found["targets"] if target["report"]}
    assert len(reports) == 13
    assert [item["address"] for item in reports["prod-us-02"]["not_converged"]] == ["Group/data-science"]
    seen = document(drift_of_three())
    assert [len(plan["targets"]) for plan in seen["plans"]] == []
    assert [target["drift"] and len(target["drift"]["resources"]) for target in seen["targets"]] == [1, 1, None]


def test_what_is_no_document_does_not_fit_the_schema() -> None:
    found = document(drift_of_three())
    for key in ("waves", "targets", "stop"):
        assert not SCHEMA.is_valid({name: value for name, value in found.items() if name != key})
    assert not SCHEMA.is_valid({**found, "counts": {**found["counts"], "failed": -1}})


# --- Markdown --------------------------------------------------------------------------------------------------------


def test_the_comment_says_first_where_it_stopped_what_failed_and_what_to_do_next() -> None:
    text = written(".md", fifty_applied())
    order = [
        "<!-- igz-apply fleet prod_ -->",
        "Stopped",
        "after wave 4 of 11",
        "Next:",
        "Not as it should be: 3 targets",
        "Targets, in the order of the run",
        "14 targets alike",
        "**1 to delete**",
        "Who loses access",
        "<details>",
    ]
    places = [text.index(words) for words in order]
    assert places == sorted(places)
    assert "igz-apply undo 20261130-1500-prod-us-02 --target prod-us-02" in text


def test_the_marker_stays_when_a_target_comes() -> None:
    one = written(".md", fleet("plan", [planned("prod-eu", usual_plan("a")), planned("prod-us", usual_plan("b"))]))
    two = written(".md", fleet("plan", [planned(f"prod-{it}", usual_plan(it)) for it in ("eu", "us", "il")]))
    assert one.split("\n")[0] == two.split("\n")[0] == "<!-- igz-apply fleet prod_ -->"
    others = fleet("plan", [planned(name, usual_plan(name)) for name in ("dev", "prod")])
    assert written(".md", others).startswith("<!-- igz-apply fleet all -->\n")


def test_the_comment_tells_how_to_apply_exactly_what_it_shows() -> None:
    digest = f"sha256:{'7' * 64}"
    text = written(".md", replace(fifty_planned(), digest=digest))
    assert f"`igz-apply apply` of the same targets with `--expect {digest}`" in text


def test_a_comment_of_many_large_plans_has_room_for_what_counts_and_says_what_it_left_out() -> None:
    results = [planned(f"target-{index:03}", _large(index)) for index in range(100)]
    results[7] = dead("target-007", 0.0)
    text = written(".md", fleet("plan", results))
    assert len(text) <= MAX_LENGTH
    assert "https://dashboard.target-007.example.com: no answer" in text
    assert [result.name for result in results if result.name not in text] == []
    assert re.search(r"the plans of \d+ targets, with \d+ deletes and \d+ losses of access, have no room", text)
    assert re.search(r"The details of \d+ plans have no room here", text)


def _large(index: int) -> Any:
    of = large_plan(20)
    lost = tuple(role_change(f"u{it}", f"p{it}", "admin", None, "direct", loses=True) for it in range(40))
    return replace(
        of,
        changes=(*of.changes, *(change("delete", f"User/x-{index}-{it}") for it in range(9))),
        access_impact=AccessImpact(lost),
    )


def test_a_comment_of_a_thousand_targets_counts_those_that_are_well_and_names_those_that_are_not() -> None:
    results = [planned(f"target-with-a-long-name-{index:04}", plan_for("x")) for index in range(1_500)]
    results[700] = dead("target-with-a-long-name-0700", 0.0)
    text = written(".md", fleet("plan", results))
    assert len(text) <= MAX_LENGTH
    assert "✗ failed: target-with-a-long-name-0700" in text
    assert "1,498 targets" in text


def test_the_comment_says_who_has_access_by_no_manifest_and_on_which_targets() -> None:
    member = Unmanaged(members=(ForeignMember(at("User/eve"), at("Project/churn"), "Admin"),))
    results = [planned(name, replace(usual_plan(name), unmanaged=member)) for name in ("a", "b")]
    for suffix in (".md", ".html"):
        text = written(suffix, fleet("plan", results))
        assert "User/eve is Admin of Project/churn" in text


def test_drift_is_told_once_for_all_that_have_it() -> None:
    for suffix in (".md", ".html"):
        text = written(suffix, drift_of_three())
        assert "Drift on 2 targets alike" in text
        assert text.count("description: Fraud") == 1


def test_a_drift_comment_says_nothing_of_plans_that_wait_for_an_apply() -> None:
    waiting = replace(planned("a", usual_plan("a")), status=TargetStatus.UNCHANGED)
    text = written(".md", fleet("drift", [waiting, drifted("b", "Fraud")]))
    assert "no room" not in text
    assert "Drift on 1 target" in text


def test_a_drift_comment_counts_the_drift_that_it_has_no_room_for() -> None:
    many = [drifted(f"target-{index:03}", f"{index} " + "x" * 150) for index in range(400)]
    text = written(".md", fleet("drift", many))
    assert len(text) <= MAX_LENGTH
    told = re.search(r"\*\*the drift of (\d+) targets has no room", text)
    assert told is not None
    assert int(told[1]) + text.count("#### Drift on 1 target") == len(many)


@pytest.mark.parametrize("suffix", FLEET_FORMS)
def test_a_secret_is_in_no_form(suffix: str) -> None:
    hidden = Hidden("AppService/a.env", "hunter2")
    of = plan_for("a", change("update", "AppService/a", FieldDiff(("env",), hidden, {"TOKEN": hidden})))
    moved = FieldDrift(FieldDiff(("env",), hidden, hidden, origin=Origin.CLUSTER), {"TOKEN": hidden})
    drift = Drift(at("AppService/a"), of.changes[0].action, (moved,), Origin.CLUSTER)
    lost = replace(not_kept("b", of, 0.0, 1.0), report=None)
    run = Report(of, (), (NotConverged(at("AppService/a"), of.changes[0].diff),))
    for command in ("plan", "apply", "drift"):
        results = [planned("a", of, drift=(drift,)), replace(lost, report=run, drift=(drift,))]
        text = written(suffix, fleet(command, results))
        assert "hunter2" not in text
        assert "AppService/a" in text or suffix == ".svg" or (suffix, command) in ((".xml", "plan"), (".xml", "drift"))


# --- HTML and SVG ----------------------------------------------------------------------------------------------------


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.ids: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self.tags.append((tag, told))
        self.ids += [told["id"]] if told.get("id") else []  # type: ignore[list-item]
        self.links += [told["href"]] if tag == "a" and told.get("href") else []  # type: ignore[list-item]


@pytest.mark.parametrize("which", FLEETS)
def test_the_page_fetches_nothing_and_each_link_leads_somewhere(which: str) -> None:
    text = written(".html", FLEETS[which]())
    page = _Page()
    page.feed(text)
    assert "default-src 'none'" in text
    assert not {tag for tag, _ in page.tags} & {"img", "iframe", "object", "embed"}
    assert [told["href"] for tag, told in page.tags if tag == "link"] == ["data:,"]
    assert len(page.ids) == len(set(page.ids))
    assert {link[1:] for link in page.links} <= set(page.ids)


def test_the_picture_is_in_words_too() -> None:
    of = fifty_applied()
    for suffix in (".svg", ".html"):
        text = written(suffix, of)
        svg = ElementTree.fromstring(text[text.index("<svg") : text.index("</svg>") + 6].replace("&nbsp;", " "))
        title, described = (svg.find(f"{{http://www.w3.org/2000/svg}}{tag}") for tag in ("title", "desc"))
        assert title is not None
        assert described is not None
        assert str(title.text).startswith("Stopped")
        assert "Wave 1, canary: applied: prod-eu-01. Wave 2: applied: prod-eu-02," in str(described.text)
        assert all(name in str(described.text) for name in NAMES)
        boxes = [part.text for part in svg.iter("{http://www.w3.org/2000/svg}title")][1:]
        assert len(boxes) == 50
        assert "prod-us-04: refused: Owned by another" in boxes


def test_the_picture_shows_where_it_stopped_or_would() -> None:
    assert written(".svg", fifty_applied()).count("stopped here") == 1
    assert written(".svg", fifty_planned()).count("would stop here") == 1
    assert written(".svg", fifty_planned()).count("; apply would not come to it</title>") == 39
    assert "stop here" not in written(".svg", drift_of_three())


def test_the_picture_alone_says_how_it_went_and_long_names_differ_in_it() -> None:
    names = [f"a-rather-long-name-of-a-cluster-in-{region}" for region in ("eu-1", "us-1")]
    report = fleet("apply", [not_started(name) for name in names])
    svg = ElementTree.fromstring(written(".svg", report))
    texts = [str(part.text) for part in svg.iter("{http://www.w3.org/2000/svg}text")]
    head = texts[: texts.index("Wave 1, canary")]
    assert " ".join(head) == headline(report)
    assert [text for text in texts if "…" in text] == [
        "· a-rather-long-nam…ster-in-eu-1",
        "· a-rather-long-nam…ster-in-us-1",
    ]


@pytest.mark.parametrize("suffix", FLEET_FORMS)
def test_hostile_names_do_nothing(suffix: str) -> None:
    text = written(suffix, hostile())
    assert "\x1b" not in text
    assert "\u202e" not in text
    if suffix == ".html":
        page = _Page()
        page.feed(text)
        assert not [tag for tag, told in page.tags if tag == "img" or "onerror" in told]
        assert sum(tag == "script" for tag, _ in page.tags) == 1
    elif suffix in (".xml", ".svg"):
        ElementTree.fromstring(text)
    elif suffix == ".json":
        SCHEMA.validate(json.loads(text))
    else:
        _outside_of_fences(text)


def _outside_of_fences(text: str) -> None:
    """Hold that nothing of a name stands where Markdown would take it for markup."""
    assert text.startswith("<!-- igz-apply fleet ")
    without = text.partition(" -->\n")[2]
    without = re.sub(r"^(`{3,})[a-z]*\n.*?^\1$", "", without, flags=re.DOTALL | re.MULTILINE)
    without = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", without, flags=re.DOTALL)
    assert "onerror" not in without
    assert "@all" not in without


# --- JUnit -----------------------------------------------------------------------------------------------------------


def test_each_wave_is_a_suite_and_each_target_a_case() -> None:
    root = ElementTree.fromstring(written(".xml", fifty_applied()))
    assert [suite.get("name") for suite in root][:2] == ["wave 1 of 11 (canary)", "wave 2 of 11"]
    assert {key: root.get(key) for key in ("tests", "failures", "errors", "skipped")} == {
        "tests": "50",
        "failures": "2",
        "errors": "1",
        "skipped": "34",
    }
    cases = {case.get("name"): case for case in root.iter("testcase")}
    lying, lost = cases["prod-us-02"].find("failure"), cases["prod-us-03"].find("error")
    assert lying is not None
    assert lying.text == "not kept: Group/data-science: description"
    assert lost is not None
    assert "Look whether the cluster is up" in str(lost.text)
    stopped = [prop.get("value") for prop in root.iter("property")]
    assert len(stopped) == 1
    assert "after wave 4 of 11" in str(stopped[0])


def test_a_change_that_failed_is_in_the_case_of_its_target() -> None:
    from tests.reports.fleet_builders import failed_change

    of = fleet("apply", [failed_change("a", plan_for("a", leaver()), 0.0, 1.0)])
    assert of.results[0].status is TargetStatus.PARTLY
    assert "failed: delete User/bob: 409" in written(".xml", of)


def test_plans_that_take_something_away_come_before_those_that_do_not() -> None:
    results = [planned("a", plan_for("a", change("create", "User/eve"))), planned("b", plan_for("b", leaver()))]
    text = written(".md", fleet("plan", results))
    assert text.index("`b`") < text.index("`a`")


def test_a_comment_of_many_long_failures_stays_within_its_length_and_counts_what_it_left_out() -> None:
    lost = [replace(dead(f"{'x' * 200}-{it}", 0.0), error=f"`{'e' * 900}{it}") for it in range(400)]
    text = written(".md", fleet("plan", lost))
    assert len(text) <= MAX_LENGTH
    assert "of 400 targets 400 failed" in text
    assert re.search(r"and \d+ more, for which there is no room here", text)
