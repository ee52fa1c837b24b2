"""An apply to Iguazio 4 that survives anything: every fault at every request, and the same command again finishes.

Sampled by default; `make torture` (IGZ_TORTURE=whole) takes every request and every fault.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from igz_apply.emulator import Options4
from igz_apply.emulator.engine.messages import Request
from igz_apply.emulator.engine.record_store import Selection
from igz_apply.emulator.iguazio4.executions import JOBS
from igz_apply.model.addresses import Address
from igz_apply.model.resources import Entry
from tests.iguazio4.site4 import DEFAULTS, Ran
from tests.torture.test_torture import IS_WHOLE
from tests.torture.tortured_run import inventory_of, planned_by, state_of
from tests.torture.tortured_site4 import FAULTS4, FOREIGN, TorturedSite, about, after, before

pytestmark = pytest.mark.full

MOST_REQUESTS = 250  # more than a run makes; what lies beyond its end is no fault
SAMPLED = 39


@dataclass(frozen=True)
class Start:
    """The world before the apply under torture, and what it becomes without a fault."""

    db: Path
    now: float
    entries: dict[Address, Entry]
    state: dict[str, Any]
    inventory: dict[str, Any]
    requests: list[str]  # what an undisturbed run asks

    def site(self, folder: Path, options: Options4 = DEFAULTS) -> TorturedSite:
        shutil.copy(self.db, folder / "cluster.db")
        site = TorturedSite(folder / "cluster.db", self.now, options)
        site.inventory.entries = dict(self.entries)
        return site


@pytest.fixture(scope="session")
def start(tmp_path_factory: pytest.TempPathFactory) -> Start:
    folder = tmp_path_factory.mktemp("torture4")
    site = TorturedSite(folder / "start.db", content=FOREIGN)
    site.converged(before())
    site.clock.sleep(10)
    found = Start(folder / "start.db", site.clock.now(), dict(site.inventory.entries), {}, {}, [])
    site.emulator.close()
    calm = found.site(folder)
    ran = calm.applied(after())
    assert ran.code == 0, told(ran)
    asked = list(calm.line.asked)
    live = calm.live()
    assert calm.planned(after()).plan.writes == ()
    calm.emulator.close()
    inventory = inventory_of(calm.inventory.load(), live)
    return Start(found.db, found.now, found.entries, state_of(live), inventory, asked)


@pytest.fixture
def site(start: Start, tmp_path: Path) -> Iterator[TorturedSite]:
    here = start.site(tmp_path)
    yield here
    here.emulator.close()


def told(ran: Ran | None) -> Any:
    if ran is None or ran.report is None:
        return ran and (str(ran.error), ran.proposal and ran.proposal.problems)
    bad = [each for each in ran.report.outcomes if each.status.value != "applied"]
    return (ran.code, ran.report.counts, bad, ran.report.failures, ran.report.not_converged)


def points() -> list[tuple[int, str]]:
    """Every request and every fault; sampled, a few that reach into every phase of a run."""
    if IS_WHOLE:
        return [(at, fault) for at in range(MOST_REQUESTS) for fault in FAULTS4]
    return [((number * 37 + 3) % 190, FAULTS4[number % len(FAULTS4)]) for number in range(SAMPLED)]


def test_the_tortured_apply_changes_things_of_all_kinds(start: Start, site: TorturedSite) -> None:
    writes = site.planned(after()).plan.writes
    counted = Counter((change.action.value, change.address.kind) for change in writes)
    assert {kind for _, kind in counted} == {"User", "Group", "Project", "PolicyBinding"}
    assert {action for action, _ in counted} >= {"create", "update", "delete"}
    assert len(writes) >= 28
    gone = {str(change.address) for change in writes if change.action.value == "delete"}
    assert gone >= {"Project/p-go0", "Project/p-go1", "User/go2", "Group/go/sub/deep"}
    assert "Group/old-name" not in gone  # it is renamed
    assert 190 <= len(start.requests) < MOST_REQUESTS, len(start.requests)


@pytest.mark.parametrize(("at", "fault"), points(), ids=lambda it: str(it).replace(" ", "-"))
def test_the_same_command_again_finishes_the_rest(start: Start, site: TorturedSite, at: int, fault: str) -> None:
    site.torturer.arm(at, fault)
    first = site.tried(after())
    if site.torturer.count <= at:
        pytest.skip("the run was over by then")
    site.torturer.disarm()
    if fault in ("429", "token expires", "renewal fails for a moment"):
        assert first is not None
        assert first.code == 0, told(first)
    if fault == "renewal refused":
        assert first is not None
        assert first.code in (1, 5), told(first)
        assert "gives no access token" in str(told(first))
    assert first is None or first.code in (0, 1, 5), told(first)
    finishes(site, start)


def finishes(site: TorturedSite, start: Start) -> None:
    """The same command again leads to the state and the inventory of an undisturbed run."""
    second = site.tried(after())
    assert second is not None
    assert second.code == 0, told(second)
    live = site.live()
    assert state_of(live) == start.state
    assert inventory_of(site.inventory.load(), live) == start.inventory
    third = site.planned(after())
    assert third.plan.writes == (), [(change.address, change.diff) for change in third.plan.writes]
    check_writes(site)


def check_writes(site: TorturedSite) -> None:
    """Nothing was created twice or deleted twice, and no write was about something that no plan listed."""
    planned = planned_by(site.plans)
    done: Counter[tuple[str, str]] = Counter()
    for seen in site.torturer.writes:
        if seen.status >= 300:
            continue
        address = about(seen, site.torturer.names)
        assert address in planned, seen
        is_made = seen.method == "POST" and seen.path.removeprefix("/api/v1/").count("/") == 1
        if is_made or seen.method == "DELETE":
            done[seen.method, address] += 1
    assert {key: count for key, count in done.items() if count > 1} == {}


# Projects: witnesses and executions


def project_writes(start: Start) -> list[int]:
    """Return which requests of an undisturbed run write a project over a witness."""
    return [n for n, each in enumerate(start.requests) if each.startswith(("PUT /api/v1/projects/", "PATCH "))]


def test_a_foreign_write_before_ours_is_a_conflict_that_keeps_it(start: Start, tmp_path: Path) -> None:
    points = project_writes(start)
    assert len(points) >= 3
    for at in points:
        (tmp_path / str(at)).mkdir()
        site = start.site(tmp_path / str(at))
        name = start.requests[at].rpartition("/")[2]

        def edit(number: int, _: Request, site: TorturedSite = site, at: int = at, name: str = name) -> None:
            if number == at:
                site.emulator.edit_project(name)

        site.torturer.on_request = edit
        ran = site.tried(after())
        assert ran is not None
        assert ran.report is not None
        assert ran.code == 5, told(ran)
        conflicts = [outcome for outcome in ran.report.outcomes if outcome.status.value == "conflict"]
        assert [str(outcome.address) for outcome in conflicts] == [f"Project/{name}"]
        assert "somebody wrote to it" in conflicts[0].detail
        seen = site.live().resources[Address("Project", name)]
        assert seen.spec["description"] == "changed by somebody else"
        shown = site.planned(after()).plan.writes
        assert [str(change.address) for change in shown if change.address.kind == "Project"] == [f"Project/{name}"]
        finishes_or_keeps(site, start, name)
        site.emulator.close()


def finishes_or_keeps(site: TorturedSite, start: Start, name: str) -> None:
    """The next run does what was planned; a description that nothing states stays as somebody else left it."""
    ran = site.tried(after())
    assert ran is not None
    assert ran.code == 0, told(ran)
    state, expected = state_of(site.live()), dict(start.state["resources"])
    spec, *rest = expected[f"Project/{name}"]
    if not spec.get("description"):
        expected[f"Project/{name}"] = ({**spec, "description": "changed by somebody else"}, *rest)
    assert state["resources"] == expected
    check_writes(site)


KINDS = ("project.create", "project.update", "project.delete")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("act", ["fail", "stall", "vanish"])
def test_executions_that_fail_hang_or_vanish(start: Start, tmp_path: Path, act: str, kind: str) -> None:
    fault = {"match": {"kind": kind, "nth": 1}, "act": act, **({"result": "no room"} if act == "fail" else {})}
    site = start.site(tmp_path, Options4(faults={"jobs": [fault]}))
    ran = site.tried(after())
    assert ran is not None
    assert ran.report is not None, told(ran)
    statuses = {outcome.status.value: outcome.detail for outcome in ran.report.outcomes}
    if act == "fail":
        assert ran.code == 5
        assert "no room" in statuses["failed"]
        assert "after 3 attempts" in statuses["failed"]
    elif act == "stall":
        assert ran.code == 5
        assert "timed_out" in statuses, told(ran)
        unstuck(site)
    else:
        assert ran.code in (0, 5), told(ran)
        unstuck(site)
    site.emulator.close()
    again = TorturedSite(tmp_path / "cluster.db", site.clock.now())
    again.inventory.entries, again.plans = dict(site.inventory.entries), site.plans
    finishes(again, start)
    again.emulator.close()


def unstuck(site: TorturedSite) -> None:
    """Have the platform give up what never ends: until then nobody may write over it."""
    with site.world() as world:
        for execution in world.store.select(Selection("execution")):
            if not JOBS.is_over(execution):
                execution.attributes["state"] = "failed"
                world.store.save(execution)
        for project in world.store.select(Selection("project")):
            if project.attributes["state"] in ("creating", "deleting"):
                project.attributes["state"] = "online"
                world.store.save(project)


def test_executions_that_appear_late_are_waited_for(start: Start, tmp_path: Path) -> None:
    site = start.site(tmp_path, Options4(execution_appears_after=10.0, execution_seconds=20.0))
    ran = site.tried(after())
    assert ran is not None
    assert ran.code == 0, told(ran)
    finishes(site, start)
    site.emulator.close()
