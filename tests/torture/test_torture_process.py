"""The real command, killed, interrupted, and run twice at once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pexpect
import pytest

from igz_apply.emulator import Emulator, Emulator4, Options4
from igz_apply.emulator.engine.messages import Request
from tests.iguazio4.site4 import group as group4
from tests.iguazio4.site4 import project as project4
from tests.iguazio4.site4 import user as user4
from tests.torture.tortured_plane import Torturer, standing_before, tortured
from tests.torture.tortured_site4 import Torturer4
from tests.torture.tortured_world import FOREIGN, group, project, service, user, write

pytestmark = pytest.mark.full

IS_WHOLE = os.environ.get("IGZ_TORTURE") == "whole"
APPLY = (sys.executable, "-m", "igz_apply", "apply", "-y", "--prune", "--format", "json")
SMALL = [
    group("ops"),
    *(user(f"u{n}", groups=["ops"]) for n in range(3)),
    *(project(f"p{n}", owner=f"u{n}", members={"viewer": {"groups": ["ops"]}}) for n in range(3)),
    *(service(f"s{n}", owner=f"u{n}") for n in range(2)),
]
SMALL4 = [
    group4("ops"),
    group4("ops/night", policies=["oris-viewer"]),
    *(user4(f"u{n}", groups=["ops/night"]) for n in range(3)),
    *(project4(f"p{n}", owner=f"u{n}", members={"viewer": {"groups": ["ops"]}}) for n in range(3)),
]


@dataclass
class Command:
    """The command in a folder of its own, and the cluster that it works on."""

    folder: Path
    torturer: Torturer
    connection: Mapping[str, str]
    size: int = len(SMALL)

    @property
    def environ(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("IGZ_", "V3IO_", "CI"))}
        return {**kept, **self.connection}

    def start(self, *more: str) -> subprocess.Popen[str]:
        pipe = subprocess.PIPE
        return subprocess.Popen([*APPLY, *more], cwd=self.folder, env=self.environ, stdout=pipe, stderr=pipe, text=True)

    def run(self, *more: str) -> tuple[int, list[dict[str, Any]], str]:
        """Run it to its end; return the exit code, the events and standard error."""
        with self.start(*more) as process:
            out, err = process.communicate(timeout=60)
        return process.returncode, [json.loads(line) for line in out.splitlines()], err

    def finishes(self) -> None:
        """The same command again makes everything true, and once more finds nothing to do."""
        code, events, err = self.run()
        assert code == 0, (events, err)
        code, events, _ = self.run()
        assert (code, events[-1]["counts"]["applied"]) == (0, 0)
        inventory = json.loads((self.folder / ".igz-apply" / "inventory.json").read_text())
        assert len(inventory["entries"]) == self.size
        assert not [entry for entry in inventory["entries"].values() if entry.get("pending")]


@pytest.fixture
def command(tmp_path: Path) -> Iterator[Command]:
    write(tmp_path / "manifests", SMALL)
    emulator = Emulator(tmp_path / "cluster.db")
    emulator.load(FOREIGN)
    emulator.close()
    with tortured(tmp_path / "cluster.db", job_seconds=0.2) as (torturer, server):
        yield Command(tmp_path, torturer, server.connection)


@pytest.fixture
def command4(tmp_path: Path) -> Iterator[Command]:
    """The same for Iguazio 4, which the command finds out by itself."""
    write(tmp_path / "manifests", SMALL4)
    torturer = Torturer4(Emulator4(tmp_path / "cluster.db", Options4(execution_seconds=0.2)))
    with standing_before(torturer) as server:
        yield Command(tmp_path, torturer, server.connection, len(SMALL4))


def kills() -> list[tuple[int, str]]:
    found = [(at, f"kill {when}") for at in range(0, 60, 3) for when in ("before", "after")]
    return found if IS_WHOLE else [(14, "kill after")]


@pytest.mark.parametrize(("at", "fault"), kills(), ids=lambda it: str(it).replace(" ", "-"))
@pytest.mark.parametrize("platform", ["command", "command4"])
def test_a_process_that_is_killed_leaves_what_the_next_one_finishes(
    request: pytest.FixtureRequest, platform: str, at: int, fault: str
) -> None:
    command: Command = request.getfixturevalue(platform)
    process: list[subprocess.Popen[str]] = []
    command.torturer.on_kill = lambda: process[0].kill()
    command.torturer.arm(at, fault)
    process.append(command.start())
    process[0].communicate(timeout=60)
    if command.torturer.count <= at:
        pytest.skip("the run was over by then")
    assert process[0].returncode == -signal.SIGKILL
    command.torturer.disarm()
    command.finishes()  # at once: the lock of a dead process is broken


def moments() -> list[int]:
    return list(range(2, 60, 3)) if IS_WHOLE else [17]


@pytest.mark.parametrize("at", moments())
def test_ctrl_c_at_any_moment_comes_to_a_known_end(command: Command, at: int) -> None:
    """The interrupt comes from a terminal, at the moment of a request; the answer to that request comes later."""
    child = pexpect.spawn(APPLY[0], [*APPLY[1:]], cwd=command.folder, env=command.environ, encoding="utf-8", timeout=60)
    fired = threading.Event()

    def interrupt() -> None:
        if not fired.is_set():
            fired.set()
            child.sendintr()

    command.torturer.on_request = lambda count, _: interrupt() if count == at else None
    child.expect(pexpect.EOF)
    child.close()
    command.torturer.on_request = lambda *_: None
    if not fired.is_set():
        pytest.skip("the run was over by then")
    said = str(child.before)
    lines = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    assert "Traceback" not in said
    assert child.exitstatus in (0, 130), said
    assert lines[-1]["type"] == "summary"
    assert sum(lines[-1]["counts"].values()) in (0, len(SMALL))
    assert lines[-1]["exit_code"] == child.exitstatus
    command.finishes()


def test_of_two_applies_at_once_one_waits_for_the_other(command: Command) -> None:
    first, second = command.start(), command.start("--lock-timeout", "60s")
    ends = [(*process.communicate(timeout=60), process.returncode) for process in (first, second)]
    codes = sorted(code for *_, code in ends)
    assert codes in ([0, 0], [0, 4]), ends  # 4: the one that does not wait came second
    assert (
        len([seen for seen in command.torturer.writes if seen.method == "POST" and seen.path == "/api/projects"]) == 3
    )
    command.finishes()


def test_one_that_does_not_wait_names_who_holds_the_inventory(command: Command) -> None:
    """The first is kept in the middle of its work until the second has come and gone."""
    holds, may_go_on = threading.Event(), threading.Event()

    def pause(_: int, request: Request) -> None:
        if (request.method, request.path) == ("POST", "/api/projects") and not holds.is_set():
            holds.set()
            may_go_on.wait(60)

    command.torturer.on_request = pause
    first = command.start()
    assert holds.wait(30)
    code, events, _ = command.run("--lock-timeout", "0s")
    may_go_on.set()
    out, err = first.communicate(timeout=60)
    assert (code, first.returncode) == (4, 0), (out, err)
    (problem,) = [event for event in events if event["type"] == "problem"]
    assert problem["summary"] == "Inventory is locked"
    assert f"(pid {first.pid})" in problem["detail"]
