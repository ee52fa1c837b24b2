"""One run of apply as the command does it, in this process; time runs twenty times as fast."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from igz_apply import workflow
from igz_apply.controlplane import Backoff, Client, Failure, Request, RequestsTransport, Response, Transport
from igz_apply.emulator import Server
from igz_apply.errors import IgzApplyError
from igz_apply.execution.options import ApplyOptions
from igz_apply.iguazio3.kinds import KINDS
from igz_apply.iguazio3.reading import ClusterReader
from igz_apply.iguazio3.writing import ClusterWriter
from igz_apply.inventory import FsspecInventory
from igz_apply.local.clock import SystemClock, SystemInbox
from igz_apply.local.secrets import EnvironmentSecrets
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Plan
from igz_apply.model.outcomes import Event, Report
from igz_apply.model.resources import Entry, LiveState, Owned, SecretRef
from igz_apply.planning.presence import with_absence_confirmed
from igz_apply.workflow import Ports
from tests.torture.tortured_plane import Torturer

SPEED = 20.0
TIMEOUT = 0.3  # seconds of this machine, for a call that the server lets hang


class Killed(BaseException):
    """Stands for the end of the process: nothing of it reaches the cluster or the disk any more."""


class FastInbox(SystemInbox):
    def get(self, seconds: float | None) -> Any:
        return super().get(None if seconds is None else seconds / SPEED)


class FastClock(SystemClock):
    def now(self) -> float:
        return time.monotonic() * SPEED

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds / SPEED)

    def inbox(self) -> FastInbox:
        return FastInbox()

    def utc(self) -> datetime:
        return datetime.now(timezone.utc)


class CheapSecrets(EnvironmentSecrets):
    """Hashes without the cost that makes guessing expensive: most of a run's time otherwise."""

    def hashed(self, ref: SecretRef) -> str:
        return "cheap:" + hashlib.sha256(self.value(ref).encode()).hexdigest()

    def matches(self, ref: SecretRef, salted_hash: str) -> bool:
        return self.hashed(ref) == salted_hash


class MortalTransport:
    """A transport of a process that may be dead."""

    def __init__(self, transport: Transport, torturer: Torturer) -> None:
        self._transport = transport
        self._torturer = torturer

    def exchange(self, request: Request) -> Response | Failure:
        self._live()
        result = self._transport.exchange(request)
        self._live()
        return result

    def close(self) -> None:
        self._transport.close()

    def _live(self) -> None:
        if self._torturer.is_dead:
            raise Killed


class MortalInventory(FsspecInventory):
    """An inventory that a dead process no longer writes."""

    torturer: Torturer

    def save(self, entries: Mapping[Address, Entry]) -> None:
        if self.torturer.is_dead:
            raise Killed
        super().save(entries)


@dataclass
class Ran:
    """How a run ended: its exit code (None: killed), its plan and report as far as it came."""

    code: int | None
    plan: Plan | None = None
    report: Report | None = None
    error: str = ""
    events: list[Event] = field(default_factory=list)


@contextmanager
def connected(
    server: Server, torturer: Torturer, parallelism: int = 8
) -> Iterator[tuple[Client, ThreadPoolExecutor, ClusterReader]]:
    backoff = Backoff(sleep=lambda seconds: time.sleep(seconds / SPEED), now=lambda: time.time() * SPEED)
    with (
        Client(
            endpoint=server.url,
            access_key=server.access_key,
            username=server.username,
            timeout=TIMEOUT,
            backoff=backoff,
            transport=MortalTransport(RequestsTransport(endpoint=server.url, verify=True, pool_size=16), torturer),
        ) as client,
        ThreadPoolExecutor(parallelism + 1) as work,
        ThreadPoolExecutor(4) as pages,
    ):
        yield client, work, ClusterReader(client.read_only(), KINDS, pages)


def run_once(
    manifests: Path, inventory: Path, server: Server, torturer: Torturer, *, plans_only: bool = False, **more: Any
) -> Ran:
    """Load, fetch, plan and apply, as the command does; what it raises becomes an exit code."""
    ran = Ran(None)
    try:
        with connected(server, torturer) as (client, work, reader):
            _run(ran, manifests, inventory, client, work, reader, torturer, plans_only=plans_only, **more)
    except Killed:
        ran.code = None
    except IgzApplyError as error:
        ran.code, ran.error = error.exit_code, str(error)
    return ran


def _run(
    ran: Ran,
    manifests: Path,
    inventory: Path,
    client: Client,
    work: ThreadPoolExecutor,
    reader: ClusterReader,
    torturer: Torturer,
    *,
    plans_only: bool,
    inbox: Any = None,
) -> None:
    clock = FastClock()
    store = MortalInventory(str(inventory), clock=clock)
    store.torturer = torturer
    secrets = CheapSecrets({"PASSWORD": "Secret-12!"}, Path())
    live, owned = reader.live(work), store.load()
    live = replace(live, caller=replace(live.caller, endpoint="https://cluster.test"))  # else a new port each time
    loaded = workflow.load([str(manifests)])
    live = with_absence_confirmed(live, owned, reader, KINDS, work)
    limits = workflow.Limits(delete=dict.fromkeys(KINDS.names, "100%"), cascade={"Project": 9})
    proposal = workflow.plan(loaded, live, owned, secrets=secrets, prune=True, limits=limits)
    ran.plan = proposal.approved()
    if plans_only:
        ran.code = 0
        return
    outside = Ports(
        reader=reader,
        writer=ClusterWriter(client, KINDS, secrets),
        store=store,
        secrets=secrets,
        clock=clock,
        pool=work,
        observe=ran.events.append,
        inbox=inbox or clock.inbox(),
    )
    ran.report = workflow.apply(
        ran.plan, proposal.live or live, owned, outside, ApplyOptions(parallelism=8, job_timeout=60.0)
    )
    ran.code = ran.report.exit_code


def planned_by(plans: Iterable[Plan | None]) -> set[str]:
    """Return all that plans list as written, users whose groups change among them."""
    writes = [change for plan in plans if plan is not None for change in plan.writes]
    users = {f"User/{item.edge.user}" for change in writes for item in change.edges}
    return {str(change.address) for change in writes} | users


def state_of(live: LiveState) -> dict[str, Any]:
    """Return a state without ids and numbers, which the server gives in the order of the calls."""
    found = {}
    for address, it in live.resources.items():
        spec = {key: value for key, value in it.spec.items() if key not in ("uid", "gid")}
        found[str(address)] = (spec, it.is_ready, it.is_deleting)
    return {
        "resources": found,
        "edges": sorted((user, group) for user, groups in live.groups_of.items() for group in groups),
    }


def inventory_of(owned: Owned, live: LiveState) -> dict[str, Any]:
    """Return what an inventory says without ids and salts, having checked that the ids are those of what lives."""
    for address, entry in owned.entries.items():
        resource = live.resources.get(address)
        assert resource is None or entry.id in ("", resource.id), f"{address} is remembered as {entry.id}"
    return {
        str(address): (
            dict(entry.values),
            sorted(entry.secrets),
            entry.is_pending,
            entry.prevent_destroy,
            entry.deletion_strategy,
        )
        for address, entry in owned.entries.items()
    }
