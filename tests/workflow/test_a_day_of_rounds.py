"""A day of reconciling by the clock on the wall: freezes over a change to summer time, pauses, fights, failures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone

import pytest

from igz_apply import workflow
from igz_apply.errors import PlaneError
from igz_apply.manifests.loading import Loaded
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Plan
from igz_apply.model.outcomes import Event, Report
from igz_apply.model.problems import Problem
from igz_apply.model.reconciling import Backoff, Flaps, Freeze, Mode, Pause, Reconciling
from igz_apply.model.resources import LiveState, Owned, Resource
from igz_apply.model.rounds import Ending, Round
from igz_apply.planning.backing_off import delay
from igz_apply.workflow import Approval, Proposal
from igz_apply.workflow.healing import Healer, Healing
from igz_apply.workflow.rounds import STOP, Followed, Pace, RoundPorts, RoundResult, Rounds, ending_of, result_of
from tests.builders import group, manifests, user
from tests.emulated import EmulatedPlane
from tests.fakes import FakeClock, FakeSecrets, MemoryInventory

HOURS = 3600.0
START = datetime(2026, 3, 28, 12, 0, tzinfo=timezone.utc)  # 13:00 in Berlin, whose night has an hour less
NAMES = ("fought", "free", "frozen", "paused")
OURS = [group(name, description="ours") for name in NAMES]
CONFIG = Reconciling(
    interval=600.0,
    modes={"Group": Mode.HEAL},
    backoff=Backoff(first=30.0, most=1200.0),
    flaps=Flaps(reversals=3, within=HOURS),
    paused=(Pause("Group/paused", "2026-03-28T18:00:00+01:00", "moved by hand"),),
    freezes=(Freeze("nobody is there", "Europe/Berlin", "22:00", "06:00", ("sat", "sun"), ("Group/frozen",)),),
)


class DayClock(FakeClock):
    """Time that passes while somebody waits, with the date."""

    def utc(self) -> datetime:
        return START + timedelta(seconds=self.time)


class Unseen:
    """A view that shows nothing."""

    def problems(self, problems: Sequence[Problem]) -> None: ...
    def plan(self, plan: Plan) -> None: ...
    def event(self, event: Event) -> None: ...
    def report(self, report: Report) -> None: ...


@dataclass
class Diary:
    """A watcher that writes down the rounds."""

    rounds: list[Round] = field(default_factory=list)

    def began(self, number: int, at: str) -> None: ...
    def event(self, event: Event) -> None: ...
    def standing_by(self, holder: str) -> None: ...
    def closed(self) -> None: ...

    def ended(self, round: Round) -> None:
        self.rounds.append(round)


class Day:
    """A cluster, somebody else who writes to it, and the loop; times are hours since the start."""

    def __init__(self, config: Reconciling = CONFIG) -> None:
        self.clock = DayClock()
        self.diary = Diary()
        self.plane = EmulatedPlane(*OURS)
        self.is_away = False
        self._config = config
        self._healer = Healer(config)
        self._inbox = self.clock.inbox()
        self._inventory = MemoryInventory()
        self._source = self._declaring(*OURS)

    def _declaring(self, *resources: Resource) -> workflow.Source:
        return workflow.from_manifests(Loaded(manifests(*resources), ()), secrets=FakeSecrets())

    def at(self, hours: float, do: Callable[[], None]) -> None:
        self.clock.at(hours * HOURS, do)

    def states(self, *resources: Resource) -> None:
        """Let git state something else."""
        self._source = self._declaring(*resources)

    def somebody_writes(self, *resources: Resource) -> None:
        ports = self.plane.ports(MemoryInventory())
        workflow.reconcile(self._declaring(*resources), ports, Unseen(), lambda _: Approval.UNASKED)

    def fights(self, name: str, start: float, end: float) -> None:
        """Let somebody write a description again and again, five minutes after each round."""
        minutes = range(int(start * 60) + 5, int(end * 60), 10)
        for minute in minutes:
            self.at(minute / 60, lambda: self.somebody_writes(group(name, description="theirs")))

    def until(self, hours: float) -> list[Round]:
        self.at(hours, lambda: self._inbox.put(STOP))
        ports = RoundPorts(
            clock=self.clock,
            inbox=self._inbox,
            watchers=(self.diary, self._healer),
            follow=self._follow,
            one_round=self._one_round,
            pace=lambda: Pace(self._config.interval, lambda failures: delay(failures, self._config.backoff, 1.0)),
        )
        Rounds(ports).run()
        return self.diary.rounds

    def _follow(self) -> Followed:
        if self.is_away:
            raise PlaneError("the cluster cannot be reached")
        return Followed()

    def _one_round(self, followed: Followed) -> RoundResult:  # noqa: ARG002 - the port's signature
        made: list[tuple[Proposal, Healing]] = []

        def propose(live: LiveState, owned: Owned) -> Proposal:
            whole = self._source.propose(live, owned)
            made.append((whole, self._healer.hold(whole, self.clock.utc())))
            return made[0][1].proposal

        source, ports = replace(self._source, propose=propose), self.plane.ports(self._inventory)
        try:
            report = workflow.reconcile(source, ports, Unseen(), lambda _: Approval.UNASKED)
        except PlaneError as error:
            return result_of(error)
        (proposal, healing) = made[0]
        assert proposal.plan is not None
        ending = ending_of(proposal.plan, report.plan, healing.held, report)
        return RoundResult(ending, proposal.plan, healing.held, report, healing.stops)


def hours_of(round: Round) -> float:
    began = datetime.fromisoformat(round.began)
    return round_to_minutes((began - START).total_seconds())


def round_to_minutes(seconds: float) -> float:
    return int(seconds // 60) / 60


def healed(rounds: Sequence[Round], name: str) -> list[float]:
    """Return when something was healed, in hours."""
    return [hours_of(it) for it in rounds if Address("Group", name) in it.healed]


def held(rounds: Sequence[Round], name: str) -> list[tuple[float, str]]:
    found = [(hours_of(it), it.held[Address("Group", name)].why) for it in rounds if Address("Group", name) in it.held]
    return [each for number, each in enumerate(found) if number in (0, len(found) - 1)]


def test_a_freeze_over_the_change_to_summer_time_lasts_an_hour_less() -> None:
    day = Day()
    day.at(8.5, lambda: day.somebody_writes(group("frozen", description="theirs")))  # 21:30 in Berlin
    day.at(9.5, lambda: day.somebody_writes(*(group(it, description="theirs") for it in ("free", "frozen"))))  # 22:30
    rounds = day.until(17)
    assert healed(rounds, "free") == [pytest.approx(9.5, abs=0.2)]
    before, after = healed(rounds, "frozen")
    assert 8.5 <= before <= 8.7
    assert 16.0 <= after < 16.2  # 06:00 in summer is 04:00 UTC, seven hours after 22:00 in winter
    first, last = held(rounds, "frozen")
    assert first[0] == pytest.approx(9.5, abs=0.2)
    assert last[0] == pytest.approx(15.9, abs=0.1)
    assert {first[1], last[1]} == {"frozen until 2026-03-29 06:00 +0200: nobody is there"}
    assert {it.ending for it in rounds} == {Ending.IN_SYNC, Ending.HEALED, Ending.DRIFTED}


def test_a_pause_ends_by_itself() -> None:
    day = Day()
    day.at(1, lambda: day.somebody_writes(group("paused", description="theirs")))
    rounds = day.until(6)
    first, last = held(rounds, "paused")
    assert {first[1], last[1]} == {"paused until 2026-03-28 18:00 +0100: moved by hand"}
    assert last[0] < 5.0 <= healed(rounds, "paused")[0] < 5.2
    assert len(healed(rounds, "paused")) == 1


def test_a_fight_is_given_up_and_taken_up_again_once_it_is_quiet_or_git_says_something_else() -> None:
    day = Day()
    day.fights("fought", 1, 4)
    rounds = day.until(8)
    times = healed(rounds, "fought")
    assert len([at for at in times if at < 1.7]) == 3  # and given up at the third reversal
    assert [at for at in times if 1.7 <= at < 2.5] == []
    assert "has changed description back 3 times within 1h" in held(rounds, "fought")[0][1]
    assert 4.0 <= times[-1] < 6.0
    assert rounds[-1].ending is Ending.IN_SYNC

    day = Day()
    day.fights("fought", 1, 2)
    day.at(2.1, lambda: day.states(*OURS[1:], group("fought", description="ours, and new")))
    rounds = day.until(3)
    assert 2.1 <= healed(rounds, "fought")[-1] < 2.3


def test_after_failures_rounds_come_later_and_later_up_to_a_cap_and_as_before_once_one_goes_well() -> None:
    day = Day()
    day.at(1, lambda: setattr(day, "is_away", True))
    day.at(4, lambda: setattr(day, "is_away", False))
    rounds = day.until(6)
    failures = [it for it in rounds if it.ending is Ending.FAILED]
    assert [it.next_in for it in failures] == [30, 60, 120, 240, 480, 960, *[1200] * (len(failures) - 6)]
    assert len(failures) > 8
    after = [it for it in rounds if hours_of(it) > 4]
    assert {it.ending for it in after} == {Ending.IN_SYNC}
    assert {it.failures_in_a_row for it in after} == {0}
    assert after[0].next_in == pytest.approx(600, abs=1)
    assert 4.0 <= hours_of(after[0]) < 4.4


def test_a_day_has_all_of_it_at_once_and_nothing_else_is_touched() -> None:
    day = Day()
    bystander = user("ada", first_name="Ada", last_name="L", email="a@example.com")
    day.plane.add(bystander)
    before = day.plane.live().resources[bystander.address]
    day.at(1, lambda: day.somebody_writes(group("paused", description="theirs")))
    day.fights("fought", 2, 5)
    day.at(10, lambda: day.somebody_writes(group("frozen", description="theirs")))
    day.at(12, lambda: setattr(day, "is_away", True))
    day.at(14, lambda: setattr(day, "is_away", False))
    rounds = day.until(24)
    assert len(rounds) > 120
    assert 5.0 <= healed(rounds, "paused")[0] < 5.2
    assert 16.0 <= healed(rounds, "frozen")[-1] < 16.2
    assert rounds[-1].ending is Ending.IN_SYNC
    assert day.plane.live().resources[bystander.address] == before
    kinds = {address.name for it in rounds for address in it.healed}
    assert kinds == {"fought", "frozen", "paused"}


def test_a_config_that_says_something_else_counts_from_then_on() -> None:
    healer = Healer(CONFIG)
    assert healer.restraints().mode_of("Group") is Mode.HEAL
    healer.follow(Reconciling())
    assert healer.restraints().mode_of("Group") is Mode.TELL
    assert healer.restraints().resting == ()


def test_a_freeze_that_begins_after_the_plan_was_made_is_told() -> None:
    healer = Healer(CONFIG)
    healer.hold(Proposal(None), START)
    assert healer.frozen_since(START + timedelta(hours=8)) == ""
    assert healer.frozen_since(START + timedelta(hours=9)) == "frozen until 2026-03-29 06:00 +0200: nobody is there"
    healer.hold(Proposal(None), START + timedelta(hours=9))
    assert healer.frozen_since(START + timedelta(hours=10)) == ""
    assert Healer(Reconciling()).frozen_since(START) == ""
