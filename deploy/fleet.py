"""Writes what runs a fleet: a Kubernetes overlay with a Deployment for each target, or an Argo Workflow of its waves.

    igz-apply targets --format json | python3 deploy/fleet.py kubernetes deploy/kubernetes/overlays/fleet
    igz-apply targets --format json | python3 deploy/fleet.py argo --repo URL --commit SHA | kubectl create -f -

It takes Python alone, so that it can be copied with the folder that it lies in.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
from pathlib import Path
from typing import Any

WRITTEN = "# Written by deploy/fleet.py from `igz-apply targets --format json`: write it anew instead of changing it.\n"

# What Kubernetes or Argo would put something else in place of, such as a key; and what would be a line of its own.
FILLED_IN = re.compile(r"\$\(|\{\{|\}\}|\s|[^ -~]")

SECRET = "/spec/template/spec/containers/0/envFrom/3/secretRef/name"
TARGET = """\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [../../../../base/reconcile]
nameSuffix: -{name}
labels:
  - pairs: {{app.kubernetes.io/instance: {label}}}
    includeSelectors: true
configMapGenerator:
  - name: igz-apply-target
    envs: [target.env]
patches:
  - target: {{kind: Deployment}}
    patch: |-
      - {{op: test, path: {secret}, value: igz-apply-credentials}}
      - {{op: replace, path: {secret}, value: igz-apply-credentials-{name}}}
"""

WORKFLOW = """\
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata:
  generateName: igz-apply-fleet-
spec:
  entrypoint: waves
  serviceAccountName: igz-apply-workflow
  synchronization: {{mutexes: [{{name: igz-apply-fleet}}]}} # two runs over the fleet come one after the other
  ttlStrategy: {{secondsAfterCompletion: 604800}}
  arguments:
    parameters:
      - {{name: repo, value: {repo}}}
      - {{name: commit, value: {commit}}}
  templates:
    - name: waves
      dag:
        tasks:
{tasks}"""

WAVE = """\
          - name: wave-{number}
{depends}            templateRef: {{name: igz-apply, template: apply}}
            arguments:
              parameters:
                - {{name: repo, value: "{{{{workflow.parameters.repo}}}}"}}
                - {{name: commit, value: "{{{{workflow.parameters.commit}}}}"}}
                - {{name: target, value: "{{{{item.target}}}}"}}
                - {{name: name, value: "{{{{item.name}}}}"}}
                - {{name: endpoint, value: "{{{{item.endpoint}}}}"}}
                - {{name: inventory, value: "{{{{item.inventory}}}}"}}
            withItems:
{items}"""


def main() -> None:
    """Read the targets from standard input and write what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    forms = parser.add_subparsers(dest="form", required=True)
    overlay = forms.add_parser("kubernetes", help="write the targets below the folder of an overlay")
    overlay.add_argument("folder", type=Path)
    workflow = forms.add_parser("argo", help="print a Workflow")
    workflow.add_argument("--repo", required=True, help="the git repository with config and manifests")
    workflow.add_argument("--commit", required=True, help="the commit that these targets were read at")
    given = parser.parse_args()
    if given.form == "argo" and (wrong := not_followed(given.repo, given.commit)):
        parser.error(wrong)
    try:
        fleet = json.load(sys.stdin)
        targets = checked(fleet["targets"])
    except (ValueError, KeyError, TypeError) as error:
        sys.exit(f"No targets: {error}. Pipe in what `igz-apply targets --format json` prints.")
    if given.form == "kubernetes":
        write_overlay(targets, given.folder)
    else:
        sys.stdout.write(workflow_of(fleet["waves"], targets, given.repo, given.commit))


def not_followed(repo: str, commit: str) -> str:
    """Return why a Workflow cannot be of this commit of this repository, empty where it can."""
    if FILLED_IN.search(repo):
        return f"--repo {repo!r} has what Kubernetes or Argo would fill in, or a space."
    if re.match(r"https?://[^/]*@", repo):
        return "--repo holds credentials, which whoever may see Workflows sees: it goes into the Secret igz-apply-repo."
    if not re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", commit):
        return f"--commit {commit} may move, or is cut short: give all of it, as `git rev-parse HEAD` prints it."
    return ""


def checked(found: list[dict[str, Any]]) -> dict[str, dict[str, str]]:
    """Return the targets by name, each with a name for Kubernetes; one that cannot run in a pod ends it."""
    targets: dict[str, dict[str, str]] = {}
    names: dict[str, str] = {}
    for each in found:
        target, endpoint, inventory = each["target"], each.get("endpoint") or "", each.get("inventory") or ""
        name = re.sub(r"[^a-z0-9]+", "-", target.lower()).strip("-")
        for label, text in (("name", target), ("endpoint", endpoint), ("inventory", inventory)):
            if FILLED_IN.search(text):
                sys.exit(f"{target!r}: its {label} {text!r} has what Kubernetes or Argo would fill in, or a space.")
        if not re.match(r"https?://", endpoint):
            sys.exit(f"{target}: its endpoint is {endpoint or 'not stated'}: a pod takes https://HOST.")
        if "://" not in inventory and not inventory.startswith("/"):
            stated = inventory or "not stated"
            sys.exit(f"{target}: its inventory is {stated}: a pod's disk does not last. Take a shared place.")
        if not name or len(name) > 32:
            sys.exit(
                f"{target}: in names of Kubernetes it would be {name!r}, which has to have from 1 to 32 characters."
            )
        if name in names:
            sys.exit(f"{target} and {names[name]} would both be {name} in names of Kubernetes: rename one of them.")
        names[name] = target
        suffix = f"__{each['suffix']}"
        targets[target] = {
            "target": target,
            "name": name,
            "suffix": suffix,
            "endpoint": endpoint,
            "inventory": inventory,
        }
    if not targets:
        sys.exit("No targets: the config has none.")
    return targets


def write_overlay(targets: dict[str, dict[str, str]], folder: Path) -> None:
    """Write a folder for each target, their list, and the variables of the run over all of them."""
    if not (folder / "kustomization.yaml").is_file():
        sys.exit(f"{folder} is no overlay, as it has no kustomization.yaml: copy overlays/fleet there first.")
    of_all = folder / "drift" / "fleet.env"
    there = [*sorted((folder / "targets").rglob("*")), *([of_all] if of_all.exists() or of_all.is_symlink() else [])]
    if kept := [path for path in there if not is_written(path)]:
        sys.exit(f"{kept[0]} was not written by this, and would be lost: move it away.")
    if (folder / "targets").exists():
        shutil.rmtree(folder / "targets")
    for each in targets.values():
        own = folder / "targets" / each["name"]
        own.mkdir(parents=True)
        text = TARGET.format(name=each["name"], label=json.dumps(each["name"]), secret=SECRET)
        (own / "kustomization.yaml").write_text(WRITTEN + text)
        (own / "target.env").write_text(WRITTEN + "".join(variables(each, "")))
    listed = "".join(f"  - {each['name']}\n" for each in targets.values())
    head = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n"
    (folder / "targets" / "kustomization.yaml").write_text(WRITTEN + head + listed)
    lines = [line for each in targets.values() for line in variables(each, each["suffix"])[1:]]
    of_all.parent.mkdir(exist_ok=True)
    of_all.write_text(WRITTEN + "".join(lines))


def is_written(path: Path) -> bool:
    """Say whether a path is a folder, or a file that this has written."""
    if path.is_symlink() or not path.is_file():
        return path.is_dir() and not path.is_symlink()
    names = ("kustomization.yaml", "target.env", "fleet.env")
    return path.name in names and path.read_bytes().startswith(WRITTEN.encode())


def variables(target: dict[str, str], suffix: str) -> list[str]:
    """Return what is set for one target, a line each."""
    return [
        f"IGZ_TARGET={target['target']}\n",
        f"IGZ_ENDPOINT{suffix}={target['endpoint']}\n",
        f"IGZ_INVENTORY{suffix}={target['inventory']}\n",
    ]


def workflow_of(waves: list[dict[str, Any]], targets: dict[str, dict[str, str]], repo: str, commit: str) -> str:
    """Return a Workflow whose waves wait for each other: one starts once every target of that before has succeeded."""
    tasks = ""
    for place, wave in enumerate(waves):
        depends = f"            depends: wave-{waves[place - 1]['wave']}\n" if place else ""
        items = "".join(f"              - {item(targets[name])}\n" for name in wave["targets"])
        tasks += WAVE.format(number=wave["wave"], depends=depends, items=items)
    return WRITTEN + WORKFLOW.format(repo=json.dumps(repo), commit=json.dumps(commit), tasks=tasks)


def item(target: dict[str, str]) -> str:
    """Return what a task is told of its target."""
    return json.dumps({key: target[key] for key in ("target", "name", "endpoint", "inventory")})


if __name__ == "__main__":
    main()
