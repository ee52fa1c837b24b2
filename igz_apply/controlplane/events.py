"""Events (wire reference, section 14)."""

from __future__ import annotations

from typing import Any

from igz_apply.controlplane.attributes import Attribute, Items
from igz_apply.controlplane.crud import Listed, link
from igz_apply.controlplane.envelopes import envelope
from igz_apply.controlplane.errors import AnswerLost
from igz_apply.controlplane.protocols import Calls


class EventRecord(Listed):
    """What all kinds of events say. They are listed, and not read one by one."""

    source = Attribute[str]("a service's id, or free text")
    kind = Attribute[str]("dotted, such as Software.My.Thing.Done; a known kind fixes its parameters")
    description = Attribute[str]("free text")
    severity = Attribute[str]("see EventSeverity; needed if the kind is not known")
    classification = Attribute[str]("see EventClassification; needed if the kind is not known")
    visibility = Attribute[str]("see EventVisibility")
    system_event = Attribute[bool]("false if absent")
    tags = Items[str]("free texts")
    parameters_text = Items[dict[str, Any]]("pairs of name and text")
    parameters_uint64 = Items[dict[str, Any]]("pairs of name and number")
    affected_resources = Items[dict[str, Any]]("type, id_str, id and name")
    timestamp_iso8601 = Attribute[str]("when; the server's time if absent")
    timestamp_uint64 = Attribute[int]("when, as a number")
    timestamp_uint64_str = Attribute[str]("when, as a number in a text")

    def emit(self, http_client: Calls, audit_tenant_id: str | None = None) -> None:
        """Emit this event; with a tenant's id as an audit event of that tenant. Needs the policy System Admin."""
        emit_event(http_client, self, audit_tenant_id)


class Event(EventRecord, record="event"):
    """An event of the system or of a service."""

    collection = "events"

    @classmethod
    def delete_all(cls, http_client: Calls) -> None:
        """Delete all events (not audit events). Needs a privileged user."""
        http_client.call("DELETE", "events/")


class ManualEventSchema(Event):
    """An event to be emitted; another name of Event."""


class AuditEvent(EventRecord, record="audit_event"):
    """An event of the audit log, which may take half a minute to show."""

    collection = "audit_events"

    def emit(self, http_client: Calls, audit_tenant_id: str | None = None) -> None:
        """Emit this event to the audit log of a tenant; None is the caller's own. Needs the policy System Admin."""
        emit_event(http_client, self, audit_tenant_id or http_client.tenant_id)


class CommunicationEvent(EventRecord, record="communication_event"):
    """An event about mail that was sent."""

    collection = "communication_events"


def emit_event(client: Calls, event: EventRecord, audit_tenant_id: str | None = None) -> None:
    """Emit an event; what makes it an audit event is the tenant that it names.

    Old systems answer with something that is not JSON, which is not a failure. Raises AnswerLost if nobody knows
    whether it was emitted.
    """
    linkage = {"audit_tenant": {"data": link("tenant", audit_tenant_id)}} if audit_tenant_id else {}
    body = envelope("event", {"system_event": False, **event.attributes}, linkage)
    try:
        client.call("POST", "manual_events", body=body)
    except AnswerLost as lost:
        if lost.status is None or lost.status >= 300:
            raise
