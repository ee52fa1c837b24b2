"""Every call of every operation meets every fault, in front of an emulator: a known error or a known recovery."""

from __future__ import annotations

import http.client
import itertools
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from igz_apply.controlplane import (
    AccessKey,
    AnswerLost,
    AppServices,
    AppServiceSpec,
    Backoff,
    BadRequest,
    Client,
    Conflict,
    ControlPlaneError,
    Forbidden,
    Group,
    InvalidAnswer,
    JobVanished,
    NotFound,
    Polling,
    PreconditionFailed,
    Project,
    ProjectAuthorizationRoles,
    Unauthorised,
    Unavailable,
    User,
)
from tests.client.client_builders import Pauses
from tests.client.client_recorder import Plane, recorded_plane
from tests.client.client_stub import Asked, Hang, Say, stub

pytestmark = pytest.mark.full

_numbers = itertools.count(1)
Prepared = Callable[[Client], Any]


def a_user(client: Client, name: str) -> User:
    return User.create(client, name, f"{name}@example.org", "First", "Last", "Secret1!")


def spec(name: str) -> AppServiceSpec:
    return AppServiceSpec(name=name, kind="shell", owner="admin")


# Each prepares what it needs with a client without faults, and returns what is done with one that meets them.
def creates_a_user(_: Client, name: str) -> Prepared:
    return lambda client: a_user(client, name)


def creates_a_group(_: Client, name: str) -> Prepared:
    return lambda client: Group.create(client, name)


def creates_a_project(_: Client, name: str) -> Prepared:
    return lambda client: Project.create(client, name, owner="admin")


def lists(_: Client, __: str) -> Prepared:
    return lambda client: User.list(client, include=["user_groups"])


def patches(quiet: Client, name: str) -> Prepared:
    group = Group.create(quiet, name)
    return lambda client: Group(id=group.id, description="new").update(client)


def deletes_a_group(quiet: Client, name: str) -> Prepared:
    group = Group.create(quiet, name)
    return lambda client: group.delete(client)


def deletes_a_project(quiet: Client, name: str) -> Prepared:
    project = Project.create(quiet, name)
    return lambda client: project.delete(client)


def gives_a_role(quiet: Client, name: str) -> Prepared:
    project, group = Project.create(quiet, name), Group.create(quiet, name)
    return lambda client: project.set_membership(client, group, ProjectAuthorizationRoles.viewer)


def creates_a_service(_: Client, name: str) -> Prepared:
    return lambda client: AppServices.create_or_update(client, spec(name))


def wakes_a_service(quiet: Client, name: str) -> Prepared:
    AppServices.create_or_update(quiet, spec(name))
    return lambda client: AppServices.scale_from_zero(client, name)


def gets_a_key(_: Client, __: str) -> Prepared:
    return lambda client: AccessKey.get_or_create(client)


def asks_who(_: Client, __: str) -> Prepared:
    return lambda client: (client.username, client.policies, client.version)


OPERATIONS = (
    creates_a_user,
    creates_a_group,
    creates_a_project,
    lists,
    patches,
    deletes_a_group,
    deletes_a_project,
    gives_a_role,
    creates_a_service,
    wakes_a_service,
    gets_a_key,
    asks_who,
)


@dataclass(frozen=True)
class Fault:
    """What happens to one request: it is passed on or not, and then answered like this (None: with a reset)."""

    passed_on: bool
    reply: Say | Hang


def refused(status: int, **headers: str) -> Fault:
    said = {"errors": [{"status": status, "detail": "a fault"}], "meta": {"ctx": "9"}}
    return Fault(False, Say(status, said, headers={n.replace("_", "-"): v for n, v in headers.items()}))


FAULTS = {
    "reset before the server acted": Fault(False, Hang()),
    "reset after the server acted": Fault(True, Hang()),
    "400": refused(400),
    "401": refused(401),
    "403": refused(403),
    "404": refused(404),
    "409": refused(409),
    "412": refused(412),
    "429": refused(429, Retry_After="2"),
    "500": refused(500),
    "502": refused(502),
    "503": refused(503),
    "503 with a pause": refused(503, Retry_After="2"),
    "html": Fault(True, Say(raw=b"<html>Please log in</html>")),
    "cut short": Fault(True, Say(raw=b'{"data": {"type": "', announce=4000)),
    "truncated json": Fault(True, Say(raw=b'{"data": {"type": "')),
    "empty": Fault(True, Say(raw=b"")),
    "drip": Fault(True, Say(raw=b'{"data": {}}' * 50, drip=0.05)),
}
NEVER_REPEATED = {("DELETE", "projects"), ("PUT", "app_services_manifests")}
REPEATED_POSTS = {"sessions/verifications/planes/any/internal", "self/get_or_create_access_key"}
FINAL = {
    "400": BadRequest,
    "401": Unauthorised,
    "403": Forbidden,
    "404": NotFound,
    "409": Conflict,
    "412": PreconditionFailed,
    "500": Unavailable,
}
LOST = ("reset before the server acted", "reset after the server acted", "502", "cut short", "drip")
RECOVERED = None


def is_repeatable(asked: Asked) -> bool:
    if (asked.method, asked.path) in NEVER_REPEATED:
        return False
    return asked.method != "POST" or asked.path in REPEATED_POSTS


def expected(fault: str, asked: Asked) -> tuple[type[ControlPlaneError] | None, ...]:
    """The outcomes that are documented for a fault at one request."""
    is_poll = asked.path.startswith("jobs/")
    if asked.path.startswith("tunnel/"):
        return (Unauthorised,) if fault == "401" else (RECOVERED,)
    if fault in ("429", "503 with a pause"):
        return (RECOVERED,)
    if fault in LOST:
        return (RECOVERED,) if is_repeatable(asked) else (AnswerLost,)
    if fault == "503":
        return (RECOVERED,) if is_repeatable(asked) else (Unavailable,)
    if fault in ("html", "truncated json"):
        return (InvalidAnswer,) if is_repeatable(asked) else (AnswerLost,)
    if fault == "empty":
        # A delete or a write may well have no body, so only a read or a create misses it.
        return (InvalidAnswer, RECOVERED) if asked.method in ("GET", "POST") else (RECOVERED,)
    if fault == "409" and (asked.method, asked.path) == ("PUT", "app_services_manifests"):
        return (RECOVERED,)
    if is_poll and fault == "404":
        return (JobVanished, RECOVERED)
    if is_poll and fault == "500":
        return (RECOVERED,)
    if asked.query and fault == "404" and asked.method == "GET":
        return (NotFound, RECOVERED)
    return (FINAL[fault],)


def pass_on(url: str, asked: Asked) -> Say:
    """Send a request to the emulator and return its answer."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc)
    query = f"?{urlencode(asked.query)}" if asked.query else ""
    content = None if asked.body is None else json.dumps(asked.body)
    kept = {n: v for n, v in asked.headers.items() if n not in ("host", "content-length", "accept-encoding")}
    connection.request(asked.method, f"/api/{asked.path}{query}", content, kept)
    response = connection.getresponse()
    raw = response.read()
    connection.close()
    return Say(response.status, raw=raw)


class Weather:
    """Passes requests on to an emulator, but for one of them: the request with the number `at`, from 0."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.clear()

    def clear(self) -> None:
        self.at: int | None = None
        self.fault: Fault | None = None
        self.seen: list[Asked] = []
        self.hit: Asked | None = None

    def bring(self, fault: Fault, at: int) -> None:
        self.clear()
        self.at, self.fault = at, fault

    def __call__(self, asked: Asked) -> Any:
        number = len(self.seen)
        self.seen.append(asked)
        if number != self.at or self.fault is None:
            return pass_on(self._url, asked)
        self.hit = asked
        if self.fault.passed_on:
            pass_on(self._url, asked)
        return self.fault.reply


@pytest.fixture(scope="module")
def plane() -> Iterator[Plane]:
    with recorded_plane(job_seconds=0.002) as started:
        yield started


# Which operation meets which fault; the one that takes its time meets two of them. `make torture` lets all meet.
IS_WHOLE = os.environ.get("IGZ_TORTURE") == "whole"
MEETINGS = [
    pytest.param(operation, fault, id=f"{operation.__name__}-{fault}")
    for (row, operation), (column, fault) in itertools.product(enumerate(OPERATIONS), enumerate(FAULTS))
    if fault != "drip" or operation in (lists, creates_a_group)
    if IS_WHOLE or fault == "drip" or (row + column) % 2 == 0
]


@pytest.mark.parametrize(("operation", "fault"), MEETINGS)
def test_a_fault_ends_in_a_known_way(plane: Plane, operation: Callable[..., Prepared], fault: str) -> None:
    quick = Polling(first=0.002, longest=0.01)
    timeout = 1.0 if fault == "drip" else 30.0
    weather = Weather(plane.url)
    with stub(weather) as server, Client(**plane.key, polling=quick) as quiet:
        at = 0
        while True:
            prepared = operation(quiet, f"it-{next(_numbers)}")
            weather.bring(FAULTS[fault], at)
            with Client(
                endpoint=server.url,
                access_key=plane.access_key,
                backoff=Pauses().backoff(),
                polling=quick,
                timeout=timeout,
            ) as client:
                outcome = outcome_of(prepared, client)
            if weather.hit is None:
                break
            assert outcome in expected(fault, weather.hit), (weather.hit.line, outcome)
            at += 1
    assert at > 0


def outcome_of(prepared: Prepared, client: Client) -> type[ControlPlaneError] | None:
    try:
        prepared(client)
    except ControlPlaneError as error:
        return type(error)
    return RECOVERED


def test_a_create_whose_answer_was_lost_is_done_once_and_said_to_be_unknown(plane: Plane) -> None:
    weather = Weather(plane.url)
    weather.bring(FAULTS["reset after the server acted"], at=0)
    with stub(weather) as server, Client(endpoint=server.url, access_key=plane.access_key) as client:
        with pytest.raises(AnswerLost):
            Group.create(client, "lost-and-found")
        assert [asked.line for asked in weather.seen] == ["POST user_groups"]
        assert Group.get_by_name(client, "lost-and-found").name == "lost-and-found"


def test_a_delete_whose_answer_was_lost_counts_as_done(plane: Plane) -> None:
    with Client(**plane.key) as quiet:
        group = Group.create(quiet, "short-lived")
    weather = Weather(plane.url)
    with (
        stub(weather) as server,
        Client(endpoint=server.url, access_key=plane.access_key, backoff=Backoff(first=0.05)) as client,
    ):
        weather.bring(FAULTS["reset after the server acted"], at=0)
        group.delete(client)
        with pytest.raises(NotFound):
            Group.get(client, group.id)
