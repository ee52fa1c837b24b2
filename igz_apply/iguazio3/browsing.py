"""What `get` can read: the platform's resources by the names that people use, and the columns of their tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from igz_apply.controlplane.access_keys import AccessKey
from igz_apply.controlplane.background_jobs import Job
from igz_apply.controlplane.crud import Listed
from igz_apply.controlplane.events import AuditEvent, CommunicationEvent, Event
from igz_apply.controlplane.groups import Group
from igz_apply.controlplane.projects import Project
from igz_apply.controlplane.redaction import MASK, redact
from igz_apply.controlplane.resource import Resource
from igz_apply.controlplane.system import K8sConfig, SmtpConnection
from igz_apply.controlplane.users import User

_TIMESTAMP = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(?:Z|\+00:00)")


@dataclass(frozen=True, slots=True)
class Readable:
    """A kind of record that can be listed."""

    names: tuple[str, ...]  # as people may type them; the first one is told
    resource: type[Listed]
    columns: tuple[str, ...]  # attributes; `id` is the record's id
    key: str = "name"  # the attribute by which one is named
    include: tuple[str, ...] = ()  # relationships that a list brings along unless others are asked for


READABLES = (
    Readable(
        ("User", "users"),
        User,
        ("username", "first_name", "last_name", "email", "operational_status", "assigned_policies"),
        "username",
    ),
    Readable(("Group", "groups"), Group, ("name", "description", "assigned_policies")),
    Readable(
        ("Project", "projects"),
        Project,
        ("name", "owner_username", "operational_status", "description", "created_at"),
        include=("owner",),
    ),
    Readable(("Job", "jobs"), Job, ("id", "kind", "state", "created_at", "updated_at"), "id"),
    Readable(("AccessKey", "access_keys"), AccessKey, ("label", "planes", "expires_at", "created_at"), "label"),
    Readable(("Event", "events"), Event, ("timestamp_iso8601", "severity", "kind", "source", "description"), "kind"),
    Readable(
        ("AuditEvent", "audit_events"),
        AuditEvent,
        ("timestamp_iso8601", "severity", "kind", "source", "description"),
        "kind",
    ),
    Readable(
        ("CommunicationEvent", "communication_events"),
        CommunicationEvent,
        ("timestamp_iso8601", "severity", "kind", "source", "description"),
        "kind",
    ),
    Readable(("K8sConfig", "k8s_configs"), K8sConfig, ("id", "namespace", "webapi_https_port"), "id"),
    Readable(
        ("SmtpConnection", "smtp_connections"),
        SmtpConnection,
        ("id", "mode", "server_address", "sender_address", "auth_username"),
        "id",
    ),
)
JOBS = next(each for each in READABLES if each.resource is Job)
SERVICES = ("AppService", "app_services")
SERVICE_COLUMNS = ("name", "kind", "owner", "desired_state", "state", "version", "error")


def row(resource: Resource, columns: Iterable[str]) -> list[Any]:
    """Return a record's cells, secrets masked."""
    attributes = redact(resource.attributes)
    return [_identity(resource) if column == "id" else _brief(attributes.get(column)) for column in columns]


def record(resource: Resource) -> dict[str, Any]:
    """Return a record as plain data, secrets masked; relationships as ids, and `names` of those that came along."""
    data: dict[str, Any] = {"type": resource.type, "id": _identity(resource), "attributes": redact(resource.attributes)}
    linked = {name: resource.linked_ids(name) for name in resource.relationships}
    if any(linked.values()):
        data["relationships"] = {name: ids for name, ids in linked.items() if ids}
    named = {name: _called(resource.related(name)) for name in resource.relationships}
    if any(named.values()):
        data["names"] = {name: names for name, names in named.items() if names}
    if resource.included:
        data["included"] = [record(included) for included in resource.included]
    return data


def _called(related: Iterable[Resource]) -> list[str]:
    """Return the names of records, in order; those that have none are left out."""
    keys: dict[type[Resource], str] = {each.resource: each.key for each in READABLES}
    names = (it.attributes.get(keys.get(type(it), "name")) for it in related)
    return [name for name in names if isinstance(name, str)]


def service_row(service: Mapping[str, Any]) -> list[Any]:
    """Return the cells of an entry of the app-services manifest."""
    spec, status = service.get("spec") or {}, service.get("status") or {}
    error = (status.get("error_info") or {}).get("description") or status.get("last_error")
    values = {**{name: spec.get(name) for name in ("name", "kind", "owner", "desired_state")}, "error": error}
    values |= {name: status.get(name) for name in ("state", "version")}
    return [values[column] for column in SERVICE_COLUMNS]


def _identity(resource: Resource) -> Any:
    return MASK if resource.id_is_secret else resource.id


def _brief(value: Any) -> Any:
    """Return a timestamp to the second, and anything else as it is."""
    found = _TIMESTAMP.fullmatch(value) if isinstance(value, str) else None
    return f"{found[1]}Z" if found else value
