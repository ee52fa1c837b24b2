"""Somebody else edits what we do not state, while we write beside it: two hundred edits, and none is lost.

An edit of services may come at any moment, also between our last read and our write, as long as its job outlasts that
way: then the cluster refuses us. One of a user's groups or of a role may come at any moment up to our last read, which
is the call right before the write: the platform takes the whole list and knows no precondition, so that what comes
between these two calls cannot be seen by anybody.

The cluster's time is made of our own looks at jobs and services, so that no machine is too slow for what is tested.
"""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from igz_apply.emulator import Emulator, Server
from igz_apply.emulator.engine.messages import Request
from tests.torture.test_torture import IS_WHOLE
from tests.torture.tortured_plane import Torturer, tortured
from tests.torture.tortured_run import run_once
from tests.torture.tortured_world import group, project, service, write

pytestmark = pytest.mark.full

COUNT = 9  # users and projects that are edited, each once a round
SERVICE_EDITS = 2
TICK = 0.05  # seconds that one of our looks takes on the cluster's clock
JOB = 4 * TICK  # what somebody else's job is known by must outlast the way from our last read to our write
WORLD: dict[str, Any] = {
    "groups": [{"name": name} for name in ("ours", "base", "foreign")],
    "users": [{"username": f"u{n}", "groups": ["base"]} for n in range(COUNT)]
    + [{"username": "ada"}, {"username": "zed"}],
    "projects": [{"name": f"p{n}", "members": {"viewer": {"users": ["ada"]}}} for n in range(COUNT)],
    "services": [{"name": name, "kind": "jupyter", "owner": "zed"} for name in ("mine", "theirs0", "theirs1")],
}
MANIFESTS = [
    group("ours", users=[f"u{n}" for n in range(COUNT)]),
    *(project(f"p{n}", members={"editor": {"groups": ["ours"]}}) for n in range(COUNT)),
    service("mine", description="new"),
]


class LookClock:
    """The cluster's time: it goes on when we look at jobs or services, and when it is told to."""

    def __init__(self) -> None:
        self.seconds = 1_700_000_000.0

    def __call__(self) -> float:
        return self.seconds

    def on_request(self, request: Request) -> None:
        if request.method == "GET" and request.path.startswith(("/api/jobs", "/api/app_services_manifests")):
            self.seconds += TICK


class Stranger:
    """Edits through the API, at the moment of a request of ours."""

    def __init__(self, torturer: Torturer, server: Server, draw: random.Random, clock: LookClock) -> None:
        self.clock = clock
        self._emulator = torturer.emulator
        self._server = server
        self._draw = draw
        self._lock = threading.Lock()
        self.ids = {name: identity for identity, name in torturer.names.items()}
        self.edits: dict[str, Callable[[], bool]] = {}
        for n in range(COUNT):
            self.edits[f"User/u{n}"] = lambda n=n: self.join(f"User/u{n}")  # type: ignore[misc]
            self.edits[f"Project/p{n}"] = lambda n=n: self.become_viewer(f"Project/p{n}")  # type: ignore[misc]
        for n in range(SERVICE_EDITS):
            self.edits[f"AppService/theirs{n}"] = lambda n=n: self.describe(f"theirs{n}")  # type: ignore[misc]

    def on_request(self, _number: int, request: Request) -> None:
        """Before some requests anything is edited; before our last read of something, that, if it was not yet."""
        with self._lock:
            self.clock.on_request(request)
            path = request.path.removeprefix("/api/")
            about = self._about(request.method, path)
            if about in self.edits:
                self._try(about)
            elif request.method == "PUT" and path == "app_services_manifests":
                self._try(next((key for key in self.edits if key.startswith("AppService")), ""))
            elif self._draw.random() < 0.2 and request.method == "GET":
                self._try(self._draw.choice([*self.edits, ""]))

    def _about(self, method: str, path: str) -> str:
        if method == "GET" and path.split("/")[0] in ("users", "projects") and "/" in path:
            identity = path.split("/")[1]
            return next((name for name, known in self.ids.items() if known == identity), "")
        return ""

    def _try(self, key: str) -> None:
        edit = self.edits.get(key)
        if edit is not None and edit():
            del self.edits[key]

    def call(self, method: str, path: str, body: Any = None) -> Any:
        headers = {"cookie": f'session=j:{{"sid": "{self._server.access_key}"}}'}
        query = "include=user_groups" if path.startswith("users/") else ""
        if path.startswith("projects/"):
            roles = "project_authorization_roles"
            query = f"include={roles}.principal_users,{roles}.principal_user_groups"
        content = b"" if body is None else json.dumps({"data": body}).encode()
        return self._emulator.answer(Request(method, f"/api/{path}", query, headers, content))

    def join(self, address: str) -> bool:
        path = f"users/{self.ids[address]}"
        held = self.call("GET", path).document["data"]["relationships"]["user_groups"]["data"]
        links = [*held, {"type": "user_group", "id": self.ids["Group/foreign"]}]
        body = {"type": "user", "attributes": {}, "relationships": {"user_groups": {"data": links}}}
        return bool(self.call("PUT", path, body).status == 200)

    def become_viewer(self, address: str) -> bool:
        document = self.call("GET", f"projects/{self.ids[address]}").document
        role = next(it for it in document["included"] if it["attributes"].get("name") == "Viewer")
        held = role["relationships"]["principal_users"]["data"]
        body = {
            "type": role["type"],
            "attributes": {"name": "Viewer"},
            "relationships": {"principal_users": {"data": [*held, {"type": "user", "id": self.ids["User/zed"]}]}},
        }
        request = {"method": "put", "resource": f"{role['type']}s/{role['id']}", "body": {"data": body}}
        return bool(self.call("POST", "async_transactions", {"attributes": {"requests": [request]}}).status == 202)

    def describe(self, name: str) -> bool:
        manifest = self.call("GET", "app_services_manifests").document["data"][0]["attributes"]
        for each in manifest["app_services"]:
            if each["spec"]["name"] == name:
                each["spec"] |= {"description": "foreign", "unheard_of": 1, "mark_as_changed": True}
        body = {"type": "app_services_manifest", "attributes": {"app_services": manifest["app_services"]}}
        return bool(self.call("PUT", "app_services_manifests", body).status == 202)


@pytest.fixture
def clock() -> LookClock:
    return LookClock()


@pytest.fixture
def plane(tmp_path: Path, clock: LookClock) -> Iterator[tuple[Torturer, Server]]:
    emulator = Emulator(tmp_path / "cluster.db")
    emulator.load(WORLD)
    emulator.close()
    with tortured(tmp_path / "cluster.db", job_seconds=JOB, clock=clock) as served:
        yield served


@pytest.mark.parametrize("seed", range(10 if IS_WHOLE else 5))
def test_no_foreign_edit_is_lost(plane: tuple[Torturer, Server], clock: LookClock, tmp_path: Path, seed: int) -> None:
    torturer, server = plane
    stranger = Stranger(torturer, server, random.Random(seed), clock)
    assert len(stranger.edits) == 20
    torturer.on_request = stranger.on_request
    ran = run_once(write(tmp_path / "manifests", MANIFESTS), tmp_path / "inventory.json", server, torturer)
    torturer.on_request = lambda *_: None
    assert ran.code == 0, ran
    assert stranger.edits == {}
    clock.seconds += 2 * JOB  # their last job
    for n in range(COUNT):
        groups = groups_of(stranger, f"User/u{n}")
        assert {"Group/ours", "Group/base", "Group/foreign"} <= groups, (n, groups)
        assert viewers_of(stranger, f"Project/p{n}") == {"User/ada", "User/zed"}
    manifest = stranger.call("GET", "app_services_manifests").document["data"][0]["attributes"]
    specs = {each["spec"]["name"]: each["spec"] for each in manifest["app_services"]}
    assert [specs[f"theirs{n}"].get("description") for n in range(SERVICE_EDITS)] == ["foreign"] * SERVICE_EDITS
    assert [specs[f"theirs{n}"].get("unheard_of") for n in range(SERVICE_EDITS)] == [1] * SERVICE_EDITS
    assert specs["mine"]["description"] == "new"


def groups_of(stranger: Stranger, address: str) -> set[str]:
    data = stranger.call("GET", f"users/{stranger.ids[address]}").document["data"]
    names = {identity: name for name, identity in stranger.ids.items()}
    return {names[link["id"]] for link in data["relationships"]["user_groups"]["data"]}


def viewers_of(stranger: Stranger, address: str) -> set[str]:
    included = stranger.call("GET", f"projects/{stranger.ids[address]}").document["included"]
    role = next(it for it in included if it["attributes"].get("name") == "Viewer")
    names = {identity: name for name, identity in stranger.ids.items()}
    return {names[link["id"]] for link in role["relationships"]["principal_users"]["data"]}


def test_an_edit_whose_job_fits_between_our_last_read_and_our_write_is_the_one_that_is_lost(
    plane: tuple[Torturer, Server], clock: LookClock, tmp_path: Path
) -> None:
    """The bound of what can be promised, as docs/recovery.md says it: nothing on the platform shows such an edit."""
    torturer, server = plane
    stranger = Stranger(torturer, server, random.Random(0), clock)
    edited: list[bool] = []

    def edit_and_end(_number: int, request: Request) -> None:
        clock.on_request(request)
        if request.method == "PUT" and request.path == "/api/app_services_manifests" and not edited:
            edited.append(stranger.describe("theirs0"))
            clock.seconds += 2 * JOB

    torturer.on_request = edit_and_end
    ran = run_once(write(tmp_path / "manifests", MANIFESTS), tmp_path / "inventory.json", server, torturer)
    torturer.on_request = lambda *_: None
    assert (ran.code, edited) == (0, [True])
    manifest = stranger.call("GET", "app_services_manifests").document["data"][0]["attributes"]
    specs = {each["spec"]["name"]: each["spec"] for each in manifest["app_services"]}
    assert specs["theirs0"].get("description") is None
    assert specs["mine"]["description"] == "new"
