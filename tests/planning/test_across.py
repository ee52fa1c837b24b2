"""What others changed on both sides of a move: on one alone, on both alike, on both differently."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import jsonschema_rs

from igz_apply.iguazio3.kinds import KINDS as KINDS3
from igz_apply.iguazio4.platform import IGUAZIO4
from igz_apply.manifests.schemas import form_schema
from igz_apply.model.addresses import Address
from igz_apply.model.kind import Kinds
from igz_apply.model.migration import NameMapping
from igz_apply.model.resources import LiveState, Owned, Resource
from igz_apply.planning.across import Across, Side, Unseen, Watched, across, unseen_of
from igz_apply.planning.across_data import across_document
from igz_apply.planning.drift import drift_of
from igz_apply.planning.origins import origin_of_live
from igz_apply.planning.reverting import reverted
from tests.builders import cluster, entry, group, live, manifests, plan_for, project, resource, service
from tests.iguazio4.moves import mapping, move, user

KINDS = IGUAZIO4.kinds
NOTHING = NameMapping()
SCHEMA = jsonschema_rs.validator_for(dict(form_schema("across")))
BORN = "2026-01-01"
ALL_SEEN = (Unseen(), Unseen())


def watched(applied: list[Resource], seen: LiveState, kinds: Kinds) -> Watched:
    """Return a side whose manifests were applied, and say so still."""
    inventory = Owned({each.address: entry(each, born=BORN) for each in applied})
    seen = replace(seen, resources={it: replace(each, born=BORN) for it, each in seen.resources.items()})
    plan = plan_for(manifests(*applied), seen, inventory, kinds=kinds)
    drifts = drift_of(plan, inventory, kinds)
    return Watched(seen, reverted(seen, drifts, plan, kinds), drifts, kinds)


def told(
    old: tuple[list[Resource], LiveState], new: tuple[list[Resource], LiveState], said: NameMapping = NOTHING
) -> list[Across]:
    sides = watched(*old, KINDS3), watched(*new, KINDS)
    found = across(*sides, lambda state: move(origin=origin_of_live(state, KINDS3, "old"), said=said))
    SCHEMA.validate(
        json.loads(json.dumps(across_document(found, "old", "new", ALL_SEEN)))
    )  # whatever is found conforms
    return list(found)


def rows(found: list[Across]) -> list[tuple[str, str, str, Any, Any, Any]]:
    return [(it.side.value, str(it.address), it.path, it.was, it.old, it.new) for it in found]


def old_ada(**more: Any) -> Resource:
    return user("ada", email="ada@x.org", **more)


def ada(**more: Any) -> Resource:
    return user("ada@x.org", email="ada@x.org", **more)


def test_nothing_is_told_where_nobody_changed_anything() -> None:
    old = [old_ada(), project("churn", owner="ada")]
    new = [ada(), project("churn", owner="ada@x.org")]
    assert told((old, cluster(*old)), (new, cluster(*new))) == []


def test_each_change_is_told_by_the_new_name_and_by_the_side_that_made_it() -> None:
    old = [old_ada(last_name="L"), project("churn", description="x", labels={"a": "1"})]
    new = [ada(last_name="L"), project("churn", description="x", labels={"a": "1"})]
    found = told(
        (old, cluster(old_ada(last_name="K"), project("churn", description="both", labels={"a": "2"}))),
        (new, cluster(ada(last_name="L"), project("churn", description="both", labels={"a": "3"}))),
    )
    assert rows(found) == [
        ("old", "User/ada@x.org", "last_name", "L", "K", None),
        ("alike", "Project/churn", "description", "x", "both", "both"),
        ("apart", "Project/churn", "labels", {"a": "1"}, {"a": "2"}, {"a": "3"}),
    ]
    assert found[0].old_address == Address("User", "ada")
    found = told((old, cluster(*old)), (new, cluster(ada(last_name="K"), new[1])))
    assert rows(found) == [("new", "User/ada@x.org", "last_name", "L", None, "K")]


def test_memberships_and_roles_are_told_whichever_side_states_them() -> None:
    old = [old_ada(), group("ops", users=["ada"]), group("dev"), project("p", members={"editor": {"users": ["ada"]}})]
    new = [ada(groups=["ops"]), group("ops"), group("dev"), project("p", members={"editor": {"users": ["ada@x.org"]}})]
    found = told(
        (old, cluster(old_ada(groups=["dev"]), group("ops"), group("dev"), project("p"))),
        (new, cluster(ada(groups=["dev", "ops"]), group("ops"), group("dev"), new[3])),
    )
    assert rows(found) == [
        ("old", "Project/p", "members.editor.users", ["ada@x.org"], None, None),
        ("apart", "User/ada@x.org", "groups", ["ops"], ["dev"], ["dev", "ops"]),
    ]


def test_what_is_gone_on_one_side_and_changed_on_the_other_is_on_both() -> None:
    old = [old_ada(groups=["ops"]), group("ops"), project("p", description="x"), project("q"), project("r")]
    new = [ada(groups=["ops"]), group("ops"), project("p", description="x"), project("q"), project("r")]
    found = told(
        (old, cluster(group("ops"), project("p", description="y"), project("r"))),
        (new, cluster(ada(first_name="B", groups=["ops"]), group("ops"))),
    )
    assert [(it.side.value, str(it.address), it.path, it.note) for it in found] == [
        ("new", "Project/r", "", "is gone on the new side"),
        ("alike", "Project/q", "", "is gone on the old side and is gone on the new side"),
        ("apart", "Project/p", "", "is gone on the new side"),
        ("apart", "Project/p", "description", ""),
        ("apart", "User/ada@x.org", "", "is gone on the old side"),
        ("apart", "User/ada@x.org", "first_name", ""),
    ]


def test_what_does_not_go_along_is_told_by_its_old_fields() -> None:
    old = [
        group("ops-x", description="x"),
        service("notes", description="x"),
        service("gone"),
        project("p", description="d"),
    ]
    seen = cluster(group("ops-x", description="y"), service("notes", description="y"), project("p", description="d"))
    new = [group("ops/x"), group("ops"), project("p", description="d")]
    said = mapping(groups={"ops-*": "ops/*"})
    found = told((old, seen), (new, cluster(*new)), said)
    assert [(str(it.address), it.path, it.was, it.old, it.stays) for it in found] == [
        ("AppService/gone", "", None, None, True),
        ("AppService/notes", "description", "x", "y", True),
        ("Group/ops/x", "description", "x", "y", True),
    ]
    assert {it.side for it in found} == {Side.OLD}
    assert [(it.note, it.old_address) for it in found] == [
        ("is gone", None),
        ("", None),
        ("", Address("Group", "ops-x")),
    ]


def test_policies_are_told_as_bindings() -> None:
    said = mapping(policies={"Data": ["oris-viewer"]})
    old, new = (
        [old_ada(assigned_policies=["Data"])],
        [ada(), resource("PolicyBinding", "oris-viewer", users=["ada@x.org"])],
    )
    found = told((old, cluster(old_ada())), (new, cluster(*new)), said)
    assert rows(found) == [("old", "PolicyBinding/oris-viewer", "users", ["ada@x.org"], [], None)]


def test_one_that_is_another_now_is_told_as_a_whole() -> None:
    old = [old_ada(), project("p", description="d")]
    new = [ada(), project("p", description="d")]
    found = told(
        (old, cluster(live(old_ada(), id="another"), old[1])), (new, cluster(live(ada(), id="another"), new[1]))
    )
    assert [(it.side, str(it.address), bool(it.note)) for it in found] == [
        (Side.OLD, "User/ada@x.org", True),
        (Side.NEW, "User/ada@x.org", True),
    ]


def test_the_data_holds_each_change() -> None:
    old, new = [old_ada(last_name="L")], [ada(last_name="L")]
    found = told((old, cluster(old_ada(last_name="K"))), (new, cluster(*new)))
    assert json.loads(json.dumps(across_document(found, "old", "new", ALL_SEEN))) == {
        "format_version": 1,
        "old": "old",
        "new": "new",
        "changes": [
            {
                "address": "User/ada@x.org",
                "old_address": "User/ada",
                "changed_on": "old",
                "path": "last_name",
                "applied": "L",
                "old": "K",
                "new": None,
                "note": "",
                "stays_behind": False,
            }
        ],
        "unseen": {side: {"not_visible": {}, "partial": {}, "unknown": {}} for side in ("old", "new")},
    }


def test_the_data_holds_what_of_either_side_was_not_seen() -> None:
    ada = Address("User", "ada")
    plan = replace(
        plan_for(manifests(), cluster(), Owned()),
        not_visible={ada: "403"},
        partial={"Group": "403"},
        unknown={ada: ("email",)},
    )
    data = json.loads(json.dumps(across_document([], "old", "new", (unseen_of(plan), Unseen()))))
    SCHEMA.validate(data)
    assert data["unseen"]["old"] == {
        "not_visible": {"User/ada": "403"},
        "partial": {"Group": "403"},
        "unknown": {"User/ada": ["email"]},
    }
    assert unseen_of(plan)
    assert not Unseen()
    assert data["unseen"]["new"] == {"not_visible": {}, "partial": {}, "unknown": {}}


def test_the_schema_refuses_what_is_no_such_document() -> None:
    old = [old_ada(last_name="L")]
    (found,) = told((old, cluster(old_ada(last_name="Other"))), ([ada(last_name="L")], cluster(ada(last_name="L"))))
    data = json.loads(json.dumps(across_document([found], "old", "new", ALL_SEEN)))
    assert SCHEMA.is_valid(data)
    for key in data:
        assert not SCHEMA.is_valid({name: value for name, value in data.items() if name != key}), key
    for side in data["unseen"].values():
        assert not SCHEMA.is_valid({**data, "unseen": {**data["unseen"], "old": {it: {} for it in list(side)[1:]}}})
    [change] = data["changes"]
    for key in change:
        assert not SCHEMA.is_valid({**data, "changes": [{it: change[it] for it in change if it != key}]}), key
    assert not SCHEMA.is_valid({**data, "changes": [{**change, "changed_on": "both"}]})
