"""No module leads back to itself, not even by an import for annotations alone or one inside a function."""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "igz_apply"

Arrows = Mapping[str, set[str]]


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert [" -> ".join(circle) for circle in circles(arrows(PACKAGE))] == []


def test_every_module_is_looked_at() -> None:
    found = arrows(PACKAGE)
    assert len(found) == len(list(PACKAGE.rglob("*.py")))
    assert "igz_apply.controlplane.errors" in found["igz_apply.controlplane.client"] | found["igz_apply.controlplane"]


@pytest.mark.parametrize(
    "back",
    [
        "from sample.one import One",
        "from sample import one",
        "from . import one",
        "from .one import One",
        "import sample.one",
        "if TYPE_CHECKING:\n    from sample.one import One",
        "def late() -> None:\n    from sample.one import One",
        "from sample.inner import three",
    ],
)
def test_a_circle_is_found_however_it_is_closed(tmp_path: Path, back: str) -> None:
    package = tmp_path / "sample"
    (package / "inner").mkdir(parents=True)
    for name in ("__init__", "inner/__init__"):
        (package / f"{name}.py").write_text("")
    (package / "one.py").write_text("from sample.two import Two")
    (package / "two.py").write_text(back)
    (package / "inner/three.py").write_text("from ..one import One")
    (found,) = circles(arrows(package))
    assert {"sample.one", "sample.two"} <= set(found)


def test_modules_that_lead_one_way_are_no_circle(tmp_path: Path) -> None:
    package = tmp_path / "sample"
    package.mkdir()
    (package / "__init__.py").write_text("from sample.one import One")
    (package / "one.py").write_text("from sample.two import Two\nfrom sample.three import Three")
    (package / "two.py").write_text("from sample.three import Three")
    (package / "three.py").write_text("import json")
    assert circles(arrows(package)) == []


def arrows(package: Path) -> Arrows:
    """Return the modules of a package that each of them imports, anywhere in its text."""
    paths = {_name_of(path, package.parent): path for path in package.rglob("*.py")}
    return {name: set(_imported(name, path, paths)) for name, path in paths.items()}


def _name_of(path: Path, root: Path) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imported(name: str, path: Path, known: Mapping[str, Path]) -> Iterator[str]:
    around = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom):
            base = around[: len(around) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            for alias in node.names:
                target = f"{module}.{alias.name}"
                yield from (each for each in (target if target in known else module,) if each in known)


def circles(found: Arrows) -> list[list[str]]:
    """Return the groups of modules each of which leads to all others of its group, each as one way around."""
    reached = {name: _reached(name, found) for name in found}
    groups: dict[frozenset[str], None] = {}
    for name in sorted(found):
        group = frozenset(other for other in reached[name] if name in reached[other])
        if name in reached[name]:
            groups[group] = None
    return [_way_around(min(group), group, found) for group in groups]


def _reached(start: str, found: Arrows) -> set[str]:
    """Return every module that one leads to, itself only if it leads back."""
    reached: set[str] = set()
    waiting = [start]
    while waiting:
        new = found[waiting.pop()] - reached
        reached |= new
        waiting.extend(new)
    return reached


def _way_around(start: str, group: frozenset[str], found: Arrows) -> list[str]:
    """Return a shortest way from a module back to it, and then whatever else belongs to its group."""
    ways, seen = deque([[start]]), {start}
    while True:
        way = ways.popleft()
        if start in found[way[-1]]:
            return [*way, start, *sorted(group - set(way))]
        new = sorted(found[way[-1]] & group - seen)
        seen.update(new)
        ways.extend([*way, step] for step in new)
