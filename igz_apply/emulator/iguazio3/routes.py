"""The paths of Iguazio 3, and what answers each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from igz_apply.emulator.engine.messages import Answer
from igz_apply.emulator.engine.router import Handler, Route
from igz_apply.emulator.iguazio3 import (
    accesskeys,
    emitted_events,
    group_rules,
    operations,
    project_rules,
    role_rules,
    services_manifest,
    sessions,
    system_routes,
    user_rules,
)
from igz_apply.emulator.iguazio3.resource_type import ResourceType
from igz_apply.emulator.iguazio3.world import Behaviour, Call

BEHAVIOURS: Mapping[str, Behaviour] = {
    "": Behaviour(),
    "user": user_rules.UserBehaviour(),
    "user_group": group_rules.GroupBehaviour(),
    "access_key": accesskeys.AccessKeyBehaviour(),
    "project": project_rules.ProjectBehaviour(),
    "project_authorization_role": role_rules.RoleBehaviour(),
    "k8s_config": system_routes.K8sConfigBehaviour(),
    "container": system_routes.ContainerBehaviour(),
}

SPECIAL = (
    Route("POST", "api/sessions/verifications/planes/any/internal", sessions.verify),
    Route("POST", "api/data_sessions/verifications/app_service", sessions.verify),
    Route("GET", "api/data_sessions/verifications/app_service", sessions.verify),
    Route("POST", "api/data_sessions/verifications/app_service_enrich_data", sessions.verify),
    Route("GET", "api/data_sessions/verifications/app_service_enrich_data", sessions.verify),
    Route("GET", "api/tunnel/*/external_versions/*", system_routes.tunnel_version),
    Route("GET", "api/external_versions", system_routes.external_versions),
    Route("GET", "api/versions", system_routes.external_versions),
    Route("GET", "api/fetch_sessions", system_routes.own_sessions),
    Route("GET", "api/self", user_rules.get_self),
    Route("POST", "api/self/get_or_create_access_key", accesskeys.get_or_create),
    Route("GET", "api/projects/__name__/*", project_rules.get_by_name),
    Route("PUT", "api/projects/__name__/*", project_rules.update_by_name),
    Route("GET", "api/projects/__name__/*/authorization", project_rules.probe_authorization),
    Route("DELETE", "api/projects", project_rules.delete_by_body),
    Route("POST", "api/async_transactions", role_rules.start_transaction),
    Route("GET", "api/app_services_manifests", services_manifest.list_manifests),
    Route("PUT", "api/app_services_manifests", services_manifest.update_manifest),
    Route("POST", "api/manual_events", emitted_events.emit),
    Route("DELETE", "api/events", emitted_events.delete_all),
    Route("DELETE", "api/jobs/*", system_routes.delete_job),
    Route("POST", "api/configurations/*/reloads", system_routes.reload),
    Route("DELETE", "api/containers/*", system_routes.delete_container),
    Route("GET", "api/containers/*/statistics", system_routes.container_statistics),
    Route("PUT", "emulator/projects/*", project_rules.mark_resources),
)

_OPERATIONS: Mapping[str, tuple[str, str, Callable[..., Answer]]] = {
    "list": ("GET", "", operations.list_records),
    "create": ("POST", "", operations.create_record),
    "get": ("GET", "/*", operations.get_record),
    "update": ("PUT", "/*", operations.update_record),
    "delete": ("DELETE", "/*", operations.delete_record),
}


def _plain_routes(resource_type: ResourceType) -> Iterable[Route]:
    """Return the routes of a type that its table asks for."""
    for operation in resource_type.operations:
        method, suffix, function = _OPERATIONS[operation]
        yield Route(method, f"api/{resource_type.collection}{suffix}", _bound(function, resource_type))


def _bound(function: Callable[..., Answer], resource_type: ResourceType) -> Handler:
    def handler(call: Call, *held: str) -> Answer:
        return function(call, resource_type, *held)

    return handler


def routes_of(types: Iterable[ResourceType]) -> list[Route]:
    """Return all routes: the special ones before those of the tables, so that they win."""
    return [*SPECIAL, *(route for each in types for route in _plain_routes(each))]
