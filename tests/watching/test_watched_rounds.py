"""What rounds and calls come to in figures, and what is left out because nobody knows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from igz_apply.errors import InventoryLost
from igz_apply.http.watching import Attempt
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Plan
from igz_apply.model.outcomes import Job, JobWaiting, NotConverged, Outcome, Report, Status, StepEnded, StepStarted
from igz_apply.model.problems import Problem
from igz_apply.model.rounds import Cause, Ending, HeldBack, Revision, Round
from igz_apply.watching.collector import registry_of
from igz_apply.watching.pulse import LATE, QUIET
from igz_apply.watching.watch import Clocks, Watch
from igz_apply.watching.watched import Delivered, Watched
from tests.builders import cluster, group, manifests, plan_for, user
from tests.fakes import FakeClock

ADA, OPS = Address("User", "ada"), Address("Group", "ops")
PLAN = plan_for(manifests(user("ada"), group("ops")), cluster())
NONE = plan_for(manifests(group("ops", description="d")), cluster(group("ops", description="d")))
TODAY = 1_700_000_000.0


class Watching:
    """A watch on a clock that a test turns."""

    def __init__(self, **more: Any) -> None:
        self.clock = FakeClock()
        watched = Watched("prod", lambda: 600.0, **more)
        self.watch = Watch(watched, Clocks(self.clock.now, lambda: TODAY + self.clock.now()))
        self.registry: CollectorRegistry = registry_of(self.watch)

    def value(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(f"igz_apply_{name}", {"target": "prod", **labels})

    def values(self, name: str, label: str) -> Mapping[str, float]:
        """Return all samples of a metric, by one of its labels."""
        samples = [sample for family in self.registry.collect() for sample in family.samples]
        return {it.labels[label]: it.value for it in samples if it.name == f"igz_apply_{name}"}

    def round(self, ending: Ending, plan: Plan | None = None, /, **more: Any) -> None:
        """Make a round of two seconds."""
        number = (self.watch.last.number if self.watch.last is not None else 0) + 1
        self.watch.began(number, "2026-11-30T15:00:00Z")
        self.clock.time += 2.0
        more = {"next_in": 600.0, **more}
        self.watch.ended(Round(number, "2026-11-30T15:00:00Z", 2.0, ending, plan=plan, **more))


def report(plan: Plan, *ends: tuple[Address, Status], **more: Any) -> Report:
    return Report(plan, tuple(Outcome(address, Action.CREATE, status) for address, status in ends), **more)


def test_before_the_first_round_nothing_of_rounds_is_known() -> None:
    it = Watching()
    for name in (
        "failures_in_a_row",
        "backoff_seconds",
        "last_round_timestamp_seconds",
        "next_round_timestamp_seconds",
    ):
        assert it.value(name) is None
    for name, label in [
        ("drift_resources", "kind"),
        ("planned_changes", "action"),
        ("last_round_ending", "ending"),
        ("revision_info", "commit"),
    ]:
        assert it.values(name, label) == {}
    assert (it.value("interval_seconds"), it.value("started_timestamp_seconds")) == (600.0, TODAY)
    assert it.value("leader") is None
    assert b"# HELP igz_apply_drift_resources " in generate_latest(it.registry)


def test_drift_is_told_by_kind_and_why_it_is_held_back() -> None:
    it = Watching()
    held = {ADA: HeldBack(Cause.MODE, "it is only told of"), OPS: HeldBack(Cause.FROZEN, "until Monday")}
    it.round(Ending.DRIFTED, PLAN, held=held)
    assert it.values("drift_resources", "kind") == {"Group": 1, "User": 1}
    assert it.value("held_back_resources", kind="User", cause="mode") == 1
    assert it.value("held_back_resources", kind="User", cause="frozen") == 0
    assert it.value("held_back_resources", kind="Group", cause="frozen") == 1
    assert it.values("planned_changes", "action") == {"create": 2, "update": 0, "delete": 0, "adopt": 0}
    assert it.values("declared_resources", "kind") == {"Group": 1, "User": 1}


def test_a_round_that_failed_does_not_look_like_one_without_drift() -> None:
    it = Watching()
    it.round(Ending.IN_SYNC, NONE)
    assert it.values("drift_resources", "kind") == {"Group": 0}
    it.clock.time += 600
    it.round(Ending.FAILED, error="git cannot be reached", failures_in_a_row=1, next_in=45.0)
    assert it.values("drift_resources", "kind") == it.values("planned_changes", "action") == {}
    assert it.values("held_back_resources", "cause") == it.values("declared_resources", "kind") == {}
    assert (it.value("last_success_timestamp_seconds"), it.value("last_round_timestamp_seconds")) == (
        TODAY + 2,
        TODAY + 604,
    )
    assert {ending for ending, is_it in it.values("last_round_ending", "ending").items() if is_it} == {"failed"}
    assert (it.value("failures_in_a_row"), it.value("backoff_seconds")) == (1, 45)
    assert it.value("next_round_timestamp_seconds") == TODAY + 649
    it.round(Ending.IN_SYNC, NONE)
    assert (it.value("failures_in_a_row"), it.value("backoff_seconds")) == (0, 0)


def test_what_was_healed_is_drift_no_more_unless_the_cluster_did_not_keep_it() -> None:
    it = Watching()
    done = report(PLAN, (ADA, Status.APPLIED), (OPS, Status.FAILED))
    it.round(Ending.PARTLY, PLAN, report=done, failures_in_a_row=1)
    assert it.values("drift_resources", "kind") == {"Group": 1, "User": 0}
    assert it.values("healed_resources_total", "kind") == {"Group": 0, "User": 1}
    assert it.value("last_success_timestamp_seconds") is None
    done = report(PLAN, (ADA, Status.APPLIED), (OPS, Status.APPLIED), not_converged=(NotConverged(ADA, ()),))
    it.round(Ending.PARTLY, PLAN, report=done)
    assert it.values("drift_resources", "kind") == {"Group": 0, "User": 1}


def test_drift_is_not_known_where_nobody_could_look_again() -> None:
    it = Watching()
    it.round(Ending.PARTLY, PLAN, report=report(PLAN, (ADA, Status.APPLIED), read_back=False))
    assert it.values("drift_resources", "kind") == {}
    assert it.values("planned_changes", "action")["create"] == 2


def test_refusals_are_counted_once_a_round_by_code() -> None:
    it = Watching()
    rail = HeldBack(Cause.RAIL, "it takes a waiver", "IGZ-616")
    it.round(Ending.DRIFTED, PLAN, held={ADA: rail, OPS: rail})
    warned = Problem("Protected", "d", severity="warning")
    own = Problem("Nobody on Fridays", "d", own_code="ORG-1")
    it.round(Ending.REFUSED, PLAN, problems=(Problem("Too many deletes", "d"), own, warned))
    it.round(Ending.INVALID, problems=(Problem("Broken YAML", "d"),))  # no rail
    assert it.values("refusals_total", "code") == {"IGZ-616": 2, "ORG-1": 1}
    assert it.values("rounds_total", "ending")["refused"] == 1


def test_a_standby_tells_what_the_process_is_and_nothing_of_what_it_found_when_it_led() -> None:
    it = Watching()
    it.round(Ending.DRIFTED, PLAN, revision=Revision("abc", "main"))
    assert it.value("revision_info", commit="abc", ref="main") == 1
    it.watch.standing_by("another")
    for name, label in [
        ("drift_resources", "kind"),
        ("last_round_ending", "ending"),
        ("revision_info", "commit"),
    ]:
        assert it.values(name, label) == {}
    assert (it.value("leader"), it.value("next_round_timestamp_seconds")) == (0, None)
    assert it.value("last_success_timestamp_seconds") == TODAY + 2
    it.watch.began(2, "2026-11-30T15:00:00Z")
    assert it.values("drift_resources", "kind") == {}  # what it found before is too old


def test_who_is_deposed_between_two_rounds_tells_nothing_of_what_it_found_from_then_on() -> None:
    it, is_deposed = Watching(), False
    it.watch.is_deposed = lambda: is_deposed
    it.watch.leading(Lease()).take()
    it.round(Ending.DRIFTED, PLAN, revision=Revision("abc", "main"))
    assert (it.value("leader"), it.value("failures_in_a_row")) == (1, 0)
    assert it.values("drift_resources", "kind") == {"Group": 1, "User": 1}
    is_deposed = True
    for name, label in [("drift_resources", "kind"), ("held_back_resources", "kind"), ("revision_info", "commit")]:
        assert it.values(name, label) == {}
    assert (it.value("leader"), it.value("failures_in_a_row")) == (0, None)
    assert it.value("next_round_timestamp_seconds") is None
    is_deposed = False
    assert it.value("leader") == 1


@dataclass
class Lease:
    """A leadership that says what it is told to."""

    holder: str = ""
    pause: float = 5.0
    is_lost: bool = False

    def take(self) -> str:
        if self.is_lost:
            raise InventoryLost("the store is away")
        return self.holder

    def give_back(self) -> None:
        self.holder = "given back"


def test_who_leads_is_told_as_long_as_it_can_be_told() -> None:
    it, lease = Watching(), Lease()
    watched = it.watch.leading(lease)
    seen = []
    for holder, is_lost in [("", False), ("other", False), ("other", True), ("", False)]:
        lease.holder, lease.is_lost = holder, is_lost
        if is_lost:
            with pytest.raises(InventoryLost):
                watched.take()
        else:
            assert watched.take() == holder
        seen.append(it.value("leader"))
    assert seen == [1, 0, None, 1]
    watched.give_back()
    assert (lease.holder, watched.pause) == ("given back", 5.0)


def test_phases_and_jobs_are_measured() -> None:
    it = Watching()
    watch, clock = it.watch, it.clock
    watch.began(1, "2026-11-30T15:00:00Z")
    clock.time = 7.0
    watch.event(StepStarted(0.0, "s", (ADA,), Action.CREATE))
    assert (it.value("jobs_awaited"), it.value("job_longest_wait_seconds")) == (0, None)
    watch.event(JobWaiting(0.1, "s", (ADA,), Job("j", "running")))
    watch.event(JobWaiting(0.1, "t", (OPS,), Job("k", "running")))
    clock.time = 27.0
    watch.event(JobWaiting(9.0, "s", (ADA,), Job("j", "still running")))
    assert (it.value("jobs_awaited"), it.value("job_longest_wait_seconds")) == (2, 20)
    watch.event(StepEnded(20.0, "s", ()))
    watch.event(StepEnded(20.0, "unheard of", ()))
    assert (it.value("jobs_awaited"), it.value("job_duration_seconds_sum")) == (1, 20)
    done = report(PLAN, (ADA, Status.APPLIED), (OPS, Status.TIMED_OUT))
    watch.ended(Round(1, "2026-11-30T15:00:00Z", 27.0, Ending.PARTLY, plan=PLAN, report=done))
    assert (it.value("jobs_awaited"), it.value("job_longest_wait_seconds")) == (0, None)
    assert it.value("round_phase_duration_seconds_sum", phase="plan") == 7
    assert it.value("round_phase_duration_seconds_sum", phase="apply") == 20
    assert it.value("round_duration_seconds_sum") == 27
    it.round(Ending.IN_SYNC, NONE)
    assert it.value("round_phase_duration_seconds_count", phase="plan") == 2
    assert it.value("round_phase_duration_seconds_count", phase="apply") == 1


def test_calls_are_counted_by_method_and_status_alone() -> None:
    it = Watching()
    seen = Attempt("GET", "/api/users/{id}", 200, 0.25, 1, ctx="c", server="https://secret.example")
    for attempt in (
        seen,
        replace(seen, status=503, will_retry=True),
        replace(seen, status=None, will_retry=True),
        replace(seen, method="PUT", status=9999),
        replace(seen, method="SESAME"),
    ):
        assert it.watch.calls.began(attempt.method, attempt.route) == {}
        it.watch.calls.ended(attempt)
    assert it.value("requests_total", method="GET", status="200") == 1
    assert it.value("requests_total", method="GET", status="503") == 1
    assert it.value("requests_total", method="GET", status="none") == 1
    assert it.value("requests_total", method="PUT", status="other") == 1
    assert it.value("requests_total", method="OTHER", status="200") == 1
    assert it.value("request_retries_total", method="GET") == 2
    assert it.value("request_duration_seconds_sum", method="GET") == 0.75
    assert b"secret" not in generate_latest(it.registry)


def test_notifications_are_counted_by_who_sends_them() -> None:
    it = Watching()
    assert it.values("notifications_total", "result") == {}
    it.watch.delivered = lambda: [Delivered("1", "slack", sent=7, failed=2, dropped=1)]
    assert it.values("notifications_total", "result") == {"sent": 7, "failed": 2, "dropped": 1}
    assert it.value("notifications_total", receiver="1", shape="slack", result="failed") == 2


def test_no_label_names_a_resource() -> None:
    it = Watching()
    held = {Address("User", "kanary-user"): HeldBack(Cause.RAIL, "kanary-why", "IGZ-616")}
    plan = plan_for(manifests(user("kanary-user", email="kanary-mail@example.com")), cluster())
    it.round(Ending.REFUSED, plan, held=held, problems=(Problem("Protected", "kanary"),), error="kanary-error")
    assert b"kanary" not in generate_latest(it.registry)
    assert "kanary" not in "".join((it.watch.readiness()[1], it.watch.pulse.verdict()[1]))


# Readiness


def test_it_is_ready_once_a_round_has_come_to_a_plan_and_stays_so() -> None:
    it = Watching()
    assert it.watch.readiness() == (False, "not ready: the first round has not ended yet")
    it.round(Ending.INVALID)
    assert it.watch.readiness() == (
        False,
        "not ready: no round has come as far as a plan yet, and round 1 ended as invalid; its log says why",
    )
    it.round(Ending.REFUSED, PLAN)
    it.round(Ending.FAILED)
    assert it.watch.readiness() == (True, "ready: its rounds have come as far as a plan")
    it.watch.closed()
    assert it.watch.readiness() == (False, "not ready: it ends")


def test_it_is_ready_while_another_does_its_work() -> None:
    it = Watching()
    it.watch.standing_by("other")
    assert it.watch.readiness() == (True, "ready: standing by, another replica leads")
    it = Watching()
    it.round(Ending.STANDBY)
    assert it.watch.readiness() == (True, "ready: round 1 ended as standby, as somebody else holds the inventory")


# Health


def test_a_loop_that_begins_no_round_is_stuck() -> None:
    it = Watching()
    it.round(Ending.IN_SYNC, NONE)
    it.clock.time += 600 + LATE
    assert it.watch.pulse.verdict() == (True, "ok: waiting after round 1, last heard of 12m ago")
    it.clock.time += 1
    assert it.watch.pulse.verdict() == (
        False,
        "stuck: waiting after round 1, last heard of 12m1s ago; it should not have been silent for more than 12m",
    )


def test_a_long_apply_is_healthy_while_anything_is_heard_of_it() -> None:
    it = Watching()
    it.watch.began(1, "2026-11-30T15:00:00Z")
    for _ in range(5):
        it.clock.time += QUIET
        assert it.watch.pulse.verdict()[0]
        it.watch.event(JobWaiting(0.0, "s", (ADA,), Job("j", "running")))
        it.clock.time += QUIET
        assert it.watch.pulse.verdict()[0]
        it.watch.calls.began("GET", "/api/jobs/{id}")
    it.clock.time += QUIET + 1
    assert not it.watch.pulse.verdict()[0]


def test_a_call_that_ends_late_does_not_turn_the_waiting_into_a_round() -> None:
    it = Watching()
    it.round(Ending.FAILED, next_in=3600.0)
    it.watch.calls.ended(Attempt("GET", "/api/users", 200, 0.1, 1))
    it.clock.time += 3000
    assert it.watch.pulse.verdict()[0]


def test_a_standby_is_healthy_as_long_as_it_looks_for_the_lease() -> None:
    it, lease = Watching(), Lease("other")
    it.watch.standing_by("other")
    watched = it.watch.leading(lease)
    watched.take()
    it.clock.time += lease.pause + LATE
    assert it.watch.pulse.verdict()[0]
    it.clock.time += 1
    assert not it.watch.pulse.verdict()[0]


def test_a_standby_that_hangs_as_soon_as_it_stands_by_is_stuck() -> None:
    it, lease = Watching(), Lease("other")
    it.watch.leading(lease).take()
    it.watch.standing_by("other")  # which is told of it next
    it.clock.time += lease.pause + LATE + 1
    assert not it.watch.pulse.verdict()[0]


def test_it_is_healthy_while_it_ends() -> None:
    it = Watching()
    it.round(Ending.IN_SYNC, NONE, next_in=None)
    it.watch.closed()
    it.clock.time += 1e6
    assert it.watch.pulse.verdict()[0]
