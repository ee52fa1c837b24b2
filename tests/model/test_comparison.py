"""Comparison by meaning: what a manifest says and what the cluster has, field by field."""

from __future__ import annotations

from typing import Any

import pytest

from igz_apply.iguazio3.app_service import APP_SERVICE
from igz_apply.model.comparison import declared, differing, is_below, path_at, paths_at, same
from igz_apply.model.kind import Field, Shape

SET = Field("x", shape=Shape.SET)
MAP = Field("x", shape=Shape.MAP)
QUANTITY = Field("x", shape=Shape.QUANTITY)
DURATION = Field("x", shape=Shape.DURATION)
SCALAR = Field("x")
LIST = Field("x", shape=Shape.LIST, fields=(Field("size", default=0), Field("every", shape=Shape.DURATION)))
OBJECT = Field("x", shape=Shape.OBJECT, fields=(Field("cpu", shape=Shape.QUANTITY), Field("tags", shape=Shape.MAP)))


@pytest.mark.parametrize(
    ("field", "desired", "live"),
    [
        (SET, ["a", "b"], ["b", "a"]),
        (SET, ["a", "a"], ["a"]),
        (SET, [], None),
        (SET, None, []),
        (MAP, {"a": "1", "b": "2"}, {"b": "2", "a": "1"}),
        (MAP, {}, None),
        (QUANTITY, "1000m", "1"),
        (QUANTITY, "1024Mi", "1Gi"),
        (QUANTITY, 2, "2"),
        (QUANTITY, "lots", "lots"),
        (DURATION, "60m", "1h"),
        (DURATION, "90s", "1m30s"),
        (DURATION, "soon", "soon"),
        (SCALAR, "", None),
        (SCALAR, None, ""),
        (SCALAR, 1, 1.0),
        (Field("x", default="up"), "up", None),
        (LIST, [{"every": "1h"}], [{"every": "60m", "size": 0, "more": 1}]),
        (LIST, [{"size": 0}], [{}]),
        (OBJECT, {"cpu": "1"}, {"cpu": "1000m", "other": 1}),
        (OBJECT, {}, {"cpu": "1"}),
        (OBJECT, {"odd": {"deep": None}}, {"odd": {"more": 1}}),
        (None, [1, [2]], [1, [2]]),
        (None, {"a": {"b": [{"c": 1}]}}, {"a": {"b": [{"c": 1}], "x": 1}}),
    ],
)
def test_the_same_meaning_is_no_difference(field: Field | None, desired: Any, live: Any) -> None:
    assert same(field, desired, live)


@pytest.mark.parametrize(
    ("field", "desired", "live"),
    [
        (SET, ["a"], ["a", "b"]),
        (SET, [], ["a"]),
        (MAP, {"a": "1"}, {"a": "1", "b": "2"}),
        (MAP, {}, {"a": "1"}),
        (QUANTITY, "1", "1Gi"),
        (QUANTITY, "lots", "1"),
        (DURATION, "1m", "1h"),
        (SCALAR, "a", "b"),
        (SCALAR, True, 1),
        (SCALAR, 0, False),
        (SCALAR, False, None),
        (SCALAR, None, "a"),
        (Field("x", default="up"), "down", None),
        (LIST, [{"size": 1}], [{"size": 2}]),
        (LIST, [{"size": 1}], [{"size": 1}, {"size": 1}]),
        (LIST, [{"size": 1}, {"size": 2}], [{"size": 2}, {"size": 1}]),
        (OBJECT, {"cpu": "2"}, {"cpu": "1"}),
        (OBJECT, {"cpu": "2"}, "not an object"),
        (OBJECT, None, {"cpu": "1"}),
        (None, [[True]], [[1]]),
        (None, {"a": [1]}, {"a": {"b": 1}}),
    ],
)
def test_another_meaning_is_a_difference(field: Field | None, desired: Any, live: Any) -> None:
    assert not same(field, desired, live)


def test_each_key_of_an_object_that_differs_is_told_by_itself_in_a_fixed_order() -> None:
    desired = {"tags": {"a": "1"}, "odd": {"z": 1, "b": 2}, "cpu": "2"}
    found = [
        (leaf.dotted, leaf.desired, leaf.live) for leaf in differing(OBJECT, desired, {"cpu": "1", "odd": {"b": 2}})
    ]
    assert found == [("x.cpu", "2", "1"), ("x.odd.z", 1, None), ("x.tags", {"a": "1"}, None)]


def test_a_create_tells_every_leaf_that_is_set_and_none_that_is_not() -> None:
    desired = {"cpu": "2", "tags": {}, "odd": {"z": False, "n": None}, "empty": None}
    assert [(leaf.dotted, leaf.desired) for leaf in declared(OBJECT, desired)] == [("x.cpu", "2"), ("x.odd.z", False)]


@pytest.mark.parametrize(
    ("path", "prefix", "expected"),
    [("a.b", "a", True), ("a", "a", True), ("ab", "a", False), ("a", "a.b", False)],
)
def test_a_path_lies_below_its_prefixes(path: str, prefix: str, expected: bool) -> None:
    assert is_below(path, prefix) is expected


def test_an_empty_list_inside_a_new_object_is_set_and_one_of_its_own_is_not() -> None:
    context = Field("context", shape=Shape.OBJECT, fields=(Field("groups", shape=Shape.SET), Field("user")))
    leaves = {leaf.dotted: leaf.desired for leaf in declared(context, {"groups": [], "user": "1"})}
    assert leaves == {"context.groups": [], "context.user": "1"}
    assert not list(declared(Field("groups", shape=Shape.SET), []))


@pytest.mark.parametrize(
    ("dotted", "path"),
    [
        ("metadata.labels", ("metadata.labels",)),
        ("metadata.labels.a.b/c", ("metadata.labels", "a.b/c")),
        ("resources.limits.cpu", ("resources", "limits", "cpu")),
        ("trino.catalog.tpch.size", ("trino", "catalog.tpch", "size")),
        ("trino.catalog.other", ("trino", "catalog", "other")),
        ("of_no_table.x.y", ("of_no_table", "x", "y")),
    ],
)
def test_a_path_that_was_written_with_dots_is_told_apart_by_what_is_there(dotted: str, path: tuple[str, ...]) -> None:
    desired = {"metadata.labels": {"a.b/c": "1", "a": {"b/c": 2}}, "trino": {"catalog.tpch": {"size": 1}}}
    assert path_at(APP_SERVICE, dotted, desired, None, {"trino": {"catalog": {}}}) == path


def test_what_is_written_alike_is_every_path_that_can_be_meant() -> None:
    spec = {"trino": {"a.b": {"c": 1}, "a": {"b.c": 2, "": 3}}}
    assert list(paths_at(APP_SERVICE, "trino.a.b.c", spec)) == [("trino", "a.b", "c"), ("trino", "a", "b.c")]
    assert list(paths_at(APP_SERVICE, "trino.a.", spec)) == [("trino", "a", "")]
    assert list(paths_at(APP_SERVICE, "trino.a", spec)) == [("trino", "a")]
