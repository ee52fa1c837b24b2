"""A move from one platform to another: what was there, what a person says of it, and what becomes of each object.

Nothing here knows which platforms these are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from enum import Enum
from typing import Any

from igz_apply.model.addresses import Address, Source
from igz_apply.model.problems import Problem
from igz_apply.model.resources import Edge, Lifecycle
from igz_apply.values import dataclass


class Fate(str, Enum):
    """What becomes of an object, or of a field of it; every one ends as exactly one of these."""

    CARRIED = "carried"  # it says the same there
    CHANGED = "changed"  # it is there, and says something else
    LOST = "lost"  # it is not there
    ADDED = "added"  # it was not there before, and is needed there: a group around others


# What is moved


@dataclass(frozen=True, slots=True)
class OldObject:
    """An object as it was, be it alive, remembered by a snapshot, or declared by a manifest."""

    address: Address
    spec: Mapping[str, Any]  # by field name, as its manifest would say it; secrets are left out
    is_system: bool = False  # the platform's own
    lifecycle: Lifecycle = Lifecycle()
    source: Source | None = None  # where its manifest stands; None: it lives


@dataclass(frozen=True, slots=True)
class Origin:
    """All that there was, with memberships as edges, whichever side stated them."""

    where: str  # for a reader: a target, a snapshot's file, or folders of manifests
    objects: Mapping[Address, OldObject]
    memberships: frozenset[Edge] = frozenset()
    partial: Mapping[str, str] = field(default_factory=dict)  # kind -> why perhaps not all of it was seen


# What a person says of it: `mapping.yaml`


@dataclass(frozen=True, slots=True)
class Stated:
    """A text of the mapping, with its place."""

    value: str
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """What is not to be carried, and why."""

    pattern: str  # a glob of old addresses
    reason: str
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class PersonMapping:
    """What is said of one user."""

    name: Stated | None = None  # the new username; None: as by default
    first_name: str = ""  # in place of what is there
    last_name: str = ""


@dataclass(frozen=True, slots=True)
class ProjectMapping:
    """What is said of one project."""

    owner: Stated | None = None  # the old name of its new owner
    state: str = ""


@dataclass(frozen=True, slots=True)
class NameMapping:
    """Everything that `mapping.yaml` says; a key with one `*` is a pattern, whose `*` may stand in the value too."""

    path: str = ""  # "": there is no file
    users: Mapping[str, PersonMapping] = field(default_factory=dict)  # by old name, or a pattern
    groups: Mapping[str, Stated] = field(default_factory=dict)  # old name, or a pattern -> path
    separator: str = ""  # by which names of groups fall into paths; "": they stay flat
    policies: Mapping[str, tuple[Stated, ...]] = field(
        default_factory=dict
    )  # old name -> new ones, by name or by display name; (): left behind
    policy_reasons: Mapping[str, str] = field(default_factory=dict)  # of those that are left behind
    roles: Mapping[str, Stated] = field(default_factory=dict)  # old role, as manifests name it -> new one
    projects: Mapping[str, ProjectMapping] = field(default_factory=dict)  # by name
    node_selectors: bool = False  # whether the default node selectors of projects are carried: MLRun has to lead there
    leave: tuple[LeftBehind, ...] = ()
    places: Mapping[tuple[str, ...], Source] = field(
        default_factory=dict
    )  # ("groups", "ops-*") -> where that key stands


@dataclass(frozen=True, slots=True)
class Destination:
    """What is known of where it goes."""

    where: str = ""  # for a reader; "": nothing was asked
    policies: Mapping[str, str] | None = None  # name -> display name; None: nobody knows which there are


# What came of it


@dataclass(frozen=True, slots=True)
class FieldFate:
    """What becomes of one field."""

    path: str  # dotted, in the old manifest
    fate: Fate
    before: Any = None
    after: Any = None
    why: str = ""
    section: str = ""  # of the new platform's wire reference
    mark: str = ""  # of the evidence there, as [SDK]


@dataclass(frozen=True, slots=True)
class ObjectFate:
    """What becomes of one object."""

    old: Address | None  # None: ADDED
    new: Address | None  # None: LOST
    fate: Fate
    why: str = ""
    section: str = ""
    mark: str = ""
    fields: tuple[FieldFate, ...] = ()
    source: Source | None = None
    is_system: bool = False  # the platform's own
    is_stated: bool = False  # the mapping leaves it behind


@dataclass(frozen=True, slots=True)
class Standing:
    """What a person holds on one project, or as a policy of the whole, before and after."""

    user: str  # the old name
    new_user: str  # "": not carried
    project: str  # the old name; "": it is about policies
    before: str  # the highest role, or the policies; "": none
    after: str
    ways_before: tuple[str, ...] = ()  # owner, direct, group NAME
    ways_after: tuple[str, ...] = ()
    is_higher: bool = False  # more than before
    is_lower: bool = False  # less than before
    is_stated: bool = False  # the mapping says so; where it is both higher and lower, that it is higher
    why: str = ""
    perhaps: str = ""  # what it is instead, should members of a group count in those around it; "": the same
    is_system: bool = False  # of an account that is the platform's own, and is not carried
    lost_policies: tuple[str, ...] = ()  # those before, in place of which not all is held that the mapping says


@dataclass(frozen=True, slots=True)
class Migration:
    """The whole of a move. The same inputs give the same value."""

    origin: str
    destination: str
    documents: Mapping[
        str, Sequence[Mapping[str, Any]]
    ]  # file name -> manifests, in the order in which they are written
    objects: tuple[ObjectFate, ...]  # one for each that was there, and one for each that is added
    standings: tuple[Standing, ...]  # of every person on every project where they held or hold anything, and policies
    problems: tuple[Problem, ...] = ()  # errors: nothing is to be written; and warnings
    partial: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[Address, Address] = field(default_factory=dict)  # old -> new, of all that goes along
    policies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # old -> new, of those that are carried
    holders: Mapping[str, tuple[Address, ...]] = field(default_factory=dict)  # old policy -> who held it, by old names
    left_policies: Mapping[str, str] = field(default_factory=dict)  # those that the mapping leaves behind -> why
    beyond: tuple[FieldFate, ...] = ()  # what no object shows, and does not come along either
