"""A move in words: the verdict, and what adds up to what; for any form. `migration_parts` has the parts."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from igz_apply.model.migration import Fate, FieldFate, Migration, ObjectFate, Standing
from igz_apply.model.plain_values import plain
from igz_apply.model.problems import errors_of
from igz_apply.planning.migration_account import (
    Loss,
    Matter,
    Turn,
    address_of,
    counts_of,
    is_whole,
    losses_of,
    matters_of,
    roles_and_policies,
    turns_of,
    unmapped_policies,
)
from igz_apply.wording.counting import counted
from igz_apply.wording.printable import printable
from igz_apply.wording.role_words import NO_ROLE

_STATED = "the mapping says so"

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
    losses, matters = losses_of(migration.objects), matters_of(migration)
    if migration.partial:
        yield f"{counted(len(migration.partial), 'kind')} not seen in full"
    if raised := len(matters[Matter.RAISED]):
        yield counted(raised, *_RAISE)
    if possible := len(matters[Matter.PERHAPS]) + len(matters[Matter.MIXED]):
        yield counted(possible, "possible raise")
    if lost := len(matters[Matter.LOWERED]):
        yield counted(lost, *_LOSS)
    if policies := unmapped_policies(migration):
        yield counted(len(policies), "policy that nobody maps", "policies that nobody maps")
    if kinds := {address_of(each).kind for each in losses[Loss.KIND]}:
        yield counted(len(kinds), "whole kind lost", "whole kinds lost")
    if alone := losses[Loss.ALONE]:
        yield counted(len(alone), "other object lost", "other objects lost")


_RAISE = ("raise of access", "raises of access")
_LOSS = ("loss of access", "losses of access")


def stated_text(migration: Migration) -> str:
    """Say in a few words what the mapping has decided; "" for nothing that anybody would have to know."""
    matters, left = matters_of(migration), losses_of(migration.objects)[Loss.STATED]
    counts = (
        (len(matters[Matter.RAISED_AS_SAID]), *_RAISE),
        (len(matters[Matter.LOWERED_AS_SAID]), *_LOSS),
        (len(migration.left_policies), "policy left behind", "policies left behind"),
        (len(left), "object left behind", "objects left behind"),
    )
    found = [counted(*each) for each in counts if each[0]]
    return f"As the mapping says: {', '.join(found)}" if found else ""


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
    own = sum(each.is_system and each.is_lower for each in roles)
    notes = {Turn.LOWER: f" (the platform's own among those lower: {own:,})"} if own else {}
    parts = " + ".join(f"{len(these):,} {it.words}{notes.get(it, '')}" for it, these in turns_of(roles).items())
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


# Of one thing each


def name_text(each: ObjectFate) -> str:
    """Return the name of an object, and the new one where it is another."""
    if each.old is None or each.new is None or each.old.name == each.new.name:
        return address_of(each).name
    return f"{each.old.name} → {each.new.name}"


def why_text(fate: ObjectFate | FieldFate) -> str:
    """Return the reason, with the section that it is known from, and how it is known."""
    known = ", ".join(part for part in (f"section {fate.section}" if fate.section else "", fate.mark) if part)
    return f"{fate.why}{' ' if fate.why else ''}{f'({known})' if known else ''}".rstrip()


def step_text(standing: Standing) -> str:
    """Say what somebody held, holds, and perhaps holds: `viewer → viewer, perhaps admin`."""
    perhaps = ""
    if standing.perhaps:
        perhaps = f", perhaps {'' if standing.project else 'also '}{standing.perhaps}"
    return f"{standing.before or NO_ROLE} → {standing.after or NO_ROLE}{perhaps}"


def why_changed(standing: Standing) -> str:
    """Return why a standing is another, and that the mapping says so where it does."""
    is_told = not standing.is_stated or "the mapping" in standing.why
    return standing.why if is_told else f"{standing.why}; {_STATED}" if standing.why else _STATED


def value_text(value: Any) -> str:
    """Return a value on one line, as JSON where it is no plain text; `nothing` where there is none."""
    told = "nothing" if value is None else plain(value)
    return told if isinstance(told, str) else json.dumps(told, ensure_ascii=False, sort_keys=True)


def equal_counts(migration: Migration) -> Sequence[tuple[str, int]]:
    """Return what stays as it is without any names: how many hold what."""
    return sorted(Counter(step_text(it) for it in turns_of(migration.standings)[Turn.EQUAL]).items())
