"""A company on an emulated cluster, changed one manifest at a time; what goes over the wire is looked at."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import yaml

from igz_apply.cli.main import run
from igz_apply.controlplane import Client, NotFound
from igz_apply.emulator import Emulator, Server

WRITES = ("POST", "PUT", "DELETE")
API = {"apiVersion": "iguazio.com/v1"}

COMPANY: dict[str, dict[str, Any]] = {
    "Group/ds": {"description": "Scientists", "assigned_policies": ["Data", "Developer"]},
    "Group/ops": {"description": "Operators", "assigned_policies": ["Data"]},
    "User/ada": {
        "first_name": "Ada",
        "last_name": "L",
        "email": "ada@example.org",
        "assigned_policies": ["Developer", "Application Read Only"],
        "primary_group": "ds",
        "groups": ["ds"],
    },
    "User/bob": {
        "first_name": "Bob",
        "last_name": "M",
        "email": "bob@example.org",
        "assigned_policies": ["Developer"],
        "groups": [],
    },
    "Project/churn": {
        "description": "Churn",
        "owner": "ada",
        "labels": {"team": "retail"},
        "members": {"editor": {"users": ["bob"]}, "viewer": {"groups": ["ops"]}},
    },
    "AppService/notebook": {
        "kind": "jupyter",
        "owner": "ada",
        "description": "Notebook",
        "resources": {"requests": {"cpu": "500m", "memory": "1Gi"}, "limits": {"cpu": "1", "memory": "2Gi"}},
        "security_context": {
            "run_as_user": "1000",
            "run_as_group": "1000",
            "fs_group": "1000",
            "supplemental_groups": ["5", "6"],
            "run_as_non_root": True,
        },
    },
}


@dataclass
class Site:
    """A config repo and the cluster that it describes."""

    folder: Path
    log: Path
    server: Server
    emulator: Emulator

    def declare(self, company: Mapping[str, Mapping[str, Any] | None]) -> None:
        """Write the manifests; None declares absent."""
        documents = []
        for address, spec in company.items():
            kind, name = address.split("/")
            document: dict[str, Any] = {**API, "kind": kind, "metadata": {"name": name}}
            document |= {"lifecycle": {"state": "absent"}} if spec is None else {"spec": spec}
            documents.append(document)
        (self.folder / "manifests").mkdir(exist_ok=True)
        text = yaml.dump_all(documents, Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper))
        (self.folder / "manifests" / "all.yaml").write_text(text)

    def run(self, *arguments: str, expect: int = 0) -> str:
        """Run a command in the config repo; fail unless it ends as expected."""
        code, said = self.ended(*arguments)
        assert code == expect, said
        return said

    def ended(self, *arguments: str) -> tuple[int, str]:
        """Run a command in the config repo; return how it ended, and what it said."""
        output = StringIO()
        with redirect_stdout(output), redirect_stderr(output):
            code = run(arguments)
        return code, output.getvalue()

    def writes(self, do: Callable[[], object]) -> list[tuple[str, str, Any]]:
        """Return (method, path, data) of what `do` changed on the cluster, as the server logged it."""
        return [
            (line["method"], line["path"].removeprefix("/api/"), (line.get("body") or {}).get("data"))
            for line in self.requests(do)
            if line["method"] in WRITES and "/sessions" not in line["path"]
        ]

    def requests(self, do: Callable[[], object]) -> list[dict[str, Any]]:
        """Return the lines of the server's log that `do` caused, in the order of the answers."""
        before = len(self._lines())
        do()
        return self._lines()[before:]

    def _lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text().splitlines()]


def inventory(site: Site) -> dict[str, Any]:
    """Return the entries of the site's inventory."""
    (path,) = (site.folder / ".igz-apply").glob("inventory*.json")
    entries: dict[str, Any] = json.loads(path.read_text())["entries"]
    return entries


def by_hand(site: Site, method: str, path: str, body: Any = None) -> Any:
    """Make a call past igz-apply, as the dashboard would, and wait until what is deleted is gone; return its data."""
    with Client(endpoint=site.server.url, access_key=site.server.access_key) as client:
        answer = client.call(method, path, body=body)
    if method == "DELETE" and "/" in path:
        until_gone(site, path)
    return answer.data


def until_gone(site: Site, path: str) -> None:
    """Wait until something is not there any more."""
    with Client(endpoint=site.server.url, access_key=site.server.access_key) as client:
        assert any(_is_gone(client, path) for _ in range(500)), f"{path} does not go"


def edit(site: Site, path: str, **attributes: Any) -> None:
    """Change attributes past igz-apply."""
    by_hand(site, "PUT", path, {"data": {"type": path.split("/")[0].removesuffix("s"), "attributes": attributes}})


def edit_service(site: Site, name: str, **spec: Any) -> None:
    """Change a service past igz-apply, and wait until it is done; without anything to change it is removed."""
    (document,) = by_hand(site, "GET", "app_services_manifests")
    services = document["attributes"]["app_services"]
    kept = [each for each in services if spec or each["spec"]["name"] != name]
    for each in kept:
        if each["spec"]["name"] == name:
            each["spec"] |= {"mark_as_changed": True, **spec}
    written = {"app_services": kept}
    by_hand(site, "PUT", "app_services_manifests", {"data": {"type": document["type"], "attributes": written}})
    settled(site)


def settled(site: Site) -> None:
    """Wait until no modification of the services runs."""
    with Client(endpoint=site.server.url, access_key=site.server.access_key) as client:
        assert any(_is_idle(client) for _ in range(500)), "a modification does not end"


def _is_idle(client: Client) -> bool:
    (document,) = client.get("app_services_manifests").data
    return not document["attributes"].get("running_modification_job")


def _is_gone(client: Client, path: str) -> bool:
    try:
        client.get(path)
    except NotFound:
        return True
    return False
