"""Two clusters are held against each other by meaning and by name; what one does not tell is not taken for nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from igz_apply.iguazio3.kinds import KINDS
from igz_apply.model.addresses import Address
from igz_apply.model.hidden import Hidden, untold
from igz_apply.model.resources import LiveState, Resource
from igz_apply.planning.comparing import Difference, compared, unknown_kinds
from igz_apply.planning.selection import Selection
from tests.builders import cluster, group, live, project, service, user


def differences(one: LiveState, other: LiveState, **more: Any) -> list[tuple[str, str, Any, Any]]:
    found = compared(one, other, KINDS, **more)
    return [(str(it.address), it.only_in or it.path, it.one, it.other) for it in found.found]


def of(one: Resource, other: Resource) -> list[tuple[str, Any, Any]]:
    return [it[1:] for it in differences(cluster(one), cluster(other))]


def test_ids_and_what_the_platform_fills_in_do_not_differ() -> None:
    one = live(user("ada", uid=1, first_name="Ada"), id="1")
    other = live(user("ada", uid=2, first_name="Ada"), id="2")
    found = compared(cluster(one), cluster(other), KINDS)
    assert (found.found, found.alike) == ((), 1)


def test_what_is_on_one_side_alone_is_told_by_kind_and_name() -> None:
    one, other = cluster(user("bob"), user("ada"), group("ds")), cluster(user("ada"), project("churn"))
    assert differences(one, other) == [
        ("User/bob", "one", None, None),
        ("Group/ds", "one", None, None),
        ("Project/churn", "other", None, None),
    ]


def test_what_a_side_may_not_show_is_not_said_to_be_missing() -> None:
    one, lacking = cluster(project("churn"), user("ada"), service("s")), cluster(user("bob"))
    there = Address("User", "ada")
    lacking = replace(lacking, partial={"Project": "half"}, hidden={there: "refused"}, unread=frozenset({"AppService"}))
    whole = compared(one, lacking, KINDS)
    found = whole.found
    assert [str(it.address) for it in whole.certain] == ["User/bob"]
    assert [it.address.name for it in whole.unseen] == ["ada", "churn", "s"]
    assert [(it.address.name, it.why) for it in found if it.only_in == "one"] == [
        ("ada", "refused"),
        ("churn", "half"),
        ("s", "its kind was not looked at there"),
    ]
    assert Difference(Address("User", "bob"), "other") in found
    assert unknown_kinds([one, lacking], KINDS) == {"Project": "half"}


def test_values_are_compared_by_meaning_from_both_sides() -> None:
    assert of(user("ada", email="A@x.org"), user("ada", email="a@x.org", admin_status="up")) == []
    assert (
        of(service("s", resources={"limits": {"cpu": "1000m"}}), service("s", resources={"limits": {"cpu": "1"}})) == []
    )
    assert of(user("ada", first_name="A"), user("ada", first_name="B")) == [("first_name", "A", "B")]
    assert of(user("ada", job_title="A"), user("ada")) == [("job_title", "A", None)]
    assert of(user("ada"), user("ada", job_title="A")) == [("job_title", None, "A")]


def test_objects_are_told_by_the_keys_that_differ() -> None:
    one = service("s", jupyter={"image_name": "a", "odd": {"x": 1}}, desired_state="ready")
    other = service("s", jupyter={"image_name": "b", "more": True}, desired_state="disabled")
    assert sorted(of(one, other)) == [
        ("desired_state", "ready", "disabled"),
        ("jupyter.image_name", "a", "b"),
        ("jupyter.more", None, True),
        ("jupyter.odd.x", 1, None),
    ]


def test_memberships_and_roles_are_told() -> None:
    one = cluster(
        user("ada", groups=["all_users", "ds"]), project("churn", owner="ada", members={"viewer": {"users": ["bob"]}})
    )
    other = cluster(
        user("ada", groups=["all_users"]),
        project("churn", owner="ada", members={"admin": {"users": ["ada"]}, "viewer": {"groups": ["ds"]}}),
    )
    assert sorted(differences(one, other)) == [
        ("Project/churn", "members.viewer.groups", None, ["ds"]),
        ("Project/churn", "members.viewer.users", ["bob"], None),
        ("User/ada", "groups", ["ds"], []),
    ]


def test_a_selection_narrows_down_both_sides() -> None:
    one, other = cluster(user("ada"), user("bob"), group("ds")), cluster()
    assert [it[0] for it in differences(one, other, selection=Selection(("User",), ("User/b*",)))] == ["User/ada"]


def test_what_may_be_a_secret_and_what_is_not_told_are_not_compared() -> None:
    def seen(secret: Any, **more: Any) -> LiveState:
        return cluster(replace(live(service("s", jupyter={"env": {"PASSWORD": secret}})), **more))

    known = Hidden("place", "one")
    assert compared(seen(known), seen(untold()), KINDS).untold == ("AppService/s#jupyter.env.PASSWORD",)
    assert compared(seen(known), seen(known), KINDS).untold == ()
    assert compared(seen(known), seen(None), KINDS).untold == ()
    [(_, path, _, _)] = differences(seen(known), seen(Hidden("place", "two")))
    assert path == "jupyter.env.PASSWORD"
    one, other = seen(known, unknown=frozenset({"jupyter"})), seen(Hidden("place", "two"))
    assert compared(one, other, KINDS).found == ()
    assert compared(one, other, KINDS).untold == ("AppService/s#jupyter",)
