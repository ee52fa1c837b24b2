"""An output stream together with what can be shown on it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from typing import TextIO

from igz_apply.values import dataclass
from igz_apply.views.lines import Line, render
from igz_apply.views.terminal import Terminal
from igz_apply.wording.printable import inert


@dataclass(slots=True)
class Sink:
    """Where lines go. `failure` is why nothing more can be written there, None while it can."""

    stream: TextIO
    terminal: Terminal = Terminal()
    failure: OSError | None = None

    def show(self, lines: Iterable[Line]) -> None:
        """Write the lines, whole and at once."""
        self.say(render(lines, colour=self.terminal.colour))

    def say(self, text: str) -> None:
        """Write text for people, so that nothing in it is obeyed where it goes."""
        self.write(inert(text) if self.terminal.obeys else text)

    def write(self, text: str) -> None:
        """Write data as it is; for text there is `say`. Once it has failed, nothing is written, and nothing is stopped.

        The reader may have gone (`| head`), the disk be full, the terminal be closed: what becomes of the run is for
        those to say who know it.
        """
        if self.failure is not None:
            return
        try:
            self.stream.write(text)
            self.stream.flush()
        except OSError as error:
            self.failure = error
            silence(self.stream)


def silence(stream: TextIO) -> None:
    """Lead the stream into nothing, also what it still holds, so that an apply goes on when nobody can read it."""
    with contextlib.suppress(OSError):  # a stream of a test has no descriptor
        nowhere = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, stream.fileno())
        finally:
            os.close(nowhere)
