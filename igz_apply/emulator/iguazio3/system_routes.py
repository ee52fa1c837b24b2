"""The other routes: reloads, containers, versions, the views of the cluster (wire reference, 13, 16 and 17)."""

# ruff: noqa: ARG002 - hooks share one signature, and not every one of them needs all of it.

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from igz_apply.emulator.engine.http_errors import Refusal, conflict, forbidden, not_found
from igz_apply.emulator.engine.messages import Answer
from igz_apply.emulator.iguazio3 import job_records, resource_documents
from igz_apply.emulator.iguazio3.deployment import manifest_of
from igz_apply.emulator.iguazio3.job_records import JOBS
from igz_apply.emulator.iguazio3.operations import delete_record
from igz_apply.emulator.iguazio3.world import Behaviour, Call, Draft

NODES = ("igz0", "igz1", "igz2")
RELOADS = ("artifact_version_manifest", "events", "cluster", "app_services")
RELOADER = "igz_admin"


def tunnel_version(call: Call, service: str, node: str) -> Answer:
    """Answer the version of a node (section 4.4)."""
    if node not in NODES or service != f"{node}.version.0":
        raise not_found(f"The node {node[:80]}")
    attributes = {"external": call.world.options.version}
    return Answer(200, {"data": {"type": "external_version", "id": node, "attributes": attributes}})


def external_versions(call: Call) -> Answer:
    """Answer the versions of all nodes; the oldest clients read them here (section 23)."""
    attributes = {"external": call.world.options.version}
    nodes = [{"type": "external_version", "id": node, "attributes": attributes} for node in NODES]
    return Answer(200, {"data": nodes, "included": []})


def reload(call: Call, configuration: str) -> Answer:
    """Start the job that reloads a configuration; only one user may (section 16)."""
    if configuration not in RELOADS:
        raise not_found(f"The configuration {configuration[:80]}")
    if call.caller.name != RELOADER:
        raise forbidden(f"Only {RELOADER} can reload a configuration")
    resource = resource_documents.job_resource(
        call, job_records.start(call.world, f"configuration.{configuration}.reload")
    )
    resource["attributes"]["job_id"] = resource["id"]
    return Answer(call.world.options.async_status, {"data": resource, "included": []})


class K8sConfigBehaviour(Behaviour):
    """The Kubernetes side of the manifest; since 3.5.5 the two are one (section 19)."""

    def further(self, call: Call, ids: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
        """Add the manifest as JSON text; a service without a status has an empty one here."""
        services = manifest_of(call.world).attributes["app_services"]
        view = [{**each, "status": each.get("status", {})} for each in services]
        manifest = json.dumps({"app_services": view})
        return {each: {"app_services_manifest": manifest} for each in ids}


class ContainerBehaviour(Behaviour):
    """Containers have statuses of their own."""

    def prepare(self, call: Call, draft: Draft) -> None:
        """Put a new container online."""
        if draft.before is None:
            draft.record.attributes.update(admin_status="up", operational_status="up")


def delete_container(call: Call, container_id: str) -> Answer:
    """Delete a container; older systems answer 200 and the job as an attribute (section 2.2)."""
    answer = delete_record(call, call.world.types["container"], container_id)
    if call.world.options.container_delete_job or answer.document is None:
        return answer
    job_id = answer.document["data"]["relationships"]["jobs"]["data"][0]["id"]
    data = {"type": "container_deletion", "id": container_id, "attributes": {"job_id": job_id}}
    return Answer(200, {"data": data})


def delete_job(call: Call, job_id: str) -> Answer:
    """Delete a job that has ended, on the systems that let one; the published SDK has no such call (section 5)."""
    if not call.world.options.deletable_jobs:
        raise Refusal(405, "DELETE is not possible here: only GET")
    job = call.find("job", job_id)
    if JOBS.is_running(call.world, job.id):
        raise conflict(f"The job {job.id} has not ended")
    JOBS.forget(call.world, job.id)
    return Answer(204)


def container_statistics(call: Call, container_id: str) -> Answer:
    """Answer the numbers of a container, which are all zero here."""
    call.find("container", container_id)
    attributes = {"objects": 0, "size_bytes": 0}
    return Answer(200, {"data": {"type": "container_statistics", "id": container_id, "attributes": attributes}})


def own_sessions(call: Call) -> Answer:
    """Answer the session or key of this request, without its secret id."""
    attributes = {"kind": call.caller.credential.attributes["kind"], "username": call.caller.name}
    return Answer(200, {"data": [{"type": "session", "id": "current", "attributes": attributes}]})
