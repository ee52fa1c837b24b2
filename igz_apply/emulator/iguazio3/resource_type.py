"""A type of resource: what its records hold, where it is served, who may touch it.

A type that is described is served in full by `operations.py`: list (filter, sort, page, include), get, create,
update and delete. What a table cannot say stands in a `Behaviour` (see `world.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from json.encoder import encode_basestring_ascii

from igz_apply.emulator.engine.stored_text import View
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
    alone: View = field(init=False, repr=False)  # the JSON of a record, up to its attributes, as a get shows it
    in_list: View = field(init=False, repr=False)  # the same, as a list shows it

    def __post_init__(self) -> None:
        """Make the views once."""
        RecordType.__post_init__(self)
        before = partial(_before_attributes, self.name, self.integer_ids)
        object.__setattr__(self, "alone", View(f"{self.name} alone", self.names, before))
        object.__setattr__(self, "in_list", View(f"{self.name} in a list", self.list_names, before))

    def linkage(self, record_id: str) -> str:
        """Return the JSON of the linkage to one resource."""
        return f"{_identity(self.name, self.integer_ids, record_id)}}}"

    @property
    def collection(self) -> str:
        """Return the path segment of the collection."""
        return self.path or f"{self.name}s"

    @property
    def stored_as(self) -> str:
        """Return the name of the type under which its records are stored."""
        return self.view_of or self.name


def _identity(name: str, integer_ids: bool, record_id: str) -> str:
    written = int(record_id) if integer_ids else encode_basestring_ascii(record_id)
    return f'{{"type":"{name}","id":{written}'


def _before_attributes(name: str, integer_ids: bool, record_id: str) -> str:
    return f'{_identity(name, integer_ids, record_id)},"attributes":'
