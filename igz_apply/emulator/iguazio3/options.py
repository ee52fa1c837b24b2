"""How an emulator behaves: one frozen value, one switch for each choice that the wire reference leaves open.

Each field carries a `help` text in its metadata, so that a command line can offer it without repeating it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from igz_apply.emulator.engine.http_errors import EmulatorError
from igz_apply.emulator.engine.switches import check_bounds, status_switch, switch
from igz_apply.emulator.engine.table import reaches

DEFAULT_VERSION = "3.5.5-b25.20231224135202"


@dataclass(frozen=True, slots=True)
class Options:
    """The options of an emulator; the defaults are what the wire reference says or proposes (section 21)."""

    version: str = switch(DEFAULT_VERSION, "the version of the platform; its gates are applied")
    cluster_name: str = switch("", "the name that the cluster gives itself in the manifest of services")
    job_seconds: float = switch(1.0, "how long a background job takes, in seconds")
    latency_ms: float = switch(0.0, "how long every answer is held back, in milliseconds", evidence="")
    faults: str | Path | Mapping[str, Any] | None = switch(
        None, "faults to act out, as a YAML file describes them", evidence=""
    )
    log: str | Path | None = switch(None, "file to which each request is added as a JSON line", evidence="")
    page_size: int = switch(50, "records of a page when the client does not say", lowest=1)
    max_page_size: int = switch(1000, "most records of a page; a larger page[size] is cut to it", lowest=1)
    session_seconds: int = switch(86400, "how long a session lives, in seconds")
    job_lifetime_seconds: float = switch(3600.0, "how long a finished job can be read, in seconds")
    created_status: int = status_switch(201, "status of a create of users, groups and access keys")
    async_status: int = status_switch(202, "status of manifest updates, transactions and reloads")
    conflict_status: int = status_switch(409, "status when a name is taken")
    user_create_job: bool = switch(True, "creating a user starts a job; else it is up at once")
    user_up_at_once: bool = switch(False, "a new user is up before its job has ended")
    all_users_seconds: float | None = switch(
        None, "pause from the end of that job to the membership of all_users; none: a fifth of job_seconds"
    )
    group_delete_job: bool = switch(True, "deleting a group starts a job; else it answers 204")
    group_users_writable: bool = switch(False, "an update of a group may change its users")
    may_leave_all_users: bool = switch(False, "a user can be taken out of all_users; else that is ignored")
    require_person: bool = switch(True, "a new user needs first_name, last_name and email")
    refuse_unknown: bool = switch(True, "unknown names in a body or a query are refused; else ignored")
    strict_names: bool = switch(False, "what only the dashboard is known to check of names and values is refused")
    answer_updates: bool = switch(True, "an update answers the changed resource; else only its type and id")
    enforce_policies: bool = switch(True, "policies and project roles are enforced; else everybody may do all")
    refuse_immutable: bool = switch(True, "another value for an immutable attribute is refused; else ignored")
    open_reads: bool = switch(False, "users and groups can be read without Security Admin")
    queue_manifest_updates: bool = switch(False, "a second manifest update waits for the first; else 409")
    reset_marks: bool = switch(True, "the marks of a service are cleared once it is applied")
    hanging_delete_seconds: float = switch(600.0, "how long the job of a repeated project delete hangs")
    policy_seconds: float = switch(0.0, "a user's changed policies spread for so long; 403 until then")
    end_sessions: bool = switch(True, "a change of a user's policies ends the user's sessions")
    audit_seconds: float = switch(0.0, "an audit event shows up in the list after so many seconds")
    emit_needs_policy: bool = switch(True, "emitting an event needs System Admin")
    access_key_label_counts: bool = switch(False, "get-or-create of an access key matches its label too")
    deletable_jobs: bool = switch(False, "a job that has ended can be deleted; else jobs can only be read")
    container_delete_job: bool = switch(True, "deleting a container answers 202 and a job; else 200")

    def check(self) -> None:
        """Raise EmulatorError, which names the option, if a number makes no sense or the version is none."""
        check_bounds(self)
        try:
            self.since("0")
        except ValueError as error:
            raise EmulatorError(f"The version {self.version!r} is not one such as 3.5.5") from error

    def since(self, version: str) -> bool:
        """Tell whether the emulated version is the given one or later."""
        return reaches(self.version, version)

    @property
    def join_seconds(self) -> float:
        """Return the pause between a user's job and its membership of all_users, in seconds."""
        return self.job_seconds / 5 if self.all_users_seconds is None else self.all_users_seconds
