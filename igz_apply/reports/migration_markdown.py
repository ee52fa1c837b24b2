"""The report of a move as Markdown: what has to be decided, whole if it can be, and of everything else what has room.

What is long is begun in the open, and told whole below, at a click. Hosting services limit a comment's length: what has
to be decided gets its room first, evenly, so that a short part is never cut since another one is long. Whatever is cut
says how many it leaves out, and of what is lost or given that stands at the top too. All that comes from people stands
in code spans and fences, where it is text and nothing else; hints are words of ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from igz_apply.model.migration import Migration
from igz_apply.model.problems import errors_of
from igz_apply.planning.migration_account import problems_beside
from igz_apply.reports.comment_layout import MAX_LENGTH, code, fitting, folded, listed
from igz_apply.reports.comment_sections import problem_lines
from igz_apply.values import dataclass
from igz_apply.wording.counting import counted
from igz_apply.wording.migration_parts import Part, Told, decisions, details, equal_part, stated
from igz_apply.wording.migration_words import (
    OBJECT_HEADS,
    STANDING_HEADS,
    access_text,
    counts_text,
    object_rows,
    standing_rows,
    stated_text,
    title_text,
    verdict_text,
)

_WIDE = 110  # characters of a line, after which names go on below
_FRAME = 350  # characters that a part takes whatever of it is shown
_HEAD = 500  # characters of what people called both ends
_LOUD = 120  # characters of what is said at the top of a part that was cut
_SENTENCES = 6  # of a part that has to be decided, in the open
_NAMES = 2  # lines of names of each of these
_WORDS = 400  # characters of each of these

_Row = tuple[str, int]
"""A line, and for how many it stands."""


@dataclass(frozen=True, slots=True)
class _Block:
    """A part, laid out: its lines, each with what it stands for."""

    title: str
    rows: tuple[_Row, ...]
    hint: str = ""  # as Markdown

    @property
    def need(self) -> int:
        """Return the characters that it takes whole."""
        return _FRAME + len(self.hint) + sum(len(text) + 1 for text, _ in self.rows)

    def fitting(self, room: int) -> tuple[Sequence[str], int]:
        """Return the lines for which there is room, and how many the others stand for."""
        kept = fitting([text for text, _ in self.rows], room - _FRAME - len(self.hint), 1)
        return kept, sum(many for _, many in self.rows[len(kept) :])


def migration_markdown(migration: Migration) -> bytes:
    """Return the report, of at most MAX_LENGTH characters; the same move gives the same text."""
    head = _head(migration)
    tables = "\n\n".join(
        (_table(OBJECT_HEADS, object_rows(migration)), _table(STANDING_HEADS, standing_rows(migration)))
    )
    errors, warnings = _problems(migration)
    parts = (*decisions(migration), *stated(migration))
    open_ones = [*errors, *map(_begun, parts)]
    whole = [block for part in parts if _begun(part) != (block := _block(part))]
    equal = equal_part(migration)
    others = [*warnings, *map(_block, (*details(migration), *((equal,) if equal is not None else ())))]
    room = MAX_LENGTH - len(head) - len(tables) - _FRAME - _LOUD * (len(open_ones) + len(whole))
    told, missing = _told(open_ones, room - _FRAME * (len(others) + len(whole)), _listed)
    room -= sum(len(text) + 2 for text in told)
    in_full, cut = _told(
        [replace(it, title=f"In full: {it.title}") for it in whole], room - _FRAME * len(others), _folded
    )
    room -= sum(len(text) + 2 for text in in_full)
    rest = [_folded(block, share) for block, share in _shares(others, room)]
    body = "\n\n".join(text for text in (head, _loud([*missing, *cut]), *told, tables, *in_full, *rest) if text)
    return f"{body}\n".encode("utf-8", "backslashreplace")


def _head(migration: Migration) -> str:
    lines = [
        "<!-- igz-apply migrate -->",
        f"### igz-apply: {verdict_text(migration)}",
        code(title_text(migration)[:_HEAD]),
        *(f"**{text}**" for text in (stated_text(migration),) if text),
        counts_text(migration),
        access_text(migration),
    ]
    return "\n\n".join(lines)


def _loud(missing: Sequence[tuple[str, int]]) -> str:
    """Say at the very top what of the gravest has no room."""
    if not missing:
        return ""
    lines = [f"> {title}: **{many:,} have no room here**" for title, many in missing]
    return "\n>\n".join(["> [!CAUTION]\n> **This is cut: see another report.**", *lines])


def _problems(migration: Migration) -> tuple[Sequence[_Block], Sequence[_Block]]:
    """Return the errors and the warnings, each as one block or none."""
    errors = errors_of(migration.problems)
    warnings = [each for each in problems_beside(migration) if each.severity != "error"]
    found = ((counted(len(errors), "error"), errors), (counted(len(warnings), "warning"), warnings))
    first, second = (
        [_Block(title, tuple(("\n".join(problem_lines(each)), 1) for each in these))] if these else []
        for title, these in found
    )
    return first, second


def _told(
    blocks: Sequence[_Block], room: int, form: Callable[[_Block, int], str]
) -> tuple[Sequence[str], Sequence[tuple[str, int]]]:
    """Return blocks in a form, and what of each has no room."""
    told, missing = [], []
    for block, share in _shares(blocks, room):
        told.append(form(block, share))
        _, left = block.fitting(share)
        missing += [(block.title, left)] if left else []
    return told, missing


def _listed(block: _Block, room: int) -> str:
    kept, left = block.fitting(room)
    text = listed(f"**{block.title}**", [*kept, *_cut(left)], room + len(block.title) + _FRAME)
    return f"{text}\n\n{block.hint}" if block.hint else text


def _folded(block: _Block, room: int) -> str:
    kept, left = block.fitting(room)
    return folded(block.title, [*kept, *_cut(left)], room + len(block.title) + _FRAME)


def _cut(left: int) -> Iterator[str]:
    if left:
        yield f"… and {left:,} more, for which there is no room here; see the other reports"


def _shares(blocks: Sequence[_Block], room: int) -> Iterator[tuple[_Block, int]]:
    """Yield the blocks in their order, each with its room: the short ones whole, the long ones as much as is left."""
    shares: dict[int, int] = {}
    for left, index in enumerate(sorted(range(len(blocks)), key=lambda index: blocks[index].need)):
        shares[index] = min(blocks[index].need, max(0, room) // (len(blocks) - left))
        room -= shares[index]
    return ((block, shares[index]) for index, block in enumerate(blocks))


def _begun(part: Part) -> _Block:
    """Return what is shown of a part in the open: the same as the whole where that is short."""
    rows: list[_Row] = []
    for told in part.told[:_SENTENCES]:
        kept = _rows(told)
        names = [many for text, many in kept if text.startswith(_INDENT)]
        if len(names) > _NAMES:
            kept = kept[: len(kept) - len(names) + _NAMES]
            kept += [(f"{_INDENT}and {sum(names[_NAMES:]) // told.each:,} more, below", sum(names[_NAMES:]))]
        rows += [(text if len(text) <= _WORDS else f"{text[:_WORDS]}… (whole below)", many) for text, many in kept]
    if left := part.told[_SENTENCES:]:
        count = sum(each.count for each in left)
        rows.append((f"and {count:,} more, below", count))
    return replace(_block(part), rows=tuple(rows))


def _block(part: Part) -> _Block:
    rows = tuple(row for told in part.told for row in _rows(told))
    return _Block(part.title, rows, f"Next: {part.hint}" if part.hint else "")


_INDENT = "    "


def _rows(told: Told) -> list[_Row]:
    """Return a sentence with its names, as many lines as they need."""
    line = f"{told.head}: {', '.join(told.names)}" if told.names else told.head
    if not told.names or len(line) <= _WIDE:
        return [(line, told.count)]
    rows = [(f"{told.head} ({len(told.names):,}):", 0)]
    rows += [(f"{_INDENT}{', '.join(names)}", len(names) * told.each) for names in _lines_of(told.names)]
    return rows


def _lines_of(names: Iterable[str]) -> Iterator[Sequence[str]]:
    """Yield the names that stand on one line."""
    line: list[str] = []
    for name in names:
        if line and sum(map(len, line)) + 2 * len(line) + len(name) > _WIDE:
            yield line
            line = []
        line.append(name)
    yield line


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(heads)} |", f"|---|{'---:|' * (len(heads) - 1)}"]
    lines += [f"| {' | '.join((code(row[0].replace('|', _BAR)), *row[1:]))} |" for row in rows]
    return "\n".join(lines)


_BAR = "\\|"
