"""What CI runs goes on where what it would try things with cannot be had, and says what is not tried."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.docs.docs_pages import ROOT

USED = ("bash", "cat", "chmod", "dirname", "id", "mkdir", "mktemp", "mv", "rm", "sh", "timeout", "uname")
WANTED = ("mmdebstrap", "prometheus", "gitlab-ci-local", "kubectl")

pytestmark = pytest.mark.skipif(any(shutil.which(name) is None for name in USED), reason="takes a shell and coreutils")


def run(folder: Path, **programs: str) -> subprocess.CompletedProcess[str]:
    """Run it in a folder of its own, where no programs are but these, by their scripts, and what a shell has."""
    (folder / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "run", folder / ".ci")
    tools = folder / "bin"
    tools.mkdir()
    for name in USED:
        (tools / name).symlink_to(str(shutil.which(name)))
    for name, script in {"make": 'echo "make $*"', **programs}.items():
        (tools / name).write_text(f"#!/bin/sh\n{script}\n")
        (tools / name).chmod(0o755)
    environ = {"PATH": str(tools), "TMPDIR": str(folder)}
    return subprocess.run([folder / ".ci" / "run"], env=environ, capture_output=True, text=True, check=False)


def named(said: str) -> list[str]:
    return [line.partition(" cannot be had: ")[0] for line in said.splitlines()]


@pytest.mark.parametrize(
    "programs",
    [
        {},
        {"apt-get": "exit 100", "npm": "exit 1", "python3": "exit 1"},
        {
            "apt-get": "exit 0",
            "npm": "exit 0",
            "python3": "exit 0",
            "rsync": "exit 0",
        },  # they say so, and bring nothing
    ],
)
def test_what_cannot_be_had_is_named_and_the_rest_is_checked(tmp_path: Path, programs: dict[str, str]) -> None:
    done = run(tmp_path, **programs)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "make audit AUDIT=--skip-unreachable\nmake check\n"
    assert named(done.stderr) == list(WANTED)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".ci", "bin"]


def test_what_is_here_is_not_brought(tmp_path: Path) -> None:
    here = dict.fromkeys(WANTED, "exit 0")
    done = run(tmp_path, **here, **dict.fromkeys(("apt-get", "npm", "python3"), 'echo "$0" >>"$TMPDIR/brought"'))
    assert (done.returncode, done.stderr) == (0, "")
    assert not (tmp_path / "brought").exists()


@pytest.mark.parametrize("target", ["audit", "check"])
def test_a_check_that_fails_fails_it(tmp_path: Path, target: str) -> None:
    done = run(tmp_path, make=f'[ "$1" != {target} ]')
    assert done.returncode != 0
