"""Names for things: the address of a resource, and a place in a file."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from fnmatch import fnmatchcase, translate
from typing import NamedTuple

from igz_apply.values import dataclass


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


STDIN = "<stdin>"
"""The path of what was read from standard input."""

PATTERN_CHARACTERS = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class Globs:
    """Texts that select addresses, compiled once: see `globs_of`."""

    exact: frozenset[Address] = frozenset()
    patterns: re.Pattern[str] | None = None  # of whole addresses; None: there is none
    kinds: re.Pattern[str] | None = None  # of kinds alone

    def select(self, address: Address) -> bool:
        """Say whether any of the texts selects the address."""
        if address in self.exact:
            return True
        if self.kinds is not None and self.kinds.match(address.kind):
            return True
        return self.patterns is not None and self.patterns.match(str(address)) is not None


def names_selected(globs: Globs, kind: str) -> Callable[[str], bool]:
    """Return what says whether the globs select the resource of a kind that has a name: quick to ask of thousands."""
    if globs.kinds is not None and globs.kinds.match(kind):
        return lambda _: True
    exact = {address.name for address in globs.exact if address.kind == kind}
    if globs.patterns is None:
        return exact.__contains__
    match, prefix = globs.patterns.match, f"{kind}/"
    return lambda name: match(prefix + name) is not None or name in exact


def globs_of(texts: Iterable[str], known: Collection[Address], *, spares: bool = False) -> Globs:
    """Return the globs: a kind alone for all of it, a whole address, or a pattern such as `User/a*`.

    Names are names first: a text that spells one of the `known` addresses selects that one and no other, whatever
    pattern could be read into it. `[*]`, `[?]` and `[[]` stand for the characters themselves. With `spares`, for what
    keeps resources from being touched, it selects what the pattern does as well, unless that is something else than the
    name: whoever makes a group called `ops-*` lifts the protection of no other.
    """
    exact, patterns, kinds = set(), [], []
    for text in texts:
        address = address_in(text)
        if address is None:
            kinds.append(text)
            continue
        is_name = address in known and not (spares and fnmatchcase(text, text))
        if spares or is_name or PATTERN_CHARACTERS.isdisjoint(text):
            exact.add(address)
        if not is_name and not PATTERN_CHARACTERS.isdisjoint(text):
            patterns.append(text)
    return Globs(frozenset(exact), _any_of(patterns), _any_of(kinds))


def address_in(text: str) -> Address | None:
    """Return the address that a glob would be if it were no pattern; None for a kind alone."""
    kind, slash, name = text.partition("/")
    return Address(kind, name) if slash else None


def _any_of(globs: Collection[str]) -> re.Pattern[str] | None:
    return re.compile("|".join(map(translate, globs))) if globs else None
