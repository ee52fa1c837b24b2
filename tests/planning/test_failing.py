"""Changes that fail each time: when they are tried again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Change, EdgeChange, FieldDiff, Plan
from igz_apply.model.operations import PlannedOperation
from igz_apply.model.outcomes import Outcome, Status
from igz_apply.model.reconciling import Backoff
from igz_apply.model.resources import Edge, LiveResource
from igz_apply.model.rounds import Cause
from igz_apply.planning import failing
from igz_apply.planning.failing import FailedChanges, after_trying, resting, seen
from tests.builders import CALLER, group

OPS, DEV = Address("Group", "ops"), Address("Group", "dev")
BACKOFF = Backoff(first=30.0, most=100.0)
MADE = Change(OPS, Action.CREATE, "", desired=group("ops", description="ours"))
CHANGED = Change(OPS, Action.UPDATE, "", diff=(FieldDiff(("description",), "theirs", "ours"),))


def plan(*changes: Change) -> Plan:
    return Plan(changes, CALLER)


def end(status: Status = Status.FAILED, address: Address = OPS, detail: str = "no.") -> Outcome:
    return Outcome(address, Action.CREATE, status, detail)


def failed(times: int, of: Plan | None = None) -> FailedChanges:
    memory: FailedChanges = {}
    for _ in range(times):
        memory = after_trying(memory, of or plan(MADE), [end()], 1000.0)
    return memory


def rests(memory: FailedChanges, now: float) -> bool:
    return OPS in resting(memory, BACKOFF, now, str)


@pytest.mark.parametrize(("times", "wait"), [(1, 0), (2, 0), (3, 30), (4, 60), (5, 100), (50, 100)])
def test_from_the_third_failure_on_it_waits_for_twice_as_long_each_time(times: int, wait: int) -> None:
    memory = failed(times)
    assert (rests(memory, 1000 + wait - 1), rests(memory, 1000 + wait)) == (wait > 0, False)
    assert not rests(memory, 1000 - 101)  # the date was put back


def test_it_says_how_it_failed_and_when_it_is_tried_again() -> None:
    (held,) = resting(failed(3), BACKOFF, 1000.0, lambda at: f"T{at:g}").values()
    assert held.cause is Cause.FAILING
    assert held.why == (
        "failed 3 times in a row: no; tried again at T1030, or once its manifest or the cluster's side changes"
    )
    untold = after_trying({}, plan(MADE), [end(Status.TIMED_OUT, detail="")], 0.0)
    long = after_trying({}, plan(MADE), [end(detail="a\n" * 500)], 0.0)
    assert (untold[OPS].detail, len(long[OPS].detail)) == ("timed out", 300)


@pytest.mark.parametrize("status", list(Status))
def test_only_what_was_tried_and_went_wrong_counts(status: Status) -> None:
    known = failed(1)
    after = after_trying(known, plan(MADE), [end(status)], 2000.0)
    match status:
        case Status.FAILED | Status.TIMED_OUT | Status.UNKNOWN:
            assert after[OPS].failures == 2
        case Status.APPLIED:
            assert after == {}
        case _:
            assert after == known


def test_an_operation_counts_as_its_resource_does() -> None:
    restarted = replace(plan(), operations=(PlannedOperation("restart", OPS),))
    memory = failed(2, restarted)
    assert memory[OPS].failures == 2
    elsewhere = PlannedOperation("restart", DEV)
    assert seen(memory, replace(restarted, operations=(elsewhere, *restarted.operations))) == memory
    both = replace(restarted, changes=(MADE,))
    assert seen(memory, both) == {}
    assert after_trying({}, both, [end(Status.APPLIED), end()], 0.0)[OPS].failures == 1


@pytest.mark.parametrize(
    "other",
    [
        replace(CHANGED, diff=(FieldDiff(("description",), "theirs, anew", "ours"),)),
        replace(CHANGED, diff=(FieldDiff(("description",), "theirs", "ours, anew"),)),
        replace(CHANGED, diff=(FieldDiff(("labels",), "theirs", "ours"),)),
        replace(CHANGED, desired=group("ops", description="ours")),
        replace(CHANGED, edges=(EdgeChange(Edge("ada", "ops"), adds=True),)),
        replace(CHANGED, action=Action.DELETE),
        replace(CHANGED, action=Action.NO_CHANGE, diff=()),
    ],
)
def test_it_is_another_matter_once_something_else_is_to_be_made(other: Change) -> None:
    memory = failed(3, plan(CHANGED))
    assert seen(memory, plan(CHANGED, replace(CHANGED, address=DEV))) == memory
    assert seen(memory, plan(other)) == {}
    again = after_trying(memory, plan(other), [end()], 1000.0)
    assert other.action is Action.NO_CHANGE or again[OPS].failures == 1


def test_what_is_not_seen_or_not_ready_is_not_forgotten() -> None:
    memory = failed(3)
    live = LiveResource(OPS, "1", {}, is_ready=False)
    assert seen(memory, replace(plan(), not_visible={OPS: "no right"})) == memory
    assert seen(memory, plan(Change(OPS, Action.NO_CHANGE, "", live=live))) == memory
    assert seen(memory, plan()) == {}
    assert seen({}, plan(MADE)) == {}


def test_no_value_stands_in_what_is_remembered() -> None:
    assert "theirs" not in str(failed(1, plan(CHANGED)))


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failing, "MOST", 1)
    both = plan(MADE, replace(MADE, address=DEV))
    assert [*after_trying(failed(1), both, [end(address=DEV)], 0.0)] == [DEV]
