"""Wire reference, section 12: one manifest, one list, one job at a time."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.contract_plane import Plane, assert_shape

MANIFEST = {
    "type": "app_services_manifest",
    "id": 0,
    "attributes": {
        "cluster_name": "",
        "tenant_name": "default-tenant",
        "tenant_id": "b7c663b1-0000-4000-8000-ceae7e751ec8",
        "state": "ready",
        "last_error": "",
        "last_modification_job": "e4c22a47-9227-4c0d-b43d-ee4f58f972ab",
        "running_modification_job": "",
        "apply_services_mode": "default",
        "force_apply_all_mode": "disabled",
        "app_services": [
            {
                "spec": {
                    "name": "jupyter-ada",
                    "kind": "jupyter",
                    "owner": "ada",
                    "desired_state": "ready",
                    "visible_to_all": False,
                    "mark_for_restart": False,
                    "mark_as_changed": False,
                    "resources": {"requests": {"memory": "2Gi"}, "limits": {"memory": "12Gi"}},
                    "advanced": {"priority_class_name": "igz-workload-medium"},
                    "scale_to_zero": {"mode": "enabled", "scale_resources": []},
                },
                "meta": {"labels": {}},
                "status": {"state": "ready", "urls": [{"kind": "https", "url": "https://jupyter-ada.example.org"}]},
            }
        ],
    },
}


def spec(name: str = "shell-a", **fields: Any) -> dict[str, Any]:
    return {"spec": {"name": name, "kind": "shell", "mark_as_changed": True, **fields}}


def with_service(plane: Plane, *services: dict[str, Any]) -> list[Any]:
    """Return the whole list, with some services replaced or added."""
    held = plane.services()
    held.update({each["spec"]["name"]: each for each in services})
    return list(held.values())


def apply(plane: Plane, *services: dict[str, Any], **attributes: Any) -> Any:
    reply = plane.put_services(with_service(plane, *services), **attributes)
    assert reply.status == 202, reply.raw
    plane.wait()
    return plane.get(f"/jobs/{reply.data['id']}").attributes


def test_the_list_holds_the_one_manifest_with_its_integer_id(plane: Plane) -> None:
    apply(plane, spec())
    reply = plane.get("/app_services_manifests")
    assert_shape([MANIFEST], reply.data)
    assert reply.json["included"] == []
    assert {each["spec"]["kind"] for each in plane.services().values()} >= {"webapi", "nuclio", "mlrun", "grafana"}


def test_a_service_is_deployed_by_a_job_and_its_marks_are_cleared(plane: Plane) -> None:
    plane.add_user("ada")
    reply = plane.put_services(with_service(plane, spec(owner="ada")))
    assert (reply.status, reply.data["type"], reply.attributes["state"]) == (202, "job", "created")
    manifest = plane.manifest()
    assert (manifest["state"], manifest["running_modification_job"]) == ("provisioning", reply.data["id"])
    assert "status" not in plane.services()["shell-a"], "it was never applied"
    plane.wait()
    manifest, held = plane.manifest(), plane.services()["shell-a"]
    assert (manifest["state"], manifest["running_modification_job"]) == ("ready", "")
    assert manifest["last_modification_job"] == reply.data["id"]
    assert held["status"]["state"] == "ready"
    assert held["spec"]["mark_as_changed"] is False


def test_the_server_fills_in_what_a_naive_comparison_takes_for_drift(plane: Plane) -> None:
    apply(plane, spec("jupyter-a", kind="jupyter", resources={"limits": {"memory": "1Gi"}}))
    held = plane.services()["jupyter-a"]["spec"]
    assert held["resources"]["limits"] == {"memory": "1Gi"}
    assert held["resources"]["requests"]
    assert held["advanced"] == {"priority_class_name": "igz-workload-medium"}
    assert held["jupyter"]["image_name"] == "jupyter-all"
    assert (held["owner"], held["desired_state"], held["visible_to_all"]) == ("admin", "ready", False)


@pytest.mark.parametrize("state", ["ready", "disabled", "scaledToZero"])
def test_a_service_goes_to_its_desired_state(plane: Plane, state: str) -> None:
    apply(plane, spec(desired_state=state))
    assert plane.services()["shell-a"]["status"]["state"] == state


def test_only_a_service_that_is_marked_is_redeployed(plane: Plane) -> None:
    apply(plane, spec())
    apply(plane, spec(desired_state="disabled", mark_as_changed=False))
    held = plane.services()["shell-a"]
    assert (held["spec"]["desired_state"], held["status"]["state"]) == ("disabled", "ready")
    apply(plane, force_apply_all_mode="enabled")
    assert plane.services()["shell-a"]["status"]["state"] == "disabled"


def test_a_service_is_removed_by_leaving_it_out(plane: Plane) -> None:
    apply(plane, spec())
    kept = [each for each in plane.services().values() if each["spec"]["name"] != "shell-a"]
    plane.put_services(kept)
    plane.wait()
    assert "shell-a" not in plane.services()


def test_a_spec_is_replaced_as_a_whole(plane: Plane) -> None:
    apply(plane, spec(description="before", unknown_field={"kept": True}))
    assert plane.services()["shell-a"]["spec"]["unknown_field"] == {"kept": True}
    apply(plane, spec(display_name="after"))
    held = plane.services()["shell-a"]["spec"]
    assert (held.get("description"), held["display_name"]) == (None, "after")


def test_labels_stay_and_the_status_of_a_client_is_ignored(plane: Plane) -> None:
    apply(plane, {**spec(), "meta": {"labels": {"team": "ds"}}, "status": {"state": "invented"}})
    held = plane.services()["shell-a"]
    assert (held["meta"], held["status"]["state"]) == ({"labels": {"team": "ds"}}, "ready")


def test_a_second_update_meets_409_while_the_first_runs(plane: Plane) -> None:
    first = plane.put_services(with_service(plane, spec()))
    second = plane.put_services(with_service(plane, spec("shell-b")))
    assert (second.status, first.data["id"] in second.detail) == (409, True)
    assert "shell-b" not in plane.services()
    plane.wait()
    assert plane.put_services(with_service(plane, spec("shell-b"))).status == 202


def test_an_option_queues_the_second_update() -> None:
    plane = Plane(queue_manifest_updates=True, job_seconds=10)
    first = plane.put_services(with_service(plane, spec())).data["id"]
    second = plane.put_services(with_service(plane, spec("shell-b"))).data["id"]
    manifest = plane.manifest()
    assert (manifest["state"], manifest["running_modification_job"]) == ("waitingForProvisioning", first)
    plane.wait(11)
    assert plane.manifest()["running_modification_job"] == second
    plane.wait(10)
    assert (plane.manifest()["state"], plane.manifest()["running_modification_job"]) == ("ready", "")
    assert plane.services()["shell-b"]["status"]["state"] == "ready"


def test_a_service_that_cannot_be_deployed_fails_the_job_and_says_why() -> None:
    plane = Plane(faults={"services": {"shell-a": "no such image"}})
    job = apply(plane, spec(), spec("shell-b"))
    assert (job["state"], "shell-a" in job["result"]) == ("failed", True)
    failed, other = plane.services()["shell-a"], plane.services()["shell-b"]
    assert failed["status"]["error_info"]["description"] == "no such image"
    assert set(failed["status"]["error_info"]) == {"description", "timestamp"}
    assert other["status"]["state"] == "ready"
    assert (plane.manifest()["state"], "shell-a" in plane.manifest()["last_error"]) == ("error", True)
    assert plane.put_services(with_service(plane)).status == 202, "an error does not block the next"


def test_a_job_that_fails_as_a_whole_puts_the_manifest_in_error() -> None:
    plane = Plane(faults={"jobs": [{"match": {"kind": "app_services_manifest.*"}, "act": "fail"}]})
    assert apply(plane, spec())["state"] == "failed"
    assert plane.manifest()["state"] == "error"


def test_disabling_presto_disables_hive_and_mariadb_too(plane: Plane) -> None:
    apply(plane, *(spec(kind, kind=kind) for kind in ("presto", "hive", "mariadb")))
    apply(plane, spec("presto", kind="presto", desired_state="disabled"))
    states = [plane.services()[name]["status"]["state"] for name in ("presto", "hive", "mariadb")]
    assert states == ["disabled"] * 3


@pytest.mark.parametrize(
    "service",
    [
        {},
        7,
        {"spec": {}},
        {"spec": {"name": "shell-a"}},
        spec("Shell"),
        spec("9shell"),
        spec("a" * 54),
        spec(kind=7),
        spec(desired_state="asleep"),
        spec(mark_for_restart="yes"),
        spec(owner="nobody"),
        spec(owner=7),
        spec(credentials={"username": "nobody"}),
        spec(credentials="ada"),
        spec(scale_to_zero={}),
        spec(scale_to_zero={"mode": "sometimes"}),
        spec(scale_to_zero={"mode": "enabled", "scale_resources": [{"metric_name": ""}]}),
        spec(scale_to_zero={"mode": "enabled", "scale_resources": [{"metric_name": 7}]}),
        spec(resources={"limits": {"cpu": 2}}),
        spec(resources={"limits": {"cpu": "lots"}}),
        spec(target_cpu=0),
        spec(security_context={"run_as_user": "root"}),
        spec(security_context={"supplemental_groups": [5]}),
        spec("jupyter-a", kind="jupyter", jupyter={"ssh_server": {"port": 22}}),
        spec("logs", kind="filebeat", filebeat={"elasticsearch_ssl_verification_mode": "some"}),
        spec(min_replicas=True),
        spec(shell=[]),
        {**spec(), "meta": {"labels": {"team": 1}}},
        {**spec(), "meta": []},
    ],
)
def test_a_service_that_is_wrong_is_refused_and_nothing_is_changed(plane: Plane, service: Any) -> None:
    before = plane.services()
    reply = plane.put_services([*before.values(), service])
    assert (reply.status, bool(reply.detail)) == (400, True)
    assert plane.services() == before


def test_a_list_is_needed_and_each_service_stands_in_it_once(plane: Plane) -> None:
    assert plane.put_services(None).status == 400
    assert plane.put_services([spec(), spec()]).status == 400
    assert plane.put_services([], apply_services_mode="sometimes").status == 400
    assert plane.put_services([], force_apply_all_mode="yes").status == 400


def test_a_null_in_a_spec_leaves_the_field_out(plane: Plane) -> None:
    apply(plane, spec(description=None, pvc=None))
    assert not {"description", "pvc"} & set(plane.services()["shell-a"]["spec"])


def test_changing_services_needs_the_policy(plane: Plane) -> None:
    plane.add_user("ada", assigned_policies=["Developer"])
    plane.add_user("bob", assigned_policies=["Service Admin"])
    services = with_service(plane, spec())
    assert plane.login("ada").put_services(services).status == 403
    assert plane.login("bob").put_services(services).status == 202


def test_an_owner_may_restart_and_wake_own_services_in_the_mode_for_it(plane: Plane) -> None:
    plane.add_user("ada", assigned_policies=["Application Read Only"])
    plane.add_user("bob", assigned_policies=["Application Read Only"])
    apply(plane, spec(owner="ada", desired_state="scaledToZero"))
    sent = plane.services()["shell-a"]
    sent["spec"].update(desired_state="ready", mark_as_changed=True)
    wake = with_service(plane, sent)
    of_ada, of_bob = plane.login("ada"), plane.login("bob")
    assert of_ada.put_services(wake).status == 403, "not in the default mode"
    assert of_bob.put_services(wake, apply_services_mode="serviceOwnerEdit").status == 403
    assert of_ada.put_services(wake, apply_services_mode="serviceOwnerEdit").status == 202
    assert plane.manifest()["state"] == "scalingFromZero"
    plane.wait()
    assert plane.services()["shell-a"]["status"]["state"] == "ready"

    changed = plane.services()["shell-a"]
    changed["spec"].update(description="mine", mark_as_changed=True)
    mode = {"apply_services_mode": "serviceOwnerEdit"}
    assert of_ada.put_services(with_service(plane, changed), **mode).status == 403
    assert of_ada.put_services([changed], **mode).status == 403, "removing is not restarting"


def test_the_mode_for_owners_has_a_birth_version() -> None:
    plane = Plane(version="3.5.2")
    assert plane.put_services([], apply_services_mode="serviceOwnerEdit").status == 400
    assert plane.put_services([], apply_services_mode="scaleFromZeroOnly").status == 202
