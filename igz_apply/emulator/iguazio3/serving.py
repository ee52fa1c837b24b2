"""An emulator of Iguazio 3 over HTTP, and what a shell must know to connect to it."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from igz_apply.emulator.engine.server import HttpServer, run_until_signal, running
from igz_apply.emulator.iguazio3.emulator import Emulator


class Server(HttpServer):
    """An emulator that listens. `url` is where; the rest is what opens it."""

    def __init__(self, emulator: Emulator, host: str, port: int) -> None:
        """Begin to listen; port 0 takes a free one. Raises EmulatorError if that is not possible."""
        super().__init__(emulator.wsgi, emulator.stopping, host, port)
        self.username, self.password = emulator.username, emulator.password
        self.access_key = emulator.access_key
        self.emulator = emulator


@contextmanager
def serving(emulator: Emulator, host: str = "127.0.0.1", port: int = 0) -> Iterator[Server]:
    """Serve an emulator on a thread while the block runs. Port 0 takes a free one."""
    emulator.stopping.clear()
    server = Server(emulator, host, port)
    with running(server):
        yield server


def run_server(emulator: Emulator, host: str, port: int, announce: Callable[[str], object] = print) -> None:
    """Serve an emulator until SIGTERM or SIGINT; once it listens, announce how a shell connects to it.

    For the main thread alone, since only that one receives signals. Raises EmulatorError if it cannot listen.
    """
    server = Server(emulator, host, port)
    run_until_signal(server, lambda: [announce(line) for line in connection_lines(server)])


def connection_lines(server: Server) -> list[str]:
    """Return the lines that a shell's `eval` understands."""
    values = {
        "IGZ_ENDPOINT": server.url,
        "V3IO_USERNAME": server.username,
        "V3IO_PASSWORD": server.password,
        "V3IO_ACCESS_KEY": server.access_key,
    }
    return [f"export {name}={shlex.quote(value)}" for name, value in values.items()]
