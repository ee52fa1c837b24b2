"""What the Pod Security Standards forbid at the level `restricted`, and what deploy/ forbids itself besides.

A pod is what stands below `spec` of a Pod, as plain values. Each rule yields the places where a pod breaks it, none
where it keeps it. The first ones are those of the standard, in its order: of `baseline`, then of `restricted`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

Pod = Mapping[str, Any]

_GROUPS = ("initContainers", "containers", "ephemeralContainers")
_SELINUX_TYPES = {"", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"}
_SYSCTLS = {
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.ping_group_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
}
_VOLUMES = {
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "persistentVolumeClaim",
    "projected",
    "secret",
}
_HANDLERS = ("livenessProbe", "readinessProbe", "startupProbe")


def containers(pod: Pod) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every container with its place in the pod."""
    for group in _GROUPS:
        for number, container in enumerate(pod.get(group) or []):
            yield f"{group}[{number}]", container


def contexts(pod: Pod) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield every security context, the pod's own first."""
    yield "securityContext", pod.get("securityContext") or {}
    for place, container in containers(pod):
        yield f"{place}.securityContext", container.get("securityContext") or {}


def settled(pod: Pod, key: str) -> Iterator[tuple[str, Any]]:
    """Yield what counts in each container: what it says itself, else what the pod says."""
    stated = (pod.get("securityContext") or {}).get(key)
    for place, container in containers(pod):
        own = (container.get("securityContext") or {}).get(key)
        yield f"{place}.securityContext.{key}", stated if own is None else own


def host_process(pod: Pod) -> Iterator[str]:
    """Windows containers of the host."""
    for place, context in contexts(pod):
        if (context.get("windowsOptions") or {}).get("hostProcess"):
            yield f"{place}.windowsOptions.hostProcess"


def host_namespaces(pod: Pod) -> Iterator[str]:
    """Namespaces of the host."""
    yield from (key for key in ("hostNetwork", "hostPID", "hostIPC") if pod.get(key))


def privileged(pod: Pod) -> Iterator[str]:
    """Privileged containers."""
    yield from (f"{place}.privileged" for place, context in contexts(pod) if context.get("privileged"))


def host_paths(pod: Pod) -> Iterator[str]:
    """Folders of the host."""
    for number, volume in enumerate(pod.get("volumes") or []):
        if "hostPath" in volume:
            yield f"volumes[{number}].hostPath"


def host_ports(pod: Pod) -> Iterator[str]:
    """Ports of the host."""
    for place, container in containers(pod):
        for number, port in enumerate(container.get("ports") or []):
            if port.get("hostPort"):
                yield f"{place}.ports[{number}].hostPort"


def host_probes(pod: Pod) -> Iterator[str]:
    """Probes and lifecycle hooks of another host."""
    for place, container in containers(pod):
        handlers = {name: container.get(name) or {} for name in _HANDLERS}
        handlers |= {f"lifecycle.{name}": each for name, each in (container.get("lifecycle") or {}).items()}
        for name, handler in handlers.items():
            for kind in ("httpGet", "tcpSocket"):
                if (handler.get(kind) or {}).get("host"):
                    yield f"{place}.{name}.{kind}.host"


def app_armor(pod: Pod) -> Iterator[str]:
    """AppArmor switched off."""
    for place, context in contexts(pod):
        if (context.get("appArmorProfile") or {}).get("type", "RuntimeDefault") not in ("RuntimeDefault", "Localhost"):
            yield f"{place}.appArmorProfile.type"


def selinux(pod: Pod) -> Iterator[str]:
    """SELinux types, users and roles of one's own."""
    for place, context in contexts(pod):
        options = context.get("seLinuxOptions") or {}
        if options.get("type", "") not in _SELINUX_TYPES:
            yield f"{place}.seLinuxOptions.type"
        yield from (f"{place}.seLinuxOptions.{key}" for key in ("user", "role") if options.get(key))


def proc_mount(pod: Pod) -> Iterator[str]:
    """/proc unmasked."""
    for place, context in contexts(pod):
        if context.get("procMount", "Default") != "Default":
            yield f"{place}.procMount"


def sysctls(pod: Pod) -> Iterator[str]:
    """Sysctls that are not of the pod alone."""
    for number, each in enumerate((pod.get("securityContext") or {}).get("sysctls") or []):
        if each.get("name") not in _SYSCTLS:
            yield f"securityContext.sysctls[{number}]"


def volume_types(pod: Pod) -> Iterator[str]:
    """Kinds of volumes beyond those of Kubernetes' own data."""
    for number, volume in enumerate(pod.get("volumes") or []):
        yield from (f"volumes[{number}].{key}" for key in volume if key != "name" and key not in _VOLUMES)


def escalation(pod: Pod) -> Iterator[str]:
    """More privileges than the parent process."""
    for place, container in containers(pod):
        if (container.get("securityContext") or {}).get("allowPrivilegeEscalation") is not False:
            yield f"{place}.securityContext.allowPrivilegeEscalation"


def non_root(pod: Pod) -> Iterator[str]:
    """Running as root where nothing forbids it."""
    yield from (place for place, value in settled(pod, "runAsNonRoot") if value is not True)


def root_user(pod: Pod) -> Iterator[str]:
    """Running as user 0."""
    yield from (f"{place}.runAsUser" for place, context in contexts(pod) if context.get("runAsUser") == 0)


def seccomp(pod: Pod) -> Iterator[str]:
    """System calls without a filter."""
    for place, profile in settled(pod, "seccompProfile"):
        if (profile or {}).get("type") not in ("RuntimeDefault", "Localhost"):
            yield f"{place}.type"


def capabilities(pod: Pod) -> Iterator[str]:
    """Capabilities of root."""
    for place, container in containers(pod):
        stated = (container.get("securityContext") or {}).get("capabilities") or {}
        if "ALL" not in (stated.get("drop") or []):
            yield f"{place}.securityContext.capabilities.drop"
        if set(stated.get("add") or []) - {"NET_BIND_SERVICE"}:
            yield f"{place}.securityContext.capabilities.add"


def writable_root(pod: Pod) -> Iterator[str]:
    """A root folder that can be written."""
    for place, container in containers(pod):
        if (container.get("securityContext") or {}).get("readOnlyRootFilesystem") is not True:
            yield f"{place}.securityContext.readOnlyRootFilesystem"


def token(pod: Pod) -> Iterator[str]:
    """A token for the Kubernetes API, which igz-apply has no use for."""
    if pod.get("automountServiceAccountToken") is not False:
        yield "automountServiceAccountToken"
    for number, volume in enumerate(pod.get("volumes") or []):
        sources = (volume.get("projected") or {}).get("sources") or []
        if any("serviceAccountToken" in source for source in sources):
            yield f"volumes[{number}].projected"


def unlimited(pod: Pod) -> Iterator[str]:
    """Memory without a limit."""
    for place, container in containers(pod):
        if "memory" not in ((container.get("resources") or {}).get("limits") or {}):
            yield f"{place}.resources.limits.memory"


def moving_image(pod: Pod) -> Iterator[str]:
    """An image whose tag moves, or that has none."""
    for place, container in containers(pod):
        name, _, tag = container.get("image", "").rpartition("/")[2].partition(":")
        if "@sha256:" not in container.get("image", "") and (not name or tag in ("", "latest")):
            yield f"{place}.image"


RESTRICTED: tuple[Callable[[Pod], Iterator[str]], ...] = (
    host_process,
    host_namespaces,
    privileged,
    host_paths,
    host_ports,
    host_probes,
    app_armor,
    selinux,
    proc_mount,
    sysctls,
    volume_types,
    escalation,
    non_root,
    root_user,
    seccomp,
    capabilities,
)
BESIDES: tuple[Callable[[Pod], Iterator[str]], ...] = (writable_root, token, unlimited, moving_image)


def pods_of(document: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the pods that a document makes, each with what to call it. A template of an Argo Workflow is one too."""
    kind, spec = document.get("kind"), document.get("spec") or {}
    name = document["metadata"].get("name") or document["metadata"].get("generateName")
    if kind == "Pod":
        yield f"{kind}/{name}", spec
    elif kind in _OF_A_TEMPLATE:
        yield f"{kind}/{name}", spec["template"]["spec"]
    elif kind == "CronJob":
        yield f"{kind}/{name}", spec["jobTemplate"]["spec"]["template"]["spec"]
    elif kind in _OF_ARGO:
        spec = spec["workflowSpec"] if kind == "CronWorkflow" else spec
        for template in _templates(spec.get("templates") or []):
            if "container" in template or "script" in template or "containerSet" in template:
                yield f"{kind}/{name} {template['name']}", argo_pod(spec, template)


_OF_A_TEMPLATE = ("DaemonSet", "Deployment", "Job", "ReplicaSet", "ReplicationController", "StatefulSet")
_OF_ARGO = ("ClusterWorkflowTemplate", "CronWorkflow", "Workflow", "WorkflowTemplate")


def _templates(stated: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield templates, and those that stand within a task or a step of one."""
    for template in stated:
        yield dict(template)
        steps = [step for group in template.get("steps") or [] for step in group]
        for step in [*((template.get("dag") or {}).get("tasks") or []), *steps]:
            if "inline" in step:
                yield from _templates([{"name": f"{template['name']}.{step['name']}", **step["inline"]}])


def argo_pod(spec: Mapping[str, Any], template: Mapping[str, Any]) -> dict[str, Any]:
    """Return the pod of a template of an Argo Workflow, without what Argo adds to it."""
    import yaml  # here, as the rules themselves take none

    own = [template[key] for key in ("container", "script") if key in template]
    own += (template.get("containerSet") or {}).get("containers") or []
    inherited = ("securityContext", "automountServiceAccountToken", "serviceAccountName", "hostNetwork")
    pod = {key: template.get(key, spec.get(key)) for key in inherited if key in template or key in spec}
    pod["containers"] = own + (template.get("sidecars") or [])
    pod["initContainers"] = template.get("initContainers") or []
    pod["volumes"] = (template.get("volumes") or []) + (spec.get("volumes") or [])
    return pod | (yaml.safe_load(template.get("podSpecPatch") or spec.get("podSpecPatch") or "{}"))
