"""igz-apply.yaml: what it settles for a target, and what is said of a wrong one."""

from __future__ import annotations

from pathlib import Path

import pytest

from igz_apply.errors import InvalidInput
from igz_apply.manifests.config import Config, load_config
from igz_apply.model.problems import Problem

CONTRACT = """\
version: 1
manifests: [manifests]
ignore: ["manifests/README*", "*.tmp.yaml"]
policies: [policies/*.schema.json]
protect: [User/admin, "Group/ops-*"]
defaults: {prune: true, parallelism: 4, job_timeout: 30m, timeout: 2.5}
limits: {delete: {User: 10%, Group: 10%, Project: 1}, min_admins: 2}
targets:
  dev:  {endpoint: "embedded:dev.db"}
  prod:
    endpoint: https://dashboard.default-tenant.app.prod.example.com
    manifests: [manifests/base, manifests/prod]
    inventory: s3://gitops-state/prod.json
    username: ci
    access_key_file: key
    ca_file: /etc/ca.pem
    prune: false
    job_timeout: 90
    protect: [Project/churn]
    limits: {delete: {User: 5}}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def config(text: str, target: str | None = None, path: str = "igz-apply.yaml") -> Config:
    Path(path).parent.mkdir(exist_ok=True)
    Path(path).write_text(text, encoding="utf-8")
    return load_config(None if path == "igz-apply.yaml" else Path(path), target)


def problems_of(text: str, target: str | None = None) -> list[Problem]:
    with pytest.raises(InvalidInput) as caught:
        config(text, target)
    return list(caught.value.problems)


def test_without_a_file_everything_is_as_by_default() -> None:
    assert load_config(None, None) == Config()
    assert Config().manifests == ("manifests",)


def test_what_stands_at_the_top_and_in_the_defaults_holds_without_a_target() -> None:
    assert config(CONTRACT) == Config(
        path="igz-apply.yaml",
        targets=("dev", "prod"),
        manifests=("manifests",),
        ignore=("manifests/README*", "*.tmp.yaml"),
        policies=("policies/*.schema.json",),
        protect=("User/admin", "Group/ops-*"),
        limits_delete={"User": "10%", "Group": "10%", "Project": 1},
        min_admins=2,
        prune=True,
        parallelism=4,
        job_timeout=1800.0,
        timeout=2.5,
    )


def test_a_target_goes_over_the_defaults() -> None:
    assert config(CONTRACT, "prod") == Config(
        path="igz-apply.yaml",
        target="prod",
        targets=("dev", "prod"),
        manifests=("manifests/base", "manifests/prod"),
        ignore=("manifests/README*", "*.tmp.yaml"),
        policies=("policies/*.schema.json",),
        protect=("User/admin", "Group/ops-*", "Project/churn"),
        limits_delete={"User": 5, "Group": "10%", "Project": 1},
        min_admins=2,
        prune=False,
        parallelism=4,
        job_timeout=90.0,
        endpoint="https://dashboard.default-tenant.app.prod.example.com",
        username="ci",
        access_key_file="key",
        ca_file="/etc/ca.pem",
        timeout=2.5,
        inventory="s3://gitops-state/prod.json",
    )


def test_paths_count_from_the_configs_folder() -> None:
    settled = config(CONTRACT, "prod", "repo/igz-apply.yaml")
    assert settled.manifests == ("repo/manifests/base", "repo/manifests/prod")
    assert settled.ignore == ("repo/manifests/README*", "*.tmp.yaml")
    assert settled.policies == ("repo/policies/*.schema.json",)
    assert settled.access_key_file == "repo/key"
    assert settled.ca_file == "/etc/ca.pem"
    assert settled.inventory == "s3://gitops-state/prod.json"
    assert config(CONTRACT, "dev", "repo/igz-apply.yaml").endpoint == "embedded:repo/dev.db"
    assert config("version: 1", None, "repo/igz-apply.yaml").manifests == ("repo/manifests",)


@pytest.mark.parametrize("url", ["memory:x.json", "data:application/json,{}", "simplecache::s3://bucket/x.json"])
def test_an_inventory_that_is_a_url_does_not_count_from_the_configs_folder(url: str) -> None:
    assert config(f"version: 1\ndefaults: {{inventory: '{url}'}}", None, "repo/igz-apply.yaml").inventory == url
    assert config("version: 1\ndefaults: {inventory: state/x.json}", None, "repo/igz-apply.yaml").inventory == (
        "repo/state/x.json"
    )


def test_a_target_that_does_not_exist_is_named_with_the_nearest() -> None:
    (problem,) = problems_of(CONTRACT, "prd")
    assert (problem.summary, problem.hint) == ("Unknown target", "Did you mean prod? Targets are dev, prod.")
    assert str(problem.source) == "igz-apply.yaml:8:1"
    (problem,) = problems_of("version: 1", "prod")
    assert problem.hint == "Add it below `targets`."


def test_a_target_without_a_config_is_a_problem() -> None:
    with pytest.raises(InvalidInput, match="there is no igz-apply"):
        load_config(None, "prod")


def test_an_inventory_of_all_targets_has_the_name_of_each_in_its_place() -> None:
    text = (
        "version: 1\ndefaults: {inventory: 's3://b/{target}.json'}\ntargets: {a: {}, b: {inventory: 'x/{target}.json'}}"
    )
    assert config(text, "a").inventory == "s3://b/a.json"
    assert config(text, "b").inventory == "x/b.json"
    assert config(text, None).inventory == "s3://b/{target}.json"


@pytest.mark.parametrize("place", ["defaults: {inventory: 's/{Target}'}", "targets: {a: {inventory: 's/{targets}'}}"])
def test_what_is_nearly_the_name_of_the_target_is_told_with_its_place(place: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        config(f"version: 1\n{place}", None)
    (problem,) = caught.value.problems
    assert problem.summary == "Unknown part of a place"
    assert problem.source is not None
    assert problem.source.line == 2


@pytest.mark.parametrize(
    ("text", "place", "summary", "hint"),
    [
        ("{}", "1:1", "Missing field", "Add it, for example `version: 1`."),
        ("version: 2", "1:10", "Not an allowed value", "Write 1."),
        ("version: 1\nmanifest: [x]", "2:1", "Unknown field", "Did you mean manifests?"),
        ("version: 1\nmanifests: x", "2:12", "Wrong type", "Write it as a list: [x]."),
        ("version: 1\nprune: true", "2:1", "Unknown field", "It belongs below `defaults`, or to a target."),
        ("version: 1\ndefaults: {prune: yes}", "2:19", "Wrong type", "Write true, without quotes."),
        ("version: 1\ndefaults: {job_timeout: half an hour}", "2:25", "Not an allowed value", "For example: 30m"),
        ("version: 1\ndefaults: {parallelism: 0}", "2:25", "Out of bounds", ""),
        ("version: 1\nlimits: {delete: {Usr: 1}}", "2:19", "Unknown field", "Did you mean User?"),
        ("version: 1\nlimits: {delete: {User: 110%}}", "2:25", "Not an allowed value", "For example: 10%"),
        ("version: 1\ntargets: {prod: {endpiont: x}}", "2:18", "Unknown field", "Did you mean endpoint?"),
        ("version: 1\ntargets: {'my prod': {}}", "2:11", "Not an allowed value", ""),
        ("version: 1\nversion: 1", "2:1", "Duplicate key", "Keep one of the two."),
        ("version: 1\n---\nversion: 1", "3:1", "More than one document", "Remove `---`."),
        ("", "1:1", "Empty file", ""),
        ("version: [", "1:11", "Broken YAML", ""),
        ("- 1", "1:1", "Wrong type", ""),
    ],
)
def test_a_wrong_config_is_told_like_a_wrong_manifest(text: str, place: str, summary: str, hint: str) -> None:
    problem = problems_of(text)[0]
    assert str(problem.source) == f"igz-apply.yaml:{place}"
    assert problem.summary == summary
    assert problem.hint
    assert hint in problem.hint


@pytest.mark.parametrize("key", ["password", "access_key", "token"])
def test_credentials_never_stand_in_a_config(key: str) -> None:
    (problem,) = problems_of(f"version: 1\ntargets: {{prod: {{endpoint: embedded, {key}: hunter2}}}}")
    assert problem.summary == "Unknown field"
    assert "V3IO_ACCESS_KEY" in problem.hint
    assert "hunter2" not in f"{problem.detail} {problem.hint}"


def test_credentials_in_a_url_are_refused_and_not_repeated() -> None:
    (problem,) = problems_of("version: 1\ntargets: {prod: {endpoint: 'https://ada:hunter2@example.com'}}")
    assert "hunter2" not in f"{problem.detail} {problem.hint}"


def test_a_config_that_is_named_and_missing_is_a_problem() -> None:
    with pytest.raises(InvalidInput, match="Cannot read"):
        load_config(Path("nowhere.yaml"), None)
