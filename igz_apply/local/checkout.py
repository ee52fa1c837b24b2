"""Which commit a folder of manifests is at, as git on this machine says."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from igz_apply.model.checkout import Checkout

_MOST_SECONDS_AT_WORK = 900.0  # of one checkout or merge
_SECONDS = 10.0  # of one question; a repository whose disk hangs must not hold a plan


def checkout_of(paths: Sequence[str | Path]) -> Checkout | None:
    """Return where the manifests at these paths come from.

    None where that cannot be told: no git, no repository, no commit yet, paths of several repositories, or one that is
    in none of its commits. Of several paths, `tree` is a hash over theirs.
    """
    places = [Path(path).absolute() for path in paths]
    if not places:
        return None
    try:
        words = ("rev-parse", "--show-toplevel", "--absolute-git-dir", "HEAD")
        tops = {_asked(_folder(place), *words) for place in places}
        if len(tops) != 1:
            return None
        top, git_folder, commit = tops.pop().split("\n")
        if any(_is_committed(Path(git_folder), _folder(place)) for place in places):
            return None
        inside = [_inside(place, Path(top)) for place in places]
        trees = [_asked(Path(top), "rev-parse", f"HEAD:{path}") for path in inside]
        changed = _asked(
            Path(top), "status", "--porcelain", "--untracked-files=normal", "--", *(it or "." for it in inside)
        )
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return Checkout(commit, trees[0] if len(trees) == 1 else together(trees), bool(changed))


Stamp = tuple[int, ...]


def stamp_of(place: Path) -> Stamp | None:
    """Return what changes whenever git has changed the files of a checkout; None where a place is in none.

    Git writes its index anew whenever it has written files.
    """
    git_folder = _git_folder(place)
    if git_folder is None:
        return None
    try:
        status = (git_folder / "index").stat()
    except OSError:
        return ()
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def is_at_work(place: Path, now: float) -> bool:
    """Say whether git changes the files of a checkout at this moment, `now` in seconds since 1970.

    A lock that is old was left by a git that has died.
    """
    git_folder = _git_folder(place)
    if git_folder is None:
        return False
    try:
        return now - (git_folder / "index.lock").stat().st_mtime < _MOST_SECONDS_AT_WORK
    except OSError:
        return False


def _git_folder(place: Path) -> Path | None:
    """Return where git keeps what it knows of the checkout around a place, without asking it."""
    real = _folder(place).resolve()
    top = next((each for each in (real, *real.parents) if os.path.lexists(each / ".git")), None)
    if top is None or (top / ".git").is_dir():
        return None if top is None else top / ".git"
    try:
        said = (top / ".git").read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return None
    return top / said.removeprefix("gitdir:").strip() if said.startswith("gitdir:") else None


def _folder(place: Path) -> Path:
    return place if place.is_dir() else place.parent


def _is_committed(git_folder: Path, folder: Path) -> bool:
    """Say whether what git takes for the repository of a folder is a part of the checkout around it.

    A commit may hold a whole bare repository, whose settings git obeys wherever it is asked in there: they name
    programs. Newer versions can be told not to; older ones cannot.
    """
    real = git_folder.resolve()
    for each in (folder.resolve(), *folder.resolve().parents):
        if os.path.lexists(each / ".git"):
            return real.is_relative_to(each) and not real.is_relative_to(each / ".git")
    return real.name != ".git"


def _inside(place: Path, top: Path) -> str:
    """Return a path as git names it, from the top of its repository; "" for the top. Raises ValueError."""
    relative = place.resolve().relative_to(top.resolve()).as_posix()
    return "" if relative == "." else relative


def together(trees: Sequence[str]) -> str:
    """Return one hash over several trees, in whatever order they were named."""
    return hashlib.sha256("\n".join(sorted(set(trees))).encode()).hexdigest()


def _asked(folder: Path, *words: str) -> str:
    """Return what git says. Raises OSError without git, SubprocessError where it fails or takes too long."""
    ran = subprocess.run(
        ["git", "-C", str(folder), "--no-optional-locks", "--literal-pathspecs", *words],
        env=_environment(os.environ),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=_SECONDS,
        check=True,
    )
    return ran.stdout.decode("utf-8", "surrogateescape").rstrip("\n")


def _environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return an environment in which git looks where it is told to, asks nobody and runs nothing else.

    Inside a hook of git there are variables that point it to the hook's own repository.
    """
    kept = {name: value for name, value in environ.items() if not name.startswith("GIT_")}
    # What a repository's own config names as its monitor is not run for a look at it, and no commit brings a config.
    settings = (("core.fsmonitor", "false"), ("safe.bareRepository", "explicit"))
    quiet = {f"GIT_CONFIG_KEY_{number}": name for number, (name, _) in enumerate(settings)}
    quiet.update({f"GIT_CONFIG_VALUE_{number}": value for number, (_, value) in enumerate(settings)})
    return {**kept, **quiet, "GIT_CONFIG_COUNT": str(len(settings)), "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
