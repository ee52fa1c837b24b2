"""What a type checker is told of the public names is what a program gets."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import igz_apply

SOURCE = Path(igz_apply.__file__).read_text(encoding="utf-8")


def told() -> Iterator[tuple[str, str]]:
    """Yield each name that is imported for type checkers alone, with its module."""
    for node in ast.parse(SOURCE).body:
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            for line in node.body:
                assert isinstance(line, ast.ImportFrom)
                yield from ((name.name, str(line.module)) for name in line.names)


def test_a_public_name_has_one_home_for_type_checkers_and_for_programs() -> None:
    homes = {name: f"igz_apply.{home}" for name, home in igz_apply._HOMES.items()}
    assert dict(told()) == homes
    assert sorted([*homes, "__version__"]) == sorted(igz_apply.__all__)


def test_every_public_name_is_there() -> None:
    assert [name for name in igz_apply.__all__ if getattr(igz_apply, name, None) is None] == []
