"""Values inside resources: plain data behind typed names.

A struct holds the very mapping that it was made from, unknown entries included, so that nothing is lost between reading
and writing; entries that are structs themselves are views of the mappings inside.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from igz_apply.controlplane.secret_fields import redact

if TYPE_CHECKING:
    from typing_extensions import Self

S = TypeVar("S", bound="Struct")
Data = dict[str, Any]


class Struct:
    """Named values, as JSON has them. Keyword arguments are entries; those that are not named are kept too.

    An entry that is absent reads as None. Two structs are equal if their data is.
    """

    def __init__(self, **entries: Any) -> None:
        self.__dict__["_data"] = {}
        for name, value in entries.items():
            setattr(self, name, value)

    @classmethod
    def of(cls, data: Data) -> Self:
        """Return the struct over this mapping itself, not over a copy."""
        struct = cls.__new__(cls)
        struct.__dict__["_data"] = data
        return struct

    def as_data(self) -> Data:
        """Return a copy as plain JSON data."""
        copied: Data = copy.deepcopy(self._data)
        return copied

    def get_attribute(self, name: str, empty: Callable[[], Any] | None = None) -> Any:
        """Return one entry, None if it is absent; `empty` then is what it becomes."""
        if self._data.get(name) is None and empty is not None:
            self._data[name] = empty()
        return self._data.get(name)

    def set_attribute(self, name: str, value: Any) -> None:
        """Set one entry; structs in it are stored as the data that they hold."""
        self._data[name] = _plain(value)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self.__dict__["_data"].get(name)

    def __setattr__(self, name: str, value: Any) -> None:
        if hasattr(type(self), name):
            object.__setattr__(self, name, value)
        else:
            self.set_attribute(name, value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Struct) and self._data == other._data

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in redact(self._data).items())
        return f"{type(self).__name__}({shown})"


class Part(Generic[S]):
    """An entry that is a struct itself; a mapping may be given for it."""

    def __init__(self, struct: type[S]) -> None:
        self.struct = struct
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, holder: None, owner: type) -> Part[S]: ...
    @overload
    def __get__(self, holder: Any, owner: type) -> S | None: ...
    def __get__(self, holder: Any, owner: type) -> Part[S] | S | None:
        if holder is None:
            return self
        data = holder.get_attribute(self.name)
        return self.struct.of(data) if isinstance(data, dict) else None

    def __set__(self, holder: Any, value: S | Mapping[str, Any] | None) -> None:
        holder.set_attribute(self.name, _plain(value))


class Parts(Generic[S]):
    """An entry that is a list of structs; the list that is read is a new one, the structs in it are not."""

    def __init__(self, struct: type[S]) -> None:
        self.struct = struct
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, holder: None, owner: type) -> Parts[S]: ...
    @overload
    def __get__(self, holder: Any, owner: type) -> list[S]: ...
    def __get__(self, holder: Any, owner: type) -> Parts[S] | list[S]:
        if holder is None:
            return self
        return [self.struct.of(data) for data in holder.get_attribute(self.name) or [] if isinstance(data, dict)]

    def __set__(self, holder: Any, value: list[S] | None) -> None:
        holder.set_attribute(self.name, _plain(value))


def _plain(value: Any) -> Any:
    """Return the data that structs in a value hold; everything else is left as it is."""
    if isinstance(value, Struct):
        return value._data
    if isinstance(value, (list, tuple)):
        return [_plain(entry) for entry in value]
    if isinstance(value, Mapping):
        return {name: _plain(entry) for name, entry in value.items()}
    return value
