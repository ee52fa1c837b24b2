"""Questions about access: what is told of a person, a group, a project, a policy, and of everybody."""

from __future__ import annotations

from collections.abc import Iterable

from igz_apply.iguazio3.kinds import KINDS
from igz_apply.model.addresses import Address
from igz_apply.planning.access_impact import Access, access_now
from igz_apply.planning.audit import Finding, findings, unknown
from tests.builders import cluster, group, project, user


def company() -> Access:
    found = access_now(
        cluster(
            user("ada", assigned_policies=["Data"], groups=["ds", "ops"]),
            user("bob", assigned_policies=["Security Admin"], groups=["ds"], admin_status="down"),
            user("cy"),
            group("ds", assigned_policies=["Data"]),
            group("ops"),
            group("empty", assigned_policies=["IT Admin"]),
            project("churn", owner="ada", members={"editor": {"groups": ["ds"]}}),
            project("idle"),
        ),
        KINDS,
    )
    assert found is not None
    return found


def told(found: Iterable[Finding]) -> list[str]:
    """Return a line for each finding, so that a list of them can be read."""
    return [_line(each) for each in found]


def _line(found: Finding) -> str:
    off = " (disabled)" if found.is_disabled else ""
    if found.held is None:
        return f"{found.who}: nothing{off}"
    return f"{found.who}: {found.held.what} on {found.held.on} by {'+'.join(found.held.ways)}{off}"


def asked(*addresses: str, policy: str = "") -> list[str]:
    return told(findings(company(), [Address.parse(text) for text in addresses], policy))


def test_a_user_is_told_with_everything_and_all_its_ways() -> None:
    assert asked("User/ada") == [
        "User/ada: Admin on Project/churn by owner",
        "User/ada: Data on None by direct+group ds",
    ]
    assert asked("User/cy") == ["User/cy: nothing"]


def test_a_disabled_user_is_said_to_be_so() -> None:
    assert asked("User/bob") == [
        "User/bob: Editor on Project/churn by group ds (disabled)",
        "User/bob: Data on None by group ds (disabled)",
        "User/bob: Security Admin on None by direct (disabled)",
    ]


def test_a_group_is_told_with_what_its_members_have_through_it() -> None:
    assert asked("Group/ds") == [
        "Group/ds: Editor on Project/churn by direct",
        "Group/ds: Data on None by direct",
        "User/ada: Data on None by direct+group ds",
        "User/bob: Editor on Project/churn by group ds (disabled)",
        "User/bob: Data on None by group ds (disabled)",
    ]
    assert asked("Group/ops") == ["Group/ops: nothing", "User/ada: nothing"]
    assert asked("Group/empty") == ["Group/empty: IT Admin on None by direct"]


def test_a_project_is_told_with_all_who_have_a_role_there() -> None:
    assert asked("Project/churn") == [
        "User/ada: Admin on Project/churn by owner",
        "User/bob: Editor on Project/churn by group ds (disabled)",
        "Group/ds: Editor on Project/churn by direct",
    ]
    assert asked("Project/idle") == []


def test_a_policy_is_told_with_all_who_hold_it() -> None:
    assert asked(policy="Data") == [
        "User/ada: Data on None by direct+group ds",
        "User/bob: Data on None by group ds (disabled)",
        "Group/ds: Data on None by direct",
    ]
    assert asked("User/ada", policy="Data") == ["User/ada: Data on None by direct+group ds"]
    assert asked("User/cy", policy="Data") == []


def test_without_a_question_everybody_is_told_once() -> None:
    found = asked()
    assert {line.partition(":")[0] for line in found} == {"User/ada", "User/bob", "User/cy", "Group/ds", "Group/empty"}
    assert "User/cy: nothing" in found
    assert len(found) == len(set(found))
    assert asked("User/ada", "User/ada") == asked("User/ada")


def problems(*addresses: str, policy: str = "") -> list[tuple[str, str]]:
    found = unknown(company(), [Address.parse(text) for text in addresses], policy, KINDS.powers.known)
    return [(each.summary, each.hint) for each in found]


def test_what_is_not_there_is_told_with_what_may_be_meant() -> None:
    assert problems("User/ada", "Group/empty", "Project/idle", policy="Tenant Admin") == []
    assert problems("User/adda", "Project/chrun") == [
        ("Unknown address", "Did you mean User/ada?"),
        ("Unknown address", "Did you mean Project/churn?"),
    ]
    assert problems("AppService/jupyter") == [("Unknown address", "Access is about users, groups and projects.")]
    assert problems(policy="Securty Admin") == [("Unknown policy", "Did you mean Security Admin?")]
    assert problems(policy="?") == [("Unknown policy", "Policies are those of `igz-apply explain User`.")]
