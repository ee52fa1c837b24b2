"""Wire reference, section 10: projects."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.contract_plane import Plane, assert_shape, one, resource

CREATED = {
    "type": "project",
    "id": "e0d2a03d-884b-44e3-aa78-9c7cea0c0cf1",
    "attributes": {
        "name": "churn",
        "description": "",
        "admin_status": "online",
        "operational_status": "creating",
        "created_at": "2024-01-10T08:00:00.000000+00:00",
        "updated_at": "2024-01-10T08:00:00.100000+00:00",
        "labels": [{"name": "team", "value": "ds"}],
        "annotations": [],
    },
    "relationships": {
        "owner": {"data": {"type": "user", "id": "0c9a1d52-3a75-4b55-9d0a-6a1d6a5f8e21"}},
        "tenant": {"data": {"type": "tenant", "id": "b7c663b1-0000-4000-8000-ceae7e751ec8"}},
        "project_group": {"data": {"type": "project_group", "id": "33c160ff-86e8-4152-9456-faa751592bc0"}},
        "last_job": {"data": {"type": "job", "id": "4f4c834d-7cb5-4244-8ec4-8e21e88f4bc4"}},
    },
}


def delete(plane: Plane, name: str, strategy: str | None = None) -> Any:
    headers = {"Cookie": plane._cookie, "x-projects-role": "igz-mgmt-sdk"}
    if strategy is not None:
        headers["igz-project-deletion-strategy"] = strategy
    return plane.call("DELETE", "/projects", resource("project", {"name": name}), headers=headers)


def owner_of(plane: Plane, project: str) -> str:
    return str(plane.get(f"/projects/{project}").related("owner")["id"])


def put(plane: Plane, project: str, attributes: dict[str, Any], **links: Any) -> Any:
    return plane.put(f"/projects/{project}", resource("project", attributes, links))


def test_a_project_is_online_only_after_its_job(plane: Plane) -> None:
    ada = plane.add_user("ada")
    attributes = {
        "name": "churn",
        "description": "",
        "labels": [{"name": "team", "value": "ds"}],
        "annotations": [],
        "default_function_node_selector": [{"name": "zone", "value": "a"}],
    }
    reply = plane.post("/projects", resource("project", attributes, {"owner": one("user", ada)}))
    assert reply.status == 201
    assert_shape(CREATED, reply.data)
    project = reply.data["id"]
    assert put(plane, project, {"description": "x"}).status == 409
    assert delete(plane, "churn").status == 409
    plane.wait()
    assert plane.get(f"/projects/{project}").attributes["operational_status"] == "online"
    assert put(plane, project, {"description": "x"}).status == 200


def test_a_project_is_found_by_id_and_by_name(plane: Plane) -> None:
    project = plane.add_project("churn")
    assert plane.get(f"/projects/{project}").data == plane.get("/projects/__name__/churn").data
    assert plane.get("/projects/__name__/nothing").status == 404
    body = resource("project", {"description": "by name"})
    assert plane.put("/projects/__name__/churn", body).attributes["description"] == "by name"


def test_the_owner_is_a_relationship_a_username_or_the_caller(plane: Plane) -> None:
    ada = plane.add_user("ada")
    (admin,) = plane.get("/users?filter[username]=admin").data
    by_name = plane.add_project("by-name", owner_username="ada")
    assert owner_of(plane, plane.add_project("by-link", ada)) == owner_of(plane, by_name) == ada
    assert owner_of(plane, plane.add_project("by-default")) == admin["id"]
    assert "owner_username" not in plane.get(f"/projects/{by_name}").attributes
    assert plane.get(f"/projects/{by_name}?include=owner").attributes["owner_username"] == "ada"


def test_an_owner_must_exist_and_be_operational(plane: Plane) -> None:
    ada = plane.add_user("ada")
    plane.put(f"/users/{ada}", resource("user", {"admin_status": "down"}))
    for attributes, links in (
        ({"owner_username": "nobody"}, {}),
        ({}, {"owner": one("user", "nobody")}),
        ({}, {"owner": one("user", ada)}),
        ({}, {"owner": {"data": None}}),
    ):
        body = resource("project", {"name": "churn", **attributes}, links)
        assert plane.post("/projects", body).status == 400
    assert plane.get("/projects").data == []


@pytest.mark.parametrize(
    "attributes",
    [
        {"name": "Churn"},
        {"name": "a" * 64},
        {"name": "-churn"},
        {"name": "churn\n"},
        {"name": ""},
        {"labels": {"team": "ds"}},
        {"labels": [{"name": "team"}]},
        {"labels": [{"name": "team", "value": 1}]},
        {"labels": [{"name": "team", "value": "ds", "more": "x"}]},
        {"admin_status": "creating"},
        {"description": 7},
    ],
)
def test_a_project_that_breaks_a_rule_is_refused(plane: Plane, attributes: dict[str, Any]) -> None:
    assert plane.post("/projects", resource("project", {"name": "churn", **attributes})).status == 400


def test_a_name_is_unique_and_stays(plane: Plane) -> None:
    project = plane.add_project("churn")
    assert plane.post("/projects", resource("project", {"name": "churn"})).status == 409
    assert put(plane, project, {"name": "other"}).status == 400


def test_an_update_merges_and_an_empty_list_clears(plane: Plane) -> None:
    labels = [{"name": "team", "value": "ds"}]
    project = plane.add_project("churn", labels=labels, annotations=labels)
    held = put(plane, project, {"labels": []}).attributes
    assert (held["labels"], held["annotations"]) == ([], labels)
    assert put(plane, project, {"description": None}).attributes["description"] == ""
    held = put(plane, project, {"admin_status": "archived"}).attributes
    assert held["operational_status"] == "archived"
    assert put(plane, project, {"admin_status": "online"}).attributes["operational_status"] == "online"


def test_the_previous_owner_stays_an_admin(plane: Plane) -> None:
    ada, bob = plane.add_user("ada"), plane.add_user("bob")
    project = plane.add_project("churn", ada)
    reply = put(plane, project, {}, owner=one("user", bob))
    assert (reply.status, reply.related("owner")["id"]) == (200, bob)
    include = "project_authorization_roles.principal_users"
    included = plane.get(f"/projects/{project}?include={include}").json["included"]
    (admin,) = [each for each in included if each["attributes"].get("name") == "Admin"]
    assert admin["relationships"]["principal_users"]["data"] == [{"type": "user", "id": ada}]


def test_an_update_may_repeat_the_owner_whatever_has_become_of_that_user(plane: Plane) -> None:
    ada, bob = plane.add_user("ada"), plane.add_user("bob")
    project = plane.add_project("churn", ada)
    plane.write_role(project, "Editor", [bob])
    plane.put(f"/users/{ada}", resource("user", {"admin_status": "down"}))
    body = resource("project", {"description": "x", "owner_username": "ada"}, {})
    assert plane.login("bob").put(f"/projects/{project}", body).status == 200
    assert put(plane, project, {}, owner=one("user", ada)).status == 200


def test_a_delete_names_the_project_in_its_body_and_answers_a_job(plane: Plane) -> None:
    project = plane.add_project("churn")
    reply = delete(plane, "churn")
    assert (reply.status, reply.data["type"]) == (202, "job")
    assert plane.get(f"/projects/{project}").attributes["operational_status"] == "deleting"
    assert plane.get("/projects?filter[operational_status]=[$ne]deleting").data == []
    assert put(plane, project, {"description": "x"}).status == 409
    assert plane.post("/projects", resource("project", {"name": "churn"})).status == 409
    plane.wait()
    assert plane.get(f"/projects/{project}").status == 404
    assert plane.get("/project_authorization_roles").data == []
    assert delete(plane, "churn").status == 404
    plane.add_project("churn")


def test_a_repeated_delete_starts_a_job_that_hangs() -> None:
    plane = Plane(hanging_delete_seconds=5000)
    plane.add_project("churn")
    first, second = delete(plane, "churn").data["id"], delete(plane, "churn").data["id"]
    assert first != second
    plane.wait()
    states = [plane.get(f"/jobs/{job}").attributes["state"] for job in (first, second)]
    assert states == ["completed", "in_progress"]
    plane.wait(5000)
    assert plane.get(f"/jobs/{second}").attributes["state"] == "completed"


@pytest.mark.parametrize(
    ("strategy", "expected"), [(None, 412), ("restricted", 412), ("cascading", 202), ("check", 400)]
)
def test_a_project_with_resources_is_deleted_only_when_cascading(
    plane: Plane, strategy: str | None, expected: int
) -> None:
    plane.emulator.load({"projects": [{"name": "full", "has_resources": True}]})
    assert delete(plane, "full", strategy).status == expected


def test_a_project_is_marked_as_having_resources(plane: Plane) -> None:
    plane.add_project("churn")
    for marked, expected in ((True, 412), (False, 202)):
        assert plane.mark_resources("churn", marked).status == 200
        assert delete(plane, "churn").status == expected


def test_only_an_administrator_marks_and_only_with_true_or_false(plane: Plane) -> None:
    plane.add_user("ada")
    plane.add_project("churn")
    assert plane.mark_resources("churn", "yes").status == 400
    assert plane.login("ada").mark_resources("churn", True).status == 403


@pytest.mark.parametrize("name", [None, "", 7, ["churn"]])
def test_a_delete_without_a_name_is_refused(plane: Plane, name: Any) -> None:
    plane.add_project("churn")
    assert delete(plane, name).status == 400


def test_ids_have_the_form_of_their_version() -> None:
    assert Plane().add_project("churn") == "churn@default-tenant"
    assert "@" not in Plane(version="3.5.3").add_project("churn")


def test_lists_leave_out_what_only_a_get_shows(plane: Plane) -> None:
    project = plane.add_project("churn", mlrun_project="{}")
    assert "mlrun_project" not in plane.get("/projects").data[0]["attributes"]
    assert plane.get(f"/projects/{project}").attributes["mlrun_project"] == "{}"


def test_a_query_can_ask_for_more(plane: Plane) -> None:
    plane.add_project("churn")
    plain = plane.get("/projects").data[0]["attributes"]
    more = plane.get("/projects?enrich_namespace=true&enrich_owner_access_key=true").data[0]["attributes"]
    assert not {"namespace", "owner_access_key"} & set(plain)
    assert (more["namespace"], more["owner_access_key"]) == ("default-tenant", plane.emulator.access_key)


def test_only_what_the_caller_may_see_is_listed(plane: Plane) -> None:
    ada, bob = plane.add_user("ada", assigned_policies=["Developer"]), plane.add_user("bob")
    mine, other = plane.add_project("mine", ada), plane.add_project("other", bob)
    session = plane.login("ada")
    assert [each["id"] for each in session.get("/projects?count=records").data] == [mine]
    assert session.get("/projects?count=records").json["meta"]["total_records"] == 1
    assert session.get(f"/projects/{other}").status == 404
    assert session.get("/projects/__name__/other").status == 404
    assert put(session, other, {"description": "x"}).status == 404
    assert delete(session, "other").status == 404
    assert put(session, mine, {"description": "x"}).status == 200


def test_creating_a_project_needs_the_policy(plane: Plane) -> None:
    plane.add_user("ada", assigned_policies=["Data"])
    plane.add_user("bob", assigned_policies=["Developer"])
    body = resource("project", {"name": "churn"})
    assert plane.login("ada").post("/projects", body).status == 403
    assert plane.login("bob").post("/projects", body).status == 201


@pytest.mark.parametrize(
    ("query", "owner", "viewer", "stranger"),
    [
        ("action=read", 200, 200, 404),
        ("action=update&sub_resource=workflow", 200, 403, 404),
        ("action=update&sub_resource=authorization/owner", 200, 403, 404),
        ("action=authorization/roles&sub_resource=authorization/roles", 200, 403, 404),
        ("action=delete", 200, 403, 404),
    ],
)
def test_permissions_can_be_probed(plane: Plane, query: str, owner: int, viewer: int, stranger: int) -> None:
    ada, bob, eve = (plane.add_user(name) for name in ("ada", "bob", "eve"))
    assert eve
    project = plane.add_project("churn", ada)
    plane.write_role(project, "Viewer", users=[bob])
    path = f"/projects/__name__/churn/authorization?{query}"
    replies = [plane.login(name).get(path).status for name in ("ada", "bob", "eve")]
    assert replies == [owner, viewer, stranger]
