"""Undo on an Iguazio 4: renames, bindings, trees of groups, archived projects; cut off at any write."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from igz_apply import workflow
from igz_apply.emulator import Options4
from igz_apply.errors import PlanRefused
from igz_apply.iguazio4.platform import IGUAZIO4
from igz_apply.model.changes import Plan
from igz_apply.model.outcomes import Report
from igz_apply.model.resources import LiveState
from igz_apply.planning.presence import with_absence_confirmed
from igz_apply.planning.record_data import record_of
from igz_apply.planning.selection import Selection
from tests.fakes import FakeSecrets, InlinePool, MemoryRecords
from tests.iguazio4.site4 import GENEROUS, KINDS, group, project, user
from tests.properties.undone import entries_of, saved, state_of
from tests.torture.test_torture import IS_WHOLE
from tests.torture.tortured_site4 import FOREIGN, TorturedSite, after, before

pytestmark = pytest.mark.full

LIMITS = replace(GENEROUS, delete=dict.fromkeys(KINDS.names, 99))
WRITES = range(60) if IS_WHOLE else (0, 3, 9, 17, 26, 38)


def state(live: LiveState) -> dict[str, Any]:
    return state_of(live, KINDS)


def changed(now: dict[str, Any], then: dict[str, Any]) -> dict[str, Any]:
    return {key: (now.get(key), then.get(key)) for key in {*now, *then} if now.get(key) != then.get(key)}


def undo_plan(site: TorturedSite, *except_: str) -> Plan:
    assert site.records is not None
    run, content = list(site.records.contents.items())[-1]
    site.client = site.connected(site.emulator.offline_token)
    site.reader = type(site.reader)(site.client.read_only())
    record = record_of(content, "records", run, KINDS)
    owned = site.inventory.load()
    live = with_absence_confirmed(site.live(), owned, site.reader, KINDS, InlinePool(), workflow.about(record))
    proposal = workflow.undo(
        record,
        live,
        owned,
        secrets=FakeSecrets(),
        limits=LIMITS,
        selection=Selection(exclude=except_),
        platform=IGUAZIO4,
    )
    return proposal.approved()


def undone(site: TorturedSite, *except_: str) -> Report:
    plan, seal = saved(undo_plan(site, *except_), KINDS)
    live, owned = site.live(), site.inventory.load()
    again = workflow.reopen(plan, seal, live, owned, limits=LIMITS, platform=IGUAZIO4)
    return workflow.apply(again.approved(), again.live or live, owned, site.ports(), platform=IGUAZIO4)


def begun(content: Any = FOREIGN) -> TorturedSite:
    site = TorturedSite(options=Options4(), content=content)
    site.records = MemoryRecords()
    site.converged(before())
    return site


def test_undo_of_an_apply_gives_back_the_world_before_it() -> None:
    site = begun()
    then, entries = state(site.live()), entries_of(site.inventory.load(), site.live())
    ran = site.applied(after())
    assert ran.code == 0, ran.error
    back = undone(site)
    assert back.exit_code == 0, (back.outcomes, back.not_converged)
    assert changed(state(site.live()), then) == {}
    assert changed(entries_of(site.inventory.load(), site.live()), entries) == {}


@pytest.mark.parametrize("at", WRITES)
def test_undo_of_an_apply_that_was_killed_gives_back_the_world_before_it(at: int) -> None:
    site = begun()
    then, entries = state(site.live()), entries_of(site.inventory.load(), site.live())
    kill_at_write(site, at)
    ran = site.tried(after())
    if ran is not None:
        pytest.skip("the run was over by then")
    site.torturer.is_dead = False
    site.torturer.disarm()
    site.line.interfere = None
    site.clock.sleep(60)  # what was in flight comes to its end
    back = undone(site)
    assert back.exit_code == 0, (back.outcomes, back.not_converged)
    assert changed(state(site.live()), then) == {}
    assert changed(entries_of(site.inventory.load(), site.live()), entries) == {}


def kill_at_write(site: TorturedSite, at: int) -> None:
    """End the process at a write: at every second one before it has its effect."""
    left = [at]

    def interfere(request: Any, pass_on: Any) -> Any:
        if request.method != "GET" and "refresh-access" not in request.url:
            if left[0] == 0:
                if at % 2:
                    pass_on(request)
                site.torturer.is_dead = True
            left[0] -= 1
        return pass_on(request)

    site.line.interfere = interfere


def test_what_others_changed_since_is_refused_by_name_and_the_rest_undone() -> None:
    site = TorturedSite(options=Options4())
    site.records = MemoryRecords()
    site.converged([group("a"), user("ada", groups=["a"]), project("p", owner="ada", description="one")])
    changed_to = [
        group("a", policies=["oris-viewer"]),
        user("ada", groups=["a"], last_name="New"),
        project("p", owner="ada", description="two"),
    ]
    assert site.applied(changed_to).code == 0
    records, site.records = site.records, None
    foreign = [group("a", policies=["oris-viewer"]), user("ada", last_name="Newer"), project("p", description="two")]
    assert site.applied(foreign, prune=False).code == 0
    site.records = records
    with pytest.raises(PlanRefused, match=r"User/ada was changed since: last_name was New after the run, and is Newer"):
        undo_plan(site)
    assert undone(site, "User/ada").exit_code == 0
    now = state(site.live())
    assert now["User/ada"]["last_name"] == "Newer"
    assert "policies" not in now["Group/a"]
    assert now["Project/p"]["description"] == "one"
