"""The files of a commit, written out as they were committed.

Git's own checkout would run what a repository asks for: filters, conversions, submodules. Here every blob becomes a
file of the same bytes, and nothing else happens. A commit that could lead a reader out of its folder is refused whole.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from igz_apply.errors import InvalidInput, RepositoryLost
from igz_apply.local.git_program import Git
from igz_apply.model.checkout import SHORT
from igz_apply.model.problems import Problem
from igz_apply.patterns import pattern
from igz_apply.values import dataclass
from igz_apply.wording.printable import printable

MOST_FILES = 100_000
_MOST_LISTED = 16 * 1024 * 1024  # bytes, of their names, ids and sizes
MOST_BYTES = 512 * 1024 * 1024  # of all files together
_BATCH = 16 * 1024 * 1024  # bytes that are asked for at once
_MOST_FOLLOWED = 64  # links on the way of one: no system follows as many
_MOST_NAMED = 3  # files, in a sentence
_ENTRY = pattern(rb"(\d{6}) (\w+) ([0-9a-f]+) +(-|\d+)\t(.+)")
_LINK, _MODULE, _PROGRAM = b"120000", b"160000", b"100755"
_POINTER = b"version https://git-lfs.github.com/spec/"
_LOCKED = b"\0GITCRYPT\0"
_FILTER = pattern(rb"(?m)^[ \t]*[^#\s].*?\sfilter=([^\s]+)")
# Names that stand for .git on some file system, and those that lead elsewhere.
_FORBIDDEN = frozenset((".", "..", ".git", "git~1"))
_IGNORED_IN_NAMES = str.maketrans("", "", "\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\ufeff")
MARK = ".git"  # a file in the folder: to whoever looks for the top of a checkout, this is it

State = Mapping[str, tuple[int, ...]]
"""Path -> what tells that the file there is the one that was written."""


@dataclass(frozen=True, slots=True)
class _Entry:
    mode: bytes
    id: bytes
    size: int
    path: str

    @property
    def is_link(self) -> bool:
        return self.mode == _LINK


def write_out(git: Git, repository: Path, commit: str, folder: Path) -> tuple[str, ...]:
    """Write all files of a commit into a new folder, and return what is to be known of them.

    Raises InvalidInput for a commit that is not safe to read, RepositoryLost where it cannot be written.
    """
    words = ("ls-tree", "-r", "-z", "-l", "--full-tree", commit)
    listed = git.ask(*words, folder=repository, limit=_MOST_LISTED)
    entries = list(_entries(listed, commit))
    _check(entries, commit)
    try:
        folder.mkdir(parents=True)
        remarks = list(_fill(git, repository, entries, folder, commit))
        (folder / MARK).write_text("gitdir: (the copy of one commit, kept by igz-apply)\n", encoding="utf-8")
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise RepositoryLost(
            f"The files of commit {commit[:SHORT]} cannot be written into {folder}: {error.strerror or error}.",
            hint="Make room there, or set XDG_CACHE_HOME to another folder.",
        ) from error
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return tuple(remarks)


def state_of(folder: Path) -> State:
    """Return what is in a folder now, to see later whether it is still that. Raises OSError."""
    return dict(_states(str(folder), ""))


def _states(folder: str, below: str) -> Iterator[tuple[str, tuple[int, ...]]]:
    with os.scandir(folder) as found:
        for entry in found:
            status = entry.stat(follow_symlinks=False)
            path = f"{below}{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                yield path, (status.st_ino,)
                yield from _states(entry.path, f"{path}/")
            else:
                yield path, (status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def _entries(listed: bytes, commit: str) -> Iterator[_Entry]:
    for line in listed.split(b"\0"):
        if not line:
            continue
        found = _ENTRY.fullmatch(line)
        if found is None:
            raise _unsafe(commit, f"git lists what is no file: {printable(os.fsdecode(line[:100]))}", "")
        size = 0 if found[4] == b"-" else int(found[4])
        yield _Entry(found[1], found[3], size, os.fsdecode(found[5]))


def _check(entries: Sequence[_Entry], commit: str) -> None:
    """Raise InvalidInput for names that lead elsewhere, and for more than a folder of manifests would ever hold."""
    bad = [entry.path for entry in entries if not _is_plain(entry.path)]
    if bad:
        raise _unsafe(commit, f"no folder may hold {_named(bad)}", "Take it out of the repository.")
    size = sum(entry.size for entry in entries)
    if len(entries) > MOST_FILES or size > MOST_BYTES:
        limit = f"{MOST_FILES:,} files and {MOST_BYTES // 2**20} MiB"
        detail = f"it holds {len(entries):,} files of {size // 2**20:,} MiB together, and {limit} are followed"
        raise _unsafe(commit, detail, "Keep the manifests in a repository of their own.")


def _is_plain(path: str) -> bool:
    """Say whether every part of a path names something inside its folder, on whatever file system."""
    if path.startswith("/") or "\\" in path or "\0" in path:
        return False
    parts = path.split("/")
    if any(not part or part.translate(_IGNORED_IN_NAMES).lower().rstrip(" .") in ("", *_FORBIDDEN) for part in parts):
        return False
    return os.name != "nt" or ":" not in path


def _fill(git: Git, repository: Path, entries: Sequence[_Entry], folder: Path, commit: str) -> Iterator[str]:
    """Write files, then links, and yield what is to be known. Raises OSError."""
    files = [entry for entry in entries if entry.mode not in (_LINK, _MODULE)]
    links = [entry for entry in entries if entry.is_link]
    pointers, locked = [], []
    filters: set[str] = set()
    # Folders before files, and links after both: nothing is ever written through a link.
    for parent in sorted({entry.path.rpartition("/")[0] for entry in (*files, *links)}):
        (folder / parent).mkdir(parents=True, exist_ok=True)
    for batch in _batches(files):
        for entry, content in _contents(git, repository, batch):
            _write(folder, entry, content, commit)
            if content.startswith(_POINTER):
                pointers.append(entry.path)
            elif content.startswith(_LOCKED):
                locked.append(entry.path)
            elif entry.path.rpartition("/")[2] == ".gitattributes":
                filters.update(os.fsdecode(it) for it in _FILTER.findall(content))
    _link(git, repository, links, folder, commit)
    modules = [entry.path for entry in entries if entry.mode == _MODULE]
    if pointers:
        yield f"{_named(pointers)} {_are(pointers)} kept by Git LFS: what is read is the pointer, not the file."
    if locked:
        yield f"{_named(locked)} {_are(locked)} encrypted by git-crypt, and {_are(locked)} read as committed."
    if modules:
        noun = "is a submodule" if len(modules) == 1 else "are submodules"
        yield f"{_named(modules)} {noun}: what is in another repository is not read."
    if strange := sorted(filters - ({"lfs"} if pointers else set()) - ({"git-crypt"} if locked else set())):
        yield f".gitattributes names the filter {', '.join(map(printable, strange))}: files are read as committed."


def _batches(files: Sequence[_Entry]) -> Iterator[list[_Entry]]:
    batch: list[_Entry] = []
    size = 0
    for entry in files:
        if batch and size + entry.size > _BATCH:
            yield batch
            batch, size = [], 0
        batch.append(entry)
        size += entry.size
    if batch:
        yield batch


def _contents(git: Git, repository: Path, batch: Sequence[_Entry]) -> Iterator[tuple[_Entry, bytes]]:
    """Yield what is in each file. Raises RepositoryLost where git says something else than it listed."""
    wanted = b"".join(entry.id + b"\n" for entry in batch)
    limit = sum(entry.size for entry in batch) + 200 * len(batch)
    said = memoryview(git.ask("cat-file", "--batch", folder=repository, stdin=wanted, limit=limit))
    at = 0
    for entry in batch:
        head = b"%s blob %d\n" % (entry.id, entry.size)
        start, end = at + len(head), at + len(head) + entry.size
        if bytes(said[at:start]) != head or bytes(said[end : end + 1]) != b"\n":
            raise RepositoryLost(f"git does not say what is in {printable(entry.path)}.")
        yield entry, bytes(said[start:end])
        at = end + 1


def _write(folder: Path, entry: _Entry, content: bytes, commit: str) -> None:
    mode = 0o755 if entry.mode == _PROGRAM else 0o644
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(folder / entry.path, flags, mode)
    except FileExistsError as error:
        raise _twice(commit, entry.path) from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


def _link(git: Git, repository: Path, links: Sequence[_Entry], folder: Path, commit: str) -> None:
    """Make the links once all files are there, and refuse those that lead out. Raises OSError."""
    targets: dict[str, str] = {}
    for entry, target in _contents(git, repository, links) if links else ():
        targets[entry.path] = os.fsdecode(target)
        _make_link(folder / entry.path, targets[entry.path], entry, commit)
    top = os.path.realpath(folder)
    out = [path for path in targets if not (_stays(path, targets) and _leads_in(folder / path, top))]
    if out:
        hint = "Make them relative links that stay in the repository, or copy what they lead to."
        raise _unsafe(commit, f"{_named(out)} {_are(out)} a link that leads out of the repository", hint)


def _make_link(link: Path, target: str, entry: _Entry, commit: str) -> None:
    try:
        link.symlink_to(target)
    except FileExistsError as error:
        raise _twice(commit, entry.path) from error
    except ValueError as error:  # NUL in it
        raise _unsafe(commit, f"{printable(entry.path)} is a link to nowhere", "Take it out.") from error


def _stays(link: str, targets: Mapping[str, str]) -> bool:
    """Say whether a link never leaves the top on its way: the folder has another name once all of it is written."""
    here: list[str] = []
    todo = link.split("/")[::-1]
    followed = 0
    while todo:
        part = todo.pop()
        if part == os.pardir:
            if not here:
                return False
            here.pop()
        elif part not in ("", os.curdir):
            here.append(part)
            target = targets.get("/".join(here))
            if target is None:
                continue
            followed += 1
            if followed > _MOST_FOLLOWED:
                return True
            if target.startswith(("/", "\\")) or Path(target).is_absolute():
                return False
            here.pop()
            todo += target.split("/")[::-1]
    return True


def _leads_in(link: Path, top: str) -> bool:
    """Say whether a link leads to a place below the top, as the system sees it."""
    return Path(os.path.realpath(link)).is_relative_to(top)


def _named(paths: Sequence[str]) -> str:
    shown = ", ".join(map(printable, paths[:_MOST_NAMED]))
    more = len(paths) - _MOST_NAMED
    return f"{shown} and {more} more" if more > 0 else shown


def _are(paths: Sequence[str]) -> str:
    return "is" if len(paths) == 1 else "are"


def _twice(commit: str, path: str) -> InvalidInput:
    return _unsafe(commit, f"{printable(path)} stands there twice, on this file system", "Give them names that differ.")


def _unsafe(commit: str, detail: str, hint: str) -> InvalidInput:
    return InvalidInput([Problem("Unsafe commit", f"Commit {commit[:SHORT]} is not read: {detail}.", hint)])
