"""The GitHub workflows of a fleet: they are gone through job by job, and each step of the action in them is run."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from check_jsonschema.builtin_schemas import get_builtin_schema
from jsonschema import Draft7Validator

from tests.docs.ci_runner import ACTION, ActionRunner, Ran, shell
from tests.docs.docs_pages import ROOT
from tests.docs.github_workflows import SKIPPED, SUCCESS, Expression, WorkflowRun, filled

pytestmark = pytest.mark.full

FLEET, WAVE = (
    yaml.safe_load((ROOT / "ci" / name).read_text()) for name in ("github-fleet.yml", "github-fleet-wave.yml")
)
CALLED = {"./.github/workflows/github-fleet-wave.yml": WAVE}
WAVES = [name for name in FLEET["jobs"] if name.startswith("wave-")]
MANIFEST = """\
apiVersion: iguazio.com/v1
kind: Group
metadata: {name: analysts}
spec: {description: Those who analyse}
"""


def config(number: int) -> str:
    targets = [f"  prod-{index}: {{}}\n" for index in range(number)]
    return f"version: 1\nfleet: {{wave: 2}}\ntargets:\n{''.join(targets)}"


class World:
    """A checkout, the action's runner, and what the repository's variables and secrets say."""

    def __init__(self, folder: Path, number: int) -> None:
        checkout = folder / "checkout"
        (checkout / "manifests").mkdir(parents=True)
        (checkout / "manifests" / "groups.yaml").write_text(MANIFEST)
        (checkout / "igz-apply.yaml").write_text(config(number))
        self.runner = ActionRunner(checkout, folder / "runner")
        self.state = folder / "state"
        endpoints = {f"IGZ_ENDPOINT__PROD_{it}": f"embedded:{self.state}/prod-{it}.db" for it in range(number)}
        self.variables = {"IGZ_INVENTORY": f"{self.state}/{{target}}.json", **endpoints}
        self.secrets = {f"V3IO_ACCESS_KEY__PROD_{it}": f"the-key-{it}" for it in range(number)}
        self.ran: list[tuple[str, Ran]] = []
        self.given: list[Mapping[str, Any]] = []

    def run(self, event: str) -> dict[str, str]:
        """Run the workflow for an event, and return the result of each of its jobs."""
        github = {"event_name": event, "repository": "corvid/fleet", "ref": "refs/heads/main"}
        github["event"] = {"pull_request": {"head": {"repo": {"full_name": "corvid/fleet"}}}}  # type: ignore[assignment]
        context = {"github": github, "vars": self.variables, "secrets": self.secrets}
        run = WorkflowRun(FLEET, context, self._does, CALLED)
        run.run()
        return run.results

    def _does(self, name: str, job: Mapping[str, Any], context: Mapping[str, Any]) -> tuple[bool, Mapping[str, str]]:
        ran = Ran(0, "", [], {}, "")
        steps: dict[str, Mapping[str, Any]] = {}
        for step in job["steps"]:
            within = {**context, "steps": steps}
            if "if" in step and Expression(step["if"], within).value() in (None, False):
                continue
            if "run" in step:
                done = shell(step["run"], self.runner.folder)
                self.ran.append((name, Ran(done.returncode, done.stdout, [], {}, "")))
                return False, {}
            if "/igz-apply@" not in step["uses"]:
                continue
            given = {key.replace("-", "_"): it or "" for key, it in filled(step["with"], within).items()}
            self.given.append(given)
            self.runner.environ = {key: it or "" for key, it in filled(job.get("env", {}), within).items()}
            ran = self.runner.run("push" if context["github"]["event_name"] == "push" else "pull_request", **given)
            steps[step.get("id", "")] = {"outputs": ran.outputs}
            if ran.code:
                break
        self.ran.append((context.get("matrix", {}).get("target", name), ran))
        return ran.code == 0, {key: filled(it, {"steps": steps}) for key, it in job.get("outputs", {}).items()}


def test_both_workflows_are_of_githubs_own_schema() -> None:
    schema = Draft7Validator(get_builtin_schema("vendor.github-workflows"))
    for workflow in (FLEET, WAVE):
        read = {("on" if key is True else key): value for key, value in workflow.items()}  # as YAML 1.1 reads it
        assert [error.message for error in schema.iter_errors(read)] == []
    assert list(schema.iter_errors({"on": "push", "jobs": {"x": {"runs-on": "y", "steps": [{"use": "z"}]}}}))
    action = Draft7Validator(get_builtin_schema("vendor.github-actions"))
    assert [error.message for error in action.iter_errors(yaml.safe_load(ACTION.read_text()))] == []


def test_a_push_applies_wave_by_wave_and_skips_the_waves_that_there_are_not(tmp_path: Path) -> None:
    world = World(tmp_path, 5)
    results = world.run("push")
    assert results == {
        "plan": SKIPPED,
        "waves": SUCCESS,
        **{name: SUCCESS if index < 3 else SKIPPED for index, name in enumerate(WAVES)},
    }, [ran.text for _, ran in world.ran]
    assert [name for name, _ in world.ran] == ["waves", "prod-0", "prod-1", "prod-2", "prod-3", "prod-4"]
    assert len(list(world.state.glob("prod-?.json"))) == 5


def test_each_job_is_given_the_key_of_its_target_and_no_other(tmp_path: Path) -> None:
    world = World(tmp_path, 2)
    world.run("push")
    assert [it.get("access_key") for it in world.given] == [None, "the-key-0", "the-key-1"]
    assert [it.get("endpoint") for it in world.given][1:] == [f"embedded:{world.state}/prod-{it}.db" for it in range(2)]


def test_a_target_that_fails_stops_the_waves_after_its_own(tmp_path: Path) -> None:
    world = World(tmp_path, 5)
    del world.variables["IGZ_ENDPOINT__PROD_1"]
    results = world.run("push")
    assert [results[name] for name in WAVES[:4]] == [SUCCESS, "failure", SKIPPED, SKIPPED]
    assert [(name, ran.code) for name, ran in world.ran] == [("waves", 0), ("prod-0", 0), ("prod-1", 3), ("prod-2", 0)]


def test_a_config_without_targets_is_told_before_anything_runs(tmp_path: Path) -> None:
    world = World(tmp_path, 0)
    (world.runner.folder / "igz-apply.yaml").write_text("version: 1\n")
    assert world.run("push")["waves"] == "failure"
    assert "The config has no target that '*' matches" in world.ran[-1][1].text


def test_more_waves_than_jobs_are_told_before_anything_runs(tmp_path: Path) -> None:
    world = World(tmp_path, 2 * len(WAVES))
    results = world.run("push")
    assert results["waves"] == "failure"
    assert {results[name] for name in WAVES} == {SKIPPED}
    assert "::error title=igz-apply::There are more waves" in world.ran[-1][1].text


def test_the_jobs_of_the_waves_are_numbered_through() -> None:
    for index, name in enumerate(WAVES):
        job = FLEET["jobs"][name]
        assert name == f"wave-{index + 1}"
        assert job["needs"] == (["waves", f"wave-{index}"] if index else "waves")
        assert re.findall(r"\[(\d+)\]", str(job)) == [str(index)] * 2
    check = next(step for step in FLEET["jobs"]["waves"]["steps"] if "run" in step)
    assert check["if"].endswith(f"[{len(WAVES)}]")


def test_a_pull_request_gets_one_comment_of_the_whole_fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(tmp_path, 2)
    edited = {  # the lines that are to be
        f"{name}__PROD_{it}": f"${{{{ {place}.{name}__PROD_{it} }}}}"
        for it in range(2)
        for name, place in (("IGZ_ENDPOINT", "vars"), ("V3IO_ACCESS_KEY", "secrets"))
    }
    monkeypatch.setitem(FLEET["jobs"]["plan"], "env", edited)
    for text in (MANIFEST, MANIFEST.replace("analyse", "know")):
        (world.runner.folder / "manifests" / "groups.yaml").write_text(text)
        results = world.run("pull_request")
        assert (results["plan"], results["waves"]) == (SUCCESS, SKIPPED), world.ran[-1][1].text
        (comment,) = json.loads(world.runner.comments.read_text())
        assert comment["body"] == world.ran[-1][1].summary
    assert not list(world.state.glob("*.json"))


def test_an_apply_is_never_broken_off() -> None:
    job = WAVE["jobs"]["apply"]
    assert job["strategy"]["fail-fast"] is False
    assert job["concurrency"] == {"group": "igz-apply-${{ matrix.target }}", "cancel-in-progress": False}
    group = {"github": {"event_name": "push", "ref": "r"}}
    assert filled(FLEET["concurrency"], group) == {"group": "igz-fleet-r", "cancel-in-progress": False}
    assert not re.search(r"always\(|failure\(|continue-on-error", str(FLEET) + str(WAVE))


def test_inputs_of_the_action_exist() -> None:
    inputs = set(yaml.safe_load(ACTION.read_text())["inputs"])
    used = [
        step["with"]
        for workflow in (FLEET, WAVE)
        for job in workflow["jobs"].values()
        for step in job.get("steps", ())
        if "/igz-apply@" in step.get("uses", "")
    ]
    assert len(used) == 3
    assert {name for each in used for name in each} <= inputs


def test_expressions_are_read_as_github_reads_them() -> None:
    context = {"a": {"b": "x", "n": [[], [{"c": 1}]]}, "secrets": {"KEY__A": "k"}}
    for text, value in (
        ("a.b == 'x' && a.b != 'y'", True),
        ("fromJSON('[[1], []]')[1]", []),
        ("fromJSON('[1]')[4]", None),
        ("a.n[1][0].c", 1),
        ("secrets[format('key__{0}', 'A')]", "k"),
        ("!a.none && (a.b || 'z')", "x"),
        ("a.none || 'it''s'", "it's"),
    ):
        assert Expression(text, context).value() == value, text
