"""Two replicas of `reconcile`, whose leader is killed again and again: never two that write, and a takeover in time.

Somebody else edits the cluster all the time, so that every round has something to heal. Most kills come in the middle
of an apply. `IGZ_TORTURE=whole` kills 50 times, and prints what was seen.
"""

from __future__ import annotations

import fcntl
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from igz_apply.controlplane import Client, Group
from igz_apply.emulator import Server
from igz_apply.emulator.engine.messages import Request
from tests.torture.tortured_plane import tortured
from tests.torture.tortured_world import group, write

pytestmark = pytest.mark.full

KILLS = 50 if os.environ.get("IGZ_TORTURE") == "whole" else 3
LEASE = 2.0
SLACK = 3.0  # that a busy machine may add to whatever is done in time
WORKER = Path(__file__).with_name("replica_worker.py")
NAMES = [f"g{number}" for number in range(6)]
SECONDS = 60.0  # after which what was waited for does not come any more


@dataclass(frozen=True)
class Write:
    """One request that changes something."""

    pid: int
    at: float


@dataclass
class Log:
    """What replicas sent, in the order of its arrival; one of them can be hit at a write of its own."""

    writes: list[Write] = field(default_factory=list)
    victim: int = 0
    left: int = 0  # writes of the victim until it is hit
    hit: threading.Event = field(default_factory=threading.Event)
    by: int = signal.SIGKILL

    def note(self, _: int, request: Request) -> None:
        pid = request.headers.get("user-agent", "").removeprefix("igz-apply/")
        if request.method == "GET" or "/sessions" in request.path or not pid.isdigit():
            return
        self.writes.append(Write(int(pid), time.time()))
        if int(pid) == self.victim and not self.hit.is_set():
            self.left -= 1
            if self.left < 0:
                os.kill(self.victim, self.by)
                self.hit.set()

    def aim(self, pid: int, writes: int, by: int = signal.SIGKILL) -> None:
        self.hit.clear()
        self.by, self.left, self.victim = by, writes, pid


class Replica:
    """One process, and the lines that it has written, each with when it was read."""

    def __init__(self, folder: Path, environ: dict[str, str]) -> None:
        command = [sys.executable, str(WORKER), "reconcile", "--heal", "*", "--format", "json"]
        command += ["--interval", "1", "--lease", f"{LEASE}", "--parallelism", "1"]
        self._errors = (folder / "errors.txt").open("a")
        self.process = subprocess.Popen(
            command, cwd=folder, env=environ, stdout=subprocess.PIPE, stderr=self._errors, text=True
        )
        self.lines: list[dict[str, Any]] = []
        self._news = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        return self.process.pid

    def seen(self, kind: str, after: int = 0) -> dict[str, Any]:
        """Wait for a line of that type, from the line of that number on."""
        until = time.monotonic() + SECONDS
        with self._news:
            while True:
                found = next((line for line in self.lines[after:] if line["type"] == kind), None)
                if found is not None:
                    return found
                assert self.process.poll() is None, f"{self.pid} has ended with {self.process.returncode}"
                assert time.monotonic() < until, f"no {kind} of {self.pid} comes: {self.lines[-3:]}"
                self._news.wait(0.2)

    def end(self) -> int:
        """Ask it to end, and return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(SECONDS)
        self.close()
        return code

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join(SECONDS)
        self._errors.close()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as stream:
            for text in stream:
                if text.endswith("\n"):  # else it was killed over it
                    with self._news:
                        self.lines.append(json.loads(text))
                        self._news.notify_all()


@dataclass
class World:
    """A folder that all replicas share, a cluster that somebody else edits, and what was sent to it."""

    folder: Path
    server: Server
    log: Log
    stack: ExitStack

    def replica(self) -> Replica:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("IGZ_", "V3IO_", "CI"))}
        found = Replica(self.folder, {**kept, **self.server.connection})
        self.stack.callback(found.close)
        return found

    def lease_until(self) -> float:
        """Return until when the leader has signed for."""
        held = json.loads((self.folder / ".igz-apply/inventory.json.leader").read_text())
        return datetime.fromisoformat(held["expires"].replace("Z", "+00:00")).timestamp()


def client_of(server: Server) -> Client:
    return Client(endpoint=server.url, username=server.username, access_key=server.access_key)


@contextmanager
def edited(server: Server) -> Iterator[None]:
    """Let somebody else edit groups while the block runs."""
    is_done = threading.Event()

    def edit() -> None:
        with client_of(server) as client:
            while not is_done.wait(0.1):
                for found in Group.list(client):
                    if found.name in NAMES:
                        found.description = f"edited at {time.time()}"
                        found.update(client)

    thread = threading.Thread(target=edit, daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_done.set()
        thread.join()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    write(tmp_path / "manifests", [group(name) for name in NAMES])
    # Edits of others in the middle of an apply are conflicts: rounds that failed come again as soon as the others.
    (tmp_path / "igz-apply.yaml").write_text("{version: 1, reconcile: {backoff: {first: 1s, most: 1s}}}")
    with tortured(tmp_path / "cluster.db") as (torturer, server), ExitStack() as stack:
        log = Log()
        torturer.on_request = log.note
        yield World(tmp_path, server, log, stack)


def led_at(line: dict[str, Any]) -> float:
    return datetime.fromisoformat(line["time"]).timestamp()


def turns(writes: list[Write]) -> list[int]:
    """Return whose writes follow each other, each run of one's own once."""
    return [it.pid for number, it in enumerate(writes) if number == 0 or writes[number - 1].pid != it.pid]


def test_a_leader_that_is_killed_is_followed_within_a_lease_and_never_do_two_write(world: World) -> None:
    chance, took, amid = random.Random(20), [], 0
    leader, deaths = world.replica(), {}
    leader.seen("round")
    waiting = world.replica()
    with edited(world.server):
        for number in range(KILLS):
            assert f"(pid {leader.pid})" in waiting.seen("standing_by")["holder"]
            marks = len(waiting.lines)
            if number % 5 == 4:
                leader.seen("round", len(leader.lines))
                leader.process.kill()  # between two rounds, or at the beginning of one
            else:
                world.log.aim(leader.pid, chance.randrange(len(NAMES)))
                assert world.log.hit.wait(SECONDS)
                amid += 1
            died = time.time()
            leader.process.wait()
            deaths[leader.pid] = died
            until = world.lease_until()
            began = waiting.seen("round_began", marks)
            assert led_at(began) >= until, "it was taken before it had run out"
            took.append(led_at(began) - died)
            leader.close()
            leader, waiting = waiting, world.replica()
            leader.seen("round", marks)
    assert max(took) < LEASE + SLACK
    assert median(took) < LEASE
    sequence = turns(world.log.writes)
    assert len(sequence) == len(set(sequence)), "one wrote again after another had"
    for before, after in pairwise(sequence):
        first = next(it.at for it in world.log.writes if it.pid == after)
        assert deaths[before] <= first, "two wrote at once"
    in_sync(world, leader)
    assert waiting.seen("standing_by")
    assert [leader.end(), waiting.end()] == [0, 0]
    left = sorted(path.name for path in (world.folder / ".igz-apply").iterdir())
    assert left == ["inventory.json", "inventory.runs"]
    print(
        f"\n{KILLS} kills, {amid} of them at a write; {len(world.log.writes)} writes of {len(sequence)} replicas, "
        f"never two at once; lease {LEASE:g} s, takeover after {median(took):.2f} s (median), "
        f"{max(took):.2f} s (longest)"
    )


def in_sync(world: World, leader: Replica) -> None:
    """Wait until all is as declared, and look."""
    while leader.seen("round", len(leader.lines))["ending"] != "in_sync":
        pass
    with client_of(world.server) as client:
        described = {it.name: it.description for it in Group.list(client) if it.name in NAMES}
    assert described == {name: f"The {name}" for name in NAMES}


def stop_amid_an_apply(world: World, leader: Replica) -> None:
    """Suspend the leader, and not while it writes a file of the inventory: all others would have to wait for it."""
    for _ in range(10):
        world.log.aim(leader.pid, 2, signal.SIGSTOP)
        assert world.log.hit.wait(SECONDS)
        time.sleep(0.1)
        descriptor = os.open(world.folder / ".igz-apply", os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            leader.process.send_signal(signal.SIGCONT)
        else:
            return
        finally:
            os.close(descriptor)
    raise AssertionError("it writes whenever it is looked at")


def test_a_leader_that_was_asleep_writes_nothing_once_another_leads(world: World) -> None:
    leader = world.replica()
    leader.seen("round")
    waiting = world.replica()
    waiting.seen("standing_by")
    with edited(world.server):
        stop_amid_an_apply(world, leader)
        marks = len(leader.lines)
        while not any(it.pid == waiting.pid for it in world.log.writes):
            waiting.seen("round", len(waiting.lines))  # the sleeping one's lock of the inventory may run out later
        began = next(number for number, it in enumerate(world.log.writes) if it.pid == waiting.pid)
        leader.process.send_signal(signal.SIGCONT)
        told = leader.seen("round", marks)
        assert f"(pid {waiting.pid})" in leader.seen("standing_by", marks)["holder"]
        assert told["ending"] in ("partly", "interrupted", "failed")
        number = len(waiting.lines)
        waiting.seen("round", number)
    assert leader.pid not in {it.pid for it in world.log.writes[began:]}
    in_sync(world, waiting)
    assert [waiting.end(), leader.end()] == [0, 0]
