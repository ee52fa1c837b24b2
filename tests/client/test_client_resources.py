"""Resources: attributes, what an update sends, and included records."""

from __future__ import annotations

from typing import Any

import pytest

from igz_apply.controlplane import (
    AccessKey,
    BadRequest,
    Group,
    Job,
    K8sConfig,
    NotFound,
    Project,
    Resource,
    ResourceListPagingQueryParams,
    SmtpConnection,
    TenantManagementRoles,
    Unsupported,
    User,
)
from tests.client.client_builders import a_client
from tests.client.client_stub import Asked, Say, body, in_turn, one, stub

ADA = one("user", "u-1", username="ada", admin_status="up", uid=51, assigned_policies=["Data"], avatar="cat.png")


def read(record: dict[str, Any]) -> Any:
    return Resource.from_record(record)


def test_a_record_becomes_the_resource_of_its_type_and_unknown_types_stay_plain() -> None:
    assert [type(read(one(kind, "1"))) for kind in ("user", "user_group", "job", "invention")] == [
        User,
        Group,
        Job,
        Resource,
    ]


def test_what_the_server_did_not_send_is_not_made_up() -> None:
    user = read(one("user", "u-1"))
    assert (user.operational_status, user.uid, user.email, user.assigned_policies) == (None, None, None, [])


def test_unknown_attributes_and_values_pass_through() -> None:
    user = read(one("user", "u-1", avatar="cat.png", assigned_policies=["Data", "Brand New Policy"]))
    assert (user.avatar, user.assigned_policies) == ("cat.png", ["Data", "Brand New Policy"])
    assert user.assigned_policies[0] == TenantManagementRoles.data
    with pytest.raises(AttributeError, match="has no attribute 'nickname', and the server sent none"):
        _ = user.nickname


def test_an_update_sends_what_may_be_written_and_what_was_changed() -> None:
    user = read(ADA)
    user.admin_status = "down"
    assert user.writable_attributes() == {"admin_status": "down", "assigned_policies": ["Data"]}
    user.avatar = "dog.png"
    assert user.changed_attributes() == {"admin_status": "down", "avatar": "dog.png"}


def test_a_resource_made_with_its_id_alone_sends_what_was_set() -> None:
    user = User(id="u-1")
    user.department = "R&D"
    assert user.writable_attributes() == {"department": "R&D"}


def test_looking_at_an_absent_list_does_not_set_it_and_filling_it_does() -> None:
    project = Project(id="p-1")
    assert project.labels == []
    assert project.writable_attributes() == {}
    project.labels.append({"name": "team", "value": "retail"})
    assert project.writable_attributes() == {"labels": [{"name": "team", "value": "retail"}]}


def test_a_list_changed_in_place_is_a_change() -> None:
    user = read(ADA)
    user.assigned_policies.append("Developer")
    assert user.changed_attributes() == {"assigned_policies": ["Data", "Developer"]}
    assert ADA["attributes"]["assigned_policies"] == ["Data"]


def test_an_emptied_list_is_sent_as_such() -> None:
    project = read(one("project", "p-1", labels=[{"name": "a", "value": "b"}]))
    project.labels = []
    assert project.changed_attributes() == {"labels": []}


def test_nothing_is_shared_between_resources() -> None:
    first, second = User(), User()
    first.assigned_policies.append("Data")
    assert second.assigned_policies == []


MANY_GROUPS = {"user_groups": {"data": [{"type": "user_group", "id": "g-1"}, {"type": "user_group", "id": "g-2"}]}}
ONE_GROUP = {"user_groups": {"data": [{"type": "user_group", "id": "g-2"}]}, "primary_group": {"data": None}}
GROUPS = [one("user_group", "g-1", name="first"), one("user_group", "g-2", name="second"), one("user_group", "g-3")]


def test_included_records_are_attached_to_what_they_belong_to() -> None:
    page = body([one("user", "u-1", MANY_GROUPS), one("user", "u-2", ONE_GROUP), one("user", "u-3")], GROUPS)
    with stub(in_turn(page)) as server:
        users = User.list(a_client(server.url), include=["user_groups"], paging=ResourceListPagingQueryParams())
    assert [[group.name for group in user.included] for user in users] == [["first", "second"], ["second"], []]
    assert users[0].included[1] is users[1].included[0]
    assert users[1].related("user_groups") == users[1].included
    assert users[1].related("primary_group") == []


def test_included_records_are_reached_over_each_other() -> None:
    role = one("project_authorization_role", "r-1", {"principal_users": {"data": [{"type": "user", "id": "u-1"}]}})
    back = one("user", "u-1", {"projects": {"data": [{"type": "project", "id": "p-1"}]}}, username="ada")
    linked = {"project_authorization_roles": {"data": [{"type": "project_authorization_role", "id": "r-1"}]}}
    with stub(in_turn(body(one("project", "p-1", linked), [role, back, one("user", "u-2")]))) as server:
        project = Project.get(a_client(server.url), "p-1", include=["project_authorization_roles.principal_users"])
    assert [record.id for record in project.included] == ["r-1", "u-1"]


def test_an_update_takes_the_answer_if_it_shows_the_change_and_else_reads_again() -> None:
    shows = body(one("user", "u-1", department="R&D", username="ada"))
    stale = body(one("user", "u-1", department="old", username="ada"))
    for replies, calls in (
        ((shows,), ["PUT users/u-1"]),
        ((stale, shows), ["PUT users/u-1", "GET users/u-1"]),
        ((Say(204), shows), ["PUT users/u-1", "GET users/u-1"]),
    ):
        with stub(in_turn(*replies)) as server:
            user = User(id="u-1", department="R&D").update(a_client(server.url))
        assert (user.username, user.department, server.lines) == ("ada", "R&D", calls)
        assert user.changed_attributes() == {}


def test_relationships_can_be_written_with_an_update() -> None:
    linkage = {"primary_group": {"data": {"type": "user_group", "id": "g-1"}}}
    with stub(in_turn(body(ADA))) as server:
        User(id="u-1").update(a_client(server.url), relationships=linkage, job_title="analyst")
    assert server.asked[0].body == {
        "data": {"type": "user", "attributes": {"job_title": "analyst"}, "relationships": linkage}
    }


@pytest.mark.parametrize("resource_id", [None, ""])
def test_a_call_without_an_id_is_refused_before_it_reaches_the_collection(resource_id: Any) -> None:
    with stub(in_turn(body(ADA))) as server:
        client = a_client(server.url)
        for act in (
            lambda: User.get(client, resource_id),
            lambda: User(id=resource_id).update(client),
            lambda: User(id=resource_id).delete(client),
        ):
            with pytest.raises(ValueError, match="id of an existing record"):
                act()
    assert server.asked == []


def test_an_id_is_quoted_in_the_path() -> None:
    with stub(in_turn(body(one("project", "a b/c@t")))) as server:
        Project.get(a_client(server.url), "a b/c@t")
    assert server.asked[0].path == "projects/a%20b%2Fc@t"


@pytest.mark.parametrize("given", ["ada", "0c9a1d52-3a75-4b55-9d0a-6a1d6a5f8e21", "0c9a1d523a754b559d0a6a1d6a5f8e21"])
@pytest.mark.parametrize("is_name", [True, False])
def test_a_name_that_looks_like_an_id_is_still_found(given: str, is_name: bool) -> None:
    user = one("user", "u-1" if is_name else given, username=given if is_name else "ada")

    def script(asked: Asked) -> Any:
        if asked.path == "users":
            return body([user] if dict(asked.query)["filter[username]"] == user["attributes"]["username"] else [])
        return body(user) if asked.path == f"users/{user['id']}" else Say(404)

    with stub(script) as server:
        assert User.resolve(a_client(server.url), given).id == user["id"]


def test_a_name_is_found_exactly_or_not_at_all() -> None:
    others = body([one("user", "u-2", username="ada-two")])
    with stub(in_turn(others)) as server, pytest.raises(NotFound, match="'ada'"):
        User.get_by_username(a_client(server.url), "ada")


@pytest.mark.parametrize(("name", "sent"), [("[$ne]x", "[$eq][$ne]x"), ("[x]", "[x]"), ("a [$ne]x", "a [$ne]x")])
def test_a_name_is_never_sent_as_an_operator(name: str, sent: str) -> None:
    with stub(in_turn(body([one("group", "g-1", name=name)]))) as server:
        assert Group.get_by_name(a_client(server.url), name).id == "g-1"
    assert dict(server.asked[0].query) == {"filter[name]": sent}


@pytest.mark.parametrize("name", [".", ".."])
def test_a_name_that_a_path_would_swallow_is_asked_of_nobody(name: str) -> None:
    with stub(in_turn(body([]))) as server:
        for find in (Project.get, Project.get_by_name):
            with pytest.raises(NotFound):
                find(a_client(server.url), name)
    assert server.asked == []


@pytest.mark.parametrize(
    ("asked", "query"),
    [
        ({"filter_by": {"username": "ada"}}, {"filter[username]": "ada"}),
        (
            {"filter_by": {"policies": "[$contains_any]Data,IT Admin"}},
            {"filter[policies]": "[$contains_any]Data,IT Admin"},
        ),
        ({"filter_by": {"policies": TenantManagementRoles.data}}, {"filter[policies]": "Data"}),
        ({"filter_by": {"enabled": True}}, {"filter[enabled]": "true"}),
        ({"sort_by": ["a", "-b"], "include": ["x", "y.z"]}, {"sort": "a,-b", "include": "x,y.z"}),
        ({"sort_by": "created_at"}, {"sort": "created_at"}),
        ({"filter_by": {}, "sort_by": [], "include": None}, {}),
    ],
)
def test_a_list_is_asked_for_as_the_wire_has_it(asked: dict[str, Any], query: dict[str, str]) -> None:
    with stub(in_turn(body([]))) as server:
        User.list(a_client(server.url), paging=ResourceListPagingQueryParams(number=2, size=30), **asked)
    assert dict(server.asked[0].query) == {**query, "page[number]": "2", "page[size]": "30"}


@pytest.mark.parametrize("wrong", [{"number": -1}, {"size": -1}])
def test_a_page_that_cannot_be_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="negative"):
        ResourceListPagingQueryParams(**wrong)


def test_a_job_can_be_deleted_where_the_platform_lets_it() -> None:
    gone = body(one("deletion_response", "0", {"jobs": {"data": [{"type": "job", "id": "j-2"}]}}))
    with stub(in_turn(gone, body(one("job", "j-2", state="completed")))) as server:
        job = Job(id="j-1").delete(a_client(server.url))
    assert (job and job.id, server.lines) == ("j-2", ["DELETE jobs/j-1", "GET jobs/j-2"])
    with stub(in_turn(gone)) as server:
        job = Job(id="j-1").delete(a_client(server.url), wait_for_job_deletion=False)
    assert (job and job.id, server.lines) == ("j-2", ["DELETE jobs/j-1"])
    told = body(
        one("deletion_response", "0", {"jobs": {"data": [{"type": "job", "id": "j-2"}]}}),
        included=[one("job", "j-1", state="completed"), one("job", "j-2", state="created", kind="job.deletion")],
    )
    with stub(in_turn(told)) as server:
        job = Job(id="j-1").delete(a_client(server.url), wait_for_job_deletion=False)
    assert job is not None
    assert (job.id, job.state, job.kind) == ("j-2", "created", "job.deletion")
    with stub(in_turn(Say(405))) as server, pytest.raises(BadRequest):
        Job(id="j-1").delete(a_client(server.url))


def test_a_feature_that_the_version_lacks_is_refused_before_anything_is_created() -> None:
    old = body(one("external_version", "igz0", external="3.5.4-b1.20230101000000"))
    refused = pytest.raises(Unsupported, match=r"needs version 3\.5\.5; this system is 3\.5\.4")
    with stub(in_turn(old)) as server, refused:
        User.create(a_client(server.url), "ada", "a@x.org", "A", "B", authentication_methods=["sso"])
    assert [asked.method for asked in server.asked] == ["GET"]


def test_groups_given_at_creation_are_the_callers_own_and_stay_so() -> None:
    groups = ["g-1"]
    with stub(in_turn(Say(201, body(ADA)))) as server:
        User.create(
            a_client(server.url),
            *("ada", "a@x.org", "A", "B"),
            groups=groups,
            primary_group="g-2",
            wait_for_completion=False,
        )
    linked = server.asked[0].body["data"]["relationships"]
    assert [link["id"] for link in linked["user_groups"]["data"]] == ["g-1", "g-2"]
    assert linked["primary_group"]["data"]["id"] == "g-2"
    assert groups == ["g-1"]


def test_the_mail_servers_address_is_taken_apart() -> None:
    addresses = {"mail.example.org:25": ("mail.example.org", 25), "mail": ("mail", None), "": (None, None)}
    found = {a: SmtpConnection(server_address=a) for a in addresses}
    assert {a: (mail.host, mail.port) for a, mail in found.items()} == addresses


@pytest.mark.parametrize("text", ["", "{", "[]", '{"app_services": null}', '{"app_services": [1]}'])
def test_a_kubernetes_manifest_that_cannot_be_read_has_no_services(text: str) -> None:
    assert K8sConfig(app_services_manifest=text).app_services == []


def test_services_of_kubernetes_are_read_out_of_their_text() -> None:
    config = K8sConfig(app_services_manifest='{"app_services": [{"spec": {"name": "s", "kind": "k"}, "status": {}}]}')
    assert [(service.name, service.status and service.status.state) for service in config.app_services] == [("s", None)]


def test_a_key_is_asked_for_by_planes_and_label() -> None:
    with stub(in_turn(body(one("access_key", "k-1", label="mine")))) as server:
        key = AccessKey.get_or_create(a_client(server.url), planes=["control"], label="mine")
    assert key.id == "k-1"
    assert server.asked[0].body == {
        "data": {"type": "access_key", "attributes": {"planes": ["control"], "label": "mine"}}
    }
