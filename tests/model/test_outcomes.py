"""What a report says of a whole apply."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Change, FieldDiff
from igz_apply.model.outcomes import NotConverged, Outcome, Report, Status
from tests.builders import cluster, manifests, plan_for, user

PLAN = plan_for(manifests(user("ada"), user("bob")), cluster())
ADA = Address("User", "ada")
KEPT_OTHERWISE = NotConverged(ADA, (FieldDiff(("email",), "ada@x.org", None),))


def report(*statuses: Status, **more: Any) -> Report:
    outcomes = zip((ADA, Address("User", "bob")), statuses, strict=False)
    return Report(PLAN, tuple(Outcome(address, Action.CREATE, status) for address, status in outcomes), **more)


def test_every_status_is_counted_even_where_none_ended_so() -> None:
    assert report(Status.APPLIED, Status.SKIPPED).counts == {
        "applied": 1,
        "failed": 0,
        "skipped": 1,
        "conflict": 0,
        "timed_out": 0,
        "unknown": 0,
        "interrupted": 0,
        "cancelled": 0,
    }


@pytest.mark.parametrize(
    ("of", "code"),
    [
        (report(), 0),
        (report(Status.APPLIED, Status.APPLIED), 0),
        (report(Status.APPLIED, Status.FAILED), 5),
        (report(Status.APPLIED, Status.SKIPPED), 5),
        (report(Status.APPLIED, Status.UNKNOWN), 5),
        (report(Status.APPLIED, Status.CANCELLED), 5),
        (report(Status.APPLIED, read_back=False), 5),
        (report(Status.APPLIED, not_converged=(KEPT_OTHERWISE,)), 5),
        (report(Status.APPLIED, failures=("the inventory could not be written",)), 5),
        (report(Status.APPLIED, interrupted=True), 130),
        (report(Status.FAILED, interrupted=True), 130),
        (report(Status.APPLIED, Status.CANCELLED, deadline=60.0), 5),
        (report(Status.SKIPPED, Status.CANCELLED, deadline=60.0), 1),
        (report(Status.CANCELLED, deadline=60.0, interrupted=True), 130),
    ],
)
def test_an_apply_succeeds_when_all_is_applied_and_kept(of: Report, code: int) -> None:
    assert of.exit_code == code


def test_a_status_has_words_and_says_whether_it_went_wrong_by_itself() -> None:
    assert [status.words for status in (Status.TIMED_OUT, Status.CONFLICT)] == ["timed out", "conflict"]
    bad = {Status.FAILED, Status.CONFLICT, Status.TIMED_OUT, Status.UNKNOWN}
    assert {status for status in Status if status.is_bad} == bad


def test_a_statuses_words_are_for_a_reader() -> None:
    assert [status.words for status in (Status.APPLIED, Status.TIMED_OUT)] == ["applied", "timed out"]


def test_only_what_was_never_sent_is_known_to_have_changed_nothing() -> None:
    unchanged = {status for status in Status if not status.may_have_changed}
    assert unchanged == {Status.SKIPPED, Status.CONFLICT, Status.CANCELLED}


def test_what_was_adopted_is_counted() -> None:
    change = Change(Address("Group", "g"), Action.ADOPT, "")
    assert Report(replace(PLAN, changes=(change,)), ()).adopted == 1
    assert Report(PLAN, ()).adopted == 0
