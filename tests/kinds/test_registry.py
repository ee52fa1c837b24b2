"""What every kind keeps: its table and its schema are the same, its references lead somewhere and form no cycle."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from igz_apply.iguazio3.kinds import KINDS
from igz_apply.iguazio3.platform import schema_of as resource_schema
from igz_apply.iguazio3.wire import path_of
from igz_apply.model.kind import NO_MEMBERSHIP, Field, Kind, Kinds, Shape
from igz_apply.planning.topology import ordered

EACH = pytest.mark.parametrize("kind", list(KINDS), ids=lambda kind: kind.name)


def fields_of(fields: tuple[Field, ...]) -> Iterator[Field]:
    for field in fields:
        yield field
        yield from fields_of(field.fields)


def properties(schema: dict[str, Any]) -> set[str]:
    spec = set(schema["properties"]["spec"]["properties"])
    own = set(schema["properties"]["metadata"]["properties"]) - {"name"}
    return spec | {f"metadata.{name}" for name in own}


@EACH
def test_the_table_and_the_schema_name_the_same_fields(kind: Kind) -> None:
    schema = dict(resource_schema(kind.name))
    assert {field.name for field in kind.fields} == properties(schema)


@EACH
def test_field_names_are_unique_and_the_wire_names_too(kind: Kind) -> None:
    assert len({field.name for field in kind.fields}) == len(kind.fields)
    sent = [path_of(field) for field in kind.fields if not (field.steers or field.mirrored)]
    assert len(set(sent)) == len(sent)


@EACH
def test_what_a_field_refers_to_is_a_kind_with_ids(kind: Kind) -> None:
    for field in fields_of(kind.fields):
        assert not field.refers_to or KINDS[field.refers_to].has_ids
        assert not field.holds or field.shape is Shape.SCALAR
        assert not field.immutable or field in kind.fields
        assert not field.counts or kind.field_named(field.counts) is not None


def test_references_form_no_cycle_with_a_shared_document_as_one_node() -> None:
    needs: dict[str, set[str]] = {}
    for kind in KINDS:
        named = {field.refers_to for field in fields_of(kind.fields) if field.refers_to and not field.mirrored}
        needs.setdefault(node(kind), set()).update(node(KINDS[name]) for name in named)
    assert all(name not in wanted for name, wanted in needs.items())
    assert ordered(needs)[1] == []


def node(kind: Kind) -> str:
    return kind.together or kind.name


def test_kinds_are_found_by_name_in_the_order_of_the_table() -> None:
    assert KINDS.names == ("User", "Group", "Project", "AppService")
    assert len(KINDS) == 4
    assert "User" in KINDS
    assert "Cluster" not in KINDS
    assert KINDS["User"].address("ada") == ("User", "ada")
    assert KINDS["User"].field_named("nothing") is None


def test_the_membership_is_found_from_the_tables() -> None:
    membership = KINDS.membership
    assert (membership.user_kind, membership.user_field) == ("User", "groups")
    assert (membership.group_kind, membership.group_field) == ("Group", "users")
    assert (membership.primary_field, membership.implied) == ("primary_group", frozenset({"all_users"}))
    assert Kinds((KINDS["User"],)).membership is NO_MEMBERSHIP
