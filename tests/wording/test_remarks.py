"""What a plan says beside its changes, of a plan that undoes a run."""

from __future__ import annotations

from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Change, Plan, Undo
from igz_apply.model.resources import Entry
from igz_apply.wording.remarks import undoing_remarks
from tests.builders import CALLER

ADA, TIM, OPS = Address("User", "ada"), Address("User", "tim"), Address("Group", "ops")


def test_what_an_undo_puts_back_in_the_inventory_alone_is_told() -> None:
    undo = Undo("20261130-145342-3f2a", {ADA: None, TIM: Entry("1"), OPS: Entry("2")})
    plan = Plan((Change(OPS, Action.CREATE, "deleted by that run"),), CALLER, undo=undo)
    found = {remark.text: remark.addresses for remark in undoing_remarks(plan)}
    assert found == {"Forgotten, as before that run": (ADA,), "Remembered again as before that run": (TIM,)}


def test_any_other_plan_says_nothing_of_it() -> None:
    assert list(undoing_remarks(Plan((), CALLER))) == []
