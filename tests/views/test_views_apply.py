from __future__ import annotations

import io
import json

from rich.console import Console

from igz_apply.model.changes import Action
from igz_apply.model.outcomes import Event, Job, JobWaiting, NotConverged, Report, StepEnded, StepStarted
from igz_apply.model.problems import Problem
from igz_apply.views.json_lines import EventsView
from igz_apply.views.lines import render
from igz_apply.views.live import LiveProgress, frame_lines
from igz_apply.views.progress import Progress
from igz_apply.views.report_text import report_lines
from igz_apply.views.sink import Sink
from igz_apply.views.terminal import Terminal
from igz_apply.views.text import TextView
from igz_apply.views.ticker import Ticker
from tests.views.views_builders import address, change, differs, outcome, plan, report

ADA = change("create", "User/ada", differs("first_name", None, "Ada"))
CHURN = change("create", "Project/churn", after=("User/ada",))
PLAN = plan(ADA, CHURN)
EVENTS: list[Event] = [
    StepStarted(0.0, "create User/ada", (ADA.address,), Action.CREATE),
    JobWaiting(0.5, "create User/ada", (ADA.address,), Job("77", "in_progress", "Creating")),
    JobWaiting(0.7, "create User/ada", (ADA.address,), Job("77", "in_progress", "Creating")),
    StepEnded(2.0, "create User/ada", (outcome("applied", ADA, started=0.0, ended=2.0),)),
]


def told(of: Report) -> str:
    return render(report_lines(of, 80), colour=False)


def logged(*events: Event) -> str:
    stream = io.StringIO()
    ticker = Ticker(Sink(stream))
    ticker.begin(2)
    for event in events:
        ticker.event(event)
    return stream.getvalue()


def test_a_log_gets_one_line_for_each_change_that_ended() -> None:
    assert logged(*EVENTS) == "   2.0s 1/2  ✓ create  User/ada applied in 2.0s\n"


def test_a_log_says_what_is_waited_for_once_that_takes_long() -> None:
    looks = [JobWaiting(at, "create User/ada", (ADA.address,), Job("77", "in_progress")) for at in (1, 3, 5, 40, 41)]
    assert logged(EVENTS[0], *looks) == (
        "   3.0s 0/2  … create  User/ada waits for job 77 (in_progress)\n"
        "    40s 0/2  … create  User/ada waits for job 77 (in_progress)\n"
    )


def test_a_person_sees_what_runs_how_old_it_is_and_what_is_left() -> None:
    progress = Progress(total=3)
    for event in EVENTS[:2]:
        progress.note(event)
    assert render(frame_lines(progress, 4.0, 100), colour=False) == (
        "0 of 3 changes, 1 running, 2 to start  4.0s\n  + create  User/ada   4.0s  in_progress: Creating, job 77\n"
    )


def test_an_estimate_is_given_once_there_is_something_to_go_by() -> None:
    progress = Progress(total=10)
    for number in range(5):
        ended = outcome("applied", change("create", f"User/u{number}"))
        progress.note(StepEnded(1.0, f"s{number}", (ended,)))
    assert progress.estimate(20.0) == 20.0
    assert Progress(total=10).estimate(20.0) is None


def test_many_running_steps_do_not_flood_the_screen() -> None:
    progress = Progress(total=100)
    for number in range(50):
        progress.note(StepStarted(0.0, f"s{number}", (address(f"User/u{number}"),), Action.CREATE))
    assert len(render(frame_lines(progress, 1.0, 80), colour=False).splitlines()) == 14


def test_the_live_display_draws_every_running_step() -> None:
    stream = io.StringIO()
    live = LiveProgress(Sink(stream, Terminal(width=80)), now=lambda: 2.0)
    live.begin(2)
    for name in ("ada", "bob"):
        live.event(StepStarted(0.0, name, (address(f"User/{name}"),), Action.CREATE))
    console = Console(file=stream, width=80)
    console.print(live.frame())
    assert [text.split()[1:3] for text in stream.getvalue().splitlines() if "+ create" in text] == [
        ["create", "User/ada"],
        ["create", "User/bob"],
    ]
    live.close()


def test_the_live_display_leaves_the_ended_changes_behind() -> None:
    stream = io.StringIO()
    live = LiveProgress(Sink(stream, Terminal(width=80)), now=lambda: 2.0)
    live.begin(2)
    for event in EVENTS:
        live.event(event)
    live.close()
    assert "✓ create  User/ada applied in 2.0s" in stream.getvalue()


def test_a_report_of_success_is_one_line() -> None:
    ended = (outcome("applied", ADA), outcome("applied", CHURN))
    assert told(report(PLAN, *ended, seconds=3.2)) == "Applied: 2 of 2 changes applied in 3.2s.\n"


def test_a_report_names_what_failed_and_what_was_skipped_because_of_it() -> None:
    failed = outcome("failed", ADA, "POST /users answered 400 (ctx 1234): the name is taken.")
    skipped = outcome("skipped", CHURN, "It needs User/ada, which failed.")
    assert told(report(PLAN, failed, skipped)) == (
        "Failed (1)\n"
        "  ✗ create  User/ada\n"
        "            POST /users answered 400 (ctx 1234): the name is taken.\n"
        "\n"
        "Skipped (1)\n"
        "  · create  Project/churn\n"
        "            It needs User/ada, which failed.\n"
        "\n"
        "Not finished: 0 of 2 changes applied, 1 failed, 1 skipped.\n"
        "The inventory holds what was done. Another plan and apply finish the rest.\n"
    )


def test_a_report_says_that_a_deadline_was_reached() -> None:
    late = outcome("cancelled", CHURN, "the deadline of 20m was reached before it was sent")
    assert told(report(PLAN, outcome("applied", ADA), late, deadline=1200.0)) == (
        "Not started (1)\n"
        "  · create  Project/churn\n"
        "            the deadline of 20m was reached before it was sent\n"
        "\n"
        "Deadline of 20m reached: 1 of 2 changes applied, 1 cancelled.\n"
        "The inventory holds what was done. Another plan and apply finish the rest.\n"
    )


def test_a_report_names_the_value_that_the_cluster_did_not_keep() -> None:
    lost = NotConverged(ADA.address, (differs("first_name", "Eve", "Ada"),))
    text = told(report(plan(ADA), outcome("applied", ADA), not_converged=(lost,)))
    assert "first_name  the cluster has Eve, wanted Ada" in text
    assert "Applied, not converged: 1 of 1 change applied.\nEverything was accepted, but" in text


def test_events_start_with_the_version_and_end_with_the_summary() -> None:
    stream = io.StringIO()
    view = EventsView(Sink(stream), Sink(io.StringIO()), utc=lambda: "2026-01-01T00:00:00Z")
    view.plan(PLAN)
    for event in EVENTS:
        view.event(event)
    view.report(report(PLAN, EVENTS[-1].outcomes[0], outcome("skipped", CHURN, "why"), seconds=2.0))  # type: ignore[union-attr]
    view.close(5)
    told = [json.loads(text) for text in stream.getvalue().splitlines()]
    assert [(item["type"], item.get("address")) for item in told] == [
        ("version", None),
        ("plan", None),
        ("planned_change", "User/ada"),
        ("planned_change", "Project/churn"),
        ("step_started", "User/ada"),
        ("job_waiting", "User/ada"),
        ("job_waiting", "User/ada"),
        ("step_ended", "User/ada"),
        ("not_run", "Project/churn"),
        ("summary", None),
    ]
    assert told[0]["format_version"] == 1
    assert all("time" in item for item in told[1:])
    assert (told[-1]["exit_code"], told[-1]["counts"]["applied"], told[-1]["counts"]["skipped"]) == (5, 1, 1)


def test_events_of_a_run_that_never_began_still_end_with_a_summary() -> None:
    stream = io.StringIO()
    view = EventsView(Sink(stream), Sink(io.StringIO()), utc=lambda: "now")
    view.problems([Problem("Unknown field", "It is.")])
    view.close(3)
    last = json.loads(stream.getvalue().splitlines()[-1])
    assert (last["type"], last["exit_code"], sum(last["counts"].values())) == ("summary", 3, 0)


def test_results_go_to_output_and_progress_to_errors() -> None:
    output, errors = io.StringIO(), io.StringIO()
    view = TextView(Sink(output), Sink(errors), Ticker(Sink(errors)))
    view.plan(PLAN)
    for event in EVENTS:
        view.event(event)
    view.problems([Problem("Too many deletes", "There are 12.", "Say --allow delete:User=12.")])
    assert "✓ create  User/ada" in errors.getvalue()
    assert "Too many deletes" in errors.getvalue()
    assert output.getvalue().endswith("Plan: 2 to create, 0 to update, 0 to delete; 0 unchanged.\n")
