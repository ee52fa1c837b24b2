"""A value that one resource alone can hold is handed on in an order that works, or the plan is refused."""

from __future__ import annotations

from dataclasses import replace

from igz_apply.iguazio3.kinds import APP_SERVICE, GROUP, PROJECT, USER
from igz_apply.model.kind import Kinds
from igz_apply.model.resources import LiveResource, Resource
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
    service,
    steps,
    user,
)


def needs(address: str, *resources: Resource, world: tuple[Resource | LiveResource, ...] = ()) -> list[str]:
    plan = plan_for(manifests(*resources), cluster(*world))
    return [str(need) for it in plan.changes if str(it.address) == address for need in it.depends_on]


def test_a_uid_goes_to_another_once_its_holder_is_deleted() -> None:
    desired = manifests(absent(user("zoe")), user("ada", uid=7))
    assert steps(plan_for(desired, cluster(user("zoe", uid=7)))) == ["delete User/zoe", "create User/ada"]
    pruned = plan_for(manifests(group("a", gid=7)), cluster(group("z", gid=7)), owned(group("z", gid=7)), prune=True)
    assert steps(pruned) == ["delete Group/z", "create Group/a"]


def test_a_value_that_stays_with_its_holder_is_refused() -> None:
    for world, leaves in (
        (cluster(user("zoe", uid=7)), ""),
        (cluster(live(user("zoe", uid=7), is_deleting=True)), ", which is being deleted"),
    ):
        (problem,) = problems_for(manifests(user("ada", uid=7)), world)
        assert (problem.summary, str(problem.source)) == ("Value in use", "manifests/test.yaml:spec:uid:1:1")
        assert problem.detail == (f"User/ada is to have the uid 7, which is that of User/zoe on the cluster{leaves}.")
    as_it_is = manifests(user("ada", uid=7), user("zoe", uid=7, job_title="x"))
    (problem,) = problems_for(as_it_is, cluster(user("zoe", uid=7)))
    assert problem.hint == (
        "State another uid, or leave it out: the platform gives one by itself. "
        "Or let the same plan delete User/zoe: declared absent, or with --prune where it is owned."
    )


def test_the_same_number_of_another_kind_and_ones_own_are_free() -> None:
    world = cluster(group("g", gid=7), live(user("ada", uid=7), is_deleting=True))
    assert steps(plan_for(manifests(user("ada", uid=7)), world)) == ["create User/ada"]
    assert steps(plan_for(manifests(user("ada", uid=7)), cluster(user("ada", uid=7)))) == []
    assert steps(plan_for(manifests(user("ada", uid=7)), cluster(user("bob")))) == ["create User/ada"]


def test_a_rename_with_a_uid_that_the_old_name_keeps_until_the_new_one_is_there_is_refused() -> None:
    world = cluster(user("mary", uid=7), project("p", owner="mary"))
    desired = manifests(absent(user("mary")), user("mary-h", uid=7), project("p", owner="mary-h"))
    (problem,) = problems_for(desired, world)
    assert problem.detail == (
        "User/mary-h is to have the uid 7 of User/mary, which lets go of it only after User/mary-h has taken its place."
    )
    assert "Leave uid out" in problem.hint
    assert "two applies" in problem.hint
    free = manifests(absent(user("mary")), user("mary-h"), project("p", owner="mary-h"))
    assert steps(plan_for(free, world)) == ["create User/mary-h", "update Project/p", "delete User/mary"]


def test_services_are_written_together_so_that_one_of_them_holds_up_the_others() -> None:
    world = cluster(user("mary", uid=7), service("a", kind="shell", owner="mary"))
    moved = manifests(absent(user("mary")), user("mary-h", uid=7), absent(service("a")))
    assert steps(plan_for(moved, world)) == ["delete AppService/a", "delete User/mary", "create User/mary-h"]
    together = manifests(*moved.resources.values(), service("b", kind="shell", owner="mary-h"))
    (problem,) = problems_for(together, world)
    assert problem.summary == "Value in use"
    apart = manifests(*moved.resources.values(), service("b", kind="shell", owner="admin"))
    assert steps(plan_for(apart, cluster(*(), user("admin"), *world.resources.values())))[-1] == "create User/mary-h"


def test_two_values_that_are_handed_on_crosswise_are_refused() -> None:
    world = cluster(user("a", uid=1), user("b", uid=2), project("p", owner="a"), project("q", owner="b"))
    desired = manifests(
        *(absent(user(name)) for name in "ab"),
        user("x", uid=1),
        user("y", uid=2),
        project("p", owner="y"),
        project("q", owner="x"),
    )
    (problem,) = problems_for(desired, world)
    assert str(problem.address) == "User/y"


def test_a_value_that_can_be_changed_is_free_once_its_holder_has_another() -> None:
    fields = tuple(replace(field, immutable=False) if field.name == "gid" else field for field in GROUP.fields)
    kinds = Kinds((USER, replace(GROUP, fields=fields), PROJECT, APP_SERVICE))
    world = cluster(group("a", gid=1), group("b", gid=2))
    desired = manifests(group("a", gid=2), group("b", gid=3))
    assert steps(plan_for(desired, world, kinds=kinds)) == ["update Group/b", "update Group/a"]
    (problem,) = problems_for(manifests(group("a", gid=2), group("b", description="x")), world, kinds=kinds)
    assert problem.summary == "Value in use"
    swapped = problems_for(manifests(group("a", gid=2), group("b", gid=1)), world, kinds=kinds)
    assert [problem.summary for problem in swapped] == ["Value in use"]


def test_what_gets_a_number_from_the_platform_comes_after_the_largest_that_is_stated() -> None:
    assert needs("User/new", user("new"), user("a", uid=90), user("b", uid=91), world=(user("c", uid=8),)) == ["User/b"]
    assert needs("Group/new", group("new"), group("a", gid=90)) == ["Group/a"]
    assert needs("User/new", user("new"), user("a", uid=7), world=(user("c", uid=8),)) == []
    assert needs("User/new", user("new"), user("also")) == []


def test_the_number_of_what_goes_is_no_longer_the_largest() -> None:
    desired = (user("new"), user("a", uid=7), absent(user("c")))
    assert needs("User/new", *desired, world=(user("b", uid=6), user("c", uid=8))) == ["User/a"]
    leaving = live(user("c", uid=8), is_deleting=True)
    assert needs("User/new", *desired[:2], world=(user("b", uid=6), leaving)) == ["User/a"]


def test_an_email_that_somebody_has_is_a_doubt_and_no_order() -> None:
    mine, theirs = user("ada", email="A@x.org"), user("zoe", email="a@X.org")
    (problem,) = problems_for(manifests(mine), cluster(theirs))
    assert (problem.severity, problem.summary) == ("warning", "Value in use")
    assert "User/zoe on the cluster has it too" in problem.detail
    assert problems_for(manifests(mine, absent(user("zoe"))), cluster(theirs)) == []
    assert problems_for(manifests(mine, theirs), cluster(theirs)) == []  # told from the manifests alone
    assert problems_for(manifests(mine), cluster(live(user("ada", email="A@x.org")), theirs)) == []


def test_a_name_like_one_that_lives_is_a_doubt() -> None:
    (problem,) = problems_for(manifests(group("Data")), cluster(group("data")))
    assert (problem.severity, problem.summary) == ("warning", "Look-alike names")
    assert problem.detail.endswith("differs from it only in case.")
    assert problems_for(manifests(group("Data")), cluster(group("Data"), group("data"))) == []
    assert problems_for(manifests(group("Data"), absent(group("data"))), cluster(group("data"))) == []
    assert problems_for(manifests(group("Data"), group("data")), cluster(group("data"))) == []
