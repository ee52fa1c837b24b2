"""The files of `migrate`: nothing that is read is written over, and nothing of somebody else, whatever leads there."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from igz_apply.cli.commands.migrate import MARK
from igz_apply.cli.kept_files import write_kept
from igz_apply.errors import IgzApplyError
from igz_apply.local.files import Files
from tests.cli.cli_world import MANIFESTS, Cli

MAPPING = "version: 1\npolicies: {Data: oris-viewer, Developer: Developer}\n"


@pytest.fixture
def origin(workspace: Path) -> Path:
    """Manifests in one file, in a folder of their own, and a mapping."""
    path = workspace / "old" / "all.json.yaml"
    path.parent.mkdir()
    path.write_text(MANIFESTS)
    (workspace / "mapping.yaml").write_text(MAPPING)
    return path


def _everything(folder: Path) -> dict[str, bytes]:
    return {str(it.relative_to(folder)): it.read_bytes() for it in sorted(folder.rglob("*")) if it.is_file()}


def _words(text: str) -> str:
    return " ".join(text.split())


def _as_json(origin: Path, name: str) -> Path:
    """Return the manifests as a file of a suffix that a report may have."""
    path = origin.parent.parent / name
    path.write_bytes(origin.read_bytes())
    return path


@pytest.mark.parametrize("spelling", ["old.md", "./old.md", "old/../old.md", "link.md", "hard.md", "folder/old.md"])
def test_a_report_never_goes_over_what_it_reads(cli: Cli, origin: Path, workspace: Path, spelling: str) -> None:
    _as_json(origin, "old.md")
    (workspace / "link.md").symlink_to("old.md")
    os.link(workspace / "old.md", workspace / "hard.md")
    (workspace / "folder").symlink_to(".")
    before = _everything(workspace)
    for given in (("old.md", spelling), (str(workspace / "old.md"), spelling), (spelling, "old.md")):
        ran = cli("migrate", given[0], "iguazio4", "--report", given[1])
        assert (ran.code, "Two paths to one file [IGZ-778]" in ran.err) == (3, True), ran.err
        assert f"--report {given[1]} is the same as FROM {given[0]}: nothing was written." in _words(ran.err)
    assert _everything(workspace) == before


@pytest.mark.usefixtures("origin")
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--mapping", "said.json", "--report", "said.json"), "is the same as --mapping said.json"),
        (("--report", "one.md", "--report", "./one.md"), "--report ./one.md is the same as --report one.md"),
        (("--report", "old/move.json"), "--report old/move.json would lie in FROM old"),
        (("--report", "out/move.json", "--out-dir", "out"), "--report out/move.json would lie in --out-dir out"),
        (("--report", "out.md", "--out-dir", "out.md"), "--report out.md is the same as --out-dir out.md"),
        (("--write-mapping", "old/mapping.yaml"), "--write-mapping old/mapping.yaml would lie in FROM old"),
    ],
)
def test_no_two_paths_lead_to_one_place(cli: Cli, workspace: Path, arguments: tuple[str, ...], told: str) -> None:
    (workspace / "said.json").write_text('{"version": 1}')
    before = _everything(workspace)
    ran = cli("migrate", "old", "iguazio4", *arguments)
    assert (ran.code, "Two paths to one file [IGZ-778]" in ran.err) == (3, True), ran.err
    assert told in _words(ran.err)
    assert _everything(workspace) == before


@pytest.mark.usefixtures("origin")
def test_other_reports_beside_the_manifests_are_fine(cli: Cli, workspace: Path) -> None:
    arguments = ("--mapping", "mapping.yaml", "--out-dir", "out", "--report", "out/move.md", "--report", "move.json")
    assert cli("migrate", "old", "iguazio4", *arguments).code == 0
    assert (workspace / "out" / "move.md").exists()


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _folder(path: Path) -> None:
    path.mkdir()


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


def _link(path: Path) -> None:
    path.symlink_to("../elsewhere")


def _link_to_ours(path: Path) -> None:
    (path.parent.parent / "elsewhere").write_text(f"{MARK} and so on\n")
    _link(path)


@pytest.mark.usefixtures("origin")
@pytest.mark.parametrize(
    ("make", "told"),
    [
        (_pipe, "is no regular file"),
        (_socket, "is no regular file"),
        (_folder, "is a folder"),
        (_link, "is a link"),
        (_link_to_ours, "is a link"),
    ],
)
def test_what_is_no_file_is_never_written_over(
    cli: Cli, workspace: Path, make: Callable[[Path], None], told: str
) -> None:
    (workspace / "out").mkdir()
    make(workspace / "out" / "users.yaml")
    before = _everything(workspace)
    arguments = ("--mapping", "mapping.yaml", "--out-dir", "out", "--report", "move.md")
    ran = cli("migrate", "old", "iguazio4", *arguments)
    assert (ran.code, f"out/users.yaml is already there, and {told}: nothing was written." in _words(ran.err)) == (
        3,
        True,
    )
    assert _everything(workspace) == before


@pytest.mark.usefixtures("origin")
def test_a_mapping_is_not_begun_through_a_link_that_leads_nowhere(cli: Cli, workspace: Path) -> None:
    (workspace / "begun.yaml").symlink_to("elsewhere.yaml")
    ran = cli("migrate", "old", "iguazio4", "--write-mapping", "begun.yaml")
    assert (ran.code, "File exists" in ran.err) == (3, True)
    assert not (workspace / "elsewhere.yaml").exists()


@pytest.mark.parametrize("failure", [OSError(28, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("after", [0, 1, 2])
def test_what_was_there_is_whole_when_they_cannot_all_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: BaseException, after: int
) -> None:
    names = ("a.yaml", "b.yaml", "c.yaml")
    write_kept(tmp_path, dict.fromkeys(names, "old\n"), "# ours", ".")
    before, left = _everything(tmp_path), [after]
    write = Files.write

    def failing(files: Files, descriptor: int, content: bytes) -> int:
        if not left[0]:
            raise failure
        left[0] -= 1
        return write(files, descriptor, content)

    monkeypatch.setattr(Files, "write", failing)
    expected = IgzApplyError if isinstance(failure, OSError) else KeyboardInterrupt
    with pytest.raises(expected):
        write_kept(tmp_path, dict.fromkeys(names, "new\n"), "# ours", ".")
    assert _everything(tmp_path) == before
