"""A file that was read before is not parsed again, unless it holds something else: whatever its inode says."""

from __future__ import annotations

import mmap
import os
from pathlib import Path

import pytest

from igz_apply.manifests import reader
from igz_apply.manifests.documents import FileReading, read_documents
from igz_apply.manifests.file_text import FileText
from igz_apply.manifests.known_files import KnownFiles
from igz_apply.manifests.plain import PlainReader
from igz_apply.manifests.reader import Reading, read
from igz_apply.model.remembering import Remembering

ADA = "apiVersion: iguazio.com/v1\nkind: User\nmetadata: {name: ada}\nspec: {last_name: oak}\n"


class Watched:
    """A folder that is read again and again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.parsed: list[str] = []  # files whose content was parsed in the last round
        self.files = KnownFiles()
        self.results = Remembering()

    def round(self, monkeypatch: pytest.MonkeyPatch) -> Reading:
        """Read all of it, and forget what is not there any more."""
        self.parsed = []
        parse = read_documents

        def noted(file: FileText, plain: PlainReader | None = None) -> FileReading:
            self.parsed.append(Path(file.path).name)
            return parse(file, plain)

        with monkeypatch.context() as patched:
            patched.setattr(reader, "read_documents", noted)
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


def test_what_has_not_changed_is_parsed_once(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    readings = [(watched.round(monkeypatch), watched.parsed) for _ in range(3)]
    assert [parsed for _, parsed in readings] == [["ada.yaml", "bob.yaml"], [], []]
    assert all(found is readings[0][0] for found, _ in readings)


def test_another_text_of_the_same_size_under_the_old_time_is_seen(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched.round(monkeypatch)
    file = watched.folder / "ada.yaml"
    before = file.stat()
    file.write_text(ADA.replace("oak", "elm"))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (file.stat().st_size, file.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    assert last_names(watched.round(monkeypatch)) == ["elm", "oak"]
    assert watched.parsed == ["ada.yaml"]


def test_a_write_of_which_the_inode_tells_nothing_is_seen(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    file = watched.folder / "ada.yaml"
    with file.open("r+b") as opened, mmap.mmap(opened.fileno(), 0) as mapped:
        at = mapped.find(b"oak")
        mapped[at : at + 3] = b"elm"  # the first write moves the times, and the next ones do not
        watched.round(monkeypatch)
        mapped[at : at + 3] = b"yew"
        assert last_names(watched.round(monkeypatch)) == ["yew", "oak"]


def test_another_file_under_the_name_is_seen_however_it_came_there(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched.round(monkeypatch)
    file, new = watched.folder / "ada.yaml", watched.folder / "new"
    before = file.stat()
    new.write_text(ADA.replace("oak", "fir"))
    os.utime(new, ns=(before.st_atime_ns, before.st_mtime_ns))
    new.replace(file)
    assert last_names(watched.round(monkeypatch)) == ["fir", "oak"]
    file.unlink()
    file.hardlink_to(watched.folder / "bob.yaml")
    assert last_names(watched.round(monkeypatch)) == ["oak", "oak"]
    file.unlink()
    new.write_text(ADA.replace("oak", "ash"))
    file.symlink_to(new)
    assert last_names(watched.round(monkeypatch)) == ["ash", "oak"]


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
