"""What a new emulator holds: the predefined principals, the manifest, the single records (18.2, 18.3, 21)."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from typing import Any

from igz_apply.emulator.engine.record_store import Record
from igz_apply.emulator.iguazio3 import accesskeys
from igz_apply.emulator.iguazio3.deployment import DOMAIN, MANIFEST, MANIFEST_ID, fill_defaults, status_of
from igz_apply.emulator.iguazio3.passwords import hash_password
from igz_apply.emulator.iguazio3.vocabulary import ALL_USERS, SUPERUSERS, TENANT_ID, TENANT_NAME
from igz_apply.emulator.iguazio3.world import World

# Known to everyone, on purpose: they open an emulator and nothing else.
ADMIN_USERNAME = "admin"
ADMIN_PASSWORD = "Emulator-1!"
ADMIN_ACCESS_KEY = "ada1ada1-0000-4000-8000-00000000e301"
RELOADER_ACCESS_KEY = "ada1ada1-0000-4000-8000-00000000e302"
ACCESS_KEYS = {"admin": ADMIN_ACCESS_KEY, "igz_admin": RELOADER_ACCESS_KEY}

_MOST_POLICIES = [
    "Application Admin",
    "Data",
    "Developer",
    "IT Admin",
    "Project Security Admin",
    "Security Admin",
    "Service Admin",
    "System Admin",
    "Tenant Admin",
]
_USERS: tuple[tuple[str, int, list[str], str], ...] = (
    ("admin", 0, _MOST_POLICIES, "enabled"),
    ("igz_admin", 1, _MOST_POLICIES, "enabled"),
    ("igz_support", 2, [each for each in _MOST_POLICIES if each != "Tenant Admin"], "enabled"),
    ("sys", 3, ["System Admin", "Application Admin", "Data"], "enabled"),
    ("monitoring", 4, ["Data"], "enabled"),
    ("pipelines", 5, ["Data"], "enabled"),
    ("tenancy_admin", 13, ["IT Admin", "Tenant Admin"], "disabled"),
    ("security_admin", 27, ["Security Admin"], "disabled"),
    ("project_reader", 50, ["Project Read Only", "Developer"], "disabled"),
)
_SERVICES: tuple[dict[str, Any], ...] = (
    {"name": "webapi", "kind": "webapi"},
    {"name": "nuclio", "kind": "nuclio"},
    {"name": "mlrun", "kind": "mlrun"},
    {
        "name": "grafana",
        "kind": "grafana",
        "description": "Built-in grafana",
        "owner": "",
        "credentials": {"username": "sys"},
        "visible_to_all": True,
    },
    {"name": "docker-registry", "kind": "docker_registry"},
    {"name": "jupyter", "kind": "jupyter", "resources": {"limits": {"memory": "12Gi"}}},
)
_LABELS = {"grafana": {"iguazio.com/builtin": "true"}}  # of a kind that people run too: marked as the platform's own
_SINGLE: tuple[tuple[str, dict[str, Any]], ...] = (
    ("smtp_connection", {"mode": "disabled", "send_retries_number": 3, "send_retries_interval": 10}),
    (
        "k8s_config",
        {
            "namespace": TENANT_NAME,
            "webapi_http_port": 30081,
            "webapi_https_port": 30443,
            "services_spec": "{}",
            "services_status": "{}",
            "limit_range_spec": {"limits": [{"type": "Container", "default": {"cpu": "2", "memory": "4Gi"}}]},
        },
    ),
    ("cluster", {"name": "emulator", "operational_status": "online"}),
    ("app_cluster", {"name": "emulator", "system_configuration": json.dumps({"spec": {}})}),
    ("app_tenant", {"name": TENANT_NAME}),
    ("storage_pool", {"name": "default"}),
    ("cluster_info", {"cluster_name": "emulator", "endpoints": {"app_services": [], "web": [DOMAIN]}}),
)
CONTAINERS = ("users", "projects", "bigdata")


def is_seeded(world: World) -> bool:
    """Tell whether the store holds the seed already."""
    return world.store.get("tenant", TENANT_ID) is not None


def sow(world: World) -> None:
    """Put the seed into an empty store."""
    tenant = {"name": TENANT_NAME, "default": True, "visibility": "visible"}
    _add(world, "tenant", tenant, record_id=TENANT_ID)
    groups = _add_groups(world)
    users = [_add_user(world, *each) for each in _USERS]
    world.store.add_links("user.user_groups", ((user.id, groups[ALL_USERS]) for user in users))
    world.store.add_links("user.user_groups", [(users[0].id, groups["admins"])])
    for user in users:
        _add_access_key(world, user)
    _add_manifest(world)
    for type_name, attributes in _SINGLE:
        _add(world, type_name, attributes)
    for number, name in enumerate(CONTAINERS, start=1024):
        state = {"name": name, "admin_status": "up", "operational_status": "up"}
        _add(world, "container", state, record_id=str(number))


def _add(world: World, type_name: str, attributes: dict[str, Any], *, record_id: str = "") -> Record:
    resource_type = world.types.get(type_name)
    filled = {**(resource_type.defaults() if resource_type else {}), **attributes}
    filled.update(created_at=world.timestamp, updated_at=world.timestamp)
    return world.store.insert(Record(type_name, record_id or str(uuid.uuid4()), filled))


def _add_groups(world: World) -> dict[str, str]:
    everyone = {"name": ALL_USERS, "gid": -1, "description": "All Users", "system_provided": True}
    admins = {"name": "admins", "gid": 0, "description": "Administrators"}
    groups = [_add(world, "user_group", {**each, "data_access_mode": "disabled"}) for each in (everyone, admins)]
    for group in groups:
        group.private["system"] = True
        world.store.save(group)
    return {group.attributes["name"]: group.id for group in groups}


def _add_user(world: World, username: str, uid: int, policies: Iterable[str], data_access: str) -> Record:
    attributes = {
        "username": username,
        "uid": uid,
        "first_name": username,
        "last_name": "predefined",
        "email": f"{username}@emulator.example.org",
        "assigned_policies": list(policies),
        "data_access_mode": data_access,
        "operational_status": "up",
    }
    user = _add(world, "user", attributes)
    user.private.update(system=True, superuser=username in SUPERUSERS)
    if username in ACCESS_KEYS:
        user.private["password"] = hash_password(ADMIN_PASSWORD)
    world.store.save(user)
    return user


def _add_access_key(world: World, user: Record) -> None:
    key_id = ACCESS_KEYS.get(user.attributes["username"])
    if key_id is not None:
        key = Record("access_key", key_id, {"label": "emulator", "created_at": world.timestamp})
        accesskeys.complete(world, key, user)
        world.store.insert(key)


def _add_manifest(world: World) -> None:
    specs = [fill_defaults({"owner": ADMIN_USERNAME, **spec}) for spec in _SERVICES]
    attributes = {
        "cluster_name": "",
        "tenant_name": TENANT_NAME,
        "tenant_id": TENANT_ID,
        "state": "ready",
        "last_error": "",
        "last_modification_job": "",
        "running_modification_job": "",
        "apply_services_mode": "default",
        "force_apply_all_mode": "disabled",
        "app_services": [
            {"spec": spec, "meta": {"labels": _LABELS.get(spec["name"], {})}, "status": status_of(spec)}
            for spec in specs
        ],
    }
    world.store.insert(Record(MANIFEST, MANIFEST_ID, attributes))
