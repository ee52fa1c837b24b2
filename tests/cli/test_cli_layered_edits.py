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


JOBS = "apiVersion: iguazio.com/v1\nkind: User\nspec: {job_title: Clerk, first_name: F, last_name: L}\n"
SOMEBODY = "apiVersion: iguazio.com/v1\nkind: User\nmetadata: {{name: {0}}}\nspec: {{email: {0}@example.com{1}}}\n"
CREW = "apiVersion: iguazio.com/v1\nkind: Group\nspec: {{users: [{0}]}}\n"
GROUP = "apiVersion: iguazio.com/v1\nkind: Group\nmetadata: {{name: {0}}}\nspec: {{description: d}}\n"


@pytest.fixture
def shared(cli: Cli, workspace: Path, cluster: Server) -> Server:
    """A cluster to which two folders were applied that have defaults in common, and on which ada got another job."""
    files = {f"{name}/u.yaml": SOMEBODY.format(user, "") for name, user in (("a", "ada"), ("b", "bob"))}
    write(workspace / "manifests", {**files, "_defaults.yaml": JOBS})
    assert cli("apply", "-y").code == 0
    theirs = SOMEBODY.format("ada", ", job_title: Boss, first_name: F, last_name: L")
    config = "version: 1\nmanifests: [u.yaml]\ndefaults: {inventory: i.json}\n"
    write(workspace / "theirs", {"igz-apply.yaml": config, "u.yaml": theirs})
    ran = cli("apply", "-y", "--config", "theirs/igz-apply.yaml")
    assert ran.code == 0, ran.err
    return cluster


@pytest.mark.usefixtures("shared")
def test_a_layer_for_more_than_the_named_paths_is_left_alone(cli: Cli, workspace: Path) -> None:
    defaults = workspace / "manifests" / "_defaults.yaml"
    for path in ("manifests/a", "manifests/a/u.yaml"):
        ran = cli("accept", "User/ada#job_title", "--path", path)
        assert (ran.code, "Stated for many" in ran.err, defaults.read_text()) == (3, True, JOBS), ran.err
    assert cli("accept", "User/ada#job_title", "--path", "manifests/a", "--here", "--dry-run").code == 0
    ran = cli("accept", "User/ada#job_title", "--path", "manifests")
    assert "User/bob has something else" in " ".join(ran.err.split())
    (workspace / "manifests" / "b" / "u.yaml").unlink()
    assert cli("accept", "User/ada#job_title", "--path", "manifests").code == 0
    assert defaults.read_text() == JOBS.replace("Clerk", "Boss")


@pytest.mark.usefixtures("shared")
@pytest.mark.parametrize("is_real_here", [True, False])
def test_defaults_that_are_one_file_are_one(cli: Cli, workspace: Path, is_real_here: bool) -> None:
    folder = workspace / "manifests"
    real = folder / "a" / "_defaults.yaml" if is_real_here else workspace / "jobs.yaml"
    (folder / "_defaults.yaml").rename(real)
    if not is_real_here:
        (folder / "a" / "_defaults.yaml").symlink_to(real)
    (folder / "b" / "_defaults.yaml").symlink_to(real)
    assert cli("plan", "--detailed-exitcode").code == 2
    ran = cli("accept", "User/ada#job_title", "--path", "manifests/a")
    assert (ran.code, "Stated for many" in ran.err, real.read_text()) == (3, True, JOBS), ran.err
    ran = cli("accept", "User/ada#job_title")
    assert (ran.code, "User/bob has something else" in " ".join(ran.err.split())) == (3, True), ran.err
    (folder / "b" / "u.yaml").write_text(SOMEBODY.format("bob", ", job_title: Clerk"))
    assert cli("accept", "User/ada#job_title").code == 0
    assert real.read_text() == JOBS.replace("Clerk", "Boss")
    assert (folder / "b" / "_defaults.yaml").is_symlink()


@pytest.mark.usefixtures("cluster")
def test_who_leaves_goes_from_defaults_for_all_or_for_what_is_named(cli: Cli, workspace: Path) -> None:
    files = {f"{name}/g.yaml": GROUP.format(f"g-{name}") for name in ("a", "b")}
    people = {f"{name}.yaml": SOMEBODY.format(name, ", first_name: F, last_name: L") for name in ("ada", "kat")}
    write(workspace / "manifests", {**files, **{f"a/{name}": text for name, text in people.items()}})
    write(workspace, {"crew.yaml": CREW.format("ada, kat"), "igz-apply.yaml": "version: 1\nmanifests: [manifests]\n"})
    for name in ("a", "b"):
        (workspace / "manifests" / name / "_defaults.yaml").symlink_to(workspace / "crew.yaml")
    ran = cli("offboard", "User/ada", "manifests/a")
    assert (ran.code, "Stated for many" in ran.err) == (3, True), ran.err
    ran = cli("offboard", "User/ada", "--offline")
    assert ran.code == 0, ran.err
    assert (workspace / "crew.yaml").read_text() == CREW.format("kat")
    assert ran.out.count("+++") == 2


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


TARGETS = """\
version: 1
values: {job: Clerk, name: L}
patches: [{address: User/ada, patch: {spec: {department: d}}}]
targets:
  dev: {manifests: [m]}
  prod: {manifests: [m], values: {name: M}, patches: [{address: Group/ds, patch: {spec: {users: [ada]}}}]}
"""
PEOPLE = SOMEBODY.format("ada", ", job_title: {from_value: job}, first_name: F, last_name: {from_value: name}")


@pytest.mark.usefixtures("cluster")
def test_other_targets_that_have_what_is_edited_are_told(cli: Cli, workspace: Path) -> None:
    write(workspace, {"igz-apply.yaml": TARGETS, "m/all.yaml": f"{PEOPLE}---\n{GROUP.format('ds')}"})
    assert cli("apply", "-y", "--target", "dev").code == 0
    theirs = TARGETS.replace("Clerk", "Boss").replace("name: L", "name: Z").replace("department: d", "department: e")
    write(workspace, {"igz-apply.yaml": theirs})
    assert cli("apply", "-y", "--target", "dev").code == 0
    write(workspace, {"igz-apply.yaml": TARGETS})
    ran = cli("accept", "User/ada#job_title", "User/ada#last_name", "User/ada#department", "--target", "dev")
    assert (ran.code, (workspace / "igz-apply.yaml").read_text()) == (0, theirs), ran.err
    said = [line for line in ran.err.splitlines() if "other targets" in line]
    told = "is for other targets too, of which no plan was made: prod."
    assert sorted(said) == [f"warning: igz-apply.yaml:2:15 {told}", f"warning: igz-apply.yaml:3:58 {told}"]


@pytest.mark.usefixtures("cluster")
@pytest.mark.parametrize("state", ["present", "absent"])
def test_other_targets_that_name_who_leaves_are_told(cli: Cli, workspace: Path, state: str) -> None:
    people = f"{PEOPLE}lifecycle: {{state: {state}}}\n---\n{GROUP.format('ds')}"
    write(workspace, {"igz-apply.yaml": TARGETS})
    write(workspace, {"m/all.yaml": people, "m/kat.yaml": SOMEBODY.format("kat", ", first_name: F, last_name: L")})
    ran = cli("offboard", "User/ada", "--target", "dev", "--offline", "--dry-run")
    assert ran.code == 0, ran.err
    assert "igz-apply.yaml:6:98 names who leaves, and stays as it is" in ran.err
    assert ("There is nothing to edit." in ran.err) is (state == "absent")


@pytest.mark.usefixtures("layered")
def test_what_a_profile_makes_and_is_gone_is_told_once(cli: Cli, workspace: Path) -> None:
    made = "  - kind: AppService\n"
    change(cli, workspace, "manifests/people/profile.yaml", made, f"{made}    lifecycle: {{state: absent}}\n")
    ran = cli("accept", "AppService/jupyter-ada")
    assert (ran.code, ran.out) == (0, "")
    assert " ".join(ran.err.split()) == (
        "warning: AppService/jupyter-ada is gone from the cluster; a Profile makes it for ada: take ada out there. "
        "Nothing was accepted."
    )
