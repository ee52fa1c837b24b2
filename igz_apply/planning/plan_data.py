"""The parts of a plan as plain data, and back."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from igz_apply.model.addresses import Address, Source
from igz_apply.model.changes import (
    AccessImpact,
    AccountChange,
    Action,
    Change,
    EdgeChange,
    FieldDiff,
    ForeignAdministrator,
    ForeignMember,
    Handover,
    Origin,
    PolicyChange,
    RoleChange,
    Undo,
    Unmanaged,
)
from igz_apply.model.comparison import path_at, paths_at
from igz_apply.model.kind import MARK_KEY, NAME_KEY, Kind, Kinds
from igz_apply.model.operations import PlannedOperation, Trigger
from igz_apply.model.plain_values import plain, tagged, untagged
from igz_apply.model.resources import Edge, Lifecycle, LiveResource, Path, Resource
from igz_apply.planning.entry_data import entries_data, entries_of
from igz_apply.planning.places import (
    NOWHERE,
    SavedPositions,
    elsewhere_below,
    is_layered,
    place_data,
    stated_at,
    stated_elsewhere,
)

Data = dict[str, Any]


def change_data(change: Change) -> Data:
    """Return a change as JSON's own types, every key present."""
    layered = change.desired if change.desired is not None and is_layered(change.desired) else None
    return {
        "address": str(change.address),
        "action": change.action.value,
        "reason": change.reason,
        "diff": [_diff(item, layered) for item in change.diff],
        "edges": [{"user": item.edge.user, "group": item.edge.group, "adds": item.adds} for item in change.edges],
        "depends_on": texts_of(change.depends_on),
        "job": change.job,
        "warnings": list(change.warnings),
        "desired": None if change.desired is None else _desired(change.desired),
        "live": None if change.live is None else _live(change.live),
        "deletion_strategy": change.deletion_strategy,
        "takes_over": change.takes_over,
        "origin": None if change.origin is None else change.origin.value,
        **({} if change.handover is None else _handover(change.handover)),
    }


def _handover(handover: Handover) -> Data:
    """Return what takes whose place, and what goes over: only what there is of it."""
    sides: Data = {"replaces": handover.replaces, "replaced_by": handover.replaced_by}
    found: Data = {key: str(address) for key, address in sides.items() if address is not None}
    if handover.carried:
        found["carried"] = [".".join(path) for path in handover.carried]
    if handover.stated:
        found["stated"] = [{"path": ".".join(path), "value": tagged(value)} for path, value in handover.stated]
    return found


def _diff(item: FieldDiff, layered: Resource | None) -> Data:
    before, after = ((plain if item.sensitive else tagged)(side) for side in (item.before, item.after))
    sensitive, origin = item.sensitive, item.origin.value
    data = {"path": item.dotted, "before": before, "after": after, "sensitive": sensitive, "origin": origin}
    return data if layered is None else {**data, **_sources(item, layered)}


def _sources(item: FieldDiff, desired: Resource) -> Data:
    """Return where a difference comes from, as far as that is not the manifest of its resource."""
    data: Data = {}
    if (source := stated_elsewhere(desired, item.path)) is not None:
        data["source"] = place_data(source)
    if below := list(elsewhere_below(desired, item)):
        data["sources"] = [{"keys": list(keys), "source": place_data(source)} for keys, source in below]
    return data


def _desired(resource: Resource) -> Data:
    return {
        "spec": tagged(resource.spec),
        "lifecycle": lifecycle_data(resource.lifecycle),
        "source": place_data(resource.source),
        **({"leaver": True} if resource.is_leaver else {}),
    }


def lifecycle_data(lifecycle: Lifecycle) -> Data:
    """Return a lifecycle; what most kinds cannot say stands in it only where it is said."""
    data: Data = {
        "state": lifecycle.state,
        "prevent_destroy": lifecycle.prevent_destroy,
        "ignore_changes": list(lifecycle.ignore_changes),
        "membership": lifecycle.membership,
    }
    if lifecycle.renamed_from:
        data["renamed_from"] = lifecycle.renamed_from
    if lifecycle.on_removal != "delete":
        data["on_removal"] = lifecycle.on_removal
    if lifecycle.timeout is not None:
        data["timeout"] = lifecycle.timeout
    if lifecycle.depends_on:
        data["depends_on"] = texts_of(lifecycle.depends_on)
    return data


def _live(live: LiveResource) -> Data:
    """Return a live resource; what most kinds do not know stands in it only where it is known."""
    beside: Data = {"unknown": sorted(live.unknown)} if live.unknown else {}
    if live.contents is not None:
        beside["contents"] = live.contents
    return {
        **beside,
        "id": live.id,
        "spec": tagged(live.spec),
        "is_system": live.is_system,
        "is_ready": live.is_ready,
        "is_deleting": live.is_deleting,
        "is_broken": live.is_broken,
        "born": live.born,
        "mark": live.mark,
        "called": live.called,
    }


def change_of(data: Mapping[str, Any], kinds: Kinds) -> Change:
    """Return the change of such data. Raises KeyError, TypeError or ValueError for any other."""
    address = Address.parse(data["address"])
    desired = None if data["desired"] is None else _read_desired(address, data["desired"])
    live = None if data["live"] is None else _read_live(address, data["live"])
    kind = kinds[address.kind] if address.kind in kinds else Kind(address.kind, ())
    specs = [state.spec for state in (desired, live) if state is not None]
    diff = tuple(_read_diffs(data["diff"], kind, specs))
    return Change(
        address=address,
        action=Action(data["action"]),
        reason=data["reason"],
        diff=diff,
        edges=tuple(EdgeChange(Edge(item["user"], item["group"]), item["adds"]) for item in data["edges"]),
        depends_on=addresses_of(data["depends_on"]),
        job=data["job"],
        warnings=tuple(data["warnings"]),
        desired=None if desired is None else _with_sources(desired, diff, data["diff"]),
        live=live,
        deletion_strategy=data["deletion_strategy"],
        takes_over=data["takes_over"],
        origin=None if data["origin"] is None else Origin(data["origin"]),
        handover=_read_handover(data, kind, specs),
    )


def _read_handover(data: Mapping[str, Any], kind: Kind, specs: Sequence[Mapping[str, Any]]) -> Handover | None:
    if data.keys().isdisjoint(_HANDED):
        return None
    replaces, by = (Address.parse(data[key]) if key in data else None for key in _HANDED[:2])
    carried = tuple(path_at(kind, each, *specs) for each in data.get("carried", ()))
    stated = tuple((path_at(kind, it["path"], *specs), untagged(it["value"])) for it in data.get("stated", ()))
    return Handover(replaces, by, carried, stated)


_HANDED = ("replaces", "replaced_by", "carried")


def _read_diffs(
    data: Iterable[Mapping[str, Any]], kind: Kind, specs: Sequence[Mapping[str, Any]]
) -> Iterator[FieldDiff]:
    """Yield the differences. Two that are written alike, as keys may hold dots, are of two paths."""
    taken: set[tuple[str, ...]] = set()
    for item in data:
        sides = {} if item["sensitive"] else {side: untagged(item[side]) for side in ("before", "after")}
        path = _read_path(item["path"], kind, specs, taken)
        taken.add(path)
        told = {key: value for key, value in item.items() if key not in ("source", "sources")}
        yield FieldDiff(**{**told, **sides, "path": path, "origin": Origin(item["origin"])})


def _with_sources(desired: Resource, diff: Sequence[FieldDiff], data: Sequence[Mapping[str, Any]]) -> Resource:
    """Return a resource that knows again which of its differences other documents state, if any."""
    told: list[tuple[Path, Data]] = []
    for item, each in zip(diff, data, strict=True):
        told += [(item.path, each["source"])] if "source" in each else []
        told += [((*item.path, *part["keys"]), part["source"]) for part in each.get("sources", ())]
    layers = {place: Source(**source) for path, source in told if (place := stated_at(path)) is not None}
    return replace(desired, positions=SavedPositions(desired.source, layers)) if layers else desired


def _read_path(
    dotted: str, kind: Kind, specs: Sequence[Mapping[str, Any]], taken: Container[tuple[str, ...]]
) -> tuple[str, ...]:
    if dotted in (NAME_KEY, MARK_KEY):
        return (dotted,)
    found = (path for path in paths_at(kind, dotted, *specs) if path not in taken)
    return next(found, None) or path_at(kind, dotted, *specs)


def _read_desired(address: Address, data: Mapping[str, Any]) -> Resource:
    source = Source(**data["source"]) if data["source"] is not None else NOWHERE
    stated = with_tuples(data["lifecycle"], "ignore_changes")
    lifecycle = Lifecycle(**{**stated, "depends_on": addresses_of(stated.get("depends_on", ()))})
    is_leaver = data.get("leaver", False)
    return Resource(address, _read_spec(data["spec"]), SavedPositions(source), source, lifecycle, is_leaver)


def _read_live(address: Address, data: Mapping[str, Any]) -> LiveResource:
    unknown = frozenset(data.get("unknown", ()))
    return LiveResource(address=address, **{**data, "spec": _read_spec(data["spec"]), "unknown": unknown})


def _read_spec(data: Mapping[str, Any]) -> Any:
    """Return a spec. Raises TypeError for what is none: nothing later looks at that again."""
    spec = untagged(data)
    if not isinstance(spec, dict):
        raise TypeError(f"{data!r} is no spec")
    return spec


def operation_data(item: PlannedOperation) -> Data:
    """Return an operation as JSON's own types."""
    return {
        "operation": item.operation,
        "address": str(item.address),
        "triggers": [{"address": str(it.address), "paths": list(it.paths)} for it in item.triggers],
        "left_over": item.is_left_over,
        "depends_on": texts_of(item.depends_on),
        "warnings": list(item.warnings),
    }


def operation_of(data: Mapping[str, Any], kinds: Kinds) -> PlannedOperation:
    """Return the operation of such data. Raises KeyError, TypeError or ValueError for any other."""
    address, operation = Address.parse(data["address"]), data["operation"]
    if operation not in kinds[address.kind].operations:
        raise ValueError(f"{operation} of {address} is no operation")
    triggers = tuple(Trigger(Address.parse(it["address"]), tuple(it["paths"])) for it in data["triggers"])
    before, warnings = addresses_of(data["depends_on"]), tuple(data["warnings"])
    return PlannedOperation(operation, address, triggers, data["left_over"], before, warnings)


def unmanaged_data(found: Unmanaged) -> Data:
    """Return what is not in git as JSON's own types."""
    return {
        "resources": texts_of(found.resources),
        "members": [{"member": str(it.member), "of": str(it.of), "role": it.role} for it in found.members],
        "administrators": [
            {
                "user": str(it.user),
                "policies": list(it.policies),
                "through": None if it.through is None else str(it.through),
            }
            for it in found.administrators
        ],
    }


def unmanaged_of(data: Mapping[str, Any]) -> Unmanaged:
    """Return what such data says is not in git. Raises KeyError, TypeError or ValueError for any other."""
    return Unmanaged(
        resources=addresses_of(data["resources"]),
        members=tuple(
            ForeignMember(Address.parse(it["member"]), Address.parse(it["of"]), it["role"]) for it in data["members"]
        ),
        administrators=tuple(
            ForeignAdministrator(
                Address.parse(it["user"]),
                tuple(it["policies"]),
                None if it["through"] is None else Address.parse(it["through"]),
            )
            for it in data["administrators"]
        ),
    )


def impact_data(impact: AccessImpact) -> Data:
    """Return what a plan does to access as JSON's own types. Who gains power by it follows from the rest."""
    return {
        "roles": [
            {
                "user": it.user.name,
                "project": it.project.name,
                "before": it.before,
                "after": it.after,
                "through": it.through,
                "loses": it.loses,
                "dormant": it.dormant,
            }
            for it in impact.roles
        ],
        "policies": [
            {
                "user": it.user.name,
                "gained": list(it.gained),
                "lost": list(it.lost),
                "through": it.through,
                "dormant": it.dormant,
            }
            for it in impact.policies
        ],
        "accounts": [{"user": it.user.name, "before": it.before, "after": it.after} for it in impact.accounts],
        "unseen": dict(impact.unseen),
        **({"below": texts_of(impact.below)} if impact.below else {}),
    }


def impact_of(data: Mapping[str, Any], kinds: Kinds) -> AccessImpact:
    """Return what such data says of access. Raises KeyError, TypeError or ValueError for any other.

    It says names alone: users are of the one kind that has memberships, projects of the one that has roles.
    """
    user = kinds.membership.user_kind
    project = next((kind.name for kind in kinds if any(field.roles for field in kind.fields)), "")
    powers = kinds.powers
    return AccessImpact(
        roles=tuple(
            RoleChange(
                **{
                    **role,
                    "user": Address(user, role["user"]),
                    "project": Address(project, role["project"]),
                    "gives_power": role["after"] in powers.roles,
                }
            )
            for role in data["roles"]
        ),
        policies=tuple(
            PolicyChange(
                **{
                    **with_tuples(item, "gained", "lost"),
                    "user": Address(user, item["user"]),
                    "powers": tuple(policy for policy in item["gained"] if policy in powers.over_others),
                }
            )
            for item in data["policies"]
        ),
        accounts=tuple(
            AccountChange(**{**account, "user": Address(user, account["user"])}) for account in data["accounts"]
        ),
        unseen=dict(data["unseen"]),
        below=addresses_of(data.get("below", ())),
    )


def undo_data(undo: Undo) -> Data:
    """Return which run a plan undoes, and what the inventory is to hold then, as JSON's own types."""
    seen = {str(address): text for address, text in undo.seen.items()}
    return {"run": undo.run, "restored": entries_data(undo.restored), "seen": seen}


def undo_of(data: Mapping[str, Any]) -> Undo:
    """Return what such data says. Raises KeyError, TypeError, AttributeError or ValueError for any other."""
    seen = {Address.parse(text): known for text, known in data["seen"].items()}
    return Undo(data["run"], entries_of(data["restored"]), seen)


def texts_of(addresses: Iterable[Address]) -> list[str]:
    """Return addresses as they are written, `Kind/name`."""
    return [str(address) for address in addresses]


def with_tuples(data: Mapping[str, Any], *keys: str) -> Data:
    """Return the data with the lists at `keys` as tuples, ready for a frozen value."""
    return {**data, **{key: tuple(data[key]) for key in keys}}


def addresses_of(texts: Iterable[str]) -> tuple[Address, ...]:
    """Return the addresses that are written so. Raises ValueError."""
    return tuple(Address.parse(text) for text in texts)
