"""An apply that survives anything: every fault at every request, and the same command again finishes the rest.

Sampled by default; `make torture` (IGZ_TORTURE=whole) takes every request and every fault.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from igz_apply.emulator import Emulator, Server
from igz_apply.inventory import FsspecInventory
from igz_apply.local.clock import SystemClock
from igz_apply.model.resources import LiveState, Owned
from tests.torture.tortured_plane import FAULTS, Torturer, addresses_of, tortured
from tests.torture.tortured_run import Ran, connected, inventory_of, planned_by, run_once, state_of
from tests.torture.tortured_world import FOREIGN, after, before, write

pytestmark = pytest.mark.full

IS_WHOLE = os.environ.get("IGZ_TORTURE") == "whole"
MOST_REQUESTS = 240  # more than a run makes, however often it asks for a job; what lies beyond its end is no fault
SAMPLED = 9


@dataclass(frozen=True)
class Start:
    """The world before the apply under torture, and what it becomes without a fault."""

    folder: Path
    manifests: Path
    state: dict[str, Any]
    services: list[Any]
    inventory: dict[str, Any]
    requests: int  # how many an undisturbed run makes


@dataclass
class Place:
    """One copy of that world, served."""

    torturer: Torturer
    server: Server
    manifests: Path
    inventory: Path
    first_services: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.first_services = self.services()

    def run(self, **options: Any) -> Ran:
        return run_once(self.manifests, self.inventory, self.server, self.torturer, **options)

    def live(self) -> LiveState:
        self.torturer.disarm()
        with connected(self.server, self.torturer) as (_, work, reader):
            return reader.live(work)

    def owned(self) -> Owned:
        return FsspecInventory(str(self.inventory), clock=SystemClock()).load()

    def services(self) -> list[Any]:
        """The services as the server keeps them, without what it computes."""
        manifest = self.torturer.emulator.store.get("app_services_manifest", "0")
        assert manifest is not None
        return sorted(
            ({**each, "status": None} for each in manifest.attributes["app_services"]),
            key=lambda it: it["spec"]["name"],
        )


def place(start: Path, tmp_path: Path, manifests: Path) -> Iterator[Place]:
    shutil.copytree(start, tmp_path / "world")
    with tortured(tmp_path / "world" / "cluster.db") as (torturer, server):
        yield Place(torturer, server, manifests, tmp_path / "world" / "inventory.json")


@pytest.fixture(scope="session")
def start(tmp_path_factory: pytest.TempPathFactory) -> Start:
    folder = tmp_path_factory.mktemp("torture")
    world = folder / "world"
    world.mkdir()
    emulator = Emulator(world / "cluster.db")
    emulator.load(FOREIGN)
    emulator.close()
    old, new = write(folder / "before", before()), write(folder / "after", after())
    with tortured(world / "cluster.db") as (torturer, server):
        made = run_once(old, world / "inventory.json", server, torturer)
        assert made.code == 0, made
    for here in place(world, folder / "undisturbed", new):
        here.torturer.disarm()
        ran = here.run()
        assert ran.code == 0, ran.report
        requests = here.torturer.count
        live = here.live()
        assert here.run(plans_only=True).plan.writes == ()  # type: ignore[union-attr]
        return Start(world, new, state_of(live), here.services(), inventory_of(here.owned(), live), requests)
    raise AssertionError


@pytest.fixture
def here(start: Start, tmp_path: Path) -> Iterator[Place]:
    yield from place(start.folder, tmp_path, start.manifests)


def points() -> list[tuple[int, str]]:
    """Every request and every fault; sampled, a few that reach into every phase of a run."""
    if IS_WHOLE:
        return [(at, fault) for at in range(MOST_REQUESTS) for fault in FAULTS]
    return [((number * 37 + 3) % 160, FAULTS[number % len(FAULTS)]) for number in range(SAMPLED)]


def test_the_tortured_apply_changes_sixty_things_of_all_kinds(start: Start, here: Place) -> None:
    plan = here.run(plans_only=True).plan
    assert plan is not None
    counted = Counter((change.action.value, change.address.kind) for change in plan.writes)
    assert len(plan.writes) == 60
    assert {action for action, _ in counted} == {"create", "update", "delete"}
    assert len(counted) == 12
    assert start.requests < MOST_REQUESTS


@pytest.mark.parametrize(("at", "fault"), points(), ids=lambda it: str(it).replace(" ", "-"))
def test_the_same_command_again_finishes_the_rest(start: Start, here: Place, at: int, fault: str) -> None:
    here.torturer.arm(at, fault)
    first = here.run()
    if here.torturer.count <= at:
        pytest.skip("the run was over by then")
    here.torturer.disarm()
    second = here.run()
    told = (first.code, first.error, first.report and first.report.counts, second.error, second.report)
    assert second.code == 0, told
    if fault == "429":
        assert first.code == 0, told
    assert first.code in (None, 0, 1, 5), told
    live = here.live()
    assert state_of(live) == start.state
    assert here.services() == start.services
    assert inventory_of(here.owned(), live) == start.inventory
    third = here.run(plans_only=True)
    assert third.plan is not None
    assert third.plan.writes == ()
    check_writes(here, (first, second))


def check_writes(here: Place, runs: tuple[Ran, ...]) -> None:
    """Nothing was created twice or deleted twice, and no write was about something that no plan listed."""
    planned = planned_by(ran.plan for ran in runs)
    done: Counter[tuple[str, str]] = Counter()
    known = {each["spec"]["name"]: each for each in here.first_services}
    for seen in here.torturer.writes:
        if seen.status >= 300:
            continue

        def changed(services: Any) -> set[str]:
            sent = {each["spec"]["name"]: each for each in services}
            gone = known.keys() - sent.keys()
            marked = {name for name, each in sent.items() if each["spec"].get("mark_as_changed")}
            known.clear()
            known.update(sent)
            return marked | gone

        about = addresses_of(seen, here.torturer.names, changed)
        assert about <= planned, (seen, about - planned)
        if seen.path.startswith("/api/async") or seen.path.startswith("/api/app_services") or seen.method == "PUT":
            continue
        done.update((seen.method, address) for address in about)
    deleted_groups = {("DELETE", f"Group/g-go{n}") for n in range(2)} | {("DELETE", f"User/go{n}") for n in range(4)}
    assert {key: count for key, count in done.items() if count > 1 and key not in deleted_groups} == {}
