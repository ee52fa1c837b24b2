"""What a cluster leaves out, or somebody else writes in between, is never taken for nothing and never written over."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from igz_apply.emulator import Options4
from igz_apply.execution.options import ApplyOptions
from igz_apply.iguazio4.client import Members, Response
from igz_apply.iguazio4.platform import IGUAZIO4
from igz_apply.iguazio4.steps import steps_of
from igz_apply.model.addresses import Address
from igz_apply.ports import Presence
from igz_apply.workflow import apply
from tests.fakes import InlinePool
from tests.iguazio4.site4 import KINDS, Manifest, Ran, Site, group, manifest, project, spec_of, user

Edit = Callable[[Any], None]
PEOPLE = [user("ada"), user("bob"), user("cy")]


def without_holders(document: Any) -> None:
    for item in document.get("items", [document]):
        item.get("status", {}).pop("assignedMembers", None)


def edits(site: Site, path: str, edit: Edit) -> None:
    """Let answers to reads of paths that hold this text be without what `edit` takes out."""

    def interfere(request: Any, pass_on: Any) -> Any:
        answer = pass_on(request)
        if request.method != "GET" or path not in request.url or not isinstance(answer, Response):
            return answer
        document = json.loads(answer.content or b"{}")
        edit(document)
        return replace(answer, content=json.dumps(document).encode())

    site.line.interfere = interfere


def approved(site: Site, ran: Ran) -> Ran:
    """Apply what was planned before, and listen to the cluster itself again."""
    assert ran.proposal is not None
    assert ran.proposal.live is not None
    options = ApplyOptions(parallelism=4, job_timeout=60.0)
    ran.report = apply(
        ran.proposal.approved(), ran.proposal.live, site.inventory.load(), site.ports(), options, IGUAZIO4
    )
    site.line.interfere = None
    return ran


def test_an_owner_who_was_given_since_the_plan_is_not_written_over() -> None:
    site = Site()
    site.converged([*PEOPLE, project("churn", owner="ada")])
    ran = site.planned([*PEOPLE, project("churn", owner="bob")])
    site.client.set_owner("churn", "cy")
    approved(site, ran)
    assert ran.report is not None
    assert ran.report.counts["conflict"] == 1
    assert spec_of(site.live(), "Project/churn")["owner"] == "cy"


def test_an_owner_is_written_where_the_service_names_it_by_its_id() -> None:
    site = Site()
    site.converged([*PEOPLE, project("churn", owner="ada")])
    ada = site.client.user("ada")["metadata"]["id"]
    ran = site.planned([*PEOPLE, project("churn", owner="bob")])
    edits(site, "/projects/projects/churn", lambda it: it["spec"].update(owner=ada))
    assert approved(site, ran).code == 0
    assert spec_of(site.live(), "Project/churn")["owner"] == "bob"


def additive(*editors: str) -> Manifest:
    spec = {"owner": "ada", "members": {"editor": {"users": list(editors)}}}
    return manifest("Project", "churn", spec, membership="additive")


@pytest.mark.parametrize("hides_all", [True, False])
def test_a_role_is_not_written_over_holders_that_are_not_told(hides_all: bool) -> None:
    site = Site()
    site.converged([*PEOPLE, additive("bob")])
    site.client.set_role("churn", "editor", Members(["bob", "cy"]), override=True)
    ran = site.planned([*PEOPLE, additive("bob", "ada")])

    def edit(document: Any) -> None:
        if hides_all:
            without_holders(document)
        else:
            document["items"] = [it for it in document["items"] if not it["metadata"]["name"].endswith("editor")]

    edits(site, "/authorization/projects/churn/policies", edit)
    assert approved(site, ran).code == 5
    assert spec_of(site.live(), "Project/churn")["members"] == {"editor": {"users": ["bob", "cy"]}}


def test_members_are_asked_for_where_the_list_tells_those_of_other_projects_alone() -> None:
    site = Site()
    roles = {"editor": {"users": ["bob"]}}
    manifests = [*PEOPLE, *(project(name, owner="ada", members=roles) for name in ("one", "two"))]
    site.converged(manifests)
    edits(
        site,
        "/authorization/policies",
        lambda it: without_holders({"items": [e for e in it["items"] if e["spec"].get("projectName") == "two"]}),
    )
    with site.asked() as asked:
        assert site.planned(manifests).plan.writes == ()
    assert [each for each in asked if "/authorization/projects/" in each] == [
        "GET /api/v1/authorization/projects/two/policies"
    ]


def test_members_that_no_answer_tells_are_unknown_where_somebody_owns_the_project() -> None:
    site = Site()
    manifests = [*PEOPLE, project("churn", owner="ada", members={"editor": {"users": ["bob"]}})]
    site.converged(manifests)
    edits(site, "/authorization/", without_holders)
    plan = site.planned(manifests).plan
    assert plan.writes == ()
    assert plan.unknown[Address("Project", "churn")] == ("members",)


@pytest.mark.parametrize("binds", [True, False])
def test_policies_are_not_written_over_holders_that_are_not_told(binds: bool) -> None:
    site = Site()
    site.converged(PEOPLE)
    for name in ("ada", "bob"):
        site.client.assign_policies(name, policy_names=["oris-viewer"], override=True)
    holders = manifest("PolicyBinding", "oris-viewer", {"users": ["cy"]}, membership="additive")
    wanted = [*PEOPLE, holders] if binds else [user("ada", policies=["oris-viewer", "oris-developer"]), *PEOPLE[1:]]
    ran = site.planned(wanted)
    before = site.live()
    edits(site, "/authorization/policies", without_holders)
    assert approved(site, ran).code != 0
    assert site.live().resources == before.resources


def test_a_policy_that_no_list_shows_is_kept_by_whoever_holds_it() -> None:
    site = Site()
    site.converged([user("ada", policies=["oris-viewer"])])
    site.client.assign_policies("ada", policy_names=["oris-system-admin"], override=False)

    def hide(document: Any) -> None:
        document["items"] = [it for it in document["items"] if it["metadata"]["name"] != "oris-system-admin"]

    edits(site, "/authorization/policies?", hide)
    assert site.applied([user("ada", policies=["oris-viewer", "oris-developer"])]).code == 0
    site.line.interfere = None
    assert spec_of(site.live(), "User/ada")["policies"] == ["oris-developer", "oris-system-admin", "oris-viewer"]


def test_a_binding_is_not_gone_where_nobody_tells_who_holds_policies() -> None:
    site = Site()
    site.converged([*PEOPLE, manifest("PolicyBinding", "oris-viewer", {"users": ["ada"]})])
    edits(site, "/authorization/policies", without_holders)
    kind = KINDS["PolicyBinding"]
    (sighting,) = site.reader.sightings(kind, {"oris-viewer": ""}, site.live(), InlinePool()).values()
    assert sighting.presence is Presence.HIDDEN


def test_who_is_created_with_a_policy_is_not_created_while_its_holders_are_written() -> None:
    site = Site()
    holders = manifest("PolicyBinding", "oris-viewer", {"users": ["ada"]}, membership="additive")
    made = steps_of(site.planned([user("ada"), user("bob", policies=["oris-viewer"]), holders]).plan, KINDS)
    locks = {step.key: step.lock for step in made}
    assert locks["create User/bob"] == locks["holders PolicyBinding/oris-viewer"]
    assert locks["create User/ada"] == "User/ada"


def gone(name: str) -> Manifest:
    return manifest("Project", name, state="absent")


@pytest.mark.parametrize(
    "edit",
    [
        lambda it: it.update(project_summaries=[]),
        lambda it: it.update(project_summaries=[{"name": each["name"]} for each in it["project_summaries"]]),
    ],
    ids=["no summary of it", "a summary that counts nothing"],
)
def test_a_project_that_nobody_counts_is_not_taken_for_empty(edit: Edit) -> None:
    site = Site()
    site.converged([project("churn")])
    edits(site, "/project-summaries", edit)
    ran = site.planned([gone("churn")])
    assert ran.proposal is not None
    assert [each.summary for each in ran.proposal.refusals] == ["Not empty"]


def test_a_project_is_not_written_without_its_witness() -> None:
    site = Site()
    site.converged([project("churn", description="one")])
    edits(site, "/projects/projects/churn", lambda it: it["status"].pop("opId"))
    ran = site.applied([project("churn", description="two")])
    assert not [each for each in site.line.writes if each.startswith("PUT") and "projects/projects" in each]
    assert ran.report is not None
    assert "opId" in str(ran.report)


def test_a_group_is_found_beside_one_of_its_name_that_is_gone() -> None:
    site = Site()
    site.converged([group("a"), group("a/x"), group("b"), group("b/x")])
    live = site.live()
    stale = "00000000-0000-4000-8000-000000000000"
    edits(site, "/search-groups-metadata", lambda it: it["items"].insert(0, {"groupId": stale, "name": "x"}))
    (sighting,) = site.reader.sightings(KINDS["Group"], {"b/x": ""}, live, InlinePool()).values()
    assert sighting.presence is Presence.THERE


@pytest.mark.parametrize("leader", ["orca", "mlrun"])
def test_one_worker_reads_what_nothing_lists(leader: str) -> None:
    site = Site(Options4(leader=leader, list_projects=False), {"projects": [{"name": "one"}, {"name": "two"}]})
    with ThreadPoolExecutor(1) as pool:
        live = site.reader.live(pool)
    assert {each.name for each in live.resources if each.kind == "Project"} == {"one", "two"}
