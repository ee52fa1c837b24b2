"""What a list lacks is not taken for gone: over HTTP, with lists that are cut, wrong or not for this caller."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.wire.bending import bent, both, forbidden, missing, without
from tests.wire.wire_site import API, COMPANY, Site, by_hand, inventory

LISTS = {"users": "User/bob", "user_groups": "Group/ops", "projects": "Project/churn"}


@pytest.mark.parametrize(("path", "address"), LISTS.items())
@pytest.mark.parametrize("command", [["plan"], ["drift"], ["export"], ["apply", "-y", "--prune"]])
def test_a_list_that_leaves_out_what_is_there_stops_every_command(
    applied: Site, path: str, address: str, command: list[str]
) -> None:
    before = inventory(applied)
    applied.declare({each: spec for each, spec in COMPANY.items() if each != address and each != "Project/churn"})
    with bent(applied, without(path, address.split("/")[1])):
        said = applied.run(*command, expect=1)
        assert applied.writes(lambda: applied.run(*command, expect=1)) == []
    assert f"GET {path} did not list 1 that the inventory holds" in " ".join(said.split())
    assert address in said
    assert inventory(applied) == before


def test_an_empty_list_names_how_many_it_has_left_out(applied: Site) -> None:
    with bent(applied, without("users")):
        said = " ".join(applied.run("plan", expect=1).split())
    assert (
        "did not list 2 that the inventory holds and that, asked for by itself, is there: User/ada, User/bob." in said
    )


def test_services_are_read_again_before_they_count_as_gone(applied: Site) -> None:
    """The first answer lacks the service, the second has it: neither is to be trusted."""
    asked: list[int] = []

    def once(request: Any, answer: Any) -> Any:
        if request.path == "/api/app_services_manifests" and request.method == "GET":
            asked.append(1)
            if len(asked) == 1:
                (document,) = answer.document["data"]
                services = [
                    each for each in document["attributes"]["app_services"] if each["spec"]["name"] != "notebook"
                ]
                document["attributes"]["app_services"] = services
        return answer

    with bent(applied, once):
        said = applied.run("plan", expect=1)
    assert "AppService/notebook" in said
    assert len(asked) == 2


def test_a_service_that_only_the_kubernetes_side_has_is_kept(applied: Site) -> None:
    """Before 3.5.5 services could be missing from the manifest (wire reference, section 12.3)."""
    before = inventory(applied)
    applied.declare({each: spec for each, spec in COMPANY.items() if not each.startswith("AppService")})

    def diverged(request: Any, answer: Any) -> Any:
        if request.path == "/api/app_services_manifests" and request.method == "GET":
            attributes = answer.document["data"][0]["attributes"]
            attributes["app_services"] = [it for it in attributes["app_services"] if it["spec"]["name"] != "notebook"]
        return answer

    with bent(applied, diverged):
        said = " ".join(applied.run("apply", "-y", "--prune").split())
    assert "only the Kubernetes side still has it" in said
    assert "1 resource not seen." in said
    assert inventory(applied) == before


def test_no_manifest_of_services_at_all_says_nothing_of_them(applied: Site) -> None:
    before = inventory(applied)
    applied.declare({each: spec for each, spec in COMPANY.items() if not each.startswith("AppService")})

    def none(request: Any, answer: Any) -> Any:
        if request.path == "/api/app_services_manifests":
            answer.document["data"] = []
        return answer

    with bent(applied, none):
        said = " ".join(applied.run("apply", "-y", "--prune").split())
    assert "it shows no app_services_manifest at all" in said
    assert inventory(applied) == before


def test_what_the_caller_may_not_see_is_kept_counted_and_named(applied: Site) -> None:
    """A 403 for the one that is asked for by itself, behind a list that leaves it out."""
    before = inventory(applied)
    hiding = both(without("user_groups", "ops"), forbidden("user_groups/"))
    undeclared = {each: spec for each, spec in COMPANY.items() if each not in ("Group/ops", "Project/churn")}
    applied.declare(undeclared)
    with bent(applied, hiding):
        plan = applied.run("plan", "--prune", "--format", "json")
        said = applied.run("apply", "-y", "--no-prune")
        assert "not for you" in applied.run("drift")
    assert list(json.loads(plan)["not_visible"]) == ["Group/ops"]
    assert json.loads(plan)["summary"]["not_visible"] == 1
    assert "Group/ops" in said
    assert inventory(applied) == before
    applied.declare({**undeclared, "Group/ops": {"description": "other"}})
    with bent(applied, hiding):
        said = applied.run("apply", "-y", expect=4)
        assert "Not visible" in said
        assert applied.writes(lambda: applied.run("apply", "-y", expect=4)) == []
        applied.run("apply", "-y", "--except", "Group/ops")
    assert inventory(applied)["Group/ops"] == before["Group/ops"]


def act_as_security_admin(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Go on as somebody who sees no project."""
    site.emulator.load(
        {"users": [{"username": "sec", "password": "Sec-12345!", "assigned_policies": ["Security Admin"]}]}
    )
    monkeypatch.delenv("V3IO_ACCESS_KEY")
    monkeypatch.setenv("V3IO_USERNAME", "sec")
    monkeypatch.setenv("V3IO_PASSWORD", "Sec-12345!")


@pytest.mark.parametrize("owns", [True, False], ids=["owner", "stranger"])
def test_an_export_says_of_which_kinds_it_may_lack_some(
    applied: Site, monkeypatch: pytest.MonkeyPatch, owns: bool
) -> None:
    said = (
        "warning: perhaps not every Project is exported: sec has none of the policies that show every Project: Project"
    )
    assert "perhaps" not in applied.run("export")
    act_as_security_admin(applied, monkeypatch)
    if not owns:
        (applied.folder / ".igz-apply/inventory.json").unlink()
    for more in ((), ("--out-dir", "all"), ("--only", "Project/*", "--only", "User"), ("--only", "Pro*")):
        shown = " ".join(applied.run("export", *more).split())
        assert said in shown
        assert ("not visible, and so not exported: Project/churn" in shown) is owns
    for more in (("--only", "User"), ("--only", "Group/ops", "--only", "User/*")):
        assert said not in " ".join(applied.run("export", *more).split())


def test_an_export_confirms_what_the_shared_inventory_holds_and_takes_nothing_over(applied: Site) -> None:
    before = inventory(applied)
    (applied.folder / "igz-apply.yaml").write_text("version: 1\ntargets: {prod: {}}\n")
    with bent(applied, without("users", "bob")):
        assert "User/bob" in applied.run("export", "--target", "prod", expect=1)
    assert "name: bob" in applied.run("export", "--target", "prod")
    assert [path.name for path in (applied.folder / ".igz-apply").glob("*.json")] == ["inventory.json"]
    assert inventory(applied) == before


def test_an_account_that_sees_some_projects_only_drops_none_and_makes_none_again(
    applied: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Security Admin alone: lists of projects are cut to what the caller may see (section 10.5)."""
    before = inventory(applied)
    act_as_security_admin(applied, monkeypatch)
    rest = {each: spec for each, spec in COMPANY.items() if each != "Project/churn"}
    applied.declare(rest)
    said = " ".join(applied.run("apply", "-y", "--prune").split())
    assert "! Project/churn: not visible here, and left alone: sec has none of the policies that show every" in said
    assert "No changes in what sec may see; 1 resource not seen, and not every Project is seen." in said
    assert inventory(applied) == before
    applied.declare(COMPANY)
    for desired in (COMPANY, {**COMPANY, "Project/churn": None}):
        applied.declare(desired)
        assert "Not visible" in applied.run("apply", "-y", expect=4)
    applied.declare({**rest, "Project/new": {"description": "x"}})
    said = " ".join(applied.run("plan", expect=4).split())
    assert "Missing policy" in said
    assert "which takes the policy Developer or Function Admin; sec has Security Admin." in said
    assert inventory(applied) == before


def test_what_is_gone_is_told_and_dropped_and_what_was_protected_is_remembered(applied: Site) -> None:
    applied.declare({**COMPANY, "Group/spare": {"description": "x"}, "Project/spare": {"owner": "ada"}})
    kept = {**API, "kind": "Group", "metadata": {"name": "kept"}, "spec": {}, "lifecycle": {"prevent_destroy": True}}
    (applied.folder / "manifests/kept.yaml").write_text(json.dumps(kept))
    applied.run("apply", "-y")
    ids = {address: entry["id"] for address, entry in inventory(applied).items()}
    for name in ("spare", "kept"):
        applied.run("destroy", "-y", "--only", f"Group/{name}", expect=4 if name == "kept" else 0)
    before = inventory(applied)
    assert "Group/spare" not in before
    by_hand(applied, "DELETE", f"user_groups/{ids['Group/kept']}")
    (applied.folder / "manifests/kept.yaml").unlink()
    applied.declare({**COMPANY, "Project/spare": {"owner": "ada"}})
    for _ in range(2):
        said = applied.run("apply", "-y", "--prune")
        assert "remembered: prevent_destroy protects it" in said
    assert inventory(applied)["Group/kept"]["prevent_destroy"] is True
    applied.run("forget", "Group/kept")
    assert "Group/kept" not in applied.run("plan")


def test_a_list_of_users_that_denies_the_caller_is_not_believed(applied: Site) -> None:
    before = inventory(applied)
    with bent(applied, both(without("users"), missing("users"))):
        for command in (["plan"], ["apply", "-y", "--prune"], ["drift"]):
            said = " ".join(applied.run(*command, expect=1).split())
            assert "GET users did not list admin, as whom this runs, and users that the inventory holds are" in said
    assert inventory(applied) == before
