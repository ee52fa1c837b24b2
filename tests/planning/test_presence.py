"""Nothing is taken for gone that was only not listed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from igz_apply.errors import PlaneError
from igz_apply.iguazio3.kinds import KINDS
from igz_apply.model.addresses import Address
from igz_apply.model.kind import Kind
from igz_apply.model.resources import LiveState, Owned
from igz_apply.planning.presence import with_absence_confirmed
from igz_apply.ports import Pool, Presence, Sighting
from tests.builders import cluster, group, owned, project, service, user
from tests.fakes import InlinePool

ADMIN = user("admin")
ADA, OPS = Address("User", "ada"), Address("Group", "ops")
GONE, THERE = Sighting(Presence.GONE), Presence.THERE


class Looks:
    """A reader of single resources: what is not laid down is gone; it notes what it is asked for."""

    def __init__(self, found: Mapping[Address, Sighting], live: LiveState | None = None) -> None:
        self.asked: list[tuple[str, Mapping[str, str]]] = []
        self._found = found
        self._live = live

    def live(self, pool: Pool, kinds: frozenset[str] | None = None) -> LiveState:  # noqa: ARG002 - the port's signature
        assert self._live is not None, pool
        return self._live

    def sightings(self, kind: Kind, ids: Mapping[str, str], live: LiveState, pool: Pool) -> Mapping[str, Sighting]:
        del live, pool
        self.asked.append((kind.name, ids))
        return {name: self._found.get(kind.address(name), GONE) for name in ids}

    def listed_at(self, kind: Kind) -> str:
        return f"{kind.name.lower()}s"

    def own_keys(self) -> list[tuple[str, tuple[str, ...]]]:
        return []


def confirmed(live: LiveState, inventory: Owned, looks: Looks, *declared: Address) -> LiveState:
    return with_absence_confirmed(live, inventory, looks, KINDS, InlinePool(), declared)


def test_where_nothing_is_missing_nothing_is_asked() -> None:
    live, looks = cluster(ADMIN, user("ada")), Looks({})
    assert confirmed(live, owned(user("ada")), looks) is live
    assert looks.asked == []


def test_what_is_gone_is_gone_and_what_is_hidden_is_named_with_the_reason() -> None:
    inventory = owned(user("ada"), group("ops"), project("churn"))
    looks = Looks({OPS: Sighting(Presence.HIDDEN, why="403")})
    found = confirmed(cluster(ADMIN), inventory, looks)
    assert looks.asked == [
        ("User", {"ada": "user-ada"}),
        ("Group", {"ops": "group-ops"}),
        ("Project", {"churn": "project-churn"}),
    ]
    assert found.hidden == {OPS: "403"}
    assert set(found.resources) == {ADMIN.address}


def test_of_a_kind_that_is_seen_by_half_what_is_gone_is_hidden_as_well() -> None:
    live = replace(cluster(ADMIN), partial={"Group": "it sees its own"})
    assert confirmed(live, owned(group("ops"), user("ada")), Looks({})).hidden == {OPS: "it sees its own"}


def test_what_leaves_under_its_name_is_there_and_leaving() -> None:
    looks = Looks({ADA: Sighting(Presence.LEAVING, "ada", "7"), OPS: Sighting(Presence.LEAVING, "other", "8")})
    found = confirmed(cluster(ADMIN), owned(user("ada"), group("ops")), looks)
    assert (found.resources[ADA].id, found.resources[ADA].is_deleting) == ("7", True)
    assert OPS not in found.resources


def test_a_list_that_lacks_what_is_there_is_trusted_in_nothing() -> None:
    names = [f"g{number}" for number in range(7)]
    looks = Looks({Address("Group", name): Sighting(THERE, "new" if name == "g0" else name) for name in names})
    with pytest.raises(PlaneError) as caught:
        confirmed(cluster(ADMIN), owned(*map(group, names)), looks)
    assert "GET groups did not list 7 that the inventory holds" in str(caught.value)
    assert "Group/g0 (called new now), Group/g1, Group/g2, Group/g3, Group/g4 and 2 more." in str(caught.value)
    assert (caught.value.method, caught.value.path) == ("GET", "groups")


def test_a_cluster_that_denies_the_very_one_who_asks_is_not_believed() -> None:
    with pytest.raises(PlaneError, match="GET users did not list admin, as whom this runs"):
        confirmed(cluster(), owned(user("ada")), Looks({}))


def test_what_is_declared_is_looked_for_by_name_where_its_kind_is_seen_by_half() -> None:
    live = replace(cluster(ADMIN, user("eve")), partial={"User": "its own", "AppService": "its own"})
    declared = [Address("User", name) for name in ("ada", "bob", "cy", "eve")]
    looks = Looks({ADA: Sighting(Presence.HIDDEN, why="403"), Address("User", "bob"): Sighting(THERE, "bob")})
    found = confirmed(live, owned(), looks, *declared, OPS, service("s").address)
    assert looks.asked[0] == ("User", {"ada": "", "bob": "", "cy": ""})
    assert found.hidden[ADA] == "403"
    assert found.hidden[Address("User", "bob")].startswith("no list shows it")
    assert Address("User", "cy") not in found.hidden
