"""The examples of docs/manifests.md."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def test_the_examples_of_the_page_are_valid_yaml() -> None:
    from igz_apply.manifests.reader import read_bytes

    page = (ROOT / "docs" / "manifests.md").read_text(encoding="utf-8")
    first = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)[0]
    assert read_bytes("page.yaml", first.encode()).problems == ()
