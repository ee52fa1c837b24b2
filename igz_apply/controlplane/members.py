"""What users and groups have in common: they can be members of projects."""

from __future__ import annotations

from typing import Any

from igz_apply.controlplane.constants import AddMemberMode, ProjectAuthorizationRoles
from igz_apply.controlplane.protocols import Calls, Reads
from igz_apply.controlplane.registry import REGISTRY
from igz_apply.controlplane.resource import Resource


class ProjectMember(Resource):
    """A user or group, which may hold one role in each project."""

    def ensure_project_membership(
        self, http_client: Calls, project_name: str, role: ProjectAuthorizationRoles | str
    ) -> None:
        """Give this user or group that role in the project, in place of any other. Raises NotFound, JobFailed."""
        project = _project(http_client, project_name)
        project.set_membership(http_client, self, role, add_member_mode=AddMemberMode.override)

    def remove_from_project(self, http_client: Calls, project_name: str) -> None:
        """Take any role in the project from this user or group. Raises NotFound, JobFailed."""
        _project(http_client, project_name).remove_member(http_client, self)

    def get_project_effective_role(
        self, http_client: Reads, project_name: str
    ) -> ProjectAuthorizationRoles | str | None:
        """Return the highest role in the project, over groups too; None without any. Raises NotFound."""
        project = _project(http_client, project_name)
        role: ProjectAuthorizationRoles | str | None = project.get_user_effective_role(http_client, self)
        return role


def _project(client: Reads, name: str) -> Any:
    return REGISTRY.required("project").get_by_name(client, name)
