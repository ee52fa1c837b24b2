"""What somebody who may push could try: nothing of it is run, and nothing leads out of the folder."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from igz_apply.errors import InvalidInput, RepositoryLost
from igz_apply.local import git_checkout, git_program
from tests.local.git_world import EMPTY_TREE, World, made

pytestmark = pytest.mark.full

FILE, LINK, FOLDER, MODULE = "100644", "120000", "40000", "160000"


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = made(tmp_path)
    world.commit({"a.yaml": "a: 1\n"})
    return world


def refused(world: World) -> str:
    with pytest.raises(InvalidInput) as caught:
        world.following().follow()
    (problem,) = caught.value.problems
    assert problem.summary == "Unsafe commit"
    left = list((world.top / "cache").glob("*/checkouts/*"))
    assert left == []
    return problem.detail


@pytest.mark.parametrize(
    "target", ["/etc/passwd", "../x", "../../../../etc/passwd", "sub/../../x", "sub/../..", "../new/a.yaml"]
)
def test_a_link_that_leads_out_is_refused(world: World, target: str) -> None:
    (world.up / "sub").mkdir()
    (world.up / "manifests").symlink_to(target)
    world.commit({"sub/b.yaml": "b: 1\n"})
    assert "manifests is a link that leads out of the repository" in refused(world)


def test_links_that_lead_out_together_are_refused(world: World) -> None:
    """Each of them stays inside as it is written: the way through the other is what leads out."""
    (world.up / "top" / "p" / "q").mkdir(parents=True)
    (world.up / "top" / "up").symlink_to("..")
    (world.up / "top" / "p" / "q" / "m").symlink_to("../../up/../x")
    world.commit({"top/p/q/b.yaml": "b: 1\n"})
    assert "top/p/q/m is a link that leads out" in refused(world)


def test_an_absolute_link_to_the_copy_itself_is_refused(world: World) -> None:
    repository = world.following()
    folder = repository.follow().folder
    (world.up / "manifests").symlink_to(folder)
    world.commit()
    with pytest.raises(InvalidInput, match="leads out"):
        repository.follow()


def test_links_that_stay_are_kept_whatever_they_lead_to(world: World) -> None:
    (world.up / "sub").mkdir()
    (world.up / "sub" / "again").symlink_to("../a.yaml")
    (world.up / "nowhere").symlink_to("missing")
    (world.up / "round").symlink_to("round")
    (world.up / "sub" / "far").symlink_to("./..//sub/again")
    for number in range(100):
        (world.up / f"way{number}").symlink_to(f"way{number + 1}")
    world.commit()
    found = world.following().follow().folder
    assert (found / "sub" / "far").read_text() == "a: 1\n"
    assert (found / "sub" / "again").read_text() == "a: 1\n"
    assert (found / "nowhere").is_symlink()


@pytest.mark.parametrize(
    "name",
    ["..", ".", ".git", ".GIT", ".git ", ".git.", "git~1", ".g\u200cit", "a\\b"],
)
def test_a_name_that_leads_elsewhere_is_refused(world: World, name: str) -> None:
    blob = world.git("rev-parse", "HEAD:a.yaml")
    tree = world.raw("tree", b"100644 config\0" + bytes.fromhex(blob))
    content = f"{FOLDER} {name}".encode() + b"\0" + bytes.fromhex(tree)
    commit = world.git("commit-tree", "-m", "by hand", world.raw("tree", content))
    world.git("update-ref", "refs/heads/main", commit)
    assert "no folder may hold" in refused(world)


def test_a_name_with_a_slash_in_it_is_refused_by_git_or_by_us(world: World) -> None:
    blob = world.git("rev-parse", "HEAD:a.yaml")
    world.commit_tree((FILE, "../../evil", blob))
    with pytest.raises((InvalidInput, RepositoryLost)):
        world.following().follow()
    assert not list(world.top.rglob("evil"))


def test_nothing_is_written_through_a_link(world: World) -> None:
    outside = world.top / "outside"
    outside.mkdir()
    blob = world.git("rev-parse", "HEAD:a.yaml")
    link = world.raw("blob", str(outside).encode())
    inner = world.raw("blob", b"x")
    tree = world.raw("tree", f"{FILE} evil".encode() + b"\0" + bytes.fromhex(blob))
    links = world.raw("tree", f"{LINK} evil".encode() + b"\0" + bytes.fromhex(inner))
    for folder in (tree, links):
        world.commit_tree((LINK, "d", link), (FOLDER, "d", folder))
        assert "stands there twice" in refused(world)
    world.commit_tree((FILE, "a", blob), (FILE, "a", blob))
    assert "stands there twice" in refused(world)
    world.commit_tree((FILE, "a", blob), (FOLDER, "a", tree))
    with pytest.raises((InvalidInput, RepositoryLost)):
        world.following().follow()
    assert list(outside.iterdir()) == []


def test_a_repository_within_the_repository_is_no_repository_here(world: World) -> None:
    """A bare one could bring settings that git obeys wherever it is asked in that folder."""
    bare = {
        "HEAD": "ref: refs/heads/main\n",
        "config": "[core]\n fsmonitor = touch /tmp/evil\n",
        "objects/x": "",
        "refs/x": "",
    }
    world.commit({f"manifests/{name}": text for name, text in bare.items()})
    repository = world.following()
    found = repository.follow()
    checkout = repository.checkout_of([found.folder / "manifests"])
    assert checkout is not None
    assert checkout.commit == found.revision.commit


def test_what_is_not_the_file_itself_is_said(world: World) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"
    commit = world.git("rev-parse", "HEAD")
    world.git("update-index", "--add", "--cacheinfo", f"{MODULE},{commit},sub")
    world.git("commit", "-qm", "a module")
    (world.up / "sub").mkdir()
    (world.up / "locked.yaml").write_bytes(b"\0GITCRYPT\0\1\2")
    attributes = "*.bin filter=lfs diff=lfs\n# x filter=none\nlocked.yaml filter=git-crypt\n*.yaml filter=mine -text\n"
    world.commit({"big.bin": pointer, ".gitattributes": attributes})
    repository = world.following()
    found = repository.follow()
    assert repository.follow().notes == (), "of each commit it is said once"
    assert found.notes == (
        "big.bin is kept by Git LFS: what is read is the pointer, not the file.",
        "locked.yaml is encrypted by git-crypt, and is read as committed.",
        "sub is a submodule: what is in another repository is not read.",
        ".gitattributes names the filter mine: files are read as committed.",
    )
    assert not (found.folder / "sub").exists()


def test_more_than_a_repository_of_manifests_holds_is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.commit({f"{number}.yaml": "x" * 1000 for number in range(4)})
    with monkeypatch.context() as patched:
        patched.setattr(git_checkout, "MOST_FILES", 3)
        assert "holds 5 files" in refused(world)
    with monkeypatch.context() as patched:
        patched.setattr(git_checkout, "MOST_BYTES", 3000)
        assert "MiB are followed" in refused(world)
    monkeypatch.setattr(git_checkout, "_BATCH", 1500)  # files are asked for in several goes
    assert len(list(world.following().follow().folder.glob("*.yaml"))) == 5


@pytest.mark.full
def test_folders_in_folders_without_end_are_given_up(world: World) -> None:
    """Ten folders that are ten times the same, and so on: some kilobytes that come to ten thousand million files."""
    below = world.raw("tree", f"{FILE} a".encode() + b"\0" + bytes.fromhex(world.git("rev-parse", "HEAD:a.yaml")))
    for _ in range(10):
        content = b"".join(f"{FOLDER} {each}".encode() + b"\0" + bytes.fromhex(below) for each in range(10))
        below = world.raw("tree", content)
    world.git("update-ref", "refs/heads/main", world.git("commit-tree", "-m", "many", below))
    with pytest.raises(RepositoryLost, match="than can be right"):
        world.following().follow()


def test_a_commit_of_nothing_is_a_folder_of_nothing(world: World) -> None:
    commit = world.git("commit-tree", "-m", "nothing", EMPTY_TREE)
    world.git("update-ref", "refs/heads/main", commit)
    assert list(world.following().follow().folder.glob("*.yaml")) == []


def test_a_file_that_is_named_to_move_a_cursor_is_shown_plainly(world: World) -> None:
    (world.up / "x\x1b[2J").symlink_to("/etc")
    world.commit()
    assert "\x1b" not in refused(world)


@pytest.mark.skipif(sys.platform != "linux", reason="what a program writes can be bounded on Linux alone")
def test_a_server_that_sends_without_end_does_not_fill_the_disk(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    first = world.following()
    first.follow()
    monkeypatch.setattr(git_program, "MOST_SENT", 100_000)
    (world.up / "big").write_bytes(os.urandom(1_000_000))
    world.commit()
    for repository in (first, world.following()):
        with pytest.raises(RepositoryLost, match="sends more than"):
            repository.follow()
        assert sum(path.stat().st_size for path in (world.top / "cache").rglob("*") if path.is_file()) < 500_000
    monkeypatch.undo()
    assert (first.follow().folder / "big").stat().st_size == 1_000_000
