"""Names are names: what is selected, protected and looked up is what was written, and a slip of the pen is said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from igz_apply.controlplane import Client, Group
from igz_apply.emulator import Server
from tests.cli.cli_world import Cli

GROUP = """\
---
apiVersion: iguazio.com/v1
kind: Group
metadata: {name: "%s"}
spec: {description: One of two}
"""


@pytest.fixture
def groups(workspace: Path) -> Path:
    """Two groups, the name of one a pattern that matches the other."""
    folder = workspace / "manifests"
    folder.mkdir()
    (folder / "prod.yaml").write_text(GROUP % "ops [prod]")
    (folder / "p.yaml").write_text(GROUP % "ops p")
    return folder


def lists(cli: Cli, name: str) -> bool:
    return cli("get", "Group", name).code == 0


pytestmark = pytest.mark.usefixtures("cluster")


@pytest.mark.usefixtures("groups")
def test_protect_guards_the_group_that_it_names_and_no_other(cli: Cli, workspace: Path) -> None:
    (workspace / "igz-apply.yaml").write_text('version: 1\nprotect: ["Group/ops [prod]"]\n')
    assert cli("apply", "-y").code == 0
    ran = cli("destroy", "-y", "--except", "Group/ops p")
    assert (ran.code, "Group/ops [prod] is named by protect" in ran.err) == (4, True)
    assert cli("destroy", "-y", "--only", "Group/ops p").code == 0
    assert (lists(cli, "ops [prod]"), lists(cli, "ops p")) == (True, False)


@pytest.mark.usefixtures("groups")
def test_protect_guards_by_name_when_a_saved_plan_is_applied(cli: Cli, workspace: Path) -> None:
    assert cli("apply", "-y").code == 0
    for name in ("prod", "p"):
        text = (workspace / "manifests" / f"{name}.yaml").read_text()
        (workspace / "manifests" / f"{name}.yaml").write_text(text + "lifecycle: {state: absent}\n")
    assert cli("plan", "--out", "saved.plan").code == 0
    (workspace / "igz-apply.yaml").write_text('version: 1\nprotect: ["Group/ops [prod]"]\n')
    ran = cli("apply", "--plan", "saved.plan", "-y")
    assert ran.code == 4
    assert "Group/ops [prod] is named by protect" in ran.err
    assert "Group/ops p is named by protect" not in ran.err
    (workspace / "igz-apply.yaml").write_text('version: 1\nprotect: ["Groups/nobody"]\n')
    assert cli("apply", "--plan", "saved.plan", "-y").code == 3
    (workspace / "igz-apply.yaml").write_text('version: 1\nprotect: ["Group/nobody"]\n')
    assert cli("apply", "--plan", "saved.plan", "-y", "--require-match").code == 3
    ran = cli("apply", "--plan", "saved.plan", "-y")  # a part of the manifests may have been planned
    assert (ran.code, "warning: Unknown address [IGZ-504]\n  protect 'Group/nobody' names nothing" in ran.err) == (
        0,
        True,
    )


@pytest.mark.parametrize("name", ["Group/ops [prod]", "Group/ops [new]"])
def test_protect_guards_by_either_name_what_was_renamed_on_the_cluster(
    cli: Cli, cluster: Server, groups: Path, workspace: Path, name: str
) -> None:
    assert cli("apply", "-y").code == 0
    with Client(endpoint=cluster.url, username=cluster.username, access_key=cluster.access_key) as client:
        group = Group.get_by_name(client, "ops [prod]")
        group.name = "ops [new]"
        group.update(client)
    (workspace / "igz-apply.yaml").write_text(f'version: 1\nprotect: ["{name}"]\n')
    for file in groups.iterdir():
        file.write_text(file.read_text() + "lifecycle: {state: absent}\n")
    ran = cli("plan")
    assert ran.code == 4
    assert "Group/ops [prod] is named by protect" in ran.err
    assert "Group/ops p is named by protect" not in ran.err


@pytest.mark.parametrize(
    ("options", "created"),
    [
        (("--only", "Group/ops [prod]"), ["Group/ops [prod]"]),
        (("--only", "Group/ops p"), ["Group/ops p"]),
        (("--except", "Group/ops [prod]"), ["Group/ops p"]),
        (("--only", "Group/ops [[]prod]"), ["Group/ops [prod]"]),
        (("--only", "Group/ops [a-z]"), ["Group/ops p"]),
    ],
)
@pytest.mark.usefixtures("groups")
def test_a_plan_is_about_the_names_that_are_given(cli: Cli, options: tuple[str, ...], created: list[str]) -> None:
    ran = cli("plan", *options)
    assert ran.code == 0, ran.err
    assert [text[4:].split("  ")[1] for text in ran.out.splitlines() if text.startswith("  + create")] == created


def test_what_only_lives_is_a_name_too_and_selects_no_neighbour(cli: Cli, groups: Path) -> None:
    assert cli("apply", "-y").code == 0
    (groups / "prod.yaml").unlink()
    ran = cli("destroy", "-y", "--only", "Group/ops [prod]")
    assert (ran.code, "nothing is selected" in ran.err) == (3, True)
    assert lists(cli, "ops p")


@pytest.mark.usefixtures("groups")
def test_export_takes_names_as_names(cli: Cli, cluster: Server) -> None:
    assert cli("apply", "-y").code == 0
    with Client(endpoint=cluster.url, username=cluster.username, access_key=cluster.access_key) as client:
        Group.create(client, name="ops r")
    ran = cli("export", "--only", "Group/ops [prod]")
    assert [text for text in ran.out.splitlines() if "name: " in text] == ['  name: "ops [prod]"']


@pytest.mark.usefixtures("groups")
def test_export_takes_names_of_what_is_gone_as_names(cli: Cli, cluster: Server) -> None:
    assert cli("apply", "-y").code == 0
    with Client(endpoint=cluster.url, username=cluster.username, access_key=cluster.access_key) as client:
        Group.get_by_name(client, "ops [prod]").delete(client)
    ran = cli("export", "--only", "Group/ops [prod]")
    assert (ran.code, "name:" in ran.out) == (0, False)
    assert "'Group/ops [prod]' matches nothing on the cluster" in ran.err


# Look-ups


@pytest.mark.parametrize("name", ["[$ne]x", "[$contains_istr]data", "[$eq]x", "[$nonsense]"])
def test_a_name_that_reads_like_an_operator_is_looked_up_as_a_name(cli: Cli, workspace: Path, name: str) -> None:
    ran = cli("get", "Group", name)
    assert (ran.code, "The cluster has no Group" in ran.err) == (1, True), ran.out
    (workspace / "manifests").mkdir()
    (workspace / "manifests" / "x.yaml").write_text(GROUP % name + GROUP % "x")
    assert cli("apply", "-y").code == 0
    found = yaml.safe_load(cli("get", "Group", name, "-o", "yaml").out)
    assert found["attributes"]["name"] == name
    assert cli("plan").out.endswith("No changes. The cluster is as the manifests say.\n")
    filtered = cli("get", "Group", "--filter", "name=[$eq]x", "-o", "json").out
    assert [each["attributes"]["name"] for each in json.loads(filtered)] == ["x"]


@pytest.mark.parametrize("command", [("get", "Job"), ("jobs", "get"), ("jobs", "wait")])
@pytest.mark.parametrize("name", [".", "..", "../users", "?x", "a/b"])
def test_an_id_leads_nowhere_else(cli: Cli, command: tuple[str, ...], name: str) -> None:
    ran = cli(*command, name)
    assert (ran.code, ran.out) == (1, "")


# What selects nothing

COMMANDS = [("plan",), ("apply", "-y"), ("destroy", "-y"), ("drift",)]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("option", ["--only", "--except"])
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Groups/data-science", "Did you mean Group?"),
        ("group/data-science", "Did you mean Group?"),
        ("Projekt", "Did you mean Project?"),
        ("data-science", "Did you mean Group/data-science?"),
        ("Group/data-sience", "Did you mean Group/data-science?"),
        ("Group/", "names nothing"),
    ],
)
@pytest.mark.usefixtures("manifests")
def test_a_slip_of_the_pen_is_invalid_input(
    cli: Cli, command: tuple[str, ...], option: str, text: str, said: str
) -> None:
    ran = cli(*command, option, text)
    assert (ran.code, said in " ".join(ran.err.split())) == (3, True), ran.err
    assert not lists(cli, "data-science")


@pytest.mark.usefixtures("manifests")
def test_a_pattern_that_matches_nothing_is_a_warning_until_a_match_is_required(cli: Cli, workspace: Path) -> None:
    (workspace / "igz-apply.yaml").write_text('version: 1\nprotect: ["User/zz*"]\n')
    ran = cli("plan", "--only", "User", "--only", "Group/x*", "--except", "AppService")
    assert ran.code == 0
    for option, text in (("--only", "Group/x*"), ("--except", "AppService"), ("protect", "User/zz*")):
        assert f"{option} {text!r} matches nothing" in ran.err
    assert cli("plan", "--require-match", "--only", "Group/x*").code == 3
    assert cli("apply", "-y", "--require-match").code == 3
    (workspace / "igz-apply.yaml").write_text('version: 1\nprotect: ["User/a*"]\n')
    assert cli("apply", "-y", "--require-match", "--only", "User/a*").code == 0
    assert cli("destroy", "-y", "--require-match", "--only", "Group/x*", "--only", "Group").code == 3


@pytest.mark.usefixtures("manifests")
def test_what_protect_names_has_to_exist_somewhere(cli: Cli, workspace: Path) -> None:
    config = workspace / "igz-apply.yaml"
    for protect, code in (
        ("User/nobody", 3),
        ("Users", 3),
        ("User/ada", 0),  # declared
        ("User/admin", 0),  # on the cluster
    ):
        config.write_text(f"version: 1\nprotect: [{protect}]\n")
        for command in (("plan",), ("apply", "-y"), ("destroy", "-y", "--only", "Project")):
            assert cli(*command).code == code, (protect, command)


@pytest.mark.usefixtures("manifests")
def test_a_destroy_that_selects_nothing_is_refused(cli: Cli) -> None:
    assert cli("apply", "-y").code == 0
    for options in (("--only", "AppService"), ("--except", "*"), ("--only", "User/ada", "--except", "User")):
        ran = cli("destroy", "-y", *options)
        assert (ran.code, "nothing is selected" in ran.err) == (3, True)
    assert cli("destroy", "-y", "--only", "User/sys").code == 3  # the cluster has it, no manifest does
    assert lists(cli, "data-science")


def test_an_export_of_nothing_says_so(cli: Cli, workspace: Path) -> None:
    ran = cli("export", "--only", "Project", "--out-dir", "out")
    assert (ran.code, ran.out) == (0, "There is nothing to export, so nothing was written to out.\n")
    assert "--only 'Project' matches nothing on the cluster" in ran.err
    assert not (workspace / "out").exists()
    assert cli("export", "--only", "Project", "--require-match").code == 3
    for text in ("Group/nobody", "Projects"):
        ran = cli("export", "--only", text)
        assert (ran.code, ran.out) == (3, "")
