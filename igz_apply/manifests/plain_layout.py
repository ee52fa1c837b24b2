"""How the lines of a document make mappings and lists, by their heads alone: the same for all documents built alike.

What is not indented as it must be has no layout.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from igz_apply.manifests.plain_lines import Head, NotPlain
from igz_apply.values import dataclass

_DEEPEST = 32  # half of what is allowed

Step = tuple[Sequence[str] | str | None, Callable[[Any], Any]]
"""The keys of a mapping, None for a list; what fetches its values from all that there is up to now.

A mapping of one key has that key, and its value is fetched.
"""


@dataclass(frozen=True, slots=True)
class Made:
    """A mapping or a list, and which values it is made of.

    A value is told by the number of its line, one that was made by as much more than the number of all lines.
    """

    keys: Sequence[str] | None  # None: it is a list
    parts: Sequence[int]
    is_bracket: bool = False  # its one part holds all its values
    is_nested: bool = False  # and some of these are no scalars


@dataclass(frozen=True, slots=True)
class Layout:
    """What the values of a document's lines are put into, innermost first: what is made last is the document.

    Where nothing is made, the document is empty.
    """

    made: Sequence[Made]
    first: int  # the line on which the data begins

    def steps(self, places: Mapping[int, int] | None = None) -> Sequence[Step]:
        """Return what to do with a pool of values; `places` tells where they lie in it, if not at their numbers."""
        return [_step(made, [part if places is None else places[part] for part in made.parts]) for made in self.made]


def _step(made: Made, parts: Sequence[int]) -> Step:
    if made.is_nested:
        return made.keys, _Copy(parts[0])
    if made.is_bracket:
        return made.keys, itemgetter(parts[0])
    if made.keys is not None and len(parts) == 1:
        return made.keys[0], itemgetter(parts[0])
    if parts == list(range(parts[0], parts[0] + len(parts))):
        return made.keys, itemgetter(slice(parts[0], parts[0] + len(parts)))
    return made.keys, itemgetter(*parts)


class _Copy:
    """Fetches a copy of the values that brackets hold: the line that they come from is met again."""

    __slots__ = ("_part",)

    def __init__(self, part: int) -> None:
        self._part = part

    def __call__(self, pool: Any) -> Any:
        return _copied(pool[self._part])


def _copied(value: Any) -> Any:
    if isinstance(value, list):
        return [_copied(each) for each in value]
    if isinstance(value, dict):
        return {key: _copied(each) for key, each in value.items()}
    return value


def build(steps: Sequence[Step], pool: list[Any]) -> Any:
    """Return the document that the values in `pool` make. What is made on the way is added to it."""
    add = pool.append
    for keys, fetch in steps:
        if keys is None:
            add(list(fetch(pool)))
        elif type(keys) is str:
            add({keys: fetch(pool)})
        else:
            add(dict(zip(keys, fetch(pool))))  # noqa: B905 - to be strict costs as much again
    return pool[-1]


def layout_of(heads: Sequence[Head]) -> Layout:
    """Return the layout of a document whose lines begin like this. Raises NotPlain."""
    builder = _Builder(len(heads))
    first = -1
    for index, head in enumerate(heads):
        if head.is_ignored:
            continue
        if first < 0:
            first = index
        builder.add(index, head)
    return Layout(builder.finish(), first)


class _Open:
    """A mapping or a list to which more can be added."""

    __slots__ = ("awaits", "column", "keys", "parts")

    def __init__(self, column: int, keys: dict[str, None] | None) -> None:
        self.column = column
        self.keys = keys  # None: it is a list
        self.parts: list[int] = []
        self.awaits = False  # whether the last of them may still begin, on a line below or on the same one


class _Builder:
    def __init__(self, lines: int) -> None:
        self._lines = lines  # what is made is counted on from here
        self._stack: list[_Open] = []
        self._made: list[Made] = []

    def add(self, index: int, head: Head) -> None:
        for column in head.dashes:
            self._go_to(column, is_list=True).parts.append(index)
            self._stack[-1].awaits = True
        if head.key is not None:
            mapping = self._go_to(head.key_column, is_list=False)
            assert mapping.keys is not None
            if head.key in mapping.keys:
                raise NotPlain
            mapping.keys[head.key] = None
            mapping.parts.append(index)
            mapping.awaits = True
        if head.has_value:
            self._stack[-1].awaits = False
        if head.bracket:
            keys = None if head.bracket == "[" else head.inner
            self._make(Made(keys, [index], is_bracket=True, is_nested=head.is_nested))

    def finish(self) -> Sequence[Made]:
        while self._stack:
            self._close()
        return self._made

    def _go_to(self, column: int, *, is_list: bool) -> _Open:
        """Return the list or mapping that has an entry in this column, which ends what stands further to the right."""
        while self._stack and self._stack[-1].column > column:
            self._close()
        if self._stack and self._stack[-1].column == column:
            top = self._stack[-1]
            if (top.keys is None) == is_list:
                return top
            if not is_list:  # a list ends that stands no further to the right than the key that it belongs to
                self._close()
                if self._stack and self._stack[-1].column == column:
                    return self._stack[-1]
                raise NotPlain
        if not (self._stack[-1].awaits if self._stack else column == 0 and not self._made):
            raise NotPlain
        return self._begin(column, None if is_list else {})

    def _begin(self, column: int, keys: dict[str, None] | None) -> _Open:
        if self._stack:
            self._stack[-1].awaits = False
        if len(self._stack) >= _DEEPEST:
            raise NotPlain
        self._stack.append(_Open(column, keys))
        return self._stack[-1]

    def _close(self) -> None:
        ended = self._stack.pop()
        self._make(Made(None if ended.keys is None else tuple(ended.keys), ended.parts))

    def _make(self, made: Made) -> None:
        """Add what has ended; it is the last value of what is still open."""
        if self._stack:
            self._stack[-1].parts[-1] = self._lines + len(self._made)
        self._made.append(made)
