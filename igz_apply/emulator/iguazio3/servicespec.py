"""The spec of one app service: which fields have which form (wire reference, section 12.2)."""

from __future__ import annotations

import re
from typing import Any

from igz_apply.emulator.engine.http_errors import bad_request
from igz_apply.emulator.iguazio3.vocabulary import DESIRED_STATES, SWITCH

_TEXTS = (
    "kind",
    "owner",
    "display_name",
    "description",
    "avatar",
    "authentication_mode",
    "persistency_mode",
)
_FLAGS = ("enabled", "mark_for_restart", "mark_as_changed", "visible_to_all")
_COUNTS = ("target_cpu", "min_replicas", "max_replicas")
_OBJECTS = ("credentials", "resources", "scale_to_zero", "pvc", "security_context", "advanced")
_AMOUNTS = ("cpu", "memory", "nvidia_gpu")
_QUANTITY = r"[0-9]+([.][0-9]+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?\Z"
_DURATION = r"[0-9]+(s|m|h|d)\Z"
METRICS = ("num_of_requests", "jupyter_kernel_busyness")

Spec = dict[str, Any]


def check_spec(spec: Spec, *, is_strict: bool = False) -> None:
    """Refuse (400) a spec with a field of the wrong form. Fields that are not known pass through.

    With `is_strict`, so is what is not among the values that are known.
    """
    name = spec["name"]
    _check(spec, name, _TEXTS, str, "a string")
    _check(spec, name, _FLAGS, bool, "true or false")
    _check(spec, name, _COUNTS, int, "an integer")
    _check(spec, name, _OBJECTS, dict, "an object")
    if not spec.get("kind"):
        raise bad_request(f"App service {name} has no kind")
    _check(spec, name, (spec["kind"],), dict, "an object")
    if spec.get("desired_state", "ready") not in DESIRED_STATES:
        raise bad_request(f"App service {name}: desired_state is one of {', '.join(DESIRED_STATES)}")
    _check(spec.get("credentials", {}), name, ("username",), str, "a string")
    _check_scaling(spec.get("scale_to_zero"), name, is_strict=is_strict)
    _check_resources(spec.get("resources", {}), name)
    _check_counts(spec, name, is_strict=is_strict)
    _check_context(spec.get("security_context", {}), name)
    _check_settings(spec, name)


def _check(holder: Spec, name: str, fields: tuple[str, ...], wanted: type, form: str) -> None:
    for field in fields:
        value = holder.get(field)
        is_wrong = isinstance(value, bool) and wanted is int
        if field in holder and (is_wrong or not isinstance(value, wanted)):
            raise bad_request(f"App service {name}: {field} is not {form}")


def _check_scaling(scaling: Any, name: str, *, is_strict: bool) -> None:
    if scaling is None:
        return
    if scaling.get("mode") not in SWITCH:
        raise bad_request(f"App service {name}: scale_to_zero.mode is one of {', '.join(SWITCH)}")
    resources = scaling.get("scale_resources", [])
    if not isinstance(resources, list) or not all(isinstance(each, dict) for each in resources):
        raise bad_request(f"App service {name}: scale_to_zero.scale_resources is not a list of objects")
    for each in resources:
        _check(each, name, ("metric_name", "window_size"), str, "a string")
        _check(each, name, ("threshold",), int, "an integer")
        if not each.get("metric_name") or each.get("window_size") == "":
            raise bad_request(f"App service {name}: metric_name and window_size are not empty")
        if is_strict:
            _check_known_scaling(each, name)


def _check_known_scaling(watched: Spec, name: str) -> None:
    """Refuse what is not among the values that are known."""
    if watched["metric_name"] not in METRICS:
        raise bad_request(f"App service {name}: metric_name is one of {', '.join(METRICS)}")
    if not re.match(_DURATION, watched.get("window_size", "1h")):
        raise bad_request(f"App service {name}: window_size is a number and a unit, such as 1h")
    if watched.get("threshold", 0) < 0:
        raise bad_request(f"App service {name}: threshold is at least 0")


def _check_resources(resources: Spec, name: str) -> None:
    _check(resources, name, ("limits", "requests"), dict, "an object")
    for side in ("limits", "requests"):
        amounts = resources.get(side, {})
        _check(amounts, name, _AMOUNTS, str, "a string")
        for each in _AMOUNTS:
            if not re.match(_QUANTITY, amounts.get(each, "0")):
                raise bad_request(f"App service {name}: {each} is not an amount")


def _check_counts(spec: Spec, name: str, *, is_strict: bool) -> None:
    for field, lowest in (("target_cpu", 1), ("min_replicas", 0), ("max_replicas", 1)):
        if spec.get(field, lowest) < lowest or (is_strict and field == "target_cpu" and spec.get(field, 1) > 100):
            raise bad_request(f"App service {name}: {field} cannot be {spec[field]}")


def _check_context(context: Spec, name: str) -> None:
    """Refuse ids that are no numbers; unset ones are empty texts."""
    _check(context, name, ("run_as_user", "run_as_group", "fs_group"), str, "a string")
    _check(context, name, ("supplemental_groups",), list, "a list")
    ids = [context.get(field, "") for field in ("run_as_user", "run_as_group", "fs_group")]
    for each in (*ids, *context.get("supplemental_groups", ())):
        if not isinstance(each, str) or not re.match(r"[0-9]*\Z", each):
            raise bad_request(f"App service {name}: {str(each)[:80]!r} is no id")


def _check_settings(spec: Spec, name: str) -> None:
    """Refuse settings of which the SDK knows all values (section 12.6)."""
    server = _mapping(_mapping(spec.get("jupyter")).get("ssh_server"))
    if server.get("port", 30000) not in range(30000, 32768):
        raise bad_request(f"App service {name}: the port of ssh_server is between 30000 and 32767")
    mode = _mapping(spec.get("filebeat")).get("elasticsearch_ssl_verification_mode", "full")
    if mode not in ("none", "full"):
        raise bad_request(f"App service {name}: elasticsearch_ssl_verification_mode is none or full")


def _mapping(value: Any) -> Spec:
    return value if isinstance(value, dict) else {}
