"""Manifests from files, folders and standard input."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import RawIOBase
from typing import BinaryIO

from igz_apply.manifests.documents import FileReading, Row, read_documents
from igz_apply.manifests.file_search import Found, find, unreadable
from igz_apply.manifests.file_text import MOST_BYTES, FileText, decode
from igz_apply.manifests.sharing import Shared
from igz_apply.model.addresses import STDIN
from igz_apply.model.problems import Problem, in_order
from igz_apply.model.resources import Document

_PARTS = 64  # in which the files are shared out
_PIECE_BYTES = 64 * 1024
_MANY_FILES = 300
_MANY_BYTES = 256 * 1024  # read in some 50 ms; less is not worth a child


@dataclass(frozen=True, slots=True)
class Reading:
    """All documents, by file and place whatever the order of the paths, and what was wrong on the way."""

    documents: tuple[Document, ...]
    problems: tuple[Problem, ...]
    files: int  # how many were read; standard input counts as one


def read(paths: Sequence[str], *, ignore: Sequence[str] = (), stdin: BinaryIO | None = None) -> Reading:
    """Read every manifest that `paths` lead to: files, folders with all that is below them, and `-` for `stdin`.

    Nothing is raised for what is wrong with the input: it comes back as problems.
    """
    with begin(paths, ignore=ignore, stdin=stdin) as reading:
        return reading.finish()


class Begun:
    """Manifests that are being read."""

    def __init__(self, found: Found, parts: Sequence[Sequence[str]], shared: Shared | None, stdin: BinaryIO | None):
        self._found = found
        self._parts = parts
        self._shared = shared
        self._stdin = stdin

    def finish(self) -> Reading:
        """Read what nobody has read yet, and return everything."""
        readings = [reading for part in self._read_parts() for reading in part]
        if self._stdin is not None:
            readings.append(read_bytes(STDIN, self._stdin.read(MOST_BYTES + 1)))
        problems = [*self._found.problems, *(problem for reading in readings for problem in reading.problems)]
        return Reading(
            documents=tuple(document for reading in readings for document in reading.documents),
            problems=in_order(problems),
            files=len(readings),
        )

    def _read_parts(self) -> Iterator[list[FileReading]]:
        """Yield what the parts hold, in order."""
        if self._shared is None:
            yield from (_read_part(part) for part in self._parts)
            return
        ours = {index: _read_part(self._parts[index]) for index in self._shared.take()}
        theirs = self._shared.results()
        for index, part in enumerate(self._parts):
            if index in ours:
                yield ours[index]
            else:
                answers = theirs.get(index) or [None] * len(part)
                yield [_unpacked(path, answer) for path, answer in zip(part, answers, strict=True)]


@contextmanager
def begin(paths: Sequence[str], *, ignore: Sequence[str] = (), stdin: BinaryIO | None = None) -> Iterator[Begun]:
    """Begin to read, in child processes where there is much to read, while the caller does something else.

    Children can be had only as long as the caller has not started any thread.
    """
    found = find(paths, ignore)
    taken = stdin if "-" in paths else None
    if not _is_much(found.files):
        yield Begun(found, [found.files], None, taken)
        return
    size = -(-len(found.files) // _PARTS)
    parts = [found.files[start : start + size] for start in range(0, len(found.files), size)]
    with Shared(lambda index: list(map(_packed, _read_part(parts[index]))), len(parts)) as shared:
        yield Begun(found, parts, shared, taken)


def _is_much(files: Sequence[str]) -> bool:
    return len(files) >= _MANY_FILES or (len(files) > 1 and sum(map(_size, files)) >= _MANY_BYTES)


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size  # noqa: PTH116 - a Path costs more than the call
    except OSError:  # reading it says so
        return 0


def _packed(reading: FileReading) -> tuple[str, Sequence[Row]] | None:
    """Return what a child has read, in types that can be handed over; None for a file with problems."""
    if reading.problems or reading.file is None:
        return None
    return reading.file.text, reading.rows


def _unpacked(path: str, answer: tuple[str, Sequence[Row]] | None) -> FileReading:
    """Return what a child has read; what it did not, or found problems in, is read here."""
    if answer is None:
        return read_file(path)
    text, rows = answer
    return FileReading(FileText(path, text), rows)


def _read_part(files: Sequence[str]) -> list[FileReading]:
    return [read_file(path) for path in files]


def read_file(path: str) -> FileReading:
    """Read one file."""
    try:
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - a Path costs as much as the call
            content = b"".join(_pieces(file))
    except OSError as error:
        return FileReading(problems=(unreadable(path, error),))
    return read_bytes(path, content)


def _pieces(file: RawIOBase) -> Iterator[bytes]:
    """Yield what the file holds, up to a little more than we take: to ask for all at once is to make room for it."""
    taken = 0
    while taken <= MOST_BYTES and (piece := file.read(_PIECE_BYTES)):
        taken += len(piece)
        yield piece


def read_bytes(path: str, data: bytes) -> FileReading:
    """Read what a file of the name `path` holds."""
    text = decode(path, data)
    return read_documents(text) if isinstance(text, FileText) else FileReading(problems=(text,))
