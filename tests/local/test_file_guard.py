"""The guard of a folder: one at a time, and nobody waits without an end for a process that was suspended in it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from igz_apply.local import files
from igz_apply.local.files import Files

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no folder can be locked there")


def test_a_guard_that_is_not_let_go_of_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_PATIENCE", 0.02)
    with Files().guard(tmp_path) as is_guarded:
        assert is_guarded
        with pytest.raises(TimeoutError, match=r"another process has been writing in .*; is it suspended\?"):  # noqa: SIM117
            with Files().guard(tmp_path):
                pass
    with Files().guard(tmp_path) as is_guarded:
        assert is_guarded
