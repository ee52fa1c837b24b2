"""What a move comes to, sorted by what a person has to look at: every object and every standing has one place."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from enum import Enum

from igz_apply.model.addresses import Address
from igz_apply.model.migration import Fate, FieldFate, Migration, ObjectFate, Standing
from igz_apply.model.problems import Problem


class Turn(str, Enum):
    """How what a person holds compares with what they held."""

    HIGHER = "higher"
    PERHAPS = "perhaps_higher"  # if members of a group count in the groups around it
    MIXED = "lower_or_perhaps_higher"
    LOWER = "lower"
    EQUAL = "equal"

    @property
    def words(self) -> str:
        """What a reader is told."""
        return self.value.replace("_", " ")


def turn_of(standing: Standing) -> Turn:
    """Return how a standing compares with what it was."""
    if standing.is_higher:
        plain = Turn.PERHAPS if standing.perhaps else Turn.HIGHER
        return Turn.MIXED if standing.is_lower else plain
    return Turn.LOWER if standing.is_lower else Turn.EQUAL


def turns_of(standings: Iterable[Standing]) -> Mapping[Turn, tuple[Standing, ...]]:
    """Return the standings by how they compare, each in one place; every turn is there."""
    found: dict[Turn, list[Standing]] = {turn: [] for turn in Turn}
    for each in standings:
        found[turn_of(each)].append(each)
    return {turn: tuple(these) for turn, these in found.items()}


class Matter(Enum):
    """Where a standing is told: as something to decide, as something decided, or as neither."""

    RAISED = "raised"  # and nobody says so
    PERHAPS = "perhaps"  # nobody knows: the mapping cannot settle it by saying where a group lies
    MIXED = "mixed"  # lower, or perhaps higher
    LOWERED = "lowered"  # and nobody says so
    RAISED_AS_SAID = "raised as said"  # by the mapping
    LOWERED_AS_SAID = "lowered as said"
    OF_POLICIES = "of policies"  # less, by policies that nobody carries: these are told, each with all whom it is about
    OWN = "own"  # of an account that is the platform's own
    EQUAL = "equal"


OPEN = frozenset({Matter.RAISED, Matter.PERHAPS, Matter.MIXED, Matter.LOWERED})
"""What somebody has to decide by itself."""


def matters_of(migration: Migration) -> Mapping[Matter, tuple[Standing, ...]]:
    """Return the standings by where they are told, each in one place; every place is there."""
    found: dict[Matter, list[Standing]] = {matter: [] for matter in Matter}
    for each in migration.standings:
        found[matter_of(each, migration)].append(each)
    return {matter: tuple(these) for matter, these in found.items()}


def matter_of(standing: Standing, migration: Migration) -> Matter:
    """Return where a standing of a move is told."""
    turn = turn_of(standing)
    if turn is not Turn.LOWER:
        return Matter.RAISED_AS_SAID if turn is Turn.HIGHER and standing.is_stated else _MATTERS[turn]
    if standing.is_system:
        return Matter.OWN
    gone = standing.lost_policies
    is_told = migration.holders.keys() >= set(gone)  # what the platform's own groups alone held is nobody's to map
    if gone and standing.new_user and is_told and not migration.policies.keys() & gone:
        return Matter.OF_POLICIES
    return Matter.LOWERED_AS_SAID if standing.is_stated else Matter.LOWERED


_MATTERS = {
    Turn.HIGHER: Matter.RAISED,
    Turn.PERHAPS: Matter.PERHAPS,
    Turn.MIXED: Matter.MIXED,
    Turn.EQUAL: Matter.EQUAL,
}


def losers_of(standings: Iterable[Standing]) -> Mapping[str, int]:
    """Return old policy -> how many people hold less without it, be it their own or a group's."""
    return Counter(policy for each in standings for policy in each.lost_policies)


def problems_beside(migration: Migration) -> tuple[Problem, ...]:
    """Return the errors, and those warnings that what has to be decided does not tell, with all they are about."""
    return tuple(each for each in migration.problems if each.severity == "error" or each.summary not in _TOLD)


_TOLD = frozenset({"Policy that nobody maps", "Perhaps a higher role"})


def counts_of(objects: Iterable[ObjectFate]) -> Mapping[str, Mapping[Fate, int]]:
    """Return how many objects of each kind have which fate; every fate is there."""
    found: dict[str, dict[Fate, int]] = {}
    for each in objects:
        counts = found.setdefault(address_of(each).kind, dict.fromkeys(Fate, 0))
        counts[each.fate] += 1
    return found


def address_of(each: ObjectFate) -> Address:
    """Return what an object was called, or, if it was not there, is called."""
    address = each.old or each.new
    assert address is not None, "an object has been there, or is there"
    return address


class Loss(Enum):
    """Why an object is lost, as far as it tells who has to look at it."""

    KIND = "kind"  # and all others of its kind with it: nobody asked for that
    ALONE = "alone"  # nobody asked for that either
    STATED = "stated"  # the mapping leaves it behind
    ABSENT = "absent"  # its own manifest says so: nothing of the platform is the reason
    OWN = "own"  # it is the platform's own


def losses_of(objects: Iterable[ObjectFate]) -> Mapping[Loss, tuple[ObjectFate, ...]]:
    """Return the objects that are lost, by why, each in one place; every reason is there."""
    listed = tuple(objects)
    whole = _whole_kinds(listed)
    found: dict[Loss, list[ObjectFate]] = {loss: [] for loss in Loss}
    for each in listed:
        if each.fate is Fate.LOST:
            found[_loss(each, whole)].append(each)
    return {loss: tuple(these) for loss, these in found.items()}


def _loss(each: ObjectFate, whole: frozenset[str]) -> Loss:
    if each.is_system:
        return Loss.OWN
    if each.is_stated:
        return Loss.STATED
    if not each.section:
        return Loss.ABSENT
    return Loss.KIND if address_of(each).kind in whole else Loss.ALONE


def _whole_kinds(objects: Iterable[ObjectFate]) -> frozenset[str]:
    """Return the kinds of which nothing but what is the platform's own goes along."""
    ours = [each for each in objects if each.old is not None and not each.is_system]
    kept = {address_of(each).kind for each in ours if each.fate is not Fate.LOST}
    return frozenset(address_of(each).kind for each in ours) - kept


def unmapped_policies(migration: Migration) -> Mapping[str, tuple[Address, ...]]:
    """Return the policies of which the mapping says nothing -> who held them."""
    known = {**migration.policies, **migration.left_policies}
    return {policy: holders for policy, holders in migration.holders.items() if policy not in known}


def tells_of_policies(each: ObjectFate, field: FieldFate, holders: Mapping[str, Set[Address]]) -> bool:
    """Say whether a field is what policies an object held, each of which is told by itself."""
    held = field.before
    return (
        isinstance(held, (list, tuple))
        and bool(held)
        and all(isinstance(it, str) and address_of(each) in holders.get(it, ()) for it in held)
    )


FieldKey = tuple[str, str, Fate, str, str, str]
"""Kind, path, fate, why, section, mark."""


def fields_of(objects: Iterable[ObjectFate]) -> Mapping[FieldKey, tuple[tuple[ObjectFate, FieldFate], ...]]:
    """Return the fields that are not carried as they are, those alike together, by kind and path."""
    found: defaultdict[FieldKey, list[tuple[ObjectFate, FieldFate]]] = defaultdict(list)
    for each in objects:
        for it in uncarried(each):
            found[address_of(each).kind, it.path, it.fate, it.why, it.section, it.mark].append((each, it))
    return {key: tuple(found[key]) for key in sorted(found)}


def uncarried(each: ObjectFate) -> tuple[FieldFate, ...]:
    """Return the fields of an object that are not carried as they are."""
    return tuple(it for it in each.fields if it.fate is not Fate.CARRIED)


def is_whole(migration: Migration) -> bool:
    """Say whether all that was there was seen, and goes along as it is; the platform's own does not count."""
    ours = [each for each in migration.objects if not each.is_system]
    return (
        not migration.partial
        and all(each.fate in (Fate.CARRIED, Fate.ADDED) for each in ours)
        and all(turn_of(each) is Turn.EQUAL for each in migration.standings)
    )


def roles_and_policies(standings: Iterable[Standing]) -> tuple[Sequence[Standing], Sequence[Standing]]:
    """Return the standings on projects, and those that are about policies."""
    listed = list(standings)
    return [each for each in listed if each.project], [each for each in listed if not each.project]
