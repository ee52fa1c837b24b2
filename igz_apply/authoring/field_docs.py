"""The documentation of a field, from its schema and its kind's table."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from igz_apply.authoring.schema_paths import fields_together, items, properties, resolved
from igz_apply.model.kind import Field, Kind
from igz_apply.model.suggest import nearest
from igz_apply.values import dataclass


@dataclass(frozen=True, slots=True)
class Child:
    """A field directly below the explained one."""

    name: str
    type: str
    description: str  # the first sentence


@dataclass(frozen=True, slots=True)
class Explanation:
    """What there is to know of one field; "" and None where there is nothing to say."""

    path: str  # "User.spec.email"
    description: str
    type: str  # in words: "text", "list of text"
    values: tuple[str, ...] = ()
    is_open: bool = False  # True: other values than `values` are passed on
    default: str = ""  # as YAML
    since: str = ""  # the first cluster version that knows it
    refers_to: str = ""  # the kind that its values name
    immutable: bool = False
    write_only: bool = False
    required: bool = False
    needed_to_create: bool = False  # a manifest of a resource that exists may leave it out
    example: str = ""  # as YAML in flow style
    children: tuple[Child, ...] = ()
    within: tuple[Child, ...] = ()  # of a whole manifest: the fields of its spec, which is what people ask for


class NoSuchField(ValueError):
    """The path leads nowhere; `near` is the nearest path that leads somewhere, "" when there is none."""

    def __init__(self, path: str, near: str) -> None:
        super().__init__(f"{path} is no field")
        self.path = path
        self.near = near


def explain(schema: Mapping[str, Any], kind: Kind, path: str = "") -> Explanation:
    """Return what there is to know of the field at a dotted path below the kind's manifest, "" for the manifest itself.

    List items are passed through: `spec.scale_to_zero.scale_resources.metric_name`. Raises NoSuchField.
    """
    parts = [part for part in path.split(".") if part]
    found: Mapping[str, Any] = schema
    is_required = needs_it = False
    for index, part in enumerate(parts):
        holder = items(schema, found)
        below = properties(schema, holder)
        if part not in below:
            raise NoSuchField(_named(kind, parts[: index + 1]), _nearest(schema, kind, parts[:index], part))
        is_required = part in holder.get("required", ())
        needs_it = part in holder.get("x-required-on-create", ())
        found = below[part]
    return replace(_explanation(schema, found, kind, parts), required=is_required, needed_to_create=needs_it)


def unknown_field(schema: Mapping[str, Any], kind: Kind, path: str) -> NoSuchField | None:
    """Return why no plan can show a field, by its dotted path as plans show it; keys of maps are free."""
    parts = path.split(".")
    parts = parts if parts[0] == "metadata" else ["spec", *parts]
    found: Mapping[str, Any] = schema
    above: list[str] = []
    for part in parts:
        if part.isdecimal() and items(schema, found) != resolved(schema, found):
            continue
        holder = items(schema, found)
        known = properties(schema, holder)
        if part not in known:
            is_map = not known and "object" in holder.get("type", "object")
            is_free = is_map or holder.get("additionalProperties") or part in fields_together(schema, holder)
            return None if is_free else NoSuchField(_named(kind, [*above, part]), _nearest(schema, kind, above, part))
        found = known[part]
        above.append(part)
    return None


def lines(explanation: Explanation) -> list[str]:
    """Return the explanation as lines of plain text."""
    told = [explanation.path, f"  {explanation.type}", "", f"  {explanation.description}"]
    facts = list(_facts(explanation))
    if facts:
        told += ["", *(f"  {name + ':':<11}{value}" for name, value in facts)]
    told += _listed("Fields:", explanation.children)
    told += _listed("Fields of spec:", explanation.within)
    return told


def _listed(title: str, children: Sequence[Child]) -> list[str]:
    if not children:
        return []
    width = max(len(child.name) for child in children)
    return ["", title, *(f"  {child.name:<{width}}  {child.type}: {child.description}" for child in children)]


def _facts(explanation: Explanation) -> Iterator[tuple[str, str]]:
    if explanation.values:
        yield "known" if explanation.is_open else "values", ", ".join(explanation.values)
    if explanation.default:
        yield "default", explanation.default
    if explanation.since:
        yield "since", explanation.since
    if explanation.refers_to:
        yield "names a", explanation.refers_to
    notes = [
        (explanation.required, "required"),
        (explanation.needed_to_create, "needed to create one; may be left out for one that exists"),
        (explanation.immutable, "immutable: set at creation, refused when it differs later"),
        (explanation.write_only, "write-only: a secret, never read back and never shown"),
    ]
    for holds, note in notes:
        if holds:
            yield "note", note
    if explanation.example:
        yield "example", explanation.example


def _explanation(root: Mapping[str, Any], found: Mapping[str, Any], kind: Kind, parts: Sequence[str]) -> Explanation:
    schema = resolved(root, found)
    values, is_open = _values(root, schema)
    field = _field(kind, parts)
    return Explanation(
        path=_named(kind, parts),
        description=str(schema.get("description", "")),
        type=_type(root, schema),
        values=values,
        is_open=is_open,
        default=_yaml(schema["default"]) if "default" in schema else "",
        since=str(schema.get("x-since", "")),
        refers_to=field.refers_to if field else "",
        immutable=bool(schema.get("x-immutable")),
        write_only=bool(schema.get("writeOnly")),
        example=_yaml(schema["examples"][0]) if parts and schema.get("examples") else "",
        children=_children(root, schema),
        within=() if parts else _children(root, properties(root, schema).get("spec", {})),
    )


def _children(root: Mapping[str, Any], schema: Mapping[str, Any]) -> tuple[Child, ...]:
    return tuple(_child(root, name, child) for name, child in properties(root, schema).items())


def _child(root: Mapping[str, Any], name: str, found: Mapping[str, Any]) -> Child:
    schema = resolved(root, found)
    first = str(schema.get("description", "")).split(". ")[0].rstrip(".")
    return Child(name, _type(root, schema), f"{first}.")


def _values(root: Mapping[str, Any], schema: Mapping[str, Any]) -> tuple[tuple[str, ...], bool]:
    """Return the values that the field, or each of its items, takes, and whether others are passed on."""
    item = items(root, schema)
    if "enum" in item:
        return tuple(_yaml(value) for value in item["enum"] if value is not None), False
    if "const" in item:
        return (_yaml(item["const"]),), False
    return tuple(_yaml(value) for value in item.get("x-advice", {}).get("enum", ())), True


_TYPES = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "object": "mapping",
    "array": "list",
}


def _type(root: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    found = resolved(root, schema)
    stated = found.get("type", "string" if "const" in found else "any")
    names = [stated] if isinstance(stated, str) else list(stated)
    words = [_TYPES.get(name, name) for name in names if name != "null"]
    if "array" in names and "items" in found:
        words = [f"list of {_type(root, found['items'])}"]
    text = " or ".join(words)
    return f"{text}, null clears it" if "null" in names else text


def _field(kind: Kind, parts: Sequence[str]) -> Field | None:
    """Return the table's field at the path, None outside spec and for what the table does not go into."""
    known, found = kind.fields, None
    for part in parts[1:] if parts[:1] == ["spec"] else ():
        found = next((field for field in known if field.name == part), None)
        known = found.fields if found else ()
    return found


def _named(kind: Kind, parts: Sequence[str]) -> str:
    return ".".join([kind.name, *parts])


def _nearest(root: Mapping[str, Any], kind: Kind, above: Sequence[str], part: str) -> str:
    """Return the path of the nearest name in the same place, or below spec for somebody who left that out."""
    for place in (list(above), ["spec"]):
        known: Mapping[str, Any] = root
        for name in place:
            known = properties(root, known)[name]
        near = nearest(part, properties(root, known))
        if near or above:
            return _named(kind, [*place, near]) if near else ""
    return ""


def _yaml(value: Any) -> str:
    """Return a value as YAML in flow style."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_yaml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_yaml(item) for item in value) + "]"
    if isinstance(value, str) and value and not value[0].isdigit() and value[0] not in "{[":
        return value
    return json.dumps(value, ensure_ascii=False)
