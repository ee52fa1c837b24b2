"""Manifests from files, folders and standard input."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from igz_apply.core.problems import Problem, in_order
from igz_apply.core.resources import Document
from igz_apply.manifests.documents import FileReading, read_documents
from igz_apply.manifests.files import find, unreadable
from igz_apply.manifests.filetext import MOST_BYTES, FileText, decode

STDIN = "<stdin>"


@dataclass(frozen=True, slots=True)
class Reading:
    """All documents, by file and place whatever the order of the paths, and what was wrong on the way."""

    documents: tuple[Document, ...]
    problems: tuple[Problem, ...]
    files: int  # how many were read, standard input included


def read(paths: Sequence[str], *, ignore: Sequence[str] = (), stdin: BinaryIO | None = None) -> Reading:
    """Read every manifest that `paths` lead to: files, folders with all that is below them, and `-` for `stdin`.

    Nothing is raised for what is wrong with the input: it comes back as problems.
    """
    found = find(paths, ignore)
    readings = [read_file(path) for path in found.files]
    if "-" in paths and stdin is not None:
        readings.append(read_bytes(STDIN, stdin.read(MOST_BYTES + 1)))
    return Reading(
        documents=tuple(document for reading in readings for document in reading.documents),
        problems=in_order([*found.problems, *(problem for reading in readings for problem in reading.problems)]),
        files=len(readings),
    )


def read_file(path: str) -> FileReading:
    """Read one file."""
    try:
        with Path(path).open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        return FileReading(problems=(unreadable(path, error),))
    return read_bytes(path, data)


def read_bytes(path: str, data: bytes) -> FileReading:
    """Read what a file of the name `path` holds."""
    text = decode(path, data)
    return read_documents(text) if isinstance(text, FileText) else FileReading(problems=(text,))
