"""Versions of clusters, compared by their numbers."""

from __future__ import annotations

import pytest

from igz_apply.model.versions import may_be_older


@pytest.mark.parametrize(
    ("version", "older"),
    [("3.5.4", True), ("3.5.5", False), ("3.5.10", False), ("3.5.5-b25.2023", False), ("3.6", False), ("", True)],
)
def test_a_cluster_that_does_not_say_its_version_may_be_older(version: str, older: bool) -> None:
    assert may_be_older(version, "3.5.5") is older
