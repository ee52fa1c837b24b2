"""Git logs in as it does elsewhere on the machine, asks nobody, and tells nobody a password."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from igz_apply.errors import RepositoryLost
from igz_apply.local.git_addresses import location
from igz_apply.local.git_program import Git, login_of
from igz_apply.local.git_repository import GitRepository
from igz_apply.local.programs import Ended
from tests.local.git_http import over_http
from tests.local.git_world import World, made

pytestmark = pytest.mark.full

has_http = (
    Path(subprocess.run(["git", "--exec-path"], capture_output=True, text=True).stdout.strip()) / "git-remote-http"
).exists()
needs_http = pytest.mark.skipif(not has_http, reason="git speaks no HTTP here")


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = made(tmp_path)
    world.commit({"a": "1"})
    return world


def following(world: World, url: str, environ: dict[str, str] | None = None) -> GitRepository:
    home = world.top / "home"
    home.mkdir(exist_ok=True)
    mine = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    mine = {**mine, "HOME": str(home), **(environ or {})}
    return GitRepository(location(url, world.top), "main", cache=world.top / "cache", environ=mine)


@needs_http
def test_a_credential_helper_of_the_user_logs_in(world: World) -> None:
    with over_http(world.top, "ada:s3cret") as served:
        with pytest.raises(RepositoryLost, match="could not read Username") as caught:
            following(world, served.url).follow()
        assert "credential helper" in caught.value.hint
        stored = world.top / "home" / "stored"
        stored.write_text(served.url.replace("http://", "http://ada:s3cret@"))
        (world.top / "home" / ".gitconfig").write_text(f"[credential]\n helper = store --file {stored}\n")
        found = following(world, served.url).follow()
        assert (found.folder / "a").read_text() == "1"
        stored.write_text(served.url.replace("http://", "http://ada:wrong@"))
        with pytest.raises(RepositoryLost, match=r"Authentication failed|could not read"):
            following(world, served.url).follow()


@needs_http
def test_a_password_of_the_address_is_shown_to_its_server_alone(world: World) -> None:
    with over_http(world.top, "ada:s3cret@1") as served:
        given = served.url.replace("http://", "http://ada:s3cret%401@")
        repository = following(world, given)
        repository.follow()
        world.commit({"a": "2"})
        assert (repository.follow().folder / "a").read_text() == "2"
        kept = [path for path in (world.top / "cache").rglob("*") if path.is_file()]
        assert not any(b"s3cret" in path.read_bytes() for path in kept)
        assert "s3cret" not in repository.place
        with pytest.raises(RepositoryLost) as caught:
            following(world, given.replace("s3cret", "wrong")).follow()
        assert "wrong" not in f"{caught.value} {caught.value.hint}"
        with over_http(world.top, "ada:s3cret@1", leads_to=f"http://127.0.0.1:{served.port}") as other:
            before = len(served.told)
            with pytest.raises(RepositoryLost):
                following(world, other.url.replace("http://", "http://ada:s3cret%401@")).follow()
            assert served.told[before:] == []


@needs_http
def test_a_server_does_not_lead_to_what_may_not_be_spoken(world: World) -> None:
    for target in ("file:///" + str(world.top), "ftp://127.0.0.1:1", "ext::sh -c true"):
        with over_http(world.top, leads_to=target) as served, pytest.raises(RepositoryLost, match="git cannot read"):
            following(world, served.url).follow()


def test_a_login_that_a_server_repeats_is_not_shown() -> None:
    login = login_of("https://ada:s3%20cret@git.example.com/x.git")
    sent = base64.b64encode(b"ada:s3 cret").decode()
    said = f"remote: hello ada:s3 cret, s3%20cret, {sent}\nfatal: Authentication failed\n".encode()
    git = Git("x", {}, Path(), login)
    told = git.said(Ended(128, b"", said))
    assert told == "remote: hello ada:***, ***, ***; Authentication failed."


@needs_http
def test_what_a_server_says_is_shown_plainly(world: World) -> None:
    shutil.rmtree(world.up / ".git" / "objects")  # what is asked for cannot be told
    with over_http(world.top) as served, pytest.raises(RepositoryLost) as caught:
        following(world, served.url).follow()
    assert str(caught.value).isprintable()


def an_ssh(world: World) -> tuple[Path, Path]:
    """Return a program that stands for ssh, and where it writes how it was called."""
    program, called = world.top / "my-ssh", world.top / "called"
    program.write_text(f'#!/bin/sh\necho "$@" >> {called}\nfor last; do :; done\nexec sh -c "$last"\n')
    program.chmod(0o755)
    return program, called


@pytest.mark.parametrize("way", ["GIT_SSH_COMMAND", "core.sshCommand", "GIT_SSH", "PATH"])
def test_the_ssh_of_the_user_is_run_and_asks_nobody(world: World, way: str) -> None:
    program, called = an_ssh(world)
    environ = {}
    if way == "core.sshCommand":
        (world.top / "home").mkdir()
        (world.top / "home" / ".gitconfig").write_text(f"[core]\n sshCommand = {program} -i mine\n")
    elif way == "PATH":
        (world.top / "bin").mkdir()
        program.rename(world.top / "bin" / "ssh")
        environ["PATH"] = f"{world.top / 'bin'}{os.pathsep}{os.environ['PATH']}"
    else:
        environ[way] = str(program)
    found = following(world, f"ssh://git@git.example.com{world.up}", environ).follow()
    assert (found.folder / "a").read_text() == "1"
    assert ("BatchMode=yes" in called.read_text()) is (way != "GIT_SSH")
    assert ("-i mine" in called.read_text()) is (way == "core.sshCommand")


def test_an_ssh_that_is_not_let_in_says_what_to_do(world: World) -> None:
    program, _ = an_ssh(world)
    for says, hint in (
        ("git@git.example.com: Permission denied (publickey).", "deploy key"),
        ("Host key verification failed.", "known_hosts"),
        ("No user exists for uid 1000660000", "/etc/passwd"),
        ("ssh: connect to host git.example.com port 22: Connection refused", "server is up"),
    ):
        program.write_text(f"#!/bin/sh\necho '{says}' >&2\nexit 255\n")
        with pytest.raises(RepositoryLost, match=says.split(":")[-1].strip(" .").split("(")[0]) as caught:
            following(world, "git@git.example.com:cluster.git", {"GIT_SSH_COMMAND": str(program)}).follow()
        assert hint in caught.value.hint


def test_nobody_is_asked_at_a_terminal_or_in_a_window(world: World) -> None:
    asked = world.top / "asked"
    program = world.top / "ask"
    program.write_text(f"#!/bin/sh\ntouch {asked}\necho x\n")
    program.chmod(0o755)
    (world.top / "home").mkdir()
    (world.top / "home" / ".gitconfig").write_text(f"[core]\n askPass = {program}\n")
    with over_http(world.top, "ada:s3cret") as served, pytest.raises(RepositoryLost):
        following(world, served.url, {"SSH_ASKPASS": str(program), "DISPLAY": ":0"}).follow()
    assert not asked.exists()
