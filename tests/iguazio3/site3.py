"""A cluster in this process with its inventory, planned and applied from manifests; an apply may be cut off."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from igz_apply import workflow
from igz_apply.controlplane import Failure, Response
from igz_apply.iguazio3.kinds import KINDS
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Plan
from igz_apply.model.outcomes import Report
from igz_apply.model.resources import Entry, LiveState
from igz_apply.planning.memberships import standing
from igz_apply.workflow import Limits
from tests.emulated import EmulatedPlane
from tests.fakes import FakeSecrets, MemoryInventory

GENEROUS = Limits(delete=dict.fromkeys(KINDS.names, "100%"))
Document = dict[str, Any]


class Killed(BaseException):
    """Stands for the end of the process."""


class MortalInventory(MemoryInventory):
    """An inventory that a dead process no longer writes."""

    is_dead = False

    def save(self, entries: Mapping[Address, Entry]) -> None:
        if self.is_dead:
            raise Killed
        super().save(entries)


def declared(kind: str, name: str, spec: Mapping[str, Any] | None = None, **lifecycle: Any) -> Document:
    found: Document = {
        "apiVersion": "iguazio.com/v1",
        "kind": kind,
        "metadata": {"name": name},
        "spec": dict(spec or {}),
    }
    return {**found, "lifecycle": lifecycle} if lifecycle else found


@dataclass
class Site:
    """A cluster, its inventory, and how the next apply is cut off."""

    plane: EmulatedPlane = field(default_factory=lambda: EmulatedPlane(job_seconds=1.0))
    inventory: MortalInventory = field(default_factory=MortalInventory)
    plans: list[Plan] = field(default_factory=list)
    writes: int = 0

    def planned(self, documents: list[Document], limits: Limits = GENEROUS, **more: Any) -> workflow.Proposal:
        text = "\n---\n".join(map(json.dumps, documents))
        loaded = workflow.load(["-"], stdin=io.BytesIO(text.encode()))
        secrets = FakeSecrets()
        return workflow.plan(loaded, self.plane.live(), self.inventory.load(), secrets=secrets, limits=limits, **more)

    def applied(self, documents: list[Document], limits: Limits = GENEROUS) -> Report:
        proposal = self.planned(documents, limits)
        assert proposal.plan is not None, proposal.problems
        self.plans.append(proposal.plan)
        assert proposal.live is not None
        owned, ports = self.inventory.load(), self.plane.ports(self.inventory)
        return workflow.apply(proposal.approved(), proposal.live, owned, ports)

    def cut(self, at: int, how: str, watch: Callable[[LiveState], None] = lambda _: None) -> None:
        """Let write number `at`, and all that comes after a kill, go wrong."""
        self.writes = 0
        self.inventory.is_dead = False

        def witness(send: Callable[[], Response | Failure]) -> Response | Failure:
            if self.inventory.is_dead:
                raise Killed
            number, self.writes = self.writes, self.writes + 1
            here = how if number == at else ""
            if here == "killed before":
                self.inventory.is_dead = True
                raise Killed
            if here == "refused":
                said = {"errors": [{"status": 400, "detail": "it is out of order"}], "meta": {"ctx": "0"}}
                return Response(400, json.dumps(said).encode())
            if here == "lost before":
                return Failure("the line broke", sent=True)
            answer = send()
            watch(self.plane.live())
            if here == "killed after":
                self.inventory.is_dead = True
                raise Killed
            return Failure("the line broke", sent=True) if here == "lost after" else answer

        self.plane.watched(witness)


def roles_of(live: LiveState, same: Mapping[str, str]) -> dict[str, set[tuple[str, str]]]:
    """Return the roles that everybody has, by whatever way; who or what is the `same` under two names counts once."""
    found: dict[str, set[tuple[str, str]]] = {}
    groups_of = standing(live, KINDS.membership)

    def give(name: str, at: str, role: str) -> None:
        found.setdefault(same.get(name, name), set()).add((same.get(at, at), role))

    for address, each in live.resources.items():
        if address.kind != "Project" or each.is_deleting:
            continue
        if each.spec.get("owner"):
            give(each.spec["owner"], address.name, "admin")
        for role, sides in (each.spec.get("members") or {}).items():
            for name in sides.get("users") or ():
                give(name, address.name, role)
            for name, groups in groups_of.items():
                if groups & set(sides.get("groups") or ()):
                    give(name, address.name, role)
    return found
