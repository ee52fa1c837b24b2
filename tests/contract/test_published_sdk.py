"""The published client drives its whole surface against the emulator, unchanged (wire reference, section 21.1).

Its pauses of 1 to 10 seconds pass on the emulator's clock, so the background jobs take their usual time and
the tests none.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from igz_apply.emulator import Emulator, Options, serving
from tests.contract.contract_plane import PASSWORD, Clock

igz_mgmt = pytest.importorskip("igz_mgmt")

pytestmark = pytest.mark.sdk


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()

    def sleep(seconds: float) -> None:
        clock.now += seconds

    ours = SimpleNamespace(sleep=sleep, time=clock)
    monkeypatch.setattr("igz_mgmt.common.helpers.time", ours)
    monkeypatch.setattr("igz_mgmt.resources.time", ours)
    for name in ("V3IO_ACCESS_KEY", "V3IO_USERNAME", "V3IO_API"):
        monkeypatch.delenv(name, raising=False)
    return clock


@pytest.fixture
def emulator(clock: Clock) -> Iterator[Emulator]:
    emulator = Emulator(options=Options(job_seconds=3.0), clock=clock)
    yield emulator
    emulator.close()


@pytest.fixture
def url(emulator: Emulator) -> Iterator[str]:
    with serving(emulator) as server:
        yield server.url


@pytest.fixture
def client(url: str) -> Iterator[Any]:
    client = igz_mgmt.Client(endpoint=url, username=Emulator.username, password=Emulator.password)
    client.login()
    yield client
    client.close()


def add_user(client: Any, name: str, **more: Any) -> Any:
    return igz_mgmt.User.create(
        client,
        username=name,
        first_name="Ada",
        last_name="Lovelace",
        email=f"{name}@example.org",
        password=PASSWORD,
        **more,
    )


def test_both_logins_learn_the_version_and_the_tenant(url: str, client: Any) -> None:
    by_key = igz_mgmt.Client(endpoint=url, access_key=Emulator.access_key)
    for each in (client, by_key):
        assert str(each.version) == "3.5.5"
        assert each.tenant_id == "b7c663b1-0000-4000-8000-ceae7e751ec8"
    assert igz_mgmt.User.self(by_key).username == "admin"


def test_a_wrong_password_is_refused(url: str) -> None:
    client = igz_mgmt.Client(endpoint=url, username="admin", password="Wrong-123!")
    with pytest.raises(httpx.HTTPStatusError, match="wrong user name or password"):
        client.login()


def test_a_user_is_created_changed_disabled_enabled_and_deleted(client: Any) -> None:
    user = add_user(client, "ada", authentication_methods=["password", "sso"], job_title="Countess")
    assert user.is_operational(client)
    assert user.assigned_policies == ["Developer", "Application Read Only"]

    user.department = "Analysis"
    user.update(client)
    assert igz_mgmt.User.get_by_username(client, "ada").department == "Analysis"

    user.disable(client)
    assert not igz_mgmt.User.get(client, user.id).is_operational(client)
    igz_mgmt.User.enable_user(client, "ada")
    assert igz_mgmt.User.get(client, user.id).is_operational(client)

    job = igz_mgmt.User.get(client, user.id).delete(client)
    assert job.state == "completed"
    with pytest.raises(igz_mgmt.exceptions.ResourceNotFoundException):
        igz_mgmt.User.get_by_username(client, "ada")


def test_memberships_and_primary_groups_are_written_through_the_user(client: Any) -> None:
    user = add_user(client, "ada")
    group = igz_mgmt.Group.create(client, name="analysts", users=[user])
    other = igz_mgmt.Group.create(client, name="engineers", assigned_policies=["Data"], gid=4000)
    assert igz_mgmt.User.get(client, user.id).in_group(client, group.id)

    user.add_to_group(client, "engineers")
    user.set_primary_group(client, other)
    assert user.get_primary_group(client).name == "engineers"
    with pytest.raises(igz_mgmt.exceptions.UserIsInPrimaryGroupError):
        user.remove_from_group(client, other)
    with pytest.raises(httpx.HTTPStatusError, match="primary group of ada"):
        other.delete(client)

    user.remove_from_group(client, other, force=True)
    assert user.get_primary_group(client) is None
    other.remove_user(client, user)
    group.add_user(client, user)
    group.remove_user(client, user)
    assert not user.in_group(client, group.id)

    group.description = "Those who analyse"
    group.update(client)
    assert igz_mgmt.Group.get_by_name(client, "analysts").description == "Those who analyse"
    assert group.delete(client).state == "completed"


def test_a_user_can_be_created_with_groups_and_a_primary_group(client: Any) -> None:
    group = igz_mgmt.Group.create(client, name="analysts")
    user = add_user(client, "ada", primary_group=group, groups=[group])
    assert user.get_primary_group(client).id == group.id


def test_projects_owners_roles_and_effective_roles(client: Any) -> None:
    ada, bob, eve = (add_user(client, name) for name in ("ada", "bob", "eve"))
    group = igz_mgmt.Group.create(client, name="analysts", users=[bob])
    project = igz_mgmt.Project.create(
        client,
        name="churn",
        owner=ada,
        labels=[{"name": "team", "value": "retail"}],
        default_function_node_selector=[{"name": "zone", "value": "b"}],
    )
    project = igz_mgmt.Project.get_by_name(client, "churn")
    assert project.operational_status == "online"
    assert project.get_owner(client).username == "ada"

    roles = igz_mgmt.constants.ProjectAuthorizationRoles
    editor, viewer = roles.editor, roles.viewer
    project.set_membership(client, group, editor)
    project.set_membership(client, eve, viewer)
    assert [each.name for each in project.get_editor_groups()] == ["analysts"]
    assert [each.username for each in project.get_viewer_users()] == ["eve"]
    assert project.get_user_effective_role(client, "bob") == editor
    project.add_members(client, [eve], editor, add_member_mode=igz_mgmt.constants.AddMemberMode.override)
    assert project.resolve_member_role(eve).name == "Editor"
    assert project.get_viewer_users() == []
    project.set_members(client, [bob], viewer, override=True)
    with project.apply_authorization_roles(client) as members:
        members.remove_member(client, eve)
    project.remove_members(client, [bob, group])
    assert project.get_editor_groups() == project.get_viewer_users() == []

    eve.ensure_project_membership(client, "churn", viewer)
    assert eve.get_project_effective_role(client, "churn") == viewer
    eve.remove_from_project(client, "churn")

    project.set_owner(client, bob)
    assert project.get_owner(client).username == "bob"
    assert [each.username for each in project.get_admin_users()] == ["ada"]


def test_a_project_is_updated_and_deleted_with_both_strategies(client: Any, emulator: Emulator) -> None:
    emulator.load({"projects": [{"name": "full", "has_resources": True}, {"name": "empty"}]})
    full = igz_mgmt.Project.get_by_name(client, "full")
    full.description = "has functions"
    full.update(client)
    assert igz_mgmt.Project.get(client, full.id).description == "has functions"

    strategies = igz_mgmt.constants.ProjectDeletionStrategies
    with pytest.raises(httpx.HTTPStatusError, match="related resources exist"):
        full.delete(client, deletion_strategy=strategies.restricted)
    assert full.delete(client, deletion_strategy=strategies.cascading).state == "completed"
    empty = igz_mgmt.Project.get_by_name(client, "empty")
    assert empty.delete(client).state == "completed"
    assert empty.delete(client, ignore_missing=True) is None


def test_app_services_are_created_updated_operated_and_removed(client: Any) -> None:
    add_user(client, "ada")
    services, schemas = igz_mgmt.AppServices, igz_mgmt.schemas.app_services
    spec = schemas.AppServiceSpec(name="jupyter-ada", owner="ada", jupyter=schemas.JupyterSpec())
    spec.scale_to_zero = schemas.ScaleToZeroSpecPresets.one_hour
    assert services.create_or_update(client, spec).state == "completed"
    held = services.get(client, "jupyter-ada")
    assert (held.spec.kind, held.status.state, held.spec.mark_as_changed) == ("jupyter", "ready", False)
    assert held.spec.advanced.priority_class_name == "igz-workload-medium"

    held.spec.description = "Ada's notebook"
    services.create_or_update(client, held)
    assert services.get(client, "jupyter-ada").spec.description == "Ada's notebook"
    services.restart(client, "jupyter-ada")
    services.disable(client, "jupyter-ada")
    assert services.get(client, "jupyter-ada").status.state == "disabled"
    services.enable(client, "jupyter-ada")
    assert services.get(client, "jupyter-ada").status.state == "ready"

    held = services.get(client, "jupyter-ada")
    held.spec.desired_state = "scaledToZero"
    services.create_or_update(client, held)
    assert services.get(client, "jupyter-ada").status.state == "scaledToZero"
    services.scale_from_zero(client, "jupyter-ada")
    assert services.get(client, "jupyter-ada").status.state == "ready"
    assert igz_mgmt.AppServicesManifest.get(client).state == "ready"

    services.remove(client, "jupyter-ada")
    assert services.get(client, "jupyter-ada") is None


def test_changes_of_services_are_batched_in_one_apply(client: Any) -> None:
    schemas = igz_mgmt.schemas.app_services
    before = len(igz_mgmt.Job.list(client))
    with igz_mgmt.AppServicesManifest.apply_services(client) as manifest:
        for name in ("shell-a", "shell-b"):
            manifest.create_or_update(client, schemas.AppServiceSpec(name=name, kind="shell"))
        manifest.restart(client, "grafana")
    names = [each.spec.name for each in igz_mgmt.AppServicesManifest.get(client).app_services]
    assert names[-2:] == ["shell-a", "shell-b"]
    assert len(igz_mgmt.Job.list(client)) == before + 1


def test_a_service_that_cannot_be_deployed_is_reported_with_its_reason(clock: Clock) -> None:
    faults = {"services": {"shell-a": "no such image"}}
    emulator = Emulator(options=Options(faults=faults), clock=clock)
    with serving(emulator) as server:
        client = igz_mgmt.Client(endpoint=server.url, access_key=server.access_key)
        spec = igz_mgmt.schemas.app_services.AppServiceSpec(name="shell-a", kind="shell")
        with pytest.raises(RuntimeError, match="Service shell-a failed due to no such image"):
            igz_mgmt.AppServices.create_or_update(client, spec)


def test_access_keys_are_created_found_listed_and_deleted(client: Any, url: str) -> None:
    key = igz_mgmt.AccessKey.create(client, label="ci")
    assert key.planes == ["control", "data"]
    by_key = igz_mgmt.Client(endpoint=url, access_key=key.id, username="admin")
    assert igz_mgmt.User.self(by_key).username == "admin"
    data_only = igz_mgmt.AccessKey.get_or_create(client, planes=["data"], label="data")
    assert igz_mgmt.AccessKey.get_or_create(client, planes=["data"]).id == data_only.id
    key.label = "cd"
    key.update(client)
    assert igz_mgmt.AccessKey.get(client, key.id).label == "cd"
    key.delete(client)
    assert key.id not in [each.id for each in igz_mgmt.AccessKey.list(client)]


def test_jobs_are_listed_read_and_awaited(client: Any) -> None:
    user = add_user(client, "ada", wait_for_completion=False)
    (job,) = igz_mgmt.Job.list(client, filter_by={"kind": "user.creation"})
    igz_mgmt.Job.wait_for_completion(client, job.id)
    assert igz_mgmt.Job.get(client, job.id).state == "completed"
    assert user.username == "ada"


def test_a_failed_job_raises(clock: Clock) -> None:
    faults = {"jobs": [{"act": "fail", "result": {"status": 400, "message": "node selector is not valid"}}]}
    emulator = Emulator(options=Options(faults=faults), clock=clock)
    with serving(emulator) as server:
        client = igz_mgmt.Client(endpoint=server.url, access_key=server.access_key)
        with pytest.raises(RuntimeError, match="400"):
            igz_mgmt.Project.create(client, name="churn")


def test_events_of_each_class_are_emitted_listed_and_removed(client: Any) -> None:
    def event(kind: type) -> Any:
        return kind(
            source="test",
            kind="Software.My.Thing.Done",
            severity=igz_mgmt.constants.EventSeverity.info,
            classification=igz_mgmt.constants.EventClassification.software,
            parameters_text=[igz_mgmt.schemas.events.ParametersText(name="key", value="v")],
            parameters_uint64=[igz_mgmt.schemas.events.ParametersUint64(name="n", value=3)],
            affected_resources=[igz_mgmt.schemas.events.AffectedResource(type="user", id_str="7", id=7, name="ada")],
        )

    event(igz_mgmt.Event).emit(client)
    event(igz_mgmt.AuditEvent).emit(client)
    (listed,) = igz_mgmt.Event.list(client, filter_by={"kind": "Software.My.Thing.Done"})
    assert listed.parameters_text[0].value == "v"
    assert len(igz_mgmt.AuditEvent.list(client, filter_by={"source": "test"})) == 1
    assert igz_mgmt.CommunicationEvent.list(client) == []
    igz_mgmt.Event.delete_all(client)
    assert igz_mgmt.Event.list(client) == []


@pytest.mark.skipif(not hasattr(igz_mgmt, "SmtpConnection"), reason="the client has it from 0.3.0 on")
def test_the_smtp_connection_is_read_and_changed(client: Any) -> None:
    (smtp,) = igz_mgmt.SmtpConnection.list(client)
    smtp.mode = igz_mgmt.constants.SmtpConnectionMode.enabled
    smtp.server_address, smtp.auth_password = "mail.example.org:587", "hush"
    smtp.update(client)
    held = igz_mgmt.SmtpConnection.get(client, smtp.id)
    assert (held.mode, held.host, held.port) == ("enabled", "mail.example.org", 587)


def test_configurations_are_reloaded_by_the_one_user_who_may(client: Any, url: str) -> None:
    reload = igz_mgmt.ClusterConfigurations.reload
    with pytest.raises(httpx.HTTPStatusError, match="Only igz_admin"):
        reload(client, igz_mgmt.constants.ConfigTypes.events)
    reloader = igz_mgmt.Client(endpoint=url, username="igz_admin", password=Emulator.password)
    reloader.login()
    for kind in igz_mgmt.constants.ConfigTypes:
        reload(reloader, kind)


def test_the_kubernetes_view_holds_the_services(client: Any) -> None:
    (config,) = igz_mgmt.K8sConfig.list(client)
    assert "grafana" in [each.spec.name for each in config.app_services]


def test_lists_are_filtered_sorted_included_and_paged(client: Any, emulator: Emulator) -> None:
    emulator.load(
        {
            "groups": [{"name": "analysts"}],
            "users": [{"username": f"user{n:02}", "first_name": "T", "groups": ["analysts"]} for n in range(60)],
        }
    )
    assert len(igz_mgmt.User.list(client)) == 50, "a client that does not page is cut short"
    page = igz_mgmt.ResourceListPagingQueryParams(number=2, size=25)
    users = igz_mgmt.User.list(
        client, filter_by={"first_name": "T"}, sort_by=["-username"], paging=page, include=["user_groups"]
    )
    assert [each.username for each in users] == [f"user{n:02}" for n in range(9, -1, -1)]
    assert len(users[0].relationships["user_groups"]["data"]) == 2
    (group,) = igz_mgmt.Group.list(client, filter_by={"name": "analysts"}, include=["users"])
    assert len(group.relationships["users"]["data"]) == 60
