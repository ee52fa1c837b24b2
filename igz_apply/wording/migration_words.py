"""A move in words: the verdict, what has to be decided, what adds up to what, and the details; for any form."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from igz_apply.model.addresses import Address
from igz_apply.model.migration import Fate, FieldFate, Migration, ObjectFate, Standing
from igz_apply.model.plain_values import plain
from igz_apply.model.problems import errors_of
from igz_apply.planning.migration_account import (
    LOSSES,
    Loss,
    Turn,
    address_of,
    counts_of,
    fields_of,
    is_whole,
    losses_of,
    roles_and_policies,
    turns_of,
    uncarried,
    unmapped_policies,
)
from igz_apply.planning.pairs import in_few_names
from igz_apply.values import dataclass
from igz_apply.wording.counting import counted
from igz_apply.wording.printable import printable
from igz_apply.wording.role_words import NO_ROLE

_EXAMPLES = 3  # of a field's values
_LONG = 60  # characters of a value that is an example
_STATED = "the mapping says so"


@dataclass(frozen=True, slots=True)
class Told:
    """A sentence, and the names that it is about; nothing in it is longer than what people called things."""

    head: str
    names: tuple[str, ...] = ()
    each: int = 1  # for how many of what its part counts a name stands

    @property
    def count(self) -> int:
        """For how many of what its part counts it stands."""
        return len(self.names) * self.each if self.names else self.each


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the report; what its sentences stand for adds up to what its title counts."""

    title: str
    told: tuple[Told, ...]
    is_grave: bool = False  # something is lost there, or given


# The verdict


def title_text(migration: Migration) -> str:
    """Say from where to where."""
    to = f" to {migration.destination}" if migration.destination else ""
    return printable(f"Move of {migration.origin}{to}")


def verdict_text(migration: Migration) -> str:
    """Say in a few words whether it can go, and what somebody has to look at before."""
    if errors := errors_of(migration.problems):
        return f"Not to be written: {counted(len(errors), 'error')}"
    if open_ones := tuple(_open_counts(migration)):
        return f"To be decided: {', '.join(open_ones)}"
    return "All is carried" if is_whole(migration) else "Nothing is left to decide"


def _open_counts(migration: Migration) -> Iterator[str]:
    losses, turns = losses_of(migration.objects), turns_of(migration.standings)
    if migration.partial:
        yield f"{counted(len(migration.partial), 'kind')} not seen in full"
    if raised := len(turns[Turn.HIGHER]):
        yield counted(raised, "raise of access", "raises of access")
    if possible := len(turns[Turn.PERHAPS]) + len(turns[Turn.MIXED]):
        yield counted(possible, "possible raise")
    if lost := sum(len(turns[turn]) for turn in LOSSES):
        yield counted(lost, "loss of access", "losses of access")
    if kinds := {address_of(each).kind for each in losses[Loss.KIND]}:
        yield counted(len(kinds), "whole kind lost", "whole kinds lost")
    if policies := unmapped_policies(migration):
        yield counted(len(policies), "policy that nobody maps", "policies that nobody maps")
    if alone := losses[Loss.ALONE]:
        yield counted(len(alone), "other object lost", "other objects lost")


def counts_text(migration: Migration) -> str:
    """Return the one-line account of the objects, which adds up."""
    fates = [each.fate for each in migration.objects]
    there = len(fates) - fates.count(Fate.ADDED)
    parts = " + ".join(f"{fates.count(fate):,} {fate.value}" for fate in (Fate.CARRIED, Fate.CHANGED, Fate.LOST))
    own = len(losses_of(migration.objects)[Loss.OWN])
    said = f" (the platform's own among those lost: {own:,})" if own else ""
    return f"{counted(there, 'object')} = {parts}{said}; {fates.count(Fate.ADDED):,} added"


def access_text(migration: Migration) -> str:
    """Return the one-line account of who holds what on which project, which adds up too."""
    roles, _ = roles_and_policies(migration.standings)
    turns = turns_of(roles)
    parts = " + ".join(f"{len(these):,} {turn.words}" for turn, these in turns.items())
    return f"{counted(len(roles), 'role on a project', 'roles on projects')} = {parts}"


OBJECT_HEADS = ("kind", "there", "carried", "changed", "lost", "added", "then")


def object_rows(migration: Migration) -> Sequence[tuple[str, ...]]:
    """Return a row of numbers for each kind, and one of the whole: there = carried + changed + lost."""
    counts = counts_of(migration.objects)
    whole = {fate: sum(each[fate] for each in counts.values()) for fate in Fate}
    rows = {**counts, "all": whole}
    return [(printable(kind), *(f"{number:,}" for number in _numbers(each))) for kind, each in rows.items()]


def _numbers(counts: Mapping[Fate, int]) -> tuple[int, ...]:
    carried, changed, lost, added = (counts[fate] for fate in (Fate.CARRIED, Fate.CHANGED, Fate.LOST, Fate.ADDED))
    return carried + changed + lost, carried, changed, lost, added, carried + changed + added


STANDING_HEADS = ("of people", "all", "higher", "perhaps higher", "either way", "lower", "equal")
"""The turns in short, in their order; `access_text` says them at length."""


def standing_rows(migration: Migration) -> Sequence[tuple[str, ...]]:
    """Return a row of numbers for roles on projects, and one for people with policies: all = the sum of the others."""
    roles, policies = roles_and_policies(migration.standings)
    return [
        (what, f"{len(these):,}", *(f"{len(each):,}" for each in turns_of(these).values()))
        for what, these in (("roles on projects", roles), ("policies", policies))
    ]


# What has to be decided


def decisions(migration: Migration) -> tuple[Part, ...]:
    """Return what somebody has to look at before, the gravest first; but for the problems, which tell themselves."""
    turns, losses = turns_of(migration.standings), losses_of(migration.objects)
    unmapped = unmapped_policies(migration)
    kinds = len({address_of(each).kind for each in losses[Loss.KIND]})
    parts = (
        _part(
            "Not seen in full, so that more may be there: {}",
            [Told(f"{printable(kind)}: {printable(why)}") for kind, why in migration.partial.items()],
            "kind",
        ),
        _part("More access than before: {}", _standings(turns[Turn.HIGHER]), "standing"),
        _part("Perhaps more access than before: {}", _standings(turns[Turn.PERHAPS]), "standing"),
        _part("Less access than before, or perhaps more: {}", _standings(turns[Turn.MIXED]), "standing"),
        _part("Less access than before: {}", _standings(turns[Turn.LOWER]), "standing"),
        _part(f"{counted(kinds, 'whole kind', 'whole kinds')} lost: {{}}", list(_lost(losses[Loss.KIND])), "object"),
        _part(
            f"{counted(len(unmapped), 'policy', 'policies')} that nobody maps, held by {{}}",
            [
                Told(f"{printable(policy)}, in place of which nobody holds anything", _texts(holders))
                for policy, holders in unmapped.items()
            ],
            "user or group",
            "users and groups",
        ),
        _part("Lost, and the mapping does not say so: {}", list(_lost(losses[Loss.ALONE])), "object"),
    )
    return tuple(part for part in parts if part is not None)


def _part(title: str, told: Sequence[Told], noun: str, plural: str = "", *, is_grave: bool = True) -> Part | None:
    """Return a part whose title counts what its sentences stand for; None where it says nothing."""
    if not told:
        return None
    return Part(title.format(counted(sum(each.count for each in told), noun, plural)), tuple(told), is_grave)


def _texts(addresses: Iterable[Address]) -> tuple[str, ...]:
    return tuple(printable(str(each)) for each in addresses)


def _standings(standings: Iterable[Standing]) -> list[Told]:
    """Tell standings that changed alike together; those that nobody has stated come first."""
    found: defaultdict[tuple[bool, bool, str, str, str, str], list[Standing]] = defaultdict(list)
    for it in standings:
        found[it.is_stated, not it.project, it.before, it.after, it.perhaps, it.why].append(it)
    return [told for key in sorted(found) for told in _alike(found[key])]


def _alike(standings: Sequence[Standing]) -> Iterator[Told]:
    first = standings[0]
    why = why_changed(first)
    ending = printable(f" ({why})" if why else "")
    step = printable(step_text(first))
    if not first.project:
        yield Told(f"policies {step}{ending}", tuple(printable(it.user) for it in standings))
        return
    for users, projects in in_few_names((it.user, it.project) for it in standings):
        few, many = _shown(projects), _shown(users)
        if len(projects) > len(users):
            yield Told(f"{step} for {', '.join(many)}{ending}, on", few, len(many))
        else:
            yield Told(f"{step} on {', '.join(few)}{ending}", many, len(few))


def _shown(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(map(printable, names))


def why_changed(standing: Standing) -> str:
    """Return why a standing is another, and that the mapping says so where it does."""
    is_told = not standing.is_stated or "the mapping" in standing.why
    return standing.why if is_told else f"{standing.why}; {_STATED}" if standing.why else _STATED


def step_text(standing: Standing) -> str:
    """Say what somebody held, holds, and perhaps holds: `viewer → viewer, perhaps admin`."""
    perhaps = ""
    if standing.perhaps:
        perhaps = f", perhaps {'' if standing.project else 'also '}{standing.perhaps}"
    return f"{standing.before or NO_ROLE} → {standing.after or NO_ROLE}{perhaps}"


def _lost(objects: Iterable[ObjectFate]) -> Iterator[Told]:
    """Tell objects that are lost for one reason together, each kind by itself."""
    found: defaultdict[tuple[str, str, str, str], list[ObjectFate]] = defaultdict(list)
    for it in objects:
        found[address_of(it).kind, it.why, it.section, it.mark].append(it)
    for (kind, *_), these in found.items():
        names = tuple(printable(address_of(it).name) for it in these)
        yield Told(f"{printable(kind)}: {printable(why_text(these[0]))}", names)


def why_text(fate: ObjectFate | FieldFate) -> str:
    """Return the reason, with the section that it is known from, and how it is known."""
    known = ", ".join(part for part in (f"section {fate.section}" if fate.section else "", fate.mark) if part)
    return f"{fate.why}{' ' if fate.why else ''}{f'({known})' if known else ''}".rstrip()


# The details


def details(migration: Migration) -> tuple[Part, ...]:
    """Return what becomes of everything else: with the decisions, every object has its place in one part."""
    losses = losses_of(migration.objects)
    of_fate = {fate: [each for each in migration.objects if each.fate is fate] for fate in Fate}
    parts = (
        _part("Left behind, as the mapping says: {}", list(_lost(losses[Loss.STATED])), "object", is_grave=False),
        _part("Nothing to carry: {}", list(_lost(losses[Loss.ABSENT])), "object", is_grave=False),
        _part("Changed: {}", list(_changed(of_fate[Fate.CHANGED])), "object", is_grave=False),
        _part("What changes of these: {}", list(_fields(migration.objects)), "value", is_grave=False),
        _part(
            f"Policies that are carried{_unchecked(migration)}: {{}}",
            list(_carried_policies(migration)),
            "policy",
            "policies",
            is_grave=False,
        ),
        _left_policies(migration),
        _part("Added: {}", list(_grouped(of_fate[Fate.ADDED], why_text)), "object", is_grave=False),
        _part("Carried: {}", list(_grouped(of_fate[Fate.CARRIED], why_text)), "object", is_grave=False),
        _part("The platform's own: {}", list(_lost(losses[Loss.OWN])), "object", is_grave=False),
        _part("Not in any of these, and not carried: {}", list(_beyond(migration)), "matter", is_grave=False),
    )
    return tuple(part for part in parts if part is not None)


def equal_part(migration: Migration) -> Part | None:
    """Return the standings that stay as they are; a report folds them away."""
    equal = turns_of(migration.standings)[Turn.EQUAL]
    return _part("Access as before: {}", _standings(equal), "standing", is_grave=False)


def equal_counts(migration: Migration) -> Sequence[tuple[str, int]]:
    """Return what stays as it is without any names: how many hold what."""
    return sorted(Counter(step_text(it) for it in turns_of(migration.standings)[Turn.EQUAL]).items())


def _changed(objects: Iterable[ObjectFate]) -> Iterator[Told]:
    return _grouped(objects, lambda each: "; ".join(_signs(uncarried(each))))


def _signs(fields: Iterable[FieldFate]) -> Iterator[str]:
    """Say which fields are lost, and which say something else."""
    paths = {fate: [it.path for it in fields if it.fate is fate] for fate in (Fate.LOST, Fate.CHANGED)}
    yield from (f"{', '.join(named)} {fate.value}" for fate, named in paths.items() if named)


def _grouped(objects: Iterable[ObjectFate], said: Callable[[ObjectFate], str]) -> Iterator[Told]:
    """Tell objects of one kind of which the same is said together, by old and new names."""
    found: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for it in objects:
        found[address_of(it).kind, said(it)].append(printable(name_text(it)))
    for (kind, text), names in found.items():
        yield Told(printable(f"{kind}: {text}" if text else kind), tuple(names))


def name_text(each: ObjectFate) -> str:
    """Return the name of an object, and the new one where it is another."""
    if each.old is None or each.new is None or each.old.name == each.new.name:
        return address_of(each).name
    return f"{each.old.name} → {each.new.name}"


def _fields(objects: Iterable[ObjectFate]) -> Iterator[Told]:
    """Tell what becomes of each field, and of how many; a few values are named, all stand in the other reports."""
    for (kind, path, fate, *_), found in fields_of(objects).items():
        shown = [
            f"{address_of(each).name}: {_short(it.before)}{'' if fate is Fate.LOST else f' → {_short(it.after)}'}"
            for each, it in found[:_EXAMPLES]
        ]
        more = f"; and {len(found) - _EXAMPLES:,} more" if len(found) > _EXAMPLES else ""
        text = f"{kind} {path} {fate.value} ({len(found):,}): {why_text(found[0][1])}; {'; '.join(shown)}{more}"
        yield Told(printable(text), each=len(found))


def value_text(value: Any) -> str:
    """Return a value on one line, as JSON where it is no plain text; `nothing` where there is none."""
    told = "nothing" if value is None else plain(value)
    return told if isinstance(told, str) else json.dumps(told, ensure_ascii=False, sort_keys=True)


def _short(value: Any) -> str:
    text = value_text(value)
    return text if len(text) <= _LONG else f"{text[: _LONG - 1]}…"


def _unchecked(migration: Migration) -> str:
    return "" if migration.destination else ", as no cluster was asked whether they are there"


def _carried_policies(migration: Migration) -> Iterator[Told]:
    for old, new in migration.policies.items():
        holders = len(migration.holders.get(old, ()))
        held = f"held by {counted(holders, 'user or group', 'users and groups')}" if holders else "which nobody holds"
        yield Told(printable(f"{old} → {', '.join(new)}, {held}"))


def _beyond(migration: Migration) -> Iterator[Told]:
    return (Told(printable(f"{it.path}: {why_text(it)}")) for it in migration.beyond)


def _left_policies(migration: Migration) -> Part | None:
    """Return the policies that the mapping leaves behind, with why."""
    told = [
        Told(printable(f"{policy}: {why}" if why else policy), _texts(migration.holders.get(policy, ())))
        for policy, why in migration.left_policies.items()
    ]
    return Part(f"Policies left behind, as the mapping says: {len(told):,}", tuple(told)) if told else None
