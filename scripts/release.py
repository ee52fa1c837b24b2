"""Makes a release: the version, the changelog's head, a commit, a tag, and what is uploaded, built and tried.

`python scripts/release.py 1.2.3`, in a clean checkout on a branch. Nothing leaves this machine: what is left to do by
hand is printed. If a step fails, commit and tag are taken back, and everything is as it was.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

VERSION_FILE = Path("igz_apply/version.py")
CHANGELOG = Path("CHANGELOG.md")
EXAMPLES = Path("manifests/examples")
DIST = Path("dist")
UNRELEASED = "## Unreleased"
_STATED = re.compile(r'(?m)^__version__ = "([^"]*)"$')
_NUMBERS = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
_HEADING = re.compile(r"(?m)^## .*$")


class NoRelease(Exception):
    """Why there is none; what had been done is undone."""


@dataclass(frozen=True)
class Release:
    """What is asked for, and the texts that state it."""

    version: str
    branch: str
    version_text: str
    changelog: str

    @property
    def tag(self) -> str:
        return f"v{self.version}"


def main(words: Sequence[str]) -> int:
    """Make the release that the words ask for; return the exit code."""
    try:
        made = prepared(words)
        with undone_if_it_fails(made), tempfile.TemporaryDirectory(prefix="igz-apply-release-") as folder:
            commit(made)
            files = built(made, Path(folder) / "dist")
            try_out(made, files, Path(folder) / "tried")
            keep(files)
    except NoRelease as why:
        print(f"No release: {why}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("No release: interrupted", file=sys.stderr)
        return 130
    print(left_to_do(made, [DIST / file.name for file in files]))
    return 0


def prepared(words: Sequence[str]) -> Release:
    """Return the release; raise NoRelease for all that speaks against it, before anything is changed."""
    if len(words) != 1 or not _NUMBERS.fullmatch(words[0]):
        raise NoRelease("say which version, as in `make release VERSION=1.2.3`")
    (version,) = words
    changelog = CHANGELOG.read_text(encoding="utf-8")
    stated = VERSION_FILE.read_text(encoding="utf-8")
    _refuse_version(version, _STATED.findall(stated), changelog)
    branch = _git("branch", "--show-current")
    made = Release(version, branch, _STATED.sub(f'__version__ = "{version}"', stated), _headed(version, changelog))
    if changed := _git("status", "--porcelain"):
        raise NoRelease(f"commit or put aside what is not committed first:\n{changed}")
    if not branch:
        raise NoRelease("no branch is checked out, which the commit could stay on: `git switch main` first")
    if _git("tag", "--list", made.tag):
        raise NoRelease(f"the tag {made.tag} exists")
    return made


def _refuse_version(version: str, stated: Sequence[str], changelog: str) -> None:
    """Refuse a version that is not after the present one; one that never came out may come out itself."""
    if len(stated) != 1 or not _NUMBERS.fullmatch(stated[0]):
        raise NoRelease(f"{VERSION_FILE} does not state one version as 1.2.3")
    (present,) = stated
    came_out = f"## {present} - " in changelog
    if _numbers(version) < _numbers(present) or (version == present and came_out):
        raise NoRelease(f"{version} is not after {present}, which {VERSION_FILE} states")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def _headed(version: str, changelog: str) -> str:
    """Return the changelog with the version and the date in place of its head "Unreleased"."""
    headings = list(_HEADING.finditer(changelog))
    if not headings or headings[0].group().rstrip() != UNRELEASED:
        raise NoRelease(f"{CHANGELOG} does not begin with a part `{UNRELEASED}`")
    first = headings[0]
    end = headings[1].start() if len(headings) > 1 else len(changelog)
    if not changelog[first.end() : end].strip():
        raise NoRelease(f"{CHANGELOG} says nothing under `{UNRELEASED}`")
    today = datetime.now(timezone.utc).date()
    return f"{changelog[: first.start()]}## {version} - {today}{changelog[first.end() :]}"


@contextmanager
def undone_if_it_fails(made: Release) -> Iterator[None]:
    """Take back the commit, the tag and the two texts, and nothing else, unless all that is inside comes to its end."""
    before = _git("rev-parse", "HEAD")
    try:
        yield
    except BaseException:
        _undo(made, before)
        raise


def _undo(made: Release, before: str) -> None:
    if _git("tag", "--list", made.tag):
        _git("tag", "--delete", made.tag)
    if _git("rev-parse", "HEAD") != before:
        _git("reset", "--quiet", "--soft", before)
    _git("restore", "--staged", "--worktree", f"--source={before}", "--", str(VERSION_FILE), str(CHANGELOG))


def commit(made: Release) -> None:
    """State the version, commit that and tag it."""
    VERSION_FILE.write_text(made.version_text, encoding="utf-8")
    CHANGELOG.write_text(made.changelog, encoding="utf-8")
    _git("add", str(VERSION_FILE), str(CHANGELOG))
    _git("commit", "--quiet", f"--message=Release {made.version}")
    _git("tag", "--annotate", f"--message=igz-apply {made.version}", made.tag)


def built(made: Release, folder: Path) -> list[Path]:
    """Return the wheel and the sdist that it is made of, in that folder."""
    _run(sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder))
    files = sorted(folder.iterdir())
    names = [file.name for file in files]
    wanted = [f"igz_apply-{made.version}-py3-none-any.whl", f"igz_apply-{made.version}.tar.gz"]
    if names != wanted:
        raise NoRelease(f"the build made {', '.join(names)}, not {', '.join(wanted)}")
    return files


def try_out(made: Release, files: Sequence[Path], home: Path) -> None:
    """Install the wheel in an environment of its own, and plan the examples there, away from the checkout."""
    venv.create(home / "venv", with_pip=True)
    programs = home / "venv" / "bin"
    wheel = next(file for file in files if file.suffix == ".whl")
    _run(str(programs / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", str(wheel))
    _run(str(programs / "python"), "-m", "pip", "check", "--disable-pip-version-check")
    examples = shutil.copytree(EXAMPLES, home / "manifests")
    igz_apply = str(programs / "igz-apply")
    said = _run(igz_apply, "--version", folder=home)
    if made.version not in said.split():
        raise NoRelease(f"the wheel says that it is {said.strip()!r}")
    _run(igz_apply, "plan", "--endpoint", "embedded", str(examples), folder=home)


def keep(files: Sequence[Path]) -> None:
    """Put the files where they are looked for; those of other versions stay."""
    DIST.mkdir(exist_ok=True)
    for file in files:
        shutil.copy2(file, DIST / file.name)


def left_to_do(made: Release, files: Sequence[Path]) -> str:
    """Return what is done, and the commands that take it out of this machine."""
    return f"""\
{made.version} is committed, tagged, built and tried. Left to do:

  git push origin {made.branch} {made.tag}
  python -m twine upload {" ".join(map(str, files))}

To take it back instead: git tag -d {made.tag} && git reset --hard HEAD~"""


def _git(*words: str) -> str:
    return _run("git", *words).rstrip("\n")


def _run(*command: str, folder: Path | None = None) -> str:
    """Run a command without this machine's cluster in its environment; return what it prints, raise if it fails."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("IGZ_", "V3IO_", "PYTHONPATH"))}
    done = subprocess.run(command, cwd=folder, env=clean, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NoRelease(f"`{' '.join(command)}` ended with {done.returncode}:\n{done.stdout}{done.stderr}".rstrip())
    return done.stdout


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
