"""The values that attributes are known to take.

They are texts, so an attribute compares equal to them; a value that is not here passes through as it is.
"""

from __future__ import annotations

from enum import Enum


class _Text(str, Enum):
    def __str__(self) -> str:
        return str(self.value)

    @classmethod
    def all(cls) -> list[str]:
        """Return every value, in the order of their definition."""
        return [member.value for member in cls]


class TenantManagementRoles(_Text):
    """Management policies, for `assigned_policies` (wire reference, section 18.1)."""

    it_admin = "IT Admin"
    it_admin_read_only = "IT Admin Read Only"
    application_admin = "Application Admin"
    security_admin = "Security Admin"
    project_security_admin = "Project Security Admin"
    project_read_only = "Project Read Only"
    application_read_only = "Application Read Only"
    data = "Data"
    tenant_admin = "Tenant Admin"
    developer = "Developer"
    service_admin = "Service Admin"
    system_admin = "System Admin"


class SessionPlanes(_Text):
    """What a session or access key is good for."""

    data = "data"
    control = "control"


class UserAuthenticationMethods(_Text):
    """How a user may log in; from 3.5.5."""

    password = "password"
    sso = "sso"


class UserAdminStatuses(_Text):
    """What an administrator wants of a user."""

    up = "up"
    down = "down"


class UserOperationalStatuses(_Text):
    """What has become of a user."""

    up = "up"
    deleting = "deleting"
    down = "down"


class ConfigTypes(_Text):
    """What can be reloaded."""

    artifact_version_manifest = "artifact_version_manifest"
    events = "events"
    cluster = "cluster"
    app_services = "app_services"


class JobStates(_Text):
    """How far a job is."""

    created = "created"
    dispatched = "dispatched"
    in_progress = "in_progress"
    completed = "completed"
    canceled = "canceled"
    republishing = "republishing"
    failed = "failed"

    @staticmethod
    def terminal_states() -> list[JobStates]:
        """Return the states that a job does not leave."""
        return [JobStates.completed, JobStates.canceled, JobStates.failed]


class ApplyServicesMode(_Text):
    """Whose changes an apply of the manifest may hold; `scale_from_zero_only` only before 3.5.3."""

    default = "default"
    scale_from_zero_only = "scaleFromZeroOnly"
    service_owner_edit = "serviceOwnerEdit"


class ForceApplyAllMode(_Text):
    """Whether services are deployed again without having been changed."""

    enabled = "enabled"
    disabled = "disabled"


class AppServiceDesiredStates(_Text):
    """What is wanted of a service; the platform itself writes `scaled_to_zero`."""

    ready = "ready"
    disabled = "disabled"
    scaled_to_zero = "scaledToZero"


class AppServicesManifestStates(_Text):
    """How far the manifest is."""

    ready = "ready"
    error = "error"
    provisioning = "provisioning"
    scaling_from_zero = "scalingFromZero"
    scaling_to_zero = "scalingToZero"
    waiting_for_provisioning = "waitingForProvisioning"
    waiting_for_scaling_from_zero = "waitingForScalingFromZero"
    waiting_for_scaling_to_zero = "waitingForScalingToZero"

    @staticmethod
    def terminal_states() -> list[AppServicesManifestStates]:
        """Return the states in which nothing is being changed."""
        return [AppServicesManifestStates.ready, AppServicesManifestStates.error]


class ScaleToZeroMode(_Text):
    """Whether an idle service is scaled to zero."""

    enabled = "enabled"
    disabled = "disabled"


class AppServicesScaleToZeroMetrics(_Text):
    """What idleness is measured by."""

    num_of_requests = "num_of_requests"
    jupyter_kernel_busyness = "jupyter_kernel_busyness"


class AppServicePriorityClass(_Text):
    """Kubernetes priority classes of the platform."""

    workload_low = "igz-workload-low"
    workload_medium = "igz-workload-medium"
    workload_high = "igz-workload-high"
    system_medium = "igz-system-medium"
    system_high = "igz-system-high"
    system_critical = "igz-system-critical"


class JupyterAppServicePrebakedImage:
    """Images of Jupyter that the platform brings."""

    full_stack = "jupyter-all"
    gpu_cuda = "jupyter-gpu-cuda"


class SslVerificationMode(_Text):
    """How a log forwarder checks certificates."""

    none = "none"
    full = "full"


class EventSeverity(_Text):
    """How bad an event is."""

    unknown = "unknown"
    debug = "debug"
    info = "info"
    warning = "warning"
    major = "major"
    critical = "critical"


class EventClassification(_Text):
    """What an event is about."""

    unknown = "unknown"
    hardware = "hw"
    user_action = "ua"
    background = "bg"
    software = "sw"
    sla = "sla"
    capacity = "cap"
    security = "sec"
    audit = "audit"
    system = "system"


class EventVisibility(_Text):
    """Who sees an event."""

    unknown = "unknown"
    internal = "internal"
    external = "external"
    customer_only = "customerOnly"


class ProjectAdminStatuses(_Text):
    """What an administrator wants of a project."""

    online = "online"
    offline = "offline"
    archived = "archived"


class ProjectOperationalStatuses(_Text):
    """What has become of a project."""

    unknown = "unknown"
    creating = "creating"
    deleting = "deleting"
    online = "online"
    offline = "offline"
    archived = "archived"


class ProjectAuthorizationRoles(_Text):
    """The roles of a project, the strongest first."""

    admin = "Admin"
    editor = "Editor"
    viewer = "Viewer"


class AddMemberMode(_Text):
    """What happens to a new member who holds another role: it is moved, left alone, or an error."""

    override = "override"
    best_effort = "best_effort"
    fail_on_existing = "fail_on_existing"


class ProjectDeletionStrategies(_Text):
    """`restricted` refuses to delete a project that is not empty; `cascading` deletes what is in it."""

    restricted = "restricted"
    cascading = "cascading"


class SmtpConnectionMode(_Text):
    """Whether mail is sent."""

    enabled = "enabled"
    disabled = "disabled"
