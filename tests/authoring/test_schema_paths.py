"""Ways through a JSON Schema: what is followed, and where a way ends."""

from __future__ import annotations

from typing import Any

import pytest

from igz_apply.authoring.schema_paths import along, fields_together, items, properties, resolved, without_false

NAME = {"type": "string", "maxLength": 8}
ROOT: dict[str, Any] = {
    "properties": {"people": {"$ref": "#/$defs/people"}},
    "$defs": {
        "name": NAME,
        "alias": {"$ref": "#/$defs/name", "maxLength": 4},
        "person": {"properties": {"name": {"$ref": "#/$defs/alias"}}, "additionalProperties": False},
        "people": {"items": {"$ref": "#/$defs/person"}},
        "labels": {"additionalProperties": {"$ref": "#/$defs/name"}},
        "first": {"$ref": "#/$defs/second"},
        "second": {"$ref": "#/$defs/third"},
        "third": {"$ref": "#/$defs/first"},
    },
}
PERSON, LABELS = ROOT["$defs"]["person"], ROOT["$defs"]["labels"]


def test_references_are_followed_to_their_end_and_what_stands_beside_one_wins() -> None:
    reference = {"$ref": "#/$defs/alias", "description": "How others call it."}
    assert resolved(ROOT, reference) == {"type": "string", "maxLength": 4, "description": "How others call it."}


@pytest.mark.parametrize(
    "reference",
    [
        "#name",
        "other.json#/$defs/name",
        "#/$defs/nowhere",
        "#/$defs/name/type",
        "#/$defs/name/type/string",
        "#/$defs/first",
    ],
)
def test_a_reference_that_leads_to_no_schema_or_in_a_circle_is_left_as_it_is(reference: str) -> None:
    schema = {"$ref": reference, "description": "d"}
    assert resolved(ROOT, schema) == schema


def test_a_list_has_the_fields_of_its_items() -> None:
    people = ROOT["properties"]["people"]
    assert (items(ROOT, people), items(ROOT, PERSON), items(ROOT, NAME)) == (PERSON, PERSON, NAME)
    assert properties(ROOT, people) == PERSON["properties"]
    assert properties(ROOT, NAME) == {}


def test_a_way_passes_every_schema_down_to_the_keyword_references_followed() -> None:
    way = along(ROOT, ["properties", "people", "items", "properties", "name", "maxLength"])
    assert way == [
        ROOT,
        ROOT["properties"],
        ROOT["$defs"]["people"],
        PERSON,
        PERSON["properties"],
        {"type": "string", "maxLength": 4},
    ]


def test_a_way_goes_through_lists_of_schemas() -> None:
    short, root = {"maxLength": 3}, {"anyOf": [{"type": "null"}, {"maxLength": 3}]}
    assert along(root, ["anyOf", 1, "maxLength"]) == [root, short]


@pytest.mark.parametrize("left", [["properties"], ["anyOf", 2], ["anyOf", "maxLength"], ["minLength", "properties"]])
def test_a_way_ends_where_it_leaves_the_schema(left: list[str | int]) -> None:
    root = {"anyOf": [{"type": "null"}, {"maxLength": 3}], "minLength": 1}
    assert along(root, [*left, "maxLength"]) == [root]


def test_the_parts_of_a_schema_know_their_fields_together() -> None:
    assert fields_together(ROOT, {"properties": {"a": {}}, "allOf": [PERSON, {"$ref": "#/$defs/people"}, True]}) == [
        "a",
        "name",
    ]


def test_a_part_that_is_false_becomes_one_that_says_where_it_refuses() -> None:
    nothing: dict[str, Any] = {"not": {}}
    inner = {"properties": {"a": False, "b": True, "c": {"type": "string"}}, "required": ["a"]}
    outer = {"properties": {"a": nothing, "b": True, "c": {"type": "string"}}, "required": ["a"]}
    assert without_false(inner) == outer
    for named in ("properties", "patternProperties", "dependentSchemas", "$defs"):
        assert without_false({named: {"x": False, "y": inner}}) == {named: {"x": nothing, "y": outer}}
    for listed in ("prefixItems", "allOf", "anyOf", "oneOf"):
        assert without_false({listed: [False, True, inner]}) == {listed: [nothing, True, outer]}
    for single in ("not", "if", "then", "else", "propertyNames"):
        assert (without_false({single: False}), without_false({single: inner})) == ({single: nothing}, {single: outer})
    for closing in ("items", "contains", "additionalProperties", "unevaluatedItems", "unevaluatedProperties"):
        assert (without_false({closing: False}), without_false({closing: inner})) == (
            {closing: False},
            {closing: outer},
        )


def test_what_only_looks_like_a_part_of_a_schema_stays() -> None:
    values = {"const": {"properties": {"a": False}}, "enum": [False], "default": False, "x-own": {"then": False}}
    assert without_false(values) == values
    assert without_false({"properties": {"then": {"enum": [False]}}}) == {"properties": {"then": {"enum": [False]}}}
