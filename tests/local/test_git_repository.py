"""A repository is followed as git says it is now, and by nothing else."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from igz_apply.errors import Interrupted, InvalidInput, RepositoryLost
from igz_apply.local import git_repository
from igz_apply.local.branch_files import is_of_branch
from igz_apply.local.git_addresses import location
from igz_apply.local.git_repository import CheckedOut, GitRepository
from igz_apply.local.programs import Leash
from igz_apply.model.checkout import Checkout
from igz_apply.model.rounds import Revision
from tests.local.git_world import World, made, needs_daemon, served


@pytest.fixture
def world(tmp_path: Path) -> World:
    return made(tmp_path)


def files(found: CheckedOut) -> dict[str, str]:
    top = found.folder
    paths = [path for path in sorted(top.rglob("*")) if path.is_file() and path.name != ".git"]
    return {path.relative_to(top).as_posix(): path.read_text() for path in paths}


def test_each_look_shows_what_git_has_then(world: World) -> None:
    repository = world.following()
    one = world.commit({"manifests/a.yaml": "a: 1\n", "bin/run.sh": "true\n"})
    first = repository.follow()
    assert first.revision == Revision(one, "main")
    assert files(first) == {"bin/run.sh": "true\n", "manifests/a.yaml": "a: 1\n"}
    assert repository.follow() == first
    two = world.commit({"manifests/b.yaml": "b: 1\n"})
    second = repository.follow()
    assert (second.revision.commit, second.notes) == (two, ())
    assert "manifests/b.yaml" in files(second)
    assert not first.folder.exists()
    repository.close()
    assert list((world.top / "cache").glob("*/*")) == []


def test_bytes_and_modes_are_those_that_were_committed(world: World) -> None:
    (world.up / "x.sh").write_bytes(b"#!/bin/sh\r\n$Id$\n")
    (world.up / "x.sh").chmod(0o755)
    (world.up / "l").symlink_to("x.sh")
    world.commit({"ü ñ": "\n"})
    (world.up / ".gitattributes").write_text("*.sh text eol=crlf ident filter=evil working-tree-encoding=UTF-16\n")
    world.git("add", ".gitattributes")
    world.git("commit", "-q", "-m", "attributes")
    found = world.following().follow()
    blob = subprocess.run(["git", "cat-file", "blob", "HEAD:x.sh"], cwd=world.up, capture_output=True).stdout
    assert (found.folder / "x.sh").read_bytes() == blob
    assert os.access(found.folder / "x.sh", os.X_OK)
    assert (found.folder / "l").readlink() == Path("x.sh")
    assert (found.folder / "ü ñ").read_text() == "\n"
    assert "filter evil" in found.notes[0]


def test_a_folder_of_it_may_be_what_is_followed(world: World) -> None:
    commit = world.commit({"clusters/prod/igz-apply.yaml": "version: 1\n", "base/x.yaml": "x: 1\n"})
    repository = world.following(path="clusters/prod")
    found = repository.follow()
    assert [each.name for each in found.folder.iterdir()] == ["igz-apply.yaml"]
    assert (found.folder / "../../base/x.yaml").exists()
    tree = world.git("rev-parse", "HEAD:clusters/prod")
    assert repository.checkout_of([found.folder]) == Checkout(commit, tree, is_dirty=False)
    both = repository.checkout_of([found.folder, found.folder / "../../base"])
    assert both is not None
    assert len(both.tree) == 64
    assert repository.checkout_of([world.up]) is None
    with pytest.raises(InvalidInput, match="has no folder clusters/test"):
        world.following(path="clusters/test").follow()


def test_branches_and_tags_are_told_apart_by_their_whole_names(world: World) -> None:
    one = world.commit({"a": "1"})
    world.git("tag", "v1")
    world.git("tag", "-a", "-m", "signed by nobody", "v2")
    world.git("branch", "feature/v1")  # which ends as the tag does
    two = world.commit({"a": "2"})
    assert world.following("v1").follow().revision.commit == one
    assert world.following("v2").follow().revision.commit == one
    assert world.following("HEAD").follow().revision.commit == two
    world.git("tag", "main", one)  # that git itself would prefer
    with pytest.raises(RepositoryLost, match="both a branch and a tag main") as caught:
        world.following().follow()
    assert "refs/heads/main or refs/tags/main" in caught.value.hint
    assert world.following("refs/heads/main").follow().revision.commit == two


def test_all_of_the_copy_counts_as_what_a_branch_can_change(world: World) -> None:
    world.commit({"clusters/prod/igz-apply.yaml": "version: 1\n", "bin/evil.sh": "true\n"})
    found = world.following(path="clusters/prod").follow()
    assert is_of_branch(found.folder / ".." / ".." / "bin" / "evil.sh", found.folder)
    assert not is_of_branch(world.top / "cache", found.folder)


def test_what_is_not_there_is_said_with_what_is(world: World) -> None:
    with pytest.raises(RepositoryLost, match="no branch or tag main") as caught:
        world.following().follow()
    assert caught.value.hint == "It is empty: push a commit."
    world.commit({"a": "1"})
    with pytest.raises(RepositoryLost) as caught:
        world.following("mian").follow()
    assert "main" in caught.value.hint
    world.git("tag", "of-a-tree", world.git("rev-parse", "HEAD^{tree}"))
    with pytest.raises(RepositoryLost, match="names no commit"):
        world.following("of-a-tree").follow()


def test_a_deleted_branch_is_a_fault_and_comes_back(world: World) -> None:
    one = world.commit({"a": "1"})
    world.git("branch", "prod")
    repository = world.following("prod")
    repository.follow()
    world.git("branch", "-D", "prod")
    with pytest.raises(RepositoryLost, match="no branch or tag prod"):
        repository.follow()
    world.git("branch", "prod")
    assert repository.follow().revision.commit == one


def test_going_back_is_done_and_told(world: World) -> None:
    early = {"GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z"}
    one = world.commit({"a": "1"}, **early)
    repository = world.following()
    repository.follow()
    two = world.commit({"a": "2"})
    assert repository.follow().notes == ()
    world.git("reset", "-q", "--hard", one)
    back = repository.follow()
    assert files(back) == {"a": "1"}
    assert back.notes == (f"main went back from {two[:10]} to {one[:10]}, which is older.",)
    assert repository.follow().notes == ()
    world.git("reset", "-q", "--hard", two)
    assert "went back" in repository.follow().notes[0]  # it was followed before
    world.git("checkout", "-q", "--orphan", "other")
    other = world.commit({"a": "3"}, **early)
    world.git("branch", "-f", "main", other)
    assert "went back" in repository.follow().notes[0]  # it says that it is older


def test_a_copy_that_somebody_touched_is_made_anew(world: World) -> None:
    world.commit({"manifests/a.yaml": "a: 1\n", "manifests/b.yaml": "b: 1\n"})
    repository = world.following()
    found = repository.follow()
    folder = found.folder / "manifests"
    whole = files(found)
    for touch in (
        (folder / "a.yaml").unlink,
        lambda: (folder / "b.yaml").write_text("c: 1\n"),
        lambda: (folder / "c.yaml").write_text("d: 1\n"),
        lambda: shutil.rmtree(found.folder),
    ):
        touch()
        assert not repository.is_whole()
        assert files(repository.follow()) == whole
        assert repository.is_whole()


@pytest.mark.full
def test_many_pushes_leave_one_checkout_and_few_packs(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(git_repository, "_MOST_FETCHES", 3)
    repository = world.following()
    for number in range(8):
        world.commit({"a": str(number)})
        assert files(repository.follow()) == {"a": str(number)}
    slot = world.top / "cache" / "1"
    assert len(list((slot / "checkouts").iterdir())) == 1
    objects = [path for path in (slot / "repository" / "objects").rglob("*") if path.is_file()]
    assert len(objects) < 3 * 3 + 2


@pytest.mark.full
def test_two_processes_have_a_copy_each_and_one_that_died_leaves_nothing(world: World) -> None:
    commit = world.commit({"a": "1"})
    one, two = world.following(), world.following()
    first, second = one.follow(), two.follow()
    assert first.folder != second.folder
    assert first.revision == second.revision == Revision(commit, "main")
    script = (
        "import os, sys; from pathlib import Path\n"
        "from igz_apply.local.git_addresses import location\n"
        "from igz_apply.local.git_repository import GitRepository\n"
        "r = GitRepository(location(sys.argv[1], Path()), 'main', cache=Path(sys.argv[2]))\n"
        "f = r.follow().folder; (f.parent / 'new').mkdir(); (f.parent.parent / 'repository/shallow.lock').touch()\n"
        "print(f); sys.stdout.flush(); os._exit(9)\n"
    )
    argv = [sys.executable, "-c", script, str(world.up), str(world.top / "cache")]
    ran = subprocess.run(argv, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(Path.cwd())})
    assert ran.returncode == 9, ran.stderr
    left = Path(ran.stdout.strip())
    assert left.exists()
    third = world.following()
    assert third.follow().folder == left
    assert [each.name for each in left.parent.iterdir()] == [commit]
    third.close()
    assert subprocess.run(argv, capture_output=True, env={**os.environ, "PYTHONPATH": str(Path.cwd())}).returncode == 9
    one.close()
    assert left.exists()
    again = world.following()  # in the place of the first
    assert again.follow().folder == first.folder
    assert not left.exists()
    assert second.folder.exists(), "somebody is at that"


def test_what_a_cut_off_fetch_leaves_does_not_stand_in_the_way(world: World) -> None:
    world.commit({"a": "1"})
    repository = world.following()
    repository.follow()
    (world.top / "cache" / "1" / "repository" / "shallow.lock").touch()
    two = world.commit({"a": "2"})
    with pytest.raises(RepositoryLost, match=r"shallow\.lock"):
        repository.follow()
    assert repository.follow().revision.commit == two


def test_a_place_of_others_is_not_used(world: World) -> None:
    world.commit({"a": "1"})
    cache = world.top / "cache"
    cache.mkdir()
    cache.chmod(0o777)
    with pytest.raises(RepositoryLost, match="others may write there"):
        world.following().follow()
    shutil.rmtree(cache)
    cache.write_text("")
    with pytest.raises(RepositoryLost, match="no place for a copy"):
        world.following().follow()


def test_without_git_and_with_an_old_one_it_is_said(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.commit({"a": "1"})
    where = location(str(world.up), tmp_path)
    (tmp_path / "bin").mkdir()
    environ = {"PATH": str(tmp_path / "bin")}
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    with pytest.raises(RepositoryLost, match="no program git here"):
        GitRepository(where, "main", cache=tmp_path / "cache", environ=environ).follow()
    (tmp_path / "bin" / "git").write_text("#!/bin/sh\necho git version 2.17.1\n")
    (tmp_path / "bin" / "git").chmod(0o755)
    with pytest.raises(RepositoryLost, match=r"git version 2\.17\.1 is too old") as caught:
        GitRepository(where, "main", cache=tmp_path / "cache", environ=environ).follow()
    assert caught.value.hint == "Install git 2.29 or later."


def test_settings_of_the_user_that_run_something_are_not_run(world: World, tmp_path: Path) -> None:
    """Hooks, monitors and filters of whoever runs it belong to other work; what logs in is used."""
    ran = tmp_path / "ran"
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for name in ("reference-transaction", "post-checkout", "post-index-change", "pre-auto-gc"):
        (hooks / name).write_text(f"#!/bin/sh\necho {name} >> {ran}\n")
        (hooks / name).chmod(0o755)
    template = tmp_path / "template" / "hooks"
    shutil.copytree(hooks, template)
    (tmp_path / ".gitconfig").write_text(
        f"[core]\n hooksPath = {hooks}\n fsmonitor = touch {ran}\n[init]\n templateDir = {template.parent}\n"
        f'[filter "evil"]\n smudge = touch {ran}\n clean = touch {ran}\n required = true\n'
    )
    world.commit({".gitattributes": "* filter=evil\n", "a": "1"})
    environ = {**os.environ, "HOME": str(tmp_path), "GIT_DIR": "/nowhere", "GIT_TRACE": str(ran)}
    environ.pop("GIT_CONFIG_GLOBAL", None)
    repository = GitRepository(location(str(world.up), tmp_path), "main", cache=tmp_path / "cache", environ=environ)
    repository.follow()
    world.commit({"a": "2"})
    assert (repository.follow().folder / "a").read_text() == "2"
    assert not ran.exists()


@pytest.mark.full
@pytest.mark.parametrize("answers", [True, False])
def test_a_server_that_hangs_holds_nobody_for_ever(
    world: World, answers: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(git_repository, "LOOK_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        scheme = "git" if answers else "http"
        with pytest.raises(RepositoryLost, match=r"has not answered git within 0\.5 s"):
            world.following(url=f"{scheme}://127.0.0.1:{port}/up").follow()
    assert subprocess.run(["pgrep", "-f", f"127.0.0.1:{port}"], capture_output=True).stdout == b""


def test_whoever_holds_the_leash_ends_it(tmp_path: Path) -> None:
    leash = Leash()
    with socket.create_server(("127.0.0.1", 0)) as server:
        where = location(f"git://127.0.0.1:{server.getsockname()[1]}/up", tmp_path)
        repository = GitRepository(where, "main", cache=tmp_path / "cache", leash=leash)

        def pull() -> None:
            server.accept()
            leash.pull()

        threading.Thread(target=pull, daemon=True).start()
        with pytest.raises(Interrupted):
            repository.follow()


def test_a_server_that_went_away_is_a_fault_whatever_is_here(world: World) -> None:
    world.commit({"a": "1"})
    repository = world.following()
    repository.follow()
    world.up.rename(world.top / "gone")
    with pytest.raises(RepositoryLost, match="git cannot read"):
        repository.follow()
    (world.top / "gone").rename(world.up)
    assert repository.follow().revision.commit == world.git("rev-parse", "HEAD")


@pytest.mark.full
@needs_daemon
def test_a_daemon_is_followed(world: World) -> None:
    one = world.commit({"a": "1"})
    with served(world) as url:
        repository = world.following(url=url)
        assert repository.follow().revision.commit == one
        two = world.commit({"a": "2"})
        assert repository.follow().revision.commit == two
        with pytest.raises(RepositoryLost, match="no branch or tag nothing"):
            world.following("nothing", url=url).follow()
        with pytest.raises(RepositoryLost, match="git cannot read git://127"):
            world.following(url=url + "x").follow()
    with pytest.raises(RepositoryLost, match="git cannot read git://127"):
        repository.follow()


def test_a_repository_of_longer_ids_is_followed(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.up.mkdir()
    world.git("init", "-q", "-b", "main", "--object-format=sha256")
    commit = world.commit({"a": "1"})
    assert len(commit) == 64
    assert world.following().follow().revision.commit == commit


def test_a_full_disk_is_said_and_leaves_no_half(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.commit({"a": "1", "b": "2"})
    repository = world.following()
    real = os.open

    def full(path: str | Path, flags: int, mode: int = 0o777, **more: int) -> int:
        if str(path).endswith("/new/b"):
            raise OSError(28, "No space left on device")
        return real(path, flags, mode, **more)

    with monkeypatch.context() as patched:
        patched.setattr("igz_apply.local.git_checkout.os.open", full)
        with pytest.raises(RepositoryLost, match="No space left on device") as caught:
            repository.follow()
    assert "Make room" in caught.value.hint
    assert list((world.top / "cache" / "1" / "checkouts").iterdir()) == []
    assert files(repository.follow()) == {"a": "1", "b": "2"}


def test_what_the_user_lets_git_take_for_a_repository_does_not_matter(world: World, tmp_path: Path) -> None:
    """Nor does a repository around the cache, such as somebody has who keeps their home folder in one."""
    settings = tmp_path / "settings"
    settings.write_text("[safe]\n\tbareRepository = explicit\n")
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / ".git" / "config").write_text("[broken\n")
    where = location(str(world.up), tmp_path)
    environ = {**os.environ, "GIT_CONFIG_GLOBAL": str(settings)}
    repository = GitRepository(where, "main", cache=tmp_path / "cache", environ=environ)
    assert world.commit() == repository.follow().revision.commit == repository.follow().revision.commit


def test_a_file_is_found_by_its_name_in_the_repository(world: World) -> None:
    world.commit({"a.yaml": "a: 1\n"})
    repository = world.following()
    assert repository.place_of("a.yaml") == "a.yaml"
    found = repository.follow()
    assert repository.place_of("a.yaml") == str(found.folder / "a.yaml")
    assert repository.place_of("missing.yaml") == "missing.yaml"
