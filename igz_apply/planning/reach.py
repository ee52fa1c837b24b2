"""Which kinds a run has to look at: those that it is about, and what it takes to judge them.

What is not looked at is not taken for gone, nor for nothing: `LiveState.unread` names it, and a plan says so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from igz_apply.model.addresses import PATTERN_CHARACTERS
from igz_apply.model.kind import Field, Kinds
from igz_apply.model.resources import DesiredState, LiveState, Owned


def kinds_to_read(kinds: Kinds, about: Collection[str]) -> frozenset[str] | None:
    """Return the kinds that have to be read by a run that declares or owns resources of those kinds; None: all.

    What one of them names has to be there. What names one of them may hold it, so that it cannot be deleted, or give
    rights to its members that a plan takes away. What the caller may do is told by both sides of memberships, and by
    who holds policies.
    """
    sides = frozenset(kinds.membership.kinds) - {""}
    wanted = frozenset(about) & frozenset(kinds.names)
    if wanted & sides:
        wanted |= sides  # a membership is of both
    found = wanted | sides | {kind.name for kind in kinds if kind.holders_of}
    for kind in kinds:
        named = frozenset(_named_by(kind.referring))
        if kind.name in wanted:
            found |= named
        if named & wanted:
            found |= {kind.name}
    return None if len(found) == len(kinds) else found


def kinds_about(desired: DesiredState, owned: Owned, globs: Iterable[str], kinds: Kinds) -> frozenset[str]:
    """Return the kinds of what is declared, put before something, owned, or selected by a glob."""
    resources = desired.resources
    return frozenset(
        (
            *{address.kind for address in resources},
            *(it.kind for each in resources.values() if each.lifecycle.depends_on for it in each.lifecycle.depends_on),
            *{address.kind for address in owned.entries},
            *(kind for text in globs for kind in _selected(text, kinds)),
        )
    )


def lacks(live: LiveState, wanted: frozenset[str] | None) -> bool:
    """Say whether live state was read without a kind that is `wanted`; None: all are."""
    return bool(live.unread if wanted is None else live.unread & wanted)


def _selected(text: str, kinds: Kinds) -> Iterable[str]:
    kind = text.partition("/")[0]
    return (kind,) if PATTERN_CHARACTERS.isdisjoint(kind) and kind in kinds else kinds.names


def _named_by(fields: tuple[Field, ...]) -> Iterator[str]:
    for item in fields:
        if item.refers_to:
            yield item.refers_to
        yield from _named_by(item.referring)
