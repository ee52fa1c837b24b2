"""What a config says of reconciling again and again: how often, what may be healed, what rests, and who is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import Enum

from igz_apply.values import dataclass


class Mode(str, Enum):
    """What becomes of a difference that a round finds."""

    TELL = "tell"  # it is told, and left
    HEAL = "heal"  # it is made as declared


@dataclass(frozen=True, slots=True)
class Pause:
    """Something that is left alone for a while."""

    pattern: str  # an address, or a glob of addresses
    until: str  # a moment with its offset, ISO 8601; "": until it is taken out of the config
    reason: str


@dataclass(frozen=True, slots=True)
class Freeze:
    """A time in which nothing is healed: once, or every week on some days."""

    reason: str
    time_zone: str  # of the IANA database: Europe/Berlin
    start: str  # once: 2026-12-20T18:00; every week: 18:00
    end: str  # as `start`; of a weekly one that is not after its start: on the day after
    days: tuple[str, ...] = ()  # mon, tue, wed, thu, fri, sat, sun: on which it starts; (): once
    patterns: tuple[str, ...] = ()  # globs of addresses; (): everything


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long is waited after rounds that failed, in seconds: doubled each time, with jitter, and capped."""

    first: float = 30.0
    most: float = 3600.0


@dataclass(frozen=True, slots=True)
class Flaps:
    """When healing a field is given up: somebody else writes it as often as we do."""

    reversals: int = 3  # of one field
    within: float = 3600.0  # seconds


@dataclass(frozen=True, slots=True)
class Repository:
    """Where git has the manifests."""

    url: str  # "": said elsewhere, or nowhere
    ref: str = "main"
    path: str = ""  # the folder in it from which all counts; "": its top
    require_signed: str = ""  # a folder of public keys, outside the repository; "": nothing has to be signed


class Shape(str, Enum):
    """How a notification is written."""

    JSON = "json"
    SLACK = "slack"
    TEAMS = "teams"


@dataclass(frozen=True, slots=True)
class Notification:
    """Somebody to be told by webhook. Addresses are secrets: variables name them."""

    url_env: str  # the variable that holds the address
    shape: Shape = Shape.JSON
    secret_env: str = ""  # the variable that holds the key to sign with; "": nothing is signed
    about: tuple[str, ...] = ()  # values of `rounds.Ending`; (): all that a person would want to know


@dataclass(frozen=True, slots=True)
class Reconciling:
    """All of it. Times are seconds."""

    interval: float = 600.0
    modes: Mapping[str, Mode] = field(default_factory=dict)  # kind -> mode, "*" -> that of the others; tell by default
    backoff: Backoff = Backoff()
    flaps: Flaps = Flaps()
    paused: tuple[Pause, ...] = ()
    freezes: tuple[Freeze, ...] = ()
    repository: Repository | None = None  # None: a folder that something else keeps
    listen: str = ""  # HOST:PORT of /healthz, /readyz and /metrics; "": nowhere
    notifications: tuple[Notification, ...] = ()

    def mode_of(self, kind: str) -> Mode:
        """Return what becomes of differences of a kind."""
        return self.modes.get(kind, self.modes.get("*", Mode.TELL))
