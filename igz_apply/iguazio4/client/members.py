"""Members: usernames and ids of groups, side by side in one list (wire reference, sections 8.2 and 9.3)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from igz_apply.iguazio4.client.errors import InvalidArgument
from igz_apply.patterns import pattern
from igz_apply.values import dataclass

ROLES = ("owner", "admin", "editor", "viewer", "builder", "curator")

_UUID = pattern(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Members:
    """Users by their names, and groups by their ids. On the wire nothing tells one from the other.

    Hence a username that looks like an id is refused: it would be taken for a group's, or a group for it.
    """

    users: Sequence[str] = ()
    groups: Sequence[str] = ()

    def listed(self) -> list[str]:
        """Return the one list of both. Raises InvalidArgument."""
        return [*usernames(self.users, "users"), *texts(self.groups, "groups")]


def usernames(given: Iterable[str], what: str) -> list[str]:
    """Return a list of usernames. Raises InvalidArgument."""
    checked = texts(given, what)
    for each in checked:
        if _UUID.fullmatch(each):
            raise InvalidArgument(f"{what} has {each!r}, which looks like an id: a user stands there by name")
    return checked


def texts(given: Iterable[str], what: str) -> list[str]:
    """Return a list of texts that are not empty; one text is not a list of texts. Raises InvalidArgument."""
    if isinstance(given, (str, bytes)):
        raise InvalidArgument(f"{what} is a list of texts, not the one text {given!r}")
    entries = list(given)
    for each in entries:
        if not isinstance(each, str) or not each.strip():
            raise InvalidArgument(f"{what} is a list of texts, and {each!r} is none")
    return entries


def role_of(role: str) -> str:
    """Return a role as it is written. Raises InvalidArgument for one that does not exist."""
    if role not in ROLES:
        raise InvalidArgument(f"There is no role {role!r}; there are {', '.join(ROLES)}")
    return role
