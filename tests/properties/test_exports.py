"""A cluster that is exported and planned right after is found as declared, whatever lives there."""

from __future__ import annotations

from typing import Any

from builders import Places, plan_for, steps
from hypothesis import given
from simulated import SimulatedPlane
from worlds import BASE, clusters

from igz_apply.core.addresses import Source
from igz_apply.core.changes import Action
from igz_apply.core.desired import desired_state
from igz_apply.core.export import exported
from igz_apply.core.resources import Document
from igz_apply.core.validate import validate
from igz_apply.kinds import KINDS
from igz_apply.schemas import resource_schema

SCHEMAS = {kind.name: resource_schema(kind.name) for kind in KINDS}


@given(clusters())
def test_a_plan_right_after_an_export_is_empty(resources: Any) -> None:
    live = SimulatedPlane(*BASE, *resources).live()
    place = Source("export.yaml", 1, 1)
    documents = [Document(place, found.document, Places()) for found in exported(live, KINDS)]
    plan = plan_for(desired_state(documents, KINDS), live)
    assert steps(plan) == [], plan.writes
    assert {change.action for change in plan.changes} <= {Action.ADOPT}
    assert len(plan.changes) == sum(not each.is_system for each in live.resources.values())


@given(clusters())
def test_an_export_is_valid(resources: Any) -> None:
    live = SimulatedPlane(*BASE, *resources).live()
    place = Source("export.yaml", 1, 1)
    documents = [Document(place, found.document, Places()) for found in exported(live, KINDS)]
    assert validate(documents, KINDS, SCHEMAS) == ()
