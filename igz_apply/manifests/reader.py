"""Manifests from files, folders and standard input."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import RawIOBase
from typing import BinaryIO

from igz_apply.manifests.documents import FileReading, read_documents
from igz_apply.manifests.file_search import Found, find, unreadable
from igz_apply.manifests.file_text import MOST_BYTES, FileText, decode
from igz_apply.manifests.plain import PlainReader
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
    """Manifests that have been found, and are to be read."""

    def __init__(self, found: Found, stdin: BinaryIO | None):
        self._found = found
        self._stdin = stdin

    def finish(self) -> Reading:
        """Read everything, and return it."""
        plain = PlainReader()
        readings = [read_file(path, plain) for path in self._found.files]
        if self._stdin is not None:
            readings.append(read_bytes(STDIN, self._stdin.read(MOST_BYTES + 1), plain))
        problems = [*self._found.problems, *(problem for reading in readings for problem in reading.problems)]
        return Reading(
            documents=tuple(document for reading in readings for document in reading.documents),
            problems=in_order(problems),
            files=len(readings),
        )


@contextmanager
def begin(paths: Sequence[str], *, ignore: Sequence[str] = (), stdin: BinaryIO | None = None) -> Iterator[Begun]:
    yield Begun(find(paths, ignore), stdin if "-" in paths else None)


def read_file(path: str, plain: PlainReader | None = None) -> FileReading:
    """Read one file."""
    try:
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - a Path costs as much as the call
            content = b"".join(_pieces(file))
    except OSError as error:
        return FileReading(problems=(unreadable(path, error),))
    return read_bytes(path, content, plain)


def _pieces(file: RawIOBase) -> Iterator[bytes]:
    """Yield what the file holds, up to a little more than we take: to ask for all at once is to make room for it."""
    taken = 0
    while taken <= MOST_BYTES and (piece := file.read(_PIECE_BYTES)):
        taken += len(piece)
        yield piece


def read_bytes(path: str, data: bytes, plain: PlainReader | None = None) -> FileReading:
    """Read what a file of the name `path` holds."""
    text = decode(path, data)
    return read_documents(text, plain) if isinstance(text, FileText) else FileReading(problems=(text,))
