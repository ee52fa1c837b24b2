from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from igz_apply import cli as cli_package
from igz_apply.emulator import Server
from igz_apply.iguazio3.browser import BROWSER
from tests.cli.cli_world import Cli

SERVICE = """\
apiVersion: iguazio.com/v1
kind: AppService
metadata: {name: notebook}
spec: {kind: jupyter, owner: admin, jupyter: {image_name: jupyter-all, extra_environment_vars: {TOKEN: canary-42}}}
"""


@pytest.mark.usefixtures("cluster")
def test_live_objects_are_read_as_table_yaml_and_json(cli: Cli) -> None:
    table = cli("get", "users").out.splitlines()
    assert table[0].split()[:2] == ["USERNAME", "FIRST_NAME"]
    assert any(line.startswith("admin ") for line in table)
    one = json.loads(cli("get", "User", "admin", "-o", "json").out)
    assert (one["type"], one["attributes"]["username"]) == ("user", "admin")
    many = yaml.safe_load(cli("get", "groups", "-o", "yaml").out)
    assert "all_users" in [each["attributes"]["name"] for each in many]


@pytest.mark.usefixtures("cluster")
def test_lists_are_filtered_sorted_and_paged_by_the_server(cli: Cli) -> None:
    def names(*arguments: str) -> list[str]:
        return [each["attributes"]["username"] for each in json.loads(cli("get", "User", "-o", "json", *arguments).out)]

    everybody = names()
    assert names("--sort", "-username") == sorted(everybody, reverse=True)
    assert names("--filter", "username=[$ne]admin", "--sort", "username") == sorted(set(everybody) - {"admin"})
    assert names("--sort", "username", "--page", "1", "--page-size", "2") == sorted(everybody)[2:4]


@pytest.mark.usefixtures("cluster")
def test_included_records_come_along(cli: Cli) -> None:
    admin = json.loads(cli("get", "User", "admin", "--include", "user_groups", "-o", "json").out)
    assert {each["type"] for each in admin["included"]} == {"user_group"}


@pytest.mark.usefixtures("cluster")
@pytest.mark.parametrize("arguments", [["User", "nobody"], ["AppService", "nothing"], ["Job", "00000000"]])
def test_an_object_that_is_not_there_exits_1(cli: Cli, arguments: list[str]) -> None:
    ran = cli("get", *arguments)
    assert (ran.code, ran.out) == (1, "")
    assert arguments[1] in ran.err


def test_whoami_tells_who_and_where(cli: Cli, cluster: Server) -> None:
    told = json.loads(cli("whoami", "-o", "json").out)
    assert (told["endpoint"], told["username"], told["version"]) == (cluster.url, "admin", "3.5.5")
    assert "Security Admin" in told["policies"]


@pytest.mark.usefixtures("cluster")
def test_secrets_of_a_service_are_masked(cli: Cli, workspace: Path) -> None:
    (workspace / "service.yaml").write_text(SERVICE)
    assert cli("apply", "service.yaml", "-y").code == 0
    shown = cli("get", "AppService", "notebook", "-o", "json").out
    assert "jupyter-all" in shown
    assert "canary-42" not in shown


def test_no_access_key_is_ever_shown(cli: Cli, cluster: Server) -> None:
    for form in ("table", "yaml", "json"):
        assert cluster.access_key not in cli("get", "AccessKey", "-o", form).out


@pytest.mark.usefixtures("cluster")
def test_every_service_operation_waits_for_its_job_and_says_what_it_did(cli: Cli, workspace: Path) -> None:
    (workspace / "service.yaml").write_text(SERVICE)
    cli("apply", "service.yaml", "-y")
    for operation in BROWSER.operations:
        approval = ["-y"] if operation.asks else []
        ran = cli("service", operation.name, "notebook", *approval)
        assert ran.code == 0
        assert ran.out == f"AppService/notebook is {operation.done}.\n" or ran.out.endswith("already.\n")
    assert cli("get", "AppService", "notebook").code == 1


@pytest.mark.usefixtures("cluster")
def test_an_operation_that_is_not_waited_for_prints_its_job(cli: Cli) -> None:
    job = cli("service", "restart", "grafana", "--no-wait").out.strip()
    waited = cli("jobs", "wait", job, "-o", "json")
    assert json.loads(waited.out)["attributes"]["state"] == "completed"
    assert json.loads(cli("jobs", "get", job, "-o", "json").out)["id"] == job
    assert job in cli("jobs", "list").out


@pytest.mark.usefixtures("cluster")
def test_a_job_that_is_not_waited_for_is_looked_at_once(cli: Cli) -> None:
    job = cli("service", "restart", "grafana", "--no-wait").out.strip()
    assert cli("jobs", "wait", job, "--no-wait").code == 0
    assert cli("jobs", "wait", "00000000-0000-4000-8000-000000000000", "--no-wait").code == 1


def test_commands_that_read_hold_nothing_that_writes() -> None:
    for name in ("validate", "plan", "drift", "export", "get", "jobs", "whoami", "refs"):
        source = (Path(cli_package.__file__).parent / "commands" / f"{name}.py").read_text(encoding="utf-8")
        assert "read_write" not in source
        assert "operating" not in source
        assert "ClusterWriter" not in source


@pytest.mark.usefixtures("cluster")
def test_an_operation_on_a_service_that_is_not_there_exits_1(cli: Cli) -> None:
    ran = cli("service", "restart", "nothing")
    assert ran.code == 1
    assert "nothing" in ran.err


@pytest.mark.parametrize("command", ["get", "wait"])
def test_a_job_without_an_id_is_wrong_usage(cli: Cli, command: str) -> None:
    ran = cli("jobs", command, "", "--endpoint", "embedded")
    assert (ran.code, "a job's id is not empty" in ran.err) == (3, True)


def test_what_is_included_is_named_beside_its_ids(cli: Cli, cluster: Server) -> None:
    del cluster
    told = json.loads(cli("get", "Group", "admins", "--include", "users", "-o", "json").out)
    assert told["names"] == {"users": ["admin"]}
    assert len(told["relationships"]["users"]) == 1
    assert "names" not in json.loads(cli("get", "Group", "admins", "-o", "json").out)
