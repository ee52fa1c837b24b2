"""Where manifests state what a plan shows, and that most of them are not read again for it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from igz_apply.authoring.layering.origins import Elsewhere, Layer, LayeredPositions, Stratum, cites_nothing
from igz_apply.authoring.layering.values import Values, value_layer
from igz_apply.iguazio3.kinds import KINDS
from igz_apply.model.addresses import Source
from igz_apply.model.changes import FieldDiff
from igz_apply.model.kind import MARK_PATH, NAME_PATH
from igz_apply.model.resources import Document, Path, Resource
from igz_apply.planning.places import SavedPositions, elsewhere_below, place_of, stated_at, stated_elsewhere
from tests.builders import Places, absent, cluster, group, manifests, owned, plan_for, service, user


class NotAsked:
    """Positions whose every answer would cost a parse."""

    def value(self, path: Path) -> Source:
        raise AssertionError(path)

    key = value

    def text(self, path: Path) -> str:
        raise AssertionError(path)


class Asked(NotAsked):
    """Positions that remember what they were asked."""

    def __init__(self, asked: list[Path]) -> None:
        self._asked = asked

    def value(self, path: Path) -> Source:
        self._asked.append(path)
        return Source("asked", 1, 1)


def stratum(layer: Layer, **spec: Any) -> Stratum:
    metadata = {"labels": spec.pop("labels")} if "labels" in spec else {}
    return Stratum(layer, {"metadata": metadata, "spec": spec}, Places(layer), (), cites_nothing)


def layered(of: Resource, *strata: Stratum) -> Resource:
    at = next((at for at, it in enumerate(strata) if it.layer in ("manifest", "profile")))
    return replace(of, positions=LayeredPositions(strata[at], strata[:at], strata[at + 1 :]))


@pytest.mark.parametrize(
    ("shown", "place"),
    [
        (("email",), ("spec", "email")),
        (("resources", "limits", "cpu"), ("spec", "resources", "limits", "cpu")),
        (("metadata.labels", "a.b"), ("metadata", "labels", "a.b")),
        (NAME_PATH, None),
        (MARK_PATH, None),
    ],
)
def test_what_a_plan_shows_is_stated_under_spec_or_metadata(shown: Path, place: Path | None) -> None:
    assert stated_at(shown) == place


def test_a_manifest_without_layers_is_not_read_again() -> None:
    plain = replace(user("ada", email="a@x.org"), positions=NotAsked())
    assert stated_elsewhere(plain, ("email",)) is None
    assert list(elsewhere_below(plain, FieldDiff(("labels",), None, {"a": "b"}))) == []
    assert stated_elsewhere(None, ("email",)) is None


def test_what_another_layer_states_is_told_and_what_the_manifest_states_is_not() -> None:
    nb = layered(
        service("nb"),
        stratum("patch", kind="jupyter"),
        stratum("manifest", owner="ada", labels={"team": "a"}),
        stratum("defaults", owner="bob", description="d", labels={"team": "b", "zone": "c"}),
    )
    found = {path: stated_elsewhere(nb, (path,)) for path in ("kind", "owner", "description", "resources")}
    assert {path: source.path if source else None for path, source in found.items()} == {
        "kind": "patch:spec:kind",
        "owner": None,
        "description": "defaults:spec:description",
        "resources": None,
    }
    assert stated_elsewhere(nb, NAME_PATH) is None
    labels = FieldDiff(("metadata.labels",), None, {"team": "a", "zone": "c"})
    assert [(keys, source.path) for keys, source in elsewhere_below(nb, labels)] == [
        (("zone",), "defaults:metadata:labels:zone")
    ]


def test_manifests_with_the_same_layers_around_ask_them_once() -> None:
    asked: list[Path] = []
    found: Elsewhere = {}
    defaults = Stratum("defaults", {"spec": {"owner": "ada", "kind": "jupyter"}}, Asked(asked), (), cites_nothing)
    own = Document(Source("a.yaml", 1, 1), {"spec": {"kind": "grafana"}}, Places("a.yaml"))
    for _ in range(3):
        nb = replace(service("nb"), positions=LayeredPositions(own, (), (defaults,), found))
        assert stated_elsewhere(nb, ("owner",)) == Source("asked", 1, 1)
        assert stated_elsewhere(nb, ("kind",)) is None
    assert asked == [("spec", "owner")]


def test_a_manifest_that_takes_a_value_does_not_share_what_that_is() -> None:
    found: Elsewhere = {}
    values = {name: value_layer(name, name, Places(name), (name,)) for name in ("v", "w")}
    for name in values:
        data = {"spec": {"owner": {"from_value": name}, "kind": "jupyter"}}
        own = Stratum("manifest", data, Places("a.yaml"), (), Values(values).cited)
        nb = replace(service("nb"), positions=LayeredPositions(own, (), (), found))
        place = stated_elsewhere(nb, ("owner",))
        assert (place and place.path, stated_elsewhere(nb, ("kind",))) == (f"{name}:{name}", None)
        assert stated_elsewhere(nb, ("owner", "below")) is None


def test_of_a_map_within_a_map_every_part_is_looked_at() -> None:
    nb = layered(service("nb"), stratum("defaults", new={"a": {"b": 1}}), stratum("manifest"))
    found = elsewhere_below(nb, FieldDiff(("new",), None, {"a": {"b": 1}}))
    assert [keys for keys, _ in found] == [("a",), ("a", "b")]


def test_a_saved_plan_knows_what_it_was_told() -> None:
    there = Source("igz-apply.yaml", 9, 3)
    saved = replace(user("ada"), positions=SavedPositions(Source("a.yaml", 1, 1), {("spec", "email"): there}))
    assert stated_elsewhere(saved, ("email",)) == there
    assert stated_elsewhere(saved, ("first_name",)) is None


def place(holder: str, *stating: Resource, path: str) -> str | None:
    plan = plan_for(manifests(*stating), cluster(user("ada", groups=["old"]), group("ds"), group("old")), owned())
    changes = {change.address: change for change in plan.changes}
    found = place_of(next(it for it in plan.changes if str(it.address) == holder), (path,), changes, KINDS.membership)
    return found.path if found else None


def test_a_membership_stands_where_its_own_side_states_it_or_else_the_other() -> None:
    ds, ada = group("ds", users=["ada"]), user("ada", groups=["ds"])
    assert place("User/ada", ada, ds, path="groups") == "manifests/test.yaml:spec:groups"
    assert place("User/ada", user("ada"), ds, path="groups") == "manifests/test.yaml:spec:users"
    assert place("User/ada", user("ada", primary_group="ds"), group("ds"), path="groups") is None
    assert place("Group/ds", ds, path="users") == "manifests/test.yaml:spec:users"
    assert place("User/ada", user("ada", first_name="Ada"), path="first_name") == "manifests/test.yaml:spec:first_name"
    assert place("User/ada", user("ada", first_name="Ada"), path="metadata.owner") is None


def test_what_is_declared_no_more_stands_nowhere() -> None:
    plan = plan_for(manifests(), cluster(user("ada")), owned(user("ada")), prune=True)
    assert place_of(plan.changes[0], ("email",), {}, KINDS.membership) is None
    assert stated_elsewhere(absent(user("ada")), ("email",)) is None
