"""Names that say what a resource is inside: groups in a tree."""

from __future__ import annotations

import pytest

from igz_apply.authoring.resolve import unresolved
from igz_apply.iguazio4.kinds import KINDS
from igz_apply.model.addresses import Address
from igz_apply.model.references import parent_of
from igz_apply.planning.namings import namings
from tests.builders import absent, cluster, group, manifests, owned, plan_for, problems_for, steps, user

A, AB, ABC = group("a"), group("a/b"), group("a/b/c")


@pytest.mark.parametrize(("name", "parent"), [("a", None), ("a/b", "a"), ("a/b/c", "a/b")])
def test_a_name_says_what_it_is_inside(name: str, parent: str | None) -> None:
    assert parent_of(KINDS["Group"], name) == (Address("Group", parent) if parent else None)
    assert parent_of(KINDS["User"], name) is None


def test_parents_are_made_first_and_whoever_is_put_inside_comes_after() -> None:
    plan = plan_for(manifests(ABC, AB, A, user("ada", groups=["a/b/c"])), cluster(), kinds=KINDS)
    assert steps(plan) == ["create Group/a", "create Group/a/b", "create Group/a/b/c", "create User/ada"]


def test_children_are_deleted_first() -> None:
    world, inventory = cluster(A, AB, ABC), owned(A, AB, ABC)
    expected = ["delete Group/a/b/c", "delete Group/a/b", "delete Group/a"]
    assert steps(plan_for(manifests(), world, inventory, prune=True, kinds=KINDS)) == expected
    assert steps(plan_for(manifests(*map(absent, (A, AB, ABC))), world, kinds=KINDS)) == expected


def test_a_parent_that_is_nowhere_is_an_unknown_reference_at_the_name() -> None:
    (problem,) = problems_for(manifests(group("research/nlp")), cluster(group("reserch")), kinds=KINDS)
    assert (problem.summary, problem.severity) == ("Unknown reference", "error")
    assert problem.detail == "Group/research/nlp is inside Group/research, which is neither declared nor live."
    assert problem.hint == "Did you mean Group/reserch?"
    assert problem.source is not None
    assert problem.source.path.endswith("metadata:name")
    (problem,) = problems_for(manifests(ABC), cluster(A), kinds=KINDS)
    assert problem.hint == "Declare Group/a/b too, or correct the name."


def test_a_parent_that_lives_need_not_be_declared() -> None:
    assert steps(plan_for(manifests(AB), cluster(A), kinds=KINDS)) == ["create Group/a/b"]


def test_offline_a_parent_that_is_not_declared_is_a_warning() -> None:
    (problem,) = unresolved(manifests(AB), KINDS)
    assert problem.severity == "warning"


def test_a_group_with_something_inside_that_stays_is_not_deleted() -> None:
    (problem,) = problems_for(manifests(absent(A)), cluster(A, AB), kinds=KINDS)
    assert problem.summary == "Still in use"
    assert problem.detail == "Group/a is to be deleted, but Group/a/b is inside it, and might go with it."
    assert problem.hint.startswith("Move Group/a/b elsewhere, or delete it too.")
    (problem,) = problems_for(manifests(), cluster(A, AB), owned(A), prune=True, kinds=KINDS)
    assert problem.summary == "Still in use"
    (problem,) = problems_for(manifests(absent(A), AB), cluster(A, AB), kinds=KINDS)
    assert problem.summary == "Unknown reference"
    assert problem.detail == "Group/a/b is inside Group/a, which a manifest declares absent."


def test_to_select_a_group_brings_in_what_it_is_inside() -> None:
    plan = plan_for(manifests(A, AB, ABC), cluster(), kinds=KINDS, only=["Group/a/b"])
    assert steps(plan) == ["create Group/a", "create Group/a/b"]


def test_what_is_inside_names_it() -> None:
    found = namings(Address("Group", "a"), manifests(A, AB), cluster(A, AB), KINDS)
    assert [(it.by, it.how) for it in found] == [
        ("Group/a", "itself"),
        ("Group/a/b", "inside"),
        ("Group/a/b", "inside"),
    ]
