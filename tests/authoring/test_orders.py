"""`lifecycle.depends_on`, as far as manifests alone can tell what is wrong with it."""

from __future__ import annotations

from igz_apply.authoring.orders import unclear_orders
from igz_apply.authoring.resolve import unresolved
from igz_apply.iguazio3.kinds import KINDS
from igz_apply.model.problems import Problem
from igz_apply.model.resources import Resource
from tests.builders import absent, group, manifests, project, user


def found(*resources: Resource) -> list[Problem]:
    return list(unclear_orders(manifests(*resources), KINDS))


def test_an_order_that_can_be_kept_is_fine() -> None:
    after = project("churn", depends_on=["Project/lab", "Group/ops", "User/admin", "Project/undeclared"])
    other = project("other", depends_on=["Group/ops"])  # two ways to the same
    assert found(project("lab", depends_on=["Group/ops"]), group("ops"), after, other) == []


def test_nothing_comes_after_itself() -> None:
    (problem,) = found(project("churn", depends_on=["Group/ops", "Project/churn"]), group("ops"))
    assert (problem.summary, problem.detail) == ("Unclear order", "Project/churn is to come after itself.")
    assert problem.hint == "Take Project/churn out of `depends_on` here."
    assert str(problem.source) == "manifests/test.yaml:lifecycle:depends_on:1:1:1"


def test_not_by_way_of_others_either_and_a_circle_is_told_once() -> None:
    (problem,) = found(group("a", depends_on=["Group/b"]), group("b", depends_on=["Group/c", "Group/a"]), group("c"))
    assert problem.detail == "Each of these is to wait for the next: Group/a -> Group/b -> Group/a."


def test_what_names_others_waits_for_them_too() -> None:
    (problem,) = found(
        project("churn", owner="ada"), user("ada", groups=["ops"]), group("ops", depends_on=["Project/churn"])
    )
    assert problem.detail == (
        "Each of these is to wait for the next: Group/ops -> Project/churn -> User/ada -> Group/ops."
    )


def test_what_is_absent_waits_for_nothing_and_is_waited_for_by_nothing() -> None:
    one, other = group("a", depends_on=["Group/b"]), group("b", depends_on=["Group/a"])
    assert found(absent(one), other) == found(one, absent(other)) == found(absent(one), absent(other)) == []


def test_a_kind_that_there_is_not_is_told_with_what_was_meant() -> None:
    one, other = found(project("churn", depends_on=["Groups/ops", "Usr/ada"]), group("ops"))
    assert (one.summary, one.detail) == (
        "Unknown kind",
        "Project/churn depends on Groups/ops, and there is no kind 'Groups'.",
    )
    assert one.hint == "Did you mean Group/ops? Kinds are User, Group, Project, AppService."
    assert other.hint == "Did you mean User? Kinds are User, Group, Project, AppService."


def test_offline_what_is_not_declared_may_live_and_what_is_absent_does_not() -> None:
    desired = manifests(project("churn", depends_on=["Group/osp", "Group/gone"]), group("ops"), absent(group("gone")))
    told = list(unresolved(desired, KINDS))
    assert [(it.severity, it.detail) for it in told] == [
        ("warning", "Project/churn depends on Group/osp, which is not declared."),
        ("error", "Project/churn depends on Group/gone, which a manifest declares absent."),
    ]
    assert told[0].hint == "Did you mean Group/ops? If it lives on the cluster this is right: plan looks there."
