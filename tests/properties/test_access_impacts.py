"""What a plan says of people's access is what becomes of it, read back from an emulated cluster."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import assume, given, settings

from igz_apply import workflow
from igz_apply.iguazio3.kinds import KINDS
from igz_apply.model.changes import AccessImpact
from igz_apply.model.resources import LiveState, Resource
from igz_apply.planning.access_impact import access_impact, access_now, difference
from tests.builders import absent, group, manifests, planned, project, user
from tests.emulated import EmulatedPlane
from tests.fakes import MemoryInventory
from tests.properties.worlds import Artist, seeds, sizes

PEOPLE = ("User", "Group", "Project")
few = settings(max_examples=max(12, settings().max_examples // 20))


class Cluster:
    """An emulated cluster, and what was applied to it."""

    def __init__(self) -> None:
        self._plane = EmulatedPlane()
        self._inventory = MemoryInventory()

    def live(self) -> LiveState:
        return self._plane.live()

    def apply(self, desired: Sequence[Resource]) -> AccessImpact | None:
        """Plan and apply; return what the plan says of access, None where there is no plan."""
        live, owned = self.live(), self._inventory.load()
        plan = planned(manifests(*desired), live, owned, prune=True).plan
        if plan is None:
            return None
        impact = access_impact(plan, live, KINDS)
        report = workflow.apply(replace(plan, access_impact=impact), live, owned, self._plane.ports(self._inventory))
        assert report.exit_code == 0, (report.outcomes, report.not_converged)
        return impact


def people(resources: Sequence[Resource]) -> list[Resource]:
    return [each for each in resources if each.address.kind in PEOPLE]


def holds(desired: Sequence[Resource], then: Sequence[Resource]) -> AccessImpact | None:
    """Apply one set of manifests after the other; what the second plan says has to be what it does."""
    there = Cluster()
    if there.apply(desired) is None:
        return None
    before = access_now(there.live(), KINDS)
    told = there.apply(then)
    after = access_now(there.live(), KINDS)
    assert before is not None
    assert after is not None
    if told is not None:
        assert told == difference(before, after)
    return told


@few
@given(sizes, seeds)
def test_the_access_that_a_plan_shows_is_the_access_that_it_makes(size: int, seed: int) -> None:
    artist = Artist(size, seed)
    live = people(artist.cluster())
    if random.Random(seed).random() < 0.3:
        live.append(project("open", members={"viewer": {"groups": ["all_users"]}}))
    assume(holds(live, people(artist.manifests(live))) is not None)


ADA = user("ada", assigned_policies=["Data"], groups=["ds"], primary_group="ds", admin_status="up")
BOB = user("bob", assigned_policies=["Developer"])
DS = group("ds", assigned_policies=["Developer", "IT Admin"])
OPS = group("ops", assigned_policies=["Service Admin"])
CHURN = project("churn", owner="bob", members={"admin": {"groups": ["ops"]}, "editor": {"groups": ["ds"]}})
ALONE = project("churn", owner="bob", members={"admin": {"groups": ["ops"]}, "editor": {}})
COMPANY = (DS, OPS, ADA, BOB, CHURN)


@pytest.mark.parametrize(
    ("then", "lost"),
    [
        pytest.param((user("ada", admin_status="down"),), 4, id="an account is disabled"),
        pytest.param((absent(ADA),), 4, id="an account is deleted"),
        pytest.param((absent(ADA), absent(DS), ALONE), 4, id="an account is deleted with its group"),
        pytest.param((user("ada", groups=["ops"], primary_group="ops"),), 2, id="another primary group"),
        pytest.param((group("ds", assigned_policies=["Developer"]),), 1, id="a policy is taken from a group"),
        pytest.param((group("ds", users=[]), user("ada", groups=[], primary_group=None)), 3, id="a group loses all"),
        pytest.param((project("churn", owner="ada", members={"admin": {}}),), 1, id="another owner"),
        pytest.param((absent(CHURN),), 2, id="a project is deleted"),
        pytest.param((project("mine"),), 0, id="a project is made, and its maker owns it"),
    ],
)
def test_whatever_takes_access_away_is_told_with_all_that_it_takes(then: tuple[Resource, ...], lost: int) -> None:
    stated = {each.address for each in then}
    told = holds(COMPANY, (*(each for each in COMPANY if each.address not in stated), *then))
    assert told is not None
    assert sum(role.loses for role in told.roles) + sum(len(change.lost) for change in told.policies) == lost


def test_an_account_that_is_enabled_again_has_all_of_it_back() -> None:
    disabled = replace(ADA, spec={**ADA.spec, "admin_status": "down"})
    told = holds((DS, OPS, disabled, BOB, CHURN), COMPANY)
    assert told is not None
    assert [(role.project.name, role.after) for role in told.roles] == [("churn", "Editor")]
    assert [change.gained for change in told.policies] == [("Data",), ("Developer", "IT Admin")]
    assert [(change.before, change.after) for change in told.accounts] == [("disabled", "enabled")]
