"""`access` and `refs`: who may do what, and what names whom, over real HTTP."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from igz_apply.controlplane import Client
from igz_apply.controlplane.access_keys import AccessKey
from igz_apply.emulator import Emulator, Options, Server, serving
from igz_apply.manifests.schemas import form_schema
from igz_apply.views.tables import as_csv
from tests.cli.cli_world import Cli

COMPANY = """\
apiVersion: iguazio.com/v1
kind: Group
metadata: {name: ds}
spec: {description: Data scientists, assigned_policies: [Data]}
---
apiVersion: iguazio.com/v1
kind: User
metadata: {name: ada}
spec: {first_name: A, last_name: L, email: a@x.org, assigned_policies: [Developer], primary_group: ds, groups: [ds]}
---
apiVersion: iguazio.com/v1
kind: User
metadata: {name: bob}
spec: {first_name: B, last_name: M, email: b@example.com, assigned_policies: [Security Admin], admin_status: down}
---
apiVersion: iguazio.com/v1
kind: Project
metadata: {name: churn}
spec: {owner: ada, members: {editor: {groups: [ds]}}}
"""


@pytest.fixture
def company(cli: Cli, workspace: Path, cluster: Server) -> Server:
    """A cluster to which a small company was applied."""
    (workspace / "manifests").mkdir()
    (workspace / "manifests" / "all.yaml").write_text(COMPANY)
    assert cli("apply", "-y").code == 0
    return cluster


def rows(cli: Cli, *arguments: str) -> list[list[str]]:
    ran = cli(*arguments, "-o", "csv")
    assert ran.code == 0, ran.err
    return list(csv.reader(io.StringIO(ran.out)))


@pytest.mark.usefixtures("company")
def test_access_tells_who_may_do_what_and_by_which_way(cli: Cli) -> None:
    assert rows(cli, "access", "User/ada", "Project/churn") == [
        ["who", "may", "on", "through", "account"],
        ["User/ada", "Admin", "Project/churn", "owner", ""],
        ["User/ada", "Data", "tenant", "group ds", ""],
        ["User/ada", "Developer", "tenant", "direct", ""],
        ["Group/ds", "Editor", "Project/churn", "direct", ""],
    ]
    assert rows(cli, "access", "user/bob")[1:] == [["User/bob", "Security Admin", "tenant", "direct", "disabled"]]
    table = cli("access", "--policy", "Security Admin").out.splitlines()
    assert table[0].split() == ["WHO", "MAY", "ON", "THROUGH", "ACCOUNT"]
    assert [line.split()[0] for line in table[1:]][:2] == ["User/admin", "User/bob"]


@pytest.mark.usefixtures("company")
def test_access_without_an_address_is_about_everybody(cli: Cli) -> None:
    who = {row[0] for row in rows(cli, "access")[1:]}
    assert {"User/ada", "User/bob", "User/admin", "User/sys", "Group/ds"} <= who


@pytest.mark.usefixtures("company")
def test_access_as_json_fits_its_schema(cli: Cli) -> None:
    document = json.loads(cli("access", "-o", "json").out)
    jsonschema_rs.validator_for(dict(form_schema("access"))).validate(document)
    (role,) = [each for each in document["access"] if each["who"] == "User/ada" and each["role"]]
    assert (role["role"], role["project"], role["through"]) == ("Admin", "Project/churn", ["owner"])
    assert (document["state"], document["not_seen"]) == ("live", [])


@pytest.mark.usefixtures("company")
def test_access_is_told_as_a_plan_or_manifests_leave_it(cli: Cli, workspace: Path) -> None:
    changed = COMPANY.replace("primary_group: ds, groups: [ds]", "primary_group: null, groups: []")
    (workspace / "later.yaml").write_text(changed.replace("admin_status: down", "admin_status: up"))
    assert cli("plan", "later.yaml", "--out", "later.plan").code == 0
    for option in (("--path", "later.yaml"), ("--plan", "later.plan")):
        assert rows(cli, "access", "Group/ds", *option)[1:] == [
            ["Group/ds", "Editor", "Project/churn", "direct", ""],
            ["Group/ds", "Data", "tenant", "direct", ""],
        ]
        assert rows(cli, "access", "User/bob", *option)[1:] == [["User/bob", "Security Admin", "tenant", "direct", ""]]
    assert ["User/ada", "Data", "tenant", "group ds", ""] in rows(cli, "access", "User/ada")
    assert json.loads(cli("access", "--plan", "later.plan", "-o", "json").out)["state"] == "plan"
    assert cli("apply", "--plan", "later.plan", "-y").code == 0
    assert cli("access", "--plan", "later.plan").code == 4


@pytest.mark.usefixtures("company")
def test_what_nobody_has_heard_of_is_invalid_input_with_what_may_be_meant(cli: Cli) -> None:
    for arguments, said in (
        (("access", "User/adda"), "Did you mean User/ada?"),
        (("access", "--policy", "Securty Admin"), "Did you mean Security Admin?"),
        (("access", "Usr/ada"), "Did you mean User?"),
        (("access", "ada"), "Write Kind/name"),
        (("access", "--plan", "x", "--path", "y"), "exclude each other"),
        (("refs", "User/adda"), "Did you mean User/ada?"),
        (("refs", "Group/dss", "--offline"), "Did you mean Group/ds?"),
    ):
        ran = cli(*arguments)
        assert (ran.code, ran.out) == (3, "")
        assert said in ran.err


@pytest.mark.usefixtures("company")
def test_refs_lists_manifests_with_lines_and_what_lives(cli: Cli) -> None:
    assert rows(cli, "refs", "User/ada") == [
        ["by", "as", "field", "where"],
        ["User/ada", "itself", "", "manifests/all.yaml:6:1"],
        ["Project/churn", "owner", "owner", "manifests/all.yaml:19:15"],
        ["Group/ds", "member", "", "cluster"],
        ["Project/churn", "owner", "owner", "cluster"],
    ]
    told = cli("refs", "User/ada").err
    assert "not looked at: access keys of User/ada" in told
    assert "this is admin" in told


@pytest.mark.usefixtures("company")
def test_refs_as_json_fits_its_schema(cli: Cli) -> None:
    document = json.loads(cli("refs", "Group/ds", "-o", "json").out)
    jsonschema_rs.validator_for(dict(form_schema("refs"))).validate(document)
    assert {each["by"] for each in document["refs"]} == {"Group/ds", "User/ada", "Project/churn"}
    assert [each["line"] for each in document["refs"] if each["as"] == "primary group"] == [9, None]
    jsonschema_rs.validator_for(dict(form_schema("refs"))).validate(
        json.loads(cli("refs", "Group/ds", "--offline", "-o", "json").out)
    )


def test_refs_lists_the_callers_own_access_keys_and_never_the_keys(cli: Cli, company: Server) -> None:
    with Client(endpoint=company.url, access_key=company.access_key) as client:
        key = AccessKey.create(client, label="ci")
    ran = cli("refs", "User/admin", "-o", "json")
    found = [each for each in json.loads(ran.out)["refs"] if each["by"] == "AccessKey ci"]
    assert [each["as"] for each in found] == ["access key (control, data)"]
    assert "access keys" not in ran.err
    assert str(key.id) not in ran.out + ran.err


def test_refs_offline_needs_no_cluster_and_says_what_it_did_not_see(cli: Cli, manifests: Path) -> None:
    assert rows(cli, "refs", "User/ada", "--offline")[1:] == [
        ["User/ada", "itself", "", "manifests/all.yaml:6:1"],
        ["Project/churn", "owner", "owner", "manifests/all.yaml:19:46"],
    ]
    assert "not looked at: the cluster" in cli("refs", "User/ada", "--offline").err
    ran = cli("refs", "User/ada", str(manifests))
    assert (ran.code, ran.out) == (3, "")
    assert "endpoint" in ran.err


@pytest.mark.usefixtures("cluster")
def test_refs_without_manifests_is_about_the_cluster(cli: Cli) -> None:
    ran = cli("refs", "User/sys")
    assert ran.code == 0
    assert "not looked at: manifests" in ran.err


@pytest.mark.usefixtures("manifests")
def test_refs_tells_what_the_config_protects(cli: Cli, workspace: Path) -> None:
    (workspace / "igz-apply.yaml").write_text("version: 1\nprotect: [User/a*, Group/x]\n")
    assert ["igz-apply.yaml", "protect User/a*", "", "config"] in rows(cli, "refs", "User/ada", "--offline")


@pytest.mark.usefixtures("manifests")
def test_refs_of_manifests_that_are_wrong_tells_what_is_wrong(cli: Cli, workspace: Path) -> None:
    (workspace / "manifests" / "bad.yaml").write_text("apiVersion: iguazio.com/v1\nkind: Usr\n")
    ran = cli("refs", "User/ada", "--offline")
    assert (ran.code, ran.out) == (3, "")
    assert "bad.yaml:2" in ran.err


@pytest.mark.usefixtures("company")
def test_an_offboarding_that_forgets_the_owner_is_told_once_and_leads_to_refs(cli: Cli, workspace: Path) -> None:
    text = COMPANY.replace("metadata: {name: ada}\n", "metadata: {name: ada}\nlifecycle: {state: absent}\n")
    (workspace / "manifests" / "all.yaml").write_text(text)
    ran = cli("plan")
    assert ran.code == 3
    assert ran.err.count("error:") == 1
    assert "igz-apply refs User/ada" in ran.err


def test_whoever_may_not_see_every_project_is_told_so(
    cli: Cli, company: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Client(endpoint=company.url, access_key=company.access_key) as client:
        user: dict[str, Any] = {
            "username": "half",
            "first_name": "H",
            "last_name": "H",
            "email": "h@x.org",
            "password": "Half-1234!",
        }
        user["assigned_policies"] = ["Security Admin", "Service Admin"]
        client.call("POST", "users", body={"data": {"type": "user", "attributes": user}})
        assert any(_is_up(client) for _ in range(500))
    monkeypatch.delenv("V3IO_ACCESS_KEY")
    monkeypatch.setenv("V3IO_USERNAME", "half")
    monkeypatch.setenv("V3IO_PASSWORD", "Half-1234!")
    ran = cli("access", "User/ada", "-o", "json")
    assert ran.code == 0, ran.err
    assert "not every Project is seen" in ran.err
    assert [each["what"] for each in json.loads(ran.out)["not_seen"]] == ["Project"]
    assert "not looked at: every Project" in cli("refs", "User/ada").err


def _is_up(client: Client) -> bool:
    records = [record for page in client.pages("users") for record in page.records]
    return any(
        it["attributes"]["username"] == "half" and it["attributes"]["operational_status"] == "up" for it in records
    )


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1"])
def test_no_cell_of_csv_is_a_formula_in_a_spreadsheet(text: str) -> None:
    (_, row) = csv.reader(io.StringIO(as_csv(("a", "b"), [(text, "x-1")])))
    assert row[0][0] in ("'", "\\")
    assert row[1] == "x-1"


def test_csv_keeps_commas_quotes_and_lines_in_their_cells() -> None:
    assert list(csv.reader(io.StringIO(as_csv(("a", "b"), [('x, "y"', None), ("l\nm", "")])))) == [
        ["a", "b"],
        ['x, "y"', ""],
        ["l\\nm", ""],
    ]


def test_access_keys_that_cannot_be_listed_are_said_to_be_unseen(
    cli: Cli, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (workspace / "faults.yaml").write_text(
        "requests:\n- {match: {method: GET, path: /api/access_keys}, act: status, status: 403}\n"
    )
    emulator = Emulator(options=Options(job_seconds=0.02, faults=workspace / "faults.yaml"))
    with serving(emulator) as server:
        monkeypatch.setenv("IGZ_ENDPOINT", server.url)
        monkeypatch.setenv("V3IO_USERNAME", server.username)
        monkeypatch.setenv("V3IO_ACCESS_KEY", server.access_key)
        ran = cli("refs", "User/admin", "-o", "json")
    emulator.close()
    assert ran.code == 0, ran.err
    document = json.loads(ran.out)
    assert "access keys of User/admin" in [each["what"] for each in document["not_seen"]]
    assert "Group/admins" in [each["by"] for each in document["refs"]]
