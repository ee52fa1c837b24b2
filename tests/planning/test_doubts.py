"""A value that validation doubts is known where something on the cluster has it in the same field."""

from __future__ import annotations

from dataclasses import replace

import pytest

from igz_apply.model.addresses import Address, Source
from igz_apply.model.problems import Problem
from igz_apply.model.resources import DesiredState, LiveState
from igz_apply.planning.doubts import still_doubtful
from tests.builders import cluster, group, manifests, service, user

ADA = user("ada", assigned_policies=["Data", "Emperor"], job_title="Emperor", uid=7)
DOUBT = Problem(
    "Unknown value",
    "Emperor is not among the known values.",
    severity="warning",
    source=Source("manifests/test.yaml:spec:assigned_policies:1", 1, 1),
    address=Address("User", "ada"),
)
OTHER = Problem("Look-alike names", "Alike.", severity="warning")


@pytest.mark.parametrize(
    ("world", "left"),
    [
        (cluster(group("ops", assigned_policies=["Emperor"])), (OTHER,)),
        (cluster(user("bob", assigned_policies=["Data"], job_title="Emperor")), (DOUBT, OTHER)),
        (cluster(service("s", kind="Emperor", pvc={"mounts": {"a": [{"b": "Emperor"}]}})), (DOUBT, OTHER)),
        (cluster(), (DOUBT, OTHER)),
    ],
)
def test_a_policy_that_somebody_holds_is_known(world: LiveState, left: tuple[Problem, ...]) -> None:
    assert still_doubtful((DOUBT, OTHER), manifests(ADA), world) == left


def test_a_doubt_about_what_nobody_declares_stays() -> None:
    world = cluster(group("ops", assigned_policies=["Emperor"]))
    assert still_doubtful((DOUBT,), DesiredState({}), world) == (DOUBT,)
    without = replace(DOUBT, address=None)
    assert still_doubtful((without,), manifests(ADA), world) == (without,)
    elsewhere = replace(DOUBT, source=Source("other.yaml", 1, 1))
    assert still_doubtful((elsewhere,), manifests(ADA), world) == (elsewhere,)
