"""A client of the control plane of an Iguazio system, usable on its own.

`import igz_apply.controlplane as igz_mgmt` takes the place of the published SDK: names and arguments are the same.
The client itself is imported at once; resources, operations and constants when they are first used.
"""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

from igz_apply.controlplane.api_answers import Answer
from igz_apply.controlplane.client import Client
from igz_apply.controlplane.errors import (
    AnswerLost,
    AppServiceNotFound,
    AppServiceNotReady,
    BadRequest,
    ConfigurationError,
    Conflict,
    ConnectionFailed,
    ControlPlaneError,
    Forbidden,
    IncompleteList,
    InvalidAnswer,
    JobFailed,
    JobTimeout,
    JobVanished,
    MemberAlreadyInProject,
    NoCredentials,
    NotFound,
    PreconditionFailed,
    RateLimited,
    ReadsOnly,
    Timeout,
    Unauthorised,
    Unavailable,
    Unsupported,
    UserInPrimaryGroup,
    UserNotOperational,
)
from igz_apply.controlplane.job_answers import job_id, job_message
from igz_apply.controlplane.job_polling import Polling
from igz_apply.controlplane.queries import ResourceListPagingQueryParams, exactly
from igz_apply.controlplane.read_only_client import ReadOnlyClient
from igz_apply.controlplane.registry import REGISTRY
from igz_apply.http.backoff import Backoff
from igz_apply.http.transport import Failure, Request, Response, Transport

if TYPE_CHECKING:
    from igz_apply.controlplane import constants, exceptions, operations, resources
    from igz_apply.controlplane.constants import (
        AddMemberMode,
        ApplyServicesMode,
        AppServiceDesiredStates,
        AppServicePriorityClass,
        ConfigTypes,
        EventClassification,
        EventSeverity,
        EventVisibility,
        ForceApplyAllMode,
        JobStates,
        JupyterAppServicePrebakedImage,
        ProjectAuthorizationRoles,
        ProjectDeletionStrategies,
        ScaleToZeroMode,
        SessionPlanes,
        SmtpConnectionMode,
        SslVerificationMode,
        TenantManagementRoles,
        UserAdminStatuses,
        UserAuthenticationMethods,
        UserOperationalStatuses,
    )
    from igz_apply.controlplane.operations import AppServices, ClusterConfigurations, ManualEvents
    from igz_apply.controlplane.resources import (
        AccessKey,
        AppServicesManifest,
        AuditEvent,
        CommunicationEvent,
        Event,
        Group,
        Job,
        K8sConfig,
        ManualEventSchema,
        Project,
        ProjectAuthorizationRole,
        ProjectAuthorizationRoleSet,
        Resource,
        SmtpConnection,
        User,
    )
    from igz_apply.controlplane.service_parts import (
        AdvancedSpec,
        AppServiceBase,
        AppServiceScaleToZeroSpecPresets,
        AppServiceSpec,
        AppServiceStatus,
        CredentialsSpec,
        CustomAppServiceSpec,
        FilebeatSpec,
        HomeContainer,
        JupyterSpec,
        Meta,
        PvcSpec,
        ResourcesSpec,
        ScaleResource,
        ScaleToZeroSpec,
        SecurityContextSpec,
        SSHServerSpec,
        SystemResources,
    )
    from igz_apply.http.requests_transport import RequestsTransport
    from igz_apply.http.wsgi_transport import WsgiTransport

# A record is of the class of its type, wherever that is defined.
REGISTRY.define_all = partial(import_module, f"{__name__}.resources")

_MODULES = ("constants", "exceptions", "operations", "resources")
_HOMES = (
    *(f"{__name__}.{module}" for module in ("resources", "operations", "service_parts", "constants")),
    "igz_apply.http.wsgi_transport",
    "igz_apply.http.requests_transport",
)

__all__ = [
    "AccessKey",
    "AddMemberMode",
    "AdvancedSpec",
    "Answer",
    "AnswerLost",
    "AppServiceBase",
    "AppServiceDesiredStates",
    "AppServiceNotFound",
    "AppServiceNotReady",
    "AppServicePriorityClass",
    "AppServiceScaleToZeroSpecPresets",
    "AppServiceSpec",
    "AppServiceStatus",
    "AppServices",
    "AppServicesManifest",
    "ApplyServicesMode",
    "AuditEvent",
    "Backoff",
    "BadRequest",
    "Client",
    "ClusterConfigurations",
    "CommunicationEvent",
    "ConfigTypes",
    "ConfigurationError",
    "Conflict",
    "ConnectionFailed",
    "ControlPlaneError",
    "CredentialsSpec",
    "CustomAppServiceSpec",
    "Event",
    "EventClassification",
    "EventSeverity",
    "EventVisibility",
    "Failure",
    "FilebeatSpec",
    "Forbidden",
    "ForceApplyAllMode",
    "Group",
    "HomeContainer",
    "IncompleteList",
    "InvalidAnswer",
    "Job",
    "JobFailed",
    "JobStates",
    "JobTimeout",
    "JobVanished",
    "JupyterAppServicePrebakedImage",
    "JupyterSpec",
    "K8sConfig",
    "ManualEventSchema",
    "ManualEvents",
    "MemberAlreadyInProject",
    "Meta",
    "NoCredentials",
    "NotFound",
    "Polling",
    "PreconditionFailed",
    "Project",
    "ProjectAuthorizationRole",
    "ProjectAuthorizationRoleSet",
    "ProjectAuthorizationRoles",
    "ProjectDeletionStrategies",
    "PvcSpec",
    "RateLimited",
    "ReadOnlyClient",
    "ReadsOnly",
    "Request",
    "RequestsTransport",
    "Resource",
    "ResourceListPagingQueryParams",
    "ResourcesSpec",
    "Response",
    "SSHServerSpec",
    "ScaleResource",
    "ScaleToZeroMode",
    "ScaleToZeroSpec",
    "SecurityContextSpec",
    "SessionPlanes",
    "SmtpConnection",
    "SmtpConnectionMode",
    "SslVerificationMode",
    "SystemResources",
    "TenantManagementRoles",
    "Timeout",
    "Transport",
    "Unauthorised",
    "Unavailable",
    "Unsupported",
    "User",
    "UserAdminStatuses",
    "UserAuthenticationMethods",
    "UserInPrimaryGroup",
    "UserNotOperational",
    "UserOperationalStatuses",
    "WsgiTransport",
    "constants",
    "exactly",
    "exceptions",
    "job_id",
    "job_message",
    "operations",
    "resources",
]


def __getattr__(name: str) -> Any:
    """Import what is not there yet."""
    if name in _MODULES:
        return import_module(f"{__name__}.{name}")
    if name in __all__:
        for home in _HOMES:
            module = import_module(home)
            if hasattr(module, name):
                return getattr(module, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
