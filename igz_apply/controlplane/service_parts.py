"""The parts of an app service, as the manifest has them (wire reference, section 12.2)."""

from __future__ import annotations

from typing import Any

from igz_apply.controlplane.constants import (
    AppServicesScaleToZeroMetrics,
    JupyterAppServicePrebakedImage,
    ScaleToZeroMode,
)
from igz_apply.controlplane.structs import Data, Part, Parts, Struct

# The settings of a kind stand under its own name. A kind that is not here is kept and sent all the same.
OPAQUE_KINDS = (
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
    "coredns_updater",
    "aws_node_termination_handler",
    "nvidia_device_plugin",
    "tsdb_nuclio",
    "netops_demo",
    "zeppelin",
)
KINDS = ("jupyter", "filebeat", *OPAQUE_KINDS)


class SystemResources(Struct):
    """Kubernetes quantities, as texts."""

    cpu: str | None
    memory: str | None
    nvidia_gpu: str | None


class ResourcesSpec(Struct):
    """What a service may use, and what it is given at least."""

    limits = Part(SystemResources)
    requests = Part(SystemResources)


class CredentialsSpec(Struct):
    """The user that a service runs as."""

    username: str | None


class ScaleResource(Struct):
    """One measure of idleness: below `threshold` for `window_size` (such as 10m)."""

    metric_name: str | None
    threshold: int | None
    window_size: str | None

    def __init__(self, **entries: Any) -> None:
        super().__init__(**{"threshold": 0, **entries})


class ScaleToZeroSpec(Struct):
    """Whether and when an idle service is scaled to zero."""

    mode: str | None
    scale_resources = Parts(ScaleResource)


class PvcSpec(Struct):
    """Volumes: lists of mounts by key."""

    mounts: dict[str, list[dict[str, str]]] | None


class SecurityContextSpec(Struct):
    """Ids, as texts."""

    run_as_user: str | None
    run_as_group: str | None
    fs_group: str | None
    supplemental_groups: list[str] | None
    run_as_non_root: bool | None


class AdvancedSpec(Struct):
    """Where a service runs: `node_selector` is `{"entries": [{"key": ..., "value": ...}]}`."""

    node_selector: dict[str, list[dict[str, str]]] | None
    priority_class_name: str | None


class CustomAppServiceSpec(Struct):
    """Settings of a kind whose contents are not known."""


class HomeContainer(Struct):
    """Where a notebook's home is."""

    container: str | None
    prefix: str | None


class SSHServerSpec(Struct):
    """`port` is from 30000 to 32767."""

    force_key_regeneration: bool | None
    port: int | None


class JupyterSpec(CustomAppServiceSpec):
    """Settings of a Jupyter service. One that is made here without an image gets the full stack."""

    image_name: str | None
    spark_name: str | None
    presto_name: str | None
    framesd: str | None
    home_spec = Part(HomeContainer)
    extra_environment_vars: dict[str, list[dict[str, str]]] | None
    demos_datasets_archive_address: str | None
    docker_registry_name: str | None
    ssh_enabled: bool | None
    ssh_server = Part(SSHServerSpec)

    def __init__(self, **entries: Any) -> None:
        super().__init__(**{"image_name": JupyterAppServicePrebakedImage.full_stack, **entries})


class FilebeatSpec(CustomAppServiceSpec):
    """Settings of a log forwarder."""

    elasticsearch_url: str | None
    elasticsearch_username: str | None
    elasticsearch_password: str | None
    elasticsearch_ssl_verification_mode: str | None
    update_index_template: bool | None


class AppServiceSpec(Struct):
    """What is wanted of a service. `name` is its key.

    Without `kind` it is that of the first settings given, as in `AppServiceSpec(name="n", jupyter=JupyterSpec())`.
    """

    name: str | None
    kind: str | None
    owner: str | None
    display_name: str | None
    description: str | None
    avatar: str | None
    credentials = Part(CredentialsSpec)
    resources = Part(ResourcesSpec)
    target_cpu: int | None
    min_replicas: int | None
    max_replicas: int | None
    enabled: bool | None
    desired_state: str | None
    mark_for_restart: bool | None
    mark_as_changed: bool | None
    visible_to_all: bool | None
    scale_to_zero = Part(ScaleToZeroSpec)
    pvc = Part(PvcSpec)
    authentication_mode: str | None
    persistency_mode: str | None
    security_context = Part(SecurityContextSpec)
    advanced = Part(AdvancedSpec)
    jupyter = Part(JupyterSpec)
    filebeat = Part(FilebeatSpec)

    def __init__(self, **entries: Any) -> None:
        super().__init__(**entries)
        if self.kind is None:
            self.kind = next((kind for kind in entries if kind in KINDS), None)


class Meta(Struct):
    """`labels` go to the service's Kubernetes objects."""

    labels: dict[str, str] | None


class Url(Struct):
    """Where a service is reached: `kind` is https or http."""

    kind: str | None
    url: str | None


class StatusErrorInfo(Struct):
    """Why a service failed."""

    description: str | None
    timestamp: str | None


class AppServiceStatus(Struct):
    """What has become of a service."""

    state: str | None
    urls = Parts(Url)
    api_urls = Parts(Url)
    internal_api_urls = Parts(Url)
    version: str | None
    last_error: str | None
    display_name: str | None
    error_info = Part(StatusErrorInfo)


class AppServiceBase(Struct):
    """A service: `spec` is wanted, `status` is so; `status` is None for one that was never applied."""

    spec = Part(AppServiceSpec)
    meta = Part(Meta)
    status = Part(AppServiceStatus)

    @property
    def name(self) -> str | None:
        """The name that its spec gives it."""
        return self.spec.name if self.spec is not None else None


class _Preset:
    """Ready-made settings; new ones each time, so that nobody changes another's."""

    def __init__(self, window_size: str | None) -> None:
        self._window_size = window_size

    def __get__(self, instance: object, owner: type) -> ScaleToZeroSpec:
        if self._window_size is None:
            return ScaleToZeroSpec(mode=ScaleToZeroMode.disabled.value)
        resources = generate_scale_to_zero_spec(self._window_size)
        return ScaleToZeroSpec(mode=ScaleToZeroMode.enabled.value, scale_resources=resources)


class AppServiceScaleToZeroSpecPresets:
    """Ready-made scale-to-zero settings: after so long without requests and kernel work."""

    disabled = _Preset(None)
    one_minute = _Preset("1m")
    five_minutes = _Preset("5m")
    ten_minutes = _Preset("10m")
    one_hour = _Preset("1h")
    two_hours = _Preset("2h")
    four_hours = _Preset("4h")


def generate_scale_to_zero_spec(window_size: str) -> list[ScaleResource]:
    """Return both known measures of idleness over one window."""
    return [
        ScaleResource(metric_name=metric.value, threshold=0, window_size=window_size)
        for metric in AppServicesScaleToZeroMetrics
    ]


def service_data(app_service: AppServiceSpec | AppServiceBase | Data) -> Data:
    """Return a service as the manifest has it. Raises ValueError without a name."""
    plain = app_service.as_data() if isinstance(app_service, Struct) else dict(app_service)
    service = plain if "spec" in plain else {"spec": plain}
    if not (service["spec"] or {}).get("name"):
        raise ValueError("an app service needs a name")
    return service
