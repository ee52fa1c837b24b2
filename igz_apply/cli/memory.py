"""What a process that reconciles again and again knows from one round to the next: a cache, and never the truth.

Each round looks at everything: folders, files, lists, inventory, config, secrets, who asks, and what lists leave out.
What is left out is to read, decode, check and compare the very same once more. A round without it gives the same plan.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from igz_apply.local import heap
from igz_apply.manifests.known_files import KnownFiles
from igz_apply.model.remembering import Remembering
from igz_apply.platform import Remembered

_SWEEP = 50  # rounds after which all that lives is looked through for what only refers to itself


class Memory:
    """One for a process; hand it to the session of each round, as `session.memory`, within `round`."""

    def __init__(self) -> None:
        self.files = KnownFiles()
        self.results = Remembering()
        self.of_the_plane = Remembered()
        self._rounds = 0
        heap.keep_together()

    @contextmanager
    def round(self) -> Iterator[None]:
        """Be around one round: what it does not ask for is forgotten after it, and so is all that may be a secret."""
        was_collecting = gc.isenabled()
        gc.disable()  # what a round builds are trees: to look for cycles meanwhile costs more than the round itself
        try:
            yield
        finally:
            self._turn()
            self._sweep()
            if was_collecting:
                gc.enable()

    def forget(self) -> None:
        """Know nothing, as after a start."""
        self.files.forget()
        self.results.forget()
        self.of_the_plane.forget()

    def _turn(self) -> None:
        self.files.turn()
        self.results.turn()
        self.of_the_plane.turn()

    def _sweep(self) -> None:
        """Take apart what only refers to itself; what stays is not looked through again, but for once in a while."""
        self._rounds += 1
        if self._rounds % _SWEEP == 0:
            gc.unfreeze()
        gc.collect()
        gc.freeze()
        heap.give_back()
