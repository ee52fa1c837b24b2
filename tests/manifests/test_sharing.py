"""Reading with child processes: the same result as without, whatever becomes of the children.

Each test runs in a process of its own, since the one that runs the tests has threads, beside which nothing is forked.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="children are had on Linux alone")

SHARED = """
import os, signal, sys, threading, time
from igz_apply.manifests import sharing
from igz_apply.manifests.sharing import Shared

os.sched_getaffinity = lambda _: {0, 1, 2}  # whatever this machine has
parent = os.getpid()

def is_alone():
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return True
    return False
"""


def ran(script: str, *arguments: str, timeout: float = 60) -> str:
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], capture_output=True, text=True, timeout=timeout, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout.strip()


def test_children_do_what_the_caller_leaves_to_them() -> None:
    script = """
with Shared(lambda index: {"piece": [index, str(os.getpid() == parent)]}, 100) as shared:
    time.sleep(0.5)
    ours = list(shared.take())
    theirs = shared.results()
in_parent = {it["piece"][1] for it in theirs.values()}
print(sorted([*ours, *theirs]) == list(range(100)), len(theirs) > 50, in_parent, is_alone())
"""
    assert ran(SHARED + script) == "True True {'False'} True"


@pytest.mark.parametrize(
    "end", ["os._exit(3)", "raise OSError", "os.kill(os.getpid(), signal.SIGKILL)", "return object()"]
)
def test_what_a_child_that_ends_badly_had_begun_is_left_to_the_caller(end: str) -> None:
    script = f"""
def work(index):
    if index == 7 and os.getpid() != parent:
        {end}
    return index

with Shared(work, 20) as shared:
    time.sleep(0.5)
    ours = list(shared.take())
    theirs = shared.results()
print(7 in theirs, ours, len(theirs) < 20, all(piece == result for piece, result in theirs.items()), is_alone())
"""
    assert ran(SHARED + script) == "False [] True True True"


def test_no_child_outlives_what_went_wrong_in_the_caller() -> None:
    script = """
try:
    with Shared(lambda index: time.sleep(100), 20) as shared:
        raise KeyboardInterrupt
except KeyboardInterrupt:
    print(is_alone())
"""
    assert ran(SHARED + script) == "True"


def test_an_interrupt_of_the_whole_group_is_for_the_caller_alone() -> None:
    script = """
os.setpgid(0, 0)
told = []
signal.signal(signal.SIGINT, lambda *_: told.append(os.getpid()))
with Shared(lambda index: (time.sleep(0.01), index)[1], 50) as shared:
    time.sleep(0.2)
    os.killpg(0, signal.SIGINT)
    ours = list(shared.take())
    theirs = shared.results()
print(told == [parent], sorted([*ours, *theirs]) == list(range(50)))
"""
    assert ran(SHARED + script) == "True True"


def test_a_parent_that_does_not_care_for_its_children_changes_nothing() -> None:
    script = """
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
with Shared(lambda index: index, 50) as shared:
    time.sleep(0.3)
    found = [*shared.take(), *shared.results()]
print(sorted(found) == list(range(50)))
"""
    assert ran(SHARED + script) == "True"


def test_no_child_outlives_a_parent_that_was_killed() -> None:
    script = """
with Shared(lambda index: "x" * 100_000, 200) as shared:
    print(*[process for process, _ in shared._children], flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run(
        [sys.executable, "-c", SHARED + script], stdout=subprocess.PIPE, text=True, timeout=60, check=False
    )  # it returns when nobody holds its output open any more
    assert done.returncode == -signal.SIGKILL
    children = [int(text) for text in done.stdout.split()]
    assert len(children) == 2
    for _ in range(200):
        if not any(is_running(process) for process in children):
            return
        time.sleep(0.05)
    pytest.fail("a child goes on without its parent")


def is_running(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state not in ("Z", "X")


@pytest.mark.parametrize("allowed", [0, 1])
def test_where_the_system_allows_no_more_processes_the_caller_has_more_to_do(allowed: int) -> None:
    script = f"""
forks, real = [], os.fork

def fork():
    forks.append(1)
    if len(forks) > {allowed}:
        raise BlockingIOError
    return real()

os.fork = fork
before = len(os.listdir("/proc/self/fd"))
with Shared(lambda index: index, 50) as shared:
    found = [*shared.take(), *shared.results()]
print(sorted(found) == list(range(50)), is_alone(), len(os.listdir("/proc/self/fd")) == before)
"""
    assert ran(SHARED + script) == "True True True"


def test_cleaning_up_after_children_that_nobody_cares_for_hides_no_error() -> None:
    script = """
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
try:
    with Shared(lambda index: index, 5) as shared:
        time.sleep(0.5)
        raise KeyError("what went wrong")
except KeyError as error:
    print(error.args[0], error.__context__)
"""
    assert ran(SHARED + script) == "what went wrong None"


def test_a_signal_that_comes_while_a_child_is_made_is_the_callers_alone() -> None:
    script = """
real = os.fork

def fork():
    process = real()
    os.kill(os.getpid(), signal.SIGINT)  # in both, as a terminal sends it
    return process

os.fork = fork
try:
    with Shared(lambda index: index, 5) as shared:
        print("not reached")
except KeyboardInterrupt:
    print("interrupted", os.getpid() == parent, is_alone())
"""
    assert ran(SHARED + script) == "interrupted True True"


def test_beside_threads_and_on_one_processor_the_caller_does_everything() -> None:
    script = """
def alone():
    with Shared(lambda index: index, 5) as shared:
        time.sleep(0.2)
        return list(shared.take()) == [0, 1, 2, 3, 4] and shared.results() == {}

threading.Thread(target=time.sleep, args=(2,), daemon=True).start()
print(alone())
threading.active_count = lambda: 1
os.sched_getaffinity = lambda _: {0}
print(alone())
"""
    assert ran(SHARED + script) == "True\nTrue"


READ = """
import sys
from igz_apply.manifests import reader

def told(folder):
    reading = reader.read([folder])
    paths = [("spec", "description"), ("metadata", "name"), ()]
    places = [(it.source, it.data, [it.positions.value(path) for path in paths]) for it in reading.documents]
    return places, reading.problems, reading.files

answers = []
def unpacked(path, answer, real=reader._unpacked):
    answers.append(answer)
    return real(path, answer)

reader._unpacked = unpacked
shared = told(sys.argv[1])
reader._is_much = lambda files: False
print(shared == told(sys.argv[1]), len(shared[0]), len(shared[1]), sum(answer is not None for answer in answers) > 0)
"""


@pytest.mark.skipif(len(getattr(os, "sched_getaffinity", lambda _: [0])(0)) < 2, reason="needs two processors")
def test_manifests_are_read_the_same_with_children_and_without(tmp_path: Path) -> None:
    good = (
        "apiVersion: iguazio.com/v1\nkind: Group\nmetadata: {name: g%d}\nspec: {description: 'ü \U0001f600', gid: %d}\n"
    )
    texts: list[str | bytes] = [
        "a: [1\n",
        "a: 1\na: 2\n",
        "# nothing\n",
        "x: &x [1.5, ~, true]\ny: *x\n",
        b"\xff",
        "a: 0777\n---\nb: 1\n",
    ]
    for number in range(400):
        odd = texts[number % len(texts)] if number % 17 == 0 else ""
        content = (
            odd if isinstance(odd, bytes) else (good % (number, number) + "---\n" + good % (-number, 1) + odd).encode()
        )
        (tmp_path / f"{number:03}.yaml").write_bytes(content)
    assert ran(READ, str(tmp_path)) == "True 792 16 True"
