"""The JSON Schemas of what igz-apply reads and writes, as editors and checks are given them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from igz_apply.authoring.layering.profile_rules import profile_schema
from igz_apply.authoring.manifest_rules import PROFILE
from igz_apply.local.entry_points import KINDS_OFFERED, entry_points_of, is_offered
from igz_apply.local.package_data import load_schema

if TYPE_CHECKING:
    from igz_apply.platform import Platform

FORMS = (
    "config",
    "plan",
    "inventory",
    "events",
    "run",
    "snapshot",
    "access",
    "refs",
    "hook",
    "notification",
    "rounds",
    "mapping",
    "fleet",
    "targets",
    "migration",
    "across",
)
"""What igz-apply reads and writes besides manifests, each with a schema of its own."""


def editor_schema(platform: Platform, kind: str) -> Mapping[str, Any]:
    """Return the schema of a kind, or of PROFILE, as editors are given it: accepting the same, and offering more.

    Raises KeyError for a kind without one.
    """
    schema = profiles(platform) if kind == PROFILE else platform.schema_of(kind)
    worded: Mapping[str, Any] = _for_editors(schema, kind)
    return worded


def profiles(platform: Platform) -> Mapping[str, Any]:
    """Return the schema of the Profiles of a platform."""
    return profile_schema(load_schema("profile"), platform.kinds)


def manifest_schema(platform: Platform) -> Mapping[str, Any]:
    """Return one schema for manifests of any kind, which picks the kind's own: what editors are given."""
    names = (*platform.kinds.names, PROFILE)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "igz-apply manifest",
        "type": "object",
        "properties": {"apiVersion": {"const": platform.kinds.api_version}, "kind": {"enum": list(names)}},
        "required": ["apiVersion", "kind"],
        "allOf": [
            {"if": {"properties": {"kind": {"const": name}}}, "then": {"$ref": f"#/$defs/{name}"}} for name in names
        ],
        "$defs": {name: _moved(editor_schema(platform, name), name) for name in names},
    }


def config_schema() -> Mapping[str, Any]:
    """Return the schema of igz-apply.yaml, which limits the kinds of plug-ins too."""
    schema = form_schema("config")
    if not is_offered(KINDS_OFFERED):
        return schema
    amounts = {name: {"$ref": "#/$defs/amount"} for name in entry_points_of(KINDS_OFFERED)}
    limits = schema["$defs"]["limits"]
    verbs = {
        key: {**verb, "properties": {**verb["properties"], **amounts}} if key in ("delete", "update") else verb
        for key, verb in limits["properties"].items()
    }
    return {**schema, "$defs": {**schema["$defs"], "limits": {**limits, "properties": verbs}}}


def form_schema(form: str) -> Mapping[str, Any]:
    """Return the schema of one of FORMS."""
    return load_schema(form)


def _moved(schema: Any, name: str) -> Any:
    """Return a schema as it has to be to stand below `$defs/<name>` of another: its references lead there."""
    if isinstance(schema, Mapping):
        return {
            key: f"#/$defs/{name}{value[1:]}" if key == "$ref" else _moved(value, name) for key, value in schema.items()
        }
    return [_moved(item, name) for item in schema] if isinstance(schema, list) else schema


_SEVERAL = ("allOf", "anyOf", "oneOf")
_ONE = ("items", "additionalProperties", "propertyNames", "not", "if", "then", "else")  # keywords that hold a schema
_NAMED = ("properties", "patternProperties", "$defs")


def _for_editors(schema: Any, path: str) -> Any:
    """Return a schema with titles for its mappings, and with the known values of open fields as examples.

    An editor says of a wrong value what the title is of what should stand there, and above a field's description what
    the title is of what the field is part of: where that has none, the kind's.
    """
    if not isinstance(schema, Mapping):
        return schema
    worded = {key: _for_editors(value, path) if key in _ONE else value for key, value in schema.items()}
    for key in _SEVERAL:
        if key in worded:
            worded[key] = [_for_editors(each, path) for each in worded[key]]
    for key in _NAMED:
        if key in worded:
            worded[key] = {name: _for_editors(each, _below(path, key, name)) for name, each in worded[key].items()}
    if "object" in schema.get("type", ()):
        worded.setdefault("title", f"{path}, a mapping{_such_as(schema)}")
    if known := schema.get("x-advice", {}).get("enum"):
        worded["examples"] = [*dict.fromkeys((*schema.get("examples", ()), *(each for each in known if each)))]
    return worded


def _below(path: str, keyword: str, name: str) -> str:
    return f"{path}.{name}" if keyword == "properties" else name if keyword == "$defs" else path


def _such_as(schema: Mapping[str, Any]) -> str:
    example: Mapping[str, Any] = next((it for it in schema.get("examples", ()) if isinstance(it, Mapping)), {})
    if not example or any(isinstance(value, (Mapping, list)) for value in example.values()):
        return ""
    shown = (f"{key}: {value if isinstance(value, str) else json.dumps(value)}" for key, value in example.items())
    return f" such as {{{', '.join(shown)}}}"
