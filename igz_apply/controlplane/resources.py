"""The resources of the control plane, in one place; they are defined one module a family."""

from __future__ import annotations

from igz_apply.controlplane.access_keys import AccessKey
from igz_apply.controlplane.background_jobs import Job
from igz_apply.controlplane.events import AuditEvent, CommunicationEvent, Event, ManualEventSchema
from igz_apply.controlplane.groups import Group
from igz_apply.controlplane.manifest import AppServicesManifest
from igz_apply.controlplane.project_roles import ProjectAuthorizationRole, ProjectAuthorizationRoleSet
from igz_apply.controlplane.projects import Project
from igz_apply.controlplane.resource import Resource
from igz_apply.controlplane.system import K8sConfig, SmtpConnection
from igz_apply.controlplane.users import User

__all__ = [
    "AccessKey",
    "AppServicesManifest",
    "AuditEvent",
    "CommunicationEvent",
    "Event",
    "Group",
    "Job",
    "K8sConfig",
    "ManualEventSchema",
    "Project",
    "ProjectAuthorizationRole",
    "ProjectAuthorizationRoleSet",
    "Resource",
    "SmtpConnection",
    "User",
]
