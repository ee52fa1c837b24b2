"""The table of resource types: users, groups, access keys, projects and roles (wire reference, 6 to 11).

The types that igz-apply does not manage stand in `infrastructure.py`.
"""

from __future__ import annotations

from igz_apply.emulator.engine.table import Attribute, Form, Relationship, Strict
from igz_apply.emulator.iguazio3.infrastructure import INFRASTRUCTURE
from igz_apply.emulator.iguazio3.resource_type import ResourceType
from igz_apply.emulator.iguazio3.vocabulary import (
    ADDRESS,
    DNS_1123,
    EMAIL,
    PERSON_NAME,
    PHONE,
    PLANES,
    POLICIES,
    ROLE_NAMES,
    SWITCH,
    TENANT_ID,
    USERNAME,
)

_CREATED = Attribute("created_at", Form.TIMESTAMP, computed=True)
_UPDATED = Attribute("updated_at", Form.TIMESTAMP, computed=True)
_POLICIES = Attribute("assigned_policies", Form.STRINGS, default=[], strict=Strict(values=POLICIES))
_SHORT = Strict(max_length=128)
_DATA_ACCESS = Attribute("data_access_mode", default="enabled", values=SWITCH)
_TENANT = Relationship("tenant", "tenant", shown=True, writable=False, fixed=TENANT_ID)

USER = ResourceType(
    name="user",
    key="username",
    read_policies=("Security Admin",),
    write_policies=("Security Admin",),
    delete_job="user.deletion",
    attributes=(
        Attribute("username", required=True, immutable=True, pattern=USERNAME),
        Attribute("first_name", default="", strict=Strict(pattern=PERSON_NAME + r"|\Z")),
        Attribute("last_name", default="", strict=Strict(pattern=PERSON_NAME + r"|\Z")),
        Attribute("email", default="", pattern=ADDRESS + r"|\Z", strict=Strict(pattern=EMAIL + r"|\Z")),
        Attribute("password", secret=True),
        Attribute("uid", Form.INTEGER, immutable=True, lowest=0),
        _POLICIES,
        Attribute(
            "authentication_methods",
            Form.STRINGS,
            default=["password"],
            strict=Strict(values=("password", "sso")),
            since="3.5.5",
        ),
        Attribute("authentication_scheme", default="local", computed=True),
        _DATA_ACCESS,
        Attribute("send_password_on_creation", Form.BOOLEAN, default=False),
        Attribute("admin_status", default="up", values=("up", "down")),
        Attribute("operational_status", computed=True),
        Attribute("phone_number", default="", strict=Strict(pattern=PHONE)),
        Attribute("job_title", default="", strict=_SHORT),
        Attribute("department", default="", strict=_SHORT),
        Attribute("description"),
        Attribute("avatar"),
        _CREATED,
        _UPDATED,
        Attribute("password_changed_at", Form.TIMESTAMP, computed=True),
        Attribute("last_activity", Form.TIMESTAMP, computed=True),
        Attribute("idp", Form.OBJECT, default={"kind": "none"}, computed=True),
        Attribute("enabled", Form.BOOLEAN),
    ),
    relationships=(
        Relationship("user_groups", "user_group", many=True),
        Relationship("primary_group", "user_group"),
        _TENANT,
        Relationship("projects", "project", many=True, writable=False, inverse_of="project.owner"),
        Relationship("jobs", "job", many=True, writable=False),
    ),
)

USER_GROUP = ResourceType(
    name="user_group",
    key="name",
    read_policies=("Security Admin",),
    write_policies=("Security Admin",),
    delete_job="user_group.deletion",
    attributes=(
        Attribute("name", required=True, strict=_SHORT),
        Attribute("description", strict=_SHORT),
        Attribute("gid", Form.INTEGER, immutable=True, lowest=0),
        _POLICIES,
        _DATA_ACCESS,
        Attribute("kind", default="local", computed=True),
        Attribute("system_provided", Form.BOOLEAN, default=False, computed=True),
        _CREATED,
        _UPDATED,
    ),
    relationships=(
        Relationship("users", "user", many=True, inverse_of="user.user_groups"),
        Relationship("jobs", "job", many=True, writable=False),
    ),
)

ACCESS_KEY = ResourceType(
    name="access_key",
    attributes=(
        Attribute("label", max_length=128),
        Attribute("planes", Form.STRINGS, values=PLANES, immutable=True),
        Attribute("plane", computed=True),
        Attribute("ttl", Form.INTEGER, computed=True),
        Attribute("expires_at", Form.INTEGER, computed=True),
        Attribute("kind", computed=True),
        Attribute("interface_kind", computed=True),
        Attribute("tenant_id", computed=True),
        Attribute("group_ids", Form.STRINGS, computed=True),
        Attribute("uid", Form.INTEGER, computed=True),
        Attribute("gids", Form.OBJECTS, computed=True),
        _CREATED,
        _UPDATED,
    ),
)

PROJECT = ResourceType(
    name="project",
    key="name",
    operations=("list", "get", "create", "update"),
    created_status=201,
    answers_updates=True,
    attributes=(
        Attribute("name", required=True, immutable=True, pattern=DNS_1123),
        Attribute("description", default=""),
        Attribute("labels", Form.PAIRS, default=[]),
        Attribute("annotations", Form.PAIRS, default=[]),
        Attribute("default_function_node_selector", Form.PAIRS, default=[], since="3.5.5"),
        Attribute("admin_status", default="online", values=("online", "offline", "archived")),
        Attribute("operational_status", computed=True),
        Attribute("created_at", Form.TIMESTAMP),
        _UPDATED,
        Attribute("mlrun_project", in_lists=False),
        Attribute("nuclio_project", in_lists=False),
        Attribute("owner_username"),
        Attribute("owner_access_key", computed=True),
        Attribute("namespace", computed=True),
    ),
    relationships=(
        Relationship("owner", "user", shown=True),
        _TENANT,
        Relationship("project_group", "project_group", shown=True, writable=False),
        Relationship("last_job", "job", shown=True, writable=False),
        Relationship(
            "project_authorization_roles",
            "project_authorization_role",
            many=True,
            writable=False,
            inverse_of="project_authorization_role.project",
        ),
    ),
)

ROLE = ResourceType(
    name="project_authorization_role",
    operations=("list",),
    attributes=(
        Attribute("name", values=ROLE_NAMES),
        Attribute("permissions", Form.OBJECTS, computed=True),
    ),
    relationships=(
        Relationship("project", "project", shown=True),
        Relationship("principal_users", "user", many=True),
        Relationship("principal_user_groups", "user_group", many=True),
    ),
)

PROJECT_GROUP = ResourceType(name="project_group", attributes=(), operations=())

SCRUBBED_USER = ResourceType(
    name="scrubbed_user",
    view_of="user",
    key="username",
    operations=("list",),
    attributes=tuple(
        each
        for each in USER.attributes
        if each.name in ("username", "first_name", "last_name", "assigned_policies", "operational_status")
    ),
)

SCRUBBED_USER_GROUP = ResourceType(
    name="scrubbed_user_group",
    view_of="user_group",
    key="name",
    operations=("list",),
    attributes=tuple(each for each in USER_GROUP.attributes if each.name in ("name", "assigned_policies")),
)

RESOURCES: tuple[ResourceType, ...] = (
    USER,
    USER_GROUP,
    ACCESS_KEY,
    PROJECT,
    ROLE,
    PROJECT_GROUP,
    SCRUBBED_USER,
    SCRUBBED_USER_GROUP,
    *INFRASTRUCTURE,
)
