"""The vocabulary in which a kind of resource is described as data: what its fields mean.

A kind's table drives reading, comparing, encoding, `explain` and `export`. How a field travels is the platform's: it
keeps that in `wire`, which nobody else opens. Nothing outside a platform asks which kind it has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from enum import Enum
from typing import Any

from igz_apply.model.addresses import Address
from igz_apply.values import dataclass

DELETION_STRATEGY = "deletion_strategy"
"""The field, never sent with the others, that says how a resource is deleted; kinds without it know one way."""


CASCADING = "cascading"
"""The deletion strategy by which a resource goes with all that is in it."""

OWNER_MARK = "igz-apply/owner"
"""The annotation or label that says which repository's resource it is: the `owner` of that repository's config."""

METADATA = "metadata."
"""What the names of fields begin with that stand under `metadata`, and not under `spec`."""

NAME_KEY, MARK_KEY = "metadata.name", "metadata.owner"
NAME_PATH, MARK_PATH = (NAME_KEY,), (MARK_KEY,)
"""Where a plan shows a name that is put back, and the mark: what no manifest states and a call may carry."""


class Shape(Enum):
    """How a field's value is compared."""

    SCALAR = "scalar"
    FOLDED = "folded"  # text that means the same in upper and lower case, as e-mail addresses do
    SET = "set"  # a list whose order and repetitions carry no meaning
    LIST = "list"  # a list whose order does; `fields` describe its items
    MAP = "map"  # a map of strings, compared whole
    SETTINGS = "settings"  # one whose values may be secrets, as those of environment variables
    OBJECT = "object"  # compared for the declared keys alone
    QUANTITY = "quantity"  # cpu and memory: 1000m is 1, 1024Mi is 1Gi
    DURATION = "duration"  # 60m is 1h


Equal = Callable[[Any, Any, Mapping[str, Any], Mapping[str, Any]], bool]
"""(desired value, live value, desired spec, live spec) -> whether they mean the same."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a kind's spec.

    `name` is what manifests say; `wire` says to the platform's own modules how it travels, and nothing to others.
    """

    name: str
    shape: Shape = Shape.SCALAR
    fields: tuple[Field, ...] = ()  # known keys of an OBJECT or of a LIST's items; others compare as plain JSON
    refers_to: str = ""  # the kind that its values name
    holds: bool = False  # what it names cannot be deleted while it does
    membership: bool = False  # one side of the user-group membership
    mirrored: bool = False  # the side of it that is stated here and written on the other
    looked_up: str = ""  # the sort of what its values name, where that is looked up and never declared
    roles: bool = False  # an OBJECT of roles, each an OBJECT of the sides that hold it
    several: bool = False  # of roles: a member may hold more than one of them
    label: str = ""  # of a role: what the platform calls it; "": the same as name
    steers: bool = False  # it says how to go about something, and is never sent
    late: bool = False  # a link that the platform may make only after the resource
    counts: str = ""  # the name of a field whose value counts as a member of this set (a project's owner is an admin)
    implied: frozenset[str] = frozenset()  # members that everybody has: neither compared nor removed
    immutable: bool = False
    unique: bool = False  # the platform refuses a second resource of the kind that has the same value
    distinct: bool = False  # that two manifests state the same value is doubtful, though the platform might take it
    create_only: bool = False  # sent at creation, not comparable after
    write_only: bool = False  # a secret: never read back, never shown
    lacking: Callable[[str], str] | None = None  # of a secret: what the platform would miss in it; "" for nothing
    filled: bool = False  # the platform sets it by itself: an export states it only in full
    whole: bool = False  # an OBJECT that is only valid with all of its keys
    since: str = ""  # the first cluster version that knows it
    default: Any = None  # what the server means when it leaves the field out
    equal: Equal | None = None  # a comparison of its own, where shape does not say it
    wire: object = None
    referring: tuple[Field, ...] = field(init=False, repr=False, compare=False)  # of `fields`, those that name others

    def __post_init__(self) -> None:
        """Pick the fields that name others once: a plan asks for them for every resource."""
        object.__setattr__(self, "referring", _referring(self.fields))

    @property
    def called(self) -> str:
        """What the platform calls a role."""
        return self.label or self.name


def _referring(fields: tuple[Field, ...]) -> tuple[Field, ...]:
    """The fields that name something themselves or somewhere below."""
    return tuple(item for item in fields if item.refers_to or item.referring)


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """A kind of resource, as data; one is the same as another only where it is the very one."""

    name: str
    fields: tuple[Field, ...]
    wire: object = None  # how it travels: the platform's own
    has_ids: bool = True  # whether the platform gives each an id, which another of the same name does not share
    together: str = ""  # what resources are entries of that are written in one go, and whole; "": each by itself
    job_on: frozenset[str] = frozenset()  # the actions whose call starts a job
    system_names: frozenset[str] = frozenset()
    job_seconds: float = 1800.0  # how long its jobs may take unless the caller says otherwise
    warnings: Mapping[str, str] = field(default_factory=dict)  # action -> what a reader has to be told of it
    disabled_by: tuple[str, Any] | None = None  # (field, value) that switches it off
    switches: frozenset[str] = frozenset()  # the fields that switch it on and off
    seen_by: frozenset[str] = frozenset()  # policies, any of which shows all of it; none: all who may list it see all
    ruled_by: Mapping[str, frozenset[str]] = field(default_factory=dict)  # action -> policies, any of which allows it
    renames: bool = False  # whether what exists can be given another name
    marked_in: str = ""  # the map among its fields that can carry a mark beside what people state; "": none can
    named_by: str = ""  # the field whose value names one more, which holds that sort's settings; "": there is none
    named_field: Callable[[str], Field | None] | None = None  # that field; None where the name is the platform's own
    inside: str = ""  # what parts its names, the last part inside what the others name; "": names have no parts
    holders_of: str = ""  # the sort of what is looked up whose holders it lists, and whose name it bears
    is_unguarded: bool = False  # the platform deletes one with all that is in it, whatever it is told
    ties: tuple[str, ...] = ()  # where an id cannot: fields that tell the one that was applied from another
    lost_by_replacing: tuple[str, ...] = ()  # what is gone for good where another takes its place: what no call carries
    operations: frozenset[str] = frozenset()  # what a plan can do to one beside changing it, by the platform's word
    idle_at: tuple[str, frozenset[Any]] | None = None  # (field, values) at which it does not run: it starts fresh
    known_by: tuple[tuple[str, ...], ...] = ()  # fields that, alike in one that goes and one that comes, look like one
    referring: tuple[Field, ...] = field(init=False, repr=False, compare=False)  # of `fields`, those that name others
    looking_up: tuple[Field, ...] = field(init=False, repr=False, compare=False)  # those that name what is looked up

    def __post_init__(self) -> None:
        """Pick the fields that name others once: a plan asks for them for every resource."""
        object.__setattr__(self, "referring", _referring(self.fields))
        object.__setattr__(self, "looking_up", tuple(item for item in self.fields if item.looked_up))

    def address(self, name: str) -> Address:
        """Return the address of the resource of this kind that has the name."""
        return Address(self.name, name)

    def fields_of(self, spec: Mapping[str, Any]) -> tuple[Field, ...]:
        """Return the fields that a spec can have: those of the table, and the one that it names by itself."""
        own = self.own_field(spec)
        return self.fields if own is None else (*self.fields, own)

    def own_field(self, spec: Mapping[str, Any]) -> Field | None:
        """Return the field of settings that a spec names and the table does not know: newer systems have such.

        It is passed on whole. None where the table knows it, or where it would be the platform's own or none at all.
        """
        if not self.named_by or self.named_field is None:
            return None
        name = spec.get(self.named_by)
        if not isinstance(name, str) or not name or "." in name or self.field_named(name):
            return None
        return self.named_field(name)

    def field_named(self, name: str) -> Field | None:
        """Return the field of that name, None when there is none."""
        for candidate in self.fields:
            if candidate.name == name:
                return candidate
        return None


@dataclass(frozen=True, slots=True)
class Membership:
    """The two fields that state the same edges, from one side each."""

    user_kind: str
    user_field: str
    group_kind: str
    group_field: str
    primary_field: str  # the user's field whose value must be among the groups; "" for none
    implied: frozenset[str]
    off: tuple[str, Any] | None = None  # (field, value) of a user that switches the account off

    @property
    def kinds(self) -> tuple[str, str]:
        """The kinds of both sides."""
        return self.user_kind, self.group_kind


@dataclass(frozen=True, slots=True)
class Powers:
    """What policies allow, as far as it is known. Policies and roles are names, of the platform's own."""

    held_in: str = ""  # the field of users and groups that names those that are held; "": there is none
    known: frozenset[str] = frozenset()  # of which it is known what they allow; any other may allow anything
    applies: frozenset[str] = frozenset()  # what managing every kind takes
    administers: frozenset[str] = frozenset()  # each administers users and groups, and so everything else in the end
    rules: frozenset[str] = frozenset()  # each rules the cluster, its tenants or everybody's accounts
    over_others: frozenset[str] = frozenset()  # whoever holds one may change what other people may do
    roles: frozenset[str] = frozenset()  # so may who has one of these roles, where it is held

    def held_by(self, spec: Mapping[str, Any]) -> frozenset[str]:
        """Return the policies that a user's or a group's spec states."""
        return frozenset(spec.get(self.held_in) or ())


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A platform whose manifests people may have at hand, and what they are to write here instead."""

    title: str  # "Iguazio 3"
    here: str  # what this one is called
    instead: Mapping[str, str]  # its kinds, each with what to do about it here, in full sentences


class Kinds:
    """The kinds that a run knows, by name. Passed to whoever needs it, so that a test can pass its own."""

    __slots__ = ("_by_name", "api_version", "membership", "names", "neighbours", "powers", "without")

    def __init__(
        self,
        kinds: tuple[Kind, ...],
        powers: Powers | None = None,
        api_version: str = "",
        *,
        without: Mapping[str, str] | None = None,
        neighbours: Mapping[str, Neighbour] | None = None,
    ) -> None:
        """Hold the kinds, what policies allow, and what manifests of these kinds say as their `apiVersion`.

        `without` tells of kinds that people may expect here why there are none; `neighbours` are the platforms of other
        `apiVersion`s.
        """
        self.api_version = api_version
        self.without = without or {}
        self.neighbours = neighbours or {}
        self._by_name = {kind.name: kind for kind in kinds}
        self.names = tuple(self._by_name)  # in the order of the table
        self.membership = _membership_of(kinds)
        self.powers = powers or Powers()

    def __getitem__(self, name: str) -> Kind:
        return self._by_name[name]

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def __iter__(self) -> Iterator[Kind]:
        return iter(self._by_name.values())

    def __len__(self) -> int:
        return len(self._by_name)


NO_MEMBERSHIP = Membership("", "", "", "", "", frozenset())
"""Of kinds that know none: no resource is on either side of it."""


def _membership_of(kinds: tuple[Kind, ...]) -> Membership:
    """Find the user side, on which it is written, and the group side of the membership."""
    sides = [(kind, item) for kind in kinds for item in kind.fields if item.membership]
    user = next(((kind, item) for kind, item in sides if not item.mirrored), None)
    group = next(((kind, item) for kind, item in sides if item.mirrored), None)
    if user is None or group is None:
        return NO_MEMBERSHIP
    user_kind, groups = user
    primary = next(
        (item.name for item in user_kind.fields if item.refers_to == group[0].name and item.shape is Shape.SCALAR),
        "",
    )
    return Membership(
        user_kind=user_kind.name,
        user_field=groups.name,
        group_kind=group[0].name,
        group_field=group[1].name,
        primary_field=primary,
        implied=groups.implied,
        off=user_kind.disabled_by,
    )
