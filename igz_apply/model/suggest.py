"""The nearest name, for somebody who has mistyped one, and how many names are told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

_LETTERS_A_SLIP = 3  # one slip of the keyboard in so many letters; with more the word was hardly meant
_LONGEST = 128  # names are shorter; comparing long texts letter by letter takes long


def nearest(word: str, candidates: Iterable[str]) -> str | None:
    """Return the candidate that a few slips turn into `word`, None when none is so near.

    A slip is a letter too many, missing, wrong, or changed places with the next; upper and lower case count as alike.
    Of an address each part has to be near by itself: kinds that are alike do not make names so.
    """
    if not word or len(word) > _LONGEST:
        return None
    parts = word.casefold().split("/", 1)
    best: tuple[int, str] | None = None
    for candidate in sorted(set(candidates)):
        most = best[0] - 1 if best else _LONGEST
        slips = _slips_of_parts(parts, candidate.casefold().split("/", 1), most)
        if slips is not None:
            best = (slips, candidate)
    return best[1] if best else None


def did_you_mean(word: str, candidates: Iterable[str]) -> str:
    """Return the question `Did you mean ...?` with the nearest candidate, "" when none is near."""
    name = nearest(word, candidates)
    return f"Did you mean {name}?" if name else ""


def some(names: Sequence[str], most: int = 5) -> str:
    """Return the first of many for a sentence: `a, b, c, d, e and 2 more`."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def _slips_of_parts(parts: list[str], others: list[str], most: int) -> int | None:
    if len(parts) != len(others):
        parts, others = ["/".join(parts)], ["/".join(others)]
    found = 0
    for one, other in zip(parts, others, strict=True):
        slips = _slips(one, other, min(_most_slips(one, other), most - found))
        if slips is None:
            return None
        found += slips
    return found


def _most_slips(one: str, other: str) -> int:
    """How many slips may lie between two words: none where they would have nothing in common."""
    longest = max(len(one), len(other))
    return max(longest // _LETTERS_A_SLIP, min(1, longest - 1))


def _slips(one: str, other: str, most: int) -> int | None:
    """Return the distance of two words, in slips, None for more than `most`.

    What is cheap to see comes first: most of the names of a cluster are far from any word, and there are thousands.
    """
    if abs(len(one) - len(other)) > most or len(set(one).difference(other)) > most:
        return None
    one, other = _middles(one, other)
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        now = [row]
        for column, each in enumerate(other, 1):
            slips = min(last[column] + 1, now[-1] + 1, last[column - 1] + (letter != each))
            if row > 1 and column > 1 and letter == other[column - 2] and one[row - 2] == each:
                slips = min(slips, before[column - 2] + 1)
            now.append(slips)
        if min(*last, *now) > most:  # the next row is made of these two
            return None
        before, last = last, now
    return last[-1] if last[-1] <= most else None


def _middles(one: str, other: str) -> tuple[str, str]:
    """Return two words without what both begin and end with."""
    shorter = min(len(one), len(other))
    begin = 0
    while begin < shorter and one[begin] == other[begin]:
        begin += 1
    end = 0
    while end < shorter - begin and one[-1 - end] == other[-1 - end]:
        end += 1
    return one[begin : len(one) - end], other[begin : len(other) - end]
