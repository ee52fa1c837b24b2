"""What becomes of projects and of lifecycles, field by field."""

from __future__ import annotations

import pytest

from igz_apply.model.hidden import MASK, Hidden
from igz_apply.model.migration import Fate, ProjectMapping
from tests.iguazio4.moves import (
    document,
    fate,
    field,
    group,
    loaded_problems,
    mapping,
    move,
    owned_by,
    project,
    replace,
    resource,
    specs,
    user,
)

# Projects


def test_a_project_is_carried_with_owner_labels_members_and_how_it_is_deleted() -> None:
    said = mapping(groups={"nlp": "research/nlp"})
    churn = project(
        "churn",
        description="Churn",
        owner="ada",
        labels={"team": "retail"},
        annotations=None,
        admin_status="online",
        members={"admin": {"users": ["ada"]}, "editor": {"users": ["bob"], "groups": ["nlp"]}, "viewer": {}},
        deletion_strategy="cascading",
    )
    moved = move(user("ada", email="a@x.test"), user("bob"), group("nlp"), churn, said=said)
    assert list(document(moved, "Project/churn")["spec"].items()) == [
        ("description", "Churn"),
        ("owner", "a@x.test"),
        ("labels", {"team": "retail"}),
        ("annotations", None),
        ("state", "online"),
        ("members", {"admin": {}, "editor": {"users": ["bob"], "groups": ["research/nlp"]}, "viewer": {}}),
        ("deletion_strategy", "cascading"),
    ]
    assert fate(moved, "Project/churn").fate is Fate.CARRIED
    assert field(moved, "Project/churn", "members.admin.users").why == "the owner acts as an admin without being listed"
    assert loaded_problems(moved) == ()


@pytest.mark.parametrize(
    ("before", "said", "after", "is_carried"),
    [
        ("online", "", "online", True),
        ("archived", "", "archived", True),
        ("offline", "", "online", False),
        ("offline", "archived", "archived", False),
        ("online", "archived", "archived", False),
        ("archived", "archived", "archived", True),
        (None, "archived", "archived", False),
    ],
)
def test_a_project_is_online_or_archived_there(before: str | None, said: str, after: str, is_carried: bool) -> None:
    stated = {} if before is None else {"admin_status": before}
    moved = move(project("churn", **stated), said=mapping(projects={"churn": ProjectMapping(state=said)}))
    assert specs(moved)["Project/churn"]["state"] == after
    found = field(moved, "Project/churn", "admin_status")
    assert (found.fate is Fate.CARRIED) == is_carried == (not found.why)
    assert ("mapping" in found.why) == (bool(said) and not is_carried)


def test_node_selectors_are_carried_where_the_mapping_says_that_mlrun_leads() -> None:
    churn = project("churn", default_function_node_selector={"zone": "b"})
    lost = field(move(churn), "Project/churn", "default_function_node_selector")
    assert (lost.fate, lost.mark) == (Fate.LOST, "[ORCA] [MLSDK]")
    kept = move(churn, said=mapping(node_selectors=True))
    assert specs(kept)["Project/churn"]["default_function_node_selector"] == {"zone": "b"}
    empty = move(project("churn", default_function_node_selector={}), said=mapping(node_selectors=True))
    assert specs(empty)["Project/churn"] == {}


def test_roles_go_by_name_or_by_the_mapping_and_two_that_become_one_are_put_together() -> None:
    churn = project(
        "churn", members={"admin": {"users": ["ada"]}, "editor": {"users": ["bob"], "groups": ["ops"]}, "viewer": {}}
    )
    people = [user("ada"), user("bob"), group("ops"), churn]
    moved = move(*people, said=mapping(roles={"admin": "builder", "editor": "builder"}))
    assert specs(moved)["Project/churn"]["members"] == {
        "builder": {"users": ["ada", "bob"], "groups": ["ops"]},
        "viewer": {},
    }
    found = field(moved, "Project/churn", "members.editor.users")
    assert (found.fate, found.why) == (Fate.CHANGED, "the mapping makes editor builder")
    assert specs(move(project("churn", members=None)))["Project/churn"]["members"] == {
        "admin": {},
        "editor": {},
        "viewer": {},
    }


def test_members_that_do_not_go_along_are_told() -> None:
    churn = project("churn", members={"editor": {"users": ["ada", "bob"]}, "viewer": {"groups": ["all_users"]}})
    moved = move(user("ada"), user("bob"), churn, said=mapping(leave=["User/bob"]))
    assert field(moved, "Project/churn", "members.editor.users").why == "bob is not carried: it is of the past"
    everybody = field(moved, "Project/churn", "members.viewer.groups")
    assert (everybody.fate, everybody.after) == (Fate.LOST, None)
    assert "everybody is listed" in everybody.why
    assert specs(moved)["Project/churn"]["members"] == {"editor": {"users": ["ada"]}, "viewer": {}}


def test_a_project_gets_another_owner_by_the_mapping_alone() -> None:
    churn = project("churn", owner="ada", members={"admin": {"users": ["ada", "bob"]}})
    moved = move(user("ada"), user("bob"), churn, said=mapping(projects={"churn": owned_by("bob")}))
    assert specs(moved)["Project/churn"]["owner"] == "bob"
    assert field(moved, "Project/churn", "owner").fate is Fate.CHANGED
    assert specs(moved)["Project/churn"]["members"]["admin"] == {"users": ["ada", "bob"]}
    ownerless = move(project("churn", owner=None, deletion_strategy=None))
    assert specs(ownerless)["Project/churn"] == {}


def test_the_mark_of_the_repository_does_not_go_along() -> None:
    moved = move(project("churn", annotations={"igz-apply/owner": "main", "a": "b"}, labels={}))
    assert specs(moved)["Project/churn"] == {"annotations": {"a": "b"}, "labels": {}}
    assert field(moved, "Project/churn", "annotations").fate is Fate.CHANGED


def test_what_may_be_a_secret_is_not_shown() -> None:
    moved = move(project("churn", labels={"a": Hidden("Project/churn", "s3cret")}))
    assert field(moved, "Project/churn", "labels").before == {"a": MASK}
    assert "s3cret" not in str(moved)


# Lifecycles


def test_a_lifecycle_is_carried_as_far_as_it_means_something_there() -> None:
    churn = resource(
        "Project",
        "churn",
        description="x",
        admin_status="online",
        members={"editor": {}},
        default_function_node_selector={"a": "b"},
        prevent_destroy=True,
        ignore_changes=[
            "description",
            "admin_status",
            "members.editor.users",
            "members",
            'default_function_node_selector["a"]',
            'labels["x"]',
            "unheard_of",
        ],
        timeout=90.0,
        on_removal="forget",
        depends_on=["User/ada", "User/gone"],
    )
    churn = replace(churn, lifecycle=replace(churn.lifecycle, renamed_from="turnover"))
    moved = move(churn, user("ada", email="a@x.test"), said=mapping(roles={"editor": "builder"}))
    assert document(moved, "Project/churn")["lifecycle"] == {
        "prevent_destroy": True,
        "ignore_changes": ["description", "state", "members.builder.users", "members"],
        "on_removal": "forget",
        "timeout": 90,
        "depends_on": ["User/a@x.test"],
    }
    fates = {each.path: each.fate for each in fate(moved, "Project/churn").fields if each.path.startswith("lifecycle")}
    assert fates == {
        "lifecycle.prevent_destroy": Fate.CARRIED,
        "lifecycle.ignore_changes": Fate.CHANGED,
        "lifecycle.renamed_from": Fate.LOST,
        "lifecycle.on_removal": Fate.CARRIED,
        "lifecycle.timeout": Fate.CARRIED,
        "lifecycle.depends_on": Fate.CHANGED,
    }
    assert loaded_problems(moved) == ()


def test_what_is_left_of_a_list_in_a_lifecycle_may_be_nothing_and_seconds_stay_what_they_are() -> None:
    moved = move(user("ada", uid=1, ignore_changes=["uid"], timeout=0.5, depends_on=["AppService/x"]))
    assert document(moved, "User/ada")["lifecycle"] == {"timeout": 0.5}
    assert field(moved, "User/ada", "lifecycle.ignore_changes").fate is Fate.LOST
    assert field(moved, "User/ada", "lifecycle.depends_on").after is None
    kept = move(user("bob", prevent_destroy=True, ignore_changes=["first_name"]))
    assert document(kept, "User/bob")["lifecycle"] == {"prevent_destroy": True, "ignore_changes": ["first_name"]}
    additive = move(group("ops", users=["ada"], membership="additive"), user("ada"))
    assert document(additive, "Group/ops")["lifecycle"] == {"membership": "additive"}
