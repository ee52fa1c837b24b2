"""The schema of a plug-in's manifests: its own of `spec`, inside what manifests of every kind have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from igz_apply.local.package_data import load_schema
from igz_apply.model.kind import Field
from igz_apply.platform import Platform
from igz_apply.plugins.offered import Offered

_ITS_OWN = ("membership", "renamed_from", "timeout")  # in a lifecycle: what not every kind knows


def manifest_schema(offered: Offered, platform: Platform) -> Mapping[str, Any]:
    """Return the schema of a plug-in's manifests on a platform."""
    plugin, name = offered.plugin, offered.kind.name
    like = platform.schema_of(platform.kinds.names[0])["properties"]["lifecycle"]
    known = {key: value for key, value in like["properties"].items() if key not in _ITS_OWN}
    removal = {
        "description": "What a run with prune does once no manifest declares it any more: it is deleted, or given up.",
        "enum": ["delete", "forget"],
    }
    lifecycle = {
        **like,
        "description": f"How igz-apply treats the {name}, apart from its fields.",
        "properties": {**known, "on_removal": {**known["on_removal"], **removal}},
    }
    secrets = {each.name: _secret(each, plugin.schema) for each in offered.kind.fields if each.write_only}
    spec = {
        "description": f"The attributes of the {name}.",
        **{key: value for key, value in plugin.schema.items() if key not in ("$schema", "$defs")},
        "type": "object",
        "properties": {**plugin.schema["properties"], **secrets},
        "additionalProperties": False,
    }
    is_absent = {"properties": {"lifecycle": {"properties": {"state": {"const": "absent"}}, "required": ["state"]}}}
    text = {"description": "The name.", "type": "string", "minLength": 1}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": name,
        "description": plugin.description or f"A kind that {offered.package} adds.",
        "type": "object",
        "properties": {
            "apiVersion": {
                "description": "The version of the manifest format.",
                "const": platform.kinds.api_version,
            },
            "kind": {"description": "The kind of resource.", "const": name},
            "metadata": {
                "description": f"What identifies the {name}.",
                "type": "object",
                "properties": {"name": {**text, "x-immutable": True}},
                "additionalProperties": False,
                "required": ["name"],
            },
            "spec": spec,
            "lifecycle": lifecycle,
        },
        "required": ["apiVersion", "kind", "metadata"],
        "additionalProperties": False,
        "if": {**is_absent, "required": ["lifecycle"]},
        "else": {"required": ["spec"]},
        "$defs": plugin.schema.get("$defs", {}),
    }


def _secret(field: Field, schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the schema of a secret, which says where it lies, as that of a user's password does."""
    like = load_schema("user")["properties"]["spec"]["properties"]["password"]
    said = schema["properties"].get(field.name, {}).get("description")
    return {**like, "description": said or "A secret, by where it lies."}
