"""When to look again at what is in flight."""

from __future__ import annotations

from igz_apply.execution.lifecycle import Phase
from igz_apply.execution.polling import PollScheduler
from igz_apply.execution.running_step import RunningStep
from igz_apply.iguazio3.kinds import KINDS
from igz_apply.iguazio3.steps import steps_of
from tests.builders import cluster, group, manifests, plan_for


def running_steps(count: int) -> list[RunningStep]:
    plan = plan_for(manifests(*(group(f"g{number}") for number in range(count))), cluster())
    found = [RunningStep(step, timeout=600.0) for step in steps_of(plan, KINDS)]
    for running in found:
        running.wait(Phase.JOB, 0.0, 600.0)
    return found


def looked(polls: PollScheduler, others: list[RunningStep]) -> list[str]:
    found = []
    while (key := polls.take()) is not None:
        found.append(key)
    assert {running.key for running in others} >= set(found)
    return found


def test_the_first_that_ends_tells_when_to_look_at_the_others() -> None:
    now = 0.0
    polls = PollScheduler(lambda: now)
    first, *others = running_steps(5)
    for running in others:
        polls.later(running)
    now = 10.0
    looked(polls, others)
    for running in others:
        polls.after(running, 100.0)
    polls.learn(first, others, seconds=8.0)
    assert len(looked(polls, others)) == 4  # overdue, and so looked at now


def test_what_the_platform_says_teaches_only_what_we_have_not_seen_otherwise() -> None:
    for says, unfinished, expected in ((8.0, 5.0, 8.0), (1.0, 5.0, 10.0), (99.0, 5.0, 10.0), (None, 5.0, 10.0)):
        now = 10.0
        polls = PollScheduler(lambda: 10.0)
        first, other = running_steps(2)
        first.unfinished = unfinished
        polls.learn(first, [], seconds=says)
        other.wait(Phase.JOB, now, 600.0)
        polls.later(other)
        assert polls.earliest is not None
        assert round((polls.earliest - now) / 1.02, 2) == expected
        polls.later(other, at_most=5.0)
        assert polls.earliest == 15.0
