"""Whatever stands in a file: problems or documents, never an exception, in bounded time and memory."""

from __future__ import annotations

import copy
import json
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from igz_apply.authoring.validation import validate
from igz_apply.iguazio3.kinds import KINDS
from igz_apply.iguazio3.platform import schema_of as resource_schema
from igz_apply.local.package_data import examples_dir
from igz_apply.manifests.documents import FileReading
from igz_apply.manifests.file_text import MOST_BYTES, FileText
from igz_apply.manifests.marked import read_marked
from igz_apply.manifests.reader import read, read_bytes
from igz_apply.manifests.writer import to_yaml
from igz_apply.model.problems import errors_of
from igz_apply.model.resources import Document

SCHEMAS = {name: resource_schema(name) for name in KINDS.names}
EXAMPLES = read([str(examples_dir())]).documents

TOKENS = st.sampled_from(
    [
        "a",
        "b",
        "name",
        "kind",
        "spec",
        ":",
        "-",
        "?",
        ",",
        "[",
        "]",
        "{",
        "}",
        "&",
        "*",
        "!",
        "|",
        ">",
        "'",
        '"',
        "%",
        "@",
        "`",
        "#",
        "---",
        "...",
        "<<",
        "&a",
        "*a",
        "!!str",
        "!!int",
        "!x",
        "~",
        "null",
        "true",
        "no",
        "0",
        "007",
        "42",
        "1e9",
        ".inf",
        "0x1f",
        "-",
        "\\",
        "\t",
        "\r",
        "\n",
        "\r\n",
        "\x00",
        "\x07",
        "\x85",
        "\u2028",
        "\ufeff",
        "é",
        "日",
        "😀",
        "apiVersion",
        "iguazio.com/v1",
        "User",
    ]
)
SPACES = st.sampled_from(["", " ", "  ", "\n", "\n  ", "\n    ", ": ", "- "])
YAML_LIKE = st.lists(st.tuples(TOKENS, SPACES), max_size=40).map(lambda pairs: "".join(a + b for a, b in pairs))
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**17), 10**17)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
    | st.sampled_from(["no", "on", "~", "null", "007", "1:30", "2024-01-01", " x", "x ", "a: b", "# x", "- x", "<<"])
)
KEYS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8).filter(lambda key: key != "<<")
DATA = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=20
)


def checked(reading: FileReading) -> None:
    """Validate what was read, and look up the place of everything that is wrong."""
    assert reading.documents or reading.problems
    for problem in (*reading.problems, *validate(reading.documents, KINDS, SCHEMAS, version="3.5.3")):
        assert problem.source is not None
        assert problem.source.line >= 1
        assert problem.source.column >= 1
        assert problem.detail


@given(st.binary(max_size=200))
def test_any_bytes_are_documents_or_problems(data: bytes) -> None:
    checked(read_bytes("x.yaml", data))


@given(YAML_LIKE)
def test_any_text_is_documents_or_problems(text: str) -> None:
    checked(read_bytes("x.yaml", text.encode()))


@given(YAML_LIKE)
@example("\x85 ---")  # a text, and not the start of a document
def test_the_fast_and_the_careful_reading_agree(text: str) -> None:
    reading = read_bytes("x.yaml", text.encode())
    for document in reading.documents:
        positions: Any = document.positions
        marked = read_marked(FileText("x.yaml", positions._file.text), positions._start, positions._end)
        assert marked.root is not None
        assert json.dumps(marked.root.data) == json.dumps(document.data)
        assert document.positions.value(()) == document.source


@given(st.lists(st.dictionaries(KEYS, DATA, min_size=1, max_size=4), min_size=1, max_size=3))
def test_what_is_written_is_read_back_as_the_same_data(documents: list[dict[str, Any]]) -> None:
    reading = read_bytes("x.yaml", to_yaml(documents).encode())
    assert reading.problems == ()
    assert [document.data for document in reading.documents] == documents


@given(st.data())
def test_any_mutation_of_a_valid_manifest_is_accepted_or_explained(data: st.DataObject) -> None:
    manifest = data.draw(st.sampled_from(EXAMPLES)).data
    mutated = copy.deepcopy(manifest)
    for _ in range(data.draw(st.integers(1, 3))):
        mutate(mutated, data.draw)
    checked(read_bytes("x.yaml", to_yaml([mutated]).encode()))


def mutate(manifest: Any, draw: Callable[[st.SearchStrategy[Any]], Any]) -> None:
    """Change, remove or add one thing somewhere in the manifest."""
    holder, key = draw(st.sampled_from(places(manifest)))
    match draw(st.sampled_from(["replace", "remove", "rename"])):
        case "replace":
            holder[key] = draw(DATA)
        case "remove" if len(holder) > 1:
            del holder[key]
        case "rename" if isinstance(holder, dict):
            holder[draw(KEYS)] = holder.pop(key)
        case _:
            pass


def places(value: Any) -> list[tuple[Any, Any]]:
    keys = list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(value, list) else []
    return [(value, key) for key in keys] + [place for key in keys for place in places(value[key])]


BOMBS = {
    "billion laughs": b"a: &a [x,x,x,x,x,x,x,x,x]\n"
    + b"".join(b"%c: &%c [%s]\n" % (i + 1, i + 1, b",".join([b"*%c" % i] * 9)) for i in range(97, 121)),
    "10,000 deep": b"[" * 10_000,
    "10,000 deep after an alias": b"a: *x\nb: " + b"[" * 10_000,
    "40,000 directives": b"".join(b"%%TAG !a%d! x\n" % i for i in range(40_000)) + b"---\na: 1\n",
    "a list of a million": b"- a\n" * 1_000_000,
    "10,000 deep, closed": b"[" * 10_000 + b"]" * 10_000,
    "10,000 mappings deep": b"{a: " * 10_000,
    "10,000 deep in blocks": b"\n".join(b" " * i + b"a:" for i in range(2_000)),
    "a scalar of 100 MB": b"a: " + b"x" * 100_000_000,
    "a scalar of 30 MB": b"a: " + b"x" * 30_000_000,
    "a key of 2 MB": b"x" * 2_000_000 + b": 1",
    "a million aliases": b"a: &a x\nb: [" + b"*a," * 300_000 + b"]",
    "merges of merges": b"a: &a {"
    + b",".join(b"k%d: 1" % i for i in range(900))
    + b"}\n"
    + b"".join(b"m%d: {<<: *a}\n" % i for i in range(2_000)),
    "50,000 broken documents": b"--- 'x\n" * 50_000,
    "50,000 deep documents": (b"--- " + b"[" * 70 + b"\n") * 20_000,
    "a million line ends": b"\n" * 1_000_000,
    "50,000 duplicate keys": b"a: 1\n" * 50_000,
    "a number of a million digits": b"a: " + b"9" * 1_000_000,
}


@pytest.mark.full
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_a_problem_in_bounded_time_and_memory(name: str) -> None:
    data = BOMBS[name]
    tracemalloc.start()
    started = time.process_time()
    reading = read_bytes("x.yaml", data)
    assert errors_of(reading.problems)
    assert time.process_time() - started < 20
    assert tracemalloc.get_traced_memory()[1] < 3 * MOST_BYTES + 100 * 2**20
    tracemalloc.stop()


def test_the_examples_are_what_is_mutated() -> None:
    assert all(isinstance(document, Document) for document in EXAMPLES)
    assert validate(EXAMPLES, KINDS, SCHEMAS) == ()
