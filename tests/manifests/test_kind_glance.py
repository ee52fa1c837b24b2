"""A glance at which kinds manifests speak of, before they are read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from igz_apply.manifests.kind_glance import kinds_glanced


def glanced(*paths: Path | str, ignore: tuple[str, ...] = (), enough: int = 99) -> frozenset[str] | None:
    return kinds_glanced([str(path) for path in paths], ignore, lambda found: len(found) >= enough)


@pytest.mark.parametrize(
    "text",
    [
        "kind: Project\n",
        "{apiVersion: x, kind: Project}\n",
        '{"kind": "Project"}',
        "'kind' : 'Project'\n",
        "kind:\n  Project\n",
        "resources:\n  - kind: Project\n",  # of a profile
    ],
)
def test_a_kind_is_seen_however_it_is_written(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(text)
    assert glanced(tmp_path) == frozenset({"Project"})


def test_all_files_of_all_folders_are_looked_at(tmp_path: Path) -> None:
    for name in ("a.yaml", "one/b.yml", "one/c.json", "one/two/d.YAML", "e.txt", "ignored/f.yaml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"kind: {name.rpartition('/')[2][0].upper()}\n")
    assert glanced(tmp_path, ignore=("ignored",)) == frozenset({"A", "B", "C", "D"})
    assert glanced(tmp_path / "e.txt", tmp_path / "one") == frozenset({"E", "B", "C", "D"})  # what is named is read


def test_it_ends_as_soon_as_it_is_enough_with_the_first_file_of_each_folder(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        for number in range(9):
            (tmp_path / folder / f"{number}.yaml").write_text(f"kind: {folder.upper()}\n---\nkind: Z\n")
    found = glanced(tmp_path / "a", tmp_path / "b", enough=3)
    assert found is not None
    assert len(found) == 3


def test_what_can_be_read_once_only_or_not_at_all_tells_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("kind: Project\n")
    os.mkfifo(tmp_path / "pipe")
    assert glanced("-", tmp_path) is None
    assert glanced(tmp_path / "pipe") is None
    assert glanced(tmp_path / "nowhere") is None
    assert glanced() == frozenset()


@pytest.mark.parametrize("unreadable", ["m", "secret"])
def test_a_folder_that_cannot_be_read_tells_nothing(
    unreadable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "m" / "secret").mkdir(parents=True)
    (tmp_path / "m" / "a.yaml").write_text("kind: Project\n")
    scandir = os.scandir

    def refuse(path: str) -> object:
        if Path(path).name == unreadable:
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr("os.scandir", refuse)
    assert glanced(tmp_path / "m") is None


def test_it_ends_after_the_first_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("igz_apply.manifests.kind_glance._MOST_FILES", 2)
    for name in ("a", "b", "c"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.yaml").write_text(f"kind: {name.upper()}\n")
    found = glanced(tmp_path / "a", tmp_path / "b", tmp_path / "c")
    assert found == frozenset({"A", "B"})


def test_what_leads_elsewhere_is_left_to_the_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder in itself would never end, and a file that cannot be opened is told when it is read."""
    (tmp_path / "again").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "nowhere.yaml").symlink_to(tmp_path / "gone.yaml")
    assert glanced(tmp_path) == frozenset()
    (tmp_path / "a.yaml").write_text("kind: Project\n")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError

    monkeypatch.setattr("builtins.open", refuse)
    assert glanced(tmp_path) is None
