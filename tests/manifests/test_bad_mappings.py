"""Every broken mapping of tests/bad_mappings, held against one old cluster, and what is said about it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from igz_apply.iguazio3.platform import IGUAZIO3
from igz_apply.iguazio4.platform import IGUAZIO4
from igz_apply.manifests.loading import load
from igz_apply.manifests.mapping_file import load_mapping
from igz_apply.model.migration import Destination, NameMapping, Origin
from igz_apply.model.problems import Problem, errors_of
from igz_apply.planning.origins import origin_of_desired

FOLDER = Path(__file__).parent.parent / "bad_mappings"
INPUTS = sorted(FOLDER.glob("*.yaml"))
THERE = Destination(
    "new",
    {
        "oris-developer": "Developer",
        "oris-system-admin": "System Admin",
        "oris-viewer": "Viewer",
        "oris-guest": "Viewer",
    },
)


@pytest.fixture(autouse=True)
def in_the_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FOLDER)


@pytest.fixture(scope="module")
def old() -> Origin:
    loaded = load([str(FOLDER / "old")], IGUAZIO3)
    assert errors_of(loaded.problems) == ()
    return origin_of_desired(loaded.desired, IGUAZIO3.kinds, "old")


def problems_of(path: Path, old: Origin) -> tuple[Problem, ...]:
    mapping, problems = load_mapping(path.name)
    return problems if errors_of(problems) else (*problems, *moved(mapping, old))


def moved(mapping: NameMapping, old: Origin) -> tuple[Problem, ...]:
    return IGUAZIO4.migrations[IGUAZIO3.kinds.api_version](old, mapping, THERE).problems


def told(problems: tuple[Problem, ...]) -> str:
    return "".join(
        f"{problem.source}: {problem.severity}: {problem.summary}\n    {problem.detail}\n    {problem.hint}\n"
        for problem in problems
    ).replace(str(FOLDER) + os.sep, "")


@pytest.mark.parametrize("path", INPUTS, ids=lambda path: path.stem)
def test_the_problems_of_a_bad_mapping_are_the_golden_ones(path: Path, old: Origin) -> None:
    golden = path.with_name(f"{path.name}.golden")
    problems = problems_of(path, old)
    if os.environ.get("IGZ_GOLDEN") == "write":
        golden.write_text(told(problems), encoding="utf-8")
    assert told(problems) == golden.read_text(encoding="utf-8")
    assert problems, "a bad mapping has a problem"
    for problem in problems:
        assert problem.source is not None
        assert problem.source.line >= 1
        assert problem.source.column >= 1
        assert problem.hint
        assert problem.detail.endswith((".", ")"))


def test_patterns_are_told_where_there_can_be_none() -> None:
    problems = load_mapping("users_star_without_a_pattern.yaml")[1] + load_mapping("policies_by_a_pattern.yaml")[1]
    assert [each.summary for each in problems] == ["Star without a pattern", "Not a pattern"]


def test_a_mapping_with_an_error_says_nothing() -> None:
    mapping, problems = load_mapping("users_twice.yaml")
    assert mapping == NameMapping(path="users_twice.yaml")
    assert errors_of(problems)


def test_there_are_enough_bad_mappings() -> None:
    assert len(INPUTS) >= 60


def test_the_old_cluster_has_no_problem_by_itself(old: Origin) -> None:
    mapping = NameMapping(policies={"Developer": (), "IT Admin": (), "Data": ()})
    assert moved(mapping, old) == ()
