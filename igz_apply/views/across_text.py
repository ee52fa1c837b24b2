"""The drift of both sides of a move as lines: whose change each is, by the new names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from igz_apply.planning.across import Across, Side, Unseen
from igz_apply.views.cells import cells, pad
from igz_apply.views.folding import folded
from igz_apply.views.lines import BLANK, Line, Span, Tone, line
from igz_apply.views.values import literal
from igz_apply.wording.counting import counted
from igz_apply.wording.printable import printable
from igz_apply.wording.unmanaged_words import unknown_told, unseen_counted

_LONG = 60  # columns of a list, of which otherwise only what changed is told


def across_lines(
    found: Sequence[Across], old: str, new: str, unseen: tuple[Unseen, Unseen], width: int | None = None
) -> Iterator[Line]:
    """Yield what others changed on `old` alone, on `new` alone, on both alike and on both differently; then a sum.

    Before the sum stands what of either was not seen. `width` is that of the screen in columns; None: there is none,
    and no line is too long.
    """
    lines = _lines(found, old, new, unseen, width)
    return lines if width is None else folded(lines, width)


def _lines(
    found: Sequence[Across], old: str, new: str, unseen: tuple[Unseen, Unseen], width: int | None
) -> Iterator[Line]:
    heads = {
        Side.OLD: f"Changed on {old} alone",
        Side.NEW: f"Changed on {new} alone",
        Side.ALIKE: f"Changed on {old} and {new}, to the same",
        Side.APART: f"Changed on {old} and {new}, and not to the same",
    }
    for side, changes in groupby(found, key=lambda each: each.side):
        yield line(Span(printable(heads[side]), Tone.STRONG))
        for _, of_one in groupby(changes, key=lambda each: each.address):
            yield from _resource(list(of_one), (old, new), width)
        yield BLANK
    sides = [(name, each) for name, each in zip((old, new), unseen, strict=True) if each]
    for name, each in sides:
        yield from (line(Span(f"! {printable(text)}", Tone.WARNING)) for text in _unseen(name, each))
    if not found and sides:
        lacking = (f"on {name}, {_counted_unseen(each)}" for name, each in sides)
        yield line(Span(printable(f"No drift in what may be seen; {'; '.join(lacking)}."), Tone.WARNING))
        return
    if not found:
        yield line(Span(printable(f"No drift. Nobody changed on {old} or {new} what was last applied."), Tone.GOOD))
        return
    parts = (f"{sum(each.side is side for each in found):,} {words}" for side, words in _COUNTED)
    yield line(Span(f"Drift: {counted(len(found), 'change')}; {', '.join(parts)}.", Tone.WARNING))


def _unseen(name: str, unseen: Unseen) -> Iterator[str]:
    for address, why in unseen.not_visible.items():
        yield f"{address} is not visible on {name}: {why}"
    for kind, why in unseen.partial.items():
        yield f"not every {kind} of {name} is seen: {why}"
    yield from (f"{name}: {text}" for text in unknown_told(unseen.unknown))


def _counted_unseen(unseen: Unseen) -> str:
    return unseen_counted(len(unseen.not_visible), unseen.partial, len(unseen.unknown))


_COUNTED = (
    (Side.OLD, "on the old side alone"),
    (Side.NEW, "on the new side alone"),
    (Side.ALIKE, "on both to the same"),
    (Side.APART, "on both and not to the same"),
)


def _resource(changes: Sequence[Across], sides: tuple[str, str], width: int | None) -> Iterator[Line]:
    first = changes[0]
    named = f" ({first.old_address})" if first.old_address is not None else ""
    behind = "  does not go along" if any(each.stays and not each.path for each in changes) else ""
    notes = [each.note for each in changes if each.note]
    told = f"  {'; '.join(notes)}" if notes else ""
    address = Span(printable(str(first.address)), Tone.STRONG)
    yield line(Span("~ ", Tone.UPDATE), address, printable(f"{named}{told}{behind}"))
    fields = [each for each in changes if each.path]
    column = max((len(each.path) for each in fields), default=0)
    for each in fields:
        yield from _field(each, sides, pad(printable(each.path), column), width)


def _field(change: Across, sides: tuple[str, str], path: str, width: int | None) -> Iterator[Line]:
    """Yield what a field was and is, on one line, or on one for each side where that is too wide."""
    parts = list(_parts(change, *sides))
    behind = [Span("it does not go along", Tone.QUIET)] if change.stays else []
    gaps = [Span(", ", Tone.QUIET)] * (len(parts) - 1) + ([Span("; ", Tone.QUIET)] if behind else [])
    flat = [span for part, gap in zip([*parts, behind], [*gaps, Span("")], strict=False) for span in (*part, gap)]
    whole = line(f"    {path}  ", *flat)
    if width is None or cells("".join(span.text for span in whole).rstrip()) <= width:
        yield whole
        return
    yield line(f"    {path.rstrip()}")
    yield from (line("      ", *part) for part in (*parts, behind) if part)


def _parts(change: Across, old: str, new: str) -> Iterator[Sequence[Span]]:
    """Yield what was applied, and what each side has now, of those on which it was changed."""
    is_long = isinstance(change.was, list) and cells(literal(change.was)) > _LONG
    was = counted(len(change.was), "item") if is_long else literal(change.was)
    yield (Span(was, Tone.CREATE), Span(" was applied" if not is_long else " were applied", Tone.QUIET))
    sides = ((old, change.old, Side.NEW), (new, change.new, Side.OLD))
    for name, value, without in sides:
        if change.side is not without:
            is_list = is_long and isinstance(value, list)
            yield (
                tuple(_listed(name, change.was, value)) if is_list else (_has(name), Span(literal(value), Tone.DELETE))
            )


def _has(name: str) -> Span:
    return Span(printable(f"{name} has "), Tone.QUIET)


def _listed(name: str, was: Sequence[Any], now: Sequence[Any]) -> Iterator[Span]:
    """Yield by what a list is another one; by the order alone, it is told whole."""
    gone, more = [it for it in was if it not in now], [it for it in now if it not in was]
    if not gone and not more:
        yield from (_has(name), Span(literal(now), Tone.DELETE))
    if gone:
        yield from (Span(printable(f"{name} lacks "), Tone.QUIET), Span(literal(gone), Tone.DELETE))
    if more:
        yield Span(" and has " if gone else printable(f"{name} has "), Tone.QUIET)
        yield from (Span(literal(more), Tone.DELETE), Span(" besides", Tone.QUIET))
