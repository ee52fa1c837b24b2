"""Where the JSON Schemas and the examples lie: in the installed package, or in a checkout."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from igz_apply.iguazio3.kinds import KINDS

FORMS = ("config", "plan", "inventory", "events", "access", "refs")
"""What igz-apply reads and writes besides manifests, each with a schema of its own."""

_PACKAGE = Path(__file__).parents[1]
_INSTALLED = _PACKAGE / "_data"
_CHECKOUT = _PACKAGE.parent


def resource_schema(kind: str) -> Mapping[str, Any]:
    """Return the schema of a kind's manifests. Raises KeyError for a kind without one."""
    try:
        return _load(f"{_snake_case(kind)}.schema.json")
    except FileNotFoundError as error:
        raise KeyError(kind) from error


def editor_schema(kind: str) -> Mapping[str, Any]:
    """Return the schema of a kind as editors are given it: it accepts the same, and says and offers more.

    Raises KeyError for a kind without one.
    """
    worded: Mapping[str, Any] = _for_editors(resource_schema(kind), kind)
    return worded


def manifest_schema() -> Mapping[str, Any]:
    """Return one schema for manifests of any kind, which picks the kind's own: what editors are given."""
    names = KINDS.names
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "igz-apply manifest",
        "type": "object",
        "properties": {"apiVersion": {"const": "iguazio.com/v1"}, "kind": {"enum": list(names)}},
        "required": ["apiVersion", "kind"],
        "allOf": [
            {"if": {"properties": {"kind": {"const": name}}}, "then": {"$ref": f"#/$defs/{name}"}} for name in names
        ],
        "$defs": {name: _moved(editor_schema(name), name) for name in names},
    }


def config_schema() -> Mapping[str, Any]:
    """Return the schema of igz-apply.yaml."""
    return form_schema("config")


def form_schema(form: str) -> Mapping[str, Any]:
    """Return the schema of one of FORMS."""
    return _load(f"{form}.schema.json")


def examples_dir() -> Path:
    """Return the folder of the example manifests."""
    return _first(_INSTALLED / "examples", _CHECKOUT / "manifests" / "examples")


def _schemas_dir() -> Path:
    return _first(_INSTALLED / "schemas", _CHECKOUT / "schemas")


def _first(installed: Path, checkout: Path) -> Path:
    return installed if installed.is_dir() else checkout


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
    example: Mapping[str, Any] = next(iter(schema.get("examples", ())), {})
    if not example or any(isinstance(value, (Mapping, list)) for value in example.values()):
        return ""
    shown = (f"{key}: {value if isinstance(value, str) else json.dumps(value)}" for key, value in example.items())
    return f" such as {{{', '.join(shown)}}}"


@cache
def _load(name: str) -> Mapping[str, Any]:
    schema: Mapping[str, Any] = json.loads((_schemas_dir() / name).read_text(encoding="utf-8"))
    return schema


def _snake_case(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
