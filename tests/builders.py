"""Resources, states and plans for tests, every part with a default: `plan_for(manifests(user("ada")), cluster())`.

The same builders serve both sides: `manifests(user("ada", groups=["ops"]))` declares, `cluster(user("ada",
groups=["ops"]))` is what lives. Where a live resource is special, `live(user("ada"), is_deleting=True)`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from igz_apply.iguazio3.kinds import KINDS
from igz_apply.model.addresses import Address, Source
from igz_apply.model.changes import AccountChange, Plan, PolicyChange, RoleChange
from igz_apply.model.kind import Kinds
from igz_apply.model.operations import OperationRule, TriggerRule
from igz_apply.model.problems import Problem, errors_of
from igz_apply.model.resources import (
    Caller,
    DesiredState,
    Edge,
    Entry,
    Lifecycle,
    LiveResource,
    LiveState,
    Owned,
    Path,
    Resource,
)
from igz_apply.planning.identity import under_owned_names
from igz_apply.planning.planner import Planned, PlanOptions, make_plan
from igz_apply.planning.selection import Selection

CALLER = Caller(endpoint="https://cluster.test", username="admin", tenant="default-tenant", version="3.5.5")
_LIFECYCLE = ("state", "prevent_destroy", "ignore_changes", "membership", "on_removal", "timeout", "depends_on")


@dataclass(frozen=True)
class Places:
    """Positions of a made-up document: the path stands in the file's name, so that a test can see it."""

    path: str = "manifests/test.yaml"

    def value(self, path: Path) -> Source:
        return Source(":".join([self.path, *map(str, path)]), 1, 1)

    key = value

    def text(self, path: Path) -> str:  # noqa: ARG002 - the port's signature
        return ""


def resource(kind: str, name: str, /, **spec: Any) -> Resource:
    """Return a declared resource; the keys of a lifecycle are taken out of `spec`."""
    lifecycle = Lifecycle(**{key: spec.pop(key) for key in _LIFECYCLE if key in spec})
    after = tuple(each if isinstance(each, Address) else Address.parse(each) for each in lifecycle.depends_on)
    lifecycle = replace(lifecycle, ignore_changes=tuple(lifecycle.ignore_changes), depends_on=after)
    places = Places()
    return Resource(Address(kind, name), spec, places, Source(f"manifests/{name}.yaml", 1, 1), lifecycle)


def user(name: str, /, **spec: Any) -> Resource:
    return resource("User", name, **spec)


def group(name: str, /, **spec: Any) -> Resource:
    return resource("Group", name, **spec)


def project(name: str, /, **spec: Any) -> Resource:
    return resource("Project", name, **spec)


def service(name: str, /, labels: Mapping[str, str] | None = None, **spec: Any) -> Resource:
    stated = {"metadata.labels": labels} if labels is not None else {}
    return resource("AppService", name, **stated, **spec)


def absent(declared: Resource) -> Resource:
    """Return the same resource, declared absent."""
    return replace(declared, lifecycle=replace(declared.lifecycle, state="absent"))


def identity(address: Address) -> str:
    """Return the id that a live resource has unless a test gives it another."""
    return address.name if address.kind == "AppService" else f"{address.kind.lower()}-{address.name}"


def live(of: Resource, **more: Any) -> LiveResource:
    """Return a live resource with the spec of `of`; `more` are fields of LiveResource."""
    spec = {key: value for key, value in of.spec.items() if value is not None}
    if of.address.kind == "Project":
        spec.setdefault("members", {})
    return LiveResource(of.address, more.pop("id", identity(of.address)), spec, **more)


def manifests(*resources: Resource) -> DesiredState:
    return DesiredState({declared.address: declared for declared in resources})


def cluster(
    *items: Resource | LiveResource, edges: Iterable[tuple[str, str]] = (), caller: Caller = CALLER
) -> LiveState:
    """Return what lives. Memberships are read off `groups` of users and `users` of groups, and `edges` added."""
    found = {Edge(*edge) for edge in edges}
    resources = {}
    for item in items:
        this = item if isinstance(item, LiveResource) else live(item)
        kind, name = this.address
        spec = dict(this.spec)
        if kind == "User":
            found |= {Edge(name, each) for each in spec.pop("groups", None) or ()}
        elif kind == "Group":
            found |= {Edge(each, name) for each in spec.pop("users", None) or ()}
        resources[this.address] = replace(this, spec=spec)
    groups_of = {user: frozenset(edge.group for edge in found if edge.user == user) for user, _ in found}
    return LiveState(resources, groups_of, caller)


def edges_of(live: LiveState) -> frozenset[Edge]:
    """Return all memberships, one by one."""
    return frozenset(Edge(user, group) for user, groups in live.groups_of.items() for group in groups)


def entry(of: Resource | None = None, **more: Any) -> Entry:
    """Return what the inventory remembers of a resource that was applied as `of`."""
    if of is not None:
        more.setdefault("id", identity(of.address))
        more.setdefault("values", of.spec)
        more.setdefault("prevent_destroy", of.lifecycle.prevent_destroy)
        more.setdefault("on_removal", of.lifecycle.on_removal)
        more.setdefault("deletion_strategy", of.spec.get("deletion_strategy") or "")
        more.setdefault("depends_on", of.lifecycle.depends_on)
    return Entry(**{"id": "", **more})


def owned(*resources: Resource, **entries: Entry) -> Owned:
    """Return an inventory that holds the resources as applied, and more entries: `owned(**{"User/ada": entry()})`."""
    held = {each.address: entry(each) for each in resources}
    return Owned({**held, **{Address.parse(text): each for text, each in entries.items()}})


def planned(
    desired: DesiredState,
    seen: LiveState,
    inventory: Owned = Owned(),  # noqa: B008 - a frozen value
    *,
    prune: bool = False,
    only: Iterable[str] = (),
    exclude: Iterable[str] = (),
    stale: Mapping[Address, Mapping[str, str]] | None = None,
    owner: str = "",
    keeps_off: bool = False,
    operations: Iterable[OperationRule] = (),
    kinds: Kinds = KINDS,
) -> Planned:
    """Plan, and return the plan with its problems, or the problems alone."""
    selection = Selection(tuple(only), tuple(exclude))
    options = PlanOptions(prune, selection, stale or {}, owner, keeps_off, tuple(operations))
    return make_plan(desired, under_owned_names(seen, inventory, kinds, desired.declared), inventory, kinds, options)


def plan_for(desired: DesiredState, seen: LiveState, inventory: Owned = Owned(), **options: Any) -> Plan:  # noqa: B008
    """Plan where no problem is expected."""
    found = planned(desired, seen, inventory, **options)
    assert not errors_of(found.problems), found.problems
    assert found.plan is not None
    return found.plan


def problems_for(desired: DesiredState, seen: LiveState, inventory: Owned = Owned(), **options: Any) -> list[Problem]:  # noqa: B008
    """Plan where problems are expected, and return them."""
    found = planned(desired, seen, inventory, **options)
    assert found.plan is None or not errors_of(found.problems)
    return list(found.problems)


def restart(resources: str, *on: str) -> OperationRule:
    """Return a rule as the config's `actions` say it: `restart("AppService/x", "owner", "Group/ds#description")`."""
    triggers = []
    for text in on:
        where, _, path = text.partition("#") if text[0].isupper() else ("", "", text)
        triggers.append(TriggerRule(text, Source("igz-apply.yaml", 1, 1), where, path))
    return OperationRule("restart", resources, tuple(triggers), Source("igz-apply.yaml", 1, 1))


def steps(plan: Plan) -> list[str]:
    """Return what a plan does to the cluster, in its order: ["create User/ada", "delete User/bob"]."""
    return [f"{change.action.value} {change.address}" for change in plan.writes]


def actions(plan: Plan) -> dict[str, str]:
    """Return every change's action by address, quiet ones included."""
    return {str(change.address): change.action.value for change in plan.changes}


def diff_of(plan: Plan, address: str) -> dict[str, tuple[Any, Any]]:
    """Return path -> (before, after) of one change."""
    change = next(change for change in plan.changes if str(change.address) == address)
    return {item.dotted: (item.before, item.after) for item in change.diff}


def role_change(
    user: str,
    project: str,
    before: str | None,
    after: str | None,
    through: str,
    *,
    loses: bool = False,
    dormant: bool = False,
) -> RoleChange:
    """A role that a plan gives or takes, by names."""
    who, where = Address("User", user), Address("Project", project)
    gives_power = (after or "").lower() == "admin"
    return RoleChange(who, where, before, after, through, loses, dormant, gives_power)


def policy_change(
    user: str, gained: tuple[str, ...], lost: tuple[str, ...], through: str, dormant: bool = False
) -> PolicyChange:
    """Policies that a plan gives or takes, by a user's name."""
    powers = tuple(policy for policy in gained if policy in KINDS.powers.over_others)
    return PolicyChange(Address("User", user), gained, lost, through, dormant, powers)


def account_change(user: str, before: str, after: str | None) -> AccountChange:
    """An account that a plan switches, by its name."""
    return AccountChange(Address("User", user), before, after)
