"""What is told of a round to somebody who was not there: short, safe to show, and without any secret."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import Enum

from igz_apply.model.rounds import Revision
from igz_apply.values import dataclass


class Topic(str, Enum):
    """What a message is about."""

    DRIFT = "drift"  # something differs, and is left
    HEALED = "healed"  # something was made as declared
    FAILURE = "failure"  # a round could not do its work
    OVER = "over"  # what was told of before is so no more
    IN_SYNC = "in_sync"  # nothing differs; for those who ask for it
    TRIAL = "trial"  # nothing has happened: somebody tries whether messages arrive


class Fate(str, Enum):
    """What became of one difference."""

    HEALED = "healed"
    HELD = "held"
    FAILED = "failed"  # it was to be healed, and was not


@dataclass(frozen=True, slots=True)
class FieldNews:
    """One field that differs."""

    path: str
    lines: tuple[str, ...]  # as a plan shows it: "- x", "+ y"; of a secret words
    is_sensitive: bool = False


@dataclass(frozen=True, slots=True)
class ChangeNews:
    """One resource that differs."""

    address: str
    action: str  # that makes it as declared: create, update, delete, or an operation
    fate: Fate
    cause: str = ""  # of one that is held: a value of `rounds.Cause`
    why: str = ""  # in words: why it is held, or how it failed
    code: str = ""  # of the rail that holds it
    place: str = ""  # where a manifest declares it: manifests/users.yaml:3
    fields: tuple[FieldNews, ...] = ()  # the first of them
    more_fields: int = 0


@dataclass(frozen=True, slots=True)
class ProblemNews:
    """Why a round could not do its work."""

    code: str
    summary: str
    detail: str
    hint: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class News:
    """The whole of a message. All its texts are printable; "" is what is not known or does not apply."""

    topic: Topic
    ending: str  # a value of `rounds.Ending`
    title: str
    hash: str  # of what it tells: two messages with the same one tell the same
    target: str = ""
    cluster: str = ""  # its address
    number: int = 0  # of the round
    began: str = ""
    seconds: float = 0.0
    failures_in_a_row: int = 0
    next_in: float | None = None  # seconds until the next round; None: there is none
    revision: Revision = Revision()
    counts: Mapping[str, int] = field(default_factory=dict)
    changes: tuple[ChangeNews, ...] = ()  # the first of them
    more_changes: int = 0
    problems: tuple[ProblemNews, ...] = ()  # the first of them
    more_problems: int = 0
    error: str = ""
    run: str = ""
    undo: str = ""  # the command that plans the way back
    next_steps: tuple[str, ...] = ()
    links: Mapping[str, str] = field(default_factory=dict)  # what it leads to -> address
