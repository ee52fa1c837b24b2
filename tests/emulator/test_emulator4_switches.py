"""Each switch of the emulator of Iguazio 4 shows both of its values; none is left out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import pytest

from igz_apply.emulator import EmulatorError, Options4, describe
from igz_apply.emulator.iguazio4.options import Options
from tests.emulator.plane4 import Plane4

Try = Callable[[Plane4], Any]
TRIED: dict[str, tuple[Try, dict[Any, Any]]] = {}


def shows(answers: dict[Any, Any]) -> Callable[[Try], Try]:
    """Register what a switch, named as the function, makes of each value."""

    def register(tried: Try) -> Try:
        TRIED[tried.__name__] = (tried, answers)
        return tried

    return register


@shows({"orca": 200, "mlrun": 404})
def leader(plane: Plane4) -> Any:
    plane.post("/projects/projects", {"name": "churn"})
    plane.call("POST", "/projects", {"metadata": {"name": "churn"}})
    return plane.get("/projects/projects/churn").status


@shows({"4.1.0": "4.1.0", "4.2.0": "4.2.0"})
def version(plane: Plane4) -> Any:
    return plane.get("/info/system").json["metadata"]["version"]["orisVersion"]


@shows({300: 200, 10: 401})
def token_seconds(plane: Plane4) -> Any:
    plane.wait(100)
    return plane.get("/authentication/self").status


@shows({False: 200, True: 401})
def rotate_tokens(plane: Plane4) -> Any:
    body = {"refreshToken": plane.emulator.offline_token}
    return plane.send("POST", "/authentication/refresh-access-token", body).status


@shows({401: (401, ""), 302: (302, "/api/v1/authentication/login?redirectUri=%2Fapi%2Fv1%2Fprofile%2Fusers")})
def missing_credentials(plane: Plane4) -> Any:
    reply = plane.send("GET", "/profile/users")
    return reply.status, reply.headers.get("location", "")


@shows({True: 403, False: 200})
def enforce_policies(plane: Plane4) -> Any:
    plane.add_user()
    return plane.as_user("ada").get("/profile/users").status


@shows({0.0: [200, 200], 5.0: [403, 200]})
def rights_seconds(plane: Plane4) -> Any:
    plane.add_user()
    plane.put("/authorization/members/ada/policies", {"policyNames": ["oris-viewer"]})
    ada, seen = plane.as_user("ada"), []
    for _ in range(2):
        seen.append(ada.get("/profile/users").status)
        plane.wait(6)
    return seen


@shows({False: 403, True: 200})
def nested_groups(plane: Plane4) -> Any:
    above = plane.add_group("above")
    plane.add_user(groupIds=[plane.add_group("below", above)])
    plane.put(f"/authorization/members/{above}/policies", {"policyNames": ["oris-viewer"]})
    return plane.as_user("ada").get("/profile/users").status


@shows({False: False, True: None})
def omit_false_active(plane: Plane4) -> Any:
    plane.add_user(active=False)
    return plane.get("/profile/users/ada").json["status"].get("active")


@shows({False: None, True: ""})
def send_empty_values(plane: Plane4) -> Any:
    plane.add_user()
    return plane.get("/profile/users/ada").json["spec"].get("email")


@shows({False: False, True: None})
def omit_has_more(plane: Plane4) -> Any:
    return plane.get("/profile/users").json["status"].get("hasMore")


@shows({False: [], True: None})
def omit_empty_items(plane: Plane4) -> Any:
    return plane.get("/projects/projects").json.get("items")


@shows({False: 1000, True: "1000"})
def text_integers(plane: Plane4) -> Any:
    return plane.get("/profile/users/admin").json["spec"]["unixUid"]


@shows({True: (400, 400), False: (201, 200)})
def refuse_unknown(plane: Plane4) -> Any:
    created = plane.post("/profile/groups", {"name": "g", "colour": "red"})
    return created.status, plane.get("/profile/groups?colour=red").status


@shows({501: 501, 405: 405})
def wrong_method(plane: Plane4) -> Any:
    return plane.put(f"/profile/groups/{plane.add_group('g')}", {"name": "h"}).status


@shows({10: 10, 3: 3})
def page_size(plane: Plane4) -> Any:
    plane.emulator.load({"users": [{"username": f"u{n}"} for n in range(20)]})
    return len(plane.get("/profile/users").json["items"])


@shows({1000: 200, 5: 400})
def max_page_size(plane: Plane4) -> Any:
    return plane.get("/profile/users?limit=6").status


@shows({False: [("admin", True), ("u0", True), ("u1", False)], True: [("", True), ("admin", True), ("", True)]})
def short_pages(plane: Plane4) -> Any:
    plane.emulator.load({"users": [{"username": f"u{n}"} for n in range(2)]})
    pages = [plane.get(f"/profile/users?limit=1&offset={offset}").json for offset in range(3)]
    return [
        ("".join(each["metadata"]["username"] for each in page["items"]), page["status"]["hasMore"]) for page in pages
    ]


@shows({"flat": ["/admins", "/a", "/a/b"], "top": ["/admins", "/a"]})
def group_list(plane: Plane4) -> Any:
    plane.add_group("b", plane.add_group("a"))
    return [each["metadata"]["path"] for each in plane.get("/profile/groups").json["items"]]


@shows({"usernames": True, "ids": False})
def member_ids(plane: Plane4) -> Any:
    (group,) = plane.get("/profile/groups?includeMembers=true").json["items"]
    return group["status"]["memberIds"] == ["admin"]


@shows({True: 400, False: 201})
def username_equals_email(plane: Plane4) -> Any:
    body = {"username": "ada", "email": "ada@example.com", "firstName": "A", "lastName": "L"}
    return plane.post("/profile/users", body).status


@shows({True: ("ada", 200), False: ("Ada", 404)})
def lower_usernames(plane: Plane4) -> Any:
    plane.add_user("Ada")
    names = [each["metadata"]["username"] for each in plane.get("/profile/users").json["items"]]
    return names[1], plane.get("/profile/users/ADA").status


@shows({False: None, True: "ada@example.com"})
def email_from_username(plane: Plane4) -> Any:
    plane.add_user("ada@example.com")
    return plane.get("/profile/users/ada@example.com").json["spec"].get("email")


@shows({False: (1, ["ada"], 1), True: (2, ["ada", "admin"], 2)})
def assign_adds(plane: Plane4) -> Any:
    first, second = plane.add_group("first"), plane.add_group("second")
    plane.add_user(groupIds=[first])
    plane.post("/profile/users/ada/assign-groups", {"groupIds": [second]})
    for name in ("admin", "ada"):
        plane.post(f"/profile/groups/{second}/assign-members", {"usernames": [name]})
    (policy,) = plane.get("/authorization/policies?name=oris-system-admin").json["items"]
    place = f"/authorization/policies/{policy['metadata']['id']}"
    plane.put(f"{place}/members", {"members": ["admin"]})
    held = plane.get(f"{place}?includeMembers=true").json["status"]["assignedMembers"]
    members = plane.get(f"/profile/groups/{second}?includeMembers=true").json["status"]["memberIds"]
    groups = plane.get("/profile/users/ada?includeGroups=true").json["status"]["groupIds"]
    return len(groups), sorted(members), len(held)


@shows({"removes": (200, 404), "refuses": (409, 200)})
def delete_group_with_children(plane: Plane4) -> Any:
    above = plane.add_group("above")
    below = plane.add_group("below", above)
    return plane.delete(f"/profile/groups/{above}").status, plane.get(f"/profile/groups/{below}").status


@shows({"refuses": (409, "ada"), "allows": (200, None)})
def delete_owner_of_projects(plane: Plane4) -> Any:
    plane.add_user()
    plane.add_project(owner="ada")
    status = plane.delete("/profile/users/ada").status
    return status, plane.project()["spec"].get("owner")


@shows({"": (201, 201), "ldap-": (403, 403)})
def read_only_prefix(plane: Plane4) -> Any:
    user = {"username": "ldap-ada", "firstName": "A", "lastName": "L"}
    return plane.post("/profile/users", user).status, plane.post("/profile/groups", {"name": "ldap-g"}).status


@shows({"mgmt": "mgmt", "system": "system"})
def policies_kind_word(plane: Plane4) -> Any:
    return plane.get("/authorization/policies?kind=mgmt").json["items"][0]["spec"]["kind"]


@shows({"oris": ("oris-system-admin", "oris-project-owner"), "igz": ("igz-system-admin", "igz-project-owner")})
def policy_prefix(plane: Plane4) -> Any:
    plane.add_project()
    items = plane.get("/authorization/policies").json["items"]
    return items[0]["metadata"]["name"], items[3]["metadata"]["name"]


@shows({"refuses": (400, ["admin"]), "writes": (200, ["ada"])})
def owner_in_roles(plane: Plane4) -> Any:
    plane.add_user()
    plane.add_project()
    status = plane.put("/authorization/projects/churn/roles/owner", {"members": ["ada"], "override": True}).status
    return status, plane.members("churn", "owner")


def overriding(plane: Plane4, **roles: list[str]) -> None:
    membership = {role: {"values": members} for role, members in roles.items()}
    reply = plane.put("/authorization/projects/churn/roles", {"membership": membership, "override": True})
    assert reply.status == 200, reply.raw


@shows({False: ["admin"], True: []})
def override_drops_owner(plane: Plane4) -> Any:
    plane.add_project()
    overriding(plane, viewer=["admin"])
    return plane.members("churn", "owner")


@shows({"empties": [], "keeps": ["ada"]})
def empty_role_in_map(plane: Plane4) -> Any:
    plane.add_user()
    plane.add_project()
    overriding(plane, viewer=["ada"])
    overriding(plane, viewer=[])
    return plane.members("churn", "viewer")


@shows({False: "memberId", True: "member_id"})
def member_id_snake(plane: Plane4) -> Any:
    plane.add_project()
    return next(iter(set(plane.get("/authorization/projects/churn/members/admin").json) - {"project", "role"}))


@shows({True: 200, False: 501})
def list_projects(plane: Plane4) -> Any:
    return plane.get("/projects/projects").status


def describe_churn(plane: Plane4, seconds: float = 0.0) -> Any:
    """Change a project's description, and return the status, the executions and what is read so long after."""
    witness = plane.add_project()
    reply = plane.put("/projects/projects/churn", {"prevOpId": witness, "owner": "admin", "description": "new"})
    found = plane.get(f"/trackable-actions/executions?correlationId={reply.json['status']['opId']}").json["items"]
    plane.wait(seconds)
    return reply.status, len(found), plane.project()["spec"].get("description")


@shows({False: (202, 1, None), True: (200, 0, "new")})
def update_at_once(plane: Plane4) -> Any:
    return describe_churn(plane)


@shows({False: (202, 1, None), True: (202, 1, "new")})
def values_at_once(plane: Plane4) -> Any:
    return describe_churn(plane)


@shows({204: 204, 200: 200, 404: 404})
def gone_status(plane: Plane4) -> Any:
    return plane.delete("/projects/projects/churn").status


@shows({False: 202, True: 412})
def honour_deletion_strategy(plane: Plane4) -> Any:
    plane.add_project()
    plane.put("/emulator/projects/churn", {"hasResources": True})
    return plane.delete("/projects/projects/churn", {"x-mlrun-deletion-strategy": "restricted"}).status


@shows({1.0: (202, 1, "new"), 5.0: (202, 1, None)})
def execution_seconds(plane: Plane4) -> Any:
    return describe_churn(plane, 2.0)


@shows({0.0: [1, 1], 3.0: [0, 1]})
def execution_appears_after(plane: Plane4) -> Any:
    plane.post("/projects/projects", {"name": "churn"})
    seen = []
    for _ in range(2):
        seen.append(len(plane.get("/trackable-actions/executions").json["items"]))
        plane.wait(4)
    return seen


@shows({3600.0: 1, 10.0: 0})
def executions_vanish_seconds(plane: Plane4) -> Any:
    plane.add_project()
    return len(plane.get("/trackable-actions/executions").json["items"])


@shows({3: 3, 7: 7})
def execution_attempts(plane: Plane4) -> Any:
    plane.emulator.faults.sections = {"followers": {"churn": "no room"}}
    plane.post("/projects/projects", {"name": "churn"})
    plane.wait()
    return plane.get("/trackable-actions/executions").json["items"][0]["status"]["attemptCount"]


CASES = [(name, value) for name, (_, answers) in TRIED.items() for value in answers]


@pytest.mark.parametrize(("name", "value"), CASES)
def test_a_switch_does_what_it_says(name: str, value: Any) -> None:
    tried, answers = TRIED[name]
    plane = Plane4(**{name: value})
    assert tried(plane) == answers[value]
    plane.emulator.close()


def test_every_switch_is_tried_at_its_default_and_at_another_value() -> None:
    engine = {"latency_ms", "faults", "log"}
    assert set(TRIED) == {each.name for each in fields(Options)} - engine
    for each in describe(Options4):
        if each.name not in engine:
            assert each.default in TRIED[each.name][1]
            assert len(TRIED[each.name][1]) == max(2, len(each.values))


def test_every_switch_names_its_section_and_its_evidence() -> None:
    for each in describe(Options4):
        assert each.evidence in ("proven", "choice", "")
        assert each.evidence == "" or each.help[-1] == ")", each


@pytest.mark.parametrize(
    "options", [{"leader": "both"}, {"token_seconds": 0}, {"missing_credentials": 403}, {"execution_attempts": 1000}]
)
def test_a_value_that_makes_no_sense_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(EmulatorError, match=next(iter(options))):
        Plane4(**options)


def test_a_text_is_read_as_the_value_of_a_switch() -> None:
    known = {each.name: each for each in describe(Options4)}
    assert known["leader"].parse("MLRun") == "mlrun"
    assert known["missing_credentials"].parse("302") == 302
    assert known["short_pages"].parse("on") is True
    assert known["token_seconds"].parse("30") == 30
    assert known["faults"].parse("none") is None
    for name, text in (("leader", "x"), ("short_pages", "maybe"), ("token_seconds", "soon"), ("gone_status", "500")):
        with pytest.raises(EmulatorError, match=name):
            known[name].parse(text)
