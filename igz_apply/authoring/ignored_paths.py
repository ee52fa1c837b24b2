"""Whether a path under `lifecycle.ignore_changes` can ever lead to a difference, told from schema and table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from igz_apply.authoring.schema_messages import Words
from igz_apply.authoring.schema_paths import Schema, properties, resolved
from igz_apply.model.ignoring import plain_path
from igz_apply.model.kind import METADATA, Kind
from igz_apply.model.suggest import nearest

_WHERE = "Write the dotted path of a field below `spec`."


def fault_of(path: str, kind: Kind, schema: Schema, spec: Mapping[str, Any]) -> Words | None:
    """Return why nothing ever differs at a path, None where something can. The detail follows the path itself.

    `spec` is the manifest's, which may name a field by itself.
    """
    plain = plain_path(path)
    above = METADATA if plain.startswith(METADATA) else ""
    parts = plain.removeprefix(above).split(".")
    if above and kind.field_named(f"{above}{parts[0]}") is None:
        known = [field.name.removeprefix(METADATA) for field in kind.fields if field.name.startswith(METADATA)]
        return _unknown(above, [], parts[0], known)
    own = kind.own_field(spec)
    if own is not None and parts[0] == own.name:
        return None
    root = properties(schema, schema)["metadata" if above else "spec"]
    if not above and parts[0] == "spec" and "spec" not in properties(schema, root):
        return Words("Unknown field", _NO_FIELD, "Leave out `spec.`: paths begin below it.")
    return _never_compared(kind, f"{above}{parts[0]}") or _walked(above, parts, root, schema)


def _walked(above: str, parts: Sequence[str], root: Schema, schema: Schema) -> Words | None:
    """Follow the parts down the schema; the rest of a path below a map is one key, whatever dots are in it."""
    holder = resolved(schema, root)
    for index, part in enumerate(parts):
        here, known = above + ".".join(parts[:index]), holder.get("properties", {})
        others = holder.get("additionalProperties", True)
        element = part.partition("[")[0]
        if _is(holder, "array"):
            return _element(here)
        if index and not _holds_fields(holder):
            return Words("Not a path", f"but {here} has no fields", f"Write {here}.")
        if part in known:
            holder = resolved(schema, known[part])
        elif isinstance(others, Mapping) and part:
            holder = resolved(schema, others)
            if _is(holder, "string"):
                return None
        elif element != part:
            return _element(above + ".".join([*parts[:index], element]))
        elif others is False or not part:
            return _unknown(above, parts[:index], part, known)
        else:
            return None
    return None


def _element(path: str) -> Words:
    return Words("Not a path", "an element of a list: lists are compared whole", f"Write {path}.")


def _never_compared(kind: Kind, name: str) -> Words | None:
    field = kind.field_named(name)
    if field is None or not (field.create_only or field.steers):
        return None
    return Words("Not a path", "which is never compared", "Leave it out.")


def _unknown(above: str, before: Sequence[str], part: str, known: Sequence[str] | Mapping[str, Schema]) -> Words:
    near = nearest(part, known)
    meant = above + ".".join([*before, near or ""])
    return Words("Unknown field", _NO_FIELD, f"Did you mean {meant}?" if near else _WHERE)


_NO_FIELD = "which is no field below `spec`"


def _holds_fields(schema: Schema) -> bool:
    """Say whether there can be something below; a secret is one value, however it is stated."""
    return not schema.get("writeOnly") and ("type" not in schema or _is(schema, "object"))


def _is(schema: Schema, name: str) -> bool:
    types = schema.get("type", ())
    return name == types or name in (types if isinstance(types, list) else ())
