"""Each rule finds what it forbids, in a pod that is otherwise as deploy/ has it, and nothing in that."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml

from scripts.deploy_check import DEPLOY
from scripts.manifest_schemas import faults, sources
from scripts.pod_security import BESIDES, RESTRICTED, pods_of

BASE = DEPLOY / "kubernetes" / "base"
RULES = (*RESTRICTED, *BESIDES)
CONTEXT, OWN = "securityContext", "containers.0.securityContext"
# What breaks a rule: where, to what it is set (None: taken away), and which rules say so.
BREACHES: tuple[tuple[str, Any, str], ...] = (
    (f"{CONTEXT}.windowsOptions", {"hostProcess": True}, "host_process"),
    (f"{OWN}.windowsOptions", {"hostProcess": True}, "host_process"),
    ("hostNetwork", True, "host_namespaces"),
    ("hostPID", True, "host_namespaces"),
    ("hostIPC", True, "host_namespaces"),
    (f"{OWN}.privileged", True, "privileged"),
    ("volumes.0", {"name": "tmp", "hostPath": {"path": "/"}}, "host_paths volume_types"),
    ("containers.0.ports.0.hostPort", 9464, "host_ports"),
    ("containers.0.livenessProbe.httpGet.host", "10.0.0.1", "host_probes"),
    ("containers.0.startupProbe", {"tcpSocket": {"host": "10.0.0.1", "port": 1}}, "host_probes"),
    ("containers.0.lifecycle", {"preStop": {"httpGet": {"host": "10.0.0.1", "port": 1}}}, "host_probes"),
    (f"{CONTEXT}.appArmorProfile", {"type": "Unconfined"}, "app_armor"),
    (f"{OWN}.seLinuxOptions", {"type": "spc_t"}, "selinux"),
    (f"{OWN}.seLinuxOptions", {"user": "system_u"}, "selinux"),
    (f"{CONTEXT}.seLinuxOptions", {"role": "system_r"}, "selinux"),
    (f"{OWN}.procMount", "Unmasked", "proc_mount"),
    (f"{CONTEXT}.sysctls", [{"name": "kernel.msgmax", "value": "1"}], "sysctls"),
    ("volumes.0", {"name": "tmp", "nfs": {"server": "10.0.0.1", "path": "/"}}, "volume_types"),
    (f"{OWN}.allowPrivilegeEscalation", None, "escalation"),
    (f"{OWN}.allowPrivilegeEscalation", True, "escalation"),
    (f"{CONTEXT}.runAsNonRoot", None, "non_root"),
    (f"{OWN}.runAsNonRoot", False, "non_root"),
    (f"{CONTEXT}.runAsUser", 0, "root_user"),
    (f"{OWN}.runAsUser", 0, "root_user"),
    (f"{CONTEXT}.seccompProfile", None, "seccomp"),
    (f"{OWN}.seccompProfile", {"type": "Unconfined"}, "seccomp"),
    (f"{OWN}.capabilities", None, "capabilities"),
    (f"{OWN}.capabilities.drop", ["NET_RAW"], "capabilities"),
    (f"{OWN}.capabilities.add", ["SYS_ADMIN"], "capabilities"),
    (f"{OWN}.readOnlyRootFilesystem", None, "writable_root"),
    ("automountServiceAccountToken", None, "token"),
    (
        "volumes.0",
        {"name": "tmp", "projected": {"sources": [{"serviceAccountToken": {"path": "token"}}]}},
        "token",
    ),
    ("containers.0.resources.limits", None, "unlimited"),
    ("containers.0.image", "registry.example.com:5000/igz-apply", "moving_image"),
    ("containers.0.image", "igz-apply:latest", "moving_image"),
)


def pod(path: str = "reconcile/deployment.yaml") -> dict[str, Any]:
    ((_, found),) = pods_of(yaml.safe_load((BASE / path).read_text(encoding="utf-8")))
    found["containers"][0]["image"] = "igz-apply:0.1.0"  # as an overlay says
    return found


def broken(found: dict[str, Any]) -> set[str]:
    return {rule.__name__ for rule in RULES if list(rule(found))}


def changed(found: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    made: Any = copy.deepcopy(found)
    *steps, last = path.split(".")
    at = made
    for step in steps:
        at = at[int(step)] if step.isdigit() else at[step]
    key = int(last) if last.isdigit() else last
    if value is None:
        del at[key]
    else:
        at[key] = value
    return dict(made)


def test_the_pods_as_they_are_break_no_rule() -> None:
    assert broken(pod()) == set()


@pytest.mark.parametrize(("path", "value", "rules"), BREACHES)
def test_a_rule_finds_what_it_forbids(path: str, value: Any, rules: str) -> None:
    assert broken(changed(pod(), path, value)) == set(rules.split())


def test_every_rule_has_been_seen_to_find_something() -> None:
    assert {name for _, _, rules in BREACHES for name in rules.split()} == {rule.__name__ for rule in RULES}


def test_an_init_container_is_looked_at_like_every_other() -> None:
    found = changed(pod(), "initContainers", [{"name": "checkout", "image": "igz-apply:0.1.0"}])
    expected = {"escalation", "capabilities", "writable_root", "unlimited"}  # the rest is what the pod says
    assert broken(found) == expected


def test_what_is_allowed_breaks_no_rule() -> None:
    found = changed(pod(), f"{OWN}.capabilities.add", ["NET_BIND_SERVICE"])
    found = changed(found, f"{CONTEXT}.sysctls", [{"name": "net.ipv4.ping_group_range", "value": "0 1"}])
    found = changed(found, f"{OWN}.seccompProfile", {"type": "Localhost", "localhostProfile": "igz.json"})
    found = changed(found, f"{CONTEXT}.seccompProfile", None)
    assert broken(found) == set()


def templates() -> dict[str, Any]:
    return dict(yaml.safe_load((DEPLOY / "argo-workflows" / "template.yaml").read_text(encoding="utf-8")))


def test_the_pod_of_a_template_is_put_together_as_argo_does_it() -> None:
    document = templates()
    ((name, found),) = pods_of(document)
    assert name == "WorkflowTemplate/igz-apply apply"
    assert broken(found) == {"moving_image"}  # the kustomization says which
    assert found["terminationGracePeriodSeconds"] == 600
    template = document["spec"]["templates"][0]
    template["podSpecPatch"] = '{"hostNetwork": true}'
    template["sidecars"] = [{"name": "other", "image": "other:1", "securityContext": {"privileged": True}}]
    del template["securityContext"]
    document["spec"]["securityContext"] = {"runAsNonRoot": True}
    ((_, found),) = pods_of(document)
    assert {"host_namespaces", "privileged", "seccomp"} <= broken(found)
    assert "non_root" not in broken(found)


@pytest.mark.parametrize(
    "kind", ["Pod", "DaemonSet", "Deployment", "Job", "ReplicaSet", "ReplicationController", "StatefulSet"]
)
def test_a_pod_is_found_in_whatever_makes_it(kind: str) -> None:
    held = {"containers": [{"name": "x", "image": "x:1", "securityContext": {"privileged": True}}]}
    spec = held if kind == "Pod" else {"template": {"spec": held}}
    assert list(pods_of({"kind": kind, "metadata": {"name": "x"}, "spec": spec})) == [(f"{kind}/x", held)]


@pytest.mark.parametrize("kind", ["ClusterWorkflowTemplate", "CronWorkflow", "Workflow", "WorkflowTemplate"])
def test_a_template_within_a_task_or_a_step_is_looked_at_too(kind: str) -> None:
    inline = {"name": "b", "inline": {"container": {"image": "x:1", "securityContext": {"privileged": True}}}}
    deeper = {"name": "c", "inline": {"dag": {"tasks": [inline]}}}
    spec: dict[str, Any] = {
        "templates": [{"name": "a", "dag": {"tasks": [inline]}}, {"name": "d", "steps": [[deeper]]}]
    }
    spec = {"schedule": "@daily", "workflowSpec": spec} if kind == "CronWorkflow" else spec
    found = dict(pods_of({"kind": kind, "metadata": {"generateName": "x-"}, "spec": spec}))
    assert list(found) == [f"{kind}/x- a.b", f"{kind}/x- d.c.b"]
    assert all("privileged" in broken(pod) for pod in found.values())


def misspelt() -> Iterator[tuple[str, dict[str, Any], str]]:
    cronjob = yaml.safe_load((BASE / "drift" / "cronjob.yaml").read_text(encoding="utf-8"))
    yield "kubernetes", changed(cronjob, "spec.concurrencyPolcy", "Forbid"), "concurrencyPolcy"
    yield "kubernetes", changed(cronjob, "spec.jobTemplate.spec.backoffLimit", "two"), "backoffLimit"
    yield "kubernetes", changed(cronjob, "apiVersion", "batch/v1beta1"), "batch/v1beta1"
    yield "argo-workflows", changed(templates(), "spec.templates.0.container.arg", ["apply"]), "arg"
    yield "argo-workflows", changed(templates(), "spec.templates.0.podSpecPatch", {}), "podSpecPatch"
    application = yaml.safe_load((DEPLOY / "argo-cd" / "pipe.yaml").read_text(encoding="utf-8"))
    yield "argo-cd", changed(application, "spec.source.repoUrl", "x"), "repoUrl"
    yield "argo-cd", changed(application, "spec.destination", None), "destination"
    plugin = yaml.safe_load((DEPLOY / "argo-cd" / "plugin" / "plugin.yaml").read_text(encoding="utf-8"))
    yield "argo-cd", changed(plugin, "spec.generate.arg", []), "arg"
    yield "kubernetes", {"apiVersion": "v1", "kind": "Pawn", "metadata": {"name": "x"}}, "Pawn"


@pytest.mark.parametrize(("source", "document", "named"), list(misspelt()))
def test_a_schema_refuses_what_is_misspelt(source: str, document: dict[str, Any], named: str) -> None:
    found = list(faults(document))
    asked = {name for name in sources() if name.startswith(source)}
    assert {fault.partition(":")[0] for fault in found} == asked, found
    assert all(named in fault for fault in found)


def test_rules_say_in_one_line_what_they_forbid() -> None:
    said: list[Callable[..., Any]] = [rule for rule in RULES if not rule.__doc__ or "\n" in rule.__doc__]
    assert said == []
