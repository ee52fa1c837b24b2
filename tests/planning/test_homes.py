"""Which cluster an inventory is about, told from what it and the cluster know of themselves."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from igz_apply.model.addresses import Address
from igz_apply.model.resources import Caller, Home, LiveState, Neighbour, Owned
from igz_apply.planning.homes import address_of, described, held_elsewhere, is_about, is_same_cluster, learned, placed
from tests.builders import CALLER, cluster, entry, live, owned, project, service, user

ONE, TWO = "https://one.test", "https://two.test"
HOMES = st.builds(Home, *(st.sampled_from(["", *each]) for each in (("t1", "t2"), (ONE, TWO), ("blue", "green"))))


@pytest.mark.parametrize(
    ("known", "here", "is_same"),
    [
        (Home(), Home("t", ONE, "blue"), True),
        (Home("t"), Home("t", ONE, "blue"), True),  # an older inventory knows the tenant alone
        (Home("t"), Home("u", ONE, "blue"), False),
        (Home("t", ONE), Home("t", ONE), True),
        (Home("t", ONE), Home("t", TWO), False),  # every default-tenant has one id
        (Home("t", ONE, "blue"), Home("t", TWO, "blue"), True),  # a cluster has several addresses
        (Home("t", ONE, "blue"), Home("t", ONE, "green"), False),
        (Home("t", ONE, "blue"), Home("u", ONE, "blue"), False),
        (Home("t", ONE, "blue"), Home("t", ONE), True),
        (Home("t", ONE, "blue"), Home("t", TWO), False),
        (Home("", ONE), Home("t", ONE), True),
        (Home("t", ""), Home("t", ONE), True),
        (Home("t", "embedded"), Home("t", ONE), False),
        (Home("t", "embedded"), Home("t", "embedded:.igz-apply/embedded.db"), True),
        (Home("t", "embedded:dev.db"), Home("t", "embedded:prod.db"), False),
        (Home("t", "embedded:a/x.db"), Home("t", "embedded:b/x.db"), False),
        (Home("t", "embedded:x.db"), Home("t", "embedded:/work/./x.db"), True),
    ],
)
def test_whether_two_are_the_same_cluster(known: Home, here: Home, is_same: bool) -> None:
    assert is_same_cluster(known, here) is is_same
    assert is_same_cluster(here, known) is is_same


@pytest.mark.parametrize(
    ("endpoint", "address"),
    [
        ("https://One.Test", ONE),
        ("HTTPS://one.test:443/api/", ONE),
        ("https://ada:secret@one.test/", ONE),
        ("https://ada:p@ss/w@rd@one.test/", ONE),
        ("https://ada:secret@one.test:port", "https://one.test:port"),
        ("ada:secret@one.test", "one.test"),
        ("embedded:a@b.db", "embedded:a@b.db"),
        ("https://one.test.", ONE),
        ("https://one.test:8443/api", "https://one.test:8443"),
        ("http://one.test:80", "http://one.test"),
        ("http://one.test:8001/api", "http://one.test:8001"),
        ("http://[::1]:8060/", "http://[::1]:8060"),
        ("http://one.test:port", "http://one.test:port"),
        ("embedded:dev.db", "embedded:dev.db"),
        ("", ""),
    ],
)
def test_an_address_is_scheme_host_and_port(endpoint: str, address: str) -> None:
    assert address_of(endpoint) == address


def test_what_the_cluster_says_now_is_learned_and_what_it_does_not_say_is_kept() -> None:
    assert learned(Home("t"), Home("t", ONE, "blue")) == Home("t", ONE, "blue")
    assert learned(Home("t", ONE, "blue"), Home("t", TWO, "blue")) == Home("t", TWO, "blue")
    assert learned(Home("t", ONE, "blue"), Home("t", ONE)) == Home("t", ONE, "blue")
    assert learned(Home("t", ONE), Home("t", f"{ONE}/api/")) == Home("t", ONE)  # as it is written down
    assert learned(Home("t", ONE, "blue"), Home("t", TWO)) == Home("t", TWO)  # by waiver: the name may be another


@given(HOMES, HOMES)
def test_after_an_apply_its_inventory_is_of_the_cluster(known: Home, here: Home) -> None:
    assert is_same_cluster(learned(known, here), here)
    assert learned(learned(known, here), here) == learned(known, here)


def test_a_home_is_described_by_what_is_known() -> None:
    assert described(Home("t", f"{ONE}/api", "blue")) == "https://one.test, cluster blue, tenant t"
    assert described(Home("t")) == "tenant t"
    assert described(Home("t", is_elsewhere=True)) == "another cluster by the ids that it holds, tenant t"


def old(*users: str, **ids: str) -> Owned:
    """The inventory of an older igz-apply, which knew the tenant alone."""
    held = owned(*map(user, users), **{f"User/{name}": entry(id=identity) for name, identity in ids.items()})
    return replace(held, home=Home(CALLER.tenant))


def test_an_older_inventory_is_of_the_cluster_that_has_what_it_holds() -> None:
    world = cluster(user("ada"), user("bob"), user("eve"))
    assert is_about(old("ada", "bob", "gone"), world)
    assert is_about(old("ada", "bob", eve="made again by somebody"), world)
    assert not is_about(old(ada="u-1", bob="u-2"), world)
    assert not is_about(old("ada", bob="u-2"), world)
    assert not is_about(old("gone"), world)
    assert not is_about(replace(old("ada"), home=Home("another")), world)


def test_names_for_ids_tell_nothing_of_a_cluster() -> None:
    world = cluster(service("nb"), live(service("db"), id=""))
    assert not is_about(replace(owned(service("nb"), service("db")), home=Home(CALLER.tenant)), world)


def is_elsewhere(owned: Owned, world: LiveState) -> bool:
    return not is_same_cluster(placed(owned, world).home, world.caller.home)


def test_ids_tell_that_an_inventory_is_of_another_cluster() -> None:
    world = cluster(user("ada"), user("bob"), user("eve"))
    for strange in (old(ada="u-1", bob="u-2"), old("ada", bob="u-2"), old("ada", bob="u-2", eve="u-3")):
        for home in (Home(), strange.home):
            assert is_elsewhere(replace(strange, home=home), world)
        there = Home(CALLER.tenant, CALLER.endpoint)
        assert placed(replace(strange, home=there), world).home == there  # one that knows its cluster is believed
    for ours in (old("ada", "bob", eve="made again by somebody"), old("gone"), Owned()):
        assert placed(ours, world) == ours


def test_an_id_that_lives_under_another_name_is_of_this_cluster() -> None:
    world = cluster(live(user("ada-l"), id="u-1"), live(user("ada"), id="made since"))
    assert not is_elsewhere(old(ada="u-1"), world)


def test_what_has_no_id_is_not_taken_for_ours_where_nothing_that_has_one_is() -> None:
    nb = owned(service("nb"), **{"User/gone": entry(id="u-1")})
    assert is_elsewhere(nb, cluster(service("nb")))
    assert not is_elsewhere(nb, cluster(user("ada")))  # nothing is at stake
    assert not is_elsewhere(owned(service("nb")), cluster(service("nb")))  # nothing can tell
    assert not is_elsewhere(nb, replace(cluster(service("nb")), partial={"User": "not all are shown"}))


def test_an_id_that_is_made_of_a_name_tells_by_when_it_was_born() -> None:
    world = cluster(live(project("churn"), id="churn@3", born="monday"))
    for born, strange in (("monday", False), ("tuesday", True), ("", False)):
        held = owned(**{"Project/churn": entry(id="churn@3", born=born)})
        assert is_elsewhere(held, world) is strange
    from_before = owned(**{"Project/churn": entry(id="before names made ids")})
    assert not is_elsewhere(from_before, world)


def test_an_inventory_that_knows_its_cluster_is_believed() -> None:
    world = cluster(caller=Caller(TWO, "admin", "t", "", "blue"))
    assert is_about(Owned(home=Home("t", TWO)), world)
    assert is_about(Owned(home=Home("t", ONE, "blue")), world)
    assert not is_about(Owned(home=Home("t", ONE)), world)


def test_what_another_inventory_of_this_cluster_owns_is_held_elsewhere() -> None:
    ada, bob, cyd, dan = (Address("User", name) for name in ("ada", "bob", "cyd", "dan"))
    here = Home("t", ONE, "blue")
    neighbours = [
        Neighbour("here.json", Home("t", TWO, "blue"), frozenset({ada})),
        Neighbour("address.json", Home("t", ONE), frozenset({bob})),
        Neighbour("there.json", Home("t", ONE, "green"), frozenset({cyd})),
        Neighbour("tenant-alone.json", Home("t"), frozenset({dan})),  # every cluster has a default tenant
    ]
    assert held_elsewhere(neighbours, here) == {ada: "here.json", bob: "address.json"}
