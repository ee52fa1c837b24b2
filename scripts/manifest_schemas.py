"""Holds documents of Kubernetes and of Argo to the schemas that are published for them, in scripts/deploy_schemas/."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs

FOLDER = Path(__file__).parent / "deploy_schemas"
_ARGO = {
    "Application": "argo-cd",
    "AppProject": "argo-cd",
    "Workflow": "argo-workflows",
    "WorkflowTemplate": "argo-workflows",
}
# What Argo CD reads in a plug-in's own container. It is no resource, and has no published schema.
_WORDS: dict[str, Any] = {"type": "array", "items": {"type": "string"}}
_COMMAND = {
    "type": "object",
    "required": ["command"],
    "properties": {"command": _WORDS, "args": _WORDS},
    "additionalProperties": False,
}
_SPEC = {
    "type": "object",
    "required": ["generate"],
    "properties": {
        "version": {"type": "string"},
        "init": _COMMAND,
        "generate": _COMMAND,
        "discover": {"type": "object"},
        "parameters": {"type": "object"},
        "preserveFileMode": {"type": "boolean"},
        "provideGitCreds": {"type": "boolean"},
    },
    "additionalProperties": False,
}
_PLUGIN: dict[str, Any] = {
    "type": "object",
    "required": ["apiVersion", "kind", "metadata", "spec"],
    "properties": {
        "apiVersion": {"const": "argoproj.io/v1alpha1"},
        "kind": {"const": "ConfigManagementPlugin"},
        "metadata": {"type": "object", "required": ["name"]},
        "spec": _SPEC,
    },
    "additionalProperties": False,
}


def sources() -> tuple[str, ...]:
    """Return the names of what documents are held to: each version of Kubernetes, and Argo's."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.json")))


def faults(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with a document, by every schema that is for its kind; a kind that none is for is a fault."""
    kind = str(document.get("kind"))
    if kind == "ConfigManagementPlugin":
        schemas = [("argo-cd", _PLUGIN)]
    else:
        wanted = _ARGO.get(kind, "kubernetes")
        schemas = [(name, _schema(name, kind)) for name in sources() if name.startswith(wanted)]
    for name, schema in schemas:
        if schema is None:
            yield f"{name}: there is no schema for the kind {kind}"
            continue
        for error in _validator(json.dumps(schema)).iter_errors(document):
            place = ".".join(str(step) for step in error.instance_path) or "(top)"
            yield f"{name}: {place}: {error.message}"


def _schema(source: str, kind: str) -> dict[str, Any] | None:
    definitions = _definitions(source)
    return {"$ref": f"#/definitions/{kind}", "definitions": definitions} if kind in definitions else None


@cache
def _definitions(source: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / f"{source}.json").read_text(encoding="utf-8"))["definitions"]
    return found


@cache
def _validator(schema: str) -> Any:
    return jsonschema_rs.Draft7Validator(json.loads(schema))
