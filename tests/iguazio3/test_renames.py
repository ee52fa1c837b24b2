"""What is renamed and what is replaced on an emulated Iguazio 3, from manifests to the second plan."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

from igz_apply import workflow
from igz_apply.errors import StalePlan
from igz_apply.iguazio3.kinds import KINDS
from igz_apply.model.addresses import Address
from igz_apply.model.changes import AccessImpact
from igz_apply.planning.plan_document import from_data, to_data
from tests.builders import user
from tests.emulated import EmulatedPlane
from tests.fakes import FakeSecrets
from tests.iguazio3.site3 import GENEROUS, Document, Site, declared

ADA = {"first_name": "Ada", "last_name": "L", "email": "ada@example.com"}
WAIVED = replace(GENEROUS, waivers={("replace", "User"): 1})


def converged(site: Site, documents: list[Document], limits: workflow.Limits = GENEROUS) -> None:
    assert site.applied(documents, limits).exit_code == 0
    again = site.planned(documents, limits).plan
    assert again is not None
    assert again.writes == ()


def test_a_group_is_renamed_by_one_call_and_keeps_its_id_members_and_roles() -> None:
    def all_of(name: str, **lifecycle: str) -> list[Document]:
        return [
            declared("User", "ada", {**ADA, "groups": [name]}),
            declared("Group", name, {"assigned_policies": ["Data"]}, **lifecycle),
            declared("Project", "churn", {"members": {"viewer": {"groups": [name]}}}),
        ]

    site = Site()
    converged(site, all_of("ops"))
    identity = site.plane.live().resources[Address("Group", "ops")].id
    after = all_of("crew", renamed_from="ops")
    plan = site.planned(after, prune=True).plan
    assert plan is not None
    assert [(str(it.address), {diff.dotted: diff.after for diff in it.diff}) for it in plan.writes] == [
        ("Group/crew", {"metadata.name": "crew"})
    ]
    assert (plan.access_impact, plan.warnings, plan.dropped) == (AccessImpact(), (), {})
    begun = len(site.plane.sent)
    converged(site, after)
    assert site.plane.sent[begun:] == ["update Group/crew"]
    live = site.plane.live()
    assert live.resources[Address("Group", "crew")].id == identity
    assert live.groups_of["ada"] == {"crew", "all_users"}
    assert live.resources[Address("Project", "churn")].spec["members"]["viewer"] == {"groups": ["crew"]}
    assert {it.name for it in site.inventory.load().entries if it.kind == "Group"} == {"crew"}


def test_a_group_whose_old_and_new_name_both_live_is_left_alone() -> None:
    site = Site()
    converged(site, [declared("Group", "ops"), declared("Group", "crew")])
    (problem,) = site.planned([declared("Group", "crew", renamed_from="ops")]).problems
    assert problem.summary == "Unclear rename"


def test_a_saved_plan_of_a_replacement_is_applied_to_what_it_was_made_from_and_to_nothing_else() -> None:
    before, after = [declared("User", "ada", ADA)], [declared("User", "kat", ADA, renamed_from="ada")]
    site = Site(EmulatedPlane(user("ada", **ADA, job_title="countess"), job_seconds=1.0))
    converged(site, before)
    first = site.planned(after, WAIVED)
    assert first.plan is not None
    owned = site.inventory.load()
    whole = workflow.following(first.plan, owned)
    saved = from_data(json.loads(json.dumps(to_data(whole, tool_version="1"))), KINDS)
    reopened = workflow.reopen(saved, "sha256:1", site.plane.live(), owned, limits=WAIVED)
    assert reopened.refusals == ()
    refused = workflow.reopen(saved, "sha256:1", site.plane.live(), owned)
    assert [it.summary for it in refused.refusals] == ["Replacement"]
    assert reopened.live is not None
    report = workflow.apply(reopened.approved(), reopened.live, owned, site.plane.ports(site.inventory))
    assert report.exit_code == 0
    live = site.plane.live()
    assert live.resources[Address("User", "kat")].spec["job_title"] == "countess"
    assert site.inventory.load().entries[Address("User", "kat")].values == ADA
    with pytest.raises(StalePlan):
        workflow.reopen(saved, "sha256:1", live, site.inventory.load(), limits=WAIVED)


def test_an_export_beside_manifests_leaves_out_what_they_give_another_name() -> None:
    site = Site(EmulatedPlane(user("ada", **ADA), user("bob", **{**ADA, "email": "b@x"})))
    text = json.dumps(declared("User", "kat", ADA, renamed_from="ada"))
    beside = workflow.load(["-"], stdin=io.BytesIO(text.encode()))
    found = workflow.export(site.plane.live(), site.inventory.load(), only=("User/*",), beside=beside)
    assert [str(it.address) for it in found.resources] == ["User/bob"]


def test_to_move_a_file_is_no_change(tmp_path: Path) -> None:
    here, there = tmp_path / "users.yaml", tmp_path / "people" / "deep" / "ada.yaml"
    here.write_text(json.dumps(declared("User", "ada", ADA)), encoding="utf-8")
    site = Site()

    def proposed() -> workflow.Proposal:
        loaded = workflow.load([str(tmp_path)])
        live, owned = site.plane.live(), site.inventory.load()
        return workflow.plan(loaded, live, owned, secrets=FakeSecrets(), limits=GENEROUS, prune=True)

    first = proposed()
    assert first.live is not None
    ports = site.plane.ports(site.inventory)
    assert workflow.apply(first.approved(), first.live, site.inventory.load(), ports).exit_code == 0
    there.parent.mkdir(parents=True)
    here.rename(there)
    moved = proposed()
    assert moved.plan is not None
    assert (moved.problems, moved.plan.writes, moved.plan.warnings, moved.plan.kept) == ((), (), (), ())
    assert workflow.drift(moved.plan, site.inventory.load()) == ()
