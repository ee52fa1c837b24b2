"""A deadline: nothing new begins after it, and what is in flight comes to its end."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Event

import pytest

from igz_apply.errors import DeadlineReached, PlaneError
from igz_apply.execution.deadline import Deadline
from igz_apply.execution.options import ApplyOptions
from igz_apply.iguazio3.kinds import KINDS
from igz_apply.local.clock import SystemClock
from igz_apply.model.kind import Kind
from igz_apply.model.resources import LiveState
from igz_apply.ports import Accepted, Blocked, Clock, Pool, Presence, Sighting
from tests.builders import cluster, group, manifests, plan_for
from tests.execution.scripted import Ran, run_plan, three_users
from tests.fakes import FakeClock, InlinePool

WHY = "the deadline of 20s was reached before it was sent"


def run_until(seconds: float, script: Mapping[str, object], *, begun: float = 0.0) -> Ran:
    """Run the plan of three users, on a clock that is made with the run, until that many seconds are over."""
    late: list[FakeClock] = []

    class Late:
        """The clock of the run, which it makes itself."""

        def now(self) -> float:
            return late[0].now() + begun if late else begun

    deadline = Deadline(20.0, seconds, Late())  # type: ignore[arg-type]
    return run_plan(
        three_users(), script, options=ApplyOptions(deadline=deadline), then=lambda ran: late.append(ran.clock)
    )


def test_what_runs_comes_to_its_end_and_nothing_new_begins() -> None:
    ran = run_until(20.0, {"create Group/ops": Accepted(job="j"), "job j": ["running"] * 60 + ["completed"]})
    assert ran.statuses == {
        "Group/ops": "applied",
        "User/cleo": "applied",
        "User/ada": "cancelled",
        "User/bob": "cancelled",
    }
    assert ran.clock.time > 20
    assert ran.detail("User/ada") == WHY
    assert ran.execution.is_late
    assert not ran.execution.is_interrupted
    assert ran.kept == ["Group/ops", "User/cleo"]  # the inventory has what was done


def test_a_deadline_that_has_passed_before_the_first_call_sends_nothing() -> None:
    ran = run_until(20.0, {}, begun=21.0)
    assert set(ran.statuses.values()) == {"cancelled"}
    assert (ran.writer.calls, ran.pending, ran.kept) == ([], [], [])


def test_a_run_that_waits_for_a_long_job_alone_is_woken_by_it() -> None:
    """What was blocked when the deadline came is cancelled then, and not when its turn comes."""

    ran = run_until(20.0, {"create Group/ops": Blocked(job="theirs"), "job theirs": "running"})
    assert ran.statuses["Group/ops"] == "cancelled"
    assert ran.clock.time == pytest.approx(20.0, abs=11.0)
    assert ran.detail("Group/ops") == WHY


def test_an_apply_that_is_done_in_time_knows_nothing_of_it() -> None:
    ran = run_until(20.0, {})
    assert set(ran.statuses.values()) == {"applied"}
    assert not ran.execution.is_late


# Reading


@dataclass(frozen=True)
class Slow:
    """A reader that takes its time."""

    clock: Clock
    seconds: float

    def live(self, pool: Pool, kinds: frozenset[str] | None = None) -> LiveState:  # noqa: ARG002 - the port's signature
        self.clock.sleep(self.seconds)
        return cluster()

    def sightings(self, kind: Kind, ids: Mapping[str, str], live: LiveState, pool: Pool) -> Mapping[str, Sighting]:  # noqa: ARG002
        self.clock.sleep(self.seconds)
        return dict.fromkeys(ids, Sighting(Presence.GONE))

    def listed_at(self, kind: Kind) -> str:
        return kind.name

    def own_keys(self) -> Sequence[tuple[str, tuple[str, ...]]]:
        return [("ci", ())]


def test_reading_in_time_returns_what_was_read() -> None:
    clock = FakeClock()
    reader = Deadline(20.0, 20.0, clock).over(Slow(clock, 9.0))
    kind = KINDS["User"]
    assert reader.live(InlinePool()) == cluster()
    assert reader.sightings(kind, {"ada": ""}, cluster(), InlinePool()) == {"ada": Sighting(Presence.GONE)}
    assert (reader.listed_at(kind), reader.own_keys()) == ("User", [("ci", ())])


@pytest.mark.parametrize("look", ["live", "sightings"])
def test_reading_that_takes_longer_says_so(look: str) -> None:
    clock = FakeClock()
    reader = Deadline(90.0, 90.0, clock).over(Slow(clock, 91.0))
    looks: dict[str, Callable[[], object]] = {
        "live": lambda: reader.live(InlinePool()),
        "sightings": lambda: reader.sightings(KINDS["User"], {"ada": ""}, cluster(), InlinePool()),
    }
    with pytest.raises(DeadlineReached) as error:
        looks[look]()
    assert str(error.value) == "The deadline of 1m30s was reached while the cluster was read. Nothing was changed."
    assert (error.value.exit_code, "--deadline" in error.value.hint) == (1, True)


def test_reading_that_never_ends_is_not_waited_for() -> None:
    clock, is_over = SystemClock(), Event()
    with ThreadPoolExecutor(1) as pool:
        with pytest.raises(DeadlineReached):
            Deadline(0.01, clock.now() + 0.01, clock).awaited(pool, "it was read", is_over.wait)
        is_over.set()


def test_what_goes_wrong_in_time_is_raised_as_it_is() -> None:
    def fail() -> None:
        raise PlaneError("no")

    with pytest.raises(PlaneError, match="no"):
        Deadline(1.0, 1.0, FakeClock()).awaited(InlinePool(), "it was read", fail)


def test_a_plan_that_has_nothing_to_send_needs_no_time() -> None:
    plan = plan_for(manifests(group("ops")), cluster(group("ops")))
    ran = run_plan(plan, options=ApplyOptions(deadline=Deadline(1.0, 99.0, FakeClock())))
    assert ran.outcomes == []
