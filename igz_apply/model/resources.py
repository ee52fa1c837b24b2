"""The values that flow through the pipeline: documents, desired resources, live resources and the two states."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any, Literal, NamedTuple, Protocol

from igz_apply.model.addresses import Address, Source
from igz_apply.values import dataclass

Path = tuple[str | int, ...]
"""A place inside a document: keys and list indexes from its root, `("spec", "groups", 0)`."""


class Positions(Protocol):
    """Finds places in the text that a document was read from.

    A port because finding them costs a second parse, which is paid only for documents that have a problem.
    """

    def value(self, path: Path) -> Source:
        """Return where the value at `path` begins, or its nearest present ancestor."""

    def key(self, path: Path) -> Source:
        """Return where the key that ends `path` begins; for a list item, the item itself."""

    def text(self, path: Path) -> str:
        """Return the scalar at `path` as it was written, without quotes: `1.10` is not 1.1. "" where there is none."""


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML document that was read but not checked; `data` is plain JSON-like data."""

    source: Source
    data: Any
    positions: Positions


@dataclass(frozen=True, slots=True)
class SecretRef:
    """Where a secret lies. Its value never enters the core, and so can never leave it."""

    from_env: str = ""
    from_file: str = ""
    from_command: tuple[str, ...] = ()  # argv; what it writes to standard output is the secret
    from_store: str = ""  # the name of a store, which has it under `key`
    key: str = ""

    @classmethod
    def stated(cls, place: Mapping[str, Any]) -> SecretRef:
        """Return what a mapping says that is valid; raises TypeError for anything else."""
        if isinstance(place, Mapping) and (argv := place.get("from_command")):
            return cls(from_command=tuple(argv))
        return cls(**place)

    @property
    def is_looked_up(self) -> bool:
        """Whether a command or a store has to be asked for it: what comes from there is not read, it is fetched."""
        return bool(self.from_command or self.from_store)

    @property
    def place(self) -> dict[str, Any]:
        """The mapping by which a manifest says it."""
        if self.from_command:
            return {"from_command": list(self.from_command)}
        if self.from_store:
            return {"from_store": self.from_store, "key": self.key}
        return {"from_env": self.from_env} if self.from_env else {"from_file": self.from_file}

    def __str__(self) -> str:
        if self.from_command:
            import shlex  # here, as few secrets come from a command

            return f"command {shlex.join(self.from_command)}"
        if self.from_store:
            return f"store {self.from_store}, key {self.key}"
        return f"environment variable {self.from_env}" if self.from_env else f"file {self.from_file}"


OnRemoval = Literal["delete", "disable", "forget"]
"""What prune does with a resource once nothing declares it."""


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """What a manifest says about the life of its resource, apart from its fields."""

    state: Literal["present", "absent"] = "present"
    prevent_destroy: bool = False
    ignore_changes: tuple[str, ...] = ()  # dotted spec paths, as plans show them
    membership: Literal["exact", "additive"] = "exact"
    renamed_from: str = ""  # the name that it had; "": it always had its own
    on_removal: OnRemoval = "delete"
    timeout: float | None = None  # seconds that a job of it may take; None: as the run or the kind says
    depends_on: tuple[Address, ...] = ()  # what comes before it, beside what it names


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource as the manifests want it.

    `spec` holds declared fields alone, by field name (with `metadata.labels`); None clears a field.
    """

    address: Address
    spec: Mapping[str, Any]
    positions: Positions
    source: Source
    lifecycle: Lifecycle = Lifecycle()
    is_leaver: bool = False  # no manifest wants it so: it is declared no more, or destroyed, and switched off and kept

    @property
    def is_present(self) -> bool:
        """True unless the manifest says `lifecycle.state: absent`."""
        return self.lifecycle.state == "present"


@dataclass(frozen=True, slots=True)
class LiveResource:
    """A resource as the cluster has it, decoded: names for ids, maps for lists of pairs."""

    address: Address
    id: str
    spec: Mapping[str, Any]
    is_system: bool = False  # built in or system-provided: never deleted or disabled
    is_ready: bool = True  # False: it exists, and others cannot use it yet
    is_deleting: bool = False  # on its way out: it can neither be referenced nor created again yet
    is_broken: bool = False  # it says what it was told, and could not be brought to it: it has to be written again
    born: str = ""  # when it was created, where its id is made of its name and so tells it from no other; else ""
    mark: str = ""  # whose it says that it is: the `owner` of a repository's config; "": it carries no mark
    unknown: frozenset[str] = frozenset()  # fields of which the cluster does not tell what they hold
    contents: str | None = None  # of a kind that is unguarded: what is in it, "" for nothing; None: nobody can tell
    called: str = ""  # its name on the cluster, where that is another than the one we own it by; "": the address's

    @property
    def cluster_name(self) -> str:
        """What the cluster calls it now."""
        return self.called or self.address.name


class Edge(NamedTuple):
    """A membership. It belongs to neither of its two resources."""

    user: str
    group: str


GroupsOf = Mapping[str, frozenset[str]]
"""User -> the groups that it is in, with those that everybody is in; a user who is in none may be left out."""


@dataclass(frozen=True, slots=True)
class Home:
    """The cluster that an inventory is about; "" is what is not known."""

    tenant: str = ""  # its id, which clusters share: every default-tenant has the same
    endpoint: str = ""
    cluster: str = ""  # its own name
    is_elsewhere: bool = False  # whether ids tell that it is not the cluster at hand; see `homes.placed`


@dataclass(frozen=True, slots=True)
class Caller:
    """Who acts, and on what."""

    endpoint: str
    username: str
    tenant: str
    version: str  # "3.5.5"; "" when the cluster did not say
    cluster: str = ""  # the cluster's own name; "" where it has none

    @property
    def home(self) -> Home:
        """The cluster that this is, as an inventory remembers it."""
        return Home(self.tenant, self.endpoint, self.cluster)


@dataclass(frozen=True, slots=True)
class DesiredState:
    """All that the manifests declare, also what they declare absent."""

    resources: Mapping[Address, Resource]

    @property
    def declared(self) -> Mapping[Address, bool]:
        """Every declared address, with whether it is to be present."""
        return {address: resource.is_present for address, resource in self.resources.items()}


@dataclass(frozen=True, slots=True)
class LiveState:
    """All that the cluster has and shows to this caller, read to the end of every list.

    What is not in it is gone only if its kind is complete, and only if it was looked for by itself: see `presence`.
    """

    resources: Mapping[Address, LiveResource]
    groups_of: GroupsOf
    caller: Caller
    partial: Mapping[str, str] = field(default_factory=dict)  # kind -> why this caller may not see all of it
    hidden: Mapping[Address, str] = field(default_factory=dict)  # owned or declared, perhaps there, not shown -> why
    read_only: Mapping[str, str] = field(default_factory=dict)  # kind -> why nothing but its members can be written
    looked_up: Mapping[str, frozenset[str]] = field(default_factory=dict)  # sort -> names; one left out is not known
    unread: frozenset[str] = frozenset()  # kinds that were not looked at: nothing is known of them


@dataclass(frozen=True, slots=True)
class Entry:
    """What the inventory remembers of one resource."""

    id: str
    is_pending: bool = False  # a create was sent and its end was not seen: may be taken over, never deleted
    values: Mapping[str, Any] = field(default_factory=dict)  # last applied, without secrets and what is ignored
    secrets: Mapping[str, str] = field(default_factory=dict)  # field path -> salted hash
    prevent_destroy: bool = False
    deletion_strategy: str = ""
    mark: str = ""  # the mark that it was left with; "" for none
    born: str = ""  # LiveResource.born when it was last seen; "": not known
    filled: Mapping[str, str] = field(default_factory=dict)  # path -> hash of what the platform put where we cleared
    ignored: tuple[str, ...] = ()  # paths that were under `ignore_changes`: what they hold tells nothing
    on_removal: OnRemoval = "delete"
    is_removed: bool = False  # nothing declared it any more, and it was switched off
    depends_on: tuple[Address, ...] = ()  # what its manifest put before it, and so goes after it
    due: tuple[str, ...] = ()  # operations that something written brings about, and that were not seen to be done


@dataclass(frozen=True, slots=True)
class Owned:
    """The inventory as the core sees it."""

    entries: Mapping[Address, Entry] = field(default_factory=dict)
    used_plans: tuple[str, ...] = ()  # seals of saved plans that have been applied, the last one last
    home: Home = Home()  # the cluster whose resources these are; empty when none was applied to yet

    def holds(self, address: Address) -> bool:
        """Say whether something of this name was created or adopted by us; whether that still lives is for `is_owned`.

        A pending entry is not yet ownership.
        """
        entry = self.entries.get(address)
        return entry is not None and not entry.is_pending


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another inventory, beside ours."""

    place: str  # without credentials
    home: Home
    addresses: frozenset[Address]  # what it owns
    fault: str = ""  # after the place: why nobody can tell what it owns, "cannot be read: ..."; "": it was read
