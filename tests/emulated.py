"""A control plane in this process behind its real ports: adapter, client and emulator, without socket, thread or sleep.

Time is a clock that a test turns: jobs move on while an apply waits for them, so each test has one interleaving.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache

from igz_apply.controlplane import Client, Failure, Request, Response, WsgiTransport
from igz_apply.emulator import Emulator, Options
from igz_apply.emulator.engine.record_store import Selection
from igz_apply.errors import PlaneError
from igz_apply.iguazio3.encode import splice
from igz_apply.iguazio3.kinds import KINDS
from igz_apply.iguazio3.reading import ClusterReader
from igz_apply.iguazio3.wire import endpoint_of
from igz_apply.iguazio3.writing import ClusterWriter
from igz_apply.model.addresses import Address
from igz_apply.model.kind import Kind
from igz_apply.model.resources import LiveState, Resource
from igz_apply.model.step import Step
from igz_apply.planning.diff import leaves
from igz_apply.ports import Accepted, Answer, Done, Ended, Pool, Running, Sighting, Taken, Unknown, Unsure
from igz_apply.workflow import Ports
from tests.fakes import FakeClock, FakeSecrets, InlinePool, MemoryInventory, MemoryRecords

START = 1_700_000_000.0  # seconds since the epoch, when the test's clock shows 0
INLINE = InlinePool()
ENDPOINT = "https://cluster.test"
TROUBLES = ("fails", "lost before", "lost after")
_KEPT = {"user": "admin", "user_group": "all_users"}
_LISTS = {"User": ("users", "username"), "Group": ("groups", "name"), "Project": ("projects", "name")}


class Line:
    """A transport that does to the next writes what it was told: refuse one, or lose its answer."""

    def __init__(self, inner: WsgiTransport) -> None:
        self.next: deque[str] = deque()
        self.witness: Callable[[Callable[[], Response | Failure]], Response | Failure] | None = None  # of each write
        self._inner = inner

    def exchange(self, request: Request) -> Response | Failure:
        if request.method != "GET" and self.witness is not None:
            return self.witness(lambda: self._inner.exchange(request))
        if request.method == "GET" or not self.next:
            return self._inner.exchange(request)
        trouble = self.next.popleft()
        if trouble == "fails":
            said = {"errors": [{"status": 400, "detail": "it is out of order"}], "meta": {"ctx": "0"}}
            return Response(400, json.dumps(said).encode())
        if trouble == "lost after":
            self._inner.exchange(request)
        return Failure("the line broke", sent=True)

    def close(self) -> None:
        self._inner.close()


class _Machine:
    """What all planes are, one after the other: it takes longer to make than most tests take."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.emulator = Emulator(options=Options(require_person=False), clock=lambda: START + self.clock.now())
        self.line = Line(WsgiTransport(self.emulator.wsgi))
        self.client = Client(
            endpoint=ENDPOINT,
            username=self.emulator.username,
            access_key=self.emulator.access_key,
            retries=0,
            transport=self.line,
        )
        self.reader = ClusterReader(self.client.read_only(), KINDS)
        self.planes = 0  # how many it has been
        self._take_out_what_is_predefined()
        self.empty = self.emulator.snapshot()

    def _take_out_what_is_predefined(self) -> None:
        """Leave the caller and the group of everybody, so that a list is as long as what a test loads."""
        store = self.emulator.store
        for type_name, kept in _KEPT.items():
            for record in store.select(Selection(type_name)):
                if kept not in record.attributes.values():
                    store.remove(record)
        manifest = store.get("app_services_manifest", "0")
        assert manifest is not None
        manifest.attributes["app_services"] = []
        store.save(manifest)


_machine = cache(_Machine)


class EmulatedPlane:
    """A control plane with some resources: what it is asked and told is what any cluster would be, over HTTP.

    There is one at a time: to make the next one ends it. Jobs take `job_seconds` of `clock`. `sent` lists the keys of
    the steps whose calls were answered, or lost after they took effect, in order.
    """

    def __init__(self, *resources: Resource, job_seconds: float = 0.0, secrets: FakeSecrets | None = None) -> None:
        self.clock = FakeClock()
        self.sent: list[str] = []
        self._trouble: dict[str, deque[str]] = {}
        self._machine = machine = _machine()
        machine.planes += 1
        self._number = machine.planes
        self._secrets = secrets or FakeSecrets()
        self._writer = ClusterWriter(machine.client, KINDS, self._secrets)
        machine.clock = self.clock
        machine.emulator.options = replace(machine.emulator.options, job_seconds=job_seconds)
        machine.emulator.restore(machine.empty)
        machine.emulator.load(loadable(resources))
        machine.line.witness = None

    def watched(self, witness: Callable[[Callable[[], Response | Failure]], Response | Failure]) -> None:
        """Have each write passed to somebody who may do something else than to send it."""
        self._own_machine().line.witness = witness

    def ports(self, inventory: MemoryInventory, records: MemoryRecords | None = None) -> Ports:
        """Return the edges that an apply to this plane works on."""
        clock = self.clock
        return Ports(
            self,
            self,
            inventory,
            self._secrets,
            clock,
            InlinePool(),
            lambda _: None,
            clock.inbox(),
            records=records,
        )

    def add(self, *resources: Resource) -> None:
        """Create something behind everybody's back."""
        self._own_machine().emulator.load(loadable(resources))

    def vanish(self, address: Address) -> None:
        """Delete something with an id behind everybody's back."""
        store = self._own_machine().emulator.store
        found = store.get(endpoint_of(KINDS[address.kind]).type, self.live().resources[address].id)
        assert found is not None
        store.remove(found)

    def trouble(self, step: str, *what: str) -> None:
        """Let the next writes of a step go wrong, one each, by TROUBLES."""
        self._trouble.setdefault(step, deque()).extend(what)

    def _own_machine(self) -> _Machine:
        assert self._number == self._machine.planes, "another plane has taken its place"
        return self._machine

    # Reader

    def live(self, pool: Pool = INLINE, kinds: frozenset[str] | None = None) -> LiveState:
        return self._own_machine().reader.live(pool, kinds)

    def sightings(self, kind: Kind, ids: Mapping[str, str], live: LiveState, pool: Pool) -> Mapping[str, Sighting]:
        return self._own_machine().reader.sightings(kind, ids, live, pool)

    def listed_at(self, kind: Kind) -> str:
        return self._own_machine().reader.listed_at(kind)

    def own_keys(self) -> Sequence[tuple[str, tuple[str, ...]]]:
        return self._own_machine().reader.own_keys()

    # Writer

    def perform(self, step: Step, ids: Mapping[Address, str]) -> Answer:
        machine, troubles = self._own_machine(), self._trouble.get(step.key)
        coming = troubles.popleft() if troubles else ""
        machine.line.next.extend([coming] if coming else [])
        try:
            answer = self._writer.perform(step, ids)
        except PlaneError:
            if coming == "lost after":
                self.sent.append(step.key)
            raise
        finally:
            machine.line.next.clear()
        self.sent.append(step.key)
        return answer

    def settle(self, step: Step, ids: Mapping[Address, str]) -> Done | Accepted | Taken | Unsure | None:
        return self._writer.settle(step, ids)

    def job(self, job: str) -> Running | Ended | Unknown:
        return self._writer.job(job)

    def is_settled(self, step: Step, ids: Mapping[Address, str]) -> bool:
        return self._writer.is_settled(step, ids)

    def failures(self, step: Step, job: str, end: Ended | Unknown) -> Mapping[Address, str]:
        return self._writer.failures(step, job, end)


def loadable(resources: Sequence[Resource]) -> dict[str, list[dict[str, object]]]:
    """Return what lives as an emulator loads it; where a spec says null, nothing is said."""
    found: dict[str, list[dict[str, object]]] = {"users": [], "groups": [], "projects": [], "services": []}
    for each in resources:
        kind, name = each.address
        if kind not in _LISTS:
            entry = splice(KINDS[kind], None, name, leaves(KINDS[kind], each, None), str)
            found["services"].append({"meta": {"labels": {}}, **entry, "spec": {"owner": "", **entry["spec"]}})
            continue
        place, key = _LISTS[kind]
        spec = {field: value for field, value in each.spec.items() if value is not None}
        if "members" in spec:
            spec["members"] = {
                role: {side: sorted(names) for side, names in (sides or {}).items()}
                for role, sides in spec["members"].items()
            }
        found[place].append({key: name, **spec})
    return found
