"""Signals: the first asks a run to end, the second leaves at once, and those that come together are one."""

from __future__ import annotations

import os
import signal
import time

import pytest

from igz_apply.cli.signals import interruptible


def test_signals_that_come_together_are_one(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    monkeypatch.setattr(os, "_exit", lambda code: seen.append(f"left with {code}"))
    with interruptible(lambda: seen.append("asked"), lambda: seen.append("leaves")):
        for _ in range(3):
            signal.raise_signal(signal.SIGTERM)  # as `timeout` sends it: to the process, and to its group
        assert seen == ["asked"]
        time.sleep(0.15)
        signal.raise_signal(signal.SIGTERM)
    assert seen[:3] == ["asked", "leaves", "left with 130"]
