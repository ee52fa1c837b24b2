from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

# The contract tests' way of talking to an emulator serves here too.
sys.path.insert(0, str(Path(__file__).parents[1] / "contract"))

from contract_plane import Plane


@pytest.fixture
def plane() -> Iterator[Plane]:
    """A new emulator with the default options."""
    made = Plane()
    yield made
    made.emulator.close()
