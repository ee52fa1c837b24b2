"""Attributes of resources, as descriptors: each resource class is a table of these, and nothing is kept twice.

An attribute that the server did not send reads as None, so that missing data cannot pass for data; a list that it did
not send reads as an empty one. Attributes that are in no table are kept and readable all the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar, cast, overload

T = TypeVar("T")


class Holder(Protocol):
    """What has attributes: a resource."""

    def get_attribute(self, name: str, empty: Callable[[], Any] | None = None) -> Any:
        """Return one attribute by its name; what is absent is None, or what `empty` makes."""
        ...

    def set_attribute(self, name: str, value: Any) -> None:
        """Set one attribute by its name."""
        ...


class _Described:
    """What every attribute says of itself.

    `computed`: the server makes it, and it is never sent back. `note`: its meaning, for readers.
    """

    def __init__(self, note: str = "", *, computed: bool = False) -> None:
        self.name = ""
        self.note = note
        self.computed = computed

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name


class Attribute(_Described, Generic[T]):
    """One value, None where the server sent none."""

    @overload
    def __get__(self, resource: None, owner: type) -> Attribute[T]: ...
    @overload
    def __get__(self, resource: Holder, owner: type) -> T | None: ...
    def __get__(self, resource: Holder | None, owner: type) -> Attribute[T] | T | None:
        if resource is None:
            return self
        return cast("T | None", resource.get_attribute(self.name))

    def __set__(self, resource: Holder, value: T | None) -> None:
        resource.set_attribute(self.name, value)


class Items(_Described, Generic[T]):
    """A list, empty where the server sent none; it may be changed in place."""

    @overload
    def __get__(self, resource: None, owner: type) -> Items[T]: ...
    @overload
    def __get__(self, resource: Holder, owner: type) -> list[T]: ...
    def __get__(self, resource: Holder | None, owner: type) -> Items[T] | list[T]:
        if resource is None:
            return self
        return cast("list[T]", resource.get_attribute(self.name, empty=list))

    def __set__(self, resource: Holder, value: list[T] | None) -> None:
        resource.set_attribute(self.name, value)


Described = Attribute[Any] | Items[Any]
