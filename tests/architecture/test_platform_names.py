"""No line outside a platform's own package asks which platform runs: only the registry knows their names."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from igz_apply.cli.platforms import AUTO, NAMES, every_platform, platform_named, platform_of

PACKAGE = Path(__file__).parents[2] / "igz_apply"
OWN_NAMES = frozenset(NAMES) - {AUTO}
OF_A_PLATFORM = {*OWN_NAMES, "controlplane", "emulator"}
REGISTRY = PACKAGE / "cli" / "platforms.py"
OUTSIDE = sorted(
    path
    for path in PACKAGE.rglob("*.py")
    if path.relative_to(PACKAGE).parts[0] not in OF_A_PLATFORM and path != REGISTRY
)


@pytest.mark.parametrize("path", OUTSIDE, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_platform_is_asked_for_by_name_outside_its_package(path: Path) -> None:
    assert list(names_asked(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "text",
    [
        "if platform.name == other: pass",
        "if name != session.platform.name: pass",
        "if config.platform == 'iguazio4': pass",
        "is_new = name in ('iguazio4', 'auto')",
        "match name:\n    case 'iguazio3':\n        pass",
        "match platform.name:\n    case _:\n        pass",
        "word = {'iguazio4': 1}[name]",
        "if platform.title.endswith('4'): pass",
        "if platform is IGUAZIO4: pass",
        "if 'Iguazio 4' in title: pass",
    ],
)
def test_a_platform_that_is_asked_for_is_found(text: str) -> None:
    assert list(names_asked(text)) != []


@pytest.mark.parametrize("text", ["hint = f'--platform {platform.name}'", "if platform is not chosen.platform: pass"])
def test_what_only_tells_or_holds_two_together_is_none(text: str) -> None:
    assert list(names_asked(text)) == []


def test_the_registry_knows_each_platform_by_its_own_name_and_no_two_share_a_word() -> None:
    platforms = list(every_platform())
    assert [platform.name for platform in platforms] == [name for name in NAMES if name != AUTO]
    for platform in platforms:
        assert platform_named(platform.name) is platform
        assert platform_of(platform.kinds.api_version) is platform
    for words in zip(*((each.embedded, each.title, each.kinds.api_version) for each in platforms), strict=True):
        assert len(set(words)) == len(platforms)


def names_asked(text: str) -> Iterator[str]:
    """Yield each place where something is decided by a platform's name or title, or where the name itself stands."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Constant) and node.value in OWN_NAMES:
            yield f"line {node.lineno}: {node.value}"
        for operand in _decided_by(node):
            if _is_name(operand):
                yield f"line {operand.lineno}: {ast.unparse(operand)}"


def _decided_by(node: ast.AST) -> Iterator[ast.expr]:
    match node:
        case ast.Compare(left=left, comparators=others):
            yield from (left, *others)
        case ast.Match(subject=subject):
            yield subject
        case ast.Call(func=ast.Attribute(value=value)):
            yield value


def _is_name(node: ast.expr) -> bool:
    match node:
        case ast.Attribute(attr="name" | "title", value=ast.Name(id="platform") | ast.Attribute(attr="platform")):
            return True
        case ast.Name(id=name):
            return name.lower() in OWN_NAMES
        case ast.Constant(value=str(value)):
            return value in {platform.title for platform in every_platform()}
    return False
