"""What manifests say against each other is found from them alone, at the earliest stage, with both places."""

from __future__ import annotations

import pytest

from igz_apply.authoring.contradictions import contradictions
from igz_apply.iguazio3.kinds import KINDS, PROJECT
from igz_apply.model.kind import Kinds
from igz_apply.model.resources import Resource
from tests.builders import absent, group, manifests, project, service, user


def told(*resources: Resource) -> list[tuple[str, str]]:
    return [(it.summary, it.detail) for it in contradictions(manifests(*resources), KINDS)]


def test_a_member_has_one_role() -> None:
    members = {"admin": {"users": ["ada"]}, "editor": {"users": ["ada"], "groups": ["ada"]}, "viewer": None}
    (problem,) = contradictions(manifests(project("p", members=members)), KINDS)
    assert problem.detail == (
        "ada is in users of both admin and editor of Project/p: here and at "
        "manifests/test.yaml:spec:members:admin:users:0:1:1."
    )
    assert str(problem.source) == "manifests/test.yaml:spec:members:editor:users:0:1:1"
    assert told(project("p", members={"admin": {"users": ["a"]}, "editor": {"groups": ["a"]}})) == []
    assert told(project("p", members=None), absent(project("q", members=members))) == []


def test_an_owner_is_not_listed_below_admin() -> None:
    members = {"admin": {"users": ["ada"]}, "viewer": {"users": ["bob"], "groups": ["ada"]}}
    assert told(project("p", owner="ada", members=members)) == []
    ((summary, detail),) = told(project("p", owner="bob", members=members))
    assert summary == "Two roles"
    assert detail == (
        "bob is in users of viewer of Project/p, and counts as its admin: it is the owner, as "
        "manifests/test.yaml:spec:owner:1:1 says."
    )
    assert told(project("p", owner="bob", members=members, ignore_changes=["owner"])) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (user("a", uid=7), user("b", uid=7)),
        (group("a", gid=7), group("b", gid=7)),
        (user("a", email="Ada@x.org"), user("b", email="ada@X.org")),
    ],
    ids=["uid", "gid", "email"],
)
def test_what_tells_one_from_another_is_stated_once(one: Resource, other: Resource) -> None:
    ((summary, detail),) = told(one, other)
    assert summary == "Stated twice"
    assert f"so does {one.address} at manifests/test.yaml:spec:" in detail
    assert told(one, absent(other)) == []


def test_what_may_be_the_same_is_left_alone() -> None:
    assert told(user("a", uid=7), group("b", gid=7)) == []
    assert told(user("a", uid=None, email=None), user("b", uid=None, email=None), service("s")) == []


STAYS = "ds is stated as the primary_group of User/ada, and"


@pytest.mark.parametrize(
    ("resources", "says"),
    [
        ([user("ada", groups=["ops"], primary_group="ds")], f"{STAYS} groups of User/ada, at"),
        ([user("ada", groups=[], primary_group="ds")], f"{STAYS} groups of User/ada, at"),
        ([user("ada", groups=["all_users"], primary_group="ds")], f"{STAYS} groups of User/ada, at"),
        ([user("ada", primary_group="ds"), group("ds", users=[])], f"{STAYS} users of Group/ds, at"),
        ([user("ada", groups=[], primary_group="ds"), group("ds", users=[])], f"{STAYS} groups of User/ada, at"),
        (
            [user("ada", groups=["ops"], primary_group="ds", membership="additive"), group("ds", users=["bob"])],
            f"{STAYS} users of Group/ds, at",
        ),
        ([user("ada", groups=[], primary_group="ds"), absent(group("ds", users=["ada"]))], f"{STAYS} groups of"),
        (
            [user("ada", groups=[], primary_group="ds"), group("ds", users=["ada"], ignore_changes=["users"])],
            f"{STAYS} groups of User/ada, at",
        ),
    ],
)
def test_nobody_is_taken_out_of_the_primary_group(resources: list[Resource], says: str) -> None:
    ((summary, detail),) = told(*resources)
    assert summary == "Primary group left out"
    assert detail.startswith(says), detail


@pytest.mark.parametrize(
    "resources",
    [
        [user("ada", groups=["ds"], primary_group="ds"), group("ds", users=[])],
        [user("ada", groups=["ops"], primary_group=None)],
        [user("ada", groups=["ops"])],
        [user("ada", primary_group="ds"), group("ds")],
        [user("ada", groups=[], primary_group="ds"), group("ds", users=["ada"])],
        [user("ada", groups=[], primary_group="ds"), group("ds", users=["ada"], membership="additive")],
        [user("ada", groups=["ops"], primary_group="ds", membership="additive")],
        [user("ada", groups=["ops"], primary_group="ds", ignore_changes=["groups"])],
        [user("ada", groups=["ops"], primary_group="ds", ignore_changes=["primary_group"])],
        [user("ada", primary_group="ds"), group("ds", users=[], membership="additive")],
        [absent(user("ada", groups=[], primary_group="ds"))],
    ],
)
def test_a_primary_group_that_one_side_states_is_kept(resources: list[Resource]) -> None:
    assert told(*resources) == []


def test_nobody_chooses_who_is_in_the_group_that_everybody_is_in() -> None:
    ((summary, detail),) = told(group("all_users", users=["ada"]))
    assert (summary, detail) == ("Implied members", "Everybody is in Group/all_users, whatever users says.")
    assert told(group("all_users", description="x")) == told(absent(group("all_users", users=[]))) == []


def test_kinds_without_memberships_have_no_primary_groups() -> None:
    assert list(contradictions(manifests(project("p")), Kinds((PROJECT,)))) == []
