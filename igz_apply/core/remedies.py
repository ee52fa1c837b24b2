"""What to do about a call that the platform refused: repeating it would be refused again."""

from __future__ import annotations

from http import HTTPStatus

from igz_apply.core.changes import Action, Change
from igz_apply.core.kind import CASCADING, DELETION_STRATEGY


def remedy_of(change: Change, status: int | None) -> str:
    """Return what to do about a change that was refused with an HTTP status, "" where the same again may succeed."""
    is_delete = change.action is Action.DELETE
    if status == HTTPStatus.PRECONDITION_FAILED and is_delete and change.deletion_strategy not in ("", CASCADING):
        return (
            f"Empty it; or declare it absent with `spec: {{{DELETION_STRATEGY}: {CASCADING}}}`, "
            "by which it goes with all that is in it."
        )
    if status in (HTTPStatus.PRECONDITION_FAILED, HTTPStatus.CONFLICT) and is_delete:
        return "Something still needs it: take it out there first."
    if status == HTTPStatus.CONFLICT and change.action is Action.CREATE:
        return "Something else has the name or the value already: change one of the two."
    if status == HTTPStatus.BAD_REQUEST and not is_delete:
        return "Correct what the platform does not take, in the manifest or in the secret that it names."
    if status == HTTPStatus.FORBIDDEN:
        return "Apply as an account that may do this: `igz-apply whoami` shows the policies of the present one."
    return ""
