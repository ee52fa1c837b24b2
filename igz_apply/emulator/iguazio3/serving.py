"""An emulator of Iguazio 3 that listens, and what opens it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from igz_apply.emulator.engine.serving import ListeningServer, connection_lines, run_server, serving

if TYPE_CHECKING:
    from igz_apply.emulator.iguazio3.emulator import Emulator

__all__ = ["Server", "connection_lines", "run_server", "serving"]


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
