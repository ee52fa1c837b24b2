"""What is said of a run over several targets."""

from __future__ import annotations

from dataclasses import replace

import pytest

from igz_apply.model.changes import Action, FieldDiff, Origin
from igz_apply.model.fleets import FleetPace, TargetStatus, Wave
from igz_apply.model.operations import PlannedOperation
from igz_apply.model.outcomes import NotConverged, Outcome, Status
from igz_apply.model.problems import Problem
from igz_apply.planning.fleet_report import FleetReport, FleetStop, TargetResult
from igz_apply.planning.staleness import HINT
from igz_apply.wording.fleet_words import (
    FROM_THE_FIRST_WAVE,
    counts_words,
    headline,
    name_with_status,
    next_step,
    question,
    result_hint,
    status_words,
    stop_words,
    target_words,
    targets_told,
    wave_title,
)
from tests.fleets import ADA, TOO_MANY, account, drift_of, plan_of, report_of, result, stopped

LEFT = [f"t{number}" for number in range(7, 11)]
STOP = stopped("failures", 2, ["t6"], LEFT)


def ten(command: str, *first: str, stop: FleetStop | None = None) -> FleetReport:
    """Return the account of ten targets, those that come last not started, or, where all are looked at, unchanged."""
    last = "not_started" if command == "apply" else "unchanged"
    return account(command, [*first, *[last] * (10 - len(first))], stop)


def test_a_status_is_named_as_the_command_means_it() -> None:
    assert status_words(TargetStatus.CHANGES, "plan") == "with changes"
    assert status_words(TargetStatus.CHANGES, "drift") == "drifted"
    assert status_words(TargetStatus.UNCHANGED, "drift") == "without drift"
    assert status_words(TargetStatus.UNCHANGED, "apply") == "unchanged"
    assert status_words(TargetStatus.PARTLY, "apply") == "partly applied"


def test_a_wave_is_told_by_its_number_and_as_a_canary() -> None:
    assert wave_title(Wave(1, ("t1",), is_canary=True), 11) == "wave 1 of 11 (canary)"
    assert wave_title(Wave(2, ("t1",)), 11) == "wave 2 of 11"


def test_only_what_there_is_is_counted() -> None:
    assert counts_words(ten("apply", "applied", "failed")) == "1 applied, 1 failed, 8 not started"
    assert counts_words(ten("plan", "changes")) == "9 unchanged, 1 with changes"


def test_unchanged_is_not_all_that_is_said_where_not_all_was_seen_or_compared() -> None:
    unseen = TargetResult("t1", TargetStatus.UNCHANGED, 0, plan_of(not_visible={ADA: "not shown"}))
    partial = TargetResult("t2", TargetStatus.UNCHANGED, 0, plan_of(partial={"User": "no Security Admin"}))
    first = TargetResult("t3", TargetStatus.UNCHANGED, 0, plan_of(), is_first=True)
    whole = result("t4", "unchanged")
    report = replace(account("drift", ["unchanged"] * 4), results=(unseen, partial, first, whole))
    assert counts_words(report) == (
        "1 without drift, 2 without drift as far as it can be seen, 1 with nothing to compare"
    )
    assert target_words(unseen, "drift") == "without drift as far as it can be seen"
    assert target_words(partial, "apply") == "unchanged as far as it can be seen"
    assert target_words(first, "drift") == "nothing to compare"
    assert target_words(whole, "drift") == "without drift"


@pytest.mark.parametrize(
    ("report", "said"),
    [
        (ten("plan", "changes"), "Plan: of 10 targets 9 unchanged, 1 with changes."),
        (replace(ten("drift"), seconds=75.0), "Drift: of 10 targets 10 without drift; 1m15s."),
        (account("apply", ["applied", "unchanged"]), "Applied: of 2 targets 1 unchanged, 1 applied."),
        (account("apply", ["unchanged"]), "Nothing to do: of 1 target 1 unchanged."),
        (account("apply", ["applied", "failed"]), "Not finished: of 2 targets 1 applied, 1 failed."),
        (
            ten("apply", *["applied"] * 5, "failed", stop=STOP),
            "Stopped: of 10 targets 5 applied, 1 failed, 4 not started.",
        ),
        (ten("plan", "interrupted"), "Interrupted: of 10 targets 9 unchanged, 1 interrupted."),
    ],
)
def test_a_run_is_told_in_a_sentence(report: FleetReport, said: str) -> None:
    assert headline(report) == said


MAX = FleetPace(max_failures=2)


@pytest.mark.parametrize(
    ("report", "said"),
    [
        (ten("apply"), ""),
        (
            ten("apply", *["applied"] * 5, "failed", stop=STOP),
            (
                "The run stopped after wave 2 of 3: t6 failed, and 1 failure ends it (max_failures). 4 targets were "
                "not started: t7, t8, t9, t10."
            ),
        ),
        (
            replace(
                ten("apply", "applied", "refused", "invalid"),
                pace=MAX,
                stop=stopped("failures", 2, ["t2", "t3"], LEFT[-1:]),
            ),
            (
                "The run stopped after wave 2 of 3: t2 was refused, t3 is invalid, and 2 failures end it "
                "(max_failures). 1 target was not started: t10."
            ),
        ),
        (
            ten("apply", "partly_applied", stop=stopped("canary", 1, ["t1"], LEFT * 2)),
            (
                "The run stopped after wave 1 of 3 (canary): t1 was partly applied, and a canary that does "
                "not end well ends it. 8 targets were not started: t7, t8, t9, t10, t7 and 3 more."
            ),
        ),
        (
            ten(
                "apply", "invalid", "invalid", "failed", "invalid", stop=stopped("canary", 1, ["t1", "t2", "t3", "t4"])
            ),
            (
                "The run stopped after wave 1 of 3 (canary): t1, t2 and t4 are invalid, t3 failed, and a canary that "
                "does not end well ends it."
            ),
        ),
        (
            ten("apply", *["refused"] * 7, stop=stopped("canary", 1, [f"t{number}" for number in range(1, 8)])),
            (
                "The run stopped after wave 1 of 3 (canary): t1, t2, t3, t4, t5 and 2 more were refused, and a canary "
                "that does not end well ends it."
            ),
        ),
        (
            ten("apply", "unchanged", "applied", stop=stopped("changed", 2, ["t2"], ["t6", "t7"])),
            (
                "The run stopped within wave 2 of 3: 1 target was changed, as many as one run may (max_changed). 2 "
                "targets were not started: t6, t7."
            ),
        ),
        (
            ten("apply", "applied", "applied", stop=stopped("changed", 2, ["t1", "t2"], ["t7"])),
            (
                "The run stopped after wave 2 of 3: 2 targets were changed, as many as one run may (max_changed). 1 "
                "target was not started: t7."
            ),
        ),
        (
            ten("plan", "changes", "changes", stop=stopped("changed", 2, ["t1", "t2"], ["t7"])),
            (
                "apply would stop after wave 2 of 3: 2 targets would be changed, as many as one run may (max_changed). "
                "1 target would not be started: t7."
            ),
        ),
        (
            ten("plan", "changes", "failed", "refused", stop=stopped("failures", 2, ["t2", "t3"], ["t7"])),
            (
                "apply would stop after wave 2 of 3: t2 could not be planned, t3 is refused, and 1 failure ends it "
                "(max_failures). 1 target would not be started: t7."
            ),
        ),
        (
            ten("apply", "applied", stop=stopped("interrupted", 1, [], ["t2"])),
            "The run was interrupted within wave 1 of 3 (canary). 1 target was not started: t2.",
        ),
        (
            ten("plan", stop=stopped("interrupted", 0, [], ["t9", "t10"])),
            "The run was interrupted. 2 targets were not started: t9, t10.",
        ),
        (ten("apply", stop=stopped("interrupted", 3)), "The run was interrupted within wave 3 of 3."),
    ],
)
def test_why_a_run_stopped_is_told_with_what_it_left(report: FleetReport, said: str) -> None:
    assert stop_words(report) == said


NOT_KEPT = NotConverged(ADA, (FieldDiff(("email",), "a", "b"),))


@pytest.mark.parametrize(
    ("found", "command", "said"),
    [
        (result("t1", "unchanged"), "apply", "unchanged"),
        (result("t1", "unchanged"), "drift", "without drift"),
        (result("t1", "not_started"), "apply", "not started"),
        (
            TargetResult("t1", TargetStatus.CHANGES, plan=plan_of(Action.CREATE, Action.DELETE, Action.ADOPT)),
            "plan",
            "create 1, delete 1, adopt 1",
        ),
        (
            TargetResult(
                "t1", TargetStatus.CHANGES, plan=replace(plan_of(), operations=(PlannedOperation("restart", ADA),))
            ),
            "plan",
            "restart 1",
        ),
        (
            TargetResult("t1", TargetStatus.CHANGES, drift=drift_of(Origin.CLUSTER, Origin.GIT, Origin.BOTH)),
            "drift",
            "2 resources changed by others",
        ),
        (result("t1", "applied"), "apply", "applied: create 1"),
        (TargetResult("t1", TargetStatus.APPLIED), "apply", "applied"),
        (result("t1", "partly_applied"), "apply", "partly applied: 1 of 2 changes applied, 1 failed"),
        (
            TargetResult(
                "t1",
                TargetStatus.PARTLY,
                5,
                report=report_of(
                    Status.APPLIED, not_converged=(NOT_KEPT,), read_back=False, failures=("The inventory\nis lost.",)
                ),
            ),
            "apply",
            "partly applied: 1 of 1 change applied, 1 not kept by the cluster, not read back, The inventory\\nis lost",
        ),
        (
            TargetResult("t1", TargetStatus.INTERRUPTED, 130, report=report_of(Status.APPLIED, Status.CANCELLED)),
            "apply",
            "interrupted: 1 of 2 changes applied, 1 cancelled",
        ),
        (result("t1", "interrupted"), "plan", "interrupted"),
        (
            TargetResult("t1", TargetStatus.FAILED, 1, report=report_of(Status.CANCELLED, deadline=300.0)),
            "apply",
            "failed: the deadline of 5m was reached before anything was sent",
        ),
        (result("t1", "failed"), "plan", "failed: No answer"),
        (TargetResult("t1", TargetStatus.FAILED, 1, report=report_of(Status.APPLIED), error="x"), "apply", "failed: x"),
        (result("t1", "refused"), "plan", "refused: Too many deletes [IGZ-616]"),
        (
            TargetResult(
                "t1", TargetStatus.INVALID, 3, problems=(Problem("A", "a", severity="warning"), *[TOO_MANY] * 3)
            ),
            "plan",
            "invalid: Too many deletes [IGZ-616] and 2 more",
        ),
        (
            TargetResult("t1", TargetStatus.UNCHANGED, 0, problems=(Problem("A", "a", severity="warning"),)),
            "plan",
            "unchanged",
        ),
    ],
)
def test_what_a_target_came_to_is_told_in_a_clause(found: TargetResult, command: str, said: str) -> None:
    assert target_words(found, command) == said


def test_what_to_do_about_a_target_is_told_where_it_is_known() -> None:
    assert result_hint(result("t1", "failed")) == "Look whether it runs."
    assert result_hint(result("t1", "refused")) == "Waive it by --allow delete:User=9."
    hints = (Problem("A", "a"), Problem("B", "b", "Do\tb."), Problem("C", "c", "Do c.", severity="warning"))
    assert result_hint(TargetResult("t1", TargetStatus.INVALID, 3, problems=hints)) == "Do\\tb."
    assert result_hint(result("t1", "invalid")) == ""
    assert result_hint(TargetResult("t1", TargetStatus.UNCHANGED, 0, hint="Rest.")) == ""


def test_a_target_is_named_with_what_went_wrong_there() -> None:
    assert [name_with_status(result("t1", status)) for status in ("applied", "partly_applied")] == [
        "t1",
        "t1 (partly applied)",
    ]


def test_the_question_says_what_is_done_to_how_many() -> None:
    assert question(ten("plan", "changes", "changes")) == "Create 2 on 2 of 10 targets, in 3 waves?"
    assert question(ten("plan", "unchanged", "changes")) == "Create 1 on t2?"


def overtaken(report: FleetReport) -> FleetReport:
    """Let what was refused be that manifests have moved under the run."""
    return replace(spent(report, FROM_THE_FIRST_WAVE), is_approved=False)


def spent(report: FleetReport, hint: str = HINT) -> FleetReport:
    """Let what was refused in a run of approved plans be that they were used."""
    used = Problem("Used plan", "This plan has been applied before.", hint)
    results = (replace(it, problems=(used,)) if it.status is TargetStatus.REFUSED else it for it in report.results)
    return replace(report, results=tuple(results), is_approved=True)


@pytest.mark.parametrize(
    ("report", "said"),
    [
        (account("apply", ["applied", "unchanged"]), ""),
        (ten("plan", "changes"), ""),
        (ten("plan", "changes", stop=stopped("changed", 1, ["t1"], ["t2"])), ""),
        (ten("drift", "failed"), "Mend what is said of t1; the same command again looks at all of them."),
        (ten("plan", "interrupted"), "The same command again looks at all of them."),
        (
            account("apply", ["applied", "failed", "refused"]),
            "Mend what is said of t2, t3; the same command again, or --targets t2,t3, finishes the rest.",
        ),
        (
            ten("apply", *["applied"] * 5, "failed", stop=STOP),
            (
                "Mend what is said of t6; the same command again goes on: it changes nothing where all is as declared "
                "already."
            ),
        ),
        (
            ten("apply", "applied", stop=stopped("changed", 1, ["t1"], ["t2"])),
            "The same command again goes on: it changes nothing where all is as declared already.",
        ),
        (
            replace(account("apply", ["applied", "refused"]), is_approved=True),
            ("Mend what is said of t2; what was approved is used up: plan again what is left, and have that approved."),
        ),
        (
            replace(ten("apply", "applied", stop=stopped("changed", 1, ["t1"], ["t2"])), is_approved=True),
            "What was approved is used up: plan again what is left, and have that approved.",
        ),
        (
            replace(account("apply", ["refused", "unchanged"]), is_approved=True),
            "Mend what is said of t1; the same command again, or --targets t1, finishes the rest.",
        ),
        (
            spent(account("apply", ["refused", "unchanged"])),
            "What was approved can no longer be applied: plan again, and have that approved.",
        ),
        (
            spent(account("apply", ["failed", "refused"])),
            (
                "Mend what is said of t1; what was approved can no longer be applied: plan again, and have that "
                "approved."
            ),
        ),
        (
            spent(account("apply", ["applied", "refused"])),
            "What was approved is used up: plan again what is left, and have that approved.",
        ),
        (
            overtaken(account("apply", ["applied", "refused"])),
            "The same command again goes by what is there now, from the first wave on.",
        ),
        (
            overtaken(account("apply", ["applied", "failed", "refused"])),
            "Mend what is said of t2; the same command again goes by what is there now, from the first wave on.",
        ),
        (
            replace(spent(account("apply", ["refused"])), is_approved=False),
            "Mend what is said of t1; the same command again, or --targets t1, finishes the rest.",
        ),
        (
            ten("apply", "applied", "interrupted"),
            "The same command again goes on: it changes nothing where all is as declared already.",
        ),
    ],
)
def test_what_to_do_next_is_told_unless_nothing_has_to_be_done(report: FleetReport, said: str) -> None:
    assert next_step(report) == said


def test_targets_are_told_by_the_few_that_are_none_of_them() -> None:
    report = account("plan", ["unchanged"] * 14)
    names = [f"t{number}" for number in range(1, 15)]
    assert targets_told(names, report) == "all targets"
    assert targets_told(names[1:], report) == "all targets but t1"
    assert targets_told(names[:-2], report) == "all targets but t13, t14"
    assert targets_told(names[2:-1], report) == "t3, t4, t5, t6, t7, t8, t9, t10, t11, t12, t13"


def test_an_outcome_is_counted_by_its_status_whatever_it_is_about() -> None:
    operated = (Outcome(ADA, Action.UPDATE, Status.FAILED, operation="restart"),)
    found = TargetResult("t1", TargetStatus.PARTLY, 5, report=replace(report_of(Status.APPLIED), operated=operated))
    assert target_words(found, "apply") == "partly applied: 1 of 2 changes and operations applied, 1 failed"
