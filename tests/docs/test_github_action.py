"""The GitHub Action: every step of it is run, with a stub of `gh` and the embedded emulator for a cluster."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from tests.docs.ci_runner import ACTION, ActionRunner
from tests.docs.docs_pages import ROOT, blocks

pytestmark = pytest.mark.full

MANIFEST = """
apiVersion: iguazio.com/v1
kind: Group
metadata: {name: analysts}
spec: {description: Those who analyse}
"""
CONFIG = """
version: 1
limits: {delete: {User: 1}}
targets: {dev: {endpoint: embedded}}
"""
USER = """
apiVersion: iguazio.com/v1
kind: User
metadata: {name: user-%d}
spec: {first_name: Some, last_name: Body, email: user-%d@example.com}
"""

OUTSIDE = {"endpoint": "embedded", "inventory": ".igz-apply/inventory.json"}


@pytest.fixture
def runner(tmp_path: Path) -> ActionRunner:
    folder = tmp_path / "checkout"
    (folder / "manifests").mkdir(parents=True)
    (folder / "manifests" / "groups.yaml").write_text(MANIFEST)
    (folder / "igz-apply.yaml").write_text(CONFIG)
    return ActionRunner(folder, tmp_path / "runner", OUTSIDE)


def test_a_pull_request_gets_one_comment_that_later_pushes_update(runner: ActionRunner) -> None:
    first = runner.run("pull_request", target="dev")
    assert first.code == 0, first.text
    assert first.names == [
        "Decide between plan and apply",
        "Install",
        "Validate",
        "Plan",
        "Show the plan in the pull request",
        "Result",
    ]
    assert (first.outputs["exit-code"], first.outputs["has-changes"]) == ("2", "true")
    assert json.loads(Path(first.outputs["plan-file"]).read_text())["summary"]["create"] == 1
    assert first.summary == Path(first.outputs["report"]).read_text()

    foreign = {"id": 9, "user": {"login": "mallory"}, "body": first.summary.split("\n")[0]}
    runner.comments.write_text(json.dumps([foreign, *json.loads(runner.comments.read_text())]))
    (runner.folder / "manifests" / "groups.yaml").write_text(MANIFEST.replace("analyse", "know"))
    second = runner.run("pull_request", target="dev")
    assert second.code == 0, second.text
    others, own = json.loads(runner.comments.read_text())
    assert others == foreign
    assert "Those who know" in own["body"]


def test_a_push_applies_and_leaves_nothing_to_plan(runner: ActionRunner) -> None:
    applied = runner.run("push", target="dev")
    assert (applied.code, applied.outputs["exit-code"]) == (0, "0"), applied.text
    assert "Group/analysts" in applied.summary
    assert "Plan" not in applied.names
    assert runner.run("pull_request", target="dev").outputs["has-changes"] == "false"


def test_a_saved_plan_is_applied_in_another_job(runner: ActionRunner) -> None:
    planned = runner.run("push", mode="plan", target="dev", plan_file="plan.json")
    assert planned.outputs["plan-file"] == "plan.json"
    applied = runner.run("push", mode="apply", target="dev", plan_file="plan.json")
    assert applied.code == 0, applied.text
    again = runner.run("push", mode="apply", target="dev", plan_file="plan.json")
    assert again.code == 4, again.text


def test_invalid_manifests_are_annotated_and_nothing_is_planned(runner: ActionRunner) -> None:
    (runner.folder / "manifests" / "groups.yaml").write_text(MANIFEST.replace("spec:", "spce:"))
    ran = runner.run("pull_request", target="dev")
    assert ran.code == 3
    assert "file=manifests/groups.yaml,line=5,col=1::" in ran.text
    assert ran.names[-1] == "Validate"


def test_a_refused_plan_is_shown_and_fails(runner: ActionRunner) -> None:
    people = runner.folder / "manifests" / "people.yaml"
    people.write_text("---".join(USER % (number, number) for number in range(4)))
    assert runner.run("push", target="dev").code == 0
    people.unlink()
    ran = runner.run("pull_request", target="dev", options="--prune")
    assert ran.code == 4
    assert "--allow delete:User=4" in json.loads(runner.comments.read_text())[0]["body"]
    waived = runner.run("pull_request", target="dev", options="--prune\n--allow=delete:User=4\n")
    assert waived.code == 0, waived.text


def test_a_comment_that_cannot_be_written_is_a_warning(runner: ActionRunner) -> None:
    runner.comments.write_text("null")
    ran = runner.run("pull_request", target="dev")
    assert ran.code == 0
    assert "::warning title=igz-apply::" in ran.text


@pytest.mark.parametrize("event", ["pull_request_target", "schedule", "workflow_dispatch"])
def test_other_events_have_to_say_what_they_want(runner: ActionRunner, event: str) -> None:
    ran = runner.run(event, target="dev")
    assert (ran.code, ran.names) == (3, ["Decide between plan and apply"])


def test_what_a_caller_gives_is_never_run_as_shell(runner: ActionRunner) -> None:
    evil = '$(touch owned); "; touch owned; `touch owned`'
    runner.run("pull_request", target="dev", paths=f"manifests\n{evil}", options=evil, plan_file=evil)
    runner.run("pull_request", targets=evil)
    runner.run("push", mode="waves", targets=evil)
    runner.run("push", target=evil, endpoint=evil, access_key=evil, requirement=evil, packages=f"s3fs\n{evil}")
    runner.run("push", inventory=evil, inventory_schemes=evil, ca_file=evil, protect=evil, pinned=evil)
    assert not list(runner.folder.parent.rglob("owned"))


@pytest.mark.parametrize(
    ("inputs", "code", "said"),
    [
        ({"endpoint": ""}, 3, "IGZ_PINNED names endpoint"),
        ({"inventory": ""}, 3, "IGZ_PINNED names inventory"),
        ({"inventory": "", "inventory_schemes": "file"}, 0, "1 to create"),
        ({"endpoint": "", "inventory": "", "pinned": ""}, 0, "1 to create"),
        ({"pinned": "endpoint,protect", "protect": "User/admin\nGroup/analysts"}, 0, "1 to create"),
    ],
)
def test_a_pull_request_cannot_say_what_is_pinned(
    runner: ActionRunner, inputs: dict[str, str], code: int, said: str
) -> None:
    ran = runner.run("pull_request", target="dev", **inputs)
    assert (ran.code, said in ran.text) == (code, True), ran.text


def test_tls_settings_of_a_pull_request_are_refused(runner: ActionRunner) -> None:
    (runner.folder / "igz-apply.yaml").write_text(
        CONFIG.replace("embedded}", "embedded, insecure_skip_tls_verify: true}")
    )
    ran = runner.run("pull_request", target="dev")
    assert (ran.code, "IGZ_PINNED names tls" in ran.text) == (3, True), ran.text


def test_no_expression_is_pasted_into_a_script() -> None:
    action = yaml.safe_load(ACTION.read_text())
    assert not [step["name"] for step in action["runs"]["steps"] if "${{" in step.get("run", "")]


def test_every_input_is_declared_used_described_and_documented() -> None:
    text = ACTION.read_text()
    action = yaml.safe_load(text)
    inputs = set(action["inputs"])
    assert set(re.findall(r"inputs\.([\w-]+)", text)) == inputs
    assert all(each["description"] for each in action["inputs"].values())
    table = (ROOT / "docs" / "ci.md").read_text()
    assert not [name for name in inputs if f"`{name}`" not in table]
    assert not [name for name in action["outputs"] if f"`{name}`" not in table]


def test_the_workflows_on_the_page_give_inputs_that_exist() -> None:
    action = yaml.safe_load(ACTION.read_text())
    pages = [block for block in blocks((ROOT / "docs" / "ci.md").read_text()) if ".github/" in block.title]
    used = [
        step
        for block in pages
        for job in yaml.safe_load("\n".join(block.lines))["jobs"].values()
        for step in job["steps"]
        if "/igz-apply@" in step["uses"]
    ]
    assert len(used) == 3
    assert not {name for step in used for name in step["with"]} - set(action["inputs"])


def test_the_installed_version_is_the_actions_own_unless_another_is_named(runner: ActionRunner) -> None:
    runner.run("push", target="dev")
    runner.run("push", target="dev", requirement="igz-apply @ git+https://h.example/a@v1", packages="s3fs\ngcsfs\n")
    log = (runner.around / "pip.log").read_text().splitlines()
    expected = [str(ROOT), "igz-apply @ git+https://h.example/a@v1 s3fs gcsfs"]
    assert [line.rsplit(" -- ")[-1] for line in log] == expected
