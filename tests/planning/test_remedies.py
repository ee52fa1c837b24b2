"""What to do about a call that the platform refused."""

from __future__ import annotations

import pytest

from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Change
from igz_apply.planning.remedies import remedy_of


@pytest.mark.parametrize(
    ("action", "strategy", "status", "says"),
    [
        (Action.DELETE, "restricted", 412, "declare it absent with `spec: {deletion_strategy: cascading}`"),
        (Action.DELETE, "cascading", 412, "Something still needs it"),
        (Action.DELETE, "", 409, "Something still needs it"),
        (Action.CREATE, "", 409, "has the name or the value already"),
        (Action.UPDATE, "", 409, ""),  # perhaps it is only busy
        (Action.UPDATE, "", 400, "in the manifest or in the secret"),
        (Action.DELETE, "", 400, ""),
        (Action.UPDATE, "", 403, "igz-apply whoami"),
        (Action.UPDATE, "", 503, ""),
        (Action.UPDATE, "", None, ""),
    ],
)
def test_each_refusal_has_its_remedy(action: Action, strategy: str, status: int | None, says: str) -> None:
    change = Change(Address("Project", "p"), action, "", deletion_strategy=strategy)
    remedy = remedy_of(change, status)
    assert says in remedy
    assert bool(says) == bool(remedy)


@pytest.mark.parametrize(
    ("action", "kind", "says"),
    [
        (Action.CREATE, "Project", "It may be there already and hidden from this account: few are shown. Run again as"),
        (Action.CREATE, "User", "Something else has the name or the value already"),
        (Action.DELETE, "User", "which may be hidden from this account (of Project it does not see all)"),
    ],
)
def test_what_is_in_the_way_may_be_what_the_account_does_not_see(action: Action, kind: str, says: str) -> None:
    assert says in remedy_of(Change(Address(kind, "x"), action, ""), 409, {"Project": "few are shown"})
