"""What takes the place of what cannot be renamed (`lifecycle.renamed_from`), planned without a cluster."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from igz_apply.authoring.contradictions import contradictions
from igz_apply.iguazio3.kinds import KINDS
from igz_apply.iguazio3.steps import steps_of
from igz_apply.iguazio4.kinds import KINDS as KINDS4
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Change, Plan
from igz_apply.model.hidden import hiding
from igz_apply.model.kind import Kinds
from igz_apply.model.problems import Problem, errors_of
from igz_apply.model.resources import DesiredState, LiveState, Owned, Resource
from igz_apply.planning.access_impact import access_impact
from igz_apply.planning.ownership import applied
from igz_apply.planning.plan_document import canonical, from_data, to_data
from igz_apply.planning.rail_facts import RailFacts
from igz_apply.planning.rails import refusals
from igz_apply.planning.selection import Selection
from igz_apply.wording.dangers import dangers
from tests.builders import (
    Places,
    absent,
    actions,
    cluster,
    diff_of,
    entry,
    group,
    live,
    manifests,
    owned,
    planned,
    project,
    resource,
    service,
    steps,
    user,
)

ADA, KAT = Address("User", "ada"), Address("User", "kat")


def was(of: Resource, old: str) -> Resource:
    return replace(of, lifecycle=replace(of.lifecycle, renamed_from=old))


def plan_of(desired: DesiredState, world: LiveState, inventory: Owned, **more: Any) -> Plan:
    found = planned(desired, world, inventory, **more)
    assert not errors_of(found.problems), found.problems
    assert found.plan is not None
    return found.plan


def change_of(plan: Plan, address: str) -> Change:
    return next(change for change in plan.changes if str(change.address) == address)


def one_problem(desired: DesiredState, world: LiveState, inventory: Owned = Owned(), **more: Any) -> Problem:  # noqa: B008
    (problem,) = planned(desired, world, inventory, **more).problems
    return problem


def handed_to(after: list[Resource], before: list[Any], address: str = "User/kat", **more: Any) -> dict[str, Any]:
    """Return what a plan writes of what nobody states, by path."""
    stated = [it for it in before if isinstance(it, Resource)]
    plan = plan_of(manifests(*after), cluster(*before), owned(*stated), **more)
    change = change_of(plan, address)
    carried = {".".join(path) for path in change.carried}
    return {
        path: value for path, (_, value) in diff_of(plan, address).items() if any(path.startswith(it) for it in carried)
    }


def refused(desired: DesiredState, world: LiveState, inventory: Owned, **more: Any) -> list[Problem]:
    plan = plan_of(desired, world, inventory)
    return list(refusals(plan, RailFacts(world, inventory, more.pop("kinds", KINDS), desired.declared, **more)))


# The order, and what the two halves say of each other


def test_the_new_one_is_made_and_given_everything_before_the_old_one_goes() -> None:
    before = [
        user("ada"),
        project("churn", owner="ada"),
        project("lab", members={"editor": {"users": ["ada"]}}),
        service("nb", kind="jupyter", owner="ada"),
    ]
    after = [
        was(user("kat"), "ada"),
        project("churn", owner="kat"),
        project("lab", members={"editor": {"users": ["kat"]}}),
        service("nb", kind="jupyter", owner="kat"),
    ]
    plan = plan_of(manifests(*after), cluster(*before), owned(*before))
    assert steps(plan)[0] == "create User/kat"
    assert steps(plan)[-1] == "delete User/ada"
    assert set(change_of(plan, "User/ada").depends_on) == {it.address for it in plan.writes} - {ADA}
    assert (change_of(plan, "User/kat").replaces, change_of(plan, "User/ada").replaced_by) == (ADA, KAT)
    assert change_of(plan, "User/kat").reason == "not on the cluster; replaces User/ada"
    assert change_of(plan, "User/ada").reason == "User/kat takes its place (lifecycle.renamed_from)"


def test_the_other_half_of_a_service_goes_in_a_write_of_its_own() -> None:
    before, after = service("nb", kind="jupyter"), was(service("lab", kind="jupyter"), "nb")
    plan = plan_of(manifests(after), cluster(before), owned(before))
    first, last = steps_of(plan, KINDS)
    assert (first.addresses, last.addresses) == ((after.address,), (before.address,))
    assert (set(last.needs), last.lock) == ({first.key}, first.lock)


def test_both_halves_are_told_in_a_saved_plan_and_come_back_from_it() -> None:
    before = [user("ada", description="hers", groups=["ops"]), group("ops"), project("p", owner="ada")]
    plan = plan_of(manifests(was(user("kat"), "ada"), group("ops"), project("p")), cluster(*before), owned(*before))
    data = to_data(plan, tool_version="1")
    told = {it["address"]: it for it in data["changes"]}
    assert told["User/kat"]["replaces"] == "User/ada"
    assert told["User/kat"]["carried"] == ["description", "groups"]
    assert told["User/ada"]["replaced_by"] == "User/kat"
    assert told["Project/p"]["carried"] == ["owner"]
    assert {"replaces", "replaced_by", "carried"}.isdisjoint(told["Group/ops"])
    read = from_data(data, KINDS)
    assert to_data(read, tool_version="1") == data
    assert [(it.replaces, it.replaced_by, it.carried) for it in read.changes] == [
        (it.replaces, it.replaced_by, it.carried) for it in plan.changes
    ]


@pytest.mark.parametrize("kinds", [KINDS, KINDS4])
def test_of_every_kind_that_is_replaced_it_is_told_what_is_lost(kinds: Kinds) -> None:
    assert [it.name for it in kinds if not it.renames and not it.holders_of and not it.lost_by_replacing] == []


def test_what_is_lost_is_a_danger_of_the_plan() -> None:
    plan = plan_of(manifests(was(user("kat"), "ada")), cluster(user("ada")), owned(user("ada")))
    (said,) = (it for it in dangers(plan) if it.addresses == (ADA,))
    assert said.text.startswith("goes for good, as User/kat takes its place; lost with it: its id and its uid")
    assert "its home directory" in said.text
    assert "its password" in said.text


def test_nobody_who_is_replaced_changes_what_the_two_can_do_together() -> None:
    before = [user("ada", assigned_policies=["Data"], groups=["ops"]), group("ops"), project("p", owner="ada")]
    desired, world = manifests(was(user("kat"), "ada"), group("ops"), project("p")), cluster(*before)
    plan = plan_of(desired, world, owned(*before))
    impact = access_impact(plan, world, KINDS)
    assert {(it.user.name, it.after) for it in impact.roles} == {("ada", None), ("kat", "Admin")}
    assert {(it.user.name, it.gained, it.lost) for it in impact.policies} == {
        ("kat", ("Data",), ()),
        ("ada", (), ("Data",)),
    }


# What goes over


def test_what_the_manifest_leaves_open_goes_over_and_no_number_or_secret() -> None:
    old = user("ada", job_title="countess", uid=51, email="a@x", assigned_policies=["Data"], admin_status="up")
    assert handed_to([was(user("kat", email="k@x", assigned_policies=None), "ada")], [old]) == {"job_title": "countess"}


@pytest.mark.parametrize(("kinds", "off"), [(KINDS, {"admin_status": "down"}), (KINDS4, {"active": False})])
def test_who_comes_back_under_another_name_is_on_again_as_under_the_same(kinds: Kinds, off: dict[str, Any]) -> None:
    old, desired = user("ada", **off), manifests(was(user("kat"), "ada"))
    by_prune = owned(**{"User/ada": entry(old, is_removed=True, on_removal="disable")})
    assert diff_of(plan_of(desired, cluster(old), by_prune, kinds=kinds), "User/kat") == {}
    (path, value) = next(iter(off.items()))
    assert diff_of(plan_of(desired, cluster(old), owned(old), kinds=kinds), "User/kat") == {path: (None, value)}
    stated = manifests(was(user("kat", **off), "ada"))
    assert diff_of(plan_of(stated, cluster(old), by_prune, kinds=kinds), "User/kat") == {path: (None, value)}


def test_what_went_over_is_not_owned() -> None:
    before = [user("ada", job_title="countess", groups=["ops"]), group("ops")]
    plan = plan_of(manifests(was(user("kat", email="k@x"), "ada"), group("ops")), cluster(*before), owned(*before))
    assert applied(change_of(plan, "User/kat"), None, "u-1").values == {"email": "k@x"}


def test_a_part_of_an_object_that_went_over_is_not_owned() -> None:
    old = service("nb", kind="jupyter", resources={"limits": {"cpu": "1", "memory": "2Gi"}}, pvc={"mounts": {"a": 1}})
    new = was(service("lab", kind="jupyter", resources={"limits": {"cpu": "2"}}), "nb")
    plan = plan_of(manifests(new), cluster(old), owned(old))
    change = change_of(plan, "AppService/lab")
    assert change.desired is not None
    assert change.desired.spec["resources"] == {"limits": {"cpu": "2", "memory": "2Gi"}}
    assert change.carried == (("resources", "limits", "memory"), ("pvc", "mounts", "a"))
    assert applied(change, None, "lab").values == {"kind": "jupyter", "resources": {"limits": {"cpu": "2"}}}


def test_what_a_manifest_adds_to_what_went_over_is_owned_and_the_rest_is_not() -> None:
    people, groups = [user("bob"), user("sue")], [group("g"), group("h")]
    before = [*people, *groups, user("ada", groups=["g", "h"]), project("lab", members={"viewer": {"users": ["bob"]}})]
    after = [
        *people,
        *groups,
        was(user("kat", groups=["h"], membership="additive"), "ada"),
        was(project("p", members={"viewer": {"users": ["sue"]}}, membership="additive"), "lab"),
    ]
    made = plan_of(manifests(*after), cluster(*before), owned(*before))
    again = from_data(json.loads(canonical(to_data(made, tool_version="0"))), KINDS)
    assert to_data(again, tool_version="0") == to_data(made, tool_version="0")
    for plan in (made, again):
        assert diff_of(plan, "User/kat")["groups"] == (None, ["g", "h"])
        assert applied(change_of(plan, "User/kat"), None, "u").values == {"groups": ["h"]}
        assert applied(change_of(plan, "Project/p"), None, "p").values == {"members": {"viewer": {"users": ["sue"]}}}
    kat = change_of(made, "User/kat")
    known = Owned({**owned(*people, *groups).entries, KAT: applied(kat, None, "user-kat")})
    world = cluster(*people, *groups, user("kat", groups=["g"]))
    [change] = plan_of(manifests(*people, *groups, after[4]), world, known).writes
    assert change.reason == "changed on the cluster"  # who is taken out of h again, which git has said all along


def test_settings_of_another_sort_of_service_do_not_go_over() -> None:
    old = service("nb", kind="jupyter", jupyter={"image_name": "x"}, owner="bob")
    new = was(service("nb2", kind="grafana"), "nb")
    assert handed_to([new, user("bob")], [old, user("bob")], "AppService/nb2") == {"owner": "bob"}


def test_what_may_be_secret_stays_behind_and_that_is_said() -> None:
    spec: dict[str, Any] = {
        "kind": "jupyter",
        "jupyter": {"image_name": "x", "extra_environment_vars": {"API_TOKEN": "t", "A": "b"}},
    }
    old = service("nb", **spec)
    lives = live(old)
    lives = replace(lives, spec=hiding(KINDS["AppService"], lives.address, lives.spec), unknown=frozenset({"pvc"}))
    plan = plan_of(manifests(was(service("lab", kind="jupyter"), "nb")), cluster(lives), owned(old))
    assert (
        "not handed on to AppService/lab, as it may be secret or cannot be seen: jupyter.extra_environment_vars, pvc"
        in (change_of(plan, "AppService/nb").warnings)
    )
    assert change_of(plan, "AppService/lab").carried == (("jupyter", "image_name"),)


@pytest.mark.parametrize(
    ("kept", "path"),
    [
        ({"annotations": {"api_token": "S3CRETpw"}}, "annotations"),
        ({"labels": {"hook": "https://u:S3CRETpw@x.org/"}}, "labels"),
        ({"description": "see https://u:S3CRETpw@x.org/"}, "description"),
        (
            {"kind": "filebeat", "filebeat": {"elasticsearch_url": "https://u:S3CRETpw@x.org/"}},
            "filebeat.elasticsearch_url",
        ),
    ],
)
def test_no_text_that_may_be_a_secret_goes_over_be_its_field_an_open_one(kept: dict[str, Any], path: str) -> None:
    old, new = project("old", **kept), project("new")
    if "kind" in kept:
        old, new = service("old", **kept), service("new", kind=kept["kind"])
    new = was(new, "old")
    found = plan_of(manifests(new), cluster(old), owned(old))
    assert "S3CRETpw" not in str([it.diff for it in found.changes])
    (change,) = (it for it in found.changes if it.action is Action.DELETE)
    assert f"not handed on to {new.address}, as it may be secret or cannot be seen: {path}" in change.warnings


def test_a_key_that_holds_nothing_goes_over() -> None:
    old = service("nb", kind="jupyter", labels={"token": "", "primary-key": "a"}, scale_to_zero={"metrics": [{"a": 1}]})
    assert handed_to([was(service("lab", kind="jupyter"), "nb")], [old], "AppService/lab") == {
        "metadata.labels": {"token": "", "primary-key": "a"},
        "scale_to_zero.metrics": [{"a": 1}],
    }


def test_an_address_that_only_one_can_have_is_said_to_be_lost_where_no_other_is_stated() -> None:
    old = user("ada", email="ada@x")

    def said(new: Resource, before: Resource, kinds: Kinds = KINDS4) -> list[str]:
        plan = plan_of(manifests(was(new, "ada")), cluster(before), owned(before), kinds=kinds)
        return [it for it in change_of(plan, "User/ada").warnings if "to one alone" in it]

    (told,) = said(user("kat"), old)
    assert told == (
        "not handed on to User/kat, as the platform gives it to one alone: email. State another one for User/kat, or "
        "do it in two applies: first delete User/ada, then add User/kat"
    )
    assert said(user("kat", email="kat@x"), old) == said(user("kat"), user("ada", email="")) == []
    assert said(user("kat"), user("ada", uid=7), KINDS) == []  # the platform gives a new one


@pytest.mark.parametrize("how", ["disable", "forget"])
def test_what_was_to_be_kept_when_no_manifest_declares_it_is_said_to_be_deleted(how: str) -> None:
    for new in (user("kat"), user("kat", on_removal=how)):
        before = user("ada", on_removal=how)
        plan = plan_of(manifests(was(new, "ada")), cluster(before), owned(before), prune=True)
        said = f"was not to be deleted (lifecycle.on_removal: {how}), and is, as User/kat takes its place"
        assert said in change_of(plan, "User/ada").warnings
        assert said in [it.text for it in dangers(plan)]


def test_the_groups_go_over_but_those_that_list_others() -> None:
    names = ("open", "full", "gone", "given", "ignored", "stays")
    before = [user("ada", groups=[*names, "foreign"], primary_group="open"), *map(group, names), live(group("foreign"))]
    after = [
        was(user("kat"), "ada"),
        group("open", users=[], membership="additive"),
        group("full", users=[]),
        absent(group("gone")),
        group("given", users=["kat"]),
        group("ignored", users=[], ignore_changes=["users"]),
    ]
    assert handed_to(after, before, prune=True) == {
        "groups": ["foreign", "given", "ignored", "open"],
        "primary_group": "open",
    }


def test_only_what_this_plan_ends_is_left_out_of_what_goes_over() -> None:
    names = ("stale", "kept", "let_go", "ours", "absent", "unselected")
    before = [live(user("ada", groups=list(names))), *(live(group(name)) for name in names)]
    entries = {
        "User/ada": entry(user("ada")),
        "Group/stale": entry(group("stale"), id="of another"),
        "Group/kept": entry(group("kept"), on_removal="forget"),
        "Group/let_go": entry(group("let_go")),
        "Group/ours": entry(group("ours")),
    }
    after = [was(user("kat"), "ada"), absent(group("absent")), absent(group("let_go", on_removal="forget"))]
    desired, inventory = manifests(*after, absent(group("unselected"))), owned(**entries)
    plan = plan_of(desired, cluster(*before), inventory, prune=True, exclude=["Group/unselected"])
    assert diff_of(plan, "User/kat")["groups"] == (None, ["kept", "let_go", "ours", "stale", "unselected"])
    plan = plan_of(desired, cluster(*before), inventory, prune=True)
    assert diff_of(plan, "User/kat")["groups"] == (None, ["kept", "let_go", "stale"])
    assert {it for it in steps(plan) if it.startswith("delete Group")} == {
        "delete Group/absent",
        "delete Group/ours",
        "delete Group/unselected",
    }


def test_who_is_held_off_gets_no_role_where_nothing_prunes() -> None:
    before = [user("bob", admin_status="down"), project("lab", members={"viewer": {"users": ["bob"]}})]
    inventory = owned(before[1], **{"User/bob": entry(before[0], is_removed=True, on_removal="disable")})
    desired = manifests(was(project("p"), "lab"))
    plan = plan_of(desired, cluster(*before), inventory, keeps_off=True)
    assert "members.viewer.users" not in diff_of(plan, "Project/p")
    assert "members.viewer.users" in diff_of(plan_of(desired, cluster(*before), inventory), "Project/p")


def test_a_primary_group_does_not_go_over_without_its_membership() -> None:
    before = [user("ada", groups=["ops"], primary_group="ops"), group("ops"), group("dev")]
    assert handed_to([was(user("kat"), "ada"), group("ops", users=[]), group("dev")], before) == {}
    stated = [was(user("kat", groups=["dev"]), "ada"), group("ops"), group("dev")]
    assert handed_to(stated, before) == {}
    assert handed_to([was(user("kat", groups=["ops"]), "ada"), *before[1:]], before) == {"primary_group": "ops"}


def test_roles_go_over_each_member_with_one_and_nobody_who_leaves() -> None:
    members = {
        "admin": {"users": ["ada", "eve"]},
        "editor": {"users": ["bob"]},
        "viewer": {"users": ["sue"], "groups": ["g"]},
    }
    people = [user(name) for name in ("ada", "bob", "eve", "sue")]
    before = [*people, group("g"), project("lab", owner="ada", members=members)]
    after = [
        *people[:2],
        absent(user("eve")),
        group("g"),
        was(project("p", members={"editor": {"users": ["bob"]}}), "lab"),
    ]
    assert handed_to([*after, user("sue")], before, "Project/p") == {
        "owner": "ada",
        "members.viewer.users": ["sue"],
        "members.viewer.groups": ["g"],
    }
    pruned = plan_of(manifests(*after), cluster(*before), owned(*before), prune=True)
    assert "members.viewer.users" not in diff_of(pruned, "Project/p")
    higher = was(project("p", members={"admin": {"users": ["sue"]}}), "lab")
    assert handed_to([*people, group("g"), higher], before, "Project/p") == {
        "owner": "ada",
        "members.editor.users": ["bob"],
        "members.viewer.groups": ["g"],
    }


def test_a_role_of_those_alone_who_leave_goes_over_to_nobody() -> None:
    before = [user("eve"), project("lab", members={"viewer": {"users": ["eve"]}})]
    assert handed_to([absent(user("eve")), was(project("p"), "lab")], before, "Project/p") == {}


@pytest.mark.parametrize("how", ["delete", "disable"])
def test_an_owner_who_leaves_with_the_old_one_has_to_be_another(how: str) -> None:
    bob = user("bob", on_removal=how)
    before = [user("ada"), bob, project("lab", owner="bob"), service("nb", kind="x", credentials={"username": "bob"})]
    after = [user("ada"), was(project("p"), "lab"), was(service("nb2", kind="x"), "nb")]
    found = planned(manifests(*after), cluster(*before), owned(*before), prune=True)
    ends = "is User/bob, whom this plan deletes or disables;"
    assert {it.summary for it in found.problems} == {"Unclear rename"}
    assert [it.detail for it in found.problems] == [
        f"credentials.username of AppService/nb {ends} AppService/nb2 states no other.",
        f"owner of Project/lab {ends} Project/p states no other.",
    ]
    after[1:] = [was(project("p", owner="ada"), "lab"), was(service("nb2", kind="x", credentials={}), "nb")]
    stated = planned(manifests(*after), cluster(*before), owned(*before), prune=True)
    assert [it.address.kind for it in stated.problems if it.address is not None] == ["AppService"]


def test_two_that_are_replaced_at_once_name_each_other_anew() -> None:
    before = [user("ada"), project("lab", owner="ada", members={"viewer": {"groups": ["g"]}}), group("g")]
    after = [was(user("kat"), "ada"), was(project("p"), "lab"), group("g")]
    assert handed_to(after, before, "Project/p") == {"owner": "kat", "members.viewer.groups": ["g"]}


def test_a_manifest_that_only_adds_takes_nothing_from_what_goes_over() -> None:
    people = [user(name) for name in ("bob", "eve", "sue")]
    members = {"editor": {"users": ["bob", "eve"]}, "viewer": {"users": ["sue"]}}
    before = [*people, group("g"), group("h"), user("ada", groups=["g"]), project("lab", members=members)]
    adding = {"editor": {"users": ["sue"], "groups": ["g"]}}
    after = [
        *people,
        group("g"),
        group("h"),
        was(user("kat", groups=["h"], membership="additive"), "ada"),
        was(project("p", members=adding, membership="additive"), "lab"),
    ]
    plan = plan_of(manifests(*after), cluster(*before), owned(*before))
    assert diff_of(plan, "User/kat")["groups"] == (None, ["g", "h"])
    written = {path: value for path, (_, value) in diff_of(plan, "Project/p").items()}
    assert written == {"members.editor.users": ["bob", "eve", "sue"], "members.editor.groups": ["g"]}
    foreign = project("x", members={"editor": {"users": ["ada", "bob"]}})
    stating = project("x", members={"editor": {"users": ["bob"]}}, membership="additive")
    after = [was(user("kat"), "ada"), people[0], stating]
    plan = plan_of(manifests(*after), cluster(user("ada"), people[0], foreign), owned(user("ada"), people[0], stating))
    assert "kat" in diff_of(plan, "Project/x")["members.editor.users"][1]


def test_policies_that_are_only_added_to_go_over_too() -> None:
    old, new = user("ada", policies=["a"]), was(user("kat", policies=["b"], membership="additive"), "ada")
    world = replace(cluster(old), looked_up={"Policy": frozenset("ab")})
    assert diff_of(plan_of(manifests(new), world, owned(old), kinds=KINDS4), "User/kat")["policies"] == (
        None,
        ["a", "b"],
    )


# What others leave open


def test_who_is_named_where_a_manifest_leaves_it_open_is_the_new_one() -> None:
    before = [
        user("ada"),
        user("bob"),
        project("p", owner="bob", members={"editor": {"users": ["ada"]}, "viewer": {"users": ["kat", "bob"]}}),
        service("nb", kind="jupyter", owner="bob", credentials={"username": "ada"}),
    ]
    after = [was(user("kat"), "ada"), user("bob"), project("p"), service("nb", kind="jupyter")]
    assert handed_to(after, before, "Project/p") == {"members.editor.users": ["kat"]}
    assert handed_to(after, before, "AppService/nb") == {"credentials.username": "kat"}


def test_what_is_stated_is_left_as_it_is_stated() -> None:
    before = [user("ada"), project("p", owner="ada", members={"editor": {"users": ["ada"]}})]
    after = [was(user("kat"), "ada"), project("p", owner="kat", members=None)]
    plan = plan_of(manifests(*after), cluster(*before), owned(*before))
    assert change_of(plan, "Project/p").carried == ()
    assert change_of(plan, "Project/p").replaces is None


def test_a_manifest_that_names_the_old_one_is_told_the_new_name() -> None:
    before = [user("ada"), project("p", owner="ada")]
    problem = one_problem(
        manifests(was(user("kat"), "ada"), project("p", owner="ada")), cluster(*before), owned(*before)
    )
    assert problem.detail == "Project/p names User/ada, which this plan deletes."
    assert problem.hint.startswith("User/kat was called so, as its manifest says: name that.")


def test_what_nobody_declares_and_the_old_one_owns_is_refused() -> None:
    world = cluster(user("ada"), live(project("foreign", owner="ada")))
    problem = one_problem(manifests(was(user("kat"), "ada")), world, owned(user("ada")))
    assert (problem.summary, problem.address) == ("Still in use", ADA)


def test_roles_that_go_with_the_old_one_are_said() -> None:
    foreign = project("foreign", members={"viewer": {"users": ["ada"]}})
    ignoring = project("ours", members={"admin": {"users": ["kat"]}}, ignore_changes=["members"])
    closed = project("closed", ignore_changes=["members"])
    kept = project("theirs", members={"admin": {"users": ["ada", "kat"]}})
    going, leaving = project("going"), project("leaving")
    roles = {"editor": {"users": ["ada"]}}
    world = cluster(
        user("ada"),
        foreign,
        kept,
        replace(ignoring, spec={"members": roles}),
        replace(closed, spec={"members": roles}),
        replace(going, spec={"members": roles}),
        live(replace(leaving, spec={"members": roles}), is_deleting=True),
    )
    desired = manifests(was(user("kat"), "ada"), ignoring, closed, absent(going))
    plan = plan_of(desired, world, owned(user("ada"), ignoring, closed, going))
    assert change_of(plan, "Project/closed").action is Action.NO_CHANGE
    assert [it for it in change_of(plan, "User/ada").warnings if it.startswith("is ")] == [
        "is Editor of Project/closed, which User/kat does not get: no manifest says so",
        "is Editor of Project/ours, which User/kat does not get: no manifest says so",
        "is Viewer of Project/foreign, which User/kat does not get: no manifest says so",
    ]


def test_policies_that_lists_of_holders_give_go_over_as_those_say() -> None:
    def policy(name: str, **spec: Any) -> Resource:
        return resource("PolicyBinding", name, **spec)

    old = user("ada", policies=["a", "b", "c", "d"])
    bound = [policy("a", users=["ada"]), policy("b", users=["ada"]), policy("d", users=["ada"])]
    world = replace(cluster(old, *bound), looked_up={"Policy": frozenset("abcdef")})
    desired = manifests(
        was(user("kat"), "ada"),
        policy("a", users=["kat"]),
        policy("b", users=[]),
        absent(policy("d")),
        policy("e", users=["kat"]),
        policy("f", groups=[]),
    )
    plan = plan_of(desired, world, owned(old, *bound), kinds=KINDS4)
    assert diff_of(plan, "User/kat")["policies"] == (None, ["a", "c", "e"])


def test_a_list_that_only_adds_or_is_ignored_takes_no_policy_from_who_is_renamed_and_one_that_goes_does() -> None:
    def policy(name: str, **spec: Any) -> Resource:
        return resource("PolicyBinding", name, **spec)

    old, bob = user("ada", policies=["adds", "goes", "ignored", "kept"]), user("bob")
    bound = [policy(it, users=["ada", "bob"]) for it in ("adds", "goes", "ignored")]
    kept = policy("kept", users=["ada", "bob"], on_removal="forget")
    world = replace(cluster(old, bob, *bound, kept), looked_up={"Policy": frozenset({*old.spec["policies"]})})
    desired = manifests(
        was(user("kat"), "ada"),
        bob,
        policy("adds", users=["bob"], membership="additive"),
        policy("ignored", users=["bob"], ignore_changes=["users"]),
    )
    inventory = owned(old, bob, *bound, kept)
    pruned = plan_of(desired, world, inventory, kinds=KINDS4, prune=True)
    assert diff_of(pruned, "User/kat")["policies"] == (None, ["adds", "ignored", "kept"])
    assert "delete PolicyBinding/goes" in steps(pruned)
    plan = plan_of(desired, world, inventory, kinds=KINDS4)
    assert diff_of(plan, "User/kat")["policies"] == (None, ["adds", "goes", "ignored", "kept"])


# After an apply, and after one that was cut off


def test_once_it_is_done_the_line_may_stay() -> None:
    kat = was(user("kat"), "ada")
    assert actions(plan_of(manifests(kat), cluster(kat), owned(kat))) == {"User/kat": "no_change"}


def test_what_was_cut_off_goes_on_where_it_was() -> None:
    kat = was(user("kat", email="k@x"), "ada")
    world = cluster(user("ada", job_title="countess"), live(kat))
    ignoring = was(user("kat", email="k@x", ignore_changes=["job_title", "email"]), "ada")
    plan = plan_of(manifests(ignoring), world, owned(user("ada"), ignoring))
    assert diff_of(plan, "User/kat") == {"job_title": (None, "countess")}
    for held in (entry(kat), entry(is_pending=True)):
        inventory = Owned({ADA: entry(user("ada")), KAT: held})
        plan = plan_of(manifests(kat), world, inventory)
        assert steps(plan) == ["update User/kat", "delete User/ada"]
        assert diff_of(plan, "User/kat") == {"job_title": (None, "countess")}
    done = cluster(user("ada"), kat)
    plan = plan_of(manifests(kat), done, owned(user("ada"), kat))
    assert steps(plan) == ["delete User/ada"]
    assert change_of(plan, "User/kat").reason == "as declared; replaces User/ada"


def test_what_is_on_its_way_out_is_awaited_and_asks_for_no_waiver_again() -> None:
    kat = was(user("kat"), "ada")
    world = cluster(live(user("ada", job_title="x"), is_deleting=True), kat)
    desired, inventory = manifests(kat), owned(user("ada"), kat)
    plan = plan_of(desired, world, inventory)
    assert steps(plan) == ["delete User/ada"]
    assert refused(desired, world, inventory) == []


def test_what_waits_to_become_usable_is_waited_for_before_the_old_one_goes() -> None:
    kat = was(user("kat"), "ada")
    plan = plan_of(manifests(kat), cluster(user("ada"), live(kat, is_ready=False)), owned(user("ada"), kat))
    assert change_of(plan, "User/ada").depends_on == (KAT,)


# What nobody can tell, and what is not ours


def test_neither_there_is_a_create_with_a_warning() -> None:
    problem = one_problem(manifests(was(user("kat"), "ada")), cluster())
    assert (problem.summary, problem.severity) == ("Nothing to rename", "warning")
    assert problem.detail == "Nothing on the cluster is called ada or kat: User/kat is created."


@pytest.mark.parametrize("known", [{}, {"User/kat": entry(id="of one that is gone")}])
def test_a_new_one_that_is_not_ours_is_not_taken_for_the_one_that_is_meant(known: dict[str, Any]) -> None:
    inventory = owned(user("ada"), **known)
    problem = one_problem(manifests(was(user("kat"), "ada")), cluster(user("ada"), user("kat")), inventory)
    assert problem.summary == "Unclear rename"
    assert "User/kat is not owned by this inventory" in problem.detail


@pytest.mark.parametrize("inventory", [Owned(), Owned({ADA: entry(is_pending=True)}), Owned({ADA: entry(id="other")})])
def test_an_old_one_that_is_not_ours_beyond_doubt_is_not_deleted(inventory: Owned) -> None:
    problem = one_problem(manifests(was(user("kat"), "ada")), cluster(user("ada")), inventory)
    assert (problem.summary, problem.severity) == ("Not ours to replace", "error")
    assert problem.hint.startswith("Declare it as User/ada and apply, so that it is owned, and rename it then.")


def test_a_name_that_somebody_else_has_now_asks_for_the_line_to_go() -> None:
    kat = was(user("kat"), "ada")
    problem = one_problem(manifests(kat), cluster(user("ada"), kat), owned(kat))
    assert problem.summary == "Not ours to replace"
    assert problem.hint.startswith("If User/kat has taken its place already, take the line `renamed_from` out")


def test_an_old_one_that_is_not_shown_is_not_taken_for_gone() -> None:
    world = replace(cluster(), hidden={ADA: "403"})
    problem = one_problem(manifests(was(user("kat"), "ada")), world, owned(user("ada")))
    assert (problem.summary, problem.detail) == (
        "Not visible",
        "User/kat is to take the place of User/ada, which the cluster does not show: 403.",
    )
    hidden = replace(cluster(), hidden={KAT: "403"})
    assert planned(manifests(was(user("kat"), "ada")), hidden, owned()).problems == ()


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        ([was(user("kat"), "ada"), user("ada")], "User/ada is declared present"),
        ([was(user("kat"), "ada"), absent(user("ada"))], "User/ada is declared absent"),
        ([was(user("kat"), "ada"), was(user("eve"), "ada")], "so says User/"),
        ([was(user("kat"), "kat")], "is called so now"),
        ([was(absent(user("kat")), "ada")], "User/kat is declared absent, and says that it was called ada"),
        ([was(group("crew"), "crew")], "is called so now"),
    ],
)
def test_an_old_name_that_leaves_open_what_is_meant_is_an_error_before_any_cluster(
    declared: list[Resource], said: str
) -> None:
    (problem,) = contradictions(manifests(*declared), KINDS)
    assert (problem.summary, problem.severity) == ("Unclear rename", "error")
    assert said in problem.detail
    assert problem.source is not None
    assert problem.source.path.endswith("lifecycle:renamed_from")


def test_an_old_name_that_two_state_is_told_with_the_other_line_or_that_it_is_the_same() -> None:
    kat, rob = was(user("kat"), "ada"), was(user("rob"), "ada")
    (problem,) = contradictions(manifests(kat, rob), KINDS)
    assert problem.detail == "User/rob was called ada, as it says, and so says User/kat by the same line."
    assert "{member}" in problem.hint
    (problem,) = contradictions(manifests(kat, replace(rob, positions=Places("other.yaml"))), KINDS)
    assert "and so says User/kat at manifests/test.yaml:lifecycle:renamed_from:1:1." in problem.detail
    assert problem.hint == "Only one of them can have been: take the line out of the other."


def test_names_that_are_exchanged_or_handed_on_take_two_applies() -> None:
    exchange = list(contradictions(manifests(was(project("a"), "b"), was(project("b"), "a")), KINDS))
    assert [it.summary for it in exchange] == ["Unclear rename"] * 2
    assert all("in two applies" in it.hint for it in exchange)
    (chain,) = contradictions(manifests(was(project("c"), "b"), was(project("b"), "a")), KINDS)
    assert "which was called a itself" in chain.detail


# Values that two cannot have at once


def test_a_number_of_the_old_one_cannot_be_kept_and_that_is_said_before_anything_is_sent() -> None:
    world, inventory = cluster(user("ada", uid=51)), owned(user("ada", uid=51))
    problem = one_problem(manifests(was(user("kat", uid=51), "ada")), world, inventory)
    assert (problem.summary, problem.severity) == ("Value in use", "error")
    assert problem.hint.startswith(
        "Leave uid out, so that the platform gives a new one. To keep it, do it in two applies"
    )


def test_an_address_that_iguazio_4_gives_to_one_alone_is_refused_and_one_that_iguazio_3_shares_is_not() -> None:
    old, new = user("ada", email="kat@x"), was(user("kat", email="KAT@x"), "ada")
    problem = one_problem(manifests(new), cluster(old), owned(old), kinds=KINDS4)
    assert (problem.summary, problem.severity) == ("Value in use", "error")
    assert problem.hint.startswith("To keep it, do it in two applies")
    assert planned(manifests(new), cluster(old), owned(old)).problems == ()
    held = one_problem(manifests(user("kat", email="KAT@x")), cluster(old), kinds=KINDS4)
    assert "the platform gives one" not in held.hint


# Rails


def test_a_replacement_needs_its_own_waiver_with_the_exact_count_and_no_other() -> None:
    before = [user("ada"), user("bob"), *(user(f"u{n}") for n in range(4))]
    after = [was(user("kat"), "ada"), was(user("rob"), "bob"), *(was(user(f"v{n}"), f"u{n}") for n in range(4))]
    world = cluster(*before, user("admin", assigned_policies=["Security Admin"]))
    desired, inventory = manifests(*after), owned(*before)
    (problem,) = refused(desired, world, inventory)
    assert problem.summary == "Replacement"
    assert problem.detail.startswith(
        "The plan replaces 6 of kind User: User/ada by User/kat, User/bob by User/rob, User/u0 by User/v0 and 3 more."
    )
    assert problem.hint == "If that is what you want, say so: --allow replace:User=6"
    assert refused(desired, world, inventory, waivers={("replace", "User"): 6}) == []
    (off,) = refused(desired, world, inventory, waivers={("replace", "User"): 1})
    assert "--allow replace:User=1 does not fit it." in off.detail


def test_pruning_nothing_else_is_no_empty_input() -> None:
    desired, world, inventory = manifests(was(user("kat"), "ada")), cluster(user("ada")), owned(user("ada"))
    waived = {("replace", "User"): 1}
    assert refused(desired, world, inventory, is_pruning=True, waivers=waived) == []


def test_a_full_project_goes_only_as_its_manifest_or_the_inventory_says() -> None:
    waived: dict[str, Any] = {"waivers": {("replace", "Project"): 1, ("cascade", "Project"): 1}}
    old, new = project("lab"), was(project("p", deletion_strategy="cascading"), "lab")
    plan = plan_of(manifests(new), cluster(old), owned(old))
    assert change_of(plan, "Project/lab").deletion_strategy == "cascading"
    assert refused(manifests(new), cluster(old), owned(old), **waived) == []
    assert [it.summary for it in refused(manifests(new), cluster(old), owned(old))] == [
        "Replacement",
        "Too many cascading deletes",
    ]
    plain = manifests(was(project("p"), "lab"))
    assert change_of(plan_of(plain, cluster(old), owned(old)), "Project/lab").deletion_strategy == "restricted"
    full = cluster(live(project("lab", owner="bob"), contents="3 functions"), user("bob"))
    inventory = owned(project("lab", owner="bob"))
    plan = plan_of(manifests(was(project("p"), "lab")), full, inventory, kinds=KINDS4)
    facts = RailFacts(full, inventory, KINDS4, waivers={("replace", "Project"): 1})
    assert [it.summary for it in refusals(plan, facts)] == ["Not empty"]


@pytest.mark.parametrize(
    ("more", "said"), [({"prevent_destroy": True}, "Destroy prevented"), ({"is_system": True}, "System resource")]
)
def test_what_may_not_be_deleted_may_not_be_replaced(more: dict[str, Any], said: str) -> None:
    held = entry(user("ada"), prevent_destroy=more.get("prevent_destroy", False))
    world = cluster(live(user("ada"), is_system=more.get("is_system", False)))
    desired, inventory = manifests(was(user("kat"), "ada")), Owned({ADA: held})
    assert said in [it.summary for it in refused(desired, world, inventory, waivers={("replace", "User"): 1})]


# Runs about a part


def test_only_brings_in_the_old_one_and_except_leaves_it_with_the_whole() -> None:
    before = [user("ada"), user("bob")]
    desired, world, inventory = manifests(was(user("kat"), "ada"), user("bob")), cluster(*before), owned(*before)
    assert steps(plan_of(desired, world, inventory, only=["User/kat"])) == ["create User/kat", "delete User/ada"]
    assert steps(plan_of(desired, world, inventory, only=["User/bob"])) == []
    problem = one_problem(desired, world, inventory, exclude=["User/ada"])
    assert problem.detail == "User/kat is to take the place of User/ada, which this run leaves out."


def test_what_is_declared_and_left_out_does_not_lose_a_role_meanwhile() -> None:
    before = [user("ada"), project("p", members={"editor": {"users": ["ada"]}})]
    desired = manifests(was(user("kat"), "ada"), project("p", members={"editor": {"users": ["kat"]}}))
    problem = one_problem(desired, cluster(*before), owned(*before), only=["User/kat"])
    assert (problem.summary, problem.hint) == (
        "Left out of a rename",
        "Select Project/p too, or rename it in a run about everything.",
    )
    narrowed = planned(desired, cluster(*before), owned(*before), only=["User/kat", "Project/p"])
    assert narrowed.plan is not None
    assert Selection(only=("User/kat",)).is_partial


# What looks like a rename and does not say so


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (user("u6", email="Ada@x"), user("ada", email="ada@X"), "the same email"),
        (user("u6", uid=7), user("ada", uid=7), "the same uid"),
        (group("old", gid=7), group("new", gid=7), "the same gid"),
        (
            project("a", owner="o", description="d"),
            project("b", owner="o", description="d"),
            "the same owner and description",
        ),
        (service("a", kind="jupyter", owner="o"), service("b", kind="jupyter", owner="o"), "the same kind and owner"),
    ],
)
def test_a_delete_and_a_create_that_look_like_a_rename_are_told_as_such(
    old: Resource, new: Resource, said: str
) -> None:
    plan = plan_of(manifests(new, user("o")), cluster(old, user("o")), owned(old), prune=True)
    (warning,) = (it for it in change_of(plan, str(new.address)).warnings if "rename" in it)
    assert warning.startswith(
        f"looks like a rename of {old.address}, which this plan deletes: {said}. If it is one, add "
    )
    assert f"lifecycle.renamed_from: {old.address.name}" in warning
    assert plan.counts["create"] == plan.counts["delete"] == 1


def test_on_iguazio_4_people_are_known_by_their_names_as_an_address_is_the_name() -> None:
    names = {"first_name": "Ada", "last_name": "L"}
    old, new = user("ada@a", email="ada@a", **names), user("ada@b", email="ada@b", **names)
    plan = plan_of(manifests(new), cluster(old), owned(old), prune=True, kinds=KINDS4)
    assert "the same first_name and last_name" in change_of(plan, "User/ada@b").warnings[-1]


def test_what_differs_or_could_be_one_of_several_is_told_of_nobody() -> None:
    for old, new in (
        ([user("a", email="a@x")], [user("b", email="b@x")]),
        ([user("a", email="")], [user("b", email="")]),
        ([user("a")], [user("b")]),
        ([user("a", email="a@x"), user("c", email="a@x")], [user("b", email="a@x")]),
        ([user("a", email="a@x")], [project("b", description="a@x")]),
    ):
        plan = plan_of(manifests(*new), cluster(*old), owned(*old), prune=True)
        assert [it for change in plan.changes for it in change.warnings if "rename" in it] == []
    plan = plan_of(
        manifests(was(user("b", email="a@x"), "a")), cluster(user("a", email="a@x")), owned(user("a", email="a@x"))
    )
    assert [it for it in change_of(plan, "User/b").warnings if "looks like" in it] == []
    assert {it.action for it in plan.changes} == {Action.CREATE, Action.DELETE}
