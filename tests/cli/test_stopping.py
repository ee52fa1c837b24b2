"""What a signal does to a process that runs rounds, depending on what goes on."""

from __future__ import annotations

import pytest

from igz_apply.cli.stopping import Stopping
from igz_apply.execution.executor import INTERRUPT
from tests.fakes import FakeClock, FakeInbox

STOP = object()


@pytest.fixture
def inbox() -> FakeInbox:
    return FakeClock().inbox()


@pytest.fixture
def stopping(inbox: FakeInbox) -> Stopping:
    return Stopping(inbox, STOP)


def test_between_two_rounds_the_loop_is_told(stopping: Stopping, inbox: FakeInbox) -> None:
    stopping.ask()
    assert inbox.get(0.0) is STOP


def test_a_round_that_looks_is_left_and_one_after_it_is_not_begun(stopping: Stopping, inbox: FakeInbox) -> None:
    with pytest.raises(KeyboardInterrupt), stopping.looking():
        stopping.ask()
    assert inbox.get(0.0) is STOP
    with pytest.raises(KeyboardInterrupt), stopping.looking():
        pytest.fail("it was begun")


def test_a_round_that_sends_comes_to_its_end_and_is_not_left_after_it(stopping: Stopping, inbox: FakeInbox) -> None:
    apply = FakeClock().inbox()
    with stopping.looking():
        with stopping.applying(apply, lambda: False):
            stopping.ask()
        stopping.ask()
    assert apply.get(0.0) is INTERRUPT
    assert inbox.get(0.0) is STOP


def test_whoever_lost_the_lease_starts_nothing_new_and_the_loop_goes_on(stopping: Stopping, inbox: FakeInbox) -> None:
    stopping.end_apply()
    apply, late = FakeClock().inbox(), FakeClock().inbox()
    with stopping.applying(apply, lambda: False):
        stopping.end_apply()
    with stopping.applying(late, lambda: True):
        pass
    assert (apply.get(0.0), late.get(0.0), inbox.get(0.0)) == (INTERRUPT, INTERRUPT, None)
