"""The real command, killed and interrupted while it switches people off."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from igz_apply.emulator.engine.messages import Request
from tests.iguazio4 import site4
from tests.torture import tortured_world as site3
from tests.torture.test_torture_process import IS_WHOLE, Command, command, command4
from tests.torture.tortured_world import Manifest, write

pytestmark = pytest.mark.full

__all__ = ["command", "command4"]


_SIGNS_IN = {"sessions", "refresh-access-token"}


def before(make: Any, off: str) -> list[Manifest]:
    """Two people who are to be disabled one day, in groups and in projects that are ours."""
    people = [make.user(f"u{n}", groups=["ops"]) for n in range(3)]
    return [
        make.group("ops"),
        people[0],
        *({**each, "lifecycle": {"on_removal": off}} for each in people[1:]),
        *(make.project(f"p{n}", owner="u0", members={"editor": {"users": ["u1", "u2"]}}) for n in range(2)),
    ]


def after(make: Any) -> list[Manifest]:
    stated = {"viewer": {"groups": ["ops"]}}
    return [
        make.group("ops"),
        make.user("u0", groups=["ops"]),
        make.project("p0", owner="u0"),
        make.project("p1", owner="u0", members=stated),
    ]


def prepared(request: pytest.FixtureRequest, platform: str) -> Command:
    """A cluster to which it was all applied, and manifests that have lost two people since."""
    make = site3 if platform == "command" else site4
    this: Command = request.getfixturevalue(platform)
    this.torturer.disarm()
    write(this.folder / "manifests", before(make, "disable"))
    code, events, err = this.run()
    assert code == 0, (events, err)
    write(this.folder / "manifests", after(make))
    return this


def finishes(this: Command) -> None:
    """The same command again makes it so, and once more finds nothing to do."""
    code, events, err = this.run("--allow", "disable:User=2")
    assert code == 0, (events, err)
    code, events, _ = this.run()
    assert (code, events[-1]["counts"]["applied"]) == (0, 0)
    entries = json.loads((this.folder / ".igz-apply" / "inventory.json").read_text())["entries"]
    assert sorted(name for name, entry in entries.items() if entry.get("removed")) == ["User/u1", "User/u2"]


def at_write(number: int, act: Callable[[], None]) -> Callable[[int, Request], None]:
    """Act at one of the writes of a run."""
    seen: list[str] = []

    def watch(_: int, request: Request) -> None:
        if request.method in ("PUT", "POST", "DELETE", "PATCH") and not _SIGNS_IN & {*request.path.split("/")}:
            seen.append(request.path)
            if len(seen) == number:
                act()

    return watch


@pytest.mark.parametrize("number", range(1, 7) if IS_WHOLE else [3])
@pytest.mark.parametrize("sort", [signal.SIGKILL, signal.SIGINT] if IS_WHOLE else [signal.SIGKILL])
@pytest.mark.parametrize("platform", ["command", "command4"])
def test_what_is_cut_off_between_the_steps_is_finished_by_the_next(
    request: pytest.FixtureRequest, platform: str, sort: signal.Signals, number: int
) -> None:
    this = prepared(request, platform)
    process: list[subprocess.Popen[str]] = []
    this.torturer.on_request = at_write(number, lambda: process[0].send_signal(sort))
    process.append(this.start())
    process[0].communicate(timeout=60)
    this.torturer.on_request = lambda *_: None
    if process[0].returncode == 0:
        pytest.skip("the run was over by then")
    assert process[0].returncode == (-signal.SIGKILL if sort is signal.SIGKILL else 130)
    finishes(this)
