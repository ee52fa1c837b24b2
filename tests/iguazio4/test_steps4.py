"""How a plan is cut into the calls of Iguazio 4: each part of a resource is a step, with what it needs."""

from __future__ import annotations

from igz_apply.iguazio4.kinds import PROJECT
from igz_apply.iguazio4.steps import is_updated, role_of, steps_of
from igz_apply.model.kind import MARK_PATH, NAME_PATH
from igz_apply.model.step import Step
from tests.iguazio4.site4 import KINDS, Manifest, Site, group, manifest, project, user


def cut(site: Site, *manifests: Manifest) -> dict[str, list[str]]:
    """Return the keys of the steps with what they need."""
    return {step.key: sorted(step.needs) for step in steps(site, *manifests)}


def steps(site: Site, *manifests: Manifest) -> tuple[Step, ...]:
    return steps_of(site.planned(manifests).plan, KINDS)


def test_a_user_is_created_with_its_groups_and_policies_in_one_call() -> None:
    found = steps(
        Site(), user("ada", groups=["ops/on-call"], policies=["oris-viewer"]), group("ops"), group("ops/on-call")
    )
    assert {step.key: sorted(step.needs) for step in found} == {
        "create Group/ops": [],
        "create Group/ops/on-call": ["create Group/ops"],
        "create User/ada": ["create Group/ops/on-call"],
    }
    assert [item.edge.group for step in found for item in step.edges] == ["ops/on-call"]
    assert all(step.may_be_seen and not step.is_delete for step in found)


def test_a_user_whom_no_manifest_declares_comes_into_a_new_group_once_that_is_there() -> None:
    site = Site()
    found = cut(site, group("ops", users=["admin"]))
    assert found == {"create Group/ops": [], "memberships User/admin for Group/ops": ["create Group/ops"]}
    live = site.converged([group("ops", users=["admin"])])
    assert live.groups_of["admin"] >= {"ops"}


def test_each_part_of_a_user_has_a_call_of_its_own() -> None:
    site = Site()
    site.converged([group("ops"), user("ada")])
    changed = user("ada", last_name="King", active=False, groups=["ops"], policies=["oris-viewer"])
    assert cut(site, group("ops"), changed) == {
        "update User/ada": [],
        "switch User/ada": ["update User/ada"],
        "memberships User/ada": ["switch User/ada", "update User/ada"],
        "policies User/ada": ["memberships User/ada", "switch User/ada", "update User/ada"],
    }


def test_roles_are_written_one_by_one_and_the_owner_last() -> None:
    site = Site()
    people = [user("ada"), user("bob")]
    site.converged([*people, project("churn", owner="ada", members={"viewer": {"users": ["bob"]}})])
    changed = project("churn", description="x", owner="bob", members={"viewer": {}, "editor": {"users": ["ada"]}})
    found = steps(site, *people, changed)
    keys = [step.key for step in found]
    assert keys == [
        "update Project/churn",
        "role editor of Project/churn",
        "role viewer of Project/churn",
        "owner Project/churn",
    ]
    assert found[-1].needs == {*keys[:-1]}
    assert [role_of(step) for step in found[1:3]] == ["editor", "viewer"]
    assert {step.lock for step in found} == {"Project/churn"}


def test_a_new_project_is_archived_and_given_its_members_once_it_exists() -> None:
    new = project("old", state="archived", members={"viewer": {"users": ["admin"]}})
    assert cut(Site(), new) == {
        "create Project/old": [],
        "switch Project/old": ["create Project/old"],
        "role viewer of Project/old": ["create Project/old", "switch Project/old"],
    }


def test_a_roster_is_written_through_each_user_that_nobody_declares() -> None:
    site = Site()
    site.converged([group("ops"), user("ada"), user("bob")])
    planned = site.planned([group("ops", users=["ada", "bob"])], prune=False)
    assert {step.key: sorted(step.needs) for step in steps_of(planned.plan, KINDS)} == {
        "memberships User/ada for Group/ops": [],
        "memberships User/bob for Group/ops": [],
    }


def test_who_holds_a_policy_is_written_apart_from_all_that_writes_policies() -> None:
    site = Site()
    site.converged([user("ada"), user("bob"), manifest("PolicyBinding", "oris-viewer", {"users": ["ada"]})])
    binding = manifest("PolicyBinding", "oris-viewer", {"users": ["bob"]})
    found = steps(site, user("ada", policies=["oris-developer"]), user("bob"), binding)
    assert {step.key: step.lock for step in found} == {
        "policies User/ada": "policies",
        "holders PolicyBinding/oris-viewer": "policies",
    }
    alone = steps_of(site.planned([user("ada", policies=["oris-developer"])], prune=False).plan, KINDS)
    assert {step.key: step.lock for step in alone} == {"policies User/ada": "User/ada"}


def test_children_go_before_their_parents_and_members_leave_before_their_group_goes() -> None:
    site = Site()
    site.converged([group("ops"), group("ops/on-call"), user("ada", groups=["ops/on-call"])])
    found = cut(site, user("ada", groups=[]))
    assert found["delete Group/ops/on-call"] == ["memberships User/ada"]
    assert found["delete Group/ops"] == ["delete Group/ops/on-call"]


def test_a_rename_and_a_move_are_two_calls() -> None:
    site = Site()
    site.converged([group("ops"), group("ops/night"), group("people")])
    moved = manifest("Group", "people/on-call", {}, renamed_from="ops/night")
    assert cut(site, group("ops"), group("people"), moved) == {
        "rename Group/people/on-call": [],
        "move Group/people/on-call": ["rename Group/people/on-call"],
    }
    moved_alone = manifest("Group", "people/night", {"policies": ["oris-viewer"]}, renamed_from="ops/night")
    assert [*cut(site, group("ops"), group("people"), moved_alone)] == [
        "move Group/people/night",
        "policies Group/people/night",
    ]
    renamed_alone = manifest("Group", "ops/late", {}, renamed_from="ops/night")
    assert [*cut(site, group("ops"), group("people"), renamed_alone)] == ["rename Group/ops/late"]


def test_the_node_selector_has_a_step_that_says_why_it_is_not_written() -> None:
    site = Site()
    ran = site.applied([project("churn", default_function_node_selector={"zone": "a"})])
    assert ran.code == 5
    assert ran.report is not None
    assert "MLRun alone keeps it" in ran.report.outcomes[0].detail


def test_what_is_taken_over_while_it_comes_up_is_awaited() -> None:
    site = Site()
    site.client.create_project("churn")
    found = steps(site, project("churn", description="x"))
    assert (found[0].key, found[0].needs_call) == ("await Project/churn", False)
    site.converged([project("churn", description="x")])


def test_the_mark_travels_with_the_project_and_a_name_does_not() -> None:
    assert is_updated(MARK_PATH, PROJECT)
    assert not is_updated(NAME_PATH, PROJECT)
    assert not is_updated(("owner",), PROJECT)
