"""Answers of Iguazio 4, as the specs that they are: what an answer leaves out is told apart from what it says."""

from __future__ import annotations

from typing import Any

import pytest

from igz_apply.iguazio4 import decode
from igz_apply.iguazio4.decode import Directory, Member, Policy
from igz_apply.model.addresses import Address

PEOPLE = Directory({"u-1": "ada", "u-2": "bob"}, {"g-1": "research", "g-2": "research/nlp"})


def said_user(**parts: Any) -> dict[str, Any]:
    metadata = {"id": "u-1", "username": "ada", **parts.pop("metadata", {})}
    return {"metadata": metadata, "spec": {}, "status": {"active": True}, **parts}


def policy(name: str, members: list[dict[str, str]] | None = None, **spec: Any) -> Policy:
    status = {} if members is None else {"assignedMembers": members}
    return decode.policy_of({"metadata": {"id": f"p-{name}", "name": name}, "spec": spec, "status": status})


def test_a_user_is_read() -> None:
    body = said_user(spec={"firstName": "Ada", "lastName": "L", "email": "ada@x.org", "emailVerified": True})
    live = decode.user(body, ["oris-viewer"])
    assert (live.address, live.id) == (Address("User", "ada"), "u-1")
    assert live.spec == {
        "first_name": "Ada",
        "last_name": "L",
        "email": "ada@x.org",
        "active": True,
        "policies": ["oris-viewer"],
    }
    assert (live.unknown, live.is_system, live.is_ready) == (frozenset(), False, True)


@pytest.mark.parametrize("status", [{}, {"active": None}, {"active": "false"}, None])
def test_an_account_of_which_it_is_not_said_whether_it_is_on_is_neither(status: Any) -> None:
    live = decode.user(said_user(status=status), [])
    assert live.unknown == {"active"}
    assert "active" not in live.spec
    told = decode.told(live, "active", False)
    assert (told.unknown, told.spec["active"]) == (frozenset(), False)


def test_policies_that_nobody_tells_are_unknown_and_those_that_nobody_holds_are_none() -> None:
    assert decode.user(said_user(), None).unknown == {"policies"}
    assert "policies" not in decode.user(said_user(), []).spec
    group = {"metadata": {"id": "g-1", "path": "/research"}}
    assert decode.group(group, None).unknown == {"policies"}
    assert (decode.group(group, []).spec, decode.group(group, ["x"]).spec) == ({}, {"policies": ["x"]})


def test_a_username_that_is_an_address_counts_as_the_email_that_is_left_out() -> None:
    live = decode.user(said_user(metadata={"username": "ada@x.org"}), [])
    assert live.spec["email"] == "ada@x.org"
    assert "email" not in decode.user(said_user(), []).spec


def test_accounts_of_the_platform_are_told_as_such() -> None:
    assert decode.user(said_user(metadata={"username": "admin"}), []).is_system
    assert decode.user(said_user(metadata={"resourceType": "serviceaccount"}), []).is_system


def test_a_group_is_named_by_its_path() -> None:
    body = {"metadata": {"id": "g-2", "path": "/research/nlp", "parentId": "g-1", "subGroupCount": "2"}}
    assert decode.group(body, []).address == Address("Group", "research/nlp")
    assert (decode.parent_of(body), decode.child_count_of(body), decode.children_of(body)) == ("g-1", 2, ())
    assert decode.parent_of({"metadata": {"id": "g-1"}}) == ""
    assert decode.group({"metadata": {"id": "g-9", "path": "/admins"}}, []).is_system


def test_members_are_known_by_name_or_by_id() -> None:
    assert decode.members_of({"status": {"memberIds": ["u-1", "bob"]}}) == ("u-1", "bob")
    assert [PEOPLE.user(it) for it in ("u-1", "bob", "zed")] == ["ada", "bob", "zed"]
    assert [PEOPLE.group(it) for it in ("g-2", "g-9")] == ["research/nlp", "g-9"]
    assert decode.groups_of({"status": {}}) is None
    assert decode.groups_of({"status": {"groupIds": None}}) == ()


@pytest.mark.parametrize(
    ("name", "spec", "role"),
    [
        ("oris-project-admin", {}, "admin"),
        ("igz-project-viewer", {}, "viewer"),
        ("x", {"role": "VeraBuilder"}, "builder"),
        ("x", {"displayName": "Curator"}, "curator"),
        ("oris-project-auditor", {"role": "auditor"}, ""),
    ],
)
def test_a_role_is_told_by_its_role_its_name_or_its_display_name(name: str, spec: Any, role: str) -> None:
    found = policy(name, [], kind="project", projectName="churn", **spec)
    assert (found.project, found.role, found.tells) == ("churn", role, True)


def test_a_policy_of_management_is_no_role() -> None:
    found = policy("oris-admin", None, kind="mgmt", role="admin", projectName="churn")
    assert (found.project, found.role, found.members, found.tells) == ("", "", (), False)


def test_who_holds_policies() -> None:
    policies = [
        policy("b", [{"id": "u-1", "kind": "user"}, {"id": "g-1", "kind": "group"}], kind="mgmt"),
        policy("a", [{"id": "ada", "kind": "user"}, {"id": "r-1", "kind": "robot"}], kind="mgmt"),
    ]
    assert decode.held_by(policies, PEOPLE) == {Address("User", "ada"): ["a", "b"], Address("Group", "research"): ["b"]}
    bound = decode.binding(policies[0], PEOPLE)
    assert bound is not None
    assert (bound.address, bound.spec) == (Address("PolicyBinding", "b"), {"users": ["ada"], "groups": ["research"]})
    assert decode.binding(policy("c", []), PEOPLE) is None
    system = decode.binding(policy("oris-system-admin", [{"id": "ada", "kind": "user"}]), PEOPLE)
    assert system is not None
    assert system.is_system


def said_project(**parts: Any) -> dict[str, Any]:
    return {"metadata": {"name": "churn"}, "spec": {}, "status": {"state": "online"}, **parts}


def role(name: str, *members: Member) -> Policy:
    return Policy(f"p-{name}", f"oris-project-{name}", "churn", name, members, tells=True)


def test_a_project_is_read_with_its_roles() -> None:
    body = said_project(
        metadata={"name": "churn", "labels": {"n": 7, "t": True, "z": None, "s": "x"}, "annotations": {}},
        spec={"owner": "u-1", "description": "Churn", "default_function_node_selector": {"zone": "a"}},
    )
    roles = [
        role("owner", Member("ada", "user")),
        role("admin", Member("bob", "user"), Member("g-1", "group")),
        role("", Member("ada", "user")),
        role("viewer"),
    ]
    live = decode.project(body, roles, PEOPLE, "3 files", is_mlruns=True)
    assert live.spec == {
        "owner": "ada",
        "description": "Churn",
        "labels": {"n": "7", "t": "true", "z": "", "s": "x"},
        "annotations": {},
        "default_function_node_selector": {"zone": "a"},
        "state": "online",
        "members": {"admin": {"users": ["bob"], "groups": ["research"]}},
    }
    assert (live.contents, live.is_ready, live.is_deleting, live.unknown) == ("3 files", True, False, frozenset())


def test_a_project_tells_what_it_does_not_say() -> None:
    live = decode.project(said_project(status=None), None, PEOPLE)
    assert live.unknown == {"state", "members", "default_function_node_selector"}
    assert (live.contents, live.is_ready) == (None, True)
    assert "owner" not in live.spec
    assert decode.is_project_ready(said_project(status={}))


@pytest.mark.parametrize(
    ("state", "told", "is_ready", "is_deleting"),
    [
        ("creating", "online", False, False),
        ("online", "online", True, False),
        ("offline", "online", True, False),
        ("archived", "archived", True, False),
        ("deleting", "online", False, True),
    ],
)
def test_the_state_of_a_project(state: str, told: str, is_ready: bool, is_deleting: bool) -> None:
    body = said_project(status={"state": state})
    live = decode.project(body, [], PEOPLE)
    assert (live.spec["state"], live.is_ready, live.is_deleting) == (told, is_ready, is_deleting)
    assert (decode.is_project_ready(body), decode.is_project_deleting(body)) == (is_ready, is_deleting)


def test_the_mark_is_no_annotation() -> None:
    body = said_project(metadata={"name": "churn", "annotations": {"igz-apply/owner": "team-a", "x": "y"}})
    live = decode.project(body, [], PEOPLE)
    assert (live.mark, live.spec["annotations"]) == ("team-a", {"x": "y"})


def test_the_owner_is_who_has_the_role_where_the_project_does_not_say() -> None:
    several = [role("owner", Member("bob", "user"), Member("ada", "user"))]
    assert decode.project(said_project(), several, PEOPLE).spec["owner"] == "ada"
    assert decode.project(said_project(spec={"owner": "bob"}), several, PEOPLE).spec["owner"] == "bob"


@pytest.mark.parametrize(
    "body", [{"metadata": []}, {"metadata": {"id": "u-1", "username": ""}}, {"metadata": {"id": "u-1"}}]
)
def test_what_is_of_another_form_is_no_user(body: Any) -> None:
    with pytest.raises((TypeError, KeyError)):
        decode.user(body, [])


def test_groups_that_are_no_list_are_refused() -> None:
    with pytest.raises(TypeError, match="no list"):
        decode.groups_of(said_user(status={"groupIds": "g-1"}))


def test_a_map_that_is_none_is_refused() -> None:
    with pytest.raises(TypeError, match="no map"):
        decode.project(said_project(metadata={"name": "churn", "labels": ["x"]}), [], PEOPLE)
