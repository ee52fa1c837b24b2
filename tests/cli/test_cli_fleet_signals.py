"""Signals to a run over several targets, as a process of its own, over real HTTP."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from igz_apply.emulator.engine.messages import Request
from tests.cli.fleet_world import ADMIN, Listening, clusters, password_of, write_fleet
from tests.processes import is_gone

pytestmark = [pytest.mark.full, pytest.mark.skipif(sys.platform == "win32", reason="signals of Unix")]
SECONDS = 30.0


def wait_for(what: Callable[[], object]) -> None:
    end = time.monotonic() + SECONDS
    while not what():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.02)


def hanging(emulator: Listening, when: Callable[[Request], bool]) -> None:
    """Let an emulator not answer such requests."""
    emulator.before = lambda request: when(request) and emulator.stopping.wait(120)


def is_read(request: Request) -> bool:
    return request.method == "GET" and request.path.endswith("/users")


def is_group_made(request: Request) -> bool:
    return request.method == "POST" and request.path.endswith("/user_groups")


@contextmanager
def fleet(folder: Path, monkeypatch: pytest.MonkeyPatch, *names: str) -> Iterator[Mapping[str, Listening]]:
    with clusters(*names) as found:
        write_fleet(folder, {name: {"endpoint": server.url} for name, (_, server) in found.items()})
        monkeypatch.setenv("V3IO_USERNAME", ADMIN)
        for name in names:
            monkeypatch.setenv(f"V3IO_PASSWORD__{name.upper()}", password_of(name))
        yield {name: emulator for name, (emulator, _) in found.items()}


def begun(*arguments: str) -> subprocess.Popen[str]:
    canary = [] if arguments[0] == "drift" else ["--canary", "0"]
    command = [sys.executable, "-m", "igz_apply", *arguments, "--all-targets", *canary]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ended(process: subprocess.Popen[str]) -> tuple[int, str, float]:
    began = time.monotonic()
    out, err = process.communicate(timeout=SECONDS)
    return process.returncode, out + err, time.monotonic() - began


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("command", [("plan",), ("drift",), ("apply", "-y")])
def test_a_fleet_in_which_one_cluster_hangs_ends_on_ctrl_c(
    command: tuple[str, ...], number: signal.Signals, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fleet(workspace, monkeypatch, "a", "b") as found:
        hanging(found["b"], is_read)
        process = begun(*command)
        wait_for(lambda: any(is_read(it) for it in found["b"].heard))
        process.send_signal(number)
        code, said, seconds = ended(process)
        assert code == 130, said
        assert seconds < 10
        assert "interrupted" in said
        assert not found["b"].writes
        assert not list((workspace / ".igz-apply").glob("*.lock"))


def test_what_is_being_applied_comes_to_its_end_and_nothing_new_starts(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fleet(workspace, monkeypatch, "a", "b", "c") as found:
        waits = []
        found["a"].before = lambda request: is_group_made(request) and (waits.append(1), time.sleep(2))
        hanging(found["b"], is_read)
        process = begun("apply", "-y", "--wave", "2", "--format", "json")
        wait_for(lambda: waits and any(is_read(it) for it in found["b"].heard))
        process.send_signal(signal.SIGINT)
        code, said, _ = ended(process)
        assert code == 130, said
        assert len(found["a"].writes) == 1
        assert not found["b"].writes
        assert not found["c"].heard
        inventory = json.loads((workspace / ".igz-apply" / "inventory.a.json").read_text())
        assert list(inventory["entries"]) == ["Group/retail"]
        assert not list((workspace / ".igz-apply").glob("*.lock"))


def test_a_second_ctrl_c_leaves_at_once(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with fleet(workspace, monkeypatch, "a", "b") as found:
        hanging(found["a"], is_group_made)
        process = begun("apply", "-y")
        wait_for(lambda: any(is_group_made(it) for it in found["a"].heard))
        process.send_signal(signal.SIGINT)
        time.sleep(0.5)
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        code, said, seconds = ended(process)
        assert code == 130, said
        assert seconds < 3
        assert password_of("a") not in said


def test_a_hook_that_hangs_is_ended_with_its_children(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with fleet(workspace, monkeypatch, "a") as found:
        child = (
            "import subprocess; p = subprocess.Popen(['sleep', '60']); open('child', 'w').write(str(p.pid)); p.wait()"
        )
        hook = json.dumps({"before_apply": [{"command": [sys.executable, "-c", child]}]})
        monkeypatch.setenv("IGZ_HOOKS__A", hook)
        process = begun("apply", "-y")
        wait_for(lambda: (workspace / "child").exists() and (workspace / "child").read_text())
        process.send_signal(signal.SIGINT)
        code, said, seconds = ended(process)
        assert code == 130, said
        assert seconds < 10
        assert not found["a"].writes
        assert is_gone((workspace / "child").read_text())
