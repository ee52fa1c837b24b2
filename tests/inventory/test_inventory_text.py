"""The inventory's text is the one that the standard library writes."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from igz_apply.inventory.document import indented

VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text()),
    lambda below: st.one_of(st.lists(below, max_size=4), st.dictionaries(st.text(), below, max_size=4)),
)


@given(VALUES, st.integers(0, 3))
def test_a_value_is_written_as_the_standard_library_writes_it(value: object, level: int) -> None:
    end = "\n" + "  " * level
    assert indented(value, end) == json.dumps(value, indent=2, sort_keys=True).replace("\n", end)


def test_keys_that_are_no_text_are_written_as_the_standard_library_writes_them() -> None:
    assert indented({2: "b", 1: {"a": (1, 2)}}) == json.dumps({2: "b", 1: {"a": (1, 2)}}, indent=2, sort_keys=True)


def test_what_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        indented({"a": float("nan")})
