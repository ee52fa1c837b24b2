"""The documented schema of `apply --format json` fits what the view writes."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from igz_apply.model.outcomes import Job, JobWaiting, StepEnded, StepStarted
from igz_apply.views.json_lines import EventsView
from igz_apply.views.sink import Sink
from tests.reports.reports_builders import PROBLEM, large_plan, run_of, with_restarts, with_restarts_ended

SCHEMA = json.loads((Path(__file__).parents[2] / "schemas" / "events.schema.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema_rs.validator_for(SCHEMA)


def lines_of_a_whole_run() -> list[dict[str, Any]]:
    of = with_restarts(large_plan(30))
    run = with_restarts_ended(run_of(of))
    stream = io.StringIO()
    view = EventsView(Sink(stream), Sink(io.StringIO()), lambda: "2026-03-01T12:00:00.000Z")
    view.problems([PROBLEM])
    view.plan(of)
    for timing in run.timeline:
        view.event(StepStarted(timing.started, timing.step, timing.addresses, of.writes[0].action))
        view.event(JobWaiting(timing.started, timing.step, timing.addresses, Job(timing.job, "in_progress", "")))
    restarted = run.operated[0]
    view.event(StepStarted(1.0, "restart", (restarted.address,), restarted.action, restarted.operation))
    view.event(StepEnded(1.0, "a step", (*run.outcomes[:10], restarted)))
    view.report(run)
    view.error("lost the connection")
    view.close(5)
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_the_schema_is_a_schema() -> None:
    jsonschema_rs.meta.validate(SCHEMA)


def test_every_line_of_a_run_fits_the_schema() -> None:
    lines = lines_of_a_whole_run()
    for line in lines:
        VALIDATOR.validate(line)
    described = {
        branch["if"]["properties"]["type"]["const"] for branch in SCHEMA["allOf"] if "properties" in branch["if"]
    }
    assert {line["type"] for line in lines} == described
    assert (lines[0]["type"], lines[-1]["type"]) == ("version", "summary")


@pytest.mark.parametrize(
    "line",
    [
        {},
        {"type": "summary", "time": "2026-03-01T12:00:00Z"},
        {
            "type": "step_started",
            "time": "2026-03-01T12:00:00Z",
            "address": "ada",
            "step": "",
            "action": "create",
            "at": 1,
        },
        {"type": "error", "time": "noon", "message": "", "hint": None},
        {"type": "error", "message": "", "hint": None},
        {"type": "version", "format_version": 2, "tool_version": "1"},
    ],
)
def test_what_is_no_such_line_does_not_fit(line: dict[str, Any]) -> None:
    assert not VALIDATOR.is_valid(line)


@pytest.mark.parametrize("name", ["ada", "a/b", "\r", "\n", "a\nb\n", "\u2028"])
def test_a_name_in_an_address_may_hold_any_character(name: str) -> None:
    line = {"type": "step_started", "time": "2026-03-01T12:00:00Z", "step": "", "action": "create", "at": 1}
    assert VALIDATOR.is_valid({**line, "address": f"User/{name}"})


def test_a_type_that_is_not_known_yet_fits() -> None:
    assert VALIDATOR.is_valid({"type": "weather", "time": "2026-03-01T12:00:00Z", "sun": True})
