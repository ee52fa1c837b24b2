"""What several targets have in common is put together, and nothing that a reader would read otherwise."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from igz_apply.model.addresses import Address, Source
from igz_apply.model.changes import (
    AccessImpact,
    Action,
    Change,
    FieldDiff,
    ForeignMember,
    Handover,
    Origin,
    Plan,
    RoleChange,
    Undo,
    Unmanaged,
)
from igz_apply.model.fleets import TargetStatus
from igz_apply.model.hidden import Hidden
from igz_apply.model.operations import PlannedOperation
from igz_apply.model.outcomes import NotConverged, Outcome, Report, Status
from igz_apply.model.problems import Problem
from igz_apply.model.resources import Caller, LiveResource, Path, Resource
from igz_apply.planning.alike import (
    access_alike,
    drifts_alike,
    faults_alike,
    notes_alike,
    plan_told,
    plans_alike,
    warnings_alike,
)
from igz_apply.planning.drift import Drift, FieldDrift
from igz_apply.planning.drift_data import drift_document
from igz_apply.planning.fleet_report import TargetResult
from igz_apply.planning.places import SavedPositions

ADA, OPS = Address("User", "ada"), Address("Group", "ops")
DIFF = FieldDiff(("description",), "Nights", "Days")
UPDATE = Change(OPS, Action.UPDATE, "differs", (DIFF,))
STILL = Change(ADA, Action.NO_CHANGE, "as declared")


def plan(name: str, *changes: Change, **more: Any) -> Plan:
    caller = Caller(f"https://{name}", name, "", "3.5.5")
    return Plan(changes or (UPDATE,), caller, digest=f"sha256:{name}", **more)


def result(name: str, of: Plan | None, status: TargetStatus = TargetStatus.CHANGES, **more: Any) -> TargetResult:
    return TargetResult(name, status, 0, of, **more)


def groups(*results: TargetResult) -> list[tuple[str, ...]]:
    return [same.targets for same in plans_alike(results)]


def live(name: str) -> LiveResource:
    return LiveResource(OPS, name, {"description": "Nights", "other": name})


def declared(line: int) -> Resource:
    source = Source("m.yaml", line, 1)
    return Resource(OPS, {}, SavedPositions(source), source)


def test_clusters_users_ids_and_what_else_lives_there_make_no_difference() -> None:
    one = plan("a", replace(UPDATE, live=live("1")), STILL, foreign={"User": 3}, fingerprints={OPS: {"x": "1"}})
    other = replace(STILL, address=Address("User", "eve"))
    two = plan("b", replace(UPDATE, live=live("2")), other, unmanaged=Unmanaged((ADA,)), follows="sha256:x")
    assert groups(result("a", one), result("b", two)) == [("a", "b")]


@pytest.mark.parametrize(
    "more",
    [
        {"access_impact": AccessImpact((RoleChange(ADA, OPS, None, "Admin", "direct"),))},
        {"warnings": ("look",)},
        {"kept": (ADA,)},
        {"tombstones": (ADA,)},
        {"doubtful": (ADA,)},
        {"forgotten": frozenset([ADA])},
        {"partial": {"User": "no policy"}},
        {"dropped": {ADA: "gone"}},
        {"not_visible": {ADA: "no policy"}},
        {"unknown": {ADA: ("email",)}},
        {"put_off": {ADA: ("restart",)}},
        {"given_up": {ADA: ("restart",)}},
        {"operations": (PlannedOperation("restart", ADA),)},
        {"undo": Undo("a run")},
    ],
)
def test_whatever_a_reader_would_read_otherwise_is_another_plan(more: dict[str, Any]) -> None:
    assert groups(result("a", plan("a")), result("b", plan("a", **more))) == [("a",), ("b",)]


@pytest.mark.parametrize(
    "other",
    [
        replace(UPDATE, diff=(replace(DIFF, after="Evenings"),)),
        replace(UPDATE, reason="another"),
        replace(UPDATE, live=live("1")),
        replace(UPDATE, desired=declared(1)),
        replace(UPDATE, handover=Handover(replaces=ADA)),
        replace(UPDATE, origin=Origin.CLUSTER),
    ],
)
def test_a_change_that_is_told_otherwise_is_another_one(other: Change) -> None:
    assert groups(result("a", plan("a")), result("b", plan("b", other))) == [("a",), ("b",)]


def test_places_in_manifests_count_and_the_rest_of_what_is_declared_does_not() -> None:
    here, there = replace(UPDATE, desired=declared(1)), replace(UPDATE, desired=declared(2))
    more = replace(declared(1), spec={"other": 1})
    results = (
        result("a", plan("a", here)),
        result("b", plan("b", there)),
        result("c", plan("c", replace(here, desired=more))),
    )
    assert groups(*results) == [("a", "c"), ("b",)]


def test_the_place_of_a_layer_counts_where_a_difference_comes_from_it() -> None:
    def layered(line: int) -> Change:
        stated: dict[Path, Source] = {("spec", "description"): Source("_defaults.yaml", line, 1)}
        source = Source("m.yaml", 1, 1)
        return replace(UPDATE, desired=Resource(OPS, {"description": "Days"}, SavedPositions(source, stated), source))

    results = (result(name, plan(name, layered(line))) for name, line in (("a", 1), ("b", 1), ("c", 2)))
    assert groups(*results) == [("a", "b"), ("c",)]


def test_what_may_be_a_secret_is_read_the_same_whatever_it_is() -> None:
    hidden = (replace(UPDATE, diff=(replace(DIFF, after=Hidden("x", value)),)) for value in ("one", "two"))
    assert groups(*(result(name, plan(name, each)) for name, each in zip("ab", hidden, strict=True))) == [("a", "b")]


def test_plans_that_say_nothing_and_targets_without_one_are_left_out() -> None:
    assert groups(result("a", plan("a", STILL)), result("b", None), result("c", plan("c", STILL, kept=(ADA,)))) == [
        ("c",)
    ]


def test_what_is_told_for_all_holds_nothing_of_one_cluster() -> None:
    of = plan("a", foreign={"User": 3}, unmanaged=Unmanaged((ADA,)), unread=("Group",))
    told = plan_told(of)
    assert (told.foreign, told.unmanaged, told.unread, told.digest) == ({}, Unmanaged(), (), "")
    assert told.changes == of.changes


def test_faults_are_alike_where_status_problems_error_and_what_ended_are() -> None:
    problem = Problem("Too many", "detail", "hint")
    of = plan("a")
    good, bad = Outcome(OPS, Action.UPDATE, Status.APPLIED), Outcome(OPS, Action.UPDATE, Status.FAILED, "no")
    lost = Report(of, (good,), (NotConverged(OPS, (DIFF,)),), run="1")
    refused, partly, failed = TargetStatus.REFUSED, TargetStatus.PARTLY, TargetStatus.FAILED
    results = [
        result("a", of, refused, problems=(problem,)),
        result("b", plan("b"), refused, problems=(problem,)),
        result("c", of, refused, problems=(replace(problem, detail="other"),)),
        result("d", of, partly, report=Report(of, (bad,), run="2")),
        result("e", of, partly, report=Report(of, (bad,), run="3", seconds=4.0)),
        result("f", of, partly, report=lost),
        result("g", None, failed, error="no answer"),
        result("h", None, failed, error="no answer", hint="wait"),
        result("i", None, TargetStatus.INTERRUPTED),
        result("j", of, TargetStatus.APPLIED, report=Report(of, (good,))),
        result("k", None, TargetStatus.NOT_STARTED),
    ]
    found = faults_alike(results)
    assert [same.targets for same in found] == [("a", "b"), ("c",), ("d", "e"), ("f",), ("g",), ("h",), ("i",)]
    assert found[0].first is results[0]


def test_drift_is_alike_where_the_same_has_drifted_and_the_same_was_not_seen() -> None:
    field = FieldDrift(replace(DIFF, origin=Origin.CLUSTER), "Days", Source("m.yaml", 1, 1))
    drift = Drift(OPS, Action.UPDATE, (field,), Origin.CLUSTER)
    hidden = plan("d", not_visible={ADA: "no policy"}, unknown={ADA: ("email",)})
    results = [
        result("a", plan("a"), drift=(drift,)),
        result("b", plan("b"), drift=(drift,)),
        result("c", None, drift=(drift,)),
        result("d", hidden),
        result("e", plan("e")),
        result("f", None),
    ]
    assert [same.targets for same in drifts_alike(results)] == [("a", "b"), ("c",), ("d",)]
    document = drift_document((drift,), hidden)
    assert document["resources"][0]["fields"][0]["applied"] == "Days"
    assert (document["unknown"], document["not_visible"]) == ({"User/ada": ["email"]}, {"User/ada": "no policy"})
    assert "unknown" not in drift_document((), plan("a"))


def test_access_by_no_manifest_is_put_together_by_who_has_it() -> None:
    eve = Unmanaged(members=(ForeignMember(ADA, OPS),))
    more = Unmanaged(members=(ForeignMember(ADA, OPS, "Admin"),))
    results = [
        result("a", plan("a", unmanaged=eve)),
        result("b", plan("b", unmanaged=replace(eve, resources=(ADA,)))),
        result("c", plan("c", unmanaged=more)),
        result("d", plan("d")),
        result("e", None),
    ]
    assert [same.targets for same in access_alike(results)] == [("a", "b"), ("c",)]


def test_warnings_and_notes_are_told_once_with_their_targets() -> None:
    warning, error = Problem("Old", "x", severity="warning"), Problem("Bad", "x")
    results = [
        result("a", None, problems=(warning, error, warning), notes=("n", "m", "n")),
        result("b", None, problems=(warning,), notes=("n",)),
    ]
    assert warnings_alike(results) == ((warning, ("a", "b")),)
    assert notes_alike(results) == (("n", ("a", "b")), ("m", ("a",)))


def test_notes_that_differ_in_the_targets_name_alone_are_one() -> None:
    notes = {name: (f"No inventory at {name}.json, nor {name}s.json",) for name in ("prod-eu", "prod-us")}
    results = [result(name, None, notes=each) for name, each in notes.items()]
    assert notes_alike(results[:1]) == ((notes["prod-eu"][0], ("prod-eu",)),)
    told = [result("eu", None, notes=("at eu.json",)), result("us", None, notes=("at us.json",))]
    assert notes_alike(told) == (("at {target}.json", ("eu", "us")),)
    assert len(notes_alike(results)) == 2  # prod-eus is no target
