"""Writing files whole or not at all, over the operating system's file calls.

The calls are methods of an object, so that a test can fail each of them, or stop the world between any two.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

if sys.platform != "win32":
    import fcntl

_AS_THE_UMASK_SAYS = 0o666
_PATIENCE = 10.0  # seconds that a guard is waited for, which is held for some milliseconds
_LOOKS_EVERY = 0.005


class Files:
    """Local files. Every method raises OSError as the system does."""

    __slots__ = ()

    def read(self, path: Path) -> bytes:
        """Return the whole content."""
        return path.read_bytes()

    def names(self, folder: Path) -> list[str]:
        """Return the names in the folder, sorted."""
        return sorted(os.listdir(folder))  # noqa: PTH208 - names are what is wanted

    def size(self, path: Path) -> int | None:
        """Return the bytes of an existing file, None for a folder, a pipe, a device, which cannot be read whole."""
        status = path.stat()
        return status.st_size if stat.S_ISREG(status.st_mode) else None

    def mode(self, path: Path) -> int:
        """Return the permission bits of an existing file."""
        return stat.S_IMODE(path.stat().st_mode)

    def make_folder(self, folder: Path) -> None:
        """Create the folder and its parents, where they are missing."""
        folder.mkdir(parents=True, exist_ok=True)

    def create(self, path: Path, *, mode: int, is_exclusive: bool) -> int:
        """Open for writing and return the descriptor; FileExistsError where it exists and must not."""
        flags = os.O_WRONLY | os.O_CREAT | (os.O_EXCL if is_exclusive else os.O_TRUNC)
        return os.open(path, flags | getattr(os, "O_CLOEXEC", 0), mode)

    def change_mode(self, path: Path, mode: int) -> None:
        """Set the permission bits, which `create` leaves to the umask and to an older file."""
        path.chmod(mode)

    def write(self, descriptor: int, content: bytes) -> int:
        """Write some of the content and return how many bytes."""
        return os.write(descriptor, content)

    def sync(self, descriptor: int) -> None:
        """Return once the file's content is on the disk."""
        os.fsync(descriptor)

    def close(self, descriptor: int) -> None:
        """Close the descriptor."""
        os.close(descriptor)

    def replace(self, source: Path, target: Path) -> None:
        """Rename over what is there, in one step."""
        source.replace(target)

    def remove(self, path: Path) -> None:
        """Delete the file; FileNotFoundError where there is none."""
        path.unlink()

    def sync_folder(self, folder: Path) -> None:
        """Return once the folder's names are on the disk; does nothing where folders cannot be opened."""
        if sys.platform == "win32":
            return
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    @contextmanager
    def guard(self, folder: Path) -> Iterator[bool]:
        """Keep every other process, and every other thread, out of the same block for the same folder.

        Yields whether it really does: not on Windows, which cannot lock a folder. The system lets go when a
        process dies, so that nothing stale is left behind. Raises TimeoutError where one that lives does not let go: it
        was suspended in there, and would be waited for without an end.
        """
        if sys.platform == "win32":
            yield False
            return
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            _lock(descriptor, folder)
            yield True
        finally:
            os.close(descriptor)


def _lock(descriptor: int, folder: Path) -> None:
    until = monotonic() + _PATIENCE
    while True:
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if monotonic() > until:
                raise TimeoutError(
                    f"another process has been writing in {folder} for {_PATIENCE:g} seconds; is it suspended?"
                ) from None
        sleep(_LOOKS_EVERY)


def replace_whole(path: Path, content: bytes, *, new: Path, files: Files, mode: int | None = None) -> None:
    """Write at `new`, bring that to the disk, then rename: in this order a crash leaves old or new, never half.

    What lies at `new`, left by a crash or put there as a link, is removed first. `mode` None: as the umask says. Raises
    OSError; what was at `path` before is intact then, and nothing lies beside it.
    """
    with contextlib.suppress(FileNotFoundError):
        files.remove(new)
    descriptor = files.create(new, mode=_AS_THE_UMASK_SAYS if mode is None else mode, is_exclusive=True)
    try:
        fill(descriptor, content, files)
        if mode is not None:
            files.change_mode(new, mode)
        files.replace(new, path)
    except OSError:
        with contextlib.suppress(OSError):
            files.remove(new)
        raise
    files.sync_folder(path.parent)


def fill(descriptor: int, content: bytes, files: Files) -> None:
    """Write all of the content, bring it to the disk, and close the descriptor in any case. Raises OSError."""
    try:
        rest = content
        while rest:
            rest = rest[files.write(descriptor, rest) :]
        files.sync(descriptor)
    finally:
        files.close(descriptor)
