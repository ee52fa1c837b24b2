"""The account of a run over several targets, as people read it."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from igz_apply.model.changes import FieldDiff, ForeignMember, Unmanaged
from igz_apply.model.fleets import TargetStatus
from igz_apply.model.hidden import Hidden
from igz_apply.planning.fleet_report import FleetReport, TargetResult
from igz_apply.views.cells import cells
from igz_apply.views.fleet_account import account_lines
from igz_apply.views.lines import render
from tests.reports.fleet_builders import (
    NAMES,
    WARNED,
    applied,
    drifted,
    failed_change,
    fifty_applied,
    fifty_planned,
    fleet,
    hostile,
    leaver,
    plan_for,
    planned,
    refused,
    usual_plan,
)
from tests.reports.reports_builders import at, change

GOLDEN = Path(__file__).parent / "golden"


def account(of: FleetReport, width: int = 100, **more: Any) -> str:
    return render(account_lines(of, width, **more), colour=False)


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("which", [fifty_applied, fifty_planned])
def test_the_account_of_fifty_targets_looks_as_it_did(which: Any, width: int) -> None:
    text, path = account(which(), width), GOLDEN / f"{which.__name__}-{width}.txt"
    if os.environ.get("IGZ_GOLDEN") == "write":
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("of", [fifty_applied(), fifty_planned(), hostile()])
def test_no_line_is_wider_than_the_terminal_and_every_target_is_named(of: FleetReport) -> None:
    for width in (60, 80, 200):
        text = account(of, width)
        assert max(map(cells, text.splitlines())) <= width
        assert "\x1b" not in text
        assert "\u202e" not in text
    if of.results[0].name in NAMES:
        assert [result.name for result in of.results if result.name not in text] == []


def test_it_says_first_where_it_stopped_then_what_failed_then_where_each_target_is_then_what_changes() -> None:
    text = account(fifty_applied())
    places = [
        text.index(words)
        for words in (
            "Stopped: of 50 targets",
            "after wave 4 of 11",
            "Mend what is said of",
            "Not as it should be (3 targets)",
            "Targets, in the order of the run",
            "─── stopped here",
            "What was to change on 14 targets alike",
        )
    ]
    assert places == sorted(places)
    assert text.count("Stopped: of 50 targets") == 2  # where much stands between, the end says it again


def test_a_short_account_says_its_verdict_once() -> None:
    text = account(fleet("plan", [planned("a", plan_for("a")), planned("b", plan_for("b"))]))
    assert text.count("Plan: of 2 targets 2 unchanged") == 1
    assert "What changes" not in text
    assert "Not as it should be" not in text


def test_what_is_the_same_on_several_targets_is_told_once() -> None:
    lost = [failed_change(name, plan_for(name, leaver()), 0.0, 1.0) for name in ("b", "c")]
    of = fleet("apply", [applied("a", usual_plan("a"), 0.0, 1.0), *lost, refused("d", usual_plan("d"), 0.0)])
    text = account(of)
    assert text.count("409: the user owns Project/forecast") == 1
    assert "✗ partly applied: b, c" in text
    assert "`igz-apply undo 20261130-1500-c --target c --out undo.json`" in text
    assert "What was to change on 2 targets alike: a, d (refused)" in text


def test_a_single_target_has_its_own_plan() -> None:
    assert "What changes on a\n" in account(fleet("plan", [planned("a", usual_plan("a"))]))


def test_plans_that_were_shown_before_a_question_are_not_shown_again() -> None:
    of = fleet("apply", [applied("a", usual_plan("a"), 0.0, 1.0)])
    assert "What was to change" in account(of)
    assert "What was to change" not in account(of, shown=of.by_name)


def test_a_plan_says_its_digest() -> None:
    of = fleet("plan", [planned("a", usual_plan("a"))], digest="sha256:abc")
    assert "Digest: sha256:abc" in account(of)
    assert "Digest" not in account(replace(of, command="apply"))


def test_drift_is_told_once_and_what_is_not_seen_too() -> None:
    hidden = replace(plan_for("c"), not_visible={at("User/eve"): "no policy shows it"})
    unseen = TargetResult("c", TargetStatus.UNCHANGED, 0, hidden)
    bare = replace(drifted("d", "Other"), plan=None)
    of = fleet("drift", [drifted("a", "Fraud"), drifted("b", "Fraud"), unseen, bare])
    text = account(of)
    assert "Drift on 2 targets alike: a, b" in text
    assert text.count("Fraud") == 1
    assert "User/eve  is not visible here: no policy shows it" in text
    assert "Drift on d\n" in text


def test_who_has_access_by_no_manifest_warnings_and_notes_are_told_once_with_their_targets() -> None:
    member = Unmanaged(
        members=tuple(ForeignMember(at(f"User/eve-{it}"), at("Project/churn"), "Admin") for it in range(12))
    )
    results = [
        replace(planned(name, replace(plan_for(name), unmanaged=member), problems=(WARNED,)), notes=("kept: x",))
        for name in ("a", "b")
    ]
    other = replace(planned("c", plan_for("c")), notes=("only here",))
    text = account(fleet("plan", [*results, other]))
    assert "Not in git, and left alone, on 2 targets alike: a, b" in text
    assert text.count("User/eve-3 is Admin of Project/churn") == 1
    assert "and 2 more" in text
    assert "Of a, b\nm.yaml:4:3: warning: Old name of a field" in text
    assert "note: kept: x (a, b)" in text
    everywhere = account(fleet("plan", results))
    assert "note: kept: x (all targets)" in everywhere


def test_nothing_of_a_secret_is_told() -> None:
    hidden = Hidden("AppService/a.env", "hunter2")
    of = plan_for("a", change("update", "AppService/a", FieldDiff(("env",), hidden, {"TOKEN": hidden})))
    text = account(fleet("plan", [planned("a", of)]))
    assert "hunter2" not in text
    assert "(hidden: may be a secret)" in text
