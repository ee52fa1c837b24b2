"""Drift as lines: what others changed on the cluster, field by field, and what is git's own in one line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from igz_apply.model.addresses import Address, Source
from igz_apply.model.changes import Action, Origin, Unmanaged
from igz_apply.planning.drift import Drift, FieldDrift
from igz_apply.views.cells import cells, pad
from igz_apply.views.lines import BLANK, Line, Span, Tone, line
from igz_apply.views.unmanaged_text import unmanaged_lines
from igz_apply.views.values import literal
from igz_apply.wording.counting import counted
from igz_apply.wording.places import place_text
from igz_apply.wording.printable import printable
from igz_apply.wording.unmanaged_words import counts_told, unknown_told, unseen_counted

_NOTHING = Unmanaged()
_ALL_SEEN: Mapping[str, str] = MappingProxyType({})
_ALL_TOLD: Mapping[Address, Sequence[str]] = MappingProxyType({})


def drift_lines(
    drifts: Sequence[Drift],
    not_visible: Mapping[Address, str],
    caller: str,
    unmanaged: Unmanaged = _NOTHING,
    partial: Mapping[str, str] = _ALL_SEEN,
    unknown: Mapping[Address, Sequence[str]] = _ALL_TOLD,
    *,
    width: int = 100,
    is_whole: bool = False,
) -> Iterator[Line]:
    """Yield what others changed, what is not in git at all, and a summary.

    Git's own changes are only counted, since `plan` shows them. `not_visible` is what we own and `caller` is not shown,
    so that nothing is known of it; `partial` says of kinds why not all is seen, `unknown` which fields the cluster does
    not tell. `is_whole` names all that is `unmanaged`.
    """
    moved = [drift for drift in drifts if drift.origin.is_foreign]
    for drift in moved:
        yield from _drift(drift, width)
        yield BLANK
    for address, why in not_visible.items():
        yield line(Span(f"! {printable(str(address))}  is not visible here: {printable(why)}", Tone.WARNING))
    yield from (line(Span(f"! {printable(told)}", Tone.WARNING)) for told in unknown_told(unknown))
    yield from unmanaged_lines(unmanaged, width, partial, is_whole=is_whole)
    if moved:
        yield line(Span(f"Drift: {counted(len(moved), 'resource')} changed on the cluster.", Tone.WARNING))
    elif unseen := unseen_counted(len(not_visible), partial, len(unknown)):
        yield line(Span(f"No drift in what {printable(caller)} may see; {unseen}.", Tone.WARNING))
    elif access := counts_told(unmanaged):
        yield line(Span(f"No drift in what igz-apply last applied; {access} not in git, see above.", Tone.WARNING))
    else:
        yield line(Span("No drift. Nobody changed on the cluster what igz-apply last applied.", Tone.GOOD))
    for origin, said in ((Origin.GIT, "changed in git alone"), (Origin.UNKNOWN, "never applied, and different")):
        if others := sum(drift.origin is origin for drift in drifts):
            yield line(f"{counted(others, 'resource')} {said}; igz-apply plan shows that.")


def _drift(drift: Drift, width: int) -> Iterator[Line]:
    address = Span(printable(str(drift.address)), Tone.STRONG)
    if drift.action is Action.CREATE:
        yield from _with_place(
            line(Span("- ", Tone.DELETE), address, "  was deleted on the cluster"), drift.source, width
        )
        return
    yield line(Span("~ ", Tone.UPDATE), address, f"  {drift.note}" if drift.note else "")
    fields = [field for field in drift.fields if field.origin.is_foreign]
    column = max((len(field.diff.dotted) for field in fields), default=0)
    for field in fields:
        *others, last = _field(field, column)
        yield from (*others, *_with_place(last, field.source, width))


def _field(field: FieldDrift, column: int) -> Iterator[Line]:
    path = pad(printable(field.diff.dotted), column)
    yield line(
        f"    {path}  ",
        Span(literal(field.applied), Tone.CREATE),
        Span(" was applied, the cluster has ", Tone.QUIET),
        Span(literal(field.diff.before), Tone.DELETE),
    )
    if field.origin is Origin.BOTH:
        yield line(
            f"    {'':{column}}  ", Span("git now says ", Tone.QUIET), Span(literal(field.diff.after), Tone.UPDATE)
        )


def _with_place(spans: Line, source: Source | None, width: int) -> Iterator[Line]:
    """Yield a line and where git states what it tells: after it, or below it where that has no room."""
    said = Span(f"({place_text(source)})", Tone.QUIET)
    if source is None:
        yield spans
    elif sum(cells(span.text) for span in spans) + 2 + cells(said.text) <= width:
        yield (*spans, Span("  "), said)
    else:
        yield from (spans, line(" " * 6, said))
