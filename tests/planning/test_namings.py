"""Everything that names a resource, in the manifests and on the cluster, declared or not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from igz_apply.iguazio3.kinds import KINDS
from igz_apply.model.addresses import Address
from igz_apply.model.kind import Kinds
from igz_apply.model.references import all_that_name
from igz_apply.model.resources import DesiredState, LiveState
from igz_apply.planning.namings import namings, not_known
from tests.builders import absent, cluster, group, manifests, project, service, user

DECLARED = manifests(
    user("ada", groups=["ds"], primary_group="ds"),
    group("ds", users=["ada", "bob"]),
    project("churn", owner="ada", members={"editor": {"users": ["bob"], "groups": ["ds"]}}),
    service("nb", kind="jupyter", owner="ada", credentials={"username": "bob"}),
    absent(project("gone", owner="ada")),
)
LIVE = cluster(
    user("ada", groups=["ds", "all_users"], primary_group="ds"),
    user("bob", groups=["ds"]),
    group("ds"),
    group("hand-made"),
    project("churn", owner="ada"),
    project("foreign", owner="bob", members={"viewer": {"users": ["ada"], "groups": ["ds"]}}),
    edges=[("ada", "hand-made")],
)


def told(address: str, desired: DesiredState = DECLARED, live: LiveState | None = LIVE) -> list[str]:
    found = namings(Address.parse(address), desired, live, KINDS)
    return [
        f"{it.by} {it.how}{f' at {it.field}' if it.field else ''}: "
        + (f"{it.source.path}" if it.source else "live" + ("" if it.is_declared else ", not declared"))
        for it in found
    ]


def test_a_name_that_was_given_up_is_named_by_what_had_it() -> None:
    kat = user("kat")
    desired = manifests(replace(kat, lifecycle=replace(kat.lifecycle, renamed_from="ada")))
    assert told("User/ada", desired, None) == [
        "User/kat was called so at lifecycle.renamed_from: manifests/test.yaml:lifecycle:renamed_from"
    ]
    assert told("Group/ada", desired, None) == []
    assert not_known(Address("User", "ada"), desired, None, KINDS) is None


def test_a_user_is_named_as_owner_as_member_and_in_roles() -> None:
    assert told("User/ada") == [
        "User/ada itself: manifests/ada.yaml",
        "AppService/nb owner at owner: manifests/test.yaml:spec:owner",
        "Group/ds member at users: manifests/test.yaml:spec:users:0",
        "Project/churn owner at owner: manifests/test.yaml:spec:owner",
        "Group/ds member: live",
        "Group/hand-made member: live, not declared",
        "Project/churn owner at owner: live",
        "Project/foreign Viewer at members.viewer.users: live, not declared",
    ]
    assert "AppService/nb credentials.username at credentials.username" in told("User/bob", live=None)[0]


def test_a_group_is_named_by_its_members_and_in_roles() -> None:
    assert told("Group/ds") == [
        "Group/ds itself: manifests/ds.yaml",
        "Project/churn Editor at members.editor.groups: manifests/test.yaml:spec:members:editor:groups:0",
        "User/ada member at groups: manifests/test.yaml:spec:groups:0",
        "User/ada primary group at primary_group: manifests/test.yaml:spec:primary_group",
        "Project/foreign Viewer at members.viewer.groups: live, not declared",
        "User/ada member: live",
        "User/ada primary group at primary_group: live",
        "User/bob member: live, not declared",
    ]


def test_what_is_declared_absent_names_nothing_and_is_itself_told() -> None:
    assert told("Project/gone") == ["Project/gone declared absent: manifests/gone.yaml"]


def test_projects_and_services_are_named_by_nobody() -> None:
    assert told("Project/churn") == ["Project/churn itself: manifests/churn.yaml"]
    assert told("AppService/nb", live=None) == ["AppService/nb itself: manifests/nb.yaml"]


def test_kinds_without_memberships_have_no_members() -> None:
    alone = Kinds((KINDS["AppService"],))
    live = cluster(service("nb", kind="jupyter"))
    assert namings(Address("AppService", "nb"), manifests(), live, alone) == ()
    mine = manifests(service("nb", kind="jupyter", owner="ada"))
    assert [each.how for each in namings(Address("User", "ada"), mine, None, alone)] == ["owner"]


@pytest.mark.parametrize("address", ["User/ada", "Group/hand-made", "User/bob", "Project/gone"])
def test_what_lives_is_declared_or_is_named_is_known(address: str) -> None:
    assert not_known(Address.parse(address), DECLARED, LIVE, KINDS) is None


def test_what_is_nowhere_is_told_with_what_may_be_meant() -> None:
    problem = not_known(Address("User", "adda"), DECLARED, LIVE, KINDS)
    assert problem is not None
    assert problem.detail == "User/adda is neither declared nor seen on the cluster, and nothing names it."
    assert problem.hint == "Did you mean User/ada?"
    offline = not_known(Address("Group", "hand-made"), DECLARED, None, KINDS)
    assert offline is not None
    assert offline.detail == "Group/hand-made is not declared, and nothing names it."
    assert offline.hint == "Correct the address; the name is that of the cluster."


def test_the_command_that_lists_them_can_be_copied() -> None:
    assert all_that_name(Address("User", "ada")) == "`igz-apply refs User/ada` lists all that name it."
    assert all_that_name(Address("Group", "a b")) == "`igz-apply refs 'Group/a b'` lists all that name it."
