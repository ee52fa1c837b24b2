"""What scripts do with the published SDK, each as a function of the module and a client of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Flow = Callable[[Any, Any], None]

TENANT = "b7c663b1-0000-4000-8000-ceae7e751ec8"
# What an emulator holds before a flow.
WORLD = {
    "users": [{"username": "ada"}],
    "groups": [{"name": "analysts"}],
    "projects": [{"name": "churn"}],
}


def ada(sdk: Any, client: Any) -> Any:
    return sdk.User.list(client, filter_by={"username": "ada"}, paging=one_page(sdk))[0]


def analysts(sdk: Any, client: Any) -> Any:
    return sdk.Group.list(client, filter_by={"name": "analysts"}, paging=one_page(sdk))[0]


def churn(sdk: Any, client: Any) -> Any:
    return sdk.Project.list(client, filter_by={"name": "churn"}, paging=one_page(sdk))[0]


def one_page(sdk: Any) -> Any:
    return sdk.ResourceListPagingQueryParams(number=0, size=20)


def list_a_page(sdk: Any, client: Any) -> None:
    for resource in (sdk.User, sdk.Group, sdk.Project, sdk.AccessKey, sdk.Job, sdk.Event, sdk.AuditEvent):
        resource.list(client, paging=one_page(sdk))
    for resource in (sdk.CommunicationEvent, sdk.K8sConfig, sdk.SmtpConnection):
        resource.list(client, paging=one_page(sdk))


def list_with_everything(sdk: Any, client: Any) -> None:
    sdk.User.list(
        client,
        filter_by={"last_name": "xyz", "username": "[$ne]ada"},
        sort_by=["created_at", "-username"],
        include=["user_groups", "primary_group"],
        paging=one_page(sdk),
    )


def list_everything(sdk: Any, client: Any) -> None:
    sdk.User.list(client)


def get_by_id(sdk: Any, client: Any) -> None:
    sdk.User.get(client, ada(sdk, client).id)
    sdk.User.get(client, ada(sdk, client).id, include=["user_groups"])
    sdk.Group.get(client, analysts(sdk, client).id, include=["users"])
    sdk.Project.get(client, churn(sdk, client).id, include=["owner"])


def get_by_name(sdk: Any, client: Any) -> None:
    sdk.User.get_by_username(client, "ada")
    sdk.Group.get_by_name(client, "analysts")
    sdk.Project.get_by_name(client, "churn")


def get_self(sdk: Any, client: Any) -> None:
    sdk.User.self(client)


def get_the_manifest(sdk: Any, client: Any) -> None:
    sdk.AppServicesManifest.get(client)
    sdk.AppServices.get(client, "grafana")


def create_a_user(sdk: Any, client: Any) -> None:
    sdk.User.create(client, "eve", "eve@example.org", "Eve", "Example", password="Secret1!", uid=1234)


def create_a_user_with_groups(sdk: Any, client: Any) -> None:
    group = analysts(sdk, client)
    sdk.User.create(
        client,
        "eve",
        "eve@example.org",
        "Eve",
        "Example",
        assigned_policies=["Data"],
        groups=[group.id],
        primary_group=group.id,
        wait_for_completion=False,
    )


def create_groups(sdk: Any, client: Any) -> None:
    sdk.Group.create(client, "plain")
    sdk.Group.create(client, "full", ["Developer"], description="Full", gid=777, users=[ada(sdk, client).id])


def create_a_project(sdk: Any, client: Any) -> None:
    labels = [{"name": "team", "value": "retail"}]
    sdk.Project.create(client, "fraud", description="Fraud", labels=labels, wait_for_completion=False)


def create_a_project_and_wait(sdk: Any, client: Any) -> None:
    sdk.Project.create(client, "fraud", owner=ada(sdk, client))


def update_a_whole_user(sdk: Any, client: Any) -> None:
    user = ada(sdk, client)
    user.job_title = "analyst"
    user.update(client)


def patch_a_user(sdk: Any, client: Any) -> None:
    user = sdk.User(id=ada(sdk, client).id)
    user.job_title = "analyst"
    user.update(client)


def disable_and_enable(sdk: Any, client: Any) -> None:
    user = ada(sdk, client)
    user.disable(client)
    user.enable(client)


def join_and_leave_a_group(sdk: Any, client: Any) -> None:
    user, group = ada(sdk, client), analysts(sdk, client)
    user.add_to_group(client, group)
    user.in_group(client, group)
    user.remove_from_group(client, group)


def look_at_operational(sdk: Any, client: Any) -> None:
    ada(sdk, client).is_operational(client)


def set_and_get_the_primary_group(sdk: Any, client: Any) -> None:
    user = ada(sdk, client)
    user.set_primary_group(client, analysts(sdk, client))
    user.get_primary_group(client)


def delete_everything(sdk: Any, client: Any) -> None:
    ada(sdk, client).delete(client)
    analysts(sdk, client).delete(client)
    churn(sdk, client).delete(client, deletion_strategy=sdk.ProjectDeletionStrategies.cascading)


def delete_what_is_gone(sdk: Any, client: Any) -> None:
    user = ada(sdk, client)
    user.delete(client)
    user.delete(client, ignore_missing=True)


def change_the_owner(sdk: Any, client: Any) -> None:
    project = churn(sdk, client)
    project.get_owner(client)
    project.set_owner(client, ada(sdk, client))


def change_a_membership(sdk: Any, client: Any) -> None:
    role = sdk.constants.ProjectAuthorizationRoles.editor
    churn(sdk, client).set_membership(client, ada(sdk, client), role)


def edit_roles_together(sdk: Any, client: Any) -> None:
    roles = sdk.constants.ProjectAuthorizationRoles
    user, group = ada(sdk, client), analysts(sdk, client)
    with churn(sdk, client).apply_authorization_roles(client) as role_set:
        role_set.add_member_to_role(client, user, roles.editor)
        role_set.add_member_to_role(client, group, roles.viewer)


def ask_for_members(sdk: Any, client: Any) -> None:
    project = sdk.Project.get(client, churn(sdk, client).id)
    for role in ("admin", "editor", "viewer"):
        getattr(project, f"get_{role}_users")()
        getattr(project, f"get_{role}_groups")()


def handle_access_keys(sdk: Any, client: Any) -> None:
    key = sdk.AccessKey.create(client, label="ci")
    sdk.AccessKey.get_or_create(client)
    key.delete(client)


def rename_an_access_key(sdk: Any, client: Any) -> None:
    key = sdk.AccessKey.create(client)
    key.label = "renamed"
    key.update(client)


def create_and_remove_a_service(sdk: Any, client: Any) -> None:
    spec = sdk.AppServiceSpec(
        name="my-jupyter",
        owner="admin",
        jupyter=sdk.JupyterSpec(),
        scale_to_zero=sdk.AppServiceScaleToZeroSpecPresets.one_hour,
    )
    sdk.AppServices.create_or_update(client, spec)
    sdk.AppServices.restart(client, "my-jupyter")
    sdk.AppServices.scale_from_zero(client, "my-jupyter")
    sdk.AppServices.remove(client, "my-jupyter")


def change_services_together(sdk: Any, client: Any) -> None:
    with sdk.AppServicesManifest.apply_services(client) as manifest:
        manifest.restart(client, "grafana")
        manifest.create_or_update(client, sdk.AppServiceSpec(name="my-shell", kind="shell", owner="admin"))


def emit_events(sdk: Any, client: Any) -> None:
    said = {"source": "here", "kind": "Software.X.Y", "description": "d", "severity": "info", "classification": "sw"}
    sdk.ManualEvents.emit(client, sdk.Event(**said))
    sdk.ManualEvents.emit(client, sdk.Event(**said), audit_tenant_id=TENANT)
    sdk.Event(**said, visibility="external").emit(client)
    sdk.AuditEvent(**said).emit(client)
    sdk.Event.delete_all(client)


def reload_a_configuration(sdk: Any, client: Any) -> None:
    sdk.ClusterConfigurations.reload(client, sdk.constants.ConfigTypes.events)


def change_the_mail_server(sdk: Any, client: Any) -> None:
    mail = sdk.SmtpConnection.list(client, paging=one_page(sdk))[0]
    mail.sender_address = "platform@example.org"
    mail.update(client)


FLOWS: tuple[Flow, ...] = (
    list_a_page,
    list_with_everything,
    list_everything,
    get_by_id,
    get_by_name,
    get_self,
    get_the_manifest,
    create_a_user,
    create_a_user_with_groups,
    create_groups,
    create_a_project,
    create_a_project_and_wait,
    update_a_whole_user,
    patch_a_user,
    disable_and_enable,
    join_and_leave_a_group,
    look_at_operational,
    set_and_get_the_primary_group,
    delete_everything,
    delete_what_is_gone,
    change_the_owner,
    change_a_membership,
    edit_roles_together,
    ask_for_members,
    handle_access_keys,
    rename_an_access_key,
    create_and_remove_a_service,
    change_services_together,
    emit_events,
    reload_a_configuration,
    change_the_mail_server,
)
