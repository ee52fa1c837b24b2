"""What is kept of a target that has ended is all that reports show, and no more."""

from __future__ import annotations

from dataclasses import replace

import pytest

from igz_apply.model.addresses import Address, Source
from igz_apply.model.changes import Action, Change, Plan
from igz_apply.model.fleets import TargetStatus
from igz_apply.model.outcomes import Report, Status, Timing
from igz_apply.model.resources import Caller, LiveResource, Resource
from igz_apply.planning.digest import plan_digest
from igz_apply.planning.fleet_lean import lean
from igz_apply.planning.fleet_report import TargetResult
from igz_apply.planning.fleet_sharing import Shared
from igz_apply.planning.places import SavedPositions, stated_elsewhere
from igz_apply.wording.places import all_elsewhere_text, manifest_place
from tests.builders import cluster, live, manifests, plan_for, user
from tests.fleets import ADA, BOB, differing, report_of, result

SOURCE, DEFAULTS, PATCH = (Source(f"{name}.yaml", 2, 1) for name in ("users", "_defaults", "patch"))
LAYERS = SavedPositions(SOURCE, {("spec", "email"): DEFAULTS, ("spec", "labels", "team"): PATCH})
DESIRED = Resource(ADA, {"email": "a@x.org", "labels": {"team": "ds"}}, LAYERS, SOURCE)
SEEN = LiveResource(ADA, "1", {"email": "old"}, is_ready=False)
CHANGE = Change(
    ADA,
    Action.UPDATE,
    "differs",
    (differing("email", "a@x.org"), differing("labels", {"team": "ds"})),
    live=SEEN,
    desired=DESIRED,
)
STAYS = Change(BOB, Action.NO_CHANGE, "as declared", live=SEEN, desired=replace(DESIRED, address=BOB))
GOES = Change(Address("User", "eve"), Action.DELETE, "declared no more", live=SEEN)
PLAN = Plan((CHANGE, STAYS, GOES), Caller("e", "admin", "t", ""), fingerprints={ADA: {"email": "x"}}, digest="sha256:1")


def test_what_lives_and_the_manifests_of_what_stays_are_let_go() -> None:
    plan = lean(TargetResult("t1", TargetStatus.CHANGES, 0, PLAN)).plan
    assert plan is not None
    assert (plan.digest, plan.fingerprints, plan.counts) == ("sha256:1", {}, PLAN.counts)
    for change in plan.changes:
        assert change.live == replace(SEEN, spec={}, id="")
    changed, stays, goes = plan.changes
    assert changed.awaits
    assert changed.desired is not None
    assert changed.desired.spec == DESIRED.spec
    assert stays.desired is not None
    assert (stays.desired.spec, stays.desired.address) == ({}, BOB)
    assert goes.desired is None
    assert plan.declared == PLAN.declared


def test_where_a_difference_is_stated_is_known_still() -> None:
    plan = lean(TargetResult("t1", TargetStatus.CHANGES, 0, PLAN)).plan
    assert plan is not None
    change = plan.changes[0]
    assert manifest_place(change) == "users.yaml:2"
    assert stated_elsewhere(change.desired, ("email",)) == DEFAULTS
    for item in CHANGE.diff:
        assert all_elsewhere_text(change, item) == all_elsewhere_text(CHANGE, item) != ""


@pytest.mark.parametrize("found", [plan_for(manifests(user("ada")), cluster()), PLAN])
def test_a_report_is_about_the_same_plan_as_its_target(found: Plan) -> None:
    kept = lean(TargetResult("t1", TargetStatus.APPLIED, 0, found, Report(found, ())))
    assert kept.report is not None
    assert kept.report.plan is kept.plan


def test_what_has_no_plan_is_kept_as_it_is() -> None:
    found = result("t1", "failed")
    assert lean(found) is found


def test_all_else_of_a_plan_stays_as_it_was() -> None:
    ada = user("ada", email="ada@x.org", assigned_policies=["Data"])
    found = plan_for(manifests(ada, user("bob")), cluster(live(user("ada", email="old@x.org"))))
    plan = lean(TargetResult("t1", TargetStatus.CHANGES, 0, found)).plan
    assert plan is not None
    told = [(it.address, it.action, it.reason, it.diff, it.warnings, it.depends_on) for it in found.changes]
    assert [(it.address, it.action, it.reason, it.diff, it.warnings, it.depends_on) for it in plan.changes] == told
    assert replace(plan, changes=()) == replace(found, changes=(), fingerprints={})
    assert plan.digest == found.digest
    assert plan_digest(found).startswith("sha256:")


def test_what_equals_a_part_of_another_target_is_shared_with_it() -> None:
    shared = Shared()

    def kept(name: str, id: str) -> TargetResult:
        changes = tuple(it if it.live is None else it.but(live=replace(it.live, id=id)) for it in PLAN.changes)
        plan = replace(PLAN, changes=changes, caller=Caller(name, "admin", "t", ""))
        report = report_of(Status.APPLIED, timeline=(Timing("s", (ADA,), 0.0, 1.0),))
        return lean(TargetResult(name, TargetStatus.APPLIED, 0, plan, report, notes=("told", name)), shared)

    one, other = kept("eu", "1"), kept("us", "2")
    for result_, name in ((one, "eu"), (other, "us")):
        assert result_.plan is not None
        assert result_.report is not None
        assert (result_.plan.caller.endpoint, result_.notes) == (name, ("told", name))
        assert result_.report.timeline == ()
        assert result_.report.counts["applied"] == 1
    assert one.plan is not None
    assert other.plan is not None
    assert all(it is that for it, that in zip(one.plan.changes, other.plan.changes, strict=True))
