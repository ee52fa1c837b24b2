"""A run over several targets: who begins when, what stops it, and that each target has its end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from igz_apply.errors import InvalidInput
from igz_apply.local.clock import SystemClock
from igz_apply.model.changes import Action, Plan
from igz_apply.model.fleets import FleetPace, Wave
from igz_apply.model.outcomes import Event, StepStarted
from igz_apply.planning.fleet_digest import fleet_digest
from igz_apply.planning.fleet_report import FleetReport, FleetStop, FleetWatcher, TargetResult
from igz_apply.workflow.fleet import STOP, FleetPorts, Told, go_through, look_at_all
from tests.fakes import FakeClock, FakeInbox, InlinePool
from tests.fleets import TOO_MANY, fleet_of, plan_of, result, stopped

SECOND = 1.0


class Watcher:
    """Keeps what it is told, a line each."""

    def __init__(self) -> None:
        self.told_of: list[str] = []
        self.results: list[TargetResult] = []

    def began(self, command: str, waves: Sequence[Wave], pace: FleetPace) -> None:
        self.told_of.append(f"{command}: {len(waves)} waves of at most {pace.wave}")

    def wave_began(self, wave: Wave) -> None:
        self.told_of.append(f"wave {wave.number}")

    def started(self, name: str) -> None:
        self.told_of.append(f"{name} begins")

    def told(self, name: str, what: Plan | Event) -> None:
        self.told_of.append(f"{name}: {type(what).__name__}")

    def ended(self, result: TargetResult) -> None:
        self.results.append(result)
        self.told_of.append(f"{result.name} {result.status.words}")

    def wave_ended(self, wave: Wave) -> None:
        self.told_of.append(f"wave {wave.number} is over")

    def stopped(self, stop: FleetStop) -> None:
        self.told_of.append(f"stopped: {stop.cause.value}, {len(stop.left)} left")

    def closed(self) -> None:
        self.told_of.append("closed")


class TimedPool(Executor):
    """Workers without threads: each piece of work is done as late as it takes, and as many at once as there are."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.running = 0
        self.most = 0

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:  # noqa: ARG002
        (ticket,) = args
        self.running += 1
        self.most = max(self.most, self.running)

        def do() -> None:
            self.running -= 1
            fn(ticket)

        clock = self._world.clock
        clock.at(clock.time + self._world.takes.get(ticket[0], SECOND), do)
        return Future()


@dataclass
class World:
    """Targets that end as they are told to, after so many seconds."""

    ends: Mapping[str, str | BaseException] = field(default_factory=dict)  # unchanged where nothing is said
    takes: Mapping[str, float] = field(default_factory=dict)
    clock: FakeClock = field(default_factory=FakeClock)
    watcher: Watcher = field(default_factory=Watcher)
    ran: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.inbox: FakeInbox = self.clock.inbox()
        self.pool = TimedPool(self)

    def run(self, name: str) -> TargetResult:
        self.ran.append(name)
        end = self.ends.get(name, "unchanged")
        if isinstance(end, BaseException):
            raise end
        return result(name, end)

    def ports(self, pool: Executor | None = None, watcher: FleetWatcher | None = None) -> FleetPorts:
        return FleetPorts(self.clock, self.inbox, pool or self.pool, watcher or self.watcher, self.run)

    def goes(self, count: int = 7, **more: Any) -> FleetReport:
        waves, pace = fleet_of(count, wave=3)
        return go_through("apply", waves, replace(pace, **more), self.ports())

    def looks(self, count: int = 7, command: str = "plan", **more: Any) -> FleetReport:
        waves, pace = fleet_of(count, wave=3)
        return look_at_all(command, waves, replace(pace, **more), self.ports())


def ends(report: FleetReport) -> list[str]:
    return [f"{it.name} {it.status.words}" for it in report.results]


def test_wave_after_wave_runs_at_once_and_all_that_happens_is_told() -> None:
    world = World({"t2": "applied"}, {"t2": 3.0})
    report = world.goes(count=5)
    assert world.watcher.told_of == [
        "apply: 3 waves of at most 3",
        "wave 1",
        "t1 begins",
        "t1 unchanged",
        "wave 1 is over",
        "wave 2",
        "t2 begins",
        "t3 begins",
        "t4 begins",
        "t3 unchanged",
        "t4 unchanged",
        "t2 applied",
        "wave 2 is over",
        "wave 3",
        "t5 begins",
        "t5 unchanged",
        "wave 3 is over",
        "closed",
    ]
    assert ends(report) == ["t1 unchanged", "t2 applied", "t3 unchanged", "t4 unchanged", "t5 unchanged"]
    assert (report.stop, report.seconds, report.command) == (None, 5.0, "apply")
    assert report.digest == fleet_digest(report.results)


def test_times_count_from_the_begin_of_the_run() -> None:
    world = World(takes={"t2": 3.0})
    world.clock.time = 1000.0
    report = world.goes(count=3)
    assert [it.ended for it in report.results] == [1.0, 4.0, 2.0]
    waiting = ThreadPoolExecutor(1)
    with waiting:
        clock = SystemClock()
        ports = FleetPorts(clock, clock.inbox(), waiting, Watcher(), world.run)
        (found,) = go_through("apply", *fleet_of(1), ports).results
    assert found.started is not None
    assert found.ended is not None
    assert 0 <= found.started <= found.ended < 60


def test_it_stops_after_the_wave_in_which_as_many_failed_as_may() -> None:
    world = World({"t3": "failed"}, {"t2": 5.0})
    report = world.goes()
    assert world.ran == ["t1", "t3", "t4", "t2"]
    assert report.stop == stopped("failures", 2, ["t3"], ["t5", "t6", "t7"])
    assert world.watcher.told_of[-6:] == [
        "wave 2 is over",
        "stopped: failures, 3 left",
        "t5 not started",
        "t6 not started",
        "t7 not started",
        "closed",
    ]
    assert report.exit_code() == 1


def test_it_stops_at_a_canary_and_where_as_many_are_changed_as_may_be() -> None:
    assert World({"t1": "refused"}).goes(max_failures=9).stop == stopped(
        "canary", 1, ["t1"], ["t2", "t3", "t4", "t5", "t6", "t7"]
    )
    world = World({"t2": "applied", "t4": "applied"})
    report = world.goes(max_changed=2)
    assert world.ran == ["t1", "t2", "t3", "t4"]
    assert report.stop == stopped("changed", 2, ["t2", "t4"], ["t5", "t6", "t7"])
    assert report.exit_code() == 5
    assert world.watcher.told_of.count("wave 2") == world.watcher.told_of.count("wave 2 is over") == 1


@pytest.mark.parametrize("slow", ["t2", "t3", "t4"])
def test_which_targets_are_changed_does_not_hang_on_who_is_quicker(slow: str) -> None:
    ran = {"t2": "unchanged", "t3": "applied", "t4": "failed", "t5": "applied"}
    world = World(ran, {slow: 99.0})
    report = world.goes(max_changed=2, max_failures=2)
    assert sorted(world.ran) == ["t1", "t2", "t3", "t4", "t5"]
    assert report.stop == stopped("changed", 3, ["t3", "t5"], ["t6", "t7"])


class WithSecret(Exception):
    """A defect that quotes what it was given."""


@pytest.mark.parametrize("error", [WithSecret("hunter2"), SystemExit(3), GeneratorExit(), RecursionError()])
def test_whatever_a_target_raises_is_its_own_end(error: BaseException) -> None:
    world = World({"t2": error})
    report = world.goes(max_failures=2)
    assert ends(report)[1] == "t2 failed"
    found = report.by_name["t2"]
    assert f"igz-apply itself failed ({type(error).__name__} in run, line " in found.error
    assert "hunter2" not in found.error
    assert (found.started, found.ended, found.exit_code) == (2.0, 2.0, 1)
    assert [it.status.value for it in report.results].count("unchanged") == 6


def test_an_error_that_is_known_is_told_as_for_a_target_alone() -> None:
    report = World({"t2": InvalidInput([TOO_MANY])}).goes(max_failures=2)
    assert (report.by_name["t2"].status.words, report.by_name["t2"].problems) == ("invalid", (TOO_MANY,))


def test_what_returns_no_result_is_a_defect_of_that_target() -> None:
    world = World()
    ports = replace(world.ports(), run=lambda name: None if name == "t3" else result("other", "unchanged"))  # type: ignore[arg-type,return-value]
    waves, pace = fleet_of(3)
    report = go_through("apply", waves, pace, ports)
    assert ends(report) == ["t1 unchanged", "t2 unchanged", "t3 failed"]
    assert "this is a defect" in report.by_name["t3"].error


def test_a_signal_lets_what_runs_end_and_nothing_new_begin() -> None:
    world = World({"t4": "applied"}, {"t4": 9.0})
    world.clock.at(1.5, lambda: world.inbox.put(STOP))
    report = world.goes()
    assert ends(report)[:4] == ["t1 unchanged", "t2 unchanged", "t3 unchanged", "t4 applied"]
    assert report.stop == stopped("interrupted", 2, [], ["t5", "t6", "t7"])
    assert report.exit_code() == 130
    told = world.watcher.told_of
    assert told.index("stopped: interrupted, 3 left") < told.index("t2 unchanged")
    assert told.count("stopped: interrupted, 3 left") == 1


def test_a_signal_that_came_before_begins_nothing() -> None:
    world = World()
    world.inbox.put(STOP)
    report = world.goes()
    assert world.ran == []
    assert report.stop == stopped("interrupted", 0, [], [f"t{number}" for number in range(1, 8)])
    assert not any(told.startswith("wave") for told in world.watcher.told_of)


def test_a_signal_within_a_wave_that_is_begun_leaves_the_rest_of_it() -> None:
    world = World()

    def run(name: str) -> TargetResult:
        if name == "t3":
            world.inbox.put(STOP)
        return world.run(name)

    ports = replace(world.ports(InlinePool()), run=run)
    waves, pace = fleet_of(7)
    report = go_through("apply", waves, pace, ports)
    assert world.ran == ["t1", "t2", "t3"]
    assert report.stop == stopped("interrupted", 2, [], ["t4", "t5", "t6", "t7"])


def test_a_target_that_was_interrupted_stops_the_rest() -> None:
    report = World({"t2": "interrupted"}).goes()
    assert report.stop == stopped("interrupted", 2, ["t2"], ["t5", "t6", "t7"])
    assert report.exit_code() == 130


class Keyboard:
    """An inbox in front of which somebody presses Ctrl-C, so many times."""

    def __init__(self, inbox: FakeInbox, presses: int) -> None:
        self._inbox = inbox
        self._presses = presses

    def put(self, message: Any) -> None:
        self._inbox.put(message)

    def get(self, seconds: float | None) -> Any:
        if seconds is None and self._presses:
            self._presses -= 1
            raise KeyboardInterrupt
        return self._inbox.get(seconds)


def test_without_a_handler_the_first_ctrl_c_asks_to_stop_and_the_second_stops() -> None:
    world, (waves, pace) = World(), fleet_of(7)
    report = go_through("apply", waves, pace, replace(world.ports(), inbox=Keyboard(world.inbox, 1)))
    assert report.stop == stopped("interrupted", 1, [], [f"t{number}" for number in range(2, 8)])
    world = World()
    with pytest.raises(KeyboardInterrupt):
        go_through("apply", waves, pace, replace(world.ports(), inbox=Keyboard(world.inbox, 2)))
    assert world.watcher.told_of[-1] == "closed"


class BrokenPool(InlinePool):
    """A pool that takes work and may start no thread for it; `keeps` says whether another worker does it later."""

    def __init__(self, *, keeps: bool) -> None:
        super().__init__(is_held=True)
        self._keeps = keeps
        self.kept: list[Callable[[], object]] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:  # noqa: ARG002
        self.kept.append(lambda: fn(*args))
        if self._keeps:
            fn(*args)
        raise RuntimeError("can't start new thread")


def test_a_target_for_which_no_thread_starts_has_failed_and_is_not_run_later() -> None:
    world = World()
    pool = BrokenPool(keeps=False)
    waves, pace = fleet_of(2)
    report = go_through("apply", waves, pace, world.ports(pool))
    assert ends(report) == ["t1 failed", "t2 not started"]
    assert "threads" in report.by_name["t1"].error
    assert report.by_name["t1"].started == report.by_name["t1"].ended == 0.0
    for work in pool.kept:
        work()
    assert world.ran == []
    assert world.inbox.get(0.0) is None


def test_a_target_that_another_worker_does_though_no_thread_started_ends_once() -> None:
    world = World()
    waves, pace = fleet_of(2)
    report = go_through("apply", waves, pace, world.ports(BrokenPool(keeps=True)))
    assert ends(report) == ["t1 unchanged", "t2 unchanged"]
    assert world.ran == ["t1", "t2"]


def test_what_a_target_tells_is_heard_in_its_order_by_the_one_thread() -> None:
    threads: set[int] = set()

    class Here(Watcher):
        def told(self, name: str, what: Plan | Event) -> None:
            threads.add(threading.get_ident())
            super().told(name, what)

    clock, watcher = SystemClock(), Here()
    inbox = clock.inbox()

    def run(name: str) -> TargetResult:
        inbox.put(Told(name, plan_of()))
        inbox.put(Told(name, StepStarted(0.0, "s", (), Action.CREATE)))
        return result(name, "applied")

    waves, pace = fleet_of(8)
    with ThreadPoolExecutor(pace.wave) as pool:
        report = go_through("apply", waves, pace, FleetPorts(clock, inbox, pool, watcher, run))
    assert threads == {threading.get_ident()}
    assert len(report.results) == 8
    for name in report.by_name:
        lines = [it for it in watcher.told_of if it.startswith((f"{name}:", f"{name} "))]
        assert lines == [f"{name} begins", f"{name}: Plan", f"{name}: StepStarted", f"{name} applied"]


def test_a_watcher_that_fails_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(Watcher):
        def started(self, name: str) -> None:
            raise ValueError(f"hunter2 {name}")

    world, (waves, pace) = World(), fleet_of(3)
    report = go_through("apply", waves, pace, world.ports(watcher=Broken()))
    assert len(world.ran) == len(report.results) == 3
    assert "Broken failed: ValueError in started" in caplog.text
    assert "hunter2" not in caplog.text


def test_without_targets_there_is_nothing_to_do() -> None:
    assert World().goes(count=0).results == ()
    assert World().looks(count=0).results == ()
