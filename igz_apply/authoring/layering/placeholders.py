"""`{member}` in the texts of a Profile's templates, and `{from_member: FACT}`: where they may stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from igz_apply.authoring.schema_paths import Schema, dotted, resolved
from igz_apply.model.kind import Field, Kind
from igz_apply.model.problems import Problem
from igz_apply.model.resources import Path, Positions
from igz_apply.patterns import pattern

MEMBER = "{member}"
FROM_MEMBER = "from_member"
PLACEHOLDER = pattern(r"(?<![$\{])\{([A-Za-z_][A-Za-z0-9_]*)\}(?!\})")
"""What looks like a placeholder: `{member}`, and by mistake `{name}`; `${NAME}` and `{{ name }}` are others'."""


def says_member(text: str) -> bool:
    """Say whether a text holds `{member}` as a placeholder."""
    return MEMBER in text and "member" in PLACEHOLDER.findall(text)


def with_member(text: str, member: str) -> str:
    """Return a text with a member in place of `{member}`."""
    if MEMBER not in text:
        return text
    return PLACEHOLDER.sub(lambda found: member if found[0] == MEMBER else found[0], text)


def takes_member(kind: Kind, schema: Schema, path: Path) -> bool:
    """Say whether the text at a path of a manifest may hold `{member}`.

    The name does, fields that name other resources, and those whose schema says so (`x-member`).
    """
    return path == ("metadata", "name") or _names_others(kind, path) or _may_hold_member(schema, path)


def _names_others(kind: Kind, path: Path) -> bool:
    known: tuple[Field, ...] = kind.fields if path[:1] == ("spec",) else ()
    found: Field | None = None
    for part in path[1:]:
        if isinstance(part, str):
            found = next((item for item in known if item.name == part), None)
            known = found.fields if found is not None else ()
    return found is not None and bool(found.refers_to or found.looked_up)


def _may_hold_member(schema: Schema, path: Path) -> bool:
    """Say whether the schema of a field says so, or of what the field is part of; what is no field is told as such."""
    found: Any = schema
    for part in path:
        holder = resolved(schema, found)
        found = holder.get("items") if isinstance(part, int) else _property(holder, part)
        if not isinstance(found, Mapping):
            return found is False or ("array" if isinstance(part, int) else "object") not in holder.get("type", ())
        if resolved(schema, found).get("x-member"):
            return True
    return False


def _property(holder: Schema, name: str) -> Any:
    known = holder.get("properties", {})
    return known[name] if name in known else holder.get("additionalProperties")


def texts_of(data: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield every text, and every mapping that says `from_member`, with its path; keys are not looked at."""
    if isinstance(data, str):
        yield path, data
    elif isinstance(data, Mapping):
        if FROM_MEMBER in data:
            yield path, data
            return
        for key, value in data.items():
            yield from texts_of(value, (*path, key))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from texts_of(value, (*path, index))


def strange_texts(data: Any, positions: Positions, what: str, above: Path = ()) -> Iterator[Problem]:
    """Find what only a Profile's templates may hold, in a layer that `what` names; `above` leads to the data."""
    for path, text in texts_of(data, above):
        named = FROM_MEMBER if isinstance(text, Mapping) else MEMBER if says_member(text) else ""
        if named:
            yield Problem(
                "Bad placeholder",
                f"`{dotted(path)}` says `{named}`. {what} are not about one member of a Profile.",
                f"Say it in the Profile's own `resources`: `{named}` means something there alone.",
                source=positions.value(path),
            )
