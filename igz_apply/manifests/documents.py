"""The documents of one file: found in one fast pass, read again with care where something is irregular."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import yaml
from yaml._yaml import CParser
from yaml.events import CollectionEndEvent, CollectionStartEvent, DocumentEndEvent, DocumentStartEvent
from yaml.reader import ReaderError

from igz_apply.manifests.construct import MOST_NESTED, Irregular, TooDeep, construct
from igz_apply.manifests.file_text import FileText, forbidden_character
from igz_apply.manifests.marked import Node, read_marked
from igz_apply.manifests.yaml_faults import broken_yaml
from igz_apply.model.addresses import STDIN, Source
from igz_apply.model.problems import Problem
from igz_apply.model.resources import Document, Path

MOST_CHARACTERS = 1024 * 1024  # of one document, about what Kubernetes allows an object
_MOST_BREAKS = 20  # after so many broken documents the rest of a file is left alone
_TAG_DIRECTIVE = re.compile(r"^%TAG\b", re.MULTILINE)
_NEXT_DOCUMENT = re.compile(r"^---(?=\s|$)", re.MULTILINE)
_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TOO_DEEP_TO_SCAN = "exceeded maximum nesting depth"  # libyaml 0.2.6 and later, looking ahead of what it has told
_YAML_LINE_ENDS = ("\x85", "\u2028", "\u2029")  # line ends to YAML, not to editors


Row = tuple[int, int, int, int, Any]
"""One document as it was read: line and column of its data, where it begins and ends in the file's text, its data."""


@dataclass(frozen=True, slots=True)
class FileReading:
    """What one file holds."""

    file: FileText | None = None  # None: it is no text
    rows: Sequence[Row] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def documents(self) -> tuple[Document, ...]:
        """The documents, which know where their values stand."""
        file = self.file
        if file is None:
            return ()
        return tuple(
            Document(Source(file.path, line, column), data, TextPositions(file, begin, end))
            for line, column, begin, end, data in self.rows
        )


class TextPositions:
    """The places of one document's values, found by reading that document again when first asked."""

    __slots__ = ("_end", "_file", "_root", "_start")

    def __init__(self, file: FileText, start: int, end: int) -> None:
        self._file = file
        self._start = start
        self._end = end
        self._root: Node | None = None

    def value(self, path: Path) -> Source:
        """Return where the value at `path` begins, or its nearest present ancestor."""
        node = self._tree()
        for part in path:
            if part not in node.children:
                break
            node = node.children[part][1]
        return self._file.place(node.offset)

    def key(self, path: Path) -> Source:
        """Return where the key that ends `path` begins; for a list item, the item itself."""
        node = self._tree()
        offset = node.offset
        for part in path:
            if part not in node.children:
                break
            offset, node = node.children[part]
        return self._file.place(offset)

    def text(self, path: Path) -> str:
        """Return the scalar at `path` as it was written, without quotes; "" where there is none."""
        node = self._tree()
        for part in path:
            if part not in node.children:
                return ""
            node = node.children[part][1]
        return node.text

    def _tree(self) -> Node:
        if self._root is None:
            self._root = read_marked(self._file, self._start, self._end).root or Node(self._start, None)
        return self._root


def read_documents(file: FileText) -> FileReading:
    """Return the documents of a file and what is wrong with it as YAML; empty documents are left out.

    After a broken document, reading goes on at the next `---` line, so that one run finds all problems.
    """
    # libyaml takes time by the square of their number.
    if "%TAG" in file.text and (found := _TAG_DIRECTIVE.search(file.text)):
        detail, hint = "%TAG defines tags, which manifests do not have.", "Remove the line."
        return FileReading(file, (), (Problem("Tag not allowed", detail, hint, source=file.place(found.start())),))
    reader = _Reader(file)
    start: int | None = 0
    breaks = 0
    while start is not None and breaks < _MOST_BREAKS:
        start = reader.read_from(start)
        breaks += 1
    if start is not None:
        reader.give_up(start)
    if not reader.rows and not reader.problems:
        reader.problems.append(_empty(file.path))
    return FileReading(file, reader.rows, tuple(reader.problems))


def _empty(path: str) -> Problem:
    hint = "Write a manifest into it, remove it, or list it under `ignore` in igz-apply.yaml."
    if path == STDIN:
        hint = "See what the command before the | prints: an empty pipe does not say that nothing is declared."
    return Problem("Empty file", f"{path} holds no document.", hint, source=Source(path, 1, 1))


class _Reader:
    """Collects the documents and the problems of one file."""

    def __init__(self, file: FileText) -> None:
        self._file = file
        self._marks_count_lines = not any(end in file.text for end in _YAML_LINE_ENDS)
        self.rows: list[Row] = []
        self.problems: list[Problem] = []

    def read_from(self, start: int) -> int | None:
        """Read from `start` to the end; return where to go on after something broken, None when all is read."""
        text = self._file.text
        begin = start
        try:
            next_event: Callable[[], Any] = CParser(text[start:] if start else text).get_event
            next_event()  # the stream begins
            while type(event := next_event()) is DocumentStartEvent:
                mark: Any = event.start_mark
                begin = start + mark.index - mark.column  # the line's start: without its indent it reads differently
                if self._is_too_large(begin):
                    self._add_too_large(begin)
                    return self._next_document(begin + 1)
                self._document(begin, start, next_event)
        except TooDeep:
            goes_on = self._next_document(begin + 1)
            self._add_irregular(begin, len(text) if goes_on is None else goes_on)
            return goes_on
        except ReaderError:
            self._add_forbidden(start)
        except yaml.MarkedYAMLError as error:
            broken = error.problem_mark
            if error.problem != _TOO_DEEP_TO_SCAN or broken is None:
                self.problems.append(broken_yaml(error, self._file, start))
            elif (marked := read_marked(self._file, begin, start + broken.index)).problems:
                self.problems.extend(marked.problems)
                return self._next_document(begin + 1)
            else:  # it lies in a document that had not begun yet
                self.problems.append(broken_yaml(error, self._file, start))
            return self._next_document(start + max(1, broken.index if broken else 0))
        return None

    def give_up(self, start: int) -> None:
        """Say that what begins at `start` is left unread."""
        detail = f"More than {_MOST_BREAKS} documents of this file are broken; nothing from here on was read."
        self.problems.append(
            Problem("Given up", detail, "Correct the ones above first.", source=self._file.place(start))
        )

    def _document(self, begin: int, base: int, next_event: Callable[[], Any]) -> None:
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
        if base or not self._marks_count_lines:
            place = self._file.place(base + mark.index)
            self.rows.append((place.line, place.column, begin, end, data))
        else:
            self.rows.append((mark.line + 1, mark.column + 1, begin, end, data))

    def _add_irregular(self, begin: int, end: int) -> None:
        marked = read_marked(self._file, begin, end)
        self.problems.extend(marked.problems)
        if marked.root is not None and marked.root.data is not None:
            place = self._file.place(marked.root.offset)
            self.rows.append((place.line, place.column, begin, end, marked.root.data))

    def _is_too_large(self, begin: int) -> bool:
        """Say whether the document at `begin` is too large, before the time is spent to build it."""
        text = self._file.text
        if len(text) - begin <= MOST_CHARACTERS:
            return False
        return text.find("\n---", begin + 1, begin + MOST_CHARACTERS) < 0

    def _add_too_large(self, begin: int) -> None:
        detail = f"This document has more than {MOST_CHARACTERS:,} characters."
        hint = "Manifests are small: check that this is one."
        self.problems.append(Problem("Document too large", detail, hint, source=self._file.place(begin)))

    def _add_forbidden(self, start: int) -> None:
        found = _FORBIDDEN.search(self._file.text, start)
        self.problems.append(forbidden_character(self._file, found.start() if found else start))

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
