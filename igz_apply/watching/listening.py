"""Begins to show what is watched: `--listen`, and `reconcile.listen` in the config."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from igz_apply.errors import InvalidInput
from igz_apply.model.problems import Problem

if TYPE_CHECKING:
    from igz_apply.watching.server import Place
    from igz_apply.watching.watch import Watch
    from igz_apply.watching.watched import Watched


@contextmanager
def listening(listen: str, watched: Watched) -> Iterator[tuple[Watch, Place]]:
    """Answer at HOST:PORT while the block runs; yield what is to be told of rounds and calls, and where it listens.

    Raises InvalidInput where that is not possible, before anything else happens.
    """
    place = place_of(listen)
    try:
        import prometheus_client  # noqa: F401 - an extra, which may not be there
    except ModuleNotFoundError as error:
        raise InvalidInput([_missing()]) from error
    from igz_apply.watching.pages import pages_of
    from igz_apply.watching.server import Server
    from igz_apply.watching.watch import Clocks, Watch

    watch = Watch(watched, Clocks(time.monotonic, time.time))
    try:
        server = Server(pages_of(watch), place)
    except (OSError, UnicodeError) as error:  # the latter of a name that no host can have
        raise InvalidInput([_occupied(place, error)]) from error
    server.start()
    try:
        yield watch, server.place
    finally:
        server.close()


def place_of(listen: str) -> Place:
    """Return what HOST:PORT says; no host stands for every address of this machine. Raises InvalidInput."""
    from igz_apply.watching.server import Place

    host, colon, port = listen.rpartition(":")
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    is_clear = bare == host if ":" not in bare else bare != host
    if not (colon and is_clear and port.isascii() and port.isdigit() and int(port) < 65536):
        raise InvalidInput([_not_a_place(listen)])
    return Place(bare, int(port))


def _not_a_place(listen: str) -> Problem:
    return Problem(
        "No place to listen",
        f"{listen!r} is not HOST:PORT.",
        "Write 127.0.0.1:9464, [::1]:9464, or :9464 for every address of this machine.",
    )


def _occupied(place: Place, error: Exception) -> Problem:
    return Problem(
        "Cannot listen",
        f"Nothing can listen on {place}: {_why(error)}.",
        "See what holds the port, or name another one; port 0 takes whichever is free.",
    )


def _why(error: Exception) -> str:
    """Return the system's own words: to those of a socket, Python adds the address once more."""
    if isinstance(error, OSError) and error.errno and error.errno > 0:
        return os.strerror(error.errno)
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def _missing() -> Problem:
    return Problem(
        "Package for metrics missing",
        "/metrics needs the package prometheus-client, which is not installed.",
        "Run: python -m pip install 'igz-apply[reconcile]'",
    )
