"""Builds all of deploy/ by kustomize, holds it to the published schemas, and lists what restricted pods may not do.

    python scripts/deploy_check.py

Ends with 1 where something is wrong. Where neither kustomize 5 nor a kubectl that has it is installed, it says so and
ends with 0.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from scripts.manifest_schemas import faults, sources  # noqa: E402
from scripts.pod_security import BESIDES, RESTRICTED, containers, pods_of  # noqa: E402

DEPLOY = ROOT / "deploy"
NEEDED = (5, 0)  # of kustomize: `labels`, and components that add to lists
_HEAD = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
# What the kustomization that installs Argo CD has, as far as the plug-in is put beside it.
_REPO_SERVER = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: argocd-repo-server, namespace: argocd}
spec:
  selector: {matchLabels: {app.kubernetes.io/name: argocd-repo-server}}
  template:
    metadata: {labels: {app.kubernetes.io/name: argocd-repo-server}}
    spec:
      containers: [{name: argocd-repo-server, image: quay.io/argoproj/argocd}]
      volumes: [{name: var-files, emptyDir: {}}, {name: plugins, emptyDir: {}}]
"""


@dataclass(frozen=True)
class Build:
    """What kustomize makes of one folder."""

    name: str
    documents: tuple[dict[str, Any], ...]

    @property
    def pods(self) -> list[tuple[str, dict[str, Any]]]:
        """The pods of igz-apply among it, each with what to call it."""
        found = [pod for document in self.documents for pod in pods_of(document)]
        return [(name, pod) for name, pod in found if not name.startswith(_OF_ARGO_CD)]

    @property
    def guests(self) -> list[tuple[str, dict[str, Any]]]:
        """The pods of others that a container is put into, with that container alone."""
        found = [pod for document in self.documents for pod in pods_of(document)]
        return [(name, _without_others(pod)) for name, pod in found if name.startswith(_OF_ARGO_CD)]


_OF_ARGO_CD = "Deployment/argocd-"


def _without_others(pod: Mapping[str, Any]) -> dict[str, Any]:
    return {**pod, "containers": [each for each in pod["containers"] if each["name"].startswith("igz-apply")]}


@cache
def kustomize() -> tuple[str, ...]:
    """Return the command that builds a folder, () where none of these programs is new enough."""
    for words, asked in ((("kustomize", "build"), ("kustomize", "version")), (("kubectl", "kustomize"), _KUBECTL)):
        if shutil.which(words[0]):
            said = subprocess.run(asked, capture_output=True, text=True, check=False).stdout
            version = re.search(r"(?:kustomizeVersion\"?: \"?|^)v?(\d+)\.(\d+)\.", said, re.MULTILINE)
            if version and (int(version[1]), int(version[2])) >= NEEDED:
                return words
    return ()


_KUBECTL = ("kubectl", "version", "--client", "--output=json")


def built(folder: Path) -> list[dict[str, Any]]:
    """Return the documents that a folder makes. Raises CalledProcessError, with what kustomize said in `stderr`."""
    done = subprocess.run([*kustomize(), str(folder)], check=True, capture_output=True, text=True)
    return [document for document in yaml.safe_load_all(done.stdout) if document]


def builds() -> Iterator[Build]:
    """Yield everything that deploy/ makes, each component on top of an overlay."""
    for name in ("kubernetes/overlays/one", "kubernetes/overlays/fleet", "argo-workflows", "argo-cd"):
        yield Build(name, tuple(built(DEPLOY / name)))
    fleet = "argo-workflows/fleet.yaml"
    yield Build(fleet, tuple(yaml.safe_load_all((DEPLOY / fleet).read_text(encoding="utf-8"))))
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "deploy"
        shutil.copytree(DEPLOY, copy)
        parts = sorted(path.name for path in (copy / "kubernetes" / "components").iterdir())
        for part in parts:
            yield Build(f"one + components/{part}", tuple(composed(copy, [part])))
        yield Build("one + all components", tuple(composed(copy, parts)))
        yield Build("fleet + components/ca, git-ssh", tuple(composed(copy, ["ca", "git-ssh"], "fleet")))
        yield Build("argo-cd/plugin", (*_plugin(copy), *_hook(copy)))


def composed(deploy: Path, components: Sequence[str], overlay: str = "one") -> list[dict[str, Any]]:
    """Return what an overlay in a copy of deploy/ makes with components on top, as a reader's own overlay would."""
    folder = deploy / "kubernetes" / "overlays" / "composed"
    folder.mkdir(exist_ok=True)
    listed = "".join(f"  - ../../components/{name}\n" for name in components)
    text = f"{_HEAD}namespace: igz-apply\nresources: [../{overlay}]\ncomponents:\n{listed}"
    (folder / "kustomization.yaml").write_text(text, encoding="utf-8")
    return built(folder)


def _plugin(deploy: Path) -> list[dict[str, Any]]:
    folder = deploy / "argo-cd" / "composed"
    folder.mkdir()
    (folder / "server.yaml").write_text(_REPO_SERVER, encoding="utf-8")
    text = f"{_HEAD}resources: [server.yaml]\ncomponents: [../plugin]\n"
    (folder / "kustomization.yaml").write_text(text, encoding="utf-8")
    return [*built(folder), yaml.safe_load((deploy / "argo-cd" / "plugin" / "plugin.yaml").read_text(encoding="utf-8"))]


def _hook(deploy: Path) -> list[dict[str, Any]]:
    folder = deploy / "argo-cd" / "plugin" / "hook"
    for name in ("igz-apply.yaml", "manifests.yaml", "target.env"):
        (folder / name).touch()
    return built(folder)


def wanted(build: Build) -> list[str]:
    """Return what its pods name and it does not have, as `Secret/NAME`: somebody else has to make that."""
    there = {f"{document['kind']}/{document['metadata'].get('name')}" for document in build.documents}
    named = {each for _, pod in build.pods for each in _named(pod)}
    return sorted(named - there)


def _named(pod: Mapping[str, Any]) -> Iterator[str]:
    if "serviceAccountName" in pod:
        yield f"ServiceAccount/{pod['serviceAccountName']}"
    for _, container in containers(pod):
        for source in container.get("envFrom") or []:
            for key, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
                if key in source:
                    yield f"{kind}/{source[key]['name']}"
    for volume in pod.get("volumes") or []:
        for key, name, kind in _VOLUMES:
            if key in volume:
                yield f"{kind}/{volume[key][name]}"


_VOLUMES = (
    ("configMap", "name", "ConfigMap"),
    ("secret", "secretName", "Secret"),
    ("persistentVolumeClaim", "claimName", "PersistentVolumeClaim"),
)


def main() -> None:
    """Print what was built and what is wrong with it."""
    if not kustomize():
        print("deploy-check: left out, as neither kustomize 5 nor a kubectl that has it is installed.")
        return
    try:
        found = list(builds())
    except subprocess.CalledProcessError as error:
        sys.exit(f"{error.cmd[-1]} cannot be built: {error.stderr.strip()}")
    wrong = [
        f"{each.name}: {document['kind']}: {fault}"
        for each in found
        for document in each.documents
        for fault in faults(document)
    ]
    for each in found:
        takes = f"; takes {', '.join(wanted(each))}" if wanted(each) else ""
        print(f"{each.name}: {len(each.documents)} documents, {len(each.pods)} pods{takes}")
    print(f"\nBy the schemas of {', '.join(sources())}: {len(wrong) or 'nothing'} wrong")
    pods = [(f"{each.name}: {name}", pod) for each in found for name, pod in each.pods]
    guests = [(f"{each.name}: {name}", pod) for each in found for name, pod in each.guests]
    print(f"\nWhat the profile `restricted` forbids, in {len(pods)} pods and {len(guests)} of others:")
    wrong += _told(RESTRICTED, pods + guests)
    print("\nWhat deploy/ forbids besides:")
    wrong += _told(BESIDES, pods)
    if wrong:
        sys.exit("\n" + "\n".join(wrong))


def _told(rules: Sequence[Any], pods: Sequence[tuple[str, dict[str, Any]]]) -> list[str]:
    wrong = []
    for rule in rules:
        places = [f"{name}: {rule.__name__}: {place}" for name, pod in pods for place in rule(pod)]
        print(f"  {len(places) or 'none'}  {(rule.__doc__ or '').strip().rstrip('.')}")
        wrong += places
    return wrong


if __name__ == "__main__":
    main()
