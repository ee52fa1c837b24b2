"""Words that a terminal and a report share."""

from __future__ import annotations

from dataclasses import replace

import pytest

from igz_apply.model.addresses import Address, Source
from igz_apply.model.changes import Action, Change, FieldDiff, MadeOf, Plan, Undo
from igz_apply.model.problems import Problem
from igz_apply.model.resources import Path
from igz_apply.planning.places import NOWHERE, SavedPositions
from igz_apply.wording.dangers import dangers, takes
from igz_apply.wording.durations import duration, spelled_duration, stated_duration
from igz_apply.wording.places import all_elsewhere_text, elsewhere_text, manifest_place, place_text
from igz_apply.wording.printable import inert, printable
from igz_apply.wording.problem_words import problem_data, titled
from igz_apply.wording.role_words import way
from igz_apply.wording.snapshot_words import snapshot_text, source_text
from tests.builders import CALLER, policy_change, role_change, user


@pytest.mark.parametrize(
    ("seconds", "short", "spelled"),
    [
        (0.04, "0.0s", "0.0 s"),
        (9.94, "9.9s", "9.9 s"),
        (9.96, "10s", "10.0 s"),
        (12.4, "12s", "12 s"),
        (59.4, "59s", "59 s"),
        (59.6, "1m00s", "60 s"),
        (185, "3m05s", "3 min 5 s"),
        (3599.6, "1h00m", "59 min 59 s"),
        (3725, "1h02m", "62 min 5 s"),
        (60000, "16h40m", "1,000 min 0 s"),
    ],
)
def test_a_length_of_time_is_short_on_a_line_and_spelled_in_a_sentence(
    seconds: float, short: str, spelled: str
) -> None:
    assert (duration(seconds), spelled_duration(seconds)) == (short, spelled)


@pytest.mark.parametrize(
    ("seconds", "stated"),
    [(0, "0s"), (0.001, "0.001s"), (90, "1m30s"), (1200, "20m"), (3600, "1h"), (5400, "1h30m"), (90061.5, "25h1m1.5s")],
)
def test_a_length_of_time_that_somebody_stated_is_told_as_they_would(seconds: float, stated: str) -> None:
    assert stated_duration(seconds) == stated


def test_what_does_not_print_is_spelled_out() -> None:
    assert printable("Größe 大") == "Größe 大"
    assert printable("a\nb\r\t\x1b[31m\u202e\U000e0041") == "a\\nb\\r\\t\\u001b[31m\\u202e\\U000e0041"


def test_a_runner_finds_no_command_in_a_log() -> None:
    assert inert("::error::x ##[group]") == ": :error: :x ## [group]"
    assert inert("a: b") == "a: b"


def test_a_problem_is_data_with_every_key() -> None:
    told = Problem("Two roles", "x", "y", source=Source("a.yaml", 3, 4), address=Address("User", "ada"))
    assert titled(told) == f"Two roles [{told.code}]"
    assert problem_data(told) == {
        "severity": "error",
        "code": told.code,
        "summary": "Two roles",
        "detail": "x",
        "hint": "y",
        "file": "a.yaml",
        "line": 3,
        "column": 4,
        "address": "User/ada",
    }
    bare = Problem("Made up", "x")
    assert titled(bare) == "Made up"
    assert [problem_data(bare)[key] for key in ("code", "hint", "file", "line", "column", "address")] == [None] * 6


def test_of_what_use_a_way_is_stands_beside_it() -> None:
    assert way(role_change("ada", "churn", None, "Viewer", "group ops")) == "group ops"
    assert way(role_change("ada", "churn", None, "Viewer", "owner", dormant=True)) == "owner (the account is disabled)"


def test_a_policy_or_a_role_that_goes_takes_something() -> None:
    assert takes(policy_change("ada", (), ("Developer",), "direct"))
    assert not takes(policy_change("ada", ("Developer",), (), "direct"))
    assert takes(role_change("ada", "churn", "Admin", None, "direct", loses=True))


def test_a_place_is_a_file_and_a_line_with_nothing_in_it_that_moves_a_cursor() -> None:
    assert place_text(Source("manifests/a\x1b.yaml", 3, 7)) == "manifests/a\\u001b.yaml:3"
    assert place_text(None) == place_text(NOWHERE) == ""


def test_a_change_names_its_manifest_and_a_value_the_other_document_that_states_it() -> None:
    own, other = Source("a.yaml", 1, 1), Source("_defaults.yaml", 4, 3)
    layers: dict[Path, Source] = {("spec", "email"): other, ("spec", "labels", "b"): Source("_defaults.yaml", 9, 3)}
    layers |= {("spec", "labels", "a"): Source("_defaults.yaml", 8, 3), ("spec", "labels", "c"): Source("x.yaml", 2, 1)}
    ada = replace(user("ada"), positions=SavedPositions(own, layers), source=own)
    change = Change(ada.address, Action.CREATE, "", desired=ada)
    assert (manifest_place(change), elsewhere_text(change, ("email",))) == ("a.yaml:1", "_defaults.yaml:4")
    assert elsewhere_text(change, ("first_name",)) == ""
    email, labels = FieldDiff(("email",), None, "x"), FieldDiff(("labels",), None, dict.fromkeys("abcd", ""))
    assert all_elsewhere_text(change, email) == "_defaults.yaml:4"
    assert all_elsewhere_text(change, labels) == "_defaults.yaml:8, x.yaml:2"
    gone = Change(ada.address, Action.DELETE, "", diff=(email,))
    assert (manifest_place(gone), all_elsewhere_text(gone, email)) == ("", "")


@pytest.mark.parametrize(
    ("age", "told"),
    [(0.4, "0 s"), (59.9, "59 s"), (60, "1 min"), (3600, "1 h"), (170_000, "47 h"), (172_800, "2 days")],
)
def test_a_plan_of_a_snapshot_says_how_old_that_was(age: float, told: str) -> None:
    plan = Plan((), CALLER, made_of=MadeOf("live\x1b.json", "2026-11-30T15:00:00Z", age))
    when = f"taken 2026-11-30T15:00:00Z, {told} before this plan"
    text = snapshot_text(plan)
    assert f"{when}: no cluster was asked." in text
    assert "\x1b" not in text
    assert snapshot_text(Plan((), CALLER)) == ""
    made_of = MadeOf("live.json", "2026-11-30T15:00:00Z", age, is_sanitised=True)
    hashed = replace(plan, made_of=made_of)
    assert ", names are hashed: no cluster" in snapshot_text(hashed)
    assert f"live.json, taken 2026-11-30T15:00:00Z, {told} old, names are hashed" in source_text(made_of)
    ahead = source_text(MadeOf("live.json", "2026-11-30T15:00:00Z", -90.0))
    assert "taken 2026-11-30T15:00:00Z, 1 min ahead of this clock, so that nobody can tell how old it is" in ahead


def test_what_an_undo_gives_back_to_what_is_not_ours_is_not_called_owned() -> None:
    ours, theirs = Address("Project", "churn"), Address("Project", "fraud")
    changes = tuple(Change(it, Action.UPDATE, "as before that run", takes_over=True) for it in (ours, theirs))
    plan = Plan(changes, CALLER)
    told = "there already, not ours, and different: written over by this, and owned from then on"
    assert [(it.text, it.addresses) for it in dangers(plan) if "ours" in it.text] == [(told, (ours, theirs))]
    undoing = replace(plan, undo=Undo("20261130-120000-0000", {theirs: None}))
    assert [(it.text, it.addresses) for it in dangers(undoing) if "ours" in it.text] == [
        (told, (ours,)),
        ("not ours, and gets back what that run took from it; not owned from then on either", (theirs,)),
    ]
