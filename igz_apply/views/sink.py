"""An output stream together with what can be shown on it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TextIO

from igz_apply.views.lines import Line, render
from igz_apply.views.terminal import Terminal


@dataclass(frozen=True, slots=True)
class Sink:
    """Where lines go."""

    stream: TextIO
    terminal: Terminal = Terminal()

    def show(self, lines: Iterable[Line]) -> None:
        """Write the lines, whole and at once."""
        self.write(render(lines, colour=self.terminal.colour))

    def write(self, text: str) -> None:
        """Write text as it is."""
        self.stream.write(text)
        self.stream.flush()
