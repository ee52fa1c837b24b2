"""A sanitised snapshot holds nothing that tells whose it is, and a plan of it has the form of the plan of the other."""

from __future__ import annotations

import json
import random
import string
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from igz_apply.errors import InvalidInput
from igz_apply.iguazio3.platform import IGUAZIO3
from igz_apply.iguazio4.platform import IGUAZIO4
from igz_apply.local.package_data import load_schema
from igz_apply.model.addresses import Address
from igz_apply.model.hidden import Hidden
from igz_apply.model.kind import Field, Kind, Shape
from igz_apply.model.plain_values import hashed
from igz_apply.model.resources import Caller, Entry, Home, LiveResource, LiveState, Owned, SecretRef
from igz_apply.platform import Platform
from igz_apply.ports import Presence, Sighting
from igz_apply.snapshots.document import decode, encode
from igz_apply.snapshots.keys import key_in
from igz_apply.snapshots.sanitising import LEFT_OUT, sanitised, words_of
from igz_apply.snapshots.snapshot import SENT, Case, Ownership, Snapshot

KEY = b"0123456789abcdef"
MARK = "zq"  # in every text that is somebody's, and in no word of ours, nor in a hash
SCHEMA = jsonschema.Draft202012Validator(load_schema("snapshot"))
PLATFORMS = {it.name: it for it in (IGUAZIO3, IGUAZIO4)}


class Forger:
    """Makes up resources whose every free text is a canary; what the schemas enumerate is drawn from them."""

    def __init__(self, platform: Platform, seed: int) -> None:
        self.kinds = platform.kinds
        self.words = words_of(platform.schemas, platform.kinds)
        self._random = random.Random(seed)
        self.names = {kind.name: [self.text() for _ in range(3)] for kind in platform.kinds}

    def text(self) -> str:
        return MARK + "".join(self._random.choice(string.ascii_lowercase) for _ in range(6))

    def number(self) -> int:
        return self._random.randrange(1_000_000, 9_000_000)

    def name(self, kind: str) -> str:
        return self._random.choice(self.names[kind])

    def spec(self, kind: Kind) -> dict[str, Any]:
        spec = {item.name: self.value(item, kind.name, item.name) for item in kind.fields if not item.membership}
        return {**spec, self.text(): {self.text(): [self.text(), {self.text(): self.number()}]}}

    def value(self, field: Field, kind: str, top: str) -> Any:
        words = sorted(self.words.get((kind, top), ()))
        if field.write_only:
            return SecretRef(from_env=self.text()) if self._random.random() < 0.5 else SecretRef(from_file=self.text())
        if field.refers_to:
            found: Any = self.name(field.refers_to)
        elif field.fields:
            found = {item.name: self.value(item, kind, top) for item in field.fields}
        elif field.shape in (Shape.MAP, Shape.SETTINGS, Shape.OBJECT):
            return {self.text(): self.text(), self.text(): Hidden("place", self.text())}
        elif field.unique and field.shape is Shape.SCALAR:
            return self.number()
        else:
            found = self._random.choice([self.text(), f"{self.text()}@{self.text()}.com", *words[:2]])
        return [found] if field.shape in (Shape.SET, Shape.LIST) else found

    def snapshot(self, platform: str) -> Snapshot:
        addresses = [Address(kind, name) for kind, names in self.names.items() for name in names]
        resources = {
            it: LiveResource(
                it,
                self._random.choice([self.text(), it.name, f"{it.name}@{self.text()}"]),
                self.spec(self.kinds[it.kind]),
                born=self.text(),
                mark=self.text(),
                unknown=frozenset({self.text()}),
                contents=self.text(),
                called=self.text(),
            )
            for it in addresses
        }
        users, groups = self.kinds.membership.kinds
        entries = {it: self.entry(it, resources[it]) for it in addresses}
        lost = Address(self.text(), self.text())
        return Snapshot(
            "2026-11-30T15:00:00Z",
            platform,
            LiveState(
                resources,
                {self.name(users): frozenset({self.name(groups), "all_users"})},
                Caller(f"https://{self.text()}.com", self.name(users), self.text(), f"3.5.5-{MARK}", self.text()),
                {users: self.text()},
                {addresses[0]: self.text()},
                {groups: self.text()},
                {"Policy": frozenset({self.text()}), self.text(): frozenset()},
                frozenset({self.text()}),
            ),
            Ownership(
                Owned(
                    {**entries, lost: Entry(self.text(), prevent_destroy=True)},
                    (self.text(),),
                    Home(self.text(), self.text(), self.text()),
                ),
                self.text(),
                False,
                {addresses[1]: self.text()},
                {self.text(): self.text()},
            ),
            {addresses[2]: Sighting(Presence.HIDDEN, self.text(), self.text(), self.text())},
            Case(
                [self.manifest(it) for it in addresses],
                {"owner": self.text(), "protect": [str(addresses[0]), f"{users}/*"], "limits": {"delete": {users: 3}}},
            ),
        )

    def entry(self, address: Address, lives: LiveResource) -> Entry:
        return Entry(
            lives.id,
            values=self.spec(self.kinds[address.kind]),
            secrets={self.text(): SENT, f"{self.text()}.{self.text()}": SENT},
            deletion_strategy=self._random.choice(["cascading", self.text()]),
            mark=self.text(),
            born=self.text(),
            filled={"description": self.text(), f"labels.{self.text()}": self.text()},
            ignored=(f'labels["{self.text()}"]', "description"),
            depends_on=(Address("User", self.name("User")),),
        )

    def manifest(self, address: Address) -> Mapping[str, Any]:
        kind = self.kinds[address.kind]
        spec = {name: value for name, value in self.spec(kind).items() if not name.startswith("metadata.")}
        plain = {name: value for name, value in spec.items() if not isinstance(value, SecretRef)}
        return {
            "apiVersion": self.kinds.api_version,
            "kind": kind.name,
            "metadata": {"name": address.name, "labels": {self.text(): self.text()}},
            "spec": json.loads(json.dumps(plain, default=lambda _: {"from_env": self.text()})),
            "lifecycle": {
                "renamed_from": self.text(),
                "ignore_changes": [f"labels.{self.text()}"],
                "depends_on": [f"User/{self.name('User')}"],
                "on_removal": "disable",
                "timeout": "30m",
                self.text(): self.text(),
            },
        }


@given(st.sampled_from(sorted(PLATFORMS)), st.integers(0, 2**32))
def test_nothing_of_the_original_is_left(platform: str, seed: int) -> None:
    forger = Forger(PLATFORMS[platform], seed)
    original = forger.snapshot(platform)
    content = encode(sanitised(original, PLATFORMS[platform], KEY))
    assert MARK.encode() not in content
    numbers = {value for value in _numbers(json.loads(encode(original))) if value >= 1_000_000}
    assert numbers
    assert not numbers & set(_numbers(json.loads(content)))


def _numbers(data: Any) -> Iterator[int]:
    if isinstance(data, int) and not isinstance(data, bool):
        yield data
    for each in data.values() if isinstance(data, dict) else data if isinstance(data, list) else ():
        yield from _numbers(each)


@given(st.sampled_from(sorted(PLATFORMS)), st.integers(0, 2**32))
def test_a_sanitised_snapshot_is_one_and_relations_stay(platform: str, seed: int) -> None:
    original = Forger(PLATFORMS[platform], seed).snapshot(platform)
    found = sanitised(original, PLATFORMS[platform], KEY)
    assert found.is_sanitised
    SCHEMA.validate(json.loads(encode(found)))
    assert decode(encode(found), "x").live == found.live
    assert len(found.live.resources) == len(original.live.resources)
    owners = [it.spec["owner"] for it in original.live.resources.values() if "owner" in it.spec]
    hashed_owners = [it.spec["owner"] for it in found.live.resources.values() if "owner" in it.spec]
    users = {it.name for it in found.live.resources if it.kind == "User"}
    assert set(hashed_owners) <= users
    assert [owners.index(it) for it in owners] == [hashed_owners.index(it) for it in hashed_owners]


def test_one_key_gives_the_same_hashes_and_another_others() -> None:
    original = Forger(IGUAZIO3, 1).snapshot("iguazio3")
    once, again, other = (encode(sanitised(original, IGUAZIO3, key)) for key in (KEY, KEY, KEY[::-1]))
    assert once == again
    assert once != other


def test_what_is_the_platforms_own_stays() -> None:
    spec = {
        "assigned_policies": ["Developer", "Ours"],
        "admin_status": "down",
        "groups": ["all_users"],
        "email": "ADA@x.org",
        "uid": 7,
        "send_password_on_creation": True,
        "description": None,
        "first_name": "",
    }
    service = {
        "kind": "jupyter",
        "desired_state": "scaledToZero",
        "min_replicas": 2,
        "resources": {"limits": {"cpu": "500m", "memory": "x y", "nvidia_gpu": 2000}},
        "scale_to_zero": {"scale_resources": [{"window_size": "1h", "threshold": 5000.0}]},
        "credentials": {"username": "sys"},
        "security_context": {"run_as_user": "1000", "supplemental_groups": ["1000", "7"]},
        "display_name": "ours",
        "labels": {"cost": "1000"},
    }
    seen = {
        it.address: it
        for it in (
            LiveResource(Address("User", "admin"), "1", spec, is_system=True),
            LiveResource(Address("AppService", "s"), "s", service),
        )
    }
    state = LiveState(seen, {}, Caller("", "admin", "", ""))
    found = sanitised(Snapshot("t", "iguazio3", state), IGUAZIO3, KEY).live
    told = found.resources[Address("User", "admin")].spec
    assert told["assigned_policies"][0] == "Developer"
    assert told["assigned_policies"][1].startswith("p-")
    assert (told["admin_status"], told["groups"], told["send_password_on_creation"]) == ("down", ["all_users"], True)
    assert told["email"].endswith("@example.invalid")
    assert (told["description"], told["first_name"]) == (None, "")
    assert told["uid"] != 7
    (address,) = (it for it in found.resources if it.kind == "AppService")
    kept = found.resources[address].spec
    assert found.resources[address].id == address.name  # no id of its own, as before
    assert kept["resources"]["limits"]["cpu"] == "500m"
    assert kept["resources"]["limits"]["memory"].startswith("t-")
    assert kept["resources"]["limits"]["nvidia_gpu"] == 2000
    assert kept["scale_to_zero"]["scale_resources"][0]["window_size"] == "1h"
    assert kept["scale_to_zero"]["scale_resources"][0]["threshold"] >= 30_000
    assert (kept["kind"], kept["desired_state"], kept["min_replicas"]) == ("jupyter", "scaledToZero", 2)
    assert kept["credentials"]["username"] == "sys"
    context = kept["security_context"]
    assert context["run_as_user"] == context["supplemental_groups"][0]  # of digits, as the schema wants it
    assert all(it.isdigit() and it not in ("1000", "7") for it in context["supplemental_groups"])
    assert not [it for it in kept.values() if it in ("ours", {"cost": "1000"})]
    assert found.caller == Caller("", "admin", "", "")


def test_what_the_platform_has_filled_in_is_still_known_as_that() -> None:
    address = Address("AppService", "s")
    lives = LiveResource(address, "s", {"description": "filled", "display_name": "other"})
    entry = Entry("s", filled={"description": hashed("filled"), "display_name": hashed("before")})
    original = Snapshot(
        "t", "iguazio3", LiveState({address: lives}, {}, Caller("", "", "", "")), Ownership(Owned({address: entry}))
    )
    found = sanitised(original, IGUAZIO3, KEY)
    (now,) = found.live.resources.values()
    (known,) = found.ownership.owned.entries.values()
    assert known.filled["description"] == hashed(now.spec["description"])
    assert known.filled["display_name"] != hashed(now.spec["display_name"])


def test_reasons_are_left_out_and_paths_of_groups_stay_paths() -> None:
    address = Address("Group", "research/nlp")
    state = LiveState(
        {address: LiveResource(address, "1", {})}, {}, Caller("", "", "", ""), {"User": "secret reason of ada"}
    )
    found = sanitised(Snapshot("t", "iguazio4", state), IGUAZIO4, KEY).live
    (group,) = found.resources
    assert group.name.count("/") == 1
    assert "research" not in group.name
    assert found.partial == {"User": LEFT_OUT}


def test_a_key_that_can_be_guessed_is_refused(tmp_path: Path) -> None:
    (tmp_path / "short").write_text("abc")
    (tmp_path / "key").write_bytes(KEY + b"\n")
    for name, why in (("short", "holds 3 bytes"), ("none", "cannot be read")):
        with pytest.raises(InvalidInput) as raised:
            key_in(str(tmp_path / name))
        assert why in raised.value.problems[0].detail
    assert key_in(str(tmp_path / "key")) == KEY
    assert len({key_in(None), key_in(None)}) == 2
    assert replace(Snapshot("t", "p", LiveState({}, {}, Caller("", "", "", ""))), key_check="x").is_sanitised
