"""The files of manifests as they were, to tell whether they are so still."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from igz_apply.manifests.config import Config
from igz_apply.manifests.file_search import find


class FileStates:
    """What the manifests of several targets hold, from when they were looked at first; kept as digests."""

    def __init__(self) -> None:
        self._digests: dict[str, bytes] = {}  # of each file when it was first seen, whoever's manifest it is
        self._files: dict[tuple[Sequence[str], ...], tuple[str, ...]] = {}

    def learn(self, config: Config, paths: Sequence[str]) -> None:
        """Take note of the files that `paths`, or else the config, lead to."""
        key = _key(config, paths)
        if key not in self._files:
            self._files[key] = _files(key)
            for file in self._files[key]:
                if file not in self._digests:
                    self._digests[file] = _digest(file)

    def moved(self, config: Config, paths: Sequence[str]) -> Iterator[str]:
        """Yield the files that are there no more, or new, or hold something else than they did."""
        key = _key(config, paths)
        now, before = _files(key), self._files[key]
        for file in sorted({*now, *before}):
            if (file in now) is not (file in before) or self._digests[file] != _digest(file):
                yield file


def _key(config: Config, paths: Sequence[str]) -> tuple[Sequence[str], ...]:
    return tuple(paths) or config.manifests, config.ignore, config.tops


def _files(key: tuple[Sequence[str], ...]) -> tuple[str, ...]:
    found = find(*key)
    return (*found.files, *found.defaults)


def _digest(file: str) -> bytes:
    """Return what tells the content of a file, nothing of one that cannot be read."""
    try:
        return hashlib.sha256(Path(file).read_bytes()).digest()
    except OSError:
        return b""
