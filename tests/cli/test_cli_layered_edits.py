"""`accept` and `offboard` where layers state what there is, over real HTTP."""

from __future__ import annotations

from pathlib import Path

import pytest

from igz_apply.emulator import Server
from tests.cli.cli_world import Cli

CONFIG = """\
version: 1
values: {memory: 4Gi}
patches:
  # hers is big
  - address: AppService/jupyter-ada
    patch: {spec: {description: big}}
  - address: AppService/*
    patch: {spec: {resources: {limits: {memory: {from_value: memory}}}}}
targets:
  test:
    patches: [{address: User/ada, patch: {spec: {job_title: Tester}}}]
    values: {boss: ada}
"""
DEFAULTS = """\
apiVersion: iguazio.com/v1
kind: Project
spec:
  owner: ada  # owns most
  labels: {team: retail}
"""
MANIFESTS = """\
apiVersion: iguazio.com/v1
kind: Project
metadata: {name: churn}
---
apiVersion: iguazio.com/v1
kind: Project
metadata: {name: fraud}
---
apiVersion: iguazio.com/v1
kind: AppService
metadata: {name: shared}
spec: {kind: jupyter, owner: katherine}
"""
PROFILE = """\
apiVersion: iguazio.com/v1
kind: Profile
metadata: {name: analyst}
members:
  ada: {last_name: Lovelace}
  katherine: {last_name: Johnson}
resources:
  - kind: User
    metadata: {name: "{member}"}
    spec: {first_name: F, last_name: {from_member: last_name}, email: "{member}@example.com"}
  - kind: AppService
    metadata: {name: "jupyter-{member}"}
    spec: {kind: jupyter, owner: "{member}"}
"""
FILES = {
    "igz-apply.yaml": CONFIG,
    "manifests/_defaults.yaml": DEFAULTS,
    "manifests/all.yaml": MANIFESTS,
    "manifests/people/profile.yaml": PROFILE,
}


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


@pytest.fixture
def layered(cli: Cli, workspace: Path, cluster: Server) -> Server:
    """A cluster to which layers were applied."""
    write(workspace, FILES)
    ran = cli("apply", "-y")
    assert ran.code == 0, ran.err
    return cluster


def change(cli: Cli, workspace: Path, name: str, old: str, new: str) -> None:
    """Make the cluster as a repository says in which one file is otherwise, as others would."""
    files = {**FILES, name: FILES[name].replace(old, new)}
    assert files != FILES
    files["igz-apply.yaml"] = files["igz-apply.yaml"].replace(
        "version: 1", "version: 1\ndefaults: {inventory: state/other.json}"
    )
    write(workspace / "elsewhere", files)
    ran = cli("apply", "-y", "--config", "elsewhere/igz-apply.yaml")
    assert ran.code == 0, ran.err


def changed(workspace: Path) -> dict[str, str]:
    texts = {name: (workspace / name).read_text() for name in FILES}
    return {name: text for name, text in texts.items() if text != FILES[name]}


@pytest.mark.usefixtures("layered")
def test_what_is_stated_for_many_is_only_taken_where_all_of_them_have_it(cli: Cli, workspace: Path) -> None:
    change(cli, workspace, "manifests/all.yaml", "{name: churn}\n", "{name: churn}\nspec: {labels: {team: risk}}\n")
    ran = cli("accept", "Project/churn")
    assert (ran.code, "Stated for many [IGZ-548]" in ran.err, changed(workspace)) == (3, True, {})
    assert "Project/fraud has something else" in " ".join(ran.err.split())
    ran = cli("accept", "Project/churn", "--here")
    assert ran.code == 0, ran.err
    assert changed(workspace) == {
        "manifests/all.yaml": MANIFESTS.replace("{name: churn}\n", "{name: churn}\nspec:\n  labels:\n    team: risk\n")
    }
    assert cli("plan", "--detailed-exitcode").code == 0


@pytest.mark.usefixtures("layered")
def test_a_default_is_taken_where_all_have_the_same(cli: Cli, workspace: Path) -> None:
    change(cli, workspace, "manifests/_defaults.yaml", "retail", "risk")
    assert cli("accept", "Project/churn#labels.team").code == 0
    assert changed(workspace) == {"manifests/_defaults.yaml": DEFAULTS.replace("retail", "risk")}
    assert cli("plan", "--detailed-exitcode").code == 0


@pytest.mark.usefixtures("layered")
def test_values_patches_and_facts_are_taken_where_they_stand(cli: Cli, workspace: Path) -> None:
    change(cli, workspace, "igz-apply.yaml", "description: big", "description: huge")
    assert cli("accept", "AppService/jupyter-ada").code == 0
    assert changed(workspace) == {"igz-apply.yaml": CONFIG.replace("big}", "huge}")}
    change(cli, workspace, "manifests/people/profile.yaml", "Johnson", "Goble")
    assert cli("accept", "User/katherine#last_name").code == 0
    assert changed(workspace)["manifests/people/profile.yaml"] == PROFILE.replace("Johnson", "Goble")


@pytest.mark.usefixtures("layered")
def test_what_a_patch_states_above_cannot_be_stated_here(cli: Cli, workspace: Path) -> None:
    files = (
        "  - address: AppService/*",
        "  - address: AppService/shared\n    patch: {spec: {resources: {limits: {memory: 8Gi}}}}",
    )
    change(cli, workspace, "igz-apply.yaml", "targets:", f"{files[1]}\ntargets:")
    ran = cli("accept", "AppService/shared")
    assert (ran.code, "Stated for many" in ran.err) == (3, True)
    ran = cli("accept", "AppService/shared", "--here")
    assert (ran.code, "Still different [IGZ-549]" in ran.err, changed(workspace)) == (3, True, {})


@pytest.mark.usefixtures("layered")
def test_for_what_a_profile_makes_the_patch_is_told(cli: Cli, workspace: Path) -> None:
    change(cli, workspace, "manifests/people/profile.yaml", 'email: "{member}@', 'email: "new-{member}@')
    ran = cli("accept", "User/ada#email", "--here")
    assert (ran.code, changed(workspace)) == (3, {})
    assert "{address: User/ada, patch: {spec: {email: new-ada@example.com}}}" in " ".join(ran.err.split())


@pytest.mark.usefixtures("layered")
def test_who_leaves_goes_with_patches_and_what_a_profile_makes(cli: Cli, workspace: Path) -> None:
    ran = cli("offboard", "User/ada", "--to", "katherine", "--dry-run")
    assert "igz-apply.yaml:12:20 names who leaves, and stays as it is" in ran.err
    ran = cli("offboard", "User/ada", "--to", "katherine", "--prune")
    assert ran.code == 0, ran.err
    assert changed(workspace) == {
        "igz-apply.yaml": CONFIG.replace(
            "  # hers is big\n  - address: AppService/jupyter-ada\n    patch: {spec: {description: big}}\n", ""
        ).replace("    patches: [{address: User/ada, patch: {spec: {job_title: Tester}}}]\n", ""),
        "manifests/_defaults.yaml": DEFAULTS.replace("owner: ada", "owner: katherine"),
        "manifests/people/profile.yaml": PROFILE.replace("  ada: {last_name: Lovelace}\n", ""),
    }
    assert "Only on the cluster" not in ran.out
    assert "igz-apply.yaml:8:20 names who leaves, and stays as it is" in ran.err  # where it is now
    assert "- delete  AppService/jupyter-ada" in ran.out
    assert cli("apply", "-y", "--prune").code == 0
    assert cli("plan", "--detailed-exitcode").code == 0
    assert cli("validate", "--target", "test").code == 0


BY_ADDRESS = """\
apiVersion: iguazio.com/v4
kind: Profile
metadata: {name: analyst}
members: [ada, katherine]
resources:
  - kind: User
    metadata: {name: "{member}@example.com"}
    spec: {first_name: F, last_name: L, email: "{member}@example.com"}
  - kind: Project
    metadata: {name: "lab-{member}"}
    spec: {owner: "{member}@example.com"}
"""


def test_who_is_called_otherwise_than_the_member_goes_with_all_that_the_membership_makes(
    cli: Cli, workspace: Path
) -> None:
    write(workspace, {"manifests/profile.yaml": BY_ADDRESS})
    ran = cli("offboard", "User/ada@example.com", "--offline")
    assert ran.code == 0, ran.err
    assert (workspace / "manifests/profile.yaml").read_text() == BY_ADDRESS.replace("[ada, katherine]", "[katherine]")


def test_who_is_made_for_a_member_of_a_group_under_another_name_is_refused(cli: Cli, workspace: Path) -> None:
    text = BY_ADDRESS.replace("members: [ada, katherine]", "members_of: ds").replace("/v4", "/v1")
    text = text.replace('"{member}@example.com"}\n    spec', '"{member}-2"}\n    spec').replace(
        'owner: "{member}@example.com"', 'owner: "{member}-2"'
    )
    group = "apiVersion: iguazio.com/v1\nkind: Group\nmetadata: {name: ds}\nspec: {users: [ada, katherine]}\n"
    write(workspace, {"manifests/profile.yaml": f"{text}---\n{group}"})
    ran = cli("offboard", "User/ada-2", "--offline")
    assert (ran.code, "Project/lab-ada would still be declared" in " ".join(ran.err.split())) == (3, True), ran.err
