"""Events of all three classes, and their emission (wire reference, section 14)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from igz_apply.emulator.engine.http_errors import bad_request
from igz_apply.emulator.engine.messages import Answer
from igz_apply.emulator.engine.record_store import Record, Selection, Timer
from igz_apply.emulator.iguazio3 import resource_documents
from igz_apply.emulator.iguazio3.drafts import new_draft
from igz_apply.emulator.iguazio3.envelope import Body, linked_ids, read_body
from igz_apply.emulator.iguazio3.vocabulary import EVENT_KINDS, TENANT_ID
from igz_apply.emulator.iguazio3.world import Call, World

KEPT = 10_000


def emit(call: Call) -> Answer:
    """Store one event. The relationship `audit_tenant` is what makes it an audit event."""
    if call.world.options.emit_needs_policy and not call.caller.name.startswith("AppService."):
        call.require("System Admin")
    body = read_body(call.request, "event")
    is_audit = bool("audit_tenant" in body.relationships and _audit_tenant(body))
    event_type = call.world.types["audit_event" if is_audit else "event"]
    plain = Body(event_type.name, "", body.attributes, {})
    event = new_draft(call, event_type, plain).record
    _check_kind(event)
    _check_resources(event)
    _fill_times(call.world, event)
    _publish(call.world, event)
    return Answer(201, resource_documents.one(call, event_type, event))


def _audit_tenant(body: Body) -> bool:
    ids = linked_ids(body.relationships, "audit_tenant", "tenant", many=False)
    if ids and ids != [TENANT_ID]:
        raise bad_request(f"Failed to resolve audit_tenant: no tenant {ids[0][:80]!r}")
    return bool(ids)


def _check_kind(event: Record) -> None:
    attributes = event.attributes
    if attributes["kind"] not in EVENT_KINDS and not {"severity", "classification"} <= set(attributes):
        raise bad_request(
            f"The event kind {attributes['kind'][:80]!r} is not known: it needs a severity and a classification"
        )


def _check_resources(event: Record) -> None:
    for each in event.attributes.get("affected_resources", ()):
        each.setdefault("type", each.pop("resource_type", None))
        if not isinstance(each["type"], str):
            raise bad_request("affected_resources: each has a type")
        each.setdefault("id_str", str(each.get("id", "")))
        each.setdefault("id", 0)
        each.setdefault("name", "")
    for name, wanted in (("parameters_text", str), ("parameters_uint64", int)):
        for each in event.attributes.get(name, ()):
            if set(each) != {"name", "value"} or not isinstance(each["value"], wanted):
                raise bad_request(f"{name} holds something that is not {{name, value}}")


def _fill_times(world: World, event: Record) -> None:
    microseconds = int(world.now * 1_000_000)
    event.attributes.setdefault("timestamp_iso8601", world.timestamp)
    event.attributes.setdefault("timestamp_uint64", microseconds)
    event.attributes.setdefault("timestamp_uint64_str", str(microseconds))


def _publish(world: World, event: Record) -> None:
    if event.type == "audit_event" and world.options.audit_seconds:
        detail = {"type": event.type, "id": event.id, "attributes": event.attributes}
        world.store.add_timer(Timer(world.now + world.options.audit_seconds, "event.shows", detail))
    else:
        show(world, event.type, event.id, event.attributes)


def show(world: World, event_type: str, event_id: str, attributes: dict[str, Any]) -> None:
    """Put an event into its list, and let go of the oldest when there are very many."""
    world.store.insert(Record(event_type, event_id, attributes))
    selection = Selection(event_type)
    if world.store.count(selection) > KEPT:
        for oldest in world.store.select(selection, limit=1):
            world.store.remove(oldest)


def audit(world: World, kind: str, parameters: Mapping[str, str]) -> None:
    """Emit an audit event of the platform's own."""
    attributes: dict[str, Any] = {
        "source": "igz0.authentication.0",
        "kind": kind,
        "description": kind.rpartition(".")[2],
        "severity": "warning",
        "classification": "audit",
        "visibility": "external",
        "system_event": True,
        "parameters_text": [{"name": name, "value": value} for name, value in parameters.items()],
    }
    event = Record("audit_event", str(uuid.uuid4()), attributes)
    _fill_times(world, event)
    _publish(world, event)


def delete_all(call: Call) -> Answer:
    """Remove all events but the audit events; for the privileged."""
    call.require("IT Admin", "System Admin")
    for event in call.store.select(Selection("event")):
        call.store.remove(event)
    return Answer(204)
