"""What a plan passes by without a look is as declared: the quick looks say nothing that the full ones do not."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from igz_apply.iguazio3.kinds import KINDS as KINDS3
from igz_apply.iguazio4.kinds import KINDS as KINDS4
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Change, EdgeChange, FieldDiff, Plan
from igz_apply.model.hidden import Hidden
from igz_apply.model.kind import Field, Kind, Kinds, Shape
from igz_apply.model.plain_values import hashed, tagged, untagged
from igz_apply.model.resources import Caller, Edge, SecretRef
from igz_apply.model.roles import is_as_stated, role_leaves
from igz_apply.planning.diff import field_leaves, to_look_into
from igz_apply.planning.projection import moving_rights

Spec = Mapping[str, Any]
FIELDS = [(kind, field) for kinds in (KINDS3, KINDS4) for kind in kinds for field in kind.fields]
ROLES = [(kind, field) for kind, field in FIELDS if field.roles and not field.several]
NAMES = ("ada", "bob", "cy")

texts = st.sampled_from(("", "up", "UP", "down", "ready", "scaledToZero", "disabled", "1", "1000m", "60m", "1h"))
plain = st.none() | st.booleans() | st.sampled_from((0, 1, 1.0)) | texts
lists = st.lists(st.sampled_from(NAMES), max_size=3)
maps = st.dictionaries(st.sampled_from(("a", "b")), texts, max_size=2)
secrets = st.sampled_from((SecretRef(from_env="A"), Hidden("p", "up"), Hidden("p", 1), Hidden(kept="d")))


def values_of(field: Field) -> st.SearchStrategy[Any]:
    """Return what a field of a manifest, or of what lives, may hold."""
    match field.shape:
        case Shape.SET:
            return st.none() | lists
        case Shape.LIST:
            return st.none() | st.lists(objects_of(field), max_size=2)
        case Shape.MAP | Shape.SETTINGS:
            return st.none() | maps
        case Shape.OBJECT:
            return st.none() | objects_of(field)
        case _:
            return plain | secrets


def objects_of(field: Field) -> st.SearchStrategy[Any]:
    """Return objects with the keys that the table describes, and one that it does not."""
    known = {inner.name: values_of(inner) for inner in field.fields}
    return st.fixed_dictionaries({}, optional={**known, "other": plain})


@st.composite
def sides(draw: st.DrawFn, kinds: tuple[Kinds, ...] = (KINDS3, KINDS4)) -> tuple[Kind, Spec, Spec]:
    """Draw a kind, what a manifest states of it, and what lives: mostly the same, in another order."""
    kind = draw(st.sampled_from([kind for each in kinds for kind in each]))
    fields = draw(st.lists(st.sampled_from(kind.fields), unique_by=lambda it: it.name, max_size=8))
    wanted = {field.name: draw(values_of(field)) for field in fields}
    there = {}
    for field in fields:
        value = wanted[field.name]
        how = draw(st.sampled_from(("same", "same", "same", "turned", "other", "missing")))
        if how == "turned" and isinstance(value, list):
            value = value[::-1]
        elif how == "other":
            value = draw(values_of(field))
        if how != "missing" and value is not None:
            there[field.name] = value
    return kind, wanted, there


@given(sides())
def test_a_field_that_is_passed_by_differs_in_nothing(drawn: tuple[Kind, Spec, Spec]) -> None:
    kind, wanted, there = drawn
    looked = {field.name for field in to_look_into(kind, wanted, there)}
    for field in kind.fields_of(wanted):
        is_compared = not (field.membership or field.steers or field.create_only)
        is_nowhere = wanted.get(field.name) is None and field.name not in there  # cleared, and left out: nothing is set
        if field.name in wanted and is_compared and field.name not in looked and not is_nowhere:
            assert list(field_leaves(field, wanted, there, is_additive=False)) == [], field.name


@given(plain | maps | st.lists(plain, max_size=2), st.data())
def test_an_object_is_passed_by_only_where_its_values_are_of_the_same_types(value: Any, data: st.DataObject) -> None:
    kind = KINDS3["AppService"]
    field = next(it for it in kind.fields if it.shape is Shape.OBJECT and not it.fields)
    other = data.draw(st.sampled_from((value, 1, True, 1.0, 0, False, "1", None)))
    wanted, there = {field.name: {"a": {"b": value}}}, {field.name: {"c": 1, "a": {"b": other}}}
    if not to_look_into(kind, wanted, there):
        assert list(field_leaves(field, wanted, there, is_additive=False)) == []
        assert type(value) is type(other)


@given(sides())
def test_what_is_looked_into_is_stated_and_in_the_order_of_the_kind(drawn: tuple[Kind, Spec, Spec]) -> None:
    kind, wanted, there = drawn
    names = [field.name for field in to_look_into(kind, wanted, there)]
    assert names == [field.name for field in kind.fields_of(wanted) if field.name in names]
    assert set(names) <= set(wanted)


@pytest.mark.parametrize(("kind", "field"), ROLES, ids=[kind.name for kind, _ in ROLES])
@given(data=st.data())
def test_roles_that_are_passed_by_differ_in_nothing(kind: Kind, field: Field, data: st.DataObject) -> None:
    members = st.none() | st.fixed_dictionaries({}, optional={role.name: roles_of(role) for role in field.fields})
    owner = st.sampled_from(("", *NAMES)) | st.none()
    specs = st.fixed_dictionaries({field.name: members}, optional={"owner": owner})
    wanted = data.draw(specs)
    there = data.draw(st.just(wanted) | specs)
    if is_as_stated(field, wanted, there):
        for is_additive in (False, True):
            assert list(role_leaves(field, wanted, there, is_additive=is_additive)) == [], kind.name


def roles_of(role: Field) -> st.SearchStrategy[Any]:
    """Return who may hold a role."""
    return st.none() | st.fixed_dictionaries({}, optional={side.name: st.none() | lists for side in role.fields})


@given(plain | lists | maps | st.dictionaries(st.text(), st.text()) | st.text())
def test_a_hash_is_that_of_the_canonical_text(value: Any) -> None:
    canonical = sorted(value, key=str) if isinstance(value, list) else value
    text = json.dumps(canonical, sort_keys=True, separators=(",", ":"))
    assert hashed(value) == hashlib.sha256(text.encode()).hexdigest()[:12]


nested = st.recursive(
    plain | st.just(SecretRef(from_file="f")) | st.just(Hidden(kept="d")),
    lambda below: (
        st.lists(below, max_size=2)
        | st.dictionaries(st.sampled_from(("a", "$secret", "$hidden", "$literal")), below, max_size=2)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=2), nested, max_size=3))
def test_what_the_inventory_writes_down_it_reads_back(values: dict[str, Any]) -> None:
    assert untagged(json.loads(json.dumps(tagged(values)))) == values


def test_an_update_moves_rights_only_where_they_hang_on_what_it_writes() -> None:
    def update(kind: str, *path: str, **more: Any) -> Change:
        return Change(Address(kind, "x"), Action.UPDATE, "", (FieldDiff(path, "a", "b"),), **more)

    idle = [update("User", "email"), update("Project", "description"), update("AppService", "owner")]
    moving = [
        update("User", "assigned_policies"),
        update("User", "admin_status"),
        update("Group", "assigned_policies"),
        update("Project", "members", "admin", "users"),
        update("Project", "owner"),
        update("User", "email", edges=(EdgeChange(Edge("x", "g"), adds=True),)),
        Change(Address("AppService", "y"), Action.DELETE, ""),
    ]
    plan = Plan((*idle, *moving), Caller("", "", "", ""))
    assert moving_rights(plan, KINDS3) == moving
    bound = Plan((update("PolicyBinding", "users"), update("User", "email")), Caller("", "", "", ""))
    assert moving_rights(bound, KINDS4) == [bound.changes[0]]
