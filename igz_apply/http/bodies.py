"""What the body of an answer may be: strict JSON, whose records can be told apart.

Whatever else comes is no answer of this API, however good its status: of a key that stands twice only the last value
would be seen, and of an id that is no text nobody could say which record it names.
"""

from __future__ import annotations

import json
import math
import re
from operator import itemgetter
from typing import Any, NoReturn

# Up to here every object is looked at for keys that it has twice. That makes reading half as slow again, so that of the
# large pages of a list only the envelope is: its own keys, those of `meta`.
_CHECKED_WHOLE = 128 * 1024
_IDS = frozenset({str, int, type(None)})
_TYPES = frozenset({str, type(None)})
_ID_OF, _TYPE_OF = itemgetter("id"), itemgetter("type")
_LONGEST_NAMED = 40  # characters of a key that a message quotes
_BLANK = re.compile(r"[ \t\n\r]*")


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
        text = content.decode(json.detect_encoding(content), "surrogatepass")
        return _EVERY_OBJECT.decode(text) if len(content) <= _CHECKED_WHOLE else _parse_envelope(text)
    except RecursionError:
        raise Unreadable("is nested too deeply") from None
    except Unreadable:
        raise
    except ValueError:
        raise Unreadable("is not JSON") from None


def _parse_envelope(text: str) -> Any:
    """Parse a body, key by key where it is an object. Raises ValueError."""
    at = _past_blanks(text, 0)
    if not text.startswith("{", at):
        return _PLAIN.decode(text)
    pairs: list[tuple[str, Any]] = []
    at = _past_blanks(text, at + 1)
    while not text.startswith("}", at) or pairs:
        key, at = _PLAIN.raw_decode(text, at)
        at = _past_blanks(text, at)
        if not isinstance(key, str) or not text.startswith(":", at):
            raise ValueError(at)
        decoder = _EVERY_OBJECT if key == "meta" else _PLAIN
        value, at = decoder.raw_decode(text, _past_blanks(text, at + 1))
        pairs.append((key, value))
        at = _past_blanks(text, at)
        if not text.startswith(",", at):
            break
        at = _past_blanks(text, at + 1)
    if not text.startswith("}", at) or _past_blanks(text, at + 1) != len(text):
        raise ValueError(at)
    return _object(pairs)


def _past_blanks(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found else at


def _refuse_constant(name: str) -> NoReturn:
    raise Unreadable(f"holds {name}, which is no value of JSON")


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise Unreadable("holds a number that is too large")
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        named = f"the key {twice}" if twice.isidentifier() and len(twice) <= _LONGEST_NAMED else "a key"
        raise Unreadable(f"has {named} twice in one object")
    return found


_PLAIN = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite)
_EVERY_OBJECT = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite, object_pairs_hook=_object)


def check_records(body: Any) -> None:
    """Check what names the records of a body, and those that they are related to (wire reference, section 3.3).

    Of what is no record at all nothing is said: not every answer holds some. Raises Unreadable.
    """
    if not isinstance(body, dict):
        return
    for part in (body.get("data"), body.get("included")):
        for record in part if isinstance(part, list) else (part,):
            if isinstance(record, dict):
                _check_identity(record)
                relationships = record.get("relationships")
                if isinstance(relationships, dict):
                    _check_links(relationships)


def _check_links(relationships: dict[str, Any]) -> None:
    for relationship in relationships.values():
        linked = relationship.get("data") if isinstance(relationship, dict) else relationship
        if isinstance(linked, dict):
            _check_identity(linked)
        elif linked and not (isinstance(linked, list) and _are_links(linked)):
            for link in linked if isinstance(linked, list) else [linked]:
                if not isinstance(link, dict):
                    raise Unreadable("has a relationship to what is no record")
                _check_identity(link)


def _are_links(links: list[Any]) -> bool:
    """Tell at once of the usual ones that they are well: a list may bring hundreds of thousands."""
    try:
        return {str}.issuperset(map(type, map(_ID_OF, links))) and {str}.issuperset(map(type, map(_TYPE_OF, links)))
    except (KeyError, TypeError, IndexError):
        return False


def _check_identity(record: dict[str, Any]) -> None:
    if type(record.get("id")) not in _IDS:
        raise Unreadable("has an id that is neither a text nor a number")
    if type(record.get("type")) not in _TYPES:
        raise Unreadable("has a type that is no text")
