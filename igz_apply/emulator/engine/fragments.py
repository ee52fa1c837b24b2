"""What has been made of the stored state, for as long as that has not changed: JSON of records, totals of lists."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, NamedTuple

MOST_CHARACTERS = 24_000_000
MOST_TOTALS = 64

View = Hashable  # what tells one way to show a record from another


class Fragment(NamedTuple):
    """One record as JSON, or the part of it that depends on nothing but the record."""

    seq: int  # the order of creation of the record
    text: str


class Fragments:
    """The fragments and totals of one store, which says what changes. For one thread at a time."""

    def __init__(self, most_characters: int = MOST_CHARACTERS) -> None:
        """Remember nothing yet. What would be longer in all is forgotten, and begun anew."""
        self.totals: dict[tuple[Any, ...], int] = {}
        self._views: dict[View, dict[str, Fragment]] = {}
        self._characters, self._most = 0, most_characters
        self._version = -1
        self._changed = False

    def begin(self, version: int) -> None:
        """Note that a transaction begins; another version of the file means that somebody else has written."""
        if version != self._version:
            self.forget()
        self._version, self._changed = version, False

    def rolled_back(self) -> None:
        """Forget what may have been made of changes that have not happened."""
        if self._changed:
            self.forget()

    def forget(self) -> None:
        """Forget everything."""
        self.totals.clear()
        self._views.clear()
        self._characters = 0

    def of(self, view: View) -> dict[str, Fragment]:
        """Return the fragments of a view that are known, by the id of the record."""
        return self._views.get(view, {})

    def keep(self, view: View, record_id: str, fragment: Fragment) -> Fragment:
        """Remember a fragment until its record changes; return it."""
        if self._characters + len(fragment.text) > self._most:
            self.forget()
        self._characters += len(fragment.text)
        self._views.setdefault(view, {})[record_id] = fragment
        return fragment

    def record_changed(self, record_id: str) -> None:
        """Forget what was made of a record, under whatever type it is stored, and of all lists."""
        self.links_changed()
        for held in self._views.values():
            fragment = held.pop(record_id, None)
            self._characters -= 0 if fragment is None else len(fragment.text)

    def links_changed(self) -> None:
        """Forget what was made of all lists: links may say which records are in one."""
        self._changed = True
        self.totals.clear()

    def keep_total(self, key: tuple[Any, ...], total: int) -> int:
        """Remember how many records a list has; return it."""
        if len(self.totals) >= MOST_TOTALS:
            self.totals.clear()
        self.totals[key] = total
        return total
