"""Rounds as people read them: calm where nothing is new, and all that counts where something is."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import Any

import pytest

from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action
from igz_apply.model.operations import PlannedOperation
from igz_apply.model.outcomes import Outcome, Report, Status, StepEnded, StepStarted
from igz_apply.model.problems import Problem
from igz_apply.model.rounds import Cause, Ending, HeldBack, Revision, Round
from igz_apply.views.rounds_json import RoundsJson
from igz_apply.views.rounds_text import RoundsText
from igz_apply.views.sink import Sink
from tests.views.views_builders import change, differs, plan

AT = "2026-11-30T15:00:00Z"
OPS, ADA = Address("Group", "ops"), Address("User", "ada")
PLAN = plan(
    change("update", "Group/ops", differs("description", "Nights", "Night and day")),
    change("update", "User/ada", differs("job_title", "x", "y")),
    digest="sha256:one",
)
SAME = plan(change("no_change", "Group/ops", reason=""), change("no_change", "User/ada", reason=""), digest="sha256:no")
OPERATION = PlannedOperation("restart", Address("AppService", "nuclio"))
PAUSED = HeldBack(Cause.PAUSED, "paused until 2026-12-31: a migration")
RAIL = HeldBack(Cause.RAIL, "it takes a waiver", "IGZ-404")
CALM = Round(1, AT, 1.25, Ending.IN_SYNC, Revision("c0ffee1234567"), SAME)
HEALED = Report(
    PLAN,
    (Outcome(OPS, Action.UPDATE, Status.APPLIED), Outcome(ADA, Action.UPDATE, Status.FAILED, "no", "Ask ops.")),
    failures=("the hook ended with 7",),
    run="20261130-150000-0000",
)


class Shown:
    """A text view, and what it has written."""

    def __init__(self) -> None:
        self.out, self.err = io.StringIO(), io.StringIO()
        self.view = RoundsText(Sink(self.out), Sink(self.err))

    def rounds(self, *rounds: Round) -> str:
        for each in rounds:
            self.view.began(each.number, each.began)
            self.view.ended(each)
        return self.out.getvalue()


@pytest.fixture
def shown() -> Shown:
    return Shown()


def test_a_round_where_nothing_differs_is_one_line(shown: Shown) -> None:
    dirty = replace(CALM, revision=Revision("c0ffee1234567", is_dirty=True))
    plain = replace(CALM, revision=Revision())
    assert shown.rounds(CALM, dirty, plain) == (
        "2026-11-30T15:00:00Z  in sync  commit c0ffee1234, 2 resources, 1.2s\n"
        "2026-11-30T15:00:00Z  in sync  commit c0ffee1234+, 2 resources, 1.2s\n"
        "2026-11-30T15:00:00Z  in sync  2 resources, 1.2s\n"
    )


def test_what_is_left_alone_is_shown_with_its_reason_and_once(shown: Shown) -> None:
    told = replace(CALM, ending=Ending.DRIFTED, plan=PLAN, held={OPS: PAUSED, ADA: RAIL})
    other = replace(told, held={OPS: RAIL, ADA: RAIL})
    assert shown.rounds(told, told, other) == (
        "2026-11-30T15:00:00Z  2 differences left alone  commit c0ffee1234, 2 resources, 1.2s\n"
        "  ~ update  Group/ops  (differs from the manifest)\n"
        "      description  Nights → Night and day\n"
        "      left alone: paused until 2026-12-31: a migration\n"
        "  ~ update  User/ada  (differs from the manifest)\n"
        "      job_title  x → y\n"
        "      left alone: it takes a waiver [IGZ-404]\n"
        "2026-11-30T15:00:00Z  2 differences left alone  commit c0ffee1234, 2 resources, 1.2s\n"
        "2026-11-30T15:00:00Z  2 differences left alone  commit c0ffee1234, 2 resources, 1.2s\n"
        "  ~ update  Group/ops  (differs from the manifest)\n"
        "      description  Nights → Night and day\n"
        "      left alone: it takes a waiver [IGZ-404]\n"
        "  as before: User/ada\n"
    )


def test_of_many_that_are_as_before_some_are_named_and_what_was_never_shown_is(shown: Shown) -> None:
    many = plan(*(change("create", f"Group/g{number:03}") for number in range(60)), digest="sha256:many")
    held = {it.address: PAUSED for it in many.changes}
    told = replace(CALM, ending=Ending.DRIFTED, plan=many, held=held)
    less = replace(told, held={**held, many.changes[0].address: RAIL})
    lines = shown.rounds(told, less).splitlines()
    assert sum("(not on the cluster)" in line or "Group/g" in line for line in lines) > 60
    assert sum(line.startswith("  + create  Group/g059") for line in lines) == 1
    assert "as before: Group/g001, Group/g002," in lines[-2]
    assert lines[-1].endswith("Group/g010 and 39 more")


def test_what_was_healed_is_shown_again_when_it_is_healed_again(shown: Shown) -> None:
    healed = replace(CALM, ending=Ending.HEALED, plan=PLAN, report=HEALED, held={ADA: PAUSED})
    assert shown.rounds(healed, healed).count("  ~ update  Group/ops") == 2


def test_a_loop_says_that_it_was_asked_to_end(shown: Shown) -> None:
    shown.rounds(replace(CALM, next_in=None))
    shown.view.closed()
    assert "ended" not in shown.out.getvalue()
    shown.rounds(replace(CALM, next_in=9.0))
    shown.view.closed()
    assert shown.out.getvalue().endswith("ended: asked to, after 2 rounds\n")


def test_what_was_made_is_shown_with_how_it_ended(shown: Shown) -> None:
    partly = replace(CALM, ending=Ending.PARTLY, plan=PLAN, report=HEALED, failures_in_a_row=2, next_in=60.0)
    first, *below = shown.rounds(partly).splitlines()
    assert first == (
        "2026-11-30T15:00:00Z  healed 1 of 2  commit c0ffee1234, 2 resources, 1.2s, next in 1m00s, 2 failures in a row"
    )
    assert below == [
        "  ~ update  Group/ops  (differs from the manifest)",
        "      description  Nights → Night and day",
        "      ✓ applied",
        "  ~ update  User/ada  (differs from the manifest)",
        "      job_title  x → y",
        "      ✗ update  User/ada failed: no",
        "      Next: Ask ops.",
        "    the hook ended with 7",
    ]


def test_what_was_healed_is_counted_beside_what_is_left_alone(shown: Shown) -> None:
    healed = replace(CALM, ending=Ending.HEALED, plan=PLAN, report=HEALED, held={ADA: PAUSED})
    assert shown.rounds(healed).splitlines()[0].startswith("2026-11-30T15:00:00Z  healed 1, 1 left alone  ")


def test_what_failed_is_told_once_with_when_it_is_tried_again(shown: Shown) -> None:
    failed = Round(
        1, AT, 0.1, Ending.FAILED, error="The cluster does not answer. Look.", failures_in_a_row=1, next_in=30.0
    )
    again = replace(failed, failures_in_a_row=2, next_in=60.0)
    assert shown.rounds(failed, again) == (
        "2026-11-30T15:00:00Z  failed  0.1s, next in 30s\n"
        "    The cluster does not answer. Look.\n"
        "2026-11-30T15:00:00Z  failed  0.1s, next in 1m00s, 2 failures in a row\n"
    )


def test_why_a_round_was_refused_is_told_as_problems(shown: Shown) -> None:
    refused = Round(1, AT, 0.1, Ending.REFUSED, problems=(Problem("Too many deletes", "12 of 20."),))
    assert shown.rounds(refused).splitlines()[1:] == [
        "error: Too many deletes [IGZ-616]",
        "  12 of 20.",
        "",
        "1 error.",
    ]


def test_an_inventory_that_is_held_is_told_as_one_clause(shown: Shown) -> None:
    problem = Problem("Inventory is locked", "It is held by ada.")
    held = Round(1, AT, 0.1, Ending.STANDBY, problems=(problem,), error="It is held by ada.")
    assert shown.rounds(held) == "2026-11-30T15:00:00Z  put off  0.1s\n    It is held by ada.\n"


def test_whoever_waits_says_for_whom_and_when_it_leads(shown: Shown) -> None:
    shown.view.standing_by("ada@one (pid 7)")
    text = shown.rounds(CALM, CALM)
    assert text.splitlines()[:2] == [
        "standing by: ada@one (pid 7) runs the rounds, and this replica waits",
        "2026-11-30T15:00:00Z  leading: runs the rounds from now on",
    ]
    assert text.count("leading") == 1


def test_warnings_are_shown_once_while_they_stay(shown: Shown) -> None:
    warning = Problem("Odd", "It is odd.", severity="warning")
    for _ in range(3):
        shown.view.note("The certificate is not verified.")
        shown.view.problems([warning])
        shown.rounds(CALM)
    shown.rounds(CALM)
    shown.view.note("The certificate is not verified.")
    assert shown.err.getvalue().count("note: The certificate is not verified.") == 2
    assert shown.err.getvalue().count("It is odd.") == 1


def test_a_round_that_came_to_no_plan_forgets_no_note(shown: Shown) -> None:
    for each in (CALM, Round(2, AT, 0.1, Ending.FAILED, error="No answer."), CALM):
        if each.plan is not None:
            shown.view.note("`paused` names User/adda")
        shown.rounds(each)
    assert shown.err.getvalue().count("note: ") == 1


def test_what_a_round_is_told_twice_is_shown_once(shown: Shown) -> None:
    for _ in range(2):
        shown.view.note("no inventory yet")
        shown.view.problems([Problem("Two roles", "d", severity="warning")])
    told = shown.err.getvalue()
    assert (told.count("no inventory yet"), told.count("Two roles")) == (1, 1), told


def test_of_many_differences_the_first_are_shown(shown: Shown) -> None:
    many = plan(*(change("create", f"Group/g{number:03}") for number in range(60)))
    told = shown.rounds(replace(CALM, ending=Ending.DRIFTED, plan=many))
    assert "Group/g049" in told
    assert "Group/g050" not in told
    assert told.splitlines()[-1] == "  and 10 more; `igz-apply plan` shows them all"


def test_an_operation_is_shown_with_how_it_ended(shown: Shown) -> None:
    operated = replace(PLAN, changes=(), operations=(OPERATION,))
    outcome = Outcome(OPERATION.address, Action.NO_CHANGE, Status.APPLIED, operation="restart")
    report = Report(operated, (), operated=(outcome,))
    told = shown.rounds(replace(CALM, ending=Ending.HEALED, plan=operated, report=report))
    assert "restart AppService/nuclio" in told
    assert told.splitlines()[-1] == "      ✓ applied"


def test_what_is_told_of_an_apply_is_shown_once_it_is_over_and_no_sooner(shown: Shown) -> None:
    shown.view.plan(PLAN)
    shown.view.event(StepStarted(0.0, "update User/ada", (ADA,), Action.UPDATE))
    shown.view.report(HEALED)
    shown.view.closed()
    shown.view.close(0)
    assert (shown.out.getvalue(), shown.err.getvalue()) == ("", "")
    shown.view.error("It is broken.", "Mend it.")
    assert shown.err.getvalue() == "error: It is broken.\n  Next: Mend it.\n"


def json_of(*told: Any) -> list[dict[str, Any]]:
    out, err = io.StringIO(), io.StringIO()
    view = RoundsJson(Sink(out), Sink(err), utc=lambda: AT)
    for tell in told:
        tell(view)
    assert err.getvalue() == ""
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_round_is_a_line_for_programs() -> None:
    round_ = replace(
        CALM,
        ending=Ending.PARTLY,
        plan=replace(PLAN, operations=(OPERATION,)),
        report=HEALED,
        held={ADA: RAIL},
        next_in=30.12345,
    )
    lines = json_of(lambda view: view.began(1, AT), lambda view: view.ended(round_), lambda view: view.close(0))
    assert [line["type"] for line in lines] == ["version", "round_began", "not_run", "not_run", "round", "end"]
    told = lines[4]
    assert told["differs"][-1] == {"address": "AppService/nuclio", "action": "restart"}
    assert told["held"] == [{"address": "User/ada", "cause": "rail", "why": "it takes a waiver", "code": "IGZ-404"}]
    assert told["healed"] == [{"address": "Group/ops", "action": "update", "status": "applied"}]
    assert told["unhealed"] == [{"address": "User/ada", "action": "update", "status": "failed"}]
    assert (told["run"], told["next_in"], told["failures"]) == (
        "20261130-150000-0000",
        30.123,
        ["the hook ended with 7"],
    )
    assert lines[-1] == {"type": "end", "time": AT, "rounds": 1, "exit_code": 0}


def test_what_a_round_applies_is_told_between_its_ends() -> None:
    ended = StepEnded(0.1, "update Group/ops", HEALED.outcomes[:1])
    lines = json_of(
        lambda view: view.plan(SAME),
        lambda view: view.plan(PLAN),
        lambda view: view.problems([Problem("Odd", "It is odd.", severity="warning")]),
        lambda view: view.event(ended),
        lambda view: view.standing_by("ada"),
        lambda view: view.error("It is broken."),
        lambda view: view.closed(),
    )
    assert [line["type"] for line in lines[1:]] == [
        "plan",
        "planned_change",
        "planned_change",
        "problem",
        "step_ended",
        "standing_by",
        "error",
    ]


def test_what_people_should_know_is_no_line_for_programs_and_told_once() -> None:
    out, err = io.StringIO(), io.StringIO()
    view = RoundsJson(Sink(out), Sink(err), utc=lambda: AT)
    for _ in range(2):
        view.note("No inventory yet.")
        view.note("No inventory yet.")
        view.ended(CALM)
    assert err.getvalue() == "note: No inventory yet.\n"
