"""What `on_removal` says becomes of a resource that no manifest declares any more: switched off, forgotten, deleted."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from igz_apply.iguazio3.kinds import KINDS
from igz_apply.iguazio4.kinds import KINDS as KINDS4
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Origin, Plan
from igz_apply.model.resources import DesiredState, Lifecycle, LiveState, Owned, Resource
from igz_apply.planning.actions import SWITCHED_OFF, TO_BE_KEPT, TO_BE_SWITCHED_OFF
from igz_apply.planning.drift import drift_of
from igz_apply.planning.ownership import opened
from igz_apply.planning.plan_document import canonical, from_data, to_data
from igz_apply.planning.planner import PlanOptions, make_plan, remaining
from igz_apply.planning.staleness import fingerprints, stale
from igz_apply.wording.remarks import remarks
from tests.builders import (
    absent,
    actions,
    cluster,
    diff_of,
    entry,
    group,
    live,
    manifests,
    owned,
    plan_for,
    problems_for,
    project,
    resource,
    service,
    steps,
    user,
)

ADA = user("ada", groups=["ds"], assigned_policies=["Data"], primary_group="ds", on_removal="disable")
BOB = user("bob", groups=["ds"])
DS = group("ds")
OFF: dict[str, Any] = {"admin_status": ("up", "down"), "groups": (["ds"], None), "assigned_policies": (["Data"], [])}
ADA_NOW = live(replace(ADA, spec={**ADA.spec, "admin_status": "up"}))
WHOLE = cluster(ADA_NOW, BOB, DS)
HELD = owned(ADA, BOB, DS)
REST = manifests(BOB, DS)


def after(plan: Plan, before: Owned = HELD) -> Owned:
    """The inventory once a plan has been applied."""
    from igz_apply.planning.ownership import applied

    entries = opened(before.entries, plan)
    for change in plan.writes:
        entries[change.address] = applied(change, entries.get(change.address), "")
    return replace(before, entries=entries)


GONE = after(plan_for(REST, WHOLE, HELD, prune=True))  # remembered once ada was switched off
ADA_OFF = live(user("ada", admin_status="down"))


def reason_of(plan: Plan, address: str) -> str:
    return next(it.reason for it in plan.changes if str(it.address) == address)


# Who is switched off


def test_what_is_to_be_disabled_is_switched_off_and_stripped_and_stays_ours() -> None:
    plan = plan_for(REST, WHOLE, HELD, prune=True)
    assert steps(plan) == ["update User/ada"]
    assert diff_of(plan, "User/ada") == {**OFF, "primary_group": ("ds", None)}
    assert reason_of(plan, "User/ada") == TO_BE_SWITCHED_OFF
    [entry_] = [it for address, it in GONE.entries.items() if address.name == "ada"]
    assert (entry_.on_removal, entry_.is_removed, entry_.id) == ("disable", True, "user-ada")
    assert {name: entry_.values[name] for name in ("admin_status", "groups")} == {"admin_status": "down", "groups": []}


def test_a_second_plan_changes_nothing() -> None:
    plan = plan_for(REST, cluster(ADA_OFF, BOB, DS), GONE, prune=True)
    assert actions(plan)["User/ada"] == "no_change"
    assert reason_of(plan, "User/ada") == SWITCHED_OFF
    assert (plan.kept, plan.warnings) == ((), ())
    assert after(plan, GONE) == GONE


def test_who_was_off_and_in_no_group_already_is_remembered_as_switched_off() -> None:
    plan = plan_for(REST, cluster(ADA_OFF, BOB, DS), HELD, prune=True)
    assert steps(plan) == []
    assert after(plan).entries[ADA.address].is_removed


def test_without_prune_it_is_kept_as_it_is() -> None:
    plan = plan_for(REST, WHOLE, HELD)
    assert (steps(plan), plan.kept) == ([], (ADA.address,))
    kept = "Owned, not declared here, and kept (--prune on all manifests deletes them, or as on_removal says)"
    assert [(it.text, it.addresses) for it in remarks(plan)] == [(kept, (ADA.address,))]


def test_a_selected_run_switches_nobody_off() -> None:
    assert steps(plan_for(REST, WHOLE, HELD, prune=True, only=("User/bob",))) == []


def test_what_somebody_switched_on_again_is_a_change_and_said_to_be_theirs() -> None:
    back = cluster(live(user("ada", admin_status="up", groups=["ds"])), BOB, DS)
    plan = plan_for(REST, back, GONE, prune=True)
    assert diff_of(plan, "User/ada") == {"admin_status": ("up", "down"), "groups": (["ds"], None)}
    assert reason_of(plan, "User/ada") == f"{TO_BE_SWITCHED_OFF}; changed on the cluster"
    [change] = plan.writes
    assert change.origin is Origin.CLUSTER


def test_it_is_drift_though_drift_does_not_prune() -> None:
    back = cluster(live(user("ada", admin_status="up")), BOB, DS)
    options = PlanOptions(keeps_off=True)
    plan = make_plan(REST, back, GONE, KINDS, options).plan
    assert plan is not None
    [drift] = drift_of(plan, GONE, KINDS)
    assert (str(drift.address), drift.origin) == ("User/ada", Origin.CLUSTER)
    assert [it.diff.dotted for it in drift.fields] == ["admin_status"]
    not_yet = make_plan(REST, WHOLE, HELD, KINDS, options).plan
    assert not_yet is not None
    assert (steps(not_yet), not_yet.kept) == ([], (ADA.address,))


def test_a_manifest_that_comes_back_switches_it_on_again() -> None:
    plan = plan_for(manifests(ADA, BOB, DS), cluster(ADA_OFF, BOB, DS), GONE)
    assert diff_of(plan, "User/ada") == {
        "admin_status": ("down", "up"),
        "groups": (None, ["ds"]),
        "assigned_policies": (None, ["Data"]),
        "primary_group": (None, "ds"),
    }
    remembered = after(plan, GONE).entries[ADA.address]
    assert (remembered.is_removed, remembered.on_removal) == (False, "disable")


def test_a_manifest_that_comes_back_and_says_so_leaves_it_off() -> None:
    down = replace(ADA, spec={"admin_status": "down"})
    plan = plan_for(manifests(down, BOB, DS), cluster(ADA_OFF, BOB, DS), GONE)
    assert steps(plan) == []
    assert not after(plan, GONE).entries[ADA.address].is_removed


def test_a_manifest_that_comes_back_for_what_somebody_switched_on_is_as_declared() -> None:
    plan = plan_for(manifests(user("ada"), BOB, DS), cluster(user("ada", admin_status="up"), BOB, DS), GONE)
    assert steps(plan) == []


def test_a_service_is_switched_off_and_known_again_though_it_has_no_id() -> None:
    shell = service("shell", kind="shell", owner="bob", description="x", on_removal="disable")
    there = live(replace(shell, spec={**shell.spec, "desired_state": "ready"}))
    plan = plan_for(manifests(BOB), cluster(there, BOB), owned(shell, BOB), prune=True)
    assert diff_of(plan, "AppService/shell") == {"desired_state": ("ready", "disabled")}
    known = after(plan, owned(shell, BOB))
    off = live(replace(shell, spec={**shell.spec, "desired_state": "disabled"}))
    assert steps(plan_for(manifests(BOB), cluster(off, BOB), known, prune=True)) == []
    assert steps(plan_for(manifests(BOB), cluster(there, BOB), known, prune=True)) == ["update AppService/shell"]
    assert steps(plan_for(manifests(BOB, shell), cluster(off, BOB), known)) == ["update AppService/shell"]
    another = live(replace(shell, spec={**shell.spec, "owner": "ada"}))
    doubted = plan_for(manifests(BOB), cluster(another, BOB), known, prune=True)
    assert (steps(doubted), doubted.doubtful) == ([], (shell.address,))


def test_a_service_that_is_switched_off_is_known_again_whatever_of_it_is_left_to_others() -> None:
    stated = {"kind": "shell", "owner": "bob", "min_replicas": 1, "max_replicas": 2}
    shell = service("shell", labels={"team": "x"}, **stated, ignore_changes=["metadata.labels.touched"])
    shell = replace(shell, lifecycle=replace(shell.lifecycle, on_removal="disable"))
    labels = {"metadata.labels": {"team": "x", "touched": "today"}}
    there = live(replace(shell, spec={**shell.spec, **labels, "desired_state": "ready"}))
    held = owned(**{"AppService/shell": entry(shell, ignored=shell.lifecycle.ignore_changes), "User/bob": entry(BOB)})
    known = after(plan_for(manifests(BOB), cluster(there, BOB), held, prune=True), held)
    assert known.entries[shell.address].ignored == ("metadata.labels.touched",)
    off = live(replace(shell, spec={**shell.spec, **labels, "desired_state": "disabled"}))
    plan = plan_for(manifests(BOB), cluster(off, BOB), known, prune=True)
    assert (plan.doubtful, steps(plan)) == ((), [])
    assert steps(plan_for(manifests(BOB), cluster(there, BOB), known, prune=True)) == ["update AppService/shell"]
    assert steps(plan_for(manifests(BOB, shell), cluster(off, BOB), known)) == ["update AppService/shell"]


def test_a_broken_service_that_is_off_is_left_alone() -> None:
    shell = service("shell", kind="shell", owner="bob", on_removal="disable")
    off = live(replace(shell, spec={**shell.spec, "desired_state": "disabled"}), is_broken=True)
    assert steps(plan_for(manifests(BOB), cluster(off, BOB), owned(shell, BOB), prune=True)) == []


def test_what_can_not_be_switched_off_is_kept_whatever_is_remembered() -> None:
    ops = entry(group("ops"), on_removal="disable")
    plan = plan_for(manifests(BOB), cluster(BOB, group("ops")), owned(BOB, **{"Group/ops": ops}), prune=True)
    assert (steps(plan), [str(it) for it in plan.kept]) == ([], ["Group/ops"])


@pytest.mark.parametrize(
    ("there", "more"),
    [
        (live(ADA, id="another"), {}),
        (live(ADA, is_deleting=True), {}),
        (None, {"hidden": {ADA.address: "not shown"}}),
        (ADA_NOW, {"hidden": {ADA.address: "not shown"}}),
    ],
)
@pytest.mark.parametrize("how", ["disable", "forget"])
def test_what_is_not_surely_ours_is_neither_switched_off_nor_forgotten(there: Any, more: Any, how: str) -> None:
    seen = replace(cluster(BOB, DS, *([there] if there is not None else [])), **more)
    known = owned(BOB, DS, **{"User/ada": entry(ADA, on_removal=how)})
    plan = plan_for(REST, seen, known, prune=True)
    assert (steps(plan), plan.forgotten) == ([], frozenset())


def test_a_pending_entry_ends_nothing() -> None:
    pending = entry(is_pending=True, on_removal="disable")
    plan = plan_for(REST, WHOLE, owned(BOB, DS, **{"User/ada": pending}), prune=True)
    assert steps(plan) == []


def test_the_way_out_is_remembered_of_what_is_as_declared_or_vanished() -> None:
    here = manifests(ADA, BOB, DS)
    plan = plan_for(here, WHOLE, owned(replace(ADA, lifecycle=BOB.lifecycle), BOB, DS))
    assert steps(plan) == []
    assert after(plan).entries[ADA.address].on_removal == "disable"
    vanished = plan_for(here, cluster(BOB, DS), HELD)
    assert opened(HELD.entries, vanished)[ADA.address].on_removal == "disable"


def test_what_the_cluster_does_not_tell_of_her_is_left_alone() -> None:
    dim = live(user("ada", admin_status="up"), unknown=frozenset({"assigned_policies"}))
    plan = plan_for(REST, cluster(dim, BOB, DS), HELD, prune=True)
    assert diff_of(plan, "User/ada") == {"admin_status": ("up", "down")}


def test_what_is_replaced_by_a_new_name_is_deleted_whatever_it_said() -> None:
    new = user("ada.l")
    renamed = replace(new, lifecycle=replace(new.lifecycle, renamed_from="ada"))
    plan = plan_for(manifests(BOB, DS, renamed), WHOLE, HELD, prune=True)
    assert steps(plan) == ["create User/ada.l", "delete User/ada"]


# Roles


def churn(**spec: Any) -> Resource:
    return project("churn", **spec)


OTHERS = (BOB, DS, user("cy"), user("di"), user("eve"))


def roles(declared: Resource, lives: Resource, *, names: tuple[str, ...] = ("ada",)) -> dict[str, Any]:
    leavers = [user(name, on_removal="disable") for name in names]
    world = cluster(*(user(it, admin_status="down") for it in names), *OTHERS, lives)
    desired = manifests(*OTHERS, declared)
    plan = plan_for(desired, world, owned(*leavers, *OTHERS, declared), prune=True)
    if "Project/churn" not in [str(it.address) for it in plan.writes]:
        return {}
    return diff_of(plan, "Project/churn")


VIEWER = {"viewer": {"users": ["ada", "bob"], "groups": ["ds"]}}


def test_a_role_is_taken_where_the_project_says_nothing_of_its_members() -> None:
    taken = roles(churn(owner="bob"), churn(owner="bob", members=VIEWER))
    assert taken == {"members.viewer.users": (["ada", "bob"], ["bob"])}


def test_a_role_is_taken_where_the_project_states_other_roles() -> None:
    stated = {"editor": {"users": ["cy"]}}
    taken = roles(churn(owner="di", members=stated), churn(owner="di", members={**VIEWER, **stated}))
    assert taken == {"members.viewer.users": (["ada", "bob"], ["bob"])}
    empty = roles(churn(owner="di", members={}), churn(owner="di", members=VIEWER))
    assert empty == taken
    moved = roles(
        churn(owner="di", members={"editor": {"users": ["bob"]}}),
        churn(owner="di", members={"viewer": {"users": ["ada", "bob"]}}),
    )
    assert moved == {"members.viewer.users": (["ada", "bob"], None), "members.editor.users": (None, ["bob"])}


def test_a_stated_role_takes_it_by_itself() -> None:
    taken = roles(churn(owner="di", members={"viewer": {"users": ["bob"]}}), churn(owner="di", members=VIEWER))
    assert taken["members.viewer.users"] == (["ada", "bob"], ["bob"])
    assert roles(churn(owner="di", members=None), churn(owner="di", members={"viewer": {"users": ["ada"]}})) == {
        "members.viewer.users": (["ada"], None)
    }


def test_a_role_is_taken_from_an_additive_list_and_from_nobody_else() -> None:
    taken = roles(
        churn(owner="bob", members={"viewer": {"users": ["cy"]}}, membership="additive"),
        churn(owner="bob", members={"viewer": {"users": ["ada", "di"]}, "editor": {"users": ["eve"]}}),
    )
    assert taken == {"members.viewer.users": (["ada", "di"], ["cy", "di"])}


def test_a_role_that_a_project_ignores_stays_and_is_told() -> None:
    declared = churn(owner="bob", ignore_changes=["members"])
    world = cluster(ADA_NOW, BOB, DS, churn(owner="bob", members={"viewer": {"users": ["ada"]}}))
    plan = plan_for(manifests(BOB, DS, declared), world, owned(ADA, BOB, DS, declared), prune=True)
    assert steps(plan) == ["update User/ada"]
    assert plan.warnings == ("User/ada is disabled and stays named by Project/churn (members.viewer.users)",)


def test_what_she_owns_stays_hers_and_is_told() -> None:
    lives = churn(owner="ada", members={"admin": {"users": ["ada", "bob"]}})
    assert roles(churn(), lives) == {}
    shell = service("shell", owner="ada", credentials={"username": "ada"})
    world = cluster(ADA_NOW, BOB, DS, lives, shell, project("others", owner="bob", members=VIEWER))
    plan = plan_for(manifests(BOB, DS, churn()), world, owned(ADA, BOB, DS, churn()), prune=True)
    assert steps(plan) == ["update User/ada"]
    [warning] = plan.warnings
    assert warning == (
        "User/ada is disabled and stays named by AppService/shell (owner, credentials.username), "
        "Project/churn (owner, members.admin.users), Project/others (members.viewer.users)"
    )


def test_who_hands_a_project_on_does_not_stay_listed_in_it() -> None:
    taken = roles(churn(owner="bob"), churn(owner="ada", members={}))
    assert taken["owner"] == ("ada", "bob")
    assert taken["members.admin.users"] == (["ada"], ["bob"])


def test_where_one_owns_a_project_another_is_still_taken_out() -> None:
    lives = churn(owner="ada", members={"admin": {"users": ["ada", "flo"]}})
    assert roles(churn(), lives, names=("ada", "flo")) == {"members.admin.users": (["ada", "flo"], ["ada"])}


def test_nothing_is_taken_of_a_project_that_is_absent_new_or_going() -> None:
    lives = churn(owner="bob", members=VIEWER)
    desired = manifests(BOB, DS, absent(churn()), project("new", owner="bob"))
    plan = plan_for(desired, cluster(ADA_OFF, BOB, DS, lives), owned(ADA, BOB, DS, churn()), prune=True)
    assert sorted(steps(plan)) == ["create Project/new", "delete Project/churn"]


def test_what_was_not_kept_of_a_role_that_was_taken_is_seen() -> None:
    declared, lives = churn(owner="bob"), churn(owner="bob", members=VIEWER)
    desired, known = manifests(BOB, DS, declared), owned(ADA, BOB, DS, declared)
    plan = plan_for(desired, cluster(ADA_OFF, BOB, DS, lives), known, prune=True)
    seen = cluster(ADA_OFF, BOB, DS, lives)
    [(address, [left])] = remaining(plan.writes, seen, KINDS, [ADA.address]).items()
    assert (str(address), left.dotted) == ("Project/churn", "members.viewer.users")
    kept = cluster(ADA_OFF, BOB, DS, churn(owner="bob", members={"viewer": {"users": ["bob"], "groups": ["ds"]}}))
    assert remaining(plan.writes, kept, KINDS, [ADA.address]) == {}
    deleting = plan_for(manifests(BOB, DS), cluster(BOB, DS, user("old")), owned(BOB, DS, user("old")), prune=True)
    assert remaining(deleting.writes, cluster(BOB, DS), KINDS, [ADA.address]) == {}


def test_a_member_who_leaves_is_not_told_as_one_who_is_not_in_git() -> None:
    lives = churn(owner="bob", members={"viewer": {"users": ["ada", "cy"]}})
    world = cluster(ADA_NOW, BOB, DS, user("cy"), lives)
    desired = manifests(BOB, DS, churn(owner="bob"))
    plan = plan_for(desired, world, owned(ADA, BOB, DS, churn(owner="bob")), prune=True)
    assert [str(it.member) for it in plan.unmanaged.members] == ["User/cy"]


def test_where_members_hold_several_roles_the_owners_own_stays() -> None:
    declared = resource("Project", "churn", owner="bob")
    held = {"owner": {"users": ["ada"]}, "data_viewer": {"users": ["ada"]}, "editor": {"users": ["ada", "bob"]}}
    known = {role.name for item in KINDS4["Project"].fields if item.roles for role in item.fields}
    lives = resource("Project", "churn", owner="ada", members={name: it for name, it in held.items() if name in known})
    ada, bob = resource("User", "ada", on_removal="disable"), resource("User", "bob")
    world = cluster(live(resource("User", "ada", active=True, policies=["p"])), bob, lives)
    plan = plan_for(manifests(bob, declared), world, owned(ada, bob, declared), prune=True, kinds=KINDS4)
    assert diff_of(plan, "User/ada") == {"active": (True, False), "policies": (["p"], [])}
    taken = diff_of(plan, "Project/churn")
    assert taken.pop("owner") == ("ada", "bob")
    assert taken == {
        f"members.{name}.users": (it["users"], sorted({*it["users"]} - {"ada"}) or None)
        for name, it in held.items()
        if name in known and name != "owner"
    }


# What still names her


@pytest.mark.parametrize(
    ("naming", "path"),
    [
        (group("ops", users=["ada"]), "users"),
        (project("churn", members={"viewer": {"users": ["bob", "ada"]}}), "members.viewer.users"),
    ],
)
def test_a_manifest_that_gives_her_something_is_a_problem_at_its_place(naming: Resource, path: str) -> None:
    [problem] = problems_for(manifests(BOB, DS, naming), WHOLE, HELD, prune=True)
    assert (problem.summary, problem.address) == ("Named, and leaving", naming.address)
    assert problem.detail.endswith(f"is named by {naming.address} in {path}.")
    assert problem.source is not None
    assert path.split(".")[0] in problem.source.path


def test_a_manifest_that_only_names_her_as_an_owner_is_none() -> None:
    naming = project("churn", owner="ada")
    plan = plan_for(
        manifests(BOB, DS, naming), cluster(ADA_NOW, BOB, DS, naming), owned(ADA, BOB, DS, naming), prune=True
    )
    assert steps(plan) == ["update User/ada"]


def test_a_list_that_is_left_to_others_names_nobody() -> None:
    naming = group("ops", users=["ada"], ignore_changes=["users"])
    world = cluster(ADA_NOW, BOB, DS, group("ops"), edges=[("ada", "ops")])
    plan = plan_for(manifests(BOB, DS, naming), world, owned(ADA, BOB, DS, naming), prune=True)
    assert diff_of(plan, "User/ada")["groups"] == (["ds", "ops"], None)


def test_a_list_of_holders_that_names_her_is_a_problem() -> None:
    ada = resource("User", "ada", on_removal="disable")
    binding = resource("PolicyBinding", "p", users=["ada"])
    world = replace(cluster(live(ada), binding), looked_up={"Policy": frozenset({"p"})})
    [problem] = problems_for(manifests(binding), world, owned(ada, binding), prune=True, kinds=KINDS4)
    assert problem.summary == "Named, and leaving"


# What is forgotten

OLD = user("old", on_removal="forget")
FORGETTING = owned(OLD, BOB)


def test_what_is_to_be_forgotten_leaves_the_inventory_and_nothing_is_written() -> None:
    plan = plan_for(manifests(BOB), cluster(OLD, BOB), FORGETTING, prune=True)
    assert (steps(plan), plan.kept) == ([], ())
    assert plan.forgotten == {OLD.address}
    assert opened(FORGETTING.entries, plan).keys() == {BOB.address}
    told = "Forgotten, as their lifecycle.on_removal says; on the cluster they stay as they are"
    assert [(it.text, it.addresses) for it in remarks(plan)] == [(told, (OLD.address,))]


def test_without_prune_nothing_is_forgotten() -> None:
    plan = plan_for(manifests(BOB), cluster(OLD, BOB), FORGETTING)
    assert (plan.forgotten, plan.kept) == (frozenset(), (OLD.address,))


def test_what_was_to_be_forgotten_and_is_gone_is_dropped_as_anything() -> None:
    plan = plan_for(manifests(BOB), cluster(BOB), FORGETTING, prune=True)
    assert (plan.forgotten, plan.dropped) == (frozenset(), {OLD.address: "gone from the cluster"})


# Destroying


def test_a_deletion_of_all_that_is_declared_heeds_it() -> None:
    desired = manifests(absent(ADA), absent(OLD), absent(BOB))
    plan = plan_for(desired, cluster(ADA_NOW, OLD, BOB, DS), owned(ADA, OLD, BOB))
    assert steps(plan) == ["update User/ada", "delete User/bob"]
    assert reason_of(plan, "User/ada") == TO_BE_KEPT
    assert plan.forgotten == {OLD.address}
    assert plan.declared == {ADA.address: False, BOB.address: False}


def test_a_deletion_leaves_alone_what_is_to_be_kept_and_is_not_ours() -> None:
    plan = plan_for(manifests(absent(ADA), absent(OLD)), cluster(ADA_NOW, OLD, DS))
    assert (steps(plan), plan.forgotten) == ([], frozenset())
    assert plan.warnings == tuple(
        f"User/{name} is not owned by this inventory, so lifecycle.on_removal leaves it as it is"
        for name in ("ada", "old")
    )


def test_a_manifest_that_says_absent_deletes_whatever_is_remembered() -> None:
    gone = absent(user("ada"))
    assert steps(plan_for(manifests(gone, BOB, DS), WHOLE, HELD, prune=True)) == ["delete User/ada"]


# Saved plans


def saved(desired: DesiredState, seen: LiveState, known: Owned) -> Plan:
    made = plan_for(desired, seen, known, prune=True)
    made = replace(made, fingerprints=fingerprints(made, seen, KINDS))
    again = from_data(json.loads(canonical(to_data(made, tool_version="0"))), KINDS)
    assert to_data(again, tool_version="0") == to_data(made, tool_version="0")
    return again


def test_a_saved_plan_is_the_same_and_fits_while_nothing_moved() -> None:
    plan = saved(manifests(BOB, DS), cluster(ADA_NOW, OLD, BOB, DS), owned(ADA, OLD, BOB, DS))
    [change] = plan.writes
    assert (change.is_pruned, change.switches_off, change.action) == (True, True, Action.UPDATE)
    assert plan.forgotten == {OLD.address}
    assert plan.declared == {BOB.address: True, DS.address: True}
    world = cluster(ADA_NOW, OLD, BOB, DS)
    assert list(stale(plan, world, owned(ADA, OLD, BOB, DS), KINDS, was_used=False)) == []


@pytest.mark.parametrize(
    ("seen", "known", "said"),
    [
        (cluster(OLD, BOB), owned(BOB), "Moved since the plan"),
        (cluster(OLD, BOB), owned(replace(OLD, lifecycle=BOB.lifecycle), BOB), "Moved since the plan"),
        (cluster(live(OLD, id="another"), BOB), FORGETTING, "Moved since the plan"),
        (cluster(BOB), FORGETTING, "Moved since the plan"),
        (replace(cluster(OLD, BOB), hidden={OLD.address: "x"}), FORGETTING, "Moved since the plan"),
    ],
)
def test_what_a_saved_plan_forgets_must_be_as_it_was(seen: LiveState, known: Owned, said: str) -> None:
    plan = saved(manifests(BOB), cluster(OLD, BOB), FORGETTING)
    assert [problem.summary for problem in stale(plan, seen, known, KINDS, was_used=False)] == [said]


def test_a_saved_plan_switches_off_nobody_who_is_ours_no_more() -> None:
    plan = saved(REST, WHOLE, HELD)
    [problem] = stale(plan, WHOLE, owned(BOB, DS), KINDS, was_used=False)
    assert (problem.summary, problem.address) == ("No longer owned", Address("User", "ada"))


@pytest.mark.parametrize(
    ("then", "now", "said"),
    [
        ("delete", "disable", "was to be deleted when the plan was made, and is to be disabled now"),
        ("delete", "forget", "was to be deleted when the plan was made, and is to be forgotten now"),
        ("disable", "delete", "was to be disabled when the plan was made, and is to be deleted now"),
        ("disable", "forget", "was to be disabled when the plan was made, and is to be forgotten now"),
    ],
)
def test_a_saved_plan_ends_nobody_otherwise_than_the_inventory_says_now(then: Any, now: Any, said: str) -> None:
    old = replace(ADA, lifecycle=Lifecycle(on_removal=then))
    plan = saved(REST, WHOLE, owned(old, BOB, DS))
    [problem] = stale(
        plan, WHOLE, owned(replace(ADA, lifecycle=Lifecycle(on_removal=now)), BOB, DS), KINDS, was_used=False
    )
    assert problem.summary == "Moved since the plan"
    assert problem.detail == f"User/ada {said}, as lifecycle.on_removal says."


def test_what_a_manifest_ends_by_itself_asks_the_inventory_for_no_way_out() -> None:
    gone = absent(replace(ADA, lifecycle=Lifecycle(on_removal="disable")))
    for how in ("delete", "disable"):
        known = owned(replace(ADA, lifecycle=Lifecycle(on_removal=how)), BOB, DS)
        plan = saved(manifests(gone, BOB, DS), WHOLE, HELD)
        assert [change.switches_off for change in plan.writes] == [True]
        assert list(stale(plan, WHOLE, known, KINDS, was_used=False)) == []


def test_a_saved_plan_deletes_no_more_in_a_project_than_the_inventory_says_now() -> None:
    full, empty = (project("old", deletion_strategy=strategy) for strategy in ("cascading", "restricted"))
    world = cluster(full, BOB, DS)
    plan = saved(REST, world, owned(full, BOB, DS))
    assert list(stale(plan, world, owned(full, BOB, DS), KINDS, was_used=False)) == []
    [problem] = stale(plan, world, owned(empty, BOB, DS), KINDS, was_used=False)
    assert problem.detail == (
        "Project/old was to be deleted with all that is in it when the plan was made, and is not now, as "
        "deletion_strategy says."
    )


def test_a_role_that_somebody_gave_to_who_was_switched_off_is_theirs() -> None:
    declared, lives = churn(owner="di"), churn(owner="di", members={"viewer": {"users": ["ada", "bob"]}})
    known = replace(GONE, entries={**GONE.entries, declared.address: entry(declared)})
    world = cluster(ADA_OFF, BOB, DS, user("di"), lives)
    plan = plan_for(manifests(BOB, DS, user("di"), declared), world, known, prune=True)
    [change] = plan.writes
    assert (change.origin, change.reason) == (
        Origin.CLUSTER,
        "changed on the cluster; who is to be disabled leaves it",
    )
    first = plan_for(manifests(BOB, DS, user("di"), declared), world, owned(ADA, BOB, DS, declared), prune=True)
    assert [change.reason for change in first.writes] == ["changed in git; who is to be disabled leaves it"]
