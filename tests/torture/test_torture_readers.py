"""The plain reader and libyaml, over hundreds of thousands of texts that are made to tell the two apart.

Sampled by default; `make torture` (IGZ_TORTURE=whole) reads 200,000 of them.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from random import Random

import pytest

from igz_apply.manifests.plain import PlainReader
from tests.yaml_texts import assert_same, text_of

IS_WHOLE = os.environ.get("IGZ_TORTURE") == "whole"
PARTS = 20
TEXTS = 10_000 if IS_WHOLE else 100
ROOT = Path(__file__).parents[2]
SUITE: dict[str, str] = json.loads((ROOT / "tests/manifests/yaml_test_suite.json").read_text(encoding="utf-8"))["texts"]


@pytest.mark.parametrize("part", range(PARTS))
def test_both_readers_read_the_same(part: int) -> None:
    chance = Random(f"{part} of the readers")
    files = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "manifests").rglob("*.yaml"))]
    examples = [*files, *SUITE.values()]
    plain = PlainReader()
    taken = [assert_same(text_of(chance, examples), plain) for _ in range(TEXTS)]
    assert sum(1 for count in taken if count) > TEXTS / 10
