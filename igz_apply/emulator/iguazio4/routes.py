"""The paths of Iguazio 4, and what answers each (wire reference, section 2.1)."""

from __future__ import annotations

from functools import partial

from igz_apply.emulator.engine.router import Route
from igz_apply.emulator.iguazio4 import (
    authentication,
    control,
    executions,
    groups,
    mlrun,
    policies,
    project_roles,
    projects,
    system,
    users,
)
from igz_apply.emulator.iguazio4.options import MLRUN, Options

_AUTHENTICATION, _PROFILE, _AUTHORIZATION = "api/v1/authentication", "api/v1/profile", "api/v1/authorization"
_OF_PROJECT = f"{_AUTHORIZATION}/projects"

# Answered to whoever asks: the handler is given a Visit, which has no caller.
_OPEN = (
    Route("POST", f"{_AUTHENTICATION}/refresh-access-token", authentication.refresh),
    Route("POST", f"{_AUTHENTICATION}/refresh-access-tokens", authentication.refresh_many),
    Route("GET", f"{_AUTHENTICATION}/login", authentication.login),
    Route("GET", f"{_AUTHENTICATION}/login-callback", authentication.callback),
    Route("GET", f"{_AUTHENTICATION}/login-callback-manual", authentication.manual_callback),
    Route("GET", "api/v1/client-spec", mlrun.client_spec),
)
OPEN_PATHS = frozenset(each.path for each in _OPEN)

_CLOSED = (
    Route("POST", f"{_AUTHENTICATION}/revoke-offline-token", authentication.revoke),
    Route("POST", f"{_AUTHENTICATION}/logout", authentication.logout),
    Route("GET", f"{_AUTHENTICATION}/self", authentication.get_self),
    Route("GET", f"{_PROFILE}/users", users.list_users),
    Route("POST", f"{_PROFILE}/users", users.create),
    Route("GET", f"{_PROFILE}/users/*", users.get),
    Route("PUT", f"{_PROFILE}/users/*", users.update),
    Route("DELETE", f"{_PROFILE}/users/*", users.delete),
    Route("POST", f"{_PROFILE}/users/*/enable", users.enable),
    Route("POST", f"{_PROFILE}/users/*/disable", users.disable),
    Route("POST", f"{_PROFILE}/users/*/assign-groups", users.assign_groups),
    Route("GET", f"{_PROFILE}/search-users", users.search),
    Route("GET", f"{_PROFILE}/search-users-metadata", users.search_metadata),
    Route("GET", f"{_PROFILE}/groups", groups.list_groups),
    Route("POST", f"{_PROFILE}/groups", groups.create),
    Route("GET", f"{_PROFILE}/groups/*", groups.get),
    Route("DELETE", f"{_PROFILE}/groups/*", groups.delete),
    Route("PUT", f"{_PROFILE}/groups/*/rename", groups.rename),
    Route("PUT", f"{_PROFILE}/groups/*/move", groups.move),
    Route("POST", f"{_PROFILE}/groups/*/assign-members", groups.assign_members),
    Route("GET", f"{_PROFILE}/search-groups", groups.search),
    Route("GET", f"{_PROFILE}/search-groups-metadata", groups.search_metadata),
    Route("GET", f"{_AUTHORIZATION}/policies", policies.list_policies),
    Route("GET", f"{_AUTHORIZATION}/policies/*", policies.get),
    Route("PUT", f"{_AUTHORIZATION}/policies/*/members", policies.set_members),
    Route("PUT", f"{_AUTHORIZATION}/members/*/policies", policies.set_policies),
    Route("POST", f"{_AUTHORIZATION}/permissions/validate", policies.validate),
    Route("POST", f"{_AUTHORIZATION}/permission-manifest/generate", policies.generate_manifest),
    Route("POST", f"{_OF_PROJECT}/policies", project_roles.create_policies),
    Route("GET", f"{_OF_PROJECT}/*/policies", project_roles.get_policies),
    Route("DELETE", f"{_OF_PROJECT}/*/policies", project_roles.delete_policies),
    Route("PUT", f"{_OF_PROJECT}/*/owner", project_roles.put_owner),
    Route("PUT", f"{_OF_PROJECT}/*/roles", project_roles.put_roles),
    Route("PUT", f"{_OF_PROJECT}/*/roles/*", project_roles.put_role),
    Route("GET", f"{_OF_PROJECT}/*/members/*", project_roles.get_member),
    Route("PUT", f"{_OF_PROJECT}/*/members/*", project_roles.put_member),
    Route("DELETE", f"{_OF_PROJECT}/*/members/*", project_roles.delete_member),
    Route("GET", "api/v1/trackable-actions/executions", executions.list_executions),
    Route("GET", "api/v1/trackable-actions/executions/*", executions.get),
    Route("GET", "api/v1/info/system", system.info),
    Route("GET", "api/v1/service-monitoring/health", system.service_health),
    Route("GET", "api/v1/node-monitoring/health", system.node_health),
    Route("GET", "api/v1/projects", mlrun.in_its_form(mlrun.list_projects)),
    Route("GET", "api/v1/projects/*", mlrun.in_its_form(mlrun.get)),
    *(
        Route("GET", f"api/v1/projects/*/{what}", mlrun.in_its_form(partial(mlrun.list_held, what)))
        for what in mlrun.LISTS
    ),
    Route("GET", "api/v1/project-summaries", mlrun.in_its_form(mlrun.list_summaries)),
    Route("GET", "api/v1/project-summaries/*", mlrun.in_its_form(mlrun.summary)),
    Route("POST", "emulator/expire-tokens", control.expire_tokens),
    Route("PUT", "emulator/projects/*", control.mark_project),
    Route("POST", "emulator/projects/*/edit", control.edit_project),
)

_PROJECTS = (
    Route("POST", "api/v1/projects/projects", projects.create),
    Route("GET", "api/v1/projects/projects/*", projects.get),
    Route("PUT", "api/v1/projects/projects/*", projects.put),
    Route("PATCH", "api/v1/projects/projects/*", projects.patch),
    Route("DELETE", "api/v1/projects/projects/*", projects.delete),
)

_LED_BY_MLRUN = (
    Route("POST", "api/v1/projects", mlrun.in_its_form(mlrun.create)),
    Route("PUT", "api/v1/projects/*", mlrun.in_its_form(mlrun.store)),
    Route("PATCH", "api/v1/projects/*", mlrun.in_its_form(mlrun.patch)),
    Route("DELETE", "api/v2/projects/*", mlrun.in_its_form(mlrun.delete)),
    Route("GET", "api/v1/background-tasks/*", mlrun.in_its_form(mlrun.get_task)),
)


def routes_of(options: Options) -> list[Route]:
    """Return all routes that there are where projects are led so."""
    if options.leader == MLRUN:
        return [*_OPEN, *_CLOSED, *_LED_BY_MLRUN]
    # Before the paths of MLRun, one of whose projects may be called "projects".
    answer = projects.list_projects if options.list_projects else projects.refuse_list
    listed = [Route("GET", "api/v1/projects/projects", answer)]
    return [*_OPEN, *_PROJECTS, *listed, *_CLOSED]
