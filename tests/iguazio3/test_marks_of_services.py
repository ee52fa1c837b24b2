"""Which services are the platform's own: by kind, and by its marks on those of kinds that people run too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from igz_apply.iguazio3.decode import decoder
from igz_apply.iguazio3.kinds import KINDS
from igz_apply.planning.rail_facts import RailFacts
from igz_apply.planning.rails import refusals
from tests.builders import cluster, entry, live, manifests, owned, plan_for, service, steps

BUILT_IN = {"iguazio.com/builtin": "true"}


def is_system(labels: Mapping[str, str] | None = None, **spec: Any) -> bool:
    entry = {"spec": {"name": "s", "kind": "grafana", **spec}, "meta": {"labels": labels}}
    return decoder(KINDS["AppService"], {}, {})(entry).is_system


@pytest.mark.parametrize(
    "spec",
    [
        {"kind": "nuclio", "owner": "ada"},
        {"labels": BUILT_IN, "owner": "ada"},
        {"owner": "ada", "credentials": {"username": "sys"}},
        {"description": "Built-in grafana"},
        {"owner": "", "description": "built-in"},
    ],
)
def test_what_the_platform_has_marked_is_its_own(spec: Any) -> None:
    assert is_system(**spec)


@pytest.mark.parametrize(
    "spec",
    [
        {},  # people leave the owner out too
        {"owner": "ada", "description": "Built-in alarms of the shop"},
        {"owner": "ada", "credentials": {"username": "ada"}, "labels": {"iguazio.com/builtin": "false"}},
        {"credentials": None, "labels": {"team": "retail"}},
    ],
)
def test_what_people_run_is_theirs(spec: Any) -> None:
    assert not is_system(**spec)


def test_a_marked_service_is_warned_of_where_it_is_declared_and_is_never_pruned() -> None:
    grafana = service("grafana", kind="grafana", labels=BUILT_IN)
    lives = cluster(live(grafana, is_system=True))
    (change,) = plan_for(manifests(grafana), lives).changes
    assert change.warnings == ("belongs to the platform itself, which may rely on it as it is",)
    inventory = owned(**{"AppService/grafana": entry(grafana)})
    pruning = plan_for(manifests(), lives, inventory, prune=True)
    assert steps(pruning) == ["delete AppService/grafana"]
    facts = RailFacts(lives, inventory, KINDS, {}, is_pruning=True)
    assert "System resource" in {problem.summary for problem in refusals(pruning, facts)}
