"""Memberships against the contract's own words, one edge at a time."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from igz_apply.iguazio3.kinds import KINDS
from igz_apply.model.addresses import Address
from igz_apply.model.kind import Membership
from igz_apply.model.resources import Edge, Lifecycle, Resource
from igz_apply.planning.memberships import edge_changes, statements
from tests.builders import group, user

USERS, GROUPS = ("ada", "bob", "eve"), ("ds", "ops", "all_users")
MEMBERSHIP = KINDS.membership
assert MEMBERSHIP is not None

names = st.one_of(st.none(), st.lists(st.sampled_from(GROUPS), unique=True))
rosters = st.one_of(st.none(), st.lists(st.sampled_from(USERS), unique=True))
lives = st.fixed_dictionaries({}, optional={name: st.frozensets(st.sampled_from(GROUPS)) for name in USERS})


def lifecycles(field: str) -> st.SearchStrategy[Lifecycle]:
    return st.builds(
        Lifecycle,
        ignore_changes=st.sampled_from([(), (field,)]),
        membership=st.sampled_from(["exact", "additive"]),
    )


@st.composite
def declared(draw: st.DrawFn) -> list[Resource]:
    found: list[Resource] = []
    for name in draw(st.lists(st.sampled_from(USERS), unique=True)):
        spec = draw(st.fixed_dictionaries({}, optional={"groups": names, "primary_group": st.sampled_from(GROUPS)}))
        found.append(replace(user(name, **spec), lifecycle=draw(lifecycles("groups"))))
    for name in draw(st.lists(st.sampled_from(GROUPS[:2]), unique=True)):
        spec = draw(st.fixed_dictionaries({}, optional={"users": rosters}))
        found.append(replace(group(name, **spec), lifecycle=draw(lifecycles("users"))))
    return found


def speaks(resource: Resource, field: str, live: set[Address]) -> bool:
    return field in resource.spec and not (field in resource.lifecycle.ignore_changes and resource.address in live)


def states(resource: Resource, edge: Edge, live: set[Address], side: Membership) -> bool:
    """Whether the resource says that the edge is to be."""
    if resource.address == Address("Group", edge.group):
        return speaks(resource, side.group_field, live) and edge.user in (resource.spec[side.group_field] or ())
    if resource.address != Address("User", edge.user):
        return False
    is_primary = speaks(resource, side.primary_field, live) and resource.spec[side.primary_field] == edge.group
    return is_primary or (
        speaks(resource, side.user_field, live) and edge.group in (resource.spec[side.user_field] or ())
    )


def lists(resource: Resource, edge: Edge, live: set[Address], side: Membership) -> bool:
    """Whether the resource is a side of the edge that has stated its list exactly."""
    fields = {Address("User", edge.user): side.user_field, Address("Group", edge.group): side.group_field}
    field = fields.get(resource.address, "")
    return speaks(resource, field, live) and resource.lifecycle.membership == "exact"


@given(declared(), lives, st.sets(st.sampled_from([*USERS, *GROUPS])), st.sets(st.sampled_from([*USERS, *GROUPS])))
def test_every_edge_changes_as_the_contract_says(
    resources: list[Resource], groups_of: dict[str, frozenset[str]], alive: set[str], left_out: set[str]
) -> None:
    side = MEMBERSHIP
    assert side is not None
    live = {Address("User" if name in USERS else "Group", name) for name in alive}
    said = statements(resources, side, live, groups_of, lambda address: address.name not in left_out)
    wanted = {resource.address for resource in resources if resource.address.name not in left_out}
    changes = edge_changes(said, groups_of, side, wanted.__contains__, frozenset())
    found = {(item.edge, item.adds): holder for holder, items in changes.items() for item in items}
    expected = {}
    selected = [resource for resource in resources if resource.address in wanted]
    for edge in (Edge(name, into) for name in USERS for into in GROUPS if into != "all_users"):
        stands = edge.group in groups_of.get(edge.user, ())
        is_asked = any(states(each, edge, live, side) for each in selected)
        is_stated = any(states(each, edge, live, side) for each in resources)
        if is_asked and not stands:
            expected[edge, True] = edge
        if stands and not is_stated and any(lists(each, edge, live, side) for each in selected):
            expected[edge, False] = edge
    assert found.keys() == expected.keys()
    for (edge, _), holder in found.items():
        is_users = Address("User", edge.user) in wanted
        assert holder == (Address("User", edge.user) if is_users else Address("Group", edge.group))
