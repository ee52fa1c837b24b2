"""Which commit manifests are at, as git tells it, and nothing where it cannot."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from igz_apply.local.checkout import checkout_of, is_at_work, stamp_of
from igz_apply.model.checkout import Checkout


def git(folder: Path, *words: str) -> str:
    settings = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
    ran = subprocess.run(["git", *settings, *words], cwd=folder, check=True, capture_output=True, text=True)
    return ran.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "one ü"
    for name in ("a", "b"):
        (folder / name).mkdir(parents=True)
        (folder / name / "x.yaml").write_text(f"{name}: 1\n")
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "first")
    return folder


def test_a_folder_is_told_by_its_own_tree(repository: Path) -> None:
    found = checkout_of([repository / "a"])
    assert found == Checkout(
        git(repository, "rev-parse", "HEAD"), git(repository, "rev-parse", "HEAD:a"), is_dirty=False
    )
    whole = checkout_of([repository])
    assert whole is not None
    assert whole.tree == git(repository, "rev-parse", "HEAD:")


def test_a_commit_elsewhere_leaves_the_tree_and_another_clone_has_the_same(repository: Path, tmp_path: Path) -> None:
    before = checkout_of([repository / "a", repository / "b" / "x.yaml"])
    git(repository, "commit", "-q", "--allow-empty", "-m", "second")
    git(tmp_path, "clone", "-q", str(repository), "two")
    after = checkout_of([tmp_path / "two" / "b" / "x.yaml", tmp_path / "two" / "a"])
    assert before is not None
    assert after is not None
    assert (before.tree, before.commit == after.commit) == (after.tree, False)


def test_only_what_is_in_the_folders_makes_them_dirty(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (repository / "b" / "new.yaml").write_text("")
    monkeypatch.setenv("GIT_DIR", "/nowhere")  # as inside a hook of another repository
    clean, dirty = checkout_of([repository / "a"]), checkout_of([repository / "a", repository / "b"])
    assert clean is not None
    assert dirty is not None
    assert (clean.is_dirty, dirty.is_dirty) == (False, True)


def test_where_nobody_can_tell_there_is_nothing(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "beside").mkdir()
    (tmp_path / "empty").mkdir()
    git(tmp_path / "empty", "init", "-q")
    (repository / "later").mkdir()
    for paths in (
        [],
        [tmp_path / "beside"],
        [tmp_path / "empty"],
        [repository / "later"],
        [repository / "missing" / "far"],
        [repository / "a", tmp_path / "beside"],
        ["-"],
    ):
        assert checkout_of(paths) is None, paths
    git(tmp_path, "clone", "-q", str(repository), "two")
    assert checkout_of([repository / "a", tmp_path / "two" / "a"]) is None
    monkeypatch.setenv("PATH", str(tmp_path))
    assert checkout_of([repository / "a"]) is None


@pytest.mark.parametrize("is_old", [True, False])
@pytest.mark.parametrize("is_whole", [True, False])
def test_a_repository_that_a_commit_brings_along_is_not_asked(
    repository: Path, is_whole: bool, is_old: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its settings name programs, and git obeys those of whatever repository it finds."""
    if is_old:  # as git before 2.38, to which safe.bareRepository says nothing
        (tmp_path / "bin").mkdir()
        real = shutil.which("git")
        (tmp_path / "bin" / "git").write_text(f'#!/bin/sh\nexport GIT_CONFIG_COUNT=1\nexec {real} "$@"\n')
        (tmp_path / "bin" / "git").chmod(0o755)
    brought, ran = repository / "a", tmp_path / "ran"
    work = brought / "work" if is_whole else repository
    work.mkdir(exist_ok=True)
    (work / "x.yaml").write_text("x: 1\n")
    (work / ".gitattributes").write_text("* filter=evil\n")
    made = ("--git-dir", str(brought), "--work-tree", str(work), "-c", "filter.evil.clean=cat")
    git(brought, "init", "-q", "--bare", ".")
    git(brought, *made, "add", "-f", str(work / "x.yaml"))
    git(brought, *made, "commit", "-qm", "brought along")
    program = tmp_path / "evil"
    program.write_text(f"#!/bin/sh\ntouch {ran}\ncat\n")
    program.chmod(0o755)
    git(brought, "config", "core.bare", "false")
    git(brought, "config", "core.worktree", str(work))
    git(brought, "config", "filter.evil.clean", str(program))
    (work / "x.yaml").write_text("x: 2\n")
    subprocess.run(["git", "status"], cwd=brought / "objects", check=True, capture_output=True)
    assert ran.exists(), "git itself runs it"
    ran.unlink()
    if is_old:
        monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    for path in (brought, brought / "objects", brought / "work"):
        assert checkout_of([path]) is None
    assert not ran.exists()


def test_a_folder_that_is_no_checkout_never_is_at_work(tmp_path: Path) -> None:
    assert (stamp_of(tmp_path), is_at_work(tmp_path, 0.0)) == (None, False)
    for content in ("nothing of git's", "gitdir: nowhere"):
        (tmp_path / ".git").write_text(content)
        assert not is_at_work(tmp_path, 0.0)
        assert not stamp_of(tmp_path)
