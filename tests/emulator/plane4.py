"""An emulator of Iguazio 4 that tests talk to at the WSGI level, with a clock of their own."""

from __future__ import annotations

import json
from typing import Any

from igz_apply.emulator import Emulator4, Options4
from tests.contract.contract_plane import Clock, Reply, wsgi_call


class Plane4:
    """A new emulator, and calls to it as a user: the administrator, unless `as_user` says otherwise."""

    def __init__(self, **options: Any) -> None:
        self.clock = Clock()
        self.emulator = Emulator4(options=Options4(**options), clock=self.clock)
        self.token = self.exchange(self.emulator.offline_token)

    def send(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Reply:
        """Call without credentials, unless the headers hold some."""
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        target = path if path.startswith(("/api", "/emulator", "/igz")) else f"/api/v1{path}"
        return wsgi_call(self.emulator.wsgi, method, target, raw, headers or {})

    def call(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Reply:
        return self.send(method, path, body, {"Authorization": f"Bearer {self.token}", **(headers or {})})

    def get(self, path: str) -> Reply:
        return self.call("GET", path)

    def post(self, path: str, body: Any = None) -> Reply:
        return self.call("POST", path, body)

    def put(self, path: str, body: Any = None) -> Reply:
        return self.call("PUT", path, body)

    def delete(self, path: str, headers: dict[str, str] | None = None) -> Reply:
        return self.call("DELETE", path, headers=headers)

    def exchange(self, offline_token: str) -> str:
        """Return an access token for an offline one."""
        reply = self.send("POST", "/authentication/refresh-access-token", {"refreshToken": offline_token})
        assert reply.status == 200, reply.raw
        return str(reply.json["spec"]["accessToken"])

    def as_user(self, username: str) -> Plane4:
        """Return the same plane, called by another user."""
        other = object.__new__(Plane4)
        other.clock, other.emulator = self.clock, self.emulator
        other.token = self.exchange(self.emulator.issue_offline_token(username))
        return other

    def wait(self, seconds: float = 60.0) -> None:
        self.clock.now += seconds

    def add_user(self, username: str = "ada", **more: Any) -> Any:
        reply = self.post("/profile/users", {"username": username, "firstName": "Ada", "lastName": "L", **more})
        assert reply.status == 201, reply.raw
        return reply.json["metadata"]["id"]

    def add_group(self, name: str, parent: str = "") -> str:
        reply = self.post("/profile/groups", {"name": name, **({"parentId": parent} if parent else {})})
        assert reply.status == 201, reply.raw
        return str(reply.json["metadata"]["id"])

    def add_project(self, name: str = "churn", **more: Any) -> str:
        """Create a project, wait until it is online, and return its witness."""
        reply = self.post("/projects/projects", {"name": name, **more})
        assert reply.status == 202, reply.raw
        self.wait()
        return self.witness(name)

    def project(self, name: str = "churn") -> Any:
        return self.get(f"/projects/projects/{name}").json

    def witness(self, name: str = "churn") -> str:
        return str(self.project(name)["status"]["opId"])

    def members(self, project: str, role: str) -> list[str]:
        """Return who holds a role."""
        items = self.get(f"/authorization/projects/{project}/policies").json["items"]
        (held,) = [each for each in items if each["spec"]["role"] == role]
        return [each["id"] for each in held["status"].get("assignedMembers", [])]


def detail(reply: Reply) -> str:
    """Return the error of an answer, which repeats its status."""
    assert reply.json["status"]["statusCode"] == reply.status
    return str(reply.json["status"]["errorMessage"])
