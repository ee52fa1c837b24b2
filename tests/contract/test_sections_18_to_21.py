"""Wire reference, sections 18 to 21: policies, predefined principals, version gates, the switches."""

from __future__ import annotations

from dataclasses import fields
from typing import Any
from urllib.parse import quote

import pytest

from igz_apply.emulator import Emulator, EmulatorError, Options
from tests.contract.contract_plane import Plane, resource, user


def test_18_the_predefined_users_are_there(plane: Plane) -> None:
    held = {each["attributes"]["username"]: each["attributes"] for each in plane.get("/users").data}
    uids = {name: attributes["uid"] for name, attributes in held.items()}
    assert uids == {
        "admin": 0,
        "igz_admin": 1,
        "igz_support": 2,
        "sys": 3,
        "monitoring": 4,
        "pipelines": 5,
        "tenancy_admin": 13,
        "security_admin": 27,
        "project_reader": 50,
    }
    assert held["security_admin"]["assigned_policies"] == ["Security Admin"]
    assert held["tenancy_admin"]["data_access_mode"] == "disabled"


def test_18_the_predefined_groups_are_there(plane: Plane) -> None:
    held = {each["attributes"]["name"]: each["attributes"] for each in plane.get("/user_groups?include=users").data}
    assert (held["all_users"]["gid"], held["all_users"]["system_provided"]) == (-1, True)
    assert (held["admins"]["gid"], held["admins"]["system_provided"]) == (0, False)
    for group in held.values():
        assert (group["assigned_policies"], group["data_access_mode"]) == ([], "disabled")
    (everyone,) = plane.get("/user_groups?filter[name]=all_users&include=users").data
    assert len(everyone["relationships"]["users"]["data"]) == 9


@pytest.mark.parametrize(
    ("method", "path", "policy"),
    [
        ("GET", "/users", "Security Admin"),
        ("POST", "/users", "Security Admin"),
        ("GET", "/user_groups", "Security Admin"),
        ("POST", "/user_groups", "Security Admin"),
        ("POST", "/projects", "Developer"),
        ("PUT", "/app_services_manifests", "Service Admin"),
        ("POST", "/manual_events", "System Admin"),
        ("GET", "/smtp_connections", "IT Admin"),
    ],
)
def test_18_a_policy_is_enforced_and_also_works_through_a_group(
    plane: Plane, method: str, path: str, policy: str
) -> None:
    group = plane.add_group("privileged", assigned_policies=[policy])
    plane.add_user("ada", assigned_policies=["Data"])
    plane.add_user("bob", [group], assigned_policies=["Data"])
    plane.add_user("eve", assigned_policies=[policy])
    bodies: dict[str, Any] = {
        "/users": user("new"),
        "/user_groups": resource("user_group", {"name": "new"}),
        "/projects": resource("project", {"name": "new"}),
        "/app_services_manifests": resource("app_services_manifest", {"app_services": []}),
        "/manual_events": resource("event", {"kind": "AppService.Test.Event"}),
    }
    body = bodies.get(path) if method != "GET" else None
    assert plane.login("ada").call(method, path, body).status == 403
    for name in ("bob", "eve"):
        assert plane.login(name).call(method, path, body).status != 403


def test_18_read_only_it_admin_counts_only_directly(plane: Plane) -> None:
    group = plane.add_group("watchers", assigned_policies=["IT Admin Read Only"])
    plane.add_user("ada", [group])
    plane.add_user("bob", assigned_policies=["IT Admin Read Only"])
    codes = [plane.login(name).get("/k8s_configs").status for name in ("ada", "bob")]
    assert codes == [403, 200]


def test_19_each_version_has_its_own_filter_for_text() -> None:
    old, new = Plane(version="3.5.2"), Plane()
    pattern, text = "/users?filter[username]=[$match-i]^AD.*n$", "/users?filter[username]=[$contains_istr]DMI"
    for plane, works, fails in ((old, pattern, text), (new, text, pattern)):
        names = [each["attributes"]["username"] for each in plane.get(works).data]
        assert "admin" in names
        assert plane.get(fails).status == 400


@pytest.mark.parametrize("pattern", ["(", "(a+)+$", "a*b*c*d*e*", "x{99999}", "a" * 200, "(a|b){2,}", "[z-a]", "\\"])
def test_19_a_pattern_that_could_take_for_ever_is_refused(pattern: str) -> None:
    query = f"filter[username]=[$match-i]{quote(pattern)}"
    assert Plane(version="3.5.2").get(f"/users?{query}").status == 400


def test_19_fields_have_a_birth_version() -> None:
    plane = Plane(version="3.5.4")
    body = user("ada", authentication_methods=["password"])
    assert plane.post("/users", body).status == 400
    ada = plane.add_user("ada")
    assert "authentication_methods" not in plane.get(f"/users/{ada}").attributes
    selector = {"name": "churn", "default_function_node_selector": []}
    assert plane.post("/projects", resource("project", selector)).status == 400


def test_19_a_short_version_is_accepted_and_a_wrong_one_is_not() -> None:
    reply = Plane(version="3.5.3").get("/tunnel/igz0.version.0/external_versions/igz0")
    assert reply.attributes["external"] == "3.5.3"
    with pytest.raises(EmulatorError, match="'latest' is not one"):
        Emulator(options=Options(version="latest"))


@pytest.mark.parametrize(
    "options",
    [{"job_seconds": -1.0}, {"page_size": 0}, {"created_status": 99}, {"session_seconds": float("nan")}],
)
def test_21_an_option_that_makes_no_sense_is_an_error(options: dict[str, Any]) -> None:
    with pytest.raises(EmulatorError, match=f"{next(iter(options))} cannot be"):
        Emulator(options=Options(**options))


def test_21_every_switch_is_explained() -> None:
    assert all(each.metadata["help"] for each in fields(Options))


def test_21_statuses_can_be_switched() -> None:
    plane = Plane(created_status=200, conflict_status=400, async_status=200)
    assert plane.post("/user_groups", resource("user_group", {"name": "a"})).status == 200
    assert plane.post("/user_groups", resource("user_group", {"name": "a"})).status == 400
    assert plane.post("/projects", resource("project", {"name": "a"})).status == 201
    assert plane.put_services([]).status == 200


def test_21_a_user_can_be_created_without_a_job() -> None:
    plane = Plane(user_create_job=False)
    reply = plane.post("/users", user("ada"))
    assert "jobs" not in reply.data["relationships"]
    plane.wait(1)
    held = plane.get(f"/users/{reply.data['id']}?include=user_groups")
    assert (held.attributes["operational_status"], len(held.related("user_groups"))) == ("up", 1)


def test_21_a_user_can_be_up_before_the_job_has_ended() -> None:
    plane = Plane(user_up_at_once=True)
    reply = plane.post("/users", user("ada"))
    assert plane.get(f"/users/{reply.data['id']}").attributes["operational_status"] == "up"


def test_21_the_moment_until_all_users_can_be_set() -> None:
    plane = Plane(job_seconds=1, all_users_seconds=25)
    ada = plane.post("/users", user("ada")).data["id"]
    seen = []
    for pause in (2, 20, 5):
        plane.wait(pause)
        seen.append("user_groups" in plane.get(f"/users/{ada}?include=user_groups").data["relationships"])
    assert seen == [False, False, True]


def test_21_unknown_and_immutable_attributes_can_be_ignored() -> None:
    plane = Plane(refuse_unknown=False, refuse_immutable=False)
    ada = plane.add_user("ada", favourite_color="red")
    held = plane.put(f"/users/{ada}", resource("user", {"username": "eve", "uid": 7})).attributes
    assert (held["username"], held["uid"], "favourite_color" in held) == ("ada", 51, False)


def test_21_a_person_need_not_have_a_name() -> None:
    plane = Plane(require_person=False)
    assert plane.post("/users", resource("user", {"username": "ada"})).status == 201


def test_21_reads_can_be_open_and_marks_can_stay() -> None:
    plane = Plane(open_reads=True, reset_marks=False)
    plane.add_user("ada", assigned_policies=["Data"])
    assert plane.login("ada").get("/users").status == 200
    services = [*plane.services().values(), {"spec": {"name": "a", "kind": "shell", "mark_as_changed": True}}]
    plane.put_services(services)
    plane.wait()
    assert plane.services()["a"]["spec"]["mark_as_changed"] is True


def test_21_policies_can_take_time_to_spread_and_sessions_can_stay() -> None:
    plane = Plane(policy_seconds=30, end_sessions=False)
    ada = plane.add_user("ada", assigned_policies=["Data"])
    session = plane.login("ada")
    plane.put(f"/users/{ada}", resource("user", {"assigned_policies": ["Security Admin"]}))
    assert session.get("/users").status == 403
    plane.wait(31)
    assert session.get("/users").status == 200


def test_21_job_seconds_may_be_nothing() -> None:
    plane = Plane(job_seconds=0)
    ada = plane.post("/users", user("ada")).data["id"]
    held = plane.get(f"/users/{ada}?include=user_groups")
    assert (held.attributes["operational_status"], len(held.related("user_groups"))) == ("up", 1)


def test_21_unknown_names_in_a_query_can_be_ignored() -> None:
    plane = Plane(refuse_unknown=False)
    reply = plane.get("/users?filter[nope]=1&filter[username]=admin&sort=nope&include=nope,user_groups.nope")
    assert [each["attributes"]["username"] for each in reply.data] == ["admin"]
    assert {each["type"] for each in reply.json["included"]} == {"user_group"}


def test_21_an_update_can_answer_with_less_except_for_projects() -> None:
    plane = Plane(answer_updates=False)
    group, project = plane.add_group("analysts"), plane.add_project("churn")
    reply = plane.put(f"/user_groups/{group}", resource("user_group", {"description": "x"}))
    assert reply.data == {"type": "user_group", "id": group, "attributes": {}}
    reply = plane.put(f"/projects/{project}", resource("project", {"description": "x"}))
    assert reply.attributes["description"] == "x"


def test_21_policies_need_not_be_enforced() -> None:
    plane = Plane(enforce_policies=False)
    plane.add_user("ada", assigned_policies=["Data"])
    project = plane.add_project("churn")
    session = plane.login("ada")
    assert session.get("/users").status == 200
    assert session.put(f"/projects/{project}", resource("project", {"description": "x"})).status == 200


def test_21_a_user_may_be_allowed_to_leave_all_users() -> None:
    plane = Plane(may_leave_all_users=True)
    ada = plane.add_user("ada")
    plane.put(f"/users/{ada}", resource("user", {}, {"user_groups": {"data": []}}))
    assert "user_groups" not in plane.get(f"/users/{ada}?include=user_groups").data["relationships"]
