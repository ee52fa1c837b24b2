"""What `get`, `jobs`, `service` and `whoami` show: the platform's own records, read through a client."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from igz_apply.controlplane import Client, ControlPlaneError, ReadOnlyClient, ResourceListPagingQueryParams, exactly
from igz_apply.controlplane import background_jobs as live_jobs
from igz_apply.controlplane.access_keys import AccessKey
from igz_apply.controlplane.crud import Listed, Readable
from igz_apply.controlplane.events import AuditEvent, CommunicationEvent, Event
from igz_apply.controlplane.groups import Group
from igz_apply.controlplane.job_polling import DEFAULT_TIMEOUT
from igz_apply.controlplane.manifest import AppServicesManifest
from igz_apply.controlplane.operations import AppServices
from igz_apply.controlplane.projects import Project
from igz_apply.controlplane.resource import Resource
from igz_apply.controlplane.secret_fields import MASK, redact
from igz_apply.controlplane.system import K8sConfig, SmtpConnection
from igz_apply.controlplane.users import User
from igz_apply.errors import Missing
from igz_apply.iguazio3.client_errors import recognised, translated
from igz_apply.iguazio3.job_states import LAST_STATES, SUCCESS
from igz_apply.model.outcomes import Job
from igz_apply.patterns import pattern
from igz_apply.platform import Found, FoundJob, Narrowing, Whoami
from igz_apply.values import dataclass

T = TypeVar("T")

_TIMESTAMP = pattern(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(?:Z|\+00:00)")


@dataclass(frozen=True, slots=True)
class Listing:
    """A kind of record that can be listed."""

    resource: type[Listed]
    columns: tuple[str, ...]  # attributes; `id` is the record's id
    key: str = "name"  # the attribute by which one is named
    include: tuple[str, ...] = ()  # relationships that a list brings along unless others are asked for


_EVENT_COLUMNS = ("timestamp_iso8601", "severity", "kind", "source", "description")
LISTINGS: Mapping[str, Listing] = {
    "User": Listing(
        User,
        ("username", "first_name", "last_name", "email", "operational_status", "assigned_policies"),
        "username",
    ),
    "Group": Listing(Group, ("name", "description", "assigned_policies")),
    "Project": Listing(
        Project,
        ("name", "owner_username", "operational_status", "description", "created_at"),
        include=("owner",),
    ),
    "Job": Listing(live_jobs.Job, ("id", "kind", "state", "created_at", "updated_at"), "id"),
    "AccessKey": Listing(AccessKey, ("label", "planes", "expires_at", "created_at"), "label"),
    "Event": Listing(Event, _EVENT_COLUMNS, "kind"),
    "AuditEvent": Listing(AuditEvent, _EVENT_COLUMNS, "kind"),
    "CommunicationEvent": Listing(CommunicationEvent, _EVENT_COLUMNS, "kind"),
    "K8sConfig": Listing(K8sConfig, ("id", "namespace", "webapi_https_port"), "id"),
    "SmtpConnection": Listing(
        SmtpConnection, ("id", "mode", "server_address", "sender_address", "auth_username"), "id"
    ),
}
_JOB_COLUMNS = (*LISTINGS["Job"].columns, "result")
_KEYS: Mapping[type[Resource], str] = {each.resource: each.key for each in LISTINGS.values()}
_SERVICE_COLUMNS = ("name", "kind", "owner", "desired_state", "state", "version", "error")
STARTS: Mapping[str, Callable[..., live_jobs.Job | None]] = {
    "restart": AppServices.restart,
    "enable": AppServices.enable,
    "disable": AppServices.disable,
    "scale-from-zero": AppServices.scale_from_zero,
    "remove": AppServices.remove,
}
_NOT_TOLD = {"policies": "those of groups are not told"}


@dataclass(frozen=True, slots=True)
class Records:
    """Records of a collection, as `Found`."""

    found: Sequence[Resource]
    columns: Sequence[str]

    def rows(self) -> Iterator[Sequence[Any]]:
        """Yield the cells of each record."""
        return (row(each, self.columns) for each in self.found)

    def records(self) -> Iterator[Mapping[str, Any]]:
        """Yield each record as plain data."""
        return map(record, self.found)


@dataclass(frozen=True, slots=True)
class Services:
    """Entries of the app-services manifest, as `Found`."""

    found: Sequence[Mapping[str, Any]]
    columns: Sequence[str] = _SERVICE_COLUMNS

    def rows(self) -> Iterator[Sequence[Any]]:
        """Yield the cells of each service."""
        return map(service_row, self.found)

    def records(self) -> Iterator[Mapping[str, Any]]:
        """Yield each service as it is in the manifest."""
        return map(redact, self.found)


class ClusterBrowsing:
    """The `Browsing` over a client that cannot write."""

    def __init__(self, client: ReadOnlyClient) -> None:
        self._client = client

    def listed(self, kind: str, narrowing: Narrowing) -> Found:
        """Return the records of a kind; app services come whole."""
        with translated():
            if kind not in LISTINGS:
                return Services(self._services())
            return Records(_list_of(self._client, LISTINGS[kind], narrowing), LISTINGS[kind].columns)

    def named(self, kind: str, name: str, narrowing: Narrowing) -> Found:
        """Return the record of that name, by its key; by its id where that is the key. Raises Missing."""
        with translated():
            if kind not in LISTINGS:
                return Services(self._service(name))
            return Records(_named(self._client, kind, name, narrowing), LISTINGS[kind].columns)

    def job(self, job: str) -> FoundJob:
        """Return a job by its id."""
        with translated():
            return _found_job(live_jobs.Job.get(self._client, job))

    def wait_for(self, job: str, told: Callable[[Job], None], timeout: float | None = None) -> FoundJob:
        """Return the job once it has completed. Raises PlaneError when it failed, vanished, or takes too long."""
        with translated():
            ended = self._client.wait_for_job(
                job,
                timeout=DEFAULT_TIMEOUT if timeout is None else timeout,
                on_poll=lambda seen: told(_seen(seen)),
            )
        return _found_job(ended)

    def whoami(self) -> Whoami:
        """Return who we are there; the policies are those of the user and of the session."""
        with recognised():
            me = User.self(self._client)
            kept: dict[str, str] = {}
            values: dict[str, Any] = {
                "endpoint": self._client.endpoint,
                "version": _unless_kept(kept, "version", lambda: self._client.version),
                "username": me.username,
                "tenant": _unless_kept(kept, "tenant", lambda: self._client.tenant_id),
            }
            of_session = _unless_kept(kept, "policies", lambda: self._client.policies)
        values["policies"] = sorted({*(me.assigned_policies or ()), *(of_session or ())})
        return Whoami(values, [f"{name}: {_NOT_TOLD.get(name, 'not told')}: {why}" for name, why in kept.items()])

    def _services(self) -> list[Mapping[str, Any]]:
        return [service.as_data() for service in AppServicesManifest.get(self._client).app_services]

    def _service(self, name: str) -> list[Mapping[str, Any]]:
        found = [service for service in self._services() if service["spec"].get("name") == name]
        if not found:
            raise Missing(f"The cluster has no AppService of the name {name}.")
        return found


class ClusterOperating(ClusterBrowsing):
    """The `Operating` over a client."""

    def __init__(self, client: Client) -> None:
        super().__init__(client)
        self._writing = client

    def start(self, operation: str, name: str) -> str | None:
        """Begin an operation on a service, and return its job's id."""
        with translated():
            job = STARTS[operation](self._writing, name, wait_for_completion=False)
        return None if job is None else str(job.id)

    def why_failed(self, name: str) -> str:
        """Return why the service failed, which the manifest says and the job does not."""
        with translated():
            found = AppServices.get(self._client, name)
        status = found.status if found is not None else None
        if status is None:
            return ""
        return (status.error_info.description if status.error_info else None) or status.last_error or ""


def _list_of(client: ReadOnlyClient, listing: Listing, narrowing: Narrowing) -> list[Any]:
    """Return the records that it is narrowed down to: one page, or all of them."""
    page = narrowing.page
    return listing.resource.list(
        client,
        filter_by=narrowing.filters,
        sort_by=narrowing.sort_by,
        paging=None if page is None else ResourceListPagingQueryParams(page, narrowing.page_size),
        include=narrowing.include or listing.include,
    )


def _named(client: ReadOnlyClient, kind: str, name: str, narrowing: Narrowing) -> list[Any]:
    listing = LISTINGS[kind]
    resource, key = listing.resource, listing.key
    if key == "id" and issubclass(resource, Readable):
        return [resource.get(client, name, include=narrowing.include)]
    listed = _list_of(client, listing, replace(narrowing, filters={**narrowing.filters, key: exactly(name)}))
    found = [each for each in listed if str(each.id if key == "id" else each.get_attribute(key)) == name]
    if not found:
        raise Missing(f"The cluster has no {kind} whose {key} is {name}.")
    return found


def _found_job(job: live_jobs.Job) -> FoundJob:
    return FoundJob(Records([job], _JOB_COLUMNS), job.kind or "", job.is_finished)


def _seen(job: live_jobs.Job) -> Job:
    """Return the job as views know it; only one that did not succeed has words of its own."""
    state = str(job.state or "")
    return Job(str(job.id), state, job.message if state in LAST_STATES - {SUCCESS} else "")


def _unless_kept(kept: dict[str, str], name: str, ask: Callable[[], T]) -> T | None:
    """Return what the platform tells; where it does not, note why, and return None."""
    try:
        told = ask()
    except ControlPlaneError as error:
        kept[name] = str(error)
        return None
    if told is None:
        kept[name] = "the platform does not say"
    return told


def row(resource: Resource, columns: Iterable[str]) -> list[Any]:
    """Return a record's cells, secrets masked."""
    attributes = redact(resource.attributes)
    return [_identity(resource) if column == "id" else _brief(attributes.get(column)) for column in columns]


def record(resource: Resource) -> dict[str, Any]:
    """Return a record as plain data, secrets masked; relationships as ids, and `names` of those that came along."""
    data: dict[str, Any] = {"type": resource.type, "id": _identity(resource), "attributes": redact(resource.attributes)}
    linked = {name: resource.linked_ids(name) for name in resource.relationships}
    if any(linked.values()):
        data["relationships"] = {name: ids for name, ids in linked.items() if ids}
    named = {name: _called(resource.related(name)) for name in resource.relationships}
    if any(named.values()):
        data["names"] = {name: names for name, names in named.items() if names}
    if resource.included:
        data["included"] = [record(included) for included in resource.included]
    return data


def _called(related: Iterable[Resource]) -> list[str]:
    """Return the names of records, in order; those that have none are left out."""
    names = (it.attributes.get(_KEYS.get(type(it), "name")) for it in related)
    return [name for name in names if isinstance(name, str)]


def service_row(service: Mapping[str, Any]) -> list[Any]:
    """Return the cells of an entry of the app-services manifest."""
    spec, status = service.get("spec") or {}, service.get("status") or {}
    error = (status.get("error_info") or {}).get("description") or status.get("last_error")
    values = {**{name: spec.get(name) for name in ("name", "kind", "owner", "desired_state")}, "error": error}
    values |= {name: status.get(name) for name in ("state", "version")}
    return [values[column] for column in _SERVICE_COLUMNS]


def _identity(resource: Resource) -> Any:
    return MASK if resource.id_is_secret else resource.id


def _brief(value: Any) -> Any:
    """Return a timestamp to the second, and anything else as it is."""
    found = _TIMESTAMP.fullmatch(value) if isinstance(value, str) else None
    return f"{found[1]}Z" if found else value
