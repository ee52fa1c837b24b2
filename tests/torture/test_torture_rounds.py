"""Hundreds of rounds of the real loop, while others edit, the server fails, git moves and the store goes away.

After each it is looked at from outside what was touched; after some that nobody disturbs, that all is as git says which
rounds may heal. Rounds run in a process of their own, so that what it holds in memory is the product's alone.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from igz_apply.emulator import Emulator
from tests.notifying.hook_server import Hook, receiving
from tests.s3_server import s3_server
from tests.torture.test_torture import IS_WHOLE
from tests.torture.tortured_plane import FAULTS, Seen, addresses_of, tortured
from tests.torture.tortured_rounds import FIELDS, JOB, Origin, Plane, Said, Store, Worker, declared, messages
from tests.torture.tortured_world import FOREIGN

pytestmark = [
    pytest.mark.full,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="commits are signed with ssh-keygen"),
]

ROUNDS = int(os.environ.get("IGZ_ROUNDS", "500" if IS_WHOLE else "25"))
CALM = 6  # rounds that nobody disturbs, until all is as it should be
STORM = 9  # rounds that are disturbed, between two such times
ANSWERED_FAULTS = [fault for fault in FAULTS if not fault.startswith("kill")]
COMPUTED = ("operational_status", "updated_at", "created_at", "id", "mark_as_changed")
REVERSALS = 5
SETTLED = 60  # rounds of a process after which its memory is looked at
MOST_GROWTH = 0.1


@dataclass
class Figures:
    """What a run of the test has seen."""

    endings: Counter[str] = field(default_factory=Counter)
    edits: Counter[str] = field(default_factory=Counter)
    healed: int = 0
    held: Counter[str] = field(default_factory=Counter)
    records: int = 0
    messages: int = 0
    restarts: int = 0
    lives: list[list[int]] = field(default_factory=list)  # bytes that each process held after each round
    seconds: float = 0.0


@dataclass
class Here:
    """All that is around the loop, and what it has come to."""

    plane: Plane
    origin: Origin
    store: Store
    hook: Hook
    worker: Worker
    arguments: tuple[str, ...]
    draw: random.Random
    figures: Figures = field(default_factory=Figures)
    rounds: list[dict[str, Any]] = field(default_factory=list)
    before: dict[str, dict[str, Any]] = field(default_factory=dict)
    services: dict[str, Any] = field(default_factory=dict)
    foreign: int = 0
    seen: int = 0  # writes, at the end of the last round

    def round(self) -> dict[str, Any]:
        """Let one round run, and look at what it did."""
        assert len(self.plane.torturer.writes) == self.seen, "it wrote after its round had ended"
        self.plane.settle()
        self.before = self.plane.state()
        self.services = {name: it for name, it in self.before.items() if name.startswith("AppService/")}
        self.plane.torturer.writes.clear()
        self.plane.torturer.count = 0
        process = self.worker.process
        if process is None or process.poll() is not None:
            self.figures.restarts += process is not None
            self.worker.start(*self.arguments)
            self.figures.lives.append([])
        else:
            self.worker.answer()
        lines = self.worker.until_it_asks()
        self.plane.torturer.disarm()
        self.plane.torturer.on_request = lambda *_: None
        self.plane.torturer.has_room = lambda: True
        self.store.goes_away(None)
        self.plane.settle()
        self.worker.check()
        (ended,) = [line for line in lines if line["type"] == "round"] or [{"ending": "killed", "run": None}]
        if lines and lines[-1]["type"] == "asks":
            self.figures.lives[-1].append(lines[-1]["rss"])
        self.rounds.append(ended)
        self.seen = len(self.plane.torturer.writes)
        if os.environ.get("IGZ_SHOW"):
            brief = {k: ended.get(k) for k in ("round", "ending", "seconds", "error", "failures", "failures_in_a_row")}
            brief |= {"healed": len(ended.get("healed", ())), "held": len(ended.get("held", ()))}
            print(f"{time.monotonic():.1f}", brief, [p["summary"] for p in ended.get("problems", ())], flush=True)
        self._count(ended)
        self._look(ended)
        return ended

    def _count(self, ended: dict[str, Any]) -> None:
        self.figures.endings[ended["ending"]] += 1
        self.figures.healed += len(ended.get("healed", ()))
        self.figures.held.update(it["cause"] for it in ended.get("held", ()))

    def _look(self, ended: dict[str, Any]) -> None:
        """Hold what was touched against what may be touched."""
        said = self.origin.said
        written = self._written()
        if not self.origin.is_good:
            assert not written, (ended, written)
            assert ended["ending"] in ("invalid", "failed", "killed"), ended
        assert not [it for it in ended.get("held", ()) if not self._is_true(it["address"], it["cause"])], ended
        forbidden = {address for address in written if not said.may_heal(address)}
        assert not forbidden, (forbidden, ended)
        self._look_at_state(said, ended)
        if ended["run"]:
            self._look_at_record(ended, written)
        if ended["ending"] not in ("invalid", "killed", "standby", "interrupted") and ended.get("commit"):
            assert ended["commit"] == said.commit

    def _is_true(self, address: str, cause: str) -> bool:
        """Say whether something is held for a reason that there is."""
        said = self.origin.said
        return {
            "mode": address.partition("/")[0] in said.told,
            "paused": address in said.paused,
            "frozen": said.is_frozen,
            "flapping": len(self.plane.edits.get(address, ())) >= REVERSALS,
            "failing": True,
            "waits": True,
        }.get(cause, False)

    def _written(self) -> set[str]:
        names, found = self.plane.torturer.names, set()
        for seen in self.plane.torturer.writes:
            if seen.status < 300:
                found |= self._about(seen, names)
        return found

    def _about(self, seen: Seen, names: dict[str, str]) -> set[str]:
        def changed(services: Any) -> set[str]:
            sent = {each["spec"]["name"]: each["spec"] for each in services}
            known = {name.partition("/")[2]: it for name, it in self.services.items()}
            other = {name for name in {*sent, *known} if _plain(sent.get(name)) != _plain(known.get(name))}
            self.services = {f"AppService/{name}": spec for name, spec in sent.items()}
            return other

        return addresses_of(seen, names, changed)

    def _look_at_state(self, said: Said, ended: dict[str, Any]) -> None:
        """Nothing that rests, is only told of or is foreign is another than before, nor is what nobody states."""
        after = self.plane.state()
        for address, was in self.before.items():
            now = after.get(address)
            if not said.may_heal(address):
                assert _plain(now) == _plain(was), (address, ended)
            elif now is not None and now.get("id") == was.get("id"):
                stated = {*said.manifests[address]["spec"], "labels", "name", *COMPUTED}
                kept = {name for name in was if name not in stated}
                assert {n: was[n] for n in kept} == {n: now.get(n) for n in kept}, (address, ended)
        created = after.keys() - self.before.keys()
        assert not {address for address in created if not said.may_heal(address)}, (created, ended)

    def _look_at_record(self, ended: dict[str, Any], written: set[str]) -> None:
        """A record says which commit, which plan, and of each change why, how it was, and what became of it."""
        record = self.store.record(ended["run"])
        self.figures.records += 1
        assert record["run"]["command"] == "reconcile"
        assert record["manifests"]["commit"] == self.origin.said.commit
        assert not record["manifests"]["is_dirty"]
        assert re.fullmatch(r"sha256:[0-9a-f]{64}", record["digest"])
        changes = {it["address"]: it for it in record["changes"]}
        assert written <= changes.keys(), (written, changes.keys())
        for address, change in changes.items():
            assert change["reason"], address
            assert change["diff"] or change["action"] != "update" or change["edges"], address
        if record["ended"]:
            assert record["outcomes"].keys() == changes.keys()
            applied = {address for address, it in record["outcomes"].items() if it["status"] == "applied"}
            assert {it["address"] for it in ended["healed"]} == applied

    # What others do

    def disturb(self) -> None:
        """Let some of all that may happen happen, before or during the next round."""
        draw = self.draw
        for _ in range(draw.randrange(4)):
            self._edit()
        if draw.random() < 0.4:
            self._fault()
        if draw.random() < 0.3:
            self._edit_within()
        if draw.random() < 0.15:
            self.store.goes_away(draw.choice([0, 0, 3, 8, 15, 25]))
            self.figures.edits["store away"] += 1
        if draw.random() < 0.25:
            self._push()

    def _edit(self) -> None:
        kind = self.draw.choice(["ours", "ours", "ours", "gone", "unstated", "foreign", "new"])
        self.figures.edits[kind] += 1
        live = self.plane.state()
        match kind:
            case "ours":
                stated = [a for a, it in self.origin.said.manifests.items() if FIELDS[it["kind"]] in it["spec"]]
                address = self.draw.choice([a for a in stated if a in live])
                self.plane.edit(address, FIELDS[address.partition("/")[0]], f"by others {self.draw.random()}")
            case "gone":
                address = self.draw.choice([a for a in ("Group/g2", "Group/g3", "Project/p3") if a in live] or [""])
                if address:
                    self.plane.delete(address)
            case "unstated":
                if "User/plain0" in live:
                    self.plane.edit("User/plain0", "job_title", f"nobody's {self.draw.random()}")
            case "foreign":
                self.plane.edit("User/yan", "job_title", f"theirs {self.draw.random()}")
                self.plane.edit("AppService/theirs", "description", f"theirs {self.draw.random()}")
            case "new":
                self.foreign += 1
                self.plane.create_foreign(self.foreign)

    def fight(self, address: str) -> None:
        """Let somebody write the same field back before each round of a storm."""
        if address in self.plane.ids():
            self.figures.edits["fought"] += 1
            self.plane.edit(address, FIELDS[address.partition("/")[0]], f"mine {self.draw.random()}")

    def _edit_within(self) -> None:
        """Edit something in the middle of the next round, at the moment of one of its requests."""
        at, address = self.draw.randrange(25), self.draw.choice(["Group/g1", "User/u1", "User/plain0", "User/yan"])
        name, value = FIELDS[address.partition("/")[0]], f"meanwhile {self.draw.random()}"

        def edit(number: int, _: object) -> None:
            if number == at and address in self.plane.ids():
                self.figures.edits["within"] += 1
                self.plane.edit(address, name, value)
                self.before.setdefault(address, {})[name] = value

        self.plane.torturer.on_request = edit

    def _fault(self) -> None:
        if self.draw.random() < 0.1:
            refused = iter(range(self.draw.randrange(1, 6)))
            self.plane.torturer.has_room = lambda: next(refused, None) is None
            self.figures.edits["no room"] += 1
            return
        fault = self.draw.choice(ANSWERED_FAULTS)
        if self.draw.random() < 0.05:
            fault = self.draw.choice(["kill before", "kill after"])
            self.plane.torturer.on_kill = self.worker.kill
        self.plane.torturer.arm(self.draw.randrange(30), fault)
        self.figures.edits[fault] += 1

    def _push(self) -> None:
        said, draw = self.origin.said, self.draw
        if draw.random() < 0.35:
            self.origin.push_broken(draw)
            self.figures.edits["bad push"] += 1
            return
        self.figures.edits["push"] += 1
        kinds, addresses = (
            draw.sample(sorted(FIELDS), draw.randrange(2)),
            draw.sample(sorted(declared(0)), draw.randrange(4)),
        )
        self.origin.push(
            replace(
                said,
                salt=draw.randrange(1000),
                told=frozenset(kinds),
                paused=frozenset(addresses),
                is_frozen=draw.random() < 0.1,
                extra=max(said.extra, draw.randrange(3)),
            )
        )

    # What has to be so in the end

    def calm(self) -> None:
        """Let rounds run undisturbed until all is as it should be."""
        if not self.origin.is_good:
            self.origin.push(self.origin.said)
        for _ in range(CALM):
            ended = self.round()
            if ended["ending"] in ("in_sync", "drifted") and not self.wrong(ended):
                return
        raise AssertionError((self.wrong(ended), ended))

    def wrong(self, ended: dict[str, Any]) -> dict[str, Any]:
        """Return what is not as git says though it may be healed."""
        said, live = self.origin.said, self.plane.state()
        held = {it["address"]: it["cause"] for it in ended.get("held", ())}
        found: dict[str, Any] = {}
        for address, manifest in said.manifests.items():
            name = FIELDS[manifest["kind"]]
            wanted, has = manifest["spec"].get(name), live.get(address, {}).get(name)
            is_right = address in live and (wanted is None or wanted == has)
            if not is_right and said.may_heal(address) and not self._may_be_held(address, held):
                found[address] = (wanted, has)
        return found

    def _may_be_held(self, address: str, held: dict[str, str]) -> bool:
        """Say whether it is held for a reason that is true: a fight that there was, or what it waits for."""
        return held.get(address) in ("flapping", "waits") and self._is_true(address, held[address])


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Here]:
    emulator = Emulator(tmp_path / "cluster.db")
    emulator.load(FOREIGN)
    emulator.close()
    (tmp_path / "work").mkdir()
    with ExitStack() as stack:
        torturer, server = stack.enter_context(tortured(tmp_path / "cluster.db", job_seconds=JOB))
        s3 = stack.enter_context(s3_server())
        hook = stack.enter_context(receiving())
        origin, bucket = Origin(tmp_path), s3.bucket()
        origin.push(Said())
        environ = {
            **server.connection,
            **s3.environ,
            "HOOK": hook.url,
            "IGZ_INVENTORY": f"s3://{bucket}/prod.json",
            "XDG_CACHE_HOME": str(tmp_path / "cache"),
        }
        worker = Worker(tmp_path / "work", environ)
        arguments = ("--repo", str(origin.world.up), "--require-signed", str(origin.keys), "--lease", "1s")
        seed = int(os.environ.get("IGZ_SEED", "20"))
        yield Here(Plane(torturer, server), origin, Store(s3, bucket), hook, worker, arguments, random.Random(seed))
        worker.kill()


def test_rounds_heal_what_they_may_and_touch_nothing_else(here: Here, capsys: pytest.CaptureFixture[str]) -> None:
    begun = time.monotonic()
    here.calm()
    while len(here.rounds) < ROUNDS:
        fought = here.draw.choice(["User/u2", "Group/g1", "Project/p1", ""])
        for _ in range(STORM):
            here.fight(fought)
            here.disturb()
            here.round()
        here.calm()
    assert here.worker.end() == 0
    here.figures.seconds = time.monotonic() - begun
    told = list(messages(here.hook))
    here.figures.messages = len(told)
    assert_told_once(told, here.rounds)
    assert {it["topic"] for it in told} >= {"healed", "failure"}
    with capsys.disabled():
        print(f"\n{_told(here)}")
    assert growth(here.figures) < MOST_GROWTH


def _told(here: Here) -> str:
    figures = here.figures
    longest = max(figures.lives, key=len)
    return (
        f"{len(here.rounds)} rounds in {figures.seconds:.0f} s: {dict(figures.endings)}; {figures.restarts} restarts; "
        f"{here.origin.pushes} pushes; disturbed by {dict(figures.edits)}; {figures.healed} healed, "
        f"held {dict(figures.held)}; {figures.records} records; {figures.messages} messages; "
        f"{longest[0] / 2**20:.1f} -> {longest[-1] / 2**20:.1f} MB over {len(longest)} rounds, "
        f"{growth(figures):+.1%} since it had settled"
    )


def assert_told_once(told: list[dict[str, Any]], rounds: list[dict[str, Any]]) -> None:
    """No message says the same as the one before it, unless it was otherwise in between.

    What is healed again after it was well is told again. A process that is killed may not have noted what it told.
    """
    places = {(it.get("round"), it.get("began")): index for index, it in enumerate(rounds)}
    for one, other in pairwise(told):
        if one["hash"] == other["hash"]:
            begin, end = (places[it["round"]["number"], it["round"]["began"]] for it in (one, other))
            between = {it["ending"] for it in rounds[begin + 1 : end]}
            is_again = one["topic"] == "healed" and between & {"in_sync", "drifted"}
            assert is_again or "killed" in between, (one, other, between)


def growth(figures: Figures) -> float:
    """Return by which part the process that lived longest has grown since it had settled."""
    lives = max(figures.lives, key=len)
    if len(lives) < 2 * SETTLED:
        return 0.0
    return max(lives[-SETTLED // 2 :]) / max(lives[:SETTLED]) - 1


def _plain(value: Any) -> Any:
    """Return a value without what the cluster works out by itself."""
    if isinstance(value, dict):
        return {key: it for key, it in value.items() if key not in COMPUTED}
    return value
