"""The app-services manifest: all services of a tenant in one document (wire reference, section 12).

One PUT of the whole list starts one job. So that nobody's change is undone, the manifest is read again right before it
is written, once no other modification runs, and only the services that were changed here are replaced in it.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from igz_apply.controlplane.attributes import Attribute
from igz_apply.controlplane.background_jobs import Job, job_of
from igz_apply.controlplane.constants import ApplyServicesMode, AppServiceDesiredStates, ForceApplyAllMode
from igz_apply.controlplane.crud import Listed
from igz_apply.controlplane.envelopes import envelope
from igz_apply.controlplane.errors import AppServiceNotFound, Conflict, JobFailed, JobTimeout, NotFound
from igz_apply.controlplane.job_polling import DEFAULT_TIMEOUT
from igz_apply.controlplane.manifest_edits import Edits, edits_between, merged, services_of, unmarked
from igz_apply.controlplane.platform_version import is_at_least
from igz_apply.controlplane.protocols import Calls, Reads
from igz_apply.controlplane.resource import Record
from igz_apply.controlplane.service_parts import AppServiceBase, AppServiceSpec, service_data
from igz_apply.controlplane.structs import Data

if TYPE_CHECKING:
    from typing_extensions import Self

    from igz_apply.controlplane.api_answers import Answer

Service = AppServiceSpec | AppServiceBase

# The states in which no modification runs.
_SETTLED = frozenset({"ready", "error"})
# How often a write is tried when another modification gets in between.
_WRITES = 5


class AppServicesManifest(Listed, record="app_services_manifest"):
    """The manifest of the caller's tenant.

    `app_services` may be edited in place; what differs from what was read is written by the next of the methods that
    write. There is exactly one manifest: it is neither created nor deleted.
    """

    collection = "app_services_manifests"

    cluster_name = Attribute[str]("the application cluster", computed=True)
    tenant_name = Attribute[str]("whose services these are", computed=True)
    tenant_id = Attribute[str]("whose services these are", computed=True)
    state = Attribute[str]("ready or error when nothing is being changed", computed=True)
    last_error = Attribute[str]("of the last modification", computed=True)
    last_modification_job = Attribute[str]("a job's id, or empty", computed=True)
    running_modification_job = Attribute[str]("a job's id, or empty; one at a time", computed=True)
    apply_services_mode = Attribute[str]("whose changes the next write holds; see ApplyServicesMode")
    force_apply_all_mode = Attribute[str]("enabled deploys every service again")

    def _absorb(self, record: Record) -> None:
        super()._absorb(record)
        services = [unmarked(service) for service in services_of(self._as_read)]
        self.__dict__["_services"] = [AppServiceBase.of(service) for service in services]
        self.__dict__["_services_as_read"] = copy.deepcopy(services)
        self.__dict__["_is_batch"] = False
        self.__dict__["_mode"] = None
        self.__dict__["_woken"] = {}
        self.__dict__["_force"] = ForceApplyAllMode.disabled.value

    @classmethod
    def get(cls, http_client: Reads) -> Self:
        """Return the manifest. Raises NotFound if the caller sees none."""
        answer = http_client.get(cls.collection)
        if not answer.records:
            raise NotFound("There is no app-services manifest", method="GET", path=cls.collection, ctx=answer.ctx)
        return cls.from_record(answer.records[0])._bound(http_client)

    @staticmethod
    @contextmanager
    def apply_services(
        http_client: Calls,
        force_apply_all_mode: ForceApplyAllMode | str = ForceApplyAllMode.disabled,
        wait_for_completion: bool = True,
    ) -> Iterator[AppServicesManifest]:
        """Edit services in a `with` block; everything is written at its end, as one modification.

        Inside the block the methods of the manifest write nothing and return None. Nothing is written if the block
        raises, or if nothing was changed, unless `force_apply_all_mode` is enabled. Raises JobFailed.
        """
        manifest = AppServicesManifest.get(http_client)
        manifest.__dict__["_is_batch"] = True
        manifest.__dict__["_force"] = str(force_apply_all_mode)
        yield manifest
        manifest.__dict__["_is_batch"] = False
        manifest._write(http_client, wait_for_completion)

    @property
    def app_services(self) -> list[AppServiceBase]:
        """The services, in the manifest's order."""
        services: list[AppServiceBase] = self._services
        return services

    @app_services.setter
    def app_services(self, services: list[AppServiceBase]) -> None:
        self.__dict__["_services"] = list(services)

    def set_apply_mode(self, apply_mode: ApplyServicesMode | str) -> None:
        """Choose whose changes the next write holds: all of them (default), or those of a service's owner."""
        self.__dict__["_mode"] = str(apply_mode)

    def resolve_service(self, app_service_spec_name: str) -> AppServiceBase | None:
        """Return the service of that name, None if there is none."""
        return next((service for service in self.app_services if service.name == app_service_spec_name), None)

    def create_or_update(
        self, http_client: Calls, app_service: Service, wait_for_completion: bool = True
    ) -> Job | None:
        """Add a service, or put this spec in the place of that of the same name. Returns the job; None in a batch."""
        self.put_service(app_service)
        return self._write_unless_batch(http_client, wait_for_completion)

    def restart(self, http_client: Calls, app_service_spec_name: str, wait_for_completion: bool = True) -> Job | None:
        """Restart a service. Returns the job; None inside a batch. Raises AppServiceNotFound."""
        self.spec_of(app_service_spec_name).mark_for_restart = True
        return self._write_unless_batch(http_client, wait_for_completion)

    def remove_service(
        self, http_client: Calls, app_service_spec_name: str, wait_for_completion: bool = True
    ) -> Job | None:
        """Remove a service. Returns the job; None inside a batch. Raises AppServiceNotFound."""
        self.drop_service(app_service_spec_name)
        return self._write_unless_batch(http_client, wait_for_completion)

    def scale_from_zero(
        self, http_client: Calls, app_service_spec_name: str, wait_for_completion: bool = True
    ) -> Job | None:
        """Wake a service that was scaled to zero. Returns the job; None inside a batch. Raises AppServiceNotFound."""
        self.wake_service(http_client, app_service_spec_name)
        return self._write_unless_batch(http_client, wait_for_completion)

    def spec_of(self, name: str) -> AppServiceSpec:
        """Return the spec of a service, to be edited. Raises AppServiceNotFound."""
        spec = self.required_service(name).spec
        if spec is None:
            raise ValueError(f"the app service {name!r} has lost its spec")
        return spec

    def required_service(self, name: str) -> AppServiceBase:
        """Return the service of that name. Raises AppServiceNotFound."""
        service = self.resolve_service(name)
        if service is None:
            raise AppServiceNotFound(f"There is no app service {name!r}", method="GET", path=self.collection)
        return service

    def put_service(self, app_service: Service) -> None:
        """Add a service, or put this spec in the place of the one of that name; written by the next write."""
        data = service_data(app_service)
        data["spec"]["mark_as_changed"] = True
        live = self.resolve_service(data["spec"]["name"])
        if live is None:
            self.app_services.append(AppServiceBase.of(data))
        else:
            live.spec = data["spec"]
            if data.get("meta") is not None:
                live.meta = data["meta"]

    def drop_service(self, name: str) -> None:
        """Remove a service; written by the next write. Raises AppServiceNotFound."""
        self.spec_of(name)
        self.app_services = [service for service in self.app_services if service.name != name]

    def want_state(self, name: str, state: AppServiceDesiredStates) -> None:
        """Change what is wanted of a service; written by the next write. Raises AppServiceNotFound."""
        spec = self.spec_of(name)
        spec.desired_state = state.value
        spec.mark_as_changed = True

    def wake_service(self, client: Reads, name: str) -> None:
        """Have a service wake up; written by the next write. Raises AppServiceNotFound.

        A write that only wakes is sent in the mode that the owner of a service may use. That mode was renamed in 3.5.3;
        where the version is not known the older name is sent.
        """
        self.want_state(name, AppServiceDesiredStates.ready)
        is_newer = is_at_least(client.version, "3.5.3")
        mode = ApplyServicesMode.service_owner_edit if is_newer else ApplyServicesMode.scale_from_zero_only
        self._woken[name] = mode.value

    def write(self, http_client: Calls, wait_for_completion: bool = True) -> Job | None:
        """Write what was changed here since it was read, and return the job; None if nothing was.

        This manifest is taken for the present one on the first try, so it should have been read just before.
        """
        return self._write(http_client, wait_for_completion, latest=self if self.is_settled else None)

    @property
    def is_settled(self) -> bool:
        """True if no modification was running when this was read."""
        return not self.running_modification_job and (self.state is None or self.state in _SETTLED)

    def _write_unless_batch(self, client: Calls, wait: bool) -> Job | None:
        return None if self._is_batch else self._write(client, wait)

    def _write(self, client: Calls, wait: bool, latest: AppServicesManifest | None = None) -> Job | None:
        edits = edits_between(self._services_as_read, [service.as_data() for service in self.app_services])
        if not edits and self._force != ForceApplyAllMode.enabled.value:
            return None
        answer, services = self._put_until_accepted(client, edits, latest)
        self._remember(services)
        try:
            return job_of(client, answer, wait=wait)
        except JobFailed as failed:
            raise _explained(client, failed) from failed

    def _put_until_accepted(
        self, client: Calls, edits: Edits, latest: AppServicesManifest | None
    ) -> tuple[Answer, list[Data]]:
        """Write the edits into the latest services; again if another modification gets in between."""
        for attempt in range(1, _WRITES + 1):
            base = latest if latest is not None else _read_settled(client)
            services = merged(base._services_as_read, edits)
            try:
                return self._put(client, services, self._mode_for(edits)), services
            except Conflict:
                if attempt == _WRITES:
                    raise
                latest = None
        raise ValueError("a write is tried at least once")

    def _mode_for(self, edits: Edits) -> str | None:
        """Return the mode that was asked for, else that of waking if nothing else is done, else None: the default."""
        only_wakes = bool(edits) and all(name in self._woken for name in edits)
        wakes: str | None = next(iter(self._woken.values())) if only_wakes else None
        return self._mode or wakes

    def _put(self, client: Calls, services: list[Data], mode: str | None) -> Answer:
        attributes: Data = {"app_services": services, "force_apply_all_mode": self._force}
        if mode is not None:
            attributes["apply_services_mode"] = mode
        body = envelope(self.kind_of_record, attributes)
        # A second PUT would start a second modification, so this one is not repeated.
        return client.call("PUT", self.collection, body=body, repeatable=False)

    def _remember(self, services: list[Data]) -> None:
        written = [unmarked(service) for service in services]
        self.__dict__["_services"] = [AppServiceBase.of(service) for service in written]
        self.__dict__["_services_as_read"] = copy.deepcopy(written)
        self._woken.clear()


def _read_settled(client: Reads) -> AppServicesManifest:
    """Return the manifest once no modification is running. Raises JobTimeout after an hour."""
    pace = client.polling
    next_delay, deadline = pace.delays(), pace.clock() + DEFAULT_TIMEOUT
    while True:
        manifest = AppServicesManifest.get(client)
        if manifest.is_settled:
            return manifest
        if pace.clock() >= deadline:
            running = str(manifest.running_modification_job or "unknown")
            raise JobTimeout("Another modification of the app services does not end", job_id=running)
        pace.sleep(next_delay())


def _explained(client: Reads, failed: JobFailed) -> JobFailed:
    """Add why each service failed, which the manifest says and the job does not."""
    reasons = [reason for service in AppServicesManifest.get(client).app_services if (reason := _reason(service))]
    if not reasons:
        return failed
    return JobFailed(f"{failed.message} [{'; '.join(reasons)}]", failed.job)


def _reason(service: AppServiceBase) -> str | None:
    status = service.status
    if status is None:
        return None
    why = (status.error_info.description if status.error_info else None) or status.last_error
    return f"{service.name}: {why}" if why else None
