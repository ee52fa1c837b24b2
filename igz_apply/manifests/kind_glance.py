"""A glance at manifests before they are read: which kinds they speak of, so that a cluster can be asked meanwhile.

It may be wrong, as it knows neither YAML nor what a folder leaves out: whoever goes by it looks again once all is read.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from itertools import islice
from pathlib import Path

from igz_apply.manifests.file_text import MOST_BYTES
from igz_apply.manifests.path_problems import SUFFIXES
from igz_apply.patterns import pattern

_KIND = pattern(rb"""\bkind["']?\s*:\s*["']?([A-Za-z]+)""")
_MOST_FILES = 200  # what these do not speak of is seldom spoken of at all, and to look costs as much as to read


def kinds_glanced(
    paths: Sequence[str], ignore: Sequence[str], is_enough: Callable[[frozenset[str]], bool]
) -> frozenset[str] | None:
    """Return what stands after `kind:` in the first files, as soon as it `is_enough`; None where that cannot be told.

    Files of all folders are looked at in turn, since one folder often holds one kind.
    """
    if not all(Path(path).is_dir() or Path(path).is_file() for path in paths):
        return None  # standard input, or a pipe, can be read once only
    try:
        return _glanced(islice(_in_turn(paths, ignore), _MOST_FILES), is_enough)
    except OSError:  # the reading says what is wrong, if it is to be read at all
        return None


def _glanced(files: Iterable[str], is_enough: Callable[[frozenset[str]], bool]) -> frozenset[str]:
    found: frozenset[str] = frozenset()
    for file in files:
        with open(file, "rb") as stream:  # noqa: PTH123 - hundreds of files
            text = stream.read(MOST_BYTES)
        for match in _KIND.finditer(text):
            name = match[1].decode("ascii")
            if name not in found:
                found |= {name}
                if is_enough(found):
                    return found
    return found


def _in_turn(paths: Sequence[str], ignore: Sequence[str]) -> Iterator[str]:
    """Yield the files that are named and those of folders, one of each folder after the other."""
    folders: deque[Iterator[os.DirEntry[str]]] = deque()
    for path in paths:
        if Path(path).is_dir():
            folders.append(os.scandir(path))
        else:
            yield path
    while folders:
        entries = folders.popleft()
        for entry in entries:
            if any(fnmatchcase(entry.name, text) for text in ignore):
                continue
            if entry.is_dir(follow_symlinks=False):
                folders.append(os.scandir(entry.path))
            elif entry.name.lower().endswith(SUFFIXES) and entry.is_file():
                yield entry.path
                folders.append(entries)
                break
