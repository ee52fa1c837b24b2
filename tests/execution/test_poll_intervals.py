"""When to look: the queue, and the pauses that are learned."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from igz_apply.execution.due_queue import DueQueue
from igz_apply.execution.poll_intervals import FIRST_FOLLOW, FIRST_LOOK, SCOUTS, SLOWEST, PollIntervals


def waited_until(intervals: PollIntervals, key: str, lasts: float) -> tuple[float, int]:
    """Look at one job of that length as the intervals say; return when its end was seen, and after how many looks."""
    waited, unfinished, looks = 0.0, 0.0, 0
    while True:
        waited += intervals.next_look("job", key, waited)
        looks += 1
        if waited >= lasts:
            intervals.ended("job", key, waited, unfinished)
            return waited, looks
        unfinished = waited


def test_the_first_job_of_a_sort_is_seen_late_by_a_share_of_its_time() -> None:
    for lasts in (0.01, 0.2, 2.0, 20.0, 600.0):
        seen, looks = waited_until(PollIntervals(), "a", lasts)
        assert seen <= max(lasts * 1.11, lasts + FIRST_LOOK)
        assert looks < 180


def test_later_jobs_of_a_sort_are_looked_at_when_the_others_ended() -> None:
    intervals = PollIntervals()
    for number in range(50):
        waited_until(intervals, f"{number}", 2.0)
    seen, looks = waited_until(intervals, "last", 2.0)
    assert seen <= 2.2
    assert looks <= 3


def test_what_is_expected_does_not_run_away() -> None:
    intervals = PollIntervals()
    for number in range(2000):
        waited_until(intervals, f"{number}", 2.0)
    assert 1.7 < (intervals.expected("job") or 0) < 2.1


def test_jobs_that_become_slower_or_faster_are_learned_anew() -> None:
    intervals = PollIntervals()
    for lasts in (1.0, 6.0, 0.5):
        for number in range(300):
            waited_until(intervals, f"{number}", lasts)
        assert waited_until(intervals, "last", lasts)[0] <= lasts * 1.3 + FIRST_LOOK


def test_a_job_that_is_done_when_it_was_expected_teaches_nothing() -> None:
    intervals = PollIntervals()
    assert intervals.ended("job", "a", took=2.0, unfinished=0.0)
    assert not intervals.ended("job", "b", took=2.1, unfinished=1.9)
    assert intervals.expected("job") == 2.0


def test_only_a_few_of_a_new_sort_are_looked_at_often() -> None:
    intervals = PollIntervals()
    pauses = [intervals.next_look("job", f"{number}", 0.0) for number in range(SCOUTS + 5)]
    assert pauses == [FIRST_LOOK * (1 + place / SCOUTS) for place in range(SCOUTS)] + [FIRST_FOLLOW] * 5
    assert intervals.next_look("job", "1", 0.01) == FIRST_LOOK
    intervals.dropped("job", "1")
    assert intervals.next_look("job", "7", 0.0) == pauses[1]


def test_what_has_waited_long_enough_is_overdue_at_once() -> None:
    intervals = PollIntervals()
    intervals.ended("job", "a", took=2.0, unfinished=0.0)
    assert [round(intervals.overdue("job", waited), 2) for waited in (0.0, 2.0, 2.04, 9.0)] == [2.04, 0.04, 0.0, 0.0]
    assert (intervals.takes_time("job"), intervals.takes_time("other")) == (True, False)


def test_a_pause_is_bounded() -> None:
    intervals = PollIntervals()
    assert intervals.next_look("job", "a", 3600.0) == SLOWEST


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.floats(0, 10))), st.floats(0, 10))
def test_a_queue_gives_what_is_due_earliest_first_and_each_once(entries: list[tuple[str, float]], now: float) -> None:
    queue = DueQueue()
    for key, due in entries:
        queue.put(key, due)
    wanted = {key: due for key, due in entries if dict(entries)[key] == due}
    assert queue.earliest == min(wanted.values(), default=None)
    taken = []
    while (first := queue.take(now)) is not None:
        taken.append(first)
    assert taken == [key for _, key in sorted((due, key) for key, due in wanted.items() if due <= now)]


def test_what_is_dropped_does_not_fall_due() -> None:
    queue = DueQueue()
    queue.put("a", 1.0)
    queue.put("b", 2.0)
    queue.drop("a")
    assert (queue.earliest, queue.take(5.0), queue.take(5.0)) == (2.0, "b", None)
