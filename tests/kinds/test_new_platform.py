"""A platform that nobody has heard of: all that it takes stands in this file, and nothing outside it is changed.

Its kinds, its envelope, its job states and its calls are its own: people and desks are written at once, rooms by a task
that is queued first. A small server speaks it over HTTP.
"""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from igz_apply import workflow
from igz_apply.cli.main import run
from igz_apply.cli.session import Session
from igz_apply.errors import Missing, PlaneError
from igz_apply.local.clock import SystemClock
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Plan
from igz_apply.model.kind import Field, Kind, Kinds, Powers, Shape
from igz_apply.model.outcomes import Report
from igz_apply.model.resources import Caller, LiveResource, LiveState
from igz_apply.model.step import Step
from igz_apply.planning.drift import Drift
from igz_apply.platform import Browser, Connection, Platform
from igz_apply.ports import Accepted, Answer, Done, Ended, Pool, Presence, Reader, Running, Secrets, Sighting, Unknown
from tests.fakes import FakeSecrets, MemoryInventory

pytestmark = pytest.mark.full

# The server: an office. Flat records below "thing", lists below "things" with "more", tasks that are queued first.


class Office:
    """What the server knows. Rooms come to be when their task is looked at for the second time."""

    def __init__(self) -> None:
        self.things: dict[str, dict[str, dict[str, Any]]] = {"people": {}, "desks": {}, "rooms": {}}
        self.tasks: dict[str, tuple[int, dict[str, Any]]] = {}
        self.calls: list[tuple[str, str]] = []
        self._made = 0

    def answer(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        if method != "GET":
            self.calls.append((method, path))
        _, _, sort, *rest = path.split("/")
        if sort == "tasks":
            return self._task(rest[0])
        known = self.things[sort]
        if method == "GET" and not rest:
            return 200, {"things": list(known.values()), "more": False}
        if method == "GET":
            return (200, {"thing": known[rest[0]]}) if rest[0] in known else (404, {"oops": "no such thing"})
        if method == "PUT":
            thing = {**known.get(rest[0], {}), **body["thing"]} if rest else self._new(body["thing"])
            if sort == "rooms" and not rest:
                name = f"t-{thing['title']}"
                self.tasks[name] = 0, thing
                return 202, {"task": name}
            known[thing["key"]] = thing
            return 200, {"thing": thing}
        del known[rest[0]]
        return 204, None

    def _new(self, thing: Mapping[str, Any]) -> dict[str, Any]:
        self._made += 1
        return {**thing, "key": f"k{self._made}"}

    def _task(self, name: str) -> tuple[int, Any]:
        looks, thing = self.tasks[name]
        self.tasks[name] = looks + 1, thing
        if looks == 0:
            return 200, {"phase": "QUEUED"}
        self.things["rooms"][thing["key"]] = thing
        return 200, {"phase": "FINE"}


@contextmanager
def open_office(office: Office) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            size = int(self.headers.get("content-length") or 0)
            body = json.loads(self.rfile.read(size)) if size else None
            status, answer = office.answer(self.command, self.path, body)
            data = b"" if answer is None else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_PUT = do_DELETE = _serve

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


# The platform: kinds by meaning, each with how it travels in a form that only this file reads.


@dataclass(frozen=True)
class List:
    path: str


PERSON = Kind("Person", (Field("mail", shape=Shape.FOLDED), Field("rights", shape=Shape.SET)), wire=List("people"))
DESK = Kind("Desk", (Field("colour"), Field("person", refers_to="Person", holds=True)), wire=List("desks"))
ROOM = Kind(
    "Room",
    (
        Field("seats", wire="numberOfSeats"),
        Field("signs", shape=Shape.MAP),
        Field(
            "holders",
            shape=Shape.OBJECT,
            roles=True,
            fields=(
                Field(
                    "keeper",
                    shape=Shape.OBJECT,
                    label="Keeper",
                    fields=(Field("people", shape=Shape.SET, refers_to="Person"),),
                ),
            ),
        ),
    ),
    wire=List("rooms"),
    job_on=frozenset({"create"}),
)
KINDS = Kinds((PERSON, DESK, ROOM), Powers(held_in="rights", known=frozenset({"Boss"})), "office.example/v7")


def schema_of(kind: str) -> Mapping[str, Any]:
    names = [field.name for field in KINDS[kind].fields]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"{kind} manifest",
        "description": f"A {kind.lower()} of the office.",
        "type": "object",
        "required": ["apiVersion", "kind", "metadata", "spec"],
        "properties": {
            "apiVersion": {"const": "office.example/v7"},
            "kind": {"const": kind},
            "metadata": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]},
            "spec": {"type": "object", "additionalProperties": False, "properties": {key: {} for key in names}},
            "lifecycle": {"type": "object"},
        },
    }


class Line:
    """One connection to the office."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint

    def call(self, method: str, path: str, thing: Any = None) -> Any:
        data = None if thing is None else json.dumps({"thing": thing}).encode()
        request = urllib.request.Request(f"{self.endpoint}/v7/{path}", data, method=method)
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            kind = Missing if error.code == 404 else PlaneError
            raise kind(
                f"{method} {path}: {error.read().decode()}", method=method, path=path, status=error.code
            ) from error


def path_of(kind: Kind) -> str:
    assert isinstance(kind.wire, List)
    return kind.wire.path


def live_of(kind: Kind, thing: Mapping[str, Any]) -> LiveResource:
    found = {field.name: thing.get(str(field.wire or field.name)) for field in kind.fields}
    spec = {name: value for name, value in found.items() if value is not None}
    return LiveResource(Address(kind.name, thing["title"]), str(thing["key"]), spec)


class OfficeReader:
    def __init__(self, line: Line, kinds: Kinds) -> None:
        self._line = line
        self._kinds = kinds

    def live(self, pool: Pool, kinds: frozenset[str] | None = None) -> LiveState:  # noqa: ARG002 - the port's signature
        lists = [(kind, pool.submit(self._line.call, "GET", path_of(kind))) for kind in self._kinds]
        found = (live_of(kind, thing) for kind, answer in lists for thing in answer.result()["things"])
        return LiveState({each.address: each for each in found}, {}, Caller(self._line.endpoint, "boss", "", ""))

    def sightings(self, kind: Kind, ids: Mapping[str, str], live: LiveState, pool: Pool) -> Mapping[str, Sighting]:
        del live, pool
        return {name: self._look(kind, identity) for name, identity in ids.items()}

    def listed_at(self, kind: Kind) -> str:
        return path_of(kind)

    def own_keys(self) -> list[tuple[str, tuple[str, ...]]]:
        return []

    def _look(self, kind: Kind, identity: str) -> Sighting:
        try:
            thing = self._line.call("GET", f"{path_of(kind)}/{quote(identity)}")["thing"]
        except Missing:
            return Sighting(Presence.GONE)
        return Sighting(Presence.THERE, thing["title"], thing["key"])


class OfficeWriter:
    def __init__(self, line: Line, kinds: Kinds) -> None:
        self._line = line
        self._kinds = kinds

    def perform(self, step: Step, ids: Mapping[Address, str]) -> Answer:
        (change,) = step.changes
        kind = self._kinds[step.target.kind]
        if change.action is Action.DELETE:
            self._line.call("DELETE", f"{path_of(kind)}/{quote(ids[step.target])}")
            return Done()
        assert change.desired is not None
        told = {item.dotted.split(".")[0] for item in change.diff}
        thing = {
            str(field.wire or field.name): change.desired.spec[field.name]
            for field in kind.fields
            if field.name in told and field.name in change.desired.spec
        }
        if change.action is Action.UPDATE:
            self._line.call("PUT", f"{path_of(kind)}/{quote(ids[step.target])}", thing)
            return Done()
        answer = self._line.call("PUT", path_of(kind), {**thing, "title": step.target.name})
        if "task" in answer:
            return Accepted(job=answer["task"], probes=True)
        return Done(ids={step.target: answer["thing"]["key"]})

    def settle(self, step: Step, ids: Mapping[Address, str]) -> None:
        raise AssertionError(f"no answer gets lost here: {step} {ids}")

    def job(self, job: str) -> Running | Ended | Unknown:
        phase = self._line.call("GET", f"tasks/{job}")["phase"]
        return Running(phase) if phase == "QUEUED" else Ended(phase == "FINE", phase)

    def is_settled(self, step: Step, ids: Mapping[Address, str]) -> bool:
        del ids
        things = self._line.call("GET", path_of(self._kinds[step.target.kind]))["things"]
        return any(thing["title"] == step.target.name for thing in things)

    def failures(self, step: Step, job: str, end: Ended | Unknown) -> Mapping[Address, str]:
        return dict.fromkeys(step.addresses, f"its task {job} went wrong: {end}")


@dataclass(frozen=True)
class OfficeLink:
    line: Line
    kinds: Kinds

    @property
    def reader(self) -> Reader:
        return OfficeReader(self.line, self.kinds)

    def writer(self, secrets: Secrets) -> OfficeWriter:
        del secrets
        return OfficeWriter(self.line, self.kinds)

    def mask(self, texts: Any) -> None:
        list(texts)


@contextmanager
def read_only(where: Connection, kinds: Kinds, calls: int, pages: Executor) -> Iterator[Reader]:
    del calls, pages
    yield OfficeReader(Line(where.endpoint), kinds)


@contextmanager
def read_write(where: Connection, kinds: Kinds, calls: int, pages: Executor) -> Iterator[OfficeLink]:
    del calls, pages
    yield OfficeLink(Line(where.endpoint), kinds)


def steps_of(plan: Plan, kinds: Kinds) -> tuple[Step, ...]:
    """One call a change; it waits for those of what it depends on."""
    assert "Person" in kinds
    keys = {change.address: f"{change.action.value} {change.address}" for change in plan.writes}
    return tuple(
        Step(
            keys[change.address],
            change.action.value,
            change.address,
            (change,),
            lock=str(change.address),
            needs=frozenset(keys[address] for address in change.depends_on if address in keys),
            may_be_seen=change.action is not Action.UPDATE,
            is_delete=change.action is Action.DELETE,
        )
        for change in plan.writes
    )


@contextmanager
def nothing_of_the_kind(*_: Any) -> Iterator[Any]:
    raise AssertionError("the office has no browser and no emulator")
    yield


OFFICE = Platform(
    name="office",
    kinds=KINDS,
    schema_of=schema_of,
    steps_of=steps_of,
    browser=Browser((), "", {}, "", (), {}, "", (), nothing_of_the_kind, nothing_of_the_kind),
    emulated=nothing_of_the_kind,
    read_only=read_only,
    read_write=read_write,
)


# What goes through it.

HEAD = "---\napiVersion: office.example/v7\nkind: {kind}\nmetadata: {{name: {name}}}\n"
ADA = HEAD.format(kind="Person", name="ada") + "spec: {mail: Ada@office.example}\n"
DESK_A = HEAD.format(kind="Desk", name="window") + "spec: {colour: red, person: ada}\n"
ROOM_A = HEAD.format(kind="Room", name="attic") + (
    "spec: {seats: 4, signs: {b: '1', a: '2'}, holders: {keeper: {people: [ada]}}}\n"
)


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def place(office: Office, tmp_path: Path) -> Iterator[Place]:
    with open_office(office) as url, ThreadPoolExecutor(4) as pool:
        yield Place(url, pool, tmp_path / "manifests.yaml")


class Place:
    """The office at an address, the manifests in a file, and the inventory."""

    def __init__(self, url: str, pool: Executor, file: Path) -> None:
        self.url = url
        self.inventory = MemoryInventory()
        self._pool = pool
        self._file = file
        self._clock = SystemClock()

    def plan(self, *documents: str) -> Plan:
        return self._proposed(*documents).approved()

    def drift(self, *documents: str) -> list[tuple[str, list[str]]]:
        found: tuple[Drift, ...] = workflow.drift(self.plan(*documents), self.inventory.load(), OFFICE)
        return [(str(each.address), [field.diff.dotted for field in each.fields]) for each in found]

    def apply(self, *documents: str, prune: bool = False) -> Report:
        secrets = FakeSecrets()
        source = workflow.from_manifests(self._loaded(*documents), secrets=secrets, prune=prune, platform=OFFICE)
        with OFFICE.read_write(Connection(self.url), KINDS, 4, self._pool) as link:
            ports = workflow.Ports(
                link.reader,
                link.writer(secrets),
                self.inventory,
                secrets,
                self._clock,
                self._pool,
                lambda _: None,
                self._clock.inbox(),
            )
            return workflow.reconcile(source, ports, Silent(), lambda _: workflow.Approval.UNASKED, platform=OFFICE)

    def _loaded(self, *documents: str) -> workflow.Loaded:
        self._file.write_text("".join(documents), encoding="utf-8")
        return workflow.load([str(self._file)], platform=OFFICE)

    def _proposed(self, *documents: str) -> workflow.Proposal:
        with OFFICE.read_only(Connection(self.url), KINDS, 4, self._pool) as reader:
            live = workflow.fetch_live(reader, self._pool)
        return workflow.plan(
            self._loaded(*documents), live, self.inventory.load(), secrets=FakeSecrets(), platform=OFFICE
        )


class Silent:
    """A view that shows nothing."""

    def problems(self, problems: Any) -> None: ...

    def plan(self, plan: Plan) -> None: ...

    def event(self, event: Any) -> None: ...

    def report(self, report: Report) -> None: ...


def actions(plan: Plan) -> dict[str, str]:
    return {str(change.address): change.action.value for change in plan.changes}


def test_a_new_platform_is_loaded_planned_applied_and_found_unchanged(place: Place, office: Office) -> None:
    everything = (ROOM_A, DESK_A, ADA)
    first = place.plan(*everything)
    assert actions(first) == {"Person/ada": "create", "Desk/window": "create", "Room/attic": "create"}
    assert first.changes[0].address.kind == "Person"  # the others name her
    report = place.apply(*everything)
    assert (report.exit_code, report.read_back, report.not_converged) == (0, True, ())
    assert [outcome.job for outcome in report.outcomes if outcome.address.kind == "Room"] == ["t-attic"]
    assert office.calls[0] == ("PUT", "/v7/people")
    assert set(office.calls[1:]) == {("PUT", "/v7/desks"), ("PUT", "/v7/rooms")}
    assert set(actions(place.plan(*everything)).values()) == {"no_change"}
    assert place.drift(*everything) == []


def test_what_others_change_there_is_drift_and_is_put_back(place: Place, office: Office) -> None:
    place.apply(ADA, DESK_A, ROOM_A)
    (desk,) = office.things["desks"].values()
    desk["colour"] = "blue"
    (room,) = office.things["rooms"].values()
    room["holders"] = {"keeper": {"people": []}}
    assert place.drift(ADA, DESK_A, ROOM_A) == [("Desk/window", ["colour"]), ("Room/attic", ["holders.keeper.people"])]
    assert place.apply(ADA, DESK_A, ROOM_A).exit_code == 0
    assert office.things["desks"][desk["key"]]["colour"] == "red"
    assert office.things["rooms"][room["key"]]["holders"] == {"keeper": {"people": ["ada"]}}
    assert place.drift(ADA, DESK_A, ROOM_A) == []


def test_what_means_the_same_is_no_change_there_either(place: Place) -> None:
    place.apply(ADA, ROOM_A)
    same = ADA.replace("Ada@", "ada@"), ROOM_A.replace("{b: '1', a: '2'}", "{a: '2', b: '1'}")
    assert place.plan(*same).writes == ()


def test_what_is_no_longer_declared_is_deleted_where_nothing_holds_it_first(place: Place, office: Office) -> None:
    place.apply(ADA, DESK_A, ROOM_A)
    del office.calls[:]
    bob = HEAD.format(kind="Person", name="bob") + "spec: {mail: b@office.example}\n"
    report = place.apply(bob, ROOM_A.replace("[ada]", "[bob]"), prune=True)
    assert report.exit_code == 0
    deletes = [path.split("/")[2] for method, path in office.calls if method == "DELETE"]
    assert deletes == ["desks", "people"]
    assert sorted(map(str, place.inventory.entries)) == ["Person/bob", "Room/attic"]


def test_what_only_a_list_lacks_is_asked_for_by_itself(place: Place, office: Office) -> None:
    place.apply(ADA)
    (key,) = office.things["people"]

    def shorten(method: str, path: str, body: Any, answer: Answering = office.answer) -> tuple[int, Any]:
        return (200, {"things": [], "more": False}) if path == "/v7/people" else answer(method, path, body)

    office.answer = shorten  # type: ignore[method-assign]
    with pytest.raises(PlaneError, match=r"GET people did not list 1 .* is there: Person/ada"):
        place.apply(ADA)
    assert key in office.things["people"]


Answering = Callable[[str, str, Any], tuple[int, Any]]


def test_the_commands_run_it_as_any_other(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Session, "platform", OFFICE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IGZ_ENDPOINT", place.url)
    (tmp_path / "manifests").mkdir()
    file = tmp_path / "manifests" / "office.yaml"
    file.write_text(ADA + DESK_A + ROOM_A, encoding="utf-8")

    def told(*command: str) -> tuple[int, str]:
        capsys.readouterr()
        code = run(command)
        return code, capsys.readouterr().out

    assert told("validate")[0] == 0
    code, text = told("plan", "--detailed-exitcode")
    assert (code, "3 to create" in text) == (2, True)
    assert told("apply", "-y")[0] == 0
    assert told("plan", "--detailed-exitcode")[0] == 0
    assert told("drift", "--detailed-exitcode")[0] == 0
    code, text = told("export", "--only", "Room/*")
    assert (code, "seats: 4" in text, "apiVersion: office.example/v7" in text) == (0, True, True)
    code, text = told("explain", "Desk")
    assert (code, "A desk of the office." in text) == (0, True)
    file.write_text(ADA.replace("mail:", "male:"), encoding="utf-8")
    assert told("validate")[0] == 3
