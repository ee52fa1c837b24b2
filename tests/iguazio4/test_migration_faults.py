"""What is wrong with a move, and where: each rule with the place that somebody has to mend."""

from __future__ import annotations

import pytest

from igz_apply.model.migration import Destination, Migration, NameMapping, PersonMapping
from igz_apply.model.resources import Resource
from tests.iguazio4.moves import (
    group,
    live,
    living,
    loaded_problems,
    mapping,
    move,
    owned_by,
    problem,
    project,
    replace,
    service,
    told,
    user,
)

UUID = "0f3c5d7e-1a2b-4c5d-8e9f-001122334455"


SUMMARIES = {
    "IGZ-760": "Two that become one",
    "IGZ-761": "Unusable new name",
    "IGZ-762": "E-mail other than the username",
    "IGZ-763": "First or last name missing",
    "IGZ-764": "Mapped and not there",
    "IGZ-765": "Pattern that matches nothing",
    "IGZ-766": "Patterns that match equally",
    "IGZ-767": "Mapped and left behind",
    "IGZ-768": "Owner that is left behind",
    "IGZ-769": "Unknown policy there",
    "IGZ-770": "Policy that nobody maps",
    "IGZ-771": "Name that was not seen",
    "IGZ-772": "Perhaps a higher role",
    "IGZ-780": "Project without an owner",
}


def only(moved: Migration) -> tuple[str, str, str, str]:
    """Return the one problem that there is: code, place, detail, hint."""
    assert len(moved.problems) == 1, told(moved)
    (found,) = moved.problems
    assert found.summary == SUMMARIES[found.code]
    return found.code, str(found.source or found.address), found.detail, found.hint


def test_two_users_of_one_address_are_told_with_both_places() -> None:
    assert only(move(user("ada", email="Ada@x.test"), user("ada2", email="ada@X.test"))) == (
        "IGZ-760",
        "manifests/ada2.yaml:1:1",
        "User/ada2 would be called ada@x.test, and so is User/ada, at manifests/ada.yaml:1:1.",
        "Give one of them another name in the mapping, or leave one behind.",
    )
    alive = move(origin=living(live(user("ada", email="a@x.test")), live(user("bob", email="a@x.test"))))
    code, place, detail, _ = only(alive)
    assert (code, place) == ("IGZ-760", "User/bob")
    assert detail.endswith("and so is User/ada, at old.")
    mapped = move(user("ada"), user("bob"), said=mapping(users={"bob": "ADA"}))
    assert only(mapped)[:2] == ("IGZ-760", "mapping.yaml:2:20")


def test_groups_of_one_path_or_of_one_but_for_case_are_two_that_become_one() -> None:
    moved = move(group("Ops"), group("ops"))
    code, place, detail, _ = only(moved)
    assert (code, place) == ("IGZ-760", "manifests/ops.yaml:1:1")
    assert detail.endswith("but for upper and lower case: Ops.")
    around = move(group("Lab"), group("nlp"), said=mapping(groups={"nlp": "lab/nlp"}))
    assert only(around)[:3] == (
        "IGZ-760",
        "mapping.yaml:2:20",
        (
            "Group/nlp becomes lab/nlp, which lies in lab; Group/Lab becomes Lab at manifests/Lab.yaml:1:1, which "
            "differs in upper and lower case alone."
        ),
    )


@pytest.mark.parametrize(
    ("resource", "said", "code", "reason"),
    [
        (user("ada"), mapping(users={"ada": UUID}), "IGZ-761", "it looks like one"),
        (user("ada"), mapping(users={"ada": "a/b"}), "IGZ-761", "no blank and no /"),
        (user("ada"), mapping(users={"ada": "a b"}), "IGZ-761", "no blank and no /"),
        (user("ada"), mapping(users={"ada": ""}), "IGZ-761", "is not empty"),
        (user("ada", email="a/b@x.test"), NameMapping(), "IGZ-761", "no blank and no /"),
        (user("ada"), mapping(users={"ada": "Admin"}), "IGZ-761", "the platform's own account"),
        (group("a/b/"), NameMapping(), "IGZ-761", "no part of a path is empty"),
        (group("ops"), mapping(groups={"ops": "/ops"}), "IGZ-761", "without a / in front"),
        (group("ops"), mapping(groups={"ops": "a//b"}), "IGZ-761", "no part of a path is empty"),
        (group("ops"), mapping(groups={"ops": "a/ b"}), "IGZ-761", "begins or ends with a blank"),
        (group("ops"), mapping(groups={"ops": ""}), "IGZ-761", "no part of a path is empty"),
        (group(".ops"), mapping(separator="."), "IGZ-761", "without a / in front"),
        (project("Churn"), NameMapping(), "IGZ-761", "lower-case letters"),
        (project("a" * 64), NameMapping(), "IGZ-761", "at most 63"),
    ],
)
def test_a_name_that_the_platform_would_not_take_is_told_where_it_is_said(
    resource: Resource, said: NameMapping, code: str, reason: str
) -> None:
    moved = move(resource, said=said)
    found = problem(moved, "Unusable new name")
    assert (found.code, found.address) == (code, resource.address)
    assert reason in found.detail
    is_mapped = resource.address.name in {*said.users, *said.groups}
    assert str(found.source) == ("mapping.yaml:2:20" if is_mapped else f"manifests/{resource.address.name}.yaml:1:1")


def test_a_slash_in_the_name_of_a_flat_group_is_not_taken_for_a_tree() -> None:
    found = problem(move(group("a/b")), "Unusable new name")
    assert "a / in it" in found.detail
    assert move(group("a/b"), said=mapping(groups={"a/b": "a/b"})).problems == ()


def test_a_username_that_is_not_the_address_is_refused() -> None:
    assert only(move(user("ada", email="a@x.test"), said=mapping(users={"ada": "ada"})))[:3] == (
        "IGZ-762",
        "mapping.yaml:2:20",
        (
            "User/ada would be called ada, and has the e-mail address a@x.test: where there is an address, it is the "
            "username."
        ),
    )


def test_somebody_without_a_name_needs_one_in_the_mapping() -> None:
    nameless = user("ada", first_name="", last_name=None)
    assert only(move(nameless))[:3] == (
        "IGZ-763",
        "manifests/ada.yaml:1:1",
        "User/ada has no first_name and last_name, which Iguazio 4 requires.",
    )
    assert only(move(origin=living(live(nameless))))[1] == "User/ada"
    half = mapping(users={"ada": PersonMapping(first_name="Ada")})
    assert only(move(nameless, said=half))[1:] == (
        "mapping.yaml:2:3",
        "User/ada has no last_name, which Iguazio 4 requires.",
        "Say it in the mapping, under `users`.",
    )


def test_what_is_mapped_and_not_there_is_told_with_the_nearest_name() -> None:
    said = mapping(
        users={"adda": "x@x.test"},
        groups={"opps": "o"},
        projects={"chrun": owned_by("ada"), "churn": owned_by("nobody")},
        policies={"Dveloper": ["x"]},
    )
    origin = (user("ada", assigned_policies=["Developer"]), group("ops"), project("churn"))
    moved = move(*origin, said=said)
    found = {
        str(each.source): (each.severity, each.detail, each.hint) for each in moved.problems if each.code == "IGZ-764"
    }
    assert found == {
        "mapping.yaml:2:3": ("error", "manifests has no User adda.", "Did you mean ada?"),
        "mapping.yaml:3:3": ("warning", "Nobody who goes along holds the policy Dveloper.", "Did you mean Developer?"),
        "mapping.yaml:4:3": ("error", "manifests has no Project chrun.", "Did you mean churn?"),
        "mapping.yaml:6:3": ("error", "manifests has no Group opps.", "Did you mean ops?"),
        "mapping.yaml:70:12": ("error", "manifests has no User nobody.", "Take it out of the mapping."),
    }


def test_what_was_not_seen_is_not_taken_for_gone() -> None:
    origin = living(partial={"User": "no policy of this caller shows all"})
    found = problem(move(origin=origin, said=mapping(users={"ada": "a@x.test"})), "Mapped and not there")
    assert found.severity == "warning"
    assert found.detail == "old has no User ada, as far as it was seen: no policy of this caller shows all."
    moved = move(origin=origin)
    assert moved.partial == {"User": "no policy of this caller shows all"}


def test_the_own_groups_are_known_where_no_manifest_declares_them() -> None:
    assert move(user("ada"), said=mapping(groups={"all_users": "everybody"})).problems == ()


def test_patterns_that_match_nothing_are_told() -> None:
    said = mapping(users={"svc-*": "*@r.test", "a*": "*"}, groups={"team-*": "t/*"}, leave=["User/old-*", "User/bbo"])
    moved = move(user("ada"), user("bob"), said=said)
    assert told(moved) == [
        ("Pattern that matches nothing", "warning", "mapping.yaml:2:3"),
        ("Pattern that matches nothing", "warning", "mapping.yaml:4:3"),
        ("Pattern that matches nothing", "warning", "mapping.yaml:90:5"),
        ("Pattern that matches nothing", "warning", "mapping.yaml:91:5"),
    ]
    assert moved.problems[-1].hint == "Did you mean User/bob?"
    own = living(live(user("sys"), is_system=True))
    assert problem(move(origin=own, said=mapping(users={"s*": "*"})), "Pattern that matches nothing")


def test_two_patterns_that_say_as_much_of_a_name_are_refused() -> None:
    said = mapping(users={"ab*": "x-*", "*ba": "y-*"})
    code, place, detail, hint = only(move(user("abba"), user("ab"), user("xba"), said=said))
    assert (code, place) == ("IGZ-766", "mapping.yaml:3:3")
    assert detail == "*ba and ab* say as much of User/abba, so that nobody can tell which of them counts."
    assert hint == "Say abba itself under `users`, or make one of the patterns longer."
    lost = replace(said, places={})
    assert only(move(user("abba"), said=lost))[1] == "None"
    assert move(user("abba"), said=mapping(users={"ab*": "x-*", "*ba": "y-*", "abba": "z"})).problems == ()


def test_what_is_mapped_and_left_behind_is_a_contradiction() -> None:
    said = mapping(users={"ada": "x"}, groups={"ops": "o"}, projects={"churn": owned_by("bob")}, leave=["*/*"])
    moved = move(user("ada"), user("bob"), group("ops"), project("churn"), said=said)
    assert [(each.code, str(each.address), str(each.source)) for each in moved.problems] == [
        ("IGZ-767", "User/ada", "mapping.yaml:2:3"),
        ("IGZ-767", "Project/churn", "mapping.yaml:3:3"),
        ("IGZ-767", "Group/ops", "mapping.yaml:4:3"),
    ]


@pytest.mark.parametrize(
    ("resources", "said", "place", "why"),
    [
        ((user("ada"),), mapping(leave=["User/ada"]), "manifests/churn.yaml:1:1", "it is of the past"),
        ((), NameMapping(), "manifests/churn.yaml:1:1", "it was not seen"),
        ((user("sys"),), mapping(projects={"churn": owned_by("sys")}), "mapping.yaml:70:12", "the platform's own"),
    ],
)
def test_a_project_whose_owner_is_left_behind_needs_another(
    resources: tuple[Resource, ...], said: NameMapping, place: str, why: str
) -> None:
    found = problem(move(*resources, project("churn", owner="ada"), said=said), "Owner that is left behind")
    assert (found.code, found.severity, str(found.source)) == ("IGZ-768", "error", place)
    assert why in found.detail
    assert found.hint == "Say who is to own it in the mapping: `projects: {churn: {owner: NAME}}`."


def test_an_owner_of_the_mapping_who_is_not_there_is_told_once_and_a_new_name_by_its_old_one() -> None:
    people = (user("grace", email="grace@x.test"), project("churn", owner="grace"))
    code, place, _, hint = only(move(*people, said=mapping(projects={"churn": owned_by("grace@x.test")})))
    assert (code, place, hint) == ("IGZ-764", "mapping.yaml:70:12", "Say the old name: grace.")
    origin = living(live(project("churn", owner="grace")), partial={"User": "some are hidden"})
    unseen = move(origin=origin, said=mapping(projects={"churn": owned_by("ada")}))
    assert {each.code for each in unseen.problems} == {"IGZ-764", "IGZ-768", "IGZ-771"}


def test_where_two_become_one_nobody_can_tell_what_either_holds() -> None:
    groups = (group("lab", users=["ada"]), group("nlp", users=["bob"]))
    churn = project("churn", owner="ada", members={"viewer": {"groups": ["lab"]}})
    said = mapping(groups={"nlp": "lab/nlp"})
    assert problem(move(user("ada"), user("bob"), *groups, churn, said=said), "Perhaps a higher role")
    mixed = mapping(users={"bob": "ada"}, groups={"nlp": "lab/nlp"})
    assert only(move(user("ada"), user("bob"), *groups, churn, said=mixed))[0] == "IGZ-760"


def test_a_project_of_which_nobody_says_who_owns_it_is_told() -> None:
    assert only(move(project("churn")))[:3] == (
        "IGZ-780",
        "manifests/churn.yaml:1:1",
        "Nothing says who owns Project/churn: it would belong to whoever applies what is written.",
    )
    assert move(project("churn", owner="admin")).problems == ()


def test_a_policy_that_the_new_cluster_does_not_have_is_told_with_the_nearest() -> None:
    to = Destination("new", {"oris-developer": "Developer", "a": "Same", "b": "same"})
    ada = user("ada", assigned_policies=["Developer"])

    def told_of(*new: str) -> tuple[str, str, str, str]:
        return only(move(ada, said=mapping(policies={"Developer": [*new]}), to=to))

    assert told_of("oris-develper") == (
        "IGZ-769",
        "mapping.yaml:2:20",
        "new has no policy oris-develper, which Developer is to become.",
        "Did you mean oris-developer?",
    )
    assert told_of("SAME")[2:] == ("2 policies of new are shown as SAME: a, b.", "State one of these names.")
    assert told_of("nothing like it")[3] == "It has a, b, oris-developer."
    none = move(ada, said=mapping(policies={"Developer": ["x"]}), to=Destination("new", {}))
    assert only(none)[3] == "It has none."
    assert none.policies == {}


def test_a_policy_that_no_policy_can_be_called_is_told_without_asking() -> None:
    ada = user("ada", assigned_policies=["Developer"])
    code, place, detail, _ = only(move(ada, said=mapping(policies={"Developer": ["a/b"]})))
    assert (code, place) == ("IGZ-761", "mapping.yaml:2:20")
    assert "'a/b'" in detail


def test_a_policy_that_nobody_maps_is_told_once_with_all_who_hold_it() -> None:
    moved = move(user("ada", assigned_policies=["Data"]), group("ops", assigned_policies=["Data"]))
    found = problem(moved, "Policy that nobody maps")
    assert (found.severity, str(found.source)) == ("warning", "manifests/ops.yaml:1:1")
    assert found.detail.startswith("Data is held by Group/ops, User/ada, and the mapping says nothing of it")
    assert [*map(str, found.about)] == ["Group/ops", "User/ada"]


def test_a_name_that_was_not_seen_goes_along_nowhere_and_is_told() -> None:
    members = {"viewer": {"users": ["ghost", "admin"], "groups": ["spirits", "admins", "all_users"]}}
    moved = move(project("churn", members=members), group("ops", users=["ghost"]))
    found = [(str(each.address), str(each.source)) for each in moved.problems if each.code == "IGZ-771"]
    assert found == [("Group/spirits", "manifests/churn.yaml:1:1"), ("User/ghost", "manifests/ops.yaml:1:1")]
    partial = move(origin=living(live(group("ops")), groups_of={"ada": {"ops"}}, partial={"User": "some are hidden"}))
    assert "and was not seen: some are hidden." in problem(partial, "Name that was not seen").detail


def test_a_move_without_faults_makes_manifests_that_validate() -> None:
    moved = move(
        user("ada", email="a@x.test", groups=["ops"], assigned_policies=["Developer"]),
        group("ops", description="x"),
        project("churn", owner="ada", members={"viewer": {"groups": ["ops"]}}),
        service("jupyter", kind="jupyter"),
        said=mapping(policies={"Developer": ["oris-developer"]}),
    )
    assert moved.problems == ()
    assert loaded_problems(moved) == ()
