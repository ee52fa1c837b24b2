"""What a move begins with: what lives and what is declared, in one form."""

from __future__ import annotations

from igz_apply.iguazio3.kinds import KINDS
from igz_apply.model.addresses import Address
from igz_apply.model.resources import DesiredState, Edge, LiveState, Resource, SecretRef
from igz_apply.planning.origins import origin_of_desired, origin_of_live
from tests.builders import CALLER, group, live, project, resource, service, user

ADA, OPS = Address("User", "ada"), Address("Group", "ops")


def desired(*resources: Resource) -> DesiredState:
    return DesiredState({each.address: each for each in resources})


def test_what_lives_is_told_without_what_goes_and_what_nobody_tells() -> None:
    ada = live(user("ada", first_name="Ada", uid=7, password="x"), unknown=frozenset({"uid"}))
    going = live(project("churn"), is_deleting=True)
    sys = live(user("sys"), is_system=True)
    resources = {each.address: each for each in (ada, going, sys)}
    state = LiveState(resources, {"ada": frozenset({"ops", "all_users"})}, CALLER)
    origin = origin_of_live(state, KINDS, "old")
    assert origin.where == "old"
    assert list(origin.objects) == [ADA, Address("User", "sys")]
    assert origin.objects[ADA].spec == {"first_name": "Ada"}
    assert origin.objects[ADA].source is None
    assert [each.is_system for each in origin.objects.values()] == [False, True]
    assert origin.memberships == {Edge("ada", "ops"), Edge("ada", "all_users")}


def test_a_kind_that_was_not_read_is_partial_and_in_the_order_of_kinds() -> None:
    state = LiveState({}, {}, CALLER, partial={"Project": "few are shown"}, unread=frozenset({"User", "Project"}))
    assert list(origin_of_live(state, KINDS, "old").partial.items()) == [
        ("User", "its kind was not looked at"),
        ("Project", "few are shown"),
    ]


def test_a_kind_of_which_something_is_hidden_is_partial_too() -> None:
    hidden = {Address("Project", "fraud"): "forbidden", Address("Project", "churn"): "forbidden"}
    origin = origin_of_live(LiveState({}, {}, CALLER, hidden=hidden), KINDS, "old")
    assert origin.partial == {"Project": "Project/churn may be there, and is not shown: forbidden"}


def test_what_is_declared_keeps_its_place_and_says_where_a_secret_lies() -> None:
    secret = SecretRef(from_env="ADA")
    ada = user("ada", password=secret, prevent_destroy=True)
    origin = origin_of_desired(desired(ada, group("admins")), KINDS, "manifests")
    assert origin.objects[ADA].spec == {"password": secret}
    assert origin.objects[ADA].lifecycle.prevent_destroy
    assert origin.objects[ADA].source == ada.source
    assert origin.objects[Address("Group", "admins")].is_system


def test_memberships_come_from_both_sides_from_primary_groups_and_from_what_everybody_is_in() -> None:
    resources = (
        user("ada", groups=["nlp"], primary_group="first"),
        user("bob"),
        user("gone", state="absent", groups=["nlp"]),
        group("ops", users=["ada", "eve"]),
        group("empty", users=[]),
        project("churn"),
        service("jupyter"),
        resource("Group", "none"),
    )
    origin = origin_of_desired(desired(*resources), KINDS, "manifests")
    assert origin.memberships == {
        Edge("ada", "nlp"),
        Edge("ada", "first"),
        Edge("ada", "ops"),
        Edge("eve", "ops"),
        Edge("ada", "all_users"),
        Edge("bob", "all_users"),
    }
    assert Address("User", "gone") in origin.objects
