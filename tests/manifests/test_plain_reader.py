"""The plain reader means what libyaml means, or nothing: of two that differ, people would see one and get the other."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import data
from igz_apply.local.package_data import examples_dir
from igz_apply.manifests import plain, plain_lines
from igz_apply.manifests.file_text import FileText, decode
from igz_apply.manifests.plain import PlainReader, Row
from igz_apply.manifests.reader import read_bytes
from igz_apply.manifests.scalars import WORDS, resolve
from tests.yaml_texts import assert_same, text_of

ROOT = Path(__file__).parents[2]
SUITE: dict[str, str] = json.loads(Path(__file__).with_name("yaml_test_suite.json").read_text(encoding="utf-8"))[
    "texts"
]
PLAIN = PlainReader()


def files() -> list[str]:
    """Return every YAML text of the repository: files, and examples in the docs."""
    paths = [path for folder in ("manifests", "tests") for path in sorted((ROOT / folder).rglob("*.y*ml"))]
    texts = [file.text for path in paths if isinstance(file := decode(str(path), path.read_bytes()), FileText)]
    pages = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs").rglob("*.md"))]
    return texts + [block for page in pages for block in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)]


FILES = files()
EXAMPLES = [text for text in FILES if len(text) < 100_000]


def taken(text: str) -> list[Any] | None:
    """Return the documents of a text if the plain reader takes all of it."""
    rows: list[Row] = []
    return [row[-1] for row in rows] if PlainReader().read(text, 0, 1, rows) is None else None


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("a: 1\n", {"a": 1}),
        ("a: 1", {"a": 1}),
        ("---\na: b\n", {"a": "b"}),
        ("# c\n\n---\n# c\na: b # c\n   # c\nc:   d  \n\n", {"a": "b", "c": "d"}),
        ("a:\nb: ~\nc: null # c\nd: # c\n", {"a": None, "b": None, "c": None, "d": None}),
        ("a: 'x: #y'\nb: \"it's # [z]\"\nc: ''\n", {"a": "x: #y", "b": "it's # [z]", "c": ""}),
        ("a: [x, 'y, z', 1, -2.5, null, no]\n", {"a": ["x", "y, z", 1, -2.5, None, "no"]}),
        ("a: {b: c d, e: 1}\nf: {}\ng: []\n", {"a": {"b": "c d", "e": 1}, "f": {}, "g": []}),
        (
            "- a\n- b: c\n  d: e\n-\n- - f\n  - g\n-   h: i\n    j: k\n",
            ["a", {"b": "c", "d": "e"}, None, ["f", "g"], {"h": "i", "j": "k"}],
        ),
        ("a:\n- b\n- c:\n  - d\n  e:\nf: g\n", {"a": ["b", {"c": ["d"], "e": None}], "f": "g"}),
        ("a:\n    b:\n      - c\n    d: e\n", {"a": {"b": ["c"], "d": "e"}}),
        ("-\n  a: 1\n-\n  - b\n", [{"a": 1}, ["b"]]),
        ("1: a\ntrue: b\nnull: c\ny: d\n007: e\n", {"1": "a", "true": "b", "null": "c", "y": "d", "007": "e"}),
        (
            "a: http://x:8/y?z=1&b\nc: a, [b] {c}\nd: -1-\ne: Müller\n",
            {"a": "http://x:8/y?z=1&b", "c": "a, [b] {c}", "d": "-1-", "e": "Müller"},
        ),
    ],
)
def test_plain_yaml_is_taken(text: str, meant: Any) -> None:
    (data,) = taken(text) or [None]
    assert repr(data) == repr(meant)
    assert_same(text, PLAIN)


LEFT = [
    *(
        "a:b",
        "a: b: c",
        "a: b:",
        "a:\tb",
        "a: b\t",
        "a : b",
        "? a",
        "a: &x b",
        "a: *x",
        "a: !x b",
        "a: @b",
        "a: %b",
        "a: `b",
    ),
    *(
        "a: |",
        "a: >",
        "a: - b",
        'a: "b"c',
        "a: 'b'#c",
        'a: "b\\n"',
        "a: 'it''s'",
        'a: "b',
        "a: [b",
        "a: [[b]",
        "a: [[[[[b]]]]]",
    ),
    *(
        "a: {b: {c: d, c: e}}",
        "a: {b: c, b: d}",
        "a: {b}",
        "a: {{ b }}",
        "a: {b:c}",
        "a: [b,]",
        "a: [,]",
        "a: 007",
        "a: .inf",
        "a: 1e999",
    ),
    *(
        "a: [007]",
        "a: 12345678901234567890",
        "<<: a",
        "a b: c",
        "'a': b",
        "-a: b",
        "a: b #c: d #\xa0",
        "a: a\xa0b",
        "a: a\u2028b",
    ),
    *(
        "a: a\x85b",
        "a: =",
        "a: <",
        "a: ?",
        "a: ,b",
        "a: \ufeffb",
        "- -- a",
        "a",
        "'a'",
        "[a]",
        "{}",
        "...",
        "--- a",
        "--- # c",
    ),
    *(
        "---x",
        "---",
        "%YAML 1.2",
        "  a: b",
        "\ta: b",
        "a: b\n\t",
        "- a: b\n c: d",
        "a: b\n  c: d",
        "a: b\n  c",
        "a: b\n  - c",
    ),
    *(
        "a: b\nc",
        "a: b\n- c",
        "a:\n  - b\n - c",
        "a:\n    b: c\n  d: e",
        "a: 1\na: 2",
        "- a\nb: c",
        "- a\n  - b",
        "- a: b\n   c: d",
    ),
    *(
        "a:\n  - b\n  c: d",
        "a:\n  - b\n  - c: d\n e: f",
        "a: b\n...\n",
        "a: b\n--- ",
        "x" * 129 + ": a",
        "a: " + "x" * 2000,
    ),
    "\n".join("  " * depth + "a:" for depth in range(40)),
]


@pytest.mark.parametrize("text", LEFT)
def test_what_is_not_plain_beyond_doubt_is_left_to_libyaml(text: str) -> None:
    assert taken(text) is None
    assert_same(text, PLAIN)
    assert_same(f"a: 1\n---\n{text}\n---\nb: 2\n", PLAIN)


def test_one_odd_document_is_all_that_is_left_to_libyaml() -> None:
    rows: list[Row] = []
    text = "a: 1\n---\nb: &x 2\n---\nc: 3\n"
    assert PlainReader().read(text, 0, 1, rows) == (5, 2)
    assert rows == [(1, 1, 0, 5, {"a": 1})]
    assert [(row[0], row[-1]) for row in read_bytes("x.yaml", text.encode()).rows] == [
        (1, {"a": 1}),
        (3, {"b": 2}),
        (5, {"c": 3}),
    ]


def test_what_a_pattern_does_not_find_is_read_by_its_lines() -> None:
    """A shape that comes often gets a pattern, which knows the values that it was made from."""
    often = "---\na: x\nb: 1\nc:\n- y\nd: [z]\n"
    news = [
        "---\na: true\nb: 1\nc:\n- y\nd: [z]\n",
        "---\na: x # c\nb: z\nc:\n- y\nd: {z: 1}\n",
        "---\na: it's\nb: 1\nc:\n- null\nd: []\n",
        "---\na: x\nb: 007\nc:\n- y\nd: [z]\n",
        "---\na: x\nb: 1\nc:\n- y: 1\nd: [z]\n",
        "---\na: x \nb: 'x'\nc:\n- y\nd: [z]\n",
    ]
    for new in news:
        assert_same(often * 12 + new + often * 20 + new * 20 + often, PlainReader())


def test_values_in_brackets_are_nobody_elses() -> None:
    text = "a: [b]\nc: {d: [e]}\n---\n" * 20
    documents = [row[-1] for row in read_bytes("x.yaml", text.encode()).rows]
    assert len({id(document["a"]) for document in documents}) == len(documents) == 20
    assert len({id(document["c"]["d"]) for document in documents}) == 20


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_MOST_LINES", "_MOST_HEADS", "_MOST_TEXTS"):
        monkeypatch.setattr(plain_lines, name, 10)
    monkeypatch.setattr(plain, "_MOST_SHAPES", 3)
    reader = PlainReader()
    for number in range(50):
        assert_same("---\n".join(f"k{number + more}: {more}\nx: {number}\n" for more in range(20)), reader)
        assert_same("".join(f"k{each}:\n  - {number}\n" for each in range(number)), reader)
        assert_same("---\n".join(f"a: x{number * 20 + more}\n" for more in range(20)), reader)
    assert len(reader._lines) <= 10
    assert len(reader._lines.texts) <= 10 + 20
    assert len(reader._lines._heads) <= 10
    assert len(reader._shapes) <= 3


def test_a_document_of_many_lines_or_characters_is_read_the_same() -> None:
    assert_same("a:\n" + "- b\n" * 300 + "---\nc: d\n", PLAIN)
    for size in (2**20 - 20, 2**20 - 12, 2**20 - 8, 2**20, 2**20 + 8):
        lines = "a:\n" + "- bcdefgh\n" * (size // 10)
        text = lines + "#" * (size - len(lines) - 1) + "\n"
        assert_same(f"{text}---\nc: d\n", PLAIN)
    often = "---\na: x\n" * 20
    assert_same(f"{often}---\na: {'x' * 2**20}\n{often}", PlainReader())


def test_the_manifests_of_the_benchmark_are_plain(tmp_path: Path) -> None:
    data.write_multi(data.documents(data.size_of(400)), tmp_path)
    reader = PlainReader()
    texts = [path.read_text(encoding="utf-8") for path in sorted(tmp_path.rglob("*.yaml"))]
    assert texts
    assert [text for text in texts if reader.read(text, 0, 1, []) is not None] == []


def test_nearly_all_of_the_examples_are_plain() -> None:
    texts = [path.read_text(encoding="utf-8") for path in sorted(examples_dir().rglob("*.yaml"))]
    documents = [document for text in texts for document in text.split("\n---\n")]
    odd = [document for document in documents if taken(document) is None]
    assert len(documents) > 20
    assert all("&" in document or ": |" in document for document in odd)
    assert len(odd) < len(documents) / 5


def test_every_text_of_this_repository_reads_the_same() -> None:
    plain_ones = sum(assert_same(text, PLAIN) for text in FILES)
    assert plain_ones > len(FILES) / 2


def test_the_yaml_test_suite_reads_the_same() -> None:
    assert len(SUITE) > 400
    plain_ones = sum(assert_same(text, PLAIN) for text in SUITE.values())
    assert plain_ones >= 25  # it is about what is rare


@given(st.randoms(use_true_random=False))
def test_what_is_made_to_tell_the_readers_apart_reads_the_same(chance: Random) -> None:
    assert_same(text_of(chance, EXAMPLES), PLAIN)


def test_a_good_share_of_what_is_made_to_tell_the_readers_apart_is_plain() -> None:
    chance = Random(1)
    plain_ones = [assert_same(text_of(chance, EXAMPLES), PLAIN) for _ in range(1500)]
    assert sum(1 for count in plain_ones if count) > 200


@given(st.from_regex(plain_lines.TEXT, fullmatch=True))
def test_what_a_pattern_takes_for_text_is_text(text: str) -> None:
    assert text in WORDS or resolve(text) == text


HOSTILE: dict[str, Callable[[int], str]] = {
    "a long line": lambda size: "a: " + "x " * size,
    "a long line of colons": lambda size: "a: " + "x:" * size,
    "a long key": lambda size: "x" * size + ": a",
    "a long comment": lambda size: "a: b #" + " #" * size,
    "long brackets": lambda size: "a: [" + "b, " * size,
    "spaces": lambda size: "a: b" + " " * size + "c: d",
    "dashes": lambda size: "- " * size,
    "many lines": lambda size: "- a\n" * size,
    "many keys": lambda size: "".join(f"k{each}: v\n" for each in range(size)),
    "many shapes": lambda size: "---\n".join(f"k{each}: v\n" for each in range(size)),
    "many borders": lambda size: "---\n" * size,
    "many odd borders": lambda size: "--- # c\n" * size,
    "many odd documents": lambda size: "---\na: &x b\n" * size,
    "borders that are none": lambda size: "a: b\n" + "---x\n" * size,
}


@pytest.mark.full
@pytest.mark.parametrize("name", HOSTILE)
def test_time_grows_with_the_size_of_what_is_hostile(name: str) -> None:
    assert _steps(HOSTILE[name](8000)) < 6 * _steps(HOSTILE[name](2000)) + 1000


def _steps(text: str) -> int:
    """Return how many lines of Python a text takes to read: the same on every machine."""
    steps = 0

    def trace(*_: Any) -> Any:
        nonlocal steps
        steps += 1
        return trace

    before = sys.gettrace()  # what measures coverage
    sys.settrace(trace)
    try:
        read_bytes("x.yaml", text.encode())
    finally:
        sys.settrace(before)
    return steps
