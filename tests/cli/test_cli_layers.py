"""What a team writes in layers: few lines, two clusters, and nothing left behind."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.cli_world import Cli

TEAM = """\
apiVersion: iguazio.com/v1
kind: Group
metadata: {name: data-science}
spec: {assigned_policies: [Data]}
---
apiVersion: iguazio.com/v1
kind: Project
metadata: {name: churn}
spec: {owner: ada, members: {editor: {groups: [data-science]}}}
---
apiVersion: iguazio.com/v1
kind: Profile
metadata: {name: data-scientist}
members:
  ada: {first_name: Ada, last_name: Lovelace}
  alan: {first_name: Alan, last_name: Turing}
  grace: {first_name: Grace, last_name: Hopper}
  linus: {first_name: Linus, last_name: Pauling}
  tim: {first_name: Tim, last_name: Lee}
resources:
  - kind: User
    metadata: {name: "{member}"}
    spec:
      first_name: {from_member: first_name}
      last_name: {from_member: last_name}
      email: "{member}@example.com"
      groups: [data-science]
  - kind: AppService
    metadata: {name: "jupyter-{member}"}
    spec: {kind: jupyter, owner: "{member}"}
"""
EACH = """\
apiVersion: iguazio.com/v1
kind: Group
metadata: {name: data-science}
spec: {users: [ada, alan, grace, linus, tim]}
---
apiVersion: iguazio.com/v1
kind: Profile
metadata: {name: data-scientist}
members_of: data-science
resources:
  - kind: User
    metadata: {name: "{member}"}
    spec: {first_name: "{member}", last_name: "{member}", email: "{member}@example.com"}
  - kind: Project
    metadata: {name: "lab-{member}"}
    spec: {owner: "{member}", description: "The lab of {member}"}
  - kind: AppService
    metadata: {name: "jupyter-{member}"}
    spec: {kind: jupyter, owner: "{member}"}
"""
CONFIG = """\
version: 1
targets:
  dev: {endpoint: embedded}
"""
PROD = """\
  prod:
    endpoint: embedded:prod.db
    patches:
      - address: AppService/jupyter-*
        patch: {spec: {resources: {limits: {memory: 16Gi}}}}
      - address: Project/churn
        patch: {spec: {owner: grace}}
"""
SECRET_VALUE = """\
apiVersion: iguazio.com/v1
kind: User
metadata: {name: ada}
spec: {first_name: A, last_name: L, email: a@example.com, password: {from_value: x}}
"""
SECRET_FACT = """\
apiVersion: iguazio.com/v1
kind: Profile
metadata: {name: a}
members:
  ada: {x: hunter2}
resources:
  - kind: User
    metadata: {name: "{member}"}
    spec: {password: {from_member: x}}
"""
PEOPLE = ("ada", "alan", "grace", "linus", "tim")


def written(workspace: Path, **texts: str) -> None:
    for name, text in texts.items():
        path = workspace / ("igz-apply.yaml" if name == "config" else f"manifests/{name}.yaml")
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(text)


def planned(cli: Cli, *arguments: str, code: int = 2) -> dict[str, str]:
    """Return what a plan does to which resource; what it leaves alone is left out."""
    ran = cli("plan", *arguments, "--format", "json", "--detailed-exitcode")
    assert ran.code == code, ran.err
    changes = json.loads(ran.out)["changes"]
    return {each["address"]: each["action"] for each in changes if each["action"] not in ("no_change", "unmanaged")}


def test_five_people_with_notebooks_a_group_and_a_project_take_thirty_lines(cli: Cli, workspace: Path) -> None:
    assert len(TEAM.splitlines()) <= 30
    written(workspace, team=TEAM, config=CONFIG)
    addresses = {
        f"{kind}/{prefix}{name}" for kind, prefix in (("User", ""), ("AppService", "jupyter-")) for name in PEOPLE
    }
    assert planned(cli, "--target", "dev") == dict.fromkeys(
        addresses | {"Group/data-science", "Project/churn"}, "create"
    )


def test_five_people_with_a_notebook_and_a_project_each_take_thirty_lines(cli: Cli, workspace: Path) -> None:
    assert len(EACH.splitlines()) <= 30
    written(workspace, team=EACH, config=CONFIG)
    found = planned(cli, "--target", "dev")
    assert len(found) == 16
    assert {f"Project/lab-{name}" for name in PEOPLE} < found.keys()


def test_a_second_cluster_with_two_differences_takes_ten_lines(cli: Cli, workspace: Path) -> None:
    assert len(PROD.splitlines()) <= 10
    written(workspace, team=TEAM, config=CONFIG + PROD)
    told = {target: json.loads(cli("plan", "--target", target, "--format", "json").out) for target in ("dev", "prod")}
    stated = {
        target: {each["address"]: {it["path"]: it["after"] for it in each["diff"]} for each in plan["changes"]}
        for target, plan in told.items()
    }
    differing = {
        (address, path): (stated["dev"][address].get(path), after)
        for address, fields in stated["prod"].items()
        for path, after in fields.items()
        if stated["dev"][address].get(path) != after
    }
    assert differing == {
        ("Project/churn", "owner"): ("ada", "grace"),
        **{(f"AppService/jupyter-{name}", "resources.limits.memory"): (None, "16Gi") for name in PEOPLE},
    }


def test_what_stops_being_expanded_is_pruned_like_what_was_removed(cli: Cli, workspace: Path) -> None:
    written(workspace, team=TEAM, config=CONFIG)
    assert cli("apply", "-y", "--target", "dev").code == 0
    assert planned(cli, "--target", "dev", "--prune", code=0) == {}
    written(workspace, team="".join(line for line in TEAM.splitlines(True) if "Tim" not in line))
    assert planned(cli, "--target", "dev", code=0) == {}
    assert planned(cli, "--target", "dev", "--prune") == {"User/tim": "delete", "AppService/jupyter-tim": "delete"}
    assert cli("apply", "-y", "--target", "dev", "--prune").code == 0
    assert planned(cli, "--target", "dev", "--prune", code=0) == {}


def test_one_folder_named_is_seen_as_all_of_them_are(cli: Cli, workspace: Path) -> None:
    defaults = "apiVersion: iguazio.com/v1\nkind: AppService\nspec: {description: Ours}\n"
    written(workspace, team=TEAM, _defaults=defaults, config=CONFIG)
    (workspace / "manifests/deep").mkdir()
    (workspace / "manifests/team.yaml").rename(workspace / "manifests/deep/team.yaml")
    whole = cli("plan", "--target", "dev", "--format", "json").out
    assert '"Ours"' in whole
    for path in ("manifests/deep", "manifests/deep/team.yaml", str(workspace / "manifests/deep"), "./manifests/"):
        assert cli("plan", "--target", "dev", path, "--format", "json").out.count('"Ours"') == whole.count('"Ours"')


@pytest.mark.parametrize(("paths", "code"), [((), 3), (("manifests/team.yaml",), 0), (("manifests",), 0)])
def test_a_patch_for_nothing_is_an_error_where_all_manifests_are_read(
    cli: Cli, workspace: Path, paths: tuple[str, ...], code: int
) -> None:
    written(
        workspace, team=TEAM, config="version: 1\npatches:\n  - {address: Group/ops, patch: {spec: {description: x}}}\n"
    )
    ran = cli("validate", *paths)
    assert ran.code == code
    assert f"igz-apply.yaml:3:15: {'warning' if paths else 'error'}: Idle patch" in ran.out


@pytest.mark.parametrize(
    ("team", "config"),
    [
        (SECRET_VALUE, "version: 1\nvalues:\n  x: hunter2\n"),
        (SECRET_FACT, "version: 1\n"),
        (SECRET_VALUE, "version: 1\nvalues:\n  x: {hunter2: 1}\n"),
    ],
)
def test_a_secret_in_a_layer_is_refused_and_never_shown(cli: Cli, workspace: Path, team: str, config: str) -> None:
    written(workspace, team=team, config=config)
    for form in ("text", "json", "github", "sarif", "junit"):
        ran = cli("validate", "--format", form)
        assert ran.code == 3
        assert "hunter2" not in ran.out + ran.err


def test_a_place_of_a_secret_may_be_a_value(cli: Cli, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADA_PASSWORD", "Passw0rd!x")
    written(workspace, team=SECRET_VALUE, config=CONFIG + "values: {x: {from_env: ADA_PASSWORD}}\n")
    ran = cli("plan", "--target", "dev")
    assert ran.code == 0
    assert "ADA_PASSWORD" in ran.out
    assert "Passw0rd" not in ran.out


def test_one_cause_is_told_once_also_by_a_plan_that_knows_the_cluster(cli: Cli, workspace: Path) -> None:
    defaults = "apiVersion: iguazio.com/v1\nkind: Project\nspec: {owner: nobody}\n"
    projects = "---\n".join(
        f"apiVersion: iguazio.com/v1\nkind: Project\nmetadata: {{name: p{n}}}\nspec: {{}}\n" for n in range(9)
    )
    written(workspace, team=projects, _defaults=defaults, config=CONFIG)
    ran = cli("plan", "--target", "dev")
    assert ran.code == 3
    assert ran.err.count("Unknown reference") + ran.out.count("Unknown reference") == 1
    assert "So it is for 8 more." in ran.err + ran.out


def test_an_iguazio_4_has_layers_too(cli: Cli, workspace: Path) -> None:
    team = """\
apiVersion: iguazio.com/v4
kind: Group
metadata: {name: research}
spec: {}
---
apiVersion: iguazio.com/v4
kind: Group
metadata: {name: research/nlp}
spec: {users: [ada@example.com, bob@example.com]}
---
apiVersion: iguazio.com/v4
kind: Profile
metadata: {name: researcher}
members_of: research/nlp
resources:
  - kind: User
    metadata: {name: "{member}"}
    spec: {email: "{member}", first_name: "{member}", last_name: {from_value: surname}}
"""
    config = "version: 1\nvalues: {surname: Lovelace}\ntargets: {dev: {endpoint: embedded4}}\n"
    written(workspace, team=team, config=config)
    found = planned(cli, "--target", "dev")
    assert {"User/ada@example.com", "User/bob@example.com"} < found.keys()


NAMED_VALUE = """\
apiVersion: iguazio.com/v1
kind: User
metadata: {name: ada}
spec: {first_name: A, last_name: L, %s}
"""
NAMED_FACT = """\
apiVersion: iguazio.com/v1
kind: Profile
metadata: {name: a}
members:
  ada: {api_token: %s}
resources:
  - kind: User
    metadata: {name: "{member}"}
    spec: {first_name: A, last_name: L, email: {from_member: api_token}}
"""


@pytest.mark.parametrize(
    ("team", "values"),
    [
        (NAMED_VALUE % "email: {from_value: db_password}", "{db_password: hunter2}"),
        (NAMED_VALUE % "email: {from_value: db}", "{db: {password: hunter2}}"),
        (NAMED_VALUE % "email: {from_value: db_password}", "{db_password: {hunter2: 1}}"),
        (NAMED_VALUE % "groups: [{from_value: db_password}, {from_value: db_password}]", "{db_password: hunter2}"),
        (NAMED_FACT % "hunter2", "{}"),
        (NAMED_FACT % "{from_value: plain}", "{plain: hunter2}"),
    ],
)
def test_what_may_be_a_secret_by_its_name_is_not_repeated(cli: Cli, workspace: Path, team: str, values: str) -> None:
    written(workspace, team=team, config=f"version: 1\nvalues: {values}\n")
    for form in ("text", "json"):
        ran = cli("validate", "--format", form)
        assert ran.code == 3
        assert "hunter2" not in ran.out + ran.err
