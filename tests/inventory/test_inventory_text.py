"""The inventory's text is the one that the standard library writes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from igz_apply.inventory.document import _loaded, _may_be_tagged, _refused, _unique, indented

VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text()),
    lambda below: st.one_of(st.lists(below, max_size=4), st.dictionaries(st.text(), below, max_size=4)),
)

DOCUMENTS = st.dictionaries(st.sampled_from(("a", "b", ":", '"', "\\")) | st.text(max_size=2), VALUES, max_size=3)


@given(VALUES, st.integers(0, 3))
def test_a_value_is_written_as_the_standard_library_writes_it(value: object, level: int) -> None:
    end = "\n" + "  " * level
    assert indented(value, end) == json.dumps(value, indent=2, sort_keys=True).replace("\n", end)


def test_keys_that_are_no_text_are_written_as_the_standard_library_writes_them() -> None:
    assert indented({2: "b", 1: {"a": (1, 2)}}) == json.dumps({2: "b", 1: {"a": (1, 2)}}, indent=2, sort_keys=True)


def test_what_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        indented({"a": float("nan")})


@given(DOCUMENTS, st.data())
def test_a_key_that_stands_twice_is_found_wherever_it_stands(document: dict[str, Any], data: st.DataObject) -> None:
    text = json.dumps(document, ensure_ascii=data.draw(st.booleans()), indent=data.draw(st.sampled_from((None, 1))))
    cuts = data.draw(st.lists(st.integers(0, len(text)), min_size=2, max_size=2).map(sorted))
    middle = data.draw(st.sampled_from(("", ", ", ",")))
    text = text[: cuts[1]] + middle + text[cuts[0] :]  # a part of it stands twice: some of these are JSON
    content = text.encode(data.draw(st.sampled_from(("utf-8", "utf-8-sig", "utf-16"))), "surrogatepass")
    assert _outcome(_loaded, content) == _outcome(_with_a_hook, content)


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1, "a": 2}',
        '{"a" : 1, "a" : 2}',
        '{"a":{"b":[{"a":1,"a":1}]}}',
        '{"a": "x", "a": "\\""}',
        '{"a": ":", "a": 1}',
        '{"a": 1, "\\u0061": 1}',
        '[{"a": ""}, {"a": "", "a": ""}]',
    ],
)
def test_a_key_that_stands_twice_is_refused_however_it_is_written(text: str) -> None:
    with pytest.raises(ValueError, match="the key 'a' stands twice"):
        _loaded(text.encode())


@pytest.mark.parametrize(
    "text", ['{"a": "\\"", "b": ["x", {"y": "z"}], ":": 1}', "[]", "1", '"a"', '{"a": "{\\"a\\":1}"}']
)
def test_what_stands_once_is_read(text: str) -> None:
    assert _loaded(text.encode()) == json.loads(text)


@given(st.dictionaries(st.sampled_from(("a", "$secret", "$hidden", "$literal", "b$")), st.text(), max_size=2))
def test_a_tag_is_found_however_it_is_written(values: dict[str, str]) -> None:
    if any(key.startswith("$") for key in values):
        text = json.dumps(values)
        assert _may_be_tagged(text.encode())
        assert _may_be_tagged(text.replace("$", "\\u0024").encode())
        assert _may_be_tagged(text.encode("utf-16"))


def _outcome(load: Callable[[bytes], Any], content: bytes) -> tuple[str, str]:
    try:
        return "read", repr(load(content))
    except ValueError as error:
        return "refused", str(error)


def _with_a_hook(content: bytes) -> Any:
    return json.loads(content, object_pairs_hook=_unique, parse_constant=_refused)
