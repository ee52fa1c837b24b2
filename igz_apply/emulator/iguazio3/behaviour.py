"""What a resource type does beyond its table: the base, which does nothing."""

# ruff: noqa: ARG002 - hooks share one signature, and not every one of them needs all of it.

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from igz_apply.emulator.engine.record_store import Record
from igz_apply.emulator.engine.table import ResourceType
from igz_apply.emulator.iguazio3.world import Call

Links = dict[str, list[str]]


@dataclass(slots=True)
class Draft:
    """A record as a request wants it to be, before it is stored.

    `links` holds the relationships that the request names, by name, each as the full list of target ids;
    `secrets` the values of secret attributes; `given` the attributes that the request names.
    """

    type: ResourceType
    record: Record
    links: Links
    secrets: dict[str, str]
    given: frozenset[str]
    before: Record | None = None  # None: it is being created
    policies: dict[str, frozenset[str]] = field(default_factory=dict)  # of users, before the change


class Behaviour:
    """The hooks around the plain operations of `crud.py`. Each may refuse by raising Refusal."""

    def visible_ids(self, call: Call) -> list[str] | None:
        """Return the ids that the caller may see, None for all of them."""
        return None

    def check_readable(self, call: Call, resource_type: ResourceType, record: Record | None) -> None:
        """Refuse a caller who may not read this record, or the list if there is none."""
        if not call.world.options.open_reads or resource_type.name not in ("user", "user_group"):
            call.require(*resource_type.read_policies)

    def check_writable(self, call: Call, resource_type: ResourceType, record: Record | None) -> None:
        """Refuse a caller who may not change this record, or create one if there is none."""
        call.require(*resource_type.write_policies)

    def prepare(self, call: Call, draft: Draft) -> None:
        """Complete and check a draft, before it is stored."""

    def created(self, call: Call, draft: Draft) -> dict[str, Any]:
        """Act after a create; return further relationships for the answer."""
        return {}

    def updated(self, call: Call, draft: Draft) -> None:
        """Act after an update."""

    def check_deletable(self, call: Call, record: Record) -> None:
        """Refuse a delete that the present state does not allow."""

    def deleting(self, call: Call, record: Record) -> None:
        """Act when a delete has been accepted, before its job has ended."""

    def present(self, call: Call, record: Record, shown: dict[str, Any]) -> dict[str, Any]:
        """Return the attributes that a client sees, which may be more or less than what is stored."""
        return shown
