"""What the cluster has, taken over into the manifests that state it: afterwards the plan no longer shows it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from igz_apply.iguazio3.kinds import KINDS
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Plan
from igz_apply.model.hidden import hiding
from igz_apply.model.resources import LiveState, Owned
from igz_apply.planning.accepting import Accepted, Wish, accepted, wish_of
from tests.builders import cluster, entry, group, live, owned, plan_for, user
from tests.manifests.edited_texts import after, desired

HEAD = "apiVersion: iguazio.com/v1\n"
ADA = HEAD + "kind: User\nmetadata: {name: ada}\nspec:\n  email: a@x.org  # hers\n  first_name: A\n  last_name: L\n"
GROUP = HEAD + "kind: Group\nmetadata: {name: ds}\nspec:\n  description: DS\n"
PROJECT = HEAD + "kind: Project\nmetadata: {name: churn}\nspec:\n  owner: ada\n"
SERVICE = (
    HEAD + "kind: AppService\nmetadata: {name: nb, labels: {team: a, b: c}}\nspec:\n  kind: jupyter\n  owner: ada\n"
)
LIMITS = "  resources: {limits: {cpu: 500m, memory: 1Gi}}\n"


def there(text: str, gone: str = "") -> LiveState:
    """Return a cluster that is as another text says, with people and groups that others may name."""
    stated = desired(text).resources
    known = [user(name) for name in ("ada", "bob", "carl", "dan")] + [group(name) for name in ("ds", "ops")]
    found = [live(each) for each in known if each.address not in stated and str(each.address) != gone]
    for resource in stated.values():
        kind = KINDS[resource.address.kind]
        found.append(replace(live(resource), spec=hiding(kind, resource.address, live(resource).spec)))
    return cluster(*found)


def plan_of(text: str, lives: LiveState, applied: Owned | None = None) -> Plan:
    stated = desired(text)
    return plan_for(stated, lives, owned(*stated.resources.values()) if applied is None else applied)


def taken(text: str, lives: LiveState, *wishes: str, applied: Owned | None = None, is_here: bool = False) -> Accepted:
    stated = desired(text)
    parts = [wish_of(wish, stated.resources) for wish in wishes]
    found = [Wish(Address.parse(address), field) for address, field in parts]
    return accepted(found, plan_of(text, lives, applied), stated, KINDS, is_here=is_here)


def shown(text: str, lives: LiveState) -> list[str]:
    return [f"{it.address}#{diff.dotted}" for it in plan_of(text, lives).writes for diff in it.diff]


@pytest.mark.parametrize(
    ("text", "old", "new", "wish", "expected"),
    [
        (ADA, "a@x.org", "b@x.org", "User/ada#spec.email", "b@x.org"),
        (ADA, "a@x.org", "b@x.org", "User/ada#email", "b@x.org"),
        (ADA, "a@x.org", "b@x.org", "User/ada", "b@x.org"),
        (ADA + "  job_title: Lead\n", "  job_title: Lead\n", "", "User/ada#job_title", ""),
        (ADA + "  job_title: null\n", "null", "Lead", "User/ada#job_title", "Lead"),
        (ADA + "  assigned_policies: [Data, Developer]\n", "[Data, Developer]", "[Developer, Service Admin]",
         "User/ada#assigned_policies", "[Developer, Service Admin]"),
        (ADA + "  assigned_policies: [Data]\n", "[Data]", "[]", "User/ada", "[]"),
        (PROJECT + "  labels: {a: b, c: d}\n", "{a: b, c: d}", "{c: e, f: g}", "Project/churn", "{c: e, f: g}"),
        (PROJECT + "  labels: {a: b, c: d}\n", "{a: b, c: d}", "null", "Project/churn#labels", "{}"),
        (PROJECT + "  labels: null\n", " null", "\n    c: e", "Project/churn", "\n    c: e"),
        (SERVICE, "{team: a, b: c}", "{b: d}", "AppService/nb#metadata.labels", "{b: d}"),
        (SERVICE + LIMITS, "memory: 1Gi", "memory: 2048Mi", "AppService/nb", "memory: 2048Mi"),
        (SERVICE + LIMITS, "cpu: 500m, ", "", "AppService/nb", ""),
    ],
)  # fmt: skip
def test_a_field_is_written_as_the_cluster_tells_it(text: str, old: str, new: str, wish: str, expected: str) -> None:
    lives = there(text.replace(old, new))
    found = taken(text, lives, wish)
    now = after(text, found.edits)
    assert now == text.replace(old, expected)
    assert (found.left, found.problems, shown(now, lives)) == ((), (), [])


def test_what_is_gone_goes_from_the_manifest_that_states_it_also_where_that_is_asked_for() -> None:
    text = PROJECT + "  labels: {a: b, c: d}\n  description: x\n"
    for old, wish in ((", c: d", "Project/churn#labels.c"), ("  description: x\n", "Project/churn#description")):
        lives = there(text.replace(old, ""))
        assert after(text, taken(text, lives, wish, is_here=True).edits) == text.replace(old, "")


def test_one_field_is_taken_and_the_others_stay() -> None:
    lives = there(ADA.replace("a@x.org", "b@x.org").replace("first_name: A", "first_name: B"))
    assert after(ADA, taken(ADA, lives, "User/ada#first_name").edits) == ADA.replace("first_name: A", "first_name: B")
    assert taken(ADA, lives, "User/ada#last_name").edits == ()
    assert taken(ADA, there(ADA), "User/ada").edits == ()


def test_one_key_of_a_map_is_taken_and_the_others_stay() -> None:
    text = PROJECT + "  labels: {team: a, b: c}\n"
    lives = there(text.replace("{team: a, b: c}", "{team: b, b: d, more: x}"))
    (only,) = taken(text, lives, "Project/churn#labels.team").taken
    assert (only.dotted, only.is_part) == ("labels.team", True)
    assert after(text, only.edits) == text.replace("team: a", "team: b")
    ignoring = text + "lifecycle: {ignore_changes: [labels.b]}\n"
    assert after(ignoring, taken(ignoring, lives, "Project/churn").edits) == ignoring.replace(
        "{team: a, b: c}", "{team: b, b: c, more: x}"
    )


def test_what_changed_in_git_alone_stays_unless_its_field_is_named() -> None:
    (resource,) = desired(ADA.replace("a@x.org", "old@x.org")).resources.values()
    applied = owned(resource)
    lives = there(ADA.replace("a@x.org", "old@x.org"))
    found = taken(ADA, lives, "User/ada", applied=applied)
    assert (found.edits, found.left) == (
        (),
        ("User/ada#email changed in git alone, and stays; name it to take back what the cluster has.",),
    )
    assert after(ADA, taken(ADA, lives, "User/ada#email", applied=applied).edits) == ADA.replace("a@x.org", "old@x.org")


def test_of_items_in_a_list_only_stated_keys_are_taken() -> None:
    stated = "  scale_to_zero: {mode: enabled, scale_resources: [{metric_name: m, threshold: 0}]}\n"
    lives = there(
        SERVICE
        + "  scale_to_zero: {mode: enabled, scale_resources: [{metric_name: m, threshold: 1, window_size: 1h}, "
        + "{metric_name: more, threshold: 2, window_size: 1h}]}\n"
    )
    now = after(SERVICE + stated, taken(SERVICE + stated, lives, "AppService/nb").edits)
    assert now.splitlines()[-1] == (
        "  scale_to_zero: {mode: enabled, scale_resources: [{metric_name: m, threshold: 1}, "
        "{metric_name: more, threshold: 2, window_size: 1h}]}"
    )
    assert shown(now, lives) == []


MEMBERS = """\
  members:
    admin: {users: [ada]}
    editor:
      users:
        - bob  # until May
        - carl
      groups: [ds]
"""


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ("  members: {editor: {users: [carl, dan], groups: [ds]}}\n",
         MEMBERS.replace("        - bob  # until May\n", "").replace("- carl\n", "- carl\n        - dan\n")),
        ("  members: {editor: {users: [bob, carl]}}\n", MEMBERS.replace("[ds]", "[]")),
        ("  members: {editor: {users: [carl], groups: [ds]}, viewer: {users: [bob]}}\n",
         MEMBERS.replace("        - bob  # until May\n", "")),
        ("  members: {admin: {groups: [ops]}, editor: {users: [bob, carl], groups: [ds]}}\n",
         MEMBERS.replace("{users: [ada]}", "{users: [ada], groups: [ops]}")),
    ],
)  # fmt: skip
def test_roles_are_taken_member_by_member_without_the_owner(members: str, expected: str) -> None:
    lives = there(PROJECT + members)
    now = after(PROJECT + MEMBERS, taken(PROJECT + MEMBERS, lives, "Project/churn").edits)
    assert now == PROJECT + expected
    assert shown(now, lives) == []


def test_roles_that_were_to_be_empty_are_stated() -> None:
    lives = there(PROJECT + "  members: {editor: {users: [bob]}}\n")
    for none in ("{editor: {}}", "{editor: {users: []}}"):
        text = f"{PROJECT}  members: {none}\n"
        now = after(text, taken(text, lives, "Project/churn#members").edits)
        assert now == PROJECT + (
            "  members:\n    editor:\n      users: [bob]\n"
            if none == "null"
            else "  members: {editor: {users: [bob]}}\n"
        )
        assert shown(now, lives) == []


BOTH = f"{ADA}  groups: [ds, ops]\n---\n{GROUP}  users: [ada, bob]\n"


def test_a_membership_is_edited_on_every_side_that_states_it() -> None:
    lives = there(f"{ADA}---\n{GROUP}  users: [bob, carl]\n---\n{GROUP.replace('ds', 'ops')}")
    found = taken(BOTH, lives, "User/ada", "Group/ds")
    assert sorted(str(address) for each in found.taken for address in each.beside) == [
        "Group/ds", "Group/ds", "Group/ds", "User/ada", "User/ada", "User/ada",
    ]  # fmt: skip
    now = after(BOTH, found.edits)
    assert now == BOTH.replace("[ds, ops]", "[]").replace("[ada, bob]", "[bob, carl]")
    assert shown(now, lives) == []


def test_a_group_takes_what_the_plan_shows_with_its_users() -> None:
    lives = there(f"{ADA}---\n{GROUP}  users: [bob]\n---\n{GROUP.replace('ds', 'ops')}")
    (only,) = taken(BOTH, lives, "Group/ds#users").taken
    assert (str(only.address), only.dotted, only.is_part) == ("User/ada", "groups", True)
    assert after(BOTH, only.edits) == BOTH.replace("[ds, ops]", "[ops]").replace("[ada, bob]", "[bob]")
    assert taken(BOTH, lives, "Group/ds#description").edits == ()
    assert taken(BOTH, lives, "Group/ds", applied=Owned()).edits != ()


def test_a_membership_of_git_alone_stays_with_a_group_that_is_named_whole() -> None:
    lives = there(f"{ADA}---\n{GROUP}---\n{GROUP.replace('ds', 'ops')}")
    applied = owned(*desired(f"{ADA}  groups: []\n---\n{GROUP}").resources.values())
    text = f"{ADA}  groups: [ds]\n---\n{GROUP}"
    assert taken(text, lives, "Group/ds", applied=applied).edits == ()
    assert after(text, taken(text, lives, "Group/ds#users", applied=applied).edits) == text.replace("[ds]", "[]")


def test_what_is_gone_from_the_cluster_loses_its_manifest() -> None:
    text = f"{ADA}---\n# Scientists\n{GROUP}"
    found = taken(text, there(ADA, "Group/ds"), "Group/ds")
    assert [(str(it.address), it.dotted) for it in found.taken] == [("Group/ds", "")]
    assert after(text, found.edits) == ADA
    by_field = taken(text, there(ADA, "Group/ds"), "Group/ds#description")
    assert by_field.edits == ()
    assert "name it without a field" in by_field.left[0]
    new = taken(text, there(ADA, "Group/ds"), "Group/ds", applied=Owned())
    assert new.edits == ()
    assert "was never applied" in new.left[0]


def test_what_is_declared_absent_or_renamed_is_told() -> None:
    absent = GROUP + "lifecycle: {state: absent}\n"
    assert "is declared absent, and lives" in taken(absent, there(GROUP), "Group/ds").left[0]
    there_now = cluster(replace(live(desired(GROUP).resources[Address("Group", "ds")]), called="science"))
    assert taken(GROUP, there_now, "Group/ds").left == (
        "Group/ds is called science on the cluster: rename it in its manifest by hand.",
    )


def test_a_mark_is_no_difference_of_a_manifest() -> None:
    stated = desired(PROJECT + "  description: d\n")
    lives = there(PROJECT + "  description: e\n")
    made = plan_for(stated, lives, owned(*stated.resources.values()), owner="us")
    found = accepted([Wish(Address("Project", "churn"))], made, stated, KINDS)
    assert [each.dotted for each in found.taken] == ["description"]


SETTINGS = SERVICE + "  jupyter:\n    extra_environment_vars: {DB_PASSWORD: one, PLAIN: x}\n"


def test_no_secret_is_ever_taken() -> None:
    text = ADA + "  password: {from_env: PW}\n"
    stated = desired(text)
    made = plan_for(stated, there(ADA), owned(), stale={Address("User", "ada"): {"password": "changed"}})
    named = accepted([Wish(Address("User", "ada"), "password")], made, stated, KINDS)
    assert [(it.summary, it.source.line if it.source else 0) for it in named.problems] == [("Secret stays", 8)]
    whole = accepted([Wish(Address("User", "ada"))], made, stated, KINDS)
    assert (whole.edits, whole.problems) == ((), ())
    assert whole.left == ("User/ada#password is a secret, or may be one: it is never written into a manifest.",)


def test_of_settings_all_is_taken_that_is_no_secret() -> None:
    lives = there(SETTINGS.replace("one", "two").replace("PLAIN: x", "PLAIN: z"))
    found = taken(SETTINGS, lives, "AppService/nb")
    now = after(SETTINGS, found.edits)
    assert now == SETTINGS.replace("PLAIN: x", "PLAIN: z")
    (told,) = found.left
    assert told.startswith("AppService/nb#jupyter.extra_environment_vars.DB_PASSWORD is a secret, or may be one")


def test_a_map_that_was_to_be_empty_and_holds_a_secret_is_not_taken() -> None:
    text = SERVICE + "  jupyter: {extra_environment_vars: null}\n"
    found = taken(text, there(SETTINGS), "AppService/nb#jupyter")
    assert (found.edits, [problem.summary for problem in found.problems]) == ((), ["Secret stays"])


def test_a_name_may_hold_a_number_sign() -> None:
    known = [Address("Group", "a#b")]
    assert wish_of("Group/a#b", known) == ("Group/a#b", "")
    assert wish_of("Group/a#b", []) == ("Group/a", "b")
    assert wish_of("Group/a#b#spec.description", known) == ("Group/a#b", "description")
    assert wish_of('Project/p#labels["x.y"]', known) == ("Project/p", "labels.x.y")
    assert str(Wish(Address("User", "ada"), "email")) == "User/ada#email"
    assert str(Wish(Address("User", "ada"))) == "User/ada"


def test_an_address_without_a_change_has_nothing_to_take() -> None:
    assert taken(GROUP, there(GROUP), "User/nobody").edits == ()
    assert entry().id == ""
