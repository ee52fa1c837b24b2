"""What one run of the command line carries from the options to the commands: what was given, and where output goes."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import BinaryIO, Protocol

from igz_apply.core.changes import Plan
from igz_apply.core.outcomes import Event, Report
from igz_apply.core.problems import Problem
from igz_apply.views.cells import printable
from igz_apply.views.lines import Span, Tone, line
from igz_apply.views.quiet import NoProgress
from igz_apply.views.sink import Sink
from igz_apply.views.terminal import terminal_of
from igz_apply.views.text import TextView


@dataclass(slots=True)
class Given:
    """What the command line says of connection, target and verbosity; None or "": nothing."""

    target: str = ""
    config: str = ""
    endpoint: str = ""
    username: str = ""
    access_key_file: str = ""
    password_stdin: bool = False
    ca_file: str = ""
    insecure_skip_tls_verify: bool = False
    timeout: float | None = None  # seconds
    retries: int | None = None
    verbose: int = 0


class SessionView(Protocol):
    """What commands show things on: the `View` port, with errors and an end."""

    def problems(self, problems: Sequence[Problem]) -> None:
        """Show faults in input, or the reasons for a refusal."""

    def plan(self, plan: Plan) -> None:
        """Show a plan, whole."""

    def event(self, event: Event) -> None:
        """Show that an apply moved."""

    def report(self, report: Report) -> None:
        """Show how an apply ended."""

    def error(self, message: str, hint: str = "") -> None:
        """Show what stopped the run."""

    def close(self, exit_code: int) -> None:
        """End the output."""


@dataclass
class Session:
    """One run: what was given, the environment, the streams, and the view that commands and errors are shown on."""

    given: Given = field(default_factory=Given)
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    view: SessionView | None = None  # None: no command has chosen one yet

    @cached_property
    def output(self) -> Sink:
        """Standard output, for results."""
        return Sink(sys.stdout, terminal_of(sys.stdout, self.environ))

    @cached_property
    def errors(self) -> Sink:
        """Standard error, for progress, questions, faults and logs."""
        return Sink(sys.stderr, terminal_of(sys.stderr, self.environ))

    @property
    def stdin(self) -> BinaryIO:
        """Standard input, as bytes."""
        return sys.stdin.buffer

    def read_password(self) -> str:
        """Return the first line of standard input."""
        return self.stdin.readline().decode("utf-8").rstrip("\r\n")

    def warn(self, text: str) -> None:
        """Say on standard error what a person should know and what stops nothing."""
        self.errors.show([line(Span("warning: ", Tone.WARNING), printable(text))])

    def shown(self) -> SessionView:
        """Return the view; plain text without progress where no command has chosen one."""
        if self.view is None:
            self.view = TextView(self.output, self.errors, NoProgress(), sources=source_lines)
        return self.view


def source_lines(path: str) -> list[str]:
    """Return the lines of a manifest, to quote one; none when it cannot be read again, as standard input."""
    try:
        return Path(path).read_text(encoding="utf-8-sig").splitlines()
    except (OSError, ValueError):
        return []
