"""What pods meet: control planes, and a git server, in a network that has nothing else."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from igz_apply.emulator import Emulator
from tests.deploy.pods import network

GIT = "git://127.0.0.1/cluster.git"
KEY = Emulator().access_key

_GET = """
import http.client, sys
line = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=5)
try:
    line.request("GET", sys.argv[2])
except OSError:
    sys.exit()
print(line.getresponse().status)
"""


@dataclass
class World:
    """The network and what is in it; `call` runs a command of this machine there."""

    folder: Path
    network: int

    def call(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command in this network, to its end."""
        enter = ["nsenter", f"--net=/proc/{self.network}/ns/net", *words]
        return subprocess.run(enter, capture_output=True, text=True, check=False, cwd=self.folder)

    def igz_apply(self, port: int, *words: str) -> str:
        """Run igz-apply as a person would who has a key and an inventory of their own, and return what it prints."""
        given = [f"IGZ_ENDPOINT=http://127.0.0.1:{port}", f"V3IO_ACCESS_KEY={KEY}", "IGZ_INVENTORY=person.json"]
        done = self.call("env", *given, sys.executable, "-m", "igz_apply", *words)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def answer(self, path: str, port: int = 9464) -> int:
        """Return the status of a GET of the port that pods listen on, 0 for no answer."""
        done = self.call(sys.executable, "-c", _GET, str(port), path)
        return int(done.stdout or 0)

    def commit(self, files: dict[str, str]) -> str:
        """Commit these files to the branch main of the repository that is served, and return the commit."""
        repository = self.folder / "git" / "cluster.git"
        if not repository.exists():
            repository.mkdir(parents=True)
            self._git(repository, "init", "--quiet", "--initial-branch=main")
        for name, text in files.items():
            path = repository / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        self._git(repository, "add", "--all")
        author = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "commit.gpgsign=false"]
        self._git(repository, *author, "commit", "--quiet", "--allow-empty", "--message=Change")
        return self._git(repository, "rev-parse", "HEAD").strip()

    def _git(self, repository: Path, *words: str) -> str:
        return subprocess.run(["git", "-C", str(repository), *words], check=True, capture_output=True, text=True).stdout


@contextmanager
def world(folder: Path, ports: tuple[int, ...]) -> Iterator[World]:
    """Start a control plane on each of these ports, and a server of the repositories below `git`."""
    with ExitStack() as stack:
        holder = stack.enter_context(network())
        made = World(folder, holder.pid)
        (folder / "git").mkdir()
        enter = ["nsenter", f"--net=/proc/{holder.pid}/ns/net"]
        daemon = ["git", "daemon", "--listen=127.0.0.1", "--export-all", f"--base-path={folder / 'git'}"]
        started = [stack.enter_context(_process([*enter, *daemon, str(folder / "git")]))]
        for port in ports:
            words = ["-m", "igz_apply", "emulator", "--listen", f"127.0.0.1:{port}", "--job-seconds", "0"]
            started.append(stack.enter_context(_process([*enter, sys.executable, *words])))
        for port in (9418, *ports):
            _wait_for(made, port)
        try:
            yield made
        finally:
            for process in started:
                process.terminate()
            assert holder.stdin is not None
            holder.stdin.close()


def _process(words: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(words, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _wait_for(made: World, port: int) -> None:
    for _ in range(200):
        tried = f"import socket; socket.create_connection(('127.0.0.1', {port}), 1)"
        if made.call(sys.executable, "-c", tried).returncode == 0:
            return
        time.sleep(0.05)
    raise AssertionError(f"nothing listens on {port}")
