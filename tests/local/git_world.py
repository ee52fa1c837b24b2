"""Repositories to follow: real ones, made by git, served from a folder or over a socket of this machine."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from igz_apply.local.git_addresses import location
from igz_apply.local.git_repository import GitRepository

needs_ssh_keys = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed")
needs_gpg = pytest.mark.skipif(shutil.which("gpg") is None, reason="gpg is not installed")
needs_daemon = pytest.mark.skipif(
    not (
        Path(subprocess.run(["git", "--exec-path"], capture_output=True, text=True).stdout.strip()) / "git-daemon"
    ).exists(),
    reason="git daemon is not installed",
)
EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"


@dataclass(frozen=True)
class World:
    """One repository of somebody, and the folders around it."""

    top: Path
    settings: tuple[str, ...] = ("user.name=ada", "user.email=ada@example.com", "commit.gpgsign=false")
    environ: Mapping[str, str] = field(default_factory=dict)

    @property
    def up(self) -> Path:
        """The repository with its files, where somebody works and which is followed."""
        return self.top / "up"

    def git(self, *words: str, stdin: bytes | None = None, environ: Mapping[str, str] | None = None) -> str:
        """Run git in it, as somebody who has no settings of their own."""
        given = [part for setting in self.settings for part in ("-c", setting)]
        ran = subprocess.run(
            ["git", *given, *words],
            cwd=self.up,
            input=stdin,
            check=True,
            capture_output=True,
            env={
                **os.environ,
                "GIT_CONFIG_GLOBAL": os.devnull,
                "GIT_CONFIG_NOSYSTEM": "1",
                **self.environ,
                **(environ or {}),
            },
        )
        return ran.stdout.decode().strip()

    def commit(self, files: Mapping[str, str] | None = None, *words: str, **more: str) -> str:
        """Commit these files with whatever else is there, and return the commit."""
        for name, text in (files or {}).items():
            path = self.up / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "some change", *words, environ=more)
        return self.git("rev-parse", "HEAD")

    def raw(self, kind: str, content: bytes) -> str:
        """Write an object as it is, however wrong, and return its id."""
        return self.git("hash-object", "--literally", "-t", kind, "-w", "--stdin", stdin=content)

    def commit_tree(self, *entries: tuple[str, str, str]) -> str:
        """Let main be a commit of such a tree, which git itself would not write: mode, name, id of each entry."""
        content = b"".join(f"{mode} {name}".encode() + b"\0" + bytes.fromhex(id_) for mode, name, id_ in entries)
        commit = self.git("commit-tree", "-m", "by hand", self.raw("tree", content))
        self.git("update-ref", "refs/heads/main", commit)
        return commit

    def following(self, ref: str = "main", path: str = "", *, url: str = "", keys: Path | None = None) -> GitRepository:
        """Return a follower of it."""
        where = location(url or str(self.up), self.top)
        return GitRepository(where, ref, path, cache=self.top / "cache", environ=os.environ, keys=keys)


def made(top: Path) -> World:
    """Return one without any commit."""
    world = World(top)
    world.up.mkdir()
    world.git("init", "-q", "-b", "main")
    return world


@contextmanager
def served(world: World) -> Iterator[str]:
    """Serve it by `git daemon`, and give its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = ("git", "daemon", "--export-all", f"--base-path={world.top}", "--listen=127.0.0.1", f"--port={port}")
    daemon = subprocess.Popen([*words, "--reuseaddr", "--log-destination=none"], start_new_session=True)
    try:
        _wait_for(port)
        yield f"git://127.0.0.1:{port}/up"
    finally:
        os.killpg(daemon.pid, 9)
        daemon.wait()


def _wait_for(port: int) -> None:
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise AssertionError("git daemon does not listen")
