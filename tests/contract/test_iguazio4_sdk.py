"""The published client of Iguazio 4 drives the emulator unchanged (wire reference of version 4, section 23.1).

It runs on Python 3.11 alone, and is not there elsewhere.
"""

from __future__ import annotations

import re
import urllib.request
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from igz_apply.emulator import Emulator4, Options4, serving
from tests.contract.contract_plane import Clock

sdk = pytest.importorskip("iguazio", reason="the published client of Iguazio 4 runs on Python 3.11 alone")
schemas = pytest.importorskip("iguazio.schemas")
PAGE = 3

pytestmark = pytest.mark.sdk


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    # Its own name of the module alone: time.time itself is the server's too, which closes what was idle for long.
    monkeypatch.setattr("iguazio.client.auth.time", SimpleNamespace(time=clock))
    return clock


@pytest.fixture
def emulator(clock: Clock) -> Iterator[Emulator4]:
    emulator = Emulator4(clock=clock)
    yield emulator
    emulator.close()


@pytest.fixture
def url(emulator: Emulator4) -> Iterator[str]:
    with serving(emulator) as server:
        yield server.url


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    path = tmp_path / "igz.yml"
    path.write_text(f"secretTokens:\n- name: default\n  token: {Emulator4.offline_token}\n", encoding="utf-8")
    return path


@pytest.fixture
def client(url: str, token_file: Path) -> Any:
    return connect(url, token_file)


def connect(url: str, token_file: Path) -> Any:
    return sdk.Client(api_url=url, token_file_path=str(token_file), auto_login=False, log_level="ERROR")


def add_user(client: Any, name: str = "ada", **more: Any) -> Any:
    options = schemas.CreateUserOptions(username=name, first_name="Ada", last_name="Lovelace", **more)
    return client.create_user(options)


def add_group(client: Any, name: str, parent: str | None = None) -> Any:
    return client.create_group(schemas.CreateGroupOptions(name=name, parent_id=parent))


def user(client: Any, name: str = "ada") -> Any:
    return client.get_user(name, schemas.GetUserOptions(include_groups=True, include_policies=True))


def group(client: Any, group_id: str) -> Any:
    return client.get_group(group_id, schemas.GetGroupOptions(include_sub_groups=True, include_members=True))


def test_it_is_the_pinned_one() -> None:
    assert version("iguazio") == "0.2.9"


def test_a_token_file_opens_the_client(client: Any) -> None:
    me = client.get_self(schemas.GetSelfFormat.full)
    assert (me.metadata.username, [each.metadata.path for each in me.relationships[:1]]) == ("admin", ["/admins"])
    assert len(me.status.assigned_policies) == 1
    assert me.relationships[1].spec.display_name == "System Admin"


def test_a_login_without_a_browser_writes_the_token_file(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def read_code(_prompt: str) -> str:
        (place,) = re.findall(r"http\S+/authentication/login\S+", capsys.readouterr().out)
        with urllib.request.urlopen(place) as page:
            return str(re.findall(rb'"code":"([^"]+)"', page.read())[0].decode())

    monkeypatch.setattr("builtins.input", read_code)
    written = tmp_path / "written.yml"
    client = sdk.Client(api_url=url, use_token_file=False, auto_login=False, log_level="CRITICAL")
    client.login(no_browser=True, output_token_file=str(written), token_name="ci")
    assert client.get_self().metadata.username == "admin"
    assert connect(url, written).get_self().metadata.username == "admin"


def test_an_access_token_is_renewed_at_half_its_life(client: Any, clock: Clock) -> None:
    client.get_self()
    first = client.get_access_token()
    clock.now += 100
    assert client.get_access_token() == first
    clock.now += 100
    assert client.get_access_token() != first
    clock.now += 1000
    assert client.get_self().metadata.username == "admin"


def test_tokens_are_exchanged_and_revoked(client: Any, emulator: Emulator4) -> None:
    token = emulator.issue_offline_token("admin")
    assert client.refresh_access_token(schemas.RefreshAccessTokenOptions(refresh_token=token)).spec.access_token
    client.revoke_offline_token(schemas.RevokeOfflineTokenOptions(token=token))
    with pytest.raises(httpx.HTTPStatusError, match="401"):
        client.refresh_access_token(schemas.RefreshAccessTokenOptions(refresh_token=token))
    options = schemas.RefreshAccessTokensOptions(refresh_tokens=[token, emulator.offline_token])
    refused, given = client.refresh_access_tokens(options).items
    assert (refused.status.status_code, given.status.status_code) == (401, 200)
    client.logout()


def test_a_user_lives(client: Any) -> None:
    assert add_user(client).status.active
    client.disable_user("ada")
    assert client.get_user("ada").status.active is False
    client.enable_user("ada")
    assert client.get_user("ada").status.active is True
    changed = client.update_user("ada", schemas.UpdateUserOptions(last_name="King"))
    assert (changed.spec.first_name, changed.spec.last_name) == ("Ada", "King")
    client.delete_user("ada")
    with pytest.raises(httpx.HTTPStatusError, match="404"):
        client.get_user("ada")


def test_a_user_is_created_into_groups_with_policies(client: Any) -> None:
    analysts = add_group(client, "analysts").metadata.id
    (policy,) = client.list_policies(schemas.ListPoliciesOptions(name="oris-developer")).items
    add_user(client, group_ids=[analysts], assigned_policies=[policy.metadata.id])
    ada = user(client)
    assert (ada.status.group_ids, ada.status.assigned_policies) == ([analysts], [policy.metadata.id])
    client.assign_user_groups("ada", schemas.AssignUserGroupsOptions(group_ids=[]))
    assert not user(client).status.group_ids


def test_groups_form_a_tree(client: Any) -> None:
    research, nlp = add_group(client, "research"), add_group(client, "nlp")
    speech = add_group(client, "speech", nlp.metadata.id)
    assert speech.metadata.path == "/nlp/speech"
    moved = client.move_group(nlp.metadata.id, schemas.MoveGroupOptions(new_parent_id=research.metadata.id))
    assert moved.metadata.path == "/research/nlp"
    client.rename_group(nlp.metadata.id, schemas.RenameGroupOptions(new_name="text"))
    assert group(client, speech.metadata.id).metadata.path == "/research/text/speech"
    assert group(client, research.metadata.id).status.sub_group_ids == [nlp.metadata.id]
    client.move_group(nlp.metadata.id, schemas.MoveGroupOptions(new_parent_id=""))
    assert group(client, speech.metadata.id).metadata.path == "/text/speech"
    add_user(client)
    client.assign_group_members(speech.metadata.id, schemas.AssignGroupMembersOptions(usernames=["ada"]))
    assert group(client, speech.metadata.id).status.member_ids == ["ada"]
    client.delete_group(nlp.metadata.id)
    with pytest.raises(httpx.HTTPStatusError, match="404"):
        client.get_group(speech.metadata.id)


def test_lists_and_searches_are_read_to_their_end(client: Any) -> None:
    for number in range(7):
        add_user(client, f"ada{number}")
        add_group(client, f"group{number}")
    names = {f"ada{number}" for number in range(7)}
    found = client.list_users(get_all=True, batch_size=PAGE).items
    assert {each.metadata.username for each in found} == {*names, "admin"}
    searched = client.search_users(schemas.SearchUsersOptions(search_term="ada"), get_all=True, batch_size=PAGE).items
    assert {each.metadata.username for each in searched} == names
    little = client.search_users_metadata(schemas.SearchUsersMetadataOptions(search_term="ada3")).items
    assert [each.username for each in little] == ["ada3"]
    groups = client.search_groups(schemas.SearchGroupsOptions(search_term="group5", exact_match=True)).items
    assert [each.metadata.path for each in groups] == ["/group5"]
    named = client.search_groups_metadata(schemas.SearchGroupsMetadataOptions(search_term="group5")).items
    assert [each.name for each in named] == ["group5"]


def test_short_pages_lose_nothing_for_it(clock: Clock, token_file: Path) -> None:
    emulator = Emulator4(options=Options4(short_pages=True), clock=clock)
    emulator.load({"users": [{"username": f"u{number}"} for number in range(20)]})
    with serving(emulator) as server:
        client = connect(server.url, token_file)
        assert len(client.list_users(get_all=True, batch_size=PAGE).items) == 21
        assert client.list_users(schemas.ListUsersOptions(limit=PAGE)).items == []
    emulator.close()


def test_policies_are_given_by_id_and_by_name(client: Any) -> None:
    add_user(client)
    analysts = add_group(client, "analysts").metadata.id
    policies = client.list_policies(
        schemas.ListPoliciesOptions(kind="mgmt", format=schemas.PolicyListFormat.full)
    ).items
    by_name = {each.metadata.name: each for each in policies}
    viewer = by_name["oris-viewer"].metadata.id
    client.update_policy_members(viewer, schemas.UpdatePolicyMembersOptions(members=["ada", analysts]))
    held = client.get_policy(viewer, schemas.GetPolicyOptions(include_members=True)).status.assigned_members
    assert {(each.kind.value, each.id) for each in held} == {("user", "ada"), ("group", analysts)}
    options = schemas.AssignMemberMgmtPoliciesOptions(policy_names=["oris-developer"], override=True)
    client.assign_member_mgmt_policies("ada", options)
    assert user(client).status.assigned_policies == [by_name["oris-developer"].metadata.id]
    client.assign_member_mgmt_policies("ada", schemas.AssignMemberMgmtPoliciesOptions(policy_ids=[viewer]))
    assert len(user(client).status.assigned_policies) == 2


def test_roles_are_written_in_each_of_three_ways(client: Any) -> None:
    for name in ("ada", "bob", "eve"):
        add_user(client, name)
    analysts = add_group(client, "analysts").metadata.id
    client.create_default_project_policies("churn")
    role = schemas.ProjectRole
    membership = {role.ADMIN: ["ada"], role.VIEWER: ["bob", analysts]}
    client.set_project_membership("churn", schemas.SetProjectMembershipOptions(membership=membership, override=True))
    options = schemas.SetProjectRoleMembersOptions(members=["eve"], override=True)
    client.set_project_role_members("churn", role.CURATOR, options)
    client.set_member_project_role(
        "bob", "churn", schemas.SetMemberProjectRoleOptions(role=role.BUILDER, override=True)
    )
    members = client.get_project_members("churn")
    assert (members.owner.users, members.admin.users, members.curator.users) == (["admin"], ["ada"], ["eve"])
    assert (members.builder.users, members.viewer.users, members.viewer.groups) == (["bob"], [], [analysts])
    client.remove_member_from_project("churn", "eve")
    with pytest.raises(ValueError, match="not found"):
        client.get_project_role("eve", "churn")
    client.assign_group_members(analysts, schemas.AssignGroupMembersOptions(usernames=["eve"]))
    assert client.get_project_role("eve", "churn") == role.VIEWER
    client.update_project_owner("churn", schemas.UpdateProjectOwnerOptions(owner="ada"))
    assert client.get_project_role("ada", "churn") == role.OWNER
    client.delete_project_policies("churn")


def test_permissions_and_the_system_are_asked_for(client: Any) -> None:
    options = schemas.ValidatePermissionsOptions(action="read", resources=["/mgmt/users"])
    assert client.validate_permissions(options).allowed
    client.trigger_permission_manifest_generation()
    info = client.get_system_info()
    assert (info.metadata.version.oris_version, info.metadata.keycloak.realm) == ("4.1.0", "iguazio")
    assert client.check_service_health().items[0].spec.name == "api"
    assert client.check_node_health().items[0].spec.name == "node-0"


def test_the_execution_of_a_project_operation_is_read(client: Any, url: str, clock: Clock) -> None:
    headers = {"Authorization": f"Bearer {client.get_access_token()}"}
    begun = httpx.post(f"{url}/api/v1/projects/projects", json={"name": "churn"}, headers=headers).json()
    options = schemas.ListActionExecutionsOptions(correlation_id=begun["status"]["opId"], limit=1)
    (execution,) = client.list_action_executions(options).items
    assert (execution.spec.action_type, execution.status.state.value) == ("sync-project", "created")
    clock.now += 5
    read = client.get_action_execution(schemas.GetActionExecutionOptions(id=execution.metadata.id))
    assert (read.status.state.value, read.status.attempt_count) == ("succeeded", 1)
