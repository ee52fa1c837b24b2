"""Whose change a difference is: git's, the cluster's, both; told from what was last applied."""

from __future__ import annotations

from typing import Any

import pytest

from igz_apply.iguazio3.kinds import KINDS
from igz_apply.model.addresses import Address, Source
from igz_apply.model.changes import Action, FieldDiff, Origin
from igz_apply.model.resources import DesiredState, LiveState, Owned, SecretRef
from igz_apply.planning.drift import Drift, FieldDrift, drift_of
from tests.builders import (
    Places,
    absent,
    cluster,
    entry,
    group,
    live,
    manifests,
    owned,
    plan_for,
    project,
    service,
    user,
)


def drifts(desired: DesiredState, world: LiveState, inventory: Owned, **options: Any) -> list[Drift]:
    return list(drift_of(plan_for(desired, world, inventory, **options), inventory, KINDS))


def fields(desired: DesiredState, world: LiveState, inventory: Owned, **options: Any) -> dict[str, str]:
    (drift,) = drifts(desired, world, inventory, **options)
    return {field.diff.dotted: field.origin.value for field in drift.fields}


def place(*path: str) -> Source:
    """Return where a manifest of the builders states a field."""
    return Places().value(("spec", *path))


@pytest.mark.parametrize(
    ("git", "lives", "origin"),
    [("then", "moved", "cluster"), ("moved", "then", "git"), ("here", "there", "both")],
)
def test_a_field_is_classed_by_which_side_moved(git: str, lives: str, origin: str) -> None:
    desired, world = manifests(user("ada", job_title=git)), cluster(user("ada", job_title=lives))
    (drift,) = drifts(desired, world, owned(user("ada", job_title="then")))
    (field,) = drift.fields
    assert (field.origin.value, field.applied, drift.origin.value, drift.action) == (
        origin,
        "then",
        origin,
        Action.UPDATE,
    )


def test_a_drift_says_where_git_states_what_is_different() -> None:
    ada = user("ada", job_title="then", groups=["ops"])
    inventory = owned(ada, group("ops"), user("gone"), group("old"))
    world = cluster(user("ada", job_title="moved"), group("ops"), group("old"))
    found = drifts(manifests(ada, group("ops"), user("gone")), world, inventory, prune=True)
    told = {str(drift.address): (drift.source, [field.source for field in drift.fields]) for drift in found}
    assert {
        text: (source and source.path, [it and it.path for it in places]) for text, (source, places) in told.items()
    } == {
        "User/ada": ("manifests/ada.yaml", ["manifests/test.yaml:spec:job_title", "manifests/test.yaml:spec:groups"]),
        "User/gone": ("manifests/gone.yaml", []),
        "Group/old": (None, []),
    }


def test_one_field_of_each_side_makes_the_resource_both() -> None:
    desired = manifests(user("ada", job_title="git", department="then"))
    world = cluster(user("ada", job_title="then", department="cluster"))
    (drift,) = drifts(desired, world, owned(user("ada", job_title="then", department="then")))
    assert {field.diff.dotted: field.origin.value for field in drift.fields} == {
        "job_title": "git",
        "department": "cluster",
    }
    assert drift.origin.value == "both"


def test_a_field_that_was_not_declared_then_is_gits() -> None:
    assert fields(manifests(user("ada", job_title="x")), cluster(user("ada")), owned(user("ada"))) == {
        "job_title": "git"
    }


def test_values_are_compared_by_meaning() -> None:
    def with_cpu(cpu: str, state: str = "ready", **more: Any) -> Any:
        return service("s", kind="jupyter", desired_state=state, resources={"limits": {"cpu": cpu}}, **more)

    assert fields(manifests(with_cpu("2")), cluster(with_cpu("1000m")), owned(with_cpu("1"))) == {
        "resources.limits.cpu": "git"
    }
    scaling: dict[str, Any] = {"scale_to_zero": {"mode": "enabled"}}
    declared, lives = with_cpu("1", "disabled", **scaling), with_cpu("1", "scaledToZero", **scaling)
    assert fields(manifests(declared), cluster(lives), owned(with_cpu("1", **scaling))) == {"desired_state": "git"}


def test_labels_and_what_no_table_describes_are_compared_as_well() -> None:
    def with_odd(odd: int, label: str) -> Any:
        return service("s", kind="jupyter", labels={"a": label}, jupyter={"odd": {"deep": odd}})

    assert fields(manifests(with_odd(1, "x")), cluster(with_odd(2, "y")), owned(with_odd(1, "x"))) == {
        "metadata.labels": "cluster",
        "jupyter.odd.deep": "cluster",
    }


def test_a_label_that_somebody_added_is_the_clusters() -> None:
    def with_labels(**labels: str) -> Any:
        return service("s", kind="jupyter", labels=labels)

    found = fields(manifests(with_labels(a="x")), cluster(with_labels(a="x", b="y")), owned(with_labels(a="x")))
    assert found == {"metadata.labels": "cluster"}


def test_nothing_and_an_empty_value_are_the_same_to_both_sides() -> None:
    def with_odd(odd: Any, labels: Any) -> Any:
        return service("s", kind="jupyter", labels=labels, jupyter={"odd": odd})

    for then, lives in (([], None), (None, [])):
        desired, world = manifests(with_odd([1], {"a": "x"})), cluster(with_odd(lives, lives and {}))
        assert fields(desired, world, owned(with_odd(then, then and {}))) == {
            "metadata.labels": "git",
            "jupyter.odd": "git",
        }


def test_lists_of_objects_are_compared_item_by_item() -> None:
    def scaling(window: str) -> Any:
        metric = {"metric_name": "num_of_requests", "threshold_value": 0, "window_size": window}
        return service("s", kind="jupyter", scale_to_zero={"mode": "enabled", "scale_resources": [metric]})

    found = fields(manifests(scaling("2h")), cluster(scaling("1h")), owned(scaling("60m")))
    assert found == {"scale_to_zero.scale_resources": "git"}


def test_a_secret_that_no_longer_matches_changed_on_our_side() -> None:
    declared = user("ada", password=SecretRef(from_env="PW"))
    stale = {declared.address: {"password": ""}}
    assert fields(manifests(declared), cluster(user("ada")), owned(user("ada")), stale=stale) == {"password": "git"}


def test_what_was_never_applied_cannot_be_classed() -> None:
    ada = Address("User", "ada")
    field = FieldDrift(FieldDiff(("job_title",), None, "x"), source=place("job_title"))
    for inventory in (owned(), owned(**{"User/ada": entry(is_pending=True)})):
        assert drifts(manifests(user("ada", job_title="x")), cluster(user("ada")), inventory) == [
            Drift(ada, Action.UPDATE, (field,), Origin.UNKNOWN, source=user("ada").source)
        ]
    assert drifts(manifests(absent(user("ada"))), cluster(user("ada")), owned()) == [
        Drift(ada, Action.DELETE, (), Origin.UNKNOWN, source=user("ada").source)
    ]


def test_what_vanished_is_the_clusters_and_what_is_declared_no_more_gits() -> None:
    (vanished,) = drifts(manifests(user("ada", job_title="x")), cluster(), owned(user("ada")))
    assert (vanished.action, vanished.fields, vanished.origin.value) == (Action.CREATE, (), "cluster")
    (pruned,) = drifts(manifests(), cluster(user("ada")), owned(user("ada")), prune=True)
    assert (pruned.action, pruned.origin.value) == (Action.DELETE, "git")


def test_what_is_as_declared_is_left_out() -> None:
    assert drifts(manifests(user("ada")), cluster(user("ada")), owned(user("ada"))) == []


def test_what_is_as_declared_and_broken_is_the_clusters() -> None:
    declared = service("s", kind="jupyter")
    (drift,) = drifts(manifests(declared), cluster(live(declared, is_broken=True)), owned(declared))
    assert (drift.action, drift.fields, drift.origin.value) == (Action.UPDATE, (), "cluster")


# In a plan


def origins(desired: DesiredState, world: LiveState, inventory: Owned, **options: Any) -> list[tuple[str, str, Any]]:
    """Return what a plan says of each change that writes: its reason, its origin and its differences'."""
    changes = plan_for(desired, world, inventory, **options).writes
    return [
        (it.reason, it.origin.value if it.origin else "", [diff.origin.value for diff in it.diff]) for it in changes
    ]


def test_a_plan_classes_every_difference_and_says_so_in_the_reason() -> None:
    then = owned(user("ada", job_title="then", department="then"))
    for git, lives, expected in (
        (("then", "then"), ("moved", "then"), ("changed on the cluster", "cluster", ["cluster"])),
        (("moved", "then"), ("then", "then"), ("changed in git", "git", ["git"])),
        (("moved", "then"), ("then", "moved"), ("changed in git and on the cluster", "both", ["git", "cluster"])),
    ):
        desired = manifests(user("ada", job_title=git[0], department=git[1]))
        world = cluster(user("ada", job_title=lives[0], department=lives[1]))
        assert origins(desired, world, then) == [expected]


def test_what_is_made_or_deleted_as_a_whole_is_classed_as_a_whole() -> None:
    ada = user("ada", job_title="x")
    assert origins(manifests(ada), cluster(), owned()) == [("not on the cluster", "git", ["git"])]
    vanished = ("it was applied before and has vanished", "cluster", ["cluster"])
    assert origins(manifests(ada), cluster(), owned(ada)) == [vanished]
    pruned: tuple[str, str, list[str]] = ("no longer declared, and owned by this inventory", "git", [])
    assert origins(manifests(), cluster(ada), owned(ada), prune=True) == [pruned]


def test_what_was_never_applied_or_made_again_by_others_keeps_its_reason() -> None:
    ada = user("ada", job_title="x")
    taken = "differs, and is owned from now on"
    assert origins(manifests(ada), cluster(user("ada")), owned()) == [(taken, "unknown", ["unknown"])]
    again = cluster(live(user("ada"), id="another"))
    anew = "replaced on the cluster: deleted there and made anew since the last apply"
    assert origins(manifests(ada), again, owned(ada)) == [(f"{anew}; {taken}", "cluster", ["cluster"])]
    (found,) = drifts(manifests(user("ada")), again, owned(user("ada")))
    assert (found.action.value, found.origin.value, found.note) == ("adopt", "cluster", anew)


def test_what_was_renamed_was_changed_on_the_cluster() -> None:
    ds = group("ds", description="x")
    world = cluster(live(group("data", description="x"), id="group-ds"))
    (found,) = drifts(manifests(ds), world, owned(ds))
    assert [(each.diff.dotted, each.applied, each.diff.before, each.origin.value) for each in found.fields] == [
        ("metadata.name", "ds", "data", "cluster")
    ]


def test_our_mark_is_gits_own() -> None:
    p = project("p", description="x")
    (found,) = drifts(manifests(p), cluster(project("p", description="y")), owned(p), owner="team")
    assert [(each.diff.dotted, each.origin.value) for each in found.fields] == [
        ("description", "cluster"),
        ("metadata.owner", "git"),
    ]


def test_what_does_not_differ_has_no_origin() -> None:
    ada = user("ada")
    for inventory in (owned(), owned(ada)):
        (change,) = plan_for(manifests(ada), cluster(ada), inventory).changes
        assert change.origin is None


# Memberships


def members(desired: DesiredState, world: LiveState, inventory: Owned) -> str:
    (origin,) = set(fields(desired, world, inventory).values())
    return origin


def test_a_membership_that_somebody_removed_or_added_is_the_clusters() -> None:
    ada, ds, ops = user("ada", groups=["ds"]), group("ds"), group("ops")
    assert members(manifests(ada), cluster(user("ada"), ds), owned(ada)) == "cluster"
    assert members(manifests(ada), cluster(user("ada", groups=["ds", "ops"]), ds, ops), owned(ada)) == "cluster"


def test_a_membership_is_shown_with_the_list_that_was_applied() -> None:
    ada = user("ada", groups=["ds"])
    assert drifts(manifests(ada), cluster(user("ada"), group("ds")), owned(ada)) == [
        Drift(
            ada.address,
            Action.UPDATE,
            (FieldDrift(FieldDiff(("groups",), None, ["ds"], origin=Origin.CLUSTER), ["ds"], place("groups")),),
            Origin.CLUSTER,
            source=ada.source,
        )
    ]


def test_what_others_had_stated_changes_nothing_of_what_one_had() -> None:
    ada, zoe, ds, qa = user("ada", groups=[]), user("zoe"), group("ds", users=[]), group("qa")
    seen = cluster(user("ada", groups=["ops"]), user("bob", groups=["ds"]), zoe, ds, qa, group("ops"))
    found = drifts(manifests(ada, zoe, ds, qa), seen, owned(ada, zoe, ds, qa))
    assert {str(drift.address): drift.origin.value for drift in found} == {"User/ada": "cluster", "Group/ds": "cluster"}


def test_a_membership_that_git_added_or_took_out_is_gits() -> None:
    before, after = user("ada", groups=["ds"]), user("ada", groups=["ops"])
    world = cluster(before, group("ds"), group("ops"))
    assert members(manifests(after), world, owned(before)) == "git"


def test_a_membership_may_have_been_stated_on_the_other_side() -> None:
    ada, ds = user("ada"), group("ds", users=["ada"])
    assert members(manifests(ada, ds), cluster(ada, group("ds")), owned(ada, ds)) == "cluster"
    assert members(manifests(ada, group("ds", users=[])), cluster(ada, ds), owned(ada, ds)) == "git"
    strangers = cluster(ada, user("eve", groups=["ds"]), ds)
    assert members(manifests(ada, ds), strangers, owned(ada, ds)) == "cluster"


def test_a_list_that_is_stated_for_the_first_time_is_gits() -> None:
    world = cluster(user("ada", groups=["ds"]), group("ds"))
    assert members(manifests(user("ada", groups=[])), world, owned(user("ada"))) == "git"
    assert members(manifests(group("ds", users=[])), world, owned(group("ds"))) == "git"


def test_a_primary_group_counts_as_a_statement() -> None:
    ada = user("ada", primary_group="ds")
    found = fields(manifests(ada), cluster(user("ada"), group("ds")), owned(ada))
    assert found == {"primary_group": "cluster", "groups": "cluster"}


def test_what_else_was_applied_says_nothing_of_memberships() -> None:
    ada, lab = user("ada", groups=["ops"]), project("ops", owner="ada")
    world = cluster(user("ada"), group("ops"), lab)
    others = {"Project/ops": entry(lab), "Team/ops": entry(values={"users": ["ada"]})}
    assert fields(manifests(ada, lab), world, owned(user("ada"), **others)) == {"groups": "git"}
    assert fields(manifests(ada, lab), world, owned(ada, **others)) == {"groups": "cluster"}


def test_edges_of_both_sorts_are_both_and_pending_entries_say_nothing() -> None:
    before, after = user("ada", groups=["ds"]), user("ada", groups=["ds", "ops"])
    world = cluster(user("ada"), group("ds"), group("ops"))
    entries = {"Group/ops": entry(is_pending=True, values={"users": ["ada"]}), "User/ada": entry(before)}
    assert members(manifests(after), world, owned(**entries)) == "both"


# Roles


def role(**members: Any) -> Any:
    return project("p", owner="ada", members=members)


PEOPLE = (user("ada"), user("bob"), user("cy"), group("ds"))


def roles(declared: Any, lives: Any, applied: Any) -> dict[str, str]:
    return fields(manifests(declared), cluster(*PEOPLE, lives), owned(applied))


def test_a_member_that_somebody_added_to_a_stated_role_is_the_clusters() -> None:
    stated = role(editor={"users": ["bob"]})
    assert roles(stated, role(editor={"users": ["bob", "cy"]}), stated) == {"members.editor.users": "cluster"}
    assert roles(stated, role(editor={"users": ["bob"], "groups": ["ds"]}), stated) == {
        "members.editor.groups": "cluster"
    }
    assert roles(role(editor=None), role(editor={"users": ["bob"]}), role(editor=None)) == {
        "members.editor.users": "cluster"
    }


def test_a_member_that_git_added_is_gits_and_a_role_stated_for_the_first_time_too() -> None:
    lives = role(editor={"users": ["bob"]})
    assert roles(role(editor={"users": ["bob", "cy"]}), lives, lives) == {"members.editor.users": "git"}
    assert roles(role(editor={"users": ["cy"]}), lives, role()) == {"members.editor.users": "git"}
    assert roles(role(editor={"users": ["cy"]}), lives, project("p")) == {"members.editor.users": "git"}
    assert roles(role(editor={"users": ["cy"]}), lives, role(editor={})) == {"members.editor.users": "both"}


def test_a_role_is_shown_with_the_members_that_were_applied() -> None:
    stated = role(editor={"users": ["cy", "bob"]})
    (drift,) = drifts(manifests(stated), cluster(*PEOPLE, role(editor={"users": ["bob"]})), owned(stated))
    assert drift.fields == (
        FieldDrift(
            FieldDiff(
                ("members", "editor", "users"),
                ["bob"],
                ["bob", "cy"],
                origin=Origin.CLUSTER,
            ),
            ["bob", "cy"],
            place("members", "editor", "users"),
        ),
    )


def test_null_had_stated_every_role() -> None:
    lives = project("p", owner="ada", members={"viewer": {"users": ["bob"]}})
    cleared = project("p", owner="ada", members=None)
    assert roles(cleared, lives, cleared) == {"members.viewer.users": "cluster"}


def test_an_owner_that_counts_as_a_member_is_no_change_of_anybodys() -> None:
    stated = role(admin={"users": ["bob"]})
    assert roles(role(admin={"users": ["bob", "cy"]}), stated, stated) == {"members.admin.users": "git"}


def test_an_owner_that_nobody_had_stated_is_no_change_of_anybodys_either() -> None:
    stated = project("p", members={"admin": {"users": ["bob"]}})
    more = project("p", members={"admin": {"users": ["bob", "cy"]}})
    assert roles(more, role(admin={"users": ["bob"]}), stated) == {"members.admin.users": "git"}


@pytest.mark.parametrize(
    ("git", "lives", "origin"), [("ada", "cy", "cluster"), ("cy", "ada", "git"), ("bob", "cy", "both")]
)
def test_an_owner_who_counts_as_a_member_is_told_in_its_own_field_alone(git: str, lives: str, origin: str) -> None:
    def owned_by(owner: str) -> Any:
        return project("p", owner=owner, members={"admin": {"users": ["dan"]}})

    found = fields(manifests(owned_by(git)), cluster(*PEOPLE, user("dan"), owned_by(lives)), owned(owned_by("ada")))
    assert found == {"owner": origin}


def test_an_owner_is_never_shown_among_the_members_that_differ() -> None:
    stated = role(admin={"users": ["bob"]})
    lives = role(admin={"users": ["ada", "bob", "cy"]})
    (drift,) = drifts(manifests(stated), cluster(*PEOPLE, lives), owned(stated))
    (field,) = drift.fields
    assert (field.diff.dotted, field.applied, field.diff.before, field.diff.after) == (
        "members.admin.users",
        ["bob"],
        ["bob", "cy"],
        ["bob"],
    )


def test_an_owner_that_is_left_to_others_is_no_drift_of_the_members_either() -> None:
    def owned_by(owner: str) -> Any:
        return project("p", owner=owner, members={"admin": {}}, ignore_changes=["owner"])

    before = owned(owned_by("ada"))
    assert drifts(manifests(owned_by("ada")), cluster(*PEOPLE, owned_by("cy")), before) == []


def test_an_owner_that_somebody_changed_leaves_the_origin_to_what_else_differs() -> None:
    def owned_by(owner: str, description: str) -> Any:
        return project("p", owner=owner, members={"admin": {}}, description=description, ignore_changes=["owner"])

    before = owned(owned_by("ada", "old"))
    (drift,) = drifts(manifests(owned_by("ada", "new")), cluster(*PEOPLE, owned_by("cy", "old")), before)
    assert ([field.diff.dotted for field in drift.fields], drift.origin.value) == (["description"], "git")


def test_a_member_that_was_moved_is_classed_as_the_role_that_takes_it_back() -> None:
    stated = role(editor={"users": ["bob"]})
    moved = role(viewer={"users": ["bob"]})
    assert roles(stated, moved, stated) == {"members.editor.users": "cluster", "members.viewer.users": "cluster"}
    assert roles(stated, moved, role(editor={})) == {"members.editor.users": "git", "members.viewer.users": "git"}


def test_a_role_that_gains_others_says_nothing_of_a_member_that_was_moved() -> None:
    stated, moved = role(editor={"users": ["bob"]}), role(viewer={"users": ["bob"]})
    declared = role(editor={"users": ["bob"]}, admin={"users": ["cy"]})
    assert roles(declared, moved, stated) == {
        "members.admin.users": "git",
        "members.editor.users": "cluster",
        "members.viewer.users": "cluster",
    }


def test_what_was_applied_of_a_membership_is_told_whichever_side_had_stated_it() -> None:
    roster = group("g1", users=["ada", "bob"])
    inventory = owned(user("ada"), user("bob"), roster, group("g3", users=[]))
    desired = manifests(user("ada"), user("bob"), roster, group("g3", users=[]))
    world = cluster(user("ada", groups=["g1"]), user("bob", groups=["g1", "g3"]), group("g1"), group("g3"))
    (drift,) = drifts(desired, world, inventory)
    (field,) = drift.fields
    assert (str(drift.address), field.diff.before, field.applied) == ("User/bob", ["g1", "g3"], ["g1"])
    world = cluster(user("bob"), user("eve", groups=["g1"]), user("ada", groups=["g1"]), group("g1"))
    (drift,) = drifts(manifests(roster), world, owned(roster))
    (field,) = drift.fields
    assert (str(drift.address), field.diff.before, field.applied) == ("Group/g1", ["ada", "eve"], ["ada", "bob"])


def test_what_the_other_side_had_stated_counts_alone_and_nobody_is_told_from_nothing() -> None:
    bob, eve = user("bob", groups=["g1"]), user("eve", groups=["g2"])
    world = cluster(bob, eve, group("g1"), group("g2"))
    desired = manifests(eve, group("g1", users=[]), group("g2"))
    (drift,) = drifts(desired, world, owned(bob, eve, group("g1"), group("g2")))
    (field,) = drift.fields
    assert (str(drift.address), field.diff.before, field.applied) == ("Group/g1", ["bob"], ["bob"])

    empty = group("g1", users=[])
    (drift,) = drifts(manifests(empty), cluster(user("zed", groups=["g1"]), group("g1")), owned(empty))
    (field,) = drift.fields
    assert (str(drift.address), field.diff.before, field.applied) == ("Group/g1", ["zed"], [])


def test_a_users_memberships_are_not_told_as_anothers() -> None:
    ada, bob = user("ada", groups=["g1"]), user("bob", groups=["g2", "g3"])
    world = cluster(ada, user("bob", groups=["g2"]), group("g1"), group("g2"), group("g3"))
    (drift,) = drifts(manifests(ada, bob, group("g3")), world, owned(ada, bob, group("g3")))
    (field,) = drift.fields
    assert (str(drift.address), field.diff.before, field.applied) == ("User/bob", ["g2"], ["g2", "g3"])


def test_who_owned_a_project_before_and_stays_listed_is_no_change_of_anybodys() -> None:
    applied = project("p", owner="ada", members={"admin": {}})
    stated = project("p", members={"admin": {}})
    lives = project("p", owner="cy", members={"admin": {"users": ["ada"]}})
    assert drifts(manifests(stated), cluster(*PEOPLE, lives), owned(applied)) == []
