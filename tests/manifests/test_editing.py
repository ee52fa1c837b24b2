"""Manifests edited as text: what has to change changes, and every other character stays."""

from __future__ import annotations

import json
from difflib import ndiff
from pathlib import Path
from random import Random
from typing import Any

import pytest

from igz_apply.errors import InvalidInput
from igz_apply.manifests.documents import read_documents
from igz_apply.manifests.editing.documents import edited_file
from igz_apply.manifests.file_text import FileText, decode
from igz_apply.model.addresses import Source
from igz_apply.model.edits import GONE, Edit, Listing, Put, edited
from tests.yaml_texts import text_of

TEXTS = json.loads((Path(__file__).parent / "yaml_test_suite.json").read_text(encoding="utf-8"))["texts"]


def places(text: str | bytes, path: str = "m.yaml") -> list[Source]:
    file = decode(path, text if isinstance(text, bytes) else text.encode())
    assert isinstance(file, FileText)
    return [Source(path, row[0], row[1]) for row in read_documents(file).rows]


def put(text: str, path: str = "m.yaml", /, **values: Any) -> str:
    """Return the text of one document after its top-level keys have been set, or taken away by GONE."""
    (place,) = places(text, path)
    after = edited_file(path, text.encode(), {place: [Put(place, (key,), value) for key, value in values.items()]})
    assert after is not None
    return after.decode()


def listed(text: str, *keys: str, lost: str = "", gained: str = "") -> str:
    (place,) = places(text)
    edit = Listing(place, keys, frozenset(lost.split()), tuple(gained.split()))
    after = edited_file("m.yaml", text.encode(), {place: [edit]})
    assert after is not None
    return after.decode()


def without(text: str, *indexes: int) -> str | None:
    found = places(text)
    after = edited_file("m.yaml", text.encode(), {found[index]: [Put(found[index], ())] for index in indexes})
    return after.decode() if after is not None else None


def touched(before: str, after: str) -> list[str]:
    return [line for line in ndiff(before.split("\n"), after.split("\n")) if line[:1] in "+-"]


@pytest.mark.parametrize(
    ("before", "value", "after"),
    [
        ("k: old", "new", "k: new"),
        ("k:   old   # why\n", "new", "k:   new   # why\n"),
        ("k: 'old'\n", "it's", "k: 'it''s'\n"),
        ('k: "old"\n', "new", 'k: "new"\n'),
        ("k: 'old'\n", 7, "k: 7\n"),
        ("k: old\n", "no", 'k: "no"\n'),
        ("k: old\n", "two\nlines", 'k: "two\\nlines"\n'),
        ("k:\n", "new", "k: new\n"),
        ("k:   # why\n", "new", "k: new   # why\n"),
        ("k: |\n  one\n  two\n# below\nl: 1\n", "one\nthree\n", "k: |\n  one\n  three\n# below\nl: 1\n"),
        ("k: >-\n    one\n    two\n", "one\n\ntwo", "k: |-\n    one\n\n    two\n"),
        ("k: |\n  one\n  two\n", "  one\ntwo\n", 'k: "  one\\ntwo\\n"\n'),
        ("k: |\n  one\n", "one", "k: one\n"),
        ("k: |+ # c\n  one\n\nl: 1\n", "one", "k: one # c\nl: 1\n"),
        ("k: >-  # c\n  one\nl: 1\n", "two\nthree", "k: |-  # c\n  two\n  three\nl: 1\n"),
        ("k: &a |  # c\n  one\nl: 1\n", {"a": {"b": 2}}, "k: &a  # c\n  a:\n    b: 2\nl: 1\n"),
        ("k: >-\n\nl: 1\n", "a\nb\n", "k: |\n  a\n  b\n\nl: 1\n"),
        ("k: one\n  two\nl: 1\n", "three", "k: three\nl: 1\n"),
        ("k: &a old\nl: *a\n", "new", "k: &a new\nl: old\n"),
        ("k: !!str 5\n", 6, "k: 6\n"),
        ("k: &a !!str 5\n", "6", 'k: &a "6"\n'),
        ("k: [a, b]  # c\n", "x", "k: x  # c\n"),
        ("k:  # c\n  - a\n  - b\nl: 1\n", [], "k: []  # c\nl: 1\n"),
        ("k:\n  a: 1\n  # of b\n  b: 2\nl: 1\n", {}, "k: {}\nl: 1\n"),
        ("k: &a\n  x: 1\nl: 1\n", "q", "k: &a q\nl: 1\n"),
        ("k: old  # c\n", {"a": {"b": 1}, "c": [1, {"d": 2}]}, "k:  # c\n  a:\n    b: 1\n  c:\n    - 1\n    - d: 2\n"),
        ("k:\n    a: 1\n", {"b": {"c": 2}}, "k:\n    b:\n        c: 2\n"),
        ("k: {a: 1}\n", {"b": 2}, "k: {b: 2}\n"),
        ("k: &a {x: 1}\nl: {k: 2}\n", {"q": {"z": 1}}, "k: &a {q: {z: 1}}\nl: {k: 2}\n"),
        ("k: &a old\nl: 1\n", {"q": {"z": 1}}, "k: &a\n  q:\n    z: 1\nl: 1\n"),
        ("{k: old, l: 1}\n", {"a": ["b"]}, "{k: {a: [b]}, l: 1}\n"),
        ("{k: , l: 1}\n", "x", "{k: x , l: 1}\n"),
        ("k: {a, b: c}\n", {"a": 1, "b": "c"}, "k: {a: 1, b: c}\n"),
        ("k: [a: b, c]\n", [{"a": "d"}, "c"], "k: [{a: d}, c]\n"),
        ("k: [[a], {b: c}]\n", [["a"], {"b": "d"}], "k: [[a], {b: d}]\n"),
        ("k:\n- a: 1\n  b: 2\n- c: 3\n", [{"a": 1, "b": 4}, {"c": 3}], "k:\n- a: 1\n  b: 4\n- c: 3\n"),
        ("k:\n- a: 1\n  b: 2\n- c: 3\n", [{"b": 2}, {"c": 3}], "k:\n- b: 2\n- c: 3\n"),
        ("k:\n- a: 1\n  # of b\n  b: 2\n", [{"b": 2}], "k:\n- \n  # of b\n  b: 2\n"),
        ("k:\n- a: 1\n- b\n", [{"c": {"d": 1}}, "b"], "k:\n- c:\n    d: 1\n- b\n"),
        ("k:\n- a\n- b\n", [{"c": {"d": 1}}, "b"], "k:\n- c:\n    d: 1\n- b\n"),
        ("k:\n- - a\n  - b\n- c\n", [["b"], "c"], "k:\n- - b\n- c\n"),
        ("k:\n- - a\n- c\n", [[], "c"], "k:\n- []\n- c\n"),
        ("k:\n-\n  - a\n- c\n", [[], "c"], "k:\n- []\n- c\n"),
        ("k:\n  a: 1\nl: 2\n", ["x" * 60, "y" * 60], f"k:\n  - {'x' * 60}\n  - {'y' * 60}\nl: 2\n"),
        ("k: {'a': 1, \"b\": 2}\n", {"a": 1, "b": 3}, "k: {'a': 1, \"b\": 3}\n"),
    ],
)  # fmt: skip
def test_a_value_is_replaced_in_its_place_and_style(before: str, value: Any, after: str) -> None:
    assert put(before, k=value) == after


@pytest.mark.parametrize(
    ("before", "lost", "gained", "after"),
    [
        ("k: [a, b, c]\n", "a", "", "k: [b, c]\n"),
        ("k: [a, b, c]\n", "b", "d", "k: [a, c, d]\n"),
        ("k: [a, b, c]\n", "c", "", "k: [a, b]\n"),
        ("k: [ a, b ]\n", "a b", "", "k: []\n"),
        ("k: [a, a, b]\n", "a", "", "k: [b]\n"),
        ("k: ['a', 'b']\n", "a", "c", "k: ['b', 'c']\n"),
        ("k: [a, b,]\n", "b", "", "k: [a,]\n"),
        ("k: [a,\n    b, c,\n    d]\n", "b", "", "k: [a,\n    c,\n    d]\n"),
        ("k: [a,\n    b, c,\n    d]\n", "c", "", "k: [a,\n    b,\n    d]\n"),
        ("k: [a,\n    b, c,\n    d]\n", "d", "e", "k: [a,\n    b, c, e]\n"),
        ("k: [a,  # one\n    b]\n", "a", "", "k: [\n    b]\n"),
        ("k: [\n  a,  # one\n  b,  # two\n]\n", "a", "", "k: [\n  b,  # two\n]\n"),
        ("k: [\n  a,  # one\n  b,  # two\n]\n", "b", "", "k: [\n  a,  # one\n]\n"),
        ("k: [\n  a,  # one\n  b   # two\n]\n", "b", "", "k: [\n  a  # one\n]\n"),
        ("k: [\n  a,  # one\n  b   # two\n]\n", "b", "c", "k: [\n  a,  # one\n  c\n]\n"),
        ("k: [\n  a,  # one\n  b   # two\n]\n", "", "c", "k: [\n  a,  # one\n  b,   # two\n  c\n]\n"),
        ("k: [\n  a,  # one\n  b,  # two\n]\n", "", "c d", "k: [\n  a,  # one\n  b,  # two\n  c,\n  d,\n]\n"),
        ("k: [\n  a\n  ,  # one\n  b\n]\n", "b", "", "k: [\n  a\n    # one\n]\n"),
        ("k:\n  - a  # one\n  - b\n", "a", "", "k:\n  - b\n"),
        ("k:\n  - a\n  - b  # two\n", "b", "", "k:\n  - a\n"),
        ("k:\n  - a\n  - b", "b", "", "k:\n  - a"),
        ("k:\n- a\n- b\nl: 1\n", "a b", "c", "k:\n- c\nl: 1\n"),
        ("k:\n- a\n\n- b\nl: 1\n", "", "c", "k:\n- a\n\n- b\n- c\nl: 1\n"),
        ("k:\n- \"a\"\n- \"b\"", "", "c", "k:\n- \"a\"\n- \"b\"\n- \"c\""),
        ("k:\n- a\n- b # two\n\n# end\n", "", "c", "k:\n- a\n- b # two\n- c\n\n# end\n"),
        ("k: []\n", "", "a b", "k: [a, b]\n"),
        ("k: null\n", "", "a", "k: [a]\n"),
        ("l: 1\n", "", "a", "l: 1\nk: [a]\n"),
        ("l: 1 # c", "", "a", "l: 1 # c\nk: [a]"),
        ("l: [x]\nk: [l1, l2]\n", "l1", "", "l: [x]\nk: [l2]\n"),
        # A comment goes with what it is about: what it names, or what alone stands below it.
        ("k:\n  # one\n  - a\n  # two\n  - b\n", "a", "", "k:\n  # two\n  - b\n"),
        ("k:\n  # both\n  - a\n  - b\n", "a", "", "k:\n  # both\n  - b\n"),
        ("k:\n  # A left\n  - a\n  - b\n", "a", "", "k:\n  - b\n"),
        ("k:\n  - b\n  # one\n  # more\n  - a\nl: 1\n", "a", "", "k:\n  - b\nl: 1\n"),
        ("k:\n  # one\n\n  - a\n  - b\n", "a", "", "k:\n  # one\n\n  - b\n"),
        ("k:\n  # one\n  - a\n\n  - b\n", "a", "", "k:\n\n  - b\n"),
        ("k: [\n  # both\n  a,\n  b,\n]\n", "a", "", "k: [\n  # both\n  b,\n]\n"),
        ("k: [\n  # one\n  a,\n  # two\n  b,\n]\n", "a", "", "k: [\n  # two\n  b,\n]\n"),
    ],
)  # fmt: skip
def test_a_list_loses_and_gains_items(before: str, lost: str, gained: str, after: str) -> None:
    assert listed(before, "k", lost=lost, gained=gained) == after


@pytest.mark.parametrize(
    ("before", "changes", "after"),
    [
        ("a: 1\n# of both\nb: 2\nc: 3\n", {"b": GONE}, "a: 1\n# of both\nc: 3\n"),
        ("a: 1\n# b is old\nb: 2\nc: 3\n", {"b": GONE}, "a: 1\nc: 3\n"),
        ("a: 1\nb:\n  x: 1\n  # inside\n# of c\nc: 3\n", {"b": GONE}, "a: 1\n# of c\nc: 3\n"),
        ("a: 1\nb: 2", {"b": GONE, "c": {"d": 1}}, "a: 1\nc:\n  d: 1"),
        ("a: {x: 1, y: 2}\n", {"a": {"y": 2, "z": "q"}}, "a: {y: 2, z: q}\n"),
        ("a: {\n  x: 1,  # one\n  y: 2\n}\n", {"a": {"x": 1, "z": 3}}, "a: {\n  x: 1,  # one\n  z: 3\n}\n"),
        ("a:\n  b:\n    - x\n  # end\nc: 1\n", {"a": {"b": ["x", "q"]}}, "a:\n  b:\n    - x\n    - q\n  # end\nc: 1\n"),
        # Anchors, aliases and merge keys
        ("a: &a [x, q]\nb: *a\n", {"b": ["x"]}, "a: &a [x, q]\nb: [x]\n"),
        ("a: &a [x, q]\nb: *a\n", {"a": ["x"]}, "a: &a [x]\nb: [x, q]\n"),
        ("a: &a [x, q]\nb: *a\n", {"a": ["x"], "b": ["x"]}, "a: &a [x]\nb: *a\n"),
        ("a: &a [x, q]\nb: *a\nc: *a\n", {"a": GONE}, "b: [x, q]\nc: [x, q]\n"),
        ("&k a: 1\nb: *k\n", {"a": GONE}, "b: a\n"),
        ("&k a: 1\nb: *k\nc: 1\n", {"c": 2}, "&k a: 1\nb: *k\nc: 2\n"),
        ("a: &a {x: 1}\nb:\n  <<: *a\n  y: 2\n", {"b": {"x": 3, "y": 2}},
         "a: &a {x: 1}\nb:\n  <<: *a\n  y: 2\n  x: 3\n"),
        ("a: &a {x: 1, z: 0}\nb:\n  <<: *a\n  y: 2\n", {"b": {"x": 1, "y": 2}},
         "a: &a {x: 1, z: 0}\nb:\n  y: 2\n  x: 1\n"),
        ("a: &a {x: 1}\nb:\n  <<: *a\n  y: 2\n", {"a": {"x": 5}}, "a: &a {x: 5}\nb:\n  <<: *a\n  y: 2\n  x: 1\n"),
        ("a: &a {x: 1}\nb:\n  <<: *a\n  y: 2\n", {"a": GONE}, "b:\n  y: 2\n  x: 1\n"),
        ("a: &a {x: 1}\nb: {<<: [*a, {z: &z 1}], y: *z}\n", {"a": {"x": 1, "w": 0}},
         "a: &a {x: 1, w: 0}\nb: {y: 1, x: 1, z: 1}\n"),
        ("a: &a {x: 1}\nb: {<<: [*a, {z: &z 1}], y: *z}\n", {"b": {"x": 1, "z": 1, "y": 2}},
         "a: &a {x: 1}\nb: {<<: [*a, {z: &z 1}], y: 2}\n"),
        ("a: &a [{x: 1}]\nb: {<<: *a, y: 2}\n", {"b": {"x": 1, "y": 3}}, "a: &a [{x: 1}]\nb: {<<: *a, y: 3}\n"),
        ("a: &a [{x: 1}]\nb: {<<: *a, y: 2}\n", {"a": GONE}, "b: {y: 2, x: 1}\n"),
        ("a: &a\n  x: &b 1\nc: *b\n", {"a": {"q": 2}}, "a: &a\n  q: 2\nc: 1\n"),
        ("a: &a {k: 1}\nb: *a\n", {"b": {"k": "y" * 95}}, f"a: &a {{k: 1}}\nb:\n  k: {'y' * 95}\n"),
    ],
)  # fmt: skip
def test_keys_go_and_come_and_aliases_keep_their_meaning(before: str, changes: dict[str, Any], after: str) -> None:
    assert put(before, **changes) == after


def test_items_come_in_anywhere() -> None:
    assert put("k: [b]\n", k=["a", "b"]) == "k: [a, b]\n"
    assert put("k:\n  # of b\n  - b\n", k=["a", "b"]) == "k:\n  # of b\n  - a\n  - b\n"
    assert put("k:\n  - a\n  - c\n", k=["a", {"b": {"x": 1}}, "c"]) == "k:\n  - a\n  - b:\n      x: 1\n  - c\n"
    assert put("k: [\n  a,\n  c\n]\n", k=["a", "b", "c"]) == "k: [\n  a,\n  b,\n  c\n]\n"


def test_json_stays_json() -> None:
    before = '{\n  "k": [\n    "a",\n    "b"\n  ],\n  "l": {"x": "\\ud83d\\ude00"}, "m": 1\n}\n'
    after = put(before, "m.json", k=["a"], l={"x": "\N{GRINNING FACE}", "é": [None, "\n"]}, m=2)
    assert after == '{\n  "k": [\n    "a"\n  ],\n  "l": {"x": "\\ud83d\\ude00", "é": [null, "\\n"]}, "m": 2\n}\n'
    assert json.loads(put(before, "m.json", k=["a", "b", "c"]))["k"] == ["a", "b", "c"]


def test_line_ends_and_the_byte_order_mark_stay() -> None:
    before = "\ufeffa: 1\r\nk:\r\n  # one\r\n  - x\r\n  - y\r\n"
    assert listed(before, "k", lost="y", gained="z") == before.replace("- y", "- z")
    assert (
        put(before, a=GONE, b={"c": {"d": 1}}) == "\ufeffk:\r\n  # one\r\n  - x\r\n  - y\r\nb:\r\n  c:\r\n    d: 1\r\n"
    )
    assert put("a: 1\rb: 2\r", b=3) == "a: 1\rb: 3\r"
    for sign in ("|", "|+", ">-"):
        for end in ("\n", "\r\n", "\r"):
            text = f"a: {sign}\n  1 + 1\n\nb: 2\n".replace("\n", end)
            assert put(text, a="x").replace(end, "") == "a: xb: 2"
    json_text = '{\r\n  "a": {\r\n    "b": 1\r\n  },\r\n  "c": 1\r\n}\r\n'
    after = put(json_text, "m.json", a={"x": [1, 2]}, d={"y": 2})
    assert json.loads(after) == {"a": {"x": [1, 2]}, "c": 1, "d": {"y": 2}}
    assert "\n" not in after.replace("\r\n", "")


NAMED = "metadata: {name: %s}\n"
ADA, BOB, CYD = (NAMED % name for name in ("ada", "bob", "cyd"))


@pytest.mark.parametrize(
    ("before", "gone", "after"),
    [
        (f"{ADA}---\n{BOB}", 0, BOB),
        (f"{ADA}---\n{BOB}", 1, ADA),
        (f"---\n{ADA}---\n{BOB}---\n{CYD}", 1, f"---\n{ADA}---\n{CYD}"),
        (f"# all\n\n# Her\n{ADA}---\n{BOB}", 0, f"# all\n\n---\n{BOB}"),
        (f"# all\n{ADA}---\n{BOB}", 0, f"# all\n---\n{BOB}"),
        (f"# Ada, who leads\n{ADA}---\n{BOB}", 0, BOB),
        (f"# License\n# about bob\n# who runs\n{BOB}---\n{ADA}", 0, f"# License\n---\n{ADA}"),
        (f"{ADA}---\n{BOB}# of bob\n# of cyd\n---\n{CYD}", 1, f"{ADA}# of cyd\n---\n{CYD}"),
        (f"# all\n---\n# Her\n{ADA}---\n{BOB}", 0, f"# all\n---\n{BOB}"),
        (f"{ADA}---\n# Bob\n{BOB}\n# the rest\n---\n{CYD}", 1, f"{ADA}# the rest\n---\n{CYD}"),
        (f"{ADA}---\n{BOB}# of bob\n---\n{CYD}", 1, f"{ADA}---\n{CYD}"),
        (f"{ADA}\n---\n{BOB}", 1, ADA),
        (f"{ADA}---\n{BOB}\n# the end\n", 1, f"{ADA}# the end\n"),
        (f"{ADA}---\n{BOB}# his\n", 1, ADA),
        (f"{ADA}---\n{BOB}...\n---\n{CYD}", 1, f"{ADA}---\n{CYD}"),
        (f"{ADA}---\n{BOB}".rstrip(), 0, BOB.rstrip()),
        (f"---\n{ADA}---\n{BOB}", 0, f"---\n{BOB}"),
        (f"{ADA}--- # Bob\n{BOB}", 0, f"--- # Bob\n{BOB}"),
        (f"{ADA}---  \n\n \n# Bob\n{BOB}", 0, f"# Bob\n{BOB}"),
        (f"{ADA}--- # Bob\n{BOB}---\n{CYD}", 1, f"{ADA}---\n{CYD}"),
    ],
)  # fmt: skip
def test_a_document_goes_with_the_comments_that_are_about_it(before: str, gone: int, after: str) -> None:
    assert without(before, gone) == after


def test_nothing_is_left_once_all_documents_go() -> None:
    assert without(f"# all\n---\n{ADA}---\n{BOB}", 0, 1) is None
    assert without(f"{ADA}---\n{BOB}---\n{CYD}", 0, 1) == CYD
    assert without(f"# all\n---\n{ADA}---\n{BOB}---\n{CYD}", 0, 1) == f"# all\n---\n{CYD}"


@pytest.mark.parametrize(
    ("before", "changes", "at", "why"),
    [
        ("? a\n: 1\nb: 2\n", {"b": 3}, 1, "marked with `?`"),
        ("a: 1\n? b\n: 2\n", {"a": 3}, 2, "marked with `?`"),
        ("{a, b: 1}\n", {"a": 1}, 1, "without a value"),
        ("a: !!map\n  b: 1\n", {"a": 1}, 1, "a tag"),
        ("a: 'x\u2028y'\nb: 1\n", {"b": 2}, 1, "line end"),
        ("foo: |\n  x", {"b": 1}, 2, "more than it should"),
        ("a: 1\n", {"a": GONE}, 1, "no mapping"),
    ],
)
def test_what_cannot_be_edited_alone_is_refused_with_its_place(
    before: str, changes: dict[str, Any], at: int, why: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        put(before, **changes)
    (problem,) = caught.value.problems
    assert (problem.summary, problem.source.line if problem.source else 0) == ("Cannot edit", at)
    assert why in problem.detail


def test_what_is_no_text_any_more_is_told_as_by_the_reader() -> None:
    with pytest.raises(InvalidInput) as caught:
        edited_file("m.yaml", b"\xff", {})
    assert caught.value.problems[0].summary == "Wrong encoding"


@pytest.mark.parametrize("seed", range(2))
def test_whatever_is_written_says_what_is_wanted_or_is_refused(seed: int) -> None:
    chance = Random(seed)
    tried = edited_at_all = refused = 0
    examples = [text for text in TEXTS.values() if "\n" in text]
    for _ in range(800):
        text = chance.choice(examples) if chance.random() < 0.3 else text_of(chance, examples)
        file = decode("m.yaml", text.encode("utf-8", "replace"))
        reading = read_documents(file) if isinstance(file, FileText) else None
        if reading is None or reading.problems or not all(isinstance(row[4], dict) for row in reading.rows):
            continue
        tried += 1
        edits = {Source("m.yaml", row[0], row[1]): _edits(chance, row[4]) for row in reading.rows}
        try:
            after = edited_file("m.yaml", text.encode("utf-8", "replace"), edits)
        except InvalidInput as error:
            refused += {problem.summary for problem in error.problems} == {"Cannot edit"}
            continue
        assert after is not None
        read = decode("m.yaml", after)
        assert isinstance(read, FileText)
        wanted = [edited(row[4], edits[Source("m.yaml", row[0], row[1])]) for row in reading.rows]
        assert [row[4] for row in read_documents(read).rows] == wanted
        edited_at_all += 1
    assert edited_at_all > 8 * refused > 0
    assert edited_at_all + refused == tried


def _edits(chance: Random, data: dict[str, Any]) -> list[Edit]:
    place = Source("m.yaml", 1, 1)
    changed = {**_mutated(chance, data), "sure": 1}
    return [Put(place, (key,), changed.get(key, GONE)) for key in {**data, **changed}]


def _mutated(chance: Random, value: Any) -> Any:
    if isinstance(value, dict):
        kept = {key: below for key, below in value.items() if chance.random() > 0.15}
        found = {key: _mutated(chance, below) if chance.random() < 0.3 else below for key, below in kept.items()}
        if chance.random() < 0.2:
            found["new"] = chance.choice([1, "x", ["a", "b"], {"q": [{"z": None}]}, "a\nb\n", []])
        return found
    if isinstance(value, list):
        items = [_mutated(chance, it) if chance.random() < 0.2 else it for it in value if chance.random() > 0.25]
        if chance.random() < 0.3:
            items.insert(chance.randrange(len(items) + 1), chance.choice(["new", 7, {"k": "v"}, ["l"]]))
        return items
    return chance.choice(
        [value, value, "text", "two\nlines\n", 12, None, True, ["a"], {"m": "n"}, "", "- x", "a: b #c"]
    )
