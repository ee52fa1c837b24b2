"""Which other resources, and which secrets, a spec names."""

from __future__ import annotations

import json
from typing import Any

import pytest

from igz_apply.iguazio3.kinds import APP_SERVICE, PROJECT, USER
from igz_apply.model.plain_values import plain, tagged, untagged
from igz_apply.model.references import references, secret_refs
from igz_apply.model.resources import SecretRef
from igz_apply.model.secrecy import says_where, secret_paths
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


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ({"from_env": "A"}, "environment variable A"),
        ({"from_file": "a b"}, "file a b"),
        ({"from_command": ["sops", "-d", '["ada"]', ""]}, """command sops -d '["ada"]' ''"""),
        ({"from_store": "vault", "key": "a/b#c"}, "store vault, key a/b#c"),
    ],
)
def test_a_place_of_a_secret_is_as_its_manifest_says_it(place: dict[str, Any], said: str) -> None:
    ref = SecretRef.stated(place)
    assert (ref.place, str(ref), plain(ref)) == (place, said, place)
    assert untagged(json.loads(json.dumps(tagged({"password": ref})))) == {"password": ref}
    assert ref.is_looked_up == ("from_command" in place or "from_store" in place)
    assert hash(ref) == hash(SecretRef.stated(place))
    assert says_where(place)
    assert list(secret_paths({"password": place})) == []
