"""A signal that comes at a bad moment is heard all the same, and those that come together are one."""

from __future__ import annotations

import os
import signal
import time

import pytest

from igz_apply.cli.main import run
from igz_apply.cli.session import Session
from igz_apply.cli.signals import interruptible, termination_as_interrupt


def test_a_signal_whose_exception_was_lost_in_a_callback_asks_to_stop_later() -> None:
    asked: list[str] = []
    with termination_as_interrupt():
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGTERM)
        with interruptible(lambda: asked.append("stop"), lambda: asked.append("leave")):
            assert asked == ["stop"]
    with termination_as_interrupt(), interruptible(lambda: asked.append("stop"), lambda: None):
        assert asked == ["stop"], "it was of the run before"


def test_an_interruption_that_python_wrapped_is_no_defect(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> int:
        raise RuntimeError("Error calling __set_name__") from KeyboardInterrupt()

    monkeypatch.setattr("igz_apply.cli.main.root.main", interrupted)
    assert run(["validate"], Session()) == 130


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
