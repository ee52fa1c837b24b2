"""What deploy/ makes is valid, may run in a restricted namespace, and names what is there or said to be needed."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts.deploy_check import DEPLOY, ROOT, Build, builds, composed, kustomize, wanted
from scripts.pod_security import BESIDES, RESTRICTED

BY_KUSTOMIZE = pytest.mark.skipif(not kustomize(), reason="neither kustomize 5 nor a kubectl that has it is installed")
PAGE = (ROOT / "docs" / "howto" / "kubernetes.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def found() -> dict[str, Build]:
    return {build.name: build for build in builds()}


@pytest.mark.full
@BY_KUSTOMIZE
def test_make_deploy_check_finds_nothing_and_lists_what_it_looked_for() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "deploy_check.py")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "nothing wrong" in done.stdout
    rules = re.findall(r"(?m)^  (\S+)  (.+)$", done.stdout)
    assert {count for count, _ in rules} == {"none"}
    assert len(rules) == len(RESTRICTED) + len(BESIDES)


BASE = "kubernetes/base"
WRONG = (
    (f"{BASE}/reconcile/deployment.yaml", "drop: [ALL]", "drop: []", "capabilities"),
    (f"{BASE}/reconcile/deployment.yaml", "readinessProbe", "readynessProbe", "readynessProbe"),
    (f"{BASE}/drift/cronjob.yaml", "runAsNonRoot: true", "runAsNonRoot: false", "Job/igz-apply-drift: non_root"),
    ("argo-workflows/template.yaml", "allowPrivilegeEscalation: false", "privileged: true", "privileged"),
    ("argo-cd/plugin/hook/job.yaml", "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false", "writable_root"),
    ("argo-cd/plugin/sidecar.yaml", "drop: [ALL]", "drop: []", "argocd-repo-server: capabilities"),
    ("argo-cd/reconcile.yaml", "targetRevision", "targetRevison", "targetRevison"),
)


@pytest.mark.full
@BY_KUSTOMIZE
def test_make_deploy_check_names_all_that_is_wrong(tmp_path: Path) -> None:
    done = checked_with(tmp_path, *(each[:3] for each in WRONG))
    assert done.returncode == 1
    assert [said for *_, said in WRONG if said not in done.stderr] == []


@pytest.mark.full
@BY_KUSTOMIZE
def test_make_deploy_check_says_what_cannot_be_built_and_why(tmp_path: Path) -> None:
    done = checked_with(tmp_path, ("kubernetes/overlays/one/kustomization.yaml", "../../base]", "../../bass]"))
    assert (done.returncode, done.stdout) == (1, "")
    assert "overlays/one cannot be built" in done.stderr
    assert "bass" in done.stderr


def checked_with(folder: Path, *edits: tuple[str, str, str]) -> subprocess.CompletedProcess[str]:
    """Run the check on a copy of deploy/ in which something is changed."""
    shutil.copytree(DEPLOY, folder / "deploy")
    shutil.copytree(ROOT / "scripts", folder / "scripts")
    for path, old, new in edits:
        text = (folder / "deploy" / path).read_text(encoding="utf-8")
        assert old in text
        (folder / "deploy" / path).write_text(text.replace(old, new), encoding="utf-8")
    command = [sys.executable, str(folder / "scripts" / "deploy_check.py")]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_without_kustomize_the_check_says_so_and_passes() -> None:
    command = [sys.executable, str(ROOT / "scripts" / "deploy_check.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={"PATH": "/nowhere"})
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("deploy-check: left out")


@pytest.mark.full
@BY_KUSTOMIZE
def test_what_pods_name_and_nobody_makes_is_in_the_howto(found: dict[str, Build]) -> None:
    asked = {each for build in found.values() for each in wanted(build)}
    assert all(
        "Secret" in each or "ConfigMap" in each or each == "ServiceAccount/igz-apply-reconcile" for each in asked
    )
    names = {each.partition("/")[2].partition("{{")[0] for each in asked}
    named = {re.sub(r"-(staging|prod-eu|prod-us)$", "-NAME", name) for name in names}
    assert [name for name in sorted(named) if f"`{name.rstrip('-')}" not in PAGE] == []
    generated = [each for each in asked if re.search(r"ConfigMap/igz-apply-(settings|target|manifests)", each)]
    assert generated == []  # kustomize has found each under the name that it gave it


@pytest.mark.full
@BY_KUSTOMIZE
def test_a_network_policy_is_about_every_pod_and_a_budget_about_each_deployment(found: dict[str, Build]) -> None:
    for name in ("kubernetes/overlays/one", "kubernetes/overlays/fleet", "argo-workflows"):
        documents = found[name].documents
        labels = list(labels_of(documents))
        assert labels
        policies = [it["spec"]["podSelector"]["matchLabels"] for it in documents if it["kind"] == "NetworkPolicy"]
        assert all(any(each.items() >= policy.items() for policy in policies) for each in labels)
        deployments = [it["spec"] for it in documents if it["kind"] == "Deployment"]
        budgets = [it["spec"]["selector"]["matchLabels"] for it in documents if it["kind"] == "PodDisruptionBudget"]
        for spec in deployments:
            own = spec["template"]["metadata"]["labels"]
            assert [own.items() >= budget.items() for budget in budgets].count(True) == 1
            assert own.items() >= spec["selector"]["matchLabels"].items()
        selectors = [json.dumps(spec["selector"], sort_keys=True) for spec in deployments]
        assert len(set(selectors)) == len(selectors)  # no Deployment takes another's pods


def labels_of(documents: Any) -> Any:
    for document in documents:
        spec = document.get("spec", {})
        if document["kind"] == "Deployment":
            yield spec["template"]["metadata"]["labels"]
        elif document["kind"] == "CronJob":
            yield spec["jobTemplate"]["spec"]["template"]["metadata"]["labels"]
        elif document["kind"] == "WorkflowTemplate":
            yield from (template["metadata"]["labels"] for template in spec["templates"])


@pytest.mark.full
@BY_KUSTOMIZE
def test_no_account_of_igz_apply_has_a_role_but_the_executor_of_argo(found: dict[str, Build]) -> None:
    for build in found.values():
        bound = [each for it in build.documents if it["kind"] == "RoleBinding" for each in it["subjects"]]
        assert {each["name"] for each in bound} <= {"igz-apply-executor"}
        accounts = {pod.get("serviceAccountName") for _, pod in build.pods}
        assert "igz-apply-executor" not in accounts
    (role,) = (it for it in found["argo-workflows"].documents if it["kind"] == "Role")
    assert role["rules"] == [
        {"apiGroups": ["argoproj.io"], "resources": ["workflowtaskresults"], "verbs": ["create", "patch"]}
    ]


def test_argo_cd_may_change_no_namespace_but_the_one() -> None:
    project = yaml.safe_load((DEPLOY / "argo-cd" / "project.yaml").read_text(encoding="utf-8"))["spec"]
    (place,) = project["destinations"]
    assert project["clusterResourceWhitelist"] == [{"group": "", "kind": "Namespace", "name": place["namespace"]}]


@pytest.mark.full
@BY_KUSTOMIZE
def test_no_secret_lies_in_deploy(found: dict[str, Build]) -> None:
    secrets = [it for build in found.values() for it in build.documents if it["kind"] == "Secret"]
    assert [it for it in secrets if "data" in it or "stringData" in it] == []


@pytest.mark.full
def test_what_is_written_for_a_fleet_is_what_the_program_writes_for_the_example(tmp_path: Path) -> None:
    config = DEPLOY / "example" / "igz-apply.yaml"
    command = [sys.executable, "-m", "igz_apply", "targets", "--config", str(config), "--format", "json"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path).stdout
    overlay = DEPLOY / "kubernetes" / "overlays" / "fleet"
    (tmp_path / "kustomization.yaml").touch()
    fleet("kubernetes", str(tmp_path), given=listed)
    fleet("kubernetes", str(tmp_path), given=listed)  # what it has written itself it writes anew
    for path in ["drift/fleet.env", *(str(it.relative_to(overlay)) for it in (overlay / "targets").rglob("*.*"))]:
        assert (tmp_path / path).read_text() == (overlay / path).read_text(), f"run deploy/fleet.py: {path}"
    assert len(list(tmp_path.rglob("*.*"))) == len(list((overlay / "targets").rglob("*.*"))) + 2
    workflow = (DEPLOY / "argo-workflows" / "fleet.yaml").read_text()
    parameters = {each["name"]: each["value"] for each in yaml.safe_load(workflow)["spec"]["arguments"]["parameters"]}
    words = ["--repo", parameters["repo"], "--commit", parameters["commit"]]
    assert fleet("argo", *words, given=listed).stdout == workflow, "run deploy/fleet.py"


TARGET = {"target": "prod", "endpoint": "https://a.example.com", "inventory": "s3://b/prod.json", "suffix": "PROD"}


@pytest.mark.parametrize(
    ("targets", "said"),
    [
        ([], "the config has none"),
        ([{**TARGET, "endpoint": "embedded"}], "prod: its endpoint is embedded"),
        ([{**TARGET, "endpoint": None}], "prod: its endpoint is not stated"),
        ([{**TARGET, "inventory": "state/prod.json"}], "prod: its inventory is state/prod.json"),
        ([TARGET, {**TARGET, "target": "Prod"}], "Prod and prod would both be prod"),
        ([{**TARGET, "target": "p" * 33}], "from 1 to 32 characters"),
        ([{"target": "prod"}], "its endpoint is not stated"),
        ([{**TARGET, "endpoint": "https://$(V3IO_ACCESS_KEY).example.com"}], "prod': its endpoint"),
        ([{**TARGET, "endpoint": "https://{{workflow.name}}.example.com"}], "prod': its endpoint"),
        ([{**TARGET, "inventory": "s3://b/prod.json\nIGZ_PINNED=hooks"}], "prod': its inventory"),
        ([{**TARGET, "target": "prod\n"}], "its name"),
        (None, "Pipe in what `igz-apply targets --format json` prints"),
    ],
)
def test_a_target_that_cannot_run_in_a_pod_is_refused_by_name(tmp_path: Path, targets: Any, said: str) -> None:
    text = json.dumps({"targets": targets, "waves": []}) if targets is not None else "no targets"
    done = fleet("kubernetes", str(tmp_path / "overlay"), given=text, check=False)
    assert (done.returncode, said in done.stderr) == (1, True), done.stderr
    assert not (tmp_path / "overlay").exists()


@pytest.mark.parametrize(
    ("repo", "commit", "said"),
    [
        ("https://git.example.com/c.git", "main", "--commit main may move"),
        ("https://git.example.com/c.git", "3f2a9c1", "cut short"),
        ("https://reader:hunter2@git.example.com/c.git", "3" * 40, "it goes into the Secret igz-apply-repo"),
        ("https://$(V3IO_ACCESS_KEY).example.com/c.git", "3" * 40, "would fill in"),
    ],
)
def test_a_workflow_is_of_one_commit_and_shows_no_token(repo: str, commit: str, said: str) -> None:
    listed = json.dumps({"targets": [TARGET], "waves": [{"wave": 1, "targets": ["prod"]}]})
    done = fleet("argo", "--repo", repo, "--commit", commit, given=listed, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "hunter2" not in done.stderr


def test_what_somebody_else_wrote_is_not_deleted(tmp_path: Path) -> None:
    listed = json.dumps({"targets": [TARGET], "waves": []})
    done = fleet("kubernetes", str(tmp_path), given=listed, check=False)
    assert (done.returncode, "is no overlay" in done.stderr) == (1, True)
    (tmp_path / "kustomization.yaml").touch()
    for name in ("targets/prod/kustomization.yaml", "targets/prod/patch.yaml", "drift/fleet.env"):
        own = tmp_path / name
        own.parent.mkdir(parents=True, exist_ok=True)
        own.write_bytes(b"# mine, f\xfcr mich\n")
        done = fleet("kubernetes", str(tmp_path), given=listed, check=False)
        assert (done.returncode, f"{own} was not written by this" in done.stderr) == (1, True)
        assert own.read_bytes() == b"# mine, f\xfcr mich\n"
        own.unlink()


@BY_KUSTOMIZE
def test_a_target_may_have_any_name_and_never_has_the_credentials_of_all(tmp_path: Path) -> None:
    shutil.copytree(DEPLOY, tmp_path / "deploy")
    overlay = tmp_path / "deploy" / "kubernetes" / "overlays" / "fleet"
    names = ("fleet", "drift", "repo", "settings", "credentials")
    targets = [{**TARGET, "target": name, "suffix": name.upper()} for name in names]
    fleet("kubernetes", str(overlay), given=json.dumps({"targets": targets, "waves": []}))
    made = Build("fleet", tuple(composed(tmp_path / "deploy", [], "fleet")))
    secrets = {
        name: [each["secretRef"]["name"] for each in pod["containers"][0]["envFrom"] if "secretRef" in each]
        for name, pod in made.pods
    }
    of_all = secrets.pop("CronJob/igz-apply-drift")
    assert len(secrets) == len(names)
    assert not set(of_all) & {name for each in secrets.values() for name in each}


def fleet(*words: str, given: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", str(DEPLOY / "fleet.py"), *words]
    return subprocess.run(command, input=given, capture_output=True, text=True, check=check)
