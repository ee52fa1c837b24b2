"""From the body of a request to a draft: the generic checks that the table of a type asks for."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from igz_apply.emulator.engine.attribute_values import check_value
from igz_apply.emulator.engine.http_errors import bad_request
from igz_apply.emulator.engine.record_store import Record
from igz_apply.emulator.engine.table import Attribute, Relationship
from igz_apply.emulator.iguazio3.envelope import Body, linked_ids
from igz_apply.emulator.iguazio3.resource_type import ResourceType
from igz_apply.emulator.iguazio3.world import Call, Draft, Links


def new_draft(call: Call, resource_type: ResourceType, body: Body) -> Draft:
    """Return the draft of a new record. Raises Refusal (400) for what the table does not allow."""
    attributes, secrets = _given(call, resource_type, body.attributes)
    for each in resource_type.attributes:
        if each.required and attributes.get(each.name, secrets.get(each.name)) in (None, ""):
            raise bad_request(f"A {resource_type.name} needs {each.name}")
    kept = {name: value for name, value in attributes.items() if value is not None}
    record = Record(resource_type.name, str(uuid.uuid4()), {**resource_type.defaults(), **kept})
    _stamp(call, resource_type, record, created=True)
    return Draft(resource_type, record, _links(call, resource_type, body), secrets, frozenset(attributes))


def changed_draft(call: Call, resource_type: ResourceType, before: Record, body: Body) -> Draft:
    """Return the draft of a stored record with the changes of a request: an update merges (section 3.6).

    Raises Refusal (400) for what the table does not allow.
    """
    if body.id not in ("", before.id):
        raise bad_request(f"data.id is {body.id[:80]!r}, but the path says {before.id!r}")
    attributes, secrets = _given(call, resource_type, body.attributes)
    after = dict(before.attributes)
    for name, value in attributes.items():
        _change(call, resource_type, after, name, value)
    record = Record(before.type, before.id, after, dict(before.private), before.seq)
    _stamp(call, resource_type, record, created=False)
    links = _links(call, resource_type, body, before.id)
    return Draft(resource_type, record, links, secrets, frozenset(attributes), before)


def _given(call: Call, resource_type: ResourceType, named: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the plain and the secret values that a request may set; None is an explicit null."""
    plain: dict[str, Any] = {}
    secrets: dict[str, str] = {}
    for name, value in named.items():
        attribute = resource_type.attribute(name)
        if attribute is None:
            _refuse_unknown(call, resource_type, name)
        elif not attribute.computed:
            is_strict = call.world.options.strict_names
            checked = None if value is None else check_value(attribute, value, is_strict=is_strict)
            if not attribute.secret:
                plain[name] = checked
            elif checked is not None:
                secrets[name] = checked
    return plain, secrets


def _refuse_unknown(call: Call, resource_type: ResourceType, name: str) -> None:
    if call.world.options.refuse_unknown:
        raise bad_request(
            f"{resource_type.name} has no attribute {name[:60]!r} in version {call.world.options.version}"
        )


def _change(call: Call, resource_type: ResourceType, after: dict[str, Any], name: str, value: Any) -> None:
    attribute = resource_type.attribute(name)
    assert attribute is not None, "unknown attributes were sorted out before"
    if attribute.immutable and value != after.get(name):
        _refuse_immutable(call, attribute, value)
    elif value is not None:
        after[name] = value
    elif attribute.required:
        raise bad_request(f"{name} cannot be cleared")
    elif attribute.default is not None:
        after[name] = attribute.default
    else:
        after.pop(name, None)


def _refuse_immutable(call: Call, attribute: Attribute, value: Any) -> None:
    if value is not None and call.world.options.refuse_immutable:
        raise bad_request(f"{attribute.name} cannot be changed after creation")


def _stamp(call: Call, resource_type: ResourceType, record: Record, *, created: bool) -> None:
    for name in ("created_at", "updated_at") if created else ("updated_at",):
        if resource_type.attribute(name) is not None and not (created and name in record.attributes):
            record.attributes[name] = call.world.timestamp


def _links(call: Call, resource_type: ResourceType, body: Body, record_id: str = "") -> Links:
    """Return the writable relationships that the body names, each with targets that exist.

    `record_id` "" means that the record is new, and holds no links yet.
    """
    links: Links = {}
    for name in body.relationships:
        relationship = resource_type.relationship(name)
        if relationship is None:
            raise bad_request(f"{resource_type.name} has no relationship {name[:60]!r}")
        if relationship.writable and body.relationships[name] is not None:
            held = _held(call, resource_type, relationship, record_id)
            links[name] = _existing(call, relationship, body.relationships, held)
    return links


def _held(call: Call, resource_type: ResourceType, relationship: Relationship, record_id: str) -> list[str]:
    relation, inverse = resource_type.links(relationship)
    if not record_id:
        return []
    return call.store.sources(relation, record_id) if inverse else call.store.links(relation, record_id)


def _existing(call: Call, relationship: Relationship, relationships: Mapping[str, Any], held: list[str]) -> list[str]:
    """Return the ids of one relationship. What is being deleted can stay linked, and not become so."""
    ids = linked_ids(relationships, relationship.name, relationship.target, many=relationship.many)
    stored_as = call.world.types[relationship.target].stored_as
    found = {record.id: record for record in call.store.get_many(stored_as, ids)}
    for each in ids:
        if each not in found:
            raise bad_request(f"Failed to resolve {relationship.name}: no {relationship.target} {each[:80]!r}")
        if found[each].private.get("delete_job") and each not in held:
            raise bad_request(f"{relationship.name}: the {relationship.target} {each} is being deleted")
    return ids
