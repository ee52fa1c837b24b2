"""The GitLab template of a fleet: its scripts are run, and the child pipeline that it makes, wave by wave."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from check_jsonschema.builtin_schemas import get_builtin_schema
from jsonschema import Draft7Validator

from tests.docs.ci_runner import shell
from tests.docs.docs_pages import ROOT
from tests.docs.docs_shell import environment
from tests.docs.gitlab_notes import TOKEN, Notes, serving_notes
from tests.docs.gitlab_pipelines import EVENTS, extended, jobs_of, passed, pipeline, unmet, with_included

pytestmark = pytest.mark.full

FILE = ROOT / "ci" / "gitlab-fleet.yml"
WAVE = ROOT / "ci" / "gitlab-fleet-wave.yml"
TEMPLATE = with_included(yaml.safe_load(FILE.read_text(encoding="utf-8")), ROOT)
JOBS = jobs_of(TEMPLATE)
FLEET = {"IGZ_FLEET": "*"}
CHILD = {"CI_DEFAULT_BRANCH": "main", "CI_COMMIT_BRANCH": "main", "CI_PIPELINE_SOURCE": "parent_pipeline"}
TARGETS = ("staging", "eu-1", "eu-2", "eu-3", "us")
CONFIG = """\
version: 1
fleet: {wave: 3}
targets:
  us: {wave: 2}
  eu-1: {wave: 1}
  eu-2: {wave: 1}
  eu-3: {wave: 1}
  staging: {}
"""
MANIFEST = """\
apiVersion: iguazio.com/v1
kind: Group
metadata: {name: analysts}
spec: {description: Those who analyse}
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "checkout"
    (folder / "manifests").mkdir(parents=True)
    (folder / "manifests" / "groups.yaml").write_text(MANIFEST)
    (folder / "igz-apply.yaml").write_text(CONFIG)
    return folder


@pytest.fixture
def notes() -> Iterator[Notes]:
    with serving_notes() as kept:
        yield kept


def outside(checkout: Path) -> dict[str, str]:
    """Return what the project's CI/CD variables say: an emulator for each target, and one place for all inventories."""
    state = checkout.parent / "state"
    endpoints = {f"IGZ_ENDPOINT__{_suffix(name)}": f"embedded:{state}/{name}.db" for name in TARGETS}
    return {"IGZ_INVENTORY": f"file://{state}/{{target}}.json", **endpoints}


def _suffix(target: str) -> str:
    return target.upper().replace("-", "_")


def run(job: Mapping[str, Any], folder: Path, variables: Mapping[str, str]) -> tuple[int, str]:
    given = {**TEMPLATE["variables"], **job.get("variables", {}), **outside(folder), **variables}
    done = shell("\n".join(job["script"]), folder, NO_PROXY="127.0.0.1", **given)
    return done.returncode, done.stdout


def waves(checkout: Path, fleet: str = "*") -> Mapping[str, Any]:
    """Return the child pipeline that the template makes."""
    code, said = run(extended(TEMPLATE, "igz-fleet-waves"), checkout, {"IGZ_FLEET": fleet})
    assert code == 0, said
    return with_included(yaml.safe_load((checkout / "igz-fleet-waves.yml").read_text()), ROOT)


WHEN = {
    "push to the default branch": "validate waves apply",
    "push to the default branch, which a merge request is of": "validate waves apply",
    "push to a branch": "validate",
    "push to a branch with a merge request": "",
    "merge request": "validate plan",
    "schedule on the default branch": "validate waves apply",
    "schedule on a branch with a merge request": "validate",
    "tag": "validate",
}


@pytest.mark.parametrize("event", EVENTS)
def test_a_pipeline_has_the_jobs_that_it_should_and_all_that_they_need(event: str) -> None:
    given = {**EVENTS[event], **FLEET}
    assert pipeline(TEMPLATE, given) == {f"igz-fleet-{name}" for name in WHEN[event].split()}
    assert list(unmet(TEMPLATE, given)) == []
    assert pipeline(TEMPLATE, EVENTS[event]) <= {"igz-fleet-validate"}


def test_both_pipelines_are_of_gitlabs_own_schema(checkout: Path) -> None:
    schema = Draft7Validator(get_builtin_schema("vendor.gitlab-ci"))
    for made in (TEMPLATE, waves(checkout)):
        assert [error.message for error in schema.iter_errors(made)] == []
    assert list(schema.iter_errors({"job": {"stage": "test", "script": ["x"], "parallel": {"matrix": "all"}}}))


def test_a_child_pipeline_has_a_stage_for_each_wave_and_a_job_for_each_target(checkout: Path) -> None:
    made = waves(checkout)
    assert made["stages"] == ["wave 1", "wave 2", "wave 3"]
    assert {name: job["parallel"]["matrix"] for name, job in jobs_of(made).items()} == {
        "wave 1 (canary)": [{"IGZ_TARGET": ["staging"]}],
        "wave 2": [{"IGZ_TARGET": ["eu-1", "eu-2", "eu-3"]}],
        "wave 3": [{"IGZ_TARGET": ["us"]}],
    }
    assert waves(checkout, "eu-[12],us")["wave 2"]["parallel"]["matrix"] == [{"IGZ_TARGET": ["eu-2"]}]


def test_an_apply_is_never_broken_off_and_holds_to_what_is_pinned(checkout: Path) -> None:
    made = waves(checkout)
    for name in jobs_of(made):
        job = extended(made, name)
        assert job["interruptible"] is False
        assert job["resource_group"] == "igz-apply-$IGZ_TARGET"
        assert job["variables"]["IGZ_PINNED"] == TEMPLATE[".igz-fleet"]["variables"]["IGZ_PINNED"]
        assert "needs" not in job  # which would let it run ahead of the waves before
        assert not job.keys() & {"allow_failure", "retry"}
    assert TEMPLATE["igz-fleet-apply"]["trigger"]["strategy"] == "depend"
    assert TEMPLATE["igz-fleet-apply"]["inherit"] == {"variables": False}  # else they win over the project's own


def test_the_waves_apply_each_target_once_and_in_their_order(checkout: Path) -> None:
    began: list[str] = []

    def does(_name: str, job: Mapping[str, Any], variables: Mapping[str, str]) -> bool:
        began.append(variables["IGZ_TARGET"])
        code, said = run(job, checkout, variables)
        assert all((checkout / path).exists() for path in ("igz-apply.md", "igz-apply.xml")), said
        return code == 0

    assert passed(waves(checkout), CHILD, does)
    assert began == list(TARGETS)
    assert sorted(path.stem for path in (checkout.parent / "state").glob("*.json")) == sorted(TARGETS)


def test_a_target_that_fails_stops_the_waves_after_its_own(checkout: Path) -> None:
    ended: dict[str, int] = {}

    def does(_name: str, job: Mapping[str, Any], variables: Mapping[str, str]) -> bool:
        target = variables["IGZ_TARGET"]
        unset = {"IGZ_ENDPOINT__EU_2": ""} if target == "eu-2" else {}
        ended[target], _ = run(job, checkout, {**variables, **unset})
        return ended[target] == 0

    assert not passed(waves(checkout), CHILD, does)
    assert ended == {"staging": 0, "eu-1": 0, "eu-2": 3, "eu-3": 0}


def test_every_target_is_validated_and_each_fault_reported(checkout: Path) -> None:
    job = extended(TEMPLATE, "igz-fleet-validate")
    code, said = run(job, checkout, {})
    assert code == 0, said
    assert {path.name for path in checkout.glob("*.xml")} == {f"igz-validate-{name}.xml" for name in TARGETS}
    (checkout / "bad.yaml").write_text(MANIFEST.replace("spec:", "spce:"))
    (checkout / "igz-apply.yaml").write_text(CONFIG.replace("eu-2: {", "eu-2: {manifests: [bad.yaml], "))
    code, said = run(job, checkout, {"IGZ_FLEET": "eu-*"})
    assert code == 3
    assert ["<failure" in (checkout / f"igz-validate-eu-{number}.xml").read_text() for number in (1, 2, 3)] == [
        False,
        True,
        False,
    ]


def test_a_name_that_no_target_has_fails_before_anything_runs(checkout: Path) -> None:
    for job in ("igz-fleet-validate", "igz-fleet-waves"):
        code, said = run(extended(TEMPLATE, job), checkout, {"IGZ_FLEET": "eu-1,ue-2"})
        assert (code, "Did you mean eu-2?" in said) == (3, True)


def test_a_merge_request_gets_one_note_of_the_whole_fleet(checkout: Path, notes: Notes) -> None:
    request = {
        "CI_API_V4_URL": notes.url,
        "CI_PROJECT_ID": "3",
        "CI_MERGE_REQUEST_IID": "7",
        "IGZ_NOTES_TOKEN": TOKEN,
        **FLEET,
    }
    job = extended(TEMPLATE, "igz-fleet-plan")
    for text in (MANIFEST, MANIFEST.replace("analyse", "know")):
        (checkout / "manifests" / "groups.yaml").write_text(text)
        code, said = run(job, checkout, request)
        assert code == 0, said
        assert [note["body"] for note in notes.notes] == [(checkout / "igz-fleet.md").read_text()]
    assert all((checkout / path).exists() for path in job["artifacts"]["paths"])
    code, said = run(job, checkout, {**request, "IGZ_ENDPOINT__EU_2": ""})
    assert code == 3


def test_a_merge_request_cannot_say_what_is_pinned(checkout: Path) -> None:
    (checkout / "igz-apply.yaml").write_text(CONFIG.replace("eu-2: {", "eu-2: {endpoint: embedded, "))
    apply = extended(waves(checkout), "wave 2")
    for name, value in (("IGZ_ENDPOINT__EU_2", ""), ("IGZ_INVENTORY", "")):
        code, said = run(apply, checkout, {"IGZ_TARGET": "eu-2", name: value})
        assert (code, "Pinned setting" in said) == (3, True), said


# gitlab-ci-local runs pipelines of GitLab, child pipelines too; CI fetches it where it can be had.

LOCAL = shutil.which("gitlab-ci-local")


@pytest.mark.skipif(not (LOCAL and shutil.which("rsync")), reason="gitlab-ci-local and rsync are not on the path")
@pytest.mark.parametrize("lacks", ["", "IGZ_ENDPOINT__EU_2"])
def test_gitlab_ci_local_runs_the_pipeline_and_its_child(checkout: Path, lacks: str) -> None:
    (checkout / ".gitlab-ci.yml").write_text("include: [{local: ci/gitlab-fleet.yml}]\n")
    (checkout / "ci").mkdir()
    for path in (FILE, WAVE):
        shutil.copy(path, checkout / "ci")
    given = {**outside(checkout), **FLEET, "IGZ_APPLY_REQUIREMENT": "pip"}  # which is here
    given = {name: value for name, value in given.items() if name != lacks}
    (checkout / ".gitlab-ci-local-variables.yml").write_text(json.dumps(given))  # in place of the project's
    base = environment(checkout)
    git = ["git", "-c", "init.defaultBranch=main", "-C", str(checkout)]
    for words in (["init", "-q"], ["remote", "add", "origin", "https://git.example.com/a/b.git"], ["add", "-A"]):
        subprocess.run([*git, *words], check=True, env=base)
    subprocess.run([*git, "commit", "-q", "-m", "x"], check=True, env=base)
    assert LOCAL is not None
    done = subprocess.run(
        [LOCAL, "--force-shell-executor", "--shell-isolation", "--no-color"],
        cwd=checkout,
        env={**base, "PATH": f"{base['PATH']}:{Path(LOCAL).parent}", "HOME": os.environ.get("HOME", "/")},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    said = done.stdout + done.stderr
    applied = {path.stem for path in (checkout.parent / "state").glob("*.json")}
    # It does not tell in its exit code how the child pipeline ended.
    assert (done.returncode, "FAIL  wave 2: [eu-2]" in said) == (0, bool(lacks)), said
    assert applied == ({"staging", "eu-1", "eu-3"} if lacks else set(TARGETS)), said
    assert json.loads((checkout.parent / "state" / "eu-1.json").read_text())["entries"], said
