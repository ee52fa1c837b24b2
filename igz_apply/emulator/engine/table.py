"""The vocabulary in which types of records are described: plain data, without behaviour."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, TypeVar


class Form(Enum):
    """The shapes that an attribute's value can have."""

    STRING = "a string"
    INTEGER = "an integer"
    NUMBER = "a number"
    BOOLEAN = "true or false"
    TIMESTAMP = "a timestamp"
    STRINGS = "a list of strings"
    PAIRS = "a list of {name, value}, both strings"
    OBJECT = "an object"
    OBJECTS = "a list of objects"


@dataclass(frozen=True, slots=True)
class Strict:
    """A rule of which nobody knows whether the server keeps it."""

    values: tuple[str, ...] = ()  # what is allowed; () allows anything of the form
    pattern: str = ""  # matched against the whole of a string
    max_length: int | None = None


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of a type of record."""

    name: str
    form: Form = Form.STRING
    default: Any = None  # None: the key is left out until a value is set
    values: tuple[str, ...] = ()  # what is allowed; () allows anything of the form
    pattern: str = ""  # matched against the whole of a string
    max_length: int | None = None
    lowest: int | None = None  # of an integer; the highest is that of a signed one of 32 bits
    strict: Strict | None = None  # what is judged only where an API is asked to be strict
    required: bool = False  # at creation, and it can never be cleared
    immutable: bool = False  # set at creation; another value later is refused
    computed: bool = False  # the server's own: tolerated in a request, and ignored
    secret: bool = False  # accepted, never shown
    in_lists: bool = True  # False: shown by a get only
    since: str = ""  # the first version that knows it; "" for all


@dataclass(frozen=True, slots=True)
class Relationship:
    """One relationship of a type of record."""

    name: str
    target: str  # the name of a type of record
    many: bool = False
    shown: bool = False  # carried by every answer, not only where it is asked for
    writable: bool = True
    inverse_of: str = ""  # "type.relationship" that holds the same links from the other side
    fixed: str = ""  # the id that every record of this type points to


@dataclass(frozen=True, slots=True)
class RecordType:
    """One type of record: what it holds. An API adds where it is served, and who may touch it."""

    name: str
    attributes: tuple[Attribute, ...]
    relationships: tuple[Relationship, ...] = ()
    names: frozenset[str] = field(init=False, repr=False)  # of the attributes that a get may show
    list_names: frozenset[str] = field(init=False, repr=False)  # of those that a list may show
    _by_name: Mapping[str, Attribute] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Collect the names once: they are looked at for every record of every page."""
        object.__setattr__(self, "_by_name", {each.name: each for each in reversed(self.attributes)})
        shown = [each for each in self.attributes if not each.secret]
        object.__setattr__(self, "names", frozenset(each.name for each in shown))
        object.__setattr__(self, "list_names", frozenset(each.name for each in shown if each.in_lists))

    @property
    def stored_as(self) -> str:
        """Return the name of the type under which its records are stored."""
        return self.name

    def attribute(self, name: str) -> Attribute | None:
        """Return the attribute of this name, or None."""
        return self._by_name.get(name)

    def relationship(self, name: str) -> Relationship | None:
        """Return the relationship of this name, or None."""
        return next((each for each in self.relationships if each.name == name), None)

    def links(self, relationship: Relationship) -> tuple[str, bool]:
        """Return the name under which links are stored, and whether this type is the target there."""
        if relationship.inverse_of:
            return relationship.inverse_of, True
        return f"{self.stored_as}.{relationship.name}", False

    def defaults(self) -> dict[str, Any]:
        """Return the values that a new record has where nothing is said."""
        return {each.name: each.default for each in self.attributes if each.default is not None}


T = TypeVar("T", bound=RecordType)


def parse_version(text: str) -> tuple[int, ...]:
    """Return the numbers of a version: `3.5.5-b25.20231224135202` gives (3, 5, 5).

    Raises ValueError when it does not begin with numbers and dots.
    """
    return tuple(int(part) for part in text.split("-")[0].split("."))


def types_of_version(types: Iterable[T], version: str) -> Mapping[str, T]:
    """Return the types by name, without the attributes that this version does not know yet.

    Raises ValueError when two types share a name.
    """
    by_name: dict[str, T] = {}
    for each in types:
        if each.name in by_name:
            raise ValueError(f"two resource types are called {each.name}")
        known = tuple(a for a in each.attributes if not a.since or reaches(version, a.since))
        by_name[each.name] = replace(each, attributes=known)
    return by_name


def reaches(version: str, since: str) -> bool:
    """Tell whether a version is the given one or a later one."""
    return parse_version(version) >= parse_version(since)
