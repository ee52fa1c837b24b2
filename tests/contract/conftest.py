from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.contract_plane import Plane


@pytest.fixture
def plane() -> Iterator[Plane]:
    """A new emulator with the default options."""
    made = Plane()
    yield made
    made.emulator.close()
