"""What files held the last time, so that one that is unchanged need not be read and parsed again.

What a file holds is the truth, and what its inode says of it a hint: it is believed only where it cannot lie. The time
of the last change of an inode (ctime) moves with every write, and nobody can set it; but it moves in steps, so that a
file may be written twice within one. As git does with its index, a file that may have been changed just now is read
again: what its inode says has to have been the same for a while before the file was read the last time. That is told by
a clock of our own which only goes forward, whatever the clocks of the machine and of the file system show.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from time import monotonic

from igz_apply.manifests.documents import FileReading
from igz_apply.manifests.plain import PlainReader
from igz_apply.values import dataclass

SETTLED = 3.0  # seconds: the coarsest step of a file system's clock is two

Inode = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Known:
    """One file, as it was read the last time."""

    inode: Inode
    seen_since: float  # when the inode was seen to say this for the first time
    is_settled: bool  # whether it had said so for a while when the file was read
    digest: bytes
    reading: FileReading


class KnownFiles:
    """The files of this round and of the one before it."""

    def __init__(self, now: Callable[[], float] = monotonic, look: Callable[[str], os.stat_result] = os.stat) -> None:
        """Know nothing yet; `now` only goes forward, and `look` returns what the inode of a path says."""
        self._now = now
        self._look = look
        self._before: dict[str, _Known] = {}
        self._here: dict[str, _Known] = {}
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

    def read(
        self,
        path: str,
        name: str,
        content_of: Callable[[str], bytes],
        read: Callable[[str, bytes, PlainReader], FileReading],
    ) -> FileReading:
        """Return what a file holds: the very same as the last time, where that has not changed. Raises OSError.

        It is known by the `name` that it is told by: another commit of a repository lies at another path.
        """
        known = self._here.get(name) or self._before.get(name)
        at, inode = self._now(), _inode(self._look(path))
        is_unmoved = known is not None and known.inode == inode
        if known is not None and is_unmoved and known.is_settled:
            self._here[name] = known
            return known.reading
        since = known.seen_since if known is not None and is_unmoved else at
        content = content_of(path)
        digest = hashlib.blake2b(content).digest()
        is_same = known is not None and known.digest == digest
        reading = known.reading if known is not None and is_same else read(name, content, self.plain)
        if _inode(self._look(path)) == inode:
            self._here[name] = _Known(inode, since, at - since >= SETTLED, digest, reading)
        else:
            self._here.pop(name, None)  # it moved while it was read: nobody can tell which of both was
        return reading


def _inode(said: os.stat_result) -> Inode:
    """Return what tells a file from what it was before, whatever somebody does to its name, size or time."""
    return said.st_dev, said.st_ino, said.st_mode, said.st_size, said.st_mtime_ns, said.st_ctime_ns
