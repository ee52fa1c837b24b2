"""Ways through a JSON Schema: references within it, the fields of a mapping, the items of a list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Schema = Mapping[str, Any]
_ANYTHING: Schema = {}


def resolved(root: Schema, schema: Schema) -> Schema:
    """Follow a `$ref` within `root`; what stands beside it wins over what it leads to."""
    if "$ref" not in schema:
        return schema
    target: Any = root
    for part in str(schema["$ref"]).removeprefix("#/").split("/"):
        target = target[part]
    return {**resolved(root, target), **{key: value for key, value in schema.items() if key != "$ref"}}


def properties(root: Schema, schema: Schema) -> Mapping[str, Schema]:
    """Return the fields that a schema knows by name, of a list those of its items."""
    found: Mapping[str, Schema] = items(root, schema).get("properties", {})
    return found


def items(root: Schema, schema: Schema) -> Schema:
    """Return the schema of a list's items, and any other schema as it is."""
    found = resolved(root, schema)
    return resolved(root, found["items"]) if isinstance(found.get("items"), Mapping) else found


def below(root: Schema, schema: Schema, name: str) -> Schema | None:
    """Return the schema of the field `name`, None when a mapping cannot have it."""
    holder = items(root, schema)
    if name in holder.get("properties", {}):
        return resolved(root, holder["properties"][name])
    others = holder.get("additionalProperties", True)
    if isinstance(others, Mapping):
        return resolved(root, others)
    return _ANYTHING if others else None


def documented(root: Schema, keywords: Iterable[str | int]) -> Schema | None:
    """Return the schema whose keyword a path through `root` ends at, with what the places that refer to it add.

    The path is jsonschema's, which leaves `$ref` out. None when it leaves the schema.
    """
    found: Any = root
    try:
        for part in list(keywords)[:-1]:
            holder: Any = resolved(root, found) if isinstance(found, Mapping) else found
            found = holder[part]
    except (KeyError, IndexError, TypeError):
        return None
    return resolved(root, found) if isinstance(found, Mapping) else None
