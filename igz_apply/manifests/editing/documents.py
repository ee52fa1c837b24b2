"""One file with some of its documents edited or taken out, and proof that nothing else has changed."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from igz_apply.errors import InvalidInput
from igz_apply.manifests.documents import read_documents
from igz_apply.manifests.editing.rewriting import rewritten, same
from igz_apply.manifests.editing.splices import (
    Splice,
    comments_above,
    line_end,
    line_start,
    lines_between,
    next_line,
    spliced,
)
from igz_apply.manifests.editing.tree import CannotEdit
from igz_apply.manifests.file_text import JSON_PAIR, FileText, decode
from igz_apply.manifests.plain import Row
from igz_apply.model.addresses import Source
from igz_apply.model.edits import GONE, Edit, edited
from igz_apply.model.problems import Problem
from igz_apply.patterns import pattern

_BOM = "\ufeff"
_JOINED = 11  # characters fewer, of a pair of escapes that was read as one character
_MARK = "---"  # where a document begins
_WORD = pattern(r"[\w.@/-]+")


def edited_file(path: str, content: bytes, edits: Mapping[Source, Sequence[Edit]]) -> bytes | None:
    """Return what a file holds after the edits, by where their documents begin; None if no document is left.

    What has been read again is compared with what was to come out. Raises InvalidInput, with the place, where the text
    cannot be edited without touching anything else.
    """
    file = decode(path, content)
    if not isinstance(file, FileText):
        raise InvalidInput([file])
    rows = read_documents(file).rows
    wanted = [_wanted(row, edits.get(Source(path, row[0], row[1]), ())) for row in rows]
    left = [data for data in wanted if data is not GONE]
    if not left:
        return None
    try:
        splices = _splices(file, rows, wanted, is_json=path.endswith(".json"))
        after = respliced(file, content, splices).encode("utf-8")
    except CannotEdit as error:
        raise InvalidInput([_cannot(file.place(error.offset), error.why)]) from error
    read = decode(path, after)
    found = [row[4] for row in read_documents(read).rows] if isinstance(read, FileText) else []
    if not same(found, left):
        place = file.place(splices[0].start if splices else 0)
        raise InvalidInput([_cannot(place, "what is written here would change more than it should")])
    return after


def _wanted(row: Row, edits: Sequence[Edit]) -> Any:
    return edited(row[4], edits) if edits else row[4]


def _cannot(place: Source, why: str) -> Problem:
    hint = "Write this part more plainly, or edit it by hand. Nothing was written."
    return Problem("Cannot edit", f"The text here cannot be edited alone: {why}.", hint, source=place)


def _splices(file: FileText, rows: Sequence[Row], wanted: Sequence[Any], *, is_json: bool) -> Sequence[Splice]:
    text, floor, found = file.text, 0, list[Splice]()
    for index, (row, data) in enumerate(zip(rows, wanted, strict=True)):
        _, _, begin, end, was = row
        if data is GONE:
            found.append(_without(text, row, floor, is_last=index + 1 == len(rows)))
        else:
            is_first = 0 < len(found) == index  # all before it go
            if is_first and not text.startswith(_MARK, rows[0][2]) and not spliced(text[:begin], found).strip():
                found += _mark(text, begin)
            if data is not was:
                found += rewritten(text, begin, end, data, is_json=is_json)
        floor = end
    return found


def _without(text: str, row: Row, floor: int, *, is_last: bool) -> Splice:
    """Return the edit that takes a document out, with the comments that are about it.

    Directly above it are its own, unless they begin the file or stand above `---`: then they are from the line on that
    names it. Below it they are up to the last line that does.
    """
    _, _, begin, end, data = row
    names = _words(str(data["metadata"]["name"]))
    floor = floor if floor == line_start(text, floor) else next_line(text, floor)
    end = end if end == line_start(text, end) else next_line(text, end)
    above = comments_above(text, begin, floor)
    is_detached = above > floor and not text.startswith("---", begin)
    named = [at for at in lines_between(text, above, begin) if names & _words(text[at : line_end(text, at)])]
    begin = above if is_detached else min(named, default=begin)
    below = comments_above(text, end, begin)
    named = [at for at in lines_between(text, below, end) if names & _words(text[at : line_end(text, at)])]
    rest = next_line(text, named[-1]) if named else below
    if text[rest : rest + 1] == "#" and rest < end:
        is_apart = not text[line_start(text, max(rest - 1, 0)) : rest].strip()
        end = rest if is_apart or not is_last else end
    if is_last and end == len(text):
        while begin and not text[line_start(text, begin - 1) : begin].strip():
            begin = line_start(text, begin - 1)
    return Splice(begin, end, "")


def _mark(text: str, begin: int) -> Iterator[Splice]:
    """Yield what takes the mark of a document away that begins the file now, and did not before."""
    if text[begin : line_end(text, begin)].rstrip(" \t") == _MARK:
        end = next_line(text, begin)
        while end < len(text) and not text[end : line_end(text, end)].strip(" \t"):
            end = next_line(text, end)
        yield Splice(begin, end, "")


def _words(text: str) -> set[str]:
    return {word.casefold() for word in _WORD.findall(text)}


def respliced(file: FileText, content: bytes, splices: Sequence[Splice]) -> str:
    """Return what a file holds after edits of its text, which was read without its mark and with escapes joined."""
    raw = content.decode("utf-8")
    mark = _BOM if raw.startswith(_BOM) else ""
    raw = raw.removeprefix(_BOM)
    if raw != file.text:
        joins = [found.end() - _JOINED * (count + 1) for count, found in enumerate(JSON_PAIR.finditer(raw))]
        splices = [
            Splice(it.start + _JOINED * _passed(joins, it.start), it.end + _JOINED * _passed(joins, it.end), it.text)
            for it in splices
        ]
    return mark + spliced(raw, splices)


def _passed(joins: Sequence[int], offset: int) -> int:
    """Return how many joined characters end at or before an offset."""
    return bisect_left(joins, offset + 1)
