"""Iguazio 3, as the one value that the rest of igz-apply is handed."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from igz_apply.iguazio3.kinds import KINDS
from igz_apply.iguazio3.steps import steps_of
from igz_apply.iguazio3.wire import endpoint_of
from igz_apply.local.package_data import load_schema
from igz_apply.model.addresses import Address
from igz_apply.model.kind import Kinds
from igz_apply.platform import Connection, Platform
from igz_apply.ports import Secrets

if TYPE_CHECKING:
    from igz_apply.controlplane import Client, ReadOnlyClient
    from igz_apply.iguazio3.reading import ClusterReader
    from igz_apply.iguazio3.writing import ClusterWriter

# The client is imported when there is a cluster to talk to: that takes a while, and many commands ask none.


def schema_of(kind: str) -> Mapping[str, Any]:
    """Return the schema of a kind's manifests. Raises KeyError for a kind without one."""
    try:
        return load_schema(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", kind).lower())
    except FileNotFoundError as error:
        raise KeyError(kind) from error


class ClusterLink:
    """The `Link` over a client."""

    def __init__(self, client: Client, kinds: Kinds, pages: Executor) -> None:
        from igz_apply.iguazio3.reading import ClusterReader

        self._client = client
        self._kinds = kinds
        self.reader: ClusterReader = ClusterReader(client.read_only(), kinds, pages)

    def writer(self, secrets: Secrets) -> ClusterWriter:
        """Return what writes to the cluster."""
        from igz_apply.iguazio3.writing import ClusterWriter

        return ClusterWriter(self._client, self._kinds, secrets)

    def mask(self, texts: Iterable[str]) -> None:
        """Let none of the texts be logged or told in an error."""
        self._client.mask(texts)


@contextmanager
def read_only(connection: Connection, kinds: Kinds, parallelism: int, pages: Executor) -> Iterator[ClusterReader]:
    """Connect for reading; what comes out has no method that writes. Raises InvalidInput."""
    from igz_apply.iguazio3.reading import ClusterReader

    with client_to_read(connection, kinds, parallelism) as client:
        yield ClusterReader(client, kinds, pages)


@contextmanager
def read_write(connection: Connection, kinds: Kinds, parallelism: int, pages: Executor) -> Iterator[ClusterLink]:
    """Connect for reading and writing. Raises InvalidInput."""
    with client_to_write(connection, kinds, parallelism) as client:
        yield ClusterLink(client, kinds, pages)


@contextmanager
def client_to_read(connection: Connection, kinds: Kinds = KINDS, parallelism: int = 10) -> Iterator[ReadOnlyClient]:
    """Open a client that cannot write. Raises InvalidInput."""
    from igz_apply.controlplane import ReadOnlyClient
    from igz_apply.iguazio3.client_errors import translated

    with translated():
        client = ReadOnlyClient(**_arguments(connection, kinds, parallelism))
    with client:
        yield client


@contextmanager
def client_to_write(connection: Connection, kinds: Kinds = KINDS, parallelism: int = 10) -> Iterator[Client]:
    """Open a client. Raises InvalidInput."""
    from igz_apply.controlplane import Client
    from igz_apply.iguazio3.client_errors import translated

    with translated():
        client = Client(**_arguments(connection, kinds, parallelism))
    with client:
        yield client


def _arguments(connection: Connection, kinds: Kinds, parallelism: int) -> dict[str, Any]:
    if not connection.is_verified:
        # Whoever runs this is warned of it, once; the library says it at every call, and of paths on this machine.
        warnings.filterwarnings("ignore", message="Unverified HTTPS request")
    return {
        "endpoint": connection.endpoint,
        "username": connection.username,
        "access_key": connection.access_key,
        "password": connection.password,
        "timeout": connection.timeout,
        "retries": connection.retries,
        "ca_file": connection.ca_file or None,
        "verify": connection.is_verified,
        "pool_size": parallelism + len(kinds) + 1,
    }


def stand_ins(addresses: Iterable[Address]) -> Mapping[str, Any]:
    """Return what the emulator is filled with, so that all that the addresses name is there."""
    content: dict[str, list[Mapping[str, Any]]] = {}
    for address in addresses:
        content.setdefault(f"{address.kind.lower()}s", []).append({endpoint_of(KINDS[address.kind]).key: address.name})
    return content


IGUAZIO3 = Platform(
    name="iguazio3",
    api_version="iguazio.com/v1",
    kinds=KINDS,
    schema_of=schema_of,
    steps_of=steps_of,
    stand_ins=stand_ins,
    read_only=read_only,
    read_write=read_write,
)
