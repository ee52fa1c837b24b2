"""Random config repositories that are made of layers: defaults at several depths, values, profiles, patches.

Everything in one is valid, so that what comes of it can be planned. What it names beside what it declares is in
`PEOPLE`, `GROUPS`: a test lets those live.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

VERSION = "iguazio.com/v1"
TARGET = "prod"
PEOPLE = ("ada", "bob", "cyd", "dee")
OWNERS = PEOPLE[:2]
GROUPS = ("ds", "ops")
FOLDERS = ("manifests", "manifests/retail", "manifests/retail/deep", "manifests/other")
POLICIES = ("Data", "Developer", "Application Read Only", "Service Admin")
# Text that a writer has to quote, escape or fold, and a reader could take for something else.
TEXTS = (
    "plain words",
    "1.10",
    "yes",
    "~",
    "two\nlines\n",
    "a: b # c",
    "2026-11-30",
    "${curly}",
    "0x1F",
    "a  b",
    "Größe",
)

Spec = dict[str, Any]
Draw = Callable[[random.Random], Any]


@dataclass
class Repository:
    """The files of a repository, and its config as data."""

    config: dict[str, Any]
    files: dict[str, list[Any]] = field(default_factory=dict)  # path -> documents
    declared: list[str] = field(default_factory=list)  # addresses, those that profiles make too

    def write(self, folder: Path) -> None:
        """Write it all; the config may be added to before."""
        for path, documents in self.files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text("\n---\n".join(map(_written, documents)) + "\n", encoding="utf-8")
        (folder / "igz-apply.yaml").write_text(_written(self.config) + "\n", encoding="utf-8")


def _written(document: Mapping[str, Any]) -> str:
    """Return a document with the parts of a manifest on lines of their own, so that places differ."""
    lines = []
    for key, value in document.items():
        if isinstance(value, dict) and value and key in ("spec", "metadata", "values"):
            lines.append(f"{key}:")
            lines += [f"  {json.dumps(name)}: {json.dumps(below)}" for name, below in value.items()]
        else:
            lines.append(f"{key}: {json.dumps(value)}")
    return "\n".join(lines)


def repository(pick: random.Random) -> Repository:
    """Return a random repository whose target `prod` has every sort of layer, now and then."""
    made = Repository({"version": 1, "targets": {TARGET: {}}})
    values = _values(pick)
    for folder in FOLDERS:
        _add_manifests(made, pick, folder)
    _add_profiles(made, pick)
    for folder in FOLDERS:
        if pick.random() < 0.6:
            kinds = pick.sample(sorted(_FIELDS), pick.randint(1, 3))
            defaults = [_partial(pick, kind, nulls=0.2) for kind in kinds]
            made.files[f"{folder}/_defaults.yaml"] = [{"apiVersion": VERSION, **it} for it in defaults]
    patches = [_patches(made, pick), _patches(made, pick)]
    for holder, patch in zip((made.config, made.config["targets"][TARGET]), patches, strict=True):
        if patch:
            holder["patches"] = patch
    if values:
        made.config["values"] = {name: draw(pick) for name, draw in values.items()}
        over = pick.sample(sorted(values), pick.randint(0, len(values)))
        if over:
            made.config["targets"][TARGET]["values"] = {name: values[name](pick) for name in over}
        _refer(made, pick, values)
    return made


# Fields, each with what may stand there.


def _text(pick: random.Random) -> str:
    return pick.choice(TEXTS)


def _some_of(*items: str) -> Draw:
    return lambda pick: pick.sample(items, pick.randint(0, len(items)))


def _labels(pick: random.Random) -> dict[str, str]:
    keys = pick.sample(("team", "zone", "cost.center/x", "yes"), pick.randint(0, 3))
    return {key: pick.choice(("retail", "42", "no", "1.10")) for key in keys}


def _amounts(pick: random.Random) -> dict[str, Any]:
    return {
        side: {"memory": pick.choice(("1Gi", "2Gi", "4096Mi")), "cpu": pick.choice(("500m", "1", "2"))}
        for side in pick.sample(("requests", "limits"), pick.randint(1, 2))
    }


def _roles(pick: random.Random) -> dict[str, Any]:
    """Return who has which role; whatever layers make of it, nobody has two, or one beside an owner's."""
    roles: dict[str, Any] = {
        "admin": {"users": _some_of(*OWNERS)(pick)},
        "editor": {"users": _some_of("cyd")(pick), "groups": _some_of("ds")(pick)},
        "viewer": pick.choice(({}, {"users": ["dee"]}, {"groups": ["ops"]})),
    }
    return {role: roles[role] for role in pick.sample(sorted(roles), pick.randint(1, 3))}


def _settings(pick: random.Random) -> dict[str, Any]:
    return {"image_name": pick.choice(("jupyter-all", "jupyter-gpu")), "extra_environment_vars": _labels(pick)}


_FIELDS: Mapping[str, Mapping[str, Draw]] = {
    "User": {
        "job_title": _text,
        "department": _text,
        "assigned_policies": _some_of(*POLICIES),
        "groups": _some_of(*GROUPS),
    },
    "Group": {"description": _text, "assigned_policies": _some_of(*POLICIES)},
    "Project": {"description": _text, "owner": lambda pick: pick.choice(OWNERS), "labels": _labels, "members": _roles},
    "AppService": {
        "description": _text,
        "owner": lambda pick: pick.choice(OWNERS),
        "resources": _amounts,
        "jupyter": _settings,
    },
}
_CLEARED = ("job_title", "department", "description")  # which may be null wherever they stand
_NAMES: Mapping[str, Sequence[str]] = {
    "User": PEOPLE,
    "Group": GROUPS,
    "Project": ("churn", "fraud", "pricing"),
    "AppService": ("nb-1", "nb-2", "nb-3"),
}


def _partial(pick: random.Random, kind: str, nulls: float) -> Spec:
    """Return a manifest without a name that states some fields; some are null, with that likelihood."""
    found: Spec = {"kind": kind}
    names = pick.sample(sorted(_FIELDS[kind]), pick.randint(1, len(_FIELDS[kind])))
    found["spec"] = {
        name: None if name in _CLEARED and pick.random() < nulls else _FIELDS[kind][name](pick) for name in names
    }
    if kind == "AppService" and pick.random() < 0.5:
        found["metadata"] = {"labels": _labels(pick)}
    if pick.random() < 0.3:
        found["lifecycle"] = pick.choice(
            ({"ignore_changes": ["description"] if kind != "User" else ["job_title"]}, {"prevent_destroy": True})
        )
    return found


def _add_manifests(made: Repository, pick: random.Random, folder: str) -> None:
    """Add some manifests of what nothing else declares yet."""
    for kind, names in _NAMES.items():
        for name in pick.sample(names, pick.randint(0, 2)):
            address = f"{kind}/{name}"
            if address in made.declared:
                continue
            part = _partial(pick, kind, nulls=0.3)
            if kind == "AppService":
                part["spec"]["kind"] = "jupyter"
            part["metadata"] = {"name": name, **part.get("metadata", {})}
            file = f"{folder}/{pick.choice(('a', 'b'))}.yaml"
            made.files.setdefault(file, []).append({"apiVersion": VERSION, **part})
            made.declared.append(address)


def _add_profiles(made: Repository, pick: random.Random) -> None:
    for form in pick.sample(("list", "facts", "group"), pick.randint(0, 3)):
        members = pick.sample(PEOPLE, pick.randint(1, 3))
        profile: Spec = {"apiVersion": VERSION, "kind": "Profile", "metadata": {"name": form}}
        service = _partial(pick, "AppService", nulls=0.2)
        service["metadata"] = {"name": f"{form}-{{member}}"}
        service["spec"] |= {"kind": "jupyter", "owner": "{member}"}
        project: Spec = {
            "kind": "Project",
            "metadata": {"name": f"{form}-of-{{member}}"},
            "spec": {"description": "Of {member}", "owner": "ada", "labels": {"who": "{member}"}},
        }
        if form == "list":
            profile["members"] = members
        elif form == "facts":
            profile["members"] = {
                name: {"memory": pick.choice(("1Gi", "8Gi")), "what": _text(pick)} for name in members
            }
            service["spec"]["resources"] = {"limits": {"memory": {"from_member": "memory"}}}
            project["spec"]["description"] = {"from_member": "what"}
        else:
            profile["members_of"] = "team"
            _add_team(made, members)
        profile["resources"] = [service, project]
        made.files.setdefault(f"{pick.choice(FOLDERS)}/profiles.yaml", []).append(profile)
        made.declared += [
            f"{kind}/{name.format(member=each)}"
            for each in members
            for kind, name in (
                ("AppService", service["metadata"]["name"]),
                ("Project", project["metadata"]["name"]),
            )
        ]


def _add_team(made: Repository, members: Sequence[str]) -> None:
    team = {"apiVersion": VERSION, "kind": "Group", "metadata": {"name": "team"}, "spec": {"users": list(members)}}
    made.files.setdefault("manifests/team.yaml", []).append(team)
    made.declared.append("Group/team")


def _patches(made: Repository, pick: random.Random) -> list[Spec]:
    """Return patches, each for something that is declared."""
    found = []
    for address in pick.sample(made.declared, min(len(made.declared), pick.randint(0, 3))):
        kind, _, name = address.partition("/")
        part = _partial(pick, kind, nulls=0.5)
        del part["kind"]
        where = pick.choice((address, address, f"{kind}/{name[:1]}*", kind))
        found.append({"address": where, "patch": part})
    if made.declared and pick.random() < 0.2:
        found.append({"address": "*/*", "patch": {"lifecycle": {"prevent_destroy": False}}})
    return found


# Values: what a reference may stand for, by the field that it stands in.


def _values(pick: random.Random) -> dict[str, Draw]:
    """Return the values that the config defines, with what each may be."""
    known: dict[str, Draw] = {
        "description": _text,
        "assigned_policies": _some_of(*POLICIES),
        "labels": _labels,
        "resources": _amounts,
        "memory": lambda pick: pick.choice(("1Gi", "16Gi")),
    }
    return {name: known[name] for name in pick.sample(sorted(known), pick.randint(0, len(known)))}


def _refer(made: Repository, pick: random.Random, values: Mapping[str, Draw]) -> None:
    """Put references where the values fit, in whatever layer."""
    parts = [each for documents in made.files.values() for each in documents]
    parts += [
        entry["patch"]
        for holder in (made.config, made.config["targets"][TARGET])
        for entry in holder.get("patches", ())
    ]
    parts += [template for part in parts if part.get("kind") == "Profile" for template in part["resources"]]
    for spec in [part["spec"] for part in parts if "spec" in part]:
        for name in sorted(values):
            if name in spec and pick.random() < 0.4:
                spec[name] = {"from_value": name}
        limits = spec.get("resources", {}).get("limits", {})
        if "memory" in values and isinstance(limits.get("memory"), str) and pick.random() < 0.4:
            limits["memory"] = {"from_value": "memory"}
