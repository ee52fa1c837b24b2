"""What the platform would refuse half way through is said before anything is sent."""

from __future__ import annotations

from dataclasses import replace

from igz_apply.iguazio4.kinds import KINDS as KINDS4
from tests.builders import (
    absent,
    cluster,
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


def test_an_owner_cannot_be_deleted_while_the_project_names_it() -> None:
    (problem,) = problems_for(manifests(absent(user("bob"))), cluster(user("bob"), project("p", owner="bob")))
    assert (problem.summary, str(problem.address)) == ("Still in use", "User/bob")
    assert problem.detail == "User/bob is to be deleted, but Project/p names it as owner."
    told = "`igz-apply refs User/bob` lists all that name it."
    assert problem.hint == f"Declare Project/p with another owner, or delete it too. {told}"
    assert str(problem.source) == "manifests/bob.yaml:1:1"


def test_a_pruned_owner_cannot_go_either_and_has_no_place_in_a_file() -> None:
    from tests.builders import owned

    world = cluster(user("bob"), project("p", owner="bob"))
    (problem,) = problems_for(manifests(), world, owned(user("bob")), prune=True)
    assert problem.source is None


def test_a_service_holds_its_owner_and_the_user_that_it_runs_as() -> None:
    for spec in ({"owner": "bob"}, {"credentials": {"username": "bob"}}):
        world = cluster(user("bob"), service("s", kind="jupyter", **spec))
        (problem,) = problems_for(manifests(absent(user("bob"))), world)
        assert problem.detail.startswith("User/bob is to be deleted, but AppService/s names it as ")
        renamed = service("s", kind="jupyter", credentials=None, owner="ada")
        assert "delete User/bob" in steps(plan_for(manifests(absent(user("bob")), user("ada"), renamed), world))


def test_a_holder_lets_go_only_by_a_change_that_is_part_of_the_run() -> None:
    world = cluster(user("bob"), user("ada"), project("p", owner="bob"))
    desired = manifests(absent(user("bob")), project("p", owner="ada"))
    assert steps(plan_for(desired, world)) == ["update Project/p", "delete User/bob"]
    (problem,) = problems_for(desired, world, only=["User/bob"])
    assert problem.summary == "Still in use"
    ignoring = manifests(absent(user("bob")), project("p", owner="ada", ignore_changes=["owner"]))
    (problem,) = problems_for(ignoring, world)
    assert problem.summary == "Still in use"


def test_what_is_leaving_holds_nothing() -> None:
    world = cluster(user("bob"), live(project("p", owner="bob"), is_deleting=True))
    assert steps(plan_for(manifests(absent(user("bob"))), world)) == ["delete User/bob"]


def test_a_member_of_a_project_can_go() -> None:
    world = cluster(user("bob"), project("p", owner="admin", members={"editor": {"users": ["bob"]}}), user("admin"))
    assert steps(plan_for(manifests(absent(user("bob"))), world)) == ["delete User/bob"]


def test_a_primary_group_cannot_go_while_somebody_has_it() -> None:
    world = cluster(group("ds"), user("ada", primary_group="ds", groups=["ds"]))
    (problem,) = problems_for(manifests(absent(group("ds"))), world)
    assert problem.detail == "Group/ds is to be deleted, but User/ada names it as primary_group."
    assert steps(plan_for(manifests(absent(group("ds")), user("ada", primary_group=None)), world)) == [
        "update User/ada",
        "delete Group/ds",
    ]


def test_an_owner_cannot_be_put_into_a_lower_role() -> None:
    declared = manifests(project("p", owner="ada", members={"viewer": {"users": ["ada"]}}))
    (problem,) = problems_for(declared, cluster(user("ada")))
    assert problem.detail == "ada is to be in users of viewer of Project/p, and counts as its admin."
    undeclared = manifests(project("p", members={"viewer": {"users": ["ada"]}}))
    assert problems_for(undeclared, cluster(user("ada"), project("p", owner="ada")))[0].summary == "Two roles"


def test_an_owner_that_is_in_a_lower_role_already_is_left_as_it_is() -> None:
    same = project("p", owner="ada", members={"viewer": {"users": ["ada"]}})
    assert steps(plan_for(manifests(same), cluster(user("ada"), same))) == []
    assert steps(
        plan_for(manifests(project("p", owner="ada", members={"admin": {"users": ["ada"]}})), cluster(user("ada")))
    )


def test_what_a_manifest_says_with_its_line_is_not_told_again() -> None:
    world = cluster(user("bob"), user("ada"), project("p", owner="bob"), project("q", owner="bob"))
    stated = manifests(absent(user("bob")), project("p", owner="bob"), project("q", description="x"))
    found = problems_for(stated, world)
    assert [(each.summary, each.detail) for each in found] == [
        ("Still in use", "User/bob is to be deleted, but Project/q names it as owner."),
        ("Unknown reference", "Project/p names User/bob, which a manifest declares absent."),
    ]


def test_who_is_or_will_be_disabled_gets_nothing_to_own() -> None:
    for owning in (project("p", owner="ada"), service("p", kind="shell", owner="ada")):
        (problem,) = problems_for(manifests(owning), cluster(user("ada", admin_status="down")))
        assert (problem.summary, str(problem.source)) == ("Disabled owner", "manifests/test.yaml:spec:owner:1:1")
        assert problem.detail == f"User/ada is to be the owner of {owning.address}, and is disabled on the cluster."
        for world in (cluster(), cluster(user("ada"))):
            (problem,) = problems_for(manifests(user("ada", admin_status="down"), owning), world)
            assert problem.detail.endswith("and admin_status, at manifests/test.yaml:spec:admin_status:1:1, says down.")
    running = service("s", kind="shell", credentials={"username": "ada"})
    (problem,) = problems_for(manifests(running), cluster(user("ada", admin_status="down")))
    assert problem.detail.startswith("User/ada is to be the credentials.username of AppService/s")


def test_who_is_disabled_as_no_manifest_declares_it_any_more_gets_nothing_to_own_and_no_place_is_made_up() -> None:
    ada = user("ada", on_removal="disable")
    (problem,) = problems_for(manifests(project("p", owner="ada")), cluster(ada), owned(ada), prune=True)
    assert problem.detail == (
        "User/ada is to be the owner of Project/p, and this plan disables it (lifecycle.on_removal)."
    )


def test_an_owner_change_to_somebody_disabled_is_refused_and_what_is_owned_already_stays() -> None:
    world = cluster(user("ada", admin_status="down"), user("bob"), project("p", owner="bob"), project("q", owner="ada"))
    (problem,) = problems_for(manifests(project("p", owner="ada")), world)
    assert problem.summary == "Disabled owner"
    assert steps(plan_for(manifests(project("q", owner="ada", description="x")), world)) == ["update Project/q"]


def test_who_is_switched_on_by_the_plan_can_own() -> None:
    world = cluster(user("ada", admin_status="down"))
    desired = manifests(user("ada", admin_status="up"), project("p", owner="ada"))
    assert steps(plan_for(desired, world)) == ["update User/ada", "create Project/p"]
    unstated = manifests(user("ada", job_title="x"), project("p", owner="ada"))
    assert problems_for(unstated, world)[0].summary == "Disabled owner"
    ignored = manifests(user("ada", admin_status="up", ignore_changes=["admin_status"]), project("p", owner="ada"))
    assert problems_for(ignored, world)[0].summary == "Disabled owner"
    leaving = cluster(live(user("ada", admin_status="down"), is_deleting=True))
    assert "create Project/p" in steps(plan_for(manifests(user("ada"), project("p", owner="ada")), leaving))


def test_who_states_what_a_list_that_goes_takes_from_everybody_is_told_where() -> None:
    bound = resource("PolicyBinding", "a", users=["ada", "bob"], groups=["g"])
    before = [user("ada", policies=["a"]), user("bob", policies=["a"]), group("g", policies=["a"]), bound]
    world = replace(cluster(*before), looked_up={"Policy": frozenset({"a", "b"})})
    after = manifests(
        user("ada", policies=["b", "a"]),
        user("bob", policies=["a"], ignore_changes=["policies"]),
        group("g", policies=["b"]),
        user("eve", policies=["a"], ignore_changes=["policies"]),
    )
    found = problems_for(after, world, owned(*before), prune=True, kinds=KINDS4)
    found.sort(key=lambda it: str(it.address))
    assert [(it.summary, str(it.address), str(it.source)) for it in found] == [
        ("Holder left out", "User/ada", "manifests/test.yaml:spec:policies:1:1:1"),
        ("Holder left out", "User/eve", "manifests/test.yaml:spec:policies:0:1:1"),
    ]
    assert found[0].detail == (
        "User/ada states a in policies, and PolicyBinding/a, which takes it from everybody, is to be deleted: no "
        "manifest declares it any more."
    )
    assert not any(it.startswith("delete") for it in steps(plan_for(after, world, owned(*before), kinds=KINDS4)))
