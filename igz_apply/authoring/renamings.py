"""What manifests say of the names that resources had: `lifecycle.renamed_from`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

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
    stated = {
        resource.address: Address(resource.address.kind, resource.lifecycle.renamed_from)
        for resource in resources.values()
        if resource.lifecycle.renamed_from and resource.is_present and kinds[resource.address.kind].renames
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


def unclear_renamings(desired: DesiredState, kinds: Kinds) -> Iterator[Problem]:
    """Find old names that leave open what is meant: declared by themselves, stated twice, or around the new one."""
    first: dict[Address, Renaming] = {}
    for renaming in renamings(desired.resources, kinds):
        address, old, sep = renaming.address, renaming.old, kinds[renaming.address.kind].inside
        other = first.setdefault(old, renaming)
        declared = next((it for it in renaming.places if it in desired.resources), None)
        if other is not renaming:
            yield unclear(
                renaming,
                f"{address} was called {old.name}, as it says, and so says {other.address} at "
                f"{other.resource.positions.value(KEY)}.",
                "Only one of them can have been: take the line out of the other.",
            )
        elif declared is not None:
            by = desired.resources[declared]
            how = "present" if by.is_present else "absent"
            yield unclear(
                renaming,
                f"{address} was called {old.name}, as it says, and {declared} is declared {how} at {by.source}.",
                f"If {address} has its new name already, take the line `renamed_from` out. "
                f"If it has not, take the manifest of {declared} out: that name is given up by this one.",
            )
        elif sep and address.name.startswith(f"{old.name}{sep}"):
            yield unclear(
                renaming,
                f"{address} was called {old.name}, as it says, and would come to lie inside itself.",
                "State another name, or create it anew and move what is inside by `renamed_from` of its own.",
            )


def unclear(renaming: Renaming, detail: str, hint: str) -> Problem:
    """Return the problem at the place of the key."""
    resource = renaming.resource
    return Problem("Unclear rename", detail, hint, source=resource.positions.value(KEY), address=resource.address)
