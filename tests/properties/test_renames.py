"""Renames in any world: whatever the manifests leave open goes over, at whatever point an apply is cut off."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from igz_apply.iguazio3.kinds import KINDS
from igz_apply.model.resources import LiveState, Resource
from igz_apply.workflow import Limits
from tests.builders import group, project, service, user
from tests.emulated import EmulatedPlane
from tests.iguazio3.site3 import Document, Killed, Site, declared, roles_of

NEW = {"ada": "kat", "bob": "rob", "lab": "labs", "nb": "notes", "ops": "crew"}
SAME = {new: old for old, new in NEW.items()}
USERS, GROUPS, PROJECTS = ("ada", "bob", "eve"), ("ops", "dev"), ("lab", "churn")
ROLES = ("admin", "editor", "viewer")
WAYS = ("killed before", "killed after", "lost after", "lost before", "refused")
WAIVED = [
    Limits(delete=dict.fromkeys(KINDS.names, 0), waivers={("replace", "User"): users, ("replace", "Project"): 1} | more)
    for users in (1, 2)
    for more in [{("replace", "AppService"): 1}]
]


@dataclass(frozen=True)
class World:
    """What lives, which of it is stated, and what is to have another name."""

    resources: tuple[Resource, ...]
    stated: Mapping[tuple[str, str, str], bool]  # kind, name, field -> whether a manifest states it
    renamed: frozenset[str]

    def manifests(self, *, is_after: bool) -> list[Document]:
        """Return what is stated, by the names that are to be."""
        return [self._manifest(each, is_after=is_after) for each in self.resources]

    def _manifest(self, resource: Resource, *, is_after: bool) -> Document:
        kind, name = resource.address
        names = {it: NEW[it] for it in self.renamed} if is_after else {}
        always = {"first_name", "last_name", "email", "kind"}
        spec = {
            field: _by_names(value, names)
            for field, value in resource.spec.items()
            if field in always or self.stated[kind, name, field]
        }
        return declared(kind, names.get(name, name), spec, **({"renamed_from": name} if name in names else {}))


def _by_names(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, Mapping):
        return {key: _by_names(below, names) for key, below in value.items()}
    if isinstance(value, list):
        return [_by_names(each, names) for each in value]
    return names.get(value, value) if isinstance(value, str) else value


@st.composite
def worlds(draw: st.DrawFn) -> World:
    groups_of = {name: sorted(draw(st.sets(st.sampled_from(GROUPS)))) for name in USERS}
    found: list[Resource] = []
    for name in USERS:
        primary = draw(st.sampled_from(["", *groups_of[name]]))
        more = {"primary_group": primary} if primary else {}
        policies = sorted(draw(st.sets(st.sampled_from(["Data", "Developer"]), min_size=1)))
        person = {"first_name": name, "last_name": "X", "email": f"{name}@x.org", "job_title": name.upper()}
        found.append(user(name, **person, groups=groups_of[name], assigned_policies=policies, **more))
    found += [group(name, users=[it for it in USERS if name in groups_of[it]]) for name in GROUPS]
    for name in PROJECTS:
        owner = draw(st.sampled_from(USERS))
        members: dict[str, Any] = {role: {"users": [], "groups": []} for role in ROLES}
        for side, names in (("users", [it for it in USERS if it != owner]), ("groups", GROUPS)):
            for each in names:
                if role := draw(st.sampled_from(("", *ROLES))):
                    members[role][side].append(each)
        found.append(project(name, owner=owner, members=members, description=name))
    found.append(service("nb", kind="jupyter", owner=draw(st.sampled_from(USERS)), description="nb"))
    fields = [(it.address.kind, it.address.name, field) for it in found for field in it.spec]
    renamed = draw(st.sets(st.sampled_from(sorted(NEW)), min_size=1))
    return World(tuple(found), {field: draw(st.booleans()) for field in fields}, frozenset(renamed))


def began(world: World) -> Site:
    lives = [it if it.address.kind != "Group" else group(it.address.name) for it in world.resources]
    site = Site(EmulatedPlane(*lives, job_seconds=1.0))
    assert site.applied(world.manifests(is_after=False)).exit_code == 0
    return site


def looks(live: LiveState) -> Any:
    """Return all that counts of a state, by the first names."""
    kept = ("job_title", "assigned_policies", "primary_group", "description", "owner")
    specs = {
        (it.kind, SAME.get(it.name, it.name)): {
            field: _by_names(sorted(value) if isinstance(value, list) else value, SAME)
            for field, value in each.spec.items()
            if field in kept
        }
        for it, each in live.resources.items()
        if it.name not in ("admin", "all_users")
    }
    groups = {SAME.get(name, name): frozenset(SAME.get(it, it) for it in held) for name, held in live.groups_of.items()}
    return specs, groups, roles_of(live, SAME)


@given(worlds(), st.integers(0, 14), st.sampled_from(WAYS))
@settings(max_examples=max(5, settings().max_examples // 6))
def test_after_a_rename_everything_is_as_it_was_and_nobody_lost_a_role_meanwhile(
    world: World, at: int, how: str
) -> None:
    site = began(world)
    first, after = site.plane.live(), world.manifests(is_after=True)
    roles = roles_of(first, SAME)
    limits = WAIVED[1 if {"ada", "bob"} <= world.renamed else 0]

    def watch(live: LiveState) -> None:
        now = roles_of(live, SAME)
        assert {name: held - now.get(name, set()) for name, held in roles.items() if held - now.get(name, set())} == {}

    site.cut(at, how, watch)
    with suppress(Killed):
        site.applied(after, limits)
    site.cut(-1, "", watch)
    left = site.planned(after).plan
    assert left is not None
    going = [it.live for it in left.writes if it.replaced_by is not None and it.address.kind == "User"]
    users = sum(live is not None and not live.is_deleting for live in going)  # what is on its way out needs none
    again = site.applied(after, WAIVED[max(0, users - 1)])
    assert again.exit_code == 0, (again.outcomes, again.not_converged)
    proposal = site.planned(after, limits)
    assert proposal.plan is not None
    assert proposal.plan.writes == ()
    assert looks(site.plane.live()) == looks(first)
    names = {(it["kind"], it["metadata"]["name"]): it["spec"].keys() for it in after}
    assert {tuple(it): each.values.keys() for it, each in site.inventory.load().entries.items()} == names
