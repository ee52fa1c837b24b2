"""When to look again at what is in flight."""

from __future__ import annotations

from builders import cluster, group, manifests, plan_for

from igz_apply.execution.polling import Lookout
from igz_apply.execution.running_step import Flight, Phase
from igz_apply.iguazio3.kinds import KINDS
from igz_apply.iguazio3.steps import steps_of


def flights(count: int) -> list[Flight]:
    plan = plan_for(manifests(*(group(f"g{number}") for number in range(count))), cluster())
    found = [Flight(step, timeout=600.0) for step in steps_of(plan, KINDS)]
    for flight in found:
        flight.wait(Phase.JOB, 0.0, 600.0)
    return found


def looked(lookout: Lookout, others: list[Flight]) -> list[str]:
    found = []
    while (key := lookout.take()) is not None:
        found.append(key)
    assert {flight.key for flight in others} >= set(found)
    return found


def test_the_first_that_ends_tells_when_to_look_at_the_others() -> None:
    now = 0.0
    lookout = Lookout(lambda: now)
    first, *others = flights(5)
    for flight in others:
        lookout.later(flight)
    now = 10.0
    looked(lookout, others)
    for flight in others:
        lookout.after(flight, 100.0)
    lookout.learn(first, others, seconds=8.0)
    assert len(looked(lookout, others)) == 4  # overdue, and so looked at now


def test_what_the_platform_says_teaches_only_what_we_have_not_seen_otherwise() -> None:
    for says, unfinished, expected in ((8.0, 5.0, 8.0), (1.0, 5.0, 10.0), (99.0, 5.0, 10.0), (None, 5.0, 10.0)):
        now = 10.0
        lookout = Lookout(lambda: 10.0)
        first, other = flights(2)
        first.unfinished = unfinished
        lookout.learn(first, [], seconds=says)
        other.wait(Phase.JOB, now, 600.0)
        lookout.later(other)
        assert lookout.earliest is not None
        assert round((lookout.earliest - now) / 1.02, 2) == expected
        lookout.later(other, at_most=5.0)
        assert lookout.earliest == 15.0
