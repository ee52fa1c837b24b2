"""The examples of the pages about manifests."""

from __future__ import annotations

import json
import re
from pathlib import Path

from igz_apply.iguazio4.platform import IGUAZIO4
from igz_apply.manifests.loading import checked
from igz_apply.manifests.reader import Reading, read_bytes
from igz_apply.model.problems import errors_of

ROOT = Path(__file__).parent.parent.parent
FOR_IGUAZIO_4 = ROOT / "docs" / "manifests-iguazio-4.md"


def examples_of(page: Path) -> list[bytes]:
    return [text.encode() for text in re.findall(r"```yaml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)]


def test_the_examples_of_the_page_are_valid_yaml() -> None:
    first = examples_of(ROOT / "docs" / "manifests.md")[0]
    assert read_bytes("page.yaml", first).problems == ()


def test_the_examples_of_the_page_about_iguazio_4_are_valid() -> None:
    examples = examples_of(FOR_IGUAZIO_4)
    assert len(examples) == 2
    for example in examples:
        read = read_bytes("page.yaml", example)
        assert errors_of(checked(Reading(read.documents, read.problems, 1), IGUAZIO4).problems) == ()


def test_the_page_about_iguazio_4_names_every_field_of_iguazio_3_and_what_it_becomes() -> None:
    table = FOR_IGUAZIO_4.read_text(encoding="utf-8").partition("## From Iguazio 3")[2]
    for kind in ("user", "group", "project"):
        schema = json.loads((ROOT / "schemas" / f"{kind}.schema.json").read_text(encoding="utf-8"))
        missing = [name for name in schema["properties"]["spec"]["properties"] if f"`{name}`" not in table]
        assert missing == [], kind


def test_every_field_of_iguazio_3_that_is_gone_says_so_at_its_line() -> None:
    for kind in ("User", "Group", "Project"):
        old = json.loads((ROOT / "schemas" / f"{kind.lower()}.schema.json").read_text(encoding="utf-8"))
        new = IGUAZIO4.schema_of(kind)["properties"]["spec"]
        gone = old["properties"]["spec"]["properties"].keys() - new["properties"].keys()
        assert gone <= new["x-hints"].keys(), kind
