"""Two clusters, or one at two times, held against each other: by meaning and by name, never by ids."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Literal

from igz_apply.model.addresses import Address, globs_of
from igz_apply.model.comparison import differing, means
from igz_apply.model.hidden import Hidden, hidden_in
from igz_apply.model.kind import Field, Kind, Kinds
from igz_apply.model.plain_values import plain
from igz_apply.model.resources import LiveResource, LiveState
from igz_apply.model.roles import without_counted
from igz_apply.planning.selection import Selection
from igz_apply.values import dataclass

Side = Literal["one", "other", ""]


@dataclass(frozen=True, slots=True)
class Difference:
    """What one of two clusters has and the other has not, or has otherwise."""

    address: Address
    only_in: Side = ""  # "": both have it, and a field differs
    path: str = ""
    one: Any = None  # None: nothing
    other: Any = None
    why: str = ""  # of what only one has: why the other may have it all the same


@dataclass(frozen=True, slots=True)
class Comparison:
    """All differences, by kind and name."""

    found: tuple[Difference, ...]
    alike: int  # how many resources both have alike
    untold: tuple[str, ...] = ()  # what may be a secret, or is not told by one of the two, so that nobody can compare

    @property
    def certain(self) -> tuple[Difference, ...]:
        """The differences that are known to be some."""
        return tuple(it for it in self.found if not it.why)

    @property
    def unseen(self) -> tuple[Difference, ...]:
        """What one side has, and the other may have too, and does not show."""
        return tuple(it for it in self.found if it.why)


def compared(one: LiveState, other: LiveState, kinds: Kinds, selection: Selection = Selection()) -> Comparison:
    """Return what differs of the selected resources; what the platform fills in by itself, ids above all, does not."""
    addresses = sorted(one.resources.keys() | other.resources.keys())
    only, exclude = (globs_of(texts, addresses) for texts in (selection.only, selection.exclude))
    order = {kind.name: index for index, kind in enumerate(kinds)}
    chosen = [it for it in addresses if (not selection.only or only.select(it)) and not exclude.select(it)]
    found: list[Difference] = []
    alike, untold = 0, list[str]()
    for address in sorted(chosen, key=lambda it: (order[it.kind], it.name)):
        first, second = one.resources.get(address), other.resources.get(address)
        if first is None or second is None:
            found.append(_only(address, "other" if first is None else "one", one if first is None else other))
            continue
        differences = [*_fields(kinds[address.kind], first, second), *_membership(address, one, other, kinds)]
        found += differences
        alike += not differences
        untold += _untold(kinds[address.kind], first, second)
    return Comparison(tuple(found), alike, tuple(untold))


def _only(address: Address, side: Side, lacking: LiveState) -> Difference:
    """Tell what one of them lacks, or does not show."""
    why = lacking.hidden.get(address, "") or lacking.partial.get(address.kind, "")
    return Difference(address, side, why=why or (_UNREAD if address.kind in lacking.unread else ""))


_UNREAD = "its kind was not looked at there"


def _fields(kind: Kind, one: LiveResource, other: LiveResource) -> Iterator[Difference]:
    for field in _compared_fields(kind, one, other):
        first, second = (_value(field, it.spec) for it in (one, other))
        specs = (one.spec, other.spec)
        if means(field, first, second, *specs) and means(field, second, first, *reversed(specs)):
            continue
        for path, (value, other_value) in sorted(_leaves(field, first, second).items()):
            yield Difference(one.address, "", path, plain(value), plain(other_value))


def _compared_fields(kind: Kind, one: LiveResource, other: LiveResource) -> Iterator[Field]:
    """Yield the fields that somebody chooses: not those that are only sent, nor what the platform fills in."""
    names = {field.name: field for spec in (one.spec, other.spec) for field in kind.fields_of(spec)}
    for name, field in names.items():
        is_skipped = field.write_only or field.create_only or field.steers or field.filled or field.membership
        if not is_skipped and name not in one.unknown | other.unknown:
            yield field


def _value(field: Field, spec: Mapping[str, Any]) -> Any:
    value = _roles(field, spec) if field.roles else spec.get(field.name)
    return field.default if value is None else value


def _roles(field: Field, spec: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the roles without an owner, who has one whether or not it is listed."""
    owners = {(role.name, side.name): spec.get(side.counts) for role in field.fields for side in role.fields}
    return {
        role: {side: [it for it in members or () if it != owners.get((role, side))] for side, members in sides.items()}
        for role, sides in (without_counted(field, spec) or {}).items()
    }


def _leaves(field: Field, one: Any, other: Any) -> Mapping[str, tuple[Any, Any]]:
    """Return what differs, from both sides: a key that only one has is none of the other's."""
    found = {leaf.dotted: (leaf.desired, leaf.live) for leaf in differing(field, one, other)}
    for leaf in differing(field, other, one):
        found.setdefault(leaf.dotted, (leaf.live, leaf.desired))
    # An object that only one has is told by its parts.
    return {path: it for path, it in found.items() if not any(each.startswith(f"{path}.") for each in found)}


def _membership(address: Address, one: LiveState, other: LiveState, kinds: Kinds) -> Iterator[Difference]:
    """Tell a user's groups, but for those that everybody is in."""
    membership = kinds.membership
    if address.kind != membership.user_kind:
        return
    first, second = (sorted(it.groups_of.get(address.name, frozenset()) - membership.implied) for it in (one, other))
    if first != second:
        yield Difference(address, "", membership.user_field, first, second)


def _untold(kind: Kind, one: LiveResource, other: LiveResource) -> Iterator[str]:
    yield from (f"{one.address}#{name}" for name in sorted(one.unknown | other.unknown))
    for field in _compared_fields(kind, one, other):
        first, second = one.spec.get(field.name), other.spec.get(field.name)
        beside = dict(hidden_in(second))
        for path, value in hidden_in(first):
            if _is_untold(value, beside.get(path)):
                yield f"{one.address}#{'.'.join([field.name, *map(str, path)])}"


def _is_untold(one: Hidden, other: Hidden | None) -> bool:
    return other is not None and (one.is_untold or other.is_untold)


def unknown_kinds(states: Collection[LiveState], kinds: Kinds) -> Mapping[str, str]:
    """Return the kinds of which one of the states does not show all, each with the reason."""
    found = {kind: why for state in states for kind, why in state.partial.items()}
    return {kind: found[kind] for kind in kinds.names if kind in found}
