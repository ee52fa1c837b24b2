"""An order that nothing but a manifest states: `lifecycle.depends_on`."""

from __future__ import annotations

from dataclasses import replace

import pytest

from igz_apply.iguazio3.kinds import KINDS
from igz_apply.iguazio3.steps import steps_of
from igz_apply.iguazio4.kinds import KINDS as KINDS4
from igz_apply.iguazio4.steps import steps_of as steps_of4
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Plan
from igz_apply.model.resources import Lifecycle
from igz_apply.planning.namings import BEFORE, namings, not_known
from igz_apply.planning.ownership import applied
from igz_apply.planning.plan_document import canonical, from_data, parse, to_data
from tests.builders import (
    absent,
    cluster,
    entry,
    group,
    live,
    manifests,
    owned,
    plan_for,
    problems_for,
    project,
    service,
    steps,
    user,
)

LAB = project("lab")
CHURN = project("churn", depends_on=["Project/lab"])
FIRST = service("a", kind="x")
SECOND = service("b", kind="x", depends_on=["AppService/a"])


def needs(plan: Plan) -> dict[str, set[str]]:
    """Return the keys that each step waits for, by its own."""
    return {step.key: set(step.needs) for step in steps_of(plan, KINDS)}


# Making


def test_what_is_put_before_a_resource_is_made_before_it() -> None:
    plan = plan_for(manifests(LAB, CHURN), cluster())
    assert steps(plan) == ["create Project/lab", "create Project/churn"]
    assert needs(plan)["create Project/churn"] == {"create Project/lab"}


def test_without_it_the_two_are_made_side_by_side() -> None:
    plan = plan_for(manifests(LAB, project("churn")), cluster())
    assert steps(plan) == ["create Project/churn", "create Project/lab"]
    assert needs(plan)["create Project/lab"] == set()


def test_what_comes_after_waits_for_all_of_it_its_members_too() -> None:
    lab = project("lab", members={"viewer": {"users": ["bob"]}})
    assert needs(plan_for(manifests(user("bob"), lab, CHURN), cluster()))["create Project/churn"] == {
        "create Project/lab",
        "roles Project/lab",
    }
    plan = plan_for(manifests(group("g", users=["bob"]), group("h", depends_on=["Group/g"])), cluster(user("bob")))
    assert needs(plan)["create Group/h"] == {"create Group/g", "memberships User/bob for Group/g"}


def test_on_an_iguazio_4_too() -> None:
    lab = project("lab", members={"viewer": {"users": ["bob"]}})
    plan = plan_for(manifests(user("bob"), lab, CHURN), cluster(), kinds=KINDS4)
    found = {step.key: step.needs for step in steps_of4(plan, KINDS4)}
    assert found["create Project/churn"] >= {"create Project/lab", "role viewer of Project/lab"}


def test_what_lives_and_does_not_change_is_not_waited_for() -> None:
    plan = plan_for(manifests(LAB, CHURN), cluster(LAB), owned(LAB))
    assert needs(plan) == {"create Project/churn": set()}
    assert steps(plan_for(manifests(CHURN), cluster(LAB))) == ["create Project/churn"]  # nobody declares it


def test_what_lives_and_is_not_usable_yet_is() -> None:
    plan = plan_for(manifests(LAB, CHURN), cluster(live(LAB, is_ready=False)), owned(LAB))
    assert needs(plan)["create Project/churn"] == {"await Project/lab"}


# Going


def test_what_is_put_before_a_resource_goes_after_it() -> None:
    both = (absent(group("a")), absent(group("b", depends_on=["Group/a"])))
    plan = plan_for(manifests(*both), cluster(*both))
    assert steps(plan) == ["delete Group/b", "delete Group/a"]
    assert needs(plan)["delete Group/a"] == {"delete Group/b"}


def test_so_it_does_where_nothing_declares_them_any_more() -> None:
    both = (group("a"), group("b", depends_on=["Group/a"]))
    plan = plan_for(manifests(user("ada")), cluster(user("ada"), *both), owned(user("ada"), *both), prune=True)
    assert steps(plan) == ["delete Group/b", "delete Group/a"]


def test_orders_of_different_times_that_contradict_each_other_keep_nothing_from_going() -> None:
    ada = user("ada")
    a, b, c = (group(name, depends_on=[f"Group/{after}"]) for name, after in ("ab", "bc", "ca"))
    plan = plan_for(manifests(ada), cluster(ada, a, b, c), owned(ada, a, b, c), prune=True)
    assert steps(plan) == ["delete Group/a", "delete Group/b", "delete Group/c"]
    staying = group("b")
    plan = plan_for(manifests(ada, staying), cluster(ada, a, staying), owned(ada, a, staying), prune=True)
    assert steps(plan) == ["delete Group/a"]


def test_an_order_that_is_only_remembered_keeps_no_plan_from_being_made() -> None:
    """What is remembered says b goes after a, who goes once c has the project; and c takes the number of b."""
    a, b, c = user("a", depends_on=["User/b"]), user("b", uid=7), user("c", uid=7)
    was, is_now = project("p", owner="a"), project("p", owner="c")
    plan = plan_for(manifests(c, is_now), cluster(a, b, was), owned(a, b, was), prune=True)
    assert steps(plan) == ["delete User/b", "create User/c", "update Project/p", "delete User/a"]
    plan = plan_for(manifests(c, is_now), cluster(a, was), owned(a, was), prune=True)
    assert steps(plan) == ["create User/c", "update Project/p", "delete User/a"]


def test_nor_from_putting_one_in_the_place_of_another() -> None:
    """What is remembered says x goes after b, who goes once c is in g; and g takes the number of x."""
    x, b = group("x", gid=7), user("b", depends_on=["Group/x"])
    g, c = group("g", gid=7, users=["c"]), user("c")
    c = replace(c, lifecycle=Lifecycle(renamed_from="b"))
    plan = plan_for(manifests(g, c), cluster(x, b), owned(x, b), prune=True)
    assert steps(plan) == ["delete Group/x", "create Group/g", "create User/c", "delete User/b"]


def test_of_remembered_orders_only_what_closes_a_circle_is_let_go() -> None:
    """The last of these names closes it; that of two which nothing else ties stays."""
    ada, d, e = user("ada"), group("d"), group("e", depends_on=["Group/d"])
    a, b = group("a", depends_on=["Group/b"]), group("b", depends_on=["Group/a"])
    plan = plan_for(manifests(ada), cluster(ada, a, b, d, e), owned(ada, a, b, d, e), prune=True)
    assert steps(plan) == ["delete Group/a", "delete Group/b", "delete Group/e", "delete Group/d"]


def test_what_does_not_go_is_not_waited_for() -> None:
    both = (group("a"), absent(group("b", depends_on=["Group/a"])))
    assert steps(plan_for(manifests(*both), cluster(*both), owned(*both))) == ["delete Group/b"]
    alone = absent(group("b", depends_on=["Group/b"]))  # validate refuses it; a plan is not lost over it
    assert steps(plan_for(manifests(alone), cluster(alone))) == ["delete Group/b"]


def test_the_inventory_remembers_it() -> None:
    made = plan_for(manifests(LAB, CHURN), cluster(LAB, CHURN), owned(LAB, project("churn")))
    change = next(it for it in made.changes if it.address == CHURN.address)
    assert applied(change, None, "").depends_on == (LAB.address,)


# One document


def test_entries_of_one_document_that_wait_for_each_other_are_two_writes() -> None:
    plan = plan_for(manifests(FIRST, SECOND, service("c", kind="x")), cluster())
    found = steps_of(plan, KINDS)
    assert [(step.key, [it.name for it in step.addresses]) for step in found] == [
        ("document app_services_manifests", ["a", "c"]),
        ("document app_services_manifests, write 2", ["b"]),
    ]
    assert found[1].needs == {"document app_services_manifests"}
    assert {step.lock for step in found} == {"app_services_manifests"}


def test_a_project_between_two_services_waits_for_one_and_holds_up_the_other() -> None:
    between = project("lab", depends_on=["AppService/a"])
    last = service("b", kind="x", depends_on=["Project/lab"])
    assert needs(plan_for(manifests(FIRST, between, last), cluster())) == {
        "create Project/lab": {"document app_services_manifests"},
        "document app_services_manifests": set(),
        "document app_services_manifests, write 2": {"create Project/lab"},
    }


def test_services_that_need_no_order_are_one_write_whatever_they_wait_for() -> None:
    after = service("b", kind="x", depends_on=["Project/lab"])
    assert needs(plan_for(manifests(LAB, FIRST, after), cluster()))["document app_services_manifests"] == {
        "create Project/lab"
    }


def test_services_go_one_after_the_other_too() -> None:
    both = [absent(FIRST), absent(SECOND)]
    found = steps_of(plan_for(manifests(*both), cluster(FIRST, SECOND)), KINDS)
    assert [[it.name for it in step.addresses] for step in found] == [["b"], ["a"]]


# What is wrong


def test_what_is_neither_declared_nor_live_is_an_error_at_its_line() -> None:
    (found,) = problems_for(manifests(project("churn", depends_on=["Project/lba"])), cluster(LAB))
    assert (found.summary, found.severity, found.hint) == ("Unknown reference", "error", "Did you mean Project/lab?")
    assert found.detail == "Project/churn depends on Project/lba, which is neither declared nor live."
    assert str(found.source) == "manifests/test.yaml:lifecycle:depends_on:0:1:1"


def test_so_is_what_is_declared_absent_and_what_is_left_out() -> None:
    (found,) = problems_for(manifests(absent(LAB), CHURN), cluster(LAB))
    assert "depends on Project/lab, which a manifest declares absent" in found.detail
    (found,) = problems_for(manifests(LAB, CHURN), cluster(), exclude=["Project/lab"])
    assert "depends on Project/lab, which this run leaves out" in found.detail


def test_what_the_run_leaves_out_waits_for_nothing() -> None:
    assert problems_for(manifests(project("churn", depends_on=["Project/lba"]), LAB), cluster(), only=["*/lab"]) == []


@pytest.mark.parametrize("text", ["Project/churn", "Project/*rn"])
def test_a_selection_brings_it_in(text: str) -> None:
    assert steps(plan_for(manifests(LAB, CHURN), cluster(), only=[text])) == [
        "create Project/lab",
        "create Project/churn",
    ]


def test_a_circle_is_told_at_the_line_that_closes_it() -> None:
    ada = user("ada", primary_group="ops", groups=["ops"])
    ops = group("ops", depends_on=["User/ada"])
    (found,) = problems_for(manifests(ada, ops), cluster())
    assert found.summary == "Circular dependency"
    assert found.detail == "Each of these waits for the next: Group/ops -> User/ada -> Group/ops."
    assert str(found.source) == "manifests/test.yaml:lifecycle:depends_on:0:1:1"
    assert found.hint == "Take User/ada out of `depends_on` of Group/ops."


# Where it is told


def test_refs_lists_what_is_put_after() -> None:
    found = namings(Address("Project", "lab"), manifests(LAB, CHURN), None, KINDS)
    assert [(it.by, it.how, it.field) for it in found] == [
        ("Project/lab", "itself", ""),
        ("Project/churn", BEFORE, "lifecycle.depends_on"),
    ]
    named_alone = manifests(CHURN)
    assert not_known(Address("Project", "lab"), named_alone, None, KINDS) is None
    assert namings(Address("Project", "x"), named_alone, None, KINDS) == ()


def test_a_saved_plan_keeps_it() -> None:
    plan = plan_for(manifests(FIRST, SECOND), cluster())
    again = from_data(parse(canonical(to_data(plan, tool_version="1.0"))), KINDS)
    assert [(step.key, step.needs) for step in steps_of(again, KINDS)] == [
        (step.key, step.needs) for step in steps_of(plan, KINDS)
    ]
    assert entry(SECOND).depends_on == (FIRST.address,)
