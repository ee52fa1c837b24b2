"""An account to which the cluster shows some projects only: what it is not shown is never told as nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.wire.bending import bent, forbidden
from tests.wire.wire_site import COMPANY, Site, by_hand

WHY = (
    "edsger has none of the policies that show every Project: Project Admin, Project Read Only, Project Security Admin"
)
UNSEEN = f"not every Project is seen: {WHY}"
POLICIES = ("Security Admin", "Developer", "Service Admin")


def act_as(site: Site, monkeypatch: pytest.MonkeyPatch, *policies: str) -> None:
    """Go on as edsger, who holds these policies."""
    user = {"username": "edsger", "password": "Eds-12345!", "assigned_policies": list(policies)}
    site.emulator.load({"users": [user]})
    monkeypatch.delenv("V3IO_ACCESS_KEY")
    monkeypatch.setenv("V3IO_USERNAME", "edsger")
    monkeypatch.setenv("V3IO_PASSWORD", "Eds-12345!")


@pytest.fixture
def watched(site: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A cluster on which everything but a project is in git, watched by an account that is not shown the project."""
    by_hand(site, "POST", "projects", {"data": {"type": "project", "attributes": {"name": "secret"}}})
    act_as(site, monkeypatch, *POLICIES)
    site.run("export", "--out-dir", "manifests")
    site.run("apply", "-y")
    return site


def said(text: str) -> str:
    return " ".join(text.split())


def test_no_changes_and_no_drift_are_said_of_what_is_seen_alone(watched: Site) -> None:
    plan = said(watched.run("plan"))
    assert plan.count(UNSEEN) == 1
    assert plan.endswith("No changes in what edsger may see; not every Project is seen.")
    drift = said(watched.run("drift", "--detailed-exitcode"))
    assert drift.count(UNSEEN) == 1
    assert drift.endswith("No drift in what edsger may see; not every Project is seen.")


def test_every_form_of_a_plan_says_what_is_not_all_seen(watched: Site) -> None:
    forms = [watched.folder / f"r.{suffix}" for suffix in ("md", "html", "json")]
    watched.run("plan", *(option for form in forms for option in ("--report", str(form))))
    comment, page, data = (form.read_text() for form in forms)
    assert "No changes in what is visible" in comment
    assert UNSEEN in comment
    assert UNSEEN in page
    assert '<span class="bad">No changes in what is visible</span>' in page
    assert json.loads(data)["partial"] == {"Project": WHY}
    assert json.loads(watched.run("drift", "--format", "json"))["partial"] == {"Project": WHY}


def test_whether_anything_is_not_in_git_cannot_be_said(watched: Site) -> None:
    shown = said(watched.run("drift", "--unmanaged", expect=1))
    assert f"Whether anything is not in git cannot be said: not every Project is seen ({WHY})" in shown
    assert "Run it as somebody who sees all, or give edsger a policy that shows it." in shown
    watched.emulator.load({"groups": [{"name": "byhand"}]})
    shown = said(watched.run("drift", "--unmanaged", expect=2))
    assert UNSEEN in shown
    assert "byhand" in shown


def test_an_account_that_sees_all_is_told_as_before(applied: Site) -> None:
    for command in ("plan", "drift"):
        assert "not every" not in applied.run(command)
        assert json.loads(applied.run(command, "--format", "json"))["partial"] == {}


def test_what_may_be_there_already_is_told_before_it_is_created(applied: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    (applied.folder / ".igz-apply/inventory.json").unlink()
    act_as(applied, monkeypatch, *POLICIES)
    plan = said(applied.run("plan"))
    assert "Look at this first" in plan
    assert "! Project/churn: may be there already, as edsger does not see every Project" in plan
    shown = said(applied.run("apply", "-y", expect=5))
    assert f"It may be there already and hidden from this account: {WHY}. Run again as somebody who sees it." in shown
    assert "Something else has the name or the value already" not in shown


def test_only_what_is_declared_and_not_seen_is_looked_for(applied: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = "/api/projects/__name__/"
    assert not any(it["path"].startswith(asked) for it in applied.requests(lambda: applied.run("plan")))
    (applied.folder / ".igz-apply/inventory.json").unlink()
    assert not any(it["path"].startswith(asked) for it in applied.requests(lambda: applied.run("plan")))
    act_as(applied, monkeypatch, *POLICIES)
    sent = [it["path"] for it in applied.requests(lambda: applied.run("plan"))]
    assert [path for path in sent if path.startswith(asked)] == [f"{asked}churn"]


def test_what_is_refused_when_it_is_looked_for_is_no_create(applied: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    (applied.folder / ".igz-apply/inventory.json").unlink()
    act_as(applied, monkeypatch, *POLICIES)
    for desired in (COMPANY, {**COMPANY, "Project/churn": None}):
        applied.declare(desired)
        with bent(applied, forbidden("projects/__name__/")):
            shown = said(applied.run("plan", expect=4))
            assert "Project/churn is declared, but the cluster does not show it: " in shown
            assert "not for you" in shown
            assert "create Project/churn" not in shown
            assert "Project/churn" not in said(applied.run("plan", "--except", "Project/churn"))


def test_a_plan_that_was_saved_is_stale_where_its_create_turns_out_to_be_hidden(
    applied: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    (applied.folder / ".igz-apply/inventory.json").unlink()
    act_as(applied, monkeypatch, *POLICIES)
    applied.run("plan", "--out", "p.plan")
    with bent(applied, forbidden("projects/__name__/")):
        shown = said(applied.run("apply", "-y", "--plan", "p.plan", expect=4))
        assert "Project/churn is not visible now: " in shown
        applied.run("access", "--plan", "p.plan", expect=4)


def test_who_may_own_what_is_not_seen_is_told_before_the_delete_fails(
    applied: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    act_as(applied, monkeypatch, *POLICIES)
    notebook = {**COMPANY["AppService/notebook"], "owner": "bob"}
    kept = {it: spec for it, spec in COMPANY.items() if it not in ("Project/churn", "User/ada")}
    applied.declare({**kept, "AppService/notebook": notebook, "User/ada": None})
    plan = said(applied.run("plan"))
    assert "! User/ada: may own what edsger does not see, and cannot be deleted then" in plan
    assert UNSEEN in plan
    shown = said(applied.run("apply", "-y", expect=5))
    assert "Something still needs it, which may be hidden from this account" in shown


def test_services_of_which_there_is_no_document_are_not_all_seen(applied: Site) -> None:
    def none(request: Any, answer: Any) -> Any:
        if request.path == "/api/app_services_manifests":
            answer.document["data"] = []
        return answer

    (applied.folder / ".igz-apply/inventory.json").unlink()
    with bent(applied, none):
        shown = said(applied.run("plan"))
        assert "! not every AppService is seen: the cluster shows no app_services_manifest at all" in shown
        assert "! AppService/notebook: may be there already, as admin does not see every AppService" in shown
        applied.declare({it: spec for it, spec in COMPANY.items() if not it.startswith("AppService")})
        shown = said(applied.run("plan"))
        assert "No changes in what admin may see; not every AppService is seen. 5 resources to adopt." in shown
