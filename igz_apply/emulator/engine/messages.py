"""What comes in and what goes out, and how the answers of an API look where the engine itself has to speak."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Request:
    """A request as the server library read it. `path` is decoded, `query` is not."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)  # lower-case names
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent back. `document` None means an empty body."""

    status: int
    document: Document | None = None
    headers: tuple[tuple[str, str], ...] = ()
    user: str = ""  # the caller, for the request log


@dataclass(frozen=True, slots=True)
class AnswerForm:
    """How the answers of one API look: for errors, and for faults that spoil an answer where it hurts."""

    new_ctx: Callable[[], str]  # the id of a request
    error: Callable[[int, str], Document]  # a status and one sentence
    stamped: Callable[[Document, str], Document]  # a document with the id of its request
    emptied: Callable[[Document], Document | None]  # a list that claims to hold nothing; None: it is no list
    with_odd_id: Callable[[Document], Document]  # an object where the id of the first record stands
    named_again: bytes  # a member that every document has, empty: to be added at its end
    garbage: bytes  # neither JSON nor UTF-8
