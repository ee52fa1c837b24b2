"""Names of what the cluster has and nobody declares: management policies."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from igz_apply.authoring.resolve import unresolved
from igz_apply.iguazio4.kinds import KINDS
from igz_apply.model.resources import LiveState, Resource
from tests.builders import absent, cluster, group, manifests, plan_for, problems_for, resource, user

POLICIES = frozenset({"oris-system-admin", "oris-developer", "oris-viewer"})


def knowing(*items: Any, policies: frozenset[str] | None = POLICIES) -> LiveState:
    return replace(cluster(*items), looked_up={} if policies is None else {"Policy": policies})


def binding(name: str, /, **spec: Any) -> Resource:
    return resource("PolicyBinding", name, **spec)


def test_a_policy_that_the_cluster_does_not_have_is_an_unknown_reference_at_its_place() -> None:
    desired = manifests(user("ada", policies=["oris-viewer", "oris-developper"]))
    (problem,) = problems_for(desired, knowing(), kinds=KINDS)
    assert (problem.summary, problem.severity) == ("Unknown reference", "error")
    assert problem.detail == "User/ada names Policy 'oris-developper', which the cluster does not have."
    assert problem.hint == "Did you mean oris-developer?"
    assert problem.source is not None
    assert problem.source.path.endswith("spec:policies:1")


def test_where_no_name_is_near_the_hint_lists_what_there_is() -> None:
    (problem,) = problems_for(manifests(group("g", policies=["x"])), knowing(), kinds=KINDS)
    assert problem.hint == "The cluster has oris-developer, oris-system-admin, oris-viewer."
    (problem,) = problems_for(manifests(group("g", policies=["x"])), knowing(policies=frozenset()), kinds=KINDS)
    assert problem.hint == "The cluster has nothing of the sort Policy."


def test_a_name_that_is_borne_is_looked_up_too() -> None:
    desired = manifests(binding("oris-veiwer", users=["admin"]))
    (problem,) = problems_for(desired, knowing(user("admin")), kinds=KINDS)
    assert problem.source is not None
    assert (problem.hint, problem.source.path) == ("Did you mean oris-viewer?", "manifests/test.yaml:metadata:name")


def test_what_the_run_leaves_out_or_declares_absent_is_not_looked_up() -> None:
    assert problems_for(manifests(absent(user("ada", policies=["x"]))), knowing(), kinds=KINDS) == []
    desired = manifests(user("ada", policies=["x"]), user("bob"))
    assert problems_for(desired, knowing(), kinds=KINDS, only=["User/bob"]) == []


def test_where_the_caller_is_not_told_what_there_is_a_warning_says_so_once() -> None:
    desired = manifests(user("ada", policies=["b", "a"]), group("g", policies=["a"]))
    plan = plan_for(desired, knowing(policies=None), kinds=KINDS)
    (warning,) = plan.warnings
    assert warning == "this account is not told which Policy there are, so whether these exist is not known: a, b"


def test_offline_nothing_is_said_of_it() -> None:
    assert list(unresolved(manifests(user("ada", policies=["x"])), KINDS)) == []
