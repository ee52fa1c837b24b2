"""The pages for developers: every section that code cites is there, and every part is in the map."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.docs_pages import ROOT

DEV = ROOT / "docs" / "dev"
CITING = [
    *(path for folder in ("igz_apply", "tests", "scripts") for path in (ROOT / folder).rglob("*.py")),
    ROOT / "CONTRIBUTING.md",
    *DEV.glob("*.md"),
]
_CITED = re.compile(r"(contract, )?\b[Ss]ections? ((?:\d+(?:\.\d+)*(?:, | and | to )?)+)")
_OF_IGUAZIO_4 = re.compile(
    r"(iguazio|client|emulator|plane|site)4|migration_forms"
)  # in the path of what cites its reference
_NUMBER = re.compile(r"\d+(?:\.\d+)*")


def sections(page: str) -> set[str]:
    """The numbers of a page's headings, and of the items of numbered lists under each."""
    found, above = set(), ""
    for line in (DEV / page).read_text(encoding="utf-8").splitlines():
        if heading := re.match(r"#{2,4} (\d+(?:\.\d+)*)\b", line):
            above = heading[1]
            found.add(above)
        elif item := re.match(r"(\d+)\. ", line):
            found.add(f"{above}.{item[1]}")
    return found


def cited(path: Path) -> Iterator[tuple[str, str]]:
    """Yield page and number of each section that a file cites."""
    reference = "iguazio-4-api.md" if _OF_IGUAZIO_4.search(str(path.relative_to(ROOT))) else "iguazio-3-api.md"
    for is_contract, numbers in _CITED.findall(re.sub(r"\s+#?\s*", " ", path.read_text(encoding="utf-8"))):
        for number in _NUMBER.findall(numbers):
            yield ("contract.md" if is_contract else reference), number


def test_every_section_that_is_cited_exists() -> None:
    known = {page: sections(page) for page in ("contract.md", "iguazio-3-api.md", "iguazio-4-api.md")}
    of_their_own = {DEV / "iguazio-4-api.md", DEV / "contract.md", Path(__file__)}
    missing = []
    counted = 0
    for path in CITING:
        for page, number in cited(path) if path not in of_their_own else ():
            counted += 1
            if number not in known[page]:
                missing.append(f"{path.relative_to(ROOT)}: {page}, section {number}")
    assert missing == []
    assert counted > 150


def test_the_map_has_every_part() -> None:
    page = (DEV / "architecture.md").read_text(encoding="utf-8")
    parts = {
        path.name + ("/" if path.is_dir() else "")
        for path in (ROOT / "igz_apply").iterdir()
        if (path.is_dir() and (path / "__init__.py").exists()) or path.suffix == ".py"
    }
    everybodys = {"__init__.py", "__main__.py", "version.py", "errors.py", "ports.py"}
    assert [part for part in sorted(parts - everybodys) if part.removesuffix(".py") not in page] == []


@pytest.mark.parametrize("page", ["architecture.md", "decisions.md", "glossary.md"])
def test_a_file_that_a_page_names_exists(page: str) -> None:
    text = (DEV / page).read_text(encoding="utf-8")
    named = re.findall(r"`((?:igz_apply/|tests/|[a-z_0-9]+/)[\w/.]*)`", text)
    assert [name for name in named if not any((root / name).exists() for root in (ROOT, ROOT / "igz_apply"))] == []
