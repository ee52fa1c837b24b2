"""`null` clears a field: whatever the platform makes of that, a plan after an apply is empty."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from igz_apply.iguazio3.app_service import OPAQUE_SERVICE_KINDS
from igz_apply.iguazio3.platform import schema_of as resource_schema
from tests.wire.wire_site import COMPANY, Site

pytestmark = pytest.mark.full

ADDRESSES = {"User": "User/ada", "Group": "Group/ds", "Project": "Project/churn", "AppService": "AppService/notebook"}
WHOLE = {"security_context", "credentials"}  # stated whole or not at all
DEFAULTED = {  # hold the platform's own value before: that it is still there is told, once
    *("visible_to_all", "scale_to_zero", "advanced", "advanced.priority_class_name", "resources.limits"),
    *("jupyter", "jupyter.image_name", "jupyter.ssh_enabled"),
}
OTHER_SERVICES = {"filebeat", *OPAQUE_SERVICE_KINDS}  # a service holds the settings of its own kind alone


def clearable(kind: str) -> Iterator[tuple[str, ...]]:
    """Yield the paths of all fields that a manifest of the kind may set to null."""
    schema = resource_schema(kind)

    def walk(node: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        for name, below in node.get("properties", {}).items():
            resolved = schema["$defs"][below["$ref"].split("/")[-1]] if "$ref" in below else below
            if "null" in (resolved.get("type") or ()):
                yield (*path, name)
            yield from walk(resolved, (*path, name))

    yield from walk(schema["properties"]["spec"], ())


def cleared(spec: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    found = deepcopy(spec)
    holder = found
    for key in path[:-1]:
        holder = holder.setdefault(key, {})
    holder[path[-1]] = None
    return found


@pytest.mark.parametrize("kind", ADDRESSES)
def test_a_plan_after_clearing_any_field_is_empty(applied: Site, kind: str) -> None:
    address = ADDRESSES[kind]
    spec = {**COMPANY[address], **({"scale_to_zero": {"mode": "disabled"}} if kind == "AppService" else {})}
    paths = [path for path in clearable(kind) if path[0] not in WHOLE | OTHER_SERVICES]
    assert len(paths) >= 2
    for path in paths:
        applied.declare({**COMPANY, address: cleared(spec, path)})
        applied.run("apply", "-y", expect=5 if ".".join(path) in DEFAULTED else 0)
        assert "No changes" in applied.run("plan", "--detailed-exitcode"), path


def test_what_the_platform_fills_in_is_said_once_and_a_foreign_value_is_a_difference(applied: Site) -> None:
    address = "AppService/notebook"
    notebook = {**COMPANY[address], "jupyter": {"image_name": "jupyter-gpu-cuda"}}
    declared = {**COMPANY, address: {**notebook, "jupyter": {"image_name": None}}}
    applied.declare({**COMPANY, address: notebook})
    applied.run("apply", "-y")
    applied.declare(declared)
    said = applied.run("apply", "-y", "--report", "report.json")
    assert f"Cleared, and given a value by the platform: {address}: jupyter.image_name." in said
    report = json.loads((applied.folder / "report.json").read_text())["report"]
    (filled,) = report["filled"]
    assert (filled["address"], [(it["path"], it["before"], it["after"]) for it in filled["diff"]]) == (
        address,
        [("jupyter.image_name", "jupyter-all", None)],
    )
    assert (report["exit_code"], report["not_converged"]) == (0, [])
    entry = json.loads((applied.folder / ".igz-apply/inventory.json").read_text())["entries"][address]
    assert list(entry["filled"]) == ["jupyter.image_name"]
    assert "jupyter-all" not in json.dumps(entry)

    notebook = {**notebook, "description": "Another"}
    applied.declare({**COMPANY, address: {**notebook, "jupyter": {"image_name": None}}})
    assert "Cleared" not in applied.run("apply", "-y")  # nothing was, this time
    assert "No changes" in applied.run("plan")

    others = Site(applied.folder / "others", applied.log, applied.server, applied.emulator)
    others.folder.mkdir()
    (others.folder / "igz-apply.yaml").write_text("version: 1\n")
    others.declare({address: notebook})
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(others.folder)
        others.run("apply", "-y")
    assert "jupyter.image_name" in applied.run("plan", "--detailed-exitcode", expect=2)
