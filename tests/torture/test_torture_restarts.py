"""The real command, killed and interrupted around the restart that a change brings about: it is never lost."""

from __future__ import annotations

import json
import signal
import subprocess
from typing import Any

import pytest

from igz_apply.emulator.engine.messages import Request
from tests.torture.test_torture_process import IS_WHOLE, Command, command
from tests.torture.tortured_world import group, project, service, user, write

pytestmark = pytest.mark.full

__all__ = ["command"]

CONFIG = """\
version: 1
actions:
  - {restart: AppService/s0, on: [spec.description]}
  - {restart: "AppService/*", on: ["Group/ops#spec.description"]}
"""
WRITES = ("PUT", "POST", "DELETE")


def world(description: str) -> list[Any]:
    return [
        group("ops", description=description),
        user("u0", groups=["ops"]),
        project("p0", owner="u0"),
        service("s0", owner="u0", description=description),
        service("s1", owner="u0"),
    ]


def named(request: Request) -> list[str]:
    """Return what a write does that this is about: `change ...`, and `restart ...` of each service."""
    data = json.loads(request.body or b"{}").get("data") or {}
    if request.path.startswith("/api/user_groups"):
        return ["change ops"]
    services = data.get("attributes", {}).get("app_services") or ()
    specs = [each["spec"] for each in services]
    changed = [f"change {it['name']}" for it in specs if it["mark_as_changed"]]
    return [*changed, *(f"restart {it['name']}" for it in specs if it["mark_for_restart"])]


def after(done: list[str], change: str, restart: str) -> bool:
    """Say whether a restart came after the last time that a change was sent."""
    last = max(index for index, each in enumerate(done) if each == change)
    return restart in done[last:]


@pytest.mark.parametrize("number", range(1, 4) if IS_WHOLE else [3])
@pytest.mark.parametrize("sort", [signal.SIGKILL, signal.SIGINT] if IS_WHOLE else [signal.SIGKILL])
def test_a_restart_outlives_the_run_that_was_to_do_it(command: Command, sort: signal.Signals, number: int) -> None:
    (command.folder / "igz-apply.yaml").write_text(CONFIG)
    command.torturer.disarm()
    write(command.folder / "manifests", world("old"))
    code, events, err = command.run()
    assert code == 0, (events, err)
    write(command.folder / "manifests", world("new"))
    process: list[subprocess.Popen[str]] = []
    done: list[str] = []
    seen: list[str] = []

    def watch(_: int, request: Request) -> None:
        if request.method not in WRITES or "/sessions" in request.path:
            return
        done.extend(named(request))
        seen.append(request.path)
        if len(seen) == number:
            process[0].send_signal(sort)

    command.torturer.on_request = watch
    process.append(command.start())
    process[0].communicate(timeout=60)
    assert process[0].returncode == (-signal.SIGKILL if sort is signal.SIGKILL else 130)
    code, events, err = command.run()
    assert code == 0, (events, err)
    for change, restart in (("change s0", "restart s0"), ("change ops", "restart s0"), ("change ops", "restart s1")):
        assert after(done, change, restart), done
    code, events, _ = command.run()
    assert (code, events[-1]["counts"]["applied"]) == (0, 0)
    entries = json.loads((command.folder / ".igz-apply" / "inventory.json").read_text())["entries"]
    assert not [entry for entry in entries.values() if "due" in entry]
