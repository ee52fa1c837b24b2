"""An organisation's own policies of plans: what each sees, what it says, and what a waiver lets pass."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from igz_apply.errors import PlanRefused
from igz_apply.iguazio3.kinds import KINDS
from igz_apply.model.addresses import Address, Source
from igz_apply.model.changes import AccessImpact, AccountChange, Plan, PolicyChange, RoleChange
from igz_apply.model.operations import PlannedOperation
from igz_apply.model.problems import Problem
from igz_apply.planning.plan_verdict import Verdict, verdict
from igz_apply.planning.policing import EACH, PlanPolicy, Policing, PolicyWaiver
from igz_apply.workflow.proposing import Proposal, judged_again
from tests.builders import cluster, live, manifests, owned, plan_for, user

ADA = Address("User", "ada")
TODAY = "2026-11-30"
HERE = Source("igz-apply.yaml", 3, 5)
NEVER: Mapping[str, Any] = {"not": {}}


def plan() -> Plan:
    """Two users who are created, one who stays, and one who goes."""
    gone, same = user("zoe", email="z@example.com"), user("sam", email="s@example.com")
    here = manifests(user("ada", email="a@example.com"), user("bob", email="b@example.com"), same)
    return plan_for(here, cluster(live(gone), live(same)), owned(gone, same), prune=True)


def policy(schema: Mapping[str, Any] = NEVER, **more: Any) -> PlanPolicy:
    return PlanPolicy(**{"code": "ORG-1", "schema": schema, "message": "No.", "source": HERE, **more})


def said(*policies: PlanPolicy, of: Plan | None = None, today: str = TODAY, **more: Any) -> Verdict:
    return verdict(of if of is not None else plan(), Policing(policies, today, **more), KINDS, tool_version="1")


def names(problems: tuple[Problem, ...]) -> list[str]:
    return [str(problem.address) for problem in problems]


def waiver(until: str = TODAY, address: str = "") -> PolicyWaiver:
    return PolicyWaiver(until, "OPS-1", address, Source("igz-apply.yaml", 9, 7))


# What a policy sees


def test_each_change_that_is_one_is_held_against_a_schema() -> None:
    assert names(said(policy(each="change")).denials) == ["User/ada", "User/bob", "User/zoe"]
    assert said(policy({}, each="change")) == Verdict()


def test_a_denial_says_what_and_where_and_what_next() -> None:
    schema = {"properties": {"desired": {"properties": {"spec": {"properties": {"email": {"const": "x"}}}}}}}
    denials = said(policy(schema, each="change", hint="Ask us.")).denials
    place = {str(it.address): f"changes[{index}].desired.spec.email" for index, it in enumerate(plan().changes)}
    assert denials[0] == Problem(
        "Denied by policy",
        f"No. It is about User/ada, at {place['User/ada']} in the plan's JSON.",
        "Ask us.",
        source=Source("manifests/ada.yaml", 1, 1),
        address=ADA,
        own_code="ORG-1",
    )
    assert denials[0].code == "ORG-1"
    assert "example.com" not in str(denials)  # no value is repeated


def test_the_whole_plan_is_held_against_a_schema_without_each() -> None:
    most = {"properties": {"summary": {"properties": {"create": {"maximum": 1}}}}}
    (denial,) = said(policy(most)).denials
    assert (denial.address, denial.source) == (None, None)
    assert denial.detail == "No. It is at summary.create in the plan's JSON."
    assert (
        denial.hint
        == "Change what is planned, or ask those who keep the policy ORG-1, which stands at igz-apply.yaml:3:5."
    )
    assert said(policy()).denials[0].detail == "No. It is at the plan in the plan's JSON."
    assert said(policy(source=None)).denials[0].hint.endswith("keep the policy ORG-1.")


def test_what_lies_in_a_change_is_about_that_change_also_in_the_whole_plan() -> None:
    no_deletes = {"properties": {"changes": {"items": {"properties": {"action": {"not": {"const": "delete"}}}}}}}
    (denial,) = said(policy(no_deletes)).denials
    assert (denial.address, denial.source) == (Address("User", "zoe"), None)


def test_several_places_of_one_address_are_told_together() -> None:
    strict = {"properties": dict.fromkeys(("reason", "diff", "job", "edges", "origin"), NEVER)}
    found = said(policy(strict, each="change")).denials
    assert len(found) == 3
    assert " and 2 more in the plan's JSON." in found[0].detail


@pytest.mark.parametrize("each", ["access.policy", "access.role", "access.account"])
def test_what_becomes_of_access_is_held_against_a_schema(each: str) -> None:
    impact = AccessImpact(
        roles=(RoleChange(ADA, Address("Project", "p"), None, "Admin", "direct"),),
        policies=(PolicyChange(ADA, ("Data",), (), "direct"),),
        accounts=(AccountChange(ADA, "enabled", "disabled"),),
    )
    (denial,) = said(policy(each=each), of=replace(plan(), access_impact=impact)).denials
    assert (denial.address, denial.source) == (ADA, Source("manifests/ada.yaml", 1, 1))


def test_operations_are_held_against_a_schema() -> None:
    restart = PlannedOperation("restart", Address("AppService", "notebook"))
    assert names(said(policy(each="operation"), of=replace(plan(), operations=(restart,))).denials) == [
        "AppService/notebook"
    ]
    assert said(policy(each="operation")) == Verdict()


def test_only_names_of_the_plans_lists_stand_for_them() -> None:
    assert set(EACH) == {"change", "operation", "access.role", "access.policy", "access.account"}


# What it comes to


def test_a_policy_that_only_warns_is_told_to_the_plans_readers() -> None:
    found = said(policy(each="change", denies=False, hint="Think."))
    assert found.denials == found.problems == ()
    assert found.warnings[0].startswith("ORG-1: No. It is about User/ada, at changes[")
    assert found.warnings[0].endswith(" in the plan's JSON. (manifests/ada.yaml:1) Think.")
    assert found.warnings[2].endswith(" in the plan's JSON. Think.")


def test_a_warning_is_an_error_where_the_run_is_strict() -> None:
    found = said(policy(denies=False), is_strict=True)
    assert (found.warnings, found.denials) == ((), ())
    assert [(it.summary, it.severity, it.code) for it in found.problems] == [("Policy warns", "error", "ORG-1")]


def test_a_waiver_lets_pass_what_it_names_until_its_day_is_over() -> None:
    strict = policy(each="change", waivers=(waiver(address="User/b*"),))
    found = said(strict)
    assert names(found.denials) == ["User/ada", "User/zoe"]
    assert found.warnings == ("ORG-1 is waived for User/bob until 2026-11-30: OPS-1",)
    late = said(strict, today="2026-12-01")
    assert names(late.denials) == ["User/ada", "User/bob", "User/zoe"]
    assert late.denials[1].detail.endswith(" Its waiver ended with 2026-11-30.")
    assert [(it.summary, it.severity, it.source) for it in late.problems] == [
        ("Waiver has ended", "warning", Source("igz-apply.yaml", 9, 7))
    ]
    assert late.problems[0].detail == "The waiver of ORG-1 for User/b* ended with 2026-11-30 (OPS-1)."


def test_a_waiver_without_an_address_is_for_all_and_no_other_is_for_the_plan_as_a_whole() -> None:
    everything = waiver()
    assert said(policy(waivers=(everything,))).warnings == ("ORG-1 is waived until 2026-11-30: OPS-1",)
    assert said(policy(each="change", waivers=(everything,))).denials == ()
    assert len(said(policy(waivers=(waiver(address="*"),))).denials) == 1


def test_a_waiver_of_nothing_that_the_plan_knows_is_told_where_the_plan_is_whole() -> None:
    idle = policy({}, waivers=(waiver(address="User/eda"), waiver(address="User/sam")))
    assert [(it.summary, it.detail) for it in said(idle).problems] == [
        ("Idle waiver", "The waiver of ORG-1 names User/eda, and nothing of that name is in the plan.")
    ]
    assert said(idle, is_whole=False).problems == ()


# In the pipeline


def again(made: Plan, policing: Policing) -> Plan:
    return judged_again(Proposal(made, policing=policing), made, cluster())


def test_a_plan_that_its_policies_deny_by_now_is_refused() -> None:
    with pytest.raises(PlanRefused):
        again(plan(), Policing((policy(),), TODAY))
    warned = again(plan(), Policing((policy(denies=False),), TODAY))
    assert warned.warnings == ("ORG-1: No. It is at the plan in the plan's JSON.",)
    same = plan()
    assert again(same, Policing()) is same


@pytest.mark.parametrize(("message", "told"), [("No", "No. It is"), ("No! ", "No! It is"), ("Why?", "Why? It is")])
def test_a_message_without_its_full_stop_gets_one(message: str, told: str) -> None:
    (denial, *_) = said(policy(each="change", message=message)).denials
    assert denial.detail.startswith(told)
    assert f": {told}" in said(policy(each="change", message=message, denies=False)).warnings[0]
