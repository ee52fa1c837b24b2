"""Wire reference, section 3: envelope, queries, updates, errors."""

from __future__ import annotations

import re

import pytest

from tests.contract.contract_plane import Plane, resource, user

CTX = re.compile(r"\d{1,20}\Z")


def usernames(plane: Plane, query: str) -> list[str]:
    reply = plane.get(f"/users?{query}")
    assert reply.status == 200, reply.raw
    return [each["attributes"]["username"] for each in reply.data]


@pytest.fixture
def people(plane: Plane) -> Plane:
    plane.emulator.load(
        {
            "users": [
                {"username": "ada", "first_name": "Test", "uid": 300, "assigned_policies": ["Data"]},
                {"username": "bob", "first_name": "Test", "uid": 200, "assigned_policies": ["Developer"]},
                {"username": "eve", "first_name": "Test", "uid": 100, "admin_status": "down"},
            ]
        }
    )
    return plane


@pytest.mark.parametrize("path", ["/users", "/users/none", "/nowhere", "/users?filter[x]=1"])
def test_every_answer_has_a_ctx_and_every_error_its_list(plane: Plane, path: str) -> None:
    reply = plane.get(path)
    assert CTX.match(reply.json["meta"]["ctx"])
    assert int(reply.json["meta"]["ctx"]) < 2**64
    assert reply.status == 200 or reply.detail


def test_a_list_is_cut_at_the_default_page_and_says_so_only_when_asked(plane: Plane) -> None:
    plane.emulator.load({"groups": [{"name": f"g{n}"} for n in range(70)]})
    assert len(plane.get("/user_groups").data) == 50
    assert set(plane.get("/user_groups").json["meta"]) == {"ctx"}
    meta = plane.get("/user_groups?count=records&page[size]=0").json["meta"]
    assert (meta["total_records"], meta["total_pages"], meta["page_number"]) == (72, 2, 0)


def test_pages_are_counted_from_zero_and_hold_each_record_once(plane: Plane) -> None:
    plane.emulator.load({"groups": [{"name": f"g{n:02}"} for n in range(23)]})
    pages = [plane.get(f"/user_groups?page[number]={n}&page[size]=10").data for n in range(4)]
    assert [len(page) for page in pages] == [10, 10, 5, 0]
    assert len({each["id"] for page in pages for each in page}) == 25


def test_a_page_can_be_asked_for_by_the_id_that_it_holds(plane: Plane) -> None:
    plane.emulator.load({"groups": [{"name": f"g{n}"} for n in range(20)]})
    wanted = plane.get("/user_groups?filter[name]=g15").data[0]["id"]
    page = plane.get(f"/user_groups?page[of]={wanted}&page[size]=5&count=records")
    assert wanted in [each["id"] for each in page.data]
    assert page.json["meta"]["page_number"] == 3


@pytest.mark.parametrize("number", ["99999999999", "9" * 18])
def test_a_page_far_beyond_the_end_is_empty(plane: Plane, number: str) -> None:
    assert plane.get(f"/users?page[number]={number}").data == []


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("filter[username]=ada", ["ada"]),
        ("filter%5Busername%5D=ada", ["ada"]),
        ("filter[first_name]=Test&filter[uid]=200", ["bob"]),
        ("filter[uid]=[$gt]100", ["ada", "bob"]),
        ("filter[uid]=[$ge]100&filter[uid]=[$lt]300", ["bob", "eve"]),
        ("filter[operational_status]=[$ne]up", ["eve"]),
        ("filter[username]=[$eq]eve", ["eve"]),
        ("filter[username]=[$contains_istr]DA", ["ada"]),
        ("filter[assigned_policies]=[$contains_any]Developer,Project Admin", ["bob"]),
        ("filter[assigned_policies]=Data", ["ada"]),
        ("filter[send_password_on_creation]=true", []),
        ("filter[created_at]=[$gt]2001-01-01T00:00:00.000Z", ["ada", "bob", "eve"]),
        ("filter[created_at]=[$gt]2101-01-01T00:00:00.000000001Z", []),
        ("sort=uid", ["eve", "bob", "ada"]),
        ("sort=-first_name,-username", ["eve", "bob", "ada"]),
    ],
)
def test_lists_are_filtered_and_sorted(people: Plane, query: str, expected: list[str]) -> None:
    found = usernames(people, f"{query}&page[size]=100")
    assert [each for each in found if each in ("ada", "bob", "eve")] == expected


@pytest.mark.parametrize(
    "query",
    [
        "filter[nope]=1",
        "filter[password]=x",
        "filter[idp]=x",
        "filter[uid]=many",
        "filter[uid]=[$like]1",
        "filter[username]=[$match-i]a",
        "filter[username]=[$contains_any]a",
        "filter[assigned_policies]=[$gt]a",
        "filter[send_password_on_creation]=maybe",
        "filter[created_at]=yesterday",
        "filter=1",
        "sort=nope",
        "include=nope",
        "include=user_groups.nope",
        "include=user_groups.users.user_groups.users",
        "page[number]=-1",
        "page[size]=many",
        "page[of]=nobody",
        "count=everything",
    ],
)
def test_a_query_that_cannot_be_understood_is_refused(plane: Plane, query: str) -> None:
    reply = plane.get(f"/users?{query}")
    assert (reply.status, bool(reply.detail)) == (400, True)


def test_parameters_that_nobody_sends_have_no_effect(plane: Plane) -> None:
    assert plane.get("/users?fields=username&pretty=1").status == 200


def test_included_resources_stand_beside_the_list_once(plane: Plane) -> None:
    group = plane.add_group("analysts")
    plane.add_user("ada", [group])
    plane.add_user("bob", [group])
    reply = plane.get("/users?filter[first_name]=Ada&include=user_groups,primary_group")
    names = [each["attributes"]["name"] for each in reply.json["included"]]
    assert sorted(names) == ["all_users", "analysts"]
    for each in reply.data:
        assert "included" not in each
        assert len(each["relationships"]["user_groups"]["data"]) == 2
        assert "primary_group" not in each["relationships"], "an unset relationship is left out"


def test_a_resource_that_is_in_the_list_is_not_included_again(plane: Plane) -> None:
    reply = plane.get("/users?include=user_groups.users")
    listed = {each["id"] for each in reply.data}
    assert not [each for each in reply.json["included"] if each["type"] == "user" and each["id"] in listed]
    everyone = next(each for each in reply.json["included"] if each["attributes"]["name"] == "all_users")
    assert {each["id"] for each in everyone["relationships"]["users"]["data"]} == listed


def test_an_empty_to_many_relationship_is_left_out(plane: Plane) -> None:
    group = plane.add_group("empty")
    assert "users" not in plane.get(f"/user_groups/{group}?include=users").data.get("relationships", {})


def test_an_unset_attribute_is_left_out_and_never_null(plane: Plane) -> None:
    group = plane.add_group("plain", description=None)
    assert "description" not in plane.get(f"/user_groups/{group}").attributes
    for path in ("/users", "/user_groups", "/projects", "/jobs", "/smtp_connections", "/app_services_manifests"):
        assert b"null" not in plane.get(path).raw


def test_an_update_merges(plane: Plane) -> None:
    group = plane.add_group("analysts", description="before", assigned_policies=["Data"])
    for attributes, expected in (
        ({}, ("before", ["Data"])),
        ({"description": "after"}, ("after", ["Data"])),
        ({"assigned_policies": []}, ("after", [])),
        ({"description": None}, (None, [])),
    ):
        held = plane.put(f"/user_groups/{group}", resource("user_group", attributes)).attributes
        assert (held.get("description"), held["assigned_policies"]) == expected


def test_read_only_attributes_in_an_update_are_tolerated(plane: Plane) -> None:
    ada = plane.add_user("ada")
    before = plane.get(f"/users/{ada}").attributes
    sent = {**before, "operational_status": "deleting", "created_at": "2001-01-01T00:00:00Z", "job_title": "x"}
    after = plane.put(f"/users/{ada}", resource("user", sent)).attributes
    assert after == {**before, "job_title": "x", "updated_at": after["updated_at"]}


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b'{"data": NaN}', "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 50_000, "not JSON"),
        (b"[]", "no object"),
        (b'{"data": []}', "no object"),
        (b'{"data": {"type": "user_group", "attributes": []}}', "not an object"),
        (b'{"data": {"type": "user", "attributes": {"name": "x"}}}', "data.type"),
        (b'{"data": {"attributes": {"name": "x"}}}', "data.type"),
        (b'{"data": {"type": "user_group", "attributes": {"name": "\\ud800"}}}', "not text"),
        (b'{"data": {"type": "user_group", "attributes": {"name": "a\\u0000b"}}}', "not text"),
        (b'{"data": {"type": "user_group", "attributes": {"name": 7}}}', "name is not a string"),
        (b'{"data": {"type": "user_group", "attributes": {"name": "x", "gid": true}}}', "gid is not an integer"),
        (b'{"data": {"type": "user_group", "attributes": {"name": "x", "color": 1}}}', "no attribute 'color'"),
        (b'{"data": {"type": "user_group", "attributes": {}}}', "needs name"),
        (
            b'{"data": {"type": "user_group", "attributes": {"name": "x"}, "relationships": {"cats": {"data": []}}}}',
            "no relationship 'cats'",
        ),
    ],
)
def test_a_body_that_cannot_be_understood_is_refused(plane: Plane, body: bytes, detail: str) -> None:
    reply = plane.post("/user_groups", body)
    assert (reply.status, detail in reply.detail) == (400, True), reply.raw


def test_the_forms_of_all_clients_are_accepted(plane: Plane) -> None:
    without = {"data": {"type": "user_group", "attributes": {"name": "without-relationships"}}}
    with_empty_id = {"data": {"type": "user_group", "id": "", "attributes": {"name": "with-empty-id", "gid": None}}}
    assert [plane.post("/user_groups", body).status for body in (without, with_empty_id)] == [201, 201]


def test_a_refused_write_leaves_nothing_behind(plane: Plane) -> None:
    before = plane.get("/users?count=records").json["meta"]["total_records"]
    links = {"user_groups": {"data": [{"type": "user_group", "id": "nobody"}]}}
    assert plane.post("/users", user("ada", links)).status == 400
    assert plane.get("/users?count=records").json["meta"]["total_records"] == before
    assert plane.get("/jobs").data == []


def test_what_does_not_exist_is_told_from_what_cannot_be_done(plane: Plane) -> None:
    assert plane.get("/users/nobody").status == 404
    assert plane.get("/nothing").status == 404
    assert plane.call("PATCH", "/users/nobody", {}).status == 405
    assert plane.call("DELETE", "/projects/churn").status == 405
    assert plane.call("HEAD", "/users").raw == b""


def test_a_timestamp_has_six_fraction_digits_and_an_offset(plane: Plane) -> None:
    form = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00\Z")
    assert form.match(plane.get("/self").attributes["created_at"])
