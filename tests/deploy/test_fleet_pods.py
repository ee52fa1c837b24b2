"""A fleet on Kubernetes: its overlay and its Workflow are written for the targets of a config, and do their work."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts.deploy_check import DEPLOY, composed, kustomize
from scripts.pod_security import argo_pod
from tests.deploy.argo import ran
from tests.deploy.cluster import GIT, KEY, World, world
from tests.deploy.pods import Kubelet, can_isolate

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.full,
    pytest.mark.skipif(not kustomize(), reason="neither kustomize 5 nor a kubectl that has it is installed"),
    pytest.mark.skipif(not can_isolate(), reason="takes root, and a kernel that lets it have namespaces of its own"),
]

PORTS = {"staging": 8061, "prod-eu": 8062, "prod-us": 8063, "Prod_Asia": 8064}
WAVES = {"staging": 1, "prod-eu": 2, "prod-us": 2, "Prod_Asia": 3}
REPO = {"igz-apply-repo": {"IGZ_REPO": GIT}}
GROUP = "apiVersion: iguazio.com/v1\nkind: Group\nmetadata: {name: analysts}\nspec: {description: Those who analyse}\n"


def config() -> str:
    targets = {name: {"endpoint": f"http://127.0.0.1:{port}", "wave": WAVES[name]} for name, port in PORTS.items()}
    return yaml.safe_dump(
        {"version": 1, "defaults": {"inventory": "/inventory/{target}.json"}, "targets": targets}, sort_keys=False
    )


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, tuple(PORTS.values())) as made:
        yield made


def written(folder: Path, *words: str) -> str:
    """Return what deploy/fleet.py prints of what `igz-apply targets` says of the config in a folder."""
    listed = subprocess.run(
        [sys.executable, "-m", "igz_apply", "targets", "--format", "json"], cwd=folder, capture_output=True, check=True
    )
    made = [sys.executable, str(DEPLOY / "fleet.py"), *words]
    return subprocess.run(made, input=listed.stdout, capture_output=True, check=True).stdout.decode()


def entries(claim: Path, target: str) -> set[str]:
    path = claim / f"{target}.json"
    return set(json.loads(path.read_text())["entries"]) if path.exists() else set()


def test_a_failed_wave_of_a_workflow_stops_the_later_ones_and_the_same_workflow_finishes_the_rest(
    outside: World,
) -> None:
    commit = outside.commit({"igz-apply.yaml": config(), "manifests/group.yaml": GROUP})
    outside.commit({"manifests/group.yaml": "later: not of this run\n"})
    (outside.folder / "igz-apply.yaml").write_text(config())
    workflow = yaml.safe_load(written(outside.folder, "argo", "--repo", GIT, "--commit", commit))
    template = yaml.safe_load((DEPLOY / "argo-workflows" / "template.yaml").read_text())
    templates = {f"igz-apply/{each['name']}": each for each in template["spec"]["templates"]}
    names = {"staging": "staging", "prod-eu": "prod-eu", "prod-us": "prod-us", "Prod_Asia": "prod-asia"}
    secrets = {f"igz-apply-credentials-{name}": {"V3IO_ACCESS_KEY": KEY} for name in names.values()} | REPO
    folder = outside.folder / "kubelet"
    folder.mkdir()
    claim = outside.folder / "claim"

    def run(keys: Mapping[str, Mapping[str, str]], each: Mapping[str, Any]) -> int:
        machine = Kubelet(folder, [], keys, network=outside.network)
        pod = argo_pod({}, each)
        pod["volumes"].append({"name": "inventory", "persistentVolumeClaim": {"claimName": "inventory"}})
        pod["containers"][0]["volumeMounts"].append({"name": "inventory", "mountPath": "/inventory"})
        code, output, errors = machine.run(pod, {"inventory": claim})
        assert (code == 0) == ("1 change applied" in output or "No changes" in output), output + errors
        return code

    wrong = {**secrets, "igz-apply-credentials-prod-eu": {"V3IO_ACCESS_KEY": "wrong"}}
    ended = ran(workflow, templates, lambda each: run(wrong, each))
    assert ended == {"wave-1": "Succeeded", "wave-2": "Failed", "wave-3": "Omitted"}
    owned = {name: entries(claim, name) for name in names}
    assert [name for name, has in owned.items() if has == {"Group/analysts"}] == ["staging", "prod-us"]

    ended = ran(workflow, templates, lambda each: run(secrets, each))
    assert set(ended.values()) == {"Succeeded"}
    assert all(entries(claim, name) == {"Group/analysts"} for name in names)


def test_the_drift_job_of_a_fleet_looks_at_all_of_it_with_the_credentials_of_each(outside: World) -> None:
    outside.commit({"igz-apply.yaml": config(), "manifests/group.yaml": GROUP})
    (outside.folder / "igz-apply.yaml").write_text(config())
    deploy = outside.folder / "deploy"
    shutil.copytree(DEPLOY, deploy)
    written(outside.folder, "kubernetes", str(deploy / "kubernetes" / "overlays" / "fleet"))
    folder, claim = outside.folder / "kubelet", outside.folder / "claim"
    folder.mkdir()
    of_each = {name: {"V3IO_ACCESS_KEY": KEY} for name in ("staging", "prod-eu", "prod-us", "prod-asia")}
    secrets = {f"igz-apply-credentials-{name}": has for name, has in of_each.items()} | REPO
    suffixes = ("STAGING", "PROD_EU", "PROD_US", "PROD_ASIA")
    secrets["igz-apply-fleet-credentials"] = {f"V3IO_ACCESS_KEY__{suffix}": KEY for suffix in suffixes}
    machine = Kubelet(folder, composed(deploy, ["inventory-volume"], "fleet"), secrets, network=outside.network)
    for name in of_each:
        pod = machine.document("Deployment", f"igz-apply-reconcile-{name}")["spec"]["template"]["spec"]
        once = {**pod["containers"][0], "args": ["reconcile", "--once", "--heal=*"]}
        code, output, errors = machine.run({**pod, "containers": [once]}, {"igz-apply-inventory": claim})
        assert code == 0, output + errors
    job = machine.document("CronJob", "igz-apply-drift")["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    code, output, errors = machine.run(job, {"igz-apply-inventory": claim})
    assert code == 0, output + errors
    assert all(name in output for name in PORTS), output

    (outside.folder / "person.yaml").write_text(GROUP.replace("Those who analyse", "Others"))
    outside.igz_apply(PORTS["prod-us"], "apply", "-y", "--target", "prod-us", "person.yaml")
    code, output, errors = machine.run(job, {"igz-apply-inventory": claim})
    assert code == 2, output + errors
