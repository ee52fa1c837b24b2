"""The config's `reconcile`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from igz_apply.errors import InvalidInput
from igz_apply.local.zones import has_zones, moment_of, zone_of, zone_problem
from igz_apply.model.addresses import PATTERN_CHARACTERS
from igz_apply.model.kind import Kinds
from igz_apply.model.problems import Problem
from igz_apply.model.quantities import duration
from igz_apply.model.reconciling import (
    Backoff,
    Flaps,
    Freeze,
    Mode,
    Notification,
    Pause,
    Reconciling,
    Repository,
    Shape,
)
from igz_apply.model.resources import Document, Path
from igz_apply.model.suggest import did_you_mean
from igz_apply.planning.freezing import MIDNIGHT

KEY = "reconcile"
GIVEN = "IGZ_NOTIFY"
_DATED = 16  # characters of 2026-12-20T18:00

LEAST, MOST = 1.0, 366 * 86400.0
"""Seconds between which the times of rounds lie."""

_TIMES = (("interval",), ("backoff", "first"), ("backoff", "most"), ("flaps", "within"))
_OF_REPOSITORY = frozenset(("repo", "ref", "path", "require_signed"))


def reconciling_from(*parts: Mapping[str, Any]) -> Reconciling:
    """Return what valid parts of a config state: each key as the last of the parts has it."""
    stated: dict[str, Any] = {}
    for part in parts:
        stated.update(part)
    standard = Reconciling()
    return Reconciling(
        interval=_seconds(stated.get("interval"), standard.interval),
        modes={kind: Mode(mode) for kind, mode in stated.get("modes", {}).items()},
        backoff=_backoff(stated.get("backoff", {})),
        flaps=_flaps(stated.get("flaps", {})),
        paused=tuple(
            Pause(pattern, pause.get("until", ""), pause["reason"])
            for pattern, pause in stated.get("paused", {}).items()
        ),
        freezes=tuple(map(_freeze, stated.get("freeze", ()))),
        repository=_repository(stated) if stated.keys() & _OF_REPOSITORY else None,
        listen=stated.get("listen", ""),
        notifications=tuple(map(_notification, stated.get("notify", ()))),
    )


def _seconds(stated: str | float | None, standard: float) -> float:
    if stated is None:
        return standard
    seconds = duration(stated) if isinstance(stated, str) else stated
    assert seconds is not None  # the schema let nothing else through
    return float(seconds)


def _backoff(stated: Mapping[str, Any]) -> Backoff:
    standard = Backoff()
    return Backoff(_seconds(stated.get("first"), standard.first), _seconds(stated.get("most"), standard.most))


def _flaps(stated: Mapping[str, Any]) -> Flaps:
    standard = Flaps()
    return Flaps(stated.get("reversals", standard.reversals), _seconds(stated.get("within"), standard.within))


def _freeze(stated: Mapping[str, Any]) -> Freeze:
    return Freeze(
        reason=stated["reason"],
        time_zone=stated["time_zone"],
        start=stated["from"],
        end=stated["until"],
        days=tuple(stated.get("days", ())),
        patterns=tuple(stated.get("resources", ())),
    )


def _repository(stated: Mapping[str, Any]) -> Repository:
    standard = Repository("")
    return Repository(
        url=stated.get("repo", standard.url),
        ref=stated.get("ref", standard.ref),
        path=stated.get("path", standard.path),
        require_signed=stated.get("require_signed", standard.require_signed),
    )


def _notification(stated: Mapping[str, Any]) -> Notification:
    return Notification(
        url_env=stated["url_env"],
        shape=Shape(stated.get("shape", Shape.JSON.value)),
        secret_env=stated.get("secret_env", ""),
        about=tuple(stated.get("about", ())),
    )


def notifications_given(text: str) -> tuple[Notification, ...]:
    """Return what a text says in place of the config's `notify`: the same, as JSON. Raises InvalidInput."""
    from igz_apply.authoring.validation import conforms
    from igz_apply.manifests.reader import read_bytes
    from igz_apply.manifests.schemas import config_schema

    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, list):
        hint = """Write JSON: [{"url_env": "IGZ_SLACK_URL", "shape": "slack"}], or [] for nobody."""
        raise InvalidInput([Problem("Environment", f"{GIVEN} is no list of whom to tell.", hint)])
    reading, schema = read_bytes(GIVEN, json.dumps({"notify": found}).encode()), config_schema()
    problems = list(reading.problems)
    for document in reading.documents:
        problems += conforms(document, {**schema["$defs"]["reconcile"], "$defs": schema["$defs"]}, noun="value")
    if problems:
        raise InvalidInput(problems)
    return reconciling_from(reading.documents[0].data).notifications


# What is wrong with it


def strange_reconciling(document: Document) -> Iterator[Problem]:
    """Find what the schema cannot tell of, at the top and of all targets."""
    for path, stated in _stated(document):
        yield from _bad_times(stated, document, path)
        for pattern, pause in stated.get("paused", {}).items():
            here = (*path, "paused", pattern)
            yield from _bad_pattern(pattern, "paused", document, here, is_key=True)
            yield from _no_moment(pause.get("until", ""), document, (*here, "until"))
        for index, freeze in enumerate(stated.get("freeze", ())):
            here = (*path, "freeze", index)
            for place, pattern in enumerate(freeze.get("resources", ())):
                yield from _bad_pattern(pattern, "freeze", document, (*here, "resources", place))
            if zone_of(freeze["time_zone"]) is None and has_zones():  # without any, only who reconciles has to know
                yield zone_problem(freeze["time_zone"], document.positions.value((*here, "time_zone")))
            yield from _bad_freeze(freeze, document, here)


def doubts_of_reconciling(document: Document, target: str, kinds: Kinds, title: str, now: float) -> Iterator[Problem]:
    """Find what only a platform and a date tell: kinds that there are not, and pauses that have ended.

    `title` is the platform's, `now` is in seconds since the epoch.
    """
    for path, stated in _stated(document):
        if path[0] == "targets" and path[1] != target:
            continue
        for kind in stated.get("modes", {}):
            if kind != "*":
                yield from _no_kind(kind, "modes", kinds, title, document, (*path, "modes", kind), is_key=True)
        for pattern, pause in stated.get("paused", {}).items():
            here = (*path, "paused", pattern)
            yield from _unknown_kind(pattern, "paused", kinds, title, document, here, is_key=True)
            until = pause.get("until", "")
            if until and moment_of(until) <= now:
                detail = f"The pause of {pattern} ended with {until} ({pause['reason']})."
                source = document.positions.value((*here, "until"))
                yield Problem("Pause has ended", detail, "Take it out, or state a later end.", "warning", source)
        for index, freeze in enumerate(stated.get("freeze", ())):
            for place, pattern in enumerate(freeze.get("resources", ())):
                there = (*path, "freeze", index, "resources", place)
                yield from _unknown_kind(pattern, "freeze", kinds, title, document, there)


def _stated(document: Document) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Yield what is stated of it, each with its place: at the top, and of targets."""
    data = document.data
    if KEY in data:
        yield (KEY,), data[KEY]
    for name, target in data.get("targets", {}).items():
        if KEY in target:
            yield ("targets", name, KEY), target[KEY]


def _bad_times(stated: Mapping[str, Any], document: Document, path: Path) -> Iterator[Problem]:
    """Find times with which rounds come one upon the other, or never."""
    for keys in _TIMES:
        value: Any = stated
        for key in keys:
            value = value.get(key, {})
        if value != {} and not LEAST <= _seconds(value, 0.0) <= MOST:
            detail = f"{value} is out of bounds: `{'.'.join((KEY, *keys))}` is a second at least, and a year at most."
            source = document.positions.value((*path, *keys))
            yield Problem("Out of bounds", detail, "Write 30s, 10m or 1h.", source=source)


def _bad_pattern(pattern: str, key: str, document: Document, path: Path, *, is_key: bool = False) -> Iterator[Problem]:
    """Find what can select nothing, whatever there is: a rest that nobody takes is worse than none."""
    kind, slash, name = pattern.partition("/")
    why = ""
    if not kind or (slash and not name):
        why = "has no name" if kind else "has no kind"
    elif kind != kind.strip() or name != name.strip():
        why = "begins or ends with a space"
    elif _is_open(pattern):
        why = "has a [ that no ] closes; write [[] for the character itself"
    if why:
        places = document.positions
        yield Problem(
            "Bad pattern",
            f"`{key}` names {pattern!r}, which {why}.",
            "Write Kind/name, a pattern such as Project/churn-*, or a kind alone.",
            source=places.key(path) if is_key else places.value(path),
        )


def _is_open(pattern: str) -> bool:
    """Say whether a set of characters begins and does not end: such a bracket stands for itself."""
    return re.search(r"\[", re.sub(r"\[!?\]?[^\]]*\]", "", pattern)) is not None


def _unknown_kind(
    pattern: str, key: str, kinds: Kinds, title: str, document: Document, path: Path, *, is_key: bool = False
) -> Iterator[Problem]:
    if PATTERN_CHARACTERS.isdisjoint(pattern.partition("/")[0]):
        yield from _no_kind(pattern, key, kinds, title, document, path, is_key=is_key)


def _no_kind(
    pattern: str, key: str, kinds: Kinds, title: str, document: Document, path: Path, *, is_key: bool = False
) -> Iterator[Problem]:
    """Find what is of no kind; also a pattern of kinds, where only a kind counts."""
    kind = pattern.partition("/")[0]
    if kind in kinds:
        return
    hint = f"{did_you_mean(kind, kinds.names)} Kinds are {', '.join(kinds.names)}.".strip()
    places = document.positions
    source = places.key(path) if is_key else places.value(path)
    detail = f"`{key}` names {pattern!r}: there is no kind {kind!r} on an {title}."
    yield Problem("Unknown kind", detail, hint, source=source)


def _no_moment(until: str, document: Document, path: Path) -> Iterator[Problem]:
    if until and not _is_moment(until):
        detail = f"`paused` ends with {until!r}, and there is no such day or time."
        hint = "Write a day, as 2026-12-31, or a moment with its offset, as 2026-12-31T18:00:00+01:00."
        yield Problem("No such day", detail, hint, source=document.positions.value(path))


def _is_moment(until: str) -> bool:
    try:
        moment_of(until)
    except (ValueError, OverflowError):
        return False
    return True


def _bad_freeze(freeze: Mapping[str, Any], document: Document, path: Path) -> Iterator[Problem]:
    start, end, is_weekly = freeze["from"], freeze["until"], "days" in freeze
    for key in ("from", "until"):
        source = document.positions.value((*path, key))
        is_dated = len(freeze[key]) == _DATED
        day = freeze[key][:10] if is_dated else "2026-01-01"
        clock = "00:00" if key == "until" and freeze[key].endswith(MIDNIGHT) else freeze[key][-5:]
        if not _is_moment(f"{day}T{clock}+00:00"):
            detail = f"`freeze` names {freeze[key]!r}, and there is no such day or time."
            hint = "Write 18:00 with `days`, and 2026-12-20T18:00 without."
            yield Problem("No such day", detail, hint, source=source)
            return
        if is_dated == is_weekly:
            detail = (
                f"`freeze` has `days`, and {key} is {freeze[key]!r}, which comes once."
                if is_weekly
                else f"`freeze` has no `days`, and {key} is {freeze[key]!r}, which names no day."
            )
            hint = "With `days`, write the time alone: 18:00. To freeze once, leave `days` out, and write the dates."
            yield Problem("Bad freeze", detail, hint, source=source)
            return
    if start == end or (not is_weekly and end < start):
        how = "with its beginning" if start == end else "before it begins"
        hint = "State another end; a day ends at 24:00." if is_weekly else "State a later end."
        source = document.positions.value((*path, "until"))
        yield Problem("Bad freeze", f"A freeze from {start} until {end} ends {how}.", hint, source=source)
