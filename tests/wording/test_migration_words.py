"""A move in words: the verdict says what is open, titles count what their sentences stand for, nobody is left out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from igz_apply.model.hidden import Hidden
from igz_apply.model.migration import Migration
from igz_apply.planning.migration_account import Turn, turn_of
from igz_apply.wording.migration_words import (
    Part,
    Told,
    access_text,
    counts_text,
    decisions,
    details,
    equal_counts,
    equal_part,
    name_text,
    object_rows,
    standing_rows,
    title_text,
    value_text,
    verdict_text,
    why_changed,
)
from tests.reports.migration_builders import (
    COLLISION,
    carried,
    field_lost,
    held,
    hostile_move,
    lost,
    lower,
    moved,
    usual_move,
    whole_move,
)


def part(parts: tuple[Part, ...], begin: str) -> Part:
    found = [each for each in parts if each.title.startswith(begin)]
    assert len(found) == 1, [each.title for each in parts]
    return found[0]


def test_the_title_names_both_ends_or_the_one_that_is_known() -> None:
    assert title_text(usual_move()) == "Move of prod-3 to prod-4"
    assert title_text(replace(usual_move(), destination="")) == "Move of prod-3"


def test_the_verdict_says_first_that_errors_keep_it_from_being_written() -> None:
    assert verdict_text(usual_move(problems=(COLLISION, COLLISION))) == "Not to be written: 2 errors"


def test_the_verdict_says_what_is_open() -> None:
    assert verdict_text(usual_move()) == (
        "To be decided: 1 kind not seen in full, 1 raise of access, 2 possible raises, 5 losses of access, "
        "1 whole kind lost, 1 policy that nobody maps, 1 other object lost"
    )


def test_the_verdict_says_all_is_carried_only_where_it_is() -> None:
    assert verdict_text(whole_move()) == "All is carried"
    assert verdict_text(replace(whole_move(), partial={"User": "cut"})) == "To be decided: 1 kind not seen in full"
    assert verdict_text(moved((carried("User/ada", "", field_lost("uid", 1)),))) == "Nothing is left to decide"
    assert verdict_text(moved((lost("User/bob", is_stated=True),))) == "Nothing is left to decide"


def test_the_lines_of_counts_add_up() -> None:
    assert counts_text(usual_move()) == (
        "14 objects = 3 carried + 4 changed + 7 lost (the platform's own among those lost: 1); 1 added"
    )
    assert counts_text(whole_move()) == "2 objects = 2 carried + 0 changed + 0 lost; 0 added"
    assert access_text(usual_move()) == (
        "7 roles on projects = 1 higher + 1 perhaps higher + 1 lower or perhaps higher + 3 lower + 1 equal"
    )


def test_the_rows_of_numbers_add_up() -> None:
    *rows, whole = [[int(text) for text in row[1:]] for row in object_rows(usual_move())]
    assert whole == [sum(column) for column in zip(*rows, strict=True)]
    assert all(there == kept + changed + gone for there, kept, changed, gone, _, _ in (*rows, whole))
    assert all(then == kept + changed + new for _, kept, changed, _, new, then in (*rows, whole))
    for _, everything, *parts in standing_rows(usual_move()):
        assert int(everything) == sum(map(int, parts))


@pytest.mark.parametrize("move", [usual_move(), hostile_move()])
def test_every_object_has_its_place_in_one_part(move: Migration) -> None:
    skipped = ("More", "Perhaps", "Less", "Not seen", "What changes", "Polic", "Not in any")
    parts = [it for it in (*decisions(move), *details(move)) if not it.title.startswith(skipped)]
    parts = [it for it in parts if "that nobody maps" not in it.title]
    assert sum(len(told.names) for it in parts for told in it.told) == len(move.objects)


def test_every_standing_that_changes_is_told_once() -> None:
    move = usual_move()
    told = [it for part in decisions(move) if part.title.startswith(("More", "Perhaps", "Less")) for it in part.told]
    assert sum(it.count for it in told) == sum(turn_of(it) is not Turn.EQUAL for it in move.standings)


def test_what_nobody_stated_stands_before_what_the_mapping_says() -> None:
    heads = [it.head for it in part(decisions(usual_move()), "Less access than before: 4").told]
    assert heads[0] == "viewer → none on fraud (the group all_users is not carried)"
    assert heads[-1] == "viewer → none on fraud (the user is not carried: he has left; the mapping says so)"


def test_those_who_lose_the_same_stand_together_with_the_fewer_names_in_the_sentence() -> None:
    people = [lower(user, "churn") for user in ("ada", "bob")]
    (told,) = decisions(moved((), people))[0].told
    assert told == Told("editor → none on churn", ("ada", "bob"), 1)
    (told,) = decisions(moved((), [lower("ada", project) for project in ("a", "b")]))[0].told
    assert told == Told("editor → none for ada, on", ("a", "b"), 1)
    assert told.count == 2


def test_a_policy_that_nobody_maps_names_its_holders() -> None:
    found = part(decisions(usual_move()), "1 policy that nobody maps, held by 2 users and groups")
    assert found.told == (Told("Data, in place of which nobody holds anything", ("Group/ds", "User/ada")),)


def test_policies_perhaps_held_besides_are_told_so() -> None:
    each = held("ada", "", "Data", "data", is_higher=True, perhaps="it-admin", why="groups")
    assert decisions(moved((), (each,)))[0].told == (
        Told("policies Data → data, perhaps also it-admin (groups)", ("ada",)),
    )


def test_why_says_once_that_the_mapping_says_so() -> None:
    assert why_changed(lower("ada", "x", why="he left", is_stated=True)) == "he left; the mapping says so"
    assert why_changed(lower("ada", "x", why="the mapping makes it so", is_stated=True)) == "the mapping makes it so"
    assert why_changed(lower("ada", "x", is_stated=True)) == "the mapping says so"
    assert why_changed(lower("ada", "x", why="nobody did")) == "nobody did"


def test_fields_name_a_few_values_and_count_the_rest() -> None:
    objects = [carried(f"User/u{number}", "", field_lost("job_title", "x" * 70)) for number in range(5)]
    (told,) = part(details(moved(objects)), "What changes of these: 5 values").told
    assert told.head == (
        "User job_title lost (5): Iguazio 4 has no such field (section 6, [SDK]); "
        + "; ".join(f"u{number}: {'x' * 59}…" for number in range(3))
        + "; and 2 more"
    )


def test_values_are_told_as_text_or_as_json() -> None:
    assert [value_text(it) for it in (None, "a", 1, {"b": ["ä"]})] == ["nothing", "a", "1", '{"b": ["ä"]}']


def test_a_hidden_value_stays_hidden() -> None:
    assert "hunter2" not in value_text(Hidden(value="hunter2"))
    assert "hunter2" not in value_text({"password": Hidden(value="hunter2")})


def test_policies_are_told_with_who_holds_them() -> None:
    move = replace(usual_move(), policies={"IT Admin": ("it-admin",), "Unused": ("a", "b")}, left_policies={"Old": ""})
    assert [it.head for it in part(details(move), "Policies that are carried: 2 policies").told] == [
        "IT Admin → it-admin, held by 1 user or group",
        "Unused → a, b, which nobody holds",
    ]
    assert part(details(move), "Policies left behind, as the mapping says: 1").told == (Told("Old"),)


def test_policies_of_which_no_cluster_was_asked_are_told_so() -> None:
    move = replace(usual_move(), destination="")
    assert part(details(move), "Policies that are carried, as no cluster was asked whether they are there: 1 policy")


def test_names_are_told_old_and_new() -> None:
    assert name_text(carried("User/ada", "User/ada@x.test")) == "ada → ada@x.test"
    assert name_text(carried("User/ada")) == "ada"
    assert name_text(lost("User/ada")) == "ada"


def test_what_stays_is_counted_by_what_it_is_and_can_be_named() -> None:
    move = moved((), [held(user, "churn", "admin", "admin") for user in ("ada", "bob")])
    assert equal_counts(move) == [("admin → admin", 2)]
    assert equal_part(move) == Part("Access as before: 2 standings", (Told("admin → admin on churn", ("ada", "bob")),))
    assert equal_part(moved()) is None


def test_of_nothing_nothing_is_told() -> None:
    assert (decisions(moved()), details(moved())) == ((), ())
