"""A kind that the platform deletes with all that is in it, whatever it is told."""

from __future__ import annotations

from typing import Any

import pytest

from igz_apply.iguazio3.kinds import KINDS as OTHERS
from igz_apply.iguazio4.kinds import KINDS
from igz_apply.model.problems import Problem
from igz_apply.model.resources import Resource
from igz_apply.planning.rail_facts import RailFacts
from igz_apply.planning.rails import refusals
from tests.builders import absent, cluster, entry, live, manifests, owned, plan_for, project

P = project("p", owner="ada")


def refused(of: Resource, contents: str | None, *, prune: bool = False, **more: Any) -> list[Problem]:
    world = cluster(live(of, contents=contents, **more))
    inventory = owned(**{"Project/p": entry(of)})
    desired = manifests() if prune else manifests(absent(of))
    plan = plan_for(desired, world, inventory, prune=prune, kinds=KINDS)
    assert [change.action.value for change in plan.writes] == ["delete"]
    limits = {("cascade", "Project"): 5}
    return list(refusals(plan, RailFacts(live=world, owned=inventory, kinds=KINDS, limits=limits)))


@pytest.mark.parametrize("prune", [False, True])
@pytest.mark.parametrize(
    ("contents", "said"),
    [("2 functions and a schedule", "in it is 2 functions and a schedule"), (None, "what is in it cannot be told")],
)
def test_one_with_something_in_it_stays(contents: str | None, said: str, prune: bool) -> None:
    (problem,) = refused(P, contents, prune=prune)
    assert problem.summary == "Not empty"
    assert problem.detail == f"Project/p would be deleted with all that is in it, and {said}."
    assert "deletion_strategy: cascading" in problem.hint


def test_an_empty_one_may_go() -> None:
    assert refused(P, "") == []


def test_one_that_is_to_go_with_all_that_is_in_it_is_bounded_by_the_limit_of_cascades() -> None:
    cascading = project("p", owner="ada", deletion_strategy="cascading")
    assert refused(cascading, "a run") == []
    world = cluster(live(cascading, contents=None))
    plan = plan_for(manifests(absent(cascading)), world, kinds=KINDS)
    (problem,) = refusals(plan, RailFacts(live=world, owned=owned(), kinds=KINDS))
    assert problem.summary == "Too many cascading deletes"


def test_one_that_is_on_its_way_out_already_is_only_waited_for() -> None:
    assert refused(P, None, is_deleting=True) == []


def test_the_rail_is_of_such_kinds_alone() -> None:
    world = cluster(P)
    plan = plan_for(manifests(absent(P)), world, kinds=OTHERS)
    summaries = [it.summary for it in refusals(plan, RailFacts(live=world, owned=owned(), kinds=OTHERS))]
    assert "Not empty" not in summaries
