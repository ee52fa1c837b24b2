"""Programs that run around a plan and an apply."""

from __future__ import annotations

from igz_apply.model.hooks import AFTER_APPLY, EVENTS, Hook


def test_a_hook_is_called_as_its_program_and_may_take_a_minute() -> None:
    hook = Hook(("./notify.py", "--room", "ops"))
    assert (str(hook), hook.timeout) == ("./notify.py", 60.0)


def test_events_stand_in_the_order_in_which_they_come() -> None:
    assert EVENTS.index("before_plan") < EVENTS.index("before_apply") < EVENTS.index(AFTER_APPLY)
