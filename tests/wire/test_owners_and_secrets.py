"""Whose a resource is, and which secrets are known to be there: over HTTP."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from igz_apply.controlplane import Client, Unauthorised
from tests.wire.wire_site import API, COMPANY, Site, by_hand, edit, inventory

PASSWORD = {"password": {"from_env": "BOB_PASSWORD"}}
BOB: dict[str, Any] = {**COMPANY["User/bob"], **PASSWORD}


def can_log_in(site: Site, password: str) -> bool:
    try:
        with Client(endpoint=site.server.url, username="bob", password=password) as client:
            client.login()
    except Unauthorised:
        return False
    return True


def adopted(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bob lives, with a password of his own, and is ours without one; then his manifest names one."""
    edit(site, f"users/{inventory(site)['User/bob']['id']}", password="Old-12345!")
    site.declare({**COMPANY, "User/bob": BOB})
    monkeypatch.setenv("BOB_PASSWORD", "New-12345!")


def test_the_first_password_of_an_account_that_exists_is_sent_and_shown(
    applied: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    adopted(applied, monkeypatch)
    said = " ".join(applied.run("plan").split())
    assert "(from environment variable BOB_PASSWORD; not known to be the present one)" in said
    applied.run("apply", "-y")
    assert can_log_in(applied, "New-12345!")
    assert not can_log_in(applied, "Old-12345!")
    assert "No changes" in applied.run("plan")


def test_the_password_of_a_user_that_is_not_owned_yet_is_sent_too(
    applied: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    adopted(applied, monkeypatch)
    applied.run("forget", "User/bob")
    applied.run("apply", "-y")
    assert can_log_in(applied, "New-12345!")


def test_no_hash_is_written_for_what_was_not_sent(applied: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    adopted(applied, monkeypatch)
    monkeypatch.delenv("BOB_PASSWORD")
    for command in (("plan",), ("apply", "-y")):
        said = " ".join(applied.run(*command).split())
        assert "not known to be the present ones, and not available here, so not sent: User/bob#password" in said
    assert "secrets" not in inventory(applied)["User/bob"]
    assert can_log_in(applied, "Old-12345!")
    monkeypatch.setenv("BOB_PASSWORD", "New-12345!")
    applied.run("apply", "-y")
    assert set(inventory(applied)["User/bob"]["secrets"]) == {"password"}


def test_a_secret_is_rotated_on_purpose_also_by_a_saved_plan(applied: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    adopted(applied, monkeypatch)
    applied.run("apply", "-y")
    edit(applied, f"users/{inventory(applied)['User/bob']['id']}", password="Leaked-1!")
    assert "No changes" in applied.run("plan")
    said = " ".join(applied.run("plan", "--rotate", "User/bob#password", "--out", "p.plan").split())
    assert "(from environment variable BOB_PASSWORD; sent again on purpose)" in said
    applied.run("apply", "-y", "--plan", "p.plan")
    assert can_log_in(applied, "New-12345!")
    applied.run("apply", "-y", "--rotate", "User/bob#password")
    for wrong in ("User/bob#pasword", "User/ada#password", "User/nobody#password"):
        assert "No such secret" in applied.run("plan", "--rotate", wrong, expect=3)
    assert "names no secret" in applied.run("plan", "--rotate", "bob", expect=3)
    monkeypatch.delenv("BOB_PASSWORD")
    assert "Missing secret" in applied.run("plan", "--rotate", "User/bob#password", expect=3)


def test_the_secret_of_a_service_is_sent_once_and_rotated_likewise(
    applied: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEARCH", "Search-12345!")
    beat = {
        "elasticsearch_url": "http://x",
        "elasticsearch_username": "u",
        "elasticsearch_password": {"from_env": "SEARCH"},
    }
    logs = {"kind": "filebeat", "owner": "ada", "filebeat": beat}
    applied.declare({**COMPANY, "AppService/logs": logs})
    applied.run("apply", "-y")
    assert "No changes" in applied.run("plan")
    applied.run("forget", "AppService/logs")
    assert "not known to be the present one" in " ".join(applied.run("plan").split())
    applied.run("apply", "-y")
    writes = applied.writes(
        lambda: applied.run("apply", "-y", "--rotate", "AppService/logs#filebeat.elasticsearch_password")
    )
    assert [path for _, path, _ in writes] == ["app_services_manifests"]
    assert "No changes" in applied.run("plan")


# Marks


def annotations_of(site: Site, name: str) -> dict[str, str]:
    found = by_hand(site, "GET", f"projects/__name__/{name}")["attributes"].get("annotations") or []
    return {pair["name"]: pair["value"] for pair in found}


def labels_of(site: Site, name: str) -> Any:
    (document,) = by_hand(site, "GET", "app_services_manifests")
    services = {each["spec"]["name"]: each for each in document["attributes"]["app_services"]}
    return services[name].get("meta", {}).get("labels", {})


def owned_by(site: Site, owner: str) -> None:
    (site.folder / "igz-apply.yaml").write_text(f"version: 1\nowner: {owner}\n")


def test_a_mark_goes_along_with_what_is_written_and_is_no_difference(applied: Site) -> None:
    owned_by(applied, "team-a")
    assert "No changes" in applied.run("plan")
    assert applied.writes(lambda: applied.run("apply", "-y")) == []
    project = {**COMPANY["Project/churn"], "description": "new", "annotations": {"note": "x"}}
    notebook = {**COMPANY["AppService/notebook"], "description": "new"}
    applied.declare({**COMPANY, "Project/churn": project, "AppService/notebook": notebook})
    assert "metadata.owner  (unset) → team-a" in applied.run("plan")
    applied.run("apply", "-y")
    assert annotations_of(applied, "churn") == {"note": "x", "igz-apply/owner": "team-a"}
    assert labels_of(applied, "notebook") == {"igz-apply/owner": "team-a"}
    assert "No changes. The cluster is as the manifests say." in applied.run("plan")
    applied.declare({**COMPANY, "Project/churn": {**project, "annotations": {}}, "AppService/notebook": notebook})
    applied.run("apply", "-y")
    assert annotations_of(applied, "churn") == {"igz-apply/owner": "team-a"}
    assert "igz-apply/owner" not in applied.run("export")


def test_a_create_bears_the_mark_and_an_update_of_others_fields_keeps_it(site: Site) -> None:
    owned_by(site, "team-a")
    company = {"Project/p": {"description": "x"}, "AppService/s": {"kind": "jupyter", "owner": "admin"}}
    site.declare(company)
    site.run("apply", "-y")
    assert annotations_of(site, "p") == {"igz-apply/owner": "team-a"}
    assert labels_of(site, "s") == {"igz-apply/owner": "team-a"}
    (site.folder / "igz-apply.yaml").write_text("version: 1\n")
    site.declare({**company, "Project/p": {"description": "y", "annotations": {"a": "b"}}})
    site.run("apply", "-y")
    assert annotations_of(site, "p") == {"a": "b", "igz-apply/owner": "team-a"}


def test_labels_of_a_service_and_the_mark_live_side_by_side(site: Site) -> None:
    owned_by(site, "team-a")
    (site.folder / "manifests").mkdir()
    marked = {"igz-apply/owner": "team-a"}
    for labels in ({"a": "b"}, {"a": "c", "d": "e"}, {"d": "e"}, {}):  # a create, and then updates
        metadata = {"name": "s", "labels": labels}
        document = {**API, "kind": "AppService", "metadata": metadata, "spec": {"kind": "jupyter", "owner": "admin"}}
        (site.folder / "manifests" / "s.json").write_text(json.dumps(document))
        said = site.run("apply", "-y")
        assert "not converged" not in said
        assert labels_of(site, "s") == {**labels, **marked}
        assert inventory(site)["AppService/s"]["values"]["metadata.labels"] == labels
        assert inventory(site)["AppService/s"]["mark"] == "team-a"
        assert "No changes" in site.run("plan")
        assert "No drift" in site.run("drift")


def test_a_mark_is_no_reason_for_a_write_of_its_own(applied: Site) -> None:
    owned_by(applied, "team-a")
    churn = COMPANY["Project/churn"]
    applied.declare({**COMPANY, "Project/churn": {**churn, "members": {"editor": {"users": []}}}})
    assert "metadata.owner" not in applied.run("plan")
    sent = applied.writes(lambda: applied.run("apply", "-y"))
    assert [method for method, _, _ in sent] == ["POST"]  # the transaction of the roles
    assert "igz-apply/owner" not in annotations_of(applied, "churn")
    assert "mark" not in inventory(applied)["Project/churn"]
    assert "No changes" in applied.run("plan")
    both = {**churn, "description": "new", "members": {"editor": {"users": ["bob"]}}}
    applied.declare({**COMPANY, "Project/churn": both})
    assert "metadata.owner (unset) → team-a" in " ".join(applied.run("plan").split())
    applied.run("apply", "-y")
    assert annotations_of(applied, "churn") == {"igz-apply/owner": "team-a"}


def test_what_another_repository_has_marked_is_taken_on_purpose_alone(applied: Site, tmp_path: Path) -> None:
    owned_by(applied, "team-a")
    project = {**COMPANY["Project/churn"], "description": "new"}
    applied.declare({**COMPANY, "Project/churn": project})
    applied.run("apply", "-y")
    owned_by(applied, "team-b")
    (applied.folder / ".igz-apply").rename(tmp_path / "of-team-a")
    applied.declare({"Project/churn": {"description": "theirs"}})
    said = applied.run("apply", "-y", expect=4)
    assert "Project/churn is marked as team-a's (igz-apply/owner)." in " ".join(said.split())
    applied.run("apply", "-y", "--allow", "adopt:Project=2", expect=4)
    assert "metadata.owner  team-a → team-b" in applied.run("apply", "-y", "--allow", "adopt:Project=1")
    assert annotations_of(applied, "churn") == {"igz-apply/owner": "team-b"}


def test_a_take_over_stands_first_in_the_plan(applied: Site) -> None:
    edit(applied, f"user_groups/{inventory(applied)['Group/ops']['id']}", description="theirs")
    applied.run("forget", "Group/ops")
    said = applied.run("plan").split("Changes, in an order")[0]
    assert "! Group/ops: there already, not ours, and different" in " ".join(said.split())
    plan = json.loads(applied.run("plan", "--format", "json"))
    assert [each["address"] for each in plan["changes"] if each["takes_over"]] == ["Group/ops"]


def test_the_mark_cannot_be_stated_in_a_manifest(site: Site) -> None:
    site.declare({"Project/p": {"annotations": {"igz-apply/owner": "me"}}})
    said = site.run("validate", expect=3)
    assert "`owner` in the config" in " ".join(said.split())


# What belongs to the platform


def test_a_group_of_the_platform_that_would_be_changed_or_owned_is_told(site: Site) -> None:
    for spec in ({"description": "Administrators"}, {"description": "other"}):
        site.declare({"Group/admins": spec})
        assert "belongs to the platform itself" in " ".join(site.run("plan").split())


def test_a_delete_of_what_is_the_platforms_is_refused_whoever_names_it(applied: Site) -> None:
    admin = {"Project/own": {"owner": "admin"}}
    applied.declare({**COMPANY, **admin})
    applied.run("apply", "-y")
    applied.declare({**COMPANY, "User/admin": None})  # Project/own lives on, and names its owner
    said = applied.run("plan", expect=4)
    assert "System resource" in said
    assert "Still in use" not in said


def test_a_project_whose_new_owner_is_still_listed_below_is_exported_so_that_it_is_valid_and_planned_empty(
    applied: Site,
) -> None:
    people, project = inventory(applied), inventory(applied)["Project/churn"]["id"]
    owner = {"owner": {"data": {"type": "user", "id": people["User/bob"]["id"]}}}
    by_hand(applied, "PUT", f"projects/{project}", {"data": {"type": "project", "relationships": owner}})
    text = applied.run("export")
    (applied.folder / "manifests" / "all.yaml").write_text(text)
    applied.run("validate")
    applied.run("plan", "--detailed-exitcode")


def test_two_users_with_one_address_are_exported_as_they_are_and_doubted(applied: Site) -> None:
    edit(applied, f"users/{inventory(applied)['User/bob']['id']}", email="ADA@example.org")
    (applied.folder / "manifests" / "all.yaml").unlink()
    applied.run("export", "--out-dir", "out")
    assert "User/bob states the email ADA@example.org, and so does User/ada" in " ".join(
        applied.run("validate", "out").split()
    )
    applied.run("plan", "out", "--detailed-exitcode")
