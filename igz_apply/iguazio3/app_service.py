"""AppService: an entry of the tenant's app-services manifest. Wire reference, section 12."""

from collections.abc import Mapping
from typing import Any

from igz_apply.iguazio3.policies import WRITES, ruled
from igz_apply.iguazio3.wire import ENTRIES, Mirror, SharedDocument, Wire
from igz_apply.model.kind import Field, Kind, Shape

# Run by the platform for itself (section 12.6); people's services are of other kinds.
SYSTEM_SERVICE_KINDS = frozenset(
    {
        "aws_node_termination_handler",
        "coredns_updater",
        "dex",
        "docker_registry",
        "hive",
        "mariadb",
        "metrics_server_exporter",
        "mlrun",
        "monitoring",
        "nuclio",
        "nvidia_device_plugin",
        "oauth2_proxy",
        "v3io_prometheus",
        "webapi",
    }
)
_BUILT_IN_LABEL = "iguazio.com/builtin"
_PLATFORM_ACCOUNT = "sys"  # predefined, and nobody's (section 18.2)
WELL_STATES = frozenset({"ready", "disabled", "scaledToZero"})
OPAQUE_SERVICE_KINDS = (
    "webapi",
    "v3io_prometheus",
    "nuclio",
    "docker_registry",
    "shell",
    "presto",
    "grafana",
    "mariadb",
    "hive",
    "monitoring",
    "dex",
    "oauth2_proxy",
    "metrics_server_exporter",
    "mlrun",
    "spark_history_server",
    "tensorboard",
)


def _is_system(entry: Mapping[str, Any]) -> bool:
    """Say whether the platform runs a service for itself: by its kind, or by the marks that it puts on its own."""
    return entry["spec"].get("kind") in SYSTEM_SERVICE_KINDS or _is_marked(entry)


def _is_marked(entry: Mapping[str, Any]) -> bool:
    """Say whether a service of a kind that people run too carries the platform's marks.

    Its label, and that it runs as the platform's own account, say so alone. That nobody owns it does not: people leave
    the owner out too.
    """
    spec, labels = entry["spec"], (entry.get("meta") or {}).get("labels") or {}
    if str(labels.get(_BUILT_IN_LABEL)).lower() == "true":
        return True
    if (spec.get("credentials") or {}).get("username") == _PLATFORM_ACCOUNT:
        return True
    return not spec.get("owner") and str(spec.get("description") or "").lower().startswith("built-in")


def _failure(entry: Mapping[str, Any]) -> str:
    """Return the platform's words on a deployment that has failed (sections 12.2 and 12.3).

    What is in a state of its own accord is well, whatever an older error says.
    """
    status = entry.get("status") or {}
    if status.get("state") in WELL_STATES:
        return ""
    return str((status.get("error_info") or {}).get("description") or status.get("last_error") or "")


def _is_broken(entry: Mapping[str, Any]) -> bool:
    """Say whether a service has to be deployed again. The states are not all known: a doubtful one is left alone."""
    return (entry.get("status") or {}).get("state") == "error"


def _scales_by_itself(desired: Any, live: Any, desired_spec: Mapping[str, Any], live_spec: Mapping[str, Any]) -> bool:
    """Compare desired states; while scaling to zero is on, the platform moves between ready and scaledToZero."""
    scaling = {**(live_spec.get("scale_to_zero") or {}), **(desired_spec.get("scale_to_zero") or {})}
    if scaling.get("mode") == "enabled" and {desired, live} <= {"ready", "scaledToZero"}:
        return True
    return bool(desired == live)


def _spec(name: str, shape: Shape = Shape.SCALAR, *fields: Field, **more: Any) -> Field:
    return Field(name, shape=shape, wire=Wire(f"spec.{name}"), fields=fields, **more)


_RESTARTS = "the service restarts: unsaved work and running sessions in it end"
_AMOUNTS = tuple(Field(name, shape=Shape.QUANTITY) for name in ("cpu", "memory", "nvidia_gpu"))

_DOCUMENT = SharedDocument(
    path="app_services_manifests",
    type="app_services_manifest",
    key="spec.name",
    entries="app_services",
    entry_spec="spec",
    attributes={"apply_services_mode": "default", "force_apply_all_mode": "disabled"},
    # Stated for every service, since nobody knows who resets them, and when (section 12.3).
    changed={"mark_as_changed": True, "mark_for_restart": False},
    unchanged={"mark_as_changed": False, "mark_for_restart": False},
    restarted={"mark_as_changed": False, "mark_for_restart": True},
    running_job="running_modification_job",
    last_job="last_modification_job",
    idle_states=frozenset({"ready", "error"}),
    failure=_failure,
    is_broken=_is_broken,
    is_system=_is_system,
    names_cluster="cluster_name",
    # Before 3.5.5 services could be missing in the one and present in the other (section 12.3).
    mirror=Mirror(path="k8s_configs", attribute="app_services_manifest", merged_in="3.5.5"),
)


def _settings_of(kind: str) -> Field | None:
    """Return the field of settings of a sort of service that the table does not know: newer systems have such.

    It is passed on whole. None where it would be the name of the service, or one of our marks.
    """
    path = f"spec.{kind}"
    is_taken = path == _DOCUMENT.key or kind in _DOCUMENT.changed
    return None if is_taken else Field(kind, shape=Shape.OBJECT, wire=Wire(path))


APP_SERVICE = Kind(
    name="AppService",
    wire=_DOCUMENT,
    has_ids=False,
    together=_DOCUMENT.path,
    operations=frozenset({"restart"}),
    idle_at=("desired_state", frozenset({"disabled", "scaledToZero"})),
    fields=(
        Field("metadata.labels", shape=Shape.MAP, wire=Wire("meta.labels")),
        _spec("kind", immutable=True),
        _spec("owner", refers_to="User", holds=True),
        _spec("display_name"),
        _spec("description"),
        _spec("avatar"),
        _spec("credentials", Shape.OBJECT, Field("username", refers_to="User", holds=True)),
        _spec(
            "resources",
            Shape.OBJECT,
            Field("limits", shape=Shape.OBJECT, fields=_AMOUNTS),
            Field("requests", shape=Shape.OBJECT, fields=_AMOUNTS),
        ),
        _spec("target_cpu", filled=True),
        _spec("min_replicas"),
        _spec("max_replicas"),
        _spec("enabled"),
        _spec("desired_state", equal=_scales_by_itself, default="ready"),
        _spec("visible_to_all"),
        _spec(
            "scale_to_zero",
            Shape.OBJECT,
            Field("mode"),
            Field(
                "scale_resources",
                shape=Shape.LIST,
                fields=(
                    Field("metric_name"),
                    Field("threshold", default=0),
                    Field("window_size", shape=Shape.DURATION),
                ),
            ),
        ),
        _spec("pvc", Shape.OBJECT),
        _spec("authentication_mode"),
        _spec("persistency_mode"),
        _spec(
            "security_context",
            Shape.OBJECT,
            Field("run_as_user"),
            Field("run_as_group"),
            Field("fs_group"),
            Field("supplemental_groups", shape=Shape.SET),
            Field("run_as_non_root"),
            whole=True,
        ),
        _spec(
            "advanced",
            Shape.OBJECT,
            Field("node_selector", shape=Shape.SETTINGS, wire=ENTRIES),
            Field("priority_class_name"),
        ),
        _spec(
            "jupyter",
            Shape.OBJECT,
            Field("image_name"),
            Field("spark_name"),
            Field("presto_name"),
            Field("framesd"),
            Field("home_spec", shape=Shape.OBJECT, fields=(Field("container"), Field("prefix")), whole=True),
            Field("extra_environment_vars", shape=Shape.SETTINGS, wire=ENTRIES),
            Field("demos_datasets_archive_address"),
            Field("docker_registry_name"),
            Field("ssh_enabled"),
            # The port is assigned, and the other key asks for something to be done once.
            Field(
                "ssh_server",
                shape=Shape.OBJECT,
                fields=(Field("force_key_regeneration"), Field("port")),
                whole=True,
                filled=True,
            ),
        ),
        _spec(
            "filebeat",
            Shape.OBJECT,
            Field("elasticsearch_url"),
            Field("elasticsearch_username"),
            Field("elasticsearch_password", write_only=True),
            Field("elasticsearch_ssl_verification_mode"),
            Field("update_index_template"),
        ),
        *(_spec(kind, Shape.OBJECT) for kind in OPAQUE_SERVICE_KINDS),
    ),
    job_on=frozenset({"create", "update", "delete"}),
    warnings={
        "update": _RESTARTS,
        "restart": _RESTARTS,
        "delete": "running sessions end, and what the service kept outside its volumes is lost",
    },
    disabled_by=("desired_state", "disabled"),
    switches=frozenset({"desired_state"}),
    ruled_by=ruled((*WRITES, "restart"), "Service Admin"),
    marked_in="metadata.labels",
    lost_by_replacing=(
        "its address",
        "its running sessions",
        "what it keeps outside its volumes, as a notebook's home is that neither home_spec nor pvc mounts",
        "passwords and settings that may be secret, unless the manifest states them",
    ),
    known_by=(("kind", "owner"),),
    named_by="kind",
    named_field=_settings_of,
    ties=("kind", "owner"),
)
