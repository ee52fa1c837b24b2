"""The digest of the plans of several targets."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from igz_apply.planning.digest import DIGEST
from igz_apply.planning.fleet_digest import fleet_digest, unexpected_fleet
from igz_apply.planning.fleet_report import TargetResult
from tests.fleets import result

EU, US, DEAD = result("eu", "changes"), result("us", "unchanged"), result("dead", "failed")
KNOWN = fleet_digest((EU, US, DEAD))


def test_it_is_one_word() -> None:
    assert re.fullmatch(DIGEST, KNOWN)


OTHERS: dict[str, tuple[TargetResult, ...]] = {
    "another order": (US, EU, DEAD),
    "another target": (EU, US, replace(DEAD, name="gone")),
    "fewer targets": (EU, US),
    "another plan": (replace(EU, plan=US.plan), US, DEAD),
    "a plan where there was none": (EU, US, result("dead", "changes")),
    "another end without a plan": (EU, US, result("dead", "refused")),
}


@pytest.mark.parametrize("results", OTHERS.values(), ids=OTHERS)
def test_other_plans_have_another(results: tuple[TargetResult, ...]) -> None:
    assert fleet_digest(results) != KNOWN


def test_it_is_the_same_however_each_ended_that_has_its_plan() -> None:
    assert fleet_digest((replace(EU, status=US.status, exit_code=2, notes=("x",)), US, DEAD)) == KNOWN


def test_other_plans_than_the_approved_are_refused_with_the_digest_to_approve() -> None:
    assert not list(unexpected_fleet((EU, US, DEAD), KNOWN))
    for results, said in (((EU, US), "for 2 targets have"), ((EU,), "for 1 target have")):
        (problem,) = unexpected_fleet(results, KNOWN)
        assert problem.code == "IGZ-732"
        assert said in problem.detail
        assert problem.detail.endswith(f"what was approved has {KNOWN}.")
        assert problem.hint.endswith(f"--expect {fleet_digest(results)}")
