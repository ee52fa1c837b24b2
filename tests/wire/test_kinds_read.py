"""A run asks the cluster for the kinds that it has to do with, and says which it has not looked at."""

from __future__ import annotations

import json
from typing import Any

import pytest

from igz_apply.iguazio3.kinds import KINDS
from igz_apply.iguazio3.wire import endpoint_of
from tests.wire.test_request_budget import Request, is_of_a_reading, sent
from tests.wire.wire_site import Site, by_hand, inventory

LISTS = {endpoint_of(kind).path: kind.name for kind in KINDS}
SERVICES: dict[str, dict[str, Any]] = {"AppService/notebook": {"kind": "jupyter", "owner": "admin"}}
PROJECTS: dict[str, dict[str, Any]] = {"Project/churn": {"description": "Churn"}}
NOT_LOOKED_AT = "Project not looked at: nothing declared or owned here has to do with it."


def listed(requests: list[Request]) -> dict[str, int]:
    """Return how many lists of each kind were asked for."""
    found: dict[str, int] = {}
    for method, path, query in requests:
        if method == "GET" and path in LISTS and "filter" not in query:
            found[LISTS[path]] = found.get(LISTS[path], 0) + 1
    return found


ALL = {"User": 1, "Group": 1, "Project": 1, "AppService": 1}
WITHOUT_PROJECTS = {"User": 1, "Group": 1, "AppService": 1}


def test_a_plan_of_services_asks_for_no_projects_and_says_so(site: Site) -> None:
    site.declare(SERVICES)
    requests = sent(site, "plan", expect=0)
    assert listed(requests) == WITHOUT_PROJECTS
    assert [each for each in requests if not is_of_a_reading(each)] == []
    assert NOT_LOOKED_AT in site.run("plan")
    plan = json.loads(site.run("plan", "--format", "json").splitlines()[-1])
    assert (plan["unread"], "Project" in plan["foreign"]) == (["Project"], False)


def test_an_apply_of_services_asks_for_none_before_nor_after(site: Site) -> None:
    site.declare(SERVICES)
    requests = sent(site, "apply", "-y", expect=0)
    found = listed(requests)
    assert (found["User"], found["Group"], found.get("Project")) == (2, 2, None)
    assert set(inventory(site)) == {"AppService/notebook"}
    assert "No changes. The cluster is as the manifests say." in site.run("plan")


def test_a_saved_plan_is_applied_to_what_it_was_made_from(site: Site) -> None:
    site.declare(SERVICES)
    site.run("plan", "--out", "p.plan")
    assert listed(sent(site, "apply", "-y", "--plan", "p.plan", expect=0)).get("Project") is None


@pytest.mark.parametrize(
    ("why", "arguments"),
    [
        ("declared", []),
        ("owned", []),
        ("put before", []),
        ("declared by nothing that a glance sees", []),
        ("selected", ["--except", "Project/*"]),
        ("protected", []),
    ],
)
@pytest.mark.parametrize("command", ["plan", "apply"])
def test_whatever_has_to_do_with_projects_asks_for_them(
    site: Site, why: str, arguments: list[str], command: str
) -> None:
    by_hand(site, "POST", "projects", {"data": {"type": "project", "attributes": {"name": "churn"}}})
    if why == "owned":
        site.declare({**SERVICES, **PROJECTS})
        site.run("apply", "-y")
    site.declare({**SERVICES, **(PROJECTS if why == "declared" else {})})
    manifest = site.folder / "manifests" / "all.yaml"
    if why == "put before":
        manifest.write_text(f"{manifest.read_text()}lifecycle: {{depends_on: [Project/churn]}}\n")
    if why == "declared by nothing that a glance sees":
        text = "apiVersion: iguazio.com/v1\n? kind\n: Project\nmetadata: {name: churn}\nspec: {}\n"
        (site.folder / "manifests" / "odd.yaml").write_text(text)
    if why == "protected":
        (site.folder / "igz-apply.yaml").write_text("version: 1\nprotect: [Project/churn]\n")
    requests = sent(site, command, *(["-y"] if command == "apply" else []), *arguments, expect=0)
    assert listed(requests)["Project"] >= 1
    assert "not looked at" not in site.run("plan", *arguments)


def test_people_are_planned_with_all_that_they_may_own_or_have_a_role_in(site: Site) -> None:
    site.declare({"Group/another": {"description": "d"}})
    assert listed(sent(site, "plan", expect=0)) == ALL


def test_whoever_asks_what_is_not_in_git_is_told_all(site: Site) -> None:
    site.declare(SERVICES)
    site.run("apply", "-y")
    by_hand(site, "POST", "projects", {"data": {"type": "project", "attributes": {"name": "churn"}}})
    assert listed(sent(site, "drift", "--unmanaged", expect=2)) == ALL
    assert "churn" in site.run("drift")
    assert "name: churn" in site.run("export")


def test_an_inventory_that_all_targets_shared_is_told_by_all_that_lives(site: Site) -> None:
    site.declare(SERVICES)
    (site.folder / "igz-apply.yaml").write_text("version: 1\ntargets: {dev: {}}\n")
    site.run("apply", "-y")
    assert listed(sent(site, "plan", "--target", "dev", expect=0)) == ALL


def test_what_is_wrong_with_the_inventory_is_told_after_what_is_wrong_with_manifests(site: Site) -> None:
    site.declare(SERVICES)
    folder = site.folder / ".igz-apply"
    folder.mkdir(exist_ok=True)
    (folder / "inventory.json").write_text("{")
    (site.folder / "manifests" / "bad.yaml").write_text("kind: [\n")
    assert "Broken YAML" in site.run("plan", expect=3)
    (site.folder / "manifests" / "bad.yaml").unlink()
    assert "Damaged inventory" in site.run("plan", expect=3)
