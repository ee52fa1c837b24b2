"""Wire reference, sections 13 to 17: the Kubernetes view, events, SMTP, reloads, and the other routes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.contract.contract_plane import Plane, resource

EVENT = {
    "source": "my-service",
    "kind": "Software.My.Thing.Done",
    "description": "done",
    "severity": "info",
    "classification": "sw",
    "visibility": "external",
    "system_event": False,
    "parameters_text": [{"name": "key", "value": "v"}],
    "parameters_uint64": [{"name": "n", "value": 3}],
}
AUDIT = {"audit_tenant": {"data": {"type": "tenant", "id": "b7c663b1-0000-4000-8000-ceae7e751ec8"}}}


def reloader(plane: Plane) -> Plane:
    return plane.login("igz_admin", plane.emulator.password)


def test_13_the_kubernetes_view_holds_the_manifest_as_json_text(plane: Plane) -> None:
    (config,) = plane.get("/k8s_configs").data
    held = plane.get(f"/k8s_configs/{config['id']}").attributes
    view = json.loads(held["app_services_manifest"])["app_services"]
    assert [each["spec"]["name"] for each in view] == list(plane.services())
    assert {"namespace", "webapi_http_port", "limit_range_spec", "created_at"} <= set(held)


def test_14_an_event_is_emitted_and_listed(plane: Plane) -> None:
    assert plane.post("/manual_events", resource("event", EVENT)).status == 201
    (event,) = plane.get("/events?filter[severity]=info&sort=-timestamp_iso8601").data
    assert {name: event["attributes"][name] for name in EVENT} == EVENT
    assert event["attributes"]["timestamp_uint64_str"] == str(event["attributes"]["timestamp_uint64"])
    assert plane.get("/audit_events?filter[source]=my-service").data == []
    assert plane.get("/communication_events").data == []


def test_14_the_audit_tenant_makes_it_an_audit_event_which_may_come_late() -> None:
    plane = Plane(audit_seconds=30)
    assert plane.post("/manual_events", resource("event", EVENT, AUDIT)).status == 201
    assert plane.get("/audit_events").data == plane.get("/events").data == []
    plane.wait(30)
    assert plane.get("/audit_events").data[0]["type"] == "audit_event"
    wrong = {"audit_tenant": {"data": {"type": "tenant", "id": "other"}}}
    assert plane.post("/manual_events", resource("event", EVENT, wrong)).status == 400


@pytest.mark.parametrize(
    "attributes",
    [
        {"kind": None},
        {"severity": None},
        {"severity": "mild"},
        {"classification": "fun"},
        {"parameters_text": [{"name": "n", "value": 3}]},
        {"parameters_uint64": [{"name": "n"}]},
        {"affected_resources": [{"name": "no type"}]},
        {"tags": "one"},
    ],
)
def test_14_an_event_that_is_wrong_is_refused(plane: Plane, attributes: dict[str, Any]) -> None:
    assert plane.post("/manual_events", resource("event", {**EVENT, **attributes})).status == 400


def test_14_a_known_kind_needs_no_severity(plane: Plane) -> None:
    body = resource("event", {"kind": "AppService.Test.Event", "source": "x"})
    assert plane.post("/manual_events", body).status == 201


def test_14_affected_resources_have_all_their_keys_in_both_spellings(plane: Plane) -> None:
    affected = [{"type": "user", "name": "ada"}, {"resource_type": "user", "id_str": "7", "id": 7, "name": "bob"}]
    plane.post("/manual_events", resource("event", {**EVENT, "affected_resources": affected}))
    held = plane.get("/events").data[0]["attributes"]["affected_resources"]
    assert [set(each) for each in held] == [{"type", "id_str", "id", "name"}] * 2


def test_14_all_events_are_removed_but_not_the_audit_events(plane: Plane) -> None:
    plane.post("/manual_events", resource("event", EVENT))
    plane.post("/manual_events", resource("event", EVENT, AUDIT))
    assert plane.delete("/events/").status == 204
    assert plane.get("/events").data == []
    assert len(plane.get("/audit_events").data) == 1
    assert plane.delete("/audit_events/").status == 405


def test_14_paging_of_events_can_be_switched_off(plane: Plane) -> None:
    for _ in range(60):
        plane.post("/manual_events", resource("event", EVENT))
    sizes = [len(plane.get(f"/events?pagination={flag}").data) for flag in ("true", "false")]
    assert sizes == [50, 60]


def test_14_events_need_their_policies(plane: Plane) -> None:
    plane.add_user("ada", assigned_policies=["Data"])
    session = plane.login("ada")
    assert session.post("/manual_events", resource("event", EVENT)).status == 403
    assert [session.get(f"/{each}").status for each in ("events", "audit_events")] == [403, 403]
    assert session.delete("/events/").status == 403
    lenient = Plane(emit_needs_policy=False)
    lenient.add_user("ada", assigned_policies=["Data"])
    assert lenient.login("ada").post("/manual_events", resource("event", EVENT)).status == 201


def test_15_the_one_smtp_connection_is_disabled_and_can_be_changed(plane: Plane) -> None:
    (smtp,) = plane.get("/smtp_connections").data
    assert smtp["attributes"]["mode"] == "disabled"
    assert "auth_password" not in smtp["attributes"]
    path = f"/smtp_connections/{smtp['id']}"
    body = resource("smtp_connection", {"mode": "enabled", "server_address": "m:587", "auth_password": "hush"})
    assert plane.put(path, body).status == 200
    assert plane.get(path).attributes["auth_password"] == "hush", "readable in clear, as the platform has it"
    assert plane.put(path, resource("smtp_connection", {"mode": "maybe"})).status == 400
    assert plane.delete(path).status == plane.post("/smtp_connections", body).status == 405


def test_15_smtp_needs_it_admin(plane: Plane) -> None:
    plane.add_user("ada", assigned_policies=["Data"])
    assert plane.login("ada").get("/smtp_connections").status == 403


@pytest.mark.parametrize("kind", ["artifact_version_manifest", "events", "cluster", "app_services"])
@pytest.mark.parametrize("body", [None, {"data": {"type": "cluster_configuration_reload", "attributes": {}}}])
def test_16_a_reload_answers_a_job_in_both_places(plane: Plane, kind: str, body: Any) -> None:
    reply = reloader(plane).post(f"/configurations/{kind}/reloads", body)
    assert (reply.status, reply.data["type"]) == (202, "job")
    assert reply.attributes["job_id"] == reply.data["id"]
    plane.wait()
    assert plane.get(f"/jobs/{reply.data['id']}").attributes["state"] == "completed"


def test_16_only_one_user_may_reload_and_only_what_exists(plane: Plane) -> None:
    assert plane.post("/configurations/events/reloads").status == 403
    assert reloader(plane).post("/configurations/moods/reloads").status == 404


def test_17_the_tenant_is_listed(plane: Plane) -> None:
    (tenant,) = plane.get("/tenants").data
    assert (tenant["attributes"]["name"], tenant["attributes"]["default"]) == ("default-tenant", True)


def test_17_containers_have_integer_ids_and_unique_names(plane: Plane) -> None:
    assert [each["attributes"]["name"] for each in plane.get("/containers").data] == ["users", "projects", "bigdata"]
    reply = plane.post("/containers", resource("container", {"name": "data", "description": "x"}))
    assert (reply.status, reply.data["id"]) == (200, 1027)
    assert reply.attributes["operational_status"] == "up"
    assert plane.post("/containers", resource("container", {"name": "data"})).status == 409
    for name in ("Data", "da--ta", "-data", "123", "data_"):
        assert plane.post("/containers", resource("container", {"name": name})).status == 400
    assert plane.get("/containers/1027/statistics").status == 200
    assert plane.get("/containers?filter[id]=1027&sort=-id").data[0]["id"] == 1027
    assert plane.delete("/containers/1027").related("jobs")
    plane.wait()
    assert plane.get("/containers/1027").status == 404


def test_17_older_systems_delete_a_container_with_another_answer() -> None:
    reply = Plane(container_delete_job=False).delete("/containers/1024")
    assert (reply.status, reply.data["type"]) == (200, "container_deletion")
    assert reply.attributes["job_id"]


@pytest.mark.parametrize(
    "path",
    [
        "/cluster_info",
        "/clusters",
        "/app_clusters",
        "/app_tenants",
        "/storage_pools",
        "/external_versions",
        "/versions",
        "/fetch_sessions",
    ],
)
def test_17_the_other_lists_answer(plane: Plane, path: str) -> None:
    for each in plane.get(path).data:
        assert {"type", "id", "attributes"} <= set(each)
    assert plane.emulator.access_key.encode() not in plane.get(path).raw
