"""Every switch of the emulator, pairwise, in every flow: what the reference leaves open is right either way.

A flow ends in an empty second plan that a cluster which tells everything confirms; or it says, by its exit code and by
name, what the server did not do or did otherwise. It is never a wrong "no changes".
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import pytest

from igz_apply.emulator import Options4
from tests.iguazio4.pairwise import rows
from tests.iguazio4.site4 import Manifest, Ran, Site, group, manifest, project, user

IS_WHOLE = os.environ.get("IGZ_TORTURE") == "whole"

SWITCHES: Mapping[str, tuple[Any, ...]] = {
    "token_seconds": (300, 4),
    "rotate_tokens": (False, True),
    "missing_credentials": (401, 302),
    "enforce_policies": (True, False),
    "rights_seconds": (0.0, 3.0),
    "nested_groups": (False, True),
    "omit_false_active": (False, True),
    "send_empty_values": (False, True),
    "omit_has_more": (False, True),
    "omit_empty_items": (False, True),
    "text_integers": (False, True),
    "refuse_unknown": (True, False),
    "max_page_size": (1000, 100),
    "short_pages": (False, True),
    "group_list": ("flat", "top"),
    "member_ids": ("usernames", "ids"),
    "lower_usernames": (True, False),
    "email_from_username": (False, True),
    "assign_adds": (False, True),
    "delete_group_with_children": ("removes", "refuses"),
    "delete_owner_of_projects": ("refuses", "allows"),
    "policies_kind_word": ("mgmt", "system"),
    "owner_in_roles": ("refuses", "writes"),
    "override_drops_owner": (False, True),
    "empty_role_in_map": ("empties", "keeps"),
    "list_projects": (True, False),
    "update_at_once": (False, True),
    "values_at_once": (False, True),
    "gone_status": (204, 200, 404),
    "execution_appears_after": (0.0, 5.0),
    "executions_vanish_seconds": (3600.0, 0.5),
    "leader": ("orca", "mlrun"),
}
ROWS = rows(SWITCHES)

PEOPLE = [
    group("research", policies=["oris-viewer"]),
    group("research/nlp"),
    user("ada", groups=["research/nlp"], policies=["oris-developer"]),
    user("bob@example.com", email="bob@example.com", groups=["research"]),
    user("eve", active=False),
]
CHURN: dict[str, Any] = {
    "description": "Churn",
    "owner": "ada",
    "labels": {"team": "retail"},
    "members": {"admin": {"users": ["bob@example.com"]}, "viewer": {"groups": ["research/nlp"]}},
}
OTHERS = {
    "groups": [{"path": "theirs"}, {"path": "theirs/too"}],
    "users": [{"username": "zed", "groups": ["theirs/too"], "policies": ["oris-viewer"]}],
    "projects": [
        {"name": "other", "owner": "zed", "members": {"viewer": {"users": ["zed"]}}},
        {"name": "shared", "owner": "zed", "members": {"editor": {"users": ["zed"], "groups": ["theirs"]}}},
    ],
}

FLOWS: Mapping[str, tuple[list[Manifest], ...]] = {
    "people come": (PEOPLE,),
    "people change": (
        PEOPLE,
        [
            group("research", policies=[]),
            group("research/nlp", policies=["oris-viewer"]),
            user("ada", groups=["research"], policies=[], last_name="King"),
            user("bob@example.com", groups=[]),
            user("eve", active=True, policies=["oris-viewer"]),
        ],
    ),
    "people go": (PEOPLE, [group("research"), user("eve", active=False)]),
    "a roster is stated by its group": (
        [group("ops"), user("ada"), user("bob@example.com")],
        [group("ops", users=["ada", "zed"]), user("ada"), user("bob@example.com")],
        [group("ops", users=["zed"]), user("ada"), user("bob@example.com")],
    ),
    "a policy is bound": (
        [*PEOPLE[1:2], PEOPLE[0], user("ada"), manifest("PolicyBinding", "oris-developer", {"users": ["ada"]})],
        [*PEOPLE[:2], user("ada"), manifest("PolicyBinding", "oris-developer", {"groups": ["research/nlp"]})],
        [*PEOPLE[:2], user("ada")],
    ),
    "projects come": ([*PEOPLE, project("churn", **CHURN), project("plain")],),
    "projects change": (
        [*PEOPLE, project("churn", **CHURN), project("plain")],
        [
            *PEOPLE,
            project(
                "churn",
                description="Better",
                labels={"team": "growth"},
                owner="bob@example.com",
                members={"admin": {}, "curator": {"users": ["eve"]}, "viewer": {"groups": ["research"]}},
            ),
            project("plain", state="archived"),
        ],
    ),
    "members of a project that is there": (
        [*PEOPLE, project("shared", members={"admin": {"users": ["ada"]}, "editor": {"users": ["zed"]}})],
        [*PEOPLE, project("shared", members={"admin": {}, "viewer": {"groups": ["research/nlp"], "users": ["eve"]}})],
    ),
    "projects go": ([*PEOPLE, project("churn", **CHURN)], PEOPLE),
}


def named(row: Mapping[str, Any]) -> str:
    unusual = [f"{name}={value}" for name, value in row.items() if value != SWITCHES[name][0]]
    return f"{len(unusual)} of {len(row)}"


def cases() -> list[Any]:
    every = [(flow, number) for flow in FLOWS for number in range(len(ROWS))]
    chosen = every if IS_WHOLE else every[::7]
    return [pytest.param(flow, ROWS[number], id=f"{flow}-{number}") for flow, number in chosen]


@pytest.mark.parametrize(("flow", "row"), cases())
def test_a_flow_ends_well_or_says_what_did_not(flow: str, row: Mapping[str, Any]) -> None:
    site = Site(Options4(**row), OTHERS)
    for stage in FLOWS[flow]:
        ran = applied_at_last(site, stage)
        if ran.code != 0:
            assert ran.code in (1, 4, 5), ran.error
            assert said(ran), "it does not say what went wrong"
            return
        again = site.planned(stage)
        assert again.error is None, again.error
        assert again.plan.writes == (), [(change.address, change.diff) for change in again.plan.writes]
        confirmed(site, stage, again)
    others_are_as_they_were(site)


def applied_at_last(site: Site, stage: list[Manifest]) -> Ran:
    """Apply, and once again where rights had not spread, as anybody would."""
    ran = site.applied(stage)
    if ran.code in (1, 5) and site.emulator.options.rights_seconds:
        site.clock.sleep(30)
        ran = site.applied(stage)
    return ran


def said(ran: Ran) -> str:
    """Return what a reader is told of what went wrong."""
    if ran.error is not None:
        return str(ran.error)
    assert ran.report is not None
    failed = [outcome for outcome in ran.report.outcomes if outcome.status.value not in ("applied", "skipped")]
    told = [f"{outcome.address}: {outcome.detail}" for outcome in failed if outcome.detail]
    told += [f"{each.address}: {each.diff}" for each in ran.report.not_converged]
    return "; ".join([*told, *ran.report.failures])


def confirmed(site: Site, stage: list[Manifest], told: Ran) -> None:
    """Plan again where the cluster tells everything: what it shows there was told, be it as what is not known."""
    kept = site.emulator.options
    word = kept.policies_kind_word
    site.emulator.options = Options4(leader=kept.leader, policies_kind_word=word, send_empty_values=True)
    site.clock.sleep(60)
    seen = site.planned(stage)
    site.emulator.options = kept
    untold = told.plan.unknown
    shown = [(change.address, item) for change in seen.plan.writes for item in change.diff]
    assert [(address, item) for address, item in shown if item.dotted not in untold.get(address, ())] == []
    assert {change.address for change in seen.plan.writes} <= untold.keys()


def others_are_as_they_were(site: Site) -> None:
    site.emulator.options = Options4(leader=site.emulator.options.leader)
    live = site.live()
    assert live.groups_of["zed"] >= {"theirs/too"}
    theirs = {str(address): live.resources[address].spec for address in live.resources}
    assert "oris-viewer" in theirs["User/zed"]["policies"]
    assert theirs["Project/other"]["owner"] == "zed"
    assert theirs["Project/other"]["members"] == {"viewer": {"users": ["zed"]}}


def test_any_two_values_of_two_switches_meet() -> None:
    for one in SWITCHES:
        for other in SWITCHES:
            met = {(row[one], row[other]) for row in ROWS}
            assert one == other or len(met) == len(SWITCHES[one]) * len(SWITCHES[other])
    assert len(ROWS) < 40
