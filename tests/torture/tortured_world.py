"""What the tortured apply changes: sixty changes of all kinds, deletes included, beside things that are not ours."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

Manifest = dict[str, Any]

FOREIGN: dict[str, Any] = {
    "groups": [{"name": "legacy", "description": "not ours"}],
    "users": [
        {"username": "zed", "first_name": "Zed", "last_name": "Z", "email": "zed@example.com", "groups": ["legacy"]},
        {"username": "yan", "first_name": "Yan", "last_name": "Y", "email": "yan@example.com"},
    ],
    "projects": [
        {"name": "other", "owner": "zed", "labels": {"keep": "me"}, "members": {"viewer": {"users": ["yan"]}}}
    ],
    "services": [{"spec": {"name": "theirs", "kind": "jupyter", "owner": "zed", "unheard_of": {"a": [1, 2]}}}],
}


def manifest(kind: str, name: str, spec: dict[str, Any], **lifecycle: Any) -> Manifest:
    metadata: dict[str, Any] = {"name": name}
    if "labels" in spec and kind == "AppService":
        metadata["labels"] = spec.pop("labels")
    document: Manifest = {"apiVersion": "iguazio.com/v1", "kind": kind, "metadata": metadata, "spec": spec}
    return {**document, "lifecycle": lifecycle} if lifecycle else document


def group(name: str, **spec: Any) -> Manifest:
    return manifest("Group", name, {"description": f"The {name}", "assigned_policies": ["Data"], **spec})


def user(name: str, **spec: Any) -> Manifest:
    person = {"first_name": name.capitalize(), "last_name": "Test", "email": f"{name}@example.com"}
    return manifest("User", name, {**person, "assigned_policies": ["Developer"], **spec})


def project(name: str, **spec: Any) -> Manifest:
    return manifest("Project", name, {"description": f"Project {name}", **spec})


def service(name: str, **spec: Any) -> Manifest:
    return manifest("AppService", name, {"kind": "jupyter", **spec})


def before() -> list[Manifest]:
    """What an earlier apply has left."""
    return [
        *(group(f"g-stay{n}", description="old") for n in range(3)),
        *(group(f"g-go{n}") for n in range(2)),
        *(user(f"stay{n}", groups=["g-stay0", "g-go0"], job_title="old") for n in range(5)),
        *(user(f"go{n}", groups=["g-go1"]) for n in range(4)),
        *(
            project(f"p-stay{n}", owner="stay0", labels={"a": "1"}, members={"editor": {"users": ["stay1"]}})
            for n in range(4)
        ),
        *(project(f"p-go{n}", owner="go0", deletion_strategy="cascading") for n in range(3)),
        *(service(f"s-stay{n}", owner="stay2", description="old") for n in range(3)),
        *(service(f"s-go{n}", owner="go1") for n in range(2)),
    ]


def after() -> list[Manifest]:
    """What the apply under torture has to reach; what is only in `before` is pruned, or declared absent."""
    return [
        *(group(f"g-stay{n}", description="new") for n in range(2)),
        group("g-stay2", description="old", users=["stay3", "zed"]),
        *(group(f"g-new{n}") for n in range(4)),
        *(user(f"stay{n}", groups=["g-stay0", "g-new0"], job_title="new", primary_group="g-new0") for n in range(4)),
        user("stay4", groups=["g-stay0"], job_title="old"),
        *(user(f"new{n}", groups=[f"g-new{n % 4}", "g-stay1"], password={"from_env": "PASSWORD"}) for n in range(8)),
        *(user(f"plain{n}") for n in range(8)),
        manifest("User", "go3", {}, state="absent"),
        *(
            project(
                f"p-stay{n}",
                owner=f"new{n}",
                labels={"a": "2"},
                members={"editor": {"users": ["new5"], "groups": ["g-new1"]}, "viewer": {"users": ["stay1"]}},
            )
            for n in range(4)
        ),
        *(
            project(
                f"p-new{n}", owner=f"new{n}", members={"viewer": {"groups": ["g-stay1"]}, "admin": {"users": ["new6"]}}
            )
            for n in range(4)
        ),
        *(project(f"p-plain{n}", annotations={"x": "y"}) for n in range(6)),
        *(service(f"s-stay{n}", owner=f"new{n}", description="new", labels={"team": "a"}) for n in range(3)),
        *(service(f"s-new{n}", owner="new7", resources={"requests": {"cpu": "500m"}}) for n in range(4)),
    ]


def write(folder: Path, manifests: Iterable[Manifest]) -> Path:
    """Write manifests as one file and return it; JSON is YAML."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "all.yaml"
    path.write_text("\n---\n".join(json.dumps(document) for document in manifests), encoding="utf-8")
    return path
