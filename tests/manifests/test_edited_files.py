"""Edited files are written all or none, and only if nobody has touched them meanwhile."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
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
    (tmp_path / ".one.yaml.0a1b2c3d.igz-apply-new").write_text("left by a crash")
    assert write_edited(three, Files()) == 1
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


FULL = OSError(errno.ENOSPC, "No space left on device")


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
        name = {"replace1": "one", "write1": "one", "remove1": "three"}.get(f"{name}{number}", "two")
        assert str(caught.value) == f"{tmp_path}/{name}.yaml cannot be written: No space left on device."


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


def test_a_change_right_before_its_file_is_put_in_place_is_seen_and_the_others_are_put_back(
    three: list[EditedFile], tmp_path: Path
) -> None:
    class Meanwhile(Files):
        __slots__ = ()

        def replace(self, source: Path, target: Path) -> None:
            super().replace(source, target)
            (tmp_path / "two.yaml").write_text("a: mine\n")

    with pytest.raises(InvalidInput, match="Changed meanwhile"):
        write_edited(three, Meanwhile())
    assert held(tmp_path) == {**BEFORE, "two.yaml": "a: mine\n"}


def test_what_somebody_writes_over_an_edit_is_not_put_back(three: list[EditedFile], tmp_path: Path) -> None:
    class Meanwhile(Stopping):
        __slots__ = ()

        def remove(self, path: Path) -> None:
            if path.suffix == ".yaml":
                (tmp_path / "one.yaml").write_text("a: mine\n")
            super().remove(path)

    with pytest.raises(IgzApplyError):
        write_edited(three, Meanwhile("remove", 1, FULL))
    assert held(tmp_path) == {**BEFORE, "one.yaml": "a: mine\n"}


def test_what_cannot_be_put_back_is_told(three: list[EditedFile], tmp_path: Path) -> None:
    class Stuck(Stopping):
        __slots__ = ()

        def create(self, path: Path, *, mode: int, is_exclusive: bool) -> int:
            if path.name.endswith("-old"):
                raise FULL
            return super().create(path, mode=mode, is_exclusive=is_exclusive)

    with pytest.raises(IgzApplyError) as caught:
        write_edited(three, Stuck("remove", 1, OSError(errno.EPERM, "Not permitted")))
    assert f"{tmp_path}/one.yaml, {tmp_path}/two.yaml cannot be put back" in str(caught.value)
    assert held(tmp_path) == {"one.yaml": "a: 1\n", "three.yaml": "a: three\n", "two.yaml": "a: 2\n"}


def test_two_runs_take_turns_and_the_second_sees_what_the_first_wrote(three: list[EditedFile], tmp_path: Path) -> None:
    others: list[Exception] = []

    def other() -> None:
        try:
            write_edited([EditedFile(str(tmp_path / "one.yaml"), b"a: one\n", b"a: other\n")], Files())
        except InvalidInput as error:
            others.append(error)

    run = threading.Thread(target=other)

    class Beside(Files):
        __slots__ = ()

        def change_mode(self, path: Path, mode: int) -> None:
            if not run.ident:
                run.start()
            super().change_mode(path, mode)

    write_edited(three, Beside())
    run.join(timeout=60)
    assert held(tmp_path) == {"one.yaml": "a: 1\n", "two.yaml": "a: 2\n"}
    assert "Changed meanwhile" in str(others)


def test_where_folders_cannot_be_locked_nothing_of_others_is_cleared(three: list[EditedFile], tmp_path: Path) -> None:
    class Lockless(Files):
        __slots__ = ()

        @contextmanager
        def guard(self, folder: Path) -> Iterator[bool]:
            raise OSError(errno.ENOLCK, "No locks available", str(folder))
            yield False

    (tmp_path / ".one.yaml.0a1b2c3d.igz-apply-new").write_text("of another")
    assert write_edited(three, Lockless()) == 0
    assert held(tmp_path) == {
        ".one.yaml.0a1b2c3d.igz-apply-new": "of another",
        "one.yaml": "a: 1\n",
        "two.yaml": "a: 2\n",
    }


def test_what_is_taken_out_is_written_last_and_what_goes_after_that(tmp_path: Path) -> None:
    order: list[str] = []

    class Told(Files):
        __slots__ = ()

        def replace(self, source: Path, target: Path) -> None:
            order.append(target.name)
            super().replace(source, target)

        def remove(self, path: Path) -> None:
            order.extend([path.name] * (path.suffix == ".yaml"))
            super().remove(path)

    for name in ("a", "b", "c", "d"):
        more = "metadata: {name: b}\n---\nc: 1\n" if name == "b" else ""
        (tmp_path / f"{name}.yaml").write_text(TEXT.format(n=name) + more)
    a, b, c, d = (Source(str(tmp_path / f"{name}.yaml"), 1, 1) for name in ("a", "b", "c", "d"))
    edits = [Put(b, ("a",), 7), Put(d, ("a",), 7), Put(a, ()), Put(b, ()), Put(c, ("a",), 7)]
    write_edited(edited_files(edits, Told()), Told())
    assert order == ["d.yaml", "b.yaml", "c.yaml", "a.yaml"]


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
