"""An id outlives a name: what was renamed on the cluster is planned under the name that we own it by."""

from __future__ import annotations

from igz_apply.iguazio3.kinds import KINDS, PROJECT
from igz_apply.model.addresses import Address
from igz_apply.model.kind import Kinds
from igz_apply.model.resources import Edge, Owned
from igz_apply.planning.identity import lacking, renamed, under_owned_names
from tests.builders import cluster, edges_of, entry, group, live, owned, project, service, user

DS, ADA, P = group("ds", description="x"), user("ada", groups=["ds"], primary_group="ds"), project("p", owner="ada")


def test_what_is_renamed_stands_under_our_name_wherever_it_is_named() -> None:
    members = {"editor": {"groups": ["data", "ops"]}, "viewer": {"users": ["ada2"]}}
    world = cluster(
        live(group("data", description="x"), id="group-ds"),
        group("ops"),
        live(user("ada2", groups=["data"], primary_group="data"), id="user-ada"),
        project("p", owner="ada2", members=members),
        service("nb", kind="jupyter", credentials={"username": "ada2"}, description="data"),
    )
    seen = under_owned_names(world, owned(DS, ADA, P), KINDS, {})
    assert {str(address): it.called for address, it in seen.resources.items() if it.called} == {
        "Group/ds": "data",
        "User/ada": "ada2",
    }
    assert seen.resources[Address("User", "ada")].spec["primary_group"] == "ds"
    assert seen.resources[P.address].spec["owner"] == "ada"
    assert seen.resources[P.address].spec["members"] == {
        "editor": {"groups": ["ds", "ops"]},
        "viewer": {"users": ["ada"]},
    }
    nb = seen.resources[Address("AppService", "nb")].spec
    assert (nb["credentials"], nb["description"]) == ({"username": "ada"}, "data")
    assert edges_of(seen) == {Edge("ada", "ds")}
    assert seen.resources[Address("Group", "ds")].cluster_name == "data"
    assert seen.resources[Address("Group", "ops")].cluster_name == "ops"


def test_nothing_is_renamed_where_git_follows_or_nothing_is_owned() -> None:
    world = cluster(live(group("data"), id="group-ds"))
    data = Address("Group", "data")
    assert renamed(world, owned(DS), KINDS, {}) == {DS.address: "data"}
    for declared in ({data: True}, {data: False}, {data: True, DS.address: False}):
        assert renamed(world, owned(DS), KINDS, declared) == {}
    assert renamed(world, owned(DS), KINDS, {data: True, DS.address: True}) == {DS.address: "data"}
    for inventory in (
        owned(),
        owned(**{"Group/ds": entry(is_pending=True, id="group-ds")}),
        owned(**{"Group/ds": entry(id="")}),
        owned(**{"Quota/ds": entry(id="group-ds")}),
    ):
        assert under_owned_names(world, inventory, KINDS, {}) is world


def test_a_service_has_no_id_by_which_it_could_be_known_again() -> None:
    world = cluster(live(service("other", kind="jupyter"), id="nb"))
    assert renamed(world, owned(service("nb", kind="jupyter")), KINDS, {}) == {}


def test_what_is_held_and_not_listed_is_found_by_its_id_or_else_by_its_name() -> None:
    nb = service("nb", kind="jupyter")
    inventory = Owned(
        {
            DS.address: entry(DS),
            ADA.address: entry(ADA),
            P.address: entry(is_pending=True),
            nb.address: entry(nb, id=""),
            Address("Quota", "x"): entry(id="1"),
        }
    )
    assert lacking(cluster(DS, ADA, P, nb), inventory, KINDS) == ()
    assert set(lacking(cluster(), inventory, KINDS)) == {DS.address, ADA.address, P.address, nb.address}
    again = cluster(live(DS, id="another"), live(user("ada2"), id="user-ada"), P, live(nb, id="whatever"))
    assert lacking(again, inventory, KINDS) == (DS.address,)


def test_names_are_followed_also_where_there_are_no_memberships() -> None:
    world = cluster(live(project("q"), id="project-p"))
    seen = under_owned_names(world, owned(P), Kinds((PROJECT,)), {})
    assert seen.resources[P.address].called == "q"
