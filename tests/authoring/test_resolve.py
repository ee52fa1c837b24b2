"""Names resolve among the manifests, then on the cluster; one that resolves nowhere is told at its place."""

from __future__ import annotations

import pytest

from igz_apply.authoring.resolve import unresolved
from igz_apply.iguazio3.kinds import KINDS
from igz_apply.model.resources import LiveState, Resource
from tests.builders import (
    absent,
    cluster,
    group,
    live,
    manifests,
    plan_for,
    problems_for,
    project,
    service,
    steps,
    user,
)


@pytest.mark.parametrize(
    ("declared", "place"),
    [
        (user("ada", groups=["x"]), "groups:0"),
        (user("ada", primary_group="x"), "primary_group"),
        (group("ds", users=["x"]), "users:0"),
        (project("p", owner="x"), "owner"),
        (project("p", members={"viewer": {"groups": ["x"]}}), "members:viewer:groups:0"),
        (service("s", kind="jupyter", owner="x"), "owner"),
        (service("s", kind="jupyter", credentials={"username": "x"}), "credentials:username"),
    ],
)
def test_an_unknown_name_is_told_at_its_place(declared: Resource, place: str) -> None:
    (problem,) = problems_for(manifests(declared), cluster())
    assert problem.summary == "Unknown reference"
    assert problem.severity == "error"
    assert str(problem.source) == f"manifests/test.yaml:spec:{place}:1:1"


@pytest.mark.parametrize(
    ("world", "detail", "hint"),
    [
        (
            cluster(user("alice")),
            "Project/p names User/alcie, which is neither declared nor live.",
            "Did you mean User/alice?",
        ),
        (
            cluster(),
            "Project/p names User/alcie, which is neither declared nor live.",
            "Declare it in a manifest (kind: User), or correct the name.",
        ),
        (
            cluster(live(user("alcie"), is_deleting=True)),
            "Project/p names User/alcie, which the cluster is deleting.",
            "Wait until it is gone, then run again; a name can be used again only after that.",
        ),
    ],
)
def test_the_hint_says_what_to_do(world: LiveState, detail: str, hint: str) -> None:
    (problem,) = problems_for(manifests(project("p", owner="alcie")), world)
    assert (problem.detail, problem.hint) == (detail, hint)


def test_what_a_plan_deletes_cannot_be_named() -> None:
    desired = manifests(absent(user("bob")), project("p", owner="bob"))
    (problem,) = (each for each in problems_for(desired, cluster(user("bob"))))
    assert problem.detail == "Project/p names User/bob, which a manifest declares absent."
    from tests.builders import owned

    pruned = problems_for(manifests(project("p", owner="bob")), cluster(user("bob")), owned(user("bob")), prune=True)
    assert pruned[0].detail == "Project/p names User/bob, which this plan deletes."


def test_what_stays_as_it_is_is_looked_at_too_where_something_goes() -> None:
    world = cluster(user("bob"), project("p", owner="bob"))
    desired = manifests(absent(user("bob")), project("p", owner="bob"))
    assert {each.summary for each in problems_for(desired, world)} == {"Unknown reference"}
    leaving = cluster(live(user("bob"), is_deleting=True), project("p", owner="bob"))
    (problem,) = problems_for(manifests(project("p", owner="bob")), leaving)
    assert problem.detail == "Project/p names User/bob, which the cluster is deleting."


def test_offline_what_is_not_declared_is_a_warning_and_what_is_absent_an_error() -> None:
    desired = manifests(project("p", owner="ada"), absent(user("bob")), project("q", owner="bob"))
    one, other = unresolved(desired, KINDS)
    assert (one.severity, one.detail) == ("warning", "Project/p names User/ada, which is not declared.")
    assert one.hint == "If it lives on the cluster this is right: plan looks there."
    (near,) = unresolved(manifests(project("p", owner="bobb"), user("bob")), KINDS)
    assert near.hint == "Did you mean User/bob? If it lives on the cluster this is right: plan looks there."
    assert other.severity == "error"


def test_offline_the_platforms_own_are_known_and_suggested() -> None:
    theirs = user("ada", groups=["admins"]), project("p", owner="sys"), service("s", owner="admin")
    assert list(unresolved(manifests(*theirs), KINDS)) == []
    (near,) = unresolved(manifests(project("p", owner="admn")), KINDS)
    assert near.hint.startswith("Did you mean User/admin?")
    (gone,) = unresolved(manifests(project("p", owner="sys"), absent(user("sys"))), KINDS)
    assert gone.severity == "error"


@pytest.mark.parametrize(("name", "other"), [("sys", "emmy"), ("ada", "radia"), ("nobody", "hedy")])
def test_a_name_that_has_little_in_common_is_not_suggested(name: str, other: str) -> None:
    (problem,) = problems_for(manifests(project("p", owner=name)), cluster(user(other)))
    assert problem.hint == "Declare it in a manifest (kind: User), or correct the name."


def test_what_is_to_be_made_again_can_be_named_and_all_users_always_can() -> None:
    world = cluster(live(user("ada"), is_deleting=True))
    assert steps(plan_for(manifests(user("ada", groups=["all_users"]), project("p", owner="ada")), world)) == [
        "create User/ada",
        "create Project/p",
    ]
