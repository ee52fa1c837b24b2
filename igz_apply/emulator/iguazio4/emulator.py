"""The emulator of Iguazio 4: the engine with the platform's routes, tokens and seed."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from igz_apply.emulator.engine import loadable
from igz_apply.emulator.engine.emulation import Character, Emulation
from igz_apply.emulator.engine.http_errors import EmulatorError, Refusal
from igz_apply.emulator.engine.messages import Answer, Request
from igz_apply.emulator.engine.record_store import attribute_column
from igz_apply.emulator.engine.router import Router
from igz_apply.emulator.engine.serving import ListeningServer
from igz_apply.emulator.engine.timers import Action
from igz_apply.emulator.iguazio4 import bulk_load, membership, overview, projects, seed, tokens
from igz_apply.emulator.iguazio4.answer_form import FORM, unknown_path, wrong_method
from igz_apply.emulator.iguazio4.executions import JOBS
from igz_apply.emulator.iguazio4.options import Options
from igz_apply.emulator.iguazio4.project_life import EFFECTS, FOLLOWERS
from igz_apply.emulator.iguazio4.routes import OPEN_PATHS, routes_of
from igz_apply.emulator.iguazio4.secret_places import MASK
from igz_apply.emulator.iguazio4.world import Call, Caller, Visit, World, known_name

BROWSER = "/igz"  # before the paths that a dashboard serves to browsers (section 3.1)
KEYS = {"user": "username", "group": "path", "policy": "key", "project": "name"}
INDEXES = {
    "email": attribute_column("email"),
    "project": attribute_column("project"),
    "name": attribute_column("name"),
    "correlation": attribute_column("correlationId"),
}
CHARACTER = Character(
    FORM,
    roots=("/api/", f"{BROWSER}/", "/emulator/"),
    mask=MASK,
    indexes=INDEXES,
    fault_sections=(FOLLOWERS, projects.EDITS, tokens.FAULTY),
)


class Emulator(Emulation[World]):
    """A control plane of Iguazio 4. Threads may share it; it has none of its own.

    `wsgi` is the application that a server serves; `offline_token` is what the administrator logs in with.
    """

    options: Options
    username = seed.ADMIN_USERNAME
    offline_token = seed.ADMIN_OFFLINE_TOKEN

    def __init__(
        self,
        db: str | Path = ":memory:",
        options: Options = Options(),  # noqa: B008 - a frozen value
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Open the state in `db`, which is made and seeded if it is new.

        `clock` gives seconds since the epoch. Raises EmulatorError when the file or an option cannot be used, and
        FaultsError for a bad faults file.
        """
        options.check()
        self._router = Router(routes_of(options))
        super().__init__(db, options, CHARACTER, KEYS, clock)

    def load(self, document: loadable.Loadable) -> None:
        """Add the users, groups and projects of a document, usable at once.

        The document is the path of a YAML or JSON file, or the mapping itself; docs/emulator-4.md describes it.
        What exists by name already stays as it is. Raises LoadError, and then nothing has been added.
        """
        with self.store.transaction():
            bulk_load.load(self.world(), loadable.read(document, bulk_load.KEYS))

    def issue_offline_token(self, username: str) -> str:
        """Return a new offline token of a user, as if the user had logged in. Raises EmulatorError if there is none."""
        with self.store.transaction():
            user = self.store.by_name("user", known_name(self.options, username))
            if user is None:
                raise EmulatorError(f"There is no user {username}")
            return tokens.issue(self.world(), user)

    def expire_tokens(self) -> None:
        """Let every access token that was given be expired; offline tokens stay."""
        with self.store.transaction():
            tokens.expire_access_tokens(self.world())

    def edit_project(self, name: str) -> None:
        """Change a project as somebody else would, between two calls of a client: its witness is another one then."""
        with self.store.transaction():
            projects.edit_as_another(self.world(), name)

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
        )

    def sow(self, world: World) -> None:
        """Put the administrator and the policies into a new store."""
        if not seed.is_seeded(world):
            seed.sow(world)

    def respond(self, world: World, request: Request) -> Answer:
        """Answer what is open to all, or what a caller who is known asks for. Raises Refusal."""
        if request.path.startswith(f"{BROWSER}/"):
            request = replace(request, path=request.path.removeprefix(BROWSER))
        handler = self._handler(request)
        if request.path.strip("/") in OPEN_PATHS:
            return handler(Visit(world, request))
        user, session = tokens.identify(world, request)
        caller = Caller(user, membership.rights_of(world, user), session)
        try:
            answer = handler(Call(world, request, caller))
        except Refusal as refusal:
            refusal.user = caller.name
            raise
        return replace(answer, user=caller.name)

    def _handler(self, request: Request) -> Callable[[Any], Answer]:
        """Return what answers a request. Raises Refusal in the form of the gateway, which routes."""
        try:
            return self._router.find(request.method, request.path)
        except Refusal as refusal:
            known = refusal.status != 404
            raise (wrong_method(self.options.wrong_method) if known else unknown_path()) from refusal

    def after_refusal(self, world: World, request: Request, refusal: Refusal) -> None:  # noqa: ARG002
        """Let the change that came before a write be there, once the write is refused."""
        if isinstance(refusal, projects.ForeignEdit):
            with self.store.transaction():
                projects.edit_as_another(world, refusal.project)

    @property
    def actions(self) -> Mapping[str, Action[World]]:
        """Return what timers do: executions that move and end."""
        return JOBS.actions(EFFECTS)

    def page(self) -> str:
        """Return the page for a browser, as HTML."""
        self.settle()
        return overview.page(self.world()).render()


class Server(ListeningServer):
    """An emulator that listens. `url` is where; the rest is what opens it."""

    def __init__(self, emulator: Emulator, host: str, port: int) -> None:
        """Begin to listen; port 0 takes a free one. Raises EmulatorError if that is not possible."""
        super().__init__(emulator.wsgi, emulator.stopping, host, port)
        self.username, self.offline_token = emulator.username, emulator.offline_token
        self.emulator = emulator

    @property
    def connection(self) -> Mapping[str, str]:
        """Return the variables of a shell that connects, by name, the address first."""
        return {**super().connection, "IGZ_OFFLINE_TOKEN": self.offline_token}
