"""What a request says: fields of a flat body, parameters of a query (wire reference, sections 3.2 and 3.5)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl

from igz_apply.emulator.engine.attribute_values import check_value
from igz_apply.emulator.engine.http_errors import Refusal, bad_request
from igz_apply.emulator.engine.json_body import read_json
from igz_apply.emulator.engine.messages import Request
from igz_apply.emulator.engine.table import Attribute, Form
from igz_apply.emulator.iguazio4.answer_form import invalid
from igz_apply.emulator.iguazio4.options import Options

Fields = dict[str, Any]
_UNDERSCORE = re.compile(r"_([a-z0-9])")
_MAX_INTEGER = 2**31 - 1


def camel(name: str) -> str:
    """Return a name in camelCase; gateways take snake_case too (section 23)."""
    return _UNDERSCORE.sub(lambda match: match[1].upper(), name)


Words = Mapping[str, tuple[str, ...]]


def read_fields(
    options: Options, request: Request, known: Iterable[Attribute], enumerations: Words = MappingProxyType({})
) -> Fields:
    """Return the fields that a flat body states, by their names in camelCase; null says nothing.

    `enumerations` are fields as well, each with its words in the order of their numbers. Raises Refusal: 400 in the
    form of the gateway for what is no such message, or 400 of the service where a field that is required is missing.
    """
    body = _json(request) if request.body.strip() else {}
    if not isinstance(body, dict):
        raise invalid("syntax error: unexpected token, a message is an object")
    return check_fields(options, body, known, enumerations)


def check_fields(
    options: Options, body: Mapping[str, Any], known: Iterable[Attribute], enumerations: Words = MappingProxyType({})
) -> Fields:
    """Return the fields of a message, as `read_fields` does."""
    by_name = {each.name: each for each in known}
    given: Fields = {}
    for name, value in body.items():
        attribute = by_name.get(camel(name))
        if value is not None and camel(name) in enumerations:
            given[camel(name)] = enumerated(name, value, enumerations[camel(name)])
        elif attribute is None and camel(name) not in enumerations:
            _refuse_unknown(options, name)
        elif attribute is not None and value is not None:
            given[attribute.name] = _checked(attribute, value)
    for each in by_name.values():
        if each.required and given.get(each.name) in (None, ""):
            raise bad_request(f"{each.name} is required")
    return given


def _json(request: Request) -> Any:
    try:
        return read_json(request)
    except Refusal as refusal:
        raise invalid(f"syntax error: {refusal.detail}") from refusal


def _refuse_unknown(options: Options, name: str) -> None:
    if options.refuse_unknown:
        raise invalid(f'(line 1:2): unknown field "{name[:120]}"')


def _checked(attribute: Attribute, value: Any) -> Any:
    """Return the value of a field; a rule of its text is the service's, its type the gateway's."""
    try:
        return check_value(attribute, value)
    except Refusal:
        _check_type(attribute, value)
        raise


def _check_type(attribute: Attribute, value: Any) -> None:
    try:
        check_value(replace(attribute, pattern="", values=(), max_length=None), value)
    except Refusal as refusal:
        raise invalid(f"(line 1:2): invalid value for field {attribute.name}: {refusal.detail}") from refusal


class Query:
    """The parameters of a query; each is asked for by its name in camelCase, and the rest is refused at the end."""

    def __init__(self, options: Options, request: Request) -> None:
        """Take a query string apart."""
        self._options = options
        pairs = parse_qsl(request.query, keep_blank_values=True, errors="replace")
        self._values: dict[str, list[str]] = {}
        for name, value in pairs:
            self._values.setdefault(camel(name), []).append(value)

    def text(self, name: str) -> str:
        """Return the last value of a parameter, "" if there is none."""
        return self._values.pop(name, [""])[-1].replace("\x00", "")

    def texts(self, name: str) -> list[str]:
        """Return all values of a parameter that are not empty."""
        return [each for each in self._values.pop(name, []) if each]

    def flag(self, name: str) -> bool:
        """Return a boolean parameter, False where it is absent."""
        return self.optional_flag(name) or False

    def optional_flag(self, name: str) -> bool | None:
        """Return a boolean parameter, None where it is absent."""
        value = self.text(name)
        if value not in ("", "true", "false"):
            raise invalid(f"type mismatch, parameter: {name}, error: {value[:60]!r} is no boolean")
        return None if not value else value == "true"

    def number(self, name: str, default: int) -> int:
        """Return a parameter that is a number from 0 up."""
        value = self.text(name)
        if not value:
            return default
        if not (value.isascii() and value.isdigit() and len(value) < 11 and int(value) <= _MAX_INTEGER):
            raise invalid(f"type mismatch, parameter: {name}, error: {value[:60]!r} is no number")
        return int(value)

    def word(self, name: str, words: tuple[str, ...]) -> str:
        """Return a parameter that is one of some words, by name or by number; the first where it is absent."""
        return enumerated(name, self.text(name) or words[0], words)

    def ended(self) -> None:
        """Refuse (400) a parameter that nothing has asked for."""
        if self._values and self._options.refuse_unknown:
            raise invalid(f'unknown field "{min(self._values)[:120]}"')


def enumerated(name: str, value: Any, words: tuple[str, ...]) -> str:
    """Return a value of an enumeration, which is said by name or by number."""
    numbered = {str(number): word for number, word in enumerate(words)}
    word = numbered.get(str(value), str(value))
    if word not in words:
        raise invalid(f"invalid value for enum field {name}: {str(value)[:60]!r}")
    return word


def text(name: str, **more: Any) -> Attribute:
    """Return a field that holds a text."""
    return Attribute(name, max_length=more.pop("max_length", 4096), **more)


def flag(name: str) -> Attribute:
    """Return a field that holds true or false."""
    return Attribute(name, Form.BOOLEAN)


def texts(name: str) -> Attribute:
    """Return a field that holds a list of texts."""
    return Attribute(name, Form.STRINGS)


def mapping(name: str) -> Attribute:
    """Return a field that holds an object."""
    return Attribute(name, Form.OBJECT)
