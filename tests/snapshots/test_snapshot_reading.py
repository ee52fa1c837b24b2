"""A snapshot in the place of a cluster tells what was seen then, and takes nothing that it cannot see for gone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from igz_apply.errors import InvalidInput
from igz_apply.iguazio3.kinds import KINDS
from igz_apply.iguazio3.platform import IGUAZIO3
from igz_apply.model.addresses import Address
from igz_apply.model.hidden import Hidden
from igz_apply.model.plain_values import hashed, tagged
from igz_apply.model.resources import Home, LiveResource, LiveState, Neighbour, Owned, SecretRef
from igz_apply.planning.presence import with_absence_confirmed
from igz_apply.ports import Presence, Sighting
from igz_apply.snapshots.document import decode, encode
from igz_apply.snapshots.doubts import not_known, unsought
from igz_apply.snapshots.reading import PresumedSecrets, SnapshotInventory, SnapshotReader, fitting
from igz_apply.snapshots.sanitising import sanitised
from igz_apply.snapshots.snapshot import Ownership, Snapshot
from igz_apply.snapshots.untelling import without_told
from tests.builders import cluster, entry, live, manifests, owned, plan_for, project, service, user
from tests.fakes import InlinePool

CHURN, FRAUD = Address("Project", "churn"), Address("Project", "fraud")


def confirmed(snapshot: Snapshot, *declared: Address) -> LiveState:
    reader = SnapshotReader(snapshot, "live.json")
    live = reader.live(InlinePool())
    return with_absence_confirmed(live, snapshot.ownership.owned, reader, KINDS, InlinePool(), declared)


def of(holding: Owned, **sightings: Sighting) -> Snapshot:
    seen = replace(cluster(user("admin")), partial={"Project": "by half"})
    looked = {Address("Project", name): each for name, each in sightings.items()}
    return Snapshot("2026-11-30T15:00:00Z", "iguazio3", seen, Ownership(holding), looked)


def test_what_is_owned_is_gone_only_where_somebody_looked() -> None:
    holding = owned(**{"Project/churn": entry(id="1"), "Project/fraud": entry(id="2")})
    live = confirmed(of(holding, fraud=Sighting(Presence.LEAVING, "fraud", "2")))
    assert "nobody looked for it by itself" in live.hidden[CHURN]
    assert live.resources[FRAUD].is_deleting


def test_what_is_declared_and_nobody_looked_for_is_planned_and_told() -> None:
    snapshot = of(Owned(), fraud=Sighting(Presence.HIDDEN, why="forbidden"))
    live = confirmed(snapshot, CHURN, FRAUD)
    assert live.hidden == {FRAUD: "forbidden"}
    made = plan_for(manifests(project("churn", owner="admin")), live)
    [told] = not_known(made, [CHURN, FRAUD], live, snapshot)
    assert told.startswith("not known to be missing")
    assert told.endswith(": Project/churn")


def test_of_a_kind_that_was_not_read_nothing_is_known() -> None:
    snapshot = replace(of(Owned()), kinds=("User", "Group", "AppService"))
    found = fitting(replace(snapshot, live=replace(snapshot.live, partial={})), KINDS, "live.json")
    assert found.live.partial == {"Project": "it was not known where the snapshot was taken, and so not read"}
    assert unsought([CHURN], found.live, found) == [CHURN]
    assert fitting(snapshot, KINDS, "live.json") is snapshot  # seen by half already
    older = replace(snapshot, kinds=())
    assert fitting(older, KINDS, "live.json") is older


def test_what_is_not_known_here_is_refused() -> None:
    quota = LiveResource(Address("Quota", "batch"), "1", {})
    snapshot = of(Owned())
    strange = replace(snapshot, live=replace(snapshot.live, resources={quota.address: quota}))
    with pytest.raises(InvalidInput) as raised:
        fitting(strange, KINDS, "live.json")
    assert raised.value.problems[0].detail == "live.json holds resources of a kind not known here: Quota."


def test_secrets_are_looked_for_nowhere_and_taken_for_there_and_unchanged() -> None:
    ref = SecretRef(from_env="P")
    for endpoint, is_there in (("https://c.test", True), ("embedded", False)):
        secrets = PresumedSecrets(endpoint)
        secrets.look([ref])
        assert (secrets.is_available(ref), secrets.matches(ref, "x"), secrets.is_invented(ref)) == (
            is_there,
            True,
            False,
        )
        assert (secrets.fault(ref), secrets.hashed(ref)) == ("", None)
        with pytest.raises(LookupError):
            secrets.value(ref)


def test_what_the_platform_has_filled_in_with_a_secret_in_it_is_still_known_as_that() -> None:
    address = Address("AppService", "s")
    put = {"env": {"PASSWORD": Hidden("place", "Canary"), "TZ": "UTC"}}
    lives = live(service("s", kind="jupyter", jupyter={"settings": put, "other": {"TOKEN": Hidden("p", "Canary")}}))
    filled = {"jupyter.settings": hashed(tagged(put)), "jupyter.other": "0123", "jupyter.gone": "4567"}
    known = Owned(
        {
            address: entry(id="s", values={"kind": "jupyter"}, filled=filled),
            Address("User", "x"): entry(filled={"a": "1"}),
        }
    )
    told, held = without_told(cluster(lives), known, KINDS)
    entry_ = held.entries[address]
    assert entry_.filled["jupyter.settings"] != filled["jupyter.settings"]
    assert held.entries[Address("User", "x")].filled == {"a": "1"}
    assert {**entry_.filled, "jupyter.settings": ""} == {**filled, "jupyter.settings": ""}
    taken = Snapshot("2026-11-30T15:00:00Z", "iguazio3", told, Ownership(held))
    declared = manifests(service("s", kind="jupyter", jupyter={"settings": None}))
    for snapshot in (taken, sanitised(taken, IGUAZIO3, b"k" * 32)):
        found = decode(encode(snapshot), "x")
        assert len(found.live.resources) == 1
    found = decode(encode(taken), "x")
    assert plan_for(declared, found.live, found.ownership.owned).writes == ()
    assert plan_for(declared, cluster(lives), known).writes == ()


def test_other_inventories_are_remembered_by_what_they_hold_here() -> None:
    found = Ownership(Owned(), "mine.json", False, {CHURN: "b.json", FRAUD: "b.json"}, {"c.json": "is damaged"})
    snapshot = replace(of(Owned()), ownership=found)
    store = SnapshotInventory(snapshot)
    assert (store.place, store.is_new, store.load()) == ("mine.json", False, Owned())
    assert store.neighbours() == (
        Neighbour("b.json", snapshot.live.caller.home, frozenset({CHURN, FRAUD})),
        Neighbour("c.json", snapshot.live.caller.home, frozenset(), "is damaged"),
    )
    assert snapshot.live.caller.home != Home()
