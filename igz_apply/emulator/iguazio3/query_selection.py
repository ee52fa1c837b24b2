"""A query and a resource type, turned into what the store is to select."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from igz_apply.emulator.engine.http_errors import bad_request
from igz_apply.emulator.engine.matching import compile_pattern
from igz_apply.emulator.engine.record_store import Selection, attribute_column
from igz_apply.emulator.engine.table import Attribute, Form
from igz_apply.emulator.engine.timestamps import canonical_timestamp
from igz_apply.emulator.iguazio3.options import Options
from igz_apply.emulator.iguazio3.query import Filter, Query
from igz_apply.emulator.iguazio3.resource_type import ResourceType

_COMPARISONS = {"gt": ">", "ge": ">=", "lt": "<", "le": "<="}
_ID = Attribute("id")
_UNORDERED = (Form.PAIRS, Form.OBJECT, Form.OBJECTS)

Condition = tuple[str, tuple[Any, ...]]


def select(resource_type: ResourceType, query: Query, options: Options, only: Iterable[str] | None = None) -> Selection:
    """Return the selection; `only` holds the ids that the caller may see, None for all.

    Raises Refusal (400) for an attribute, an operator or a value that the type does not have.
    """
    if not options.refuse_unknown:
        query = _without_unknown(resource_type, query)
    conditions = [_condition(resource_type, each, options) for each in query.filters]
    if only is not None:
        conditions.append(("id IN (SELECT value FROM json_each(?))", (json.dumps(list(only)),)))
    return Selection(
        type=resource_type.stored_as,
        where=tuple(sql for sql, _ in conditions),
        values=tuple(value for _, values in conditions for value in values),
        order=tuple(_order(resource_type, name, descending) for name, descending in query.sort),
    )


def _without_unknown(resource_type: ResourceType, query: Query) -> Query:
    """Return the query without the filters and sort terms that name no attribute."""
    known = {*resource_type.names, "id"}
    return replace(
        query,
        filters=tuple(each for each in query.filters if each.attribute in known),
        sort=tuple(each for each in query.sort if each[0] in known),
    )


def _order(resource_type: ResourceType, name: str, descending: bool) -> str:
    attribute = _attribute(resource_type, name, "sorted by")
    column = _column(resource_type, attribute)
    if attribute is _ID and resource_type.integer_ids:
        column = "CAST(id AS INTEGER)"
    return column + (" DESC" if descending else "")


def _attribute(resource_type: ResourceType, name: str, purpose: str) -> Attribute:
    attribute = _ID if name == "id" else resource_type.attribute(name)
    if attribute is None or attribute.secret:
        raise bad_request(f"{resource_type.name} has no attribute {name!r} to be {purpose}")
    if attribute.form in _UNORDERED:
        raise bad_request(f"{resource_type.name} cannot be {purpose} {name}: it is {attribute.form.value}")
    return attribute


def _column(resource_type: ResourceType, attribute: Attribute) -> str:
    if attribute is _ID:
        return "id"
    if attribute.name == resource_type.key:
        return "name"
    return attribute_column(attribute.name)


def _condition(resource_type: ResourceType, condition: Filter, options: Options) -> Condition:
    attribute = _attribute(resource_type, condition.attribute, "filtered by")
    _check_version(condition.operator, options)
    if condition.operator == "contains_any" or attribute.form is Form.STRINGS:
        return _list_condition(attribute, condition)
    column = _column(resource_type, attribute)
    if condition.operator in ("match-i", "contains_istr"):
        return _text_condition(column, condition)
    value = _value(attribute, condition.value)
    if condition.operator in ("eq", "ne"):
        return f"{column} {'IS' if condition.operator == 'eq' else 'IS NOT'} ?", (value,)
    return f"{column} {_COMPARISONS[condition.operator]} ?", (value,)


def _check_version(operator: str, options: Options) -> None:
    """Refuse the text operator that this version does not have: they changed in 3.5.3 (section 19)."""
    absent = "match-i" if options.since("3.5.3") else "contains_istr"
    if operator == absent:
        raise bad_request(f"[${operator}] is not an operator of version {options.version}")


def _list_condition(attribute: Attribute, condition: Filter) -> Condition:
    if attribute.form is not Form.STRINGS:
        raise bad_request(f"[$contains_any] needs a list, and {attribute.name} is {attribute.form.value}")
    if condition.operator not in ("contains_any", "eq", "ne"):
        raise bad_request(f"[${condition.operator}] cannot be used with the list {attribute.name}")
    wanted = condition.value.split(",") if condition.operator == "contains_any" else [condition.value]
    sql = (
        f"EXISTS (SELECT 1 FROM json_each(attributes, '$.\"{attribute.name}\"') AS held "
        "WHERE held.value IN (SELECT value FROM json_each(?)))"
    )
    return ("NOT " if condition.operator == "ne" else "") + sql, (json.dumps(wanted),)


def _text_condition(column: str, condition: Filter) -> Condition:
    if condition.operator == "contains_istr":
        return f"contains_text({column}, ?)", (condition.value,)
    try:
        compile_pattern(condition.value)
    except ValueError as error:
        raise bad_request(f"filter[{condition.attribute}]: {error}") from error
    return f"matches_pattern({column}, ?)", (condition.value,)


def _value(attribute: Attribute, text: str) -> Any:
    """Return the text of a filter as the value that the attribute holds."""
    if attribute.form in (Form.INTEGER, Form.NUMBER):
        return _numeric(attribute, text)
    if attribute.form is Form.BOOLEAN:
        return _boolean(attribute, text)
    if attribute.form is Form.TIMESTAMP:
        moment = canonical_timestamp(text)
        if moment is None:
            raise bad_request(f"filter[{attribute.name}] is {text[:60]!r}, not a timestamp")
        return moment
    return text


def _numeric(attribute: Attribute, text: str) -> float | int:
    try:
        number = float(text) if attribute.form is Form.NUMBER else int(text)
    except ValueError as error:
        raise bad_request(f"filter[{attribute.name}] is {text[:60]!r}, not a number") from error
    return max(min(number, 2**63 - 1), -(2**63))


def _boolean(attribute: Attribute, text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise bad_request(f"filter[{attribute.name}] is {text[:60]!r}, not true or false")
    return text.lower() == "true"
