"""Restarts on a terminal, in a log and as events: before, while and after an apply does them."""

from __future__ import annotations

import io
import json

import pytest

from igz_apply.model.changes import Action
from igz_apply.model.operations import PlannedOperation, Trigger
from igz_apply.model.outcomes import Event, Job, JobWaiting, Outcome, Status, StepEnded, StepStarted
from igz_apply.views.cells import cells
from igz_apply.views.json_lines import EventsView
from igz_apply.views.lines import render
from igz_apply.views.live import frame_lines
from igz_apply.views.plan_text import plan_text
from igz_apply.views.progress import Progress
from igz_apply.views.report_text import report_lines
from igz_apply.views.sink import Sink
from igz_apply.views.terminal import Terminal
from igz_apply.views.text import TextView
from igz_apply.views.ticker import Ticker
from igz_apply.wording.operation_words import why
from tests.views.views_builders import address, change, outcome, plan, report

ADA = address("AppService/jupyter-ada")
CHANGE = change("update", "AppService/jupyter-ada")
OPERATION = PlannedOperation("restart", ADA, (Trigger(ADA, ("jupyter.image_name",)),), depends_on=(ADA,))
PLAN = plan(CHANGE, change("no_change", "Group/ds"), operations=(OPERATION,))
STEP = "restart app_services_manifests"
DONE = Outcome(ADA, Action.NO_CHANGE, Status.APPLIED, started=1.0, ended=3.0, operation="restart")
EVENTS: list[Event] = [
    StepStarted(1.0, STEP, (ADA,), Action.NO_CHANGE, "restart"),
    JobWaiting(1.5, STEP, (ADA,), Job("77", "in_progress")),
    StepEnded(3.0, STEP, (DONE,)),
]


def test_a_plan_shows_them_after_the_changes_and_counts_them() -> None:
    text = plan_text(PLAN, 100)
    assert (
        "Operations, each once what it comes after has gone well\n"
        "  ↻ restart AppService/jupyter-ada  (after jupyter.image_name)\n\n"
    ) in text
    assert text.endswith("Plan: 0 to create, 1 to update, 0 to delete, 1 to restart; 1 unchanged.\n")


def test_a_plan_of_nothing_else_is_not_one_without_changes() -> None:
    text = plan_text(plan(change("no_change", "AppService/jupyter-ada"), operations=(OPERATION,)), 100)
    assert "No changes" not in text
    assert "1 to restart; 1 unchanged." in text


@pytest.mark.parametrize("width", [60, 80])
def test_long_reasons_stand_below_and_no_line_is_wider_than_the_terminal(width: int) -> None:
    long = PlannedOperation(
        "restart", ADA, tuple(Trigger(address(f"Group/{'a-long-name-' * 3}{n}")) for n in range(9)), True
    )
    text = plan_text(plan(CHANGE, operations=(long,)), width)
    assert max(map(cells, text.splitlines())) <= width
    assert "  ↻ restart AppService/jupyter-ada\n      (after Group/" in text


def test_what_brings_one_about_is_said_in_words() -> None:
    ds = address("Group/ds")
    for triggers, is_left_over, said in (
        ((Trigger(ADA),), False, "after any change of it"),
        ((Trigger(ds), Trigger(ADA, ("a", "b"))), False, "after Group/ds and a, b"),
        ((Trigger(ds, ("p",)),), True, "after p of Group/ds; left over from an earlier run, which did not come to it"),
        ((), True, "left over from an earlier run, which did not come to it"),
    ):
        assert why(PlannedOperation("restart", ADA, triggers, is_left_over)) == said


def test_a_log_says_what_is_restarted() -> None:
    stream = io.StringIO()
    ticker = Ticker(Sink(stream))
    ticker.begin(2)
    for event in (EVENTS[0], JobWaiting(40.0, STEP, (ADA,), Job("77", "in_progress")), EVENTS[2]):
        ticker.event(event)
    assert stream.getvalue() == (
        "    40s 0/2  … restart AppService/jupyter-ada waits for job 77 (in_progress)\n"
        "   3.0s 1/2  ✓ restart AppService/jupyter-ada applied in 2.0s\n"
    )


def test_a_person_sees_it_run_and_counted() -> None:
    progress = Progress(total=2)
    for event in EVENTS[:2]:
        progress.note(event)
    text = render(frame_lines(progress, 2.0, 100), colour=False)
    assert "  ↻ restart AppService/jupyter-ada   1.0s  in_progress, job 77\n" in text
    progress.note(EVENTS[2])
    assert (progress.done, progress.ended_well) == (1, 1)


def test_a_view_expects_as_many_as_there_are_changes_and_operations() -> None:
    found: list[int] = []

    class Counting:
        def begin(self, total: int) -> None:
            found.append(total)

        def event(self, event: Event) -> None:
            raise AssertionError(event)

        def close(self) -> None:
            pass

    TextView(Sink(io.StringIO()), Sink(io.StringIO(), Terminal()), Counting()).plan(PLAN)
    assert found == [2]


def test_the_end_counts_them_and_names_what_was_not_done() -> None:
    failed = Outcome(ADA, Action.NO_CHANGE, Status.FAILED, "no node has room", operation="restart")
    text = render(report_lines(report(PLAN, outcome("applied", CHANGE), operated=(failed,)), 80), colour=False)
    assert "Failed (1)\n  ✗ restart AppService/jupyter-ada\n            no node has room\n" in text
    assert "Not finished: 1 of 2 changes and operations applied, 1 failed." in text
    whole = report(PLAN, outcome("applied", CHANGE), operated=(DONE,))
    assert whole.exit_code == 0
    assert "Applied: 2 of 2 changes and operations applied." in render(report_lines(whole, 80), colour=False)


def test_events_tell_of_it_as_of_a_change_and_of_one_that_was_not_run() -> None:
    stream = io.StringIO()
    view = EventsView(Sink(stream), Sink(io.StringIO()), lambda: "2026-03-01T12:00:00Z")
    view.plan(PLAN)
    for event in EVENTS:
        view.event(event)
    skipped = Outcome(address("AppService/x"), Action.NO_CHANGE, Status.SKIPPED, operation="restart")
    view.report(report(PLAN, outcome("applied", CHANGE), operated=(DONE, skipped)))
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    told = {(it["type"], it.get("address"), it.get("action")) for it in lines}
    assert ("step_ended", "AppService/jupyter-ada", "restart") in told
    assert ("not_run", "AppService/jupyter-ada", "update") in told  # its change: another thing of the same address
    assert ("not_run", "AppService/x", "restart") in told
    assert ("not_run", "AppService/jupyter-ada", "restart") not in told
