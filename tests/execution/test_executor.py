"""One apply, turned by one thread: order, jobs, waiting, parallelism."""

from __future__ import annotations

import pytest

from igz_apply.errors import Missing, PlaneError
from igz_apply.execution.options import ApplyOptions
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Plan
from igz_apply.model.outcomes import JobWaiting, StepEnded, StepStarted
from igz_apply.ports import Accepted, Blocked, Ended, Running, Unknown
from tests.builders import absent, cluster, group, live, manifests, owned, plan_for, project, service, user
from tests.execution.scripted import DOWN, LOST, REFUSED, Answer, Ran, run_plan, three_users
from tests.fakes import InlinePool


def one_project() -> Plan:
    return plan_for(manifests(project("churn", description="old")), cluster())


def many(count: int) -> Plan:
    return plan_for(manifests(*(project(f"p{number:03}") for number in range(count))), cluster())


def test_a_change_waits_for_what_it_depends_on_and_for_nothing_else() -> None:
    ran = run_plan(three_users(), {"create Group/ops": Accepted(job="g"), "job g": ["created", "completed"]})
    sent = [call for call in ran.writer.calls if call.startswith("create")]
    assert sent == ["create Group/ops", "create User/cleo", "create User/ada", "create User/bob"]
    assert set(ran.statuses.values()) == {"applied"}
    assert ran.pending == []


def test_the_ids_of_what_was_created_are_there_for_what_follows() -> None:
    ran = run_plan(three_users())
    assert {str(a): entry.id for a, entry in ran.store.entries.items()}["User/ada"] == "id-ada"


def test_deletes_run_in_the_reverse_order() -> None:
    here = [user("ada"), project("churn", owner="ada"), service("jup", kind="jupyter", owner="ada")]
    plan = plan_for(manifests(*map(absent, here)), cluster(*here), owned(*here))
    sent = [call for call in run_plan(plan).writer.calls if not call.startswith(("ready", "job"))]
    assert sent.index("delete User/ada") > sent.index("delete Project/churn")
    assert sent.index("delete User/ada") > sent.index("document app_services_manifests")


def test_a_job_that_is_waited_for_holds_no_call() -> None:
    script: dict[str, Answer] = {f"create Project/p{n:03}": Accepted(job=f"j{n}") for n in range(20)}
    script |= {f"job j{n}": [*["in_progress"] * 3, "completed"] for n in range(20)}
    ran = run_plan(many(20), script, options=ApplyOptions(parallelism=1))
    sends = [at for call, at in zip(ran.writer.calls, ran.writer.times, strict=True) if call.startswith("create")]
    assert len(sends) == 20
    assert max(sends) == 0.0
    assert set(ran.statuses.values()) == {"applied"}


def test_no_more_calls_are_in_flight_than_allowed() -> None:
    pool, most = InlinePool(is_held=True), 0

    def work(ran) -> None:  # type: ignore[no-untyped-def]
        def pump() -> None:
            nonlocal most
            most = max(most, pool.held)
            if pool.held:
                pool.run_next()
            ran.clock.at(ran.clock.time + 0.01, pump)

        pump()

    ran = run_plan(many(9), options=ApplyOptions(parallelism=3), pool=pool, then=work)
    assert set(ran.statuses.values()) == {"applied"}
    assert most == 4  # three calls, and the inventory's save


def test_each_event_is_told_once_and_in_order() -> None:
    script = {
        "create Project/churn": Accepted(ids={Address("Project", "churn"): "P"}, job="j", probes=True),
        "job j": ["created", "in_progress", "completed"],
        "ready create Project/churn": [False, True],
    }
    ran = run_plan(one_project(), script)
    told = [(type(event).__name__, getattr(getattr(event, "job", None), "state", "")) for event in ran.events]
    assert told == [
        ("StepStarted", ""),
        ("JobWaiting", "created"),
        ("JobWaiting", "created"),
        ("JobWaiting", "in_progress"),
        ("StepEnded", ""),
    ]
    assert [timing.job for timing in ran.execution.timeline] == ["", "j"]


def test_a_bar_of_the_timeline_begins_with_the_call_and_a_call_whose_answer_was_lost_is_none() -> None:
    script = {"create Group/ops": [LOST, Accepted(job="g")], "job g": ["in_progress", "completed"]}
    ran = run_plan(three_users(), script, options=ApplyOptions(parallelism=1))
    bars = {(each.step, each.job): (each.started, each.ended) for each in ran.execution.timeline}
    assert bars["create Group/ops", ""] == (0.5, 0.5)  # after the pause of the repetition
    assert bars["create User/cleo", ""] == (0.0, 0.0)
    begun, ended = bars["create Group/ops", "g"]
    assert begun == 0.5 < ended == bars["create User/ada", ""][0]
    assert len(ran.execution.timeline) == 5


def test_a_ten_minute_timeout_has_its_own_word_and_says_what_was_seen_last() -> None:
    script = {"create Project/churn": Accepted(job="j"), "job j": "in_progress"}
    ran = run_plan(one_project(), script, options=ApplyOptions(job_timeout=600))
    assert ran.statuses == {"Project/churn": "timed_out"}
    assert ran.detail("Project/churn") == (
        "its end was not seen within 600 s: job j is still in_progress; look again with the same command"
    )
    assert 600 <= ran.clock.time < 610
    assert ran.writer.count("job j") < 200
    assert ran.pending == ["Project/churn"]


def test_a_job_that_fails_fails_its_change_with_the_platforms_words() -> None:
    script = {
        "create Project/churn": Accepted(job="j"),
        "job j": Ended(False, "failed: node selector is not valid"),
        "failures create Project/churn": {Address("Project", "churn"): "its job j failed: node selector is not valid"},
    }
    ran = run_plan(one_project(), script)
    assert (ran.statuses, ran.detail("Project/churn")) == (
        {"Project/churn": "failed"},
        "its job j failed: node selector is not valid",
    )
    assert ran.pending == ["Project/churn"]  # the job may have made something


def test_a_job_that_vanished_is_judged_by_what_it_was_to_make() -> None:
    script = {
        "create Project/churn": Accepted(job="j"),
        "job j": ["in_progress", Unknown()],
        "ready create Project/churn": [False, False, True],
    }
    ran = run_plan(one_project(), script)
    assert ran.statuses == {"Project/churn": "applied"}
    assert ran.writer.count("ready create Project/churn") == 3


def test_a_job_of_which_there_is_nothing_to_see_yet_is_not_taken_for_one_that_vanished() -> None:
    script = {"create Project/churn": Accepted(job="j"), "job j": [Running("pending"), Running("pending"), "completed"]}
    ran = run_plan(one_project(), script)
    assert ran.statuses == {"Project/churn": "applied"}
    assert ran.writer.calls == ["create Project/churn", *["job j"] * 3]


def test_a_state_that_nobody_knows_counts_as_running() -> None:
    script = {"create Project/churn": Accepted(job="j"), "job j": ["republishing", "", "completed"]}
    assert run_plan(one_project(), script).statuses == {"Project/churn": "applied"}


@pytest.mark.parametrize("trouble", [DOWN, PlaneError("garbage"), PlaneError("who?", status=401)])
def test_a_look_that_fails_is_borne(trouble: PlaneError) -> None:
    script = {"create Project/churn": Accepted(job="j"), "job j": [trouble, trouble, trouble, "completed"]}
    assert run_plan(one_project(), script).statuses == {"Project/churn": "applied"}


def test_looks_that_are_refused_for_good_end_as_unknown() -> None:
    script = {"create Project/churn": Accepted(job="j"), "job j": PlaneError("forbidden", status=403)}
    ran = run_plan(one_project(), script)
    assert ran.statuses == {"Project/churn": "unknown"}
    assert 60 <= ran.clock.time < 90
    assert "its end cannot be seen: forbidden" in ran.detail("Project/churn")


def test_what_vanishes_while_it_is_made_has_failed() -> None:
    script = {
        "create Project/churn": Accepted(probes=True),
        "ready create Project/churn": Missing("no such project", status=404),
    }
    ran = run_plan(one_project(), script)
    assert ran.statuses == {"Project/churn": "failed"}
    assert ran.clock.time < 90


def test_a_name_that_is_being_deleted_is_waited_for() -> None:
    script = {"create Project/churn": [Blocked()] * 5 + [Accepted(job="j")]}
    ran = run_plan(one_project(), script)
    assert ran.statuses == {"Project/churn": "applied"}
    assert ran.writer.count("create Project/churn") == 6


def test_a_turn_that_never_comes_ends_as_failed_and_leaves_nothing_pending() -> None:
    ran = run_plan(one_project(), {"create Project/churn": Blocked()}, options=ApplyOptions(job_timeout=300))
    assert ran.statuses == {"Project/churn": "failed"}
    assert ran.detail("Project/churn") == "it could not be sent within 300 s: something else is in the way"
    assert 300 <= ran.clock.time < 320
    assert ran.pending == []


def test_another_modification_is_awaited_before_ours_and_takes_none_of_our_time() -> None:
    plan = plan_for(manifests(service("jup", kind="jupyter")), cluster())
    step = "document app_services_manifests"
    script = {
        step: [Blocked(job="theirs"), Blocked(job="theirs"), Accepted(job="ours")],
        "job theirs": [*["in_progress"] * 20, "completed"],
        "job ours": [*["in_progress"] * 20, "completed"],
    }
    ran = run_plan(plan, script, options=ApplyOptions(job_timeout=4.0))
    assert ran.statuses == {"AppService/jup": "applied"}
    assert ran.tracker.outcomes[Address("AppService", "jup")].job == "ours"


def test_a_job_in_the_way_that_nobody_knows_or_may_see_does_not_make_us_spin() -> None:
    plan = plan_for(manifests(service("jup", kind="jupyter")), cluster())
    step = "document app_services_manifests"
    for answer in (Unknown(), PlaneError("forbidden", status=403)):
        script = {step: [Blocked(job="theirs")] * 30 + [Accepted(job="ours")], "job theirs": answer}
        ran = run_plan(plan, script)
        assert ran.statuses == {"AppService/jup": "applied"}
        assert ran.clock.time > 2


def test_something_that_exists_and_is_not_usable_yet_is_waited_for_by_what_needs_it() -> None:
    ada = live(user("ada"), is_ready=False)
    plan = plan_for(manifests(user("ada"), project("churn", owner="ada")), cluster(ada))
    ran = run_plan(plan, {"ready await User/ada": [False, False, True]})
    assert [call for call in ran.writer.calls if not call.startswith("job")] == [
        *["ready await User/ada"] * 3,
        "create Project/churn",
    ]


def test_what_never_becomes_usable_strands_what_needs_it_and_is_told() -> None:
    ada = live(user("ada"), is_ready=False)
    plan = plan_for(manifests(user("ada"), project("churn", owner="ada")), cluster(ada))
    ran = run_plan(plan, {"ready await User/ada": False})
    assert ran.statuses == {"Project/churn": "skipped"}
    assert list(ran.tracker.unusable) == [Address("User", "ada")]
    assert "it is not usable yet" in ran.tracker.unusable[Address("User", "ada")]


def test_five_hundred_jobs_of_one_sort_cost_few_looks() -> None:
    plan = many(500)
    script: dict[str, object] = {f"create Project/p{n:03}": Accepted(job=f"j{n}") for n in range(500)}
    seen: list[float] = []

    def ended(ran: Ran) -> None:
        for n in range(500):
            ran.writer._script[f"job j{n}"].clear()
            ran.writer._script[f"job j{n}"].append(lambda: "completed" if ran.clock.time >= 2.0 else "in_progress")
        seen.append(0.0)

    script |= {f"job j{n}": "in_progress" for n in range(500)}
    ran = run_plan(plan, script, then=ended)
    looks = sum(call.startswith("job") for call in ran.writer.calls)
    assert set(ran.statuses.values()) == {"applied"}
    assert looks < 500 * 5
    assert ran.clock.time < 2.5


def test_every_change_ends_and_the_counts_add_up() -> None:
    plan = plan_for(
        manifests(
            group("ops"),
            user("ada", groups=["ops"]),
            user("bob"),
            user("cleo"),
            user("dora"),
            project("p", owner="bob"),
        ),
        cluster(),
    )
    script = {
        "create Group/ops": REFUSED,
        "create User/bob": LOST,
        "settle create User/bob": DOWN,
        "create User/dora": Accepted(job="j"),
        "job j": "failed",
    }
    ran = run_plan(plan, script)
    assert ran.statuses == {
        "Group/ops": "failed",
        "User/ada": "skipped",
        "User/bob": "unknown",
        "User/cleo": "applied",
        "User/dora": "failed",
        "Project/p": "skipped",
    }
    started = [event.step for event in ran.events if isinstance(event, StepStarted)]
    ended = [event.step for event in ran.events if isinstance(event, StepEnded)]
    assert sorted(ended) == sorted([*started, "create User/ada", "create Project/p"])
    assert ran.detail("User/ada") == "it needs create Group/ops, which did not succeed"
    assert not [event for event in ran.events if isinstance(event, JobWaiting) and event.step not in started]
