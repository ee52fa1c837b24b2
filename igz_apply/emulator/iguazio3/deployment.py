"""What the controller does with the manifest: defaults, and the deployment at the end of a job."""

from __future__ import annotations

import copy
from typing import Any

from igz_apply.emulator.engine.background import JobFailed
from igz_apply.emulator.engine.record_store import Record
from igz_apply.emulator.iguazio3.world import World

MANIFEST = "app_services_manifest"
MANIFEST_ID = "0"
DEPLOYED = "services.deployed"
FAULTY = "services"  # the section of a faults file: service name -> why it cannot be deployed
UNRESTARTED = "restarts"  # another: service name -> why it cannot be restarted, though it can be deployed
DOMAIN = "default-tenant.app.emulator.example.org"

Spec = dict[str, Any]

_DEFAULTS: Spec = {
    "desired_state": "ready",
    "visible_to_all": False,
    "mark_for_restart": False,
    "mark_as_changed": False,
    "resources": {"requests": {"cpu": "100m", "memory": "256Mi"}, "limits": {"memory": "2Gi"}},
    "advanced": {"priority_class_name": "igz-workload-medium"},
    "scale_to_zero": {"mode": "disabled", "scale_resources": []},
}
_KIND_DEFAULTS: dict[str, Spec] = {
    "jupyter": {"image_name": "jupyter-all", "ssh_enabled": False},
    "filebeat": {"elasticsearch_ssl_verification_mode": "full", "update_index_template": True},
}
_ENDS_WITH_PRESTO = ("hive", "mariadb")


def fill_defaults(spec: Spec) -> Spec:
    """Return a spec with what the server adds to it, one level deep: a naive comparison takes it for drift."""
    filled = copy.deepcopy(spec)
    kind_defaults = {spec["kind"]: _KIND_DEFAULTS[spec["kind"]]} if spec["kind"] in _KIND_DEFAULTS else {}
    for name, default in {**_DEFAULTS, **kind_defaults}.items():
        if isinstance(default, dict):
            filled[name] = {**copy.deepcopy(default), **filled.get(name, {})}
        else:
            filled.setdefault(name, default)
    return filled


def manifest_of(world: World) -> Record:
    """Return the manifest; the seed holds it."""
    manifest = world.store.get(MANIFEST, MANIFEST_ID)
    assert manifest is not None, "the seed holds the manifest"
    return manifest


def deploy(world: World, touched: list[str]) -> None:
    """Bring the services that were marked to their desired state (section 12.3).

    Raises JobFailed when the faults say that one of them cannot be deployed; the others are.
    """
    manifest = manifest_of(world)
    _disable_after_presto(manifest, touched)
    failed = [
        each["spec"]["name"]
        for each in manifest.attributes["app_services"]
        if each["spec"]["name"] in touched and not _deploy_one(world, each)
    ]
    message = f"Failed to deploy app services: {', '.join(failed)}" if failed else ""
    settle(world, manifest, message)
    if failed:
        raise JobFailed(message)


def _disable_after_presto(manifest: Record, touched: list[str]) -> None:
    """Disabling Presto also disables Hive and MariaDB (section 12.3)."""
    services = manifest.attributes["app_services"]
    if any(
        each["spec"]["kind"] == "presto"
        and each["spec"]["desired_state"] == "disabled"
        and each["spec"]["name"] in touched
        for each in services
    ):
        for each in services:
            if each["spec"]["kind"] in _ENDS_WITH_PRESTO:
                each["spec"]["desired_state"] = "disabled"
                touched.append(each["spec"]["name"])


def _deploy_one(world: World, service: dict[str, Any]) -> bool:
    spec = service["spec"]
    error = world.faults.told(FAULTY, spec["name"])
    if error is None and spec["mark_for_restart"]:
        error = world.faults.told(UNRESTARTED, spec["name"])
    if error is not None:
        service["status"] = {
            "state": "error",
            "last_error": error,
            "error_info": {"description": error, "timestamp": world.timestamp},
        }
        return False
    service["status"] = status_of(spec)
    if world.options.reset_marks:
        spec.update(mark_for_restart=False, mark_as_changed=False)
    return True


def status_of(spec: Spec) -> dict[str, Any]:
    """Return the status of a service that has been deployed as its spec says."""
    status: dict[str, Any] = {"state": spec["desired_state"], "version": "1.0.0"}
    if spec["desired_state"] != "disabled":
        status["urls"] = [{"kind": "https", "url": f"https://{spec['name']}.{DOMAIN}"}]
    return status


def settle(world: World, manifest: Record, error: str) -> None:
    """Note in the manifest that an update has ended, and let the next one in the queue run."""
    attributes, queue = manifest.attributes, manifest.private.get("queue", [])
    running = queue.pop(0) if queue else ""
    attributes["running_modification_job"] = running
    attributes["state"] = "provisioning" if running else "error" if error else "ready"
    attributes["last_error"] = error
    world.store.save(manifest)


def fail(world: World, reason: str) -> None:
    """Note in the manifest that an update has failed as a whole."""
    manifest = manifest_of(world)
    settle(world, manifest, reason or "The job failed")
