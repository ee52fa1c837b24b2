"""The emulator of Iguazio 3: the engine with the platform's tables, routes, logins and seed."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from igz_apply.emulator.engine import loadable
from igz_apply.emulator.engine.emulation import Character, Emulation
from igz_apply.emulator.engine.http_errors import EmulatorError, Refusal
from igz_apply.emulator.engine.messages import Answer, Request
from igz_apply.emulator.engine.router import Router
from igz_apply.emulator.engine.serving import ListeningServer
from igz_apply.emulator.engine.table import types_of_version
from igz_apply.emulator.engine.timers import Action
from igz_apply.emulator.iguazio3 import bulk_load, effects, overview, seed, sessions
from igz_apply.emulator.iguazio3.answer_form import FORM
from igz_apply.emulator.iguazio3.deployment import FAULTY, UNRESTARTED
from igz_apply.emulator.iguazio3.options import Options
from igz_apply.emulator.iguazio3.principals import INDEXES
from igz_apply.emulator.iguazio3.query import parse_query
from igz_apply.emulator.iguazio3.resource_tables import RESOURCES
from igz_apply.emulator.iguazio3.resource_type import ResourceType
from igz_apply.emulator.iguazio3.routes import BEHAVIOURS, routes_of
from igz_apply.emulator.iguazio3.secret_places import MASK
from igz_apply.emulator.iguazio3.world import Call, World

LOGIN = ("POST", "api/sessions")
CHARACTER = Character(
    FORM, roots=("/api", "/emulator/"), mask=MASK, indexes=INDEXES, fault_sections=(FAULTY, UNRESTARTED)
)


class Emulator(Emulation[World]):
    """A control plane. Threads may share it; it has none of its own.

    `wsgi` is the application that a server serves; `username`, `password` and `access_key` open it.
    """

    options: Options
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
        try:
            self._types = types_of_version(resources, options.version)
        except ValueError as error:
            raise EmulatorError(f"The emulator cannot be set up: {error}") from error
        self._router = Router(routes_of(self._types.values()))
        keys = {each.stored_as: each.key for each in self._types.values() if each.key}
        super().__init__(db, options, CHARACTER, keys, clock)

    def load(self, document: loadable.Loadable) -> None:
        """Add the users, groups, projects and services of a document, usable at once.

        The document is the path of a YAML or JSON file, or the mapping itself; docs/emulator.md describes it.
        What exists by name already stays as it is. Raises LoadError, and then nothing has been added.
        """
        with self.store.transaction():
            bulk_load.load(self.world(), loadable.read(document, bulk_load.KEYS))

    def listen(self, host: str, port: int) -> Server:
        """Begin to listen; port 0 takes a free one. Raises EmulatorError if that is not possible."""
        return Server(self, host, port)

    def world(self, shift: int = 0) -> World:
        """Return the world at this moment, for one request."""
        return World(
            store=self.store,
            options=self.options,
            faults=self.faults,
            now=self._clock(),
            ctx=self.form.new_ctx(),
            shift=shift,
            types=self._types,
            behaviours=BEHAVIOURS,
        )

    def sow(self, world: World) -> None:
        """Put the predefined principals and records into a new store."""
        if not seed.is_seeded(world):
            seed.sow(world)

    def respond(self, world: World, request: Request) -> Answer:
        """Answer a login, or what a caller who is known asks for. Raises Refusal."""
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

    def after_refusal(self, world: World, request: Request, refusal: Refusal) -> None:
        """Leave an event about a login that has failed."""
        if refusal.status == 401 and _is_login(request):
            with self.store.transaction():
                sessions.record_failed_login(world, request)

    @property
    def actions(self) -> Mapping[str, Action[World]]:
        """Return what timers do: jobs that move and end, and what else comes later."""
        return effects.ACTIONS

    def page(self) -> str:
        """Return the page for a browser, as HTML."""
        self.settle()
        return overview.page(self.store, self.options.version).render()


def _is_login(request: Request) -> bool:
    return (request.method, request.path.strip("/")) == LOGIN


class Server(ListeningServer):
    """An emulator that listens. `url` is where; the rest is what opens it."""

    def __init__(self, emulator: Emulator, host: str, port: int) -> None:
        """Begin to listen; port 0 takes a free one. Raises EmulatorError if that is not possible."""
        super().__init__(emulator.wsgi, emulator.stopping, host, port)
        self.username, self.password = emulator.username, emulator.password
        self.access_key = emulator.access_key
        self.emulator = emulator

    @property
    def connection(self) -> Mapping[str, str]:
        """Return the variables of a shell that connects, by name, the address first."""
        return {
            **super().connection,
            "V3IO_USERNAME": self.username,
            "V3IO_PASSWORD": self.password,
            "V3IO_ACCESS_KEY": self.access_key,
        }
