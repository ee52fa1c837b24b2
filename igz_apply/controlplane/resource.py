"""What every record of the control plane is to us: an id, attributes, linkage, and the records that came with it.

A resource remembers how it was read, so that it knows what has been changed on it since. One that was made with its id
alone has nothing but what is set on it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from igz_apply.controlplane.attributes import Attribute, Described, Items
from igz_apply.controlplane.registry import REGISTRY
from igz_apply.controlplane.secret_fields import MASK, redact

if TYPE_CHECKING:
    from typing_extensions import Self

    from igz_apply.controlplane.api_answers import Answer

R = TypeVar("R", bound="Resource")
Record = Mapping[str, Any]


class Resource:
    """A record of the control plane.

    `id` is None for one that was neither read nor created. `relationships` is the linkage as it came, empty if none
    did; `included` are the related records that came with it. Keyword arguments are attributes, as if set one by one.
    """

    kind_of_record: ClassVar[str] = ""
    table: ClassVar[dict[str, Described]] = {}
    id_is_secret: ClassVar[bool] = False
    headers: ClassVar[Mapping[str, str]] = {}  # what calls that change this kind of record carry besides

    type: str
    id: Any
    relationships: dict[str, Any]
    included: list[Resource]

    def __init_subclass__(cls, *, record: str = "", **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        own = {n: a for n, a in vars(cls).items() if isinstance(a, (Attribute, Items))}
        cls.table = {**cls.table, **own}
        if record:
            cls.kind_of_record = record
            REGISTRY.add(record, cls)

    def __init__(self, id: str | int | None = None, **attributes: Any) -> None:
        self._begin({"id": id})
        for name, value in attributes.items():
            setattr(self, name, value)

    @classmethod
    def from_record(cls, record: Record, included: Records | None = None) -> Self:
        """Return the resource of one record, of the class of its type, with what it refers to out of `included`."""
        kind = _class_for(record, cls)
        resource = kind.__new__(kind)
        resource._begin(record)
        if included is not None:
            resource.included = included.belonging_to(record)
        return resource

    @classmethod
    def from_answer(cls, answer: Answer) -> Self:
        """Return the resource that an answer holds. Raises InvalidAnswer if it holds none."""
        return cls.from_record(answer.record, Records(answer.included))

    def _begin(self, record: Record) -> None:
        own = self.__dict__
        own["id"] = record.get("id")
        own["included"] = []
        own["_client"] = None
        self._absorb(record)

    def _absorb(self, record: Record) -> None:
        """Become what a record says; what is attached stays."""
        own = self.__dict__
        own["type"] = str(record.get("type") or self.kind_of_record)
        own["id"] = record.get("id", self.id)
        own["relationships"] = dict(record.get("relationships") or {})
        own["_as_read"] = record.get("attributes") or {}  # never changed, so that it need not be copied
        own["_own"] = {}  # what was set, and copies of lists and maps that were looked at
        own["_empty"] = {}  # what was looked at and is not there

    def get_attribute(self, name: str, empty: Callable[[], Any] | None = None) -> Any:
        """Return one attribute by its name; what is absent is None, or what `empty` makes.

        Such an empty value counts as set only once something has been put into it.
        """
        value = self._own[name] if name in self._own else self._as_read.get(name)
        if value is None:
            return None if empty is None else self._empty.setdefault(name, empty())
        if isinstance(value, (list, dict)) and name not in self._own:
            value = self._own[name] = copy.deepcopy(value)
        return value

    def set_attribute(self, name: str, value: Any) -> None:
        """Set one attribute by its name; also one that no table knows."""
        self._own[name] = value
        self._empty.pop(name, None)

    @property
    def attributes(self) -> dict[str, Any]:
        """All attributes, as the server named them and with what was set since."""
        filled = {name: value for name, value in self._empty.items() if value}
        return {**self._as_read, **self._own, **filled}

    def changed_attributes(self) -> dict[str, Any]:
        """Return what was set or changed since the resource was read."""
        return {
            name: value
            for name, value in self.attributes.items()
            if name not in self._as_read or self._as_read[name] != value
        }

    def writable_attributes(self) -> dict[str, Any]:
        """Return what an update sends: all that is in the table and not computed, and all that was changed."""
        changed = self.changed_attributes()
        return {
            name: value
            for name, value in self.attributes.items()
            if name in changed or (name in self.table and not self.table[name].computed)
        }

    def linked_ids(self, relationship: str) -> list[str]:
        """Return the ids that a relationship names, in its order; empty if it is absent or unset."""
        return [str(link["id"]) for link in linkage(self.relationships.get(relationship)) if link.get("id")]

    def related(self, relationship: str) -> list[Resource]:
        """Return the included records that a relationship names, in its order."""
        by_id = {(record.type, str(record.id)): record for record in self.included}
        links = linkage(self.relationships.get(relationship))
        keys = [(str(link.get("type")), str(link.get("id"))) for link in links]
        return [by_id[key] for key in keys if key in by_id]

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_") and name in self.attributes:
            return self.get_attribute(name)
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}, and the server sent none")

    def __setattr__(self, name: str, value: Any) -> None:
        if name in self.__dict__ or hasattr(type(self), name):
            object.__setattr__(self, name, value)
        else:
            self.set_attribute(name, value)

    def __repr__(self) -> str:
        identity = MASK if self.id_is_secret and self.id is not None else repr(self.id)
        shown = "".join(f", {name}={value!r}" for name, value in redact(self.attributes).items())
        return f"{type(self).__name__}(id={identity}{shown})"


def _class_for(record: Record, asked: type[R]) -> type[R]:
    """Return the class of a record's type if that is of the kind asked for, else what was asked for."""
    known = REGISTRY.find(str(record.get("type")))
    return known if known is not None and issubclass(known, asked) else asked


class Records:
    """The `included` records of an answer, to be attached to what they belong to."""

    def __init__(self, records: list[dict[str, Any]]) -> None:
        self._by_key = {key_of(record): record for record in records}
        self._made: dict[tuple[str, str], Resource] = {}

    def belonging_to(self, owner: Record) -> list[Resource]:
        """Return the included records that the owner's linkage reaches, over other included records as well."""
        if not self._by_key:
            return []
        reached: dict[tuple[str, str], None] = {}
        waiting = [owner]
        while waiting:
            for key in _linked_keys(waiting.pop(0)):
                if key in self._by_key and key not in reached and key != key_of(owner):
                    reached[key] = None
                    waiting.append(self._by_key[key])
        return [self._resource(key) for key in reached]

    def _resource(self, key: tuple[str, str]) -> Resource:
        """Return one included record as a resource; the same object wherever it is attached."""
        if key not in self._made:
            self._made[key] = Resource.from_record(self._by_key[key])
        return self._made[key]


def key_of(record: Record) -> tuple[str, str]:
    """Return what identifies a record within an answer."""
    return str(record.get("type")), str(record.get("id"))


def linkage(relationship: Any) -> list[Record]:
    """Return the links of a relationship, whether it is to one or to many; empty if it is absent or unset."""
    data = relationship.get("data") if isinstance(relationship, dict) else None
    entries = data if isinstance(data, list) else [data]
    return [entry for entry in entries if isinstance(entry, dict)]


def _linked_keys(record: Record) -> list[tuple[str, str]]:
    relationships = record.get("relationships") or {}
    return [key_of(link) for relationship in relationships.values() for link in linkage(relationship)]
