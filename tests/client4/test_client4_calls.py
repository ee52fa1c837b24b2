"""Each call goes where it is meant to go, says what it is meant to say, and is refused where it could not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import pytest

from igz_apply.iguazio4.client import (
    ROLES,
    Client,
    ExecutionFailed,
    ExecutionTimeout,
    ExecutionUnseen,
    Failed,
    IncompleteList,
    InvalidAnswer,
    InvalidArgument,
    Members,
    NameMismatch,
    NotYet,
    Operation,
    ReadOnlyClient,
    ReadsOnly,
    Response,
    Running,
    Secret,
    Succeeded,
)
from tests.client.client_stub import stub
from tests.client4.client4_plane import REFRESH, Clock, Plane, a_client, answering, failed, jwt, page, said

GROUP = "c2a1e0d4-6a57-4d0e-8a43-0f6f3a5f7b90"
ODD = [
    "a/b",
    "a?b=c",
    "a#b",
    "100%",
    "a+b",
    "a b",
    "%2e%2e",
    "%2F..%2F",
    "ümlaut-日本",
    "a&b",
    "a;b",
    "a\\b",
    "a:b@c",
    "...",
]


def named(name: str) -> Response:
    return said({"metadata": {"name": name, "username": name, "id": name}, "name": name})


BY_NAME: list[Callable[[Client, str], Any]] = [
    lambda c, name: c.user(name),
    lambda c, name: c.group(name),
    lambda c, name: c.policy(name),
    lambda c, name: c.project(name),
    lambda c, name: c.execution(name),
    lambda c, name: c.mlrun_project(name),
    lambda c, name: c.mlrun_project_summary(name),
]


@pytest.mark.parametrize("name", ODD)
def test_an_odd_name_reaches_its_own_object_and_no_other(name: str) -> None:
    for read in BY_NAME:
        plane = Plane(lambda _: named(name))
        read(a_client(plane), name)
        path = plane.calls[-1].path
        assert unquote(path.rpartition("/")[2]) == name
        assert plane.calls[-1].query == {}


def test_an_odd_name_is_not_changed_on_the_wire() -> None:
    def script(asked: Any) -> Any:
        if asked.path == REFRESH:
            return {"spec": {"accessToken": jwt(), "refreshToken": "r"}}
        return {"metadata": {"username": unquote(asked.path.rpartition("/")[2])}}

    with stub(script) as server, a_client(None, endpoint=server.url) as client:
        for name in ODD:
            assert client.user(name)["metadata"]["username"] == name
    assert [asked.path.count("/") for asked in server.asked[1:]] == [3] * len(ODD)


@pytest.mark.parametrize("name", ["", " ", ".", "..", "\ud800", 7, None])
def test_what_cannot_be_a_name_is_refused_before_anything_is_sent(name: Any) -> None:
    plane = Plane()
    client = a_client(plane)
    for read in BY_NAME:
        with pytest.raises(InvalidArgument):
            read(client, name)
    for write in (client.delete_user, client.delete_group, client.delete_project, client.delete_project_policies):
        with pytest.raises(InvalidArgument):
            write(name)
    assert plane.asked == []


@pytest.mark.parametrize("answer", [named("other"), said({"metadata": {}}), said({}), named("Churn ")])
def test_another_object_is_never_taken_for_the_one_that_was_asked_for(answer: Response) -> None:
    for read in BY_NAME:
        with pytest.raises(NameMismatch, match="was asked for 'churn' and answered with something else"):
            read(a_client(answering(answer)), "churn")


def test_a_username_is_the_same_in_capitals_and_nothing_else_is() -> None:
    assert a_client(answering(named("ada"))).user("Ada")["name"] == "ada"
    with pytest.raises(NameMismatch):
        a_client(answering(named("churn"))).project("Churn")


def test_what_the_server_knows_is_returned_as_it_is() -> None:
    record = {"metadata": {"username": "ada", "new": 1}, "spec": {"uid": "1001"}, "relationships": [{"@type": "x.y"}]}
    plane = answering(said(record))
    assert a_client(plane).user("ada", include_groups=True, include_idps=True) == record
    assert plane.calls[0].query == {"includeGroups": "true", "includeIdps": "true"}


def test_the_policies_of_a_project_are_of_that_project_and_all_of_them() -> None:
    policy = {"metadata": {"id": "p-1"}, "spec": {"projectName": "churn"}, "status": {"assignedMembers": []}}
    assert a_client(answering(page(policy))).project_policies("churn") == [policy]
    with pytest.raises(NameMismatch):
        a_client(answering(page(policy))).project_policies("fraud")
    with pytest.raises(IncompleteList):
        a_client(answering(page(policy, more=True))).project_policies("churn")
    with pytest.raises(IncompleteList):
        a_client(answering(page(more=True))).search_groups_metadata("ana")


@pytest.mark.parametrize("key", ["memberId", "member_id"])
def test_the_role_of_a_member_is_that_of_the_member_in_that_project(key: str) -> None:
    role = {"project": "churn", key: "grace", "role": "editor"}
    client = a_client(answering(said(role)))
    assert client.member_role("churn", "grace") == role
    for project, member in (("churn", "ada"), ("fraud", "grace")):
        with pytest.raises(NameMismatch):
            client.member_role(project, member)


REFUSED: dict[str, Callable[[Client], Any]] = {
    "a text for a list of groups": lambda c: c.assign_groups("ada", GROUP),
    "a text for a list of users": lambda c: c.assign_members(GROUP, "ada"),
    "a text for users": lambda c: c.set_role("churn", "admin", Members(users="ada"), override=True),
    "a text for groups": lambda c: c.set_policy_members("p-1", Members(groups=GROUP)),
    "a text for policies": lambda c: c.assign_policies("ada", "p-1", override=True),
    "bytes": lambda c: c.assign_members(GROUP, b"ada"),  # type: ignore[arg-type]
    "an empty name": lambda c: c.assign_members(GROUP, ["ada", ""]),
    "a number": lambda c: c.assign_groups("ada", [7]),  # type: ignore[list-item]
    "an id for a user": lambda c: c.assign_members(GROUP, ["ada", GROUP]),
    "an id for a user of a role": lambda c: c.set_role("churn", "admin", Members([GROUP.upper()]), override=True),
    "an id for the owner": lambda c: c.set_owner("churn", GROUP),
    "an unknown role": lambda c: c.set_role("churn", "Admin", Members(), override=True),
    "an unknown role of a member": lambda c: c.set_member_role("churn", "ada", "boss", override=True),
    "some roles, all others emptied": lambda c: c.set_roles("churn", {"admin": Members()}, override=True),
    "a slash in the name of a group": lambda c: c.create_group("a/b"),
    "a slash in the new name of a group": lambda c: c.rename_group(GROUP, "a/b"),
    "nothing to change": lambda c: c.update_user("ada"),
    "no name of a project": lambda c: c.mlrun_replace_project({"metadata": {}}),
    "an unknown strategy": lambda c: c.mlrun_delete_project("churn", strategy="check"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_could_do_something_else_is_refused_and_nothing_is_sent(what: str) -> None:
    plane = Plane()
    with pytest.raises(InvalidArgument):
        REFUSED[what](a_client(plane))
    assert plane.asked == []


def test_an_empty_list_is_sent_as_one() -> None:
    plane = Plane()
    client = a_client(plane)
    client.assign_groups("ada", [])
    client.assign_members(GROUP, ())
    client.set_policy_members("p-1", Members())
    client.set_role("churn", "editor", Members(), override=True)
    client.set_roles("churn", {role: Members() for role in ROLES}, override=True)
    client.move_group(GROUP, "")
    assert [each.body for each in plane.calls] == [
        {"groupIds": []},
        {"usernames": []},
        {"members": []},
        {"members": [], "override": True},
        {"membership": {role: {"values": []} for role in ROLES}, "override": True},
        {"newParentId": ""},
    ]


def test_members_are_users_by_name_and_groups_by_id() -> None:
    plane = Plane()
    a_client(plane).set_role("churn", "admin", Members(["grace"], [GROUP]), override=False)
    assert plane.calls[0].body == {"members": ["grace", GROUP], "override": False}


def test_what_is_not_stated_is_left_to_the_server() -> None:
    plane = Plane()
    client = a_client(plane)
    client.create_user("ada", first_name="Ada", last_name="", active=False)
    client.create_project("churn")
    client.replace_project("churn", prev_op_id=None, owner="ada", description="", labels={}, annotations={})
    assert [each.body for each in plane.calls] == [
        {"username": "ada", "firstName": "Ada", "lastName": "", "active": False},
        {"name": "churn"},
        {"prevOpId": None, "owner": "ada", "description": "", "labels": {}, "annotations": {}},
    ]


def test_an_operation_is_followed_only_where_something_is_left_to_do() -> None:
    started = said({"status": {"opId": "op-1", "statusCode": 202}}, 202)
    body = {"status": {"opId": "op-1", "statusCode": 202}}
    assert a_client(answering(started)).create_project("churn") == Operation(False, "op-1", body)
    done = said({"status": {"opId": "op-1"}}, 200)
    assert a_client(answering(done)).delete_project("churn").op_id is None
    assert a_client(answering(said(None, 204))).delete_project("churn") == Operation(True, None, {})
    assert a_client(answering(said(None, 202))).delete_project("churn") == Operation(False, None, {})


def execution(state: str = "running", op_id: str = "op-1", **status: Any) -> dict[str, Any]:
    return {"metadata": {"id": "e-1"}, "spec": {"correlationId": op_id}, "status": {"state": state, **status}}


def state_of(answer: Response) -> Any:
    plane = answering(answer)
    state = a_client(plane).execution_state("op-1")
    query = {"correlationId": "op-1", "actionType": "sync-project", "subdomain": "projects", "limit": "1"}
    assert [(each.line, each.query) for each in plane.calls] == [("GET v1/trackable-actions/executions", query)]
    return state


def test_how_an_operation_goes_on_is_told_by_one_look() -> None:
    assert state_of(page()) == NotYet()
    for word in ("created", "dispatched", "running", "thinking", "unspecified"):
        assert state_of(page(execution(word))) == Running(word, execution(word))
    assert state_of(page(execution("succeeded"))) == Succeeded(execution("succeeded"))
    failure = execution("failed", lastError="mlrun said no")
    assert state_of(page(failure)) == Failed("mlrun said no", failure)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ({}, "the platform does not say why"),
        ({"lastError": ""}, "the platform does not say why"),
        ({"lastError": {"number": 2, "error": "late"}}, "late"),
        ({"attempts": [{"number": 1, "error": "first"}, {"number": 2, "error": "second"}]}, "second"),
    ],
)
def test_why_it_failed_is_told_from_wherever_it_stands(status: dict[str, Any], words: str) -> None:
    assert state_of(page(execution("failed", **status))).words == words


def test_the_execution_of_another_operation_is_never_taken_for_it() -> None:
    for other in (execution("succeeded", "op-2"), {"spec": {}, "status": {"state": "succeeded"}}):
        with pytest.raises(InvalidAnswer, match="not of the operation op-1 that was asked for"):
            state_of(page(other))


def test_an_operation_is_waited_for_through_trouble() -> None:
    plane = answering(page(), failed(503), page(execution()), page(execution("succeeded")))
    seen: list[Any] = []
    done = a_client(plane, retries=0).await_execution("op-1", on_poll=seen.append)
    assert done == Succeeded(execution("succeeded"))
    assert [type(each).__name__ for each in seen] == ["NotYet", "Running", "Succeeded"]


def test_the_wait_ends_with_what_is_known() -> None:
    with pytest.raises(ExecutionFailed, match="Operation op-1 failed: no space") as caught:
        a_client(answering(page(execution("failed", lastError="no space")))).await_execution("op-1")
    assert (caught.value.op_id, caught.value.record["metadata"]["id"]) == ("op-1", "e-1")
    clock = Clock()
    with pytest.raises(ExecutionTimeout, match="Operation op-1 is still running after 60 s"):
        a_client(answering(page(execution())), clock).await_execution("op-1", timeout=60)
    assert sum(clock.slept) == pytest.approx(60)
    with pytest.raises(ExecutionUnseen, match="No execution of operation op-1 was seen in 120 s"):
        a_client(answering(page())).await_execution("op-1")


def test_the_reading_client_has_no_method_that_writes_and_says_so() -> None:
    reader = a_client(Plane()).read_only()
    assert type(reader) is ReadOnlyClient
    writes = {name for name in vars(Client) if not name.startswith("_")}
    assert len(writes) > 25
    for name in writes:
        with pytest.raises(ReadsOnly, match=f"This client only reads, and has no '{name}'"):
            getattr(reader, name)
    with pytest.raises(AttributeError, match="has no attribute 'creat_user'"):
        _ = reader.creat_user  # type: ignore[attr-defined]


def test_every_method_of_the_reading_client_only_gets() -> None:
    plane = Plane(lambda _: named("x"))
    reader = a_client(plane).read_only()
    reader.whoami()
    reader.system_info()
    assert {each.method for each in plane.calls} == {"GET"}


def test_a_revoked_token_goes_into_the_body_alone() -> None:
    plane = Plane()
    a_client(plane).revoke_offline_token(Secret("old"))
    assert (plane.calls[0].line, plane.calls[0].body) == (
        "POST v1/authentication/revoke-offline-token",
        {"token": "old"},
    )


def test_mlrun_is_asked_as_its_own_client_asks() -> None:
    plane = Plane(lambda _: said({"projects": [{"metadata": {"name": "churn"}}]}))
    client = a_client(plane)
    whole = {"metadata": {"name": "churn"}, "spec": {"owner": "ada"}, "status": {"state": "online"}}
    assert client.mlrun_projects() == [{"metadata": {"name": "churn"}}]
    client.mlrun_create_project(whole)
    client.mlrun_replace_project(whole)
    client.mlrun_delete_project("churn")
    assert [(each.line, each.query, each.body) for each in plane.calls[1:]] == [
        ("POST v1/projects", {"wait-for-completion": "false"}, whole),
        ("PUT v1/projects/churn", {}, whole),
        ("DELETE v2/projects/churn", {}, None),
    ]
    assert plane.calls[-1].headers["x-mlrun-deletion-strategy"] == "restricted"
    with pytest.raises(InvalidAnswer, match="a list of projects was expected"):
        a_client(answering(said({"projects": "churn"}))).mlrun_projects()
