"""What the cluster has, where a plan would change it back, as edits of the manifests that state it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Change, FieldDiff, Plan
from igz_apply.model.changes import Origin as Whose
from igz_apply.model.comparison import field_at, is_below, value_at
from igz_apply.model.edits import GONE, Edit, Listing, Put
from igz_apply.model.hidden import Hidden, hidden_in
from igz_apply.model.ignoring import is_ignored, plain_path
from igz_apply.model.kind import MARK_PATH, NAME_PATH, Field, Kinds, Shape
from igz_apply.model.plain_values import plain
from igz_apply.model.problems import Problem
from igz_apply.model.resources import DesiredState, Path, Resource
from igz_apply.planning.places import NOWHERE, stating_path
from igz_apply.planning.standing import (
    is_stated_below,
    is_stated_by_its_own,
    made_for,
    own_document,
    standing,
    written_out,
)
from igz_apply.values import dataclass

_SPEC = "spec."
"""The document of an edit for a resource that has no manifest of its own."""
_NOBODY: frozenset[str] = frozenset()
_MAPS = (Shape.MAP, Shape.SETTINGS)


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to take over from the cluster: a resource, or one field of it."""

    address: Address
    field: str = ""  # dotted, as a plan shows it; "": all that others changed

    def takes(self, dotted: str) -> bool:
        """Say whether a difference is meant: the field, what is below it, or what it is a part of."""
        return not self.field or is_below(dotted, self.field) or is_below(self.field, dotted)

    def __str__(self) -> str:
        return f"{self.address}#{self.field}" if self.field else str(self.address)


def wish_of(text: str, known: Iterable[Address]) -> tuple[str, str]:
    """Return the address and the field that `User/ada#spec.email` names; a name may hold a # itself."""
    if "#" not in text or any(str(each) == text for each in known):
        return text, ""
    address, _, field = text.rpartition("#")
    return address, plain_path(field.removeprefix(_SPEC))


@dataclass(frozen=True, slots=True)
class Taken:
    """One difference that is taken over, with how the manifests come to say it."""

    address: Address
    dotted: str  # "": the whole resource, which the cluster does not have any more
    edits: tuple[Edit, ...] = ()
    beside: tuple[Address, ...] = ()  # who else states it: the other sides of memberships
    is_part: bool = False  # whether the plan may still show some of the difference afterwards


@dataclass(frozen=True, slots=True)
class Accepted:
    """What is taken over, and what is not, with the reason."""

    taken: tuple[Taken, ...] = ()
    left: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def edits(self) -> tuple[Edit, ...]:
        """All edits of the manifests, each once."""
        return tuple(_once(edit for each in self.taken for edit in each.edits))


def accepted(
    wishes: Sequence[Wish], plan: Plan, desired: DesiredState, kinds: Kinds, *, is_here: bool = False
) -> Accepted:
    """Return how the manifests come to say what the cluster has, in what the plan shows to differ and is wished for.

    Where a whole resource is named, what changed in git alone stays: that is still to be applied. With `is_here` it is
    stated in the resource's own manifest, whatever layer says it now.
    """
    found = [each for wish in wishes for each in _Taking(wish, plan, desired, kinds, is_here=is_here).found()]
    return Accepted(
        tuple(_once(each for each in found if isinstance(each, Taken) and each.edits)),
        tuple(_once(each for each in found if isinstance(each, str))),
        tuple(_once(each for each in found if isinstance(each, Problem))),
    )


_T = TypeVar("_T")


def _once(found: Iterable[_T]) -> list[_T]:
    """Return each once; what they hold may be mappings, which have no hash."""
    kept: list[_T] = []
    for each in found:
        if each not in kept:
            kept.append(each)
    return kept


class _Taking:
    """Takes over what one wish names."""

    def __init__(self, wish: Wish, plan: Plan, desired: DesiredState, kinds: Kinds, *, is_here: bool) -> None:
        self._wish = wish
        self._plan = plan
        self._desired = desired
        self._kinds = kinds
        self._is_here = is_here

    def found(self) -> Iterator[Taken | str | Problem]:
        change = next((it for it in self._plan.changes if it.address == self._wish.address), None)
        if change is not None and change.desired is not None:
            yield from self._of(change, change.desired)
        yield from self._of_others()

    def _of(self, change: Change, resource: Resource) -> Iterator[Taken | str | Problem]:
        if change.action is Action.CREATE:
            yield from self._gone(change, resource)
        elif change.action is Action.DELETE:
            yield f"{resource.address} is declared absent, and lives; `igz-apply export` writes a manifest of it."
        else:
            for diff in change.diff:
                if self._wish.takes(diff.dotted):
                    yield from self._difference(change, resource, diff)

    def _gone(self, change: Change, resource: Resource) -> Iterator[Taken | str | Problem]:
        """Take over that a resource has been deleted: only a wish that names it whole can mean that."""
        address = resource.address
        if change.origin is not Whose.CLUSTER:
            yield f"{address} was never applied: it is new in git, and nothing of it is on the cluster."
        elif self._wish.field:
            yield f"{address} is gone from the cluster: to take its manifest away, name it without a field."
        else:
            document = own_document(resource.positions)
            member = made_for(resource.positions)
            if document is None:
                yield f"{address} is gone from the cluster; a Profile makes it for {member}: take {member} out there."
            else:
                yield Taken(address, "", (Put(document, ()),))

    def _difference(self, change: Change, resource: Resource, diff: FieldDiff) -> Iterator[Taken | str | Problem]:
        named = f"{resource.address}#{diff.dotted}"
        field = self._kinds[resource.address.kind].field_named(diff.path[0])
        if diff.path == MARK_PATH:
            return
        if diff.path == NAME_PATH:
            yield f"{resource.address} is called {diff.before} on the cluster: rename it in its manifest by hand."
        elif diff.sensitive:
            yield self._secret(resource, diff, named)
        elif not self._wish.field and diff.origin is Whose.GIT:
            yield f"{named} changed in git alone, and stays; name it to take back what the cluster has."
        elif field is not None and field.membership:
            yield Taken(resource.address, diff.dotted, *self._memberships(change))
        elif field is not None and field.roles:
            yield Taken(resource.address, diff.dotted, tuple(self._role(change, resource, field, diff)))
        else:
            yield from self._value(resource, diff, named)

    def _secret(self, resource: Resource, diff: FieldDiff, named: str) -> str | Problem:
        detail = f"{named} is a secret, or may be one: it is never written into a manifest."
        if not self._wish.field:
            return detail
        hint = "Put it where the manifest says that it lies, or let apply send it again."
        place = resource.positions.value(stating_path(diff.path))
        return Problem("Secret stays", detail, hint, source=place, address=resource.address)

    # Values

    def _value(self, resource: Resource, diff: FieldDiff, named: str) -> Iterator[Taken | str | Problem]:
        field = field_at(self._kinds[resource.address.kind], diff.path)
        if field is not None and field.shape in _MAPS and isinstance(diff.after, Mapping):
            yield from self._keys(resource, diff)
        elif any(hidden_in(diff.before)):
            yield self._secret(resource, diff, named)
        elif field is not None and field.shape is Shape.SET and isinstance(diff.after, list):
            lives = list(diff.before or ())
            edits = self._listing(resource, diff.path, set(diff.after) - set(lives), set(lives) - set(diff.after))
            yield Taken(resource.address, diff.dotted, edits)
        else:
            _, stated = value_at(resource.spec, diff.path)
            value = GONE if diff.before is None else plain(_as_stated(stated, diff.before))
            yield Taken(resource.address, diff.dotted, self._put(resource, diff.path, value))

    def _keys(self, resource: Resource, diff: FieldDiff) -> Iterator[Taken | str | Problem]:
        """Take a map over key by key, or the one key that was asked for."""
        before: Mapping[str, Any] = diff.before or {}
        edits: list[Edit] = []
        for key in sorted({*before, *diff.after}):
            dotted = f"{diff.dotted}.{key}"
            one, other = before.get(key), diff.after.get(key)
            if one == other or is_ignored(dotted, resource.lifecycle.ignore_changes):
                continue
            if not self._wish.takes(dotted):
                continue
            if isinstance(one, Hidden) or isinstance(other, Hidden):
                yield self._secret(resource, FieldDiff((*diff.path, key), one, other), f"{resource.address}#{dotted}")
                continue
            edits += self._put(resource, (*diff.path, key), before.get(key, GONE))
        is_part = len(self._wish.field) > len(diff.dotted)
        yield Taken(resource.address, self._wish.field if is_part else diff.dotted, tuple(edits), is_part=is_part)

    # Memberships: stated on either side, and edited where they are stated

    def _of_others(self) -> Iterator[Taken]:
        """Take over the memberships of a group that the plan shows with its users."""
        membership = self._kinds.membership
        address = self._wish.address
        if address.kind != membership.group_kind or not self._wish.takes(membership.group_field):
            return
        for change in self._plan.changes:
            if change.address.kind != membership.user_kind:
                continue
            if not any(it.edge.group == address.name for it in change.edges):
                continue
            whose = next((it.origin for it in change.diff if it.path == (membership.user_field,)), Whose.UNKNOWN)
            if self._wish.field or whose is not Whose.GIT:
                yield Taken(
                    change.address, membership.user_field, *self._memberships(change, address.name), is_part=True
                )

    def _memberships(self, change: Change, group: str = "") -> tuple[tuple[Edit, ...], tuple[Address, ...]]:
        """Return the edits that make the manifests say who is in which group, and whose manifests they are."""
        membership = self._kinds.membership
        edits: list[Edit] = []
        beside: list[Address] = []
        for each in change.edges:
            user, other = each.edge
            if group and other != group:
                continue
            sides = (
                (Address(membership.user_kind, user), membership.user_field, other),
                (Address(membership.group_kind, other), membership.group_field, user),
            )
            stating = [side for side in sides if self._states(*side[:2])]
            for address, field, name in stating if each.adds else stating[:1]:
                named = frozenset({name})
                lost, gained = (named, _NOBODY) if each.adds else (_NOBODY, named)
                edits += self._listing(self._desired.resources[address], (field,), lost, gained)
                beside.append(address)
        return tuple(edits), tuple(beside)

    def _states(self, address: Address, field: str) -> bool:
        resource = self._desired.resources.get(address)
        return resource is not None and resource.is_present and field in resource.spec

    def _role(self, change: Change, resource: Resource, field: Field, diff: FieldDiff) -> Iterator[Edit]:
        """Take over who holds a role that is stated; whom a role loses that is not stated, another one gains."""
        _, role, side = diff.path
        stated = resource.spec.get(field.name)
        if stated is not None and role not in stated:
            return
        lives = change.live.spec if change.live is not None else {}
        counts = next(it.counts for each in field.fields if each.name == role for it in each.fields if it.name == side)
        counted = {spec[counts] for spec in (lives, resource.spec) if counts and spec.get(counts)}
        held = frozenset(value_at(lives, diff.path)[1] or ())
        listed = frozenset(((stated or {}).get(role) or {}).get(side) or ())
        yield from self._listing(resource, diff.path, listed - held - counted, held - listed - counted)

    # Where it stands

    def _put(self, resource: Resource, path: Sequence[str], value: Any) -> tuple[Edit, ...]:
        place = stating_path(path)
        if self._is_here:
            return self._put_here(resource, place, value)
        found = standing(resource.positions, place)
        if value is GONE and found.layer == "manifest" and is_stated_below(resource.positions, place):
            value = None  # which takes away what is below, too
        return (Put(found.document, found.path, value),)

    def _put_here(self, resource: Resource, place: Path, value: Any) -> tuple[Edit, ...]:
        """Return what states a value in the resource's own manifest; a value that it is a part of is written out."""
        document = own_document(resource.positions) or NOWHERE
        whole = written_out(resource.positions, place)
        is_own = whole is not None or is_stated_by_its_own(resource.positions, place)
        if value is GONE and (not is_own or is_stated_below(resource.positions, place)):
            value = None
        return (*((whole,) if whole is not None else ()), Put(document, place, value))

    def _listing(
        self, resource: Resource, path: Sequence[str], lost: Iterable[str], gained: Iterable[str]
    ) -> tuple[Edit, ...]:
        if self._is_here:
            _, stated = value_at(resource.spec, tuple(path))
            kept = [item for item in stated or () if item not in lost]
            return self._put(resource, path, [*kept, *sorted(item for item in gained if item not in kept)])
        found = standing(resource.positions, stating_path(path))
        return (Listing(found.document, found.path, frozenset(lost), tuple(sorted(gained))),)


def _as_stated(stated: Any, lives: Any) -> Any:
    """Return what lives as far as it is stated: of items of a list, the keys that those in their place state."""
    if not isinstance(stated, list | tuple) or not isinstance(lives, list | tuple):
        return lives
    pairs = [(stated[index] if index < len(stated) else None, item) for index, item in enumerate(lives)]
    return [_keys_of(one, other) for one, other in pairs]


def _keys_of(stated: Any, lives: Any) -> Any:
    if isinstance(stated, Mapping) and isinstance(lives, Mapping):
        return {key: value for key, value in lives.items() if key in stated}
    return lives
