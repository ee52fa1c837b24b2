"""The map of the architecture is a test: imports, no kind named outside kinds/, a core that neither prints nor logs."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from igz_apply.iguazio3.kinds import KINDS

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "igz_apply"
ALONE = ("controlplane", "emulator", "kinds")  # they know the platform by its own names
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path.relative_to(PACKAGE).parts[0] not in ALONE)
PURE_PACKAGES = ("authoring", "kinds", "model", "planning")
PURE = sorted(path for name in PURE_PACKAGES for path in (PACKAGE / name).glob("*.py"))


def test_the_import_contracts_hold() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports"))], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_kind_is_compared_by_name_outside_kinds(path: Path) -> None:
    assert list(kinds_compared(path)) == []


def kinds_compared(path: Path) -> Iterator[str]:
    """Yield each comparison, match and membership test with the name of a kind."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        compared: list[ast.expr] = []
        if isinstance(node, ast.Compare):
            compared = [node.left, *node.comparators]
        elif isinstance(node, ast.MatchValue):
            compared = [node.value]
        for operand in compared:
            for value in operand.elts if isinstance(operand, ast.Tuple | ast.List | ast.Set) else [operand]:
                if isinstance(value, ast.Constant) and value.value in KINDS.names:
                    yield f"line {node.lineno}: {value.value}"


@pytest.mark.parametrize("path", PURE, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_the_core_does_not_print_open_or_read_the_environment(path: Path) -> None:
    called = {
        node.func.id
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert not called & {"print", "open", "input", "exec", "eval", "__import__", "breakpoint"}


@pytest.mark.parametrize("path", PURE, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_the_core_keeps_no_state(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Global | ast.Nonlocal)]
    for node in tree.body:  # what a module holds is a constant: no list, dict or set that somebody could fill
        if isinstance(node, ast.Assign) and [ast.unparse(each) for each in node.targets] == ["__all__"]:
            continue
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.List | ast.Set | ast.ListComp):
            pytest.fail(f"line {node.lineno} holds a value that can change")


def test_folders_are_never_deeper_than_two() -> None:
    assert not [path for path in PACKAGE.rglob("*.py") if len(path.relative_to(PACKAGE).parts) > 3]


def test_no_module_is_a_drawer_for_everything() -> None:
    drawers = {"utils", "util", "helpers", "helper", "common", "misc", "manager"}
    assert not [path for path in PACKAGE.rglob("*.py") if path.stem in drawers]
