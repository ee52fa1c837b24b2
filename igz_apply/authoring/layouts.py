"""Which file each exported resource goes to. No two files have names that differ in case alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from igz_apply.authoring.exporting import ExportedResource
from igz_apply.model.addresses import Address
from igz_apply.model.kind import Kind, Kinds, Shape
from igz_apply.model.resources import LiveState
from igz_apply.patterns import pattern

LAYOUTS = ("kind", "resource", "team")
COMMON = "common"
"""The file of what belongs to no team."""

_UNSAFE = pattern(r"[^A-Za-z0-9._@+-]")
# What Windows takes for a device, whatever the suffix.
_DEVICES = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))})

Key = tuple[int, str, str]
"""(rank, folder, name) of a file, as it would be if it stood alone; the lowest rank has its name first."""


def files_of(
    resources: Iterable[ExportedResource], layout: str, live: LiveState, kinds: Kinds, taken: Iterable[str] = ()
) -> Mapping[str, Sequence[ExportedResource]]:
    """Return the resources by the path of their file, by address in each; paths that are `taken` are given to none.

    Where two would be one file on a system that folds case, the second is numbered.
    """
    key_of = _keys(layout, live, kinds)
    found: dict[Key, list[ExportedResource]] = {}
    for resource in sorted(resources, key=lambda each: each.address):
        found.setdefault(key_of(resource.address), []).append(resource)
    used = {path.casefold() for path in taken}
    files: dict[str, Sequence[ExportedResource]] = {}
    for key in sorted(found):
        path = _free(key, used)
        used.add(path.casefold())
        files[path] = found[key]
    return dict(sorted(files.items()))


def _keys(layout: str, live: LiveState, kinds: Kinds) -> Callable[[Address], Key]:
    if layout == "resource":
        return lambda address: (1, f"{address.kind}/", address.name)
    if layout == "kind":
        return lambda address: (1, "", address.kind)

    def of_team(address: Address) -> Key:
        team = team_of(address, live, kinds)
        return (1, "", team) if team else (0, "", COMMON)

    return of_team


def team_of(address: Address, live: LiveState, kinds: Kinds) -> str:
    """Return the group whose file a resource goes to, "" for none.

    A group is its own team. A user's is the primary group, else the only one; what has an owner goes with that user.
    """
    membership = kinds.membership
    if address.kind == membership.group_kind:
        return address.name
    if not membership.user_kind:
        return ""
    resource = live.resources.get(address)
    spec = resource.spec if resource is not None else {}
    if address.kind != membership.user_kind:
        owner = spec.get(_owner_field(kinds[address.kind], membership.user_kind)) or ""
        return team_of(Address(membership.user_kind, owner), live, kinds) if owner else ""
    primary = spec.get(membership.primary_field)
    groups = live.groups_of.get(address.name, frozenset()) - membership.implied
    if primary and primary not in membership.implied:
        return str(primary)
    return next(iter(groups)) if len(groups) == 1 else ""


def _owner_field(kind: Kind, user_kind: str) -> str:
    fields = (field.name for field in kind.fields if field.refers_to == user_kind and field.shape is Shape.SCALAR)
    return next(fields, "")


def _free(key: Key, used: Iterable[str]) -> str:
    _, folder, name = key
    stem = _UNSAFE.sub("_", name).lstrip(".") or "_"
    if stem.partition(".")[0].casefold() in _DEVICES:
        stem = f"_{stem}"
    path, number = f"{folder}{stem}.yaml", 1
    while path.casefold() in used:
        number += 1
        path = f"{folder}{stem}-{number}.yaml"
    return path
