"""`make release` refuses what is no release, changes nothing where a step fails, and makes one that works."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "scripts" / "release.py"
CHANGELOG = "# Changelog\n\n## Unreleased\n\n- A thing.\n\n## 1.2.3 - 2020-01-02\n\n- Another.\n"
ENVIRON = {
    **os.environ,
    "GIT_CONFIG_GLOBAL": os.devnull,
    **{f"GIT_{who}_{what}": "tests" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
}
LEFT_OUT = ("dist", "build", "site", "mutants")  # what make has made
WITH_NO_BUILD = '[build-system]\nrequires = []\nbuild-backend = "nowhere"\n'


class Repository:
    """A checkout of its own, with a commit."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def git(self, *words: str) -> str:
        command = ["git", "-c", "init.defaultBranch=main", *words]
        done = subprocess.run(command, cwd=self.folder, env=ENVIRON, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def write(self, path: str, text: str) -> None:
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).write_text(text, encoding="utf-8")

    def read(self, path: str) -> str:
        return (self.folder / path).read_text(encoding="utf-8")

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "A change")

    def state(self) -> tuple[str, ...]:
        """Return all that a release changes."""
        ours = ("igz_apply/version.py", "CHANGELOG.md")
        return (
            self.git("log", "--format=%H", "--all"),
            self.git("tag"),
            self.git("status", "--porcelain"),
            *map(self.read, ours),
        )

    def release(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(SCRIPT), *words]
        return subprocess.run(command, cwd=self.folder, env=ENVIRON, capture_output=True, text=True, check=False)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A repository that could be released as 1.3.0, but that nothing can build it."""
    made = Repository(tmp_path / "checkout")
    made.write("igz_apply/version.py", '"""The version."""\n\n__version__ = "1.2.3"\n')
    made.write("CHANGELOG.md", CHANGELOG)
    made.write("pyproject.toml", WITH_NO_BUILD)
    made.git("init", "--quiet")
    made.commit()
    return made


def change(path: str, text: str) -> Callable[[Repository], None]:
    def do(repository: Repository) -> None:
        repository.write(path, text)
        repository.commit()

    return do


@pytest.mark.parametrize(
    ("words", "before", "said"),
    [
        ([], None, "make release VERSION=1.2.3"),
        ([""], None, "make release VERSION=1.2.3"),
        (["1.3"], None, "make release VERSION=1.2.3"),
        (["v1.3.0"], None, "make release VERSION=1.2.3"),
        (["1.03.0"], None, "make release VERSION=1.2.3"),
        (["1.3.0", "1.4.0"], None, "make release VERSION=1.2.3"),
        (["1.2.3"], None, "1.2.3 is not after 1.2.3"),
        (["1.2.2"], None, "1.2.2 is not after 1.2.3"),
        (["0.10.0"], None, "0.10.0 is not after 1.2.3"),
        (["1.3.0"], change("CHANGELOG.md", "# Changelog\n"), "does not begin with a part `## Unreleased`"),
        (["1.3.0"], change("CHANGELOG.md", "# C\n\n## 1.2.3 - x\n\n- A\n\n## Unreleased\n\n- B\n"), "does not begin"),
        (["1.3.0"], change("CHANGELOG.md", "# C\n\n## Unreleased\n\n\n## 1.2.3 - x\n\n- A\n"), "says nothing under"),
        (["1.3.0"], change("CHANGELOG.md", "# C\n\n## Unreleased\n"), "says nothing under"),
        (["1.3.0"], change("igz_apply/version.py", "version = 1\n"), "does not state one version"),
        (["1.3.0"], lambda it: it.write("new.txt", "x"), "?? new.txt"),
        (["1.3.0"], lambda it: it.write("pyproject.toml", "x"), "M pyproject.toml"),
        (["1.3.0"], lambda it: it.git("tag", "v1.3.0"), "the tag v1.3.0 exists"),
        (["1.3.0"], lambda it: it.git("checkout", "--quiet", "--detach"), "no branch is checked out"),
    ],
)
def test_what_is_no_release_is_refused_and_nothing_is_changed(
    repository: Repository, words: list[str], before: Callable[[Repository], object] | None, said: str
) -> None:
    if before is not None:
        before(repository)
    state = repository.state()
    done = repository.release(*words)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("No release: ")
    assert said in done.stderr
    assert repository.state() == state


def test_where_a_step_fails_commit_and_tag_are_taken_back(repository: Repository) -> None:
    repository.write(".git/hooks/post-commit", "#!/bin/sh\necho made >> ../seen\n")
    (repository.folder / ".git/hooks/post-commit").chmod(0o755)
    state = repository.state()
    done = repository.release("1.3.0")
    assert (done.returncode, done.stdout) == (1, "")
    assert "-m build" in done.stderr
    assert (repository.folder.parent / "seen").read_text() == "made\n"  # it had come so far
    assert repository.state() == state
    assert not (repository.folder / "dist").exists()


def test_where_the_commit_is_refused_the_texts_are_put_back(repository: Repository) -> None:
    repository.write(".git/hooks/pre-commit", "#!/bin/sh\necho not today >&2\nexit 1\n")
    (repository.folder / ".git/hooks/pre-commit").chmod(0o755)
    state = repository.state()
    done = repository.release("1.3.0")
    assert (done.returncode, "not today" in done.stderr) == (1, True)
    assert repository.state() == state


def checkout(folder: Path) -> Repository:
    """Return a copy of this checkout as it is, committed, in which something is not released yet."""
    hidden = shutil.ignore_patterns(".git", ".venv*", "__pycache__", ".*_cache", ".hypothesis", *LEFT_OUT)
    shutil.copytree(ROOT, folder, ignore=hidden)
    made = Repository(folder)
    text = made.read("CHANGELOG.md")
    if "\n## Unreleased\n" not in text:
        made.write("CHANGELOG.md", text.replace("\n## ", "\n## Unreleased\n\n- Something new.\n\n## ", 1))
    made.git("init", "--quiet")
    made.commit()
    return made


@pytest.mark.full
@pytest.mark.timeout(600)  # it fetches what the wheel needs, and builds
def test_a_release_is_committed_tagged_built_and_tried(tmp_path: Path) -> None:
    repository = checkout(tmp_path / "checkout")
    done = repository.release("7.0.0")
    assert done.returncode == 0, done.stderr
    assert '__version__ = "7.0.0"' in repository.read("igz_apply/version.py")
    assert f"\n## 7.0.0 - {datetime.now(timezone.utc).date()}\n\n" in repository.read("CHANGELOG.md")
    assert "## Unreleased" not in repository.read("CHANGELOG.md")
    assert repository.git("log", "-1", "--format=%s") == "Release 7.0.0"
    assert repository.git("rev-parse", "v7.0.0^{commit}") == repository.git("rev-parse", "HEAD")
    assert repository.git("diff", "--name-only", "HEAD~") == "CHANGELOG.md\nigz_apply/version.py"
    assert repository.git("status", "--porcelain") == ""
    files = sorted(path.name for path in (repository.folder / "dist").iterdir())
    assert files == ["igz_apply-7.0.0-py3-none-any.whl", "igz_apply-7.0.0.tar.gz"]
    assert "git push origin main v7.0.0" in done.stdout
    assert all(f"dist/{name}" in done.stdout for name in files)
    with zipfile.ZipFile(repository.folder / "dist" / files[0]) as wheel:
        assert b'"7.0.0"' in wheel.read("igz_apply/version.py")
    with tarfile.open(repository.folder / "dist" / files[1]) as sdist:
        assert "igz_apply-7.0.0/CHANGELOG.md" in sdist.getnames()
    again = repository.release("7.0.0")
    assert (again.returncode, "does not begin with a part" in again.stderr or "is not after" in again.stderr) == (
        1,
        True,
    )


@pytest.mark.full
@pytest.mark.timeout(600)  # it fetches what the wheel needs, and builds
def test_a_wheel_that_cannot_plan_the_examples_is_no_release(tmp_path: Path) -> None:
    repository = checkout(tmp_path / "checkout")
    repository.write("manifests/examples/user.yaml", "kind: Nothing\n")
    repository.commit()
    state = repository.state()
    done = repository.release("7.0.0")
    assert (done.returncode, "plan --endpoint embedded" in done.stderr) == (1, True)
    assert repository.state() == state
    assert not (repository.folder / "dist").exists()


def test_the_first_version_that_comes_out_may_be_the_one_that_is_stated(repository: Repository) -> None:
    repository.write("CHANGELOG.md", "# Changelog\n\n## Unreleased\n\n- All of it.\n")
    repository.commit()
    done = repository.release("1.2.3")
    assert "-m build" in done.stderr  # nothing speaks against it but that nothing can build this repository
