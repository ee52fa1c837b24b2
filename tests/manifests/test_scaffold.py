"""What `init` writes: a config repository that validates as it is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from igz_apply.authoring.validation import validate
from igz_apply.iguazio3.kinds import KINDS
from igz_apply.iguazio3.platform import IGUAZIO3
from igz_apply.manifests import schemas
from igz_apply.manifests.config import load_config
from igz_apply.manifests.policy_files import load_policies
from igz_apply.manifests.reader import read
from igz_apply.manifests.scaffold import scaffold

SCHEMAS = {name: IGUAZIO3.schema_of(name) for name in KINDS.names}


@pytest.fixture(autouse=True)
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for path, text in scaffold(IGUAZIO3).items():
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
    files = scaffold(IGUAZIO3)
    for path in (".github/workflows/igz-apply.yml", ".gitlab-ci.yml", ".pre-commit-config.yaml"):
        assert isinstance(yaml.safe_load(files[path]), dict)
    mapped = json.loads(files[".vscode/settings.json"])["yaml.schemas"]
    assert set(mapped) <= set(files)


def test_the_editors_schema_picks_the_schema_of_the_kind() -> None:
    judge = jsonschema_rs.Draft202012Validator(json.loads(scaffold(IGUAZIO3)[".vscode/igz-apply-manifest.schema.json"]))
    manifests = [document.data for document in read(["manifests"]).documents]
    assert all(judge.is_valid(manifest) for manifest in manifests)
    for manifest in manifests:
        assert not judge.is_valid({**manifest, "spec": {"unknown": 1}})
        assert not judge.is_valid({**manifest, "kind": "Unknown"})


@pytest.mark.parametrize("kind", KINDS.names)
def test_the_editors_schema_says_more_and_accepts_the_same(kind: str) -> None:
    plain, worded = IGUAZIO3.schema_of(kind), schemas.editor_schema(IGUAZIO3, kind)
    assert sans_words(worded) == sans_words(plain)
    titles = [each["title"] for each in mappings(worded)]
    assert kind in titles
    assert all(title == kind or ", a mapping" in title for title in titles)
    password = worded["properties"]["spec"]["properties"].get("password", {})
    assert kind != "User" or password["title"] == "User.spec.password, a mapping such as {from_env: ADA_PASSWORD}"


def mappings(schema: Any) -> Iterator[dict[str, Any]]:
    """Every part of a schema that is one of mappings."""
    if isinstance(schema, dict):
        if "object" in (schema.get("type") or ()):
            yield schema
        yield from (found for key, value in schema.items() if key != "examples" for found in mappings(value))
    elif isinstance(schema, list):
        yield from (found for value in schema for found in mappings(value))


def sans_words(schema: Any) -> Any:
    """A schema without what only tells something: titles and examples of fields."""
    if isinstance(schema, list):
        return [sans_words(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    told = {key for key in ("title", "examples") if not isinstance(schema.get(key), dict)}
    return {key: sans_words(value) for key, value in schema.items() if key not in told}


def test_an_editor_is_offered_the_known_values_of_a_field_that_takes_others_too() -> None:
    policy = schemas.editor_schema(IGUAZIO3, "Group")["$defs"]["policy"]
    assert "Security Admin" in policy["examples"]
    assert "enum" not in policy
    kinds = schemas.editor_schema(IGUAZIO3, "AppService")["properties"]["spec"]["properties"]["kind"]["examples"]
    assert kinds[0] == "jupyter"
    assert "spark" in kinds
    assert len(kinds) == len(set(kinds))


def test_settings_and_hook_are_for_folders_of_manifests_wherever_they_lie() -> None:
    files = scaffold(IGUAZIO3)
    (hook,) = yaml.safe_load(files[".pre-commit-config.yaml"])["repos"][0]["hooks"]
    pattern = re.compile(hook["files"])
    globs = json.loads(files[".vscode/settings.json"])["yaml.schemas"][".vscode/igz-apply-manifest.schema.json"]
    for path in ("manifests/user.yaml", "manifests/prod/user.yml", "clusters/a/manifests/user.yaml"):
        assert pattern.search(path)
        assert any(matched(path, glob) for glob in globs)
    assert not any(matched(".github/workflows/igz-apply.yml", glob) for glob in globs)
    assert not pattern.search("docs/readme.md")


def matched(path: str, glob: str) -> bool:
    """Whether a path is matched as editors match: `**/` is any folders, or none."""
    parts = (re.escape(part).replace(r"\*", "[^/]*") for part in glob.split("**/"))
    return re.fullmatch("(?:.*/)?".join(parts), path) is not None


def test_nothing_secret_is_kept_by_git() -> None:
    assert ".igz-apply/" in scaffold(IGUAZIO3)[".gitignore"].splitlines()
