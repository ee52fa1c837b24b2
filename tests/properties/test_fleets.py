"""Whatever fleet, however its targets end and whoever is quicker: the rules of a run over several targets hold."""

# ruff: noqa: ARG002 - what is told is of the port's signature

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from igz_apply.local.clock import SystemClock
from igz_apply.model.changes import Plan
from igz_apply.model.fleets import FleetPace, FleetTarget, StopCause, TargetStatus, Wave
from igz_apply.model.outcomes import Event
from igz_apply.planning.fleet_course import simulated
from igz_apply.planning.fleet_report import FleetReport, FleetStop, TargetResult
from igz_apply.planning.fleet_waves import in_order, waves_of
from igz_apply.workflow.fleet import STOP, FleetPorts, go_through, look_at_all
from tests.fakes import FakeClock
from tests.fleets import result

ENDS = ("unchanged", "unchanged", "applied", "applied", "partly_applied", "refused", "invalid", "failed", "raises")
BAD = frozenset(ENDS[4:])
CHANGED = frozenset({"applied", "partly_applied"})


@dataclass(frozen=True)
class Fleet:
    """Targets, the pace of a run over them, how each ends, and how long it takes."""

    targets: tuple[FleetTarget, ...]
    pace: FleetPace
    ends: Mapping[str, str]
    takes: Mapping[str, int]

    @property
    def waves(self) -> tuple[Wave, ...]:
        return waves_of(self.targets, self.pace)

    @property
    def names(self) -> list[str]:
        return [it.name for it in in_order(self.targets)]


@st.composite
def fleets(draw: st.DrawFn, ends: Sequence[str] = ENDS) -> Fleet:
    names = [f"t{number}" for number in range(draw(st.integers(0, 14)))]
    pace = FleetPace(
        canary=draw(st.integers(0, 4)),
        wave=draw(st.integers(1, 5)),
        max_failures=draw(st.integers(1, 4)),
        max_changed=draw(st.none() | st.integers(1, 6)),
    )
    targets = tuple(FleetTarget(name, draw(st.integers(0, 3))) for name in names)
    calm = draw(st.booleans())  # otherwise hardly any run would come far
    usual = ("unchanged", "applied") if calm else ends
    stated = {name: draw(st.sampled_from(usual)) for name in names}
    return Fleet(targets, pace, stated, {name: draw(st.integers(0, 9)) for name in names})


class Told:
    """Notes what is told in its order, and what ran at the same time."""

    def __init__(self) -> None:
        self.waves: list[tuple[str, int]] = []
        self.started_: list[str] = []
        self.ended_: list[str] = []
        self.after_stop: list[str] = []
        self.running = 0
        self.most = 0
        self.stops = 0
        self.is_closed = False

    def began(self, command: str, waves: Sequence[Wave], pace: FleetPace) -> None:
        assert not self.started_

    def wave_began(self, wave: Wave) -> None:
        assert not self.running, "a wave begins before the last one is over"
        self.waves.append(("began", wave.number))

    def started(self, name: str) -> None:
        self.running += 1
        self.most = max(self.most, self.running)
        self.started_.append(name)
        if self.stops:
            self.after_stop.append(name)

    def told(self, name: str, what: Plan | Event) -> None:
        raise AssertionError

    def ended(self, result: TargetResult) -> None:
        self.running -= result.status is not TargetStatus.NOT_STARTED
        self.ended_.append(result.name)

    def wave_ended(self, wave: Wave) -> None:
        assert not self.running
        self.waves.append(("ended", wave.number))

    def stopped(self, stop: FleetStop) -> None:
        self.stops += 1

    def closed(self) -> None:
        self.is_closed = True


class Later(Executor):
    """Does each piece of work as late as its target takes; the name is in the ticket."""

    def __init__(self, clock: FakeClock, takes: Mapping[str, int]) -> None:
        self._clock = clock
        self._takes = takes

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        (ticket,) = args
        self._clock.at(self._clock.time + self._takes[ticket[0]], lambda: fn(ticket))
        return Future()


def ended(fleet: Fleet, name: str) -> TargetResult:
    if fleet.ends[name] == "raises":
        raise LookupError(name)
    return result(name, fleet.ends[name])


def gone_through(fleet: Fleet, told: Told, stop_at: float | None = None) -> FleetReport:
    clock = FakeClock()
    inbox = clock.inbox()
    if stop_at is not None:
        clock.at(stop_at, lambda: inbox.put(STOP))
    ports = FleetPorts(clock, inbox, Later(clock, fleet.takes), told, lambda name: ended(fleet, name))
    return go_through("apply", fleet.waves, fleet.pace, ports)


def accounts_for_all(fleet: Fleet, report: FleetReport, told: Told) -> None:
    """Every target has one result, in the order of the waves; what has not begun is what the stop left."""
    assert [it.name for it in report.results] == fleet.names
    assert sorted(told.ended_) == sorted(fleet.names)
    left = [it.name for it in report.results if it.status is TargetStatus.NOT_STARTED]
    assert told.started_ == fleet.names[: len(told.started_)], "it does not begin in order"
    assert fleet.names[len(told.started_) :] == left
    assert tuple(left) == (report.stop.left if report.stop is not None else ())
    for it in report.results:
        assert (it.started is None) == (it.status is TargetStatus.NOT_STARTED)
    assert told.is_closed
    assert told.stops == (report.stop is not None)
    assert not told.after_stop
    assert told.most <= fleet.pace.wave


@given(fleets())
def test_no_wave_is_too_long_or_mixed_and_all_targets_are_in_one(fleet: Fleet) -> None:
    waves, stated = fleet.waves, {it.name: it.wave for it in fleet.targets}
    assert [name for wave in waves for name in wave.targets] == fleet.names
    assert [wave.number for wave in waves] == list(range(1, len(waves) + 1))
    canaries = [name for wave in waves if wave.is_canary for name in wave.targets]
    assert canaries == fleet.names[: fleet.pace.canary]
    for wave in waves:
        assert 1 <= len(wave.targets) <= fleet.pace.wave
        assert {stated[name] for name in wave.targets} == {wave.stated}
    assert [wave.stated for wave in waves if not wave.is_canary] == sorted(
        it.stated for it in waves if not it.is_canary
    )


@given(fleets())
def test_a_run_accounts_for_all_and_stops_where_the_pace_says(fleet: Fleet) -> None:
    told = Told()
    report = gone_through(fleet, told)
    accounts_for_all(fleet, report, told)
    begun = told.started_
    bad = [name for name in begun if fleet.ends[name] in BAD]
    changed = [name for name in begun if fleet.ends[name] in CHANGED]
    canaries = {name for wave in fleet.waves if wave.is_canary for name in wave.targets}
    if fleet.pace.max_changed is not None:
        assert len(changed) <= fleet.pace.max_changed
    match report.stop:
        case None:
            assert begun == fleet.names
        case FleetStop(StopCause.CANARY, _, targets):
            assert targets == tuple(name for name in bad if name in canaries) != ()
        case FleetStop(StopCause.FAILURES, _, targets):
            assert targets == tuple(bad)
            assert len(bad) >= fleet.pace.max_failures
        case FleetStop(StopCause.CHANGED, _, targets):
            assert targets == tuple(changed)
            assert len(changed) == fleet.pace.max_changed
            assert len(bad) < fleet.pace.max_failures
        case stop:
            raise AssertionError(stop)


@given(fleets())
def test_nothing_begins_in_the_wave_after_one_that_stops_it(fleet: Fleet) -> None:
    """It is told from the ends alone which waves may have begun: not one after as many bad ends, or a bad canary."""
    told = Told()
    gone_through(fleet, told)
    bad = 0
    for wave in fleet.waves:
        begun = [name for name in wave.targets if name in told.started_]
        if bad >= fleet.pace.max_failures or bad < 0:
            assert not begun
        bad += sum(fleet.ends[name] in BAD for name in begun) if bad >= 0 else 0
        if wave.is_canary and any(fleet.ends[name] in BAD for name in begun):
            bad = -1  # for good
    numbers = [number for what, number in told.waves if what == "began"]
    assert told.waves == [(what, number) for number in numbers for what in ("began", "ended")]
    assert numbers == list(range(1, len(numbers) + 1))


@given(fleets(), st.randoms())
def test_what_begins_does_not_hang_on_who_is_quicker(fleet: Fleet, chance: random.Random) -> None:
    told, other = Told(), Told()
    report = gone_through(fleet, told)
    quick = Fleet(fleet.targets, fleet.pace, fleet.ends, {name: chance.randrange(9) for name in fleet.names})
    again = gone_through(quick, other)
    assert told.started_ == other.started_
    assert report.stop == again.stop
    assert [it.status for it in report.results] == [it.status for it in again.results]
    assert report.exit_code() == again.exit_code()


@given(fleets())
def test_a_plan_foretells_where_the_apply_stops(fleet: Fleet) -> None:
    as_planned = {"applied": "changes", "partly_applied": "refused", "raises": "failed"}
    planned = [result(name, as_planned.get(end, end)) for name, end in fleet.ends.items()]
    went = {name: "refused" if end == "partly_applied" else end for name, end in fleet.ends.items()}
    report = gone_through(Fleet(fleet.targets, fleet.pace, went, fleet.takes), Told())
    assert simulated(fleet.waves, fleet.pace, planned) == report.stop


@given(fleets(), st.floats(0.0, 40.0))
def test_a_signal_begins_nothing_new_and_loses_nobody(fleet: Fleet, at: float) -> None:
    told = Told()
    report = gone_through(fleet, told, at)
    accounts_for_all(fleet, report, told)
    for it in report.results:
        if it.started is not None:
            assert it.started <= at + 10 * len(fleet.names)
    if report.stop is not None and report.stop.cause is StopCause.INTERRUPTED:
        assert report.exit_code() == 130


@given(fleets())
def test_the_exit_code_says_how_it_went(fleet: Fleet) -> None:
    report = gone_through(fleet, Told())
    ends = [fleet.ends[it.name] if it.started is not None else "not_started" for it in report.results]
    code = report.exit_code()
    if set(ends) <= {"unchanged", "applied"}:
        assert code == 0
    elif CHANGED & set(ends):
        assert code == 5
    else:
        assert code == (3 if "invalid" in ends else 4 if "refused" in ends else 1)


@dataclass
class Crowd:
    """Counts who is at work, in real threads."""

    fleet: Fleet
    ran: list[str] = field(default_factory=list)

    def run(self, name: str) -> TargetResult:
        self.ran.append(name)
        return ended(self.fleet, name)


@given(fleets(), st.booleans())
def test_real_threads_do_the_same(fleet: Fleet, is_short: bool) -> None:
    """Also with fewer workers than a wave has targets."""
    told, crowd, clock = Told(), Crowd(fleet), SystemClock()
    with ThreadPoolExecutor(1 if is_short else fleet.pace.wave) as pool:
        report = go_through("apply", fleet.waves, fleet.pace, FleetPorts(clock, clock.inbox(), pool, told, crowd.run))
    accounts_for_all(fleet, report, told)
    assert sorted(crowd.ran) == sorted(told.started_)
    assert report.stop == gone_through(fleet, Told()).stop


@given(fleets())
def test_what_only_looks_comes_to_all_whatever_becomes_of_any(fleet: Fleet) -> None:
    told, clock = Told(), FakeClock()
    ports = FleetPorts(clock, clock.inbox(), Later(clock, fleet.takes), told, lambda name: ended(fleet, name))
    report = look_at_all("drift", fleet.waves, fleet.pace, ports)
    assert told.started_ == fleet.names
    assert told.most <= fleet.pace.wave
    assert not told.waves
    assert report.stop is None
    assert not any(it.status is TargetStatus.NOT_STARTED for it in report.results)
