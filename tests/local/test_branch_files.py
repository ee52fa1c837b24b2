"""Which files a branch can change: those of the checkout, and not those of another checkout inside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from igz_apply.local.branch_files import is_of_branch


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout, with the config in a folder of it and another checkout beside that."""
    top = tmp_path / "repo"
    for folder in (top / ".git", top / "deploy", top / "trusted" / ".git", top / "module", tmp_path / "outside"):
        folder.mkdir(parents=True)
    (top / "module" / ".git").write_text(
        "gitdir: ../.git/modules/module\n"
    )  # as a submodule has it, which a branch adds
    (top / "linked").mkdir()
    (top / "linked" / ".git").symlink_to(tmp_path / "outside")
    monkeypatch.chdir(top / "deploy")
    return top


@pytest.mark.parametrize(
    ("path", "is_of_it"),
    [
        ("deploy/a", True),
        ("a", True),
        ("deploy/../a", True),
        ("module/a", True),
        ("linked/a", True),
        ("trusted/a", False),
        ("trusted/deep/a", False),
        ("../outside/a", False),
        ("trusted/../a", True),
    ],
)
def test_the_files_of_a_branch_are_those_of_its_checkout(path: str, is_of_it: bool, repo: Path) -> None:
    assert is_of_branch(repo / path, repo / "deploy") is is_of_it


def test_links_into_and_out_of_it_are_seen(repo: Path, tmp_path: Path) -> None:
    (tmp_path / "outside" / "in").symlink_to(repo / "deploy")
    (repo / "out").symlink_to(tmp_path / "outside")
    assert is_of_branch(tmp_path / "outside" / "in" / "a", repo / "deploy")
    assert is_of_branch(repo / "out" / "a", repo / "deploy")


def test_where_there_is_no_repository_it_is_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert is_of_branch(tmp_path / "here" / "a", tmp_path / "here")
    assert not is_of_branch(tmp_path / "a", tmp_path / "here")
