"""Somebody leaves: the edits after which no manifest names the user, and who takes over."""

from __future__ import annotations

from dataclasses import replace

import pytest

from igz_apply.iguazio3.kinds import KINDS
from igz_apply.iguazio4.kinds import KINDS as KINDS4
from igz_apply.iguazio4.platform import IGUAZIO4
from igz_apply.model.addresses import Address
from igz_apply.model.edits import Put
from igz_apply.model.kind import Kinds
from igz_apply.model.resources import LiveState, Owned
from igz_apply.planning.offboarding import leaving, only_living, pruned, unfit_successor, without_successor
from tests.builders import cluster, group, live, manifests, owned, project, service, user
from tests.manifests.edited_texts import after, desired, loaded

ADA, KATHERINE = Address("User", "ada"), Address("User", "katherine")
COMPANY = """\
apiVersion: iguazio.com/v1
kind: Group
metadata: {name: ds}
spec:
  users: [ada, katherine]  # the team
---
# Ada
apiVersion: iguazio.com/v1
kind: User
metadata: {name: ada}
spec: {first_name: A, last_name: L, email: a@example.com, groups: [ds]}
---
apiVersion: iguazio.com/v1
kind: User
metadata: {name: katherine}
spec: {first_name: K, last_name: J, email: k@example.com, groups: [ds]}
---
apiVersion: iguazio.com/v1
kind: Project
metadata: {name: churn}
spec:
  owner: ada  # for now
  members:
    admin:
      groups: [ds]
    editor:
      users:
        - katherine
        - tim
    viewer: {users: [bob]}
---
apiVersion: iguazio.com/v1
kind: AppService
metadata: {name: nb}
spec: {kind: jupyter, owner: "ada", credentials: {username: ada}}
lifecycle: {depends_on: [User/ada, User/katherine]}
---
apiVersion: iguazio.com/v1
kind: Project
metadata: {name: gone}
spec: {owner: ada}
lifecycle: {state: absent}
"""


def test_lists_lose_the_user_and_what_is_owned_goes_to_the_successor() -> None:
    found = leaving(ADA, "katherine", desired(COMPANY), KINDS)
    text = after(COMPANY, found.edits)
    assert text == (
        COMPANY.replace("[ada, katherine]", "[katherine]")
        .replace("[User/ada, User/katherine]", "[User/katherine]")
        .replace(COMPANY[COMPANY.index("---\n# Ada") : COMPANY.index("---\napiVersion", COMPANY.index("# Ada"))], "")
        .replace("owner: ada  # for now", "owner: katherine  # for now")
        .replace("        - katherine\n", "")
        .replace('owner: "ada", credentials: {username: ada}', 'owner: "katherine", credentials: {username: katherine}')
    )
    assert found.is_declared
    assert [f"{by} {field}" for by, field in found.handed_over] == [
        "AppService/nb owner",
        "AppService/nb credentials.username",
        "Project/churn owner",
    ]
    assert sorted(map(str, found.about)) == ["AppService/nb", "Group/ds", "Project/churn", "User/ada"]


def test_what_the_manifests_declare_is_the_same_but_for_the_one_who_left() -> None:
    before, found = desired(COMPANY), leaving(ADA, "katherine", desired(COMPANY), KINDS)
    now = desired(after(COMPANY, found.edits))
    assert before.resources.keys() - now.resources.keys() == {ADA}
    churn = now.resources[Address("Project", "churn")].spec
    assert churn == {
        "owner": "katherine",
        "members": {"admin": {"groups": ["ds"]}, "editor": {"users": ["tim"]}, "viewer": {"users": ["bob"]}},
    }
    for address, resource in now.resources.items():
        if address not in found.about:
            assert (resource.spec, resource.lifecycle) == (
                before.resources[address].spec,
                before.resources[address].lifecycle,
            )


def test_the_users_own_manifest_is_the_last_to_be_edited() -> None:
    *before, last = leaving(ADA, "katherine", desired(COMPANY), KINDS).edits
    assert before
    assert last == Put(desired(COMPANY).resources[ADA].source, ())


def test_whoever_owns_something_needs_a_successor_and_nobody_else_does() -> None:
    problem = without_successor(ADA, leaving(ADA, "", desired(COMPANY), KINDS))
    assert problem is not None
    assert problem.detail == (
        "User/ada is named where somebody has to stand: AppService/nb (owner), AppService/nb (credentials.username), "
        "Project/churn (owner)."
    )
    bob = Address("User", "bob")
    found = leaving(bob, "", desired(COMPANY), KINDS)
    assert without_successor(bob, found) is None
    assert after(COMPANY, found.edits) == COMPANY.replace("[bob]", "[]")
    assert not found.is_declared


ELSEWHERE = """\
apiVersion: iguazio.com/v4
kind: User
metadata: {name: ada}
spec: {email: a@example.com}
lifecycle: {state: absent}
---
apiVersion: iguazio.com/v4
kind: PolicyBinding
metadata: {name: developer}
spec: {users: [ada, katherine]}
---
apiVersion: iguazio.com/v4
kind: Project
metadata: {name: churn}
spec:
  owner: ada
  members: {editor: {users: [ada, katherine]}, curator: {users: [katherine]}}
"""


# Declared absent already, which nothing may be that others name: these edits are what is needed then.
def test_where_a_member_may_hold_several_roles_the_successor_keeps_them() -> None:
    found = leaving(ADA, "katherine", loaded(ELSEWHERE, IGUAZIO4).desired, KINDS4)
    text = after(ELSEWHERE, found.edits)
    assert text == ELSEWHERE.replace("owner: ada", "owner: katherine").replace("[ada, katherine]", "[katherine]")
    assert not found.is_declared


LIVE = cluster(
    user("ada"),
    live(user("bob", admin_status="down")),
    user("katherine"),
    live(user("tim"), is_deleting=True),
    group("ds"),
    project("churn", owner="ada", members={"viewer": {"users": ["ada"]}}),
    project("foreign", owner="ada", members={"viewer": {"users": ["ada"]}}),
    project("gone", owner="ada"),
    service("nb", kind="jupyter", owner="ada"),
)


@pytest.mark.parametrize(
    ("name", "there", "why"),
    [
        ("ada", LIVE, "is the one who leaves"),
        ("katherine", LIVE, ""),
        ("eve", LIVE, ""),
        ("eve", None, ""),
        ("bob", LIVE, "is disabled"),
        ("tim", LIVE, "is being deleted"),
        ("kathrine", LIVE, "is neither declared nor seen on the cluster"),
        ("katherine", None, "is not declared"),
        ("carl", LIVE, "is declared absent"),
        ("dan", LIVE, "is disabled"),
    ],
)
def test_a_successor_is_there_and_enabled(name: str, there: LiveState | None, why: str) -> None:
    absent = replace(user("carl"), lifecycle=replace(user("carl").lifecycle, state="absent"))
    stated = manifests(user("eve"), user("dan", admin_status="down"), absent)
    problem = unfit_successor(ADA, Address("User", name), stated, there, KINDS)
    assert (problem is None) == (not why)
    if problem is not None:
        assert problem.detail == f"User/{name} {why}, and can take nothing over."
        assert problem.hint == ("Did you mean User/katherine?" if name == "kathrine" else "Name somebody else by --to.")


def test_who_goes_with_the_one_who_leaves_can_take_nothing_over() -> None:
    problem = unfit_successor(ADA, KATHERINE, manifests(), LIVE, KINDS, {KATHERINE})
    assert problem is not None
    assert "goes with User/ada, by the same membership of a Profile" in problem.detail


def test_where_no_account_can_be_disabled_any_that_is_there_will_do() -> None:
    kinds = Kinds(tuple(kind for kind in KINDS if kind.name not in ("User", "Group")))
    assert unfit_successor(ADA, Address("User", "bob"), manifests(), LIVE, kinds) is None


def test_what_only_lives_is_what_no_manifest_states() -> None:
    found = list(only_living(ADA, desired(COMPANY), LIVE, KINDS))
    assert [(it.by, it.how, it.holds) for it in found] == [
        ("Project/foreign", "Viewer", False),
        ("Project/foreign", "owner", True),
    ]


def test_what_a_prune_deletes_is_ours_declared_no_more_and_not_kept() -> None:
    lives = cluster(user("ada"), user("katherine"), user("foreign"), user("kept"))
    entries = {
        **owned(user("ada"), user("katherine"), user("gone")).entries,
        Address("User", "kept"): replace(owned(user("kept")).entries[Address("User", "kept")], on_removal="forget"),
    }
    assert pruned(manifests(user("katherine")), lives, Owned(entries), KINDS) == {ADA}
