"""Ways through a JSON Schema: references within it, the fields of a mapping, the items of a list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from igz_apply.model.resources import Path

Schema = Mapping[str, Any]
_MOST_REFERENCES = 32  # one after the other; a circle has no end


def dotted(path: Path) -> str:
    """Return a path as people write it: `spec.groups[0]`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def resolved(root: Schema, schema: Schema) -> Schema:
    """Follow `$ref`s within `root`; what stands beside one wins over what it leads to.

    One that is no pointer, leads nowhere or in a circle is left as it is.
    """
    found = schema
    for _ in range(_MOST_REFERENCES):
        target = _target(root, found.get("$ref"))
        if target is None:
            return found
        found = {**target, **{key: value for key, value in found.items() if key != "$ref"}}
    return schema


def _target(root: Schema, reference: Any) -> Schema | None:
    if not isinstance(reference, str) or not reference.startswith("#/"):
        return None
    found: Any = root
    for part in reference.removeprefix("#/").split("/"):
        if not isinstance(found, Mapping) or part not in found:
            return None
        found = found[part]
    return found if isinstance(found, Mapping) else None


def properties(root: Schema, schema: Schema) -> Mapping[str, Schema]:
    """Return the fields that a schema knows by name, of a list those of its items."""
    found: Mapping[str, Schema] = items(root, schema).get("properties", {})
    return found


def items(root: Schema, schema: Schema) -> Schema:
    """Return the schema of a list's items, and any other schema as it is."""
    found = resolved(root, schema)
    return resolved(root, found["items"]) if isinstance(found.get("items"), Mapping) else found


def fields_together(root: Schema, schema: Schema) -> list[str]:
    """Return the names of the fields that a schema knows, with those of the parts of its `allOf`."""
    found = resolved(root, schema)
    parts = [part for part in found.get("allOf", ()) if isinstance(part, Mapping)]
    return [*found.get("properties", {}), *(name for part in parts for name in fields_together(root, part))]


def without_false(schema: Any) -> Any:
    """Return the schema with `{"not": {}}` for every part of it that is `false`: jsonschema cannot say where that was.

    Where `false` only closes a mapping or a list it stays: there jsonschema tells what is too much.
    """
    if schema is False:
        return {"not": {}}
    return {key: _part(key, value) for key, value in schema.items()} if isinstance(schema, Mapping) else schema


def _part(keyword: str, value: Any) -> Any:
    if keyword in _NAMED and isinstance(value, Mapping):
        return {name: without_false(each) for name, each in value.items()}
    if keyword in _LISTED:
        return [without_false(each) for each in value]
    return without_false(value) if keyword in _SINGLE or (keyword in _CLOSING and value is not False) else value


_NAMED = ("properties", "patternProperties", "dependentSchemas", "$defs")
_LISTED = ("prefixItems", "allOf", "anyOf", "oneOf")
_SINGLE = ("not", "if", "then", "else", "propertyNames")
_CLOSING = ("items", "contains", "additionalProperties", "unevaluatedItems", "unevaluatedProperties")


def along(root: Schema, keywords: Iterable[str | int]) -> list[Schema]:
    """Return the schemas on the way from `root` to the one that holds the last of `keywords`, references followed.

    The path is jsonschema's, which leaves `$ref` out. It ends early where it leaves the schema.
    """
    found: Any = root
    passed: list[Schema] = []
    for part in keywords:
        if isinstance(found, Mapping):
            found = resolved(root, found)
            passed.append(found)
            if part not in found:
                break
        elif not isinstance(found, list) or not isinstance(part, int) or part >= len(found):
            break
        found = found[part]
    return passed
