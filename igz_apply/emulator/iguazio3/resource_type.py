"""A type of resource: what its records hold, where it is served, who may touch it.

A type that is described is served in full by `operations.py`: list (filter, sort, page, include), get, create,
update and delete. What a table cannot say stands in a `Behaviour` (see `world.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

from igz_apply.emulator.engine.table import RecordType


@dataclass(frozen=True, slots=True)
class ResourceType(RecordType):
    """One resource type: where it is served, what it holds, who may touch it."""

    path: str = ""  # below /api; "" means the name with an "s"
    key: str = ""  # the attribute that is unique; "" for none
    operations: tuple[str, ...] = ("list", "get", "create", "update", "delete")
    read_policies: tuple[str, ...] = ()  # any one of them; () for everyone who is logged in
    write_policies: tuple[str, ...] = ()
    create_job: str = ""  # the kind of the job that a create starts; "" for none
    delete_job: str = ""
    integer_ids: bool = False
    created_status: int | None = None  # None: what the options say
    answers_updates: bool = False  # with the resource, whatever the options say
    view_of: str = ""  # the type whose records it shows, with fewer attributes

    @property
    def collection(self) -> str:
        """Return the path segment of the collection."""
        return self.path or f"{self.name}s"

    @property
    def stored_as(self) -> str:
        """Return the name of the type under which its records are stored."""
        return self.view_of or self.name
