from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from igz_apply.manifests.schemas import FORMS
from tests.cli.cli_world import MANIFESTS, Cli

SCHEMAS = Path(__file__).parents[2] / "schemas"


def test_init_validate_plan_and_apply_work_as_typed(cli: Cli, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cli("init", "demo").code == 0
    monkeypatch.chdir(workspace / "demo")
    assert cli("validate").code == 0
    assert cli("plan", "--target", "dev").code == 0
    assert cli("apply", "--target", "dev", "-y").code == 0
    assert cli("plan", "--target", "dev", "--detailed-exitcode").code == 0


def test_init_keeps_the_readme_and_the_gitignore_of_a_repository(cli: Cli, workspace: Path) -> None:
    for name in ("README.md", ".gitignore"):
        (workspace / name).write_text("mine")
    ran = cli("init")
    assert ran.code == 0
    written, _, kept = ran.out.partition("Kept as they are:\n")
    assert kept.startswith("  README.md\n  .gitignore (add .igz-apply/ to it")
    assert "README.md" not in written
    assert "  igz-apply.yaml\n" in written
    assert [(workspace / name).read_text() for name in ("README.md", ".gitignore")] == ["mine", "mine"]
    assert cli("plan", "--target", "dev").code == 0


def test_init_never_touches_a_file_that_is_there(cli: Cli, workspace: Path) -> None:
    (workspace / "igz-apply.yaml").write_text("version: 1\n")
    (workspace / "README.md").write_text("mine")
    ran = cli("init")
    assert ran.code == 3
    assert "igz-apply.yaml is already there, so nothing was written." in ran.err
    assert sorted(path.name for path in workspace.iterdir()) == ["README.md", "igz-apply.yaml"]


def test_schema_prints_what_editors_and_what_kustomize_are_given(cli: Cli) -> None:
    user = json.loads(cli("schema", "User").out)
    assert user["properties"]["spec"]["properties"]["password"]["title"].startswith("User.spec.password, a mapping")
    definitions = json.loads(cli("schema", "--openapi").out)["definitions"]
    assert sorted(definitions) == [f"com.iguazio.v1.{kind}" for kind in ("AppService", "Group", "Project", "User")]
    ran = cli("schema", "User", "--openapi")
    assert (ran.code, "leave KIND out" in ran.err) == (3, True)


@pytest.mark.usefixtures("cluster", "manifests")
@pytest.mark.parametrize("layout", ["kind", "resource"])
def test_a_plan_right_after_an_export_is_empty(cli: Cli, layout: str) -> None:
    cli("apply", "-y")
    assert cli("export", "--out-dir", "exported", "--layout", layout).code == 0
    ran = cli("plan", "exported", "--detailed-exitcode")
    assert (ran.code, ran.err) == (0, "")
    assert cli("export", "--out-dir", "exported", "--layout", layout).code == 3


@pytest.mark.usefixtures("cluster", "manifests")
def test_an_export_is_printed_and_the_same_each_time(cli: Cli) -> None:
    cli("apply", "-y")
    first, second = cli("export", "--only", "User/ada"), cli("export", "--only", "User/ada")
    assert first.out == second.out
    (document,) = yaml.safe_load_all(first.out)
    assert document["metadata"]["name"] == "ada"


def test_schemas_are_printed_for_kinds_and_forms(cli: Cli) -> None:
    for name in ("User", "Group", "Project", "AppService", *FORMS):
        assert json.loads(cli("schema", name).out)["$schema"].endswith("2020-12/schema")
    assert "AppService" in cli("schema").out


def test_help_names_every_form_that_has_a_schema_and_no_schema_lacks_a_name(cli: Cli) -> None:
    told = cli("schema", "--help").out
    assert [name for name in FORMS if f"`{name}`" not in told] == []
    kinds = {"app_service", "group", "project", "user", "profile"}
    assert {path.name.removesuffix(".schema.json") for path in SCHEMAS.glob("*.json")} - kinds == set(FORMS)


def test_explain_tells_of_a_field(cli: Cli) -> None:
    ran = cli("explain", "user.spec.email")
    assert ran.out.startswith("User.spec.email\n")


def test_forget_names_an_address_that_it_does_not_know(cli: Cli) -> None:
    ran = cli("forget", "User/ada", "nonsense")
    assert ran.code == 3
    assert "Not in the inventory [IGZ-756]\n  .igz-apply/inventory.json has no entry for User/ada" in ran.err
    assert "'nonsense' is not an address" in ran.err


@pytest.mark.parametrize("form", ["text", "json", "github", "junit", "sarif"])
def test_validate_speaks_every_form_and_exits_3_for_errors(cli: Cli, manifests: Path, form: str) -> None:
    assert cli("validate", "--format", form).code == 0
    (manifests / "all.yaml").write_text(MANIFESTS.replace("first_name", "firstname"))
    ran = cli("validate", "--format", form)
    assert (ran.code, ran.err) == (3, "")
    assert "all.yaml" in ran.out


@pytest.mark.usefixtures("manifests")
def test_validate_counts_resources_and_speaks_of_a_version(cli: Cli, manifests: Path) -> None:
    assert cli("validate").out == "3 resources: valid.\n"
    (manifests / "all.yaml").write_text(MANIFESTS.replace("email:", "authentication_methods: [sso]\n  email:"))
    assert cli("validate", "--server-version", "3.5.5").code == 0
    ran = cli("validate", "--server-version", "3.5.3")
    assert ran.code == 3
    assert "authentication_methods" in ran.out


def test_a_version_that_is_none_is_wrong_usage(cli: Cli, manifests: Path) -> None:
    ran = cli("validate", "--server-version", "latest", str(manifests))
    assert (ran.code, "'latest' is not a version" in ran.err) == (3, True)
