"""The loop that reconciles again and again: when rounds come, who runs them, and what ends them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone

import pytest

from igz_apply.errors import (
    IgzApplyError,
    Interrupted,
    InvalidInput,
    InventoryLost,
    Locked,
    PlaneError,
    PlanRefused,
)
from igz_apply.local.clock import moment
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Plan
from igz_apply.model.operations import PlannedOperation
from igz_apply.model.outcomes import Event, Report, StepStarted
from igz_apply.model.problems import Problem
from igz_apply.model.resources import Caller
from igz_apply.model.rounds import Cause, Ending, HeldBack, Revision, Round
from igz_apply.ports import Leadership
from igz_apply.workflow.rounds import (
    STOP,
    WAKE,
    Alone,
    Followed,
    Pace,
    RoundPorts,
    RoundResult,
    Rounds,
    Watchers,
    ending_of,
    exit_code_of,
    result_of,
)
from tests.fakes import FakeClock, FakeInbox

PROBLEM = Problem("Wrong", "It is wrong.", "Make it right.")
ADA = Address("User", "ada")
IN_SYNC = RoundResult(Ending.IN_SYNC)
FAILED = RoundResult(Ending.FAILED, error="no")


class Dated(FakeClock):
    """A clock that knows the date too, which a test may move."""

    jumped = timedelta()

    def utc(self) -> datetime:
        return datetime(2026, 11, 30, 15, tzinfo=timezone.utc) + timedelta(seconds=self.time) + self.jumped


class Watcher:
    """Keeps all that it is told."""

    def __init__(self) -> None:
        self.rounds: list[Round] = []
        self.told: list[str] = []

    def began(self, number: int, at: str) -> None:
        self.told.append(f"began {number} {at}")

    def event(self, event: Event) -> None:
        self.told.append(type(event).__name__)

    def ended(self, round: Round) -> None:
        self.rounds.append(round)
        self.told.append(f"ended {round.ending.value}")

    def standing_by(self, holder: str) -> None:
        self.told.append(f"standing by to {holder}")

    def closed(self) -> None:
        self.told.append("closed")


@dataclass
class World:
    """A loop with a script: what each round does, by its number from 1; it is stopped when the script is over."""

    script: Sequence[Callable[[], RoundResult]]
    leadership: Leadership = field(default_factory=Alone)
    interval: float = 600.0
    clock: Dated = field(default_factory=Dated)
    watcher: Watcher = field(default_factory=Watcher)
    starts: list[float] = field(default_factory=list)
    follow: Callable[[], Followed] = Followed
    others: Sequence[Watcher] = ()
    followed: list[Followed] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.inbox: FakeInbox = self.clock.inbox()

    def one_round(self, followed: Followed) -> RoundResult:
        self.followed.append(followed)
        self.starts.append(self.clock.now())
        step = self.script[len(self.starts) - 1]
        if len(self.starts) == len(self.script):
            self.inbox.put(STOP)
        return step()

    def delay(self, failures: int) -> float:
        return (10.0, 20.0, 40.0)[failures - 1]

    def loop(self) -> Rounds:
        ports = RoundPorts(
            clock=self.clock,
            inbox=self.inbox,
            watchers=(*self.others, self.watcher),
            follow=self.follow,
            one_round=self.one_round,
            pace=lambda: Pace(self.interval, self.delay, soon=5.0),
            leadership=self.leadership,
            iso=moment,
        )
        return Rounds(ports)

    def run(self) -> World:
        self.loop().run()
        return self

    @property
    def endings(self) -> list[Ending]:
        return [it.ending for it in self.watcher.rounds]

    def taking(self, seconds: float, result: RoundResult = IN_SYNC) -> Callable[[], RoundResult]:
        def step() -> RoundResult:
            self.clock.sleep(seconds)
            return result

        return step


def at_once(result: RoundResult = IN_SYNC) -> Callable[[], RoundResult]:
    return lambda: result


def raising(error: BaseException) -> Callable[[], RoundResult]:
    def step() -> RoundResult:
        raise error

    return step


def rounded(starts: Sequence[float]) -> list[float]:
    return [round(start, 3) for start in starts]


def test_the_interval_counts_from_start_to_start() -> None:
    world = World([])
    world.script = [world.taking(100), world.taking(250), world.taking(1)]
    world.run()
    assert rounded(world.starts) == [0, 600, 1200]
    assert [it.next_in for it in world.watcher.rounds] == [500, 350, None]
    assert [it.seconds for it in world.watcher.rounds] == [100, 250, 1]


def test_rounds_that_were_missed_are_not_made_up_for_and_others_get_their_turn() -> None:
    world = World([])
    world.script = [world.taking(2000), at_once(), at_once()]
    world.run()
    assert rounded(world.starts) == [0, 2060, 2660]


def test_a_round_that_failed_is_followed_later_each_time_until_one_goes_well() -> None:
    world = World([at_once(FAILED)] * 3 + [at_once()] + [at_once(FAILED)] * 2).run()
    assert rounded(world.starts) == [0, 10, 30, 70, 670, 680]
    assert [it.failures_in_a_row for it in world.watcher.rounds] == [1, 2, 3, 0, 1, 2]


@pytest.mark.parametrize("ending", [Ending.REFUSED, Ending.INVALID])
def test_what_a_person_mends_is_looked_at_no_later_than_ever(ending: Ending) -> None:
    world = World([at_once(RoundResult(ending))] * 4, interval=25).run()
    assert rounded(world.starts) == [0, 10, 30, 55]


def test_a_round_that_met_another_run_comes_again_soon_and_is_no_failure() -> None:
    world = World([raising(Locked(PROBLEM, holder="ada", since="x")), at_once()]).run()
    assert rounded(world.starts) == [0, 5]
    assert world.endings == [Ending.STANDBY, Ending.IN_SYNC]
    assert world.watcher.rounds[0].error == "It is wrong."
    assert world.watcher.rounds[0].failures_in_a_row == 0


def test_a_short_interval_is_not_made_longer_by_another_run() -> None:
    world = World([raising(Locked(PROBLEM, holder="ada", since="x")), at_once()], interval=2).run()
    assert rounded(world.starts) == [0, 2]


@pytest.mark.parametrize(
    ("error", "ending"),
    [
        (PlaneError("no route"), Ending.FAILED),
        (InvalidInput([PROBLEM]), Ending.INVALID),
        (PlanRefused([PROBLEM]), Ending.REFUSED),
        (InventoryLost("gone", hint="Look."), Ending.FAILED),
        (OSError("disk"), Ending.FAILED),
        (Interrupted("no"), Ending.INTERRUPTED),
        (KeyboardInterrupt(), Ending.INTERRUPTED),
        (ZeroDivisionError("pass=hunter2"), Ending.FAILED),
        (MemoryError(), Ending.FAILED),
    ],
)
def test_no_fault_within_a_round_ends_the_loop(error: BaseException, ending: Ending) -> None:
    world = World([raising(error), at_once()]).run()
    assert world.endings == [ending, Ending.IN_SYNC]


def test_a_fault_of_what_follows_git_is_told_as_one_of_the_round() -> None:
    follows = iter([IgzApplyError("git.example.com does not answer.", hint="Look at it."), None])

    def follow() -> Followed:
        if (error := next(follows)) is not None:
            raise error
        return Followed(Revision("c0ffee"))

    world = World([at_once()], follow=follow).run()
    assert world.endings == [Ending.FAILED, Ending.IN_SYNC]
    assert world.watcher.rounds[0].error == "git.example.com does not answer. Look at it."
    assert world.watcher.rounds[1].revision == Revision("c0ffee")


def test_what_nobody_foresaw_is_named_by_type_and_place_and_its_text_is_kept_back() -> None:
    def step() -> RoundResult:
        raise ZeroDivisionError("pass=hunter2")

    world = World([step]).run()
    error = world.watcher.rounds[0].error
    assert error.startswith("igz-apply itself failed (ZeroDivisionError in step, line ")
    assert "hunter2" not in error
    assert result_of(ValueError("never raised")).error == "igz-apply itself failed (ValueError); this is a defect."


def test_a_watcher_that_fails_keeps_nobody_else_from_hearing(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(Watcher):
        def ended(self, round: Round) -> None:
            raise ValueError(f"hunter2 in {round.number}")

    world = World([at_once(), at_once()], others=[Broken()]).run()
    assert world.endings == [Ending.IN_SYNC, Ending.IN_SYNC]
    assert "Broken failed: ValueError in ended" in caplog.text
    assert "hunter2" not in caplog.text


def test_every_watcher_is_told_of_all_in_order() -> None:
    first, second = Watcher(), Watcher()
    both = Watchers([first, second])
    both.began(1, "now")
    both.event(StepStarted(0.0, "create User/ada", (ADA,), Action.CREATE))
    both.standing_by("bob")
    both.closed()
    assert first.told == second.told == ["began 1 now", "StepStarted", "standing by to bob", "closed"]


def test_a_word_to_stop_ends_the_wait_at_once() -> None:
    world = World([at_once(), at_once()])
    world.clock.at(100, lambda: world.inbox.put(STOP))
    world.run()
    assert world.clock.now() == pytest.approx(100)
    assert len(world.starts) == 1
    assert world.watcher.told[-1] == "closed"


def test_a_word_to_stop_in_the_middle_of_a_round_makes_it_the_last() -> None:
    world = World([])
    world.script = [world.taking(50), at_once()]
    world.clock.at(20, lambda: world.inbox.put(STOP))
    world.run()
    assert len(world.starts) == 1
    assert world.watcher.rounds[0].next_in is None


def test_a_word_to_stop_before_the_first_round_lets_none_begin() -> None:
    world = World([at_once()])
    world.inbox.put(STOP)
    world.run()
    assert world.watcher.told == ["closed"]


def test_a_word_to_wake_begins_the_next_round_at_once() -> None:
    world = World([at_once(), at_once()])
    world.clock.at(100, lambda: world.inbox.put(WAKE))
    world.run()
    assert rounded(world.starts) == [0, 100]


def test_what_comes_in_the_middle_of_a_round_is_answered_by_the_one_after_it_and_stops_nothing() -> None:
    world = World([])
    world.script = [world.taking(50), at_once()]
    world.clock.at(20, lambda: world.inbox.put(WAKE))
    world.run()
    assert len(world.starts) == 2


def test_a_date_that_jumps_changes_nothing_but_what_is_written() -> None:
    world = World([])

    def step() -> RoundResult:
        world.clock.jumped -= timedelta(days=400)
        return IN_SYNC

    world.script = [step, step, step]
    world.run()
    assert rounded(world.starts) == [0, 600, 1200]
    assert [it.began for it in world.watcher.rounds] == [
        "2026-11-30T15:00:00Z",
        "2025-10-26T15:10:00Z",
        "2024-09-21T15:20:00Z",
    ]
    assert all(it.seconds == 0 for it in world.watcher.rounds)


class Led:
    """Leadership by a script: who leads instead at each try, or what goes wrong."""

    pause = 3.0

    def __init__(self, *script: str | Exception) -> None:
        self._script = list(script)
        self.is_given_back = False

    def take(self) -> str:
        said = self._script.pop(0) if self._script else ""
        if isinstance(said, Exception):
            raise said
        return said

    def give_back(self) -> None:
        self.is_given_back = True


def test_a_replica_waits_for_another_that_leads_and_says_so_once() -> None:
    leadership = Led("bob", "bob", "eve", "")
    world = World([at_once()], leadership=leadership).run()
    assert rounded(world.starts) == [9]
    assert world.watcher.told == [
        "standing by to bob",
        "standing by to eve",
        "began 1 2026-11-30T15:00:09Z",
        "ended in_sync",
        "closed",
    ]
    assert leadership.is_given_back


def test_a_replica_that_has_lost_the_lease_stands_by_again() -> None:
    world = World([at_once(), at_once()], leadership=Led("", "bob", "")).run()
    assert rounded(world.starts) == [0, 603]


def test_a_word_to_stop_while_it_is_looked_who_leads_lets_no_round_begin() -> None:
    class Slow(Alone):
        def take(self) -> str:
            world.inbox.put(STOP)
            return ""

    world = World([at_once()], leadership=Slow())
    world.run()
    assert world.watcher.told == ["closed"]


def test_a_lease_that_cannot_be_looked_at_is_a_round_that_failed() -> None:
    world = World([at_once()], leadership=Led(InventoryLost("s3 is away."), OSError("x"))).run()
    assert world.endings == [Ending.FAILED, Ending.FAILED, Ending.IN_SYNC]
    assert rounded(world.starts) == [30]


def test_one_round_is_run_whoever_leads() -> None:
    world = World([at_once(FAILED)], leadership=Led("bob"))
    ended = world.loop().once()
    assert (ended.number, ended.ending, ended.next_in) == (1, Ending.FAILED, None)
    assert world.watcher.told[-1] == "closed"


def test_nobody_else_leads_where_there_is_nobody() -> None:
    Alone().give_back()
    assert (Alone().take(), Alone().pause) == ("", 0.0)


HELD = {ADA: HeldBack(Cause.MODE, "User is only told of")}


@pytest.mark.parametrize(
    ("ending", "held", "code"),
    [
        (Ending.IN_SYNC, {}, 0),
        (Ending.HEALED, {}, 0),
        (Ending.HEALED, HELD, 2),
        (Ending.DRIFTED, HELD, 2),
        (Ending.PARTLY, HELD, 5),
        (Ending.REFUSED, {}, 4),
        (Ending.STANDBY, {}, 4),
        (Ending.INVALID, {}, 3),
        (Ending.FAILED, {}, 1),
        (Ending.INTERRUPTED, {}, 130),
    ],
)
def test_one_round_ends_with_a_code(ending: Ending, held: dict[Address, HeldBack], code: int) -> None:
    assert exit_code_of(Round(1, "", 0.0, ending, held=held)) == code


NOTHING = Plan((), Caller("https://iguazio.example.com", "ada", "tenant", "3.5.5"))
ACTING = replace(NOTHING, operations=(PlannedOperation("restart", Address("AppService", "nuclio")),))


@pytest.mark.parametrize(
    ("whole", "healing", "causes", "more", "ending"),
    [
        (NOTHING, NOTHING, [], {}, Ending.IN_SYNC),
        (ACTING, ACTING, [], {}, Ending.HEALED),
        (ACTING, ACTING, [Cause.MODE], {}, Ending.HEALED),
        (ACTING, NOTHING, [Cause.MODE], {}, Ending.DRIFTED),
        (ACTING, NOTHING, [Cause.MODE, Cause.RAIL], {}, Ending.DRIFTED),
        (ACTING, NOTHING, [Cause.RAIL, Cause.WAITS], {}, Ending.REFUSED),
        (ACTING, ACTING, [], {"interrupted": True}, Ending.INTERRUPTED),
        (ACTING, ACTING, [], {"failures": ("no",)}, Ending.PARTLY),
    ],
)
def test_a_round_ends_as_what_was_made_and_held_back_says(
    whole: Plan, healing: Plan, causes: list[Cause], more: dict[str, object], ending: Ending
) -> None:
    held = {Address("User", str(number)): HeldBack(cause, "why") for number, cause in enumerate(causes)}
    report = Report(healing, (), **more)  # type: ignore[arg-type]
    assert ending_of(whole, healing, held, report) is ending
