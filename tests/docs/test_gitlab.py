"""The GitLab template: its scripts are run as GitLab runs them, with a stub of the notes API and the emulator."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from igz_apply.iguazio3.platform import IGUAZIO3
from igz_apply.manifests.scaffold import scaffold
from tests.docs.ci_runner import shell
from tests.docs.docs_pages import ROOT
from tests.docs.gitlab_notes import Notes, serving_notes
from tests.docs.gitlab_pipelines import EVENTS, MAIN, holds, jobs_of, pipeline, unmet

pytestmark = pytest.mark.full

TEMPLATE = yaml.safe_load((ROOT / "ci" / "gitlab.yml").read_text(encoding="utf-8"))
JOBS = jobs_of(TEMPLATE)
SMALL = yaml.safe_load(scaffold(IGUAZIO3)[".gitlab-ci.yml"])  # what init writes
TARGET = {"IGZ_TARGET": "prod"}
MANIFEST = """
apiVersion: iguazio.com/v1
kind: Group
metadata: {name: analysts}
spec: {description: Those who analyse}
"""


@pytest.fixture
def notes() -> Iterator[Notes]:
    with serving_notes() as kept:
        yield kept


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "checkout"
    (folder / "manifests").mkdir(parents=True)
    (folder / "manifests" / "groups.yaml").write_text(MANIFEST)
    (folder / "igz-apply.yaml").write_text("version: 1\ntargets: {dev: {endpoint: embedded}}\n")
    return folder


OUTSIDE = {"IGZ_ENDPOINT": "embedded", "IGZ_INVENTORY": ".igz-apply/inventory.json"}


def run(job: str, folder: Path, **variables: str) -> tuple[int, str]:
    given = {**TEMPLATE[JOBS[job]["extends"]]["variables"], **OUTSIDE, **variables}
    done = shell("\n".join(JOBS[job]["script"]), folder, IGZ_TARGET="dev", NO_PROXY="127.0.0.1", **given)
    return done.returncode, done.stdout


def test_a_merge_request_gets_counts_artifacts_and_one_note(checkout: Path, notes: Notes) -> None:
    request = {
        "CI_API_V4_URL": notes.url,
        "CI_PROJECT_ID": "3",
        "CI_MERGE_REQUEST_IID": "7",
        "IGZ_NOTES_TOKEN": "a-token",
    }
    code, said = run("igz-apply-plan", checkout, **request)
    assert code == 0, said
    assert json.loads((checkout / "igz-counts.json").read_text()) == {"create": 1, "update": 0, "delete": 0}
    assert all((checkout / path).exists() for path in JOBS["igz-apply-plan"]["artifacts"]["paths"])
    report = (checkout / "igz-plan.md").read_text()
    assert [note["body"] for note in notes.notes] == [report]

    foreign = {"id": 1, "author": {"id": 2}, "body": report}
    notes.notes[:] = [foreign, {"id": 2, "author": {"id": 1}, "body": report}]
    (checkout / "manifests" / "groups.yaml").write_text(MANIFEST.replace("analyse", "know"))
    code, said = run("igz-apply-plan", checkout, **request)
    assert code == 0, said
    assert notes.notes[0] == foreign
    assert "Those who know" in notes.notes[1]["body"]
    assert len(notes.notes) == 2


def test_a_note_that_cannot_be_written_does_not_fail_the_plan(checkout: Path, notes: Notes) -> None:
    request = {
        "CI_API_V4_URL": notes.url,
        "CI_PROJECT_ID": "3",
        "CI_MERGE_REQUEST_IID": "7",
        "IGZ_NOTES_TOKEN": "wrong",
    }
    code, said = run("igz-apply-plan", checkout, **request)
    assert code == 0
    assert "could not be shown" in said


def test_the_default_branch_applies_what_its_pipeline_planned(checkout: Path) -> None:
    assert run("igz-apply-validate", checkout)[0] == 0
    assert run("igz-apply-plan", checkout)[0] == 0
    code, said = run("igz-apply-apply", checkout)
    assert code == 0, said
    assert (checkout / "igz-apply.xml").exists()
    assert (checkout / "igz-apply.md").exists()
    run("igz-apply-plan", checkout)
    assert json.loads((checkout / "igz-counts.json").read_text()) == {"create": 0, "update": 0, "delete": 0}


def test_faults_fail_their_job_and_are_reported(checkout: Path) -> None:
    (checkout / "manifests" / "groups.yaml").write_text(MANIFEST.replace("spec:", "spce:"))
    assert run("igz-apply-validate", checkout)[0] == 3
    assert "<failure" in (checkout / "igz-validate.xml").read_text()
    assert run("igz-apply-plan", checkout)[0] == 3


@pytest.mark.parametrize("name", OUTSIDE)
def test_a_merge_request_cannot_say_what_is_pinned(checkout: Path, name: str) -> None:
    assert run("igz-apply-plan", checkout)[0] == 0
    for job in ("igz-apply-plan", "igz-apply-apply"):
        code, said = run(job, checkout, **{name: ""})
        assert (code, "Pinned setting" in said) == (3, True), said
    assert run("igz-apply-validate", checkout, **{name: ""})[0] == 0


def test_nothing_but_the_validation_runs_without_a_target() -> None:
    assert {name for event in EVENTS.values() for name in pipeline(TEMPLATE, event)} == {"igz-apply-validate"}
    assert {name for event in EVENTS.values() for name in pipeline(SMALL, event)} == {"validate"}


WHEN = {
    "push to the default branch": "validate plan apply",
    "push to the default branch, which a merge request is of": "validate plan apply",
    "push to a branch": "validate",
    "push to a branch with a merge request": "",
    "merge request": "validate plan",
    "schedule on the default branch": "validate plan apply",
    "schedule on a branch with a merge request": "validate",
    "tag": "validate",
}


@pytest.mark.parametrize("event", EVENTS)
def test_a_pipeline_has_the_jobs_that_it_should_and_all_that_they_need(event: str) -> None:
    given = {**EVENTS[event], **TARGET}
    expected = set(WHEN[event].split())
    assert pipeline(TEMPLATE, given) == {f"igz-apply-{name}" for name in expected}
    assert list(unmet(TEMPLATE, given)) == []
    small = expected - {"plan"} if "apply" in expected else expected  # init's plans as it applies
    assert pipeline(SMALL, given) == small
    assert list(unmet(SMALL, given)) == []


@pytest.mark.parametrize("template", [TEMPLATE, SMALL], ids=["ci/gitlab.yml", "init"])
def test_a_push_to_a_branch_with_a_merge_request_makes_one_pipeline(template: dict[str, Any]) -> None:
    both = ("push to a branch with a merge request", "merge request")
    assert [bool(pipeline(template, {**EVENTS[each], **TARGET})) for each in both] == [False, True]


def test_what_was_wrong_before_is_seen() -> None:
    for template, needed in ((TEMPLATE, "igz-apply-validate"), (SMALL, "validate")):
        without = {**template, needed: {key: value for key, value in template[needed].items() if key != "rules"}}
        assert list(unmet(without, {**EVENTS["merge request"], **TARGET}))
        without = {key: value for key, value in template.items() if key != "workflow"}
        assert pipeline(without, EVENTS["push to a branch with a merge request"])


def test_rules_are_read_as_gitlab_reads_them() -> None:
    given = {**MAIN, "CI_COMMIT_BRANCH": "main", "EMPTY": ""}
    assert holds("$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH", given)
    assert holds('$CI_COMMIT_BRANCH == "main" && $CI_DEFAULT_BRANCH', given)
    assert holds('$EMPTY || $CI_COMMIT_BRANCH != "new"', given)
    assert holds("$UNSET == null", given)
    assert not holds("$EMPTY", given)
    assert not holds("$UNSET && $CI_COMMIT_BRANCH", given)
    assert not holds("$UNSET == $CI_DEFAULT_BRANCH", given)


def test_jobs_build_on_jobs_that_exist() -> None:
    for job in JOBS.values():
        assert job["extends"] in TEMPLATE
        assert set(job.get("needs", [])) <= set(JOBS)
