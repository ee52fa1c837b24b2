"""The drift of both sides of a move as lines: whose change each is, by the new names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from igz_apply.planning.across import Across, Side
from igz_apply.views.cells import pad
from igz_apply.views.lines import BLANK, Line, Span, Tone, line
from igz_apply.views.values import literal
from igz_apply.wording.counting import counted
from igz_apply.wording.printable import printable


def across_lines(found: Sequence[Across], old: str, new: str) -> Iterator[Line]:
    """Yield what others changed on `old` alone, on `new` alone, on both alike and on both differently; then a sum."""
    heads = {
        Side.OLD: f"Changed on {old} alone",
        Side.NEW: f"Changed on {new} alone",
        Side.ALIKE: f"Changed on {old} and {new}, to the same",
        Side.APART: f"Changed on {old} and {new}, and not to the same",
    }
    for side, changes in groupby(found, key=lambda each: each.side):
        yield line(Span(printable(heads[side]), Tone.STRONG))
        for _, of_one in groupby(changes, key=lambda each: each.address):
            yield from _resource(list(of_one), old, new)
        yield BLANK
    if not found:
        yield line(Span(printable(f"No drift. Nobody changed on {old} or {new} what was last applied."), Tone.GOOD))
        return
    parts = (f"{sum(each.side is side for each in found):,} {words}" for side, words in _COUNTED)
    yield line(Span(f"Drift: {counted(len(found), 'change')}; {', '.join(parts)}.", Tone.WARNING))


_COUNTED = (
    (Side.OLD, "on the old side alone"),
    (Side.NEW, "on the new side alone"),
    (Side.ALIKE, "on both to the same"),
    (Side.APART, "on both and not to the same"),
)


def _resource(changes: Sequence[Across], old: str, new: str) -> Iterator[Line]:
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
        path = pad(printable(each.path), column)
        yield line(
            f"    {path}  ",
            Span(literal(each.was), Tone.CREATE),
            Span(" was applied", Tone.QUIET),
            *_now(each, old, new),
        )


def _now(change: Across, old: str, new: str) -> Iterator[Span]:
    """Yield what each side has now, of those on which it was changed."""
    sides = ((old, change.old, Side.NEW), (new, change.new, Side.OLD))
    for name, value, without in sides:
        if change.side is not without:
            yield Span(printable(f", {name} has "), Tone.QUIET)
            yield Span(literal(value), Tone.DELETE)
    if change.stays:
        yield Span("; it does not go along", Tone.QUIET)
