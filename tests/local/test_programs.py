"""Running other programs: to their end, or to the end of our patience, with nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from igz_apply.local.programs import Ended, Leash, run_argv
from tests.processes import is_gone

PATIENCE = 30.0


def run(script: str, *arguments: str, timeout: float = PATIENCE, **options: object) -> Ended:
    return run_argv([sys.executable, "-c", script, *arguments], timeout=timeout, environ=os.environ, **options)  # type: ignore[arg-type]


def test_a_program_is_run_with_its_arguments_as_they_are() -> None:
    assert run("import sys; print(sys.argv[1:])", "$HOME; a b", "*").output == b"['$HOME; a b', '*']\n"


def test_a_program_has_an_empty_standard_input_unless_it_is_given_one() -> None:
    echo = "import sys; sys.stdout.write(repr(sys.stdin.read()))"
    assert (run(echo).output, run(echo, stdin=b"x" * 200_000).output) == (b"''", repr("x" * 200_000).encode())


def test_what_a_program_does_not_read_is_no_fault() -> None:
    assert run("", stdin=b"x" * 5_000_000).is_done


def test_status_and_errors_are_told() -> None:
    ended = run("import sys; sys.stderr.write('no'); sys.exit(7)")
    assert (ended.status, ended.errors, ended.is_done) == (7, b"no", False)


def test_a_program_that_is_not_there_cannot_be_started() -> None:
    with pytest.raises(FileNotFoundError):
        run_argv(["no-such-program"], timeout=1, environ={"PATH": "/nowhere"})


def test_the_path_that_counts_is_that_of_the_environment_handed_in(tmp_path: Path) -> None:
    script = tmp_path / "hello"
    script.write_text("#!/bin/sh\necho hello from $PWD")
    script.chmod(0o755)
    ended = run_argv(["hello"], timeout=PATIENCE, environ={"PATH": f"{tmp_path}:/bin:/usr/bin"}, cwd=tmp_path)
    assert ended.output.decode() == f"hello from {tmp_path}\n"


def test_what_takes_too_long_is_ended_with_its_children(tmp_path: Path) -> None:
    ended = run(PARENT, str(tmp_path / "pid"), timeout=0.5)
    assert (ended.status, ended.is_late) == (None, True)
    assert is_gone((tmp_path / "pid").read_text())


def test_children_that_outlive_their_parent_are_ended_with_it(tmp_path: Path) -> None:
    ended = run(PARENT.replace("time.sleep(600)  # parent", "print('done')"), str(tmp_path / "pid"))
    assert (ended.status, ended.output) == (0, b"done\n")
    assert is_gone((tmp_path / "pid").read_text())


def test_a_program_that_writes_without_end_is_ended() -> None:
    ended = run("import sys\nwhile True: sys.stdout.write('x' * 9999)", limit=50_000)
    assert (ended.status, ended.is_too_long, len(ended.output)) == (None, True, 50_000)


def test_of_endless_errors_the_beginning_is_kept_and_the_program_goes_on() -> None:
    ended = run("import sys; sys.stderr.write('x' * 900_000); print('done')", limit=50_000)
    assert (ended.status, ended.output, len(ended.errors)) == (0, b"done\n", 50_000)


def test_a_pulled_leash_ends_what_runs_and_what_starts_later(tmp_path: Path) -> None:
    leash, found = Leash(), list[Ended]()
    thread = threading.Thread(target=lambda: found.append(run(PARENT, str(tmp_path / "pid"), leash=leash)))
    thread.start()
    while not (tmp_path / "pid").exists():
        time.sleep(0.01)
    leash.pull()
    thread.join(PATIENCE)
    found.append(run("import time; time.sleep(600)", leash=leash))
    assert [(each.status, each.is_stopped) for each in found] == [(None, True), (None, True)]
    assert is_gone((tmp_path / "pid").read_text())


PARENT = """
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
with open(sys.argv[1] + "~", "w") as file:
    file.write(str(child.pid))
os.rename(sys.argv[1] + "~", sys.argv[1])
time.sleep(600)  # parent
"""


def test_what_starts_while_all_is_ended_is_ended_too() -> None:
    leash, begun, may_start = Leash(), threading.Event(), threading.Event()
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        begun.set()
        assert may_start.wait(30)
        started.append(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True))
        return started[0]

    with ThreadPoolExecutor(2) as workers:
        workers.submit(leash.begin, start)
        assert begun.wait(30)
        pulled = workers.submit(leash.pull)
        assert not pulled.done()  # this process may end right after it: nothing must start behind its back
        may_start.set()
        pulled.result(30)
    assert started[0].wait(30) == -signal.SIGKILL
    assert leash.begin(start) is None
