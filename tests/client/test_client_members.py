"""Groups of users and roles of projects: who belongs where, against an emulator."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest

from igz_apply.controlplane import (
    AddMemberMode,
    Client,
    ConfigurationError,
    Conflict,
    Group,
    MemberAlreadyInProject,
    Polling,
    PreconditionFailed,
    Project,
    ProjectAuthorizationRoles,
    ProjectDeletionStrategies,
    Unsupported,
    User,
    UserInPrimaryGroup,
    UserNotOperational,
)
from tests.client.client_builders import a_client
from tests.client.client_recorder import Plane, recorded_plane
from tests.client.client_stub import Asked, Say, body, one, stub

ADMIN, EDITOR, VIEWER = ProjectAuthorizationRoles


@pytest.fixture(scope="module")
def plane() -> Iterator[Plane]:
    with recorded_plane(job_seconds=0.005) as started:
        yield started


@pytest.fixture
def client(plane: Plane) -> Iterator[Client]:
    with Client(**plane.key, polling=Polling(first=0.002, longest=0.01)) as made:
        yield made


@pytest.fixture
def names(request: pytest.FixtureRequest) -> dict[str, str]:
    """Names that no other test uses."""
    mark = f"{abs(hash(request.node.nodeid)) % 10**8}"
    return {name: f"{name}-{mark}" for name in ("ada", "bob", "analysts", "churn")}


@pytest.fixture
def ada(client: Client, names: dict[str, str]) -> User:
    return User.create(client, names["ada"], "ada@example.org", "Ada", "L", "Secret1!")


@pytest.fixture
def analysts(client: Client, names: dict[str, str]) -> Group:
    return Group.create(client, names["analysts"])


@pytest.fixture
def churn(client: Client, names: dict[str, str]) -> Project:
    return Project.create(client, names["churn"])


def groups_of(client: Client, user: User) -> set[str]:
    return {group.name for group in User.get(client, user.id, include=["user_groups"]).included}


def test_users_join_and_leave_groups_from_either_side(client: Client, ada: User, analysts: Group) -> None:
    ada.add_to_group(client, str(analysts.name))
    assert groups_of(client, ada) == {"all_users", analysts.name}
    assert ada.in_group(client, analysts)
    ada.remove_from_group(client, analysts.id)
    assert groups_of(client, ada) == {"all_users"}
    analysts.add_user(client, str(ada.username))
    assert groups_of(client, ada) == {"all_users", analysts.name}
    analysts.remove_user(client, ada)
    assert not ada.in_group(client, analysts)


def test_joining_twice_writes_once(client: Client, plane: Plane, ada: User, analysts: Group) -> None:
    ada.add_to_group(client, analysts)
    plane.recorder.take()
    ada.add_to_group(client, analysts)
    assert [noted.method for noted in plane.recorder.take()] == ["GET"]


def test_a_user_leaves_the_primary_group_only_by_force(client: Client, ada: User, analysts: Group) -> None:
    ada.set_primary_group(client, analysts)
    primary = ada.get_primary_group(client)
    assert primary is not None
    assert primary.name == analysts.name
    with pytest.raises(UserInPrimaryGroup, match=analysts.name):
        ada.remove_from_group(client, analysts)
    ada.remove_from_group(client, analysts, force=True)
    assert (ada.get_primary_group(client), groups_of(client, ada)) == (None, {"all_users"})


def test_the_primary_group_can_be_unset(client: Client, ada: User, analysts: Group) -> None:
    ada.set_primary_group(client, analysts)
    ada.set_primary_group(client, None)
    assert ada.get_primary_group(client) is None
    assert groups_of(client, ada) == {"all_users", analysts.name}


def membership(groups: list[str]) -> dict[str, Any]:
    links = [{"type": "user_group", "id": group} for group in groups]
    return body(one("user", "u-1", {"user_groups": {"data": links}} if links else {}))


class ContestedUser:
    """A user whose groups somebody else writes, so many times, right after we did."""

    def __init__(self, times: int) -> None:
        self.groups, self.times = ["g-0"], times

    def __call__(self, asked: Asked) -> Any:
        if asked.method == "PUT":
            links = asked.body["data"]["relationships"]["user_groups"]["data"]
            self.groups = [link["id"] for link in links]
            if self.times:
                self.times -= 1
                self.groups = ["g-0", "g-theirs"]
            return Say(200)
        return membership(self.groups)


def test_a_membership_that_another_write_undid_is_written_again_beside_it() -> None:
    with stub(ContestedUser(times=2)) as server:
        User(id="u-1").add_to_group(a_client(server.url), Group(id="g-1"))
    assert [link["id"] for link in server.asked[-2].body["data"]["relationships"]["user_groups"]["data"]] == [
        "g-0",
        "g-theirs",
        "g-1",
    ]


def test_a_membership_that_is_undone_each_time_is_a_conflict() -> None:
    with stub(ContestedUser(times=99)) as server, pytest.raises(Conflict, match="keeps changing the groups"):
        User(id="u-1").add_to_group(a_client(server.url), Group(id="g-1"))


def test_users_are_enabled_and_disabled_in_every_way(client: Client, ada: User) -> None:
    ada.disable(client)
    assert ada.admin_status == "down"
    assert User.enable_by_username(client, str(ada.username)).admin_status == "up"
    assert User.disable_by_id(client, ada.id).admin_status == "down"
    assert User.enable_user(client, str(ada.username)).admin_status == "up"
    assert User.disable_user(client, ada).admin_status == "down"
    assert User.disable_by_username(client, str(ada.username)).admin_status == "down"
    assert User.enable_by_id(client, ada.id).admin_status == "up"


def test_a_user_that_does_not_become_operational_is_an_error_with_the_user() -> None:
    created = body(one("user", "u-1", username="ada", operational_status="down"))
    with stub(lambda _: created) as server, pytest.raises(UserNotOperational, match="after 30 s") as caught:
        User.create(a_client(server.url), "ada", "a@x.org", "A", "B")
    assert caught.value.user.id == "u-1"


def test_members_get_move_and_lose_roles(client: Client, churn: Project, ada: User, analysts: Group) -> None:
    job = churn.set_membership(client, ada, EDITOR)
    assert job is not None
    assert job.state == "completed"
    held = churn.resolve_member_role(ada)
    assert held is not None
    assert held.name == "Editor"
    with pytest.raises(MemberAlreadyInProject, match="already is Editor"):
        churn.add_members(client, [ada, analysts], VIEWER)
    churn.add_members(client, [ada, analysts], VIEWER, add_member_mode=AddMemberMode.best_effort)
    assert [user.username for user in churn.get_editor_users()] == [ada.username]
    assert [group.name for group in churn.get_viewer_groups()] == [analysts.name]
    churn.add_members(client, [ada], "Viewer", add_member_mode="override")
    assert [user.username for user in churn.get_viewer_users()] == [ada.username]
    churn.remove_members(client, [ada, analysts])
    assert (churn.get_viewer_users(), churn.get_viewer_groups(), churn.get_editor_groups()) == ([], [], [])
    fresh = Project.get(client, churn.id)
    assert (fresh.get_viewer_users(), fresh.resolve_member_role(ada)) == ([], None)


def test_a_role_is_given_to_exactly_these_only_on_purpose(
    client: Client, churn: Project, ada: User, analysts: Group
) -> None:
    churn.set_membership(client, analysts, VIEWER)
    with pytest.raises(Unsupported, match="override=True"):
        churn.set_members(client, [ada], VIEWER)
    churn.set_members(client, [ada], VIEWER, override=True)
    assert ([user.username for user in churn.get_viewer_users()], churn.get_viewer_groups()) == ([ada.username], [])


def test_nothing_is_sent_where_nothing_changes(client: Client, plane: Plane, churn: Project, ada: User) -> None:
    churn.set_membership(client, ada, VIEWER)
    plane.recorder.take()
    assert churn.set_membership(client, ada, VIEWER) is None
    assert [noted.method for noted in plane.recorder.take()] == ["GET"]


def test_edited_roles_are_written_together_and_not_at_all_if_the_block_raises(
    client: Client, plane: Plane, churn: Project, ada: User, analysts: Group
) -> None:
    plane.recorder.take()
    with contextlib.suppress(KeyError), churn.apply_authorization_roles(client) as roles:
        roles.add_member_to_role(client, ada, ADMIN)
        raise KeyError("a mistake in the script")
    assert [noted.method for noted in plane.recorder.take()] == ["GET"]
    with churn.apply_authorization_roles(client, notify_by_email=True) as roles:
        roles.add_members_to_role(client, [ada, analysts], VIEWER)
        roles.set_members(client, [analysts], EDITOR)
    sent = [noted for noted in plane.recorder.take() if noted.method == "POST"]
    assert len(sent) == 1
    attributes = sent[0].body["data"]["attributes"]
    assert attributes["metadata"] == {"project_ids": [churn.id], "notify_by_email": True}
    assert {request["body"]["data"]["attributes"]["name"] for request in attributes["requests"]} == {"Editor", "Viewer"}


def test_a_project_that_no_client_read_cannot_be_asked_for_members() -> None:
    with pytest.raises(ConfigurationError, match="not read by a client"):
        Project(id="p-1").get_admin_users()


def test_the_effective_role_is_the_highest_of_ones_own_and_ones_groups(
    client: Client, churn: Project, ada: User, analysts: Group
) -> None:
    assert churn.get_user_effective_role(client, ada) is None
    churn.set_membership(client, ada, VIEWER)
    assert churn.get_user_effective_role(client, str(ada.username)) == VIEWER
    ada.add_to_group(client, analysts)
    churn.set_membership(client, analysts, EDITOR)
    assert ada.get_project_effective_role(client, str(churn.name)) == EDITOR
    churn.set_owner(client, ada)
    assert churn.get_user_effective_role(client, ada.id) == ADMIN


def test_a_member_is_put_into_and_taken_out_of_a_project_by_name(
    client: Client, churn: Project, analysts: Group
) -> None:
    analysts.ensure_project_membership(client, str(churn.name), EDITOR)
    analysts.ensure_project_membership(client, str(churn.name), VIEWER)
    assert [group.name for group in churn.get_viewer_groups()] == [analysts.name]
    analysts.remove_from_project(client, str(churn.name))
    assert Project.get(client, churn.id).get_viewer_groups() == []


def test_a_project_changes_hands(client: Client, churn: Project, ada: User) -> None:
    assert churn.set_owner(client, str(ada.username)) is churn
    owner = churn.get_owner(client)
    assert owner is not None
    assert owner.username == ada.username


def test_a_project_that_its_former_owner_cannot_see_any_more_is_returned_as_it_was() -> None:
    def script(asked: Asked) -> Any:
        return Say(204) if asked.method == "PUT" else Say(404)

    project = Project.from_record(one("project", "p-1", name="churn"))
    with stub(script) as server:
        after = project.set_owner(a_client(server.url), User(id="u-2"))
    assert (after.name, after.linked_ids("owner")) == ("churn", ["u-2"])


def test_a_project_is_deleted_by_its_name_with_a_strategy_and_never_twice() -> None:
    job = body(one("job", "j-1", state="completed"))
    with stub(lambda _: job) as server:
        Project(id="p-1", name="churn").delete(
            a_client(server.url), deletion_strategy=ProjectDeletionStrategies.cascading
        )
    asked = server.asked[0]
    assert (asked.line, asked.headers["igz-project-deletion-strategy"]) == ("DELETE projects", "cascading")
    assert asked.body == {"data": {"type": "project", "attributes": {"name": "churn"}, "relationships": {}}}
    with stub(lambda _: Say(412)) as server, pytest.raises(PreconditionFailed):
        Project(id="p-1", name="churn").delete(a_client(server.url))
    assert "igz-project-deletion-strategy" not in server.asked[0].headers


def test_a_project_known_by_its_id_alone_is_looked_up_before_it_is_deleted(client: Client, churn: Project) -> None:
    assert Project(id=churn.id).delete(client) is not None
    assert Project(id=churn.id).delete(client, ignore_missing=True) is None
