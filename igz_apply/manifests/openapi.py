"""The kinds as kustomize wants them: an OpenAPI file that tells by what the entries of a list are told apart.

Without it a patch replaces every list of our kinds whole (kustomize knows those of Kubernetes alone).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from igz_apply.authoring.schema_paths import resolved
from igz_apply.platform import Platform

Schema = Mapping[str, Any]


def openapi(platform: Platform) -> Mapping[str, Any]:
    """Return the document for `openapi: {path: ...}` of a kustomization."""
    group, _, version = platform.kinds.api_version.partition("/")
    backwards = ".".join(reversed(group.split(".")))
    definitions = {
        f"{backwards}.{version}.{name}": _definition(schema, {"group": group, "version": version, "kind": name})
        for name, schema in platform.schemas.items()
    }
    return {
        "swagger": "2.0",
        "info": {"title": "igz-apply", "version": version},
        "paths": {},
        "definitions": definitions,
    }


def _definition(schema: Schema, told: Mapping[str, str]) -> Mapping[str, Any]:
    return {**_form(schema, schema), "x-kubernetes-group-version-kind": [told]}


def _form(root: Schema, schema: Schema) -> dict[str, Any]:
    """Return the form of a value: what is in it, and nothing of what is allowed in it."""
    schema = resolved(root, schema)
    types = schema.get("type", ())
    if "object" in types:
        below = {name: _form(root, each) for name, each in schema.get("properties", {}).items()}
        more = schema.get("additionalProperties")
        return {
            "type": "object",
            **({"properties": below} if below else {}),
            **({"additionalProperties": _form(root, more)} if isinstance(more, Mapping) else {}),
        }
    if "array" in types:
        return {"type": "array", "items": _form(root, schema.get("items", {})), **_merging(root, schema)}
    return {"type": next((each for each in _types(types) if each != "null"), "string")}


def _merging(root: Schema, schema: Schema) -> Mapping[str, str]:
    """Say that a list's entries are merged, where a key of theirs tells them apart: a required text, the first one."""
    items = resolved(root, schema.get("items", {}))
    below = items.get("properties", {})
    key = next((each for each in items.get("required", ()) if resolved(root, below[each]).get("type") == "string"), "")
    return {"x-kubernetes-patch-strategy": "merge", "x-kubernetes-patch-merge-key": key} if key else {}


def _types(types: Any) -> tuple[str, ...]:
    return (types,) if isinstance(types, str) else tuple(types)
