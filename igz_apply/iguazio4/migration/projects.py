"""Projects: owner, members by role, state, labels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from igz_apply.iguazio4.migration.fields import PROJECT as ROWS
from igz_apply.iguazio4.migration.groups import carried_names
from igz_apply.iguazio4.migration.lifecycles import lifecycle_of
from igz_apply.iguazio4.migration.making import Manifest, by_table, field_fate, manifest, object_fate, says_nothing
from igz_apply.iguazio4.migration.naming import ROLES, SIDES, USER, Named, members_of
from igz_apply.iguazio4.migration.reasons import OWNING, Reason
from igz_apply.model.kind import OWNER_MARK
from igz_apply.model.migration import Fate, FieldFate, NameMapping, ObjectFate, OldObject, ProjectMapping

_ORDER = (
    "description",
    "owner",
    "labels",
    "annotations",
    "default_function_node_selector",
    "state",
    "members",
    "deletion_strategy",
)
NEW_ROLES = ("admin", "editor", "builder", "curator", "viewer")
"""The roles of Iguazio 4 that are listed, in the order of its manifests."""

_STATED = "the mapping says so"
_ONLINE = "a project is online or archived there: this one is online"
_NO_SELECTOR = "MLRun keeps it, where it leads projects: `node_selectors: true` in the mapping carries it"
_AS_USUAL = ProjectMapping()


class Projects:
    """Makes the manifests of projects."""

    def __init__(self, named: Named, mapping: NameMapping) -> None:
        """Hold what they are made of."""
        self._named = named
        self._mapping = mapping

    def made(self, old: OldObject) -> tuple[Manifest, ObjectFate]:
        """Return the manifest of a project, and what becomes of the old one."""
        new = self._named.names[old.address]
        spec: dict[str, Any] = {}
        fates = [*by_table(old, spec), *self._fields(old, spec)]
        lifecycle, more = lifecycle_of(old, self._named, self._mapping, spec)
        return manifest(new, spec, _ORDER, lifecycle), object_fate(old, new, (*sorted(fates, key=_place), *more))

    def said(self, old: OldObject) -> ProjectMapping:
        """Return what the mapping says of a project."""
        return self._mapping.projects.get(old.address.name, _AS_USUAL)

    def owner(self, old: OldObject) -> str:
        """Return the old name of who is to own it there; "" where nobody says."""
        said = self.said(old).owner
        return said.value if said is not None else old.spec.get("owner") or ""

    def _fields(self, old: OldObject, spec: dict[str, Any]) -> Iterator[FieldFate]:
        yield from self._owner(old, spec)
        for name in ("labels", "annotations"):
            yield from _texts(name, old.spec, spec)
        yield from self._selector(old.spec, spec)
        yield from self._state(old, spec)
        yield from self._members(old, spec)

    def _owner(self, old: OldObject, spec: dict[str, Any]) -> Iterator[FieldFate]:
        before, owner = old.spec.get("owner"), self.owner(old)
        after = self._named.new(USER, owner) if owner else None
        if after is not None:
            spec["owner"] = after
            is_same = owner == before
            fate, why = (Fate.CARRIED, "") if is_same else (Fate.CHANGED, _STATED)
            yield field_fate("owner", fate, before, after, ROWS["owner"].reason, why)
        elif owner:
            why = self._named.why_gone(USER, owner).why
            yield field_fate("owner", Fate.LOST, before, None, ROWS["owner"].reason, f"{owner} is not carried: {why}")

    def _selector(self, old: Mapping[str, Any], spec: dict[str, Any]) -> Iterator[FieldFate]:
        name = "default_function_node_selector"
        if says_nothing(before := old.get(name)):
            return
        is_kept = self._mapping.node_selectors
        if is_kept:
            spec[name] = before
        fate, after, why = (Fate.CARRIED, before, "") if is_kept else (Fate.LOST, None, _NO_SELECTOR)
        yield field_fate(name, fate, before, after, ROWS[name].reason, why)

    def _state(self, old: OldObject, spec: dict[str, Any]) -> Iterator[FieldFate]:
        before, said = old.spec.get("admin_status"), self.said(old).state
        after = said or ("online" if before == "offline" else before)
        if after is None:
            return
        spec["state"] = after
        fate = Fate.CARRIED if after == before else Fate.CHANGED
        why = _STATED if said and fate is Fate.CHANGED else _ONLINE if fate is Fate.CHANGED else ""
        yield field_fate("admin_status", fate, before, after, ROWS["admin_status"].reason, why)

    def _members(self, old: OldObject, spec: dict[str, Any]) -> Iterator[FieldFate]:
        """State the members of each role that was stated, under the role's new name."""
        stated = old.spec.get("members")
        if "members" not in old.spec:
            return
        members: dict[str, dict[str, list[str]]] = {}
        for role in ROLES if stated is None else [each for each in ROLES if each in stated]:
            new = new_role(role, self._mapping)
            sides = members.setdefault(new, {})
            for side in SIDES:
                yield from self._side(old, role, side, sides, new)
        spec["members"] = {role: members[role] for role in NEW_ROLES if role in members}

    def _side(self, old: OldObject, role: str, side: str, sides: dict[str, list[str]], new: str) -> Iterator[FieldFate]:
        before = sorted(members_of(old.spec, role, side))
        if not before:
            return
        owner = old.spec.get("owner") if side == "users" and self.owner(old) == old.spec.get("owner") else None
        after, why = carried_names([name for name in before if name != owner], SIDES[side], self._named)
        if after:
            sides[side] = sorted({*sides.get(side, ()), *after})
        reason = ROWS["members"].reason
        if owner in before:
            reason = OWNING
        if new != role:
            why = "; ".join(filter(None, (f"the mapping makes {role} {new}", why)))
        elif not why:
            yield field_fate(f"members.{role}.{side}", Fate.CARRIED, before, after or None, reason)
            return
        fate = Fate.CHANGED if after else Fate.LOST
        yield field_fate(f"members.{role}.{side}", fate, before, after or None, reason, why)


def new_role(role: str, mapping: NameMapping) -> str:
    """Return the new name of a role of Iguazio 3."""
    return mapping.roles[role].value if role in mapping.roles else role


def _texts(name: str, old: Mapping[str, Any], spec: dict[str, Any]) -> Iterator[FieldFate]:
    """Carry a map of texts, without the mark of the repository that the project belonged to."""
    if name not in old:
        return
    before: Mapping[str, str] | None = old[name]
    spec[name] = before and {key: text for key, text in before.items() if key != OWNER_MARK}
    if not says_nothing(before):
        reason = ROWS[name].reason if spec[name] == before else Reason(_MARK)
        yield field_fate(name, Fate.CARRIED if spec[name] == before else Fate.CHANGED, before, spec[name], reason)


_MARK = "the mark of the repository that it belonged to is set anew there"


def _place(fate: FieldFate) -> int:
    return _PLACES[fate.path.partition(".")[0]] if fate.path.partition(".")[0] in _PLACES else len(_PLACES)


_PLACES = {name: index for index, name in enumerate(ROWS)}
