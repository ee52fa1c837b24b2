"""What is wrong with the config's `actions`, told with its place, before anything is read of a cluster."""

from __future__ import annotations

from pathlib import Path

import pytest

from igz_apply.authoring.operation_rules import operation_problems
from igz_apply.iguazio3.platform import IGUAZIO3
from igz_apply.iguazio4.platform import IGUAZIO4
from igz_apply.manifests.config import load_config
from igz_apply.manifests.loading import Loaded, with_operations
from igz_apply.model.operations import OperationRule
from igz_apply.model.problems import Problem
from igz_apply.model.resources import DesiredState
from tests.builders import group, manifests, project, restart, service

DECLARED = manifests(service("jupyter-ada", kind="jupyter"), group("ds"), project("churn"))


def found(*rules: OperationRule, desired: DesiredState | None = DECLARED) -> list[Problem]:
    return list(operation_problems(rules, desired, IGUAZIO3.kinds, IGUAZIO3.schemas, IGUAZIO3.title))


def config(folder: Path, text: str, target: str | None = None) -> tuple[OperationRule, ...]:
    path = folder / "igz-apply.yaml"
    path.write_text(f"version: 1\n{text}")
    return load_config(path, target).operations


def test_what_is_right_is_not_told_of() -> None:
    right = (
        restart("AppService/jupyter-ada", "jupyter.image_name", "metadata.labels.team", "resources.limits.memory"),
        restart("AppService/jupyter-*", "Group/ds#assigned_policies", "Project/*", "Group/ds"),
    )
    assert found(*right) == []


@pytest.mark.parametrize(
    ("rule", "summary", "said"),
    [
        (restart("AppService/jupyter-ada", "resources.limts"), "Unknown field", "Did you mean resources.limits?"),
        (restart("AppService/jupyter-ada", "Group/ds#polices"), "Unknown field", "below `spec`"),
        (restart("AppService/jupyter-ada", "Group/ds#assigned_policies.x"), "Not a path", "lists are compared whole"),
        (restart("AppService/jupyter-ada", "Grop/ds"), "Unknown kind", "Did you mean Group?"),
        (restart("AppServices/jupyter-ada", "Group/ds"), "Unknown kind", "Did you mean AppService?"),
        (restart("jupyter-ada", "Group/ds"), "Not an address", "Write Kind/name"),
        (restart("*/jupyter-ada", "Group/ds"), "Not an address", "Write Kind/name"),
        (restart("Group/ds", "Group/ds"), "Unknown operation", "Name an AppService."),
        (restart("AppService/jupyter-bda", "Group/ds"), "Action on nothing", "Did you mean AppService/jupyter-ada?"),
        (restart("AppService/shell-*", "Group/ds"), "Action on nothing", "Correct it, or take it out."),
        (restart("AppService/jupyter-ada", "Project/chrun"), "Action on nothing", "Did you mean Project/churn?"),
    ],
)
def test_what_is_wrong_is_told_with_what_was_meant(rule: OperationRule, summary: str, said: str) -> None:
    (problem,) = found(rule)
    assert (problem.summary, problem.source) == (summary, rule.source)
    assert said in problem.detail + problem.hint
    assert problem.severity == ("warning" if summary == "Action on nothing" else "error")


def test_what_manifests_with_errors_declare_is_not_known() -> None:
    assert found(restart("AppService/nobody", "Group/nobody"), desired=None) == []


def test_a_platform_without_operations_says_so() -> None:
    rules = [restart("AppService/x", "Group/ds")]
    (problem,) = operation_problems(rules, DECLARED, IGUAZIO4.kinds, IGUAZIO4.schemas, IGUAZIO4.title)
    assert problem.summary == "Unknown operation"
    assert problem.detail == "`actions` asks for 'restart', which a plan cannot do on an Iguazio 4."
    assert "There are no operations there" in problem.hint


def test_an_operation_that_there_is_not_has_one_that_was_meant() -> None:
    rule = OperationRule("restrat", "AppService/x", (), restart("AppService/x", "Group/ds").source)
    (problem,) = found(rule)
    assert problem.hint == "Did you mean restart? There is restart."


def test_what_is_loaded_has_them_and_their_faults() -> None:
    loaded = with_operations(Loaded(DECLARED, ()), [restart("AppService/x", "Group/ds", "wrong")], IGUAZIO3)
    assert [it.summary for it in loaded.problems] == ["Unknown field", "Action on nothing"]
    assert [it.summary for it in loaded.advice] == ["Action on nothing"]
    assert len(loaded.operations) == 1
    part = with_operations(Loaded(DECLARED, ()), loaded.operations, IGUAZIO3, is_whole=False)
    assert [it.summary for it in part.problems] == ["Unknown field"]
    broken = with_operations(Loaded(DesiredState({}), (loaded.problems[0],)), loaded.operations, IGUAZIO3)
    assert [it.summary for it in broken.problems] == ["Unknown field"]


# The config


TOP = "actions: [{restart: AppService/a, on: [spec.owner, 'labels[\"a.b\"]', Group/ds, 'Project/c#spec.owner']}]\n"


def test_what_stands_below_on_is_read_as_what_it_is(tmp_path: Path) -> None:
    (rule,) = config(tmp_path, TOP)
    assert (rule.operation, rule.resources) == ("restart", "AppService/a")
    assert [(it.resources, it.path) for it in rule.triggers] == [
        ("", "owner"),
        ("", "labels.a.b"),
        ("Group/ds", ""),
        ("Project/c", "owner"),
    ]
    assert str(rule.source).endswith("igz-apply.yaml:2:21")
    assert str(rule.triggers[2].source).endswith("igz-apply.yaml:2:69")


def test_a_target_adds_to_what_stands_at_the_top(tmp_path: Path) -> None:
    text = TOP + "targets: {prod: {actions: [{restart: AppService/b, on: [owner]}]}, dev: {}}\n"
    assert [it.resources for it in config(tmp_path, text)] == ["AppService/a"]
    assert [it.resources for it in config(tmp_path, text, "dev")] == ["AppService/a"]
    assert [it.resources for it in config(tmp_path, text, "prod")] == ["AppService/a", "AppService/b"]
    assert [it.resources for it in config(tmp_path, text.removeprefix(TOP), "prod")] == ["AppService/b"]
    assert config(tmp_path, "targets: {prod: {}}\n", "prod") == ()


def test_every_operation_of_a_plan_is_one_of_the_platform() -> None:
    for platform in (IGUAZIO3, IGUAZIO4):
        known = {each.name for each in platform.browser.operations}
        for kind in platform.kinds:
            assert kind.operations <= known
            assert not kind.operations or kind.name == platform.browser.operated
