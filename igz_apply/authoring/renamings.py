"""What manifests say of the names that resources had: `lifecycle.renamed_from`.

What the platform can give another name is renamed. What it cannot is replaced: made anew under its name, and the old
one deleted once all that named it names the new one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from igz_apply.model.addresses import Address
from igz_apply.model.kind import Kinds
from igz_apply.model.problems import Problem
from igz_apply.model.resources import DesiredState, Resource
from igz_apply.values import dataclass

KEY = ("lifecycle", "renamed_from")


@dataclass(frozen=True, slots=True)
class Renaming:
    """One resource that has, or is to have, another name than it had."""

    resource: Resource
    places: tuple[Address, ...]  # the name that it had, and what that has become with what it lay in

    @property
    def address(self) -> Address:
        """The name that it is to have."""
        return self.resource.address

    @property
    def old(self) -> Address:
        """The name that it had, as its manifest says."""
        return self.places[0]


def renamings(resources: Mapping[Address, Resource], kinds: Kinds) -> tuple[Renaming, ...]:
    """Return what is renamed by these manifests; what others lie in comes before them."""
    return _named_anew(resources, resources.values(), lambda kind: kinds[kind].renames, kinds)


def replacements(
    resources: Mapping[Address, Resource], stating: Iterable[Resource], kinds: Kinds
) -> tuple[Renaming, ...]:
    """Return what of `stating` is to take the place of what cannot be renamed."""
    return _named_anew(resources, stating, lambda kind: not kinds[kind].renames, kinds)


def stating_names(resources: Mapping[Address, Resource]) -> tuple[Resource, ...]:
    """Return the manifests that say which name their resource had: () nearly always, and then nobody looks further."""
    return tuple([it for it in resources.values() if it.lifecycle.renamed_from])


def _named_anew(
    resources: Mapping[Address, Resource],
    stating: Iterable[Resource],
    is_meant: Callable[[str], bool],
    kinds: Kinds,
) -> tuple[Renaming, ...]:
    stated = {
        resource.address: Address(resource.address.kind, resource.lifecycle.renamed_from)
        for resource in stating
        if resource.lifecycle.renamed_from and resource.is_present and is_meant(resource.address.kind)
    }
    names: dict[str, dict[str, str]] = {}
    for address, old in stated.items():
        names.setdefault(address.kind, {})[old.name] = address.name
    found = []
    for address, old in stated.items():
        sep = kinds[address.kind].inside
        now = brought_along(old.name, names[address.kind], sep)
        places = (old,) if now in (old.name, address.name) else (old, Address(old.kind, now))
        found.append(Renaming(resources[address], places))
    return tuple(sorted(found, key=lambda it: (it.address.kind, depth(it.address, kinds), it.address)))


def depth(address: Address, kinds: Kinds) -> int:
    """Say how many others a resource lies in."""
    sep = kinds[address.kind].inside
    return address.name.count(sep) if sep else 0


def brought_along(name: str, names: Mapping[str, str], sep: str) -> str:
    """Return what a name becomes where something that it lies in gets another one of `names`: the innermost counts."""
    above = name
    while sep and sep in above:
        above = above.rpartition(sep)[0]
        if above in names:
            return names[above] + name[len(above) :]
    return name


def old_name(resource: Resource) -> Address | None:
    """Return the address that a resource had, as its manifest says; None where that says nothing of it."""
    name = resource.lifecycle.renamed_from
    return Address(resource.address.kind, name) if name else None


def called_now(old: Address, desired: DesiredState) -> Address | None:
    """Return what says that it had a name, None for nothing: whoever names the old one is to name that."""
    return next((it.address for it in stating_names(desired.resources) if old_name(it) == old and it.is_present), None)


def unclear_renamings(desired: DesiredState, kinds: Kinds) -> Iterator[Problem]:
    """Find old names that leave open what is meant: declared by themselves, stated twice, or around the new one."""
    stating = stating_names(desired.resources)
    if not stating:
        return
    first: dict[Address, Renaming] = {}
    for resource in stating:
        if not resource.is_present:
            yield _of_what_goes(resource)
    for renaming in (*renamings(desired.resources, kinds), *replacements(desired.resources, stating, kinds)):
        address, old, sep = renaming.address, renaming.old, kinds[renaming.address.kind].inside
        other = first.setdefault(old, renaming)
        declared = next((it for it in renaming.places if it in desired.resources), None)
        if old == address:
            yield unclear(
                renaming,
                f"{address} was called {old.name}, as it says, and is called so now.",
                "State the name that it had before, or take the line out.",
            )
        elif other is not renaming:
            yield _of_two(renaming, other)
        elif declared is not None:
            yield _of_what_is_declared(renaming, desired.resources[declared])
        elif sep and address.name.startswith(f"{old.name}{sep}"):
            yield unclear(
                renaming,
                f"{address} was called {old.name}, as it says, and would come to lie inside itself.",
                "State another name, or create it anew and move what is inside by `renamed_from` of its own.",
            )


def _of_two(renaming: Renaming, other: Renaming) -> Problem:
    """Tell of an old name that two state, or one line for both of them: that of a Profile, a default or a patch."""
    said = f"{renaming.address} was called {renaming.old.name}, as it says, and so says {other.address}"
    there = other.resource.positions.value(KEY)
    if there == renaming.resource.positions.value(KEY):
        return unclear(
            renaming,
            f"{said} by the same line.",
            "Only one of them can have been. In a Profile name the member in it, {member}, or state `renamed_from` as "
            "a fact of the member alone; else say it in the manifest of the one.",
        )
    return unclear(renaming, f"{said} at {there}.", "Only one of them can have been: take the line out of the other.")


def _of_what_goes(resource: Resource) -> Problem:
    return unclear(
        Renaming(resource, ()),
        f"{resource.address} is declared absent, and says that it was called {resource.lifecycle.renamed_from}.",
        f"What goes gets no name: take the line out. To delete {old_name(resource)} as well, declare that absent too.",
    )


def _of_what_is_declared(renaming: Renaming, declared: Resource) -> Problem:
    """Tell of an old name that is declared; where that is renamed itself, two things exchange names, or one follows."""
    address, old, other = renaming.address, renaming.old, declared.address
    said = f"{address} was called {old.name}, as it says, and {other} is declared"
    if declared.is_present and declared.lifecycle.renamed_from:
        return unclear(
            renaming,
            f"{said} at {declared.source}, which was called {declared.lifecycle.renamed_from} itself.",
            f"A name is handed on in two applies: first give {other} its new name, with nothing under the old one; "
            f"where two exchange names, give one of them a third name first.",
        )
    return unclear(
        renaming,
        f"{said} {'present' if declared.is_present else 'absent'} at {declared.source}.",
        f"If {address} has its new name already, take the line `renamed_from` out. "
        f"If it has not, take the manifest of {other} out: that name is given up by this one.",
    )


def unclear(renaming: Renaming, detail: str, hint: str) -> Problem:
    """Return the problem at the place of the key."""
    resource = renaming.resource
    return Problem("Unclear rename", detail, hint, source=resource.positions.value(KEY), address=resource.address)
