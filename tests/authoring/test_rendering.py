"""Manifests as they count: what is printed of them, and where each value was stated."""

from __future__ import annotations

from typing import Any

from igz_apply.authoring.layering.origins import LayeredPositions, Stratum, cites_nothing
from igz_apply.authoring.rendering import path_text, rendered, stated_values
from igz_apply.iguazio3.kinds import KINDS
from igz_apply.model.addresses import Source
from igz_apply.model.hidden import MASK
from igz_apply.model.resources import Document
from tests.builders import Places


def document(kind: str, /, **parts: Any) -> Document:
    data = {"apiVersion": "iguazio.com/v1", "kind": kind, "metadata": {"name": "x"}, **parts}
    return Document(Source("a.yaml", 1, 1), data, Places())


def test_a_manifest_is_rendered_as_it_is_down_to_what_says_nothing() -> None:
    documents = [
        document("User", spec={"password": {"from_env": "PW"}, "job_title": None, "groups": []}),
        document("Project", spec={"labels": {"token": "plain"}}, lifecycle={"ignore_changes": ["labels"]}),
        document("Group", lifecycle={"state": "absent"}),
        document("AppService", spec={"kind": "grafana", "grafana": {"password": {"from_file": "pw"}, "a": [1, None]}}),
    ]
    found = list(rendered(documents, KINDS))
    assert [each.data for each in found] == [each.data for each in documents]
    assert [(str(each.address), each.hidden) for each in found] == [
        ("User/x", ()),
        ("Project/x", ()),
        ("Group/x", ()),
        ("AppService/x", ()),
    ]


def test_the_parts_of_a_manifest_come_in_the_order_in_which_people_write_them() -> None:
    (found,) = rendered([document("Group", lifecycle={"prevent_destroy": True}, spec={"users": []})], KINDS)
    assert list(found.data) == ["apiVersion", "kind", "metadata", "spec", "lifecycle"]


def test_what_may_be_a_secret_is_masked_and_named_and_a_reference_to_one_is_not() -> None:
    settings = {"password": "plain", "fine": {"from_env": "A"}, "logins": [{"name": "DB_PASSWORD", "value": "plain"}]}
    (found,) = rendered([document("AppService", spec={"kind": "grafana", "grafana": settings})], KINDS)
    assert found.data["spec"]["grafana"] == {
        "password": MASK,
        "fine": {"from_env": "A"},
        "logins": [{"name": "DB_PASSWORD", "value": MASK}],
    }
    assert [path_text(path) for path in found.hidden] == ["spec.grafana.password", "spec.grafana.logins[0].value"]


def test_each_value_knows_the_layer_that_states_it() -> None:
    own = {"metadata": {"name": "x"}, "kind": "Group", "spec": {"users": ["ada"]}}
    defaults = {"apiVersion": "iguazio.com/v1", "kind": "Group", "spec": {"description": "d", "users": []}}
    positions = LayeredPositions(
        Stratum("manifest", own, Places("a.yaml"), (), cites_nothing),
        below=(Stratum("defaults", defaults, Places("_defaults.yaml"), (), cites_nothing),),
    )
    # A Profile's template may leave the apiVersion out, and the defaults state one of their own.
    data = {"apiVersion": "iguazio.com/v1", **own, "spec": {"users": ["ada"], "description": "d"}}
    (found,) = rendered([Document(Source("a.yaml", 1, 1), data, positions)], KINDS)
    assert {path_text(path): found.origin(path).source.path for path in stated_values(found.data)} == {
        "apiVersion": "a.yaml",
        "metadata.name": "a.yaml:metadata:name",
        "kind": "a.yaml:kind",
        "spec.users": "a.yaml:spec:users",
        "spec.description": "_defaults.yaml:spec:description",
    }


def test_a_value_is_what_is_no_mapping_and_no_list_of_any() -> None:
    data = {"a": {"b.c": 1, "d": {}}, "e": [1, 2], "f": [], "g": [{"h": None}, 3], 'i"[': 1}
    assert [path_text(path) for path in stated_values(data)] == [
        'a["b.c"]',
        "a.d",
        "e",
        "f",
        "g[0].h",
        "g[1]",
        '["i"["]',
    ]
