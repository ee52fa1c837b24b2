"""A repository that is followed: what a branch or a tag says now, checked, and written out.

Git is asked by its own program. What is here of a repository is a copy that this process made itself, beside those of
other processes; nothing is taken over from one that has died, and nothing is used that is not what git says now.
"""

from __future__ import annotations

import os
import shutil
import stat
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import IO

from igz_apply.errors import InvalidInput, RepositoryLost
from igz_apply.local.git_addresses import Location
from igz_apply.local.git_checkout import State, state_of, write_out
from igz_apply.local.git_program import REPOSITORY, Git, login_of, shown
from igz_apply.local.git_signatures import Keys, Signed
from igz_apply.local.programs import Leash
from igz_apply.model.checkout import SHORT, Checkout
from igz_apply.model.problems import Problem
from igz_apply.model.rounds import Revision
from igz_apply.model.suggest import did_you_mean
from igz_apply.patterns import pattern
from igz_apply.values import dataclass
from igz_apply.wording.printable import printable

if sys.platform != "win32":
    import fcntl

LOOK_SECONDS = 60.0  # to ask which commit it is
FETCH_SECONDS = 600.0  # to get it
_MOST_FETCHES = 50  # after so many, the copy is made anew: each leaves a pack
_MOST_SEEN = 200  # commits that are known to have been followed
_MOST_SLOTS = 64  # processes that follow from one cache folder at once
_FOLLOWED = "refs/igz-apply/followed"
_REF = pattern(rb"([0-9a-f]{40}|[0-9a-f]{64})\t(\S+)")
_WHEN = pattern(rb"(?m)^committer .*> (\d+) [+-]\d+$")


@dataclass(frozen=True, slots=True)
class CheckedOut:
    """A commit, and the folder where its files are until another is followed."""

    revision: Revision
    folder: Path  # of the config and the manifests
    notes: tuple[str, ...] = ()  # what whoever looks after it should know: that the ref went back to an older commit


@dataclass(frozen=True, slots=True)
class _Tip:
    """What a ref names: a commit, or an annotated tag."""

    ref: str  # whole: refs/heads/main
    id: str


@dataclass(frozen=True, slots=True)
class _Kept:
    """The commit that is written out."""

    tip: _Tip
    commit: str
    when: int  # seconds since 1970, as its committer says
    folder: Path
    state: State
    remarks: tuple[str, ...]


class GitRepository:
    """One branch or tag, followed from round to round."""

    def __init__(
        self,
        where: Location,
        ref: str,
        path: str = "",
        *,
        cache: Path,
        environ: Mapping[str, str] = os.environ,
        keys: Path | None = None,
        leash: Leash | None = None,
    ) -> None:
        """Follow `ref`; `keys` is a folder of public keys, None where nothing has to be signed.

        Nothing is read or written before the first `follow`.
        """
        login = login_of(where.url)
        self._url, self._ref, self._path = login.url, ref, path
        self._cache = cache
        self._keys_folder = keys
        self._slot: _Slot | None = None
        self._kept: _Kept | None = None
        self._fetches = 0
        self._seen: dict[str, int] = {}  # the last commits that were followed, the last one last -> their dates
        self._git = Git(shown(where.url), environ, cache, login, leash or Leash(), where.protocols)

    @property
    def place(self) -> str:
        """The repository, for a person: without credentials."""
        return self._git.place

    def follow(self) -> CheckedOut:
        """Return the commit that git has now, written out.

        Raises RepositoryLost where git cannot tell or the files cannot be written, InvalidInput for a commit that is
        not to be used, Interrupted once the leash was pulled. Nothing of an earlier commit is used then.
        """
        slot = self._held_slot()
        tip = self._looked_up()
        kept = self._kept
        if kept is None or kept.tip != tip or not _is_whole(kept):
            kept = self._fetched(slot, tip)
        signed_by = self._signed_by(slot, kept.tip, kept.commit)
        is_new = kept is not self._kept
        if is_new:
            kept = self._kept = self._written(slot, kept)
            slot.keep(kept.folder)
        folder = kept.folder / self._path
        if not folder.is_dir():
            detail = f"Commit {kept.commit[:SHORT]} of {self.place} has no folder {self._path}."
            raise InvalidInput([Problem("Repository settings", detail, "Correct the path, or the ref.")])
        notes = (*self._gone_back(kept), *(kept.remarks if is_new else ()))
        return CheckedOut(Revision(kept.commit, self._ref, signed_by), folder, notes)

    @property
    def top(self) -> Path:
        """The folder that holds all that lies here of the repository, which lasts no longer than this process."""
        return self._cache

    @property
    def checkout(self) -> Path:
        """The folder of all the files that `follow` told of."""
        assert self._kept is not None, "it was followed"
        return self._kept.folder

    def place_of(self, path: str) -> str:
        """Return where a file lies that is told by its path in the repository; the path where that holds no such."""
        if self._kept is None or not (self._kept.folder / path).is_file():
            return path
        return str(self._kept.folder / path)

    def is_whole(self) -> bool:
        """Say whether the files that `follow` told of are all as they were written."""
        return self._kept is not None and _is_whole(self._kept)

    def checkout_of(self, paths: Sequence[str | Path]) -> Checkout | None:
        """Return where the manifests at these paths come from, as `local.checkout` does; None: not from this commit."""
        from igz_apply.local.checkout import together

        if self._kept is None or self._slot is None or not paths:
            return None
        top, commit = os.path.realpath(self._kept.folder), self._kept.commit
        trees = []
        for path in paths:
            inside = os.path.relpath(os.path.realpath(path), top)
            if inside.startswith(os.pardir):
                return None
            name = "" if inside == os.curdir else PurePosixPath(*Path(inside).parts).as_posix()
            asked = self._git.try_to("rev-parse", "--verify", f"{commit}:{name}", folder=self._slot.repository)
            if not asked.is_done:
                return None
            trees.append(asked.output.decode().strip())
        return Checkout(commit, trees[0] if len(trees) == 1 else together(trees), is_dirty=False)

    def close(self) -> None:
        """Take away what lies here of the repository."""
        if self._slot is not None:
            self._slot.close()
            self._slot = self._kept = None

    def _held_slot(self) -> _Slot:
        if self._slot is None:
            slot = _Slot.taken(self._cache)
            self._git = replace(self._git, home=slot.home)
            self._git.check_version()
            self._slot = slot
        return self._slot

    # What git has

    def _looked_up(self) -> _Tip:
        """Return what the ref names now. Raises RepositoryLost where it names nothing, or two things."""
        names = [self._ref] if self._ref.startswith("refs/") or self._ref == "HEAD" else _full_names(self._ref)
        listed = self._listed(*names)
        found = [name for name in names if name in listed]
        if len(found) > 1:
            raise RepositoryLost(
                f"{self.place} has both a branch and a tag {self._ref}.",
                hint=f"Say which is meant: {' or '.join(found)}.",
            )
        if not found:
            raise RepositoryLost(f"{self.place} has no branch or tag {self._ref}.", hint=self._hint_of_names())
        return _Tip(found[0], listed[found[0]])

    def _listed(self, *patterns: str) -> dict[str, str]:
        """Return refs by their whole names. Patterns match at the ends of names: others are among them."""
        said = self._git.reach(
            "ls-remote", "--quiet", "--", self._url, *patterns, timeout=LOOK_SECONDS, folder=self._home
        )
        return {os.fsdecode(name): id_.decode() for id_, name in _REF.findall(said)}

    def _hint_of_names(self) -> str:
        try:
            names = [
                it.split("/", 2)[2] for it in self._listed("refs/heads/*", "refs/tags/*") if not it.endswith("^{}")
            ]
        except RepositoryLost:
            names = []
        said = printable(did_you_mean(self._ref, names))
        return f"{said} Push it, or correct --ref.".strip() if names else "It is empty: push a commit."

    @property
    def _home(self) -> Path:
        assert self._slot is not None
        return self._slot.home

    def _fetched(self, slot: _Slot, looked_up: _Tip) -> _Kept:
        """Get the commit of a ref, which may have moved on since it was looked up; nothing is written out yet."""
        if self._fetches >= _MOST_FETCHES or not slot.repository.is_dir():
            self._begin_anew(slot, len(looked_up.id))
        try:
            self._git.reach(
                "fetch",
                "--quiet",
                "--depth=1",
                "--no-tags",
                "--force",
                "--no-write-fetch-head",
                "--",
                self._url,
                f"+{looked_up.ref}:{_FOLLOWED}",
                timeout=FETCH_SECONDS,
                folder=slot.repository,
            )
            self._fetches += 1
            id_ = self._asked(slot, "rev-parse", "--verify", _FOLLOWED)
            named = self._git.try_to("rev-parse", "--verify", f"{id_}^{{commit}}", folder=slot.repository)
            if not named.is_done:
                raise RepositoryLost(f"{self._ref} of {self.place} names no commit.", hint="Correct the ref.")
            commit = named.output.decode().strip()
            when = _WHEN.search(self._git.ask("cat-file", "commit", commit, folder=slot.repository))
        except BaseException:
            self._begin_anew_later(slot)  # what was cut off may have left locks, and halves of packs
            raise
        return _Kept(_Tip(looked_up.ref, id_), commit, int(when[1]) if when else 0, slot.folder_of(commit), {}, ())

    def _begin_anew(self, slot: _Slot, digits: int) -> None:
        """Make an empty repository, for ids of so many digits."""
        self._begin_anew_later(slot)
        form = "sha256" if digits == 64 else "sha1"
        words = ("init", "--quiet", "--bare", "--template=", f"--object-format={form}")
        self._git.ask(*words, str(slot.repository), folder=slot.home)
        self._fetches = 0

    def _begin_anew_later(self, slot: _Slot) -> None:
        shutil.rmtree(slot.repository, ignore_errors=True)
        self._kept = None

    def _asked(self, slot: _Slot, *words: str) -> str:
        return self._git.ask(*words, folder=slot.repository).decode().strip()

    # Whether it may be used

    def _signed_by(self, slot: _Slot, tip: _Tip, commit: str) -> str:
        if self._keys_folder is None:
            return ""
        objects = []
        if tip.id != commit:
            content = self._git.ask("cat-file", "tag", tip.id, folder=slot.repository)
            objects.append(Signed(tip.id, is_tag=True, content=content, stands_as=tip.ref, names=commit))
        content = self._git.ask("cat-file", "commit", commit, folder=slot.repository)
        objects.append(Signed(commit, is_tag=False, content=content))
        return slot.keys(self._keys_folder).signer(self._git, slot.repository, objects)

    def _gone_back(self, now: _Kept) -> Sequence[str]:
        """Say where the ref names an older commit than it did: somebody has pushed by force, to go back or by mistake.

        Copies as shallow as ours do not know what comes from what: dates tell, and what was followed before.
        """
        before = next(reversed(self._seen), now.commit)
        is_back = before != now.commit and (now.commit in self._seen or now.when < self._seen[before])
        self._seen.pop(now.commit, None)
        self._seen[now.commit] = now.when
        if len(self._seen) > _MOST_SEEN:
            del self._seen[next(iter(self._seen))]
        if not is_back:
            return ()
        return (f"{self._ref} went back from {before[:SHORT]} to {now.commit[:SHORT]}, which is older.",)

    # Writing it out

    def _written(self, slot: _Slot, kept: _Kept) -> _Kept:
        """Write the files of a commit beside, and rename them whole."""
        new = slot.folder_of("new")
        shutil.rmtree(new, ignore_errors=True)
        remarks = write_out(self._git, slot.repository, kept.commit, new)
        try:
            if kept.folder.exists():
                shutil.rmtree(kept.folder)
            new.rename(kept.folder)
            return replace(kept, state=state_of(kept.folder), remarks=remarks)
        except OSError as error:
            raise RepositoryLost(f"{kept.folder} cannot be written: {error.strerror or error}.") from error


def _is_whole(kept: _Kept) -> bool:
    """Say whether the files are still those that were written: a file that went would be taken for removed in git."""
    try:
        return state_of(kept.folder) == kept.state
    except OSError:
        return False


def _full_names(ref: str) -> list[str]:
    return [f"refs/heads/{ref}", f"refs/tags/{ref}"]


class _Slot:
    """A folder in the cache that no other process uses as long as this one lives."""

    def __init__(self, folder: Path, lock: IO[bytes] | None) -> None:
        self._folder, self._lock = folder, lock
        self._keys: tuple[Path, Keys] | None = None
        self.home = folder / "home"
        self.repository = folder / REPOSITORY

    @classmethod
    def taken(cls, cache: Path) -> _Slot:
        """Take the first that is free, and empty it: whoever had it may have died in the middle of something."""
        try:
            cache.mkdir(parents=True, exist_ok=True, mode=0o700)
            _require_ours(cache)
            for number in range(1, _MOST_SLOTS + 1):
                name = str(number) if sys.platform != "win32" else f"{os.getpid()}-{number}"
                folder = cache / name
                lock = _locked(cache / f"{name}.lock")
                if lock is None:
                    continue
                if folder.exists():
                    shutil.rmtree(folder)
                folder.mkdir(mode=0o700)
                slot = cls(folder, lock)
                slot.home.mkdir()
                _take_away(cache, name)
                return slot
        except OSError as error:
            raise RepositoryLost(
                f"There is no place for a copy of the repository in {cache}: {error.strerror or error}.",
                hint="Set XDG_CACHE_HOME to a folder that can be written, and is nobody else's.",
            ) from error
        raise RepositoryLost(
            f"{_MOST_SLOTS} processes follow repositories from {cache} already.", hint="Set XDG_CACHE_HOME to another."
        )

    def folder_of(self, name: str) -> Path:
        """Return where the files of a commit go."""
        return self._folder / "checkouts" / name

    def keep(self, folder: Path) -> None:
        """Remove the files of all other commits."""
        for each in folder.parent.iterdir():
            if each != folder:
                shutil.rmtree(each, ignore_errors=True)

    def keys(self, folder: Path) -> Keys:
        """Return the keys of a folder, remembered."""
        if self._keys is None or self._keys[0] != folder:
            self._keys = folder, Keys(folder, self._folder / "keys")
        return self._keys[1]

    def close(self) -> None:
        """Leave nothing, and let another take it."""
        shutil.rmtree(self._folder, ignore_errors=True)
        if self._lock is not None:
            self._lock.close()


def _take_away(cache: Path, ours: str) -> None:
    """Take away what other processes left that have died."""
    for path in cache.glob("*.lock") if sys.platform != "win32" else ():
        if path.stem != ours and (cache / path.stem).is_dir() and (lock := _locked(path)) is not None:
            with lock:
                shutil.rmtree(cache / path.stem, ignore_errors=True)


def _locked(path: Path) -> IO[bytes] | None:
    """Hold a lock that ends with this process; None where another holds it. Raises OSError."""
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
    file = os.fdopen(os.open(path, flags, 0o600), "r+b")
    if sys.platform == "win32":
        return file  # its name is that of this process
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file


def _require_ours(folder: Path) -> None:
    """Raise PermissionError where others could put something into a folder."""
    if sys.platform == "win32":
        return
    status = folder.stat()
    if status.st_uid != os.geteuid() or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise PermissionError(0, "others may write there")
