"""The spec of one app service: which fields have which form (wire reference, section 12.2)."""

from __future__ import annotations

from typing import Any

from igz_apply.emulator.refusals import bad_request
from igz_apply.emulator.vocabulary import DESIRED_STATES, SWITCH

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
METRICS = ("num_of_requests", "jupyter_kernel_busyness")

Spec = dict[str, Any]


def check_spec(spec: Spec) -> None:
    """Refuse (400) a spec with a field of the wrong form. Fields that are not known pass through."""
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
    _check_scaling(spec.get("scale_to_zero"), name)
    _check_resources(spec.get("resources", {}), name)


def _check(holder: Spec, name: str, fields: tuple[str, ...], wanted: type, form: str) -> None:
    for field in fields:
        value = holder.get(field)
        is_wrong = isinstance(value, bool) and wanted is int
        if field in holder and (is_wrong or not isinstance(value, wanted)):
            raise bad_request(f"App service {name}: {field} is not {form}")


def _check_scaling(scaling: Any, name: str) -> None:
    if scaling is None:
        return
    if scaling.get("mode") not in SWITCH:
        raise bad_request(f"App service {name}: scale_to_zero.mode is one of {', '.join(SWITCH)}")
    resources = scaling.get("scale_resources", [])
    if not isinstance(resources, list) or not all(isinstance(each, dict) for each in resources):
        raise bad_request(f"App service {name}: scale_to_zero.scale_resources is not a list of objects")
    for each in resources:
        if each.get("metric_name") not in METRICS:
            raise bad_request(f"App service {name}: metric_name is one of {', '.join(METRICS)}")
        _check(each, name, ("threshold",), int, "an integer")
        _check(each, name, ("window_size",), str, "a string")


def _check_resources(resources: Spec, name: str) -> None:
    _check(resources, name, ("limits", "requests"), dict, "an object")
    for side in ("limits", "requests"):
        _check(resources.get(side, {}), name, ("cpu", "memory", "nvidia_gpu"), str, "a string")
