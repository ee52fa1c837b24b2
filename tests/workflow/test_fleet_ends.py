"""How a target ended is told as a run of it alone would have told it."""

from __future__ import annotations

import logging

import pytest

from igz_apply.errors import (
    DeadlineReached,
    Interrupted,
    InvalidInput,
    InventoryLost,
    Locked,
    PlaneError,
    PlanRefused,
    StalePlan,
)
from igz_apply.model.changes import Action, Origin
from igz_apply.model.fleets import TargetStatus
from igz_apply.model.outcomes import Status
from igz_apply.model.problems import Problem
from igz_apply.planning.fleet_report import TargetResult
from igz_apply.workflow.fleet_ends import applied, drifted, ended_by, planned
from tests.fleets import TOO_MANY, drift_of, plan_of, report_of

WARNING = Problem("Unused", "It is unused.", severity="warning")


def came(result: TargetResult) -> tuple[str, int | None]:
    assert result.name == "eu"
    return result.status.value, result.exit_code


def test_a_plan_has_changes_or_none_or_is_refused_for_an_error() -> None:
    plan = plan_of(Action.CREATE)
    assert came(planned("eu", plan)) == ("changes", 0)
    assert came(planned("eu", plan_of(Action.ADOPT, Action.NO_CHANGE), [WARNING])) == ("unchanged", 0)
    refused = planned("eu", plan, [WARNING, TOO_MANY])
    assert came(refused) == ("refused", 4)
    assert (refused.plan, refused.problems) == (plan, (WARNING, TOO_MANY))


@pytest.mark.parametrize(
    ("statuses", "more", "came_to"),
    [
        ([Status.APPLIED], {}, ("applied", 0)),
        ([], {}, ("unchanged", 0)),
        ([Status.APPLIED, Status.FAILED], {}, ("partly_applied", 5)),
        ([Status.APPLIED], {"read_back": False}, ("partly_applied", 5)),
        ([Status.CANCELLED], {"interrupted": True}, ("interrupted", 130)),
        ([Status.CANCELLED], {"deadline": 5.0}, ("failed", 1)),
    ],
)
def test_an_apply_ends_by_its_exit_code(
    statuses: list[Status], more: dict[str, bool], came_to: tuple[str, int]
) -> None:
    report = report_of(*statuses, **more)
    found = applied("eu", report, [WARNING])
    assert came(found) == came_to
    assert (found.plan, found.report, found.problems) == (report.plan, report, (WARNING,))


def test_what_only_the_inventory_learns_of_is_applied_and_changes_nothing() -> None:
    report = report_of()
    adopting = type(report)(plan_of(Action.ADOPT), ())
    found = applied("eu", adopting)
    assert came(found) == ("applied", 0)
    assert not found.has_changed


def test_there_is_drift_where_others_have_changed_something() -> None:
    found = drifted("eu", plan_of(), drift_of(Origin.GIT, Origin.BOTH), [WARNING])
    assert came(found) == ("changes", 0)
    assert (len(found.drift), found.problems) == (2, (WARNING,))
    assert came(drifted("eu", plan_of(), drift_of(Origin.GIT))) == ("unchanged", 0)
    assert (found.is_first, drifted("eu", plan_of(), (), is_first=True).is_first) == (False, True)


@pytest.mark.parametrize(
    ("error", "came_to"),
    [
        (InvalidInput([TOO_MANY]), ("invalid", 3)),
        (PlanRefused([TOO_MANY]), ("refused", 4)),
        (StalePlan([TOO_MANY]), ("refused", 4)),
        (Locked(TOO_MANY, holder="ada", since="1"), ("refused", 4)),
    ],
)
def test_problems_are_kept(error: Exception, came_to: tuple[str, int]) -> None:
    plan = plan_of()
    found = ended_by("eu", error, plan)
    assert came(found) == came_to
    assert (found.problems, found.error, found.plan) == ((TOO_MANY,), "", plan)


@pytest.mark.parametrize(
    ("error", "said", "hint"),
    [
        (PlaneError("No answer", hint="Look."), "No answer", "Look."),
        (InventoryLost("Lost"), "Lost", ""),
        (DeadlineReached("Too late"), "Too late", ""),
        (
            OSError(28, "No space left"),
            "[Errno 28] No space left",
            "This is about a file or a connection of this machine",
        ),
        (MemoryError(), "There is not enough memory.", "Raise its limit"),
    ],
)
def test_what_could_not_be_done_is_said_with_what_to_do(error: Exception, said: str, hint: str) -> None:
    found = ended_by("eu", error)
    assert came(found) == ("failed", 1)
    assert found.error == said
    assert found.hint.startswith(hint)
    assert found.plan is None


def test_an_interruption_is_one_however_python_tells_it() -> None:
    wrapped = RuntimeError("error calling __set_name__")
    wrapped.__cause__ = KeyboardInterrupt()
    for error in (Interrupted("stop"), KeyboardInterrupt(), wrapped):
        assert came(ended_by("eu", error)) == ("interrupted", 130)


def test_a_defect_is_named_by_type_and_place_and_its_text_is_told_nobody(caplog: pytest.LogCaptureFixture) -> None:
    def quote(secret: str) -> None:
        raise KeyError(secret)

    secret = "hunter" + "2"
    with pytest.raises(KeyError) as raised:
        quote(secret)
    with caplog.at_level(logging.DEBUG, "igz_apply"):
        found = ended_by("eu", raised.value)
    assert came(found) == ("failed", 1)
    assert found.error.startswith("igz-apply itself failed (KeyError in quote, line ")
    assert found.error.endswith("); this is a defect.")
    assert "-vv" in found.hint
    assert "the defect, of target eu:\nTraceback" in caplog.text
    assert secret not in caplog.text
    assert came(ended_by("eu", SystemExit(0))) == ("failed", 1)


def test_every_status_but_that_of_what_never_began_can_come_of_one_target() -> None:
    made = {
        *(planned("eu", plan_of(*of)).status for of in ([], [Action.CREATE])),
        *(applied("eu", report_of(*of)).status for of in ([Status.APPLIED], [Status.FAILED])),
        *(ended_by("eu", it).status for it in (InvalidInput([]), PlanRefused([]), OSError(), KeyboardInterrupt())),
    }
    assert made == set(TargetStatus) - {TargetStatus.NOT_STARTED}
