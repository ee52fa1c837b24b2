"""What the emulator of Iguazio 4 does as the wire reference says, whatever its switches."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from igz_apply.emulator import Emulator4, LoadError, Options4
from igz_apply.emulator.iguazio4 import jwts
from tests.emulator.plane4 import Plane4, detail

LOGIN = "/authentication/login?redirectUri=http://localhost:8085"


# Transport (section 3)


def test_every_answer_has_a_trace_id_and_its_status(plane4: Plane4) -> None:
    for reply in (
        plane4.get("/authentication/self"),
        plane4.get("/profile/users"),
        plane4.get("/profile/users/none"),
        plane4.delete(f"/profile/groups/{plane4.add_group('g')}"),
    ):
        status = reply.json["status"]
        assert (len(status["ctx"]), status["statusCode"]) == (32, reply.status)


def test_a_path_that_does_not_exist_is_answered_by_the_gateway_whoever_asks(plane4: Plane4) -> None:
    for reply in (plane4.send("POST", "/api/sessions", {}), plane4.get("/app-services")):
        assert (reply.status, reply.json) == (404, {"code": 5, "message": "Not Found", "details": []})


@pytest.mark.parametrize(
    "body",
    [b"{", b"[]", b'"x"', {"colour": 1}, {"username": 1}, {"active": "yes"}, {"groupIds": "g"}, {"groupIds": [1]}],
)
def test_a_body_that_is_no_message_is_refused_by_the_gateway(plane4: Plane4, body: Any) -> None:
    reply = plane4.post("/profile/users", body)
    assert (reply.status, reply.json["code"], reply.json["message"][:6]) == (400, 3, "proto:")


def test_names_are_taken_in_snake_case_and_null_says_nothing(plane4: Plane4) -> None:
    body = {"username": "ada", "first_name": "Ada", "last_name": "L", "email": None}
    assert plane4.post("/profile/users", body).json["spec"] == {"firstName": "Ada", "lastName": "L"}
    assert plane4.get("/profile/users/ada?include_groups=true").status == 200


@pytest.mark.parametrize("query", ["limit=x", "offset=-1", "includeGroups=1", "limit=99999999999", "colour=red"])
def test_a_parameter_that_is_wrong_is_refused(plane4: Plane4, query: str) -> None:
    assert plane4.get(f"/profile/users?{query}").json["code"] == 3


def test_a_dashboard_serves_browsers_below_a_path_of_its_own(plane4: Plane4) -> None:
    assert plane4.get("/igz/api/v1/authentication/self").json["metadata"]["username"] == "admin"


def test_pages_count_themselves_alone(plane4: Plane4) -> None:
    plane4.emulator.load({"users": [{"username": f"u{n}"} for n in range(24)]})
    page = plane4.get("/profile/users?offset=20&limit=10").json
    assert (len(page["items"]), page["status"]["total"], page["status"]["hasMore"]) == (5, 5, False)
    assert plane4.get("/profile/users").json["status"]["hasMore"] is True


def test_a_page_for_a_browser_shows_what_there_is_and_no_secret(plane4: Plane4) -> None:
    plane4.add_user("<ada>")
    plane4.add_project()
    page = plane4.emulator.page()
    assert "&lt;ada&gt;" in page
    assert "churn" in page
    assert plane4.emulator.offline_token not in page


# Authentication (section 4)


def test_a_token_is_a_jwt_that_says_whose_it_is_and_until_when(plane4: Plane4) -> None:
    claims = jwts.decode(plane4.token)
    assert claims is not None
    me = plane4.get("/authentication/self").json["metadata"]
    assert (claims["sub"], claims["exp"] - claims["iat"]) == (me["id"], 300)


def test_the_offline_token_is_the_same_in_every_emulator(plane4: Plane4) -> None:
    other = Plane4()
    assert other.emulator.offline_token == plane4.emulator.offline_token == Emulator4.offline_token
    other.emulator.close()


@pytest.mark.parametrize("token", ["", "nonsense", "a.b.c", "é", Emulator4.offline_token[:-2], Emulator4.offline_token])
def test_what_is_no_access_token_opens_nothing(plane4: Plane4, token: str) -> None:
    sent = token.encode().decode("latin-1")
    reply = plane4.send("GET", "/profile/users", headers={"Authorization": f"Bearer {sent}"})
    assert (reply.status, bool(detail(reply))) == (401, True)


def test_a_nonsense_offline_token_is_refused_in_the_form_of_version_4(plane4: Plane4) -> None:
    reply = plane4.send("POST", "/authentication/refresh-access-token", {"refreshToken": "x"})
    assert (reply.status, "refresh token" in detail(reply)) == (401, True)


def test_the_cookie_of_the_dashboard_opens_too(plane4: Plane4) -> None:
    assert plane4.send("GET", "/authentication/self", headers={"Cookie": f"_oauth2_proxy={plane4.token}"}).status == 200


def test_a_service_account_is_not_known(plane4: Plane4) -> None:
    assert plane4.call("GET", "/authentication/self", headers={"X-Igz-Authenticator-Kind": "sa"}).status == 401


def test_access_tokens_can_be_made_to_expire_at_once(plane4: Plane4) -> None:
    plane4.emulator.expire_tokens()
    assert detail(plane4.get("/authentication/self")) == "the access token has expired"
    plane4.token = plane4.exchange(plane4.emulator.offline_token)
    assert plane4.post("/emulator/expire-tokens").status == 200
    assert plane4.get("/authentication/self").status == 401


def test_a_disabled_user_gets_in_no_more(plane4: Plane4) -> None:
    plane4.add_user()
    token, ada = plane4.emulator.issue_offline_token("ada"), plane4.as_user("ada")
    assert plane4.post("/profile/users/ada/disable").status == 200
    assert ada.get("/authentication/self").status == 401
    assert plane4.send("POST", "/authentication/refresh-access-token", {"refreshToken": token}).status == 401


def login(plane: Plane4, place: str) -> dict[str, str]:
    """Log in, and return the parameters that come back."""
    reply = plane.send("GET", place)
    assert reply.status == 302
    return {name: value for name, (value,) in parse_qs(urlsplit(reply.headers["location"]).query).items()}


def test_a_login_gives_a_code_that_counts_once(plane4: Plane4) -> None:
    back = login(plane4, f"{LOGIN}&access=offline&prompt=login")
    place = f"/authentication/login-callback?redirectUri=x&code={back['code']}&state={back['state']}"
    assert plane4.send("GET", place.replace("state=", "state=x")).status == 401
    held = plane4.send("GET", place).json
    assert plane4.exchange(held["spec"]["refreshToken"])
    assert plane4.send("GET", place).status == 401


def test_a_code_is_shown_to_a_person_and_expires(plane4: Plane4) -> None:
    plane4.add_user()
    code = login(plane4, f"{LOGIN}&username=ada")["code"]
    manual = f"/authentication/login-callback-manual?code={code}"
    assert plane4.send("GET", manual).json["code"] == code
    plane4.wait(200)
    assert plane4.send("GET", f"{manual}&redirectUri=x").status == 401
    assert plane4.send("GET", f"{LOGIN}&username=none").status == 401
    assert plane4.send("GET", "/authentication/login?redirectUri=javascript:x").status == 400


def test_a_logout_ends_a_session_and_no_offline_token(plane4: Plane4) -> None:
    for access, status in (("", 401), ("&access=offline", 200)):
        code = login(plane4, f"{LOGIN}{access}")["code"]
        held = plane4.send("GET", f"/authentication/login-callback-manual?redirectUri=x&code={code}").json["spec"]
        plane4.send("POST", "/authentication/logout", headers={"Authorization": f"Bearer {held['accessToken']}"})
        body = {"refreshToken": held["refreshToken"]}
        assert plane4.send("POST", "/authentication/refresh-access-token", body).status == status


def test_a_token_is_revoked_by_its_owner_alone(plane4: Plane4) -> None:
    plane4.add_user()
    token = plane4.emulator.issue_offline_token("ada")
    place = "/authentication/revoke-offline-token"
    assert plane4.post(place, {"token": token}).status == 403
    assert plane4.as_user("ada").post(place, {"token": token}).status == 200
    assert plane4.as_user("ada").post(place, {"token": token}).status == 200
    assert plane4.send("POST", "/authentication/refresh-access-token", {"refreshToken": token}).status == 401


def test_several_tokens_are_exchanged_up_to_the_first_failure_or_all(plane4: Plane4) -> None:
    good = plane4.emulator.offline_token
    for mode, statuses in ((1, [200, 401]), ("continueOnFailure", [200, 401, 200])):
        body = {"refreshTokens": [good, "x", good], "mode": mode}
        reply = plane4.send("POST", "/authentication/refresh-access-tokens", body)
        assert (reply.status, [each["status"]["statusCode"] for each in reply.json["items"]]) == (207, statuses)
    assert plane4.send("POST", "/authentication/refresh-access-tokens", {"refreshTokens": [good]}).status == 200


# Users and groups (sections 6 and 7)


def test_an_update_of_a_user_merges_and_takes_an_empty_text_as_said(plane4: Plane4) -> None:
    plane4.add_user()
    assert plane4.put("/profile/users/ada", {"lastName": "King"}).json["spec"] == {
        "firstName": "Ada",
        "lastName": "King",
    }
    assert plane4.put("/profile/users/ada", {"lastName": ""}).json["spec"] == {"firstName": "Ada"}
    for field in ("email", "password", "username"):
        assert plane4.put("/profile/users/ada", {field: "x"}).status == 400


def test_users_are_refused_that_are_there_or_are_none(plane4: Plane4) -> None:
    plane4.add_user("ada@example.com", email="ada@example.com")
    person = {"firstName": "A", "lastName": "L"}
    for status, body in (
        (409, {"username": "ADA@example.com"}),
        (400, {"username": ""}),
        (400, {"username": "bob", "email": "bob"}),
        (400, {"username": "bob", "groupIds": ["none"]}),
        (400, {"username": "bob", "assignedPolicies": ["none"]}),
    ):
        assert plane4.post("/profile/users", {**person, **body}).status == status
    assert plane4.get("/profile/users/bob").status == 404
    assert plane4.post("/profile/users", {"username": "bob", "firstName": "B"}).status == 400


def test_a_search_looks_everywhere_or_in_a_field_that_is_named(plane4: Plane4) -> None:
    plane4.add_user("ada")
    plane4.add_user("bob", active=False)

    def found(path: str) -> list[str]:
        return [each.get("username") or each["metadata"]["username"] for each in plane4.get(path).json["items"]]

    assert found("/profile/search-users?searchTerm=AD") == ["admin", "ada", "bob"]
    assert found("/profile/search-users?searchTerm=ada&exactMatch=true") == ["ada"]
    assert found("/profile/search-users?searchTerm=x&username=bob") == ["bob"]
    assert found("/profile/search-users-metadata?searchTerm=") == ["admin", "ada"]


def test_a_filter_names_a_group_or_a_user(plane4: Plane4) -> None:
    group = plane4.add_group("g")
    plane4.add_user("ada", groupIds=[group])
    (user,) = plane4.get(f"/profile/users?group={group}").json["items"]
    assert user["metadata"]["username"] == "ada"
    (held,) = plane4.get("/profile/groups?username=ada").json["items"]
    assert held["metadata"]["id"] == group
    assert plane4.get("/profile/groups?username=none").json["items"] == []


def test_a_group_that_moves_takes_along_what_is_below(plane4: Plane4) -> None:
    top, other = plane4.add_group("top"), plane4.add_group("top0")
    low = plane4.add_group("low", plane4.add_group("mid", top))
    assert plane4.put(f"/profile/groups/{top}/move", {"newParentId": other}).json["metadata"]["path"] == "/top0/top"
    assert plane4.get(f"/profile/groups/{low}").json["metadata"]["path"] == "/top0/top/mid/low"
    assert plane4.get(f"/profile/groups/{other}").json["metadata"]["subGroupCount"] == 1
    assert plane4.put(f"/profile/groups/{other}/move", {"newParentId": low}).status == 400
    assert plane4.put(f"/profile/groups/{other}/rename", {"newName": "new"}).json["metadata"]["path"] == "/new"
    assert plane4.get(f"/profile/groups/{low}").json["metadata"]["path"] == "/new/top/mid/low"


def test_siblings_have_different_names_and_cousins_may_not(plane4: Plane4) -> None:
    first, second = plane4.add_group("first"), plane4.add_group("second")
    plane4.add_group("same", first)
    same = plane4.add_group("same", second)
    assert plane4.post("/profile/groups", {"name": "same", "parentId": first}).status == 409
    assert plane4.put(f"/profile/groups/{same}/move", {"newParentId": first}).status == 409
    assert plane4.put(f"/profile/groups/{second}/rename", {"newName": "first"}).status == 409
    assert plane4.post("/profile/groups", {"name": "a/b"}).status == 400
    assert plane4.post("/profile/groups", {"name": "x", "parentId": "none"}).status == 400


def test_a_roster_is_replaced_and_names_users_alone(plane4: Plane4) -> None:
    group = plane4.add_group("g")
    plane4.add_user("ada", groupIds=[group])
    place = f"/profile/groups/{group}/assign-members"
    assert plane4.post(place, {"usernames": ["admin"]}).status == 200
    shown = plane4.get(f"/profile/groups/{group}?includeMembers=true&includePolicies=true").json
    assert shown["status"]["memberIds"] == ["admin"]
    assert plane4.post(place, {"usernames": [group]}).status == 400


# Policies and roles (sections 8 and 9)


def test_the_rights_of_a_group_are_those_of_its_members(plane4: Plane4) -> None:
    group = plane4.add_group("g")
    plane4.add_user(groupIds=[group])
    ada = plane4.as_user("ada")
    assert ada.post("/projects/projects", {"name": "churn"}).status == 403
    plane4.put(f"/authorization/members/{group}/policies", {"policyNames": ["oris-developer"]})
    assert ada.post("/projects/projects", {"name": "churn"}).status == 202
    assert ada.post("/authorization/permissions/validate", {"action": "create", "resources": ["/mgmt/projects"]}).json[
        "status"
    ]["allowed"]
    denied = ada.post("/authorization/permissions/validate", {"action": "create", "resources": ["/mgmt/users"]})
    assert "allowed" in denied.json["status"]
    assert denied.json["status"]["allowed"] is False


def test_policies_of_a_member_are_added_or_replaced(plane4: Plane4) -> None:
    plane4.add_user()
    place = "/authorization/members/ada/policies"
    for body, count in (
        ({"policyNames": ["oris-developer"]}, 1),
        ({"policyNames": ["oris-viewer"]}, 2),
        ({"policyNames": ["oris-viewer"], "override": True}, 1),
        ({"override": True}, 0),
    ):
        assert plane4.put(place, body).status == 200
        held = plane4.get("/profile/users/ada?includePolicies=true").json["status"].get("assignedPolicies", [])
        assert len(held) == count
    assert plane4.put(place, {"policyNames": ["none"]}).status == 400
    assert plane4.put("/authorization/members/none/policies", {}).status == 404


def test_policies_of_an_unknown_project_are_403_to_some_and_404_to_an_administrator(plane4: Plane4) -> None:
    plane4.add_user()
    place = "/authorization/projects/none/policies"
    assert (plane4.get(place).status, plane4.as_user("ada").get(place).status) == (404, 403)


def test_project_policies_are_made_once(plane4: Plane4) -> None:
    place = "/authorization/projects/policies"
    assert [plane4.post(place, {"project": "churn"}).status for _ in range(2)] == [201, 409]
    assert plane4.members("churn", "owner") == ["admin"]
    items = plane4.get("/authorization/policies?kind=project&project=churn").json["items"]
    assert [each["spec"]["displayName"] for each in items] == [
        "Owner",
        "Admin",
        "Editor",
        "Builder",
        "Curator",
        "Viewer",
    ]
    assert plane4.delete("/authorization/projects/churn/policies").status == 200
    assert plane4.delete("/authorization/projects/churn/policies").status == 404


def test_an_overriding_map_takes_what_it_does_not_name(plane4: Plane4) -> None:
    for name in ("ada", "bob"):
        plane4.add_user(name)
    plane4.add_project()
    place = "/authorization/projects/churn/roles"
    first = {"membership": {"Admin": {"values": ["ada"]}, "viewer": {"values": ["bob"]}}, "override": False}
    assert plane4.put(place, first).status == 200
    plane4.put(place, {"membership": {"editor": {"values": ["bob"]}}})
    assert plane4.members("churn", "viewer") == ["bob"]
    plane4.put(place, {"membership": {"editor": {"values": ["ada"]}}, "override": True})
    assert [plane4.members("churn", role) for role in ("owner", "admin", "editor", "viewer")] == [
        ["admin"],
        [],
        ["ada"],
        [],
    ]
    wrong: tuple[dict[str, Any], ...]
    wrong = ({"membership": {"king": {"values": []}}}, {"membership": {"editor": ["ada"]}})
    for body in wrong:
        assert plane4.put(place, body).status == 400


def test_a_member_has_one_role_unless_it_is_overridden(plane4: Plane4) -> None:
    plane4.add_user()
    plane4.add_project()
    place = "/authorization/projects/churn/members/ada"
    assert plane4.get(place).status == 404
    assert plane4.put(place, {"role": "viewer"}).status == 200
    assert plane4.put(place, {"role": "editor"}).status == 409
    assert plane4.put(place, {"role": "editor", "override": True}).status == 200
    assert plane4.get(place).json == {"project": "churn", "memberId": "ada", "role": "editor"}
    assert plane4.members("churn", "viewer") == []
    assert [plane4.delete(place).status for _ in range(2)] == [200, 404]
    assert plane4.delete("/authorization/projects/churn/members/admin").status == 409


def test_an_ordinary_admin_writes_roles_and_not_the_owner(plane4: Plane4) -> None:
    for name in ("ada", "bob"):
        plane4.add_user(name)
    plane4.add_project()
    plane4.put("/authorization/projects/churn/members/ada", {"role": "admin"})
    ada = plane4.as_user("ada")
    assert ada.put("/authorization/projects/churn/roles/viewer", {"members": ["bob"], "override": True}).status == 200
    assert ada.put("/authorization/projects/churn/owner", {"owner": "ada"}).status == 403
    witness = plane4.witness()
    assert ada.put("/projects/projects/churn", {"prevOpId": witness, "owner": "ada"}).status == 403
    assert ada.put("/projects/projects/churn", {"prevOpId": witness, "owner": "admin"}).status == 202
    assert ada.delete("/projects/projects/churn").status == 403
    assert plane4.put("/authorization/projects/churn/owner", {"owner": "ada", "project": "churn"}).status == 200
    assert plane4.project()["spec"]["owner"] == "ada"
    assert ada.delete("/projects/projects/churn").status == 202


# Projects (section 10)


def test_a_project_goes_through_its_states_and_its_execution_with_it(plane4: Plane4) -> None:
    begun = plane4.post("/projects/projects", {"name": "churn", "labels": {"team": ""}})
    operation = begun.json["status"]["opId"]
    assert (begun.status, uuid.UUID(operation).version) == (202, 7)
    seen = []
    for _ in range(4):
        place = f"/trackable-actions/executions?correlationId={operation}&actionType=sync-project&subdomain=projects"
        (execution,) = plane4.get(place).json["items"]
        seen.append((execution["status"]["state"], plane4.project()["status"]["state"]))
        plane4.wait(0.4 if seen[-1][0] == "running" else 0.2)
        plane4.wait(0.5 if len(seen) == 3 else 0.0)
    assert [state for state, _ in seen] == ["created", "dispatched", "running", "succeeded"]
    assert [state for _, state in seen] == ["creating", "creating", "creating", "online"]
    assert plane4.project()["metadata"]["labels"] == {"team": ""}


def test_a_write_needs_the_witness_of_the_last_operation(plane4: Plane4) -> None:
    first = plane4.add_project()
    body: dict[str, Any] = {"owner": "admin", "description": "x"}
    place = "/projects/projects/churn"
    for witness in ({}, {"prevOpId": None}, {"prevOpId": ""}, {"prevOpId": first.upper()}):
        assert plane4.put(place, {**body, **witness}).status == 409
    second = plane4.put(place, {**body, "prevOpId": first}).json["status"]["opId"]
    assert second > first
    assert plane4.put(place, {**body, "prevOpId": first}).status == 409
    plane4.wait()
    assert plane4.project()["spec"]["description"] == "x"
    assert plane4.call("PATCH", place, {"prevOpId": second, "owner": "admin"}).status == 202
    plane4.wait()
    assert "description" not in plane4.project()["spec"]


def test_a_null_witness_creates_what_is_not_there(plane4: Plane4) -> None:
    place = "/projects/projects/churn"
    assert plane4.put(place, {"prevOpId": "x", "owner": "admin"}).status == 409
    assert plane4.call("PATCH", place, {"prevOpId": None, "owner": "admin"}).status == 404
    assert plane4.put(place, {"prevOpId": None, "owner": "admin", "name": "other"}).status == 400
    assert plane4.put(place, {"prevOpId": None, "owner": "admin"}).status == 202


def test_a_state_that_is_set_clears_nothing(plane4: Plane4) -> None:
    witness = plane4.add_project(description="kept")
    body: dict[str, Any] = {"name": "churn", "owner": "admin", "prevOpId": witness, "desiredState": 3}
    assert plane4.call("PATCH", "/projects/projects/churn", body).status == 202
    plane4.wait()
    shown = plane4.project()
    assert (shown["status"]["state"], shown["spec"]["description"]) == ("archived", "kept")
    body.update(prevOpId=plane4.witness(), desiredState="deleting")
    assert plane4.call("PATCH", "/projects/projects/churn", body).status == 400


@pytest.mark.parametrize(
    "body",
    [
        {"name": "A"},
        {"name": "a" * 64},
        {"name": "a", "owner": "none"},
        {"name": "a", "labels": {"x": 1}},
        {"metadata": {"name": "a"}},
        {},
    ],
)
def test_a_project_that_cannot_be_is_refused(plane4: Plane4, body: Any) -> None:
    assert plane4.post("/projects/projects", body).status == 400


def test_a_project_is_deleted_whatever_it_holds(plane4: Plane4) -> None:
    witness = plane4.add_project()
    plane4.put("/emulator/projects/churn", {"counts": {"models_count": 2}})
    begun = [plane4.delete("/projects/projects/churn") for _ in range(2)]
    assert [each.status for each in begun] == [202, 202]
    assert plane4.put("/projects/projects/churn", {"prevOpId": plane4.witness(), "owner": "admin"}).status == 409
    assert plane4.witness() > witness
    plane4.wait()
    assert plane4.get("/projects/projects/churn").status == 404
    assert plane4.get("/authorization/projects/churn/policies").status == 404
    assert plane4.get("/authorization/policies?project=churn").json["items"] == []


def test_projects_are_seen_by_those_who_have_a_role(plane4: Plane4) -> None:
    plane4.add_user()
    for name in ("churn", "fraud"):
        plane4.add_project(name)
    plane4.put("/authorization/projects/churn/members/ada", {"role": "viewer"})
    ada = plane4.as_user("ada")
    assert [each["metadata"]["name"] for each in ada.get("/projects/projects").json["items"]] == ["churn"]
    assert ada.get("/projects/projects/fraud").status == 403
    assert [each["metadata"]["name"] for each in ada.get("/projects").json["projects"]] == ["churn"]


def test_an_execution_is_found_by_its_time(plane4: Plane4) -> None:
    plane4.add_project()
    place = "/trackable-actions/executions"
    created = plane4.get(place).json["items"][0]["status"]["createdAt"]
    assert len(plane4.get(f"{place}?since={created}&until={created}&state=succeeded").json["items"]) == 1
    assert plane4.get(f"{place}?since=2030-01-01T00:00:00.000000Z").json["items"] == []
    assert plane4.get(f"{place}?since=soon").status == 400
    assert plane4.get(f"{place}/none").status == 404


# MLRun (sections 10.1 and 10.3)


def test_mlrun_tells_what_it_is_to_everybody(plane4: Plane4) -> None:
    spec = plane4.send("GET", "/client-spec", headers={"Host": "igz.example.com"}).json
    assert spec["authentication_mode"] == "iguazio-v4"
    assert spec["oauth_external_token_endpoint"].endswith("igz.example.com/api/v1/authentication/refresh-access-token")


def test_mlrun_reads_projects_in_a_form_of_its_own(plane4: Plane4) -> None:
    plane4.add_project(description="Churn", labels={"team": "retail"})
    shown = plane4.get("/projects/churn").json
    assert (shown["metadata"]["labels"], shown["spec"]["owner"]) == ({"team": "retail"}, "admin")
    assert shown["status"] == {"state": "online"}
    assert plane4.get("/projects?format=name_only&label=team=retail&owner=admin").json == {"projects": ["churn"]}
    assert plane4.get("/projects?format=name_only&label=team=x").json == {"projects": []}
    assert plane4.get("/projects?format=x").status == 422
    assert plane4.get("/projects/none").json == {"detail": {"reason": "project 'none' does not exist"}}
    assert plane4.get("/project-summaries/churn").json["models_count"] == 0
    assert [each["name"] for each in plane4.get("/project-summaries").json["project_summaries"]] == ["churn"]


@pytest.fixture
def led() -> Plane4:
    """An emulator where MLRun leads projects."""
    return Plane4(leader="mlrun")


def test_where_mlrun_leads_projects_are_its_own(led: Plane4) -> None:
    labels = {"a b": 1, "x": None}
    body = {"metadata": {"name": "churn", "labels": labels}, "spec": {"description": "D", "goals": "G"}}
    assert led.post("/projects?wait-for-completion=false", body).status == 201
    assert led.post("/projects", body).status == 409
    assert led.get("/projects/churn").json["metadata"]["labels"] == labels
    assert led.members("churn", "owner") == ["admin"]
    assert led.get("/projects/projects/churn").json["code"] == 5
    led.call("PATCH", "/projects/churn", {"spec": {"description": "E"}}, {"x-mlrun-patch-mode": "replace"})
    assert led.get("/projects/churn").json["spec"] == {
        "description": "E",
        "goals": "G",
        "owner": "admin",
        "desired_state": "online",
    }
    led.put("/projects/churn", {"metadata": {"name": "churn"}, "spec": {"desired_state": "archived"}})
    held = led.get("/projects/churn").json
    assert (held["spec"]["description"], held["status"]) == ("", {"state": "archived"})
    assert led.put("/projects/fraud", {"metadata": {"name": "fraud"}}).status == 200


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (422, []),
        (422, {"metadata": "x"}),
        (422, {"metadata": {}}),
        (422, {"metadata": {"name": "a", "labels": []}}),
        (400, {"metadata": {"name": "A_"}}),
        (400, {"metadata": {"name": "a"}, "spec": {"owner": "none"}}),
        (422, {"metadata": {"name": "a"}, "spec": {"owner": 1}}),
    ],
)
def test_mlrun_refuses_what_is_no_project(led: Plane4, status: int, body: Any) -> None:
    reply = led.post("/projects", body)
    assert (reply.status, bool(reply.json["detail"]["reason"])) == (status, True)


def test_mlrun_refuses_a_restricted_delete_of_what_is_not_empty(led: Plane4) -> None:
    led.post("/projects", {"metadata": {"name": "churn"}})
    led.put("/emulator/projects/churn", {"hasResources": True})
    refused = led.delete("/api/v2/projects/churn")
    assert (refused.status, "related resources found" in refused.json["detail"]["reason"]) == (412, True)
    assert led.delete("/api/v2/projects/churn", {"x-mlrun-deletion-strategy": "odd"}).status == 400
    begun = led.delete("/api/v2/projects/churn", {"x-mlrun-deletion-strategy": "cascade"})
    task = f"/background-tasks/{begun.json['metadata']['name']}"
    assert (begun.status, led.get(task).json["status"]["state"]) == (202, "running")
    assert led.get("/trackable-actions/executions").json["items"] == []
    led.wait()
    assert led.get(task).json["status"]["state"] == "succeeded"
    assert led.delete("/api/v2/projects/churn").status == 204
    assert led.get("/background-tasks/none").status == 404


# Loading


DOCUMENT: dict[str, Any] = {
    "groups": [{"path": "/research/nlp", "members": ["ada"], "policies": ["oris-viewer"]}],
    "users": [
        {"username": "ada", "first_name": "Ada", "policies": ["oris-developer"]},
        {"username": "bob", "groups": ["research"], "active": False, "unixUid": 1001},
    ],
    "projects": [
        {
            "name": "churn",
            "owner": "ada",
            "labels": {"team": "retail"},
            "members": {"editor": {"users": ["bob"], "groups": ["/research/nlp"]}},
            "counts": {"models_count": 2},
        },
        {"name": "orphan", "owner": "", "state": "archived"},
    ],
}


def test_a_document_is_loaded_and_a_second_time_changes_nothing(plane4: Plane4, tmp_path: Path) -> None:
    path = tmp_path / "company.json"
    path.write_text(json.dumps(DOCUMENT), encoding="utf-8")
    plane4.emulator.load(path)
    plane4.emulator.load(DOCUMENT)
    (_, top, low) = plane4.get("/profile/groups?includeMembers=true").json["items"]
    assert (top["metadata"]["path"], top["status"]["memberIds"]) == ("/research", ["bob"])
    assert (low["metadata"]["path"], low["status"]["memberIds"]) == ("/research/nlp", ["ada"])
    assert plane4.members("churn", "editor") == ["bob", low["metadata"]["id"]]
    assert plane4.project()["spec"]["owner"] == "ada"
    assert plane4.get("/project-summaries/churn").json["models_count"] == 2
    orphan = plane4.project("orphan")
    assert (orphan.get("spec"), orphan["status"]["state"]) == ({}, "archived")
    assert plane4.as_user("ada").get("/profile/users").status == 200


@pytest.mark.parametrize(
    "document",
    [
        {"services": []},
        {"users": [{"username": ""}]},
        {"users": [{"username": "x", "groups": ["none"]}]},
        {"users": [{"username": "x", "colour": "red"}]},
        {"groups": [{"path": "/g", "members": ["none"]}]},
        {"groups": [{"path": "/g", "policies": ["none"]}]},
        {"groups": ["g"]},
        {"projects": [{"name": "A"}]},
        {"projects": [{"name": "a", "owner": "none"}]},
        {"projects": [{"name": "a", "members": {"owner": {}}}]},
        {"projects": [{"name": "a", "members": {"viewer": {"users": "ada"}}}]},
        {"projects": [{"name": "a", "counts": {"x": 1}}]},
    ],
)
def test_a_document_that_leads_nowhere_loads_nothing(plane4: Plane4, document: Any) -> None:
    with pytest.raises(LoadError):
        plane4.emulator.load({"groups": [{"path": "/first"}], **document})
    assert len(plane4.get("/profile/groups").json["items"]) == 1


def test_a_company_is_loaded_in_seconds_and_read_in_pages(plane4: Plane4) -> None:
    groups = [f"/g{n % 8}/h{n % 40}/i{n % 200}/j{n}" for n in range(250)]
    plane4.emulator.load(
        {
            "groups": [{"path": path} for path in groups],
            "users": [{"username": f"u{n}", "groups": [groups[n % 250]]} for n in range(1500)],
            "projects": [{"name": f"p{n}", "owner": f"u{n}"} for n in range(150)],
        }
    )
    assert len(plane4.get("/profile/users?limit=1000&offset=1000&includeGroups=true").json["items"]) == 501
    assert len(plane4.get("/projects/projects?limit=1000").json["items"]) == 150
    assert len(plane4.get("/authorization/policies?limit=1000&includeMembers=true").json["items"]) == 903


def test_a_file_is_opened_again_with_all_that_was_in_it(tmp_path: Path) -> None:
    first = Emulator4(tmp_path / "state.db")
    first.load(DOCUMENT)
    token = first.issue_offline_token("ada")
    first.close()
    again = Emulator4(tmp_path / "state.db", Options4())
    plane = object.__new__(Plane4)
    plane.emulator = again
    plane.token = plane.exchange(token)
    assert plane.get("/authentication/self").json["metadata"]["username"] == "ada"
    again.close()
