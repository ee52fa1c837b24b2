from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.contract_plane import Plane
from tests.emulator.plane4 import Plane4


@pytest.fixture
def plane() -> Iterator[Plane]:
    """A new emulator with the default options."""
    made = Plane()
    yield made
    made.emulator.close()


@pytest.fixture
def plane4() -> Iterator[Plane4]:
    """A new emulator of Iguazio 4 with the default options."""
    made = Plane4()
    yield made
    made.emulator.close()
