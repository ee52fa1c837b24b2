"""The faults file: YAML to `Faults`, with errors that name the entry. docs/emulator.md describes the form."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import yaml

from igz_apply.emulator.engine.faults import JOB_ACTS, REQUEST_ACTS, Chance, Faults, JobFault, RequestFault
from igz_apply.emulator.engine.http_errors import FaultsError

_TOP = ("seed", "requests", "jobs")
_CHANCE = ("nth", "every", "probability", "times")
_REQUEST = ("name", "match", "act", "when", "status", "headers", "body", "seconds", "bytes", "by")
_JOB = ("name", "match", "act", "result", "seconds")

Entry = Mapping[str, Any]
Fault = TypeVar("Fault")


def read_faults(source: str | Path | Entry | None, sections: tuple[str, ...] = ()) -> Faults:
    """Return the faults of a file, or of its content; None gives none. Raises FaultsError.

    `sections` are what an API has beyond requests and jobs: each maps a name to what goes wrong with it.
    """
    if source is None:
        return Faults()
    known = (*_TOP, *sections)
    content = source if isinstance(source, Mapping) else _content(Path(source), known)
    _check_keys(content, "the faults file", known)
    return Faults(
        requests=_entries(content, "requests", _request_fault),
        jobs=_entries(content, "jobs", _job_fault),
        sections={each: _texts(content, each) for each in sections},
        seed=_number(content, "seed", 0, "the faults file", lowest=0),
    )


def _texts(content: Entry, section: str) -> Mapping[str, str]:
    return {str(name): str(text) for name, text in _mapping(content, section, "the faults file").items()}


def _content(path: Path, known: tuple[str, ...]) -> Entry:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise FaultsError(f"The faults file {path} cannot be read: {error}") from error
    except yaml.YAMLError as error:
        raise FaultsError(f"The faults file {path} is not YAML: {error}") from error
    if not isinstance(content, dict):
        raise FaultsError(f"The faults file {path} is not a mapping with {', '.join(known)}")
    return content


def _entries(content: Entry, key: str, read: Callable[[Entry, str], Fault]) -> tuple[Fault, ...]:
    entries = content.get(key)
    if entries is None:
        return ()
    if not isinstance(entries, list):
        raise FaultsError(f"{key} is not a list")
    return tuple(_named_entry(each, f"{key}[{number}]", read) for number, each in enumerate(entries))


def _named_entry(entry: Any, where: str, read: Callable[[Entry, str], Fault]) -> Fault:
    if not isinstance(entry, dict):
        raise FaultsError(f"{where} is not a mapping")
    name = entry.get("name")
    return read(entry, where if name is None else f"{where} ({name})")


def _request_fault(entry: Entry, where: str) -> RequestFault:
    _check_keys(entry, where, _REQUEST)
    match = _mapping(entry, "match", where)
    _check_keys(match, f"{where}.match", ("method", "path", *_CHANCE))
    headers = _mapping(entry, "headers", where)
    return RequestFault(
        name=str(entry.get("name", where)),
        act=_one_of(entry, "act", REQUEST_ACTS, where),
        method=_text(match, "method", "*", where).upper(),
        path=_text(match, "path", "*", where),
        chance=_chance(match, where),
        after=_one_of({"when": "before", **entry}, "when", ("before", "after"), where) == "after",
        status=_number(entry, "status", 503, where, lowest=200, highest=599),
        headers=tuple((str(name), _one_line(value, where)) for name, value in headers.items()),
        body=None if entry.get("body") is None else _as_text(entry["body"]),
        seconds=_seconds(entry, 1.0, where),
        bytes=_number(entry, "bytes", 20, where, lowest=0),
        by=_number(entry, "by", 1, where),
    )


def _job_fault(entry: Entry, where: str) -> JobFault:
    _check_keys(entry, where, _JOB)
    match = _mapping(entry, "match", where)
    _check_keys(match, f"{where}.match", ("kind", *_CHANCE))
    return JobFault(
        name=str(entry.get("name", where)),
        act=_one_of(entry, "act", JOB_ACTS, where),
        kind=_text(match, "kind", "*", where),
        chance=_chance(match, where),
        result=_as_text(entry.get("result", "")),
        seconds=_seconds(entry, 60.0, where),
    )


def _chance(match: Entry, where: str) -> Chance:
    nth = match.get("nth", [])
    nth = nth if isinstance(nth, list) else [nth]
    if not all(_is_count(each) for each in nth):
        _refuse(where, "match.nth is not a number from 1 up, or a list of them")
    probability = match.get("probability", 1.0)
    if isinstance(probability, bool) or not isinstance(probability, (int, float)) or not 0 <= probability <= 1:
        _refuse(where, "match.probability is not between 0 and 1")
    times = match.get("times")
    if times is not None and not _is_count(times):
        _refuse(where, "match.times is not a number from 1 up")
    every = _number(match, "every", 1, f"{where}.match", lowest=1)
    return Chance(frozenset(nth), every, float(probability), times)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _number(entry: Entry, key: str, default: int, where: str, *, lowest: int = -(2**31), highest: int = 2**31) -> int:
    value = entry.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= highest:
        _refuse(where, f"{key} is not a whole number that makes sense here")
    return int(value)


def _seconds(entry: Entry, default: float, where: str) -> float:
    value = entry.get("seconds", default)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1e6:
        _refuse(where, "seconds is not a number from 0 up")
    return float(value)


def _one_of(entry: Entry, key: str, allowed: tuple[str, ...], where: str) -> str:
    value = entry.get(key)
    if value not in allowed:
        _refuse(where, f"{key} is {value!r}: it is one of {', '.join(allowed)}")
    return str(value)


def _text(entry: Entry, key: str, default: str, where: str) -> str:
    value = entry.get(key, default)
    if not isinstance(value, str):
        _refuse(where, f"{key} is not a string")
    return str(value)


def _one_line(value: Any, where: str) -> str:
    text = str(value)
    if not text.isprintable() or not text.isascii():
        _refuse(where, "a header is not plain text on one line")
    return text


def _as_text(value: Any) -> str:
    """Return a text as it is, and anything else as JSON text."""
    return value if isinstance(value, str) else json.dumps(value)


def _mapping(entry: Entry, key: str, where: str) -> Entry:
    value = entry.get(key)
    if value is not None and not isinstance(value, dict):
        _refuse(where, f"{key} is not a mapping")
    return dict(value or {})


def _check_keys(entry: Entry, where: str, known: tuple[str, ...]) -> None:
    unknown = [str(key) for key in entry if key not in known]
    if unknown:
        _refuse(where, f"{unknown[0]!r} is not known: there are {', '.join(known)}")


def _refuse(where: str, problem: str) -> NoReturn:
    raise FaultsError(f"{where}: {problem}")
