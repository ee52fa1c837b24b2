"""What to do about a call that the platform refused: repeating it would be refused again."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType

from igz_apply.model.changes import Action, Change
from igz_apply.model.kind import CASCADING, DELETION_STRATEGY

_ALL_SEEN: Mapping[str, str] = MappingProxyType({})


def remedy_of(change: Change, status: int | None, unseen: Mapping[str, str] = _ALL_SEEN) -> str:
    """Return what to do about a change that was refused with an HTTP status, "" where the same again may succeed.

    `unseen` says of kinds why the caller may not see all of them: what is in the way may be what it does not see.
    """
    is_delete = change.action is Action.DELETE
    if status == HTTPStatus.PRECONDITION_FAILED and is_delete and change.deletion_strategy not in ("", CASCADING):
        return (
            f"Empty it; or declare it absent with `spec: {{{DELETION_STRATEGY}: {CASCADING}}}`, "
            "by which it goes with all that is in it."
        )
    if status in (HTTPStatus.PRECONDITION_FAILED, HTTPStatus.CONFLICT) and is_delete:
        return f"Something still needs it{_perhaps(unseen)}: take it out there first."
    if status == HTTPStatus.CONFLICT and change.action is Action.CREATE and change.address.kind in unseen:
        return (
            f"It may be there already and hidden from this account: {unseen[change.address.kind]}. Run again as "
            "somebody who sees it. Only if it is not there, something else has its name or a value of it: change one "
            "of the two."
        )
    if status == HTTPStatus.CONFLICT and change.action is Action.CREATE:
        return "Something else has the name or the value already: change one of the two."
    if status == HTTPStatus.BAD_REQUEST and not is_delete:
        return "Correct what the platform does not take, in the manifest or in the secret that it names."
    if status == HTTPStatus.FORBIDDEN:
        return "Apply as an account that may do this: `igz-apply whoami` shows the policies of the present one."
    return ""


def _perhaps(unseen: Mapping[str, str]) -> str:
    kinds = ", ".join(unseen)
    return f", which may be hidden from this account (of {kinds} it does not see all)" if unseen else ""
