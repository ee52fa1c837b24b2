"""What the inventory needs of the place where its files lie, and the place that is a local folder.

Every kind of storage raises OSError and nothing else.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from igz_apply.errors import InvalidInput
from igz_apply.local.files import Files, fill, replace_whole
from igz_apply.model.problems import Problem
from igz_apply.values import dataclass

OWNER_ALONE = 0o600
"""The mode of what we create: it holds salted hashes of secrets."""

DOCUMENTS = ".json"
"""How the names of inventories end, when one is looked for beside another."""

LARGEST_NEIGHBOUR = 32 * 2**20
"""In bytes; what is larger than that is no inventory."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What lay there when it was looked at; to be written over only if it still does."""

    content: bytes | None  # None: there was nothing
    version: str = ""  # the store's name for this version of it; "" where it has none


class Storage(Protocol):
    """Holds the document (suffix "") and what lies beside it (suffix ".lock")."""

    @property
    def place(self) -> str:
        """How to name it to a person; without credentials."""

    def missing(self) -> str:
        """Return the bucket or folder that would have to be there and is not, "" when nothing is missing."""

    def look(self, suffix: str = "") -> Seen:
        """Return the whole content, and its version."""

    def replace(self, content: bytes, suffix: str = "") -> None:
        """Write it whole: whoever reads sees the old content or the new one."""

    def swap(self, content: bytes, seen: Seen, suffix: str = "") -> Seen | None:
        """Write it whole unless somebody has since it was seen, then return None; else what lies there now.

        Where nothing is conditional and nothing guarded it always writes: see `is_blind`.
        """

    def create(self, content: bytes, suffix: str) -> bool:
        """Write it unless there is one; say whether it was written."""

    def remove(self, suffix: str) -> None:
        """Delete it; nothing happens when there is none."""

    def guard(self) -> AbstractContextManager[bool]:
        """Keep everybody else's guarded blocks out, if that is possible here; yields whether it is."""

    @property
    def is_blind(self) -> bool:
        """Whether `swap` and `create` were seen to write over what somebody else had written. Ask after writing."""

    def overwrites(self, content: bytes, suffix: str) -> bool:
        """Try whether `swap` and `create` are blind here; True: they are, and now it is written. False: not yet."""

    def neighbours(self, most: int) -> Iterator[tuple[str, bytes | str]]:
        """Yield other documents beside this one: the place and content of `most` of them, or why one was not read.

        Raises OSError when they cannot be listed.
        """

    def record(self, name: str) -> Storage:
        """Return the storage of one record, in the folder of records beside the document."""

    def record_names(self) -> list[str]:
        """Return the names of the records there, sorted; none where there is no such folder. Raises OSError."""

    def create_whole(self, content: bytes) -> bool:
        """Write it, whole and durably, unless there is one; say whether it was written."""


class LocalStorage:
    """A local file and its neighbours."""

    __slots__ = ("_files", "_named", "_path", "place")

    is_blind = True  # but in a guarded block, where nobody else can write

    def __init__(self, path: Path, files: Files) -> None:
        self.place = str(path)
        self._named = path
        self._path = Path(os.path.realpath(path))  # so that a symbolic link stays one when its file is replaced
        self._files = files

    def missing(self) -> str:
        """Miss nothing: a local folder is made when it is needed."""
        return ""

    def look(self, suffix: str = "") -> Seen:
        """Return the whole content; here a guard does what a version does elsewhere."""
        try:
            return Seen(self._files.read(self._beside(suffix)))
        except FileNotFoundError:
            return Seen(None)

    def replace(self, content: bytes, suffix: str = "") -> None:
        """Write it whole: whoever reads sees the old content or the new one."""
        path, new = self._beside(suffix), self._beside(f"{suffix}.new")
        replace_whole(path, content, new=new, files=self._files, mode=self._mode_of(path))

    def swap(self, content: bytes, seen: Seen, suffix: str = "") -> Seen:  # noqa: ARG002 - the port's signature
        """Write it whole. Look and swap in one guarded block, and nobody can have come between."""
        self.replace(content, suffix)
        return Seen(content)

    def create(self, content: bytes, suffix: str) -> bool:
        """Write it unless there is one; say whether it was written."""
        path = self._beside(suffix)
        try:
            descriptor = self._files.create(path, mode=OWNER_ALONE, is_exclusive=True)
        except FileExistsError:
            return False
        try:
            fill(descriptor, content, self._files)
        except OSError:
            with contextlib.suppress(OSError):
                self._files.remove(path)
            raise
        return True

    def remove(self, suffix: str) -> None:
        """Delete it; nothing happens when there is none."""
        with contextlib.suppress(FileNotFoundError):
            self._files.remove(self._beside(suffix))

    @contextmanager
    def guard(self) -> Iterator[bool]:
        """Keep every other process of this machine out; yields False where the system cannot. Creates the folder."""
        self._files.make_folder(self._path.parent)
        with self._files.guard(self._path.parent) as is_guarded:
            yield is_guarded

    def overwrites(self, content: bytes, suffix: str) -> bool:
        """Write it, and say so: where nothing guards, two renames are blind to each other."""
        self.replace(content, suffix)
        return True

    def neighbours(self, most: int) -> Iterator[tuple[str, bytes | str]]:
        """Yield the other documents in the folder; where there is no folder there are none."""
        folder = self._named.parent
        try:
            names = self._files.names(folder)
        except FileNotFoundError:
            return
        own = (self._named.name, self._path.name)
        others = [name for name in names if name.endswith(DOCUMENTS) and name not in own]
        for name in others[:most]:
            content = self._neighbour(folder / name)
            if content is not None:
                yield str(folder / name), content
        if left := others[most:]:
            yield str(folder), not_looked_at(len(left), most)

    def record(self, name: str) -> LocalStorage:
        """Return the storage of one record, in the folder of records beside the document."""
        return LocalStorage(self._records / f"{name}{DOCUMENTS}", self._files)

    def record_names(self) -> list[str]:
        """Return the names of the records there, sorted; none where there is no such folder."""
        try:
            names = self._files.names(self._records)
        except FileNotFoundError:
            return []
        return [name.removesuffix(DOCUMENTS) for name in names if name.endswith(DOCUMENTS)]

    def create_whole(self, content: bytes) -> bool:
        """Write it, whole and durably, unless there is one; say whether it was written.

        Whoever looks and writes in the same guarded block meets nobody else there. The folder is made if it is missing.
        """
        folder = self._path.parent
        is_new = not folder.exists()
        with self.guard():
            if self._path.exists():
                return False
            self.replace(content)
        if is_new:
            self._files.sync_folder(folder.parent)
        return True

    @property
    def _records(self) -> Path:
        return self._named.with_name(records_of(self._named.name))

    def _neighbour(self, path: Path) -> bytes | str | None:
        """Return its content, why it cannot be read, or None for what is no document, or has gone."""
        try:
            size = self._files.size(path)
            return self._files.read(path) if size is not None and size <= LARGEST_NEIGHBOUR else None
        except FileNotFoundError:
            return None
        except OSError as error:
            return f"cannot be read: {error.strerror or error}"

    def _beside(self, suffix: str) -> Path:
        return self._path.with_name(self._path.name + suffix)

    def _mode_of(self, path: Path) -> int:
        """Keep the mode that a team has given its shared file."""
        try:
            return self._files.mode(path)
        except FileNotFoundError:
            return OWNER_ALONE


def records_of(name: str) -> str:
    """Return the name of the folder that holds the records of an inventory, beside it."""
    return f"{name.removesuffix(DOCUMENTS)}.runs"


def not_looked_at(count: int, most: int) -> str:
    """Say that there are more documents than are read."""
    return f"has {count:,} more .json files than the {most} that were looked at"


def nowhere(storage: Storage) -> InvalidInput | None:
    """Return the error when the bucket or folder of a place is not there, None when it is. Raises OSError."""
    missing = storage.missing()
    if not missing:
        return None
    hint = (
        "Correct `inventory` in the config, or create it: igz-apply never does, since a typing error would go unseen."
    )
    detail = f"{storage.place}: there is no bucket or folder {missing}, or it cannot be seen with these credentials."
    return InvalidInput([Problem("No place for the inventory", detail, hint)])
