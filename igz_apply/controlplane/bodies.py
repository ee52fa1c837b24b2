"""What the body of an answer may be: strict JSON, whose records can be told apart.

Whatever else comes is no answer of this API, however good its status: of a key that stands twice only the last value
would be seen, and of an id that is no text nobody could say which record it names.
"""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

_IDS = frozenset({str, int, type(None)})
_TYPES = frozenset({str, type(None)})
_LINKS = frozenset({dict, type(None)})
_LONGEST_NAMED = 40  # characters of a key that a message quotes


class Unreadable(ValueError):
    """A body that is not what it should be; the text goes on after `the answer`."""


def parse_json(content: bytes) -> Any:
    """Return the parsed body, None for an empty one. Raises Unreadable.

    NaN, Infinity, numbers beyond what a float holds and a key that an object has twice are refused, as RFC 8259 and
    RFC 7493 (I-JSON) would have it.
    """
    if not content or content.isspace():
        return None
    try:
        return json.loads(content, parse_constant=_refuse_constant, parse_float=_finite, object_pairs_hook=_object)
    except RecursionError:
        raise Unreadable("is nested too deeply") from None
    except Unreadable:
        raise
    except ValueError:
        raise Unreadable("is not JSON") from None


def _refuse_constant(name: str) -> NoReturn:
    raise Unreadable(f"holds {name}, which is no value of JSON")


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise Unreadable("holds a number that is too large")
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return one object. It is called for each, so that it looks at nothing twice."""
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        named = f"the key {twice}" if twice.isidentifier() and len(twice) <= _LONGEST_NAMED else "a key"
        raise Unreadable(f"has {named} twice in one object")
    if "type" in found and "id" in found:  # it names a record
        check_identity(found)
    return found


def check_identity(record: dict[str, Any]) -> None:
    """Check what names a record: its type and its id, as far as they are there. Raises Unreadable."""
    if type(record.get("id")) not in _IDS:
        raise Unreadable("has an id that is neither a text nor a number")
    if type(record.get("type")) not in _TYPES:
        raise Unreadable("has a type that is no text")


def check_records(body: Any) -> None:
    """Check the records that a body holds, and their relationships (wire reference, section 3.3). Raises Unreadable.

    Of what is no record at all nothing is said: not every answer holds some.
    """
    if not isinstance(body, dict):
        return
    for part in (body.get("data"), body.get("included")):
        for record in part if isinstance(part, list) else (part,):
            if isinstance(record, dict):
                check_identity(record)
                _check_links(record.get("relationships"))


def _check_links(relationships: Any) -> None:
    for relationship in relationships.values() if isinstance(relationships, dict) else ():
        if not relationship:
            continue
        linked = relationship.get("data") if isinstance(relationship, dict) else relationship
        links = linked if isinstance(linked, list) else (linked,)
        if not _LINKS.issuperset(map(type, links)):
            raise Unreadable("has a relationship to what is no record")
