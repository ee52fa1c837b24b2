"""The map of the architecture is a test: imports, no kind or wire word outside a platform, a core that is pure."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from igz_apply.cli.platforms import AUTO, NAMES, every_platform

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "igz_apply"
PLATFORMS = tuple(name for name in NAMES if name != AUTO)
KIND_NAMES = frozenset(name for platform in every_platform() for name in platform.kinds.names)
OF_ITS_OWN = (*PLATFORMS, "controlplane", "emulator")  # they speak a platform's own words
OUTSIDE = sorted(path for path in PACKAGE.rglob("*.py") if path.relative_to(PACKAGE).parts[0] not in OF_ITS_OWN)
INSIDE = sorted(path for name in PLATFORMS for path in (PACKAGE / name).rglob("*.py"))
PURE_PACKAGES = ("authoring", "model", "planning", "wording")
PURE = sorted(path for name in PURE_PACKAGES for path in (PACKAGE / name).glob("*.py"))
OF_OPENTELEMETRY = "tracing"  # where one of these words is one of its own
WIRE_WORDS = frozenset({"relationships", "included", "attributes"})
WIRE_KEYS = ("page[", "filter[")


def test_the_import_contracts_hold() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports"))], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", OUTSIDE, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_kind_is_named_outside_a_platform(path: Path) -> None:
    assert list(kinds_named(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "text",
    [
        "change.address.kind == 'User'",
        "Address('Project', name)",
        "heads = ('User', 'Role')",
        "said = f'{verb} AppService/{name}'",
        "match kind:\n    case 'Group':\n        pass",
    ],
)
def test_a_kind_that_is_named_is_found(text: str) -> None:
    assert len(list(kinds_named(text))) == 1


def test_a_kind_in_an_example_is_not_taken_for_one_that_is_named() -> None:
    assert list(kinds_named("hint = 'Write Kind/name, for example User/ada.'")) == []


def kinds_named(text: str) -> Iterator[str]:
    """Yield each text that is a kind's name, and each address that is put together after one."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and node.value in KIND_NAMES:
            yield f"line {node.lineno}: {node.value}"
        elif isinstance(node, ast.JoinedStr):
            parts = [part.value for part in node.values if isinstance(part, ast.Constant)]
            yield from (
                f"line {node.lineno}: {part}"
                for part in map(str, parts)
                if any(re.search(rf"\b{kind}/$", part) for kind in KIND_NAMES)
            )


@pytest.mark.parametrize("path", OUTSIDE, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_nothing_outside_a_platform_opens_what_a_kind_keeps_for_the_wire(path: Path) -> None:
    opened = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Attribute)]
    assert [node.lineno for node in opened if node.attr == "wire"] == []


@pytest.mark.parametrize("path", INSIDE, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_platform_compares_no_kind_by_name_either(path: Path) -> None:
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
                if isinstance(value, ast.Constant) and value.value in KIND_NAMES:
                    yield f"line {value.lineno}: {value.value}"


@pytest.mark.parametrize(
    "path",
    [path for path in OUTSIDE if path.parent.name != OF_OPENTELEMETRY],
    ids=lambda path: str(path.relative_to(PACKAGE)),
)
def test_no_word_of_the_wire_stands_outside_a_platform(path: Path) -> None:
    assert list(wire_words(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "text",
    ["item['attributes']", "page.included", "f(relationships={})", "params = {'page[size]': 1}", "included = []"],
)
def test_a_word_of_the_wire_is_found(text: str) -> None:
    assert len(list(wire_words(text))) == 1


def wire_words(text: str) -> Iterator[str]:
    """Yield each name and each key that is a word of JSON:API; what a sentence says is none."""
    for node in ast.walk(ast.parse(text)):
        word = _word(node)
        if word in WIRE_WORDS or (isinstance(node, ast.Constant) and word.startswith(WIRE_KEYS)):
            yield f"line {getattr(node, 'lineno', 0)}: {word}"


def _word(node: ast.AST) -> str:
    match node:
        case ast.Constant(value=str(word)) | ast.Name(id=word) | ast.Attribute(attr=word) | ast.arg(arg=word):
            return word
        case ast.keyword(arg=str(word)):
            return word
        case ast.FunctionDef(name=word) | ast.ClassDef(name=word):
            return word
    return ""


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
