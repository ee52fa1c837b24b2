"""What the mapping says of names that are not there, or says twice."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from igz_apply.iguazio4.migration.naming import GROUP, OWN_GROUPS, PROJECT, USER, Named
from igz_apply.iguazio4.migration.patterns import STAR, Keys
from igz_apply.iguazio4.migration.places import Places
from igz_apply.iguazio4.migration.policies import Policies
from igz_apply.model.addresses import Address, Source, globs_of
from igz_apply.model.migration import NameMapping, Origin, Stated
from igz_apply.model.problems import Problem, Severity
from igz_apply.model.suggest import did_you_mean

_PARTS = {"users": USER, "groups": GROUP}


def mapping_faults(
    origin: Origin, mapping: NameMapping, named: Named, places: Places, policies: Policies
) -> Iterator[Problem]:
    """Yield what the mapping says in vain, or twice."""
    for part, keys in (("users", mapping.users), ("groups", mapping.groups)):
        yield from _keys(part, Keys(keys), origin, named, places)
    yield from _projects(origin, mapping, named, places)
    yield from _policies(mapping, places, policies)
    yield from _leaving(origin, mapping, named)
    for (kind, key, rival), name in sorted(named.rivals.items()):
        part = next(part for part, each in _PARTS.items() if each == kind)
        yield Problem(
            "Patterns that match equally",
            f"{key} and {rival} say as much of {kind}/{name}, so that nobody can tell which of them counts.",
            f"Say {name} itself under `{part}`, or make one of the patterns longer.",
            source=_later(places.key(part, key), places.key(part, rival)),
        )


def _later(one: Source | None, other: Source | None) -> Source | None:
    return max(one, other) if one is not None and other is not None else one or other


def _known(kind: str, origin: Origin, named: Named) -> list[str]:
    found = {address.name for address in (*origin.objects, *named.referenced) if address.kind == kind}
    return sorted(found | OWN_GROUPS if kind == GROUP else found)


def _keys(part: str, keys: Keys, origin: Origin, named: Named, places: Places) -> Iterator[Problem]:
    kind = _PARTS[part]
    known = _known(kind, origin, named)
    own = {old.address.name for old in origin.objects.values() if old.is_system} | OWN_GROUPS
    used = {key for name in known if name not in own for key in keys.matching(name)} if keys.names else set()
    for key in sorted(keys.names):
        if key in known:
            if (reason := named.gone.get(Address(kind, key))) is not None and reason.is_stated:
                yield _twice(kind, key, part, places)
        elif key in used:
            continue
        elif STAR in key:
            detail = f"No {kind} of {origin.where} matches {key}."
            yield _in_vain("Pattern that matches nothing", detail, key, known, places.key(part, key), "warning")
        else:
            yield _unknown(kind, key, origin, known, places.key(part, key))


def _twice(kind: str, key: str, part: str, places: Places) -> Problem:
    return Problem(
        "Mapped and left behind",
        f"The mapping says under `{part}` what {kind}/{key} becomes, and leaves it behind.",
        "Take one of the two out.",
        source=places.key(part, key),
        address=Address(kind, key),
    )


def _unknown(kind: str, name: str, origin: Origin, known: Collection[str], source: Source | None) -> Problem:
    """Tell of a name that is not there; where not all was seen, it may be."""
    detail = f"{origin.where} has no {kind} {name}"
    if (why := origin.partial.get(kind)) is not None:
        return _in_vain(
            "Mapped and not there", f"{detail}, as far as it was seen: {why}.", name, known, source, "warning"
        )
    return _in_vain("Mapped and not there", f"{detail}.", name, known, source, "error")


def _in_vain(
    summary: str, detail: str, name: str, known: Collection[str], source: Source | None, severity: Severity
) -> Problem:
    near = did_you_mean(name, known)
    return Problem(summary, detail, near or "Take it out of the mapping.", severity, source=source)


def _projects(origin: Origin, mapping: NameMapping, named: Named, places: Places) -> Iterator[Problem]:
    known, people = _known(PROJECT, origin, named), _known(USER, origin, named)
    for name, said in sorted(mapping.projects.items()):
        if name not in known:
            yield _unknown(PROJECT, name, origin, known, places.key("projects", name))
        elif (reason := named.gone.get(Address(PROJECT, name))) is not None and reason.is_stated:
            yield _twice(PROJECT, name, "projects", places)
        if said.owner is not None and said.owner.value not in people:
            yield _unknown_owner(said.owner, origin, named, people)


def _unknown_owner(owner: Stated, origin: Origin, named: Named, people: Collection[str]) -> Problem:
    problem = _unknown(USER, owner.value, origin, people, owner.source)
    olds = [old.name for old, new in named.names.items() if new == Address(USER, owner.value)]
    return replace(problem, hint=f"Say the old name: {olds[0]}.") if olds else problem


def _policies(mapping: NameMapping, places: Places, policies: Policies) -> Iterator[Problem]:
    for policy in sorted(mapping.policies.keys() - policies.holders.keys()):
        source = places.key("policies", policy)
        detail = f"Nobody who goes along holds the policy {policy}."
        yield _in_vain("Mapped and not there", detail, policy, policies.holders, source, "warning")


def _leaving(origin: Origin, mapping: NameMapping, named: Named) -> Iterator[Problem]:
    known = {*origin.objects, *named.referenced}
    for each in mapping.leave:
        globs = globs_of([each.pattern], known)
        if not any(map(globs.select, known)):
            detail = f"Nothing of {origin.where} is called {each.pattern}, which is to be left behind."
            names = [str(address) for address in known]
            yield _in_vain("Pattern that matches nothing", detail, each.pattern, names, each.source, "warning")
