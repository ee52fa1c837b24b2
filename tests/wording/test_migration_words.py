"""A move in words: the verdict says what is open, titles count what their sentences stand for, nobody is left out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from igz_apply.model.hidden import Hidden
from igz_apply.model.migration import Fate, FieldFate, Migration
from igz_apply.planning.migration_account import Matter, Turn, matters_of, turn_of
from igz_apply.wording.migration_parts import Part, Told, decisions, details, equal_part, stated
from igz_apply.wording.migration_words import (
    access_text,
    counts_text,
    equal_counts,
    name_text,
    object_rows,
    standing_rows,
    stated_text,
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
from tests.reports.reports_builders import at


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
        "To be decided: 1 kind not seen in full, 2 possible raises, 1 loss of access, 1 policy that nobody maps, "
        "1 whole kind lost, 1 other object lost"
    )


def test_what_the_mapping_says_is_told_apart_from_what_is_open() -> None:
    assert stated_text(usual_move()) == (
        "As the mapping says: 1 raise of access, 2 losses of access, 1 policy left behind, 2 objects left behind"
    )
    assert stated_text(whole_move()) == ""
    move = moved((), [held("ada", "churn", "viewer", "admin", is_higher=True, is_stated=True, why="it says so")])
    assert verdict_text(move) == "Nothing is left to decide"
    assert [(it.title, it.is_grave) for it in stated(move)] == [("More access, as the mapping says: 1 standing", True)]
    unstated = moved((), [held("ada", "churn", "viewer", "admin", is_higher=True)])
    assert verdict_text(unstated) == "To be decided: 1 raise of access"
    assert stated(unstated) == ()


@pytest.mark.parametrize("more", [{}, {"is_lower": True}])
def test_what_nobody_knows_stays_open_whatever_the_mapping_says(more: dict[str, Any]) -> None:
    each = held("ada", "churn", "viewer", "viewer", is_higher=True, is_stated=True, perhaps="admin", **more)
    assert verdict_text(moved((), [each])) == "To be decided: 1 possible raise"


def test_losses_of_the_platform_s_own_accounts_are_counted_and_are_no_decision() -> None:
    move = moved((), [lower("sys", "churn", is_system=True, new_user="", why="the platform's own")])
    assert verdict_text(move) == "Nothing is left to decide"
    assert (decisions(move), stated(move)) == ((), ())
    assert part(details(move), "What the platform's own accounts held: 1 standing")


def test_who_loses_policies_alone_is_told_with_the_policies() -> None:
    gone: dict[str, Any] = {"before": "Data, IT Admin", "after": "it-admin", "why": "Data is not carried"}
    move = moved(
        (),
        [
            lower("ada", "", lost_policies=("Data",), **gone),
            lower("bob", "", lost_policies=("Data",), new_user="", why="he is not carried", before="Data"),
            lower("eve", "", lost_policies=("Data", "IT Admin"), why="the group is not carried", before="Data"),
        ],
        holders={"Data": (at("Group/ds"),), "Idle": (at("Group/ds"),)},
        policies={"IT Admin": ("it-admin",)},
    )
    less, policies = decisions(move)
    assert {name for told in less.told for name in told.names} == {"bob", "eve"}
    assert [told.head for told in policies.told] == [
        "Data, which 3 people lose, held by",
        "Idle, which nobody loses, held by",
    ]


def test_what_has_to_be_done_is_told_with_a_part() -> None:
    assert part(decisions(usual_move()), "1 whole kind lost").hint == (
        "If that is to be, say so in the mapping, as `leave: [{resource: AppService/*, reason: ...}]`."
    )
    assert "Group/all_users" in part(decisions(usual_move()), "Lost, and the mapping").hint
    odd = moved([lost("User/`x`: y", section="1"), carried("User/ada")])
    assert "{resource: KIND/NAME, reason: ...}" in part(decisions(odd), "Lost, and the mapping").hint


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
        "8 roles on projects = 1 higher + 1 perhaps higher + 1 lower or perhaps higher "
        "+ 4 lower (the platform's own among those lower: 1) + 1 equal"
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
    skipped = ("More", "Perhaps", "Less", "Not seen", "What ", "Polic", "Not in any", "Sections")
    parts = [it for it in (*decisions(move), *details(move)) if not it.title.startswith(skipped)]
    parts = [it for it in parts if "that nobody maps" not in it.title]
    assert sum(len(told.names) for it in parts for told in it.told) == len(move.objects)


def test_every_standing_that_changes_is_told_once() -> None:
    move = usual_move()
    parts = (*decisions(move), *stated(move), *details(move))
    begins = ("More", "Perhaps", "Less", "What the platform's own accounts")
    told = [it for part in parts if part.title.startswith(begins) for it in part.told]
    of_policies = len(matters_of(move)[Matter.OF_POLICIES])
    assert of_policies == 1
    assert sum(it.count for it in told) + of_policies == sum(turn_of(it) is not Turn.EQUAL for it in move.standings)


def test_what_most_people_share_stands_first() -> None:
    people = [lower(user, "churn", "admin", why="z") for user in ("ada", "bob", "eve")]
    (found,) = decisions(moved((), [lower("zoe", "churn", why="a"), *people]))
    assert [it.count for it in found.told] == [3, 1]


def test_what_the_mapping_says_is_not_said_again_of_each() -> None:
    heads = [it.head for it in part(stated(usual_move()), "Less access, as the mapping says: 2").told]
    assert heads[0] == "owner → none on churn (the user is not carried: he has left)"


def test_those_who_lose_the_same_stand_together_with_the_fewer_names_in_the_sentence() -> None:
    people = [lower(user, "churn") for user in ("ada", "bob")]
    (told,) = decisions(moved((), people))[0].told
    assert told == Told("editor → none on churn", ("ada", "bob"), 1)
    (told,) = decisions(moved((), [lower("ada", project) for project in ("a", "b")]))[0].told
    assert told == Told("editor → none for ada, on", ("a", "b"), 1)
    assert told.count == 2


def test_a_policy_that_nobody_maps_names_its_holders() -> None:
    found = part(decisions(usual_move()), "1 policy that nobody maps, held by 2 users and groups")
    assert found.told == (Told("Data, which 1 person loses, held by", ("Group/ds", "User/ada")),)


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


def test_fields_that_are_policies_are_counted_as_these_are_told_by_themselves() -> None:
    own = FieldFate("assigned_policies", Fate.LOST, ["Data"], None, "Data is not carried")
    move = moved([carried("User/ada", "", own), carried("User/bob", "", own)], holders={"Data": (at("User/ada"),)})
    heads = [it.head for it in part(details(move), "What changes of these: 2 values").told]
    assert heads == ['User assigned_policies lost (2): Data is not carried; ada: ["Data"]; bob: ["Data"]']
    both = replace(move, holders={"Data": (at("User/ada"), at("User/bob"))})
    (told,) = part(details(both), "What changes of these: 2 values").told
    assert told == Told("User assigned_policies lost (2): each policy is told by itself", (), 2)


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
    assert part(details(move), "Policies left behind, as the mapping says: 1").told == (
        Told("Old, which nobody loses"),
    )


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


def test_marks_are_told_what_they_mean_where_they_are_used() -> None:
    found = part(details(usual_move()), "Sections are those of the new platform's reference")
    assert [it.head.partition(":")[0] for it in found.told] == ["[SDK]", "[UI]", "[INFERRED]"]
    assert found.title.endswith("how each is known: 3 marks")


def test_of_nothing_nothing_is_told() -> None:
    assert (decisions(moved()), details(moved())) == ((), ())
