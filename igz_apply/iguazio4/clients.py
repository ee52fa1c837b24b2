"""Opens the client of the management API. It is imported then: that takes a while, and many commands ask no cluster."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from igz_apply.iguazio4.kinds import KINDS
from igz_apply.platform import Connection

if TYPE_CHECKING:
    from igz_apply.iguazio4.client import Client, ReadOnlyClient


@contextmanager
def client_to_read(connection: Connection, parallelism: int = 10) -> Iterator[ReadOnlyClient]:
    """Open a client that cannot write. Raises InvalidInput."""
    from igz_apply.iguazio4.client import ReadOnlyClient
    from igz_apply.iguazio4.client_errors import translated

    with translated(is_one_of_many=connection.is_one_of_many):
        client = ReadOnlyClient(**_arguments(connection, parallelism))
    with client:
        yield client


@contextmanager
def client_to_write(connection: Connection, parallelism: int = 10) -> Iterator[Client]:
    """Open a client. Raises InvalidInput."""
    from igz_apply.iguazio4.client import Client
    from igz_apply.iguazio4.client_errors import translated

    with translated(is_one_of_many=connection.is_one_of_many):
        client = Client(**_arguments(connection, parallelism))
    with client:
        yield client


def _arguments(connection: Connection, parallelism: int) -> dict[str, Any]:
    from igz_apply.iguazio4.client import credentials_from

    # The command line has looked into the environment: what a run goes by is told by its connection alone.
    given = {
        "IGZ_OFFLINE_TOKEN": connection.offline_token,
        "IGZ_SERVICE_ACCOUNT_TOKEN_FILE": connection.service_account_file,
    }
    if not connection.is_verified:
        # Whoever runs this is warned of it, once; the library says it at every call, and of paths on this machine.
        warnings.filterwarnings("ignore", message="Unverified HTTPS request")
    return {
        "endpoint": connection.endpoint,
        "credentials": credentials_from(given, connection.token_file or None, connection.token_name or None),
        "timeout": connection.timeout,
        "retries": connection.retries,
        "ca_file": connection.ca_file or None,
        "verify": connection.is_verified,
        "pool_size": parallelism + len(KINDS) + 2,
        "watchers": connection.watchers,
        "known": connection.known_pages,
    }
