"""A file that was read before is not read again, unless what its inode says may lie."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from igz_apply.manifests.known_files import SETTLED, KnownFiles
from igz_apply.manifests.reader import Reading, read
from igz_apply.model.remembering import Remembering

ADA = "apiVersion: iguazio.com/v1\nkind: User\nmetadata: {name: ada}\nspec: {last_name: oak}\n"


class Watched:
    """A folder that is read again and again, by a clock that a test turns."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now = 100.0
        self.opened: list[str] = []  # files whose content was read in the last round
        self.inode: os.stat_result | None = None  # what every inode is said to say; None: what it says
        self.files = KnownFiles(lambda: self.now, self._look)
        self.results = Remembering()

    def _look(self, path: str) -> os.stat_result:
        return Path(path).stat() if self.inode is None else self.inode

    def round(self, monkeypatch: pytest.MonkeyPatch, seconds: float = 2 * SETTLED) -> Reading:
        """Read all of it, so many seconds after the last time, and forget what is not there any more."""
        from igz_apply.manifests import reader

        self.now += seconds
        self.opened = []
        content = reader._content

        def noted(path: str) -> bytes:
            self.opened.append(Path(path).name)
            return content(path)

        with monkeypatch.context() as patched:
            patched.setattr(reader, "_content", noted)
            found = read([str(self.folder)], known=self.files, results=self.results)
        self.files.turn()
        self.results.turn()
        return found


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    (tmp_path / "ada.yaml").write_text(ADA)
    (tmp_path / "bob.yaml").write_text(ADA.replace("name: ada", "name: bob"))
    return Watched(tmp_path)


def last_names(reading: Reading) -> list[str]:
    return [document.data["spec"]["last_name"] for document in reading.documents]


def test_what_has_not_changed_is_read_twice_and_then_no_more(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    readings = [(watched.round(monkeypatch), watched.opened) for _ in range(4)]
    assert [opened for _, opened in readings] == [["ada.yaml", "bob.yaml"], ["ada.yaml", "bob.yaml"], [], []]
    assert all(found is readings[0][0] for found, _ in readings)


def test_a_file_that_may_have_been_changed_just_now_is_read_again(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(5):
        watched.round(monkeypatch, SETTLED / 10)
        assert watched.opened == ["ada.yaml", "bob.yaml"]


def test_another_text_of_the_same_size_under_the_old_time_is_seen(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        watched.round(monkeypatch)
    file = watched.folder / "ada.yaml"
    before = file.stat()
    file.write_text(ADA.replace("oak", "elm"))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (file.stat().st_size, file.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    assert last_names(watched.round(monkeypatch)) == ["elm", "oak"]
    assert watched.opened == ["ada.yaml"]


def test_another_file_of_the_same_size_and_time_in_its_place_is_seen(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        watched.round(monkeypatch)
    file, new = watched.folder / "ada.yaml", watched.folder / "new"
    before = file.stat()
    new.write_text(ADA.replace("oak", "fir"))
    os.utime(new, ns=(before.st_atime_ns, before.st_mtime_ns))
    new.replace(file)
    assert last_names(watched.round(monkeypatch)) == ["fir", "oak"]


def test_a_second_write_within_one_step_of_the_clock_of_the_files_is_seen(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = watched.folder / "ada.yaml"
    watched.inode = file.stat()  # from now on it says the same, whatever is written
    watched.round(monkeypatch, 0.01)
    file.write_text(ADA.replace("oak", "elm"))
    assert last_names(watched.round(monkeypatch, SETTLED / 2)) == ["elm", "oak"]
    file.write_text(ADA.replace("oak", "yew"))
    assert last_names(watched.round(monkeypatch, SETTLED / 4)) == ["yew", "oak"]


def test_a_file_that_moves_while_it_is_read_is_read_again(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    from igz_apply.manifests import reader

    content = reader._content

    def moving(path: str) -> bytes:
        found = content(path)
        Path(path).write_text(ADA.replace("oak", "elm"))
        return found

    with monkeypatch.context() as patched:
        patched.setattr(reader, "_content", moving)
        read([str(watched.folder / "ada.yaml")], known=watched.files)
    assert len(watched.files) == 0
    assert last_names(watched.round(monkeypatch))[0] == "elm"


def test_a_rewrite_with_the_same_text_is_no_change(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    first = watched.round(monkeypatch)
    (watched.folder / "ada.yaml").write_text(ADA)
    assert watched.round(monkeypatch) is first


def test_files_that_come_and_go_are_seen_and_nothing_is_kept_of_what_is_gone(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched.round(monkeypatch)
    (watched.folder / "cid.yaml").write_text(ADA.replace("name: ada", "name: cid"))
    assert len(watched.round(monkeypatch).documents) == 3
    for name in ("ada.yaml", "cid.yaml"):
        (watched.folder / name).unlink()
    assert [document.data["metadata"]["name"] for document in watched.round(monkeypatch).documents] == ["bob"]
    assert len(watched.files) == 1
    (watched.folder / "igz-apply.ignore").write_text("bob.yaml\n")
    assert watched.round(monkeypatch).documents == ()
    watched.files.forget()
    assert len(watched.files) == 0


def test_a_file_that_cannot_be_read_is_told_of_each_time(watched: Watched) -> None:
    gone = str(watched.folder / "gone.yaml")
    for _ in range(2):
        assert [problem.summary for problem in read([gone], known=watched.files).problems] == ["No such file"]
    (watched.folder / "loop.yaml").symlink_to("loop.yaml")
    for _ in range(2):
        problems = read([str(watched.folder)], known=watched.files).problems
        assert [problem.summary for problem in problems] == ["Cannot read"]
