"""docs/manifests.md tells every problem that manifests can have."""

from __future__ import annotations

import re
from pathlib import Path

import igz_apply

ROOT = Path(__file__).parent.parent.parent
PACKAGE = Path(igz_apply.__file__).parent
SOURCES = [
    *(PACKAGE / "manifests").glob("*.py"),
    *(PACKAGE / "core" / f"{name}.py" for name in ("manifest_rules", "refusals", "validate", "wording")),
]
SUMMARY = re.compile(
    r"""(?:Problem|Words|_problem|_fault|_stop|_named)\(\s*(?:\w+(?:\.\w+)?,\s*)?f?"([A-Z][^"{.]{3,40})",?"""
)


def told() -> set[str]:
    rows = re.findall(
        r"^\| ([A-Z][^|]+?) \| ", (ROOT / "docs" / "manifests.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    return {summary for row in rows for summary in row.split(", ")}


def test_every_summary_of_a_problem_is_explained() -> None:
    summaries = {summary for source in SOURCES for summary in SUMMARY.findall(source.read_text(encoding="utf-8"))}
    golden = {
        line.rsplit(": ", 1)[1]
        for file in (ROOT / "tests" / "bad_manifests").glob("*.golden")
        for line in file.read_text(encoding="utf-8").splitlines()
        if not line.startswith(" ")
    }
    assert len(summaries) > 20
    assert summaries | golden <= told()


def test_the_examples_of_the_page_are_valid_yaml() -> None:
    from igz_apply.manifests.reader import read_bytes

    page = (ROOT / "docs" / "manifests.md").read_text(encoding="utf-8")
    first = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)[0]
    assert read_bytes("page.yaml", first.encode()).problems == ()
