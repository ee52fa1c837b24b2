"""An emulator that tests talk to at the WSGI level, with a clock of their own."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from igz_apply.emulator import Emulator, Options

PASSWORD = "Secret-12!"
START = 1_700_000_000.0


class Clock:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    raw: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.raw)

    @property
    def data(self) -> Any:
        return self.json["data"]

    @property
    def attributes(self) -> dict[str, Any]:
        attributes: dict[str, Any] = self.data["attributes"]
        return attributes

    @property
    def detail(self) -> str:
        (error,) = self.json["errors"]
        assert error["status"] == self.status
        return str(error["detail"])

    def related(self, name: str) -> Any:
        return self.data["relationships"][name]["data"]


def wsgi_call(app: Any, method: str, target: str, body: bytes, headers: dict[str, str]) -> Reply:
    """Call a WSGI application as a server would."""
    path, query = urlsplit(target).path, urlsplit(target).query
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": quote(query, safe="=&%[]$,.+-:_*~"),
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
    }
    environ.update({f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()})
    started: list[Any] = []
    raw = b"".join(app(environ, lambda status, sent: started.append((status, sent))))
    ((status, sent),) = started
    return Reply(int(status.split()[0]), {name.lower(): value for name, value in sent}, raw)


class Plane:
    """A new emulator, and calls to it as a user: the administrator, unless `as_user` says otherwise."""

    def __init__(self, **options: Any) -> None:
        self.clock = Clock()
        self.emulator = Emulator(options=Options(**options), clock=self.clock)
        self._cookie = f'session=j:{{"sid": "{self.emulator.access_key}"}}'

    def call(self, method: str, path: str, body: Any = None, *, headers: dict[str, str] | None = None) -> Reply:
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        sent = {"Cookie": self._cookie} if headers is None else headers
        return wsgi_call(self.emulator.wsgi, method, f"/api{path}", raw, sent)

    def get(self, path: str) -> Reply:
        return self.call("GET", path)

    def post(self, path: str, body: Any = None) -> Reply:
        return self.call("POST", path, body)

    def put(self, path: str, body: Any) -> Reply:
        return self.call("PUT", path, body)

    def delete(self, path: str) -> Reply:
        return self.call("DELETE", path)

    def wait(self, seconds: float = 1000.0) -> None:
        """Let time pass: by default enough for every job."""
        self.clock.now += seconds

    def with_cookie(self, cookie: str) -> Plane:
        """Return the same plane, called with another session."""
        other = object.__new__(Plane)
        other.clock, other.emulator, other._cookie = self.clock, self.emulator, cookie
        return other

    def login(self, username: str, password: str = PASSWORD) -> Plane:
        """Return the same plane, called by another user."""
        attributes = {"username": username, "password": password, "plane": "control"}
        reply = self.call("POST", "/sessions", resource("session", attributes), headers={})
        assert reply.status == 201, reply.raw
        return self.with_cookie(reply.headers["set-cookie"].split(";")[0])

    def add_group(self, name: str, **attributes: Any) -> str:
        reply = self.post("/user_groups", resource("user_group", {"name": name, **attributes}))
        assert reply.status == 201, reply.raw
        return str(reply.data["id"])

    def add_user(self, username: str, groups: list[str] | None = None, **attributes: Any) -> str:
        """Create a user who is operational; `groups` are ids."""
        links = {"user_groups": many("user_group", groups)} if groups else {}
        reply = self.post("/users", user(username, links, **attributes))
        assert reply.status == 201, reply.raw
        self.wait()
        return str(reply.data["id"])

    def add_project(self, name: str, owner: str | None = None, **attributes: Any) -> str:
        """Create a project that is online; `owner` is an id."""
        links = {"owner": one("user", owner)} if owner else {}
        reply = self.post("/projects", resource("project", {"name": name, **attributes}, links))
        assert reply.status == 201, reply.raw
        self.wait()
        return str(reply.data["id"])

    def roles(self, project: str) -> dict[str, str]:
        """Return the ids of a project's roles by name."""
        reply = self.get(f"/projects/{project}?include=project_authorization_roles")
        included = reply.json["included"]
        return {
            each["attributes"]["name"]: each["id"] for each in included if each["type"] == "project_authorization_role"
        }

    def write_role(
        self, project: str, role: str, users: list[str] | None = None, groups: list[str] | None = None
    ) -> None:
        """Set the members of one role, and wait until it is done."""
        reply = self.post("/async_transactions", transaction(project, {self.roles(project)[role]: (users, groups)}))
        assert reply.status == 202, reply.raw
        self.wait()

    def mark_resources(self, project: str, marked: Any) -> Reply:
        """Call the emulator's own route that says whether a project holds resources."""
        body = json.dumps({"has_resources": marked}).encode()
        target = f"/emulator/projects/{project}"
        return wsgi_call(self.emulator.wsgi, "PUT", target, body, {"Cookie": self._cookie})

    def services(self) -> dict[str, Any]:
        """Return the services of the manifest by name."""
        (manifest,) = self.get("/app_services_manifests").data
        return {each["spec"]["name"]: each for each in manifest["attributes"]["app_services"]}

    def manifest(self) -> dict[str, Any]:
        """Return the attributes of the manifest."""
        (manifest,) = self.get("/app_services_manifests").data
        attributes: dict[str, Any] = manifest["attributes"]
        return attributes

    def put_services(self, services: list[Any] | None, **attributes: Any) -> Reply:
        body = resource("app_services_manifest", {"app_services": services, **attributes})
        return self.put("/app_services_manifests", body)


def resource(type_name: str, attributes: dict[str, Any], relationships: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the body of a request."""
    return {"data": {"type": type_name, "attributes": attributes, "relationships": relationships or {}}}


def user(username: str, relationships: dict[str, Any] | None = None, **attributes: Any) -> dict[str, Any]:
    """Return the body that creates a user."""
    person = {
        "username": username,
        "first_name": "Ada",
        "last_name": "Lovelace",
        "email": f"{username}@example.org",
        "password": PASSWORD,
    }
    return resource("user", {**person, **attributes}, relationships)


def one(type_name: str, record_id: str) -> dict[str, Any]:
    """Return the linkage of a to-one relationship."""
    return {"data": {"type": type_name, "id": record_id}}


def many(type_name: str, ids: list[str]) -> dict[str, Any]:
    """Return the linkage of a to-many relationship."""
    return {"data": [{"type": type_name, "id": each} for each in ids]}


Members = tuple["list[str] | None", "list[str] | None"]  # users, groups; None says nothing about them


def transaction(project: str, roles: dict[str, Members]) -> dict[str, Any]:
    """Return the body that writes the members of some roles of a project."""
    requests = []
    for role, (users, groups) in roles.items():
        links: dict[str, Any] = {"project": one("project", project)}
        if users is not None:
            links["principal_users"] = many("user", users)
        if groups is not None:
            links["principal_user_groups"] = many("user_group", groups)
        body = resource("project_authorization_role", {}, links)
        requests.append({"method": "put", "resource": f"project_authorization_roles/{role}", "body": body})
    metadata = {"project_ids": [project], "notify_by_email": False}
    return {"data": {"attributes": {"metadata": metadata, "requests": requests}}}


def assert_shape(sample: Any, actual: Any, where: str = "") -> None:
    """Assert that everything in a sample is in a body too, with the same JSON types.

    Of a list the first entry counts: each entry of the body must look like it.
    """
    assert type(sample) is type(actual), f"{where}: {actual!r} is not like {sample!r}"
    if isinstance(sample, dict):
        for name, value in sample.items():
            assert name in actual, f"{where}.{name} is missing in {actual!r}"
            assert_shape(value, actual[name], f"{where}.{name}")
    elif isinstance(sample, list) and sample:
        assert actual, f"{where} is empty"
        for place, value in enumerate(actual):
            assert_shape(sample[0], value, f"{where}[{place}]")
