"""What is special in a kind."""

from __future__ import annotations

from typing import Any

import pytest

from igz_apply.iguazio3.decode import failure_of
from igz_apply.iguazio3.kinds import APP_SERVICE, GROUP


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ({}, ""),
        ({"status": {"state": "ready"}}, ""),
        ({"status": {"state": "error", "last_error": "no image"}}, "no image"),
        ({"status": {"state": "error", "error_info": {"description": "no memory"}}}, "no memory"),
    ],
)
def test_a_service_tells_why_it_could_not_be_deployed(entry: dict[str, Any], reason: str) -> None:
    assert failure_of(APP_SERVICE, {"spec": {"name": "s"}, **entry}) == reason
    assert failure_of(GROUP, entry) == ""
