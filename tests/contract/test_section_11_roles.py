"""Wire reference, section 11: the three roles of a project, and the transactions that write them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.contract_plane import Plane, assert_shape, resource, transaction

ROLE = {
    "type": "project_authorization_role",
    "id": "RA",
    "attributes": {"name": "Admin", "permissions": [{"resource": "/projects/churn", "actions": [".*"]}]},
    "relationships": {"project": {"data": {"type": "project", "id": "P1"}}},
}
MEMBERS = "include=project_authorization_roles.principal_users,project_authorization_roles.principal_user_groups"


@pytest.fixture
def churn(plane: Plane) -> str:
    return plane.add_project("churn")


def members(plane: Plane, project: str) -> dict[str, tuple[set[str], set[str]]]:
    """Return the names of users and groups in each role."""
    included = plane.get(f"/projects/{project}?{MEMBERS}").json["included"]
    names = {each["id"]: each["attributes"].get("username") or each["attributes"].get("name") for each in included}
    held = {}
    for each in included:
        if each["type"] == "project_authorization_role":
            links = each["relationships"]
            users, groups = (
                {names[one["id"]] for one in links.get(relation, {"data": []})["data"]}
                for relation in ("principal_users", "principal_user_groups")
            )
            held[each["attributes"]["name"]] = users, groups
    return held


def test_a_project_has_three_roles_which_are_empty_at_first(plane: Plane, churn: str) -> None:
    reply = plane.get(f"/projects/{churn}?{MEMBERS}")
    assert len(reply.related("project_authorization_roles")) == 3
    roles = [each for each in reply.json["included"] if each["type"] == "project_authorization_role"]
    assert_shape([ROLE], roles)
    for role in roles:
        assert set(role["relationships"]) == {"project"}
    admin = next(each for each in roles if each["attributes"]["name"] == "Admin")
    assert {each["resource"]: each["actions"] for each in admin["attributes"]["permissions"]} == {
        "/projects/churn": [".*"],
        "/projects/churn/**": [".*"],
        "/projects__authorization/churn/roles": [".*"],
        "/marketplace/sources": ["read"],
    }


def test_members_are_written_when_the_job_has_ended(plane: Plane, churn: str) -> None:
    ada, group = plane.add_user("ada"), plane.add_group("analysts")
    roles = plane.roles(churn)
    reply = plane.post(
        "/async_transactions", transaction(churn, {roles["Editor"]: ([ada], [group]), roles["Viewer"]: ([], [])})
    )
    assert (reply.status, reply.data["type"]) == (202, "job")
    assert members(plane, churn)["Editor"] == (set(), set())
    plane.wait()
    assert members(plane, churn) == {
        "Admin": (set(), set()),
        "Editor": ({"ada"}, {"analysts"}),
        "Viewer": (set(), set()),
    }


def test_lists_are_replaced_and_one_that_is_not_named_stays(plane: Plane, churn: str) -> None:
    ada, bob, group = plane.add_user("ada"), plane.add_user("bob"), plane.add_group("analysts")
    plane.write_role(churn, "Editor", [ada], [group])
    plane.write_role(churn, "Editor", [bob])
    assert members(plane, churn)["Editor"] == ({"bob"}, {"analysts"})
    plane.write_role(churn, "Editor", [], [])
    assert members(plane, churn)["Editor"] == (set(), set())


def test_a_member_has_one_role(plane: Plane, churn: str) -> None:
    ada = plane.add_user("ada")
    plane.write_role(churn, "Editor", [ada])
    roles = plane.roles(churn)
    both = plane.post("/async_transactions", transaction(churn, {roles["Viewer"]: ([ada], None)}))
    assert (both.status, "two roles" in both.detail) == (400, True)
    moved = transaction(churn, {roles["Viewer"]: ([ada], None), roles["Editor"]: ([], None)})
    assert plane.post("/async_transactions", moved).status == 202
    plane.wait()
    assert members(plane, churn) == {"Admin": (set(), set()), "Editor": (set(), set()), "Viewer": ({"ada"}, set())}


def test_a_transaction_of_the_user_interface_names_permissions_and_is_accepted(plane: Plane, churn: str) -> None:
    body = transaction(churn, {plane.roles(churn)["Editor"]: ([], [])})
    request = body["data"]["attributes"]["requests"][0]
    request["body"]["data"]["attributes"] = {"name": "Editor", "permissions": []}
    assert plane.post("/async_transactions", body).status == 202
    request["body"]["data"]["attributes"] = {"name": "Admin"}
    assert plane.post("/async_transactions", body).status == 400


@pytest.mark.parametrize(
    "requests",
    [
        None,
        [],
        {},
        [7],
        [{}],
        [{"method": "delete", "resource": "project_authorization_roles/x", "body": {}}],
        [{"method": "put", "resource": "users/x", "body": {}}],
        [{"method": "put", "resource": 7, "body": {}}],
        [{"method": "put", "resource": "project_authorization_roles/nothing", "body": {}}],
        [{"method": ["put"], "resource": "project_authorization_roles/nothing", "body": {}}],
    ],
)
def test_a_transaction_that_is_wrong_is_refused(plane: Plane, requests: Any) -> None:
    body = {"data": {"attributes": {"requests": requests}}}
    assert plane.post("/async_transactions", body).status == 400


def test_a_member_or_a_project_that_does_not_exist_is_refused_as_a_whole(plane: Plane, churn: str) -> None:
    ada, roles = plane.add_user("ada"), plane.roles(churn)
    half = transaction(churn, {roles["Editor"]: ([ada], None), roles["Viewer"]: (["nobody"], None)})
    assert plane.post("/async_transactions", half).status == 400
    other = transaction("other", {roles["Editor"]: ([ada], None)})
    assert plane.post("/async_transactions", other).status == 400
    plane.wait()
    assert members(plane, churn)["Editor"] == (set(), set())


def test_a_member_that_goes_before_the_job_ends_fails_it(plane: Plane, churn: str) -> None:
    ada = plane.add_user("ada")
    plane.delete(f"/users/{ada}")
    late = plane.post("/async_transactions", transaction(churn, {plane.roles(churn)["Editor"]: ([ada], None)}))
    assert late.status == 400, "it is known already"
    bob = plane.add_user("bob")
    plane.delete(f"/users/{bob}")
    plane.wait()
    gone = plane.post("/async_transactions", transaction(churn, {plane.roles(churn)["Editor"]: ([bob], None)}))
    assert gone.status == 400


def test_roles_are_listed_for_all_visible_projects(plane: Plane, churn: str) -> None:
    ada = plane.add_user("ada")
    mine = plane.add_project("mine", ada)
    assert len(plane.get("/project_authorization_roles").data) == 6
    of_ada = plane.login("ada").get("/project_authorization_roles").data
    assert {each["relationships"]["project"]["data"]["id"] for each in of_ada} == {mine}
    assert churn


def test_who_may_write_members(plane: Plane) -> None:
    ada, bob, eve = (plane.add_user(name) for name in ("ada", "bob", "eve"))
    plane.add_user("guard", assigned_policies=["Project Security Admin"])
    project = plane.add_project("churn", ada)
    plane.write_role(project, "Editor", [bob])
    roles = plane.roles(project)
    body = transaction(project, {roles["Viewer"]: ([eve], None)})
    names = ("ada", "bob", "eve", "guard")
    codes = {name: plane.login(name).post("/async_transactions", body).status for name in names}
    assert codes == {"ada": 202, "bob": 403, "eve": 404, "guard": 202}


def test_the_roles_decide_what_a_member_may_do(plane: Plane) -> None:
    ada, bob, eve = (plane.add_user(name) for name in ("ada", "bob", "eve"))
    group = plane.add_group("readers")
    plane.add_user("sue", [group])
    plane.add_user("guard", assigned_policies=["Project Security Admin"])
    project = plane.add_project("churn", ada)
    plane.write_role(project, "Editor", [bob])
    plane.write_role(project, "Viewer", [eve], [group])
    update = resource("project", {"description": "x"})
    owner = resource("project", {}, {"owner": {"data": {"type": "user", "id": bob}}})
    path = f"/projects/{project}"
    callers = {name: plane.login(name) for name in ("bob", "eve", "sue", "guard")}
    assert {name: caller.get(path).status for name, caller in callers.items()} == dict.fromkeys(callers, 200)
    codes = {name: caller.put(path, update).status for name, caller in callers.items()}
    assert codes == {"bob": 200, "eve": 403, "sue": 403, "guard": 403}
    codes = {name: caller.put(path, owner).status for name, caller in callers.items()}
    assert codes == {"bob": 403, "eve": 403, "sue": 403, "guard": 200}


def test_a_group_that_is_deleted_leaves_the_roles(plane: Plane, churn: str) -> None:
    group = plane.add_group("analysts")
    plane.write_role(churn, "Viewer", None, [group])
    plane.delete(f"/user_groups/{group}")
    plane.wait()
    assert members(plane, churn)["Viewer"] == (set(), set())


def test_candidates_are_listed_for_those_who_may_not_read_users(plane: Plane) -> None:
    plane.add_user("ada", assigned_policies=["Developer"])
    session = plane.login("ada")
    assert session.get("/users").status == 403
    query = "filter[assigned_policies]=[$contains_any]Developer,Project Security Admin&filter[username]=ada"
    (found,) = session.get(f"/scrubbed_users?{query}").data
    assert set(found["attributes"]) == {
        "username",
        "first_name",
        "last_name",
        "assigned_policies",
        "operational_status",
    }
    groups = session.get("/scrubbed_user_groups").data
    assert all(set(each["attributes"]) == {"name", "assigned_policies"} for each in groups)
