"""What the repository says of itself holds: paths that its settings name, and commits that only moved."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.docs.docs_pages import ROOT

MOVES = ROOT / ".git-blame-ignore-revs"
_MODULE = re.compile(r"\bigz_apply(?:\.\w+)+")
_IN_MAKE = re.compile(
    r"(?<![\w./$()-])((?:tests|scripts|igz_apply|benchmarks|manifests|schemas|docs)(?:/[\w.*-]+)*)(?![\w])"
)


def git(*words: str) -> str:
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def has_history() -> bool:
    """Whether git is here, knows this folder, and has all of its commits."""
    try:
        return git("rev-parse", "--is-shallow-repository", "--show-prefix") == "false"
    except (OSError, subprocess.CalledProcessError):
        return False


@pytest.mark.skipif(not has_history(), reason="not all commits are here")
def test_each_commit_that_blame_passes_over_is_one_and_is_named_as_it_was() -> None:
    lines = [line for line in MOVES.read_text(encoding="utf-8").split("\n\n", 1)[1].splitlines() if line]
    subjects, commits = lines[::2], lines[1::2]
    assert [f"# {git('log', '-1', '--format=%s', commit)}" for commit in commits] == subjects
    assert [git("rev-parse", f"{commit}^{{commit}}") for commit in commits] == commits
    for commit in commits:
        git("merge-base", "--is-ancestor", commit, "HEAD")


def texts(value: Any) -> Iterator[str]:
    """Yield every text of a setting."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from texts(key)
            yield from texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each)


def settings() -> Any:
    tomllib = pytest.importorskip("tomllib")  # of Python 3.11
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def is_there(path: str) -> bool:
    return bool(list(ROOT.glob(path.strip("/"))))


def module_path(name: str) -> Path:
    return ROOT / name.replace(".", "/")


def is_module(name: str) -> bool:
    """Whether it is a module, a package, or a name that a module holds."""
    if module_path(name).is_dir() or module_path(name).with_suffix(".py").is_file():
        return True
    home, _, thing = name.rpartition(".")
    source = module_path(home).with_suffix(".py")
    return source.is_file() and bool(re.search(rf"(?m)^(class|def) {thing}\b|^{thing}\b", source.read_text("utf-8")))


def test_every_path_in_the_settings_is_there() -> None:
    tools = settings()["tool"]
    hatch = tools["hatch"]["build"]["targets"]
    stated = [
        tools["hatch"]["version"]["path"],
        *hatch["wheel"]["packages"],
        *hatch["wheel"]["force-include"],
        *tools["pytest"]["ini_options"]["testpaths"],
        *tools["mypy"]["packages"],
        *tools["mutmut"]["source_paths"],
        *tools["mutmut"]["only_mutate"],
        *tools["mutmut"]["also_copy"],
        *tools["mutmut"]["pytest_add_cli_args_test_selection"],
    ]
    assert [path for path in stated if not is_there(path)] == []
    assert [path for path in texts(tools) if path.endswith(".py") and path not in stated] == []


def test_every_module_in_the_settings_is_there() -> None:
    named = [name for text in texts(settings()["tool"]) for name in _MODULE.findall(text)]
    assert len(named) > 5
    assert [name for name in named if not is_module(name)] == []


def test_every_module_in_the_import_contracts_is_there() -> None:
    text = (ROOT / ".importlinter").read_text(encoding="utf-8")
    assert [name for name in _MODULE.findall(text) if not is_module(name)] == []


def test_every_path_that_make_reads_is_there() -> None:
    text = re.sub(r"(?m)^([\w-]+:|\.PHONY).*$|#.*$", "", (ROOT / "Makefile").read_text(encoding="utf-8"))
    text = re.sub(
        r"\$\(addprefix ([\w/]+),([^)]*)\)", lambda it: " ".join(f"{it[1]}{name}" for name in it[2].split()), text
    )
    found = _IN_MAKE.findall(text)
    assert "tests/model" in found
    assert [path for path in found if not is_there(path)] == []


@pytest.mark.parametrize("name", ["igz_apply.nowhere", "igz_apply.model.nowhere", "igz_apply.model.kind.Nothing"])
def test_a_module_that_is_not_there_is_found(name: str) -> None:
    assert not is_module(name)
