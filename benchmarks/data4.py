"""Believable data for Iguazio 4: users in groups four levels deep, projects with members; beside it the same for 3."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any

from benchmarks.data import FIRST, LAST, Size, documents

API_VERSION = "iguazio.com/v4"
POLICIES = ([], ["oris-viewer"], ["oris-developer"])
LEVELS = (5, 5, 4, 4)  # so many in each at the next level: 5, 25, 100 and 400 of 530 groups

Manifest = dict[str, Any]


def size_of(total: int) -> Size:
    """Return the size with that total, in the proportions of 10,000 : 500 : 1,000, and no services."""
    groups, projects = round(total / 23), round(total / 11.5)
    return Size(users=total - groups - projects, groups=groups, projects=projects, services=0)


def iguazio3(size: Size) -> list[Manifest]:
    """Return as many resources of Iguazio 3."""
    found = documents(Size(size.users, size.groups, size.projects, 1))
    return [document for document in found if document["kind"] != "AppService"]


def iguazio4(size: Size, seed: int = 1) -> list[Manifest]:
    """Return the manifests; the same size and seed give the same ones."""
    chance = random.Random(seed)
    groups = list(_paths(size.groups))
    users = [f"user-{number:05}" for number in range(size.users)]
    found = [_document("Group", path, {"policies": chance.choice(POLICIES)}) for path in groups]
    found += [_document("User", name, _user(groups, chance)) for name in users]
    found += [
        _document("Project", f"project-{number:05}", _project(number, users, groups, chance))
        for number in range(size.projects)
    ]
    return found


def loadable(manifests: Sequence[Manifest]) -> dict[str, Any]:
    """Return the same resources as the emulator loads them."""
    return {
        "groups": [{"path": name, **spec} for name, spec in _of("Group", manifests)],
        "users": [
            {
                "username": name,
                "firstName": spec["first_name"],
                "lastName": spec["last_name"],
                **{key: spec[key] for key in ("active", "groups", "policies")},
            }
            for name, spec in _of("User", manifests)
        ],
        "projects": [{"name": name, **spec} for name, spec in _of("Project", manifests)],
    }


def _paths(count: int) -> Iterator[str]:
    """Yield so many paths, level by level; parents come first."""
    level, wanted = [""], count
    for number, many in enumerate(LEVELS):
        level = [f"{parent}/level{number}-{index}".strip("/") for parent in level for index in range(many)]
        yield from level[:wanted]
        wanted -= len(level[:wanted])
    yield from (f"level0-0/more-{index}" for index in range(wanted))


def _of(kind: str, manifests: Sequence[Manifest]) -> Iterator[tuple[str, dict[str, Any]]]:
    return ((each["metadata"]["name"], each["spec"]) for each in manifests if each["kind"] == kind)


def _document(kind: str, name: str, spec: dict[str, Any]) -> Manifest:
    return {"apiVersion": API_VERSION, "kind": kind, "metadata": {"name": name}, "spec": spec}


def _user(groups: Sequence[str], chance: random.Random) -> dict[str, Any]:
    return {
        "first_name": chance.choice(FIRST),
        "last_name": chance.choice(LAST),
        "active": True,
        "groups": chance.sample(groups, 3),
        "policies": chance.choice(POLICIES),
    }


def _project(number: int, users: Sequence[str], groups: Sequence[str], chance: random.Random) -> dict[str, Any]:
    owner, *members = chance.sample(users, 6)
    return {
        "description": f"Project number {number}",
        "owner": owner,
        "labels": {"team": chance.choice(LAST).lower(), "stage": chance.choice(["dev", "prod"])},
        "annotations": {"cost-center": str(chance.randrange(100, 999))},
        "members": {
            "admin": {"users": members[:1]},
            "editor": {"users": members[1:3], "groups": [chance.choice(groups)]},
            "viewer": {"users": members[3:]},
        },
    }
