"""Traces of a run, where the environment asks for them: begun before its command, and sent before the process ends."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from igz_apply.cli.session import Session
from igz_apply.errors import INTERRUPTED
from igz_apply.model.problems import Problem
from igz_apply.tracing.asking import is_asked_for

if TYPE_CHECKING:
    from igz_apply.tracing.sdk import NoExporter

COMMANDS = frozenset({"plan", "apply", "destroy", "drift", "reconcile"})
_NO_TIME = 1.0  # seconds
_INSTALL = "Install what it takes: pip install 'igz-apply[tracing]', or take the OTEL_ variables away."


def begin(session: Session, command: str) -> None:
    """Begin the trace of a command, if it is to have one. What it lacks is told, and stops nothing."""
    if command not in COMMANDS or not is_asked_for(session.environ):
        return
    began = time.time_ns() - int((time.monotonic() - session.begun) * 1e9)
    try:
        from igz_apply.tracing.sdk import NoExporter, listening, opened
        from igz_apply.tracing.spans import Trace
    except ImportError as error:
        if not (error.name or "").startswith("opentelemetry"):
            raise
        detail = "The environment asks for traces (OTEL_...), and OpenTelemetry is not installed: there are none."
        _warn(session, Problem("Traces not installed", detail, _INSTALL))
        return
    heard = listening()
    try:
        provider, exporters = opened(session.environ)
    except NoExporter as error:
        _warn(session, _without_exporter(error))
        return
    if heard.said:
        detail = f"OpenTelemetry does not take one of its variables (OTEL_...) as it is: {' '.join(heard.said)}"
        hint = "Correct it. The run is traced all the same, with the default."
        _warn(session, Problem("Traces not sent", detail, hint))
    session.trace = Trace(provider, exporters, heard, command, session.environ, began)
    session.watchers.append(session.trace)


def _without_exporter(error: NoExporter) -> Problem:
    detail = f"The environment asks for traces (OTEL_...), and they cannot be sent: {error}."
    if error.package:
        return Problem("Traces not installed", detail, f"pip install {error.package}")
    return Problem("Traces not sent", detail, "Correct the OTEL_ variables, or take them away.")


def end(session: Session, exit_code: int) -> None:
    """End the trace, and wait a moment for it to be taken. Ctrl-C waits for nothing."""
    trace, session.trace = session.trace, None
    if trace is None:
        return
    with suppress(KeyboardInterrupt):
        if trace.close(exit_code):
            tell_loss(session)


def tell_loss(session: Session) -> None:
    """Say that spans were not taken."""
    detail = "There are spans that no collector has taken. What the run does is not touched by it."
    hint = "Look at the endpoint (OTEL_EXPORTER_OTLP_ENDPOINT), and whether a collector listens there."
    _warn(session, Problem("Traces not sent", detail, hint))


def leave(session: Session) -> None:
    """Send what can be sent in no time. In a thread: what the signal has interrupted may hold a lock."""
    trace = session.trace
    if trace is None:
        return
    closing = threading.Thread(target=trace.close, args=(INTERRUPTED, _NO_TIME), daemon=True)
    closing.start()
    closing.join(_NO_TIME)


def _warn(session: Session, problem: Problem) -> None:
    from igz_apply.views.problem_text import problem_lines

    warning = replace(problem, severity="warning")
    session.errors.show(problem_lines([warning], session.errors.terminal.width, session.lines_of))
