"""Access in the reports: no loss is folded away, painted green, or left out of a comment in silence."""

from __future__ import annotations

import re
from itertools import product

import pytest

from igz_apply.model.changes import AccessImpact, Change, FieldDiff, Plan, RoleChange
from igz_apply.reports import FORMS
from igz_apply.reports.access_lines import gains, losses
from tests.builders import account_change, policy_change, role_change
from tests.reports.reports_builders import at, change, large_plan, plan

MOST = 60_000


def markdown(of: Plan) -> str:
    text = FORMS[".md"](of, None, ()).decode("utf-8")
    assert len(text) <= MOST
    return text


def page(of: Plan) -> str:
    return FORMS[".html"](of, None, ()).decode("utf-8")


def lost(
    user: str, project: str, role: str = "Editor", through: str = "direct", after: str | None = None
) -> RoleChange:
    return role_change(user, project, role, after, through, loses=True)


def unfolded(text: str) -> str:
    """Return what is seen before anything is opened."""
    return re.sub(r"<details>.*?</details>", "", text, flags=re.DOTALL)


SMALL = AccessImpact(
    roles=(
        role_change("ada", "churn", "Viewer", "Editor", "group ds"),
        lost("bob", "churn", through="group x"),
        lost("cy", "fraud", "Admin", "owner", after="Viewer"),
        role_change("di", "churn", None, "Admin", "direct", dormant=True),
    ),
    policies=(policy_change("bob", ("Developer",), ("Data", "IT Admin"), "direct"),),
    accounts=(
        account_change("bob", "enabled", "disabled"),
        account_change("old", "enabled", None),
        account_change("eve", "disabled", "enabled"),
        account_change("off", "disabled", None),
    ),
    unseen={"Project": "ci sees some"},
)


def test_a_comment_shows_gains_and_losses_before_the_details_and_folds_neither_away() -> None:
    text = unfolded(markdown(plan(change("update", "User/bob", FieldDiff(("email",), "a", "b")), access_impact=SMALL)))
    assert (
        "**Who loses access**\n\n```diff\n"
        "! not every Project is seen: ci sees some\n"
        "- User/bob cannot log in any more: disabled\n"
        "- 1 deleted account cannot log in any more\n"
        "- User/bob on Project/churn: Editor → none (group x)\n"
        "- User/cy on Project/fraud: Admin → Viewer (owner)\n"
        "- User/bob policies: Data, IT Admin (direct)\n```\n" in text
    )
    assert (
        "**Who gains access**\n\n```diff\n"
        "+ User/eve can log in again\n"
        "+ User/di on Project/churn: none → Admin (direct; the account is disabled)\n"
        "+ User/ada on Project/churn: Viewer → Editor (group ds)\n"
        "+ User/bob policies: Developer (direct)\n```" in text
    )


def test_what_has_one_cause_is_told_once_where_there_is_no_room_for_each() -> None:
    users = [f"user-{n:03}" for n in range(120)]
    projects = [f"project-{n:02}" for n in range(37)]
    impact = AccessImpact(roles=tuple(lost(user, it, through="group x") for user, it in product(users, projects)))
    told = losses(impact, 5_000, 5_000)
    assert told.lines == [f"- loses Editor on {', '.join(projects)} through group x: {', '.join(users)}"]
    assert losses(impact, 1_500, 1_500).lines == [f"- loses Editor on 37 projects through group x: {', '.join(users)}"]
    few = "- loses Editor on 37 projects through group x: user-000, user-001, user-002 and 117 more"
    assert losses(impact, 100, 100).lines == [few]
    least = losses(impact, 80, 80)
    assert (least.lines, least.missing) == (
        ["- loses Editor on 37 projects through group x: 120 users, 4,440 in all"],
        0,
    )
    assert losses(impact, 20, 20).missing == 4_440


def test_each_way_and_each_step_is_a_cause_of_its_own() -> None:
    roles = (
        lost("ada", "p"),
        lost("bob", "p", through="owner", role="Admin"),
        lost("bob", "q", through="group x", after="Viewer"),
        lost("cy", "q", through="group x", after="Viewer"),
        *(role_change(user, "p", "Viewer", "Admin", "direct", dormant=True) for user in ("di", "ed")),
    )
    policies = tuple(policy_change(user, (), ("Data", "IT Admin"), "direct, group x") for user in ("ada", "bob"))
    impact = AccessImpact(roles, policies)
    assert losses(impact, 300).lines == [
        "- loses Editor on p directly: ada",
        "- loses Admin on p as owner: bob",
        "- falls from Editor to Viewer on q through group x: bob, cy",
        "- loses Data, IT Admin directly, group x: ada, bob",
    ]
    assert gains(impact, 100).lines == ["+ rises from Viewer to Admin on p directly (the account is disabled): di, ed"]


def test_a_later_room_is_taken_only_where_nothing_fits_into_the_first() -> None:
    impact = AccessImpact(roles=tuple(lost(f"user-{n}", "p") for n in range(10)))
    assert losses(impact, 10, 1_000).lines == [
        f"- User/user-{n} on Project/p: Editor → none (direct)" for n in range(10)
    ]
    assert len(losses(impact, 200, 1_000).lines) == 1


def many_losses(users: int, projects: int, deletes: int) -> Plan:
    """5,000 changes: accounts that are deleted, projects that are updated, and what that takes from whom."""
    gone = [change("delete", f"User/old-{n:04}", reason="no longer declared") for n in range(deletes)]
    updates = [
        change(
            "update",
            f"Project/project-{n:04}",
            FieldDiff(
                ("members", "editor", "users"),
                ["x"],
                ["y"],
            ),
        )
        for n in range(5_000 - deletes)
    ]
    roles = [lost(f"old-{n:04}", f"project-{n % 50:04}", through="group x") for n in range(deletes)]
    roles += [lost(f"user-{n % users:04}", f"project-{n % projects:04}") for n in range(5_000 - deletes)]
    policies = tuple(policy_change(f"old-{n:04}", (), ("Data", "Developer"), "direct") for n in range(deletes))
    accounts = tuple(account_change(f"old-{n:04}", "enabled", None) for n in range(deletes))
    return plan(*gone, *updates, access_impact=AccessImpact(tuple(roles), policies, accounts))


@pytest.mark.parametrize(
    ("users", "projects", "deletes"), [(1, 5_000, 0), (5_000, 1, 0), (71, 73, 10), (300, 11, 2_500), (9, 9, 5_000)]
)
def test_five_thousand_changes_fit_with_every_loss_named_or_counted(users: int, projects: int, deletes: int) -> None:
    of = many_losses(users, projects, deletes)
    text = markdown(of)
    assert "no room in this comment" not in text
    assert all(f"old-{n:04}" in text for n in range(deletes))
    assert stated(unfolded(text)) == 5_000 + 2 * deletes
    if deletes:
        assert f"- {deletes:,} deleted accounts cannot log in any more" in text


def stated(text: str) -> int:
    """Count the losses that a comment tells, in whichever form."""
    return sum(map(_stated, re.findall(r"^- (.* (?:→|policies:|loses|on) .*|loses .*)$", text, re.MULTILINE)))


def _stated(told: str) -> int:
    if total := re.search(r"([\d,]+) in all$", told):
        return int(total[1].replace(",", ""))
    if told.startswith("User/"):
        return told.count(",") + 1
    what, _, who = told.rpartition(": ")
    return _listed(re.sub(r"^loses (Editor on )?| (directly|through group \w+)$", "", what)) * _listed(who)


def _listed(text: str) -> int:
    if found := re.match(r"([\d,]+) (projects|policies)$", text):
        return int(found[1].replace(",", ""))
    more = re.search(r" and ([\d,]+) more$", text)
    return text.count(", ") + 1 + (int(more[1].replace(",", "")) if more else 0)


def test_losses_for_which_there_is_no_room_at_all_are_counted_at_the_top() -> None:
    roles = tuple(lost(f"user-{n:04}", f"project-{n:04}", through=f"group {'g' * 40}-{n:04}") for n in range(5_000))
    text = markdown(plan(change("update", "Group/x"), access_impact=AccessImpact(roles)))
    found = re.search(r"> \[!CAUTION\]\n> \*\*([\d,]+) losses of access have no room in this comment", text)
    assert found is not None
    assert text.index(found[0]) < 500
    missing = int(found[1].replace(",", ""))
    assert 0 < missing == 5_000 - stated(text)


def test_what_new_accounts_are_given_leaves_room_for_the_details() -> None:
    policies = tuple(policy_change(f"user-{n:04}", ("Data", "Developer"), (), "direct") for n in range(1_500))
    creates = [change("create", f"User/user-{n:04}", FieldDiff(("email",), None, f"{n}@x.org")) for n in range(1_500)]
    text = markdown(plan(*creates, access_impact=AccessImpact(policies=policies)))
    assert text.count("@@ User/user-") > 300
    assert "+ gains Data, Developer directly: user-0000, user-0001, user-0002 and 1,497 more" in text


def test_an_account_that_is_disabled_stands_among_what_is_looked_at_first() -> None:
    text = markdown(plan(change("update", "User/bob"), access_impact=SMALL))
    assert "! User/bob: cannot log in any more, as the account is disabled" in text


def test_five_thousand_disabled_accounts_fit() -> None:
    accounts = tuple(account_change(f"user-{n:04}", "enabled", "disabled") for n in range(5_000))
    roles = tuple(lost(f"user-{n:04}", "churn") for n in range(5_000))
    text = markdown(plan(change("update", "User/x"), access_impact=AccessImpact(roles, (), accounts)))
    assert "- 5,000 disabled accounts cannot log in any more" in text or "User/user-4999 cannot log in" in text
    assert stated(text) == 5_000


def test_on_the_page_a_loss_is_red_and_never_green() -> None:
    text = page(plan(change("update", "User/bob"), access_impact=SMALL))
    rows = re.findall(r"<tr[^>]*><td>.*?</tr>", text)
    assert '<tr class="loses"><td>bob<td>churn<td>Editor<td><del>none</del><td>group x</tr>' in rows
    assert '<tr class="loses"><td>cy<td>fraud<td>Admin<td><del>Viewer</del><td>owner</tr>' in rows
    assert "<tr><td>ada<td>churn<td>Viewer<td><ins>Editor</ins><td>group ds</tr>" in rows
    assert '<tr class="loses"><td>bob<td><del>cannot log in any more</del>: disabled</tr>' in rows
    assert "<tr><td>eve<td><ins>can log in again</ins>: enabled</tr>" in rows
    assert "<ins>none</ins>" not in text
    assert "Not every Project is seen: ci sees some" in text
    assert ".wide+.wide{margin-top" in text


def test_on_the_page_nobody_is_said_to_lose_anything_where_nothing_changes() -> None:
    assert "<p>Nobody's access changes.</p>" in page(plan(change("update", "User/bob")))
    assert "Accounts</caption>" not in page(large_plan(20))


def test_names_are_nothing_but_text_wherever_access_is_told() -> None:
    nasty = "`x` <img src=x> [a](b)\n```\n"
    roles = (lost(nasty, nasty, nasty, nasty), role_change(nasty, nasty, None, nasty, nasty))
    impact = AccessImpact(
        roles,
        (policy_change(nasty, (nasty,), (nasty,), nasty),),
        (account_change(nasty, "enabled", "disabled"),),
        {nasty: nasty},
    )
    for room in (10_000, 300, 50):
        assert not any("\n" in text for text in (*losses(impact, room).lines, *gains(impact, room).lines))
    assert "<img" not in page(plan(Change(at("User/x"), change("update", "User/x").action, ""), access_impact=impact))
