"""A run over several targets as people and programs read it, while it goes and at its end."""

from __future__ import annotations

import io
import json
from typing import Any

import jsonschema_rs
import pytest

from igz_apply.manifests.schemas import form_schema
from igz_apply.model.fleets import FleetPace, StopCause, Wave
from igz_apply.model.outcomes import StepEnded, StepStarted
from igz_apply.planning.fleet_report import FleetStop
from igz_apply.reports.fleet_json import fleet_json_report
from igz_apply.views.cells import cells
from igz_apply.views.fleet_both import BothFleetViews
from igz_apply.views.fleet_json import FleetDocument, FleetEvents
from igz_apply.views.fleet_live import FleetLive, frame_lines
from igz_apply.views.fleet_progress import FleetStanding, FleetTicker
from igz_apply.views.fleet_text import FleetText
from igz_apply.views.fleet_view import FleetView
from igz_apply.views.lines import Span, render
from igz_apply.views.sink import Sink
from igz_apply.views.terminal import Terminal
from tests.reports.fleet_builders import (
    applied,
    dead,
    failed_change,
    fifty_planned,
    fleet,
    not_started,
    plan_for,
    planned,
    usual_plan,
)
from tests.reports.reports_builders import PROBLEM, outcome

UTC = "2026-11-30T15:00:00.000+00:00"
WAVES = (Wave(1, ("a",), is_canary=True), Wave(2, ("b", "c")))
SCHEMA = jsonschema_rs.validator_for(dict(form_schema("fleet")))
EVENTS = jsonschema_rs.validator_for(dict(form_schema("events")))


# --- progress --------------------------------------------------------------------------------------------------------


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def course_of(view: Any, clock: Clock) -> None:
    """Go through two waves: a canary that is well, then one that fails within, and one that never starts."""
    of = usual_plan("a")
    view.began("apply", WAVES, FleetPace())
    view.wave_began(WAVES[0])
    view.started("a")
    view.told("a", of)
    clock.seconds = 2.0
    view.ended(applied("a", of, 0.0, 2.0))
    view.wave_ended(WAVES[0])
    view.wave_began(WAVES[1])
    view.started("b")
    view.told("b", of)
    first, second = of.writes[:2]
    view.told("b", StepStarted(1.0, "1", (first.address,), first.action))
    view.told("b", StepEnded(2.0, "1", (outcome(first, "failed", detail="500"),)))
    view.told("b", StepStarted(1.0, "2", (second.address,), second.action))
    clock.seconds = 40.0
    view.told("b", StepEnded(2.0, "2", (outcome(second),)))
    view.stopped(FleetStop(StopCause.FAILURES, 2, ("b",)))
    view.ended(failed_change("b", of, 2.0, 40.0))
    view.ended(not_started("c"))
    view.wave_ended(WAVES[1])
    view.closed()


class Shown:
    """A text view, and what it has written."""

    def __init__(self, **terminal: Any) -> None:
        self.out, self.err, self.clock = io.StringIO(), io.StringIO(), Clock()
        errors = Sink(self.err, Terminal(**terminal))
        self.view = FleetText(Sink(self.out), errors, FleetTicker(errors, self.clock))


def test_a_log_has_a_line_for_each_wave_each_target_that_ended_and_each_change_that_failed() -> None:
    shown = Shown()
    course_of(shown.view, shown.clock)
    assert shown.err.getvalue() == (
        "   0.0s 0/3  wave 1 of 2 (canary): a\n"
        "   2.0s 1/3  ✓ a  applied: create 1, update 1, delete 1 in 2.0s\n"
        "   2.0s 1/3  wave 2 of 2: b, c\n"
        "   2.0s 1/3  b  ✗ update  Group/data-science failed: 500\n"
        "    40s 1/3  … wave 2 of 2: 0 of 2 ended; b (2 of 3) run\n"
        "stopping, as too many targets failed (b): nothing new starts, what runs ends\n"
        "    40s 2/3  ✗ b  partly applied: 2 of 3 changes applied, 1 failed in 40s\n"
    )


def test_what_is_read_only_goes_without_waves() -> None:
    shown = Shown()
    shown.view.began("plan", WAVES, FleetPace())
    shown.view.started("a")
    shown.view.ended(planned("a", plan_for("a")))
    shown.clock.seconds = 31.0
    shown.view.started("b")
    shown.view.told("b", plan_for("b"))
    assert shown.err.getvalue() == ("   0.0s 1/3  = a  unchanged in 1.2s\n    31s 1/3  … 1 of 3 targets ended; b run\n")


def test_notes_faults_and_errors_of_the_whole_go_beside() -> None:
    shown = Shown()
    shown.view.note("interrupted: \x1bnothing new starts")
    shown.view.problems([PROBLEM])
    shown.view.error("no such target", "Name another.")
    shown.view.close(3)
    text = shown.err.getvalue()
    assert text.startswith("note: interrupted: \\u001bnothing new starts\n")
    assert "Too many deletes" in text
    assert "error: no such target\n  Next: Name another." in text


def test_the_plan_is_shown_before_the_question_and_not_again_at_the_end() -> None:
    shown = Shown()
    shown.view.asked(fleet("plan", [planned("a", usual_plan("a"))]))
    assert "What changes on a" in shown.out.getvalue()
    before = len(shown.out.getvalue())
    shown.view.report(fleet("apply", [applied("a", usual_plan("a"), 0.0, 1.0)]))
    assert "Applied: of 1 target 1 applied" in shown.out.getvalue()[before:]
    assert "What changes" not in shown.out.getvalue()[before:]


def test_each_plan_is_shown_before_it_is_applied_in_full_once_and_not_again_at_the_end() -> None:
    shown = Shown()
    course_of(shown.view, shown.clock)
    text = shown.out.getvalue()
    assert text.startswith("What changes on a\n")
    assert "Group/data-science" in text
    assert text.endswith("What changes on b: the same as on a\n")
    of = usual_plan("a")
    shown.view.report(fleet("apply", [applied("a", of, 0.0, 1.0), failed_change("b", of, 2.0, 40.0)]))
    assert shown.out.getvalue().count("What changes on") == 2


class Broken(io.StringIO):
    def write(self, text: str) -> int:
        raise OSError(28, f"no room for {len(text)} characters")


def test_an_account_that_cannot_be_written_is_told_on_standard_error() -> None:
    shown = Shown()
    view = FleetText(Sink(Broken()), Sink(shown.err), FleetTicker(Sink(shown.err), shown.clock))
    view.report(fleet("apply", [applied("a", usual_plan("a"), 0.0, 1.0)]))
    assert "Applied: of 1 target" in shown.err.getvalue()


def test_a_drawn_run_shows_the_wave_and_a_bar_for_each_target_that_runs() -> None:
    course, of = FleetStanding(), usual_plan("a")
    course.began("apply", (Wave(1, tuple("abcdefghijklmno")),))
    course.wave = course.waves[0]
    course.finish(dead("o", 0.0))
    for name in "abcdefghijklmn":
        course.told(name, plan_for(name) if name == "b" else of)
    first = of.writes[0]
    course.told("a", StepEnded(2.0, "1", (outcome(first, "failed"),)))
    course.told("a", StepStarted(2.0, "2", (of.writes[1].address,), of.writes[1].action))
    text = render(frame_lines(course, 65.0, 80), colour=False)
    head, row, empty, *others, more = text.splitlines()
    assert head == "wave 1 of 1: 1 of 15 ended, 1 bad; 1 of 15 targets  1m05s"
    assert row == f"  a  {'━' * 6}{'·' * 14}  1 of 3  create Project/forecast"
    assert empty == "  b  is being read"
    assert len(others) == 10
    assert more == "  and 2 more"
    narrow = render(frame_lines(course, 65.0, 40), colour=False)
    assert max(map(cells, narrow.splitlines()[1:])) <= 40


def test_a_terminal_is_drawn_on_and_left_as_it_was() -> None:
    stream, clock = io.StringIO(), Clock()
    sink = Sink(stream, Terminal(width=80, live=True))
    view = FleetText(Sink(io.StringIO()), sink, FleetLive(sink, clock))
    course_of(view, clock)
    view.close(5)
    text = stream.getvalue()
    for words in ("✓ a  applied", "b  ✗ update  Group/data-science failed: 500", "stopping", "✗ b  partly applied"):
        assert words in text


class Tty(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_what_is_written_meanwhile_is_not_drawn_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    stream, up = Tty(), "\x1b[1A"
    live = FleetLive(Sink(stream, Terminal(width=80, live=True)), Clock())
    live.began("apply", WAVES)
    live.started("a")
    live.say((Span("some line"),))
    with live.paused():
        assert up in stream.getvalue()  # what was drawn has been taken away
        stream.write("a plan\n")
    live.close()
    before, _, after = stream.getvalue().partition("a plan\n")
    assert up not in after[: after.index("targets")], (before, after)


def test_what_has_ended_is_not_drawn_as_running_below_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    stream, clock = Tty(), Clock()
    live = FleetLive(Sink(stream, Terminal(width=80, live=True)), clock)
    live.began("plan", WAVES)
    for name in ("a", "b"):
        live.started(name)
    live.say((Span("both run"),))  # so that both have been drawn
    live.ended(planned("a", plan_for("a")))
    drawn = stream.getvalue().rpartition("= a  unchanged")[2].rpartition("of 3 targets ended")[2]
    live.close()
    assert "b  is being read" in drawn
    assert "a  is being read" not in drawn


def test_a_frame_is_drawn_while_it_runs() -> None:
    clock = Clock()
    live = FleetLive(Sink(io.StringIO(), Terminal(width=80, live=True)), clock)
    live.began("plan", WAVES)
    live.started("a")
    assert len(live.frame().renderables) == 2
    live.close()


# --- JSON ------------------------------------------------------------------------------------------------------------


def lines_of(stream: io.StringIO) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in stream.getvalue().splitlines()]
    for line in found:
        SCHEMA.validate(line)
    return found


def test_each_line_about_a_target_names_it_and_the_last_line_has_the_account() -> None:
    stream, clock = io.StringIO(), Clock()
    view = FleetEvents(Sink(stream), Sink(io.StringIO()), lambda: UTC)
    course_of(view, clock)
    view.note("interrupted")
    view.problems([PROBLEM])
    view.error("no", "")
    stop = FleetStop(StopCause.FAILURES, 2, ("b",), ("c",))
    of = usual_plan("a")
    ends = [applied("a", of, 0.0, 2.0), failed_change("b", of, 2.0, 40.0), not_started("c")]
    view.report(fleet("apply", ends, stop=stop))
    view.close(5)
    lines = lines_of(stream)
    assert (lines[0]["type"], lines[1]["type"], lines[-1]["type"]) == ("version", "fleet", "end")
    kinds = {line["type"] for line in lines if "target" in line}
    assert kinds == {
        "target_began", "target_ended", "plan", "planned_change", "step_started", "step_ended", "not_run",
    }  # fmt: skip
    ended = {line["target"]: line["status"] for line in lines if line["type"] == "target_ended"}
    assert ended == {"a": "applied", "b": "partly_applied", "c": "not_started"}
    [plan, _] = [line for line in lines if line["type"] == "plan"]
    assert plan["cluster"]["endpoint"] == "https://dashboard.a.example.com"
    for line in lines:
        if line["type"] in ("planned_change", "step_started", "step_ended", "not_run"):
            EVENTS.validate({key: value for key, value in line.items() if key != "target"})
    end = lines[-1]
    assert (end["exit_code"], end["stop"]["left"], end["counts"]["not_started"]) == (5, ["c"], 1)


def test_plans_of_the_planning_are_told_too() -> None:
    stream = io.StringIO()
    view = FleetEvents(Sink(stream), None, lambda: UTC)
    view.began("plan", WAVES, FleetPace())
    view.ended(planned("a", usual_plan("a")))
    view.asked(fleet("plan", [planned("a", usual_plan("a"))]))
    view.close(0)
    lines = lines_of(stream)
    assert [line["type"] for line in lines if "target" in line] == ["plan", *["planned_change"] * 3, "target_ended"]
    assert (lines[-1]["stop"], lines[-1]["words"]) == (None, None)


def test_an_account_in_lines_that_cannot_be_written_is_told_as_text() -> None:
    errors = io.StringIO()
    view = FleetEvents(Sink(Broken()), Sink(errors), lambda: UTC)
    view.report(fleet("apply", [applied("a", usual_plan("a"), 0.0, 1.0)]))
    assert "Applied: of 1 target" in errors.getvalue()


def test_the_document_is_all_that_standard_output_gets() -> None:
    shown, out = Shown(), io.StringIO()
    errors = Sink(shown.err)
    view = FleetDocument(Sink(out), errors, FleetTicker(errors, shown.clock), fleet_json_report)
    view.began("plan", WAVES, FleetPace())
    view.note("look")
    of = fifty_planned()
    view.report(of)
    view.close(4)
    SCHEMA.validate(json.loads(out.getvalue()))
    assert out.getvalue().encode() == fleet_json_report(of)
    assert "note: look" in shown.err.getvalue()


class Recorder:
    """A view that notes what it is told."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return lambda *_: self.heard.append(name)


def test_two_views_hear_the_same() -> None:
    first, second = Recorder(), Recorder()
    both: FleetView = BothFleetViews(first, second)
    course_of(both, Clock())
    both.note("")
    both.problems([])
    both.error("")
    of = fleet("plan", [planned("a", usual_plan("a"))])
    both.asked(of)
    both.report(of)
    both.close(0)
    names = {name for name in dir(FleetView) if not name.startswith("_")}
    assert set(first.heard) == names
    assert first.heard == second.heard
