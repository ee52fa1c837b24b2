"""A client that can only read: it has no method that changes anything."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar
from urllib.parse import quote

from igz_apply.controlplane import paging
from igz_apply.controlplane.api_answers import Answer
from igz_apply.controlplane.caller import Identity, PlaneConnection, as_text, ask_version, policies_of, verify
from igz_apply.controlplane.client_arguments import (
    access_key_credentials,
    password_credentials,
    resolve_credentials,
    resolve_endpoint,
    resolve_verification,
)
from igz_apply.controlplane.errors import ReadsOnly
from igz_apply.controlplane.job_polling import DEFAULT_TIMEOUT, Polling
from igz_apply.controlplane.json_api import JsonApi
from igz_apply.controlplane.logins import Credentials, named
from igz_apply.http.backoff import Backoff
from igz_apply.http.connection import Connection, Settings
from igz_apply.http.transport import Transport
from igz_apply.http.watching import CallWatcher
from igz_apply.version import __version__

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from typing_extensions import Self

    from igz_apply.controlplane.background_jobs import Job
    from igz_apply.http.known_pages import KnownPages

T = TypeVar("T")

# What Client has beyond this class.
_WRITES = frozenset({"call", "request", "create", "update", "delete", "delete_by_attribute", "read_only"})


class ReadOnlyClient:
    """Reads from a control plane. One client may be used by many threads.

    Arguments win over the environment; empty ones count as not given:
    - `endpoint`: V3IO_API, then the platform's own service inside its application cluster. Https if it has no scheme.
    - `access_key`: V3IO_ACCESS_KEY; or `username` and `password`: V3IO_USERNAME and V3IO_PASSWORD. An access key and a
      password given together are refused; from the environment alone the access key is used.
    - `timeout`: seconds for each attempt of a call, from connecting to the last byte of its answer.
    - `retries`: attempts after the first, for what is safe to send again.
    - `logger`: used as it is given; None means `logging.getLogger("igz_apply.controlplane")`. No body is ever logged.
    - `ca_file`, `verify`: TLS certificates are checked, against `ca_file` where it is given, unless `verify` is False.
    - `pool_size`: connections that are kept open; more threads than that still work.
    - `on_throttle`: told the pause, in seconds, whenever the server asks to slow down (429, 503 with Retry-After).
    - `backoff`, `polling`: the pauses between attempts, and between two looks at a job.
    - `transport`: carries each request, instead of connections of our own; `ca_file`, `verify`, `pool_size` and proxies
      are then its own affair. `close()` closes it.
    - `watchers`: told of each attempt of a call, by the thread that makes it.
    - `known`: the pages of lists that came before, for whoever reads the same lists again and again.

    Nothing is sent before the first call. With a password, the session is opened by `login()` or the first call, and
    opened again when it has expired; the password is therefore held, masked, until `close()`. Raises
    ConfigurationError.
    """

    def __init__(
        self,
        *,
        endpoint: str = "",
        access_key: str = "",
        username: str = "",
        password: str = "",
        timeout: float = 60.0,
        retries: int = 4,
        logger: logging.Logger | None = None,
        ca_file: str | None = None,
        verify: bool = True,
        pool_size: int = 16,
        on_throttle: Callable[[float], None] | None = None,
        backoff: Backoff | None = None,
        polling: Polling | None = None,
        transport: Transport | None = None,
        watchers: Sequence[CallWatcher] = (),
        known: KnownPages | None = None,
    ) -> None:
        environ = os.environ
        credentials = resolve_credentials(access_key=access_key, username=username, password=password, environ=environ)
        settings = Settings(
            endpoint=resolve_endpoint(endpoint, environ),
            timeout=timeout,
            retries=retries,
            verify=resolve_verification(verify, ca_file, environ),
            pool_size=pool_size,
            agent=f"igz-apply/{__version__}",
        )
        connection: PlaneConnection = Connection(
            settings,
            JsonApi(known),
            credentials,
            logger=logger or logging.getLogger("igz_apply.controlplane"),
            backoff=backoff or Backoff(),
            on_throttle=on_throttle,
            transport=transport,
            watchers=watchers,
        )
        self._use(connection, polling or Polling())

    def _use(self, connection: PlaneConnection, polling: Polling) -> None:
        self._connection = connection
        self._polling = polling
        self._lock = threading.Lock()
        self._identity: Identity | None = None
        self._version: str | None = None
        self._version_asked = False

    def __repr__(self) -> str:
        return f"{type(self).__name__}(endpoint={self.endpoint!r}, username={self._given_username!r})"

    def __getattr__(self, name: str) -> NoReturn:
        """Say of a method that writes why it is not here, whoever asks for it. Raises ReadsOnly, AttributeError."""
        if name in _WRITES:
            raise ReadsOnly(f"This client only reads, and has no {name!r}")
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections and forget the credentials; the client is of no use afterwards."""
        self._connection.close()

    def login(self, *, username: str = "", password: str = "") -> None:
        """Open a session now, and so learn at once whether the password is right.

        With an access key there is nothing to send. A password given here, with its username unless the client knows
        one, replaces the credentials. Raises Unauthorised, ConfigurationError, and whatever a call raises.
        """
        if password:
            self._become(password_credentials(username or self._given_username, password))
        self._connection.authentication.prove()

    def with_access_key(self, access_key: str) -> Self:
        """Act with this access key from now on, and return the client itself."""
        self._become(access_key_credentials(access_key, self._given_username))
        return self

    @property
    def endpoint(self) -> str:
        """The address of the control plane, without /api."""
        return self._connection.settings.endpoint

    @property
    def logger(self) -> logging.Logger:
        """Where this client logs."""
        return self._connection.logger

    @property
    def polling(self) -> Polling:
        """How often this client looks at what it waits for."""
        return self._polling

    @property
    def username(self) -> str:
        """The caller's username, as the server knows it; asked once."""
        return self._verified().username

    @property
    def tenant_id(self) -> str | None:
        """The id of the caller's tenant, None if the server does not say; asked once."""
        return self._verified().tenant_id

    @property
    def user_id(self) -> str | None:
        """The id of the caller; asked once. None only if the server does not say."""
        known = self._verified().user_id
        return known if known is not None else as_text(self.get("self").record.get("id"))

    @property
    def policies(self) -> frozenset[str]:
        """The caller's management policies, with those of the caller's groups; asked each time, for they change."""
        answer = self.get("self")  # with a parameter it is refused here and there (section 8)
        identity = as_text(answer.record.get("id"))
        if identity is None:
            raise answer.invalid("it does not say who is calling")
        return policies_of(self.get(f"users/{quote(identity, safe='')}", params={"include": "user_groups"}))

    @property
    def version(self) -> str | None:
        """The platform's version as `3.5.5`, None if no node tells it; asked once (wire reference, section 4.4).

        None is a real case (the route may be closed): decide what to do without the version rather than assume one.
        Raises what any call raises if the control plane cannot be reached, or does not accept the caller.
        """
        with self._lock:
            if not self._version_asked:
                self._version = ask_version(self._connection)
                self._version_asked = True
            return self._version

    def get(
        self,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> Answer:
        """Read one path below /api, such as `users/123`. Raises ControlPlaneError."""
        return self._connection.call("GET", path, params=params, headers=headers, timeout=timeout)

    def pages(
        self,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        size: int = 200,
        concurrency: Executor | None = None,
    ) -> Iterator[Answer]:
        """Yield all pages of a list, in order, once the whole of it has been read consistently.

        With `concurrency`, pages after the first are fetched on that executor, a few ahead (it must not be one whose
        workers all wait for this). A list that changed meanwhile is read again, three times in all; then, and
        if the server cut it short, IncompleteList is raised and nothing is yielded.
        """
        return self.kept_pages(lambda answer: answer, path, params=params, size=size, concurrency=concurrency)

    def kept_pages(
        self,
        keep: Callable[[Answer], T],
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        size: int = 200,
        concurrency: Executor | None = None,
        unread: frozenset[str] = frozenset(),
    ) -> Iterator[T]:
        """Yield what `keep` makes of each page, as `pages` yields them; the bodies of a long list take much memory.

        It is called for every page as it is read, once for each reading. `unread` names what is not looked at, and may
        be left out: "included", for some linkage shows only where it is asked to come along, and "links", which stands
        for all that a record has beyond its id, type, attributes and relationships; and "known", for all that a record
        has beyond id and type on a page that came before, of which `page.made` of the answer is what `keep` has made.
        """

        def reading() -> Iterator[T]:
            fetch = partial(self._page, path, unread=unread)
            return map(keep, paging.read_pages(fetch, params, size, concurrency))

        yield from paging.read_whole_list(reading)

    def stream(
        self,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        size: int = 200,
        concurrency: Executor | None = None,
    ) -> Iterator[Answer]:
        """Yield the pages of a list as they are read, holding none of them.

        What `pages` repairs by reading again is raised here where it shows: IncompleteList may come after some pages.
        """
        return paging.read_pages(partial(self._page, path), params, size, concurrency)

    def _page(self, path: str, params: Mapping[str, Any], unread: frozenset[str] = frozenset()) -> Answer:
        answer = self._connection.call("GET", path, params=params, unread=unread)
        if "included" in unread and isinstance(answer.body, dict):
            answer.body.pop("included", None)
        return answer

    def wait_for_job(
        self,
        job_id: str,
        *,
        timeout: float = DEFAULT_TIMEOUT,
        on_poll: Callable[[Job], None] | None = None,
        vanished_is_done: bool = False,
        polling: Polling | None = None,
    ) -> Job:
        """Wait until a job has completed, and return it.

        `timeout` is in seconds; `on_poll` is given the job at each look. Raises JobFailed with the platform's own
        message, JobTimeout, JobVanished (unless `vanished_is_done`, for the job of a delete), and at once whatever
        else the looking raises, but for trouble of the server, which is waited out.
        """
        from igz_apply.controlplane.background_jobs import wait_for_job  # a plan needs no resource

        return wait_for_job(
            self,
            str(job_id),
            timeout=timeout,
            on_poll=on_poll,
            vanished_is_done=vanished_is_done,
            polling=polling,
        )

    def detail(self, resource_name: str, resource_id: str | int, **kwargs: Any) -> Any:
        """Return the body of one resource; `resource_name` is the plural in the path. Keywords as in `get`."""
        return self.get(f"{resource_name}/{quote(str(resource_id), safe='@')}", **kwargs).body

    def list(self, resource_name: str, **kwargs: Any) -> Any:
        """Return the body of one page of a list; `resource_name` is the plural in the path. Keywords as in `get`."""
        return self.get(resource_name, **kwargs).body

    def mask(self, secrets: Iterable[str]) -> None:
        """Mask these too in whatever the server says from now on, besides what calls carry."""
        self._connection.mask(secrets)

    @property
    def _given_username(self) -> str | None:
        """The username that was given, or learned for an access key; None if there is none."""
        credentials = self._connection.authentication.credentials
        return credentials.username if credentials is not None else None

    def _become(self, credentials: Credentials) -> None:
        self._connection.authentication.replace(credentials)
        self._use(self._connection, self._polling)

    def _verified(self) -> Identity:
        with self._lock:
            if self._identity is None:
                self._identity = verify(self._connection)
                self._connection.authentication.edit(named(self._identity.username))
            return self._identity
