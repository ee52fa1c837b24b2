"""Addresses and the globs that select them."""

from __future__ import annotations

import pytest

from igz_apply.core.addresses import Address, Source, is_selected


def test_an_address_is_read_as_it_is_written() -> None:
    assert Address.parse("Group/a/b") == Address("Group", "a/b")
    assert str(Address("User", "ada")) == "User/ada"
    assert str(Source("a.yaml", 3, 1)) == "a.yaml:3:1"


@pytest.mark.parametrize("text", ["", "User", "User/", "/ada"])
def test_anything_else_is_no_address(text: str) -> None:
    with pytest.raises(ValueError, match="is not an address: write Kind/name"):
        Address.parse(text)


@pytest.mark.parametrize(
    ("globs", "expected"),
    [
        ([], False),
        (["User"], True),
        (["User/a*"], True),
        (["User/A*"], False),
        (["Group/ada"], False),
        (["*"], True),
        (["x", "*/ada"], True),
    ],
)
def test_a_glob_selects_a_kind_or_whole_addresses(globs: list[str], expected: bool) -> None:
    assert is_selected(Address("User", "ada"), globs) is expected
