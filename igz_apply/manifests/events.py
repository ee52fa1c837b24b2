"""The documents of one file from libyaml's events; read again with care where something is irregular."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import yaml
from yaml._yaml import CParser
from yaml.events import CollectionEndEvent, CollectionStartEvent, DocumentEndEvent, DocumentStartEvent
from yaml.reader import ReaderError

from igz_apply.manifests.construct import MOST_NESTED, Irregular, TooDeep, construct
from igz_apply.manifests.file_text import FileText, forbidden, forbidden_character
from igz_apply.manifests.marked import read_marked
from igz_apply.manifests.plain import PlainReader, Row
from igz_apply.manifests.yaml_faults import broken_yaml
from igz_apply.model.problems import Problem
from igz_apply.patterns import pattern

MOST_CHARACTERS = 1024 * 1024  # of one document, about what Kubernetes allows an object
_MOST_BREAKS = 20  # after so many broken documents the rest of a file is left alone
_LONGEST_RUN = 32  # documents that are read without a look at whether they are plain
_NEXT_DOCUMENT = pattern(r"^---(?=\s|$)", re.MULTILINE)
_TOO_DEEP_TO_SCAN = "exceeded maximum nesting depth"  # libyaml 0.2.6 and later, looking ahead of what it has told
_YAML_LINE_ENDS = ("\x85", "\u2028", "\u2029")  # line ends to YAML, not to editors
_ENDS_INDICATOR = (" ", "\t", "\n", *_YAML_LINE_ENDS)


class _TooLarge(Exception):
    """The document was not read."""


class EventReader:
    """Collects the documents and the problems of one file."""

    def __init__(self, file: FileText, rows: list[Row], plain: PlainReader | None) -> None:
        """`plain` reads on after a document that could be read; None if it must not read this file."""
        self._file = file
        self._plain = plain
        self._marks_count_lines = not any(end in file.text for end in _YAML_LINE_ENDS)
        self._rows = rows
        self._begin = 0  # of the document that is being read
        self._problems: list[Problem] = []

    def read_on(self, start: int, line: int) -> Sequence[Problem]:
        """Read from `start`, in `line`, to the end; return what is wrong."""
        text = self._file.text
        breaks, run = 0, 1
        while True:
            end = self._read_some(start, line, run) if self._plain is not None else None
            if end is None:
                end = self._read_from(start)
                breaks += 1
                if end is None or breaks == _MOST_BREAKS:
                    break
            line += text.count("\n", start, end)
            stopped = self._plainly(end, line)
            if stopped is None:
                return self._problems
            run = min(2 * run, _LONGEST_RUN) if stopped[0] == end else 1  # where nothing is plain, no time is lost
            start, line = stopped
        if end is not None:
            self._give_up(end)
        return self._problems

    def _plainly(self, start: int, line: int) -> tuple[int, int] | None:
        """Read on as far as all is plain; return where and in which line it is not, None at the end."""
        if start >= len(self._file.text):
            return None
        return self._plain.read(self._file.text, start, line, self._rows) if self._plain is not None else (start, line)

    def _read_some(self, start: int, line: int, documents: int) -> int | None:
        """Read so many documents from `start`, in `line`; return where the line begins that begins the next one.

        None when something is broken or too large: then nothing is taken from there, and `_read_from` says what it is.
        """
        end = start
        for _ in range(documents):
            following = self._next_indicator(end)
            if following - start > MOST_CHARACTERS - len("\n---"):
                break
            end = following
        if end == start:
            return None
        rows, problems = len(self._rows), len(self._problems)
        try:
            self._read(start, end, line)
        except (TooDeep, yaml.YAMLError):
            del self._rows[rows:]
            del self._problems[problems:]
            return None
        return end

    def _read_from(self, start: int) -> int | None:
        """Read from `start` to the end; return where to go on after something broken, None when all is read."""
        text = self._file.text
        self._begin = start
        try:
            self._read(start, len(text), None if start else 1)
        except _TooLarge:
            self._add_too_large(self._begin)
            return self._next_document(self._begin + 1)
        except TooDeep:
            goes_on = self._next_document(self._begin + 1)
            self._add_irregular(self._begin, len(text) if goes_on is None else goes_on)
            return goes_on
        except ReaderError:
            self._add_forbidden(start)
        except yaml.MarkedYAMLError as error:
            return self._after(error, start)
        return None

    def _after(self, error: yaml.MarkedYAMLError, start: int) -> int | None:
        """Say what is broken in what was read from `start`; return where to go on."""
        broken = error.problem_mark
        if error.problem == _TOO_DEEP_TO_SCAN and broken is not None:
            marked = read_marked(self._file, self._begin, start + broken.index)
            if marked.problems:
                self._problems.extend(marked.problems)
                return self._next_document(self._begin + 1)
        # else it lies in a document that had not begun yet
        self._problems.append(broken_yaml(error, self._file, start))
        return self._next_document(start + max(1, broken.index if broken else 0))

    def _give_up(self, start: int) -> None:
        """Say that what begins at `start` is left unread."""
        detail = f"More than {_MOST_BREAKS} documents of this file are broken; nothing from here on was read."
        self._problems.append(
            Problem("Given up", detail, "Correct the ones above first.", source=self._file.place(start))
        )

    def _read(self, start: int, end: int, line: int | None) -> None:
        """Add the documents that lie between two offsets; `line` is that of the first, None where it is not known.

        What it raises is about the document that begins at `_begin`.
        """
        text = self._file.text
        next_event: Callable[[], Any] = CParser(text[start:end] if end - start < len(text) else text).get_event
        next_event()  # the stream begins
        while type(event := next_event()) is DocumentStartEvent:
            mark: Any = event.start_mark
            begin = start + mark.index - mark.column  # the line's start: without its indent it reads differently
            self._begin = begin
            if self._is_too_large(begin):
                raise _TooLarge
            self._document(begin, start, line, next_event)

    def _document(self, begin: int, base: int, line: int | None, next_event: Callable[[], Any]) -> None:
        """Take one document's events, up to its end, and add what they hold."""
        root = next_event()
        try:
            data = construct(root, next_event)
            end_event = next_event()
        except TooDeep:
            raise
        except Irregular:
            mark: Any = _document_end(next_event).end_mark
            self._add_irregular(begin, base + mark.index)
            return
        if data is None:
            return
        end = base + end_event.end_mark.index
        mark = root.start_mark
        if line is None or not self._marks_count_lines:
            place = self._file.place(base + mark.index)
            self._rows.append((place.line, place.column, begin, end, data))
        else:
            self._rows.append((line + mark.line, mark.column + 1, begin, end, data))

    def _add_irregular(self, begin: int, end: int) -> None:
        marked = read_marked(self._file, begin, end)
        self._problems.extend(marked.problems)
        if marked.root is not None and marked.root.data is not None:
            place = self._file.place(marked.root.offset)
            self._rows.append((place.line, place.column, begin, end, marked.root.data))

    def _is_too_large(self, begin: int) -> bool:
        """Say whether the document at `begin` is too large, before the time is spent to build it."""
        text = self._file.text
        if len(text) - begin <= MOST_CHARACTERS:
            return False
        return text.find("\n---", begin + 1, begin + MOST_CHARACTERS) < 0

    def _add_too_large(self, begin: int) -> None:
        detail = f"This document has more than {MOST_CHARACTERS:,} characters."
        hint = "Manifests are small: check that this is one."
        self._problems.append(Problem("Document too large", detail, hint, source=self._file.place(begin)))

    def _add_forbidden(self, start: int) -> None:
        found = forbidden().search(self._file.text, start)
        self._problems.append(forbidden_character(self._file, found.start() if found else start))

    def _next_indicator(self, start: int) -> int:
        """Return where the next line begins that begins a document whatever comes before it; else the text's end."""
        text = self._file.text
        found = text.find("\n---", start)
        while found >= 0 and not text.startswith(_ENDS_INDICATOR, found + 4) and found + 4 < len(text):
            found = text.find("\n---", found + 1)
        return found + 1 if found >= 0 else len(text)

    def _next_document(self, offset: int) -> int | None:
        found = _NEXT_DOCUMENT.search(self._file.text, offset)
        return found.start() if found else None


def _document_end(next_event: Callable[[], Any]) -> Any:
    """Return the event that ends the document, past whatever is left of it. Raises TooDeep, as `construct` does."""
    depth = 0
    while type(event := next_event()) is not DocumentEndEvent:
        if isinstance(event, CollectionStartEvent):
            depth += 1
        elif isinstance(event, CollectionEndEvent):
            depth -= 1
        if depth > MOST_NESTED:
            raise TooDeep
    return event
