"""A company on Iguazio 3 that moves: manifests of as many people and projects as asked for, and what to say of them.

However few there are, every oddity is among them, as a person, a group or a project of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Document = dict[str, Any]

CONFIG = """\
version: 1
targets:
  old: {endpoint: "embedded:old.db", manifests: [old], inventory: old.json}
  new: {endpoint: "embedded4:new.db", manifests: [new], inventory: new.json}
"""

MAPPING = """\
version: 1
users:
  Mixed.Case: {first_name: Mira, last_name: Case}
  "svc-*": "*.service@example.com"
groups:
  "ops-*": "operations/*"
  loners: people/alone
  all_users: everybody
separator: "."
policies:
  Data: oris-developer
  Developer: [Developer, oris-viewer]
  Application Admin: {leave: "services are run by MLRun there"}
roles: {editor: builder}
projects:
  orphaned: {owner: u0}
  shelved: {state: archived}
leave:
  - {resource: "User/left-*", reason: "they are of the past"}
  - {resource: Project/scratch, reason: "nobody needs it"}
"""
"""What has to be said of it; `all_users` becomes a group, and one policy becomes two."""


@dataclass(frozen=True)
class Size:
    """How many of each there are, the odd ones not counted."""

    users: int = 4
    groups: int = 3
    projects: int = 2
    services: int = 1


def write(folder: Path, size: Size) -> None:
    """Write config, manifests of the old side, and mapping into a folder."""
    (folder / "igz-apply.yaml").write_text(CONFIG)
    (folder / "mapping.yaml").write_text(MAPPING)
    (folder / "old").mkdir()
    texts = (json.dumps(each) for each in (*_usual(size), *_odd()))
    (folder / "old" / "all.yaml").write_text("\n---\n".join(texts))


def manifest(kind: str, name: str, spec: Mapping[str, Any], **lifecycle: Any) -> Document:
    document: Document = {"apiVersion": "iguazio.com/v1", "kind": kind, "metadata": {"name": name}, "spec": dict(spec)}
    return {**document, "lifecycle": lifecycle} if lifecycle else document


def person(name: str, **spec: Any) -> Document:
    named = {"first_name": name.replace(".", "-").capitalize(), "last_name": "Test", "email": f"{name}@example.com"}
    return manifest("User", name, {**named, **spec})


def _usual(size: Size) -> Iterator[Document]:
    for index in range(size.groups):
        yield manifest("Group", f"team.g{index}", {"description": f"The team {index}"})
    for index in range(size.users):
        groups = sorted({f"team.g{index % size.groups}", f"team.g{(index * 7 + 1) % size.groups}"})
        yield person(f"u{index}", groups=groups, assigned_policies=["Data"] if index % 5 == 0 else [])
    for index in range(size.projects):
        owner, admin, viewer = (f"u{(index * step) % size.users}" for step in (1, 3, 11))
        members: dict[str, Any] = {"editor": {"groups": [f"team.g{index % size.groups}"]}}
        if admin != owner:
            members["admin"] = {"users": [admin]}
        if viewer not in (owner, admin):
            members["viewer"] = {"users": [viewer]}
        yield manifest("Project", f"p{index}", {"owner": owner, "description": f"No. {index}", "members": members})
    for index in range(size.services):
        yield manifest("AppService", f"notes{index}", {"kind": "jupyter", "owner": f"u{index % size.users}"})


def _odd() -> Iterator[Document]:
    yield manifest("Group", "ops-night", {"description": "Night shift", "assigned_policies": ["Developer"]})
    yield manifest("Group", "ops-day", {"users": ["u0", "left-hand"]})
    yield manifest("Group", "loners", {})
    yield manifest("Group", "unused", {"description": "nobody is in it", "assigned_policies": ["Application Admin"]})
    yield person("Mixed.Case", email="Mira.Case@Example.COM", groups=["ops-night"])
    yield person("svc-loader", email="Loader.Service@Example.com", groups=["loners"])
    yield person("robot-1", email="Robot@robots.example.com", groups=["team.g0"])
    yield person("asleep", admin_status="down", groups=["ops-night", "loners"])
    yield person("left-hand", assigned_policies=["Developer"])
    yield person("rich", assigned_policies=["Application Admin", "Data", "Developer"], primary_group="ops-night")
    yield person("uni")
    yield manifest("Project", "orphaned", {"owner": "left-hand", "members": {"viewer": {"users": ["rich"]}}})
    yield manifest("Project", "resting", {"owner": "u0", "admin_status": "offline", "labels": {"team": "night"}})
    yield manifest("Project", "shelved", {"owner": "rich", "annotations": {"note": 'läuft: "nicht"\nmehr'}})
    yield manifest("Project", "scratch", {"owner": "u0"})
    yield manifest(
        "Project",
        "shared",
        {
            "owner": "u0",
            "default_function_node_selector": {"zone": "a"},
            "members": {
                "admin": {"users": ["u0", "rich"], "groups": ["ops-day"]},
                "editor": {"users": ["asleep", "left-hand"], "groups": ["ops-night", "unused"]},
                "viewer": {"users": ["svc-loader"], "groups": ["all_users", "loners"]},
            },
        },
        prevent_destroy=True,
    )
