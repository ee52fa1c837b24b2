"""The client of Iguazio 4 makes no call that its reference does not have: no method, no path, no key."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import pytest

from igz_apply.iguazio4.client import (
    ROLES,
    Client,
    ControlPlaneError,
    Members,
    ProjectState,
    ReadOnlyClient,
    Secret,
    is_iguazio4,
)
from igz_apply.iguazio4.client.read_only_client import MLRUN_LISTS
from tests.client4.client4_plane import BASE, REFRESH, Asked, Plane, a_client, said
from tests.contract.iguazio4_reference import Call, described, overview

GROUP = "c2a1e0d4-6a57-4d0e-8a43-0f6f3a5f7b90"
WHOLE = {"metadata": {"name": "the-project"}, "spec": {"owner": "ada"}, "status": {"state": "online"}}

# What stands for a part of a path that has a name of its own.
NAMES = ("the-user", "the-project", "the-policy", "the-execution", GROUP, "x" * 64)

Act = Callable[[Client], Any]

READS: dict[str, Act] = {
    "whoami": lambda c: c.whoami(),
    "system_info": lambda c: c.system_info(),
    "services_health": lambda c: c.services_health(),
    "users": lambda c: c.users(
        group=GROUP, include_groups=True, include_policies=True, include_user_activity=True, include_idps=True
    ),
    "user": lambda c: c.user(
        "the-user", include_groups=True, include_policies=True, include_user_activity=True, include_idps=True
    ),
    "groups": lambda c: c.groups(
        username="the-user", include_sub_groups=True, include_members=True, include_policies=True
    ),
    "group": lambda c: c.group(GROUP, include_sub_groups=True, include_members=True, include_policies=True),
    "search_groups_metadata": lambda c: c.search_groups_metadata("ana", exact_match=True),
    "search_users_metadata": lambda c: c.search_users_metadata("ada"),
    "policies": lambda c: c.policies(kind="mgmt", name="n", project="p", full=True, include_members=True),
    "policy": lambda c: c.policy("the-policy", include_members=True),
    "project_policies": lambda c: c.project_policies("the-project"),
    "member_role": lambda c: c.member_role("the-project", "the-user"),
    "projects": lambda c: c.projects(),
    "project": lambda c: c.project("the-project"),
    "probe_leader": lambda c: c.probe_leader(),
    "executions": lambda c: c.executions(
        correlation_id="o", action_type="a", subdomain="s", state="failed", since="1", until="2"
    ),
    "execution": lambda c: c.execution("the-execution"),
    "execution_state": lambda c: c.execution_state("op-1"),
    "await_execution": lambda c: c.await_execution("op-1", timeout=0),
    "client_spec": lambda c: c.client_spec(),
    "mlrun_projects": lambda c: c.mlrun_projects(),
    "mlrun_project": lambda c: c.mlrun_project("the-project"),
    "mlrun_project_summaries": lambda c: c.mlrun_project_summaries(),
    "mlrun_project_summary": lambda c: c.mlrun_project_summary("the-project"),
    "mlrun_contents": lambda c: c.mlrun_contents("the-project"),
    "login": lambda c: c.login(),
}
WRITES: dict[str, Act] = {
    "create_user": lambda c: c.create_user(
        "the-user",
        first_name="A",
        last_name="B",
        email="a@x.org",
        email_verified=True,
        active=True,
        group_ids=[GROUP],
        policy_ids=["p"],
    ),
    "update_user": lambda c: c.update_user("the-user", first_name="A", last_name="B", email_verified=True),
    "enable_user": lambda c: c.enable_user("the-user"),
    "disable_user": lambda c: c.disable_user("the-user"),
    "assign_groups": lambda c: c.assign_groups("the-user", [GROUP]),
    "delete_user": lambda c: c.delete_user("the-user"),
    "create_group": lambda c: c.create_group("analysts", parent_id=GROUP, policy_ids=["p"]),
    "rename_group": lambda c: c.rename_group(GROUP, "others"),
    "move_group": lambda c: c.move_group(GROUP, ""),
    "assign_members": lambda c: c.assign_members(GROUP, ["ada"]),
    "delete_group": lambda c: c.delete_group(GROUP),
    "set_policy_members": lambda c: c.set_policy_members("the-policy", Members(["ada"], [GROUP])),
    "assign_policies": lambda c: c.assign_policies("the-user", ["p"], policy_names=["n"], override=True),
    "create_project_policies": lambda c: c.create_project_policies("the-project"),
    "delete_project_policies": lambda c: c.delete_project_policies("the-project"),
    "set_owner": lambda c: c.set_owner("the-project", "ada"),
    "set_role": lambda c: c.set_role("the-project", "admin", Members(["ada"]), override=True),
    "set_roles": lambda c: c.set_roles("the-project", {"admin": Members(["ada"])}),
    "set_member_role": lambda c: c.set_member_role("the-project", "the-user", "editor", override=True),
    "remove_member": lambda c: c.remove_member("the-project", "the-user"),
    "create_project": lambda c: c.create_project(
        "the-project", owner="ada", description="", labels={"a": "b"}, annotations={"c": "d"}
    ),
    "replace_project": lambda c: c.replace_project(
        "the-project", prev_op_id="1", owner="ada", description="", labels={"a": "b"}, annotations={"c": "d"}
    ),
    "set_project_state": lambda c: c.set_project_state(
        "the-project",
        ProjectState.ARCHIVED,
        prev_op_id="1",
        owner="ada",
        description="",
        labels={"a": "b"},
        annotations={"c": "d"},
    ),
    "delete_project": lambda c: c.delete_project("the-project"),
    "mlrun_create_project": lambda c: c.mlrun_create_project(WHOLE),
    "mlrun_replace_project": lambda c: c.mlrun_replace_project(WHOLE),
    "mlrun_patch_project": lambda c: c.mlrun_patch_project("the-project", WHOLE),
    "mlrun_delete_project": lambda c: c.mlrun_delete_project("the-project"),
    "revoke_offline_token": lambda c: c.revoke_offline_token(Secret("old")),
}

# What those send that call whatever they are given, or nothing.
OF_NO_CALL = {
    "get",
    "listed",
    "mlrun_get",
    "call",
    "mask",
    "read_only",
    "close",
    "endpoint",
    "mlrun_endpoint",
    "source",
    "logger",
}

# Calls that the reference does not show, and why they are made all the same.
INFERRED: Mapping[Call, tuple[set[str], str]] = {
    ("GET", "v1/projects/projects"): (
        {"offset", "limit"},
        "10.3: nobody reads the collection; where it is missing, UnknownRoute says so",
    ),
    ("GET", "v1/projects"): (
        {"format"},
        "10.3 takes names from MLRun's list of projects without naming its path, which is public",
    ),
    ("GET", "v1/project-summaries/{}"): (
        set(),
        "22 rule 11 asks MLRun whether a project is empty without naming the path, which is public",
    ),
    ("GET", "v1/project-summaries"): (
        set(),
        "the same for all projects at once",
    ),
    **{
        ("GET", f"v1/projects/{{}}/{path}"): (
            {"page", "page-size"},
            "22 rule 11 asks MLRun whether a project is empty; these public lists show what its summary does not count",
        )
        for path in MLRUN_LISTS
    },
    ("PATCH", "v1/projects/{}"): (
        set(),
        "10.3 says how MLRun's own client patches, with its header, and names no path with it: that of GET and PUT",
    ),
    ("GET", "v1/profile/groups/{}"): (
        {"includeSubGroups", "includeMembers", "includePolicies"},
        "7 names the flags with the fields that they bring, and lists them for the collection alone",
    ),
    ("GET", "v1/client-spec"): (set(), "10.4 and 17 name it, in no table of calls"),
}


EMPTY: Mapping[str, Any] = {key: [] for key in MLRUN_LISTS.values()}


def recorded(act: Act) -> list[Asked]:
    plane = Plane(lambda _: said({"items": [], "projects": [], **EMPTY, "status": {"hasMore": False}}))
    with suppress(ControlPlaneError):  # what comes back is none of what was asked for; here it matters what was asked
        act(a_client(plane))
    return plane.asked


def call_of(asked: Asked) -> Call:
    parts = asked.path.split("/")
    return asked.method, "/".join(
        "{}" if part in NAMES or (part in ROLES and before == "roles") else part
        for before, part in zip(["", *parts], parts, strict=False)
    )


def keys_of(asked: Asked) -> set[str]:
    """Return the keys of the query and of the body, but those of maps of the caller's own and of MLRun's whole."""
    body = asked.body if asked.body != WHOLE else {}
    return set(asked.query) | set(body or {})


@pytest.fixture(scope="module")
def known() -> dict[Call, set[str]]:
    calls = {call: set[str]() for call in overview()} | described()
    return calls | {call: keys for call, (keys, _) in INFERRED.items()}


@pytest.mark.parametrize("act", [*READS, *WRITES])
def test_a_method_makes_no_call_that_the_reference_does_not_have(act: str, known: dict[Call, set[str]]) -> None:
    asked = recorded({**READS, **WRITES}[act])
    assert asked
    assert [each.line for each in asked if call_of(each) not in known] == []
    assert [(each.line, keys_of(each) - known[call_of(each)]) for each in asked if keys_of(each)] == [
        (each.line, set()) for each in asked if keys_of(each)
    ]


def test_every_public_method_is_looked_at() -> None:
    public = {name for kind in (Client, ReadOnlyClient) for name in vars(kind) if not name.startswith("_")}
    assert public - OF_NO_CALL == {*READS, *WRITES}


def test_what_is_inferred_is_not_in_the_reference_and_is_called() -> None:
    shown = described()
    made = {call_of(each) for act in {**READS, **WRITES}.values() for each in recorded(act)}
    assert [call for call, (keys, _) in INFERRED.items() if call in shown and keys <= shown[call]] == []
    assert set(INFERRED) <= made


def test_the_question_for_the_platform_is_the_exchange_of_the_reference(known: dict[Call, set[str]]) -> None:
    plane = Plane(refused=said({"status": {"errorMessage": "no"}}, 401))
    assert is_iguazio4(BASE, transport=plane) is True
    assert [(call_of(each), keys_of(each)) for each in plane.asked] == [(("POST", REFRESH), known["POST", REFRESH])]


def test_the_reference_is_read_as_it_is_meant() -> None:
    calls = described()
    assert len(calls) > 40
    assert calls["PUT", "v1/profile/users/{}"] == {"firstName", "lastName", "emailVerified"}
    assert calls["POST", "v1/profile/groups"] == {"name", "parentId", "assignedPolicies"}
    assert calls["GET", "v1/trackable-actions/executions"] == {
        *("correlationId", "actionType", "subdomain", "state", "since", "until", "offset", "limit")
    }
    assert ("POST", "v1/profile/users/{}/enable") in calls
    assert ("PUT", "v1/profile/groups/{}") not in calls
    assert not any(re.search(r"[^\w/{}.-]", path) for _, path in calls)
