"""How a refusal is worded where no bad manifest shows it: schemas other than ours say more than ours do."""

from __future__ import annotations

from typing import Any

import pytest

from igz_apply.authoring.schema_messages import fields_hint
from igz_apply.authoring.validation import conforms
from igz_apply.manifests.reader import read_bytes
from igz_apply.model.addresses import Source
from igz_apply.model.problems import Problem


def problems_of(text: str, **schema: Any) -> tuple[Problem, ...]:
    """Return the problems of a document with the fields of `schema`."""
    (document,) = read_bytes("m.yaml", text.encode()).documents
    return conforms(document, {"properties": schema}, noun="manifest")


def at(column: int) -> Source:
    return Source("m.yaml", 1, column)


def test_a_refused_key_is_told_where_the_key_stands() -> None:
    assert problems_of("labels: {team: a, TEAM: b}", labels={"propertyNames": {"pattern": "^[a-z]+$"}}) == (
        Problem("Not an allowed value", "TEAM does not have the form of `labels.TEAM`.", source=at(19)),
    )


def test_of_alternatives_that_all_might_have_been_meant_none_is_told() -> None:
    forms = {"anyOf": [{"pattern": "@a[.]org$"}, {"pattern": "@b[.]org$"}], "examples": ["ada@a.org"]}
    assert problems_of("mail: ada@c.org", mail=forms) == (
        Problem(
            "Not allowed",
            "`mail` fits none of the forms that it may have.",
            "For example: ada@a.org",
            source=at(7),
        ),
    )


def test_a_keyword_without_words_of_its_own_is_told_with_what_it_asks_for() -> None:
    assert problems_of("spec: {uid: 1}", spec={"dependentRequired": {"uid": ["gid"]}}) == (
        Problem(
            "Not allowed",
            "`spec` does not satisfy `dependentRequired`.",
            'The schema asks for {"uid": ["gid"]}',
            source=at(7),
        ),
    )


def test_what_a_keyword_asks_for_at_length_gives_way_to_an_example() -> None:
    asked = {"dependentRequired": {"uid": [f"field-{number}" for number in range(50)]}}
    (problem,) = problems_of("spec: {uid: 1}", spec={**asked, "examples": [{"gid": 1}]})
    assert problem.hint == "For example: {gid: 1}"


@pytest.mark.parametrize(
    ("known", "hint"),
    [
        ([], "It takes no fields."),
        (["size"], "It has size."),
        (["size", "color", "age"], "It has age, color and size."),
    ],
)
def test_an_unknown_field_is_told_with_all_that_there_are(known: list[str], hint: str) -> None:
    closed = {"properties": {name: {} for name in known}, "additionalProperties": False}
    assert problems_of("spec: {quux: 1}", spec=closed) == (
        Problem("Unknown field", "`spec` has no field 'quux'.", hint, source=at(8)),
    )


@pytest.mark.parametrize(
    ("explained_by", "hint"),
    [
        ("AppService.spec", "`igz-apply explain AppService.spec` lists its fields."),
        ("", "It has a, b, c, d, e, f, g, h and i."),
    ],
)
def test_many_fields_are_left_to_explain_where_it_knows_them(explained_by: str, hint: str) -> None:
    assert fields_hint("ihgfedcba", explained_by) == hint


@pytest.mark.parametrize(
    ("value", "found", "hint"),
    [
        ("5", "a number", "Write it as a list: [5]."),
        ("ada", "text", "Write it as a list: [ada]."),
        ("true", "true", ""),
        ("0.5", "a fraction", ""),
    ],
)
def test_one_item_for_a_list_is_told_as_a_list_where_it_can_be_one(value: str, found: str, hint: str) -> None:
    assert problems_of(f"uids: {value}", uids={"type": "array"}) == (
        Problem("Wrong type", f"`uids` must be a list, not {found}.", hint, source=at(7)),
    )
