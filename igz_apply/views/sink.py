"""An output stream together with what can be shown on it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TextIO

from igz_apply.telling.printable import inert
from igz_apply.views.lines import Line, render
from igz_apply.views.terminal import Terminal


@dataclass(frozen=True, slots=True)
class Sink:
    """Where lines go."""

    stream: TextIO
    terminal: Terminal = Terminal()

    def show(self, lines: Iterable[Line]) -> None:
        """Write the lines, whole and at once."""
        self.say(render(lines, colour=self.terminal.colour))

    def say(self, text: str) -> None:
        """Write text for people, so that nothing in it is obeyed where it goes."""
        self.write(inert(text) if self.terminal.obeys else text)

    def write(self, text: str) -> None:
        """Write data as it is; for text there is `say`.

        Once the reader has gone (`| head`), nothing is written, and nothing is stopped.
        """
        try:
            self.stream.write(text)
            self.stream.flush()
        except BrokenPipeError:
            silence(self.stream)


def silence(stream: TextIO) -> None:
    """Lead the stream into nothing, so that an apply goes on when the reader of its output has gone."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
