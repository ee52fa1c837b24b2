"""Which targets a run over several is about, and in which waves it comes to them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from itertools import groupby

from igz_apply.model.addresses import PATTERN_CHARACTERS, Source
from igz_apply.model.fleets import FleetPace, FleetTarget, Wave
from igz_apply.model.problems import Problem
from igz_apply.model.suggest import nearest, some

_TELLING = 2  # letters before a wildcard; one alone has nothing in common with another


def patterns_in(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the patterns in texts that hold several with commas between; what is empty stays, and matches nothing."""
    return tuple(part.strip() for text in texts for part in text.split(","))


def chosen(targets: Sequence[FleetTarget], patterns: Sequence[str]) -> tuple[FleetTarget, ...]:
    """Return the targets that any of the patterns matches, each once, in the order of the config."""
    return tuple(it for it in targets if any(fnmatchcase(it.name, pattern) for pattern in patterns))


def unmatched(
    targets: Sequence[FleetTarget], patterns: Sequence[str], place: Source | None = None
) -> Iterator[Problem]:
    """Yield a fault for each pattern that matches no target; `place` is where the config lists them."""
    names = [it.name for it in targets]
    for pattern in dict.fromkeys(patterns):
        if not any(fnmatchcase(name, pattern) for name in names):
            detail = f"The config has no target that {pattern!r} matches." if pattern else "An empty name matches none."
            known = f"Targets are {some(names)}." if names else "Add it below `targets`."
            meant = _meant(pattern, names)
            hint = f"Did you mean {meant}? {known}" if meant else known
            yield Problem("Unknown target", detail, hint, source=place)


def _meant(pattern: str, names: Iterable[str]) -> str | None:
    """Return what was meant perhaps: a name, or a pattern of the same form that matches one."""
    head = next((at for at, letter in enumerate(pattern) if letter in PATTERN_CHARACTERS), None)
    if head is None:
        return nearest(pattern, names)
    tail = pattern[head:]
    lengths = (it for it in (head - 1, head, head + 1) if it >= _TELLING)
    near = {f"{name[:length]}{tail}" for length in lengths for name in names}
    return nearest(pattern, (it for it in near if any(fnmatchcase(name, it) for name in names)))


def in_order(targets: Iterable[FleetTarget]) -> tuple[FleetTarget, ...]:
    """Return the targets as a run comes to them: by the number of their wave, then as the config lists them."""
    return tuple(sorted(targets, key=lambda it: it.wave))


def waves_of(targets: Iterable[FleetTarget], pace: FleetPace) -> tuple[Wave, ...]:
    """Return the waves of a run over these targets, which are in the order of the config.

    The canaries come first. No wave mixes two numbers of the config, or canaries and others, and none holds more
    than `pace.wave`: so many canaries are several waves.
    """
    ordered = in_order(targets)
    parts: list[tuple[bool, int, tuple[str, ...]]] = []
    for is_canary, part in ((True, ordered[: pace.canary]), (False, ordered[pace.canary :])):
        for stated, group in groupby(part, key=lambda it: it.wave):
            names = tuple(it.name for it in group)
            parts += ((is_canary, stated, names[at : at + pace.wave]) for at in range(0, len(names), pace.wave))
    return tuple(Wave(number, names, is_canary, stated) for number, (is_canary, stated, names) in enumerate(parts, 1))
