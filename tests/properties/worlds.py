"""Worlds drawn at random: what the manifests declare, what lives, what the inventory remembers; all kinds.

Hypothesis draws a seed and a size, and plain code draws the world from them: a hundred times as fast as strategies for
every field. To shrink is to try smaller sizes.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from hypothesis import strategies as st

from igz_apply.iguazio3.kinds import KINDS
from igz_apply.model.addresses import Address
from igz_apply.model.resources import DesiredState, Entry, LiveState, Owned, Resource
from tests.builders import absent, cluster, entry, group, identity, project, service, user
from tests.emulated import EmulatedPlane

USERS = ("ada", "bob", "cy", "di")
GROUPS = ("ds", "ops", "qa")
PROJECTS = ("churn", "fraud")
SERVICES = ("grafana", "jupyter", "shell")
POLICIES = ("Application Admin", "Data", "Developer", "IT Admin", "Security Admin")
ADMIN = user("admin", assigned_policies=["Security Admin", "Developer", "Service Admin"], first_name="A")
EVERYONE = group("all_users")
BASE = (EVERYONE, ADMIN)
TEXTS = ("", "one", "two")
NULLABLE = (None, "", "one", "two")

Spec = dict[str, Any]
Item = TypeVar("Item")


@dataclass(frozen=True)
class World:
    """What a plan is made from.

    Where only planning is looked at, `seen` is what lives. `plane` is a control plane with it, fresh for every use, and
    what is remembered of it then is `remembered`: there, ids are the platform's.
    """

    desired: tuple[Resource, ...]
    live: tuple[Resource, ...]
    entries: tuple[tuple[Address, Entry], ...]

    @property
    def manifests(self) -> DesiredState:
        return DesiredState({declared.address: declared for declared in self.desired})

    @property
    def owned(self) -> Owned:
        return Owned(dict(self.entries))

    @property
    def seen(self) -> LiveState:
        return cluster(*BASE, *self.live)

    def plane(self, job_seconds: float = 0.0) -> EmulatedPlane:
        return EmulatedPlane(*self.live, job_seconds=job_seconds)

    def remembered(self, live: LiveState) -> Owned:
        """Return the inventory with the ids that this state has, where it holds that of what lives."""
        entries = dict(self.entries)
        for address, known in self.entries:
            lives = live.resources.get(address)
            if lives is not None and known.id == identity(address):
                entries[address] = replace(known, id=lives.id, born=lives.born)
        return Owned(entries)


def worlds() -> st.SearchStrategy[World]:
    return st.builds(world_of, sizes, seeds)


def clusters() -> st.SearchStrategy[tuple[Resource, ...]]:
    return st.builds(lambda size, seed: Artist(size, seed).cluster(), sizes, seeds)


def world_after(live: Sequence[Resource]) -> st.SearchStrategy[tuple[Resource, ...]]:
    """Manifests over what lives."""
    return st.builds(lambda size, seed: Artist(size, seed).manifests(live), sizes, seeds)


sizes = st.integers(1, 10)
seeds = st.integers(0, 2**32)


def world_of(size: int, seed: int) -> World:
    """Draw a world of that size, the same for the same seed."""
    artist = Artist(size, seed)
    live = artist.cluster()
    desired = artist.manifests(live)
    return World(desired, live, artist.inventory(desired, live))


class Artist:
    """Draws; `size`, from 1 to 10, says how likely each part is."""

    def __init__(self, size: int, seed: int) -> None:
        self._random = random.Random(seed)
        self._size = size

    # The whole

    def cluster(self) -> tuple[Resource, ...]:
        """Draw resources as a cluster may have them; whoever owns something is up."""
        users, groups = sorted(self.some(USERS)), sorted(self.some(GROUPS))
        found = [group(name, **self.group(users)) for name in groups]
        made = [user(name, **self.user(groups)) for name in users]
        up = [each.address.name for each in made if each.spec.get("admin_status", "up") == "up"]
        found += made
        found += [project(name, **self.project(users, up, groups)) for name in self.some(PROJECTS)]
        return (*found, *(service(name, **self.service(users)) for name in self.some(SERVICES)))

    def manifests(self, live: Sequence[Resource]) -> tuple[Resource, ...]:
        """Draw manifests that name only what will exist; some of what lives is declared absent."""
        there = {each.address: each for each in live}
        going = [each for each in live if self.chance(0.15)]
        gone = {each.address for each in going}
        declared = {
            kind: [name for name in sorted(self.some(names)) if Address(kind, name) not in gone]
            for kind, names in (("User", USERS), ("Group", GROUPS), ("Project", PROJECTS), ("AppService", SERVICES))
        }
        users, groups = (
            sorted({*declared[kind], *(a.name for a in there if a.kind == kind and a not in gone)})
            for kind in ("User", "Group")
        )
        found = [group(name, **self.group(users), **self.lifecycle()) for name in declared["Group"]]
        found += [user(name, **self.user(groups), **self.lifecycle()) for name in declared["User"]]
        owners = _owners(users, found, there)
        for name in declared["Project"]:
            found.append(project(name, **self.project(users, owners, groups), **self.lifecycle()))
        found += [service(name, **self.service(users), **self.lifecycle()) for name in declared["AppService"]]
        return (*found, *(absent(each) for each in going))

    def inventory(self, desired: Sequence[Resource], live: Sequence[Resource]) -> tuple[tuple[Address, Entry], ...]:
        """Draw what is remembered: of what lives, of what has gone, and of what others made again."""
        found: dict[Address, Entry] = {}
        for declared in (*desired, *live):
            address = declared.address
            sort = self.pick(("none", "none", "applied", "applied", "pending", "of another"))
            if sort == "of another" and not KINDS[address.kind].has_ids:
                declared = replace(declared, spec={**declared.spec, "kind": "shell"})  # what tells it apart
            if sort == "pending":
                found[address] = entry(is_pending=True)
            elif sort != "none":
                known = identity(address) if sort == "applied" else "an id from before"
                found[address] = entry(declared, id=known, prevent_destroy=False)
        return tuple(sorted(found.items()))

    # The parts

    def user(self, groups: Sequence[str]) -> Spec:
        spec = self.optional(
            first_name=lambda: self.pick(TEXTS),
            description=lambda: self.pick(NULLABLE),
            job_title=lambda: self.pick(NULLABLE),
            assigned_policies=self.policies,
            admin_status=lambda: self.pick(("up", "up", "down")),
            groups=lambda: self.some((*groups, "all_users")),
        )
        if groups and self.chance(0.25):
            spec["primary_group"] = self.pick((*groups, None))
        return spec

    def group(self, users: Sequence[str]) -> Spec:
        return self.optional(
            description=lambda: self.pick(NULLABLE),
            assigned_policies=self.policies,
            users=lambda: self.some(users),
        )

    def project(self, users: Sequence[str], owners: Sequence[str], groups: Sequence[str]) -> Spec:
        spec = self.optional(
            description=lambda: self.pick(NULLABLE),
            labels=self.labels,
            annotations=self.labels,
            members=lambda: self.members(users, groups),
        )
        if owners and self.chance(0.5):
            spec["owner"] = self.pick(owners)
        return spec

    def members(self, users: Sequence[str], groups: Sequence[str]) -> Any:
        """Draw roles in which nobody has two."""
        if self.chance(0.1):
            return None
        free = {"users": list(users), "groups": list(groups)}
        roles: Spec = {}
        for role in self.some(("admin", "editor", "viewer")):
            stated = {side: self.some(names) for side, names in free.items() if self.chance(0.6)}
            for side, names in stated.items():
                free[side] = [name for name in free[side] if name not in names]
            roles[role] = None if not any(stated.values()) and self.chance(0.3) else stated
        return roles

    def service(self, users: Sequence[str]) -> Spec:
        """Draw a service; null is left out where the platform would fill in what is cleared."""
        spec = self.optional(
            labels=lambda: self.labels() or {},
            description=lambda: self.pick(NULLABLE),
            desired_state=lambda: self.pick(("ready", "disabled", "scaledToZero")),
            visible_to_all=lambda: self.pick((True, False)),
            resources=lambda: self.optional(limits=self.amounts, requests=self.amounts),
            scale_to_zero=lambda: (
                {"mode": self.pick(("enabled", "disabled"))}
                | self.optional(
                    scale_resources=lambda: [
                        {
                            "metric_name": "num_of_requests",
                            **self.optional(
                                threshold=lambda: self.pick((0, 1)), window_size=lambda: self.pick(("1h", "60m"))
                            ),
                        }
                        for _ in range(self.pick((0, 1, 1)))
                    ],
                )
            ),
            advanced=lambda: self.optional(
                node_selector=self.labels, priority_class_name=lambda: self.pick(("igz-workload-low", "other"))
            ),
            jupyter=lambda: self.optional(
                image_name=lambda: self.pick(("one", "two")),
                extra_environment_vars=self.labels,
                odd=lambda: self.pick(([1], [{"a": True}], {"a": 1}, {"a": None, "b": {"c": ""}}, True, None)),
            ),
        )
        if users and self.chance(0.5):
            spec["owner"] = self.pick(users)
        if users and self.chance(0.2):
            spec["credentials"] = {"username": self.pick(users)}
        return {"kind": "jupyter", **spec}

    def amounts(self) -> Spec:
        amounts = ("500m", "0.5", "1", "1000m", 2, "2Gi", "2048Mi")
        return self.optional(cpu=lambda: self.pick(amounts), memory=lambda: self.pick(amounts))

    def labels(self) -> Any:
        if self.chance(0.1):
            return None
        return {name: self.pick(("a", "b")) for name in self.some(("team", "zone"))}

    def policies(self) -> Any:
        return None if self.chance(0.1) else self.some(POLICIES)

    def lifecycle(self) -> Spec:
        return self.optional(
            membership=lambda: self.pick(("exact", "additive")), prevent_destroy=lambda: self.pick((True, False))
        )

    # Chance

    def chance(self, likely: float) -> bool:
        return self._random.random() < likely

    def pick(self, items: Sequence[Item]) -> Item:
        return self._random.choice(items)

    def some(self, items: Sequence[Item]) -> list[Item]:
        found = [item for item in items if self.chance(self._size / 14)]
        self._random.shuffle(found)
        return found

    def optional(self, **fields: Callable[[], Any]) -> Spec:
        return {name: draw() for name, draw in fields.items() if self.chance(self._size / 14)}


def _owners(users: Sequence[str], found: Sequence[Resource], there: Mapping[Address, Resource]) -> list[str]:
    """Return who may own a project: a user that is up before and after."""
    stated = {each.address: each.spec for each in found}

    def is_up(name: str) -> bool:
        address = Address("User", name)
        lives = there[address].spec if address in there else {}
        return "down" not in (stated.get(address, {}).get("admin_status"), lives.get("admin_status"))

    return [name for name in users if is_up(name)]
