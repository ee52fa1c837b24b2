"""What is quick to tell of a manifest is what all its rules, asked one by one, tell of it."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from igz_apply.authoring.kind_rules import rules_of
from igz_apply.authoring.lookalikes import all_names_differ, lookalikes
from igz_apply.authoring.manifest_rules import duplicates
from igz_apply.authoring.validation import Judgement, advice, validate, with_advice
from igz_apply.iguazio3.platform import IGUAZIO3
from igz_apply.iguazio4.platform import IGUAZIO4
from igz_apply.local.package_data import examples_dir
from igz_apply.manifests.reader import read
from igz_apply.model.addresses import Source
from igz_apply.model.kind import OWNER_MARK
from igz_apply.model.resources import Document
from igz_apply.platform import Platform
from tests.builders import Places

EXAMPLES = [
    (platform, document.data)
    for folder, platform in (("", IGUAZIO3), ("iguazio4", IGUAZIO4))
    for document in read([str(examples_dir() / folder)]).documents
    if document.data["apiVersion"] == platform.kinds.api_version
]
JUDGEMENTS = {
    (platform.name, kind): tuple(Judgement(each) for each in (with_advice(schema), schema, advice(schema)))
    for platform in (IGUAZIO3, IGUAZIO4)
    for kind, schema in platform.schemas.items()
}
SCALARS = (None, True, 0, -1, 101, 1.5, "", "ada", "a b", "x@y", "x@example.com", "off", "1h", "secret")
WHOLES: tuple[Any, ...] = (
    [],
    ["a"],
    ["a", "a"],
    [1],
    {},
    {"a": "b"},
    {"from_env": "A"},
    {"from_env": "A", "b": 1},
    {"password": "x"},
)
VALUES = st.sampled_from([*SCALARS, *WHOLES, {OWNER_MARK: "team"}])
KEYS = st.sampled_from(["spec", "metadata", "lifecycle", "name", "labels", "annotations", "email", "password", "more"])


@st.composite
def manifests(draw: st.DrawFn) -> tuple[Platform, dict[str, Any]]:
    """An example in which some values, anywhere below its kind, have become others, have gone, or have come."""
    platform, example = draw(st.sampled_from(EXAMPLES))
    data = copy.deepcopy(example)
    for _ in range(draw(st.integers(0, 3))):
        holder = draw(st.sampled_from(list(mappings(data))))
        key = draw(st.one_of(st.sampled_from(sorted(holder) or ["spec"]), KEYS))
        if holder is data and key in ("apiVersion", "kind"):
            continue
        if draw(st.booleans()):
            holder[key] = copy.deepcopy(draw(VALUES))
        else:
            holder.pop(key, None)
    return platform, data


def mappings(value: Any) -> Any:
    """Yield every mapping of a value."""
    if isinstance(value, dict):
        yield value
        for below in value.values():
            yield from mappings(below)
    elif isinstance(value, list):
        for below in value:
            yield from mappings(below)


def document_of(data: Any) -> Document:
    return Document(Source("m.yaml", 1, 1), data, Places())


@given(manifests())
def test_one_schema_accepts_what_the_schema_and_its_doubts_accept(drawn: tuple[Platform, dict[str, Any]]) -> None:
    platform, data = drawn
    quick, strict, doubts = JUDGEMENTS[platform.name, data["kind"]]
    assert quick.accepts(data) == (strict.accepts(data) and doubts.accepts(data))


@pytest.mark.parametrize(("platform", "data"), EXAMPLES)
def test_examples_are_accepted_at_the_first_glance(platform: Platform, data: dict[str, Any]) -> None:
    assert JUDGEMENTS[platform.name, data["kind"]][0].accepts(data)


@given(manifests())
def test_a_rule_that_is_not_looked_at_would_find_nothing(drawn: tuple[Platform, dict[str, Any]]) -> None:
    platform, data = drawn
    spec = data.get("spec")
    rules = rules_of(platform.kinds[data["kind"]], platform.schemas[data["kind"]])
    for rule in rules:
        if not rule.may_find(spec if isinstance(spec, dict) else {}):
            assert list(rule.find(document_of(data))) == []


@given(manifests())
def test_a_manifest_has_no_problem_just_where_no_rule_finds_one(drawn: tuple[Platform, dict[str, Any]]) -> None:
    platform, data = drawn
    kinds, schemas, document = platform.kinds, platform.schemas, document_of(data)
    _, strict, doubts = JUDGEMENTS[platform.name, data["kind"]]
    is_accepted = strict.accepts(data) and doubts.accepts(data)
    found = [
        problem for rule in rules_of(kinds[data["kind"]], schemas[data["kind"]]) for problem in rule.find(document)
    ]
    problems = validate([document], kinds, schemas)
    assert set(found) <= set(problems)
    if "lifecycle" not in data:
        assert bool(problems) == (bool(found) or not is_accepted)


NAMES = st.one_of(
    st.sampled_from(["ada", "Ada", "ADA", "a\u200bda", "caf\u00e9", "cafe\u0301", "\uff41da", "bob"]), VALUES
)


@given(st.lists(st.tuples(st.sampled_from(["User", "Group"]), NAMES), max_size=5))
def test_names_differ_just_where_none_is_declared_twice_nor_looks_like_another(named: list[tuple[str, Any]]) -> None:
    documents = [document_of({"kind": kind, "metadata": {"name": name}}) for kind, name in named]
    if all_names_differ(documents):
        assert not list(duplicates(documents)) + list(lookalikes(documents))
    elif all(isinstance(name, str) and name for _, name in named):
        assert list(duplicates(documents)) + list(lookalikes(documents))


def test_a_document_without_a_name_leaves_open_whether_names_differ() -> None:
    assert not all_names_differ([document_of({"kind": "User"})])
    assert not all_names_differ([document_of({"kind": "User", "metadata": ["name"]})])


@pytest.mark.parametrize("spec", ["x", None, [], 7])
def test_a_rule_finds_nothing_in_what_is_no_spec_nor_in_a_number_for_a_text(spec: Any) -> None:
    for platform, example in EXAMPLES:
        kind = platform.kinds[example["kind"]]
        for rule in rules_of(kind, platform.schemas[kind.name]):
            numbers = dict.fromkeys(rule.fields or (), 7)
            for data in ({**example, "spec": spec}, {**example, "spec": {**example.get("spec", {}), **numbers}}):
                assert list(rule.find(Document(Source("m.yaml", 1, 1), data, Places()))) == [], kind.name
