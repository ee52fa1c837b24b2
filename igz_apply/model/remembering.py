"""What was worked out before is handed out again for the very same input: a cache, and never the truth.

What is asked for here is what a function of values makes of its arguments, and nothing else tells: no clock, no file,
no secret. Arguments count as the same where they are so through and through, types and order too, since 1 and True, or
a mapping in another order, may be told in other words.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Hashable, Sequence
from operator import attrgetter
from typing import Any, TypeVar, cast

from igz_apply.model.hidden import has_free_parts, hidden_in
from igz_apply.model.kind import Kinds
from igz_apply.model.resources import LiveState

T = TypeVar("T")

_ATOMS = frozenset({str, int, bool, bytes, type(None)})
_ROWS = (list, tuple)
_SETS = (set, frozenset)


class Remembering:
    """The last result of each function, by the name that it is asked for under. Used by one thread at a time a name."""

    def __init__(self) -> None:
        self._known: dict[Hashable, tuple[Callable[..., Any], tuple[Any, ...], Any]] = {}
        self._asked: set[Hashable] = set()

    def __len__(self) -> int:
        return len(self._known)

    def once(self, name: Hashable, function: Callable[..., T], *arguments: Any) -> T:
        """Return what a function makes of the arguments, worked out anew unless both are those of the last time."""
        self._asked.add(name)
        known = self._known.get(name)
        if known is not None and known[0] is function and is_same(known[1], arguments):
            return cast("T", known[2])
        self._known.pop(name, None)  # it is not held while another takes its place
        made = function(*arguments)
        self._known[name] = function, arguments, made
        return made

    def same(self, name: Hashable, value: T) -> T:
        """Return the value that was handed in under the name the last time, where this is the same; else this one."""
        return cast("T", self.once(name, _itself, value))

    def turn(self) -> None:
        """End a round: what nobody has asked for in it is forgotten."""
        for name in self._known.keys() - self._asked:
            del self._known[name]
        self._asked.clear()

    def forget(self) -> None:
        """Know nothing."""
        self._known.clear()

    def unless(self, is_barred: Callable[[], bool]) -> Remembering:
        """Return what remembers here, but for results that are asked for while it is barred."""
        return _Barred(self, is_barred)


class _Barred(Remembering):
    """What remembers by another one, as long as nothing bars it."""

    def __init__(self, results: Remembering, is_barred: Callable[[], bool]) -> None:
        super().__init__()
        self._results = results
        self._is_barred = is_barred

    def once(self, name: Hashable, function: Callable[..., T], *arguments: Any) -> T:
        """Return what a function makes of the arguments."""
        return function(*arguments) if self._is_barred() else self._results.once(name, function, *arguments)


class Anew(Remembering):
    """What a run by itself has: it remembers nothing."""

    def once(self, name: Hashable, function: Callable[..., T], *arguments: Any) -> T:  # noqa: ARG002
        """Return what a function makes of the arguments."""
        return function(*arguments)


ANEW = Anew()


def _itself(value: T) -> T:
    return value


def is_same(old: Any, new: Any) -> bool:
    """Say whether two values are the same through and through. What it does not know is the same as itself alone."""
    if old is new:
        return True
    kind = type(new)
    if type(old) is not kind:
        return False
    if kind in _ATOMS:
        return bool(old == new)
    if kind is dict:
        return len(old) == len(new) and all(
            (one is other or is_same(one, other)) and (left is right or is_same(left, right))
            for (one, left), (other, right) in zip(old.items(), new.items(), strict=True)
        )
    if issubclass(kind, _ROWS):
        return len(old) == len(new) and all(map(_are_same, old, new))
    if kind in _SETS:
        return bool(old == new) and all(map(_is_text, old)) and all(map(_is_text, new))
    if hasattr(kind, "is_same_as"):  # it knows by itself what else answers alike
        return bool(new.is_same_as(old))
    parts = _parts_of(kind)
    return parts is not None and all(map(_are_same, parts(old), parts(new)))


def _are_same(old: Any, new: Any) -> bool:
    return old is new or is_same(old, new)


def _is_text(value: Any) -> bool:
    """Say whether a value is the same as any that equals it."""
    return type(value) is str or (isinstance(value, tuple) and all(map(_is_text, value)))


_Parts = Callable[[Any], tuple[Any, ...]]
_PARTS: dict[type, _Parts | None] = {}


def _parts_of(kind: type) -> _Parts | None:
    """Return what takes the fields of a value of a type, also those that its own equality leaves out.

    None for a type of which it is not known that its values hold these and nothing else.
    """
    if kind not in _PARTS:
        is_known = dataclasses.is_dataclass(kind) and "__dict__" not in dir(kind)
        _PARTS[kind] = _taking([item.name for item in dataclasses.fields(kind)]) if is_known else None
    return _PARTS[kind]


def _taking(names: Sequence[str]) -> _Parts:
    return attrgetter(*names) if len(names) > 1 else lambda value: tuple(getattr(value, name) for name in names)


def lasting(results: Remembering, live: LiveState, kinds: Kinds) -> Remembering:
    """Return what may remember what is made of live state: nothing, where something in that may be a secret.

    It would be kept until the next round, and nobody needs to hold a secret for so long.
    """
    if results is ANEW:
        return ANEW
    free = {kind.name for kind in kinds if has_free_parts(kind)}
    specs = (each.spec for address, each in live.resources.items() if address.kind in free)
    return ANEW if any(found.is_held for spec in specs for _, found in hidden_in(spec)) else results
