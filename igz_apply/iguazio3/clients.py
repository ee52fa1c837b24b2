"""Opens the client of the control plane. It is imported then: that takes a while, and many commands ask no cluster."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from igz_apply.iguazio3.kinds import KINDS
from igz_apply.model.kind import Kinds
from igz_apply.platform import Connection

if TYPE_CHECKING:
    from igz_apply.controlplane import Client, ReadOnlyClient


@contextmanager
def client_to_read(connection: Connection, kinds: Kinds = KINDS, parallelism: int = 10) -> Iterator[ReadOnlyClient]:
    """Open a client that cannot write. Raises InvalidInput."""
    from igz_apply.controlplane import ReadOnlyClient
    from igz_apply.iguazio3.client_errors import translated

    with translated(is_one_of_many=connection.is_one_of_many):
        client = ReadOnlyClient(**_arguments(connection, kinds, parallelism))
    with client:
        yield client


@contextmanager
def client_to_write(connection: Connection, kinds: Kinds = KINDS, parallelism: int = 10) -> Iterator[Client]:
    """Open a client. Raises InvalidInput."""
    from igz_apply.controlplane import Client
    from igz_apply.iguazio3.client_errors import translated

    with translated(is_one_of_many=connection.is_one_of_many):
        client = Client(**_arguments(connection, kinds, parallelism))
    with client:
        yield client


def _credentials(connection: Connection) -> Mapping[str, str]:
    """Return who is calling; what stands for the environment is looked into here, the environment by the client."""
    key, password, environ = connection.access_key, connection.password, connection.environ
    if environ is not None and not (key or password):
        from igz_apply.controlplane import NoCredentials

        key = environ.get("V3IO_ACCESS_KEY", "")
        password = "" if key else environ.get("V3IO_PASSWORD", "")
        if not (key or password):
            raise NoCredentials("No credentials")
    return {"username": connection.username, "access_key": key, "password": password}


def _arguments(connection: Connection, kinds: Kinds, parallelism: int) -> dict[str, Any]:
    if not connection.is_verified:
        # Whoever runs this is warned of it, once; the library says it at every call, and of paths on this machine.
        warnings.filterwarnings("ignore", message="Unverified HTTPS request")
    return {
        "endpoint": connection.endpoint,
        **_credentials(connection),
        "timeout": connection.timeout,
        "retries": connection.retries,
        "ca_file": connection.ca_file or None,
        "verify": connection.is_verified,
        "pool_size": parallelism + len(kinds) + 1,
        "watchers": connection.watchers,
        "known": connection.known_pages,
    }
