"""A move in words, in parts: what has to be decided, what the mapping has decided, and the details; for any form."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from igz_apply.model.addresses import Address
from igz_apply.model.migration import Fate, FieldFate, Migration, ObjectFate, Standing
from igz_apply.patterns import pattern
from igz_apply.planning.migration_account import (
    Loss,
    Matter,
    address_of,
    fields_of,
    losers_of,
    losses_of,
    matters_of,
    tells_of_policies,
    uncarried,
    unmapped_policies,
)
from igz_apply.planning.pairs import in_few_names
from igz_apply.values import dataclass
from igz_apply.wording.counting import counted
from igz_apply.wording.migration_words import name_text, step_text, value_text, why_changed, why_text
from igz_apply.wording.printable import printable

_EXAMPLES = 3  # of a field's values
_LONG = 60  # characters of a value that is an example


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
    hint: str = ""  # what to do about it, in words of ours alone; code in it stands in backticks


# What has to be decided


def decisions(migration: Migration) -> tuple[Part, ...]:
    """Return what somebody has to decide, the gravest first; but for the problems, which tell themselves."""
    matters, losses = matters_of(migration), losses_of(migration.objects)
    kinds = len({address_of(each).kind for each in losses[Loss.KIND]})
    parts = (
        _part(
            "Not seen in full, so that more may be there: {}",
            [Told(f"{printable(kind)}: {printable(why)}") for kind, why in migration.partial.items()],
            "kind",
            hint="Read it as somebody who sees all: what was not seen is not carried.",
        ),
        _part("More access than before: {}", _standings(matters[Matter.RAISED]), "standing"),
        _part("Perhaps more access than before: {}", _standings(matters[Matter.PERHAPS]), "standing", hint=_NESTED),
        _part(
            "Less access than before, or perhaps more: {}", _standings(matters[Matter.MIXED]), "standing", hint=_NESTED
        ),
        _part("Less access than before: {}", _standings(matters[Matter.LOWERED]), "standing", hint=_LESS),
        _unmapped(migration),
        _part(
            f"{counted(kinds, 'whole kind', 'whole kinds')} lost: {{}}",
            list(_lost(losses[Loss.KIND])),
            "object",
            hint=_leave(losses[Loss.KIND], whole=True),
        ),
        _part(
            "Lost, and the mapping does not say so: {}",
            list(_lost(losses[Loss.ALONE])),
            "object",
            hint=_leave(losses[Loss.ALONE]),
        ),
    )
    return tuple(part for part in parts if part is not None)


_NESTED = "Give the groups other paths in the mapping, or see to it that these people may have more."
_LESS = "Map what they have it through, or say in the mapping, under `leave`, why that is left behind."


def _leave(objects: Sequence[ObjectFate], *, whole: bool = False) -> str:
    """Say how a mapping says that somebody has decided to lose these: the first of them, or the whole of its kind."""
    if not objects:
        return ""
    kind, name = address_of(objects[0])
    resource = f"{kind}/{'*' if whole else name}"
    shown = resource if _PLAIN.fullmatch(resource) else "KIND/NAME"
    return f"If that is to be, say so in the mapping, as `leave: [{{resource: {shown}, reason: ...}}]`."


_PLAIN = pattern(r"[A-Za-z]+/[A-Za-z0-9._*-]+")  # an address that is the same in YAML and in a report of any form


def stated(migration: Migration) -> tuple[Part, ...]:
    """Return who has more or less since the mapping says so: nobody has to decide it, and who signs has to see it."""
    matters = matters_of(migration)
    parts = (
        _part("More access, as the mapping says: {}", _standings(matters[Matter.RAISED_AS_SAID]), "standing"),
        _part(
            "Less access, as the mapping says: {}",
            _standings(matters[Matter.LOWERED_AS_SAID]),
            "standing",
            is_grave=False,
        ),
    )
    return tuple(part for part in parts if part is not None)


def _unmapped(migration: Migration) -> Part | None:
    unmapped = unmapped_policies(migration)
    losers = losers_of(migration.standings)
    return _part(
        f"{counted(len(unmapped), 'policy', 'policies')} that nobody maps, held by {{}}",
        [
            Told(f"{printable(policy)}, {_losing(losers.get(policy, 0))}, held by", _texts(holders))
            for policy, holders in sorted(unmapped.items(), key=lambda each: -losers.get(each[0], 0))
        ],
        "user or group",
        "users and groups",
        hint="Say under `policies` in the mapping what each becomes, or why it is left behind.",
    )


def _losing(people: int) -> str:
    """Say who has less without a policy; a group's is that of all its users."""
    return f"which {counted(people, 'person loses', 'people lose')}" if people else "which nobody loses"


def _part(
    title: str, told: Sequence[Told], noun: str, plural: str = "", *, is_grave: bool = True, hint: str = ""
) -> Part | None:
    """Return a part whose title counts what its sentences stand for; None where it says nothing."""
    if not told:
        return None
    return Part(title.format(counted(sum(each.count for each in told), noun, plural)), tuple(told), is_grave, hint)


def _texts(addresses: Iterable[Address]) -> tuple[str, ...]:
    return tuple(printable(str(each)) for each in addresses)


def _standings(standings: Iterable[Standing]) -> list[Told]:
    """Tell standings that changed alike together, what most people share first."""
    found: defaultdict[tuple[bool, str, str, str, str], list[Standing]] = defaultdict(list)
    for it in standings:
        found[not it.project, it.before, it.after, it.perhaps, it.why].append(it)
    told = (each for key in sorted(found) for each in _alike(found[key]))
    return sorted(told, key=lambda each: -each.count)


def _alike(standings: Sequence[Standing]) -> Iterator[Told]:
    first = standings[0]
    why = first.why or why_changed(first)
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


def _lost(objects: Iterable[ObjectFate]) -> Iterator[Told]:
    """Tell objects that are lost for one reason together, each kind by itself."""
    found: defaultdict[tuple[str, str, str, str], list[ObjectFate]] = defaultdict(list)
    for it in objects:
        found[address_of(it).kind, it.why, it.section, it.mark].append(it)
    for (kind, *_), these in found.items():
        names = tuple(printable(address_of(it).name) for it in these)
        yield Told(f"{printable(kind)}: {printable(why_text(these[0]))}", names)


# The details


def details(migration: Migration) -> tuple[Part, ...]:
    """Return what becomes of everything else: with the decisions, every object has its place in one part."""
    losses = losses_of(migration.objects)
    of_fate = {fate: [each for each in migration.objects if each.fate is fate] for fate in Fate}
    parts = (
        _part("Left behind, as the mapping says: {}", list(_lost(losses[Loss.STATED])), "object", is_grave=False),
        _part("Nothing to carry: {}", list(_lost(losses[Loss.ABSENT])), "object", is_grave=False),
        _part("Changed: {}", list(_changed(of_fate[Fate.CHANGED])), "object", is_grave=False),
        _part("What changes of these: {}", list(_fields(migration)), "value", is_grave=False),
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
        _part("The platform's own, not carried: {}", list(_lost(losses[Loss.OWN])), "object", is_grave=False),
        _part(
            "What the platform's own accounts held: {}",
            _standings(matters_of(migration)[Matter.OWN]),
            "standing",
            is_grave=False,
        ),
        _part("Not in any of these, and not carried: {}", list(_beyond(migration)), "matter", is_grave=False),
        _part(
            "Sections are those of the new platform's reference in igz-apply's documentation; how each is known: {}",
            list(_marks(migration)),
            "mark",
            is_grave=False,
        ),
    )
    return tuple(part for part in parts if part is not None)


def equal_part(migration: Migration) -> Part | None:
    """Return the standings that stay as they are; a report folds them away."""
    equal = matters_of(migration)[Matter.EQUAL]
    return _part("Access as before: {}", _standings(equal), "standing", is_grave=False)


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


def _fields(migration: Migration) -> Iterator[Told]:
    """Tell what becomes of each field, and of how many; a few values are named, all stand in the other reports."""
    holders = {policy: frozenset(them) for policy, them in migration.holders.items()}
    held: defaultdict[tuple[str, str, str], int] = defaultdict(int)
    for (kind, path, fate, *_), found in fields_of(migration.objects).items():
        if all(tells_of_policies(each, it, holders) for each, it in found):
            held[kind, path, fate.value] += len(found)
            continue
        shown = [
            f"{address_of(each).name}: {_short(it.before)}{'' if fate is Fate.LOST else f' → {_short(it.after)}'}"
            for each, it in found[:_EXAMPLES]
        ]
        more = f"; and {len(found) - _EXAMPLES:,} more" if len(found) > _EXAMPLES else ""
        text = f"{kind} {path} {fate.value} ({len(found):,}): {why_text(found[0][1])}; {'; '.join(shown)}{more}"
        yield Told(printable(text), each=len(found))
    for (kind, path, told), many in held.items():
        yield Told(printable(f"{kind} {path} {told} ({many:,}): each policy is told by itself"), each=many)


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
    losers = losers_of(migration.standings)
    told = [
        Told(
            printable(f"{policy}, {_losing(losers.get(policy, 0))}{f': {why}' if why else ''}"),
            _texts(migration.holders.get(policy, ())),
        )
        for policy, why in migration.left_policies.items()
    ]
    return Part(f"Policies left behind, as the mapping says: {len(told):,}", tuple(told)) if told else None


def _marks(migration: Migration) -> Iterator[Told]:
    """Yield what the marks mean that the report has."""
    fates: list[ObjectFate | FieldFate] = [*migration.objects, *migration.beyond]
    fates += [it for each in migration.objects for it in uncarried(each)]
    used = {mark for each in fates for mark in each.mark.split()}
    return (Told(f"{mark}: {told}") for mark, told in _MARKS.items() if mark in used)


_MARKS = {
    "[SDK]": "from the published client of the new platform",
    "[UI]": "from the code of its dashboard",
    "[ORCA]": "from MLRun's clients of its projects",
    "[MLSDK]": "from the published client of MLRun",
    "[3X]": "known of the old platform alone",
    "[INFERRED]": "nobody has shown it: it follows from what is known",
}
