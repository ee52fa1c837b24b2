"""Specs to the API's JSON and back, by the kinds' tables."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from igz_apply.iguazio3.decode import decoder, is_ready, key_of, links_of, readiness_member
from igz_apply.iguazio3.encode import encode, encode_create, encode_roles, encode_update, mark_of, splice, with_mark
from igz_apply.iguazio3.kinds import APP_SERVICE, GROUP, KINDS, PROJECT, USER
from igz_apply.iguazio3.wire import PAIRS, Collection, Form, Wire, path_of
from igz_apply.model.addresses import Address
from igz_apply.model.kind import OWNER_MARK, Field, Kind, Kinds, Shape
from igz_apply.model.resources import Resource, SecretRef
from igz_apply.planning.diff import leaves
from tests.builders import cluster, group, live, manifests, plan_for, project, service, user

THING = Kind(
    name="Thing",
    wire=Collection(path="things", type="thing"),
    fields=(
        Field(
            "settings",
            shape=Shape.OBJECT,
            wire=Wire("the_settings"),
            fields=(
                Field("cpu", shape=Shape.QUANTITY, wire=Wire("the_cpu")),
                Field("tags", shape=Shape.MAP, wire=PAIRS),
                Field("deep", shape=Shape.OBJECT),
            ),
        ),
        Field("parts", shape=Shape.LIST),
    ),
)


def ids(address: Address) -> str:
    return f"id of {address}"


def secret(ref: SecretRef) -> str:
    return f"secret of {ref.from_env}"


def created(declared: Resource, *members: str) -> dict[str, Any]:
    kind = KINDS[declared.address.kind]
    return encode_create(KINDS, kind, declared.address.name, declared.spec, members, ids, secret)


def updated(declared: Resource, before: Resource, *paths: str) -> dict[str, Any]:
    kind = KINDS[declared.address.kind]
    shown = [tuple(path.split(".")) for path in paths]
    return encode_update(KINDS, kind, declared.spec, live(before).spec, shown, ids, secret)


# To the API


@pytest.mark.parametrize(
    ("shape", "value", "wire"),
    [
        (Shape.SCALAR, 1, 1),
        (Shape.SCALAR, None, None),
        (Shape.SET, None, []),
        (Shape.LIST, None, []),
        (Form.PAIRS, {"b": "2", "a": "1"}, [{"name": "a", "value": "1"}, {"name": "b", "value": "2"}]),
        (Form.PAIRS, None, []),
        (Form.ENTRIES, {"a": "1"}, {"entries": [{"key": "a", "value": "1"}]}),
        (Form.ENTRIES, None, None),
        (Shape.QUANTITY, 2, "2"),
        (Shape.QUANTITY, None, None),
        (Shape.DURATION, "1h", "1h"),
        (Shape.MAP, {"a": "1"}, {"a": "1"}),
        (Shape.SCALAR, SecretRef(from_env="PW"), "secret of PW"),
    ],
)
def test_values_are_written_as_the_api_wants_them(shape: Shape | Form, value: Any, wire: Any) -> None:
    field = Field("x", shape=shape) if isinstance(shape, Shape) else Field("x", shape=Shape.MAP, wire=Wire(form=shape))
    assert encode(field, value, secret) == wire


def test_what_no_table_describes_is_written_as_it_is() -> None:
    assert encode(None, {"a": None}, secret) == {"a": None}


def test_a_create_carries_what_is_declared_with_names_as_links() -> None:
    declared = user("ada", email="a@x.org", description=None, password=SecretRef(from_env="PW"), primary_group="ds")
    assert created(declared, "ops", "ds") == {
        "type": "user",
        "attributes": {"username": "ada", "email": "a@x.org", "password": "secret of PW"},
        "relationships": {
            "user_groups": {
                "data": [
                    {"type": "user_group", "id": "id of Group/ds"},
                    {"type": "user_group", "id": "id of Group/ops"},
                ]
            },
            "primary_group": {"data": {"type": "user_group", "id": "id of Group/ds"}},
        },
    }
    assert created(group("ds", users=["ada"]))["relationships"] == {}
    assert created(project("p", members={"viewer": {}}, deletion_strategy="cascading"))["attributes"] == {"name": "p"}


def test_an_update_carries_exactly_the_paths_that_were_shown() -> None:
    declared = project("p", description="x", labels={"a": "1"}, owner="ada", admin_status=None)
    assert updated(declared, project("p"), "description", "owner") == {
        "type": "project",
        "attributes": {"description": "x"},
        "relationships": {"owner": {"data": {"type": "user", "id": "id of User/ada"}}},
    }
    assert updated(declared, project("p"), "admin_status")["attributes"] == {"admin_status": None}
    elsewhere = updated(project("p", members={"viewer": {}}), project("p"), "members.viewer.users")
    assert (elsewhere["attributes"], elsewhere["relationships"]) == ({}, {})
    cleared = updated(user("ada", primary_group=None, groups=[]), user("ada"), "primary_group", "groups")
    assert cleared["relationships"] == {"primary_group": {"data": None}}


def test_an_object_is_sent_whole_with_what_the_plan_leaves_alone() -> None:
    kinds = Kinds((THING,))
    before = {"settings": {"cpu": "1", "tags": {"a": "1"}, "deep": {"x": 1, "y": 2}, "odd": 3}}
    desired = {
        "settings": {"cpu": 2, "tags": {"b": "2"}, "deep": {"x": 9, "y": None, "z": None}, "odd": 4},
        "parts": [1],
    }
    paths = [("settings", "cpu"), ("settings", "deep", "x"), ("settings", "deep", "y")]
    data = encode_update(kinds, THING, desired, before, paths, ids, secret)
    assert data["attributes"] == {
        "the_settings": {"the_cpu": "2", "tags": [{"name": "a", "value": "1"}], "deep": {"x": 9}, "odd": 3}
    }
    data = encode_update(kinds, THING, {"settings": {"deep": {"x": 1}}}, {}, [("settings",)], ids, secret)
    assert data["attributes"] == {"the_settings": {"deep": {"x": 1}}}
    data = encode_update(kinds, THING, {"settings": None}, before, [("settings",)], ids, secret)
    assert data["attributes"] == {"the_settings": None}


def test_roles_are_written_whole_from_what_was_read_right_before() -> None:
    field = PROJECT.field_named("members")
    assert field is not None
    item = {
        "type": "project",
        "id": "P",
        "relationships": {path_of(field): {"data": [{"id": "RA"}, {"id": "RE"}, {"id": "RX"}]}},
    }
    roles = {
        "RA": {"type": "role", "id": "RA", "attributes": {"name": "Admin"}, "relationships": {}},
        "RE": {
            "type": "role",
            "id": "RE",
            "attributes": {"name": "Editor"},
            "relationships": {"principal_users": {"data": [{"id": "id of User/ada"}, {"id": "somebody"}]}},
        },
        "RX": {"type": "role", "id": "RX", "attributes": {"name": "Unheard of"}},
    }
    lists = {("editor", "users"): (frozenset({"bob"}), frozenset({"ada"}))}
    (request,) = encode_roles(KINDS, field, item, roles, lists, ids)
    assert request["resource"] == f"{path_of(field)}/RE"
    assert request["body"]["data"]["relationships"] == {
        "project": {"data": {"type": "project", "id": "P"}},
        "principal_users": {"data": [{"type": "user", "id": "id of User/bob"}, {"type": "user", "id": "somebody"}]},
        "principal_user_groups": {"data": []},
    }
    already = {("editor", "users"): (frozenset({"ada"}), frozenset({"cy"}))}
    assert encode_roles(KINDS, field, item, roles, already, ids) == []


def spliced(declared: Resource, entry: Any = None) -> Any:
    before = decoder(APP_SERVICE, {}, {})(entry).spec if entry is not None else None
    return splice(APP_SERVICE, entry, declared.address.name, leaves(APP_SERVICE, declared, before), secret)


def test_a_new_entry_holds_what_is_declared() -> None:
    declared = service(
        "s",
        kind="filebeat",
        labels={"a": "1"},
        resources={"limits": {"cpu": 1, "memory": None}},
        advanced={"node_selector": {"zone": "b"}},
        filebeat={"elasticsearch_password": SecretRef(from_env="PW"), "odd": {"deep": [1]}},
    )
    assert spliced(declared) == {
        "meta": {"labels": {"a": "1"}},
        "spec": {
            "name": "s",
            "kind": "filebeat",
            "resources": {"limits": {"cpu": "1"}},
            "advanced": {"node_selector": {"entries": [{"key": "zone", "value": "b"}]}},
            "filebeat": {"elasticsearch_password": "secret of PW", "odd": {"deep": [1]}},
        },
    }


def test_an_entry_keeps_all_that_the_plan_does_not_change() -> None:
    entry: dict[str, Any] = {
        "spec": {
            "name": "s",
            "kind": "jupyter",
            "later": 1,
            "jupyter": {"image_name": "x", "unknown": 2},
            "description": "d",
        },
        "status": {"state": "ready"},
        "more": True,
    }
    declared = service("s", jupyter={"image_name": "y", "odd": {"a": 1}}, description=None, avatar=None)
    assert spliced(declared, entry) == {
        "spec": {
            "name": "s",
            "kind": "jupyter",
            "later": 1,
            "jupyter": {"image_name": "y", "unknown": 2, "odd": {"a": 1}},
        },
        "status": {"state": "ready"},
        "more": True,
    }
    assert entry["spec"]["jupyter"] == {"image_name": "x", "unknown": 2}


def test_an_entry_in_which_something_else_stands_where_an_object_belongs() -> None:
    entry = {"spec": {"name": "s", "kind": "jupyter", "jupyter": "none"}}
    assert spliced(service("s", jupyter={"image_name": "y"}), entry)["spec"]["jupyter"] == {"image_name": "y"}


# From the API


def test_a_user_is_read_with_names_for_ids() -> None:
    item = {
        "id": "U1",
        "attributes": {"username": "ada", "assigned_policies": ["B", "A"], "email": None, "later": 1, "password": "x"},
        "relationships": {
            "primary_group": {"data": {"id": "G1"}},
            "user_groups": {"data": [{"id": "G1"}, {"id": "G9"}]},
        },
    }
    read = decoder(USER, {"Group": {"G1": "ds", "G9": "all_users"}}, {})(item)
    assert (str(read.address), read.id) == ("User/ada", "U1")
    assert read.spec == {"assigned_policies": ["A", "B"], "primary_group": "ds"}
    assert (read.is_system, read.is_ready, read.is_deleting) == (False, True, False)


def test_an_id_that_nobody_knows_stands_for_itself() -> None:
    item = {"id": "P", "attributes": {"name": "p"}, "relationships": {"owner": {"data": {"id": "U9"}}}}
    assert decoder(PROJECT, {}, {})(item).spec == {"owner": "U9", "members": {}}


def test_lists_of_pairs_and_entries_are_read_as_maps() -> None:
    item = {"id": "P", "attributes": {"name": "p", "labels": [{"name": "b", "value": "1"}, {"name": "a"}]}}
    assert decoder(PROJECT, {}, {})(item).spec["labels"] == {"b": "1", "a": ""}
    entry = {
        "spec": {
            "name": "s",
            "kind": "jupyter",
            "advanced": {"node_selector": {"entries": [{"key": "z", "value": "b"}, {"name": "y"}]}, "later": 1},
            "security_context": {"supplemental_groups": ["2", "1"]},
            "filebeat": {"elasticsearch_password": "seen"},
            "pvc": "odd",
            "resources": None,
        },
        "meta": None,
    }
    read = decoder(APP_SERVICE, {}, {})(entry)
    assert read.spec == {
        "kind": "jupyter",
        "advanced": {"node_selector": {"z": "b", "y": ""}, "later": 1},
        "security_context": {"supplemental_groups": ["1", "2"]},
        "filebeat": {},
        "pvc": "odd",
    }
    assert read.id == "s"


def test_roles_are_read_from_what_came_along() -> None:
    roles = {
        "RE": {
            "id": "RE",
            "attributes": {"name": "Editor"},
            "relationships": {"principal_users": {"data": [{"id": "U2"}, {"id": "U1"}]}},
        },
        "RV": {"id": "RV", "attributes": {"name": "Viewer"}},
        "RX": {"id": "RX", "attributes": {"name": "Unheard of"}},
    }
    wire = "project_authorization_roles"
    links = [{"id": name} for name in ("RE", "RV", "RX")]
    item = {"id": "P", "attributes": {"name": "p"}, "relationships": {wire: {"data": links}}}
    names = {"User": {"U1": "ada", "U2": "bob"}}
    read = decoder(PROJECT, names, roles)
    assert read(item).spec["members"] == {"editor": {"users": ["ada", "bob"]}}
    assert read(item).unknown == frozenset()
    links.append({"id": "not brought along"})  # and so nobody can tell who is in it
    assert "members" not in read(item).spec
    assert read(item).unknown == {"members"}


@pytest.mark.parametrize(
    ("kind", "attributes", "expected"),
    [
        (USER, {"username": "sys"}, True),
        (USER, {"username": "ada"}, False),
        (GROUP, {"name": "admins"}, True),
        (GROUP, {"name": "x", "system_provided": True}, True),
        (GROUP, {"name": "x", "system_provided": False}, False),
    ],
)
def test_what_belongs_to_the_platform_is_known_by_name_or_by_its_own_word(
    kind: Kind, attributes: Any, expected: bool
) -> None:
    assert decoder(kind, {}, {})({"id": "1", "attributes": attributes}).is_system is expected
    assert decoder(APP_SERVICE, {}, {})({"spec": {"name": "n", "kind": "nuclio"}}).is_system


@pytest.mark.parametrize(
    ("attributes", "groups", "expected"),
    [
        ({"operational_status": "up"}, ["everyone"], True),
        ({"operational_status": "up"}, [], False),
        ({"operational_status": "down"}, ["everyone"], False),
        ({"operational_status": "down", "admin_status": "down"}, ["everyone"], True),
        ({"operational_status": "down", "admin_status": "up"}, ["everyone"], False),
        ({}, ["everyone"], True),
    ],
)
def test_a_user_is_ready_when_it_is_up_and_in_all_users(attributes: Any, groups: list[str], expected: bool) -> None:
    item = {
        "id": "1",
        "attributes": {"username": "ada", **attributes},
        "relationships": {"user_groups": {"data": [{"id": each} for each in groups]}},
    }
    assert is_ready(USER, item, "everyone") is expected
    assert decoder(USER, {"Group": {"everyone": "all_users"}}, {})(item).is_ready is expected


def test_readiness_is_of_the_kind() -> None:
    assert is_ready(GROUP, {"attributes": {}}, None)
    assert is_ready(PROJECT, {"attributes": {"operational_status": "online"}}, None)
    assert readiness_member(USER) == Address("Group", "all_users")
    assert readiness_member(PROJECT) is None
    assert readiness_member(GROUP) is None
    leaving = {"id": "1", "attributes": {"name": "p", "operational_status": "deleting"}}
    assert decoder(PROJECT, {}, {})(leaving).is_deleting


def test_keys_and_links_are_found_where_they_are() -> None:
    assert key_of(USER, {"attributes": {"username": "ada"}}) == "ada"
    assert key_of(APP_SERVICE, {"spec": {"name": "s"}}) == "s"
    item = {
        "relationships": {
            "one": {"data": {"id": 7}},
            "none": {"data": None},
            "many": {"data": [{"id": "a"}, {"id": ""}]},
        }
    }
    assert [list(links_of(item, name)) for name in ("one", "none", "many", "missing")] == [["7"], [], ["a"], []]
    assert list(links_of({}, "one")) == []


# The mark of an owner


def test_a_mark_is_read_apart_from_what_people_state_and_written_beside_it() -> None:
    pairs = [{"name": "note", "value": "x"}, {"name": OWNER_MARK, "value": "team"}]
    item = {"id": "P1", "attributes": {"name": "p", "annotations": pairs}}
    read = decoder(PROJECT, {}, {})(item)
    assert (read.mark, read.spec["annotations"]) == ("team", {"note": "x"})
    assert with_mark(PROJECT, {}, read.spec["annotations"], "team") == {"annotations": pairs}
    assert with_mark(PROJECT, {"annotations": []}, {"note": "x"}, "team") == {"annotations": pairs[1:]}
    assert with_mark(PROJECT, {"a": 1}, {}, "") == {"a": 1}
    assert with_mark(USER, {"a": 1}, {}, "team") == {"a": 1}
    bare = decoder(PROJECT, {}, {})({"id": "P1", "attributes": {"name": "p", "annotations": pairs[:1]}})
    assert (bare.mark, bare.spec["annotations"]) == ("", {"note": "x"})


def test_an_entry_bears_its_mark_as_a_label() -> None:
    entry = {"spec": {"name": "s", "kind": "jupyter"}, "meta": {"labels": {"team": "a", OWNER_MARK: "old"}}}
    marked = splice(APP_SERVICE, entry, "s", (), secret, "new")
    assert marked["meta"]["labels"] == {"team": "a", OWNER_MARK: "new"}
    assert splice(APP_SERVICE, None, "s", (), secret, "new")["meta"] == {"labels": {OWNER_MARK: "new"}}
    assert splice(APP_SERVICE, entry, "s", (), secret) == entry
    assert decoder(APP_SERVICE, {}, {})(entry).mark == "old"


def test_what_is_declared_is_not_changed_by_what_is_written_beside_it() -> None:
    declared = service("s", {"a": "b"}, kind="jupyter", owner="ada", resources={"requests": {"cpu": "1"}})
    before = deepcopy(dict(declared.spec))
    written = splice(APP_SERVICE, None, "s", list(leaves(APP_SERVICE, declared, None)), secret, "team")
    again = splice(APP_SERVICE, written, "s", list(leaves(APP_SERVICE, declared, {})), secret, "other")
    assert [it["meta"]["labels"][OWNER_MARK] for it in (written, again)] == ["team", "other"]
    assert declared.spec == before


def test_a_change_writes_the_mark_that_it_shows_or_keeps_the_one_that_is_there() -> None:
    p = project("p", description="x")
    (shown,) = plan_for(manifests(p), cluster(project("p")), owner="team").changes
    (bare,) = plan_for(manifests(p), cluster(project("p"))).changes
    assert [mark_of(each, "there") for each in (shown, bare)] == ["team", "there"]


def test_the_time_of_creation_counts_where_the_id_is_made_of_the_name() -> None:
    attributes = {"name": "p", "created_at": "2026-01-01"}
    assert decoder(PROJECT, {}, {})({"id": "p@tenant", "attributes": attributes}).born == "2026-01-01"
    assert decoder(PROJECT, {}, {})({"id": "P1", "attributes": attributes}).born == ""


def test_the_settings_that_only_a_newer_system_knows_are_written_and_read_back() -> None:
    stated = service("query", kind="trino", trino={"workers": 3, "catalog": {"hive": {"uri": "thrift://x"}}})
    written = splice(APP_SERVICE, None, "query", leaves(APP_SERVICE, stated, None), str)
    assert written == {"spec": {"name": "query", **stated.spec}}
    assert decoder(APP_SERVICE, {}, {})(written).spec == stated.spec
    assert decoder(APP_SERVICE, {}, {})({"spec": {"name": "query", "kind": "trino"}}).spec == {"kind": "trino"}
