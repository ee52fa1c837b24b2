"""An older published client against the same emulator: the calls are stable since 0.1.4 (section 23)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

# Install it beside: pip install --target DIR igz-mgmt==0.2.0, and set IGZ_MGMT_OLDER=DIR.
OLDER = os.environ.get("IGZ_MGMT_OLDER")


@pytest.mark.sdk
@pytest.mark.skipif(OLDER is None, reason="opt-in: IGZ_MGMT_OLDER names a folder that holds igz-mgmt 0.2.0")
def test_the_older_client_drives_the_same_surface() -> None:
    suite = Path(__file__).with_name("test_published_sdk.py")
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(suite)],
        env={**os.environ, "PYTHONPATH": str(OLDER)},
        capture_output=True,
        text=True,
        timeout=110,
    )
    assert result.returncode == 0, result.stdout
