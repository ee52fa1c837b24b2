"""A cluster, a repository, a store and a receiver around the loop of `reconcile`, all of which go wrong as told."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from igz_apply.emulator import Server
from igz_apply.emulator.engine.messages import Request
from igz_apply.emulator.engine.record_store import Selection
from tests.local.git_world import World
from tests.notifying.hook_server import Hook
from tests.s3_server import S3
from tests.torture.tortured_plane import KEYS, Torturer
from tests.torture.tortured_world import Manifest, group, project, service, user

ROOT = Path(__file__).parents[2]
KINDS = ("Group", "User", "Project", "AppService")
FIELDS = {"Group": "description", "User": "job_title", "Project": "description", "AppService": "description"}
TYPES = {"Group": "user_groups", "User": "users", "Project": "projects"}
JOB = 0.02


def declared(salt: int) -> dict[str, Manifest]:
    """Return what git declares, by address; the `salt` is in each field that pushes change."""
    found = [
        *(group(f"g{n}", description=f"group {n} of {salt if n == 0 else 0}") for n in range(4)),
        *(user(f"u{n}", job_title=f"title {n}", groups=["g0"]) for n in range(4)),
        *(user(f"plain{n}") for n in range(2)),  # their title is nobody's
        *(project(f"p{n}", description=f"project {n}") for n in range(4)),
        *(service(f"s{n}", description=f"service {n}") for n in range(3)),
    ]
    return {f"{it['kind']}/{it['metadata']['name']}": it for it in found}


@dataclass(frozen=True)
class Said:
    """What a commit says."""

    salt: int = 0
    told: frozenset[str] = frozenset()  # kinds that are only told of
    paused: frozenset[str] = frozenset()  # addresses
    is_frozen: bool = False
    extra: int = 0  # groups that are declared beside the others
    commit: str = ""

    @property
    def manifests(self) -> dict[str, Manifest]:
        more = [group(f"x{n}", description="one more") for n in range(self.extra)]
        return {**declared(self.salt), **{f"Group/{it['metadata']['name']}": it for it in more}}

    def may_heal(self, address: str) -> bool:
        """Say whether rounds may touch it at all."""
        kind = address.partition("/")[0]
        is_resting = self.is_frozen or address in self.paused
        return address in self.manifests and kind not in self.told and not is_resting

    @property
    def config(self) -> str:
        modes = {"*": "heal", **dict.fromkeys(sorted(self.told), "tell")}
        reconcile: dict[str, Any] = {
            "modes": modes,
            "flaps": {"reversals": 5, "within": "60s"},
            "notify": [{"url_env": "HOOK"}],
        }
        if self.paused:
            reconcile["paused"] = {each: {"reason": "a migration"} for each in sorted(self.paused)}
        if self.is_frozen:
            window = {"from": "2020-01-01T00:00", "until": "2099-01-01T00:00", "time_zone": "Europe/Berlin"}
            reconcile["freeze"] = [{"reason": "a fair", **window}]
        limits = {verb: dict.fromkeys(KINDS, "100%") for verb in ("delete", "update")}
        calls = {"timeout": "1s", "retries": 1}
        config = {"version": 1, "defaults": calls, "limits": limits, "reconcile": reconcile}
        return json.dumps(config)


class Origin:
    """The repository that is followed: what it says, and whether that may be used."""

    def __init__(self, top: Path) -> None:
        self.keys = top / "keys"
        self.keys.mkdir()
        key = top / "ada"
        make = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "ada", "-f", str(key)]
        subprocess.run(make, check=True)
        shutil.copy(f"{key}.pub", self.keys)
        settings = ("user.name=ada", "user.email=ada@example.com", "gpg.format=ssh", f"user.signingKey={key}.pub")
        self.world = World(top, settings)
        self.world.up.mkdir()
        self.world.git("init", "-q", "-b", "main")
        self.said = Said()
        self.is_good = True
        self.pushes = 0

    def push(self, said: Said) -> None:
        """Commit what somebody may use."""
        files = {"igz-apply.yaml": said.config, "manifests/all.yaml": _text(said.manifests)}
        commit = self._commit(files, "-S")
        self.said, self.is_good = Said(**{**said.__dict__, "commit": commit}), True

    def push_broken(self, draw: random.Random) -> None:
        """Commit what nobody may use: broken, wrong, or not signed."""
        text = _text(self.said.manifests)
        broken = draw.choice(["a: [", text.replace('"description"', '"descriptoin"', 1), "unsigned"])
        if broken == "unsigned":
            self._commit({"manifests/all.yaml": text.replace("group 1", "group 1 by a stranger")})
        else:
            self._commit({"manifests/all.yaml": broken}, "-S")
        self.is_good = False

    def _commit(self, files: Mapping[str, str], *words: str) -> str:
        self.pushes += 1
        return self.world.commit(files, *words)


def _text(manifests: Mapping[str, Manifest]) -> str:
    return "\n---\n".join(json.dumps(it) for it in manifests.values()) + "\n"


class Plane:
    """The cluster, as it is seen and edited by others, past the line on which the product meets faults."""

    def __init__(self, torturer: Torturer, server: Server) -> None:
        self.torturer = torturer
        self._server = server
        self.edits: dict[str, list[float]] = {}  # address -> when others edited it

    def call(self, method: str, path: str, body: Any = None) -> Any:
        headers = {"cookie": f'session=j:{{"sid": "{self._server.access_key}"}}'}
        content = b"" if body is None else json.dumps({"data": body}).encode()
        answer = self.torturer.emulator.answer(Request(method, f"/api/{path}", "", headers, content))
        assert answer.status < 300, (method, path, answer)
        return answer.document

    def ids(self) -> dict[str, str]:
        """Return the id of everything by its address."""
        found = {}
        for type_name, (kind, key) in KEYS.items():
            for record in self.torturer.emulator.store.select(Selection(type_name)):
                found[f"{kind}/{record.attributes[key]}"] = record.id
        return found

    def state(self) -> dict[str, dict[str, Any]]:
        """Return what everything is, by address."""
        found: dict[str, dict[str, Any]] = {}
        for type_name, (kind, key) in KEYS.items():
            for record in self.torturer.emulator.store.select(Selection(type_name)):
                address = f"{kind}/{record.attributes[key]}"
                assert address not in found, f"there are two of {address}"
                found[address] = {**deepcopy(record.attributes), "id": record.id}
        for each in self._services():
            found[f"AppService/{each['spec']['name']}"] = deepcopy(each["spec"])
        return found

    def _services(self) -> list[Any]:
        manifest = self.torturer.emulator.store.get("app_services_manifest", "0")
        assert manifest is not None
        return list(manifest.attributes["app_services"])

    def edit(self, address: str, name: str, value: Any) -> None:
        """Let somebody else write a field."""
        kind, _, short = address.partition("/")
        if kind == "AppService":
            self._edit_service(short, name, value)
        else:
            identity = self.ids()[address]
            type_name = TYPES[kind].removesuffix("s")
            self.call("PUT", f"{TYPES[kind]}/{identity}", {"type": type_name, "attributes": {name: value}})
        self.edits.setdefault(address, []).append(time.monotonic())

    def _edit_service(self, short: str, name: str, value: Any) -> None:
        services = self.call("GET", "app_services_manifests")["data"][0]["attributes"]["app_services"]
        for each in services:
            if each["spec"]["name"] == short:
                each["spec"] |= {name: value, "mark_as_changed": True}
        body = {"type": "app_services_manifest", "attributes": {"app_services": services}}
        self.call("PUT", "app_services_manifests", body)
        self.settle()

    def delete(self, address: str) -> None:
        """Let somebody else delete a group or a project."""
        kind, _, short = address.partition("/")
        if kind == "Project":
            self.call("DELETE", "projects", {"type": "project", "attributes": {"name": short}})
        else:
            self.call("DELETE", f"{TYPES[kind]}/{self.ids()[address]}")
        self.settle()
        self.edits.setdefault(address, []).append(time.monotonic())

    def create_foreign(self, number: int) -> None:
        body = {"type": "user_group", "attributes": {"name": f"foreign{number}", "description": "theirs"}}
        self.call("POST", "user_groups", body)

    def settle(self) -> None:
        """Wait until no job of the cluster is left: what is over by then goes as somebody looks."""
        time.sleep(3 * JOB)
        self.call("GET", "user_groups")


@dataclass
class Worker:
    """The loop, in its process."""

    folder: Path
    environ: Mapping[str, str]
    process: subprocess.Popen[str] | None = None
    starts: int = 0
    lines: list[dict[str, Any]] = field(default_factory=list)

    def start(self, *arguments: str) -> None:
        self.starts += 1
        words = [sys.executable, "-m", "tests.torture.asking_worker", "reconcile", "--format", "json", *arguments]
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("IGZ_", "V3IO_", "CI", "AWS_"))}
        self.process = subprocess.Popen(
            words,
            cwd=self.folder,
            env={**kept, "PYTHONPATH": str(ROOT), **self.environ},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=(self.folder / f"errors{self.starts}.txt").open("w"),
            text=True,
        )

    def until_it_asks(self) -> list[dict[str, Any]]:
        """Return what it wrote until it asks; the last line is that, or is not where it has ended."""
        assert self.process is not None
        assert self.process.stdout is not None
        found = []
        for line in self.process.stdout:
            found.append(json.loads(line))
            if found[-1]["type"] == "asks":
                break
        return found

    def check(self) -> None:
        """Hold that it has ended only where it was killed."""
        assert self.process is not None
        if self.process.stdin is not None and self.process.stdin.closed:
            return
        code = self.process.poll()
        assert code in (None, -9), (code, (self.folder / f"errors{self.starts}.txt").read_text())

    def answer(self, text: str = "go") -> None:
        assert self.process is not None
        assert self.process.stdin is not None
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()

    def end(self) -> int:
        """Ask it to end, and return its exit code."""
        assert self.process is not None
        self.answer("stop")
        self.process.communicate(timeout=60)
        return self.process.returncode

    def kill(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.communicate()


@dataclass
class Store:
    """Where the inventory lies, which may be away from some request on."""

    s3: S3
    bucket: str
    away_after: int | None = None  # requests of a round; None: it stays

    def __post_init__(self) -> None:
        self._seen = 0
        self.s3.refuses = self._refuses

    def _refuses(self, method: str, path: str) -> bool:  # noqa: ARG002 - the server's signature
        self._seen += 1
        return self.away_after is not None and self._seen > self.away_after

    def goes_away(self, after: int | None) -> None:
        self.away_after, self._seen = after, 0

    def record(self, run: str) -> dict[str, Any]:
        return json.loads(self.s3.client.cat_file(f"{self.bucket}/prod.runs/{run}.json"))  # type: ignore[no-any-return]


def messages(hook: Hook) -> Iterator[dict[str, Any]]:
    return (json.loads(each.body) for each in list(hook.got))
