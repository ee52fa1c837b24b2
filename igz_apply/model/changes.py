"""What planning decides: field differences, changes and the plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import field, fields
from enum import Enum
from operator import attrgetter
from typing import Any

from igz_apply.model.addresses import Address
from igz_apply.model.operations import PlannedOperation
from igz_apply.model.resources import Caller, Edge, Entry, LiveResource, Resource
from igz_apply.values import dataclass


class Action(str, Enum):
    """What happens to one resource."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    ADOPT = "adopt"  # already as declared: only the inventory learns of it
    NO_CHANGE = "no_change"

    makes: bool  # whether it leaves the resource as declared by a write
    writes: bool  # whether the cluster is changed by it

    def __init__(self, value: str) -> None:
        """Say what it does once: a plan asks for each of its changes, again and again."""
        self.makes = value in ("create", "update")
        self.writes = self.makes or value == "delete"


_QUIET = (Action.ADOPT, Action.NO_CHANGE)


class Origin(str, Enum):
    """Whose change a difference is, told from what was last applied."""

    CLUSTER = "cluster"  # live changed since the last apply, git did not
    GIT = "git"  # git changed since the last apply, live did not
    BOTH = "both"  # both did, and they disagree
    UNKNOWN = "unknown"  # never applied by us: nothing to compare with

    @property
    def is_foreign(self) -> bool:
        """True when somebody changed it on the cluster: making it as declared undoes that."""
        return self in (Origin.CLUSTER, Origin.BOTH)


@dataclass(frozen=True, slots=True)
class FieldDiff:
    """One declared field, or one key of it, that differs from live."""

    path: tuple[str, ...]  # the field's name, and the keys below it
    before: Any  # None: absent on the cluster
    after: Any  # None: to be cleared
    sensitive: bool = False  # then before and after are words about a secret, or Hidden
    origin: Origin = Origin.UNKNOWN

    @property
    def dotted(self) -> str:
        """The path as it is shown, and as manifests and the inventory write one."""
        return self.path[0] if len(self.path) == 1 else ".".join(self.path)

    def of_origin(self, origin: Origin) -> FieldDiff:
        """Return the same difference, known to be of that origin."""
        return FieldDiff(self.path, self.before, self.after, self.sensitive, origin)


@dataclass(frozen=True, slots=True)
class EdgeChange:
    """One membership that a change adds or removes."""

    edge: Edge
    adds: bool


@dataclass(frozen=True, slots=True)
class Handover:
    """What a change has to do with something that takes the place of another, of which few plans have any."""

    replaces: Address | None = None  # whose place it takes, as its manifest says; None: nobody's
    replaced_by: Address | None = None  # of a delete: what takes its place
    carried: tuple[tuple[str, ...], ...] = ()  # paths of `desired` that no manifest states: handed on, and not owned
    stated: tuple[tuple[tuple[str, ...], Any], ...] = ()  # what one states at such a path all the same: it only adds


@dataclass(frozen=True, slots=True)
class Change:
    """The action on one resource, with all that a reader and the executor need to know of it."""

    address: Address
    action: Action
    reason: str  # for a reader; never branched on
    diff: tuple[FieldDiff, ...] = ()
    edges: tuple[EdgeChange, ...] = ()  # memberships that this change holds
    depends_on: tuple[Address, ...] = ()
    job: bool = False  # whether its call is expected to start one
    warnings: tuple[str, ...] = ()
    desired: Resource | None = None  # None: nothing declares it any more
    live: LiveResource | None = None  # None: the cluster does not have it
    deletion_strategy: str = ""  # for a delete of a kind that knows more than one
    takes_over: bool = False  # whether it writes over something that exists and is not ours
    origin: Origin | None = None  # of its presence or absence, else the strongest of its fields'; None: nothing differs
    handover: Handover | None = None  # where something takes the place of another; None: nothing to do with it

    @property
    def replaces(self) -> Address | None:
        """Whose place it takes, as its manifest says; None: nobody's."""
        return self.handover.replaces if self.handover is not None else None

    @property
    def replaced_by(self) -> Address | None:
        """Of a delete: what takes its place; None: nothing."""
        return self.handover.replaced_by if self.handover is not None else None

    @property
    def carried(self) -> tuple[tuple[str, ...], ...]:
        """The paths of `desired` that no manifest states: handed on, and not owned."""
        return self.handover.carried if self.handover is not None else ()

    @property
    def is_pruned(self) -> bool:
        """True of what no manifest declares: it is to be deleted, or to be switched off."""
        if self.desired is None:
            return self.replaced_by is None
        return self.desired.is_leaver and not self.desired.source.path

    @property
    def switches_off(self) -> bool:
        """True when it ends by being switched off, and kept."""
        return self.action.writes and self.desired is not None and self.desired.is_leaver

    @property
    def awaits(self) -> bool:
        """True when it exists but is not usable yet: what an apply that was cut off leaves behind."""
        return self.live is not None and not self.live.is_ready and self.action in (Action.UPDATE, *_QUIET)

    def needs_all_of(self, address: Address) -> bool:
        """Say whether it waits for all that is done to what it depends on, and not just until that can be named."""
        if self.action is Action.DELETE:
            return True
        return self.desired is not None and address in self.desired.lifecycle.depends_on

    def but(self, **values: Any) -> Change:
        """Return the same change with other values, as `replace` does it, which takes twice as long for thousands."""
        return Change(**{**dict(zip(_CHANGE_FIELDS, _CHANGE_VALUES(self), strict=True)), **values})


_CHANGE_FIELDS = tuple(item.name for item in fields(Change))
_CHANGE_VALUES = attrgetter(*_CHANGE_FIELDS)


@dataclass(frozen=True, slots=True)
class RoleChange:
    """An effective role that a plan gives or takes; role names None where there is none."""

    user: Address
    project: Address
    before: str | None
    after: str | None
    through: str  # what gives the better of the two: "direct", "owner", "group data-science"; several with commas
    loses: bool = False  # whether less is left than there was
    dormant: bool = False  # whether the account is disabled before and after, so that the role is held and of no use
    gives_power: bool = field(default=False, compare=False)  # whether it lets somebody change what others may do


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """The tenant policies that a user gains and loses by one way, own and inherited apart."""

    user: Address
    gained: tuple[str, ...]
    lost: tuple[str, ...]
    through: str  # as of a role
    dormant: bool = False  # as of a role
    powers: tuple[str, ...] = field(default=(), compare=False)  # of those gained: what gives power over others


@dataclass(frozen=True, slots=True)
class AccountChange:
    """An account that exists, and can be used afterwards or no more."""

    user: Address
    before: str  # "enabled" or "disabled"
    after: str | None  # None: deleted

    @property
    def shuts_out(self) -> bool:
        """True when somebody could log in and cannot any more."""
        return self.before == ENABLED and self.after != ENABLED


ENABLED, DISABLED = "enabled", "disabled"


@dataclass(frozen=True, slots=True)
class AccessImpact:
    """What a plan does to people's access."""

    roles: tuple[RoleChange, ...] = ()
    policies: tuple[PolicyChange, ...] = ()
    accounts: tuple[AccountChange, ...] = ()
    unseen: Mapping[str, str] = field(default_factory=dict)  # kind -> why not all of it, and so of access, was seen
    below: tuple[Address, ...] = ()  # groups that gain or lose something, and whose sub-groups have members


@dataclass(frozen=True, slots=True)
class ForeignMember:
    """A member of a group or project of ours, by no manifest."""

    member: Address
    of: Address
    role: str = ""  # in a project: Admin, Editor, Viewer, or owner; "" in a group


@dataclass(frozen=True, slots=True)
class ForeignAdministrator:
    """A user who holds administrative policies by no manifest."""

    user: Address
    policies: tuple[str, ...]
    through: Address | None  # the group that gives them; None: the user's own


@dataclass(frozen=True, slots=True)
class Unmanaged:
    """What lives and is not in git, apart from the platform's own."""

    resources: tuple[Address, ...] = ()
    members: tuple[ForeignMember, ...] = ()
    administrators: tuple[ForeignAdministrator, ...] = ()

    @property
    def gives_access(self) -> bool:
        """True when somebody may do something by no manifest."""
        return bool(self.members or self.administrators)

    @property
    def is_empty(self) -> bool:
        """True when all that lives is in git, or the platform's own."""
        return not self.resources and not self.gives_access


@dataclass(frozen=True, slots=True)
class MadeOf:
    """The snapshot that a plan was made of, instead of a cluster."""

    file: str
    taken: str  # UTC: 2026-11-30T15:00:00Z
    age: float  # in seconds, when the plan was made
    is_sanitised: bool = False  # whether the names in it are hashes


@dataclass(frozen=True, slots=True)
class Undo:
    """Of a plan that undoes a run: which one, and what the inventory is to hold after it."""

    run: str
    restored: Mapping[Address, Entry | None] = field(default_factory=dict)  # None: no entry
    seen: Mapping[Address, str] = field(default_factory=dict)  # hash of the entry that the plan was made from


@dataclass(frozen=True, slots=True)
class Plan:
    """All changes, in an order in which they could be applied one by one; a value, and all that apply takes."""

    changes: tuple[Change, ...]
    caller: Caller
    access_impact: AccessImpact = AccessImpact()
    warnings: tuple[str, ...] = ()
    fingerprints: Mapping[Address, Mapping[str, str]] = field(default_factory=dict)  # of a saved plan: `staleness`
    follows: str = ""  # of a saved plan: the seal of the one that was applied before it
    kept: tuple[Address, ...] = ()  # owned and no longer declared, kept because nothing prunes
    foreign: Mapping[str, int] = field(default_factory=dict)  # kind -> live resources seen that are not ours
    dropped: Mapping[Address, str] = field(default_factory=dict)  # entries that end, as what they stood for has -> why
    not_visible: Mapping[Address, str] = field(
        default_factory=dict
    )  # owned or declared, there perhaps, and not shown to the caller: left alone -> why
    partial: Mapping[str, str] = field(default_factory=dict)  # kind -> why the caller may not see all of it
    forgotten: frozenset[Address] = frozenset()  # entries that end, as their `on_removal` says; what lives stays
    tombstones: tuple[Address, ...] = ()  # gone, and remembered all the same: `prevent_destroy` ends by a manifest
    doubtful: tuple[Address, ...] = ()  # declared no more, and not known to be what was applied: kept
    unknown: Mapping[Address, tuple[str, ...]] = field(default_factory=dict)  # declared fields that nobody can tell of
    unmanaged: Unmanaged = Unmanaged()  # what is foreign, by name, and whom nothing in git gives access
    unread: tuple[str, ...] = ()  # kinds that nothing here is about, and that were not looked at
    learns: frozenset[Address] = frozenset()  # as declared, and the inventory remembers something else of it
    digest: str = field(default="", compare=False)  # what is approved: see `planning.digest`; "": not worked out
    operations: tuple[PlannedOperation, ...] = ()  # what is done beside, once what it comes after has gone well
    put_off: Mapping[Address, tuple[str, ...]] = field(
        default_factory=dict
    )  # operations that this plan brings about on what it is not about: remembered for one that is
    given_up: Mapping[Address, tuple[str, ...]] = field(
        default_factory=dict
    )  # operations that were left over and that nothing asks for any more: forgotten
    made_of: MadeOf | None = None  # the snapshot that was looked at; None: the cluster itself was
    undo: Undo | None = None  # of a plan that undoes a run; None: it does not
    writes: tuple[Change, ...] = field(init=False, repr=False, compare=False)  # the changes that alter the cluster

    def __post_init__(self) -> None:
        """Pick the writes once: every rail, view and step looks at them, and there may be few among many changes."""
        object.__setattr__(self, "writes", tuple(change for change in self.changes if change.action.writes))

    @property
    def acts(self) -> bool:
        """True when it does anything on the cluster."""
        return bool(self.writes or self.operations)

    @property
    def operation_counts(self) -> dict[str, int]:
        """How many operations of each name, those alone of which there are any."""
        return dict(sorted(Counter(it.operation for it in self.operations).items()))

    @property
    def declared(self) -> Mapping[Address, bool]:
        """What it shows to be declared, each with whether it is to be present."""
        stated = ((it.address, it.desired) for it in self.changes if it.desired is not None and not it.is_pruned)
        return {address: desired.is_present and not desired.is_leaver for address, desired in stated}

    @property
    def counts(self) -> dict[str, int]:
        """How many changes of each action, every action named."""
        counted = Counter(change.action.value for change in self.changes)
        return {action.value: counted[action.value] for action in Action}
