"""How an emulator behaves: one frozen value, one switch for each choice that the wire reference leaves open.

Each field carries a `help` text in its metadata, so that a command line can offer it without repeating it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from igz_apply.emulator.engine.http_errors import EmulatorError
from igz_apply.emulator.engine.table import reaches

DEFAULT_VERSION = "3.5.5-b25.20231224135202"


def _switch(default: Any, help_text: str, *, lowest: float = 0, highest: float = 1e9) -> Any:
    """Return a field; `lowest` and `highest` bound it if it is a number."""
    metadata = {"help": help_text, "lowest": lowest, "highest": highest}
    return field(default=default, metadata=metadata)


def _status(default: int, help_text: str) -> Any:
    return _switch(default, help_text, lowest=200, highest=499)


@dataclass(frozen=True, slots=True)
class Options:
    """The options of an emulator; the defaults are what the wire reference says or proposes (section 21)."""

    version: str = _switch(DEFAULT_VERSION, "the version of the platform; its gates are applied")
    cluster_name: str = _switch("", "the name that the cluster gives itself in the manifest of services")
    job_seconds: float = _switch(1.0, "how long a background job takes, in seconds")
    latency_ms: float = _switch(0.0, "how long every answer is held back, in milliseconds")
    faults: str | Path | Mapping[str, Any] | None = _switch(None, "faults to act out, as a YAML file describes them")
    log: str | Path | None = _switch(None, "file to which each request is added as a JSON line")
    page_size: int = _switch(50, "records of a page when the client does not say", lowest=1)
    max_page_size: int = _switch(1000, "most records of a page; a larger page[size] is cut to it", lowest=1)
    session_seconds: int = _switch(86400, "how long a session lives, in seconds")
    job_lifetime_seconds: float = _switch(3600.0, "how long a finished job can be read, in seconds")
    created_status: int = _status(201, "status of a create of users, groups and access keys")
    async_status: int = _status(202, "status of manifest updates, transactions and reloads")
    conflict_status: int = _status(409, "status when a name is taken")
    user_create_job: bool = _switch(True, "creating a user starts a job; else it is up at once")
    user_up_at_once: bool = _switch(False, "a new user is up before its job has ended")
    all_users_seconds: float | None = _switch(
        None, "pause from the end of that job to the membership of all_users; none: a fifth of job_seconds"
    )
    group_delete_job: bool = _switch(True, "deleting a group starts a job; else it answers 204")
    group_users_writable: bool = _switch(False, "an update of a group may change its users")
    may_leave_all_users: bool = _switch(False, "a user can be taken out of all_users; else that is ignored")
    require_person: bool = _switch(True, "a new user needs first_name, last_name and email")
    refuse_unknown: bool = _switch(True, "unknown names in a body or a query are refused; else ignored")
    strict_names: bool = _switch(False, "what only the dashboard is known to check of names and values is refused")
    answer_updates: bool = _switch(True, "an update answers the changed resource; else only its type and id")
    enforce_policies: bool = _switch(True, "policies and project roles are enforced; else everybody may do all")
    refuse_immutable: bool = _switch(True, "another value for an immutable attribute is refused; else ignored")
    open_reads: bool = _switch(False, "users and groups can be read without Security Admin")
    queue_manifest_updates: bool = _switch(False, "a second manifest update waits for the first; else 409")
    reset_marks: bool = _switch(True, "the marks of a service are cleared once it is applied")
    hanging_delete_seconds: float = _switch(600.0, "how long the job of a repeated project delete hangs")
    policy_seconds: float = _switch(0.0, "a user's changed policies spread for so long; 403 until then")
    end_sessions: bool = _switch(True, "a change of a user's policies ends the user's sessions")
    audit_seconds: float = _switch(0.0, "an audit event shows up in the list after so many seconds")
    emit_needs_policy: bool = _switch(True, "emitting an event needs System Admin")
    access_key_label_counts: bool = _switch(False, "get-or-create of an access key matches its label too")
    deletable_jobs: bool = _switch(False, "a job that has ended can be deleted; else jobs can only be read")
    container_delete_job: bool = _switch(True, "deleting a container answers 202 and a job; else 200")

    def check(self) -> None:
        """Raise EmulatorError, which names the option, if a number makes no sense or the version is none."""
        for each in fields(self):
            value = getattr(self, each.name)
            is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
            if is_number and not each.metadata["lowest"] <= value <= each.metadata["highest"]:
                raise EmulatorError(f"The option {each.name} cannot be {value}")
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
