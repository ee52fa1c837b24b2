from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from igz_apply.model.changes import AccessImpact, Origin, Plan
from igz_apply.views.cells import cells
from igz_apply.views.lines import render
from igz_apply.views.plan_text import plan_lines, plan_text
from igz_apply.wording.dangers import dangers
from tests.builders import account_change, policy_change, role_change
from tests.views.views_builders import address, change, declared, differs, plan

GOLDEN = Path(__file__).parent / "golden"
_LOREM = "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor {} ut labore et dolore magna"


def rich_plan() -> Plan:
    """A plan in which everything happens that a plan can show."""
    return plan(
        change(
            "create",
            "Group/data-science",
            differs("description", None, "Data scientists, retail"),
            differs("assigned_policies", None, ["Application Admin", "Data"]),
            desired=declared(
                "Group/data-science", "manifests/groups.yaml:12", assigned_policies="manifests/_defaults.yaml:5"
            ),
        ),
        change(
            "update",
            "User/ada",
            differs("first_name", "Ada", "Augusta"),
            differs("groups", ["a", "b"], ["a", "data-science"]),
            differs("password", "(set)", "(from environment variable ADA_PASSWORD)", sensitive=True),
            differs("description", _LOREM.format("incididunt"), _LOREM.format("INCIDIDUNT")),
            differs("phone_number", None, "555"),
            after=("Group/data-science",),
            desired=declared(
                "User/ada",
                "manifests/users/ada.yaml:1",
                groups="manifests/users/_defaults.yaml:7",
                description="igz-apply.yaml:31",
                phone_number="igz-apply.yaml:32",
            ),
        ),
        change(
            "update",
            "Project/churn",
            differs("labels", {"team": "retail", "tier": "1"}, {"team": "sales"}),
            differs("members.editor.users", None, ["bob"]),
            desired=declared(
                "Project/churn",
                "manifests/teams/customer-intelligence/retail/projects/churn.yaml:1",
                labels="manifests/teams/customer-intelligence/_defaults.yaml:9",
                labels__team="manifests/teams/customer-intelligence/_defaults.yaml:10",
                members__editor__users="manifests/teams/customer-intelligence/_defaults.yaml:14",
            ),
        ),
        change(
            "update",
            "AppService/jupyter-ada",
            differs("scale_to_zero.scale_resources", [{"a": 1}], [{"a": 1}, {"metric_name": "rps", "threshold": 3}]),
            differs("resources.limits.cpu", "1", "2"),
            job=True,
            warnings=("The service restarts; what is unsaved in it is lost.",),
            desired=declared(
                "AppService/jupyter-ada",
                "manifests/notebooks.yaml:1",
                scale_to_zero__scale_resources="igz-apply.yaml:40",
                resources__limits__cpu="manifests/_defaults.yaml:21",
            ),
        ),
        change("delete", "Project/old", job=True, deletion_strategy="cascading"),
        change("delete", "User/bob", job=True, after=("Project/old",)),
        change("adopt", "User/eve"),
        change("no_change", "User/mary"),
        access_impact=AccessImpact(
            roles=(
                role_change("ada", "churn", "Editor", "Admin", "group data-science"),
                role_change("bob", "churn", "Viewer", None, "direct", loses=True),
                role_change("grace", "churn", None, "Editor", "direct", dormant=True),
                role_change(
                    "eve",
                    "fraud",
                    "Admin",
                    "Viewer",
                    "owner, group data-science, group auditors",
                    loses=True,
                ),
            ),
            policies=(
                policy_change("ada", ("Data", "Security Admin"), ("IT Admin",), "group data-science"),
                policy_change("ada", (), ("Developer",), "direct"),
                policy_change("bob", (), ("Data", "Developer"), "direct, group data-science"),
            ),
            accounts=(
                account_change("bob", "enabled", None),
                account_change("eve", "enabled", "disabled"),
                account_change("mary", "disabled", "enabled"),
                account_change("tim", "disabled", None),
            ),
            unseen={"Project": "ci has none of the policies that show every Project: Project Admin"},
        ),
        kept=(address("Group/legacy"),),
        dropped={address("User/gone"): "gone from the cluster"},
        foreign={"User": 12, "Group": 3},
    )


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_a_plan_reads_as_its_golden_file_says(width: int) -> None:
    path = GOLDEN / f"plan-{width}.txt"
    text = plan_text(rich_plan(), width)
    if os.environ.get("IGZ_GOLDEN") == "write":
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("width", [60, 80, 140, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    for of in (rich_plan(), _named_at_length()):
        assert max(cells(text) for text in plan_text(of, width).splitlines()) <= width


def _named_at_length() -> Plan:
    """A plan in which nothing that people can name has a place to break."""
    long = "\N{CJK UNIFIED IDEOGRAPH-9F8D}x" * 64
    return plan(
        change("create", f"Group/{long}", differs(long, None, long), differs("m", None, [long, long])),
        change("update", f"User/{long}", differs(long, long, f"{long}!"), warnings=(long,), after=(f"Group/{long}",)),
        change("delete", f"Project/{long}", deletion_strategy="cascading", reason=long),
        access_impact=AccessImpact(
            roles=(role_change(long, long, long, None, long, loses=True), role_change(long, "p", None, "Admin", long)),
            policies=(policy_change(long, (long,), (long, long), long),),
            accounts=(account_change(long, "enabled", "disabled"),),
            unseen={"Project": long},
        ),
        warnings=(long,),
        kept=(address(f"Group/{long}"),),
    )


def test_a_reason_that_is_long_is_told_whole() -> None:
    reason = "it is in use by " + " and ".join(f"AppService/jupyter-{n}" for n in range(20))
    text = plan_text(plan(change("delete", "User/ada", reason=reason)), 80)
    assert reason in " ".join(text.split())


def test_a_loss_is_never_shown_as_if_it_were_a_gain() -> None:
    text = render(plan_lines(rich_plan(), 140), colour=True)
    red, green = "\x1b[31m", "\x1b[32m"
    assert f"Viewer → {red}none" in text
    assert f"Admin → {red}Viewer" in text
    assert f"{red}- Developer" in text
    assert f"{red}cannot log in any more" in text
    assert f"Editor → {green}Admin" in text
    assert f"{green}none" not in text


def test_colour_adds_escape_sequences_and_nothing_else() -> None:
    coloured = render(plan_lines(rich_plan(), 100), colour=True)
    assert "\x1b[" in coloured
    plain = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert [text.rstrip() for text in plain.splitlines()] == plan_text(rich_plan()).splitlines()


def test_deletes_and_dangers_stand_before_everything_else() -> None:
    text = plan_text(rich_plan())
    first = text.index("Changes, in an order")
    assert text.startswith("Look at this first\n")
    said = ("User: bob", "(cascading)", "becomes Admin", "gains the policy Security Admin", "unsaved")
    assert [text.index(each) < first for each in said] == [True] * 5


def test_every_delete_is_named_in_the_digest_however_many_there_are() -> None:
    names = [f"user-{number:04}" for number in range(500)]
    text = plan_text(plan(*(change("delete", f"User/{name}") for name in names)))
    digest = text[: text.index("Changes, in an order")]
    assert all(name in digest for name in names)


def test_every_cascading_delete_is_named_and_a_new_project_gives_no_power_to_anybody() -> None:
    gone = [change("delete", f"Project/old-{number}", deletion_strategy="cascading") for number in range(5)]
    impact = AccessImpact(roles=(role_change("ada", "churn", None, "Admin", "owner"),))
    text = plan_text(plan(*gone, change("create", "Project/churn"), access_impact=impact), width=200)
    assert "Project/old-3, Project/old-4: deleted with everything inside (cascading)" in text
    assert "becomes" not in text


def test_a_warning_of_many_changes_is_said_once_in_the_digest() -> None:
    services = [change("update", f"AppService/s{n}", warnings=("It restarts.",)) for n in range(5)]
    digest = plan_text(plan(*services)).split("Changes, in an order")[0]
    assert digest.count("It restarts.") == 1
    assert "AppService/s0, AppService/s1, AppService/s2 and 2 more: It restarts." in digest


def test_a_plan_that_changes_nothing_is_one_line() -> None:
    unchanged = plan(change("no_change", "User/ada"), foreign={"User": 3})
    assert plan_text(unchanged) == "No changes. The cluster is as the manifests say.\n"


def test_what_is_only_adopted_is_said_beside_no_changes() -> None:
    text = plan_text(plan(change("adopt", "User/ada")))
    assert text.endswith("No changes. The cluster is as the manifests say. 1 resource to adopt.\n")


def test_the_summary_counts_every_action() -> None:
    last = plan_text(rich_plan()).splitlines()[-1]
    assert last == "Plan: 1 to create, 3 to update, 2 to delete, 1 to adopt; 1 unchanged."


def test_names_from_the_cluster_cannot_move_the_cursor() -> None:
    hostile = plan(change("update", "User/a\x1b[2Jb", differs("description", "\x1b]0;x\x07", "y\u202e")))
    assert all(text.isprintable() for text in plan_text(hostile).splitlines())


def test_what_a_clear_removes_and_a_set_loses_is_shown() -> None:
    text = plan_text(plan(change("update", "User/ada", differs("email", "a@b.c", None), differs("groups", ["x"], []))))
    assert "email   a@b.c → (unset)" in text
    assert "groups  - x" in text


def test_what_was_done_by_hand_and_is_turned_back_stands_first_and_each_field_says_whose_it_is() -> None:
    mixed = (
        differs("email", "a", "b", origin=Origin.GIT),
        differs("job_title", "c", "d", origin=Origin.CLUSTER),
        differs("department", "e", "f", origin=Origin.BOTH),
    )
    made = plan(
        change("create", "Group/bare", origin=Origin.CLUSTER),  # it has no fields, and was deleted all the same
        change("create", "Group/new", differs("description", None, "x", origin=Origin.GIT), origin=Origin.GIT),
        change("update", "AppService/nb", origin=Origin.CLUSTER),  # as declared, and broken there
        change("update", "User/ada", *mixed, origin=Origin.BOTH),
    )
    assert [(danger.text.split(" since")[0], [str(it) for it in danger.addresses]) for danger in dangers(made)] == [
        ("changed on the cluster", ["User/ada"]),
        ("deleted on the cluster", ["Group/bare"]),
    ]
    assert (
        "  ~ update  User/ada  (differs from the manifest)\n"
        "      email       a → b  (git)\n"
        "      job_title   c → d  (cluster)\n"
        "      department  e → f  (both)\n"
    ) in plan_text(made)
    assert "description  x\n" in plan_text(made)  # all of one origin: the reason says it


def test_the_last_word_is_never_broken_in_the_middle_of_a_part() -> None:
    of = plan(
        *(change("adopt", f"User/u{n}") for n in range(3)),
        not_visible={address("Project/p"): "why"},
    )
    assert plan_text(of, 100).splitlines()[-1].endswith("may see; 1 resource not seen. 3 resources to adopt.")
    *_, seen, unseen, adopted = plan_text(of, 60).splitlines()
    assert seen.startswith("No changes in what ")
    assert (unseen, adopted) == ("1 resource not seen.", "3 resources to adopt.")
