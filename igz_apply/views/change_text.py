"""One change as lines: a head that says what happens to what, and below it only what changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile

from igz_apply.model.changes import Action, Change, FieldDiff
from igz_apply.model.operations import PlannedOperation
from igz_apply.planning.places import is_layered
from igz_apply.views.cells import ELLIPSIS, cells, cut, pad, wrap, wrap_items, wrap_path
from igz_apply.views.details import Detail, Members, Replaced, Secret, details
from igz_apply.views.excerpts import excerpts
from igz_apply.views.lines import BLANK, Line, Span, Tone, line
from igz_apply.views.values import item_literal, literal
from igz_apply.wording.operation_words import why
from igz_apply.wording.origins import origin_mark
from igz_apply.wording.places import elsewhere_text, manifest_place
from igz_apply.wording.printable import printable

SIGNS = {Action.CREATE: "+", Action.UPDATE: "~", Action.DELETE: "-", Action.ADOPT: "=", Action.NO_CHANGE: " "}
TONES = {
    Action.CREATE: Tone.CREATE,
    Action.UPDATE: Tone.UPDATE,
    Action.DELETE: Tone.DELETE,
    Action.ADOPT: Tone.QUIET,
    Action.NO_CHANGE: Tone.QUIET,
}
OPERATION_SIGN = "↻"
_INDENT = " " * 6
_WIDEST_COLUMN = 48
_NAMED_NEEDS = 3
_LINES_A_VALUE = 6


def change_lines(change: Change, width: int) -> Iterator[Line]:
    """Yield the change; `width` is in columns."""
    yield from _head(change, width)
    for warning in change.warnings:
        for index, text in enumerate(wrap(printable(warning), width - len(_INDENT) - 2)):
            yield line(_INDENT, Span("  " if index else "! ", Tone.WARNING), Span(text, Tone.WARNING))
    found = [(detail, diff, _path(detail, diff)) for diff in change.diff for detail in details(diff)]
    column = min(_WIDEST_COLUMN, width * 2 // 5, max((cells(path) for _, _, path in found), default=0))
    has_layers = change.desired is not None and is_layered(change.desired)
    for detail, diff, path in found:
        mark = origin_mark(change, diff)
        place = _place(change, diff, detail) if has_layers else ""
        yield from _rows(detail, path, mark, place, column, width, is_create=change.action is Action.CREATE)


def operation_lines(item: PlannedOperation, width: int) -> Iterator[Line]:
    """Yield an operation: what is done to what, and what brings it about."""
    head = line(
        "  ", action_span(Action.NO_CHANGE, item.operation), " ", Span(printable(str(item.address)), Tone.STRONG)
    )
    said = printable(f"({why(item)})")
    if sum(cells(span.text) for span in head) + 2 + cells(said) <= width:
        yield (*head, *_quiet(said))
        return
    yield head
    for text in wrap(said, width - len(_INDENT)):
        yield line(_INDENT, Span(text, Tone.QUIET))


def action_span(action: Action, operation: str = "") -> Span:
    """Return sign and verb, in columns that line up."""
    if operation:
        return Span(f"{OPERATION_SIGN} {operation:<7}", Tone.UPDATE)
    return Span(f"{SIGNS[action]} {action.value:<7}", TONES[action])


def _head(change: Change, width: int) -> Iterator[Line]:
    """Yield what happens to what, why, and where it is declared; what has no room beside the address stands below."""
    address, notes, place = printable(str(change.address)), _notes(change), manifest_place(change)
    room = width - 2 - 9 - 1 - cells(address) - 2
    both = f"{notes}  {place}" if notes and place else notes or place
    if cells(both) <= room:
        beside, below = both, []
    elif notes and cells(notes) <= room:
        beside, below = notes, wrap_path(place, width - len(_INDENT))
    else:
        beside, below = "", _below(notes, place, width - len(_INDENT))
    yield line("  ", action_span(change.action), " ", Span(address, Tone.STRONG), *_quiet(beside))
    for text in below:
        yield line(_INDENT, Span(text, Tone.QUIET))


def _quiet(beside: str) -> Line:
    return (Span(f"  {beside}", Tone.QUIET),) if beside else ()


def _below(notes: str, place: str, room: int) -> list[str]:
    """Lay out what has no room beside the address: the place after the last of the reason, or else by itself."""
    lines = wrap(notes, room)
    if not place:
        return lines
    if lines and cells(lines[-1]) + 2 + cells(place) <= room:
        return [*lines[:-1], f"{lines[-1]}  {place}"]
    return [*lines, *wrap_path(place, room)]


def _notes(change: Change) -> str:
    """What the head adds in grey: why, what runs in the background, and what it waits for."""
    needs = [printable(str(address)) for address in change.depends_on]
    named = ", ".join(needs[:_NAMED_NEEDS]) + (f" and {len(needs) - _NAMED_NEEDS} more" if needs[_NAMED_NEEDS:] else "")
    parts = [
        printable(change.deletion_strategy),
        "job" if change.job else "",
        printable(change.reason),
        f"after {named}" if needs else "",
    ]
    said = "; ".join(part for part in parts if part)
    return f"({said})" if said else ""


def _path(detail: Detail, diff: FieldDiff) -> str:
    return printable(diff.dotted if detail.path is diff.path else ".".join(map(str, detail.path)))


def _place(change: Change, diff: FieldDiff, detail: Detail) -> str:
    """Return where a value comes from that the manifest itself does not state; a list comes from where it stands.

    What goes from a map goes because the map, wherever that stands, does not name it.
    """
    is_gone = isinstance(detail, Replaced) and detail.after is None
    keys = tuple(takewhile(lambda key: isinstance(key, str), detail.path))
    return elsewhere_text(change, diff.path if is_gone else keys)


def _rows(
    detail: Detail, path: str, mark: str, place: str, column: int, width: int, *, is_create: bool
) -> Iterator[Line]:
    """Yield the lines of one difference; `mark` and `place` stand after the first, where those have room."""
    is_long = cells(path) > column
    if is_long:
        yield line(_INDENT, cut(path, width - len(_INDENT)))
    label = f"{_INDENT}{pad('' if is_long else path, column)}  "
    said = f"  ({mark})" if mark else ""
    rows = _texts(detail, width - cells(label) - cells(said), is_create)
    first = next(rows, BLANK)
    if place:
        whole = f"  ({mark}; {place})" if mark else f"  ({place})"
        if cells(label) + sum(cells(span.text) for span in first) + cells(whole) <= width:
            said, place = whole, ""
    yield line(label, *first, Span(said, Tone.QUIET)) if said else line(label, *first)
    for row in rows:
        yield line(" " * cells(label), *row)
    if place:
        text = f"({place})"
        indent = cells(label) if cells(label) + cells(text) <= width else len(_INDENT) + 2
        yield from (line(" " * indent, Span(part, Tone.QUIET)) for part in wrap_path(text, width - indent))


def _texts(detail: Detail, room: int, is_create: bool) -> Iterator[Line]:
    match detail:
        case Members():
            return _members(detail, room, is_create)
        case Replaced():
            return _replaced(detail, room, is_create)
        case Secret(words=words):
            return (line(text) for text in wrap(printable(words), room))


def _members(detail: Members, room: int, is_create: bool) -> Iterator[Line]:
    if is_create:
        yield from (line(text) for text in _listed(detail.gained, room))
        return
    for sign, tone, items in (("+", Tone.CREATE, detail.gained), ("-", Tone.DELETE, detail.lost)):
        for index, text in enumerate(_listed(items, room - 2)):
            yield line(Span(f"{' ' if index else sign} {text}", tone))


def _listed(items: Sequence[object], room: int) -> list[str]:
    return wrap_items((item_literal(item) for item in items), room)


def _replaced(detail: Replaced, room: int, is_create: bool) -> Iterator[Line]:
    if is_create:
        yield from (line(text) for text in _folded(literal(detail.after), room))
        return
    before, after = literal(detail.before), literal(detail.after)
    if _appears(detail.before, detail.after):
        yield from _signed("+", Tone.CREATE, after, room)
    elif _appears(detail.after, detail.before):
        yield from _signed("-", Tone.DELETE, before, room)
    elif cells(before) + cells(after) + 3 <= room:
        yield line(Span(before, Tone.DELETE), " → ", Span(after, Tone.CREATE))
    else:
        old, new = excerpts(before, after, room - 2)
        yield line(Span(f"- {old}", Tone.DELETE))
        yield line(Span(f"+ {new}", Tone.CREATE))


def _signed(sign: str, tone: Tone, text: str, room: int) -> Iterator[Line]:
    for index, part in enumerate(_folded(text, room - 2)):
        yield line(Span(f"{' ' if index else sign} {part}", tone))


def _folded(text: str, room: int) -> list[str]:
    """Break a value that is new as a whole; of a very long one the beginning has to do."""
    lines = [cut(part, room) for part in wrap(text, room)] if cells(text) > room else [text]
    return lines if len(lines) <= _LINES_A_VALUE else [*lines[: _LINES_A_VALUE - 1], ELLIPSIS]


def _appears(before: object, after: object) -> bool:
    """Say whether a whole list or mapping comes where nothing was."""
    return before is None and isinstance(after, (Mapping, list, tuple))
