"""A field's difference, taken apart into what a reader has to know: one value that changes, or members of a set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from igz_apply.model.changes import FieldDiff
from igz_apply.model.plain_values import plain
from igz_apply.model.resources import Path
from igz_apply.values import dataclass


@dataclass(frozen=True, slots=True)
class Replaced:
    """One value that changes; None is a value that is not there."""

    path: Path
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Members:
    """A set that gains and loses members."""

    path: Path
    gained: tuple[Any, ...]
    lost: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret that is written: words about where it comes from, never its value."""

    path: Path
    words: str


Detail = Replaced | Members | Secret


def details(diff: FieldDiff) -> tuple[Detail, ...]:
    """Take the difference apart; one about a secret stays whole, as it holds words and no value."""
    if diff.sensitive:
        return (Secret(diff.path, " → ".join(str(side) for side in (diff.before, diff.after) if side is not None)),)
    return tuple(_details(diff.path, diff.before, diff.after))


def _details(path: Path, before: Any, after: Any) -> Iterator[Detail]:
    if before == after and type(before) is type(after):
        return
    if _is_filled_mapping(before, after):
        for key in sorted({**(before or {}), **(after or {})}, key=str):
            yield from _details((*path, key), (before or {}).get(key), (after or {}).get(key))
    elif _is_list(before or after) and _is_list(before or ()) and _is_list(after or ()):
        yield from _list_details(path, before or (), after or ())
    else:
        yield Replaced(path, before, after)


def _list_details(path: Path, before: Sequence[Any], after: Sequence[Any]) -> Iterator[Detail]:
    if any(isinstance(item, (Mapping, list, tuple)) for item in (*before, *after)):
        yield from _nested_details(path, before, after)
        return
    gained = tuple(item for item in after if item not in before)
    lost = tuple(item for item in before if item not in after)
    yield Members(path, gained, lost) if gained or lost else Replaced(path, before or None, after or None)


def _nested_details(path: Path, before: Sequence[Any], after: Sequence[Any]) -> Iterator[Detail]:
    """Pair the items of two lists of objects by likeness, so that one that moved is not told as a change of all."""
    from deepdiff import DeepDiff  # costs 150 ms, and few plans change a list of objects

    tree = DeepDiff(
        plain(before),
        plain(after),
        view="tree",
        ignore_order=True,
        report_repetition=True,
        threshold_to_diff_deeper=0,
    )
    levels = [(level.path(output_format="list"), level) for found in tree.values() for level in found]
    for keys, level in sorted(levels, key=lambda each: [str(key) for key in each[0]]):
        yield Replaced((*path, *keys), _known(level.t1), _known(level.t2))
    if not levels:  # the same items in another order
        yield Replaced(path, before, after)


def _known(value: Any) -> Any:
    """Return None for the marker that stands for an item which one side does not have."""
    return None if type(value).__name__ == "NotPresent" else value


def _is_filled_mapping(before: Any, after: Any) -> bool:
    """Say whether to look inside: two mappings, or one against nothing. An empty one is a value of its own."""
    present = [side for side in (before, after) if side is not None]
    return all(isinstance(side, Mapping) for side in present) and any(present)


def _is_list(value: Any) -> bool:
    return isinstance(value, (list, tuple))
