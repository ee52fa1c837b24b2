"""How what a run sent to each target is taken back."""

from __future__ import annotations

import pytest

from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Change, Plan
from igz_apply.model.fleets import TargetStatus
from igz_apply.model.outcomes import Outcome, Report, Status
from igz_apply.model.resources import Caller
from igz_apply.planning.fleet_report import TargetResult
from igz_apply.wording.fleet_words import ways_back

OPS = Address("Group", "ops")
PLAN = Plan((Change(OPS, Action.UPDATE, "differs"),), Caller("https://x", "ada", "", ""))


def ended(status: Status, run: str = "1-2") -> Report:
    return Report(PLAN, (Outcome(OPS, Action.UPDATE, status),), run=run)


def test_the_way_back_names_the_run_and_its_target() -> None:
    result = TargetResult("prod\x1b", TargetStatus.PARTLY, 5, PLAN, ended(Status.FAILED))
    assert list(ways_back([result])) == [
        "On prod\\u001b this was run 1-2: `igz-apply undo 1-2 --target prod\\u001b --out undo.json` plans the way back."
    ]


@pytest.mark.parametrize(
    "result",
    [
        TargetResult("a", TargetStatus.FAILED, 1),
        TargetResult("a", TargetStatus.PARTLY, 5, PLAN, ended(Status.FAILED, run="")),
        TargetResult("a", TargetStatus.PARTLY, 5, PLAN, ended(Status.SKIPPED)),
        TargetResult("a", TargetStatus.APPLIED, 0, PLAN, ended(Status.APPLIED)),
    ],
)
def test_nothing_to_take_back_is_not_told(result: TargetResult) -> None:
    assert list(ways_back([result])) == []
