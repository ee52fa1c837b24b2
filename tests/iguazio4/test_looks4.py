"""What a reader sees of an Iguazio 4 before anything is written."""

from __future__ import annotations

from igz_apply.emulator import Options4
from tests.iguazio4.site4 import GENEROUS, Ran, Site, group, manifest, project, spec_of, user

WITH_PROJECT = {"projects": [{"name": "churn", "members": {"viewer": {"users": ["admin"]}}}]}


def refused(ran: Ran) -> list[str]:
    assert ran.proposal is not None, ran.error
    return [problem.summary for problem in ran.proposal.refusals]


def test_a_project_that_mlrun_leads_is_refused_by_the_plan_and_its_members_are_not() -> None:
    site = Site(Options4(leader="mlrun"), WITH_PROJECT)
    assert refused(site.planned([project("new")])) == ["Read-only here"]
    assert refused(site.planned([project("churn", description="x")])) == ["Read-only here"]
    assert "Read-only here" in refused(site.planned([manifest("Project", "churn", {}, state="absent")]))
    live = site.converged([project("churn", members={"viewer": {}, "editor": {"users": ["admin"]}})])
    assert spec_of(live, "Project/churn")["members"] == {"editor": {"users": ["admin"]}}


def test_a_delete_of_a_binding_shows_whom_the_policy_is_taken_from() -> None:
    site = Site()
    people = [
        group("ops"),
        user("ada"),
        manifest("PolicyBinding", "oris-viewer", {"users": ["ada"], "groups": ["ops"]}),
    ]
    site.converged(people)
    ran = site.planned([*people[:2], manifest("PolicyBinding", "oris-viewer", {}, state="absent")])
    (change,) = ran.plan.writes
    assert {item.dotted: (item.before, item.after) for item in change.diff} == {
        "users": (["ada"], None),
        "groups": (["ops"], None),
    }
    site.converged([*people[:2], manifest("PolicyBinding", "oris-viewer", {}, state="absent")])
    assert "policies" not in spec_of(site.live(), "User/ada")


def test_who_loses_a_project_and_stays_its_admin_gains_no_power() -> None:
    site = Site()
    people = [user("ada"), user("bob"), project("churn", owner="ada", members={"admin": {"users": ["bob"]}})]
    site.converged(people)
    site.client.set_owner("churn", "bob")
    roles = {str(each.user): each for each in site.planned(people).plan.access_impact.roles}
    assert (roles["User/bob"].before, roles["User/bob"].after) == ("Owner", "Admin")
    assert (roles["User/bob"].loses, roles["User/bob"].gives_power) == (True, False)
    assert roles["User/ada"].gives_power


def test_an_address_that_equals_the_username_is_read_back() -> None:
    site = Site()
    live = site.converged([user("ada@example.com", email="ada@example.com")])
    assert spec_of(live, "User/ada@example.com")["email"] == "ada@example.com"


def test_a_project_with_nothing_but_functions_is_not_deleted_as_an_empty_one() -> None:
    site = Site()
    site.converged([project("churn")])
    site.emulator.load({"projects": [{"name": "full", "counts": {"functions_count": 3, "secret_keys_count": 1}}]})
    ran = site.applied([project("churn"), manifest("Project", "full", {}, state="absent")], GENEROUS)
    assert ran.report is not None
    (outcome,) = ran.report.outcomes
    assert (outcome.status.value, ran.code) == ("conflict", 5)
    assert "functions, secret keys" in outcome.detail
    assert "Project/full" in {str(address) for address in site.live().resources}


def test_nobody_is_taken_for_switched_off_where_a_search_finds_not_even_us() -> None:
    site = Site(Options4(omit_false_active=True), {"users": [{"username": "ada", "active": False}]})
    assert spec_of(site.live(), "User/ada")["active"] is False
    site.line.interfere = lambda request, pass_on: (
        pass_on(request)
        if "search-users-metadata" not in request.url
        else type(pass_on(request))(200, b'{"items": [], "status": {"hasMore": false}}')
    )
    ada = next(it for address, it in site.live().resources.items() if address.name == "ada")
    assert ada.unknown == {"active"}
