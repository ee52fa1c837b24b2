"""A snapshot's document: it gives back what it was given, holds no secret, and is refused once it was touched."""

from __future__ import annotations

import json
import os
from dataclasses import MISSING, fields, replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given

from igz_apply.errors import IgzApplyError, InvalidInput
from igz_apply.iguazio3.kinds import KINDS
from igz_apply.iguazio3.platform import IGUAZIO3
from igz_apply.local.package_data import load_schema
from igz_apply.model.addresses import Address
from igz_apply.model.hidden import Hidden, hiding
from igz_apply.model.resources import Caller, Entry, Home, LiveResource, LiveState, Owned
from igz_apply.ports import Presence, Sighting
from igz_apply.snapshots.document import decode, encode
from igz_apply.snapshots.files import read_snapshot, write_snapshot
from igz_apply.snapshots.sanitising import sanitised
from igz_apply.snapshots.snapshot import SENT, Case, Ownership, Snapshot
from tests.builders import cluster, live, service, user
from tests.properties.worlds import World, worlds

TAKEN = "2026-11-30T15:00:00Z"
JUPYTER = KINDS["AppService"].address("jupyter")


def full() -> Snapshot:
    """A snapshot in which everything is said that can be."""
    seen = cluster(user("ada"), live(service("jupyter", kind="jupyter"), is_ready=False, is_system=True))
    ada = Address("User", "ada")
    strange = LiveResource(
        ada, "7", {"x": {"$secret": 1}}, True, False, True, True, "b", "m", frozenset({"email"}), "much", "eva"
    )
    entry = Entry(
        "7",
        True,
        {"first_name": "Ada"},
        {"password": SENT},
        True,
        "cascading",
        "m",
        "b",
        {"description": "0123"},
        ("email",),
        "disable",
        True,
        (JUPYTER,),
        ("restart",),
    )
    return Snapshot(
        TAKEN,
        "iguazio3",
        replace(
            seen,
            caller=Caller("https://c.test", "admin", "t", "3.5.5", "prod"),
            resources={**seen.resources, ada: strange},
            partial={"Project": "why"},
            hidden={JUPYTER: "no"},
            read_only={"Group": "so"},
            looked_up={"Policy": frozenset({"a", "b"})},
            unread=frozenset({"Group"}),
        ),
        Ownership(
            Owned({ada: entry}, ("sha256:1",), Home("t", "e", "c", True)),
            "inventory.json",
            False,
            {JUPYTER: "other.json"},
            {"bad.json": "it is no JSON"},
        ),
        {ada: Sighting(Presence.HIDDEN, "ada", "7", "forbidden")},
        Case([{"kind": "User"}], {"prune": True}),
        "key",
        "1.0",
        ("User", "Group"),
    )


@given(worlds())
def test_what_lives_and_is_owned_comes_back_as_it_was(world: World) -> None:
    for seen in (world.seen, world.plane().live()):
        given_ = Snapshot(TAKEN, "iguazio3", seen, Ownership(world.owned))
        assert decode(encode(given_), "x") == given_


def test_everything_comes_back_and_fits_the_schema() -> None:
    content = encode(full())
    assert decode(content, "x") == full()
    assert encode(decode(content, "x")) == content
    jsonschema.validate(json.loads(content), load_schema("snapshot"))


def test_nothing_that_can_be_said_is_left_out_of_the_full_one() -> None:
    """A field that is new to the model, and not here, would be lost in a snapshot, and no test would tell."""
    found = full()
    live, owned = found.live, found.ownership.owned
    told = {
        Snapshot: found,
        Ownership: found.ownership,
        Sighting: found.sightings[Address("User", "ada")],
        LiveState: live,
        Caller: live.caller,
        LiveResource: live.resources[Address("User", "ada")],
        Owned: owned,
        Home: owned.home,
        Entry: owned.entries[Address("User", "ada")],
        Case: found.case,
    }
    for kind, value in told.items():
        for field in fields(kind):
            default = field.default if field.default_factory is MISSING else field.default_factory()
            is_told = getattr(value, field.name) != default
            assert is_told or (kind, field.name) == (Snapshot, "has_hidden"), f"{kind.__name__}.{field.name}"


def test_no_secret_is_in_it_and_no_hash_of_one() -> None:
    spec = {"kind": "jupyter", "jupyter": {"extra_environment_vars": {"DB_PASSWORD": "Canary", "TZ": "UTC"}}}
    lives = live(replace(service("jupyter"), spec=hiding(KINDS["AppService"], JUPYTER, spec)))
    hidden = lives.spec["jupyter"]["extra_environment_vars"]["DB_PASSWORD"]
    entry = Entry("jupyter", values=lives.spec, secrets={"filebeat.elasticsearch_password": "scrypt$salt$hash"})
    content = encode(Snapshot(TAKEN, "iguazio3", cluster(lives), Ownership(Owned({JUPYTER: entry}))))
    assert b"Canary" not in content
    assert b"scrypt" not in content
    assert hidden.digest.encode() not in content
    found = decode(content, "x")
    assert found.ownership.owned.entries[JUPYTER].secrets == {"filebeat.elasticsearch_password": SENT}
    told = found.live.resources[JUPYTER].spec["jupyter"]["extra_environment_vars"]["DB_PASSWORD"]
    assert told == Hidden("elsewhere", "anything")  # nobody can tell it from any other
    assert told != "Canary"


@pytest.mark.parametrize("value", ["\ud800 and \\ud8", "\\ud800", 10**30, -(2**70), 0.1 + 0.2, 1.0])
def test_whatever_an_api_can_say_comes_back_and_can_be_sanitised(value: Any) -> None:
    lives = live(service("jupyter", jupyter={"odd": value, "from": {"from_env": value}}))
    given_ = Snapshot(TAKEN, "iguazio3", cluster(lives))
    content = encode(given_)
    assert decode(content, "x") == given_
    assert type(decode(content, "x").live.resources[JUPYTER].spec["jupyter"]["odd"]) is type(value)
    hashed = sanitised(given_, IGUAZIO3, b"k" * 32)
    assert decode(encode(hashed), "x") == hashed


def damaged_in(content: bytes) -> list[bytes]:
    body = content[content.index(b",") + 1 :]
    places = range(80, len(content), max(1, len(content) // 40))
    return [
        b"",
        b"{}",
        body,
        content[:-2],
        content + b" ",
        b"\xef\xbb\xbf" + content,
        json.dumps(json.loads(content), indent=2).encode(),
        *(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :] for at in places),
    ]


def test_what_was_touched_is_refused() -> None:
    for content in damaged_in(encode(full())):
        with pytest.raises(InvalidInput) as raised:
            decode(content, "x.json")
        assert [problem.summary for problem in raised.value.problems] == ["Damaged snapshot"]


def sealed(**changed: Any) -> bytes:
    """A document whose digest is right, whoever has edited it."""
    from igz_apply.snapshots.document import _digest

    data = {**json.loads(encode(full())), **changed}
    del data["digest"]
    body = json.dumps(data).encode()[1:]
    return b'{"digest":"sha256:%b",%b' % (_digest(body).encode(), body)


@pytest.mark.parametrize(
    ("changed", "summary"),
    [
        ({"format_version": 2}, "Snapshot is too new"),
        ({"format_version": 2, "live": []}, "Snapshot is too new"),
        ({"format_version": "2"}, "Damaged snapshot"),
        ({"live": []}, "Damaged snapshot"),
        ({"sightings": {"nobody": {"presence": "gone"}}}, "Damaged snapshot"),
        ({"sightings": {"User/a": {"presence": "asleep"}}}, "Damaged snapshot"),
        ({"taken": "yesterday"}, "Damaged snapshot"),
        ({"taken": "2026-13-32T00:00:00Z"}, "Damaged snapshot"),
        ({"case": {"manifests": [], "config": {"protect": 5}}}, "Damaged snapshot"),
        ({"case": {"manifests": [], "config": {"limits": {"delete": {"User": "many"}}}}}, "Damaged snapshot"),
    ],
)
def test_what_was_sealed_again_is_read_or_refused_in_words(changed: dict[str, Any], summary: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        decode(sealed(**changed), "x.json")
    assert [problem.summary for problem in raised.value.problems] == [summary]


def test_a_new_file_is_for_its_owner_alone_and_one_that_is_there_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "new" / "live.json"
    write_snapshot(path, full())
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)
    write_snapshot(path, full())
    assert path.stat().st_mode & 0o777 == 0o644
    assert read_snapshot(path) == full()
    assert [each.name for each in path.parent.iterdir()] == ["live.json"]


def test_a_link_stays_one_and_a_device_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "link.json").symlink_to(tmp_path / "live.json")
    write_snapshot(tmp_path / "link.json", full())
    assert (tmp_path / "link.json").is_symlink()
    assert read_snapshot(tmp_path / "live.json") == full()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "out").symlink_to(tmp_path / "pipe")
    for name in ("pipe", "out"):
        with pytest.raises(IgzApplyError, match=f"{name} is no regular file"):
            write_snapshot(tmp_path / name, full())
    assert (tmp_path / "pipe").is_fifo()


def test_a_place_that_cannot_be_written_or_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(IgzApplyError, match="cannot be written"):
        write_snapshot(tmp_path / "file" / "live.json", full())
    with pytest.raises(InvalidInput) as raised:
        read_snapshot(tmp_path / "none.json")
    assert raised.value.problems[0].summary == "No such snapshot"
