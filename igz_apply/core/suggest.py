"""The nearest name, for somebody who has mistyped one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from difflib import SequenceMatcher

_LEAST_LIKENESS = 0.68  # below, `on` is like `down`
_LONGEST = 128  # names are shorter; comparing long texts letter by letter takes long


def nearest(word: str, candidates: Iterable[str]) -> str | None:
    """Return the candidate most like `word`, None when none is like it; upper and lower case count as alike."""
    if not word or len(word) > _LONGEST:
        return None
    from difflib import SequenceMatcher  # only now: most runs have nothing to suggest

    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(word.casefold())
    best: tuple[float, str] | None = None
    for candidate in sorted(set(candidates)):
        likeness = _likeness(matcher, candidate, _LEAST_LIKENESS if best is None else best[0])
        if likeness is not None and (best is None or likeness > best[0]):
            best = (likeness, candidate)
    return best[1] if best else None


def did_you_mean(word: str, candidates: Iterable[str]) -> str:
    """Return the question `Did you mean ...?` with the nearest candidate, "" when none is near."""
    name = nearest(word, candidates)
    return f"Did you mean {name}?" if name else ""


def _likeness(matcher: SequenceMatcher[str], candidate: str, least: float) -> float | None:
    """Return the likeness of a candidate, None below `least`; bounds that are cheap to find are tried first."""
    matcher.set_seq1(candidate.casefold())
    if matcher.real_quick_ratio() < least or matcher.quick_ratio() < least:
        return None
    ratio = matcher.ratio()
    return ratio if ratio >= least else None
