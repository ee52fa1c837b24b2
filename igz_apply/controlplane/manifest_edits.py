"""What was changed in a list of services, and how that is put into another list; values in, values out.

A service is the plain data of the manifest. Its two marks say what the platform is to do with it in the next apply; who
resets them is not known (wire reference, section 12.3), so they are said for every service, and never compared.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from igz_apply.controlplane.errors import InvalidAnswer
from igz_apply.controlplane.structs import Data

# By name: the service as it is to be, None for one that is to be removed.
Edits = Mapping[str, Data | None]

_MARKS = {"mark_for_restart": False, "mark_as_changed": False}


def services_of(attributes: Mapping[str, Any]) -> list[Data]:
    """Return the services of a manifest. Raises InvalidAnswer for what is none: leaving it out would remove it."""
    services = attributes.get("app_services") or []
    if not all(isinstance(service, dict) and isinstance(service.get("spec"), dict) for service in services):
        raise InvalidAnswer("The app-services manifest holds something that is not a service")
    return list(services)


def unmarked(service: Data) -> Data:
    """Return a copy of a service that nothing is to be done with."""
    copied = copy.deepcopy(service)
    copied["spec"] = {**copied["spec"], **_MARKS}
    return copied


def edits_between(before: list[Data], after: list[Data]) -> dict[str, Data | None]:
    """Return what was changed from one list of unmarked services to another."""
    old = {_name(service): service for service in before}
    new = {_name(service): service for service in after}
    changed = {name: _marked(service, old.get(name)) for name, service in new.items() if service != old.get(name)}
    return {**changed, **{name: None for name in old if name not in new}}


def merged(latest: list[Data], edits: Edits) -> list[Data]:
    """Return the services to be written: the latest ones, with the edits in their places and new ones at the end."""
    services = [edits.get(_name(service), service) for service in latest]
    names = {_name(service) for service in latest}
    services += [service for name, service in edits.items() if name not in names]
    return [_sendable(service) for service in services if service is not None]


def _marked(service: Data, before: Data | None) -> Data:
    """Mark a service as changed, unless it is only to be restarted."""
    plain = unmarked(service)
    is_changed = before is None or plain["spec"] != before["spec"] or plain.get("meta") != before.get("meta")
    marks = {"mark_as_changed": True} if is_changed else {}
    return {**service, "spec": {**service["spec"], **marks}}


def _sendable(service: Data) -> Data:
    """Return a service without what the server computes, and with both marks."""
    kept = {name: copy.deepcopy(part) for name, part in service.items() if name != "status"}
    kept["spec"] = {**_MARKS, **kept["spec"]}
    return kept


def _name(service: Data) -> str:
    return str(service["spec"].get("name"))
