"""An emulator of Iguazio 4 that listens, and what opens it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from igz_apply.emulator.engine.serving import ListeningServer

if TYPE_CHECKING:
    from igz_apply.emulator.iguazio4.emulator import Emulator


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
