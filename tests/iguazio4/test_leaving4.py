"""Whole plans and applies about who leaves, against a cluster in this process."""

from __future__ import annotations

from itertools import count
from typing import Any

from igz_apply.errors import PlanRefused
from igz_apply.iguazio4.client import Failure, Request, Response
from igz_apply.model.addresses import Address
from igz_apply.model.resources import LiveState
from igz_apply.workflow import Limits
from tests.iguazio4.site4 import Manifest, Site, group, manifest, project, spec_of, user

ADA = Address("User", "ada")


def before(site: Site) -> list[Manifest]:
    policy = min(site.live().looked_up["Policy"])
    return [
        group("ds"),
        manifest(
            "User",
            "ada",
            {"first_name": "Ada", "last_name": "L", "groups": ["ds"], "policies": [policy]},
            on_removal="disable",
        ),
        user("bob", groups=["ds"]),
        user("cy"),
        project("churn", owner="bob", members={"editor": {"users": ["ada", "bob"]}, "viewer": {"groups": ["ds"]}}),
        project("fraud", owner="bob", members={"admin": {"users": ["ada"]}}),
    ]


def after() -> list[Manifest]:
    """One project says nothing of its members any more, the other states a role of others."""
    return [
        group("ds"),
        user("bob", groups=["ds"]),
        user("cy"),
        project("churn", owner="bob", members={"viewer": {"groups": ["ds"]}}),
        project("fraud", owner="bob"),
    ]


def assert_gone(live: LiveState) -> None:
    spec = live.resources[ADA].spec
    assert (spec["active"], spec.get("policies") or []) == (False, [])
    assert live.groups_of.get("ada", frozenset()) == frozenset()
    for name in ("churn", "fraud"):
        members = spec_of(live, f"Project/{name}").get("members") or {}
        assert "ada" not in [it for sides in members.values() for it in (sides or {}).get("users") or ()]
    assert "bob" in spec_of(live, "Project/churn")["members"]["editor"]["users"]


def test_who_leaves_is_switched_off_and_stripped_and_stays_so() -> None:
    site = Site()
    site.converged(before(site))
    ran = site.applied(after())
    assert ran.code == 0, ran.error
    assert sorted(f"{it.action.value} {it.address}" for it in ran.plan.writes) == [
        "update Project/churn",
        "update Project/fraud",
        "update User/ada",
    ]
    assert_gone(site.converged(after()))
    entry = site.inventory.load().entries[ADA]
    assert (entry.on_removal, entry.is_removed) == ("disable", True)
    site.client.enable_user("ada")
    again = site.planned(after())
    assert [str(it.address) for it in again.plan.writes] == ["User/ada"]
    assert_gone(site.converged(after()))


def test_a_manifest_that_comes_back_has_all_of_it_back() -> None:
    site = Site()
    declared = before(site)
    site.converged(declared)
    site.converged(after())
    live = site.converged(declared)
    assert live.resources[ADA].spec["active"] is True
    assert live.groups_of["ada"] == {"ds"}
    assert not site.inventory.load().entries[ADA].is_removed


def test_what_breaks_off_at_any_call_is_finished_by_the_same_command() -> None:
    for at in _calls():
        for is_done in (False, True):
            site = Site()
            site.converged(before(site))
            site.line.interfere = _cut_off_at(at, is_done=is_done)
            site.applied(after())
            site.line.interfere = None
            assert_gone(site.converged(after()))


def _cut_off_at(at: int, *, is_done: bool) -> Any:
    """From a write on nothing is answered any more; the first may have been done."""
    seen = count()

    def interfere(request: Request, pass_on: Any) -> Response | Failure:
        if request.method != "GET" and "refresh-access" not in request.url and (now := next(seen)) >= at:
            if now == at and is_done:
                pass_on(request)
            return Failure("the line broke", sent=True)
        answer: Response | Failure = pass_on(request)
        return answer

    return interfere


def _calls() -> range:
    site = Site()
    site.converged(before(site))
    done = len(site.line.writes)
    site.applied(after())
    return range(len(site.line.writes) - done)


def test_a_list_of_holders_and_a_user_who_leaves_agree() -> None:
    site = Site()
    policy = min(site.live().looked_up["Policy"])
    ada = manifest("User", "ada", {"first_name": "Ada", "last_name": "L"}, on_removal="disable")
    site.converged([ada, user("bob"), manifest("PolicyBinding", policy, {"users": ["ada", "bob"]})])
    named = site.applied([user("bob"), manifest("PolicyBinding", policy, {"users": ["ada", "bob"]})])
    assert named.code == 3
    live = site.converged([user("bob"), manifest("PolicyBinding", policy, {"users": ["bob"]})])
    assert (live.resources[ADA].spec["active"], live.resources[ADA].spec.get("policies") or []) == (False, [])


def test_what_is_forgotten_is_left_as_it_is() -> None:
    site = Site()
    site.converged([group("ds"), manifest("Group", "old", {}, on_removal="forget")])
    written = len(site.line.writes)
    live = site.converged([group("ds")])
    assert Address("Group", "old") in live.resources
    assert len(site.line.writes) == written
    assert Address("Group", "old") not in site.inventory.load().entries


def test_an_empty_folder_disables_and_forgets_nobody() -> None:
    site = Site()
    people = [manifest("User", f"u{n}", {"first_name": "U", "last_name": "U"}, on_removal="disable") for n in range(4)]
    site.converged([group("ds"), *people])
    ran = site.applied([group("ds")], Limits())
    assert ran.code == 4
    assert isinstance(ran.error, PlanRefused)
    assert [problem.hint[-22:] for problem in ran.error.problems] == ["--allow disable:User=4"]
    assert site.live().resources[Address("User", "u0")].spec["active"] is True
