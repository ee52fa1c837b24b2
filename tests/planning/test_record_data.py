"""The record of a run as JSON: what is written is read again, and nothing else is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from igz_apply.errors import InvalidInput
from igz_apply.iguazio3.kinds import KINDS
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Plan
from igz_apply.model.operations import PlannedOperation
from igz_apply.model.outcomes import Outcome, Report, Status
from igz_apply.model.records import Before, Ended, Held, Left, RunFacts
from igz_apply.model.resources import Entry
from igz_apply.planning.record_data import heading_of, opening, record_of
from igz_apply.planning.recording import left_by
from tests.builders import absent, cluster, group, manifests, plan_for, project, user

RUN = "20261130-120000-00ff"
SCHEMA = json.loads((Path(__file__).parents[2] / "schemas" / "run.schema.json").read_text())
OPS, NOTES = Address("Group", "ops"), Address("AppService", "notes")
FACTS = RunFacts("apply", "ada@x (pid 1)", "ada", "https://ci", "prod", ("delete:User=2",), "c0ffee", "7ree", True)
SEEN = cluster(group("ops", description="d"), user("ada"), project("churn", owner="ada"))


def begun(facts: RunFacts = FACTS, **more: Any) -> Any:
    plan = plan_for(manifests(absent(group("ops")), group("new", description=more.pop("text", "é"))), SEEN)
    plan = Plan(plan.changes, plan.caller, digest="sha256:1", operations=(PlannedOperation("restart", NOTES),))
    changes = [
        Before(it, ("ada",), (Held(Address("Project", "churn"), ("members", "viewer", "groups")),), ("its id",))
        if it.action is Action.DELETE
        else Before(it)
        for it in plan.writes
    ]
    entries = {OPS: Entry("g-1", values={"description": "d"}, secrets={"x": "scrypt$1"}), Address("User", "b"): None}
    noted = {Address("User", "b"): Entry("u-1")}
    return plan, changes, opening(facts, plan, changes, entries, noted, began="b", tool_version="1")


def test_what_was_written_is_read_again() -> None:
    plan, changes, opened = begun()
    outcomes = [Outcome(it.address, it.action, Status.FAILED, "no room") for it in plan.writes]
    restarted = Outcome(NOTES, Action.UPDATE, Status.APPLIED, operation="restart")
    report = Report(plan, tuple(outcomes), failures=("oh",), operated=(restarted,))
    left = {Address("Group", "new"): Left("g-2", "2026", {"description": "é"}, ("ada",)), OPS: Left("g-1")}
    content = opened.closed(RUN, "e", report, left)
    jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(content))
    assert b"scrypt$1" not in content
    record = record_of(content, "here", RUN, KINDS)
    assert [(it.change.address, it.linked, it.held, it.lost) for it in record.changes] == [
        (it.change.address, it.linked, it.held, it.lost) for it in changes
    ]
    assert (record.facts, record.ended, record.exit_code, record.digest) == (FACTS, "e", 5, "sha256:1")
    assert record.entries[OPS] == Entry("g-1", values={"description": "d"})
    assert record.noted == {Address("User", "b"): Entry("u-1")}
    assert record.left == left
    assert record.operations == ("restart AppService/notes",)
    assert record.outcomes == {it.address: Ended(Status.FAILED, "no room") for it in plan.writes}
    assert record.may_have_changed(OPS)


def test_a_run_that_has_not_ended_may_have_done_all_of_it() -> None:
    _, _, opened = begun(RunFacts("destroy"))
    content = opened.content(RUN)
    jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(content))
    record = record_of(content, "here", RUN, KINDS)
    assert (record.ended, record.exit_code, record.facts.commit) == ("", None, "")
    assert record.may_have_changed(OPS)
    assert heading_of(content, "here", RUN).planned == {"create": 1, "delete": 1, "restart": 1}


def test_what_the_quick_encoder_refuses_is_written_all_the_same() -> None:
    _, _, opened = begun(text="\ud800")
    assert b"\\ud800" in opened.content(RUN)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b" ", "it is empty"),
        (b"{", "it is no JSON"),
        (b"[]", "it is not what igz-apply writes"),
        (b'{"format_version": true}', "it is not what igz-apply writes"),
        (b'{"format_version": 2}', "has format 2; this igz-apply knows formats up to 1"),
        (b'{"format_version": 1, "id": "x"}', "it says that it is of x"),
        (b'{"format_version": 1, "id": "20261130-120000-00ff"}', "it says nothing of `run`"),
        (b'{"format_version": 1, "id": "20261130-120000-00ff", "run": 1, "caller": 1, "manifests": [1]}', "it "),
    ],
)
def test_what_is_no_record_is_refused_with_words(content: bytes, why: str) -> None:
    for read in (lambda: heading_of(content, "here", RUN), lambda: record_of(content, "here", RUN, KINDS)):
        with pytest.raises(InvalidInput) as raised:
            read()
        assert why in raised.value.problems[0].detail


@pytest.mark.parametrize(
    ("key", "value"), [("began", 5), ("exit_code", "0"), ("planned", {"create": "x"}), ("counts", {"exploded": 1})]
)
def test_a_heading_that_cannot_be_shown_is_damaged(key: str, value: object) -> None:
    whole = json.loads(begun()[2].content(RUN))
    assert heading_of(json.dumps(whole).encode(), "here", RUN).id == RUN
    with pytest.raises(InvalidInput) as raised:
        heading_of(json.dumps({**whole, key: value}).encode(), "here", RUN)
    assert "it has another form" in raised.value.problems[0].detail


def test_what_was_not_read_back_is_known_by_its_entry_alone() -> None:
    plan, _, _ = begun()
    new = Address("Group", "new")
    report = Report(plan, (Outcome(new, Action.CREATE, Status.APPLIED), Outcome(OPS, Action.DELETE, Status.APPLIED)))
    assert left_by(report, {new: Entry("g-2", born="2026")}, None, KINDS) == {new: Left("g-2", "2026")}
    assert left_by(report, {}, None, KINDS) == {new: Left()}
