"""An emulator over HTTP that goes wrong at one request, and a client process that can die at it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from igz_apply.emulator import Emulator, Emulator4, Options, Server, serving
from igz_apply.emulator.engine.gateway import read_request
from igz_apply.emulator.engine.messages import Answer, Request
from igz_apply.emulator.engine.record_store import Selection
from igz_apply.emulator.engine.reply import ConnectionCut, Reply

FAULTS = (
    "kill before",
    "kill after",
    "answer lost",
    "500 before",
    "500 after",
    "429",
    "hang before",
    "hang after",
)
HANG_SECONDS = 0.6  # longer than the client's timeout
JOB_SECONDS = 0.03
KEYS = {"user": ("User", "username"), "user_group": ("Group", "name"), "project": ("Project", "name")}
REFUSAL = {"errors": [{"status": 500, "detail": "tortured"}], "meta": {"ctx": "1"}}


@dataclass
class Seen:
    """One request that changes something, as the server took it."""

    method: str
    path: str
    body: Any
    status: int  # what the server did; not always what it said


@dataclass
class Torturer:
    """A WSGI application around the emulator's own: it lets the `at`-th request (from 0) meet the fault."""

    emulator: Emulator | Emulator4
    at: int = -1
    fault: str = ""
    on_kill: Callable[[], None] = lambda: None
    on_request: Callable[[int, Request], None] = lambda *_: None  # told how many came before, and which it is
    bend: Callable[[Request, Answer], Answer] = lambda _, answer: answer  # what is said in place of the true answer
    has_room: Callable[[], bool] = lambda: True  # False: too many requests, come again in a second
    hang: Callable[[], object] = field(init=False)  # waits for longer than the client does
    count: int = 0
    writes: list[Seen] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)  # id -> "User/ada"
    is_dead: bool = False  # the client process has been killed
    _lock: threading.Lock = field(default_factory=threading.Lock)
    keys: ClassVar[Mapping[str, tuple[str, str]]] = KEYS
    refusal: ClassVar[Mapping[str, Any]] = REFUSAL

    def __call__(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        request, reply = read_request(environ), Reply(start_response)
        if not self.has_room():
            return reply.send(Answer(429, dict(self.refusal), (("Retry-After", "1"),)))
        with self._lock:
            is_hit, number = self.count == self.at, self.count
            self.count += 1
        self.on_request(number, request)
        if not is_hit:
            return reply.send(self._effect(request))
        act: Callable[[Request, Reply], Iterable[bytes]] = getattr(self, f"_{self.fault.replace(' ', '_')}")
        return act(request, reply)

    def __post_init__(self) -> None:
        self.hang = lambda: self.emulator.stopping.wait(HANG_SECONDS)
        self._learn_names()

    def arm(self, at: int, fault: str) -> None:
        """Let the fault happen at that request, counted from now."""
        self.at, self.fault, self.count, self.is_dead = at, fault, 0, False

    def disarm(self) -> None:
        self.arm(-1, "")

    def _effect(self, request: Request) -> Answer:
        if request.method == "GET":
            return self.bend(request, self.emulator.answer(request))
        with self._lock:
            answer = self.bend(request, self.emulator.answer(request))
            body = json.loads(request.body) if request.body else None
            self.writes.append(Seen(request.method, request.path, body, answer.status))
            self._learn_name(answer)
            return answer

    def _learn_names(self) -> None:
        for type_name in self.keys:
            for record in self.emulator.store.select(Selection(type_name)):
                self._learn(type_name, record.id, record.attributes)

    def _learn_name(self, answer: Answer) -> None:
        data = (answer.document or {}).get("data")
        if isinstance(data, dict) and data.get("type") in self.keys and "attributes" in data:
            self._learn(data["type"], data["id"], data["attributes"])

    def _learn(self, type_name: str, identity: str, attributes: Any) -> None:
        kind, key = self.keys[type_name]
        self.names[identity] = f"{kind}/{attributes[key].strip('/')}"

    def _kill_before(self, _request: Request, _reply: Reply) -> Iterable[bytes]:
        self.is_dead = True
        self.on_kill()
        raise ConnectionCut(reset=True)

    def _kill_after(self, request: Request, _reply: Reply) -> Iterable[bytes]:
        self._effect(request)
        self.is_dead = True
        self.on_kill()
        raise ConnectionCut(reset=True)

    def _answer_lost(self, request: Request, _reply: Reply) -> Iterable[bytes]:
        self._effect(request)
        raise ConnectionCut(reset=False)

    def _500_before(self, _request: Request, reply: Reply) -> Iterable[bytes]:
        return reply.send(Answer(500, dict(self.refusal)))

    def _500_after(self, request: Request, reply: Reply) -> Iterable[bytes]:
        self._effect(request)
        return reply.send(Answer(500, dict(self.refusal)))

    def _429(self, _request: Request, reply: Reply) -> Iterable[bytes]:
        return reply.send(Answer(429, dict(self.refusal)))

    def _hang_before(self, _request: Request, _reply: Reply) -> Iterable[bytes]:
        self.hang()
        raise ConnectionCut(reset=False)

    def _hang_after(self, request: Request, _reply: Reply) -> Iterable[bytes]:
        self._effect(request)
        self.hang()
        raise ConnectionCut(reset=False)


@contextmanager
def tortured(
    db: Path, *, job_seconds: float = JOB_SECONDS, clock: Callable[[], float] = time.time
) -> Iterator[tuple[Torturer, Server]]:
    """Serve the state of a file through a torturer that is not armed."""
    torturer = Torturer(Emulator(db, Options(job_seconds=job_seconds), clock=clock))
    with standing_before(torturer) as server:
        assert isinstance(server, Server)
        yield torturer, server


@contextmanager
def standing_before(torturer: Torturer) -> Iterator[Any]:
    """Serve an emulator through a torturer, and close it in the end."""
    emulator = torturer.emulator
    gateway = emulator.wsgi
    emulator.wsgi = torturer  # type: ignore[assignment]
    try:
        with serving(emulator) as server:
            yield server
    finally:
        emulator.wsgi = gateway  # it is what the emulator closes
        emulator.close()


def addresses_of(seen: Seen, names: dict[str, str], services: Callable[[Any], set[str]]) -> set[str]:
    """Return the addresses that a write was about; `services` says which services an update of the manifest changes."""
    path = seen.path.removeprefix("/api/")
    data = (seen.body or {}).get("data") or {}
    attributes = data.get("attributes") or {}
    match path.split("/"):
        case ["users"]:
            return {f"User/{attributes['username']}"}
        case ["user_groups"]:
            return {f"Group/{attributes['name']}"}
        case ["projects"]:
            return {f"Project/{attributes['name']}"}
        case ["users" | "user_groups" | "projects", identity]:
            return {names[identity]}
        case ["async_transactions"]:
            return {names[identity] for identity in attributes["metadata"]["project_ids"]}
        case ["app_services_manifests"]:
            return {f"AppService/{name}" for name in services(attributes["app_services"])}
        case ["sessions", *_]:
            return set()
    raise AssertionError(f"nobody plans {seen.method} {seen.path}")
