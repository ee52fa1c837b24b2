"""The manifest of app services: one document, one update at a time (wire reference, section 12)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from igz_apply.emulator.engine.http_errors import bad_request, conflict, forbidden
from igz_apply.emulator.engine.messages import Answer
from igz_apply.emulator.engine.record_store import Record
from igz_apply.emulator.iguazio3 import job_records, resource_documents
from igz_apply.emulator.iguazio3.deployment import DEPLOYED, MANIFEST, fill_defaults, manifest_of
from igz_apply.emulator.iguazio3.envelope import read_body
from igz_apply.emulator.iguazio3.job_records import JOBS
from igz_apply.emulator.iguazio3.servicespec import check_spec
from igz_apply.emulator.iguazio3.vocabulary import APPLY_MODES, DNS_1035_SHORT, SWITCH
from igz_apply.emulator.iguazio3.world import Call

MAX_SERVICES = 5000

Service = dict[str, Any]
_WRITE_ONLY = (("filebeat", "elasticsearch_password"),)  # taken, and neither kept nor shown: nothing here uses it


def list_manifests(call: Call) -> Answer:
    """Answer the list of manifests, which is the tenant's single one."""
    manifest = manifest_of(call.world)
    manifest.attributes["cluster_name"] = call.world.options.cluster_name
    return Answer(200, resource_documents.many(call, call.world.types[MANIFEST], [manifest]))


def update_manifest(call: Call) -> Answer:
    """Take the whole list of services, and start the job that deploys what is marked.

    Raises Refusal: 400 for a bad service, 403 without the policy, 409 while another update runs.
    """
    body = read_body(call.request, MANIFEST)
    attributes = body.attributes
    manifest = manifest_of(call.world)
    mode = _mode(call, attributes, "apply_services_mode", APPLY_MODES, "default")
    force = _mode(call, attributes, "force_apply_all_mode", SWITCH, "disabled")
    services = _services(call, attributes, manifest)
    _check_allowed(call, mode, manifest, services)
    waits = _waiting_seconds(call, manifest)
    _store(manifest, services, mode, force)
    touched = [each["spec"]["name"] for each in services if force == "enabled" or _is_marked(each)]
    job = job_records.start(
        call.world,
        "app_services_manifest.update",
        effect=DEPLOYED,
        subject={"services": touched},
        delay=waits,
    )
    _register(call, manifest, job, waits)
    return Answer(call.world.options.async_status, {"data": resource_documents.job_resource(call, job), "included": []})


def _mode(call: Call, attributes: Mapping[str, Any], name: str, allowed: tuple[str, ...], default: str) -> str:
    value = attributes.get(name)
    if value is None:
        return default
    if value not in allowed:
        raise bad_request(f"{name} is one of {', '.join(allowed)}")
    if value == "serviceOwnerEdit" and not call.world.options.since("3.5.3"):
        raise bad_request(f"{name} {value} does not exist in version {call.world.options.version}")
    return str(value)


def _services(call: Call, attributes: Mapping[str, Any], manifest: Record) -> list[Service]:
    """Return the services of a request as they will be stored. Raises Refusal (400)."""
    given = attributes.get("app_services")
    if not isinstance(given, list):
        raise bad_request("app_services is not a list: an update carries all services")
    if len(given) > MAX_SERVICES:
        raise bad_request(f"A manifest holds at most {MAX_SERVICES} services")
    held = {each["spec"]["name"]: each for each in manifest.attributes["app_services"]}
    services = [_service(call, each, held) for each in given]
    names = [each["spec"]["name"] for each in services]
    if len(set(names)) != len(names):
        twice = min(name for name in names if names.count(name) > 1)
        raise bad_request(f"The app service {twice} stands twice in the manifest")
    return services


def _service(call: Call, given: Any, held: Mapping[str, Service]) -> Service:
    if not isinstance(given, dict) or not isinstance(given.get("spec"), dict):
        raise bad_request("Each of app_services is an object with a `spec`")
    spec = without_nulls(given["spec"])
    name = spec.get("name")
    if not isinstance(name, str) or not re.match(DNS_1035_SHORT, name):
        raise bad_request(f"The name {str(name)[:80]!r} of an app service is not valid")
    check_spec(spec, is_strict=call.world.options.strict_names)
    for part, secret in _WRITE_ONLY:
        if isinstance(spec.get(part), dict):
            spec[part].pop(secret, None)
    before = held.get(name, {})
    _check_owner(call, spec, before.get("spec", {}))
    labels = _labels(given.get("meta"), name)
    service: Service = {"spec": fill_defaults(spec), "meta": {"labels": labels}}
    if "status" in before:
        service["status"] = before["status"]
    return service


def _labels(meta: Any, name: str) -> dict[str, str]:
    labels = {} if meta is None else meta.get("labels") if isinstance(meta, dict) else ()
    labels = {} if labels is None else labels
    if not isinstance(labels, dict) or not all(isinstance(each, str) for each in labels.values()):
        raise bad_request(f"The labels of app service {name} are not a map of strings")
    return labels


def _check_owner(call: Call, spec: Service, before: Mapping[str, Any]) -> None:
    """Settle owner and running user of a service: those that are new must be users who are up."""
    spec.setdefault("owner", before.get("owner", call.caller.name))
    credentials = spec.get("credentials") or {}
    named = {spec["owner"], credentials.get("username", spec["owner"])}
    known = {before.get("owner"), (before.get("credentials") or {}).get("username")}
    for username in named - known:
        user = call.store.by_name("user", username)
        if user is None:
            raise bad_request(f"App service {spec['name']}: the user {username[:80]} does not exist")
        if user.attributes["operational_status"] != "up":
            raise bad_request(f"App service {spec['name']}: the user {username} is not operational")


def without_nulls(value: Any) -> Any:
    """Return a copy without the keys whose value is null: an unset field is left out."""
    if isinstance(value, dict):
        return {name: without_nulls(each) for name, each in value.items() if each is not None}
    if isinstance(value, list):
        return [without_nulls(each) for each in value]
    return value


def _is_marked(service: Service) -> bool:
    spec = service["spec"]
    return bool(spec["mark_as_changed"] or spec["mark_for_restart"])


def _check_allowed(call: Call, mode: str, manifest: Record, services: list[Service]) -> None:
    """Service Admin may do anything; an owner may restart or wake own services in the mode for it."""
    if call.caller.has("Service Admin"):
        call.require("Service Admin")
        return
    if mode == "default":
        call.require("Service Admin")
    held = {each["spec"]["name"]: each for each in manifest.attributes["app_services"]}
    if set(held) != {each["spec"]["name"] for each in services}:
        raise forbidden(f"{call.caller.name} needs the policy Service Admin to add or remove app services")
    for service in services:
        spec, before = service["spec"], held[service["spec"]["name"]]["spec"]
        if (_is_marked(service) or _settings(spec) != _settings(before)) and not _owner_may(call, spec, before):
            raise forbidden(f"{call.caller.name} may only restart or wake own app services")


def _owner_may(call: Call, spec: Service, before: Service) -> bool:
    wakes = {**_settings(before), "desired_state": "ready"}
    return before.get("owner") == call.caller.name and _settings(spec) in (_settings(before), wakes)


def _settings(spec: Service) -> Service:
    return {name: each for name, each in spec.items() if not name.startswith("mark_")}


def _waiting_seconds(call: Call, manifest: Record) -> float:
    """Return how long a new update has to wait for the one that runs. Raises Refusal (409) if it may not."""
    running = manifest.attributes["running_modification_job"]
    if not running or not JOBS.is_running(call.world, running):
        return 0.0
    if not call.world.options.queue_manifest_updates:
        raise conflict(f"The app services are being modified by job {running}: wait for it to end")
    busy_until: float = manifest.private.get("busy_until", 0.0)
    return max(0.0, busy_until - call.world.now)


def _store(manifest: Record, services: list[Service], mode: str, force: str) -> None:
    manifest.attributes.update(
        app_services=services, apply_services_mode=mode, force_apply_all_mode=force, last_error=""
    )


def _register(call: Call, manifest: Record, job: Record, waits: float) -> None:
    """Note the job in the manifest, and the state that it puts the manifest in (section 12.4)."""
    attributes, private = manifest.attributes, manifest.private
    attributes["last_modification_job"] = job.id
    wakes = attributes["apply_services_mode"] != "default"
    if waits:
        private.setdefault("queue", []).append(job.id)
        attributes["state"] = "waitingForProvisioning"
    else:
        attributes["running_modification_job"] = job.id
        attributes["state"] = "scalingFromZero" if wakes else "provisioning"
    private["busy_until"] = call.world.now + waits + call.world.options.job_seconds
    call.store.save(manifest)
