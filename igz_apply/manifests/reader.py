"""Manifests from files, folders and standard input."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, BinaryIO

from igz_apply.authoring.manifest_rules import FROM_VALUE, PROFILE
from igz_apply.manifests.documents import FileReading, read_documents
from igz_apply.manifests.file_search import HERE, find
from igz_apply.manifests.file_text import MOST_BYTES, FileText, decode
from igz_apply.manifests.path_problems import no_manifests, unreadable
from igz_apply.manifests.plain import PlainReader
from igz_apply.manifests.telling import AS_THEY_ARE, Telling
from igz_apply.model.addresses import STDIN
from igz_apply.model.problems import Problem, in_order
from igz_apply.model.remembering import ANEW, Remembering
from igz_apply.model.resources import Document
from igz_apply.values import dataclass

if TYPE_CHECKING:
    from igz_apply.manifests.known_files import KnownFiles

_PIECE_BYTES = 64 * 1024
_READ_ONLY = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOINHERIT", 0)


@dataclass(frozen=True, slots=True)
class Reading:
    """All documents, by file and place whatever the order of the paths, and what was wrong on the way."""

    documents: tuple[Document, ...]
    problems: tuple[Problem, ...]
    files: int  # how many were read; standard input counts as one
    defaults: tuple[Document, ...] = ()  # the documents of files of defaults, which are no manifests
    defaults_for: Mapping[str, tuple[Document, ...]] = field(default_factory=dict)  # file -> for it, outermost first
    suspects: frozenset[str] = frozenset()  # files whose text may hold references to values, or profiles


Contents = Mapping[str, bytes | None]
"""What files shall hold, by their real paths; None: the file shall be gone."""

_UNEDITED: Contents = MappingProxyType({})


def read(
    paths: Sequence[str],
    *,
    ignore: Sequence[str] = (),
    stdin: BinaryIO | None = None,
    tops: Sequence[str] = HERE,
    edited: Contents = _UNEDITED,
    known: KnownFiles | None = None,
    results: Remembering = ANEW,
    telling: Telling = AS_THEY_ARE,
) -> Reading:
    """Read every manifest that `paths` lead to: files, folders with all that is below them, and `-` for `stdin`.

    Nothing is raised for what is wrong with the input: it comes back as problems. Defaults
    are looked for below `tops`. What is `edited` is read as if it lay on the disk already. `known` are files that were
    read before, and `results` what was made of them; folders are looked through each time. What comes back names files
    as `telling` tells them.
    """
    found = find(paths, ignore, tops)
    plain = PlainReader() if known is None else known.plain
    readings = list(_read(found.files, plain, edited, known, telling).values())
    if stdin is not None and "-" in paths:
        readings.append(read_bytes(STDIN, stdin.read(MOST_BYTES + 1), plain))
    suspects = [it.file for it in readings if it.file is not None and (plain.is_suspect or not it.is_plain)]
    beside = _read(found.defaults, plain, edited, known, telling)
    problems = tuple(map(telling.problem, (*found.problems, *(_emptied(paths, ignore, edited) if edited else ()))))
    defaults_for = {telling.path(file): tuple(map(telling.path, chain)) for file, chain in found.defaults_for.items()}
    return results.once("reading", _reading, readings, beside, defaults_for, problems, suspects)


def _reading(
    readings: Sequence[FileReading],
    beside: Mapping[str, FileReading],
    defaults_for: Mapping[str, Sequence[str]],
    problems: Sequence[Problem],
    suspects: Sequence[FileText],
) -> Reading:
    """Put together what was read: manifests, the defaults beside them, and what stood in the way."""
    problems = [
        *problems,
        *(problem for reading in (*readings, *beside.values()) for problem in reading.problems),
    ]
    defaults = {path: reading.documents for path, reading in beside.items()}
    return Reading(
        documents=tuple(document for reading in readings for document in reading.documents),
        problems=in_order(problems),
        files=len(readings),
        defaults=tuple(document for documents in defaults.values() for document in documents),
        defaults_for=_by_file(defaults_for, defaults) if defaults else {},
        suspects=frozenset([file.path for file in suspects if _is_suspect(file.text)]),
    )


def _read(
    paths: Iterable[str], plain: PlainReader, edited: Contents, known: KnownFiles | None, telling: Telling
) -> dict[str, FileReading]:
    """Read the files, those that are `edited` as they shall be, and return them by what they are told as."""
    if not edited:
        return {telling.path(path): read_file(path, plain, known, telling) for path in paths}
    found: dict[str, FileReading] = {}
    for path in paths:
        real, name = os.path.realpath(path), telling.path(path)
        content = edited.get(real, b"")
        if real not in edited:
            found[name] = read_file(path, plain, telling=telling)
        elif content is not None:
            found[name] = read_bytes(name, content, plain)
    return found


def _emptied(paths: Sequence[str], ignore: Sequence[str], edited: Contents) -> Iterator[Problem]:
    """Find folders that hold manifests, and shall hold none."""
    for path in {os.path.normpath(path) for path in paths if Path(path).is_dir()}:
        if all(edited.get(os.path.realpath(file), b"") is None for file in find([path], ignore).files):
            yield no_manifests(path)


def _by_file(
    files: Mapping[str, Sequence[str]], defaults: Mapping[str, tuple[Document, ...]]
) -> Mapping[str, tuple[Document, ...]]:
    """Return the documents of the defaults for each file: the very same for all files of a folder."""
    chains = {
        chain: tuple(it for path in chain for it in defaults.get(path, ())) for chain in map(tuple, files.values())
    }
    return {file: chains[tuple(chain)] for file, chain in files.items()}


def _is_suspect(text: str) -> bool:
    """Say whether a file may hold what layers are about; with a backslash a word may be written otherwise."""
    return FROM_VALUE in text or PROFILE in text or "\\" in text


def read_file(
    path: str,
    plain: PlainReader | None = None,
    known: KnownFiles | None = None,
    telling: Telling = AS_THEY_ARE,
) -> FileReading:
    """Read one file; `plain` is given where there are others beside it, `known` where it may have been read before."""
    name = telling.path(path)
    try:
        content = _content(path)
    except OSError as error:
        return FileReading(problems=(unreadable(name, error),))
    return read_bytes(name, content, plain) if known is None else known.reading(name, content, read_bytes)


def _content(path: str) -> bytes:
    """Return what the file holds, up to a little more than we take: to ask for all at once is to make room for it."""
    file = os.open(path, _READ_ONLY)  # there may be thousands: a file object costs more than the rest
    try:
        content = os.read(file, _PIECE_BYTES)
        if not content:
            return content
        pieces = [content]
        taken = len(content)
        while taken <= MOST_BYTES and (content := os.read(file, _PIECE_BYTES)):
            taken += len(content)
            pieces.append(content)
    finally:
        os.close(file)
    return b"".join(pieces) if len(pieces) > 1 else pieces[0]


def read_bytes(path: str, data: bytes, plain: PlainReader | None = None) -> FileReading:
    """Read what a file of the name `path` holds."""
    text = decode(path, data)
    return read_documents(text, plain) if isinstance(text, FileText) else FileReading(problems=(text,))
