"""The query string of a list or a get, as a value (wire reference, section 3.5)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from igz_apply.emulator.engine.http_errors import bad_request

OPERATORS = ("eq", "ne", "gt", "ge", "lt", "le", "match-i", "contains_istr", "contains_any")
MAX_PARAMETERS = 100
MAX_INCLUDES = 32
MAX_INCLUDE_DEPTH = 3
_LARGEST = 2**31

_FILTER = re.compile(r"filter\[([^\[\]]*)\]\Z")
_OPERATOR = re.compile(r"\[\$([^\]]*)\](.*)\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition on one attribute, still as text."""

    attribute: str
    operator: str
    value: str


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list is wanted."""

    number: int = 0  # zero based
    size: int = 0  # 0: the server's default
    of: str = ""  # the page that holds this id, instead of `number`
    counted: bool = False  # totals in `meta`
    whole: bool = False  # no paging at all


@dataclass(frozen=True, slots=True)
class Query:
    """What a list or a get asks for. `sort` holds (attribute, is descending), `include` dotted paths."""

    filters: tuple[Filter, ...] = ()
    sort: tuple[tuple[str, bool], ...] = ()
    include: tuple[tuple[str, ...], ...] = ()
    page: Page = field(default_factory=Page)
    flags: Mapping[str, str] = field(default_factory=dict)

    def is_set(self, flag: str) -> bool:
        """Tell whether a flag such as `enrich_namespace` was given as true."""
        return self.flags.get(flag, "").lower() == "true"


def parse_query(text: str) -> Query:
    """Return the query. Raises Refusal (400) for what cannot be understood.

    Parameters that are not known are kept as flags and have no effect, as `fields` has none.
    """
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_PARAMETERS)
    except ValueError as error:
        raise bad_request("The query has too many parameters") from error
    values = dict(pairs)
    return Query(
        filters=tuple(_filter(name, value) for name, value in pairs if name.startswith("filter")),
        sort=tuple(_sort_term(term) for term in _terms(values.get("sort", ""))),
        include=_includes(values.get("include", "")),
        page=_page(values),
        flags=values,
    )


def _terms(text: str) -> list[str]:
    return [term.strip() for term in text.split(",") if term.strip()]


def _sort_term(term: str) -> tuple[str, bool]:
    return term.lstrip("-+"), term.startswith("-")


def _filter(name: str, value: str) -> Filter:
    match = _FILTER.match(name)
    if match is None:
        raise bad_request(f"{name} is not a filter: write filter[attribute]")
    operation = _OPERATOR.match(value)
    if operation is None:
        return Filter(match[1], "eq", value)
    if operation[1] not in OPERATORS:
        raise bad_request(f"[${operation[1]}] is not an operator of a filter")
    return Filter(match[1], operation[1], operation[2])


def _includes(text: str) -> tuple[tuple[str, ...], ...]:
    paths = tuple(tuple(term.split(".")) for term in _terms(text))
    if len(paths) > MAX_INCLUDES:
        raise bad_request(f"More than {MAX_INCLUDES} includes")
    if any(len(path) > MAX_INCLUDE_DEPTH for path in paths):
        raise bad_request(f"An include goes deeper than {MAX_INCLUDE_DEPTH} relationships")
    return paths


def _page(values: Mapping[str, str]) -> Page:
    count = values.get("count", "")
    if count not in ("", "records"):
        raise bad_request(f"count={count} is not known: write count=records")
    return Page(
        number=_number(values, "page[number]"),
        size=_number(values, "page[size]"),
        of=values.get("page[of]", ""),
        counted=count == "records",
        whole=values.get("pagination", "").lower() == "false",
    )


def _number(values: Mapping[str, str], name: str) -> int:
    text = values.get(name, "0")
    if not re.fullmatch(r"[0-9]{1,18}", text, re.ASCII):
        raise bad_request(f"{name} is {text[:40]!r}, not a number from 0 up")
    return min(int(text), _LARGEST)
