"""Edited files are written all or none, and only if nobody has touched them meanwhile."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from igz_apply.errors import IgzApplyError, InvalidInput
from igz_apply.local.files import Files
from igz_apply.manifests.editing.files import EditedFile, contents, edited_files, write_edited
from igz_apply.manifests.reader import read
from igz_apply.model.addresses import Source
from igz_apply.model.edits import Put

TEXT = "a: {n}\nb: 1\n"


@pytest.fixture
def three(tmp_path: Path) -> list[EditedFile]:
    """Three files: two that are edited and, between them, one that goes."""
    for name in ("one", "three", "two"):
        (tmp_path / f"{name}.yaml").write_text(f"a: {name}\n")
    (tmp_path / "one.yaml").chmod(0o640)
    return [
        EditedFile(str(tmp_path / "one.yaml"), b"a: one\n", b"a: 1\n"),
        EditedFile(str(tmp_path / "three.yaml"), b"a: three\n", None),
        EditedFile(str(tmp_path / "two.yaml"), b"a: two\n", b"a: 2\n"),
    ]


def held(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in sorted(folder.iterdir()) if path.is_file()}


BEFORE = {"one.yaml": "a: one\n", "three.yaml": "a: three\n", "two.yaml": "a: two\n"}


def test_all_are_written_and_modes_and_links_stay(three: list[EditedFile], tmp_path: Path) -> None:
    real = tmp_path / "real"
    real.mkdir()
    (tmp_path / "two.yaml").rename(real / "two.yaml")
    (tmp_path / "two.yaml").symlink_to(real / "two.yaml")
    (tmp_path / ".one.yaml.igz-apply-new").write_text("left by a crash")
    write_edited(three, Files())
    assert held(tmp_path) == {"one.yaml": "a: 1\n", "two.yaml": "a: 2\n"}
    assert (tmp_path / "two.yaml").is_symlink()
    assert (tmp_path / "one.yaml").stat().st_mode & 0o777 == 0o640


def linked(folder: Path) -> list[Path]:
    """Let a link lead to a link to the file that goes, which lies elsewhere; return both."""
    (folder / "real").mkdir()
    (folder / "three.yaml").rename(folder / "real" / "x.yaml")
    links = [folder / "three.yaml", folder / "real" / "link.yaml"]
    links[0].symlink_to("real/link.yaml")
    links[1].symlink_to("x.yaml")
    return links


def test_links_go_with_the_file_that_they_lead_to(three: list[EditedFile], tmp_path: Path) -> None:
    linked(tmp_path)
    write_edited(three, Files())
    assert held(tmp_path) == {"one.yaml": "a: 1\n", "two.yaml": "a: 2\n"}
    assert list((tmp_path / "real").iterdir()) == []


@pytest.mark.parametrize("number", [1, 2, 3])
def test_links_stay_where_something_stops_it(three: list[EditedFile], tmp_path: Path, number: int) -> None:
    links = linked(tmp_path)
    with pytest.raises(IgzApplyError):
        write_edited(three, Stopping("remove", number, FULL))
    assert held(tmp_path) == BEFORE
    assert [os.readlink(link) for link in links] == ["real/link.yaml", "x.yaml"]  # noqa: PTH115 - as they are written


class Stopping(Files):
    """Stops at one call of one sort."""

    __slots__ = ("_left", "_name", "_what")

    def __init__(self, name: str, number: int, what: BaseException) -> None:
        self._name, self._left, self._what = name, number, what

    def _pass(self, name: str) -> None:
        if name == self._name:
            self._left -= 1
            if self._left == 0:
                raise self._what

    def write(self, descriptor: int, content: bytes) -> int:
        self._pass("write")
        return super().write(descriptor, content)

    def replace(self, source: Path, target: Path) -> None:
        self._pass("replace")
        super().replace(source, target)

    def sync_folder(self, folder: Path) -> None:
        self._pass("sync_folder")
        super().sync_folder(folder)

    def remove(self, path: Path) -> None:
        if path.suffix == ".yaml":
            self._pass("remove")
        super().remove(path)


FULL = OSError(errno.ENOSPC, "No space left on device", "two.yaml")


@pytest.mark.parametrize(
    ("name", "number"), [("write", 1), ("write", 2), ("replace", 1), ("replace", 2), ("remove", 1)]
)
@pytest.mark.parametrize("what", [FULL, KeyboardInterrupt()])
def test_whatever_stops_it_nothing_is_lost_and_nothing_half(
    name: str, number: int, what: BaseException, three: list[EditedFile], tmp_path: Path
) -> None:
    with pytest.raises((IgzApplyError, KeyboardInterrupt)) as caught:
        write_edited(three, Stopping(name, number, what))
    assert held(tmp_path) == BEFORE
    assert (tmp_path / "one.yaml").stat().st_mode & 0o777 == 0o640
    if isinstance(what, OSError):
        assert "No space left on device" in str(caught.value)


def test_a_file_that_was_changed_meanwhile_is_left_alone_with_all_others(
    three: list[EditedFile], tmp_path: Path
) -> None:
    (tmp_path / "two.yaml").write_text("a: mine\n")
    with pytest.raises(InvalidInput) as caught:
        write_edited(three, Files())
    assert [problem.summary for problem in caught.value.problems] == ["Changed meanwhile"]
    assert held(tmp_path) == {**BEFORE, "two.yaml": "a: mine\n"}


def test_a_change_while_the_new_files_are_written_is_seen_too(three: list[EditedFile], tmp_path: Path) -> None:
    class Meanwhile(Files):
        __slots__ = ()

        def sync(self, descriptor: int) -> None:
            (tmp_path / "one.yaml").write_text("a: mine\n")
            super().sync(descriptor)

    with pytest.raises(InvalidInput, match="Changed meanwhile"):
        write_edited(three, Meanwhile())
    assert held(tmp_path) == {**BEFORE, "one.yaml": "a: mine\n"}


def test_a_read_only_file_and_one_that_has_gone_are_refused(three: list[EditedFile], tmp_path: Path) -> None:
    (tmp_path / "one.yaml").chmod(0o440)
    (tmp_path / "two.yaml").unlink()
    with pytest.raises(InvalidInput) as caught:
        write_edited(three, Files())
    assert [problem.summary for problem in caught.value.problems] == ["Not to be written", "Cannot read"]
    assert held(tmp_path) == {name: text for name, text in BEFORE.items() if name != "two.yaml"}


def test_files_are_edited_in_memory_and_read_as_if_they_were_written(tmp_path: Path) -> None:
    for name in ("one", "two", "same"):
        (tmp_path / f"{name}.yaml").write_text(TEXT.format(n=name))
    one, two, same = (Source(str(tmp_path / f"{name}.yaml"), 1, 1) for name in ("one", "two", "same"))
    edits = [Put(one, ("a",), 7), Put(two, ()), Put(same, ("a",), "same")]
    files = edited_files(edits, Files())
    assert contents(files) == {one.path: b"a: 7\nb: 1\n", two.path: None}
    found = read([str(tmp_path)], edited=contents(files))
    assert [document.data for document in found.documents] == [{"a": 7, "b": 1}, {"a": "same", "b": 1}]
    assert found.problems == ()
    assert len(read([str(tmp_path)]).documents) == 3


def test_a_folder_that_shall_hold_nothing_is_a_problem_before_it_is_written(tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text(TEXT)
    found = read([str(tmp_path)], edited={str(tmp_path / "one.yaml"): None})
    assert [problem.summary for problem in found.problems] == ["No manifests"]


def test_every_file_that_cannot_be_edited_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text("? a\n: 1\n")
    one, gone = Source(str(tmp_path / "one.yaml"), 1, 1), Source(str(tmp_path / "gone.yaml"), 1, 1)
    with pytest.raises(InvalidInput) as caught:
        edited_files([Put(one, ("a",), 7), Put(gone, ())], Files())
    assert sorted(problem.summary for problem in caught.value.problems) == ["Cannot edit", "Cannot read"]
    assert os.listdir(tmp_path) == ["one.yaml"]  # noqa: PTH208 - names are what is wanted
