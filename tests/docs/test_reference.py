"""The reference is what the schemas, the kinds' tables and `--help` say now, and every command is in it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from igz_apply.cli.command_help import ENTRIES
from tests.docs.docs_pages import ROOT

REFERENCE = ROOT / "docs" / "reference"


def texts_below(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text(encoding="utf-8") for path in folder.rglob("*.md")}


def test_the_reference_in_the_repository_is_what_make_docs_writes(tmp_path: Path) -> None:
    subprocess.run([sys.executable, ROOT / "scripts" / "reference.py", tmp_path], check=True, cwd=ROOT)
    assert texts_below(REFERENCE) == texts_below(tmp_path), "run `make docs`"


def test_every_command_has_a_section_with_an_example() -> None:
    sections = (REFERENCE / "commands.md").read_text(encoding="utf-8").split("\n### ")[1:]
    named = {section.split("`")[1]: section for section in sections}
    for name in ENTRIES:
        assert "```bash\nigz-apply " in named[f"igz-apply {name}"], name
