"""App services: their parts, and how the one manifest that holds them is changed."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest

from igz_apply.controlplane import (
    AppServiceBase,
    AppServiceNotFound,
    AppServiceNotReady,
    AppServices,
    AppServiceScaleToZeroSpecPresets,
    AppServicesManifest,
    AppServiceSpec,
    Client,
    Conflict,
    InvalidAnswer,
    JobFailed,
    JupyterSpec,
    Polling,
    ResourcesSpec,
    SystemResources,
)
from tests.client.client_builders import Pauses, a_client
from tests.client.client_recorder import Plane, recorded_plane
from tests.client.client_stub import Asked, Say, body, in_turn, one, stub

MARKS = {"mark_for_restart": False, "mark_as_changed": False}


def service(name: str, **spec: Any) -> dict[str, Any]:
    return {"spec": {"name": name, "kind": "shell", **spec}, "meta": {"labels": {}}, "status": {"state": "ready"}}


def manifest(*services: dict[str, Any], state: str = "ready", **attributes: Any) -> dict[str, Any]:
    return body([one("app_services_manifest", "0", state=state, app_services=list(services), **attributes)])


JOB = body(one("job", "j-1", state="completed"))


class Tenant:
    """A server with a manifest; `before_put` is what somebody else does in the meantime."""

    def __init__(self, *services: dict[str, Any], version: str = "3.5.5") -> None:
        self.services = list(services)
        self.version = version
        self.put: list[dict[str, Any]] = []
        self.replies: list[Any] = []

    def __call__(self, asked: Asked) -> Any:
        if asked.path.startswith("tunnel/"):
            return body(one("external_version", "igz0", external=self.version)) if self.version else Say(404)
        if asked.method == "PUT":
            self.put.append(asked.body["data"]["attributes"])
            return self.replies.pop(0) if self.replies else JOB
        if asked.path.startswith("jobs/"):
            return JOB
        return manifest(*self.services)

    @property
    def sent(self) -> dict[str, dict[str, Any]]:
        """The services of the last PUT, by name."""
        return {entry["spec"]["name"]: entry for entry in self.put[-1]["app_services"]}


def test_a_service_is_created_as_changed_and_the_others_are_sent_unmarked_and_without_status() -> None:
    tenant = Tenant(service("old", mark_as_changed=True, brand_new_setting={"x": None}))
    with stub(tenant) as server:
        AppServices.create_or_update(a_client(server.url), AppServiceSpec(name="new", kind="shell"))
    assert tenant.put == [
        {
            "app_services": [
                {
                    "spec": {"name": "old", "kind": "shell", "brand_new_setting": {"x": None}, **MARKS},
                    "meta": {"labels": {}},
                },
                {"spec": {"name": "new", "kind": "shell", "mark_for_restart": False, "mark_as_changed": True}},
            ],
            "force_apply_all_mode": "disabled",
        }
    ]
    assert server.lines == ["GET app_services_manifests", "PUT app_services_manifests", "GET jobs/j-1"]


def test_a_service_is_updated_by_putting_its_spec_in_the_place_of_the_old() -> None:
    tenant = Tenant(service("one", owner="ada"), service("two"))
    with stub(tenant) as server:
        AppServices.create_or_update(a_client(server.url), AppServiceBase(spec={"name": "one", "kind": "shell"}))
    assert list(tenant.sent) == ["one", "two"]
    assert tenant.sent["one"]["spec"] == {"name": "one", "kind": "shell", **MARKS, "mark_as_changed": True}
    assert tenant.sent["one"]["meta"] == {"labels": {}}


@pytest.mark.parametrize(
    ("operation", "spec"),
    [
        ("restart", {"mark_for_restart": True, "mark_as_changed": False}),
        ("enable", {"desired_state": "ready", "mark_for_restart": False, "mark_as_changed": True}),
        ("disable", {"desired_state": "disabled", "mark_for_restart": False, "mark_as_changed": True}),
        ("scale_from_zero", {"desired_state": "ready", "mark_for_restart": False, "mark_as_changed": True}),
    ],
)
def test_an_operation_changes_its_service_alone(operation: str, spec: dict[str, Any]) -> None:
    tenant = Tenant(service("one"), service("two"))
    with stub(tenant) as server:
        getattr(AppServices, operation)(a_client(server.url), "two")
    assert tenant.sent["one"]["spec"] == {"name": "one", "kind": "shell", **MARKS}
    assert tenant.sent["two"]["spec"] == {"name": "two", "kind": "shell", **spec}


def test_a_service_is_removed_by_leaving_it_out() -> None:
    tenant = Tenant(service("one"), service("two"))
    with stub(tenant) as server:
        AppServices.remove(a_client(server.url), "one")
    assert list(tenant.sent) == ["two"]


@pytest.mark.parametrize("operation", ["restart", "enable", "disable", "scale_from_zero", "remove"])
def test_an_operation_on_a_service_that_does_not_exist_is_an_error(operation: str) -> None:
    with stub(Tenant(service("one"))) as server, pytest.raises(AppServiceNotFound, match="'two'"):
        getattr(AppServices, operation)(a_client(server.url), "two")
    assert [asked.method for asked in server.asked] == ["GET"]


@pytest.mark.parametrize(
    ("version", "mode"),
    [("3.5.5-b1", "serviceOwnerEdit"), ("3.5.2-b1", "scaleFromZeroOnly"), ("", "scaleFromZeroOnly")],
)
def test_waking_is_sent_in_the_mode_of_the_version(version: str, mode: str) -> None:
    tenant = Tenant(service("one"), version=version)
    with stub(tenant) as server:
        AppServices.scale_from_zero(a_client(server.url), "one")
    assert tenant.put[0]["apply_services_mode"] == mode


def test_a_batch_is_one_write_and_waking_in_it_sets_its_mode() -> None:
    tenant = Tenant(service("one"), service("two"))
    with stub(tenant) as server, AppServicesManifest.apply_services(a_client(server.url)) as batch:
        assert batch.scale_from_zero(batch._client, "one") is None
        assert tenant.put == []
    assert len(tenant.put) == 1
    assert tenant.put[0]["apply_services_mode"] == "serviceOwnerEdit"


def test_a_batch_that_does_more_than_waking_is_sent_in_the_default_mode() -> None:
    tenant = Tenant(service("one"), service("two"))
    with stub(tenant) as server:
        client = a_client(server.url)
        with AppServicesManifest.apply_services(client) as batch:
            batch.scale_from_zero(client, "one")
            batch.restart(client, "two")
            second = batch.app_services[1].spec
            assert second is not None
            second.description = "edited in place"
    assert "apply_services_mode" not in tenant.put[0]
    assert tenant.sent["two"]["spec"]["description"] == "edited in place"
    assert (tenant.sent["two"]["spec"]["mark_for_restart"], tenant.sent["two"]["spec"]["mark_as_changed"]) == (
        True,
        True,
    )


def test_a_batch_whose_body_raises_or_changes_nothing_writes_nothing() -> None:
    tenant = Tenant(service("one"))
    with stub(tenant) as server:
        client = a_client(server.url)
        with contextlib.suppress(KeyError), AppServicesManifest.apply_services(client) as batch:
            batch.remove_service(client, "one")
            raise KeyError("a mistake in the script")
        with AppServicesManifest.apply_services(client):
            pass
    assert tenant.put == []


def test_everything_can_be_deployed_again() -> None:
    tenant = Tenant(service("one"))
    with stub(tenant) as server, AppServicesManifest.apply_services(a_client(server.url), "enabled"):
        pass
    assert tenant.put[0]["force_apply_all_mode"] == "enabled"


def test_what_somebody_else_changed_since_it_was_read_is_kept() -> None:
    tenant = Tenant(service("one"), service("two"), service("three"))
    with stub(tenant) as server:
        client = a_client(server.url)
        read = AppServicesManifest.get(client)
        tenant.services = [service("one"), service("two", owner="eve"), service("four")]
        read.restart(client, "one")
    assert list(tenant.sent) == ["one", "two", "four"]
    assert tenant.sent["two"]["spec"]["owner"] == "eve"


def test_a_write_waits_for_the_modification_that_is_running() -> None:
    pauses = Pauses()
    busy = manifest(service("one"), state="provisioning", running_modification_job="j-0")
    replies = in_turn(busy, busy, busy, manifest(service("one"), service("theirs")), JOB)
    with stub(replies) as server:
        AppServices.restart(a_client(server.url, pauses), "one", wait_for_completion=False)
    assert server.lines == ["GET app_services_manifests"] * 4 + ["PUT app_services_manifests"]
    assert len(server.asked[-1].body["data"]["attributes"]["app_services"]) == 2
    assert len(pauses.slept) == 2


def test_a_modification_that_gets_in_between_has_the_write_done_again_and_not_for_ever() -> None:
    tenant = Tenant(service("one"))
    tenant.replies = [Say(409), Say(409)]
    with stub(tenant) as server:
        AppServices.restart(a_client(server.url), "one")
    assert len(tenant.put) == 3
    tenant.replies = [Say(409)] * 9
    with stub(tenant) as server, pytest.raises(Conflict):
        AppServices.restart(a_client(server.url), "one")
    assert len(tenant.replies) == 4


def test_a_failed_apply_says_why_each_service_failed() -> None:
    failed = body(one("job", "j-1", state="failed", result='{"message": "apply failed", "status": 500}'))
    broken = {**service("one"), "status": {"state": "error", "error_info": {"description": "no image"}}}
    never_applied = {"spec": {"name": "two", "kind": "shell"}}
    live = manifest(broken, never_applied)
    replies = in_turn(manifest(service("one"), never_applied), failed, failed, live)
    with stub(replies) as server, pytest.raises(JobFailed, match=r"apply failed \(status 500\) \[one: no image\]"):
        AppServices.restart(a_client(server.url), "one")


def test_one_service_is_waited_for_whatever_the_others_do() -> None:
    def at(state: str) -> dict[str, Any]:
        return manifest({**service("one"), "status": {"state": state}}, {"spec": {"name": "two"}}, state="provisioning")

    with stub(in_turn(at("provisioning"), manifest({"spec": {"name": "one"}}), at("ready"))) as server:
        ready = AppServices.wait_for_state(a_client(server.url), "one")
    assert ready.status is not None
    assert ready.status.state == "ready"
    with (
        stub(in_turn(at("error"))) as server,
        pytest.raises(AppServiceNotReady, match="is error, not ready, after 5 s"),
    ):
        AppServices.wait_for_state(a_client(server.url), "one", timeout=5)
    with stub(in_turn(at("ready"))) as server, pytest.raises(AppServiceNotFound):
        AppServices.wait_for_state(a_client(server.url), "three")


@pytest.mark.parametrize("services", [[1], [{"meta": {}}], [{"spec": "text"}]])
def test_a_manifest_with_something_that_is_no_service_is_never_written_back(services: list[Any]) -> None:
    with stub(in_turn(manifest(*services))) as server, pytest.raises(InvalidAnswer):
        AppServices.create_or_update(a_client(server.url), AppServiceSpec(name="n", kind="shell"))
    assert [asked.method for asked in server.asked] == ["GET"]


def test_a_spec_takes_its_kind_from_the_first_settings() -> None:
    spec = AppServiceSpec(name="j", jupyter=JupyterSpec(), resources=ResourcesSpec(limits=SystemResources(cpu="2")))
    assert spec.as_data() == {
        "name": "j",
        "kind": "jupyter",
        "jupyter": {"image_name": "jupyter-all"},
        "resources": {"limits": {"cpu": "2"}},
    }


def test_parts_are_views_and_absent_ones_are_none() -> None:
    spec = AppServiceSpec.of({"name": "j", "resources": {"limits": {"cpu": "2"}}, "jupyter": {}})
    assert spec.resources is not None
    assert spec.resources.limits is not None
    spec.resources.limits.cpu = "4"
    assert spec.as_data() == {"name": "j", "resources": {"limits": {"cpu": "4"}}, "jupyter": {}}
    assert (spec.scale_to_zero, spec.jupyter and spec.jupyter.image_name, spec.invented) == (None, None, None)


def test_presets_are_new_each_time() -> None:
    first = AppServiceScaleToZeroSpecPresets.ten_minutes
    first.scale_resources[0].window_size = "99m"
    again = AppServiceScaleToZeroSpecPresets.ten_minutes
    assert [measure.window_size for measure in again.scale_resources] == ["10m", "10m"]
    assert AppServiceScaleToZeroSpecPresets.disabled.as_data() == {"mode": "disabled"}


@pytest.fixture
def plane() -> Iterator[Plane]:
    with recorded_plane() as started:
        yield started


def test_two_writers_do_not_undo_each_other(plane: Plane) -> None:
    polling = Polling(first=0.005, longest=0.02)
    with Client(**plane.key, polling=polling) as one_client, Client(**plane.key, polling=polling) as other:
        mine, theirs = AppServicesManifest.get(one_client), AppServicesManifest.get(other)
        mine.create_or_update(one_client, AppServiceSpec(name="mine", kind="shell", owner="admin"), False)
        theirs.create_or_update(other, AppServiceSpec(name="theirs", kind="shell", owner="admin"))
        names = {service.name for service in AppServicesManifest.get(other).app_services}
    assert {"mine", "theirs"} <= names
