"""The resource types of the platform itself: jobs, the manifest, events, SMTP, tenants, containers (12 to 17)."""

from __future__ import annotations

from igz_apply.emulator.engine.table import Attribute, Form, Relationship
from igz_apply.emulator.iguazio3.resource_type import ResourceType
from igz_apply.emulator.iguazio3.vocabulary import (
    CLASSIFICATIONS,
    CONTAINER_NAME,
    JOB_STATES,
    SEVERITIES,
    SWITCH,
    VISIBILITIES,
)

_CREATED = Attribute("created_at", Form.TIMESTAMP, computed=True)
_UPDATED = Attribute("updated_at", Form.TIMESTAMP, computed=True)
_READ_ONLY = ("list", "get")


def _names(*names: str, form: Form = Form.STRING) -> tuple[Attribute, ...]:
    """Return computed attributes of one form."""
    return tuple(Attribute(name, form, computed=True) for name in names)


JOB = ResourceType(
    name="job",
    operations=_READ_ONLY,
    attributes=(
        *_names("kind", "params", "result", "ui_fields", "linked_resources", "handler", "ctx_id"),
        Attribute("state", values=JOB_STATES, computed=True),
        *_names("max_total_execution_time", "max_worker_execution_time", form=Form.INTEGER),
        *_names("delay", form=Form.NUMBER),
        *_names("on_success", "on_failure", form=Form.OBJECTS),
        _CREATED,
        _UPDATED,
    ),
)

APP_SERVICES_MANIFEST = ResourceType(
    name="app_services_manifest",
    operations=(),
    integer_ids=True,
    attributes=(
        *_names("cluster_name", "tenant_name", "tenant_id", "state", "last_error"),
        *_names("last_modification_job", "running_modification_job"),
        *_names("apply_services_mode", "force_apply_all_mode"),
        Attribute("app_services", Form.OBJECTS),
    ),
)

K8S_CONFIG = ResourceType(
    name="k8s_config",
    operations=_READ_ONLY,
    read_policies=("IT Admin", "IT Admin Read Only", "Service Admin"),
    attributes=(
        *_names("namespace", "kubeconfig", "services_spec", "services_status", "app_services_manifest"),
        *_names("webapi_http_port", "webapi_https_port", form=Form.INTEGER),
        *_names("limit_range_spec", form=Form.OBJECT),
        _CREATED,
        _UPDATED,
    ),
)

SMTP_CONNECTION = ResourceType(
    name="smtp_connection",
    operations=("list", "get", "update"),
    read_policies=("IT Admin",),
    write_policies=("IT Admin",),
    attributes=(
        Attribute("mode", default="disabled", values=SWITCH),
        Attribute("server_address", max_length=256),
        Attribute("sender_address", max_length=128),
        Attribute("auth_username", max_length=128),
        # Readable in clear on the platform too: MLRun copies it from the list (section 15).
        Attribute("auth_password", max_length=256),
        Attribute("send_retries_number", Form.INTEGER),
        Attribute("send_retries_interval", Form.INTEGER),
        Attribute("connection_timeout", Form.INTEGER),
        _CREATED,
        _UPDATED,
    ),
)

_EVENT_ATTRIBUTES = (
    Attribute("source", default=""),
    Attribute("kind", required=True, max_length=256),
    Attribute("description"),
    Attribute("severity", values=SEVERITIES),
    Attribute("classification", values=CLASSIFICATIONS),
    Attribute("visibility", values=VISIBILITIES, default="internal"),
    Attribute("system_event", Form.BOOLEAN, default=False),
    Attribute("tags", Form.STRINGS),
    Attribute("parameters_text", Form.OBJECTS),
    Attribute("parameters_uint64", Form.OBJECTS),
    Attribute("affected_resources", Form.OBJECTS),
    Attribute("timestamp_iso8601", Form.TIMESTAMP),
    Attribute("timestamp_uint64", Form.INTEGER),
    Attribute("timestamp_uint64_str"),
    Attribute("invoking_user_id"),
    Attribute("audit_tenant"),
)

EVENT = ResourceType("event", _EVENT_ATTRIBUTES, operations=("list",), read_policies=("IT Admin",))
AUDIT_EVENT = ResourceType("audit_event", _EVENT_ATTRIBUTES, operations=("list",), read_policies=("Security Admin",))
COMMUNICATION_EVENT = ResourceType(
    "communication_event", _EVENT_ATTRIBUTES, operations=("list",), read_policies=("IT Admin",)
)

TENANT = ResourceType(
    name="tenant",
    operations=_READ_ONLY,
    attributes=(
        *_names("name", "visibility"),
        Attribute("default", Form.BOOLEAN, computed=True),
        _CREATED,
        _UPDATED,
    ),
)

CONTAINER = ResourceType(
    name="container",
    key="name",
    operations=("list", "get", "create"),
    write_policies=("Application Admin", "Data"),
    delete_job="container.deletion",
    integer_ids=True,
    created_status=200,
    attributes=(
        Attribute("name", required=True, immutable=True, pattern=CONTAINER_NAME),
        Attribute("description", max_length=1024),
        *_names("admin_status", "operational_status"),
        _CREATED,
    ),
    relationships=(Relationship("jobs", "job", many=True, writable=False),),
)

CLUSTER_INFO = ResourceType(
    name="cluster_info",
    path="cluster_info",
    operations=("list",),
    attributes=(*_names("cluster_name"), *_names("endpoints", form=Form.OBJECT), _CREATED),
)
CLUSTER = ResourceType(
    name="cluster",
    operations=("list",),
    attributes=(
        *_names("name", "operational_status"),
        Attribute("operational_status_change_in_progress", Form.BOOLEAN, computed=True),
    ),
)
APP_CLUSTER = ResourceType("app_cluster", _names("name", "system_configuration"), operations=("list",))
APP_TENANT = ResourceType("app_tenant", _names("name"), operations=("list",))
STORAGE_POOL = ResourceType("storage_pool", _names("name"), operations=("list",))

INFRASTRUCTURE: tuple[ResourceType, ...] = (
    JOB,
    APP_SERVICES_MANIFEST,
    K8S_CONFIG,
    SMTP_CONNECTION,
    EVENT,
    AUDIT_EVENT,
    COMMUNICATION_EVENT,
    TENANT,
    CONTAINER,
    CLUSTER_INFO,
    CLUSTER,
    APP_CLUSTER,
    APP_TENANT,
    STORAGE_POOL,
)
