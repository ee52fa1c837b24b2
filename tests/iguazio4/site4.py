"""An Iguazio 4 in this process: platform, client, emulator, without socket, thread or sleep; a test turns its clock."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from igz_apply.emulator import Emulator4, Options4
from igz_apply.errors import IgzApplyError
from igz_apply.execution.options import ApplyOptions
from igz_apply.iguazio4.client import (
    Backoff,
    Client,
    Failure,
    OfflineToken,
    Request,
    Response,
    Secret,
    Transport,
    WsgiTransport,
)
from igz_apply.iguazio4.platform import IGUAZIO4
from igz_apply.iguazio4.reading import ClusterReader
from igz_apply.iguazio4.writing import ClusterWriter
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Plan
from igz_apply.model.outcomes import Report
from igz_apply.model.resources import LiveState
from igz_apply.planning.presence import with_absence_confirmed
from igz_apply.planning.selection import Selection
from igz_apply.workflow import Limits, Ports, Proposal, apply, load, plan
from tests.fakes import FakeClock, FakeSecrets, InlinePool, MemoryInventory, MemoryRecords

START = 1_800_000_000.0  # seconds since the epoch, when the test's clock shows 0
ENDPOINT = "https://igz4.test"
KINDS = IGUAZIO4.kinds
API = KINDS.api_version
GENEROUS = Limits(delete=dict.fromkeys(KINDS.names, "100%"), cascade={"Project": 9})

DEFAULTS = Options4()

Manifest = dict[str, Any]


def manifest(kind: str, name: str, spec: Mapping[str, Any] | None = None, **lifecycle: Any) -> Manifest:
    document: Manifest = {"apiVersion": API, "kind": kind, "metadata": {"name": name}, "spec": dict(spec or {})}
    return {**document, "lifecycle": lifecycle} if lifecycle else document


def user(name: str, **spec: Any) -> Manifest:
    return manifest("User", name, {"first_name": name.capitalize(), "last_name": "Test", **spec})


def group(path: str, **spec: Any) -> Manifest:
    return manifest("Group", path, spec)


def project(name: str, **spec: Any) -> Manifest:
    return manifest("Project", name, spec)


@dataclass
class Line:
    """A transport that remembers what was asked, and may do something else than to pass it on."""

    inner: Transport
    asked: list[str] = field(default_factory=list)
    interfere: Any = None  # (request, pass on) -> what is answered

    def exchange(self, request: Request) -> Response | Failure:
        self.asked.append(f"{request.method} {request.url.removeprefix(ENDPOINT)}")
        if self.interfere is not None:
            answer: Response | Failure = self.interfere(request, self.inner.exchange)
            return answer
        return self.inner.exchange(request)

    def close(self) -> None:
        self.inner.close()

    @property
    def writes(self) -> list[str]:
        return [each for each in self.asked if not each.startswith("GET ") and "refresh-access" not in each]


@dataclass
class Ran:
    """How a plan, or an apply, has ended; `error` is why there is no report."""

    proposal: Proposal | None = None
    report: Report | None = None
    error: IgzApplyError | None = None

    @property
    def plan(self) -> Plan:
        assert self.proposal is not None, self.error
        assert self.proposal.plan is not None, self.proposal.problems
        return self.proposal.plan

    @property
    def code(self) -> int:
        return self.error.exit_code if self.error is not None else self.report.exit_code if self.report else 0


class Site:
    """A cluster, and the inventory of what is managed there."""

    def __init__(
        self,
        options: Options4 = DEFAULTS,
        content: Mapping[str, Any] | None = None,
        *,
        db: str | Path = ":memory:",
        now: float = 0.0,
    ) -> None:
        self.clock = FakeClock()
        self.clock.time = now
        self.emulator = Emulator4(db, options, clock=lambda: START + self.clock.now())
        if content:
            self.emulator.load(content)
        self.line = Line(WsgiTransport(self.emulator.wsgi))
        self.client = self.connected(self.emulator.offline_token)
        self.reader = ClusterReader(self.client.read_only())
        self.inventory = MemoryInventory()
        self.records: MemoryRecords | None = None  # where each apply leaves a record; None: nowhere

    def connected(self, token: str) -> Client:
        now = self.clock.now
        return Client(
            endpoint=ENDPOINT,
            credentials=OfflineToken(Secret(token), "the test"),
            retries=2,
            backoff=Backoff(sleep=self.clock.sleep, now=now, date=lambda: START + now()),
            transport=self.line,
        )

    def live(self) -> LiveState:
        return self.reader.live(InlinePool())

    def planned(
        self,
        manifests: Iterable[Manifest],
        limits: Limits = GENEROUS,
        *,
        prune: bool = True,
        selection: Selection = Selection(),
    ) -> Ran:
        """Plan, and raise nothing."""
        ran = Ran()
        try:
            text = "\n---\n".join(json.dumps(each) for each in manifests)
            loaded = load(["-"], stdin=io.BytesIO(text.encode()), platform=IGUAZIO4)
            owned = self.inventory.load()
            live = with_absence_confirmed(self.live(), owned, self.reader, KINDS, InlinePool())
            ran.proposal = plan(
                loaded,
                live,
                owned,
                secrets=FakeSecrets(),
                limits=limits,
                prune=prune,
                selection=selection,
                platform=IGUAZIO4,
            )
        except IgzApplyError as error:
            ran.error = error
        return ran

    def applied(self, manifests: Iterable[Manifest], limits: Limits = GENEROUS, *, prune: bool = True) -> Ran:
        """Plan and apply, and raise nothing."""
        ran = self.planned(manifests, limits, prune=prune)
        if ran.proposal is None:
            return ran
        try:
            approved = ran.proposal.approved()
            assert ran.proposal.live is not None
            owned = self.inventory.load()
            options = ApplyOptions(parallelism=4, job_timeout=60.0)
            ran.report = apply(approved, ran.proposal.live, owned, self.ports(), options, IGUAZIO4)
        except IgzApplyError as error:
            ran.error = error
        return ran

    def ports(self) -> Ports:
        clock = self.clock
        writer = ClusterWriter(self.client, KINDS, clock.now)
        return Ports(
            self.reader,
            writer,
            self.inventory,
            FakeSecrets(),
            clock,
            InlinePool(),
            lambda _: None,
            clock.inbox(),
            records=self.records,
        )

    def converged(self, manifests: list[Manifest]) -> LiveState:
        """Apply, see that it went well and that a second plan is empty, and return what lives."""
        ran = self.applied(manifests)
        assert ran.error is None, ran.error
        assert ran.proposal is not None
        assert ran.report is not None, ran.proposal.problems
        assert ran.report.exit_code == 0, (ran.report.counts, ran.report.failures, ran.report.not_converged)
        again = self.planned(manifests)
        assert again.plan.writes == (), [(change.address, change.diff) for change in again.plan.writes]
        return self.live()

    @contextmanager
    def asked(self) -> Any:
        """Give what is asked while the block runs."""
        begin = len(self.line.asked)
        found: list[str] = []
        yield found
        found.extend(self.line.asked[begin:])


def spec_of(live: LiveState, address: str) -> Mapping[str, Any]:
    return live.resources[Address(*address.split("/", 1))].spec
