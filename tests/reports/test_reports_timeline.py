"""The critical path and the timeline's rows."""

from __future__ import annotations

from igz_apply.model.changes import Change
from igz_apply.model.outcomes import Outcome, Timing
from igz_apply.reports.timeline import critical_path, rows_of
from tests.reports.reports_builders import at, change, outcome, plan, report

GROUP = change("create", "Group/g")
FAST = change("create", "User/fast", after=("Group/g",))
SLOW = change("create", "User/slow", after=("Group/g",))
LAST = change("create", "Project/p", after=("User/fast", "User/slow"))
ALONE = change("create", "User/alone")
PLAN = plan(ALONE, GROUP, FAST, SLOW, LAST)


def timed(of: Change, started: float | None, ended: float | None, status: str = "applied") -> Outcome:
    return outcome(of, status, started=started, ended=ended)


RUN = report(
    PLAN,
    timed(ALONE, 0.0, 4.0),
    timed(GROUP, 0.0, 1.0),
    timed(FAST, 1.0, 2.0),
    timed(SLOW, 1.0, 3.0),
    timed(LAST, 3.0, 5.0),
    timeline=(
        Timing("create Project/p", (LAST.address,), 3.0, 3.5),
        Timing("create User/alone", (ALONE.address,), 0.0, 4.0),
        Timing("create Project/p", (LAST.address,), 3.5, 5.0, "job-1"),
    ),
)


def test_the_critical_path_is_the_chain_that_ended_last() -> None:
    assert [link.address for link in critical_path(RUN)] == [at("Group/g"), at("User/slow"), at("Project/p")]


def test_what_never_started_is_not_on_the_critical_path() -> None:
    run = report(PLAN, timed(GROUP, 0.0, 1.0), timed(SLOW, None, None, "skipped"))
    assert [link.address for link in critical_path(run)] == [at("Group/g")]
    assert critical_path(report(PLAN)) == ()


def test_a_step_is_one_row_with_its_call_and_its_job() -> None:
    rows = rows_of(RUN)
    assert [(row.step, len(row.bars), row.started, row.ended) for row in rows] == [
        ("create User/alone", 1, 0.0, 4.0),
        ("create Project/p", 2, 3.0, 5.0),
    ]
    assert [row.is_critical for row in rows] == [False, True]


def test_an_apply_of_nothing_has_no_rows() -> None:
    assert rows_of(report(PLAN)) == ()
