"""What asks about access and references sends nothing that writes, and takes nothing that it cannot see for gone."""

from __future__ import annotations

import pytest

from tests.wire.wire_site import COMPANY, Site, by_hand, edit, inventory


@pytest.mark.parametrize(
    "line",
    [
        "access",
        "access User/ada Group/ds Project/churn -o json",
        "access --path manifests",
        "access --plan later.plan",
        "refs User/ada",
        "refs User/admin -o csv",
        "refs AppService/notebook",
    ],
)
def test_a_question_writes_nothing(applied: Site, line: str) -> None:
    applied.run("plan", "--out", "later.plan")
    assert applied.writes(lambda: applied.run(*line.split())) == []


def test_what_was_renamed_on_the_cluster_is_found_by_the_name_that_git_has(applied: Site) -> None:
    edit(applied, f"user_groups/{inventory(applied)['Group/ds']['id']}", name="scientists")
    told = applied.run("refs", "Group/ds", "-o", "csv")
    assert "User/ada,member,,cluster\n" in told
    assert "User/ada,primary group,primary_group,cluster\n" in told


def test_what_is_owned_and_not_shown_is_said_to_be_unseen(applied: Site) -> None:
    spec = {"username": "half", "first_name": "H", "last_name": "H", "email": "h@x.org", "password": "Half-1234!"}
    policies = {"assigned_policies": ["Security Admin", "Service Admin"], "authentication_methods": ["password"]}
    by_hand(applied, "POST", "users", {"data": {"type": "user", "attributes": {**spec, **policies}}})
    assert any(_is_up(applied, "half") for _ in range(500))
    with pytest.MonkeyPatch.context() as patched:
        patched.delenv("V3IO_ACCESS_KEY")
        patched.setenv("V3IO_USERNAME", "half")
        patched.setenv("V3IO_PASSWORD", "Half-1234!")
        told = applied.run("refs", "User/ada")
    assert "not looked at: Project/churn: half has none of the policies" in told
    assert set(COMPANY) == set(inventory(applied))


def _is_up(site: Site, username: str) -> bool:
    users = [each["attributes"] for each in by_hand(site, "GET", "users")]
    return any(each["username"] == username and each["operational_status"] == "up" for each in users)
