"""Which other resources, and which secrets, a spec names."""

from __future__ import annotations

from igz_apply.iguazio3.kinds import APP_SERVICE, PROJECT, USER
from igz_apply.model.references import references, secret_refs
from igz_apply.model.resources import SecretRef
from tests.builders import project, service, user


def test_every_name_is_found_with_its_place() -> None:
    declared = project("p", owner="ada", members={"admin": {"users": ["bob"], "groups": None}, "viewer": None})
    assert [(str(each.target), each.path) for each in references(PROJECT, declared.spec)] == [
        ("User/ada", ("owner",)),
        ("User/bob", ("members", "admin", "users", 0)),
    ]
    declared = service("s", credentials={"username": "ada"}, owner=None, resources={"limits": {}})
    assert [str(each.target) for each in references(APP_SERVICE, declared.spec)] == ["User/ada"]
    assert list(references(APP_SERVICE, {"credentials": "odd"})) == []


def test_a_group_that_everybody_is_in_is_no_reference() -> None:
    declared = user("ada", groups=["all_users", "ds"])
    assert [(str(each.target), each.path) for each in references(USER, declared.spec)] == [("Group/ds", ("groups", 1))]


def test_secrets_are_found_at_any_depth() -> None:
    deep, flat = SecretRef(from_env="A"), SecretRef(from_file="b")
    spec = {"password": flat, "filebeat": {"x": {"y": deep}, "z": 1}}
    assert list(secret_refs(spec)) == [("password", flat), ("filebeat.x.y", deep)]
