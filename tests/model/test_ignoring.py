"""What is under `ignore_changes` is set at creation; after that it is neither compared, sent nor remembered."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from igz_apply.iguazio3.kinds import APP_SERVICE, KINDS, PROJECT
from igz_apply.model.changes import Origin
from igz_apply.model.ignoring import apart, compared, plain_path
from igz_apply.model.resources import Resource
from igz_apply.planning.drift import drift_of
from igz_apply.planning.ownership import applied, may_be_pruned
from igz_apply.planning.precondition import moved_since
from igz_apply.planning.staleness import fingerprints
from tests.builders import cluster, diff_of, entry, live, manifests, owned, plan_for, project, service, steps, user


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("labels.team", "labels.team"),
        ('labels["app.kubernetes.io/name"]', "labels.app.kubernetes.io/name"),
        ("labels['a.b']", "labels.a.b"),
        ('a["b.c"].d', "a.b.c.d"),
        ('labels[""]', "labels."),
        ("labels.a[0]", "labels.a[0]"),
    ],
)
def test_a_path_is_read_in_both_forms(written: str, plain: str) -> None:
    assert plain_path(written) == plain


LIVE = project("p", labels={"team": "zzz", "extra": "e", "app.kubernetes.io/name": "y", "tier": "1"})


def test_ignored_keys_of_a_map_stay_as_they_are_beside_a_key_that_changes() -> None:
    stated = project(
        "p",
        labels={"app.kubernetes.io/name": "x", "team": "a", "tier": "1"},
        ignore_changes=["labels.team", "labels.extra", "labels.app.kubernetes.io/name"],
    )
    assert steps(plan_for(manifests(stated), cluster(LIVE))) == []
    changed = replace(stated, spec={"labels": {**stated.spec["labels"], "tier": "2"}})
    assert diff_of(plan_for(manifests(changed), cluster(LIVE)), "Project/p") == {
        "labels": (LIVE.spec["labels"], {**LIVE.spec["labels"], "tier": "2"})
    }
    cleared = replace(stated, spec={"labels": None})
    ((_, after),) = diff_of(plan_for(manifests(cleared), cluster(LIVE)), "Project/p").values()
    assert after == {"app.kubernetes.io/name": "y", "extra": "e", "team": "zzz"}
    created = diff_of(plan_for(manifests(stated), cluster()), "Project/p")
    assert created == {"labels": (None, {"app.kubernetes.io/name": "x", "team": "a", "tier": "1"})}


def test_a_key_is_no_prefix_of_another_key_with_a_dot() -> None:
    stated = project("p", labels={"a.b": "1"}, ignore_changes=["labels.a"])
    assert steps(plan_for(manifests(stated), cluster(project("p", labels={"a.b": "2"})))) == ["update Project/p"]


@pytest.mark.parametrize(
    ("stated", "lives", "ignored", "wanted"),
    [
        ({"jupyter": {"image_name": "a"}}, {"jupyter": {"image_name": "b"}}, "jupyter.image_name", {"jupyter": {}}),
        ({"jupyter": {"image_name": "a"}}, {}, "jupyter", {}),
        (
            {"jupyter": {"extra_environment_vars": {"TZ": "a", "X": "1"}, "spark_name": "s"}},
            {"jupyter": {"extra_environment_vars": {"TZ": "b", "Y": "2"}}},
            "jupyter.extra_environment_vars.TZ",
            {"jupyter": {"extra_environment_vars": {"TZ": "b", "X": "1"}, "spark_name": "s"}},
        ),
        (
            {"jupyter": {"extra_environment_vars": {"TZ": "a"}}},
            {},
            "jupyter.extra_environment_vars.TZ",
            {"jupyter": {"extra_environment_vars": {}}},
        ),
        ({"jupyter": None}, {"jupyter": {"a": 1, "b": 2}}, "jupyter.a", {"jupyter": {"b": None}}),
        ({"jupyter": None}, {}, "jupyter.a", {"jupyter": {}}),
        (
            {"resources": None},
            {"resources": {"limits": {"cpu": "1", "memory": "1Gi"}}},
            "resources.limits.cpu",
            {"resources": {"limits": {"memory": None}}},
        ),
        ({"grafana": {"a.b": {"c": 1, "d": 2}}}, {}, "grafana.a.b.c", {"grafana": {"a.b": {"d": 2}}}),
        ({"grafana": {"a": 1}}, {}, "grafana.a.b", {"grafana": {"a": 1}}),
        ({"description": "x"}, {}, "description.y", {"description": "x"}),
        (
            {"metadata.labels": {"team": "a"}},
            {"metadata.labels": {"team": "b"}},
            "metadata.labels.team",
            {"metadata.labels": {"team": "b"}},
        ),
    ],
)
def test_what_is_compared_is_stated_without_what_is_ignored(
    stated: dict[str, Any], lives: dict[str, Any], ignored: str, wanted: dict[str, Any]
) -> None:
    declared = replace(service("s", ignore_changes=[ignored]), spec=stated)
    assert compared(APP_SERVICE, declared, lives) == wanted
    assert compared(APP_SERVICE, declared, None) == stated


@pytest.mark.parametrize(
    ("stated", "ignored", "wanted"),
    [
        ({"editor": {"users": ["a"]}, "viewer": {}}, "members.editor", {"viewer": {}}),
        ({"editor": {"groups": ["g"]}}, "members.editor.users", {"editor": {"users": ["e"], "groups": ["g"]}}),
        ({"editor": None}, "members.editor.users", {"editor": {"users": ["e"]}}),
        ({"viewer": {}}, "members.viewer.users", {"viewer": {"users": None}}),
        (None, "members.editor", {"admin": None, "viewer": None}),
    ],
)  # fmt: skip
def test_an_ignored_role_is_not_stated_and_an_ignored_side_of_one_is_what_lives(
    stated: Any, ignored: str, wanted: Any
) -> None:
    declared = project("p", members=stated, ignore_changes=[ignored])
    assert compared(PROJECT, declared, {"members": {"editor": {"users": ["e"]}}}) == {"members": wanted}


def test_memberships_and_what_is_not_stated_are_left_alone() -> None:
    declared = user("ada", groups=["ops"], ignore_changes=["groups", "email"])
    assert compared(KINDS["User"], declared, {}) == {"groups": ["ops"]}


def test_a_value_is_seen_apart_from_what_is_ignored_below_it() -> None:
    value = {"team": "a", "x.y": {"z": 1, "w": 2}}
    assert apart(value, "labels", ["labels.team", "labels.x.y.z"]) == {"x.y": {"w": 2}}
    assert apart(value, "labels", ["label", "labels.other"]) == value
    assert apart([1], "labels", ["labels.team"]) == [1]
    assert apart(value, "labels", ()) == value


IGNORING = project("p", labels={"team": "a", "tier": "2"}, owner="ada", ignore_changes=["labels.team", "owner"])


def planned_change(world: Resource) -> Any:
    (change,) = plan_for(manifests(IGNORING), cluster(world, user("ada"))).changes
    return change


def test_what_others_do_to_an_ignored_key_meanwhile_neither_stops_a_change_nor_makes_a_plan_stale() -> None:
    before = project("p", labels={"team": "x", "tier": "1"}, owner="ada")
    moved = live(project("p", labels={"team": "y", "tier": "1"}, owner="bob"))
    other = live(project("p", labels={"team": "x", "tier": "3"}, owner="ada"))
    assert moved_since(planned_change(before), moved, PROJECT) == ""
    assert moved_since(planned_change(before), other, PROJECT).startswith("labels holds something else")
    plan = plan_for(manifests(IGNORING), cluster(before, user("ada")))
    seen, same, differs = (
        fingerprints(plan, cluster(each, user("ada")), KINDS) for each in (live(before), moved, other)
    )
    assert seen == same
    assert seen != differs


def test_a_plan_that_deletes_looks_at_all_of_it() -> None:
    gone = replace(IGNORING, lifecycle=replace(IGNORING.lifecycle, state="absent"))
    before, moved = (project("p", labels={"team": name}) for name in "xy")
    plan = plan_for(manifests(gone), cluster(before))
    assert fingerprints(plan, cluster(before), KINDS) != fingerprints(plan, cluster(moved), KINDS)


def test_whose_change_a_difference_is_is_told_without_what_is_ignored() -> None:
    world = cluster(project("p", labels={"team": "theirs", "tier": "1"}, owner="bob"), user("ada"))
    before = project("p", labels={"team": "a", "tier": "1"}, owner="ada")
    inventory = owned(before)
    plan = plan_for(manifests(IGNORING), world, inventory)
    (drift,) = drift_of(plan, inventory, KINDS)
    assert [(field.diff.dotted, field.origin) for field in drift.fields] == [("labels", Origin.GIT)]
    assert not {"team"} & {*drift.fields[0].diff.before, *drift.fields[0].diff.after}


def test_what_is_ignored_is_not_remembered_as_applied() -> None:
    before = project("p", labels={"team": "x", "tier": "1"}, owner="bob")
    entered = applied(planned_change(before), None, "id")
    assert entered.values == {"labels": {"tier": "2"}}
    assert entered.ignored == ("labels.team", "owner")


def test_an_ignored_key_does_not_keep_a_service_from_being_known_as_the_one_that_was_applied() -> None:
    lives = live(service("s", kind="shell", labels={"team": "zzz", "tier": "1"}))
    values = {"kind": "shell", "metadata.labels": {"tier": "1"}}
    assert may_be_pruned(entry(id="s", values=values, ignored=("metadata.labels.team",)), lives, APP_SERVICE)
    assert not may_be_pruned(entry(id="s", values=values), lives, APP_SERVICE)


def test_an_owner_under_ignore_changes_may_be_listed_once_another_owns() -> None:
    stated = project("p", owner="ada", members={"viewer": {"users": ["ada"]}}, ignore_changes=["owner"])
    world = cluster(user("ada"), user("bob"), project("p", owner="bob"))
    assert steps(plan_for(manifests(stated), world)) == ["update Project/p"]
