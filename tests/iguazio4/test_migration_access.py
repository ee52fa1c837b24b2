"""Who may do what before and after a move: nobody has more, unless the mapping says so."""

from __future__ import annotations

from typing import Any

import pytest

from igz_apply.model.migration import Fate, Standing
from igz_apply.model.resources import Resource
from igz_apply.planning.migration_account import Matter, matter_of
from tests.iguazio4.moves import (
    fate,
    field,
    group,
    live,
    living,
    mapping,
    move,
    owned_by,
    problem,
    project,
    replace,
    specs,
    standing,
    told,
    user,
)

PEOPLE = (user("ada"), user("bob"), user("eve"))


def churn(owner: str | None = None, /, **roles: Any) -> Resource:
    return project("churn", owner=owner, members=roles)


def shown(found: Standing | None) -> tuple[str, str, str]:
    """Return before, after, and what is marked."""
    assert found is not None
    marks = {"higher": found.is_higher, "lower": found.is_lower, "stated": found.is_stated}
    return found.before, found.after, " ".join(mark for mark, is_set in marks.items() if is_set)


def test_the_highest_role_counts_with_all_ways_that_lead_to_it() -> None:
    roles = {"editor": {"users": ["ada"], "groups": ["ops", "b"]}, "viewer": {"users": ["ada"], "groups": ["ops"]}}
    groups = (group("ops", users=["ada", "bob"]), group("b", users=["ada"]))
    moved = move(*PEOPLE, *groups, churn("eve", **roles), said=mapping(groups={"ops": "o/ps"}))
    ada = standing(moved, "ada", "churn")
    assert shown(ada) == ("editor", "editor", "")
    assert ada is not None
    assert ada.ways_before == ("direct", "group b", "group ops")
    assert ada.ways_after == ("direct", "group b", "group o/ps")
    assert standing(moved, "eve", "churn") == Standing("eve", "eve", "churn", "owner", "owner", ("owner",), ("owner",))
    assert [(each.user, each.project) for each in moved.standings] == [
        ("ada", "churn"),
        ("bob", "churn"),
        ("eve", "churn"),
    ]


def test_an_owner_gains_nothing_and_a_new_one_is_the_mappings_word() -> None:
    moved = move(*PEOPLE, churn("ada", viewer={"users": ["bob"]}), said=mapping(projects={"churn": owned_by("bob")}))
    assert shown(standing(moved, "bob", "churn")) == ("viewer", "owner", "higher stated")
    assert shown(standing(moved, "ada", "churn")) == ("owner", "", "lower stated")
    ada, bob = (standing(moved, name, "churn") for name in ("ada", "bob"))
    assert ada is not None
    assert bob is not None
    assert ada.why == "the mapping gives the project to bob"
    assert bob.why == "the mapping gives the project to them"


def test_a_role_that_the_mapping_makes_another_is_higher_or_lower_by_its_word() -> None:
    people = (*PEOPLE, churn(admin={"users": ["ada"]}, editor={"users": ["bob"]}, viewer={"users": ["eve"]}))
    moved = move(*people, said=mapping(roles={"admin": "viewer", "editor": "builder", "viewer": "curator"}))
    assert shown(standing(moved, "ada", "churn")) == ("admin", "viewer", "lower stated")
    assert shown(standing(moved, "bob", "churn")) == ("editor", "builder", "")
    assert shown(standing(moved, "eve", "churn")) == ("viewer", "curator", "higher stated")


def test_what_is_lost_with_a_person_a_group_or_a_project_says_why() -> None:
    roles = {"editor": {"groups": ["ops"]}, "viewer": {"users": ["bob"], "groups": ["all_users"]}}
    people = (*PEOPLE, group("ops", users=["ada"]), churn(**roles))
    moved = move(*people, said=mapping(leave=["User/bob", "Group/ops"]))
    assert shown(standing(moved, "ada", "churn")) == ("editor", "", "lower stated")
    assert shown(standing(moved, "bob", "churn")) == ("viewer", "", "lower stated")
    assert shown(standing(moved, "eve", "churn")) == ("viewer", "", "lower")
    whys = {each.user: each.why for each in moved.standings}
    assert whys["ada"] == "the group ops is not carried: it is of the past"
    assert whys["bob"] == "the user is not carried: it is of the past"
    assert whys["eve"].startswith("the group all_users is not carried: nobody is in a group by itself")
    gone = move(*people, said=mapping(leave=["Project/*"]))
    assert {each.why for each in gone.standings} == {"the project is not carried: it is of the past"}


def test_what_several_lose_for_one_reason_has_the_same_words() -> None:
    people = (*PEOPLE, churn(viewer={"groups": ["all_users"]}))
    moved = move(*people, said=mapping(leave=["User/bob", "User/eve"], groups={"all_users": "everybody"}))
    assert len({each.why for each in moved.standings if each.user in ("bob", "eve")}) == 1


def test_a_group_in_another_may_give_more_and_both_readings_are_told() -> None:
    roles = {"admin": {"groups": ["lab"]}, "viewer": {"groups": ["nlp"]}}
    groups = (group("lab", users=["ada"]), group("nlp", users=["ada", "bob"]), group("deep", users=["eve"]))
    said = mapping(groups={"nlp": "lab/nlp", "deep": "lab/x/deep"})
    moved = move(*PEOPLE, *groups, churn(**roles), said=said)
    bob, eve = standing(moved, "bob", "churn"), standing(moved, "eve", "churn")
    assert shown(bob) == ("viewer", "viewer", "higher stated")
    assert shown(eve) == ("", "", "higher stated")
    assert bob is not None
    assert eve is not None
    assert (bob.perhaps, eve.perhaps) == ("admin", "admin")
    assert bob.why.startswith("if members of a group count in the groups around it")
    assert shown(standing(moved, "ada", "churn")) == ("admin", "admin", "")
    told_of = problem(moved, "Perhaps a higher role")
    assert (told_of.severity, str(told_of.address)) == ("warning", "Project/churn")
    assert "bob (admin), eve (admin) may have more on Project/churn" in told_of.detail


def test_what_a_group_around_may_give_back_is_no_raise() -> None:
    roles = {"admin": {"groups": ["lab"]}, "viewer": {"users": ["ada"]}}
    people = (*PEOPLE, group("lab", users=["ada"]), group("nlp", users=["ada"]), churn(**roles))
    said = mapping(groups={"lab": "lab", "nlp": "lab/nlp"}, roles={"admin": "viewer"})
    assert shown(standing(move(*people, said=said), "ada", "churn")) == ("admin", "viewer", "lower stated")
    roles = {"editor": {"users": ["ada"]}, "viewer": {"groups": ["lab"]}}
    people = (*PEOPLE, group("lab", users=[]), group("nlp", users=["ada"]), churn(**roles))
    said = mapping(groups={"nlp": "lab/nlp"}, roles={"editor": "viewer", "viewer": "editor"})
    found = standing(move(*people, said=said), "ada", "churn")
    assert found is not None
    assert shown(found) == ("editor", "viewer", "lower stated")
    assert found.perhaps == "editor"
    assert found.why == "the mapping makes editor viewer"


def test_policies_are_held_through_groups_too_and_what_is_lost_is_said() -> None:
    said = mapping(policies={"Developer": ["oris-developer"], "Data": "nothing there is like it"})
    people = (
        user("ada", assigned_policies=["Developer"]),
        user("bob", assigned_policies=["Data"]),
        user("eve", assigned_policies=["Service Admin"]),
        group("ops", users=["bob", "cat"], assigned_policies=["Developer"]),
        user("cat"),
        user("dan"),
    )
    moved = move(*people, said=said)
    assert shown(standing(moved, "ada")) == ("Developer", "oris-developer", "")
    assert shown(standing(moved, "bob")) == ("Data, Developer", "oris-developer", "lower stated")
    assert shown(standing(moved, "cat")) == ("Developer", "oris-developer", "")
    assert shown(standing(moved, "eve")) == ("Service Admin", "", "lower")
    assert standing(moved, "dan") is None
    bob = standing(moved, "bob")
    assert bob is not None
    assert bob.why == "Data is not carried: nothing there is like it"


def test_policies_go_with_who_held_them_and_with_the_group_that_gave_them() -> None:
    said = mapping(policies={"Developer": ["oris-developer"]}, leave=["User/ada", "Group/ops"])
    people = (user("ada", assigned_policies=["Developer"]), user("bob"))
    moved = move(*people, group("ops", users=["bob"], assigned_policies=["Developer"]), said=said)
    ada, bob = standing(moved, "ada"), standing(moved, "bob")
    assert ada is not None
    assert bob is not None
    assert (ada.new_user, ada.why) == ("", "the user is not carried: it is of the past")
    assert (shown(ada), shown(bob)) == (("Developer", "", "lower stated"), ("Developer", "", "lower stated"))
    assert bob.why == "Developer: the group ops is not carried: it is of the past"


@pytest.mark.parametrize("leave", [(), ("Group/admins",)])
def test_who_administers_no_more_has_less_and_is_told_so(leave: tuple[str, ...]) -> None:
    origin = living(
        live(user("ada", email="ada@x.test")),
        live(group("ops", assigned_policies=["IT Admin"])),
        live(group("admins", assigned_policies=["IT Admin", "Security Admin"]), is_system=True),
        groups_of={"ada": {"admins", "ops", "all_users"}},
    )
    moved = move(origin=origin, said=mapping(leave=leave, policies={"IT Admin": ["oris-viewer"]}))
    ada = standing(moved, "ada")
    assert ada is not None
    assert shown(ada) == ("IT Admin, Security Admin", "oris-viewer", f"lower{' stated' * len(leave)}")
    assert ada.why.startswith("Security Admin: the group admins is not carried: ")
    assert matter_of(ada, moved) is (Matter.LOWERED_AS_SAID if leave else Matter.LOWERED)
    groups = field(moved, "User/ada", "groups")
    assert (groups.fate, groups.before, groups.after) == (Fate.LOST, ["admins"], None)
    assert "groups" not in specs(moved)["User/ada@x.test"]


def test_of_several_groups_that_gave_a_policy_each_is_told() -> None:
    said = mapping(leave=["Group/ops"])
    held = {"users": ["ada"], "assigned_policies": ["Developer"]}
    ada = standing(move(user("ada"), group("ops", **held), group("dev", **held), said=said), "ada")
    assert ada is not None
    assert (ada.why, ada.is_stated) == ("Developer is not carried: the mapping says nothing of it", False)


def test_a_policy_of_a_group_around_may_be_more() -> None:
    said = mapping(policies={"Developer": ["oris-developer"]}, groups={"nlp": "lab/x/nlp"})
    groups = (group("lab", assigned_policies=["Developer"]), group("nlp", users=["ada"]))
    moved = move(user("ada"), *groups, said=said)
    ada = standing(moved, "ada")
    assert shown(ada) == ("", "", "higher stated")
    assert ada is not None
    assert ada.perhaps == "oris-developer"
    loses = move(user("ada", assigned_policies=["Data"]), *groups, said=said)
    both = standing(loses, "ada")
    assert shown(both) == ("Data", "", "higher lower stated")
    assert both is not None
    assert both.why.endswith("; Data is not carried: the mapping says nothing of it")
    told_of = problem(moved, "Perhaps a higher role")
    assert (str(told_of.source), str(told_of.address)) == ("manifests/ada.yaml:1:1", "User/ada")
    assert "ada (oris-developer) may have more by a policy" in told_of.detail


def test_somebody_who_is_only_named_is_compared_too() -> None:
    moved = move(churn(viewer={"users": ["ghost", "named"]}), said=mapping(users={"named": "n@x.test"}))
    assert shown(standing(moved, "ghost", "churn")) == ("viewer", "", "lower")
    named = standing(moved, "named", "churn")
    assert shown(named) == ("viewer", "viewer", "")
    assert named is not None
    assert named.new_user == "n@x.test"


def test_an_absent_project_gives_nothing() -> None:
    gone = churn(viewer={"users": ["ada"]})
    moved = move(*PEOPLE, replace(gone, lifecycle=replace(gone.lifecycle, state="absent")))
    assert moved.standings == ()
    assert fate(moved, "Project/churn").new is None


def test_the_administrator_may_be_named_as_on_the_old_one() -> None:
    origin = living(
        live(user("admin"), is_system=True),
        live(project("churn", owner="admin", members={"viewer": {"groups": ["ops"]}})),
        live(group("ops")),
        groups_of={"admin": {"ops"}},
    )
    moved = move(origin=origin)
    assert shown(standing(moved, "admin", "churn")) == ("owner", "owner", "")
    assert told(moved) == []


def test_what_is_less_without_the_group_of_everybody_is_the_mappings_word_where_that_is_left_behind() -> None:
    people = (*PEOPLE, churn(viewer={"groups": ["all_users"]}))
    eve = standing(move(*people, said=mapping(leave=["Group/all_users"])), "eve", "churn")
    assert eve is not None
    assert (eve.is_stated, eve.why) == (True, "the group all_users is not carried: it is of the past")


def test_the_platforms_own_accounts_are_told_apart_from_people() -> None:
    churned = live(churn(viewer={"users": ["sys", "bob"]}))
    origin = living(live(user("sys"), is_system=True), live(user("bob")), churned)
    moved = move(origin=origin, said=mapping(leave=["User/bob"]))
    found = {each.user: each.is_system for each in moved.standings}
    assert found == {"sys": True, "bob": False}


def test_lost_policies_are_named_each() -> None:
    ada = user("ada", assigned_policies=["Data", "Developer", "IT Admin"])
    moved = move(ada, said=mapping(policies={"Data": ["data"], "Developer": "nobody needs it"}))
    found = standing(moved, "ada", "")
    assert found is not None
    assert found.lost_policies == ("Developer", "IT Admin")
