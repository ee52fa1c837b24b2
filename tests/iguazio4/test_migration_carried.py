"""What becomes of users, groups and policies, field by field."""

from __future__ import annotations

from igz_apply.model.migration import Destination, Fate, PersonMapping
from igz_apply.model.resources import SecretRef
from tests.iguazio4.moves import (
    Address,
    document,
    fate,
    field,
    group,
    live,
    living,
    loaded_problems,
    mapping,
    move,
    project,
    replace,
    service,
    specs,
    told,
    user,
)

# Users


def test_a_user_is_called_by_the_email_in_lower_case_which_is_stated_too() -> None:
    moved = move(user("ada", email="Ada@X.test", admin_status="up"))
    assert document(moved, "User/ada@x.test") == {
        "apiVersion": "iguazio.com/v4",
        "kind": "User",
        "metadata": {"name": "ada@x.test"},
        "spec": {"first_name": "Ada", "last_name": "Lovelace", "email": "ada@x.test", "active": True},
    }
    email = field(moved, "User/ada", "email")
    assert (email.fate, email.before, email.after, email.section) == (Fate.CARRIED, "Ada@X.test", "ada@x.test", "18")
    assert fate(moved, "User/ada").fate is Fate.CARRIED
    assert moved.names[Address("User", "ada")] == Address("User", "ada@x.test")
    assert moved.problems == ()


def test_a_user_without_an_address_keeps_the_name_in_lower_case_and_it_is_said() -> None:
    moved = move(user("Robot"), user("odd", email="robot@localhost"))
    assert specs(moved).keys() == {"User/robot", "User/odd"}
    assert "email" not in specs(moved)["User/odd"]
    assert "no e-mail address" in fate(moved, "User/Robot").why
    assert field(moved, "User/odd", "email").fate is Fate.LOST
    assert field(moved, "User/odd", "email").why == "Iguazio 4 takes addresses of the form x@y.z alone"


def test_a_user_who_is_switched_off_stays_so() -> None:
    moved = move(user("ada", admin_status="down"))
    assert specs(moved)["User/ada"]["active"] is False
    assert field(moved, "User/ada", "admin_status").fate is Fate.CARRIED
    assert "active" not in specs(move(user("ada")))["User/ada"]


def test_names_of_people_can_be_said_and_that_is_a_change() -> None:
    said = mapping(users={"ada": PersonMapping(first_name="Augusta"), "bob": PersonMapping(last_name="Lovelace")})
    moved = move(user("ada"), user("bob", last_name=None), said=said)
    assert specs(moved)["User/ada"]["first_name"] == "Augusta"
    assert (first := field(moved, "User/ada", "first_name")).fate is Fate.CHANGED
    assert (first.before, first.after, first.why) == ("Ada", "Augusta", "the mapping says so")
    assert specs(moved)["User/bob"]["last_name"] == "Lovelace"
    assert field(moved, "User/ada", "last_name").fate is Fate.CARRIED


def test_what_a_user_loses_is_said_in_the_order_of_the_table_and_what_says_nothing_is_not() -> None:
    ada = user(
        "ada",
        description="x",
        avatar="",
        job_title=None,
        data_access_mode="enabled",
        uid=7,
        password=SecretRef(from_env="ADA"),
        send_password_on_creation=False,
        unheard_of=1,
    )
    moved = move(ada)
    lost = [(each.path, each.before) for each in fate(moved, "User/ada").fields if each.fate is Fate.LOST]
    assert lost == [("password", {"from_env": "ADA"}), ("uid", 7), ("description", "x"), ("unheard_of", 1)]
    assert fate(moved, "User/ada").fate is Fate.CHANGED
    assert field(moved, "User/ada", "unheard_of").why == "Iguazio 4 has no such field"
    disabled = move(user("ada", data_access_mode="disabled"))
    assert field(disabled, "User/ada", "data_access_mode").section == "21"


def test_a_pattern_names_users_and_a_name_wins_over_it_and_a_longer_one_over_a_shorter() -> None:
    said = mapping(users={"svc-*": "*@robots.test", "s*": "other-*", "svc-b": "B@X.test", "e*": "*"})
    moved = move(user("svc-a"), user("svc-b"), user("see"), user("e"), said=replace(said, users={**said.users}))
    assert [str(moved.names[Address("User", name)].name) for name in ("svc-a", "svc-b", "see")] == [
        "a@robots.test",
        "b@x.test",
        "other-ee",
    ]


# What does not go along


def test_the_platforms_own_stays_behind_and_the_administrator_is_there_already() -> None:
    moved = move(
        origin=living(
            live(user("admin", assigned_policies=["Security Admin"]), is_system=True),
            live(user("sys"), is_system=True),
            live(group("all_users"), is_system=True),
            live(group("admins"), is_system=True),
            live(service("mlrun", kind="mlrun"), is_system=True),
            groups_of={"admin": {"admins", "all_users"}},
        )
    )
    assert specs(moved) == {}
    assert {str(each.old): (each.fate, each.is_system) for each in moved.objects} == {
        "AppService/mlrun": (Fate.LOST, True),
        "Group/admins": (Fate.LOST, True),
        "Group/all_users": (Fate.LOST, True),
        "User/admin": (Fate.CARRIED, True),
        "User/sys": (Fate.LOST, True),
    }
    assert fate(moved, "User/admin").new == Address("User", "admin")
    assert moved.holders == {}
    assert moved.standings == ()


def test_the_platforms_own_goes_along_where_the_mapping_names_it_and_patterns_do_not() -> None:
    origin = living(
        live(user("admin"), is_system=True), live(user("sys"), is_system=True), live(user("pipes"), is_system=True)
    )
    said = mapping(users={"admin": "root", "sys": PersonMapping(first_name="S"), "pi*": "x-*"})
    moved = move(origin=origin, said=said)
    assert specs(moved).keys() == {"User/root"}
    assert fate(moved, "User/admin").fate is Fate.CARRIED
    assert not fate(moved, "User/admin").is_system


def test_services_and_kinds_that_others_add_are_lost_whole_with_a_reason() -> None:
    moved = move(service("jupyter", kind="jupyter", jupyter={"image_name": "x"}))
    lost = fate(moved, "AppService/jupyter")
    assert (lost.fate, lost.new, lost.section, lost.fields) == (Fate.LOST, None, "11", ())
    assert "no interface for app services" in lost.why
    assert lost.source is not None


def test_what_is_left_behind_says_the_reason_and_what_is_absent_has_nothing_to_carry() -> None:
    moved = move(user("old-1"), user("ada"), group("gone", state="absent"), said=mapping(leave=["User/old-*"]))
    left = fate(moved, "User/old-1")
    assert (left.fate, left.why, left.is_stated) == (Fate.LOST, "it is of the past", True)
    assert fate(moved, "Group/gone").why == "its manifest declares it absent: there is nothing to carry"
    assert specs(moved).keys() == {"User/ada"}


def test_a_kind_of_another_package_is_lost() -> None:
    from igz_apply.iguazio4.migration.naming import named
    from igz_apply.model.migration import NameMapping, OldObject, Origin

    address = Address("Quota", "gpu")
    found = named(Origin("old", {address: OldObject(address, {})}), NameMapping())
    assert found.gone[address].why == "Iguazio 4 has no such kind"


# Groups


def test_groups_stay_flat_or_fall_into_a_tree_and_what_is_missing_on_the_way_is_added() -> None:
    resources = [group("nlp"), group("team-a"), group("a.b.c"), group("x")]
    assert {*specs(move(*resources))} == {"Group/nlp", "Group/team-a", "Group/a.b.c", "Group/x"}
    said = mapping(groups={"nlp": "research/nlp", "team-*": "teams/*"}, separator=".")
    moved = move(*resources, said=said)
    paths = ["a", "a/b", "a/b/c", "research", "research/nlp", "teams", "teams/a", "x"]
    assert [each["metadata"]["name"] for each in moved.documents["groups.yaml"]] == paths
    added = [each for each in moved.objects if each.fate is Fate.ADDED]
    assert [str(each.new) for each in added] == ["Group/a", "Group/a/b", "Group/research", "Group/teams"]
    assert [each.old for each in moved.objects[-len(added) :]] == [None] * 4
    assert added[2].why.endswith(": research/nlp")
    assert specs(moved)["Group/research"] == {}
    assert loaded_problems(moved) == ()


def test_a_group_that_lives_states_its_users_and_one_that_is_declared_as_its_manifest_did() -> None:
    said = mapping(users={"ada": "a@x.test"})
    origin = living(live(user("ada")), live(group("ops")), live(group("none")), groups_of={"ada": {"ops"}})
    moved = move(origin=origin, said=said)
    assert specs(moved)["Group/ops"] == {"users": ["a@x.test"]}
    assert specs(moved)["Group/none"] == {"users": []}
    assert "groups" not in specs(moved)["User/a@x.test"]
    assert [each.path for each in fate(moved, "Group/none").fields] == []
    by_user = move(user("ada", groups=["ops"]), group("ops"), said=said)
    assert specs(by_user)["User/a@x.test"]["groups"] == ["ops"]
    assert specs(by_user)["Group/ops"] == {}
    by_group = move(user("ada"), group("ops", users=["ada"]), said=said)
    assert specs(by_group)["Group/ops"] == {"users": ["a@x.test"]}
    assert "groups" not in specs(by_group)["User/a@x.test"]


def test_a_membership_of_what_is_left_behind_is_lost_and_told() -> None:
    people = [user("ada"), user("bob"), group("ops", users=["ada", "bob"]), group("solo", users=["bob"])]
    moved = move(*people, said=mapping(leave=["User/bob"]))
    roster = field(moved, "Group/ops", "users")
    assert (roster.fate, roster.before, roster.after) == (Fate.CHANGED, ["ada", "bob"], ["ada"])
    assert roster.why == "bob is not carried: it is of the past"
    solo = field(moved, "Group/solo", "users")
    assert (solo.fate, solo.after) == (Fate.LOST, None)
    assert specs(moved)["Group/solo"] == {"users": []}


def test_the_primary_group_is_lost_and_its_membership_is_not() -> None:
    moved = move(user("ada", groups=["ops"], primary_group="first"), group("ops"), group("first"))
    assert specs(moved)["User/ada"]["groups"] == ["first", "ops"]
    assert field(moved, "User/ada", "primary_group").fate is Fate.LOST


def test_the_group_of_everybody_is_listed_where_the_mapping_gives_it_a_path() -> None:
    said = mapping(groups={"all_users": "everybody"})
    origin = living(
        live(user("ada")),
        live(user("sys"), is_system=True),
        live(group("all_users"), is_system=True),
        groups_of={"ada": {"all_users"}, "sys": {"all_users"}},
    )
    moved = move(origin=origin, said=said)
    assert specs(moved)["Group/everybody"] == {"users": ["ada"]}
    assert "sys is not carried" in field(moved, "Group/all_users", "users").why
    declared = move(user("ada", groups=["ops"]), group("ops"), user("bob"), said=said)
    assert specs(declared)["Group/everybody"] == {"users": ["ada", "bob"]}
    assert specs(declared)["User/ada"]["groups"] == ["everybody", "ops"]
    assert fate(declared, "Group/everybody").fate is Fate.ADDED
    flat = move(user("ada", groups=["ops"]), group("ops"))
    assert specs(flat)["User/ada"]["groups"] == ["ops"]
    assert field(flat, "User/ada", "groups").fate is Fate.CARRIED


def test_nobody_is_taken_out_of_the_administrators_that_are_there() -> None:
    origin = living(live(user("ada")), live(group("admins"), is_system=True), groups_of={"ada": {"admins"}})
    moved = move(origin=origin, said=mapping(groups={"admins": "admins"}))
    assert document(moved, "Group/admins")["lifecycle"] == {"membership": "additive"}
    stated = move(group("ops"), said=mapping(groups={"ops": "admins"}))
    assert "lifecycle" not in document(stated, "Group/admins")


# Policies


def test_policies_go_by_the_mapping_alone_and_are_held_from_their_own_side() -> None:
    said = mapping(policies={"Developer": ["oris-developer", "oris-viewer"], "Data": "nothing there is like it"})
    moved = move(
        user("ada", email="a@x.test", assigned_policies=["Developer"]),
        user("bob", assigned_policies=["Data", "Service Admin"]),
        user("eve", assigned_policies=[]),
        group("ops", assigned_policies=["Developer", "Data"]),
        said=said,
    )
    assert document(moved, "PolicyBinding/oris-developer") == {
        "apiVersion": "iguazio.com/v4",
        "kind": "PolicyBinding",
        "metadata": {"name": "oris-developer"},
        "spec": {"users": ["a@x.test"], "groups": ["ops"]},
        "lifecycle": {"membership": "additive"},
    }
    assert moved.policies == {"Developer": ("oris-developer", "oris-viewer")}
    ada, bob, ops = (field(moved, each, "assigned_policies") for each in ("User/ada", "User/bob", "Group/ops"))
    assert (ada.fate, ada.after, ada.why) == (Fate.CARRIED, ["oris-developer", "oris-viewer"], "")
    assert (ops.fate, ops.why) == (Fate.CHANGED, "Data is not carried: nothing there is like it")
    assert (bob.fate, bob.after) == (Fate.LOST, None)
    assert bob.why.endswith("Service Admin is not carried: the mapping says nothing of it")
    assert moved.holders["Developer"] == (Address("Group", "ops"), Address("User", "ada"))
    assert loaded_problems(moved) == ()


def test_nobody_who_is_left_behind_holds_a_policy_there() -> None:
    said = mapping(policies={"Developer": ["oris-developer"]}, leave=["User/ada"])
    assert specs(move(user("ada", assigned_policies=["Developer"]), said=said)) == {}


def test_a_policy_may_be_said_by_its_display_name() -> None:
    to = Destination("new", {"oris-developer": "Developer", "oris-viewer": "Viewer"})
    said = mapping(policies={"Developer": ["developer"], "Data": ["oris-viewer"]})
    moved = move(user("ada", assigned_policies=["Developer", "Data"]), said=said, to=to)
    assert moved.policies == {"Data": ("oris-viewer",), "Developer": ("oris-developer",)}
    assert moved.destination == "new"
    assert moved.problems == ()


# The whole


def test_the_same_inputs_give_the_same_value_whatever_their_order() -> None:
    resources = [user("ada", email="a@x.test", groups=["ops"]), group("ops"), project("churn", owner="ada"), user("b")]
    said = mapping(groups={"ops": "a/ops"})
    assert move(*resources, said=said) == move(*reversed(resources), said=said)
    assert list(move(*resources).documents) == ["groups.yaml", "users.yaml", "policies.yaml", "projects.yaml"]


def test_counts_add_up() -> None:
    moved = move(user("a"), user("b"), group("x.y"), service("s"), said=mapping(separator=".", leave=["User/b"]))
    assert [each.fate for each in moved.objects] == [Fate.LOST, Fate.CARRIED, Fate.CARRIED, Fate.LOST, Fate.ADDED]
    assert told(moved) == []
