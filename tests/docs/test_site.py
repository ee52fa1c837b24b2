"""The pages build without a warning: no dead link, no page that the navigation forgets."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.docs_pages import ROOT, pages

pytestmark = pytest.mark.full

MAKE_TARGET = re.compile(r"^make ([a-z-]+)", re.MULTILINE)


def test_the_pages_build_without_a_warning(tmp_path: Path) -> None:
    pytest.importorskip("material")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", tmp_path / "site"],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout + done.stderr
    assert [line for line in said.splitlines() if line.startswith(("WARNING", "ERROR"))] == []
    assert done.returncode == 0, said
    linked = re.findall(
        r"<(?:script|link|img)[^>]* (?:src|href)=\"?(https?:[^\" >]+)", (tmp_path / "site/index.html").read_text()
    )
    assert not linked, "a page fetches something from elsewhere"


def test_the_make_targets_that_pages_name_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = {target for page in pages() for target in MAKE_TARGET.findall((ROOT / page).read_text(encoding="utf-8"))}
    assert {"demo", "test", "check"} <= named
    assert not [target for target in named if f"\n{target}: " not in makefile]


def test_the_links_of_the_readme_lead_somewhere() -> None:
    for page in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"):
        links = re.findall(r"\]\(([^)#]+)\)", (ROOT / page).read_text(encoding="utf-8"))
        assert not [link for link in links if "://" not in link and not (ROOT / link).exists()], page
