"""What `get`, `jobs` and `whoami` show: the platform's own records, read through a client."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from igz_apply.errors import Missing, PlaneError
from igz_apply.iguazio4 import client as api
from igz_apply.iguazio4 import decode
from igz_apply.iguazio4.client_errors import translated
from igz_apply.model.outcomes import Job
from igz_apply.platform import Found, FoundJob, Narrowing, Whoami
from igz_apply.values import dataclass

EXECUTIONS = "v1/trackable-actions/executions"
TIMEOUT = 3600.0  # seconds
NO_NAME = "Does the address lead to the API itself, and is it an Iguazio 4?"
LAST_STATES = frozenset({"succeeded", "failed"})
_PAUSE = 2.0  # seconds between two looks at an execution


@dataclass(frozen=True, slots=True)
class Listing:
    """A kind of record that can be listed."""

    path: str
    columns: tuple[str, ...]  # dotted paths in a record; the last part is the head
    key: str  # the dotted path by which one is named
    include: tuple[str, ...] = ()  # what a list brings along unless others are asked for


LISTINGS: Mapping[str, Listing] = {
    "User": Listing(
        "v1/profile/users",
        ("metadata.username", "spec.firstName", "spec.lastName", "spec.email", "status.active", "status.lastLogin"),
        "metadata.username",
    ),
    "Group": Listing("v1/profile/groups", ("metadata.path", "metadata.id", "metadata.subGroupCount"), "metadata.path"),
    "Policy": Listing(
        "v1/authorization/policies",
        ("metadata.name", "spec.kind", "spec.displayName", "spec.projectName", "spec.systemGenerated"),
        "metadata.name",
    ),
    "Project": Listing("", ("metadata.name", "spec.owner", "status.state", "spec.description"), "metadata.name"),
    "Execution": Listing(
        EXECUTIONS,
        ("metadata.id", "spec.actionType", "status.state", "status.createdAt", "status.finishedAt"),
        "metadata.id",
    ),
    "ServiceHealth": Listing(
        "v1/service-monitoring/health",
        ("spec.name", "status.state", "status.lastChecked", "status.errorDescription"),
        "spec.name",
    ),
}
_JOB_COLUMNS = (*LISTINGS["Execution"].columns, "status.lastError")


@dataclass(frozen=True, slots=True)
class Records:
    """Records of a list, as `Found`."""

    found: Sequence[Mapping[str, Any]]
    paths: Sequence[str]

    @property
    def columns(self) -> Sequence[str]:
        """The heads of the table."""
        return [path.rpartition(".")[2] for path in self.paths]

    def rows(self) -> Iterator[Sequence[Any]]:
        """Yield the cells of each record."""
        return ([at(record, path) for path in self.paths] for record in self.found)

    def records(self) -> Iterator[Mapping[str, Any]]:
        """Yield each record as the platform gave it."""
        return iter(self.found)


class ClusterBrowsing:
    """The `Browsing` over a client that cannot write."""

    def __init__(self, client: api.ReadOnlyClient) -> None:
        self._client = client

    def listed(self, kind: str, narrowing: Narrowing) -> Found:
        """Return the records of a kind."""
        listing = LISTINGS[kind]
        with translated():
            return Records(self._records(kind, listing, narrowing), listing.columns)

    def named(self, kind: str, name: str, narrowing: Narrowing) -> Found:
        """Return the record of that name. Raises Missing."""
        listing = LISTINGS[kind]
        with translated():
            found = [it for it in self._records(kind, listing, narrowing) if _is_called(name, it, listing.key)]
        if not found:
            raise Missing(f"The cluster has no {kind} whose {listing.key} is {name}.")
        return Records(found, listing.columns)

    def job(self, job: str) -> FoundJob:
        """Return an execution by its id, or by that of its operation."""
        with translated():
            try:
                record = self._client.execution(job)
            except api.NotFound:
                found = self._client.executions(correlation_id=job)
                if not found:
                    raise
                record = found[0]
        return _found_job(record)

    def wait_for(self, job: str, told: Callable[[Job], None], timeout: float | None = None) -> FoundJob:
        """Return the execution once it has succeeded. Raises PlaneError when it failed, or takes too long."""
        limit = TIMEOUT if timeout is None else timeout
        begun = time.monotonic()
        while True:
            found = self.job(job)
            record = next(iter(found.found.records()))
            state = str(at(record, "status.state") or "")
            told(Job(str(at(record, "metadata.id")), state, _error_of(record)))
            if found.is_over:
                if state != "succeeded":
                    raise PlaneError(f"Execution {job} {state}: {_error_of(record) or 'the platform does not say why'}")
                return found
            if time.monotonic() - begun >= limit:
                raise PlaneError(f"Execution {job} is still {state or 'under way'} after {limit:g} s")
            time.sleep(min(_PAUSE, limit))

    def whoami(self) -> Whoami:
        """Return who we are there, with groups and policies as far as they are told."""
        with translated():
            me = self._client.whoami()
        if not at(me, "metadata.username"):
            raise PlaneError("The cluster does not say who we are", hint=NO_NAME, path="authentication/self")
        not_told: list[str] = []
        values: dict[str, Any] = {"endpoint": self._client.endpoint}
        try:
            with translated():
                version = decode.part(self._client.system_info(), "metadata").get("version") or {}
            values["version"] = version.get("orisVersion") or version.get("iguazioVersion")
        except PlaneError as error:
            not_told.append(f"version: not told: {error}")
        values["username"] = at(me, "metadata.username")
        values["groups"] = sorted(_related(me, "Group", "metadata.path"))
        values["policies"] = sorted(_related(me, "Policy", "metadata.name"))
        values["credentials"] = self._client.source
        return Whoami(values, not_told)

    def _records(self, kind: str, listing: Listing, narrowing: Narrowing) -> list[Mapping[str, Any]]:
        if not listing.path:
            if self._client.probe_leader() is api.Leader.MLRUN:
                return list(self._client.mlrun_projects())
            return list(self._client.projects())
        if kind == "ServiceHealth":
            return list(self._client.services_health())
        params = {**narrowing.filters, **{f"include{name[:1].upper()}{name[1:]}": True for name in narrowing.include}}
        if narrowing.sort_by:
            params["orderBy"] = [_order(each) for each in narrowing.sort_by]
        if narrowing.page is None:
            return list(self._client.listed(listing.path, params))
        size = narrowing.page_size
        page = {**params, "offset": narrowing.page * size, "limit": size}
        return list(self._client.get(listing.path, params=page).items)


class ClusterOperating(ClusterBrowsing):
    """The `Operating` over a client: there is nothing that can be operated on."""

    def start(self, operation: str, name: str) -> str | None:
        """Raise PlaneError: no operation can be begun."""
        raise PlaneError(f"Iguazio 4 has no API to {operation} {name}.")

    def why_failed(self, name: str) -> str:  # noqa: ARG002 - the port's signature
        """Return nothing."""
        return ""


def at(record: Mapping[str, Any], path: str) -> Any:
    """Return what lies at a dotted path of a record, None for nothing."""
    value: Any = record
    for key in path.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _is_called(name: str, record: Mapping[str, Any], key: str) -> bool:
    """Say whether a record has the name; that of a group may be given without the slash before it."""
    return str(at(record, key) or "").strip("/") == name.strip("/")


def _found_job(record: Mapping[str, Any]) -> FoundJob:
    state = at(record, "status.state")
    return FoundJob(Records([record], _JOB_COLUMNS), str(at(record, "spec.actionType") or ""), state in LAST_STATES)


def _error_of(record: Mapping[str, Any]) -> str:
    said = at(record, "status.lastError")
    return str(said.get("error") or "") if isinstance(said, Mapping) else str(said or "")


def _related(me: Mapping[str, Any], kind: str, path: str) -> Iterable[str]:
    for each in me.get("relationships") or ():
        if str(each.get("@type", "")).endswith(f".{kind}") and (name := at(each, path)):
            yield str(name).strip("/")


def _order(attribute: str) -> str:
    is_down = attribute.startswith("-")
    return json.dumps(
        {"field": attribute.lstrip("-"), "direction": "desc" if is_down else "asc"}, separators=(",", ":")
    )
