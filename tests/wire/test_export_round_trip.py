"""Export what lives, wipe it, apply the export: the same cluster again."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from igz_apply.controlplane import Client
from igz_apply.emulator import Emulator, Options, serving
from igz_apply.local.package_data import examples_dir
from tests.wire.wire_site import Site

COMPUTED = {"created_at", "updated_at", "uid", "gid", "password_changed_at", "last_activity", "last_job"}


def seen(client: Client) -> dict[str, Any]:
    """Return what lives, by names and without what the server makes up."""
    users = list(client.pages("users", params={"include": "user_groups,primary_group"}))
    groups = {item["id"]: item["attributes"]["name"] for page in client.pages("user_groups") for item in page.records}
    names = {item["id"]: item["attributes"]["username"] for page in users for item in page.records} | groups
    include = "owner,project_authorization_roles.principal_users,project_authorization_roles.principal_user_groups"
    found: dict[str, Any] = {}
    for page in users:
        for item in page.records:
            found[f"User/{names[item['id']]}"] = (_attributes(item), _linked(item, names))
    for page in client.pages("user_groups"):
        for item in page.records:
            found[f"Group/{names[item['id']]}"] = _attributes(item)
    for page in client.pages("projects", params={"include": include}):
        included = {item["id"]: item for item in page.included}
        for item in page.records:
            roles = [included[link["id"]] for link in item["relationships"]["project_authorization_roles"]["data"]]
            members = {role["attributes"]["name"]: _linked(role, names) for role in roles}
            owner = names[item["relationships"]["owner"]["data"]["id"]]
            found[f"Project/{item['attributes']['name']}"] = (_attributes(item), owner, members)
    [manifest] = client.get("app_services_manifests").data
    for service in manifest["attributes"]["app_services"]:
        found[f"AppService/{service['spec']['name']}"] = (service["spec"], service.get("meta"))
    return found


def _attributes(item: dict[str, Any]) -> dict[str, Any]:
    attributes = item["attributes"].items()
    return {name: _unordered(value) for name, value in attributes if name not in COMPUTED and value not in ("", [])}


def _unordered(value: Any) -> Any:
    """Policies and the like are sets, and labels are maps: the order in which the API lists them says nothing."""
    return sorted(value, key=str) if isinstance(value, list) else value


def _linked(item: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """Return the names behind each relationship to users and groups."""
    found = {}
    for name, linkage in (item.get("relationships") or {}).items():
        links = linkage["data"] if isinstance(linkage["data"], list) else [linkage["data"]]
        if all(link["id"] in names for link in links):
            found[name] = sorted(names[link["id"]] for link in links)
    return found


@pytest.mark.parametrize("layout", ["kind", "resource", "team"])
def test_export_then_wipe_then_apply_gives_the_same_cluster(
    site: Site, layout: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(examples_dir(), tmp_path / "manifests")
    site.run("apply", "-y")
    with Client(endpoint=site.server.url, access_key=site.server.access_key, username="admin") as client:
        before = seen(client)
    site.run("export", "--out-dir", "exported", "--layout", layout, "--full")
    site.run("export", "--out-dir", "again", "--layout", layout, "--full")
    files = sorted(path.relative_to(tmp_path / "exported") for path in (tmp_path / "exported").rglob("*.yaml"))
    assert [(tmp_path / "exported" / each).read_bytes() for each in files] == [
        (tmp_path / "again" / each).read_bytes() for each in files
    ]
    site.run("plan", "exported", "--detailed-exitcode", expect=0)
    emulator = Emulator(tmp_path / "wiped.db", Options(job_seconds=0.02))
    with serving(emulator) as wiped:
        monkeypatch.setenv("IGZ_ENDPOINT", wiped.url)
        (tmp_path / "igz-apply.yaml").write_text("version: 1\ndefaults: {inventory: wiped.json}\n")
        site.run("apply", "exported", "-y")
        with Client(endpoint=wiped.url, access_key=wiped.access_key, username="admin") as client:
            assert seen(client) == before
    emulator.close()
