"""Operations in words: how many there are to do, how many were done, and what stands for one among changes."""

from __future__ import annotations

from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Plan
from igz_apply.model.operations import PlannedOperation
from igz_apply.model.outcomes import Outcome, Status, StepStarted
from igz_apply.wording.operation_words import done_of, subject, subject_of, to_do, why
from tests.builders import CALLER

ADA = Address("AppService", "jupyter-ada")
RESTART = PlannedOperation("restart", ADA, is_left_over=True)


def test_what_there_is_to_do_is_counted_by_what_is_done() -> None:
    assert list(to_do(Plan((), CALLER, operations=(RESTART, RESTART)))) == ["2 to restart"]
    assert list(to_do(Plan((), CALLER))) == []


def test_what_was_done_is_named_as_what_it_is() -> None:
    assert [done_of(1, 0), done_of(2, 0), done_of(0, 1), done_of(0, 2), done_of(1, 1)] == [
        "1 change",
        "2 changes",
        "1 operation",
        "2 operations",
        "2 changes and operations",
    ]


def test_what_stands_for_an_operation_is_the_address_of_no_change() -> None:
    assert str(subject_of(RESTART)) == "restart AppService/jupyter-ada"
    assert subject("restart", ADA) == subject_of(RESTART) != ADA


def test_what_is_left_over_says_so() -> None:
    assert why(RESTART) == "left over from an earlier run, which did not come to it"


def test_an_operation_is_what_happens_to_a_resource_that_is_not_changed() -> None:
    quiet = Action.NO_CHANGE
    assert StepStarted(0.0, "restart x", (ADA,), quiet, "restart").verb == "restart"
    assert StepStarted(0.0, "update x", (ADA,), Action.UPDATE).verb == "update"
    assert Outcome(ADA, quiet, Status.APPLIED, operation="restart").verb == "restart"
    assert Outcome(ADA, Action.UPDATE, Status.APPLIED).verb == "update"
