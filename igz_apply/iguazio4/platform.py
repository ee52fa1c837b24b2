"""Iguazio 4, as the one value that the rest of igz-apply is handed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from igz_apply.iguazio4.browser import BROWSER
from igz_apply.iguazio4.clients import client_to_read, client_to_write
from igz_apply.iguazio4.embedded import emulated
from igz_apply.iguazio4.kinds import KINDS
from igz_apply.iguazio4.schemas import schema_of
from igz_apply.model.remembering import Remembering
from igz_apply.platform import Connection, Platform

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from igz_apply.iguazio4.client import Client
    from igz_apply.iguazio4.reading import ClusterReader
    from igz_apply.iguazio4.writing import ClusterWriter
    from igz_apply.model.changes import Plan
    from igz_apply.model.kind import Kinds
    from igz_apply.model.migration import Destination, Migration, NameMapping, Origin
    from igz_apply.model.step import Step
    from igz_apply.ports import Secrets

# What needs the client is imported when there is a cluster to talk to: that takes a while, and many commands ask none.

TOKEN_FILE = ".igz.yml"  # below the home directory


def steps_of(plan: Plan, kinds: Kinds) -> tuple[Step, ...]:
    """Cut a plan into the calls of Iguazio 4."""
    from igz_apply.iguazio4.steps import steps_of as cut

    return cut(plan, kinds)


def moved_from_iguazio3(origin: Origin, mapping: NameMapping, destination: Destination) -> Migration:
    """Carry what an Iguazio 3 had over to manifests of Iguazio 4."""
    from igz_apply.iguazio4.migration.moving import moved  # few commands move anything

    return moved(origin, mapping, destination)


def policies_at(connection: Connection) -> Mapping[str, str] | None:
    """Return the policies of a cluster, display names by names; None where they are not shown."""
    from igz_apply.iguazio4.management_policies import management_policies

    return management_policies(connection)


class ClusterLink:
    """The `Link` over a client."""

    def __init__(self, client: Client, kinds: Kinds, results: Remembering) -> None:
        from igz_apply.iguazio4.reading import ClusterReader

        self._client = client
        self._kinds = kinds
        self.reader: ClusterReader = ClusterReader(client.read_only(), results)

    def writer(self, secrets: Secrets) -> ClusterWriter:  # noqa: ARG002 - no kind has a secret
        """Return what writes to the cluster."""
        from igz_apply.iguazio4.writing import ClusterWriter

        return ClusterWriter(self._client, self._kinds)

    def mask(self, texts: Iterable[str]) -> None:
        """Let none of the texts be logged or told in an error."""
        self._client.mask(texts)


@contextmanager
def read_only(
    connection: Connection,
    kinds: Kinds,  # noqa: ARG001 - the lists are the same for all
    parallelism: int,
    pages: Executor,  # noqa: ARG001 - the pages of a list come one after another
) -> Iterator[ClusterReader]:
    """Connect for reading; what comes out has no method that writes. Raises InvalidInput."""
    from igz_apply.iguazio4.reading import ClusterReader

    with client_to_read(connection, parallelism) as client:
        yield ClusterReader(client, connection.results)


@contextmanager
def read_write(
    connection: Connection,
    kinds: Kinds,
    parallelism: int,
    pages: Executor,  # noqa: ARG001 - as above
) -> Iterator[ClusterLink]:
    """Connect for reading and writing. Raises InvalidInput."""
    with client_to_write(connection, parallelism) as client:
        yield ClusterLink(client, kinds, connection.results)


def credentials_in(connection: Connection, environ: Mapping[str, str]) -> str:  # noqa: ARG001 - the port's signature
    """Return what is given that proves who one is on an Iguazio 4."""
    if connection.offline_token:
        return "an offline token"
    if connection.token_file:
        return f"the token file {connection.token_file}"
    if connection.service_account_file:
        return f"the service account's {connection.service_account_file}"
    return f"~/{TOKEN_FILE}" if _has_usual_file() else ""


def taken_from(connection: Connection, environ: Mapping[str, str]) -> str:  # noqa: ARG001 - the port's signature
    """Return the variable or the usual file that proves who one is, "" where the connection names another, or nothing.

    What is in the environment has become a part of the connection.
    """
    if connection.offline_token:
        return "IGZ_OFFLINE_TOKEN"
    if connection.service_account_file:
        return "IGZ_SERVICE_ACCOUNT_TOKEN_FILE"
    is_named = connection.token_file or connection.token_name
    return f"~/{TOKEN_FILE}" if not is_named and _has_usual_file() else ""


def _has_usual_file() -> bool:
    """Say whether the usual token file is there; without a home, or in one that is closed to us, there is none."""
    try:
        return (Path.home() / TOKEN_FILE).exists()
    except (OSError, RuntimeError):
        return False


def answers(connection: Connection) -> bool | None:
    """Say whether it is an Iguazio 4 that answers there; None where nobody can tell. Raises InvalidInput."""
    from igz_apply.iguazio4.client import is_iguazio4
    from igz_apply.iguazio4.client_errors import translated

    with translated():
        return is_iguazio4(
            connection.endpoint,
            timeout=min(connection.timeout, 10.0),
            ca_file=connection.ca_file or None,
            verify=connection.is_verified,
            watchers=connection.watchers,
        )


IGUAZIO4 = Platform(
    name="iguazio4",
    kinds=KINDS,
    schema_of=schema_of,
    steps_of=steps_of,
    browser=BROWSER,
    emulated=emulated,
    read_only=read_only,
    read_write=read_write,
    logins=frozenset({"offline_token_file", "token_name"}),
    title="Iguazio 4",
    embedded="embedded4",
    variable="IGZ_OFFLINE_TOKEN",
    credentials_in=credentials_in,
    taken_from=taken_from,
    answers=answers,
    migrations={"iguazio.com/v1": moved_from_iguazio3},
    policies_at=policies_at,
)
