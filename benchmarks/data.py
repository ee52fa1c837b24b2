"""Believable data at the size that the platform allows: manifests in two layouts, and the same for an emulator."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

API_VERSION = "iguazio.com/v1"
FIRST = ("Ada", "Alan", "Grace", "Linus", "Edsger", "Barbara", "Donald", "Margaret", "Katherine", "Radia", "Tim")
LAST = ("Lovelace", "Turing", "Hopper", "Pauling", "Dijkstra", "Liskov", "Knuth", "Hamilton", "Johnson", "Perlman")
DEPARTMENTS = ("Retail", "Supply", "Finance", "Research", "Platform", "Support", "Marketing", "Logistics")
TITLES = ["Data scientist", "Data engineer", "Analyst", "Platform engineer", "Product owner"]
POLICIES = [["Data"], ["Developer", "Application Read Only"], ["Data", "Application Admin"]]


@dataclass(frozen=True)
class Size:
    """How many resources of each kind."""

    users: int
    groups: int
    projects: int
    services: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.users + self.groups + self.projects + self.services


def size_of(total: int) -> Size:
    """Return the size with that total, in the proportions of 10,000 : 1,000 : 1,000 : 200."""
    groups = max(4, round(total / 12.2))
    services = max(1, round(total / 61))
    return Size(users=total - 2 * groups - services, groups=groups, projects=groups, services=services)


def documents(size: Size, seed: int = 1) -> list[dict[str, Any]]:
    """Return the manifests; the same size and seed give the same ones."""
    chance = random.Random(seed)
    groups = [f"group-{number:05}" for number in range(size.groups)]
    users = [f"user-{number:05}" for number in range(size.users)]
    found = [_document("Group", name, _group(name, chance)) for name in groups]
    found += [_document("User", name, _user(name, groups, chance)) for name in users]
    found += [
        _document("Project", f"project-{number:05}", _project(number, users, groups, chance))
        for number in range(size.projects)
    ]
    found += [
        _document("AppService", f"service-{number:05}", _service(number, users, chance))
        for number in range(size.services)
    ]
    return found


def changed(manifests: Sequence[dict[str, Any]], share: float, seed: int = 2) -> list[dict[str, Any]]:
    """Return the manifests with another description or job title in that share of them, for each kind alike."""
    chance = random.Random(seed)
    found = []
    for document in manifests:
        if chance.random() < share:
            field = "job_title" if document["kind"] == "User" else "description"
            document = {**document, "spec": {**document["spec"], field: "changed by the benchmark"}}
        found.append(document)
    return found


PATCH: dict[str, Any] = {"address": "User/*", "patch": {"spec": {"data_access_mode": "enabled"}}}
"""What a config has otherwise for five of six resources."""


def patched(manifests: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the manifests with PATCH written out in them."""
    added = PATCH["patch"]["spec"]
    return [
        {**document, "spec": {**document["spec"], **added}} if document["kind"] == "User" else document
        for document in manifests
    ]


DEFAULTS: dict[str, dict[str, Any]] = {
    "Group": {"assigned_policies": POLICIES[0]},
    "User": {"assigned_policies": POLICIES[0], "admin_status": "up"},
    "Project": {"labels": {"stage": "prod"}},
    "AppService": {
        "kind": "jupyter",
        "desired_state": "ready",
        "resources": {"requests": {"cpu": "500m", "memory": "1Gi"}, "limits": {"cpu": "2", "memory": "4Gi"}},
        "jupyter": {"image_name": "jupyter-all"},
    },
}
"""What manifests that are written in layers leave out where they would say it."""


def write_layered(manifests: Sequence[dict[str, Any]], folder: Path) -> None:
    """Write the manifests without what DEFAULTS say for them, and PATCH into a config."""
    thin = [{**each, "spec": _without(each["spec"], DEFAULTS[each["kind"]])} for each in manifests]
    write_multi(thin, folder / "manifests")
    defaults = [{"apiVersion": API_VERSION, "kind": kind, "spec": spec} for kind, spec in DEFAULTS.items()]
    (folder / "manifests" / "_defaults.yaml").write_text("---\n".join(map(_dump, defaults)), encoding="utf-8")
    config = {"version": 1, "manifests": ["manifests"], "patches": [PATCH]}
    (folder / "igz-apply.yaml").write_text(_dump(config), encoding="utf-8")


def _without(stated: dict[str, Any], default: dict[str, Any]) -> dict[str, Any]:
    """Return what is stated beyond a default."""
    kept = {key: value for key, value in stated.items() if default.get(key) != value}
    return {
        key: _without(value, default[key]) if isinstance(value, dict) and key in default else value
        for key, value in kept.items()
    }


def write_single(manifests: Sequence[dict[str, Any]], folder: Path) -> None:
    """Write one file a resource."""
    for document in manifests:
        home = folder / document["kind"].lower()
        home.mkdir(parents=True, exist_ok=True)
        (home / f"{document['metadata']['name']}.yaml").write_text(_dump(document), encoding="utf-8")


def write_multi(manifests: Sequence[dict[str, Any]], folder: Path, files: int = 100) -> None:
    """Write so many files with several documents each."""
    folder.mkdir(parents=True, exist_ok=True)
    share = -(-len(manifests) // files)
    for number in range(files):
        some = manifests[number * share : (number + 1) * share]
        if some:
            text = "---\n".join(map(_dump, some))
            (folder / f"part-{number:03}.yaml").write_text(text, encoding="utf-8")


def loadable(manifests: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the same resources as an emulator loads them."""
    return {
        "groups": [_attributes(document, "name") for document in _of("Group", manifests)],
        "users": [_attributes(document, "username") for document in _of("User", manifests)],
        "projects": [_attributes(document, "name") for document in _of("Project", manifests)],
        "services": [_attributes(document, "name") for document in _of("AppService", manifests)],
    }


def _of(kind: str, manifests: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    return (document for document in manifests if document["kind"] == kind)


def _attributes(document: dict[str, Any], key: str) -> dict[str, Any]:
    return {key: document["metadata"]["name"], **document["spec"]}


def _dump(document: dict[str, Any]) -> str:
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    return str(yaml.dump(document, Dumper=dumper, sort_keys=False, allow_unicode=True))


def _document(kind: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": API_VERSION, "kind": kind, "metadata": {"name": name}, "spec": spec}


def _group(name: str, chance: random.Random) -> dict[str, Any]:
    return {"description": f"People of {name}", "assigned_policies": chance.choice(POLICIES)}


def _user(name: str, groups: Sequence[str], chance: random.Random) -> dict[str, Any]:
    first, last = chance.choice(FIRST), chance.choice(LAST)
    mine = chance.sample(groups, 3)
    return {
        "first_name": first,
        "last_name": last,
        "email": f"{name}@example.org",
        "assigned_policies": chance.choice(POLICIES),
        "job_title": chance.choice(TITLES),
        "department": chance.choice(DEPARTMENTS),
        "phone_number": f"+44-{chance.randrange(10**8):08}",
        "admin_status": "up",
        "primary_group": mine[0],
        "groups": mine,
    }


def _project(number: int, users: Sequence[str], groups: Sequence[str], chance: random.Random) -> dict[str, Any]:
    owner, *members = chance.sample(users, 6)
    return {
        "description": f"Project number {number}",
        "owner": owner,
        "labels": {"team": chance.choice(DEPARTMENTS).lower(), "stage": chance.choice(["dev", "prod"])},
        "annotations": {"cost-center": str(chance.randrange(100, 999))},
        "members": {
            "admin": {"users": members[:1]},
            "editor": {"users": members[1:3], "groups": [chance.choice(groups)]},
            "viewer": {"users": members[3:]},
        },
    }


def _service(number: int, users: Sequence[str], chance: random.Random) -> dict[str, Any]:
    return {
        "kind": "jupyter",
        "owner": chance.choice(users),
        "description": f"Notebook {number}",
        "desired_state": "ready",
        "resources": {"requests": {"cpu": "500m", "memory": "1Gi"}, "limits": {"cpu": "2", "memory": "4Gi"}},
        "scale_to_zero": {
            "mode": "enabled",
            "scale_resources": [{"metric_name": "num_of_requests", "threshold": 0, "window_size": "1h"}],
        },
        "jupyter": {"image_name": "jupyter-all"},
    }
