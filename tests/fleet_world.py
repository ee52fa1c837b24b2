"""A fleet of emulated clusters over HTTP, a folder with one config for all of them, and igz-apply run on it.

What each cluster was asked and sent is read from its emulator's own log, and what it has become by a reader of its own.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.fleet_servers import Cluster, served
from igz_apply.controlplane import Client
from igz_apply.emulator import Server
from igz_apply.iguazio3.kinds import KINDS
from igz_apply.iguazio3.reading import ClusterReader
from igz_apply.inventory import FsspecInventory
from igz_apply.local.clock import SystemClock
from igz_apply.model.resources import Owned
from tests.fakes import InlinePool
from tests.torture.tortured_run import state_of
from tests.torture.tortured_world import Manifest, group, project, user, write

JOB_SECONDS = 0.02
OLD = {"groups": [{"name": "ops", "description": "old"}]}  # what every cluster has before: to be written over
LIES = {
    "requests": [
        {"match": {"method": "PUT", "path": "/api/user_groups/*"}, "act": "status", "status": 200, "body": "{}"}
    ]
}
SLOW_MS = 80.0
DEAD, LYING, SLOW, FOREIGN = "dead", "lying", "slow", "foreign"
DECLARED: tuple[Manifest, ...] = (
    group("ops", description="new"),
    group("data"),
    user("ada", groups=["data"]),
    project("churn", owner="ada", members={"editor": {"groups": ["ops"]}}),
)


@dataclass(frozen=True)
class Ran:
    """How a process of igz-apply ended."""

    code: int
    out: str
    err: str


@dataclass
class Fleet:
    """Targets t01, t02, ... and the clusters that they are; a dead one is an address where nobody listens."""

    folder: Path
    servers: Mapping[str, Server]  # of those that live
    endpoints: Mapping[str, str]
    characters: Mapping[str, str]  # what is wrong with a target, where something is
    environ: Mapping[str, str] = field(default_factory=dict)  # beside the credentials

    @property
    def names(self) -> list[str]:
        """Return the targets, in the order of the config."""
        return list(self.endpoints)

    def named(self, character: str) -> str:
        """Return the target with which that is wrong."""
        return next(name for name, each in self.characters.items() if each == character)

    def credentials(self) -> dict[str, str]:
        """Return what opens each target, under the name that is its own."""
        found = {}
        for name in self.names:
            for variable, value in (("V3IO_USERNAME", "admin"), ("V3IO_ACCESS_KEY", self._key(name))):
                found[f"{variable}__{name.upper()}"] = value
        return found

    def start(self, *arguments: str, environ: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        """Begin to run igz-apply in the folder; `environ` instead of the credentials of all targets."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("IGZ_", "V3IO_", "CI", "GITHUB_", "GITLAB_"))}
        return subprocess.Popen(
            [sys.executable, "-m", "igz_apply", *arguments],
            cwd=self.folder,
            env={**kept, **(self.credentials() if environ is None else environ), **self.environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str) -> Ran:
        """Run igz-apply in the folder, and wait for its end."""
        return ended(self.start(*arguments))

    def requests(self, name: str) -> list[dict[str, Any]]:
        """Return all that a cluster was asked, in order; a dead one was asked nothing that anybody knows of."""
        log = self.folder / f"{name}.log"
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []

    def writes(self, name: str) -> list[dict[str, Any]]:
        """Return what was to change something there."""
        return [each for each in self.requests(name) if each["method"] != "GET" and "/sessions" not in each["path"]]

    def asked(self) -> set[str]:
        """Return the targets of which anybody asked anything."""
        return {name for name in self.servers if self.requests(name)}

    def written(self) -> set[str]:
        """Return the targets to which anything was sent."""
        return {name for name in self.servers if self.writes(name)}

    def state(self, name: str) -> dict[str, Any]:
        """Return what lives there, without ids and numbers."""
        server = self.servers[name]
        with Client(endpoint=server.url, access_key=server.access_key, username=server.username) as client:
            return state_of(ClusterReader(client.read_only(), KINDS).live(InlinePool()))

    def owned(self, name: str) -> Owned:
        """Return what the inventory of a target says."""
        return FsspecInventory(str(self.folder / f"state/{name}.json"), clock=SystemClock()).load()

    def _key(self, name: str) -> str:
        return self.servers[name].access_key if name in self.servers else "nobody-asks"


def ended(process: subprocess.Popen[str]) -> Ran:
    """Wait for the end of a process."""
    out, err = process.communicate(timeout=600)
    return Ran(process.returncode, out, err)


@contextmanager
def fleet(
    folder: Path,
    count: int,
    *,
    waves: Sequence[int] = (),
    characters: Mapping[int, str] = {},
    pace: Mapping[str, int] = {},
    inventories: str = "state/{}.json",
    job_seconds: float = JOB_SECONDS,
) -> Iterator[Fleet]:
    """Serve so many clusters while the block runs; `characters` says by number, from 1, what is wrong with one.

    `waves` are the numbers that the config gives to the targets, 0 where there is none.
    """
    folder.mkdir(parents=True, exist_ok=True)
    names = [f"t{number:02}" for number in range(1, count + 1)]
    wrong = {names[number - 1]: character for number, character in characters.items()}
    clusters = {
        name: Cluster(
            {
                "job_seconds": job_seconds,
                "log": str(folder / f"{name}.log"),
                "faults": LIES if wrong.get(name) == LYING else None,
                "latency_ms": SLOW_MS if wrong.get(name) == SLOW else 0.0,
            },
            OLD,
        )
        for name in names
        if wrong.get(name) != DEAD
    }
    with ExitStack() as stack:
        servers = stack.enter_context(served(clusters))
        endpoints = {name: servers[name].url if name in servers else stack.enter_context(_nobody()) for name in names}
        write(folder / "manifests", DECLARED)
        targets = {
            name: {"endpoint": endpoints[name], "inventory": inventories.format(name)}
            | ({"wave": waves[place]} if place < len(waves) else {})
            for place, name in enumerate(names)
        }
        config = {"version": 1, "manifests": ["manifests"], "targets": targets} | (
            {"fleet": dict(pace)} if pace else {}
        )
        (folder / "igz-apply.yaml").write_text(json.dumps(config))
        found = Fleet(folder, servers, endpoints, wrong)
        for name in _of(wrong, FOREIGN):
            _give_away(found, name, stack)
        yield found


def _of(wrong: Mapping[str, str], character: str) -> Collection[str]:
    return [name for name, each in wrong.items() if each == character]


@contextmanager
def _nobody() -> Iterator[str]:
    """Give an address where nobody listens, and where nobody else begins to while the block runs."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{held.getsockname()[1]}"


def _give_away(found: Fleet, name: str, stack: ExitStack) -> None:
    """Let the inventory of a target be about a cluster that is none of the fleet."""
    (other,) = stack.enter_context(served({"other": Cluster({"job_seconds": JOB_SECONDS}, OLD)})).values()
    opened = {"V3IO_USERNAME": other.username, "V3IO_ACCESS_KEY": other.access_key}
    made = ended(found.start("apply", "-y", "--target", name, "--endpoint", other.url, environ=opened))
    assert made.code == 0, made
