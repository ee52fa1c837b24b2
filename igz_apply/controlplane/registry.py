"""Which class a record is of, by its type; that is how classes which lead to each other need not import each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Registry:
    """The class of each type of record.

    `define_all` imports all modules that define one. The package sets it, for nothing below may know them all: users
    know groups, and projects know users, while groups and users lead to either.
    """

    def __init__(self) -> None:
        self._classes: dict[str, type[Any]] = {}
        self.define_all: Callable[[], object] = lambda: None

    def add(self, record_type: str, kind: type[Any]) -> None:
        """Make this the class of a type."""
        self._classes[record_type] = kind

    def find(self, record_type: str) -> type[Any] | None:
        """Return the class of a type, None if no module that was imported defines one: it is a plain Resource."""
        return self._classes.get(record_type)

    def required(self, record_type: str) -> Any:
        """Return the class of a type that has one, importing what defines it if nobody has so far."""
        if record_type not in self._classes:
            self.define_all()
        return self._classes[record_type]


REGISTRY = Registry()
