"""A signal that comes at a bad moment is heard all the same."""

from __future__ import annotations

import os
import signal

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
