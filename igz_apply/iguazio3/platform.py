"""Iguazio 3, as the one value that the rest of igz-apply is handed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from igz_apply.iguazio3.browser import BROWSER
from igz_apply.iguazio3.clients import client_to_read, client_to_write
from igz_apply.iguazio3.embedded import emulated
from igz_apply.iguazio3.kinds import KINDS
from igz_apply.local.package_data import load_kind_schema
from igz_apply.model.remembering import Remembering
from igz_apply.platform import Connection, Platform

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from igz_apply.controlplane import Client
    from igz_apply.iguazio3.reading import ClusterReader
    from igz_apply.iguazio3.writing import ClusterWriter
    from igz_apply.model.changes import Plan
    from igz_apply.model.kind import Kinds
    from igz_apply.model.step import Step
    from igz_apply.ports import Secrets

# What needs the client is imported when there is a cluster to talk to: that takes a while, and many commands ask none.


def schema_of(kind: str) -> Mapping[str, Any]:
    """Return the schema of a kind's manifests. Raises KeyError for a kind without one."""
    return load_kind_schema(kind)


def credentials_in(connection: Connection, environ: Mapping[str, str]) -> str:
    """Return what is given that proves who one is on an Iguazio 3."""
    if connection.access_key:
        return "an access key"
    if connection.password:
        return "a password"
    return taken_from(connection, environ)


def taken_from(connection: Connection, environ: Mapping[str, str]) -> str:
    """Return the variable that proves who one is, "" where the connection does, or nothing."""
    if connection.access_key or connection.password:
        return ""
    return next((name for name in ("V3IO_ACCESS_KEY", "V3IO_PASSWORD") if environ.get(name)), "")


def steps_of(plan: Plan, kinds: Kinds) -> tuple[Step, ...]:
    """Cut a plan into the calls of Iguazio 3."""
    from igz_apply.iguazio3.steps import steps_of as cut

    return cut(plan, kinds)


class ClusterLink:
    """The `Link` over a client."""

    def __init__(self, client: Client, kinds: Kinds, pages: Executor, results: Remembering) -> None:
        from igz_apply.iguazio3.reading import ClusterReader

        self._client = client
        self._kinds = kinds
        self.reader: ClusterReader = ClusterReader(client.read_only(), kinds, pages, results)

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
        yield ClusterReader(client, kinds, pages, connection.results)


@contextmanager
def read_write(connection: Connection, kinds: Kinds, parallelism: int, pages: Executor) -> Iterator[ClusterLink]:
    """Connect for reading and writing. Raises InvalidInput."""
    with client_to_write(connection, kinds, parallelism) as client:
        yield ClusterLink(client, kinds, pages, connection.results)


IGUAZIO3 = Platform(
    name="iguazio3",
    kinds=KINDS,
    schema_of=schema_of,
    steps_of=steps_of,
    browser=BROWSER,
    emulated=emulated,
    read_only=read_only,
    read_write=read_write,
    logins=frozenset({"username", "access_key_file", "password_stdin"}),
    lists_keys=True,
    title="Iguazio 3",
    embedded="embedded",
    variable="V3IO_ACCESS_KEY",
    credentials_in=credentials_in,
    taken_from=taken_from,
)
