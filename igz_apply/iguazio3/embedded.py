"""The emulator inside a command, on which a rehearsal runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from igz_apply.errors import IgzApplyError
from igz_apply.iguazio3.kinds import KINDS
from igz_apply.iguazio3.wire import endpoint_of
from igz_apply.model.addresses import Address
from igz_apply.platform import Connection

if TYPE_CHECKING:
    from igz_apply.emulator import Emulator

JOB_SECONDS = 0.2  # long enough to be seen, short enough not to be waited for


class EmbeddedEmulator:
    """The `Emulated` over the emulator's file."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator

    def make(self, addresses: Iterable[Address]) -> None:
        """Fill the file, so that all that the addresses name is there."""
        self._emulator.load(content_of(addresses))

    @contextmanager
    def served(self, connection: Connection) -> Iterator[Connection]:
        """Serve the emulator on loopback while the block runs."""
        from igz_apply.emulator import serving

        with serving(self._emulator) as server:
            yield replace(
                connection,
                endpoint=server.url,
                username=server.username,
                access_key=server.access_key,
                password="",
                ca_file="",
                is_verified=True,
            )


@contextmanager
def emulated(path: Path) -> Iterator[EmbeddedEmulator]:
    """Open the emulator's file, which is made if it is not there. Raises IgzApplyError if it is of no use."""
    from igz_apply.emulator import Emulator, EmulatorError, Options

    try:
        emulator = Emulator(path, Options(job_seconds=JOB_SECONDS))
    except EmulatorError as error:
        raise IgzApplyError(str(error), hint="Name another file: --endpoint embedded:FILE.") from error
    try:
        yield EmbeddedEmulator(emulator)
    finally:
        emulator.close()


def content_of(addresses: Iterable[Address]) -> Mapping[str, Any]:
    """Return what the emulator is filled with, so that all that the addresses name is there."""
    content: dict[str, list[Mapping[str, Any]]] = {}
    for address in addresses:
        content.setdefault(f"{address.kind.lower()}s", []).append({endpoint_of(KINDS[address.kind]).key: address.name})
    return content
