"""Each pod of deploy/ does its work: its exact command, as its user, on a root that it cannot write."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts.deploy_check import DEPLOY, composed, kustomize
from tests.deploy.cluster import GIT, KEY, World, world
from tests.deploy.pods import Kubelet, can_isolate

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.full,
    pytest.mark.skipif(not kustomize(), reason="neither kustomize 5 nor a kubectl that has it is installed"),
    pytest.mark.skipif(not can_isolate(), reason="takes root, and a kernel that lets it have namespaces of its own"),
]

PORT = 8060
CONFIG = "version: 1\ndefaults: {prune: true}\ntargets:\n  prod: {}\n"
GROUP = """
apiVersion: iguazio.com/v1
kind: Group
metadata: {name: analysts}
spec: {description: %s}
"""
SECRETS = {
    "igz-apply-credentials": {"V3IO_ACCESS_KEY": KEY},
    "igz-apply-repo": {"IGZ_REPO": GIT},
}


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, (PORT,)) as made:
        made.commit({"igz-apply.yaml": CONFIG, "manifests/group.yaml": GROUP % "Those who analyse"})
        yield made


@pytest.fixture
def deploy(tmp_path: Path) -> Path:
    """A reader's copy of deploy/, whose target is the control plane that runs here."""
    copy = tmp_path / "deploy"
    shutil.copytree(DEPLOY, copy)
    lines = ["IGZ_TARGET=prod", f"IGZ_ENDPOINT=http://127.0.0.1:{PORT}", "IGZ_INVENTORY=/inventory/prod.json"]
    (copy / "kubernetes" / "overlays" / "one" / "target.env").write_text("\n".join(lines) + "\n")
    return copy


def kubelet(outside: World, documents: Sequence[Mapping[str, Any]], **given: Any) -> Kubelet:
    folder = outside.folder / "kubelet"
    folder.mkdir(exist_ok=True)
    return Kubelet(folder, documents, given.pop("secrets", SECRETS), network=outside.network, **given)


def of_deployment(machine: Kubelet, name: str = "igz-apply-reconcile") -> dict[str, Any]:
    return dict(machine.document("Deployment", name)["spec"]["template"]["spec"])


def of_cronjob(machine: Kubelet) -> dict[str, Any]:
    job = machine.document("CronJob", "igz-apply-drift")["spec"]["jobTemplate"]["spec"]
    return dict(job["template"]["spec"])


def inventory(outside: World) -> dict[str, Path]:
    return {"igz-apply-inventory": outside.folder / "claim"}


def apply_here(outside: World, text: str) -> None:
    (outside.folder / "person").mkdir(exist_ok=True)
    (outside.folder / "person" / "group.yaml").write_text(text)
    outside.igz_apply(PORT, "apply", "-y", "person/group.yaml")


def test_a_container_is_nobody_and_writes_nowhere_but_where_it_may(outside: World, deploy: Path) -> None:
    machine = kubelet(outside, composed(deploy, ["inventory-volume"]))
    pod = of_deployment(machine)
    said = "id; grep -E 'CapEff|CapBnd|NoNewPrivs' /proc/self/status; touch /x /work/x /opt/igz-apply/x; "
    said += "touch /tmp/x /inventory/x"
    (container,) = pod["containers"]
    shell = {**container, "command": ["sh", "-c", said], "args": []}
    code, output, errors = machine.run({**pod, "containers": [shell]}, inventory(outside))
    assert code == 0, errors
    assert "uid=10001(igz-apply) gid=10001" in output
    assert output.count("0000000000000000") == 2
    assert "NoNewPrivs:\t1" in output
    assert errors.count("Read-only file system") == 3


def test_reconcile_answers_its_probes_heals_and_ends_when_it_is_told_to(outside: World, deploy: Path) -> None:
    outside.commit({"igz-apply.yaml": CONFIG + "reconcile: {modes: {Group: heal}, interval: 1s}\n"})
    machine = kubelet(outside, composed(deploy, ["inventory-volume"]))
    pod = of_deployment(machine)
    (container,) = pod["containers"]
    claims = inventory(outside)
    process = machine.start(pod, container, machine.volumes(pod, claims))
    try:
        ready = container["readinessProbe"]["httpGet"]["path"]
        assert until(lambda: outside.answer(ready) == 200), process.communicate(timeout=10)
        assert outside.answer(container["livenessProbe"]["httpGet"]["path"]) == 200
        assert "Those who analyse" in outside.igz_apply(PORT, "get", "group", "analysts", "-o", "yaml")
    finally:
        process.send_signal(signal.SIGTERM)
        output, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    rounds = [line for line in map(json.loads, output.splitlines()) if line["type"] == "round"]
    assert "healed" in {line["ending"] for line in rounds}, output
    assert set(json.loads((claims["igz-apply-inventory"] / "prod.json").read_text())["entries"]) == {"Group/analysts"}


def test_the_second_replica_is_ready_and_goes_on_when_the_first_ends(outside: World, deploy: Path) -> None:
    outside.commit({"igz-apply.yaml": CONFIG + "reconcile: {modes: {Group: heal}, interval: 1s}\n"})
    machine = kubelet(outside, composed(deploy, ["inventory-volume"]))
    pod, claims = of_deployment(machine), inventory(outside)
    (container,) = pod["containers"]
    path = container["readinessProbe"]["httpGet"]["path"]
    first = machine.start(pod, container, machine.volumes(pod, claims))
    try:
        assert until(lambda: outside.answer(path) == 200), first.communicate(timeout=10)
        beside = [":9465" if word == ":9464" else word for word in container["args"]]  # they share a network here
        second = machine.start(pod, {**container, "args": beside}, machine.volumes(pod, claims))
        try:
            assert until(lambda: outside.answer(path, 9465) == 200), second.communicate(timeout=10)
            first.send_signal(signal.SIGTERM)
            output, errors = first.communicate(timeout=60)
            assert first.returncode == 0, errors
            apply_here(outside, GROUP % "Others")
            shown = ("get", "group", "analysts", "-o", "yaml")
            assert until(lambda: "Those who analyse" in outside.igz_apply(PORT, *shown))
        finally:
            second.send_signal(signal.SIGTERM)
            output, errors = second.communicate(timeout=60)
        assert second.returncode == 0, errors
        lines = [json.loads(line) for line in output.splitlines()]
        assert "standing_by" in {line["type"] for line in lines}, output
        assert "healed" in {line["ending"] for line in lines if line["type"] == "round"}, output
    finally:
        first.kill()


def test_the_drift_job_fails_with_2_where_somebody_has_changed_something(outside: World, deploy: Path) -> None:
    machine = kubelet(outside, composed(deploy, ["inventory-volume"]))
    pod, claims = of_deployment(machine), inventory(outside)
    once = {**pod["containers"][0], "args": ["reconcile", "--once", "--heal", "*"]}
    code, output, errors = machine.run({**pod, "containers": [once]}, claims)
    assert code == 0, output + errors

    code, output, errors = machine.run(of_cronjob(machine), claims)
    assert code == 0, output + errors
    apply_here(outside, GROUP % "Others")
    code, output, errors = machine.run(of_cronjob(machine), claims)
    assert code == 2, output + errors
    assert "Group/analysts" in output
    rules = machine.document("CronJob", "igz-apply-drift")["spec"]["jobTemplate"]["spec"]["podFailurePolicy"]["rules"]
    assert code in rules[0]["onExitCodes"]["values"]


def test_all_components_together_work_with_the_files_that_they_name(outside: World, deploy: Path) -> None:
    signer = outside.folder / "signer"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", signer], check=True)
    parts = sorted(path.name for path in (deploy / "kubernetes" / "components").iterdir())
    secrets = {
        "igz-apply-repo": SECRETS["igz-apply-repo"],
        "igz-apply-key": {"access-key": KEY + "\n"},
        "igz-apply-ssh": {"key": signer.read_text(), "known_hosts": ""},
    }
    maps = {
        "igz-apply-ca": {"ca.crt": _certificate()},
        "igz-apply-signers": {"ada.pub": Path(f"{signer}.pub").read_text()},
    }
    machine = kubelet(outside, composed(deploy, parts), secrets=secrets, config_maps=maps)
    pod, claims = of_deployment(machine), inventory(outside)
    once = {**pod["containers"][0]}
    once["args"] = [word for word in once["args"] if word not in ("--listen", ":9464")] + ["--once", "--heal=*"]
    code, output, errors = machine.run({**pod, "containers": [once]}, claims)
    assert code == 3, output + errors  # nobody has signed that commit
    assert "sign" in output

    repository = outside.folder / "git" / "cluster.git"
    words = [
        "-c",
        "gpg.format=ssh",
        "-c",
        f"user.signingKey={signer}.pub",
        "-c",
        "user.name=Ada",
        "-c",
        "user.email=a@b.example",
    ]
    subprocess.run(["git", "-C", repository, *words, "commit", "-q", "--allow-empty", "-S", "-m", "Signed"], check=True)
    code, output, errors = machine.run({**pod, "containers": [once]}, claims)
    assert code == 0, output + errors
    code, output, errors = machine.run(of_cronjob(machine), claims)
    assert code == 0, output + errors


def test_what_the_plug_in_of_argo_cd_prints_applies_what_kustomize_makes(outside: World, deploy: Path) -> None:
    source = outside.folder / "clusters" / "prod"
    source.mkdir(parents=True)
    (source / "igz-apply.yaml").write_text("version: 1\ntargets: {prod: {manifests: [manifests.yaml], prune: true}}\n")
    (source / "group.yaml").write_text(GROUP % "Analysts")
    patch = '[{"op": "replace", "path": "/spec/description", "value": "From an overlay"}]'
    text = f"resources: [group.yaml]\npatches: [{{target: {{kind: Group}}, patch: '{patch}'}}]\n"
    (source / "kustomization.yaml").write_text(text)
    documents = plugged(outside, deploy, source)
    machine = kubelet(outside, documents, secrets={"igz-apply-credentials-prod": SECRETS["igz-apply-credentials"]})
    job = machine.document("Job", "apply-igz-apply-prod")
    assert job["metadata"]["annotations"]["argocd.argoproj.io/hook"] == "PostSync"
    # The inventory is on a disk of this machine, so that the pod takes a folder for it besides what it mounts.
    pod = job["spec"]["template"]["spec"]
    pod["volumes"].append({"name": "inventory", "persistentVolumeClaim": {"claimName": "igz-apply-inventory"}})
    pod["containers"][0]["volumeMounts"].append({"name": "inventory", "mountPath": "/inventory"})
    code, output, errors = machine.run(pod, inventory(outside))
    assert code == 0, output + errors
    assert "From an overlay" in outside.igz_apply(PORT, "get", "group", "analysts", "-o", "yaml")
    code, output, errors = machine.run(pod, inventory(outside))
    assert (code, "No changes" in output) == (0, True), output + errors


def plugged(outside: World, deploy: Path, source: Path) -> list[dict[str, Any]]:
    """Return what the plug-in prints in a folder, run as Argo CD runs it, with the variables of the Application."""
    plugin = yaml.safe_load((deploy / "argo-cd" / "plugin" / "plugin.yaml").read_text())["spec"]["generate"]
    application = yaml.safe_load((deploy / "argo-cd" / "pipe.yaml").read_text())["spec"]["source"]["plugin"]
    stated = {each["name"]: each["value"] for each in application["env"]}
    stated |= {"IGZ_ENDPOINT": f"http://127.0.0.1:{PORT}", "IGZ_INVENTORY": "/inventory/prod.json"}
    tools = outside.folder / "tools"
    tools.mkdir()
    (tools / "kustomize").write_text(f'#!/bin/sh\nshift\nexec {" ".join(kustomize())} "$@"\n')
    (tools / "kustomize").chmod(0o755)
    script = plugin["args"][0]
    assert "/igz-apply/hook/" in script
    script = script.replace("/igz-apply/hook/", f"{deploy / 'argo-cd' / 'plugin' / 'hook'}/")
    stated["CREDENTIALS"] = "igz-apply-credentials-prod"
    environ = {
        "PATH": f"{tools}:/usr/bin:/bin",
        "ARGOCD_APP_NAME": "igz-apply-prod",
        **{f"ARGOCD_ENV_{name}": text for name, text in stated.items()},
    }
    words = [*plugin["command"], script]
    done = subprocess.run(words, cwd=source, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all(done.stdout))


def until(holds: Any, seconds: float = 40) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.1)
    return False


def _certificate() -> str:
    import certifi

    return Path(certifi.where()).read_text(encoding="utf-8")
