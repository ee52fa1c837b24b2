"""A world that moves between rounds: manifests, config, cluster, inventory and secrets, edited at random.

It is real to whoever reconciles it: a folder on the disk, an emulator over HTTP, and variables of an environment.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from igz_apply.cli.hooks import HookRunner
from igz_apply.cli.memory import Memory
from igz_apply.cli.proposal import PlanFlags, keep_declared
from igz_apply.cli.session import GlobalFlags, Session
from igz_apply.cli.settings import config_of
from igz_apply.cli.transaction import ApplyFlags, Run, of_manifests, transact
from igz_apply.emulator import Emulator, Emulator4, Options, Options4, serving
from igz_apply.emulator.engine.record_store import Selection
from igz_apply.errors import IgzApplyError, InvalidInput
from igz_apply.model.changes import Plan
from igz_apply.model.outcomes import Event, Report
from igz_apply.model.problems import Problem
from igz_apply.model.resources import LiveState, Owned
from igz_apply.planning.plan_document import to_data
from igz_apply.workflow import Approval, Proposal

Manifest = dict[str, Any]
POLICY = "oris-developer"
WORDS = ("ash", "oak", "elm", "fir", "yew")


class Told(Session):
    """A run that nobody watches; what it would say is kept."""

    def __init__(self, config: Path, environ: Mapping[str, str]) -> None:
        super().__init__(GlobalFlags(config=str(config)), environ)
        self.notes: list[str] = []
        self.found: list[Problem] = []
        self.view = self

    def warn(self, text: str) -> None:
        self.notes.append(text)

    def say(self, text: str) -> None:
        self.notes.append(text)

    def problems(self, problems: Any) -> None:
        self.found += problems

    def plan(self, plan: Plan) -> None: ...

    def event(self, event: Event) -> None: ...

    def report(self, report: Report) -> None: ...

    def error(self, message: str, hint: str = "") -> None: ...

    def close(self, exit_code: int) -> None: ...


class Looked(IgzApplyError):
    """A round that is over with its plan."""


@dataclass
class Seen:
    """Whoever lets plans be applied, or only looks at them."""

    heals: bool
    proposal: Proposal | None = None

    def approve(self, run: Run, plan: Plan) -> Approval:  # noqa: ARG002 - the protocol's signature
        return Approval.UNASKED

    @contextmanager
    def stoppable(self, run: Run) -> Iterator[None]:  # noqa: ARG002 - as above
        yield


@dataclass
class World:
    """A folder, and a cluster that an emulator is. `chance` decides what happens in it."""

    folder: Path
    chance: random.Random
    emulator: Any
    environ: dict[str, str]
    api: str
    config: dict[str, Any] = field(default_factory=lambda: {"version": 1, "manifests": ["manifests"]})
    manifests: dict[str, Manifest] = field(default_factory=dict)  # by file
    mends: list[Path] = field(default_factory=list)  # files that are broken, for one round

    def round(self, memory: Memory | None, *, heals: bool = False) -> Any:
        """Run a round, and return all that it tells: of its plan, what it says, and how it ends."""
        told = Told(self.folder / "igz-apply.yaml", self.environ)
        told.memory = memory
        if memory is None:
            return self._round(told, heals=heals)
        with memory.round():
            return self._round(told, heals=heals)

    def _round(self, told: Told, *, heals: bool) -> Any:
        seen, ended = Seen(heals), ""
        try:
            ended = str(self._transacted(told, seen).exit_code)
        except IgzApplyError as error:
            problems = error.problems if isinstance(error, InvalidInput) else ()
            ended = f"{type(error).__name__} {error.exit_code} {error} {error.hint} {problems}"
        proposal = seen.proposal
        if proposal is None or proposal.plan is None:
            return {"ended": ended, "found": told.found, "notes": told.notes}
        return {
            "ended": ended,
            "plan": json.dumps(to_data(proposal.plan, tool_version="test")),
            "digest": proposal.plan.digest,
            "warnings": proposal.plan.warnings,
            "problems": proposal.problems,
            "refusals": proposal.refusals,
            "found": told.found,
            "notes": told.notes,
        }

    def _transacted(self, told: Told, seen: Seen) -> Report:
        config, flags = config_of(told), PlanFlags()
        applying = ApplyFlags(auto_approve=False, fail_fast=False, job_timeout=None, lock_timeout=None)
        hooks = HookRunner(told, config, "apply")
        making = of_manifests(told, config, flags, applying, keep_declared)

        def make(run: Run, live: LiveState, owned: Owned) -> Proposal:
            seen.proposal = making.make(run, live, owned)
            if not seen.heals:
                raise Looked("the plan is seen, and nothing is done, not even to the inventory")
            return seen.proposal

        return transact(told, config, flags, applying, hooks, replace(making, make=make), asking=seen)

    # What happens in it

    def write(self) -> None:
        """Bring the config and all manifests to the disk."""
        self.environ["IGZ_INVENTORY"] = str(self.folder / ".igz-apply" / "inventory.json")
        for file, manifest in self.manifests.items():
            self._write(file, manifest)
        self._write("igz-apply.yaml", self.config)

    def _write(self, file: str, document: Any) -> None:
        path = self.folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(document), encoding="utf-8")

    def edit(self) -> str:
        """Let something happen, and say what."""
        happens: list[Callable[[], str]] = [
            self._another_text,
            self._another_text,
            self._same_size,
            self._added,
            self._removed,
            self._renamed,
            self._defaults,
            self._left_out,
            self._config_moved,
            self._patched,
            self._policy,
            self._live_moved,
            self._live_moved,
            self._live_added,
            self._live_gone,
            self._forgotten,
            self._secret,
            self._broken,
            lambda: "nothing",
        ]
        if self.mends:
            self.mends.pop().unlink()
            return "what was broken is no more"
        return self.chance.choice(happens)()

    def _word(self) -> str:
        return self.chance.choice(WORDS)

    def _file(self) -> str:
        return self.chance.choice(sorted(self.manifests))

    def _another_text(self) -> str:
        file = self._file()
        spec = self.manifests[file]["spec"]
        spec["first_name" if self.manifests[file]["kind"] == "User" else "description"] = self._word()
        if self.manifests[file]["kind"] == "Group" and "IGZ_PLATFORM" in self.environ:
            spec.pop("description")
            spec["policies"] = [POLICY]
        self._write(file, self.manifests[file])
        return f"another text in {file}"

    def _same_size(self) -> str:
        """Rewrite a file with other words of the same length, and give it its old time back."""
        path = self.folder / self._file()
        if not path.exists():
            return "nothing"
        text, times = path.read_text(), path.stat()
        words = [word for word in WORDS if word in text]
        if words:
            path.write_text(text.replace(words[0], self._word()))
            os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
            self.manifests[str(path.relative_to(self.folder))] = yaml.safe_load(path.read_text())
        return f"same size in {path.name}"

    def _added(self) -> str:
        name = f"new{self.chance.randrange(4)}"
        file = f"manifests/{self.chance.choice(['', 'more/'])}{name}.yaml"
        self.manifests[file] = self.user(name, first_name=self._word())
        self._write(file, self.manifests[file])
        return f"{file} is new"

    def _removed(self) -> str:
        loose = [file for file in sorted(self.manifests) if "new" in file]
        file = self.chance.choice(loose or ["manifests/u1.yaml"])
        if file not in self.manifests or (not loose and self.chance.random() < 0.7):
            return "nothing"
        del self.manifests[file]
        (self.folder / file).unlink(missing_ok=True)
        return f"{file} is gone"

    def _renamed(self) -> str:
        file = self._file()
        new = f"manifests/{self.chance.choice(['', 'more/', 'less/'])}{self._word()}{len(file)}.yaml"
        if (self.folder / file).exists() and not (self.folder / new).exists():
            (self.folder / new).parent.mkdir(exist_ok=True)
            (self.folder / file).rename(self.folder / new)
            self.manifests[new] = self.manifests.pop(file)
        return f"{file} is called {new}"

    def _defaults(self) -> str:
        path = self.folder / "manifests" / "_defaults.yaml"
        if path.exists() and self.chance.random() < 0.4:
            path.unlink()
            return "no defaults"
        spec = {"last_name": self._word()}
        self._write("manifests/_defaults.yaml", {"apiVersion": self.api, "kind": "User", "spec": spec})
        return "defaults"

    def _left_out(self) -> str:
        path = self.folder / "manifests" / "igz-apply.ignore"
        path.write_text(self.chance.choice(["", "new*\n", "more\n"]))
        return "another ignore file"

    def _config_moved(self) -> str:
        self.config["defaults"] = {"prune": self.chance.random() < 0.5}
        self.config["ignore"] = self.chance.choice([[], ["new1.yaml"], ["less"]])
        self.config["protect"] = self.chance.choice([[], ["User/*"], ["Group/g0"]])
        self.config["severity"] = self.chance.choice([{}, {"IGZ-306": "error"}])
        self._write("igz-apply.yaml", self.config)
        return "another config"

    def _patched(self) -> str:
        patch = {"address": "User/*", "patch": {"spec": {"last_name": self._word()}}}
        self.config["patches"] = self.chance.choice([[], [patch]])
        self._write("igz-apply.yaml", self.config)
        return "another patch"

    def _policy(self) -> str:
        where = {"type": "object", "properties": {"spec": {"not": {"required": [self._word()]}}}}
        if self.chance.random() < 0.3:
            where["properties"] = {"spec": {"properties": {"first_name": {"not": {"const": "oak"}}}}}
        self._write("rules/one.yaml", {"title": "One", **where})
        self.config["policies"] = self.chance.choice([[], ["rules/*.yaml"]])
        self._write("igz-apply.yaml", self.config)
        return "another policy"

    def _record(self, *types: str) -> Any:
        kept = ("admin", "all_users", "sys")
        found = [
            record
            for type_name in types
            for record in self.emulator.store.select(Selection(type_name))
            if not any(record.attributes.get(key) in kept for key in ("username", "name"))
        ]
        return self.chance.choice(found) if found else None

    def _live_moved(self) -> str:
        record = self._record("user", "project")
        if record is None:
            return "nothing"
        for key in ("first_name", "firstName", "description"):
            if key in record.attributes:
                record.attributes[key] = self._word()
        self.emulator.store.save(record)
        return f"another text of {record.type} on the cluster"

    def _live_added(self) -> str:
        name = self._word()
        if self.emulator.store.by_name("user", name) is None:
            self.emulator.load({"users": [{"username": name, "first_name": "F", "last_name": "L"}]})
        return f"{name} is new on the cluster"

    def _live_gone(self) -> str:
        record = self._record("user") if self.chance.random() < 0.5 else None
        if record is not None:
            self.emulator.store.remove(record)
        return "a user is gone from the cluster"

    def _forgotten(self) -> str:
        path = self.folder / ".igz-apply" / "inventory.json"
        if not path.exists():
            return "nothing"
        document = json.loads(path.read_text())
        if document["entries"]:
            del document["entries"][self.chance.choice(sorted(document["entries"]))]
            path.write_text(json.dumps(document))
        return "an entry of the inventory is gone"

    def _secret(self) -> str:
        if self.chance.random() < 0.3:
            self.environ.pop("SECRET", None)
        else:
            self.environ["SECRET"] = f"Secret-{self.chance.randrange(3)}-xyz!"
        return "another secret"

    def _broken(self) -> str:
        path = self.folder / "manifests" / "broken.yaml"
        if not self.mends and self.chance.random() < 0.5:
            self.mends.append(path)
            path.write_text(self.chance.choice(["a: [", "apiVersion: iguazio.com/v1\nkind: Usr\n", "\ta: b\n"]))
        return "a file is broken, or is no more"

    def user(self, name: str, **spec: Any) -> Manifest:
        person = {"first_name": "ash", "last_name": "oak", "email": f"{name}@example.com"}
        return self.manifest("User", name, {**person, **spec})

    def manifest(self, kind: str, name: str, spec: Manifest) -> Manifest:
        return {"apiVersion": self.api, "kind": kind, "metadata": {"name": name}, "spec": spec}


@contextmanager
def world3(folder: Path, seed: int) -> Iterator[World]:
    """Serve an Iguazio 3, with manifests for it."""
    emulator = Emulator(options=Options(job_seconds=0.0, require_person=False))
    with serving(emulator) as server:
        environ = {"IGZ_ENDPOINT": server.url, "V3IO_ACCESS_KEY": server.access_key, "V3IO_USERNAME": server.username}
        environ["SECRET"] = "Secret-0-xyz!"
        found = World(folder, random.Random(seed), emulator, environ, "iguazio.com/v1")
        for number in range(3):
            group = found.manifest("Group", f"g{number}", {"description": "ash"})
            user = found.user(f"u{number}", groups=[f"g{number}"])
            found.manifests[f"manifests/g{number}.yaml"], found.manifests[f"manifests/u{number}.yaml"] = group, user
        found.manifests["manifests/u1.yaml"]["spec"]["password"] = {"from_env": "SECRET"}
        members = {"editor": {"users": ["u0"], "groups": ["g1"]}}
        spec = {"description": "ash", "owner": "u2", "members": members, "labels": {"a": "1"}}
        found.manifests["manifests/p.yaml"] = found.manifest("Project", "p", spec)
        found.manifests["manifests/s.yaml"] = found.manifest(
            "AppService", "s", {"kind": "jupyter", "owner": "u0", "description": "ash", "desired_state": "ready"}
        )
        found.write()
        yield found
    emulator.close()


@contextmanager
def world4(folder: Path, seed: int) -> Iterator[World]:
    """Serve an Iguazio 4, with manifests for it."""
    emulator = Emulator4(":memory:", Options4())
    with serving(emulator) as server:
        environ = {"IGZ_ENDPOINT": server.url, "IGZ_OFFLINE_TOKEN": server.offline_token, "IGZ_PLATFORM": "iguazio4"}
        found = World(folder, random.Random(seed), emulator, environ, "iguazio.com/v4")
        from igz_apply.iguazio4.platform import IGUAZIO4

        found.api = IGUAZIO4.kinds.api_version
        for number in range(3):
            group = found.manifest("Group", f"g{number}", {"policies": [POLICY]})
            user = found.user(f"u{number}", groups=[f"g{number}"])
            found.manifests[f"manifests/g{number}.yaml"], found.manifests[f"manifests/u{number}.yaml"] = group, user
        spec = {"description": "ash", "owner": "u2", "members": {"editor": {"users": ["u0"], "groups": ["g1"]}}}
        found.manifests["manifests/p.yaml"] = found.manifest("Project", "p", spec)
        found.write()
        yield found
    emulator.close()
