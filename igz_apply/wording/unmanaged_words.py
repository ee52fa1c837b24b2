"""What is not in git, in words: the same for terminals, comments and pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from igz_apply.model.addresses import Address
from igz_apply.model.changes import ForeignAdministrator, ForeignMember, Unmanaged
from igz_apply.model.suggest import some
from igz_apply.planning.unmanaged import OWNER
from igz_apply.wording.counting import counted

TITLE = "Not in git, and left alone"


def access_told(found: Unmanaged) -> Iterator[str]:
    """Yield, gravest first, who may do something that no manifest gives."""
    yield from map(_administrator, found.administrators)
    yield from map(_member, found.members)


def names_told(found: Unmanaged) -> Mapping[str, Sequence[str]]:
    """Return the names of what is foreign, by kind."""
    names: dict[str, list[str]] = {}
    for kind, name in sorted(found.resources):
        names.setdefault(kind, []).append(name)
    return names


def counts_told(found: Unmanaged) -> str:
    """Say in one clause how many have access by no manifest, "" for nobody."""
    parts = []
    if holders := len({it.user for it in found.administrators}):
        parts.append(counted(holders, "administrator"))
    if members := len(found.members):
        parts.append(counted(members, "member"))
    return " and ".join(parts)


def unseen_told(partial: Mapping[str, str]) -> Iterator[str]:
    """Yield of which kinds not all is seen, and so told, each with the reason."""
    for kind, why in partial.items():
        yield f"not every {kind} is seen: {why}"


def unread_told(unread: Sequence[str]) -> str:
    """Say which kinds were not looked at, and so not counted, "" for none."""
    return f"{' and '.join(unread)} not looked at: nothing declared or owned here has to do with it" if unread else ""


def unknown_told(unknown: Mapping[Address, Sequence[str]]) -> Iterator[str]:
    """Yield which declared fields the cluster does not tell, once for all of a kind that lack the same."""
    lacking: dict[tuple[str, str], list[str]] = {}
    for address, fields in unknown.items():
        for field in fields:
            lacking.setdefault((address.kind, field), []).append(str(address))
    for (_, field), addresses in sorted(lacking.items()):
        yield f"{some(addresses)}: the cluster does not say what `{field}` is; it is neither compared nor changed"


def unseen_counted(resources: int, partial: Mapping[str, str], unknown: int = 0) -> str:
    """Say in one clause what the caller was not shown, "" where that is nothing.

    `unknown` is how many resources have declared fields that the cluster does not tell.
    """
    parts = [f"{counted(resources, 'resource')} not seen"] if resources else []
    parts += [f"not every {' or '.join(partial)} is seen"] if partial else []
    parts += [f"{counted(unknown, 'resource')} not seen in full"] if unknown else []
    return ", and ".join(parts)


def _administrator(it: ForeignAdministrator) -> str:
    return f"{it.user} holds {', '.join(it.policies)}" + (f", through {it.through}" if it.through else "")


def _member(it: ForeignMember) -> str:
    if it.role == OWNER:
        return f"{it.member} owns {it.of}"
    return f"{it.member} is {it.role} of {it.of}" if it.role else f"{it.member} is a member of {it.of}"
