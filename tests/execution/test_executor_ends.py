"""How an apply ends when something does not go well: lost answers, interrupts, defects, an inventory that fails."""

from __future__ import annotations

import pytest

from igz_apply.errors import AnswerLost, Conflict, InventoryLost, PlaneError
from igz_apply.execution.executor import INTERRUPT
from igz_apply.execution.options import ApplyOptions
from igz_apply.execution.running_step import SENDS
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Plan
from igz_apply.model.outcomes import Event, StepEnded
from igz_apply.ports import Accepted, Blocked, Done, Taken, Unknown
from tests.builders import absent, cluster, entry, group, live, manifests, owned, plan_for, project, service, user
from tests.execution.scripted import DOWN, GONE, LOST, REFUSED, Ran, run_plan, three_users
from tests.fakes import InlinePool, MemoryInventory

CHURN = Address("Project", "churn")
A = Address("AppService", "a")
DOCUMENT = "document app_services_manifests"


def one_project() -> Plan:
    return plan_for(manifests(project("churn")), cluster())


def one_update() -> Plan:
    return plan_for(manifests(group("ops", description="new")), cluster(group("ops", description="old")))


# Lost answers


def test_a_create_whose_answer_was_lost_and_that_happened_is_not_sent_again() -> None:
    made = Accepted(ids={CHURN: "P"}, job="j")
    ran = run_plan(one_project(), {"create Project/churn": LOST, "settle create Project/churn": made})
    assert ran.statuses == {"Project/churn": "applied"}
    assert ran.writer.calls == ["create Project/churn", "settle create Project/churn", "job j"]
    assert ran.store.entries[CHURN].id == "P"


def test_a_create_that_did_not_happen_is_sent_again_after_a_pause() -> None:
    ran = run_plan(one_project(), {"create Project/churn": [LOST, LOST, Done(ids={CHURN: "P"})]})
    assert ran.statuses == {"Project/churn": "applied"}
    sends = [at for call, at in zip(ran.writer.calls, ran.writer.times, strict=True) if call.startswith("create")]
    assert sends == [0.0, 0.5, 1.5]


def test_an_answer_that_is_always_lost_ends_as_unknown_and_stays_pending() -> None:
    ran = run_plan(one_project(), {"create Project/churn": LOST})
    assert ran.statuses == {"Project/churn": "unknown"}
    assert ran.writer.count("create Project/churn") == SENDS
    assert ran.pending == ["Project/churn"]


def test_looking_is_tried_for_a_while_when_the_cluster_is_down() -> None:
    script = {"create Project/churn": LOST, "settle create Project/churn": [DOWN] * 9 + [Done(ids={CHURN: "P"})]}
    ran = run_plan(one_project(), script)
    assert (ran.statuses, ran.writer.count("create Project/churn")) == ({"Project/churn": "applied"}, 1)


def test_a_cluster_that_stays_down_leaves_the_change_unknown() -> None:
    ran = run_plan(one_project(), {"create Project/churn": LOST, "settle create Project/churn": DOWN})
    assert ran.statuses == {"Project/churn": "unknown"}
    assert 60 <= ran.clock.time < 70
    assert ran.pending == ["Project/churn"]


def test_a_name_that_is_taken_after_a_lost_answer_is_our_own() -> None:
    taken = Conflict("Project churn exists", status=409)
    script = {"create Project/churn": [LOST, taken], "settle create Project/churn": [GONE, Done(ids={CHURN: "P"})]}
    ran = run_plan(one_project(), script)
    assert ran.statuses == {"Project/churn": "applied"}
    assert ran.writer.count("create Project/churn") == 2


def test_a_name_that_is_taken_at_the_first_try_is_somebody_elses() -> None:
    ran = run_plan(one_project(), {"create Project/churn": Conflict("Project churn exists", status=409)})
    assert ran.statuses == {"Project/churn": "failed"}
    assert ran.pending == []


def test_a_name_that_is_taken_after_a_read_that_failed_is_somebody_elses() -> None:
    taken = Conflict("Project churn exists", status=409)
    unread = PlaneError("it is down", method="GET", status=503)
    theirs = Done(ids={CHURN: "THEIRS"}, secrets={CHURN: {"password": "hash"}})
    script = {"create Project/churn": [unread, taken], "settle create Project/churn": theirs}
    ran = run_plan(one_project(), script)
    assert ran.statuses == {"Project/churn": "failed"}
    assert ran.writer.count("settle create Project/churn") == 0
    assert ran.store.entries == {}


def test_what_stands_there_after_a_lost_answer_and_is_not_as_it_was_sent_is_not_taken() -> None:
    taken = Conflict("Project churn exists", status=409)
    theirs = Taken("it is not as it was sent (description)")
    script = {"create Project/churn": [LOST, taken], "settle create Project/churn": [GONE, theirs]}
    ran = run_plan(one_project(), script)
    assert ran.statuses == {"Project/churn": "failed"}
    assert ran.detail("Project/churn") == "it is not as it was sent (description)"
    assert ran.store.entries == {}


def test_a_refused_create_leaves_what_the_inventory_knew_before() -> None:
    before = {CHURN: entry(project("churn"), prevent_destroy=True)}
    plan = plan_for(manifests(project("churn")), cluster(), owned(project("churn")))
    ran = run_plan(plan, {"create Project/churn": REFUSED}, entries=before)
    assert ran.store.saves[0][CHURN].is_pending
    assert ran.store.entries == before


def test_an_update_whose_answer_was_lost_is_sent_again() -> None:
    ran = run_plan(one_update(), {"update Group/ops": [LOST, LOST, Done()]})
    assert (ran.statuses, ran.writer.count("update Group/ops")) == ({"Group/ops": "applied"}, 3)


def test_a_refusal_after_a_lost_update_says_that_nobody_knows() -> None:
    assert run_plan(one_update(), {"update Group/ops": [LOST, REFUSED]}).statuses == {"Group/ops": "unknown"}
    assert run_plan(one_update(), {"update Group/ops": REFUSED}).statuses == {"Group/ops": "failed"}


def test_a_delete_whose_answer_was_lost_is_not_sent_again_while_it_runs() -> None:
    churn = project("churn")
    plan = plan_for(manifests(absent(churn)), cluster(churn), owned(churn))
    script = {
        "delete Project/churn": LOST,
        "settle delete Project/churn": Accepted(probes=True),
        "ready delete Project/churn": [False, True],
    }
    ran = run_plan(plan, script, entries={CHURN: entry(churn)})
    assert (ran.statuses, ran.writer.count("delete Project/churn")) == ({"Project/churn": "applied"}, 1)
    assert ran.store.entries == {}


# What one document carries for many


def three_services() -> Plan:
    return plan_for(
        manifests(user("ada"), *(service(name, kind="jupyter", owner="ada") for name in "ab"), service("c", kind="x")),
        cluster(),
    )


def test_a_job_that_fails_for_some_services_is_told_service_by_service() -> None:
    script = {
        DOCUMENT: Accepted(job="j"),
        "job j": "failed",
        f"failures {DOCUMENT}": {Address("AppService", "b"): "no image"},
    }
    ran = run_plan(three_services(), script)
    assert ran.statuses == {
        "User/ada": "applied",
        "AppService/a": "applied",
        "AppService/b": "failed",
        "AppService/c": "applied",
    }
    assert ran.detail("AppService/b") == "no image"
    assert ran.kept == ["AppService/a", "AppService/c", "User/ada"]


def two_services() -> Plan:
    return plan_for(manifests(service("a", kind="jupyter"), service("b", kind="shell")), cluster())


@pytest.mark.parametrize("then", [Blocked(why="AppService/x: spec.y moved"), LOST, REFUSED])
def test_services_whose_write_lost_its_answer_are_never_told_as_not_sent(then: object) -> None:
    ran = run_plan(two_services(), {DOCUMENT: [LOST, then]})
    assert set(ran.statuses.values()) == {"unknown"}
    assert ran.pending == ["AppService/a", "AppService/b"]


def test_services_that_others_keep_from_being_sent_are_conflicts_and_leave_nothing_pending() -> None:
    ran = run_plan(two_services(), {DOCUMENT: Blocked(why="AppService/x: spec.y moved")})
    assert set(ran.statuses.values()) == {"conflict"}
    assert "12 times right before it was sent: AppService/x: spec.y moved" in ran.detail("AppService/a")
    assert len(ran.execution.timeline) == ran.writer.count(DOCUMENT)
    assert ran.store.entries == {}


def test_a_service_that_moved_after_its_write_lost_its_answer_is_no_conflict() -> None:
    ran = run_plan(two_services(), {DOCUMENT: [LOST, Accepted(conflicts={A: "theirs"}, job="j")]})
    assert ran.statuses == {"AppService/a": "unknown", "AppService/b": "applied"}
    assert ran.detail("AppService/a") == "the answer to a write of it was lost, and then: theirs"
    assert ran.pending == ["AppService/a"]


@pytest.mark.parametrize("then", [Blocked(why="AppService/x moved"), REFUSED, LOST])
def test_a_service_that_the_lost_write_left_out_was_not_sent(then: object) -> None:
    lost = AnswerLost("no answer")
    lost.conflicts = {A: "theirs"}
    script = {DOCUMENT: [lost, lost if then is LOST else then]}
    ran = run_plan(two_services(), script)
    assert ran.statuses == {"AppService/a": "conflict", "AppService/b": "unknown"}
    assert ran.detail("AppService/a") == "theirs"
    assert ran.pending == ["AppService/b"]


def test_a_service_that_was_left_out_is_a_conflict_though_the_job_of_the_others_stalls() -> None:
    script = {DOCUMENT: Accepted(conflicts={A: "theirs"}, job="j"), "job j": "in_progress"}
    ran = run_plan(two_services(), script, options=ApplyOptions(job_timeout=10))
    assert ran.statuses == {"AppService/a": "conflict", "AppService/b": "timed_out"}
    assert ran.pending == ["AppService/b"]


def test_a_field_that_moved_after_its_update_lost_its_answer_is_no_conflict() -> None:
    ran = run_plan(one_update(), {"update Group/ops": [LOST, Done(conflicts={Address("Group", "ops"): "theirs"})]})
    assert ran.statuses == {"Group/ops": "unknown"}


def test_a_service_whose_owner_failed_does_not_strand_the_others() -> None:
    ran = run_plan(three_services(), {"create User/ada": REFUSED})
    assert ran.statuses == {
        "User/ada": "failed",
        "AppService/a": "skipped",
        "AppService/b": "skipped",
        "AppService/c": "applied",
    }
    assert ran.pending == []
    assert ran.detail("AppService/a") == "it needs create User/ada, which did not succeed"


def test_what_waits_for_one_of_many_services_is_stranded_by_that_one_alone() -> None:
    here = [user("ada"), user("bob"), *(service(f"of-{name}", kind="x", owner=name) for name in ("ada", "bob"))]
    plan = plan_for(manifests(*map(absent, here)), cluster(*here), owned(*here))
    script = {
        DOCUMENT: Accepted(job="j"),
        "job j": "failed",
        f"failures {DOCUMENT}": {Address("AppService", "of-ada"): "?"},
    }
    ran = run_plan(plan, script, entries=owned(*here).entries)
    assert ran.statuses == {
        "AppService/of-ada": "failed",
        "AppService/of-bob": "applied",
        "User/ada": "skipped",
        "User/bob": "applied",
    }


def test_a_document_job_that_vanished_is_judged_by_what_the_entries_say() -> None:
    script = {DOCUMENT: Accepted(job="j"), "job j": Unknown(), f"failures {DOCUMENT}": {}}
    assert set(run_plan(three_services(), script).statuses.values()) == {"applied"}
    script[f"failures {DOCUMENT}"] = {Address("AppService", "b"): "it is not there"}
    assert run_plan(three_services(), script).statuses["AppService/b"] == "failed"


# Failing fast, interrupts


def test_fail_fast_starts_nothing_after_the_first_failure() -> None:
    plan = plan_for(manifests(*(project(name) for name in "abcd")), cluster())
    ran = run_plan(plan, {"create Project/b": REFUSED}, options=ApplyOptions(parallelism=1, fail_fast=True))
    assert ran.statuses == {
        "Project/a": "applied",
        "Project/b": "failed",
        "Project/c": "cancelled",
        "Project/d": "cancelled",
    }
    assert (ran.kept, ran.pending) == (["Project/a"], [])


def test_an_interrupt_brings_what_is_in_flight_to_a_known_end_and_starts_nothing() -> None:
    script = {"create Group/ops": Accepted(job="j"), "job j": [*["in_progress"] * 20, "completed"]}
    ran = run_plan(three_users(), script, interrupted_at=0.2)
    assert ran.execution.is_interrupted
    assert ran.statuses == {
        "Group/ops": "applied",
        "User/ada": "cancelled",
        "User/bob": "cancelled",
        "User/cleo": "applied",
    }
    assert (ran.kept, ran.pending) == (["Group/ops", "User/cleo"], [])


def test_an_interrupt_before_the_start_sends_nothing() -> None:
    ran = run_plan(three_users(), then=lambda ran: ran.execution._inbox.put(INTERRUPT))
    assert set(ran.statuses.values()) == {"cancelled"}
    assert ran.writer.calls == []
    assert ran.pending == []


def test_ctrl_c_without_a_handler_is_an_interrupt() -> None:
    def strike() -> None:
        raise KeyboardInterrupt

    def strike_twice(ran: Ran) -> None:
        for at in (0.2, 0.3):
            ran.clock.at(at, strike)

    script = {"create Group/ops": Accepted(job="j"), "job j": [*["in_progress"] * 20, "completed"]}
    ran = run_plan(three_users(), script, then=lambda ran: ran.clock.at(0.2, strike))
    assert ran.execution.is_interrupted
    assert ran.statuses["Group/ops"] == "applied"
    with pytest.raises(KeyboardInterrupt):
        run_plan(three_users(), script, then=strike_twice)


def test_what_waits_for_its_turn_is_not_sent_after_an_interrupt() -> None:
    plan = plan_for(manifests(service("jup", kind="x")), cluster())
    script = {DOCUMENT: Blocked(job="theirs"), "job theirs": "in_progress"}
    ran = run_plan(plan, script, interrupted_at=3.0)
    assert (ran.statuses, ran.writer.count(DOCUMENT)) == ({"AppService/jup": "cancelled"}, 1)
    assert ran.clock.time == 3.0
    assert ran.pending == []


def test_what_was_lost_and_did_not_happen_is_not_sent_again_after_an_interrupt() -> None:
    ran = run_plan(one_project(), {"create Project/churn": LOST}, interrupted_at=0.2)
    assert (ran.statuses, ran.writer.count("create Project/churn")) == ({"Project/churn": "cancelled"}, 1)


def test_what_may_have_happened_is_brought_to_a_known_end_even_after_an_interrupt() -> None:
    ran = run_plan(one_update(), {"update Group/ops": [LOST, Done()]}, interrupted_at=0.2)
    assert ran.statuses == {"Group/ops": "applied"}


def test_nobody_waits_for_what_is_not_usable_yet_after_an_interrupt() -> None:
    plan = plan_for(manifests(user("ada"), project("p", owner="ada")), cluster(live(user("ada"), is_ready=False)))
    ran = run_plan(plan, {"ready await User/ada": False}, interrupted_at=2.0)
    assert ran.statuses == {"Project/p": "cancelled"}
    assert ran.clock.time == 2.0


def test_a_change_that_was_half_done_says_which_half() -> None:
    declared = project("churn", members={"viewer": {"users": ["ada"]}})
    plan = plan_for(manifests(declared), cluster(user("ada")))
    ran = run_plan(plan, {"roles Project/churn": REFUSED})
    assert ran.statuses == {"Project/churn": "failed"}
    assert ran.detail("Project/churn") == "no; done before: create Project/churn"
    assert ran.pending == ["Project/churn"]


# Locks


def test_two_groups_do_not_write_one_user_at_the_same_time() -> None:
    seen = cluster(user("zoe"), group("a"), group("b"))
    plan = plan_for(manifests(group("a", users=["zoe"]), group("b", users=["zoe"])), seen)
    pool, most = InlinePool(is_held=True), []

    def work(ran) -> None:  # type: ignore[no-untyped-def]
        def pump() -> None:
            most.append(sum(key.startswith("memberships") for key in ran.execution._running))
            if pool.held:
                pool.run_next()
            ran.clock.at(ran.clock.time + 0.01, pump)

        pump()

    ran = run_plan(plan, pool=pool, then=work)
    assert set(ran.statuses.values()) == {"applied"}
    assert max(most) == 1


# The inventory


def test_the_inventory_names_what_is_pending_before_the_first_call() -> None:
    seen: list[bool] = []
    store = MemoryInventory()
    run_plan(
        one_project(),
        {"create Project/churn": lambda: (seen.append(store.entries[CHURN].is_pending), Done())[1]},
        store=store,
    )
    assert seen == [True]


def test_an_inventory_that_cannot_be_written_stops_what_has_not_started() -> None:
    plan = plan_for(manifests(*(project(name) for name in "abc")), cluster())
    ran = run_plan(plan, store=MemoryInventory(fails_at=2), options=ApplyOptions(parallelism=1))
    assert isinstance(ran.execution.store_failure, InventoryLost)
    assert list(ran.statuses.values()).count("cancelled") >= 1
    assert sorted(ran.pending + ran.kept) == ["Project/a", "Project/b", "Project/c"]


def test_changes_that_end_while_a_save_runs_share_the_next_one() -> None:
    plan = plan_for(manifests(*(project(f"p{n}") for n in range(30))), cluster())
    pool = InlinePool(is_held=True)

    def work(ran) -> None:  # type: ignore[no-untyped-def]
        def pump() -> None:
            for _ in range(pool.held):
                pool.run_next()
            ran.clock.at(ran.clock.time + 0.01, pump)

        pump()

    ran = run_plan(plan, pool=pool, then=work)
    assert len(ran.kept) == 30
    assert len(ran.store.saves) < 15


# Defects


def test_a_defect_in_a_worker_is_raised_once_all_that_runs_has_ended() -> None:
    told: list[Event] = []
    script = {
        "create Group/ops": Accepted(job="j"),
        "job j": ["in_progress", "in_progress", "completed"],
        "create User/cleo": ZeroDivisionError("ours"),
    }
    store = MemoryInventory()
    with pytest.raises(ZeroDivisionError, match="ours"):
        run_plan(three_users(), script, store=store, observe=told.append)
    ended = {
        str(outcome.address): outcome.status.value
        for event in told
        if isinstance(event, StepEnded)
        for outcome in event.outcomes
    }
    assert ended == {
        "Group/ops": "applied",
        "User/ada": "cancelled",
        "User/bob": "cancelled",
        "User/cleo": "unknown",
    }
    assert not store.entries[Address("Group", "ops")].is_pending
    assert store.entries[Address("User", "cleo")].is_pending


def test_an_observer_that_fails_does_not_take_the_state_down_with_it() -> None:
    def observe(event: Event) -> None:
        if isinstance(event, StepEnded):
            raise BrokenPipeError

    store = MemoryInventory()
    script = {f"create Project/{name}": Accepted(job=name) for name in "ab"}
    plan = plan_for(manifests(*(project(name) for name in "ab")), cluster())
    with pytest.raises(BrokenPipeError):
        run_plan(plan, script, store=store, observe=observe)
    assert [entry.is_pending for entry in store.entries.values()] == [False, False]


def test_a_change_that_was_sent_in_part_is_not_told_as_never_sent() -> None:
    """The interrupt comes while the project's job runs: its members are not written, the project itself is there."""
    plan = plan_for(manifests(project("churn", members={"editor": {"users": ["ada"]}})), cluster(user("ada")))
    made = Accepted(ids={CHURN: "P"}, job="j")
    script = {"create Project/churn": made, "job j": ["in_progress"] * 5 + ["completed"]}
    ran = run_plan(plan, script, interrupted_at=0.1)
    (outcome,) = ran.outcomes
    assert (outcome.status.value, outcome.detail) == (
        "interrupted",
        "interrupted before it was sent; done before: create Project/churn",
    )
    assert [call for call in ran.writer.calls if not call.startswith("job")] == ["create Project/churn"]
    assert ran.pending == ["Project/churn"]
    assert [each.address for event in ran.events if isinstance(event, StepEnded) for each in event.outcomes] == [CHURN]


def test_what_is_refused_after_the_interrupt_has_changed_nothing() -> None:
    plan = plan_for(manifests(project("churn", members={"editor": {"users": ["ada"]}})), cluster(user("ada")))
    script = {"create Project/churn": [LOST, REFUSED], "settle create Project/churn": None}
    ran = run_plan(plan, script, interrupted_at=0.3)  # while it waits to be sent again
    assert ran.statuses == {"Project/churn": "cancelled"}
    assert ran.pending == []
