"""Keys of the mapping, each of which is a name or a pattern with one `*`: which one speaks of a name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from igz_apply.values import dataclass

STAR = "*"


@dataclass(frozen=True, slots=True)
class Match:
    """The key that speaks of a name."""

    key: str
    star: str = ""  # what its `*` stands for
    rival: str = ""  # another pattern that says as much of the name; "": there is none

    def filled(self, value: str) -> str:
        """Return what the key's value says of the name."""
        return value.replace(STAR, self.star) if STAR in self.key else value


class Keys:
    """All keys of a part of the mapping. A name wins over a pattern, and of patterns the one with more letters."""

    def __init__(self, keys: Iterable[str]) -> None:
        """Hold the keys, in their order."""
        self.names = frozenset(keys)
        patterns = [(key, *key.split(STAR, 1)) for key in self.names if STAR in key]
        self._patterns = sorted(patterns, key=lambda each: (-len(each[0]), each[0]))

    def match(self, name: str, *, by_name_only: bool = False) -> Match | None:
        """Return the key that speaks of a name, None for none; patterns do not speak of the platform's own."""
        if name in self.names:
            return Match(name)
        if by_name_only:
            return None
        found = self._matching(name)
        first = next(found, None)
        second = next(found, None)
        if first is None or second is None or len(second.key) < len(first.key):
            return first
        return Match(first.key, first.star, second.key)

    def _matching(self, name: str) -> Iterator[Match]:
        for key, before, after in self._patterns:
            if len(name) >= len(before) + len(after) and name.startswith(before) and name.endswith(after):
                yield Match(key, name[len(before) : len(name) - len(after)])

    def matching(self, name: str) -> Iterator[str]:
        """Yield every key that could speak of a name."""
        if name in self.names:
            yield name
        yield from (each.key for each in self._matching(name) if each.key != name)
