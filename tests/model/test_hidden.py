"""What may be a secret in free-form settings: found by its key, compared and sent, and shown by nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from igz_apply.authoring.exporting import exported
from igz_apply.iguazio3.encode import encode
from igz_apply.iguazio3.kinds import KINDS
from igz_apply.iguazio3.wire import ENTRIES
from igz_apply.model import hidden
from igz_apply.model.addresses import Address
from igz_apply.model.changes import FieldDiff
from igz_apply.model.hidden import MASK, Hidden, hidden_in, hiding, referring, revealed, unheld, untold
from igz_apply.model.kind import Field, Shape
from igz_apply.model.plain_values import hashed, plain, tagged, untagged
from igz_apply.model.resources import DesiredState, LiveResource, Resource, SecretRef
from igz_apply.model.secrecy import holds_login, may_be_secret
from igz_apply.planning.drift import classed
from igz_apply.planning.ownership import is_owned
from igz_apply.planning.plan_data import change_data, change_of
from igz_apply.planning.precondition import moved_since
from tests.builders import cluster, entry, live, owned, plan_for, service

KIND = KINDS["AppService"]
HERE = Address("AppService", "weird")


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "DB_PASSWORD",
        "PGPASSWORD",
        "dbPasswd",
        "api-token",
        "tokens",
        "clientSecret",
        "credentials",
        "apikey",
        "access_key",
        "SSH_KEY",
        "MYSQL_PWD",
        "account.keys",
        "kubeconfig",
        "token_ttl",
        "APIToken",
    ],
)
def test_a_key_that_may_hold_a_secret_is_told_by_its_words(name: str) -> None:
    assert may_be_secret(name)


@pytest.mark.parametrize(
    "name", ["monkey", "keyboard", "key", "public_key", "size", "TZ", "compass", "tokenizer", "inside", "", "bypass"]
)
def test_a_key_that_merely_looks_like_one_is_none(name: str) -> None:
    assert not may_be_secret(name)


def test_a_url_that_holds_a_password_is_told() -> None:
    assert holds_login("postgres://u:p@db/x")
    assert not holds_login("http://db:80/a@b")


def hid(**settings: Any) -> Any:
    return hiding(KIND, HERE, {"kind": "newkind", "newkind": settings})["newkind"]


def test_what_may_be_a_secret_is_hidden_at_any_depth() -> None:
    found = hid(
        size=3,
        password="p",
        pin={"token": 4, "is_secret": True, "secret": ""},
        auth={"credentials": {"user": "u"}},
        env=[{"name": "DB_PASSWORD", "value": "v"}, {"name": "TZ", "value": "UTC"}],
        keys=["a"],
        url="http://u:p@h",
    )
    assert [".".join(map(str, path)) for path, _ in hidden_in(found)] == [
        "password",
        "pin.token",
        "auth.credentials.user",
        "env.0.value",
        "url",
    ]
    assert found["size"] == 3
    assert found["pin"]["is_secret"] is True
    assert found["pin"]["secret"] == ""


def test_known_fields_are_not_hidden_and_entries_are_by_key() -> None:
    spec = {
        "kind": "jupyter",
        "credentials": {"username": "ada"},
        "jupyter": {"image_name": "i", "token": "t", "extra_environment_vars": {"TZ": "UTC", "A_TOKEN": "x"}},
        "advanced": None,
        "pvc": "odd",
    }
    found = hiding(KIND, HERE, spec)
    assert {".".join(map(str, path)) for path, _ in hidden_in(found)} == {
        "jupyter.token",
        "jupyter.extra_environment_vars.A_TOKEN",
    }


def test_a_place_of_a_secret_is_referred_to_in_objects_alone() -> None:
    spec: dict[str, Any] = {
        "kind": "newkind",
        "newkind": {
            "a": {"from_env": "A"},
            "b": {"c": {"from_file": "f"}},
            "d": {"from_env": ""},
            "e": [{"from_env": "E"}],
            "g": {"from_env": "G", "from_file": "g"},
        },
    }
    found = referring(KIND, spec)["newkind"]
    assert found == {**spec["newkind"], "a": SecretRef(from_env="A"), "b": {"c": SecretRef(from_file="f")}}
    assert hiding(KIND, HERE, {"kind": "newkind", "newkind": {"token": found["a"]}})["newkind"]["token"] is found["a"]


def test_hidden_values_compare_by_value_or_by_what_was_kept() -> None:
    one, same, other = Hidden("x", "p"), Hidden("x", "p"), Hidden("x", "q")
    kept = untagged(json.loads(json.dumps(tagged({"k": one}))))["k"]
    assert one == same != other
    assert kept == one
    assert kept != other
    assert kept == Hidden(kept=one.digest)
    assert one == "p"
    assert one != "q"
    assert kept != "p"
    assert Hidden("x", 1) != Hidden("x", True)
    assert Hidden("y", "p").digest != one.digest  # the place is the salt
    assert len({one, same, other, kept}) == 2
    assert f"{one} {one!r} {[one]}".count(MASK) == 3
    assert plain([one]) == [MASK]
    assert hashed({"k": one}) != hashed({"k": other})


def test_a_digest_is_worked_out_once_and_no_text_is_kept_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hidden, "_digests", {})
    monkeypatch.setattr(hidden, "_MOST_DIGESTS", 2)
    worked_out: list[str] = []
    slow = hidden._slow_digest

    def noted(place: str, text: str) -> str:
        worked_out.append(place)
        return slow(place, text)

    monkeypatch.setattr(hidden, "_slow_digest", noted)
    first = Hidden("a", "hush").digest
    assert [Hidden("a", "hush").digest, Hidden("b", "hush").digest == first] == [first, False]
    assert worked_out == ["a", "b"]
    assert not any("hush" in str(it) for it in hidden._digests.items())
    assert Hidden("c", "hush").digest not in (first, Hidden("c", "other").digest)
    assert len(hidden._digests) <= 2
    assert Hidden("a", "hush").digest == first


def test_a_hidden_value_is_sent_as_it_is() -> None:
    field = Field("extra", shape=Shape.SETTINGS, wire=ENTRIES)
    assert encode(field, {"T": Hidden("x", "p")}, str) == {"entries": [{"key": "T", "value": "p"}]}
    assert revealed({"a": [Hidden("x", "p"), 1]}) == {"a": ["p", 1]}


def test_what_a_plan_kept_by_its_hash_is_what_lives() -> None:
    lives = Hidden("x", "p")
    kept = Hidden(kept=lives.digest)
    assert revealed({"a": [kept]}, {"a": [lives]}) == {"a": ["p"]}
    assert revealed({"a": kept}, {"a": lives}) == {"a": "p"}
    assert list(unheld({"a": kept}, {"a": lives})) == []
    assert list(unheld({"a": kept, "b": [kept]}, None)) == ["a", "b.0"]
    for absent in (None, Hidden("x", "q"), kept, "p"):
        with pytest.raises(LookupError, match="does not hold"):
            revealed(kept, absent)
    with pytest.raises(LookupError):
        revealed([kept], [])


def seen(of: Resource) -> LiveResource:
    return live(replace(of, spec=hiding(KIND, of.address, of.spec)))


def wanted(**settings: Any) -> Resource:
    made = service("weird", kind="newkind", newkind=settings)
    return replace(made, spec=hiding(KIND, HERE, made.spec))


def desired(*resources: Resource) -> DesiredState:
    return DesiredState({each.address: each for each in resources})


def test_a_plan_tells_that_a_hidden_value_differs_and_not_what_it_is() -> None:
    plan = plan_for(desired(wanted(password="new-one")), cluster(seen(wanted(password="old-one"))))
    (change,) = plan.changes
    (diff,) = (item for item in change.diff if item.dotted == "newkind.password")
    assert diff.sensitive
    assert isinstance(diff.before, Hidden)
    text = json.dumps(change_data(change))
    assert "one" not in text.replace("none", "")
    assert MASK in text
    read = change_of(json.loads(text), KINDS)
    assert change_data(read) == change_data(change)
    now = seen(wanted(password="third"))
    assert "newkind.password holds something else" in moved_since(change, now, KIND)
    assert moved_since(read, now, KIND) == ""  # words alone; the fingerprints tell


def test_a_change_of_a_map_keeps_what_is_hidden_in_it_comparable() -> None:
    def made(zone: str, secret: str) -> Resource:
        env = {"TZ": zone, "A_TOKEN": secret}
        raw = service("weird", kind="jupyter", jupyter={"extra_environment_vars": env})
        return replace(raw, spec=hiding(KIND, HERE, raw.spec))

    plan = plan_for(desired(made("UTC", "tok")), cluster(seen(made("CET", "tok"))))
    read = change_of(json.loads(json.dumps(change_data(plan.changes[0]))), KINDS)
    assert moved_since(read, seen(made("CET", "tok")), KIND) == ""
    assert moved_since(read, seen(made("CET", "other")), KIND) != ""


def test_whose_change_a_hidden_value_is_is_told_by_its_hash() -> None:
    applied = wanted(password="a")
    inventory = owned(applied)
    kept = untagged(tagged(inventory.entries[HERE].values))
    inventory = replace(inventory, entries={HERE: replace(inventory.entries[HERE], values=kept)})
    for stated, lives, origin in (("b", "a", "git"), ("a", "b", "cluster"), ("b", "c", "both")):
        state = cluster(seen(wanted(password=lives)))
        plan = plan_for(desired(wanted(password=stated)), state, inventory)
        (change,) = classed(plan.changes, inventory, KINDS)
        assert [item.origin.value for item in change.diff] == [origin]


def test_a_service_whose_secret_was_kept_by_its_hash_is_still_ours() -> None:
    bare = service("weird", newkind={"password": "a"}, kind="newkind")
    bare = replace(bare, spec=hiding(KIND, HERE, bare.spec))
    known = entry(bare, values=untagged(tagged(bare.spec)))
    assert is_owned(known, seen(bare), KIND)


def test_an_export_leaves_out_what_may_be_a_secret_and_says_how_to_state_it() -> None:
    spec: dict[str, Any] = {
        "kind": "jupyter",
        "jupyter": {
            "token": "t",
            "extra_environment_vars": {"TZ": "UTC", "A_TOKEN": "x"},
            "users": [{"password": "p"}],
        },
    }
    (found,) = exported(cluster(seen(service("weird", **spec))), KINDS)
    assert found.document["spec"]["jupyter"] == {"extra_environment_vars": {"TZ": "UTC"}}
    assert found.document["lifecycle"] == {"ignore_changes": ['jupyter.extra_environment_vars["A_TOKEN"]']}
    assert found.hidden == (
        ("jupyter.extra_environment_vars.A_TOKEN", ""),
        ("jupyter.token", "token: {from_env: NAME}"),
        ("jupyter.users", ""),
    )


def test_a_map_of_nothing_but_secrets_is_left_out_of_an_export_whole() -> None:
    spec: dict[str, Any] = {"kind": "jupyter", "jupyter": {"extra_environment_vars": {"A_TOKEN": "x"}}}
    (found,) = exported(cluster(seen(service("weird", **spec))), KINDS)
    assert "jupyter" not in found.document["spec"]
    assert "lifecycle" not in found.document


def test_a_diff_of_words_alone_is_read_back_as_it_is() -> None:
    diff = FieldDiff(("p",), None, {"$literal": None}, sensitive=True)
    (change,) = plan_for(desired(wanted(size=1)), cluster()).changes
    assert change_of(change_data(replace(change, diff=(diff,))), KINDS).diff == (diff,)


@pytest.mark.parametrize("key", ["$secret", "$hidden", "$literal"])
def test_what_looks_like_a_tag_and_is_none_comes_back_as_it_was(key: str) -> None:
    value = {"settings": {key: {"from_env": "A"}}}
    assert tagged(value) != value
    assert untagged(json.loads(json.dumps(tagged(value)))) == value


@pytest.mark.parametrize(
    ("stated", "is_one"),
    [
        ({"from_command": ["pass", ""]}, True),
        ({"from_store": "vault", "key": "k"}, True),
        ({"from_command": []}, False),
        ({"from_command": [""]}, False),
        ({"from_command": ["a", 1]}, False),
        ({"from_command": "a b"}, False),
        ({"from_command": ["a"], "key": "k"}, False),
        ({"from_store": "vault"}, False),
        ({"from_store": "vault", "key": ""}, False),
        ({"from_store": "vault", "key": 5}, False),
        ({"key": "k"}, False),
        ({}, False),
    ],
)
def test_a_place_of_a_secret_is_one_in_free_settings_where_it_would_be_one_elsewhere(
    stated: dict[str, Any], is_one: bool
) -> None:
    found = referring(KIND, {"kind": "newkind", "newkind": {"a": stated}})["newkind"]["a"]
    assert found == (SecretRef.stated(stated) if is_one else stated)


def test_what_is_untold_is_no_difference_to_what_may_be_a_secret_and_one_to_all_else() -> None:
    assert untold() == Hidden("place", "anything")
    assert Hidden("place", "anything") == untold()
    assert untold() != "anything"
    assert not Hidden("place", "anything").is_untold
    assert untagged(tagged(untold())).is_untold
