"""What a control plane is to igz-apply: the one value by which one platform differs from another.

Nothing outside a platform's own package asks which one runs: it is handed the platform, or a part of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from igz_apply.model.remembering import ANEW, Remembering
from igz_apply.values import dataclass

if TYPE_CHECKING:
    from concurrent.futures import Executor
    from contextlib import AbstractContextManager
    from pathlib import Path

    from igz_apply.http.known_pages import KnownPages
    from igz_apply.http.watching import CallWatcher
    from igz_apply.model.addresses import Address
    from igz_apply.model.changes import Plan
    from igz_apply.model.kind import Kinds
    from igz_apply.model.migration import Destination, Migration, NameMapping, Origin
    from igz_apply.model.outcomes import Job
    from igz_apply.model.step import Step
    from igz_apply.ports import Reader, Secrets, Writer

# What it speaks of is imported by those who hold it: some commands ask a platform for no more than its words.

Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Connection:
    """How to reach a control plane, and what is given to prove who we are there: each platform takes what is its own.

    Without a key and a password, the client of Iguazio 3 takes them from the environment.
    """

    endpoint: str
    username: str = ""
    access_key: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    offline_token: str = field(default="", repr=False)
    token_file: str = ""  # that holds offline tokens; "": the usual one, where there is no offline token
    token_name: str = ""  # of an entry in it; "": the usual one
    service_account_file: str = ""  # that holds the token of a service account
    ca_file: str = ""
    is_verified: bool = True  # False: any TLS certificate is trusted
    timeout: float = 60.0  # seconds, of one call
    retries: int = 4
    environ: Mapping[str, str] | None = field(default=None, repr=False)
    """What stands for the environment of the process, where that must not be looked into; None: it may."""
    watchers: Sequence[CallWatcher] = field(default=(), repr=False, compare=False)  # told of each attempt of a call
    emulator: str = ""  # the file of the emulator inside this process that it leads to; "": it leads elsewhere
    remembered: Remembered | None = field(
        default=None, repr=False, compare=False
    )  # of the rounds before; None: nothing
    is_one_of_many: bool = False  # True: of several targets, so that only variables with its ending are its own

    @property
    def known_pages(self) -> KnownPages | None:
        """The pages of lists that came before; None where nothing is remembered."""
        if self.remembered is None:
            return None
        from igz_apply.http.known_pages import KnownPages  # a run by itself knows none

        return self.remembered.part(KnownPages)

    @property
    def results(self) -> Remembering:
        """What remembers the results of reading, unless something that was read may be a secret: it would be kept."""
        pages = self.known_pages
        if self.remembered is None or pages is None:
            return ANEW
        return self.remembered.part(Remembering).unless(lambda: pages.has_secrets)


class Lasting(Protocol):
    """What is kept from one round to the next."""

    def turn(self) -> None:
        """End a round: what nobody has asked for in it is forgotten."""

    def forget(self) -> None:
        """Know nothing."""


L = TypeVar("L", bound=Lasting)


class Remembered:
    """What a process knows of a cluster from one round to the next; to know nothing changes no result."""

    def __init__(self) -> None:
        self._parts: dict[type[Lasting], Lasting] = {}

    def part(self, kind: type[L]) -> L:
        """Return the one of its sort that is kept, made when it is asked for first."""
        found = self._parts.setdefault(kind, kind())
        assert isinstance(found, kind)
        return found

    def turn(self) -> None:
        """End a round, of all that is kept."""
        for part in self._parts.values():
            part.turn()

    def forget(self) -> None:
        """Know nothing."""
        for part in self._parts.values():
            part.forget()


class Link(Protocol):
    """A connection that is open, and may write."""

    @property
    def reader(self) -> Reader:
        """What reads the cluster."""

    def writer(self, secrets: Secrets) -> Writer:
        """Return what writes to the cluster, with the secrets that it sends."""

    def mask(self, texts: Iterable[str]) -> None:
        """Let none of the texts be logged or told in an error."""


class Emulated(Protocol):
    """An emulator of the platform that keeps its state in a file, for rehearsals."""

    def make(self, addresses: Iterable[Address]) -> None:
        """Make what is named, with nothing in it; what is there already stays as it is."""

    def served(self, connection: Connection) -> AbstractContextManager[Connection]:
        """Serve it while the block runs, and return the connection in that form which leads there."""


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What a list is narrowed down to, in the platform's own words."""

    filters: Mapping[str, str] = field(default_factory=dict)
    sort_by: Sequence[str] = ()
    include: Sequence[str] = ()  # what is to come along with each record
    page: int | None = None  # from 0 on; None: all of them
    page_size: int = 50

    @property
    def is_none(self) -> bool:
        """Whether the list stays whole."""
        return not (self.filters or self.sort_by or self.include) and self.page is None


class Found(Protocol):
    """What was read: as rows of a table, and whole. Secrets are masked in both."""

    @property
    def columns(self) -> Sequence[str]:
        """The heads of the table."""

    def rows(self) -> Iterable[Sequence[Any]]:
        """Return a row for each record."""

    def records(self) -> Iterable[Mapping[str, Any]]:
        """Return each record, whole."""


@dataclass(frozen=True, slots=True)
class FoundJob:
    """A background job, as one look showed it."""

    found: Found
    kind: str  # what it does, "" when the platform does not say
    is_over: bool


@dataclass(frozen=True, slots=True)
class Whoami:
    """Who we are there, as far as the platform tells."""

    values: Mapping[str, Any]  # `endpoint` first
    not_told: Sequence[str] = ()  # what it keeps to itself, each with the reason


class Browsing(Protocol):
    """A connection that is open for looking at single things, and has no method that writes.

    Every method raises PlaneError; a name or an id that the cluster does not know is Missing.
    """

    def listed(self, kind: str, narrowing: Narrowing) -> Found:
        """Return the records of a kind."""

    def named(self, kind: str, name: str, narrowing: Narrowing) -> Found:
        """Return the one record of that name."""

    def job(self, job: str) -> FoundJob:
        """Return a job by its id."""

    def wait_for(self, job: str, told: Callable[[Job], None], timeout: float | None = None) -> FoundJob:
        """Return a job once it has ended well; each look is `told`. The timeout is in seconds, None the usual one."""

    def whoami(self) -> Whoami:
        """Return who we are there."""


class Operating(Browsing, Protocol):
    """A connection that is open for operations too."""

    def start(self, operation: str, name: str) -> str | None:
        """Begin an operation, and return its job's id; None when there was nothing to do."""

    def why_failed(self, name: str) -> str:
        """Return why what was operated on has failed, "" when it does not say."""


@dataclass(frozen=True, slots=True)
class Operation:
    """Something that can be done to one resource, and is no change of what is declared."""

    name: str
    help: str
    done: str  # what has happened to the resource then
    asks: bool = False  # whether it takes something away that cannot be had back


@dataclass(frozen=True, slots=True)
class Browser:
    """What `get`, `jobs`, `service` and `whoami` show there, and the words in which they do."""

    kinds: Sequence[str]  # of the records that can be read, beyond what is managed
    jobs: str  # the one of them that `jobs` shows; "": there is none
    whole: Mapping[str, str]  # those whose list cannot be narrowed down, each with the reason
    about: str  # what the help of `get` says of them
    examples: Sequence[str]  # those of `get`
    options: Mapping[str, tuple[str, str]]  # what help says of each part of a narrowing: its value, and its meaning
    operated: str  # the kind of what operations are done to
    operations: Sequence[Operation]
    reading: Callable[[Connection], AbstractContextManager[Browsing]]  # raises InvalidInput
    operating: Callable[[Connection], AbstractContextManager[Operating]]  # raises InvalidInput
    why_no_jobs: str = ""  # where `jobs` shows none
    why_no_operations: str = ""  # where there are none


def _nothing(connection: Connection, environ: Mapping[str, str]) -> str:  # noqa: ARG001
    return ""


class KindSchemas(Mapping[str, Schema]):
    """The schemas of kinds, by name."""

    def __init__(self, kinds: Kinds, schema_of: Callable[[str], Schema]) -> None:
        self._kinds = kinds
        self._schema_of = schema_of

    def __getitem__(self, kind: str) -> Schema:
        return self._schema_of(kind)

    def __iter__(self) -> Iterator[str]:
        return iter(self._kinds.names)

    def __len__(self) -> int:
        return len(self._kinds)


@dataclass(frozen=True, slots=True)
class Platform:
    """A control plane that igz-apply runs: what it manages there, and how it is reached."""

    name: str
    kinds: Kinds
    schema_of: Callable[[str], Schema]  # of a kind's manifests, by its name; raises KeyError for one without
    steps_of: Callable[[Plan, Kinds], tuple[Step, ...]]  # the cut of a plan into calls
    browser: Browser
    emulated: Callable[[Path], AbstractContextManager[Emulated]]  # over a file, made if absent; raises IgzApplyError
    # How it is reached: with so many calls at once, and workers for the pages of lists. Raises InvalidInput.
    read_only: Callable[[Connection, Kinds, int, Executor], AbstractContextManager[Reader]]
    read_write: Callable[[Connection, Kinds, int, Executor], AbstractContextManager[Link]]
    logins: frozenset[str] = frozenset()  # the options of the command line that say who logs in
    lists_keys: bool = False  # whether users have keys that act for them, which they can list
    title: str = ""  # as people say it: Iguazio 3
    embedded: str = ""  # the endpoint of its emulator inside the command: "embedded", or that with a number behind
    variable: str = ""  # of the environment, in which CI keeps what proves who it is there
    credentials_in: Callable[[Connection, Mapping[str, str]], str] = _nothing
    """What of a connection and an environment proves who one is there, in words for a person; "" for nothing."""
    taken_from: Callable[[Connection, Mapping[str, str]], str] = _nothing
    """Where what proves who one is there would be taken from, which nothing of the connection itself states: the name
    of a variable of the environment, or a file; "" where the connection states it, and where there is nothing."""
    answers: Callable[[Connection], bool | None] | None = None
    """Whether it is this that answers there, None where nobody can tell. One call, without credentials."""
    migrations: Mapping[str, Callable[[Origin, NameMapping, Destination], Migration]] = field(default_factory=dict)
    """What carries another platform's resources over to it, by the `apiVersion` of their manifests."""
    policies_at: Callable[[Connection], Mapping[str, str] | None] | None = None
    """Reads the policies that a cluster has, display names by names, None where they are not shown; None: nothing does.

    It cannot write. Raises InvalidInput, PlaneError.
    """

    @property
    def schemas(self) -> Mapping[str, Schema]:
        """The schemas of its kinds, by name; each is read when it is asked for."""
        return KindSchemas(self.kinds, self.schema_of)
