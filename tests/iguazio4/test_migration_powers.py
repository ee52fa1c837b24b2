"""What gives power on Iguazio 4 by itself, groups that were not seen, and rules that are kept in one place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from igz_apply.emulator.iguazio4 import users as emulated
from igz_apply.iguazio4.emails import is_email
from igz_apply.model.migration import Destination, Fate
from igz_apply.planning.migration_account import is_whole
from tests.iguazio4.moves import (
    document,
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
    specs,
    standing,
    told,
    user,
)

POWER = "Power on the new platform"


@pytest.mark.parametrize(
    ("said", "severity", "words"),
    [
        (mapping(groups={"ops": "admins"}), "warning", "becomes the platform's own group admins"),
        (mapping(groups={"ops": "admins/ops"}), "warning", "would lie in the platform's own group admins"),
        (mapping(groups={"o*": "admins"}), "error", "becomes the platform's own group admins"),
        (mapping(groups={"*": "admins/*"}), "error", "would lie in"),
    ],
)
def test_nobody_becomes_an_administrator_but_by_that_very_name(said: object, severity: str, words: str) -> None:
    moved = move(user("ada", groups=["ops"]), user("bob"), group("ops"), said=said)  # type: ignore[arg-type]
    found = problem(moved, POWER)
    assert (found.code, found.severity, str(found.source)) == ("IGZ-779", severity, "mapping.yaml:2:20")
    assert words in found.detail
    assert "User/ada would be in it" in found.detail
    assert "bob" not in found.detail
    assert ("Keep it if" in found.hint) == (severity == "warning")


def test_a_separator_makes_nobody_an_administrator() -> None:
    moved = move(user("ada", groups=["admins.eu"]), group("admins.eu"), said=mapping(separator="."))
    found = problem(moved, POWER)
    assert (found.severity, "`groups: {admins.eu: admins/eu}`" in found.hint) == ("error", True)


@pytest.mark.parametrize("said", [mapping(separator="."), mapping(groups={"Admins.eu": "Admins/eu"})])
def test_nor_does_a_group_around_it_that_differs_in_case_alone(said: object) -> None:
    found = problem(move(group("Admins.eu"), said=said), "Unusable new name")  # type: ignore[arg-type]
    assert "Admins is the platform's own group there, but for upper and lower case" in found.detail


def test_who_is_no_administrator_any_more_is_told() -> None:
    moved = move(user("ada", groups=["admins", "all_users", "ops"]), group("ops"))
    groups = field(moved, "User/ada", "groups")
    assert (groups.fate, groups.before, groups.after) == (Fate.CHANGED, ["admins", "ops"], ["ops"])
    assert groups.why.startswith("admins is not carried: the platform's own")
    assert not is_whole(moved)


def test_administrators_who_stay_so_are_told_too_and_groups_of_nobody() -> None:
    moved = move(user("ada", groups=["admins"]), said=mapping(groups={"admins": "admins"}))
    assert "User/ada would be in it" in problem(moved, POWER).detail
    assert "would be in it" not in problem(move(group("ops"), said=mapping(groups={"ops": "admins"})), POWER).detail


@pytest.mark.parametrize("name", ["oris-system-admin", "igz-system-admin", "System Admin"])
@pytest.mark.parametrize("where", [Destination(), Destination("new", {"oris-system-admin": "System Admin"})])
def test_who_comes_to_hold_the_policy_that_may_do_everything_is_told(name: str, where: Destination) -> None:
    if where.policies and name == "igz-system-admin":
        return
    said = mapping(policies={"Data": [name], "Developer": ["oris-developer"]})
    moved = move(user("ada", assigned_policies=["Data"]), group("ops", assigned_policies=["Data"]), said=said, to=where)
    found = problem(moved, POWER)
    assert (found.severity, [str(each) for each in found.about]) == ("warning", ["Group/ops", "User/ada"])
    assert POWER not in {each.summary for each in move(user("ada"), said=said, to=where).problems}


# What was not seen


def test_who_was_seen_in_a_group_that_was_not_is_still_in_it() -> None:
    origin = living(
        live(user("ada", email="ada@x.test")),
        live(user("bob", email="bob@x.test")),
        live(project("churn", owner="bob", members={"editor": {"groups": ["ops"]}})),
        groups_of={"ada": {"ops"}},
        partial={"Group": "403"},
    )
    moved = move(origin=origin, said=mapping(groups={"ops": "team/ops"}))
    made = document(moved, "Group/team/ops")
    assert (made["spec"], made["lifecycle"]) == ({"users": ["ada@x.test"]}, {"membership": "additive"})
    assert "was not seen" in fate(moved, "Group/team/ops").why
    held = standing(moved, "ada", "churn")
    assert held is not None
    assert (held.before, held.after, held.is_lower) == ("editor", "editor", False)


def test_a_group_that_manifests_only_name_is_declared_by_nobody() -> None:
    moved = move(user("ada", groups=["ops"]), said=mapping(groups={"ops": "team"}))
    assert specs(moved).keys() == {"User/ada"}
    assert specs(moved)["User/ada"]["groups"] == ["team"]


def test_an_own_group_that_is_given_a_path_is_there_for_manifests_too() -> None:
    moved = move(user("ada", groups=["admins"]), said=mapping(groups={"admins": "people/admins"}))
    made = document(moved, "Group/people/admins")
    assert (made["spec"], made["lifecycle"]) == ({"users": ["ada"]}, {"membership": "additive"})


# Places


def test_what_a_separator_spoils_is_told_where_it_stands() -> None:
    from dataclasses import replace

    from igz_apply.model.addresses import Source

    said = mapping(separator="--")
    said = replace(said, places={**said.places, ("separator",): Source("mapping.yaml", 4, 1)})
    moved = move(group("ops----night"), group("ops-", description="x"), said=said)
    assert told(moved) == [("Unusable new name", "error", "mapping.yaml:4:1")]


# Owners who are switched off


def test_nobody_who_is_switched_off_comes_to_own_a_project() -> None:
    people = (user("ada", admin_status="down"), user("bob", admin_status="up"))
    alone = problem(move(*people, project("churn", owner="ada")), "Disabled owner")
    assert (alone.severity, str(alone.address), "ada, who is switched off" in alone.detail) == (
        "error",
        "Project/churn",
        True,
    )
    given = move(*people, project("churn", owner="bob"), said=mapping(projects={"churn": owned_by("ada")}))
    assert told(given) == [("Disabled owner", "error", "mapping.yaml:70:12")]
    assert told(move(*people, project("churn", owner="ada"), said=mapping(projects={"churn": owned_by("bob")}))) == []


# E-mail addresses


TEXTS = (
    "a@b.c",
    "robot@localhost",
    "a@b",
    "@b.c",
    "a@",
    "a b@c.d",
    "a\u00a0b@c.d",
    "a@b@c.d",
    "a@b.c\n",
    "ä@ö.ü",
    "a@.c",
)


@pytest.mark.parametrize("text", TEXTS)
def test_what_an_address_is_is_one_rule(text: str) -> None:
    assert (emulated._ADDRESS.match(text) is not None) == is_email(text)
    moved = move(user("robot", email=text))
    assert ("email" in next(iter(specs(moved).values()))) == is_email(text.strip())


def test_the_schema_of_manifests_has_the_rule_of_addresses() -> None:
    schema = json.loads(Path("schemas/iguazio4/user.schema.json").read_text())
    assert r"^[^@ \\t\\r\\n]+@[^@ \\t\\r\\n]+[.][^@ \\t\\r\\n]+$" in json.dumps(schema)
