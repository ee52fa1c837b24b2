"""Every example of the document that describes the client, with the import as the only changed line."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import igz_apply.controlplane as igz_mgmt
from igz_apply.controlplane import BadRequest, Job, NotFound, Polling
from tests.client.client_recorder import Plane, recorded_plane

SERVICES = ["create_or_update", "restart", "scale_from_zero", "disable", "enable", "remove"]


@pytest.fixture
def plane() -> Iterator[Plane]:
    with recorded_plane() as started:
        yield started


@pytest.fixture
def client(plane: Plane) -> Iterator[igz_mgmt.Client]:
    with igz_mgmt.Client(**plane.key, polling=Polling(first=0.005, longest=0.02)) as made:
        yield made


def a_user(client: igz_mgmt.Client, name: str = "someone", **options: Any) -> igz_mgmt.User:
    return igz_mgmt.User.create(client, name, f"{name}@example.org", "Some", "One", "Secret1!", **options)


def test_a_client_with_an_access_key(plane: Plane) -> None:
    client = igz_mgmt.Client(access_key=plane.access_key, endpoint=plane.url)
    assert client.username == plane.username


def test_the_access_key_and_endpoint_come_from_the_environment(plane: Plane, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("V3IO_API", plane.url)
    monkeypatch.setenv("V3IO_ACCESS_KEY", plane.access_key)
    assert igz_mgmt.Client().username == plane.username


def test_a_client_with_a_password(plane: Plane) -> None:
    client = igz_mgmt.Client(endpoint=plane.url + "/", username=plane.username, password=plane.password)
    client.login()
    assert client.username == plane.username


def test_the_username_comes_from_the_environment(plane: Plane, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("V3IO_USERNAME", plane.username)
    client = igz_mgmt.Client(endpoint=plane.url, password=plane.password)
    client.login()
    assert client.username == plane.username


def test_a_custom_logger_with_a_file(plane: Plane, tmp_path: Path) -> None:
    custom_logger = logging.getLogger("a")
    custom_logger.setLevel(logging.DEBUG)
    customer_handler = logging.FileHandler(tmp_path / "customer.log")
    custom_logger.addHandler(customer_handler)
    formatter = logging.Formatter("%(asctime)s - %(levelname)s - %(message)s")
    customer_handler.setFormatter(formatter)
    client = igz_mgmt.Client(
        access_key=plane.access_key,
        endpoint=plane.url,
        logger=custom_logger,
    )
    client.login()
    assert client.logger is custom_logger
    igz_mgmt.User.self(client)
    customer_handler.close()
    custom_logger.removeHandler(customer_handler)
    assert " - DEBUG - GET self -> 200 in " in (tmp_path / "customer.log").read_text()


def test_get(client: igz_mgmt.Client) -> None:
    some_user_id = a_user(client).id
    user = igz_mgmt.User.get(client, some_user_id)
    assert (user.id, user.username, user.first_name) == (some_user_id, "someone", "Some")


def test_list_with_filter_sort_and_include(client: igz_mgmt.Client) -> None:
    for name in ("first", "second"):
        user = a_user(client, name)
        user.last_name = "xyz"
        user.update(client)
    a_user(client, "third")
    users = igz_mgmt.User.list(
        client,
        filter_by={"last_name": "xyz"},
        sort_by=["created_at"],
        include=["user_groups"],
    )
    assert [user.username for user in users] == ["first", "second"]
    assert [[group.name for group in user.included] for user in users] == [["all_users"], ["all_users"]]
    down = igz_mgmt.User.list(client, filter_by={"username": "[$ne]first", "last_name": "xyz"}, sort_by=["-username"])
    assert [user.username for user in down] == ["second"]


def test_the_paging_loop(client: igz_mgmt.Client, plane: Plane) -> None:
    plane.emulator.load({"users": [{"username": f"user-{number}"} for number in range(45)]})
    sizes = []
    page_number = 0
    while True:
        users = igz_mgmt.User.list(client, paging=igz_mgmt.ResourceListPagingQueryParams(number=page_number, size=20))
        if len(users) == 0:
            # no more users, stop here
            break
        # go to next page
        page_number += 1
        sizes.append(len(users))
    assert sizes[:2] == [20, 20]
    assert sum(sizes) == len(igz_mgmt.User.list(client)) == len(list(igz_mgmt.User.iterate(client, size=7))) > 45


def test_create_update_and_delete(client: igz_mgmt.Client, plane: Plane) -> None:
    user = a_user(client)
    assert user.operational_status == "up"
    user.job_title = "analyst"
    updated = user.update(client)
    assert (updated.job_title, updated.first_name) == ("analyst", "Some")
    assert igz_mgmt.User.get(client, user.id).job_title == "analyst"
    plane.recorder.take()
    user.delete(client)
    with pytest.raises(NotFound):
        igz_mgmt.User.get(client, user.id)


def test_a_patch_sends_only_the_changed_field(client: igz_mgmt.Client, plane: Plane) -> None:
    existing = a_user(client)
    plane.recorder.take()
    user_to_update = igz_mgmt.User(id=existing.id)
    user_to_update.department = "change-me-only"
    updated_user = user_to_update.update(client)
    sent = plane.recorder.take()
    assert sent[0].body == {
        "data": {"type": "user", "attributes": {"department": "change-me-only"}, "relationships": {}}
    }
    assert (updated_user.department, updated_user.username) == ("change-me-only", "someone")


def test_deleting_what_is_missing_is_an_error_unless_it_is_ignored(client: igz_mgmt.Client) -> None:
    user = a_user(client)
    user.delete(client)
    with pytest.raises(NotFound):
        user.delete(client)
    assert user.delete(client, ignore_missing=True) is None


@pytest.mark.parametrize("wait", [True, False])
def test_deletes_wait_for_their_jobs_or_return_them(client: igz_mgmt.Client, wait: bool) -> None:
    user, group = a_user(client), igz_mgmt.Group.create(client, "analysts")
    project = igz_mgmt.Project.create(client, "churn")
    for resource in (user, group, project):
        job = resource.delete(client, wait_for_job_deletion=wait)
        assert isinstance(job, Job)
        assert (job.state == "completed") is wait
        assert igz_mgmt.Job.wait_for_completion(client, job.id, job_completion_retry_interval=0.01).id == job.id


def test_access_keys_are_deleted_without_a_job(client: igz_mgmt.Client) -> None:
    key = igz_mgmt.AccessKey.create(client, label="ci")
    assert key.delete(client, wait_for_job_deletion=True) is None
    assert key.id not in [other.id for other in igz_mgmt.AccessKey.list(client)]


@pytest.mark.parametrize("wait", [True, False])
def test_a_job_is_deleted_where_the_system_allows_it(wait: bool) -> None:
    with recorded_plane(deletable_jobs=True) as plane, igz_mgmt.Client(**plane.key) as client:
        job = a_user(client).delete(client)
        assert isinstance(job, Job)
        assert job.delete(client, wait_for_job_deletion=wait) is None
        with pytest.raises(NotFound):
            job.delete(client, wait_for_job_deletion=wait)
        assert job.delete(client, ignore_missing=True, wait_for_job_deletion=wait) is None


def test_a_job_that_cannot_be_deleted_says_so(client: igz_mgmt.Client) -> None:
    job = a_user(client).delete(client)
    assert isinstance(job, Job)
    with pytest.raises(BadRequest, match="status 405"):
        job.delete(client)


@pytest.mark.parametrize("wait", [True, False])
def test_projects_are_created_with_or_without_waiting(client: igz_mgmt.Client, wait: bool) -> None:
    project = igz_mgmt.Project.create(client, "churn", description="why", wait_for_completion=wait)
    assert (project.operational_status == "online") is wait


@pytest.mark.parametrize("wait", [True, False])
def test_every_operation_on_a_service_waits_for_its_job_or_returns_it(client: igz_mgmt.Client, wait: bool) -> None:
    spec = igz_mgmt.AppServiceSpec(name="my-jupyter", owner="admin", jupyter=igz_mgmt.JupyterSpec())
    for operation in SERVICES:
        argument = spec if operation == "create_or_update" else "my-jupyter"
        job = getattr(igz_mgmt.AppServices, operation)(client, argument, wait_for_completion=wait)
        assert isinstance(job, Job), operation
        assert (job.state == "completed") is wait
    igz_mgmt.Job.wait_for_completion(client, job.id)
    assert igz_mgmt.AppServices.get(client, "my-jupyter") is None


@pytest.mark.parametrize("wait", [True, False])
def test_every_function_of_the_manifest_waits_for_its_job_or_returns_it(client: igz_mgmt.Client, wait: bool) -> None:
    spec = igz_mgmt.AppServiceSpec(name="my-jupyter", owner="admin", jupyter=igz_mgmt.JupyterSpec())
    manifest = igz_mgmt.AppServicesManifest.get(client)
    for operation in ("create_or_update", "restart", "scale_from_zero", "remove_service"):
        argument = spec if operation == "create_or_update" else "my-jupyter"
        job = getattr(manifest, operation)(client, argument, wait_for_completion=wait)
        assert isinstance(job, Job), operation
        assert (job.state == "completed") is wait
