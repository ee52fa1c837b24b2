"""An emulated API as one object: a world in a file, and the answer to each request."""

from __future__ import annotations

import sqlite3
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Generic

from igz_apply.emulator.engine import timers
from igz_apply.emulator.engine.encoded import plain
from igz_apply.emulator.engine.faultfile import read_faults
from igz_apply.emulator.engine.gateway import Gateway
from igz_apply.emulator.engine.http_errors import EmulatorError, Refusal
from igz_apply.emulator.engine.messages import Answer, AnswerForm, Request
from igz_apply.emulator.engine.record_store import Snapshot, Store
from igz_apply.emulator.engine.requestlog import Mask, RequestLog
from igz_apply.emulator.engine.switches import EngineOptions
from igz_apply.emulator.engine.timers import Action
from igz_apply.emulator.engine.world import W


@dataclass(frozen=True, slots=True)
class Character:
    """What is true of one API, however it is set up."""

    form: AnswerForm
    roots: tuple[str, ...]  # the beginnings of its paths, the API's own first; the rest is for browsers
    mask: Mask  # what the request log hides
    indexes: Mapping[str, str]  # by name, the SQL of what records are looked up by
    fault_sections: tuple[str, ...] = ()  # of a faults file, beyond those that the engine knows


class Emulation(ABC, Generic[W]):
    """An emulated API. Threads may share it; it has none of its own.

    `wsgi` is the application that a server serves.
    """

    options: EngineOptions

    def __init__(
        self,
        db: str | Path,
        options: EngineOptions,
        character: Character,
        keys: Mapping[str, str],
        clock: Callable[[], float],
    ) -> None:
        """Open the state in `db`, which is made and sown if it is new.

        `keys` names the unique attribute of each type of record that has one; `clock` gives seconds since the epoch.
        Raises EmulatorError when a file cannot be used, and FaultsError for a bad faults file.
        """
        self.options = options
        self.stopping = threading.Event()  # set when whoever waits on purpose should give up
        self.form, self.roots = character.form, character.roots
        self.faults = read_faults(options.faults, character.fault_sections)
        self._clock = clock
        self.store = Store(db, keys, character.indexes)
        with self.store.transaction():
            self.sow(self.world())
        try:
            self.wsgi = Gateway(self, RequestLog(options.log, character.mask))
        except OSError as error:
            raise EmulatorError(f"The request log cannot be written: {error}") from error

    @abstractmethod
    def world(self, shift: int = 0) -> W:
        """Return the world at this moment, for one request."""

    @abstractmethod
    def sow(self, world: W) -> None:
        """Put what an emulator holds at first into the store, unless it is there."""

    @abstractmethod
    def respond(self, world: W, request: Request) -> Answer:
        """Answer one request, in a transaction. Raises Refusal, and then nothing has happened."""

    def after_refusal(self, world: W, request: Request, refusal: Refusal) -> None:
        """Act on a refusal, once what its request had begun is rolled back."""

    @property
    @abstractmethod
    def actions(self) -> Mapping[str, Action[W]]:
        """Return what timers do."""

    @abstractmethod
    def page(self) -> str:
        """Return the page for a browser, as HTML."""

    def close(self) -> None:
        """Close the files. What was acknowledged is kept."""
        self.stopping.set()
        self.wsgi.close()
        self.store.close()

    def snapshot(self) -> Snapshot:
        """Return the state as it is now. A test that begins by restoring it needs no emulator of its own."""
        return self.store.snapshot()

    def restore(self, snapshot: Snapshot) -> None:
        """Put the state of a snapshot back, as often as wanted; what the faults have counted stays counted."""
        self.store.restore(snapshot)

    def answer(self, request: Request, *, shift: int = 0) -> Answer:
        """Answer one request of the API; errors are answers too. `shift` displaces the pages of a list."""
        answer = self.encoded_answer(request, shift=shift)
        return replace(answer, document=plain(answer.document))

    def encoded_answer(self, request: Request, *, shift: int = 0) -> Answer:
        """Answer as `answer` does, in the form in which it is sent: parts of the document may be text already."""
        world = self.world(shift)
        try:
            answer = self._answer(world, request)
        except Refusal as refusal:
            answer = self._error(refusal)
        except sqlite3.OperationalError as error:
            answer = self._error(Refusal(503, f"The database is not available: {error}"))
        if answer.document is None:
            return answer
        return replace(answer, document=self.form.stamped(answer.document, world.ctx))

    def _answer(self, world: W, request: Request) -> Answer:
        with self.store.lock:
            self.settle()
            try:
                with self.store.transaction(writes=request.method != "GET"):
                    return self.respond(world, request)
            except Refusal as refusal:
                self.after_refusal(world, request, refusal)
                raise

    def _error(self, refusal: Refusal) -> Answer:
        document = refusal.document or self.form.error(refusal.status, refusal.detail)
        return Answer(refusal.status, document, refusal.headers, user=refusal.user)

    def settle(self) -> None:
        """Let everything happen that is due by now."""
        with self.store.lock:
            if self.store.has_due_timer(self._clock()):
                with self.store.transaction():
                    timers.settle(self.world(), self.actions)
