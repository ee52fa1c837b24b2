"""Steps: one write each, with what it needs and what it must not run beside."""

from __future__ import annotations

from igz_apply.iguazio3.kinds import KINDS
from igz_apply.iguazio3.steps import steps_of
from igz_apply.model.changes import Plan
from igz_apply.model.step import Step
from tests.builders import CALLER, absent, cluster, group, live, manifests, owned, plan_for, project, service, user


def cut(plan: Plan) -> dict[str, list[str]]:
    """Return the keys of the steps with what they need."""
    return {step.key: sorted(step.needs) for step in steps_of(plan, KINDS)}


def step(plan: Plan, key: str) -> Step:
    return next(each for each in steps_of(plan, KINDS) if each.key == key)


def test_a_user_is_created_with_its_groups_in_one_call() -> None:
    plan = plan_for(manifests(user("ada", groups=["ds"]), group("ds")), cluster())
    assert cut(plan) == {"create Group/ds": [], "create User/ada": ["create Group/ds"]}
    assert [item.edge.group for item in step(plan, "create User/ada").edges] == ["ds"]
    assert step(plan, "create User/ada").lock == "User/ada"


def test_a_project_gets_its_members_once_it_exists() -> None:
    desired = manifests(project("p", owner="ada", members={"viewer": {"groups": ["ds"]}}), user("ada"), group("ds"))
    assert cut(plan_for(desired, cluster())) == {
        "create Group/ds": [],
        "create User/ada": [],
        "create Project/p": ["create Group/ds", "create User/ada"],
        "roles Project/p": ["create Group/ds", "create Project/p", "create User/ada"],
    }


def test_members_alone_are_one_transaction_and_fields_alone_one_update() -> None:
    world = cluster(project("p"), user("ada"))
    assert cut(plan_for(manifests(project("p", members={"viewer": {"users": ["ada"]}})), world)) == {
        "roles Project/p": []
    }
    assert cut(plan_for(manifests(project("p", description="x")), world)) == {"update Project/p": []}
    both = project("p", description="x", members={"viewer": {"users": ["ada"]}})
    assert cut(plan_for(manifests(both), world)) == {
        "update Project/p": [],
        "roles Project/p": ["update Project/p"],
    }


def test_a_roster_is_written_through_each_user_that_nobody_declares() -> None:
    world = cluster(user("ada"), user("bob", groups=["ds"]), group("ds"))
    plan = plan_for(manifests(group("ds", users=["ada"])), world)
    assert cut(plan) == {"memberships User/ada for Group/ds": [], "memberships User/bob for Group/ds": []}
    ada = step(plan, "memberships User/ada for Group/ds")
    assert (str(ada.target), ada.lock, ada.addresses) == ("User/ada", "User/ada", (plan.changes[0].address,))
    both = plan_for(manifests(group("ds", description="x", users=["ada", "bob"])), world)
    assert cut(both) == {"update Group/ds": [], "memberships User/ada for Group/ds": ["update Group/ds"]}
    new = plan_for(manifests(group("qa", users=["ada"])), world)
    assert cut(new) == {"create Group/qa": [], "memberships User/ada for Group/qa": ["create Group/qa"]}


def test_what_needs_a_group_does_not_wait_for_its_roster_and_a_delete_waits_for_all() -> None:
    world = cluster(user("bob"), project("old", owner="bob", members={"viewer": {"users": ["bob"]}}), user("ada"))
    plan = plan_for(manifests(project("old", owner="ada", members={"viewer": {}}), absent(user("bob"))), world)
    assert cut(plan)["delete User/bob"] == ["roles Project/old", "update Project/old"]
    desired = manifests(group("qa", users=["ada"]), project("p", members={"viewer": {"groups": ["qa"]}}))
    assert cut(plan_for(desired, world))["create Project/p"] == ["create Group/qa"]


def test_all_services_are_one_step_that_waits_for_what_each_of_them_needs() -> None:
    world = cluster(service("old", kind="jupyter", owner="bob"), user("bob"))
    desired = manifests(
        service("new", kind="jupyter", owner="ada"), user("ada"), absent(service("old")), absent(user("bob"))
    )
    plan = plan_for(desired, world)
    assert cut(plan) == {
        "create User/ada": [],
        "document app_services_manifests": ["create User/ada"],
        "delete User/bob": ["document app_services_manifests"],
    }
    document = step(plan, "document app_services_manifests")
    assert [str(address) for address in document.addresses] == ["AppService/old", "AppService/new"]
    assert document.lock == "app_services_manifests"


def test_what_exists_and_is_not_usable_is_awaited_before_it_is_changed() -> None:
    world = cluster(live(user("ada"), is_ready=False))
    assert cut(plan_for(manifests(user("ada", first_name="x")), world)) == {
        "await User/ada": [],
        "update User/ada": ["await User/ada"],
    }


def test_what_is_taken_over_is_awaited_and_what_was_ours_only_where_something_needs_it() -> None:
    world = cluster(live(user("ada"), is_ready=False))
    assert cut(plan_for(manifests(user("ada")), world)) == {"await User/ada": []}
    assert cut(plan_for(manifests(user("ada")), world, owned(user("ada")))) == {}
    needing = plan_for(manifests(user("ada"), project("p", owner="ada")), world, owned(user("ada")))
    assert cut(needing) == {"await User/ada": [], "create Project/p": ["await User/ada"]}


def test_a_plan_without_writes_has_no_steps() -> None:
    assert steps_of(Plan((), CALLER), KINDS) == ()
    assert (
        steps_of(
            plan_for(manifests(user("ada"), service("s", kind="x")), cluster(user("ada"), service("s", kind="x"))),
            KINDS,
        )
        == ()
    )
