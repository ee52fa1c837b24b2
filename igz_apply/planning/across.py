"""What others have changed on the two sides of a move since each was last applied, told together by new names."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import field
from enum import Enum
from typing import Any

from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Plan
from igz_apply.model.kind import Kinds
from igz_apply.model.migration import Fate, Migration
from igz_apply.model.plain_values import plain
from igz_apply.model.resources import LiveState
from igz_apply.planning.carrying import carried_over
from igz_apply.planning.comparing import Comparison, Difference, compared
from igz_apply.planning.drift import Drift
from igz_apply.values import dataclass

Moving = Callable[[LiveState], Migration]
"""Carries a state of the old side over, always by the same mapping."""


class Side(str, Enum):
    """Where something was changed."""

    OLD = "old"  # on the old side alone
    NEW = "new"  # on the new one alone
    ALIKE = "alike"  # on both, and they say the same now
    APART = "apart"  # on both, and they say something else now


@dataclass(frozen=True, slots=True)
class Unseen:
    """What of a side nobody can tell whether others have changed it; nothing: all was seen."""

    not_visible: Mapping[Address, str] = field(default_factory=dict)  # what is owned and not shown -> why
    partial: Mapping[str, str] = field(default_factory=dict)  # kind of which not all is seen -> why
    unknown: Mapping[Address, tuple[str, ...]] = field(default_factory=dict)  # -> the fields that are not told

    def __bool__(self) -> bool:
        return bool(self.not_visible or self.partial or self.unknown)


def unseen_of(plan: Plan) -> Unseen:
    """Return what a plan of a side could not see."""
    return Unseen(plan.not_visible, plan.partial, plan.unknown)


@dataclass(frozen=True, slots=True)
class Watched:
    """One side: what lives, what others changed of it, and what it was before."""

    live: LiveState
    before: LiveState  # with that taken back
    drifts: tuple[Drift, ...]
    kinds: Kinds

    @property
    def foreign(self) -> Iterator[Drift]:
        """The drift that is others', in part at least."""
        return (drift for drift in self.drifts if drift.origin.is_foreign)


@dataclass(frozen=True, slots=True)
class Across:
    """One change that others made, on one side or on both."""

    side: Side
    address: Address  # by its new name; by its old one where it does not go along
    path: str = ""  # "": the whole is gone, or as `note` says
    old_address: Address | None = None  # where that is another name
    was: Any = None  # when it was applied
    old: Any = None  # what the old side has now, in the new one's words; None: nothing, or it was not changed there
    new: Any = None
    note: str = ""  # what is to be said of it
    stays: bool = False  # whether it is about what does not go along


def across(old: Watched, new: Watched, moving: Moving) -> tuple[Across, ...]:
    """Return each change of others, sorted by side and name; both sides are told in the words of the new one."""
    now, then = moving(old.live), moving(old.before)
    here, before = (
        carried_over(move, new.live, new.kinds, state) for move, state in ((now, old.live), (then, old.before))
    )
    on_old = _found(compared(before.state, here.state, new.kinds))
    on_new = _found(compared(new.before, new.live, new.kinds))
    apart = frozenset(_found(compared(here.state, new.live, new.kinds)))
    names = {**before.old_names, **here.old_names}
    rows = [_row(key, on_old, on_new, apart, names) for key in sorted({*on_old, *on_new})]
    rows += _staying(old, (then, now), rows)
    rows += _untold(new, rows)
    order = {side: index for index, side in enumerate(Side)}
    return tuple(sorted(rows, key=lambda each: (order[each.side], each.address, each.path)))


_Key = tuple[Address, str]


def _found(comparison: Comparison) -> Mapping[_Key, Difference]:
    return {(each.address, each.path): each for each in comparison.found}


def _row(
    key: _Key,
    on_old: Mapping[_Key, Difference],
    on_new: Mapping[_Key, Difference],
    apart: Collection[_Key],
    names: Mapping[Address, Address],
) -> Across:
    address, path = key
    one, other = on_old.get(key), on_new.get(key)
    is_apart = key in apart or (address, "") in apart
    if one is not None and other is not None:
        side = Side.APART if is_apart else Side.ALIKE
    else:
        lacking = on_new if one is not None else on_old
        is_gone_there = (address, "") in lacking
        is_other_gone = not path and any(each == address for each, _ in lacking)
        side = Side.APART if is_gone_there or is_other_gone else Side.OLD if one is not None else Side.NEW
    was = one.one if one is not None else other.one if other is not None else None
    notes = (
        f"is gone on the {name} side"
        for name, each in (("old", one), ("new", other))
        if each is not None and each.only_in
    )
    return Across(
        side,
        address,
        path,
        names.get(address),
        was,
        one.other if one is not None else None,
        other.other if other is not None else None,
        " and ".join(notes),
    )


def _staying(old: Watched, moves: tuple[Migration, Migration], rows: Collection[Across]) -> list[Across]:
    """Return what was changed on the old side of what does not go along, by its old names."""
    names = {**moves[0].names, **moves[1].names}
    going = _going(moves)
    told = {each.address for each in rows if each.side is not Side.NEW}
    found: list[Across] = []
    for drift in old.foreign:
        new = names.get(drift.address)
        address, old_name = (drift.address, None) if new is None or new == drift.address else (new, drift.address)
        gone = frozenset(each.diff.path[0] for each in drift.fields) - _carried(drift.address, new, going, old.kinds)
        for each in drift.fields:
            if each.origin.is_foreign and each.diff.path[0] in gone:
                was, now = plain(each.applied), plain(each.diff.before)
                found.append(Across(Side.OLD, address, each.diff.dotted, old_name, was, now, stays=True))
        if not drift.fields and address not in told:
            note = drift.note or _whole(drift)
            found.append(Across(Side.OLD, address, "", old_name, note=note, stays=new is None))
    return found


def _carried(
    old: Address, new: Address | None, going: Mapping[Address, frozenset[str]], kinds: Kinds
) -> frozenset[str]:
    """Return the fields of an old object whose changes are told by what is carried."""
    if new is None:
        return frozenset()
    return going.get(old, frozenset()) | {kinds.membership.user_field, kinds.membership.group_field}


def _going(moves: tuple[Migration, Migration]) -> Mapping[Address, frozenset[str]]:
    """Return the fields of the old objects that go along, in part at least."""
    found: dict[Address, set[str]] = {}
    for move in moves:
        for fate in move.objects:
            if fate.old is not None:
                kept = (each.path.partition(".")[0] for each in fate.fields if each.fate is not Fate.LOST)
                found.setdefault(fate.old, set()).update(kept)
    return {address: frozenset(fields) for address, fields in found.items()}


def _untold(new: Watched, rows: Collection[Across]) -> list[Across]:
    """Return what was changed on the new side as a whole, and in no field."""
    told = {each.address for each in rows if each.side is not Side.OLD}
    return [
        Across(Side.NEW, drift.address, note=drift.note or _whole(drift))
        for drift in new.foreign
        if drift.address not in told and not drift.fields
    ]


def _whole(drift: Drift) -> str:
    return "is gone" if drift.action is Action.CREATE else "has changed as a whole"
