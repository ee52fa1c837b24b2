"""Paths in the copy of a commit are told as the repository has them."""

from __future__ import annotations

from pathlib import Path

from igz_apply.manifests.known_files import KnownFiles
from igz_apply.manifests.reader import read
from igz_apply.manifests.telling import AS_THEY_ARE, Telling
from igz_apply.model.addresses import Source
from igz_apply.model.problems import Problem

TOP = Telling("/cache/1/c0ffee")


def test_what_lies_below_is_told_from_there_and_all_else_as_it_is() -> None:
    assert [TOP.path(it) for it in ("/cache/1/c0ffee/a/b.yaml", "a/b.yaml", "/cache/1/c0ffee2/a")] == [
        "a/b.yaml",
        "a/b.yaml",
        "/cache/1/c0ffee2/a",
    ]
    assert TOP.text("/cache/1/c0ffee/a and /cache/1/c0ffee hold none.") == "a and . hold none."
    assert AS_THEY_ARE.path("/a/b") == AS_THEY_ARE.text("/a/b") == "/a/b"


def test_a_problem_is_told_so_too() -> None:
    problem = Problem(
        "X", "/cache/1/c0ffee/a is bad.", "See /cache/1/c0ffee/b.", source=Source("/cache/1/c0ffee/a", 2, 3)
    )
    assert TOP.problem(problem) == Problem("X", "a is bad.", "See b.", source=Source("a", 2, 3))
    assert TOP.problem(Problem("X", "It is.")) == Problem("X", "It is.")
    assert AS_THEY_ARE.problem(problem) is problem


def test_a_file_that_the_next_commit_has_too_is_not_parsed_again(tmp_path: Path) -> None:
    known, documents = KnownFiles(), []
    for commit in ("one", "two"):
        folder = tmp_path / commit
        (folder / "m").mkdir(parents=True)
        (folder / "m" / "defaults.yaml").write_text("a: 1\n")
        (folder / "m" / "x.yaml").write_text("apiVersion: v1\nkind: K\n")
        telling = Telling(str(folder))
        found = read([str(folder / "m")], tops=(str(folder),), known=known, telling=telling)
        assert [document.source.path for document in found.documents] == ["m/defaults.yaml", "m/x.yaml"]
        documents.append(found.documents)
        known.turn()
    assert all(one.data is two.data for one, two in zip(*documents, strict=True))


def test_what_is_edited_is_told_so_too(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("a: 1\n")
    (tmp_path / "y.yaml").write_text("a: 1\n")
    edited = {str((tmp_path / "x.yaml").resolve()): b"a: 2\n"}
    found = read([str(tmp_path)], edited=edited, telling=Telling(str(tmp_path)))
    assert [(it.source.path, it.data) for it in found.documents] == [("x.yaml", {"a": 2}), ("y.yaml", {"a": 1})]
