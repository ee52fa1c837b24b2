"""Wire reference, section 6: users, their groups, and how they go."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.contract_plane import PASSWORD, Plane, assert_shape, many, one, resource, user

CREATED = {
    "type": "user",
    "id": "0c9a1d52-3a75-4b55-9d0a-6a1d6a5f8e21",
    "attributes": {"username": "ada", "operational_status": "up", "admin_status": "up", "uid": 1001},
    "relationships": {
        "jobs": {"data": [{"type": "job", "id": "e4c22a47-9227-4c0d-b43d-ee4f58f972ab"}]},
        "tenant": {"data": {"type": "tenant", "id": "b7c663b1-0000-4000-8000-ceae7e751ec8"}},
    },
}
DELETION = {
    "type": "deletion_response",
    "id": "0",
    "attributes": {},
    "relationships": {"jobs": {"data": [{"type": "job", "id": "e4c22a47-9227-4c0d-b43d-ee4f58f972ab"}]}},
}


def groups_of(plane: Plane, user_id: str) -> set[str]:
    reply = plane.get(f"/users/{user_id}?include=user_groups")
    return {each["attributes"]["name"] for each in reply.json["included"]}


def put_links(plane: Plane, user_id: str, **relationships: Any) -> Any:
    return plane.put(f"/users/{user_id}", resource("user", {}, relationships))


def test_a_create_with_everything_is_answered_with_a_job(plane: Plane) -> None:
    group = plane.add_group("analysts")
    body = user(
        "ada",
        {"primary_group": one("user_group", group), "user_groups": many("user_group", [group])},
        assigned_policies=["Developer", "Application Read Only"],
        phone_number="",
        job_title="",
        department="",
        uid=1001,
        authentication_methods=["password"],
    )
    reply = plane.post("/users", body)
    assert reply.status == 201
    assert_shape(CREATED, reply.data)
    assert PASSWORD.encode() not in reply.raw
    assert b"password" not in plane.get(f"/users/{reply.data['id']}").raw.replace(b'["password"]', b"").replace(
        b"password_changed_at", b""
    ).replace(b"send_password_on_creation", b"")


def test_a_new_user_is_usable_only_after_its_job_and_a_moment_more() -> None:
    plane = Plane(job_seconds=10)
    ada = plane.post("/users", user("ada")).data["id"]
    assert plane.get(f"/users/{ada}").attributes["operational_status"] == "down"
    assert plane.call("POST", "/sessions", resource("session", {"username": "ada", "password": PASSWORD})).status == 401
    plane.wait(10)
    assert plane.get(f"/users/{ada}").attributes["operational_status"] == "up"
    assert groups_of(plane, ada) == set()
    plane.wait(2)
    assert groups_of(plane, ada) == {"all_users"}


def test_the_server_fills_in_what_a_create_leaves_out(plane: Plane) -> None:
    attributes = plane.get(f"/users/{plane.add_user('ada')}").attributes
    expected = {
        "uid": 51,
        "assigned_policies": [],
        "authentication_methods": ["password"],
        "authentication_scheme": "local",
        "data_access_mode": "enabled",
        "send_password_on_creation": False,
        "phone_number": "",
        "job_title": "",
        "department": "",
        "idp": {"kind": "none"},
        "admin_status": "up",
        "operational_status": "up",
    }
    assert {name: attributes[name] for name in expected} == expected
    assert not {"description", "avatar", "enabled", "last_activity"} & set(attributes)
    assert {"created_at", "updated_at", "password_changed_at"} <= set(attributes)


@pytest.mark.parametrize(
    ("attributes", "detail"),
    [
        ({"username": "9lives"}, "username"),
        ({"username": "a" * 33}, "username"),
        ({"username": "ada\n"}, "username"),
        ({"username": None}, "needs username"),
        ({"first_name": ""}, "needs first_name"),
        ({"last_name": None}, "needs last_name"),
        ({"email": "ada"}, "email"),
        ({"email": "ada@example@org.com"}, "email"),
        ({"password": "short1!"}, "too weak"),
        ({"password": "alllower1!"}, "too weak"),
        ({"password": "NoSpecial12"}, "too weak"),
        ({"assigned_policies": "Data"}, "a list of strings"),
        ({"assigned_policies": [["Data"]]}, "a list of strings"),
        ({"admin_status": "sideways"}, "admin_status"),
        ({"uid": 10**30}, "uid"),
        ({"uid": 2**31}, "uid"),
        ({"uid": -1}, "uid"),
    ],
)
def test_a_create_that_breaks_a_rule_is_refused(plane: Plane, attributes: dict[str, Any], detail: str) -> None:
    reply = plane.post(
        "/users",
        user("ada", **attributes)
        if "username" not in attributes
        else resource("user", {**user("ada")["data"]["attributes"], **attributes}),
    )
    assert (reply.status, detail in reply.detail) == (400, True), reply.raw
    assert PASSWORD not in reply.detail


@pytest.mark.parametrize(
    "attributes",
    [
        {"first_name": "9"},
        {"last_name": "O'Neil"},
        {"first_name": "Émile"},
        {"email": "ada@example"},
        {"phone_number": "call me"},
        {"job_title": "x" * 129},
        {"assigned_policies": ["Emperor"]},
        {"authentication_methods": ["magic"]},
    ],
)
def test_what_only_the_dashboard_is_known_to_check_is_refused_on_demand(attributes: dict[str, Any]) -> None:
    for strict_names, status in ((False, 201), (True, 400)):
        plane = Plane(strict_names=strict_names)
        assert plane.post("/users", user("ada", **attributes)).status == status
        plane.emulator.close()


@pytest.mark.parametrize("name", ["a", "ada.l", "ada@example.org", "Ada_L-9", "a" * 32])
def test_the_newer_names_are_accepted(plane: Plane, name: str) -> None:
    body = resource("user", {**user("ada")["data"]["attributes"], "username": name})
    assert plane.post("/users", body).status == 201


def test_a_name_or_a_uid_that_is_taken_is_refused(plane: Plane) -> None:
    plane.add_user("ada", uid=1001)
    assert plane.post("/users", user("ada")).status == 409
    assert plane.post("/users", user("bob", uid=1001)).status == 409


def test_what_is_set_at_creation_cannot_be_changed(plane: Plane) -> None:
    ada = plane.add_user("ada", uid=1001)
    for attributes in ({"username": "eve"}, {"uid": 7}):
        assert plane.put(f"/users/{ada}", resource("user", attributes)).status == 400
    assert plane.put(f"/users/{ada}", resource("user", {"username": "ada", "uid": 1001})).status == 200


def test_a_password_can_be_changed_and_the_old_one_is_gone(plane: Plane) -> None:
    ada = plane.add_user("ada")
    assert plane.put(f"/users/{ada}", resource("user", {"password": "Other-34!"})).status == 200
    login = {"username": "ada", "password": PASSWORD}
    assert plane.call("POST", "/sessions", resource("session", login), headers={}).status == 401
    assert plane.login("ada", "Other-34!").get("/self").status == 200


def test_groups_are_replaced_as_a_whole_but_all_users_stays(plane: Plane) -> None:
    first, second = plane.add_group("first"), plane.add_group("second")
    ada = plane.add_user("ada", [first])
    assert groups_of(plane, ada) == {"all_users", "first"}
    assert put_links(plane, ada, user_groups=many("user_group", [second])).status == 200
    assert groups_of(plane, ada) == {"all_users", "second"}
    assert plane.put(f"/users/{ada}", resource("user", {"job_title": "x"})).status == 200
    assert groups_of(plane, ada) == {"all_users", "second"}, "one that is not named stays"
    put_links(plane, ada, user_groups={"data": []})
    assert groups_of(plane, ada) == {"all_users"}


def test_the_primary_group_must_be_one_of_the_groups(plane: Plane) -> None:
    first, second = plane.add_group("first"), plane.add_group("second")
    ada = plane.add_user("ada", [first])
    everyone = plane.get("/user_groups?filter[name]=all_users").data[0]["id"]
    assert put_links(plane, ada, primary_group=one("user_group", second)).status == 400
    assert put_links(plane, ada, primary_group=one("user_group", everyone)).status == 400
    assert put_links(plane, ada, primary_group=one("user_group", first)).status == 200
    reply = put_links(plane, ada, user_groups=many("user_group", [second]))
    assert (reply.status, "primary group" in reply.detail) == (400, True)
    both = {"user_groups": many("user_group", [second]), "primary_group": one("user_group", second)}
    assert put_links(plane, ada, **both).status == 200
    assert plane.get(f"/users/{ada}?include=primary_group").related("primary_group")["id"] == second


@pytest.mark.parametrize("unset", [{"data": None}, {"data": {"id": "", "type": "user_group"}}])
def test_a_primary_group_is_unset_in_both_forms(plane: Plane, unset: dict[str, Any]) -> None:
    group = plane.add_group("first")
    ada = plane.add_user("ada", [group])
    put_links(plane, ada, primary_group=one("user_group", group))
    groups = many("user_group", [group, ""])
    assert put_links(plane, ada, primary_group=unset, user_groups=groups).status == 200
    assert "primary_group" not in plane.get(f"/users/{ada}?include=primary_group").data["relationships"]
    assert groups_of(plane, ada) == {"all_users", "first"}


@pytest.mark.parametrize(
    "linkage",
    [
        {"data": [{"type": "user_group", "id": "nobody"}]},
        {"data": [{"type": "project", "id": "x"}]},
        {"data": {"type": "user_group", "id": "x"}},
        {"data": ["x"]},
        {"data": [{"id": ["x"]}]},
        {"data": None},
        {},
        "x",
    ],
)
def test_a_linkage_that_is_wrong_is_refused(plane: Plane, linkage: Any) -> None:
    ada = plane.add_user("ada")
    assert put_links(plane, ada, user_groups=linkage).status == 400
    assert groups_of(plane, ada) == {"all_users"}


def test_a_user_is_disabled_and_enabled(plane: Plane) -> None:
    ada = plane.add_user("ada")
    for status in ("down", "up"):
        held = plane.put(f"/users/{ada}", resource("user", {"admin_status": status})).attributes
        assert (held["admin_status"], held["operational_status"]) == (status, status)
    old_name = plane.put(f"/users/{ada}", resource("user", {"enabled": False})).attributes
    assert old_name["admin_status"] == "down"


def test_a_delete_takes_a_job_and_then_the_user_is_gone(plane: Plane) -> None:
    group = plane.add_group("analysts")
    ada = plane.add_user("ada", [group])
    session = plane.login("ada")
    reply = plane.delete(f"/users/{ada}")
    assert reply.status == 202
    assert_shape(DELETION, reply.data)
    assert plane.get(f"/users/{ada}").attributes["operational_status"] == "deleting"
    assert session.get("/self").status == 401
    assert plane.delete(f"/users/{ada}").data == reply.data, "the same job again"
    assert plane.put(f"/users/{ada}", resource("user", {})).status == 409
    plane.wait()
    assert plane.get(f"/users/{ada}").status == 404
    assert plane.delete(f"/users/{ada}").status == 404
    assert "users" not in plane.get(f"/user_groups/{group}?include=users").data.get("relationships", {})
    plane.add_user("ada")


def test_a_user_who_owns_something_cannot_be_deleted(plane: Plane) -> None:
    ada, bob = plane.add_user("ada"), plane.add_user("bob")
    plane.add_project("churn", ada)
    reply = plane.delete(f"/users/{ada}")
    assert (reply.status, "churn" in reply.detail) == (409, True)
    services = [*plane.services().values(), {"spec": {"name": "shell-bob", "kind": "shell", "owner": "bob"}}]
    plane.put_services(services)
    reply = plane.delete(f"/users/{bob}")
    assert (reply.status, "shell-bob" in reply.detail) == (409, True)


def test_a_predefined_user_cannot_be_deleted(plane: Plane) -> None:
    (sys,) = plane.get("/users?filter[username]=sys").data
    assert plane.delete(f"/users/{sys['id']}").status == 403


def test_the_projects_that_a_user_owns_can_be_included(plane: Plane) -> None:
    ada = plane.add_user("ada")
    project = plane.add_project("churn", ada)
    assert plane.get(f"/users/{ada}?include=projects").related("projects") == [{"type": "project", "id": project}]
