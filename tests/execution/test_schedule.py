"""Which step may start, and what a failure strands."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from igz_apply.execution.schedule import Schedule
from igz_apply.iguazio3.kinds import KINDS
from igz_apply.iguazio3.steps import steps_of
from igz_apply.model.addresses import Address
from igz_apply.model.step import Step
from tests.builders import absent, cluster, group, manifests, owned, plan_for, project, service, user

PLAN = plan_for(
    manifests(
        group("ops"),
        user("ada", groups=["ops"], primary_group="ops"),
        user("bob"),
        project("churn", owner="ada", members={"viewer": {"users": ["bob"]}}),
        project("lab", owner="bob"),
        service("a", kind="x", owner="ada"),
        service("b", kind="x", owner="bob"),
    ),
    cluster(),
)


def schedule() -> Schedule:
    return Schedule(steps_of(PLAN, KINDS))


def test_steps_start_in_plan_order_once_all_that_they_need_is_applied() -> None:
    this = schedule()
    assert [this.start_next().key, this.start_next().key] == ["create Group/ops", "create User/bob"]  # type: ignore[union-attr]
    assert this.start_next() is None
    this.applied("create User/bob")
    assert this.start_next().key == "create Project/lab"  # type: ignore[union-attr]
    assert this.start_next() is None


def test_a_failure_strands_what_needs_it_with_the_chain_of_causes() -> None:
    this = schedule()
    this.start_next()
    stranded = this.failed("create Group/ops")
    assert [(it.step.key, [str(a) for a in it.step.addresses], it.cause) for it in stranded] == [
        ("create User/ada", ["User/ada"], "create Group/ops"),
        ("create Project/churn", ["Project/churn"], "create User/ada"),
        ("roles Project/churn", ["Project/churn"], "create User/ada"),
        ("document app_services_manifests", ["AppService/a"], "create User/ada"),
    ]


def test_a_step_of_many_changes_goes_on_without_those_that_are_lost() -> None:
    this = schedule()
    this.start_next()
    this.start_next()
    this.failed("create Group/ops")
    this.applied("create User/bob")
    started = [this.start_next(), this.start_next()]
    assert [(step.key, [str(a) for a in step.addresses]) for step in started if step] == [
        ("create Project/lab", ["Project/lab"]),
        ("document app_services_manifests", ["AppService/b"]),
    ]


def test_a_step_that_loses_some_changes_strands_only_what_needs_those() -> None:
    here = [user("ada"), user("bob"), service("a", kind="x", owner="ada"), service("b", kind="x", owner="bob")]
    this = Schedule(steps_of(plan_for(manifests(*map(absent, here)), cluster(*here), owned(*here)), KINDS))
    assert this.start_next().key == "document app_services_manifests"  # type: ignore[union-attr]
    stranded = this.failed("document app_services_manifests", [Address("AppService", "a")])
    assert [it.step.key for it in stranded] == ["delete User/ada"]
    assert this.start_next().key == "delete User/bob"  # type: ignore[union-attr]


def test_two_steps_that_write_to_the_same_user_never_run_at_once() -> None:
    desired = manifests(group("ds", users=["ada"]), group("qa", users=["ada", "bob"]))
    this = Schedule(steps_of(plan_for(desired, cluster(user("ada"), user("bob"), group("ds"), group("qa"))), KINDS))
    first, beside = this.start_next(), this.start_next()
    assert first is not None
    assert beside is not None
    assert [first.key, beside.key] == ["memberships User/ada for Group/ds", "memberships User/bob for Group/qa"]
    assert this.start_next() is None
    this.applied(beside.key)
    assert (this.start_next(), this.is_finished) == (None, False)
    this.applied(first.key)
    assert this.start_next().key == "memberships User/ada for Group/qa"  # type: ignore[union-attr]


def test_abandoning_gives_back_what_has_not_started() -> None:
    this = schedule()
    first = this.start_next()
    left = this.abandon()
    assert first is not None
    assert [step.key for step in left] == [step.key for step in steps_of(PLAN, KINDS) if step.key != first.key]
    this.applied(first.key)
    assert this.start_next() is None
    assert this.is_finished


@given(st.data())
def test_every_change_ends_exactly_once_however_steps_end(data: st.DataObject) -> None:
    this = schedule()
    running: list[Step] = []
    ended: list[tuple[str, Address]] = []
    applied: set[str] = set()
    while not (this.is_finished and not running):
        while (first := this.start_next()) is not None:
            running.append(first)
            is_ready = bool(first.needs & applied) or not first.needs
            assert is_ready or first.key.startswith("document")
        step = running.pop(data.draw(st.integers(0, len(running) - 1)))
        lost = data.draw(st.lists(st.sampled_from(step.addresses), unique=True))
        ended += [(step.key, address) for address in step.addresses]
        if lost:
            stranded = this.failed(step.key, lost)
            ended += [(it.step.key, address) for it in stranded for address in it.step.addresses]
        else:
            applied.add(step.key)
            this.applied(step.key)
    assert sorted(ended) == sorted((s.key, a) for s in steps_of(PLAN, KINDS) for a in s.addresses)
