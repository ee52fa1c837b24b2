"""An old cluster in the words of the new platform: what then differs has to be explained, and nothing else does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from igz_apply.iguazio3.kinds import KINDS as KINDS3
from igz_apply.iguazio4.platform import IGUAZIO4
from igz_apply.model.addresses import Address
from igz_apply.model.migration import NameMapping
from igz_apply.model.resources import LiveState, Resource
from igz_apply.planning.carrying import Carried, carried_over
from igz_apply.planning.comparing import compared
from igz_apply.planning.origins import origin_of_desired, origin_of_live
from tests.builders import cluster, group, live, manifests, project, resource, service
from tests.iguazio4.moves import mapping, move, user

KINDS = IGUAZIO4.kinds
OLD = Address("User", "ada")


def carry(old: LiveState, new: LiveState, said: NameMapping | None = None) -> Carried:
    moved = move(origin=origin_of_live(old, KINDS3, "old"), said=said)
    return carried_over(moved, new, KINDS, old)


def differences(old: LiveState, new: LiveState, said: NameMapping | None = None) -> list[tuple[str, str, Any, Any]]:
    found = compared(carry(old, new, said).state, new, KINDS).found
    return [(str(it.address), it.only_in or it.path, it.one, it.other) for it in found]


def declared(new: LiveState, *old: Resource) -> list[tuple[str, str]]:
    """Return what differs where manifests are the old side."""
    moved = move(origin=origin_of_desired(manifests(*old), KINDS3, "old"))
    found = compared(carried_over(moved, new, KINDS).state, new, KINDS).found
    return [(str(it.address), it.only_in or it.path) for it in found]


def ada(**spec: Any) -> Resource:
    return user("ada@x.org", email="ada@x.org", **spec)


def binding(name: str, **spec: Any) -> Resource:
    return resource("PolicyBinding", name, **spec)


def test_what_went_over_as_it_was_does_not_differ() -> None:
    old = cluster(
        user("ada", email="Ada@x.org", groups=["ops"]),
        group("ops", description="lost on purpose"),
        project("churn", owner="ada", admin_status="offline", members={"editor": {"groups": ["ops"]}}),
        service("notes"),
    )
    new = cluster(
        ada(groups=["ops"], active=True),
        group("ops"),
        project("churn", owner="ada@x.org", state="online", members={"editor": {"groups": ["ops"]}}),
        live(resource("Group", "admins"), is_system=True),
        binding("oris-viewer", users=["admin"]),
    )
    assert differences(old, new) == []
    found = carry(old, new)
    assert found.left == {"AppService": 1}
    assert found.old_name(Address("User", "ada@x.org")) == OLD
    assert found.old_name(Address("Group", "ops")) is None
    assert found.speaks_of("User/ada@x.org#email")
    assert not found.speaks_of("Project/churn#default_function_node_selector.zone")


def test_what_the_new_side_has_besides_is_told() -> None:
    old = cluster(user("ada", email="ada@x.org"), user("bob", email="bob@x.org", last_name="B"), project("churn"))
    new = cluster(
        ada(groups=["ops"]),
        user("eve@x.org"),
        group("ops"),
        project("churn", description="of late"),
    )
    assert differences(old, new) == [
        ("User/ada@x.org", "groups", [], ["ops"]),
        ("User/bob@x.org", "one", None, None),
        ("User/eve@x.org", "other", None, None),
        ("Group/ops", "other", None, None),
    ]
    described = cluster(project("churn", description="old"), project("fraud"))
    there = cluster(project("churn"), project("fraud", description="of late"))
    assert differences(described, there) == [
        ("Project/churn", "description", "old", None),
        ("Project/fraud", "description", None, "of late"),
    ]


def test_a_group_that_is_added_has_nobody_of_its_own() -> None:
    old = cluster(user("ada", email="ada@x.org", groups=["ops"]), group("ops"))
    said = mapping(groups={"ops": "people/ops"})
    new = cluster(ada(groups=["people/ops"]), group("people/ops"), group("people", policies=["oris-viewer"]))
    assert differences(old, new, said) == []
    more = cluster(ada(groups=["people/ops", "people"]), group("people/ops"), group("people"))
    assert differences(old, more, said) == [
        ("User/ada@x.org", "groups", ["people/ops"], ["people", "people/ops"]),
    ]


def test_who_was_there_already_is_looked_at_where_a_roster_names_them() -> None:
    old = cluster(live(user("admin"), is_system=True), group("ops"), edges=[("admin", "ops")])
    there = live(user("admin"), is_system=True)
    assert differences(old, cluster(there, group("ops"), edges=[("admin", "ops"), ("admin", "admins")])) == []
    assert differences(old, cluster(there, group("ops"))) == [("User/admin", "groups", ["ops"], [])]


def test_policies_are_held_by_who_held_them_and_by_whom_the_new_side_gave_them() -> None:
    said = mapping(policies={"Data": ["oris-viewer"], "Developer": ["oris-developer"]})
    old = cluster(
        user("ada", email="ada@x.org", assigned_policies=["Data"]), user("bob", email="bob@x.org"), group("ops")
    )
    people = ada(), user("bob@x.org", email="bob@x.org"), group("ops")
    assert differences(old, cluster(*people, binding("oris-viewer", users=["ada@x.org", "eve"])), said) == []
    found = differences(old, cluster(*people, binding("oris-viewer", users=["bob@x.org"], groups=["ops"])), said)
    assert found == [
        ("PolicyBinding/oris-viewer", "users", ["ada@x.org"], ["bob@x.org"]),
        ("PolicyBinding/oris-viewer", "groups", [], ["ops"]),
    ]
    new = cluster(
        *people,
        binding("oris-viewer", users=["ada@x.org"]),
        binding("oris-developer", users=["admin", "bob@x.org"]),
        binding("oris-other", users=["bob@x.org"]),
    )
    assert differences(old, new, said) == [("PolicyBinding/oris-developer", "users", ["admin"], ["admin", "bob@x.org"])]


def test_what_the_old_side_does_not_show_is_not_said_to_be_missing() -> None:
    old = replace(cluster(group("ops")), partial={"User": "half", "AppService": "half"})
    found = compared(carry(old, cluster(group("ops"), ada())).state, cluster(group("ops"), ada()), KINDS)
    assert [(str(it.address), it.why) for it in found.found] == [("User/ada@x.org", "half")]
    untold = cluster(live(user("ada", email="ada@x.org"), unknown=frozenset({"first_name", "password"})))
    assert carry(untold, cluster(ada())).state.resources[Address("User", "ada@x.org")].unknown == {"first_name"}
    hidden = replace(cluster(group("ops")), hidden={Address("Group", "ops"): "x", Address("Group", "no"): "y"})
    assert carry(hidden, cluster()).state.hidden == {Address("Group", "ops"): "x"}


def test_manifests_do_not_speak_of_what_they_leave_out() -> None:
    new = cluster(
        ada(groups=["ops", "dev"]),
        user("bob@x.org", email="bob@x.org", groups=["dev"]),
        group("ops"),
        group("dev"),
        project("churn", description="x", members={"viewer": {"users": ["ada@x.org"]}}),
    )
    people = user("ada", email="ada@x.org"), user("bob", email="bob@x.org", groups=["dev"])
    churn = project("churn", members={"editor": {"users": ["ada"]}})
    assert declared(new, *people, group("ops", users=["bob"]), group("dev"), churn) == [
        ("User/ada@x.org", "groups"),
        ("User/bob@x.org", "groups"),
        ("Project/churn", "members.editor.users"),
    ]
    assert declared(new, *people, group("ops"), group("dev"), project("churn", members=None)) == [
        ("Project/churn", "members.viewer.users"),
    ]


def test_an_address_that_the_platform_takes_from_the_name_does_not_differ() -> None:
    old = cluster(live(user("ada", email="ada@x.test")), live(user("bob")))
    said = mapping(users={"bob": "bob@x.test"})
    moved = move(origin=origin_of_live(old, KINDS3, "old"), said=said)
    for email, many in (("bob@x.test", 0), ("other@x.test", 1)):
        new = cluster(
            live(user("ada@x.test", email="ada@x.test", active=True)),
            live(user("bob@x.test", email=email, active=True)),
        )
        carried = carried_over(moved, new, IGUAZIO4.kinds, old)
        assert sum(each.path == "email" for each in compared(carried.state, new, IGUAZIO4.kinds).found) == many
