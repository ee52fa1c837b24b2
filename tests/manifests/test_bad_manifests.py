"""Every broken input of tests/bad_manifests, and what is said about it."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from igz_apply.iguazio3.platform import IGUAZIO3
from igz_apply.iguazio4.platform import IGUAZIO4
from igz_apply.manifests.loading import checked
from igz_apply.manifests.reader import read
from igz_apply.model.problems import Problem
from igz_apply.platform import Platform

FOLDER = Path(__file__).parent.parent / "bad_manifests"
PLATFORMS = {FOLDER: IGUAZIO3, FOLDER / "iguazio4": IGUAZIO4}
SETS = {
    platform.name: sorted(path for path in folder.iterdir() if path.suffix in (".yaml", ".json"))
    for folder, platform in PLATFORMS.items()
}
INPUTS = [path for paths in SETS.values() for path in paths]
SECRETS = ("hunter2", "12345678", "87654321")


def problems_of(paths: Sequence[Path], version: str = "") -> tuple[Problem, ...]:
    """Return what is told of inputs that are all for one platform."""
    reading = read([str(path.relative_to(FOLDER)) for path in paths])
    found = checked(reading, platform_of(paths[0]), version=version).problems
    return tuple(problem for problem in found if problem.summary != "Unknown reference")


def platform_of(path: Path) -> Platform:
    return PLATFORMS[path.parent]


def cluster_of(path: Path) -> str:
    """The version that the input says in its first line it is judged for, "" when it says none."""
    match = re.match(rb"# cluster (\S+)", path.read_bytes())
    return match[1].decode() if match else ""


def told(problems: Sequence[Problem]) -> str:
    return "".join(
        f"{problem.source}: {problem.severity}: {problem.summary}\n    {problem.detail}\n    {problem.hint}\n"
        for problem in problems
    )


@pytest.fixture(autouse=True)
def in_the_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FOLDER)


@pytest.mark.parametrize("path", INPUTS, ids=lambda path: str(path.relative_to(FOLDER)))
def test_the_problems_of_a_bad_manifest_are_the_golden_ones(path: Path) -> None:
    golden = path.with_name(f"{path.name}.golden")
    problems = told(problems_of([path], cluster_of(path)))
    if os.environ.get("IGZ_GOLDEN") == "write":
        golden.write_text(problems, encoding="utf-8")
    assert problems == golden.read_text(encoding="utf-8")
    assert problems, "a bad manifest has a problem"


@pytest.mark.parametrize("name", SETS)
def test_one_run_over_all_bad_manifests_lists_all_their_problems(name: str) -> None:
    inputs = [path for path in SETS[name] if not cluster_of(path)]
    together = set(problems_of(inputs))
    alone = {problem for path in inputs for problem in problems_of([path])}
    assert alone <= together
    assert {problem.summary for problem in together - alone} <= {"Declared twice", "Stated twice", "Look-alike names"}


def test_there_are_enough_bad_manifests() -> None:
    assert len(INPUTS) >= 80


@pytest.mark.parametrize("path", INPUTS, ids=lambda path: str(path.relative_to(FOLDER)))
def test_every_problem_has_a_place_in_its_file_and_a_next_step(path: Path) -> None:
    for problem in problems_of([path], cluster_of(path)):
        assert problem.source is not None
        assert problem.source.path == str(path.relative_to(FOLDER))
        assert problem.source.line >= 1
        assert problem.source.column >= 1
        assert problem.hint
        assert problem.detail.endswith((".", ")"))


def test_no_problem_repeats_a_secret() -> None:
    text = "".join(told(problems_of(paths)) for paths in SETS.values())
    assert [secret for secret in SECRETS if secret in text] == []


@pytest.mark.parametrize("name", SETS)
def test_the_order_of_the_paths_does_not_matter(name: str) -> None:
    assert problems_of(SETS[name]) == problems_of(SETS[name][::-1])
