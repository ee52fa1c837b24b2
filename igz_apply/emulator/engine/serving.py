"""An emulator of whatever API over HTTP: on a thread while a block runs, or until a signal comes."""

from __future__ import annotations

import shlex
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol, TypeVar

from igz_apply.emulator.engine.server import HttpServer, run_until_signal, running, share_one_heap


class ListeningServer(HttpServer):
    """A server that says how to connect to it; each API adds what opens it."""

    @property
    def connection(self) -> Mapping[str, str]:
        """Return the variables of a shell that connects, by name, the address first."""
        return {"IGZ_ENDPOINT": self.url}


S_co = TypeVar("S_co", bound=ListeningServer, covariant=True)


class Servable(Protocol[S_co]):
    """An emulator that can be served."""

    @property
    def stopping(self) -> threading.Event:
        """Return what is set when whoever waits on purpose should give up."""

    def listen(self, host: str, port: int) -> S_co:
        """Begin to listen; port 0 takes a free one. Raises EmulatorError if that is not possible."""


@contextmanager
def serving(emulator: Servable[S_co], host: str = "127.0.0.1", port: int = 0) -> Iterator[S_co]:
    """Serve an emulator on a thread while the block runs. Port 0 takes a free one."""
    emulator.stopping.clear()
    server = emulator.listen(host, port)
    with running(server):
        yield server


def run_server(
    emulator: Servable[ListeningServer], host: str, port: int, announce: Callable[[str], object] = print
) -> None:
    """Serve an emulator until SIGTERM or SIGINT; once it listens, announce how a shell connects to it.

    For the main thread alone, since only that one receives signals. Raises EmulatorError if it cannot listen.
    """
    share_one_heap()
    server = emulator.listen(host, port)
    run_until_signal(server, lambda: [announce(line) for line in connection_lines(server)])


def connection_lines(server: ListeningServer) -> list[str]:
    """Return the lines that a shell's `eval` understands."""
    return [f"export {name}={shlex.quote(value)}" for name, value in server.connection.items()]
