"""The emulator: a world in a file, and the answer to each request."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from igz_apply.emulator.engine.faultfile import read_faults
from igz_apply.emulator.engine.gateway import Gateway
from igz_apply.emulator.engine.http_errors import EmulatorError, Refusal
from igz_apply.emulator.engine.record_store import Store
from igz_apply.emulator.engine.requestlog import RequestLog
from igz_apply.emulator.engine.table import ResourceType, types_of_version
from igz_apply.emulator.iguazio3 import bulk_load, effects, seed, sessions
from igz_apply.emulator.iguazio3.options import Options
from igz_apply.emulator.iguazio3.query import parse_query
from igz_apply.emulator.iguazio3.resource_tables import RESOURCES
from igz_apply.emulator.iguazio3.routes import BEHAVIOURS, Router
from igz_apply.emulator.iguazio3.world import Answer, Call, Request, World, new_ctx

LOGIN = ("POST", "api/sessions")


class Emulator:
    """A control plane. Threads may share it; it has none of its own.

    `wsgi` is the application that a server serves; `username`, `password` and `access_key` open it.
    """

    username = seed.ADMIN_USERNAME
    password = seed.ADMIN_PASSWORD
    access_key = seed.ADMIN_ACCESS_KEY

    def __init__(
        self,
        db: str | Path = ":memory:",
        options: Options = Options(),  # noqa: B008 - a frozen value
        resources: Sequence[ResourceType] = RESOURCES,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Open the state in `db`, which is made and seeded if it is new.

        `clock` gives seconds since the epoch. Raises EmulatorError when the file, the version or the resource
        types cannot be used, and FaultsError for a bad faults file.
        """
        options.check()
        self.options = options
        self.stopping = threading.Event()  # set when whoever waits on purpose should give up
        self.faults = read_faults(options.faults)
        self._clock = clock
        try:
            self._types = types_of_version(resources, options.version)
        except ValueError as error:
            raise EmulatorError(f"The emulator cannot be set up: {error}") from error
        self._router = Router(self._types.values())
        keys = {each.stored_as: each.key for each in self._types.values() if each.key}
        self.store = Store(db, keys)
        with self.store.transaction():
            if not seed.is_seeded(self._world()):
                seed.sow(self._world())
        try:
            self.wsgi = Gateway(self, RequestLog(options.log))
        except OSError as error:
            raise EmulatorError(f"The request log cannot be written: {error}") from error

    def close(self) -> None:
        """Close the files. What was acknowledged is kept."""
        self.stopping.set()
        self.wsgi.close()
        self.store.close()

    def load(self, document: bulk_load.Loadable) -> None:
        """Add the users, groups, projects and services of a document, usable at once.

        The document is the path of a YAML or JSON file, or the mapping itself; docs/emulator.md describes it.
        What exists by name already stays as it is. Raises LoadError, and then nothing has been added.
        """
        with self.store.transaction():
            bulk_load.load(self._world(), bulk_load.read(document))

    def answer(self, request: Request, *, shift: int = 0) -> Answer:
        """Answer one request of the API; errors are answers too. `shift` displaces the pages of a list."""
        world = replace(self._world(), shift=shift)
        try:
            answer = self._answer(world, request)
        except Refusal as refusal:
            answer = _error(refusal)
        except sqlite3.OperationalError as error:
            answer = _error(Refusal(503, f"The database is not available: {error}"))
        return _with_ctx(answer, world.ctx)

    def _answer(self, world: World, request: Request) -> Answer:
        with self.store.lock:
            self.settle()
            try:
                with self.store.transaction(writes=request.method != "GET"):
                    return self._dispatch(world, request)
            except Refusal as refusal:
                if refusal.status == 401 and _is_login(request):
                    with self.store.transaction():
                        sessions.record_failed_login(world, request)
                raise

    def _dispatch(self, world: World, request: Request) -> Answer:
        if _is_login(request):
            return sessions.login(world, request)
        caller = sessions.identify(world, request)
        try:
            handler = self._router.find(request.method, request.path)
            answer = handler(Call(world, request, parse_query(request.query), caller))
        except Refusal as refusal:
            refusal.user = caller.name
            raise
        return replace(answer, user=caller.name)

    def settle(self) -> None:
        """Let everything happen that is due by now: jobs that move and end."""
        world = self._world()
        with self.store.lock:
            if self.store.has_due_timer(world.now):
                with self.store.transaction():
                    effects.settle(world)

    def _world(self) -> World:
        return World(self.store, self._types, BEHAVIOURS, self.options, self.faults, self._clock(), new_ctx())


def _is_login(request: Request) -> bool:
    return (request.method, request.path.strip("/")) == LOGIN


def _error(refusal: Refusal) -> Answer:
    document: dict[str, Any] = {"errors": [{"status": refusal.status, "detail": refusal.detail}]}
    return Answer(refusal.status, document, user=refusal.user)


def _with_ctx(answer: Answer, ctx: str) -> Answer:
    if answer.document is None:
        return answer
    meta = {"ctx": ctx, **answer.document.get("meta", {})}
    return replace(answer, document={**answer.document, "meta": meta})
