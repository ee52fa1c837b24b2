"""How somebody has a role or a policy, in words."""

from __future__ import annotations

from igz_apply.model.changes import PolicyChange, RoleChange

NO_ROLE = "none"
_DISABLED = "the account is disabled"


def by_way(through: str) -> str:
    """Return how somebody has a role or a policy, to end a sentence: `directly`, `as owner`, `through group ds`."""
    if through.startswith("direct"):
        return f"directly{through.removeprefix('direct')}"
    return f"as {through}" if through.startswith("owner") else f"through {through}"


def way(change: RoleChange | PolicyChange) -> str:
    """Return the way by which somebody has it, and in brackets that it is of no use while the account is disabled."""
    return change.through + (f" ({_DISABLED})" if change.dormant else "")


def way_note(change: RoleChange | PolicyChange) -> str:
    """Return the same to stand in brackets itself, "" when there is nothing to note."""
    return "; ".join(note for note in (change.through, _DISABLED if change.dormant else "") if note)
