"""The published SDK sees on the emulator what igz-apply says that it made there."""

from __future__ import annotations

import pytest

from tests.wire.wire_site import COMPANY, Site

igz_mgmt = pytest.importorskip("igz_mgmt")


@pytest.mark.sdk
def test_the_published_sdk_reads_the_same_company(site: Site) -> None:
    site.declare(COMPANY)
    site.run("apply", "-y")
    server = site.server
    client = igz_mgmt.Client(endpoint=server.url, access_key=server.access_key, username=server.username)

    groups = {group.name: group for group in igz_mgmt.Group.list(client)}
    users = {user.username: user for user in igz_mgmt.User.list(client)}
    assert set(groups["ds"].assigned_policies) == {"Data", "Developer"}
    assert groups["ops"].description == "Operators"
    assert (users["ada"].first_name, users["ada"].email) == ("Ada", "ada@example.org")

    ada = igz_mgmt.User.get(client, users["ada"].id, include=["user_groups", "primary_group"])
    linked = {link["id"] for link in ada.relationships["user_groups"]["data"]}
    assert groups["ds"].id in linked
    assert ada.relationships["primary_group"]["data"]["id"] == groups["ds"].id

    [churn] = [project for project in igz_mgmt.Project.list(client) if project.name == "churn"]
    assert [(label["name"], label["value"]) for label in churn.labels] == [("team", "retail")]
    assert churn.get_owner(client).username == "ada"
    assert churn.get_user_effective_role(client, users["bob"]) == "Editor"
    include = ["project_authorization_roles.principal_users", "project_authorization_roles.principal_user_groups"]
    full = igz_mgmt.Project.get(client, churn.id, include=include)
    assert full.resolve_member_role(groups["ops"]).name == "Viewer"

    manifest = igz_mgmt.AppServicesManifest.get(client)
    [notebook] = [service for service in manifest.app_services if service.spec.name == "notebook"]
    assert (notebook.spec.kind, notebook.spec.owner) == ("jupyter", "ada")
    assert notebook.spec.resources.limits.memory == "2Gi"
    assert notebook.status.state == "ready"
