"""Which method and path is answered by which function."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial

from igz_apply.emulator.engine.http_errors import Refusal, not_found
from igz_apply.emulator.engine.table import ResourceType
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
from igz_apply.emulator.iguazio3.behaviour import Behaviour
from igz_apply.emulator.iguazio3.world import Answer, Call

Handler = Callable[..., Answer]  # (call, *what the placeholders of the path held)


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one path. A segment `*` is a placeholder."""

    method: str
    path: str
    handler: Handler


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


class Router:
    """Finds the handler of a request."""

    def __init__(self, types: Iterable[ResourceType]) -> None:
        """Put the special routes before those of the table, so that they win."""
        routes = [*SPECIAL, *(route for each in types for route in _plain_routes(each))]
        self._routes: dict[int, list[tuple[tuple[str, ...], Route]]] = {}
        for route in routes:
            segments = tuple(route.path.split("/"))
            self._routes.setdefault(len(segments), []).append((segments, route))

    def find(self, method: str, path: str) -> Callable[[Call], Answer]:
        """Return what answers a request. Raises Refusal: 404 for the path, 405 for the method."""
        segments = path.strip("/").split("/")
        allowed = []
        for pattern, route in self._routes.get(len(segments), ()):
            held = _match(pattern, segments)
            if held is not None and route.method == method:
                return partial(_call_with, route.handler, held)
            if held is not None:
                allowed.append(route.method)
        if allowed:
            raise Refusal(405, f"{method} is not possible here: only {', '.join(sorted(set(allowed)))}")
        raise not_found(f"The path {path[:120]!r}")


def _call_with(handler: Handler, held: list[str], call: Call) -> Answer:
    return handler(call, *held)


def _match(pattern: tuple[str, ...], segments: list[str]) -> list[str] | None:
    """Return what the placeholders hold, or None when the path is another one."""
    held = []
    for wanted, given in zip(pattern, segments, strict=True):
        if wanted == "*" and given:
            held.append(given)
        elif wanted != given:
            return None
    return held
