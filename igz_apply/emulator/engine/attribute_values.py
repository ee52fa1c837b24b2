"""The values of attributes in a request: what each form accepts."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from igz_apply.emulator.engine.http_errors import bad_request
from igz_apply.emulator.engine.table import Attribute, Form
from igz_apply.emulator.engine.timestamps import canonical_timestamp

MAX_TEXT = 1_000_000
_INTEGERS = range(-(2**63), 2**63)
_HIGHEST = 2**31 - 1


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value in _INTEGERS


def _is_number(value: Any) -> bool:
    return _is_integer(value) or isinstance(value, float)


def _is_strings(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _is_pairs(value: Any) -> bool:
    return isinstance(value, list) and all(_is_pair(each) for each in value)


def _is_pair(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and set(value) == {"name", "value"}
        and all(isinstance(each, str) for each in value.values())
    )


def _is_objects(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, dict) for each in value)


_ACCEPTS: dict[Form, Callable[[Any], bool]] = {
    Form.STRING: lambda value: isinstance(value, str),
    Form.INTEGER: _is_integer,
    Form.NUMBER: _is_number,
    Form.BOOLEAN: lambda value: isinstance(value, bool),
    Form.TIMESTAMP: lambda value: isinstance(value, str) and canonical_timestamp(value) is not None,
    Form.STRINGS: _is_strings,
    Form.PAIRS: _is_pairs,
    Form.OBJECT: lambda value: isinstance(value, dict),
    Form.OBJECTS: _is_objects,
}


def check_value(attribute: Attribute, value: Any, *, is_strict: bool = False) -> Any:
    """Return the value as it is stored. Raises Refusal (400) naming the attribute if it is not acceptable.

    With `is_strict` that includes what is judged only then.
    """
    if is_strict and (doubts := attribute.strict) is not None:
        plainly = replace(attribute, strict=None)
        check_value(replace(plainly, values=doubts.values, pattern=doubts.pattern, max_length=doubts.max_length), value)
    if not _ACCEPTS[attribute.form](value):
        raise bad_request(f"{attribute.name} is not {attribute.form.value}")
    if attribute.lowest is not None and not attribute.lowest <= value <= _HIGHEST:
        raise bad_request(f"{attribute.name} is not between {attribute.lowest} and {_HIGHEST}")
    if attribute.values:
        _check_known(attribute, value)
    if isinstance(value, str):
        return _check_text(attribute, value)
    if attribute.form in (Form.OBJECT, Form.OBJECTS) and len(json.dumps(value)) > 20 * MAX_TEXT:
        raise bad_request(f"{attribute.name} is too large")
    return value


def _check_known(attribute: Attribute, value: Any) -> None:
    for each in value if isinstance(value, list) else [value]:
        if each not in attribute.values:
            raise bad_request(f"{attribute.name} cannot be {each[:60]!r}: it is one of {', '.join(attribute.values)}")


def _check_text(attribute: Attribute, value: str) -> str:
    if len(value) > (MAX_TEXT if attribute.max_length is None else attribute.max_length):
        raise bad_request(f"{attribute.name} is longer than {attribute.max_length or MAX_TEXT} characters")
    if attribute.pattern and not re.match(attribute.pattern, value):
        shown = "" if attribute.secret else f" {value[:80]!r}"
        raise bad_request(f"The {attribute.name}{shown} is not valid")
    if attribute.form is Form.TIMESTAMP:
        return canonical_timestamp(value) or value
    return value
