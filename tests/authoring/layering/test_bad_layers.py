"""Every broken layer of tests/bad_layers, and what is said about it."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from igz_apply.errors import InvalidInput
from igz_apply.iguazio3.platform import IGUAZIO3
from igz_apply.iguazio4.platform import IGUAZIO4
from igz_apply.manifests.config import DEFAULT_PATH, load_config
from igz_apply.manifests.loading import checked
from igz_apply.manifests.reader import read
from igz_apply.model.catalogue import rule_of
from igz_apply.model.problems import Problem, errors_of

FOLDER = Path(__file__).parents[2] / "bad_layers"
CASES = sorted(path for path in FOLDER.iterdir() if path.is_dir())


def problems_of(case: Path) -> tuple[Problem, ...]:
    """Return what `validate` tells in the folder of a case; a config may begin with `# --target NAME`."""
    config = case / DEFAULT_PATH
    target = re.match(r"# --target (\S+)\n", config.read_text()) if config.exists() else None
    try:
        settled = load_config(None, target[1] if target else None)
    except InvalidInput as error:
        return tuple(error.problems)
    reading = read(settled.manifests)
    versions = [it.data.get("apiVersion") for it in reading.documents if isinstance(it.data, dict)]
    platform = IGUAZIO4 if all(it == IGUAZIO4.kinds.api_version for it in versions) else IGUAZIO3
    return checked(reading, platform, layers=settled.layers).problems


def told(problems: Sequence[Problem]) -> str:
    return "".join(
        f"{problem.source}: {problem.severity}: {problem.summary}\n    {problem.detail}\n    {problem.hint}\n"
        for problem in problems
    )


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_the_problems_of_a_bad_layer_are_the_golden_ones(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(case)
    golden = case / "golden"
    problems = problems_of(case)
    if os.environ.get("IGZ_GOLDEN") == "write":
        golden.write_text(told(problems), encoding="utf-8")
    assert told(problems) == golden.read_text(encoding="utf-8")
    assert problems, "a bad layer has a problem"
    assert errors_of(problems) or any(problem.severity == "warning" for problem in problems)
    for problem in problems:
        assert rule_of(problem.summary) is not None, problem.summary
        assert problem.source is not None
        assert (case / problem.source.path).is_file(), "the place is in a file of the case"
        assert problem.hint
        assert problem.detail.endswith(".")
        assert "hunter2" not in f"{problem.detail}{problem.hint}"


def test_there_are_enough_bad_layers() -> None:
    assert len(CASES) >= 60
