"""What `init` writes: a config repository that validates as it is."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema_rs
import pytest
import yaml

from igz_apply import schemas
from igz_apply.config import load_config
from igz_apply.core.validate import validate
from igz_apply.kinds import KINDS
from igz_apply.manifests.policies import load_policies
from igz_apply.manifests.reader import read
from igz_apply.manifests.scaffold import scaffold

SCHEMAS = {name: schemas.resource_schema(name) for name in KINDS.names}


@pytest.fixture(autouse=True)
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for path, text in scaffold().items():
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_manifests_are_valid_under_the_config_and_its_policies() -> None:
    config = load_config(None, "dev")
    policies, problems = load_policies(config.policies, KINDS)
    reading = read(config.manifests, ignore=config.ignore)
    assert (problems, reading.problems) == ((), ())
    assert validate(reading.documents, KINDS, SCHEMAS, policies=policies) == ()
    assert {document.data["kind"] for document in reading.documents} == set(KINDS.names)


def test_the_dev_target_needs_no_cluster() -> None:
    assert load_config(None, "dev").endpoint == "embedded"


def test_the_commented_prod_target_is_valid_once_uncommented(repository: Path) -> None:
    config = repository / "igz-apply.yaml"
    lines = config.read_text().splitlines()
    start = lines.index("  # prod:")
    prod = [line.replace("  # ", "  ", 1) for line in lines[start:]]
    config.write_text("\n".join([*lines[:start], *prod]))
    assert load_config(None, "prod").endpoint == "https://dashboard.default-tenant.app.prod.example.com"


def test_pipelines_and_settings_are_well_formed() -> None:
    files = scaffold()
    for path in (".github/workflows/igz-apply.yml", ".gitlab-ci.yml", ".pre-commit-config.yaml"):
        assert isinstance(yaml.safe_load(files[path]), dict)
    mapped = json.loads(files[".vscode/settings.json"])["yaml.schemas"]
    assert set(mapped) <= set(files)


def test_the_editors_schema_picks_the_schema_of_the_kind() -> None:
    judge = jsonschema_rs.Draft202012Validator(json.loads(scaffold()[".vscode/igz-apply-manifest.schema.json"]))
    manifests = [document.data for document in read(["manifests"]).documents]
    assert all(judge.is_valid(manifest) for manifest in manifests)
    for manifest in manifests:
        assert not judge.is_valid({**manifest, "spec": {"unknown": 1}})
        assert not judge.is_valid({**manifest, "kind": "Unknown"})


def test_nothing_secret_is_kept_by_git() -> None:
    assert ".igz-apply/" in scaffold()[".gitignore"].splitlines()
