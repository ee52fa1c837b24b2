"""Operations: calls that are not about one record."""

from __future__ import annotations

from igz_apply.controlplane.background_jobs import Job, job_of
from igz_apply.controlplane.constants import AppServiceDesiredStates, ConfigTypes
from igz_apply.controlplane.errors import AppServiceNotReady
from igz_apply.controlplane.events import EventRecord, emit_event
from igz_apply.controlplane.job_polling import DEFAULT_TIMEOUT
from igz_apply.controlplane.manifest import AppServicesManifest, Service
from igz_apply.controlplane.protocols import Calls, Reads
from igz_apply.controlplane.service_parts import AppServiceBase

_RELOAD_TIMEOUT = 360.0  # seconds


class AppServices:
    """Operations on one service: each reads the manifest, changes that service, and writes it.

    All return the job, completed with `wait_for_completion`, else as it was started. All wait for a
    modification that is already running. They raise AppServiceNotFound, and JobFailed with the reason of each service.
    """

    @classmethod
    def get(cls, http_client: Reads, app_service_spec_name: str) -> AppServiceBase | None:
        """Return the service of that name, None if there is none."""
        return AppServicesManifest.get(http_client).resolve_service(app_service_spec_name)

    @classmethod
    def create_or_update(cls, http_client: Calls, app_service: Service, wait_for_completion: bool = True) -> Job | None:
        """Add a service, or put this spec in the place of the one of that name."""
        manifest = AppServicesManifest.get(http_client)
        manifest.put_service(app_service)
        return manifest.write(http_client, wait_for_completion)

    @classmethod
    def restart(cls, http_client: Calls, app_service_spec_name: str, wait_for_completion: bool = True) -> Job | None:
        """Restart a service."""
        manifest = AppServicesManifest.get(http_client)
        manifest.spec_of(app_service_spec_name).mark_for_restart = True
        return manifest.write(http_client, wait_for_completion)

    @classmethod
    def remove(cls, http_client: Calls, app_service_spec_name: str, wait_for_completion: bool = True) -> Job | None:
        """Remove a service."""
        manifest = AppServicesManifest.get(http_client)
        manifest.drop_service(app_service_spec_name)
        return manifest.write(http_client, wait_for_completion)

    @classmethod
    def enable(cls, http_client: Calls, app_service_spec_name: str, wait_for_completion: bool = True) -> Job | None:
        """Have a service run."""
        return cls._want(http_client, app_service_spec_name, AppServiceDesiredStates.ready, wait_for_completion)

    @classmethod
    def disable(cls, http_client: Calls, app_service_spec_name: str, wait_for_completion: bool = True) -> Job | None:
        """Have a service not run, and keep its settings."""
        return cls._want(http_client, app_service_spec_name, AppServiceDesiredStates.disabled, wait_for_completion)

    @classmethod
    def scale_from_zero(
        cls, http_client: Calls, app_service_spec_name: str, wait_for_completion: bool = True
    ) -> Job | None:
        """Wake a service that was scaled to zero; the owner of a service may do this."""
        manifest = AppServicesManifest.get(http_client)
        manifest.wake_service(http_client, app_service_spec_name)
        return manifest.write(http_client, wait_for_completion)

    @classmethod
    def wait_for_state(
        cls,
        http_client: Reads,
        app_service_spec_name: str,
        state: AppServiceDesiredStates | str = AppServiceDesiredStates.ready,
        timeout: float = DEFAULT_TIMEOUT,
    ) -> AppServiceBase:
        """Wait until one service has come to a state, whatever becomes of the others, and return it.

        `timeout` is in seconds. Raises AppServiceNotFound, AppServiceNotReady.
        """
        pace = http_client.polling
        next_delay, deadline = pace.delays(), pace.clock() + timeout
        while True:
            service = AppServicesManifest.get(http_client).required_service(app_service_spec_name)
            live = service.status.state if service.status is not None else None
            if live == state:
                return service
            left = deadline - pace.clock()
            if left <= 0:
                message = f"App service {app_service_spec_name} is {live}, not {state}, after {timeout:g} s"
                raise AppServiceNotReady(message, service)
            pace.sleep(min(next_delay(), left))

    @classmethod
    def _want(cls, client: Calls, name: str, state: AppServiceDesiredStates, wait: bool) -> Job | None:
        manifest = AppServicesManifest.get(client)
        manifest.want_state(name, state)
        return manifest.write(client, wait)


class ClusterConfigurations:
    """Reloads of the configuration. Only the user igz_admin may do this."""

    @classmethod
    def reload(cls, http_client: Calls, config_type: ConfigTypes | str, wait_for_completion: bool = True) -> Job | None:
        """Have one part of the configuration read again, and return the job. Raises JobFailed, JobTimeout (360 s)."""
        answer = http_client.call("POST", f"configurations/{config_type}/reloads")
        return job_of(http_client, answer, wait=wait_for_completion, timeout=_RELOAD_TIMEOUT)


class ManualEvents:
    """Events that people and scripts emit."""

    @classmethod
    def emit(cls, http_client: Calls, event: EventRecord, audit_tenant_id: str | None = None) -> None:
        """Emit an event; with a tenant's id as an audit event of that tenant. Needs the policy System Admin."""
        emit_event(http_client, event, audit_tenant_id)
