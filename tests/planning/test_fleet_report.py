"""The account of a run over several targets: its counts, and its one exit code."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from igz_apply.model.changes import Action
from igz_apply.model.fleets import TargetStatus
from igz_apply.model.operations import PlannedOperation
from igz_apply.model.outcomes import Status
from igz_apply.planning.fleet_report import FleetReport, TargetResult
from tests.fleets import ADA, account, plan_of, report_of, result, stopped


def test_every_status_is_counted_even_where_none_ended_so() -> None:
    counts = account("apply", ["applied", "applied", "failed", "not_started"]).counts
    assert list(counts) == [status.value for status in TargetStatus]
    assert {status: many for status, many in counts.items() if many} == {"applied": 2, "failed": 1, "not_started": 1}


def test_what_plans_do_is_counted_together_but_for_those_that_are_not_made() -> None:
    plan = plan_of(Action.UPDATE, Action.CREATE, Action.CREATE, Action.NO_CHANGE, Action.ADOPT)
    plan = replace(plan, operations=(PlannedOperation("restart", ADA),))
    results = (
        TargetResult("t1", TargetStatus.CHANGES, 0, plan),
        TargetResult("t2", TargetStatus.CHANGES, 0, plan_of(Action.DELETE)),
        TargetResult("t3", TargetStatus.REFUSED, 4, plan_of(Action.DELETE)),
        result("t4", "failed"),
    )
    totals = replace(account("plan", ["unchanged"] * 4), results=results).totals
    assert list(totals.items()) == [("create", 2), ("update", 1), ("delete", 1), ("restart", 1)]


def test_results_are_found_by_their_target_and_by_their_wave() -> None:
    report = account("apply", ["applied", "unchanged", "failed"])
    assert report.by_name["t3"].status is TargetStatus.FAILED
    assert [it.name for it in report.of_wave(report.waves[1])] == ["t2", "t3"]


def test_a_target_has_changed_where_anything_may_have_been_sent() -> None:
    assert result("t1", "applied").has_changed
    assert not result("t1", "changes").has_changed
    refused = report_of(Status.CONFLICT, Status.CANCELLED)
    assert not TargetResult("t1", TargetStatus.PARTLY, 5, report=refused).has_changed


def test_a_target_is_partly_seen_where_its_plan_cannot_tell() -> None:
    unseen: tuple[dict[str, Any], ...] = (
        {"not_visible": {ADA: "a"}},
        {"partial": {"User": "b"}},
        {"unknown": {ADA: ("gid",)}},
    )
    for more in unseen:
        assert TargetResult("t1", TargetStatus.UNCHANGED, 0, plan_of(**more)).is_partly_seen
    assert not result("t1", "unchanged").is_partly_seen
    assert not result("t1", "failed").is_partly_seen


def test_a_target_tells_its_digest_and_how_long_it_took() -> None:
    assert (result("eu", "changes").digest, result("eu", "failed").digest) == ("sha256:eu", "")
    assert replace(result("eu", "changes"), started=1.5, ended=4.0).seconds == 2.5
    assert result("eu", "not_started").seconds is None
    assert replace(result("eu", "changes"), started=1.5).seconds is None


def code(report: FleetReport) -> tuple[int, int]:
    return report.exit_code(), report.exit_code(is_detailed=True)


@pytest.mark.parametrize("command", ["plan", "drift"])
@pytest.mark.parametrize(
    ("ends", "codes"),
    [
        (["unchanged", "unchanged"], (0, 0)),
        (["changes", "unchanged"], (0, 2)),
        (["changes", "failed"], (1, 1)),
        (["failed", "refused", "changes"], (4, 4)),
        (["failed", "refused", "invalid"], (3, 3)),
        (["invalid", "interrupted", "not_started"], (130, 130)),
    ],
)
def test_what_only_looks_ends_with_the_worst_of_its_targets(
    command: str, ends: list[str], codes: tuple[int, int]
) -> None:
    assert code(account(command, ends)) == codes


@pytest.mark.parametrize(
    ("ends", "codes"),
    [
        (["applied", "unchanged"], 0),
        (["unchanged", "failed"], 1),
        (["failed", "refused", "not_started"], 4),
        (["refused", "invalid", "failed"], 3),
        (["applied", "failed"], 5),
        (["applied", "invalid", "not_started"], 5),
        (["applied", "not_started"], 5),  # as many were changed as may
        (["partly_applied"], 5),
        (["partly_applied", "interrupted"], 130),
    ],
)
def test_an_apply_ends_with_5_once_anything_was_sent_and_not_all_is_well(ends: list[str], codes: int) -> None:
    assert code(account("apply", ends)) == (codes, codes)


def test_an_apply_of_which_all_conflicted_is_partly_applied_though_nothing_was_sent() -> None:
    nothing = replace(result("t1", "partly_applied"), report=report_of(Status.CONFLICT))
    assert code(replace(account("apply", ["unchanged"]), results=(nothing,))) == (5, 5)


def test_a_run_is_interrupted_by_what_stopped_it_too() -> None:
    assert code(account("apply", ["applied"], stopped("interrupted", 1, [], []))) == (130, 130)
    assert code(account("plan", ["unchanged", "failed"], stopped("failures", 2, ["t2"], ["t3"]))) == (1, 1)
