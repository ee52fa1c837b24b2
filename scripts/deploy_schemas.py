"""Writes scripts/deploy_schemas/: the published schemas of what deploy/ is made of, without descriptions, and closed.

    python scripts/deploy_schemas.py --kubernetes-validate SITE_PACKAGES --argo-cd CLONE --argo-workflows CLONE

The first is where the package kubernetes-validate is installed, the others are git clones of the two projects. A closed
object refuses a field that it does not know, which is how a misspelt one is found.
"""

from __future__ import annotations

import argparse
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent / "deploy_schemas"
KUBERNETES = ("1.30.0", "1.37.0")  # the oldest that deploy/ is for, and the newest that is published
KINDS = {
    "io.k8s.api.apps.v1": ["Deployment"],
    "io.k8s.api.batch.v1": ["CronJob", "Job"],
    "io.k8s.api.core.v1": ["ConfigMap", "Namespace", "PersistentVolumeClaim", "Secret", "ServiceAccount"],
    "io.k8s.api.networking.v1": ["NetworkPolicy"],
    "io.k8s.api.policy.v1": ["PodDisruptionBudget"],
    "io.k8s.api.rbac.v1": ["Role", "RoleBinding"],
}
ARGO_WORKFLOWS = {"io.argoproj.workflow.v1alpha1": ["Workflow", "WorkflowTemplate"]}
_OPEN = "x-kubernetes-preserve-unknown-fields"
_WORDS = ("description", "title", "default", "example")


def main() -> None:
    """Write one file for each source."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("kubernetes-validate", "argo-cd", "argo-workflows"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    given = parser.parse_args()
    for version in KUBERNETES:
        folder = given.kubernetes_validate / "kubernetes_validate" / "kubernetes-json-schema" / f"v{version}-local"
        definitions = json.loads((folder / "_definitions.json").read_text())["$defs"]
        source = f"Kubernetes {version}, as the package kubernetes-validate has it"
        write(f"kubernetes-{version}", source, reached(definitions, KINDS))
    text = _shown(given.argo_workflows, "api/jsonschema/schema.json")
    write("argo-workflows", _commit(given.argo_workflows), reached(json.loads(text)["definitions"], ARGO_WORKFLOWS))
    crds = [
        yaml.safe_load(_shown(given.argo_cd, f"manifests/crds/{it}-crd.yaml")) for it in ("application", "appproject")
    ]
    write("argo-cd", _commit(given.argo_cd), {each["spec"]["names"]["kind"]: _of_resource(each) for each in crds})


def write(name: str, source: str, definitions: dict[str, Any]) -> None:
    """Write the schemas of one source, with where they are from."""
    document = {"source": source, "license": "Apache-2.0", "definitions": definitions}
    (HERE / f"{name}.json").write_text(json.dumps(document, separators=(",", ":"), sort_keys=True) + "\n")


def reached(definitions: dict[str, Any], kinds: dict[str, list[str]]) -> dict[str, Any]:
    """Return what these kinds take, closed; each kind stands under its bare name."""
    roots = {kind: f"{package}.{kind}" for package, names in kinds.items() for kind in names}
    kept: dict[str, Any] = {}
    todo = list(roots.values())
    while todo:
        name = todo.pop()
        if name not in kept:
            kept[name] = closed(definitions[name])
            todo += list(_references(definitions[name]))
    return kept | {kind: {"$ref": f"#/definitions/{name}"} for kind, name in roots.items()}


def closed(node: Any) -> Any:
    """Return a schema without words, whose objects have no other fields than those that it names."""
    if isinstance(node, list):
        return [closed(each) for each in node]
    if not isinstance(node, dict):
        return node
    kept = {key: closed(value) for key, value in node.items() if not _is_left_out(key, value)}
    if isinstance(node.get("$ref"), str):
        kept["$ref"] = "#/definitions/" + node["$ref"].rpartition("/")[2]
    if isinstance(node.get("properties"), dict) and "additionalProperties" not in node and not node.get(_OPEN):
        kept["additionalProperties"] = False
    if node.get("x-kubernetes-int-or-string"):
        kept["type"] = ["integer", "string"]
    return kept


def _is_left_out(key: str, value: Any) -> bool:
    return key.startswith("x-kubernetes-") or (
        key in _WORDS and not isinstance(value, dict)
    )  # a property may be called so


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"].rpartition("/")[2]
        node = list(node.values())
    for each in node if isinstance(node, list) else []:
        yield from _references(each)


def _of_resource(definition: dict[str, Any]) -> dict[str, Any]:
    (version,) = definition["spec"]["versions"]
    schema: dict[str, Any] = closed(version["schema"]["openAPIV3Schema"])
    schema["properties"].pop("status", None)
    return schema


def _shown(clone: Path, path: str) -> str:
    return subprocess.run(
        ["git", "-C", clone, "show", f"HEAD:{path}"], check=True, capture_output=True, text=True
    ).stdout


def _commit(clone: Path) -> str:
    shown = subprocess.run(
        ["git", "-C", clone, "log", "-1", "--format=%H of %cs"], check=True, capture_output=True, text=True
    )
    return f"argoproj, commit {shown.stdout.strip()}"


if __name__ == "__main__":
    main()
