"""Pieces of work shared with child processes, as many as there are processors to run them.

Reading YAML keeps one processor busy, and threads would share it. Which piece is whose is settled by a pipe full of
tokens, from which every process takes the next when it is done with one: so none waits, however uneven they are.

A child only ever saves time. Where there can be none, or one ends badly, the caller is left with more pieces to do.
"""

from __future__ import annotations

import marshal
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any

_MOST_CHILDREN = 3  # beyond that, handing over the results costs what reading in parallel saves

_ENDINGS = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))
_SIGNALS = (signal.SIGINT, *_ENDINGS)
Work = Callable[[int], Any]
"""A piece's index -> its result, made of what `marshal` takes: None, bool, int, float, str, list, tuple and dict."""


class Shared:
    """Pieces 0 to `pieces` - 1, on which children work from now on, and the caller with `take`.

    There are at most 256: a token is a byte, and all of them have to fit into a pipe at once.

    Use it as a context: when it ends, no child is left.
    """

    def __init__(self, work: Work, pieces: int) -> None:
        self._tokens, full = os.pipe()
        os.write(full, bytes(range(pieces)))
        os.close(full)
        self._children: list[tuple[int, int]] = []  # process, and the pipe that it answers into
        if children := _spare_processors():
            self._begin(work, children)

    def take(self) -> Iterator[int]:
        """Yield pieces for the caller to do, until nobody has any left to begin."""
        while token := os.read(self._tokens, 1):
            yield token[0]

    def results(self) -> dict[int, Any]:
        """Wait for the children, and return the results that they have to offer, by piece."""
        found: dict[int, Any] = {}
        while self._children:
            process, answer = self._children[-1]
            with open(answer, "rb", closefd=False) as stream:
                content = stream.read()
            self._end_last(process, answer)
            try:
                found.update(marshal.loads(content))
            except (EOFError, ValueError, TypeError):  # it came to a bad end
                continue
        return found

    def __enter__(self) -> Shared:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End all children."""
        while self._children:
            process, answer = self._children[-1]
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
            self._end_last(process, answer)
        os.close(self._tokens)

    def _begin(self, work: Work, children: int) -> None:
        held = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)  # a child must not act on one as if it were we
        try:
            try:
                with suppress(OSError):  # where the system allows no more processes, the caller has more to do
                    for _ in range(children):
                        self._children.append(self._fork(work, held))
            finally:
                signal.pthread_sigmask(signal.SIG_SETMASK, held)
        except BaseException:  # a signal that came meanwhile
            self.close()
            raise

    def _fork(self, work: Work, held: set[Any]) -> tuple[int, int]:
        """Return a new child, and the pipe that it answers into. Raises OSError where there can be none."""
        receiving, sending = os.pipe()
        try:
            process = os.fork()
            if process == 0:
                ours = [receiving, *(answer for _, answer in self._children)]
                _serve(work, self._tokens, sending, ours, held)
        except OSError:
            os.close(receiving)
            raise
        finally:
            os.close(sending)
        return process, receiving

    def _end_last(self, process: int, answer: int) -> None:
        """Take leave of the last child."""
        self._children.pop()
        os.close(answer)
        with suppress(ChildProcessError):  # where our own parent had it that nobody asks after children
            os.waitpid(process, 0)


def _spare_processors() -> int:
    """Return how many children are of use; 0 where forking is not safe: not on Linux, or beside other threads."""
    if sys.platform != "linux" or threading.active_count() > 1:
        return 0
    return min(len(os.sched_getaffinity(0)) - 1, _MOST_CHILDREN)


def _serve(work: Work, tokens: int, sending: int, ours: Sequence[int], held: set[Any]) -> None:
    """Be the child: work, answer, and end without anything of what the parent does at its end.

    It closes what is `ours`, the parent's ends of pipes: as long as anybody holds such an end open, who writes into the
    other one is not told that the parent is gone.
    """
    code = 1
    try:
        for end in ours:
            os.close(end)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # it reaches the whole group: the parent decides
        for ending in _ENDINGS:
            if signal.getsignal(ending) != signal.SIG_IGN:
                signal.signal(ending, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, held)
        found: dict[int, Any] = {}
        while token := os.read(tokens, 1):
            found[token[0]] = work(token[0])
        with open(sending, "wb") as stream:
            marshal.dump(found, stream)
        code = 0
    finally:
        os._exit(code)
