"""Names for things: the address of a resource, and a place in a file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import NamedTuple


class Address(NamedTuple):
    """A resource's identity across desired state, live state and inventory; prints as `User/ada`."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"

    @classmethod
    def parse(cls, text: str) -> Address:
        """Return the address that `text` spells. Raises ValueError unless it is `Kind/name`."""
        kind, slash, name = text.partition("/")
        if not (kind and slash and name):
            raise ValueError(f"{text!r} is not an address: write Kind/name, for example User/ada")
        return cls(kind, name)


@dataclass(frozen=True, slots=True, order=True)
class Source:
    """A place in a manifest; line and column count from 1, as editors do."""

    path: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


def is_selected(address: Address, globs: Iterable[str]) -> bool:
    """Say whether any of `globs` selects the address: `User/a*`, or a kind alone for all of it."""
    return any(fnmatchcase(str(address), glob) if "/" in glob else fnmatchcase(address.kind, glob) for glob in globs)
