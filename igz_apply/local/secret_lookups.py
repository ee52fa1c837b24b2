"""Secrets that have to be asked for, each once a run and all at the same time; kept in memory alone."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, as_completed
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from igz_apply.local.programs import Leash
from igz_apply.local.secret_commands import SecretCommands
from igz_apply.local.secret_stores import SecretStores
from igz_apply.model.allowed_sources import AllowedSources
from igz_apply.model.resources import SecretRef
from igz_apply.ports import StoreOptions, Unread

TIMEOUT = 30.0  # seconds, of a command and of a store's answer

logger = logging.getLogger(__name__)

Found = Mapping[SecretRef, str | Unread]


class Deadline(Protocol):
    """What the whole run is given."""

    @property
    def left(self) -> float:
        """Seconds until it is reached."""

    def reached(self, meanwhile: str) -> Exception:
        """Return what is raised then."""


class SecretLookups:
    """Runs commands and asks stores; what was found, or why not, holds for the whole run."""

    __slots__ = ("_commands", "_deadline", "_found", "_leash", "_lock", "_most", "_stores")

    def __init__(
        self,
        allowed: AllowedSources,
        environ: Mapping[str, str],
        folder: Path,
        *,
        timeout: float = TIMEOUT,
        parallelism: int = 10,
        deadline: Deadline | None = None,
        leash: Callable[[], Leash] = Leash,
    ) -> None:
        """`leash` makes what holds the commands: whoever keeps it can end them."""
        self._commands = SecretCommands(allowed, environ, folder, timeout)
        self._stores = SecretStores(allowed, environ, StoreOptions(timeout, parallelism))
        self._most = parallelism
        self._deadline = deadline
        self._leash = leash
        self._lock = threading.Lock()
        self._found: dict[SecretRef, str | Unread] = {}

    def __repr__(self) -> str:
        return f"SecretLookups({len(self._found)} looked up)"

    def look(self, refs: Iterable[SecretRef]) -> None:
        """Look all of these up that have not been; those that lie elsewhere are left alone.

        Raises InvalidInput where what asks a store is broken, and what the deadline says once that is reached. When
        something is raised, no command runs on.
        """
        with self._lock:
            wanted = [ref for ref in dict.fromkeys(refs) if ref.is_looked_up and ref not in self._found]
            if not wanted:
                return
            leash = self._leash()
            try:
                left = None if self._deadline is None else self._deadline.left
                for found in _at_once(list(self._questions(wanted, leash)), self._most, left):
                    self._found.update(found)
            except FutureTimeout:
                assert self._deadline is not None, "nothing else stops the wait"
                raise self._deadline.reached("secrets were looked up") from None
            finally:
                leash.pull()
        for ref in wanted:
            result = self._found[ref]
            logger.debug("%s: %s", ref, result.why if isinstance(result, Unread) else "read")

    def found(self, ref: SecretRef) -> str | Unread:
        """Return the secret, or why there is none."""
        if ref not in self._found:
            self.look([ref])
        return self._found[ref]

    def _questions(self, wanted: Sequence[SecretRef], leash: Leash) -> Iterator[Callable[[], Found]]:
        """Yield what there is to do: a run for each command, and one question for all that is wanted of a store."""
        by_store: dict[str, list[SecretRef]] = {}
        for ref in wanted:
            if ref.from_command:
                yield lambda ref=ref: {ref: self._commands.read(ref.from_command, leash)}  # type: ignore[misc]
            else:
                by_store.setdefault(ref.from_store, []).append(ref)
        for name, refs in by_store.items():
            yield lambda name=name, refs=refs: self._asked(name, refs)  # type: ignore[misc]

    def _asked(self, name: str, refs: Sequence[SecretRef]) -> Found:
        found = self._stores.read(name, [ref.key for ref in refs])
        return {ref: found[ref.key] for ref in refs}


def _at_once(questions: Sequence[Callable[[], Found]], most: int, seconds: float | None) -> Iterator[Found]:
    """Yield the answers as they come to questions of which so many are asked at the same time.

    Raises what the first that fails has raised, whatever still runs; FutureTimeout after so many seconds.

    In threads that do not keep the process alive: a store that does not answer must not hold up who interrupts us.
    """
    futures: list[Future[Found]] = [Future() for _ in questions]
    waiting: queue.SimpleQueue[tuple[Future[Found], Callable[[], Found]]] = queue.SimpleQueue()
    for pair in zip(futures, questions, strict=True):
        waiting.put(pair)

    def work() -> None:
        with suppress(queue.Empty):
            while True:
                future, question = waiting.get_nowait()
                try:
                    future.set_result(question())
                except BaseException as error:
                    future.set_exception(error)

    for _ in range(min(most, len(questions))):
        threading.Thread(target=work, daemon=True, name="secrets").start()
    for future in as_completed(futures, seconds):
        yield future.result()
