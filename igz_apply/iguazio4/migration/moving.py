"""The whole of a move from Iguazio 3 to Iguazio 4: manifests, the fate of everything, who may do what, and faults."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from igz_apply.iguazio4.migration import reasons
from igz_apply.iguazio4.migration.faults import faults
from igz_apply.iguazio4.migration.fields import BEYOND
from igz_apply.iguazio4.migration.groups import Groups, added_group, added_groups
from igz_apply.iguazio4.migration.making import Manifest, lost
from igz_apply.iguazio4.migration.naming import GROUP, PROJECT, USER, Named, named
from igz_apply.iguazio4.migration.policies import BINDING, bindings, policies_of
from igz_apply.iguazio4.migration.projects import Projects
from igz_apply.iguazio4.migration.sides import sides_of
from igz_apply.iguazio4.migration.standings import standings
from igz_apply.iguazio4.migration.users import Users
from igz_apply.model.migration import Destination, Fate, Migration, NameMapping, ObjectFate, OldObject, Origin
from igz_apply.model.problems import in_order

FILES: Mapping[str, str] = {
    GROUP: "groups.yaml",
    USER: "users.yaml",
    BINDING: "policies.yaml",
    PROJECT: "projects.yaml",
}
"""The files of manifests, by kind, in the order in which they are brought about."""

Maker = Callable[[OldObject], tuple[Manifest, ObjectFate]]


def moved(origin: Origin, mapping: NameMapping, destination: Destination) -> Migration:
    """Return what becomes of all that there was. The same inputs give the same value."""
    names = named(origin, mapping)
    policies, problems = policies_of(origin, mapping, destination, names)
    sides = sides_of(origin.memberships)
    groups = Groups(names, mapping, policies, sides.users_of)
    users = Users(names, mapping, policies, sides.groups_of)
    projects = Projects(names, mapping)
    makers: Mapping[str, Maker] = {GROUP: groups.made, USER: users.made, PROJECT: projects.made}
    documents: dict[str, list[Manifest]] = {kind: [] for kind in FILES}
    fates = [_fate(origin.objects[address], names, makers, documents) for address in sorted(origin.objects)]
    for document, fate in _added(origin, names, groups):
        documents[GROUP].append(document)
        fates.append(fate)
    documents[BINDING].extend(bindings(policies, names))
    held = standings(origin, sides, names, mapping, policies, projects, documents)
    return Migration(
        origin=origin.where,
        destination=destination.where,
        documents={FILES[kind]: tuple(sorted(documents[kind], key=_name)) for kind in FILES},
        objects=tuple(fates),
        standings=held,
        problems=in_order((*problems, *faults(origin, names, mapping, policies, users, projects, held))),
        partial=origin.partial,
        names=names.names,
        policies={old: new for old, new in sorted(policies.new.items()) if new},
        holders=policies.holders,
        left_policies=policies.left,
        beyond=BEYOND,
    )


def _fate(
    old: OldObject, names: Named, makers: Mapping[str, Maker], documents: Mapping[str, list[Manifest]]
) -> ObjectFate:
    """Return what becomes of an object, and put its manifest to the others."""
    reason = names.gone.get(old.address)
    if reason is not None:
        return lost(old, reason)
    if names.is_as_it_is(old):
        why = reasons.ADMIN
        new = names.names[old.address]
        return ObjectFate(
            old.address, new, Fate.CARRIED, why.why, why.section, why.mark, source=old.source, is_system=True
        )
    document, fate = makers[old.address.kind](old)
    documents[old.address.kind].append(document)
    return fate


def _added(origin: Origin, names: Named, groups: Groups) -> Iterator[tuple[Manifest, ObjectFate]]:
    """Yield the groups that were not there, and are needed."""
    yield from groups.only_named(lives=all(old.source is None for old in origin.objects.values()))
    for path, inner in added_groups(names).items():
        yield added_group(path, inner)


def _name(document: Manifest) -> str:
    name: str = document["metadata"]["name"]
    return name
