"""The client's page names what there is."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

import pytest

import igz_apply.controlplane as igz_mgmt

PAGE = (Path(__file__).parents[2] / "docs" / "client.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS)
def test_an_example_is_python_and_names_what_exists(block: str) -> None:
    tree = ast.parse(block)
    attributes = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    named = {node.attr for node in attributes if getattr(node.value, "id", "") == "igz_mgmt"}
    assert [name for name in named if not hasattr(igz_mgmt, name)] == []


def test_the_table_of_arguments_is_complete() -> None:
    table = PAGE.partition("| argument |")[2].partition("\n\n")[0]
    described = set(re.findall(r"`(\w+)`", "\n".join(row.split("|")[1] for row in table.splitlines()[2:])))
    assert described == set(inspect.signature(igz_mgmt.Client).parameters) - {"backoff", "polling"}


def test_every_error_of_the_package_is_in_the_tree() -> None:
    tree = inspect.getdoc(igz_mgmt.errors) or ""
    classes = [n for n, c in vars(igz_mgmt.errors).items() if inspect.isclass(c) and issubclass(c, Exception)]
    assert [name for name in classes if name not in tree] == []
    assert set(classes) <= set(igz_mgmt.__all__)
