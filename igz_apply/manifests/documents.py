"""The documents of one file: read by the plain reader as far as they are plain, and with libyaml where they are not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from igz_apply.manifests.file_text import FileText, forbidden
from igz_apply.manifests.plain import PlainReader, Row
from igz_apply.model.addresses import STDIN, Source
from igz_apply.model.problems import Problem
from igz_apply.model.resources import Document, Path
from igz_apply.patterns import pattern
from igz_apply.values import dataclass

if TYPE_CHECKING:
    from igz_apply.manifests.marked import Node

_TAG_DIRECTIVE = pattern(r"^%TAG\b", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class FileReading:
    """What one file holds."""

    file: FileText | None = None  # None: it is no text
    rows: Sequence[Row] = ()
    problems: tuple[Problem, ...] = ()
    is_plain: bool = False  # the plain reader has read all of it

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

    def is_same_as(self, other: TextPositions) -> bool:
        """Say whether the other is about the same place in the same text of the same name."""
        one, another = ((it._file.path, it._start, it._end, it._file.text) for it in (self, other))
        return one == another

    def _tree(self) -> Node:
        from igz_apply.manifests.marked import Node, read_marked  # libyaml: not needed by most runs

        if self._root is None:
            self._root = read_marked(self._file, self._start, self._end).root or Node(self._start, None)
        return self._root


def read_documents(file: FileText, plain: PlainReader | None = None) -> FileReading:
    """Return the documents of a decoded file and what is wrong with it as YAML; empty documents are left out.

    After a broken document, reading goes on at the next `---` line, so that one run finds all problems.
    """
    # libyaml takes time by the square of their number.
    if "%TAG" in file.text and (found := _TAG_DIRECTIVE.search(file.text)):
        detail, hint = "%TAG defines tags, which manifests do not have.", "Remove the line."
        return FileReading(file, (), (Problem("Tag not allowed", detail, hint, source=file.place(found.start())),))
    rows: list[Row] = []
    reader = None if _is_odd(file.text) else plain or PlainReader()
    stopped = reader.read(file.text, 0, 1, rows) if reader is not None else (0, 1)
    problems = () if stopped is None else _read_on(file, rows, reader, stopped)
    if not rows and not problems:
        problems = [_empty(file.path)]
    return FileReading(file, rows, tuple(problems), stopped is None)


def _read_on(file: FileText, rows: list[Row], plain: PlainReader | None, stopped: tuple[int, int]) -> Sequence[Problem]:
    """Add the documents to `rows` that come after what was plain, and return what is wrong with the file."""
    from igz_apply.manifests.events import EventReader  # with all of libyaml, which most runs do without

    return EventReader(file, rows, plain).read_on(*stopped)


def _is_odd(text: str) -> bool:
    """Say whether a text holds what may change the meaning of what is far from it, to libyaml or to an editor."""
    return "\r" in text or not (text.isascii() or forbidden().search(text) is None)


def _empty(path: str) -> Problem:
    hint = "Write a manifest into it, remove it, or list it under `ignore` in igz-apply.yaml."
    if path == STDIN:
        hint = "See what the command before the | prints: an empty pipe does not say that nothing is declared."
    return Problem("Empty file", f"{path} holds no document.", hint, source=Source(path, 1, 1))
