"""The body of a request, taken apart (wire reference, section 3.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from igz_apply.emulator.engine.http_errors import bad_request
from igz_apply.emulator.engine.json_body import read_json
from igz_apply.emulator.engine.messages import Request


@dataclass(frozen=True, slots=True)
class Body:
    """What a request says about one resource. `id` and `type` are "" when they are absent."""

    type: str
    id: str
    attributes: Mapping[str, Any]
    relationships: Mapping[str, Any]


EMPTY = Body("", "", {}, {})


def read_body(request: Request, expected_type: str) -> Body:
    """Return the resource that the request describes.

    `expected_type` "" accepts any type and none. Raises Refusal (400) when the envelope is wrong.
    """
    document = read_json(request)
    data = document.get("data") if isinstance(document, dict) else None
    if not isinstance(data, dict):
        raise bad_request("The body has no object `data`")
    body = Body(
        type=_text(data, "type"),
        id=_text(data, "id"),
        attributes=_mapping(data, "attributes"),
        relationships=_mapping(data, "relationships"),
    )
    if expected_type and body.type != expected_type:
        raise bad_request(f"data.type is {body.type[:60]!r} where {expected_type!r} is expected")
    return body


def read_optional_body(request: Request) -> Body:
    """Return the resource of a request that may have no body at all."""
    return read_body(request, "") if request.body.strip() else EMPTY


def _text(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise bad_request(f"data.{name} is not a string")
    return str(value) if isinstance(value, str) or abs(value) < 2**63 else "?"


def _mapping(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = data.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise bad_request(f"data.{name} is not an object")
    return value


def linked_ids(relationships: Mapping[str, Any], name: str, target: str, *, many: bool) -> list[str]:
    """Return the ids of one relationship of a request; an unset one gives [].

    `null`, and a linkage whose id is empty, both mean "none": the published SDK writes the second form
    (section 6.4). Raises Refusal (400) when it is not the linkage of a relationship to `target`.
    """
    relationship = relationships[name]
    if not isinstance(relationship, dict) or "data" not in relationship:
        raise bad_request(f"relationships.{name} has no `data`")
    data = relationship["data"]
    if many and not isinstance(data, list):
        raise bad_request(f"relationships.{name}.data is not a list")
    if not many and isinstance(data, list):
        raise bad_request(f"relationships.{name}.data is a list where one resource is expected")
    entries = data if many else [] if data is None else [data]
    ids = (_linked_id(entry, name, target) for entry in entries)
    return list(dict.fromkeys(each for each in ids if each))


def _linked_id(entry: Any, name: str, target: str) -> str:
    if not isinstance(entry, dict):
        raise bad_request(f"relationships.{name} holds something that is not {{type, id}}")
    if entry.get("type", target) != target:
        raise bad_request(f"relationships.{name} holds a {str(entry['type'])[:60]!r} where {target!r} is expected")
    return _text(entry, "id")
