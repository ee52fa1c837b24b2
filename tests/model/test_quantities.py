"""Quantities and durations by meaning."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from igz_apply.model.quantities import duration, quantity


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1", "1"),
        (" 1 ", "1"),
        ("500m", "0.5"),
        (".5", "0.5"),
        ("1.", "1"),
        ("+2", "2"),
        ("-2", "-2"),
        ("1e3", "1000"),
        ("1E-3", "0.001"),
        ("1k", "1000"),
        ("1E", "1000000000000000000"),
        ("1Ki", "1024"),
        ("2Gi", "2147483648"),
        ("100n", "0.0000001"),
    ],
)
def test_a_quantity_is_read_as_kubernetes_does(text: str, amount: str) -> None:
    assert quantity(text) == Decimal(amount)


@pytest.mark.parametrize("text", ["", "x", "1 Gi", "Gi", "1KI", "1.2.3", "1e", "0x1"])
def test_other_text_is_no_quantity(text: str) -> None:
    assert quantity(text) is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1h", 3600), ("60m", 3600), ("1h30m", 5400), ("1.5h", 5400), ("500ms", "0.5"), (" 1d ", 86400)],
)
def test_a_duration_is_read_in_seconds(text: str, seconds: int | str) -> None:
    assert duration(text) == Decimal(seconds)


@pytest.mark.parametrize("text", ["", "1", "h", "1 h", "-1h", "1w"])
def test_other_text_is_no_duration(text: str) -> None:
    assert duration(text) is None


@given(st.integers(0, 10**6))
def test_each_unit_is_worth_what_it_says(number: int) -> None:
    assert quantity(f"{number}") == quantity(f"{number * 1000}m")
    assert quantity(f"{number}Gi") == quantity(f"{number * 1024}Mi")
    assert duration(f"{number}h") == duration(f"{number * 60}m") == duration(f"{number * 3600}s")
