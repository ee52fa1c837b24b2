"""What files held the last time, so that one that is unchanged need not be parsed again.

What a file holds is the truth. It is read each time, which costs as good as nothing beside the rest, and known by a
digest of its bytes. What its inode says of it would not do: sizes and times can be put back, some file systems tell no
time of the last change or one of a while ago, and none tells of each write through memory that is mapped to it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from igz_apply.manifests.documents import FileReading
from igz_apply.manifests.plain import PlainReader


class KnownFiles:
    """The files of this round and of the one before it."""

    def __init__(self) -> None:
        self._before: dict[str, tuple[bytes, FileReading]] = {}
        self._here: dict[str, tuple[bytes, FileReading]] = {}
        self.plain = PlainReader()  # of all rounds: most lines of a file that is edited are known

    def __len__(self) -> int:
        return len(self._before) + len(self._here)

    def turn(self) -> None:
        """End a round: files that nobody has asked for in it are forgotten."""
        self._before, self._here = self._here, {}

    def forget(self) -> None:
        """Know nothing."""
        self._before, self._here = {}, {}
        self.plain = PlainReader()

    def reading(self, name: str, content: bytes, read: Callable[[str, bytes, PlainReader], FileReading]) -> FileReading:
        """Return what a file holds: the very same as the last time, where its content is."""
        digest = hashlib.blake2b(content).digest()
        known = self._here.get(name) or self._before.get(name)
        if known is None or known[0] != digest:
            known = digest, read(name, content, self.plain)
        self._here[name] = known
        return known[1]
