"""Serves the pages, on threads of its own, so that nobody who asks, however slowly, holds up a round."""

from __future__ import annotations

import errno
import logging
import socket
import threading
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.server import BaseWSGIServer, create_server
from waitress.task import WSGITask

from igz_apply.values import dataclass

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

THREADS = 2
CONNECTIONS = 256  # at most, of those that a process may hold open
ROOM = 200  # beyond these, the oldest are closed, so that others get in
AGE = 20.0  # seconds that one may last, in which Prometheus has given up by itself
_TURN = 0.5  # seconds
_MOST_HEADER, _MOST_BODY = 16 * 1024, 1024  # bytes
_STOP_SECONDS = 2
_NOT_HERE = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)


@dataclass(frozen=True, slots=True)
class Place:
    """Where to listen."""

    host: str
    port: int  # 0: whichever is free

    def __str__(self) -> str:
        """Return it as it is written in an address."""
        host = self.host or "0.0.0.0"  # every address of the machine
        return f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"


class _Task(WSGITask):  # type: ignore[misc] # waitress has no annotations
    """A request after which the connection ends: who keeps many open keeps none that others need."""

    def start(self) -> None:
        super().start()
        self.request.headers["CONNECTION"] = "close"  # as if it had been asked for


class _Channel(HTTPChannel):  # type: ignore[misc]
    task_class = _Task


class Server:
    """An application that listens; `place` is where."""

    def __init__(self, application: WSGIApplication, place: Place, age: float = AGE) -> None:
        """Begin to listen, and answer once `start` is called. Raises OSError where that is not possible."""
        self._age = age
        for name in ("waitress", "waitress.queue"):  # what clients do wrong is nothing that a person should act on
            logging.getLogger(name).setLevel(logging.CRITICAL)
        sockets = _bound(place)
        self.place = Place(place.host, sockets[0].getsockname()[1])
        self._map: dict[int, Any] = {}
        self._server = create_server(
            application,
            map=self._map,
            sockets=sockets,
            threads=THREADS,
            ident=None,
            connection_limit=CONNECTIONS,
            max_request_header_size=_MOST_HEADER,
            max_request_body_size=_MOST_BODY,
        )
        self._listeners = [each for each in self._map.values() if isinstance(each, BaseWSGIServer)]
        for each in self._listeners:
            each.channel_class = _Channel
        self._stop = threading.Event()
        # A daemon: the process ends without waiting for it, however it ends.
        self._thread = threading.Thread(target=self._run, name="watching", daemon=True)

    def start(self) -> None:
        """Answer from now on."""
        self._thread.start()

    def close(self) -> None:
        """Stop answering, and let the port go."""
        self._stop.set()
        self._listeners[0].pull_trigger()  # it waits for somebody to ask
        self._thread.join(_STOP_SECONDS)
        self._server.task_dispatcher.shutdown(timeout=_STOP_SECONDS)
        wasyncore.close_all(self._map)

    def _run(self) -> None:
        while not self._stop.is_set():
            self._close_old()
            # The limit of `select`, 1,024 files, is not that of `poll`.
            wasyncore.loop(timeout=_TURN, map=self._map, use_poll=True, count=1)

    def _close_old(self) -> None:
        """Close the connections that have lasted too long, and the oldest where there are too many.

        An activity now and then does not save one: who sends a byte each second would hold it for ever.
        """
        channels = sorted(
            (it for it in self._map.values() if isinstance(it, HTTPChannel)), key=lambda it: it.creation_time
        )
        latest = time.time() - self._age
        for number, channel in enumerate(channels):
            if channel.creation_time < latest or number < len(channels) - ROOM:
                channel.will_close = True


def _bound(place: Place) -> list[socket.socket]:
    """Return sockets of one port for every address of this machine that the host stands for. Raises OSError."""
    if not place.host and (both := _both(place.port)) is not None:
        return [both]
    sockets: list[socket.socket] = []
    missing: OSError | None = None
    for family, host in _addresses(place):
        port = sockets[0].getsockname()[1] if sockets else place.port
        try:
            sockets.append(_listening(family, host, port))
        except OSError as error:
            if error.errno not in _NOT_HERE:
                _close(sockets)
                raise
            missing = error  # localhost stands for ::1 also where there is none
    if not sockets:
        assert missing is not None, "a host stands for something"
        raise missing
    return sockets


def _addresses(place: Place) -> list[tuple[int, str]]:
    if not place.host:
        return [(socket.AF_INET, "")]
    found = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    return list(dict.fromkeys((family, str(address[0])) for family, _, _, _, address in found))


def _listening(family: int, host: str, port: int) -> socket.socket:
    both = family == socket.AF_INET6 and host == "::" and socket.has_dualstack_ipv6()
    return socket.create_server((host, port), family=family, dualstack_ipv6=both)


def _both(port: int) -> socket.socket | None:
    """Return a socket for all of IPv4 and IPv6; None where this machine has not got both."""
    if not socket.has_dualstack_ipv6():
        return None
    try:
        return _listening(socket.AF_INET6, "::", port)
    except OSError as error:
        if error.errno not in _NOT_HERE:
            raise
        return None


def _close(sockets: Iterable[socket.socket]) -> None:
    for each in sockets:
        each.close()
