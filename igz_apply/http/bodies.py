"""What the body of an answer may be: strict JSON.

Whatever else comes is no answer, however good its status: of a key that stands twice only the last value would be seen.
"""

from __future__ import annotations

import json
import math
from collections.abc import Container
from typing import Any, NoReturn

from igz_apply.patterns import pattern

# Up to here every object is looked at for keys that it has twice. That makes reading half as slow again, so that of the
# large pages of a list only the envelope is: its own keys, and those of the few objects that describe it.
CHECKED_WHOLE = 128 * 1024
_LONGEST_NAMED = 40  # characters of a key that a message quotes
_BLANK = pattern(r"[ \t\n\r]*")


class Unreadable(ValueError):
    """A body that is not what it should be; the text goes on after `the answer`."""


def parse_json(content: bytes, envelope: Container[str] = ()) -> Any:
    """Return the parsed body, None for an empty one. Raises Unreadable.

    NaN, Infinity, numbers beyond what a float holds and a key that an object has twice are refused, as RFC 8259 and
    RFC 7493 (I-JSON) would have it. `envelope` names those members of a long body that are looked at as closely as a
    short one.
    """
    if not content or content.isspace():
        return None
    try:
        text = content.decode(json.detect_encoding(content), "surrogatepass")
        return parse_closely(text) if len(content) <= CHECKED_WHOLE else _parse_long(text, envelope)
    except RecursionError:
        raise Unreadable("is nested too deeply") from None
    except Unreadable:
        raise
    except ValueError:
        raise Unreadable("is not JSON") from None


def parse_closely(text: str) -> Any:
    """Return the value that a text is, every object of which is looked at. Raises ValueError."""
    return _EVERY_OBJECT.decode(text)


def _parse_long(text: str, envelope: Container[str]) -> Any:
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
        decoder = _EVERY_OBJECT if key in envelope else _PLAIN
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
