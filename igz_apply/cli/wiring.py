"""The outside, put together: connections, pools, the inventory and secrets behind the ports that the workflow takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from igz_apply.cli.pins import allowed_sources, inventory_place
from igz_apply.cli.platform_choice import destination
from igz_apply.cli.session import Session
from igz_apply.cli.settings import deadline_of, embedded_file, first, results_of
from igz_apply.inventory import FsspecInventory, default_place
from igz_apply.inventory.lock import LEASE_SECONDS
from igz_apply.local.clock import SystemClock
from igz_apply.local.secrets import EnvironmentSecrets, RehearsalSecrets
from igz_apply.manifests.config import Config
from igz_apply.model.addresses import Address
from igz_apply.model.kind import Kind, Kinds
from igz_apply.model.resources import LiveState, Owned
from igz_apply.platform import Browsing, Connection, Operating, Platform
from igz_apply.ports import Pool, Reader, Secrets, Sighting
from igz_apply.values import dataclass
from igz_apply.workflow import confirm_absence

if TYPE_CHECKING:
    from igz_apply.local.secret_lookups import SecretLookups
    from igz_apply.model.allowed_sources import AllowedSources


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster that is read."""

    connection: Connection
    reader: Reader
    pool: ThreadPoolExecutor
    kinds: Kinds

    def fetching(self, kinds: frozenset[str] | None = None) -> Future[LiveState]:
        """Begin to fetch these kinds, all where it is None, while something else is done."""
        return self.pool.submit(self.live, kinds)

    def confirmed(
        self, live: LiveState, owned: Owned, declared: Iterable[Address] = (), *, has_moved: bool = False
    ) -> LiveState:
        """Look by itself for all that is owned, or `declared` and perhaps hidden, and was not listed.

        Raises PlaneError when a list leaves out. One that `has_moved` is the one that the inventory names.
        """
        return confirm_absence(live, owned, declared, self.reader, self.pool, self.kinds, has_moved)

    def live(self, kinds: frozenset[str] | None = None) -> LiveState:
        """Fetch these kinds, all where it is None, under the endpoint's own name: an emulator's port changes."""
        return NamedReader(self.reader, self.connection).live(self.pool, kinds)


@dataclass(frozen=True, slots=True)
class NamedReader:
    """A reader of a cluster under the endpoint's own name."""

    reader: Reader
    connection: Connection

    def live(self, pool: Pool, kinds: frozenset[str] | None = None) -> LiveState:
        """Return what the cluster has of these kinds; None: of all."""
        live = self.reader.live(pool, kinds)
        if embedded_file(self.connection) is None:
            return live
        return replace(live, caller=replace(live.caller, endpoint=self.connection.endpoint))

    def sightings(self, kind: Kind, ids: Mapping[str, str], live: LiveState, pool: Pool) -> Mapping[str, Sighting]:
        """Return what a look for each name of a kind shows."""
        return self.reader.sightings(kind, ids, live, pool)

    def listed_at(self, kind: Kind) -> str:
        """Return where the cluster lists the kind."""
        return self.reader.listed_at(kind)

    def own_keys(self) -> Sequence[tuple[str, tuple[str, ...]]]:
        """Return label and uses of the caller's own access keys."""
        return self.reader.own_keys()


@contextmanager
def pools(session: Session, parallelism: int, kinds: Kinds) -> Iterator[tuple[ThreadPoolExecutor, ThreadPoolExecutor]]:
    """Open a pool for work, and one for pages of lists: the former waits for the latter, so they must not share one."""
    workers = ThreadPoolExecutor
    if session.trace is not None:
        from igz_apply.tracing.ports import TracedPool as workers  # here, as few runs are traced
    many = max(parallelism, len(kinds)) + 1  # one for the inventory
    work = session.pool_of(many) if session.pool_of is not None else workers(many, thread_name_prefix="work")
    pages = workers(parallelism, thread_name_prefix="pages", initializer=session.thread_begun)
    try:
        yield work, pages
    except BaseException:
        # Whatever stops us should not wait for calls to a cluster that may not even answer.
        for pool in (work, pages):
            pool.shutdown(wait=False, cancel_futures=True)
        raise
    for pool in (work, pages):
        pool.shutdown()


@contextmanager
def readable_cluster(
    session: Session, config: Config, parallelism: int | None = None, deadline: float | None = None
) -> Iterator[Cluster]:
    """Connect to the cluster that the session and its config name, for reading alone. Raises InvalidInput.

    The reading raises DeadlineReached when it goes beyond the `deadline`, in seconds from the start of the command, or
    the config's where there is none.
    """
    if session.global_flags.live:
        with _remembered(session, config) as cluster:
            yield cluster
        return
    many = first(parallelism, config.parallelism)
    connection = destination(session, config)
    platform, kinds = session.platform, session.platform.kinds
    with (
        reachable(platform, connection) as where,
        pools(session, many, kinds) as (work, pages),
        platform.read_only(where, kinds, many, pages) as reader,
    ):
        if session.trace is not None:
            from igz_apply.tracing.ports import TracedReader  # here, as few runs are traced

            reader = TracedReader(reader, session.trace)
        timely = deadline_of(session, config, deadline)
        yield Cluster(connection, reader if timely is None else timely.over(reader), work, kinds)


@contextmanager
def _remembered(session: Session, config: Config) -> Iterator[Cluster]:
    """Take a snapshot for the cluster. Raises InvalidInput, and UsageError where an endpoint is given too."""
    from igz_apply.cli.snapshots import snapshot_of  # both here, as most runs have none
    from igz_apply.snapshots.reading import SnapshotReader

    file = session.global_flags.live
    if session.global_flags.endpoint:
        from click import UsageError  # a program that plans has no command line

        raise UsageError("--live and --endpoint exclude each other: with a snapshot no cluster is asked.")
    snapshot = snapshot_of(session, config)
    with ThreadPoolExecutor(1, thread_name_prefix="work") as pool:
        connection = Connection(snapshot.live.caller.endpoint)
        yield Cluster(connection, SnapshotReader(snapshot, file), pool, session.platform.kinds)


def say_source(session: Session) -> None:
    """Say which snapshot is shown, and how old it is, where that was taken for the cluster: no plan tells it."""
    if session.snapshot is not None:
        from igz_apply.cli.snapshots import say_snapshot  # here, as most runs have none

        say_snapshot(session)


@contextmanager
def browsing(session: Session, connection: Connection) -> Iterator[Browsing]:
    """Connect for looking at single things; what comes out has no method that writes. Raises InvalidInput."""
    platform = session.platform
    with reachable(platform, connection) as where, platform.browser.reading(where) as found:
        yield found


@contextmanager
def operating(session: Session, connection: Connection) -> Iterator[Operating]:
    """Connect for operations too. Raises InvalidInput."""
    platform = session.platform
    with reachable(platform, connection) as where, platform.browser.operating(where) as found:
        yield found


def inventory_of(session: Session, config: Config) -> FsspecInventory:
    """Return the inventory that the environment or the config names, else the target's own.

    Raises InvalidInput for an unusable URL, or when it is pinned and the config may not name it.
    """
    place = inventory_place(session.environ, config)
    lease = LEASE_SECONDS if session.lease_seconds is None else session.lease_seconds
    return FsspecInventory(
        place or default_place(config.target), clock=SystemClock(), lease_seconds=lease, results=results_of(session)
    )


def secrets_of(
    session: Session,
    config: Config,
    connection: Connection,
    parallelism: int | None = None,
    deadline: float | None = None,
) -> Secrets:
    """Return the secrets of the run, the same whoever asks; relative files count from the config's folder.

    Missing ones are made up where the emulator runs inside this command, so that nothing real can be at the other end.
    Raises InvalidInput where nobody can tell which sources of secrets are allowed.
    """
    if session.snapshot is not None:
        from igz_apply.snapshots.reading import PresumedSecrets  # here, as most runs have none

        return PresumedSecrets(connection.endpoint)
    if session.secrets is None:
        folder, allowed = config.folder, allowed_sources(session.environ, config)
        if embedded_file(connection) is not None:
            session.secrets = RehearsalSecrets(session.environ, folder)
        elif allowed.commands or allowed.stores:
            lookups = _lookups(session, config, allowed, parallelism, deadline)
            session.secrets = EnvironmentSecrets(session.environ, folder, lookups)
        else:
            session.secrets = EnvironmentSecrets(session.environ, folder)
    return session.secrets


def _lookups(
    session: Session, config: Config, allowed: AllowedSources, parallelism: int | None, deadline: float | None
) -> SecretLookups:
    from igz_apply.local.secret_lookups import TIMEOUT, SecretLookups  # here: few repositories look any up

    return SecretLookups(
        allowed,
        session.environ,
        config.folder,
        timeout=first(config.secret_timeout, TIMEOUT),
        parallelism=first(parallelism, config.parallelism),
        deadline=deadline_of(session, config, deadline),
        **({} if session.leash is None else {"leash": session.leash}),
    )


@contextmanager
def reachable(platform: Platform, connection: Connection) -> Iterator[Connection]:
    """Run the platform's emulator while the block runs, if that is what the connection names."""
    path = embedded_file(connection)
    if path is None:
        yield connection
        return
    with platform.emulated(path) as emulator, emulator.served(connection) as where:
        yield replace(where, emulator=str(path))
