"""What the system tells of itself: info and health (wire reference, sections 16 and 17)."""

from __future__ import annotations

from igz_apply.emulator.engine.messages import Answer
from igz_apply.emulator.iguazio4.fields import Query
from igz_apply.emulator.iguazio4.pages import list_document
from igz_apply.emulator.iguazio4.world import Call

_SERVICES = ("api", "authorization", "profile", "projects", "trackable-actions")
_NODES = ("node-0", "node-1", "node-2")


def info(call: Call) -> Answer:
    """Answer what the system is."""
    Query(call.options, call.request).ended()
    version = {"orisVersion": call.options.version, "ecliptosVersion": call.options.version}
    metadata = {
        "id": "systeminfo",
        "resourceType": "systeminfo",
        "domain": "emulator.example.com",
        "namespace": "iguazio",
        "systemId": "emulator",
        "version": {**version, "branch": "", "commit": "", "buildDate": ""},
        "keycloak": {"hostAddress": "https://id.emulator.example.com", "realm": "iguazio"},
        "registry": {"user": "registry.emulator.example.com/user", "system": "registry.emulator.example.com/system"},
    }
    services = {each: {"status": "SERVING"} for each in _SERVICES}
    status = {"statusCode": 200, "upgradeStatus": "idle", "services": services}
    return Answer(200, {"metadata": metadata, "spec": {}, "status": status})


def service_health(call: Call) -> Answer:
    """Answer how the services are."""
    Query(call.options, call.request).ended()
    items = [
        {
            "metadata": {"resourceType": "servicehealth"},
            "spec": {"name": each, "group": "control-plane", "resource": f"igz-{each}", "resourceKind": "Deployment"},
            "status": {"state": "ready", "lastChecked": call.world.moment},
        }
        for each in _SERVICES
    ]
    return Answer(200, list_document(call.world, items, [], has_more=False))


def node_health(call: Call) -> Answer:
    """Answer how the nodes are."""
    Query(call.options, call.request).ended()
    items = [
        {
            "metadata": {"resourceType": "nodehealth"},
            "spec": {"name": each, "labels": {"kubernetes.io/hostname": each}},
            "status": {"state": "healthy", "conditions": []},
        }
        for each in _NODES
    ]
    return Answer(200, list_document(call.world, items, [], has_more=False))
