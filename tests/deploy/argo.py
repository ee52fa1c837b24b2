"""An Argo Workflow without Argo: which tasks of its DAG run, with what, and in which order."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

Run = Callable[[Mapping[str, Any]], int]  # a template with its inputs put in, to the exit code of its pod


def ran(workflow: Mapping[str, Any], templates: Mapping[str, Mapping[str, Any]], run: Run) -> dict[str, str]:
    """Run a Workflow whose entrypoint is a DAG, and return how each task ended: Succeeded, Failed or Omitted.

    `templates` are those of WorkflowTemplates, as NAME/TEMPLATE. A task runs once those that it depends on have
    succeeded, each of its items by itself, whatever becomes of the others; it has succeeded where all of them have.
    """
    spec = workflow["spec"]
    scope = {f"workflow.parameters.{each['name']}": each["value"] for each in spec["arguments"]["parameters"]}
    (entry,) = (template for template in spec["templates"] if template["name"] == spec["entrypoint"])
    ended: dict[str, str] = {}
    for task in entry["dag"]["tasks"]:
        needed = task.get("depends", "").split(" && ") if task.get("depends") else []
        if any(ended[name] != "Succeeded" for name in needed):
            ended[task["name"]] = "Omitted"
            continue
        template = templates[f"{task['templateRef']['name']}/{task['templateRef']['template']}"]
        codes = [run(_instance(task, template, scope, item)) for item in task["withItems"]]
        ended[task["name"]] = "Failed" if any(codes) else "Succeeded"
    return ended


def _instance(
    task: Mapping[str, Any], template: Mapping[str, Any], scope: Mapping[str, str], item: Mapping[str, str]
) -> dict[str, Any]:
    stated = filled(task["arguments"]["parameters"], {**scope, **{f"item.{key}": text for key, text in item.items()}})
    given = {each["name"]: each["value"] for each in stated}
    declared = {each["name"] for each in template["inputs"]["parameters"]}
    assert given.keys() == declared, "Argo refuses inputs that a template does not declare, and those that are missing"
    filled_in: dict[str, Any] = filled(template, {f"inputs.parameters.{name}": text for name, text in given.items()})
    return filled_in


def filled(node: Any, scope: Mapping[str, str]) -> Any:
    """Return this with its {{tags}} replaced, as Argo does it: in the JSON. Raises KeyError for a tag of nothing."""
    text = re.sub(r"\{\{([^{}]+)\}\}", lambda found: json.dumps(scope[found[1]])[1:-1], json.dumps(node))
    return json.loads(text)
