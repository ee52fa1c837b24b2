"""The fast way from YAML events to plain data, for documents that use plain YAML.

It keeps no positions, and gives up (`Irregular`) on whatever is rare or wrong: aliases, tags, merge keys, duplicate
keys, ambiguous numbers, deep nesting. `marked.py` then reads that one document again, with all positions, and
says what is wrong with it, if anything.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from yaml.events import (
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from igz_apply.manifests.scalars import MAYBE_SPECIAL, AmbiguousScalar, resolve

MOST_NESTED = 64  # far beyond any manifest, far below what the interpreter's stack takes


class Irregular(Exception):
    """The document needs the careful reading; the event stream stands somewhere inside it."""


class TooDeep(Irregular):
    """Nested beyond `MOST_NESTED`; the event stream is not worth following any further."""


def construct(event: Event, next_event: Callable[[], Event], depth: int = 0) -> Any:
    """Return the data of the node that `event` begins, taking the rest of it from `next_event`.

    Raises Irregular where plain rules do not suffice.
    """
    kind = type(event)
    if kind is ScalarEvent:
        return _scalar(event)
    if depth >= MOST_NESTED:
        raise TooDeep
    if kind is MappingStartEvent:
        return _mapping(event, next_event, depth + 1)
    if kind is SequenceStartEvent:
        return _sequence(event, next_event, depth + 1)
    raise Irregular  # an alias


def _mapping(start: Any, next_event: Callable[[], Any], depth: int) -> dict[str, Any]:
    if start.anchor is not None or start.tag is not None:
        raise Irregular
    result: dict[str, Any] = {}
    event = next_event()
    while type(event) is not MappingEndEvent:
        if type(event) is not ScalarEvent or event.tag is not None or event.anchor is not None:
            raise Irregular
        key = event.value
        if key in result or key == "<<":
            raise Irregular
        event = next_event()
        result[key] = _scalar(event) if type(event) is ScalarEvent else construct(event, next_event, depth)
        event = next_event()
    return result


def _sequence(start: Any, next_event: Callable[[], Any], depth: int) -> list[Any]:
    if start.anchor is not None or start.tag is not None:
        raise Irregular
    result: list[Any] = []
    event = next_event()
    while type(event) is not SequenceEndEvent:
        result.append(_scalar(event) if type(event) is ScalarEvent else construct(event, next_event, depth))
        event = next_event()
    return result


def _scalar(event: Any) -> Any:
    if event.tag is not None or event.anchor is not None:
        raise Irregular
    text = event.value
    if not event.implicit[0] or (text and text[0] not in MAYBE_SPECIAL):
        return text
    try:
        return resolve(text)
    except AmbiguousScalar as error:
        raise Irregular from error
