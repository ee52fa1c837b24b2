"""`mapping.yaml`: what a person says of names, policies and roles when a cluster moves to another platform."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from igz_apply.manifests.documents import FileReading
from igz_apply.manifests.reader import read_file
from igz_apply.model.addresses import Source
from igz_apply.model.migration import LeftBehind, NameMapping, PersonMapping, ProjectMapping, Stated
from igz_apply.model.problems import Problem, errors_of, in_order
from igz_apply.model.resources import Document, Path

_STAR = "*"
_BY_PATTERN = ("users", "groups")  # whose keys may be patterns
_BY_NAME = ("policies", "projects")
_USERNAME = "username"
_EMPTY = "Empty file"
_BEGIN = "Begin one: `igz-apply migrate FROM TO --write-mapping FILE`."


def load_mapping(path: str) -> tuple[NameMapping, tuple[Problem, ...]]:
    """Return what a mapping says, with the place of each part, and what is wrong with it; nothing where there is.

    Whether what it names is there is not looked at: that takes what is moved.
    """
    reading = read_file(path)
    problems = in_order(_faults(reading))
    if errors_of(problems) or not reading.documents:
        return NameMapping(path=path), problems
    return _mapping(path, reading.documents[0]), problems


def _faults(reading: FileReading) -> Iterator[Problem]:
    from igz_apply.authoring.validation import conforms  # both here, as few commands read a mapping
    from igz_apply.manifests.schemas import form_schema

    yield from (replace(each, hint=_BEGIN) if each.summary == _EMPTY else each for each in reading.problems)
    for more in reading.documents[1:]:
        detail = "A mapping is one document."
        yield Problem("More than one document", detail, "Remove `---`.", source=more.source)
    for document in reading.documents[:1]:
        found = conforms(document, form_schema("mapping"), noun="mapping file")
        yield from found or _strange(document)


# What the schema cannot tell of


def _strange(document: Document) -> Iterator[Problem]:
    for part in (*_BY_PATTERN, *_BY_NAME):
        for key, value in document.data.get(part, {}).items():
            most = 1 if part in _BY_PATTERN else 0
            if key.count(_STAR) > most:
                yield _no_pattern(document, (part, key), most)
            elif _STAR not in key:
                yield from _lost_stars(document, (part, key), value)


def _no_pattern(document: Document, path: Path, most: int) -> Problem:
    detail = (
        f"{path[-1]!r} has more than one `*`."
        if most
        else f"{path[-1]!r} has a `*`, and `{path[0]}` takes no patterns."
    )
    hint = "Write each pattern with one `*`." if most else "Say each by its whole name."
    return Problem("Not a pattern", detail, hint, source=document.positions.key(path))


def _lost_stars(document: Document, path: Path, value: Any) -> Iterator[Problem]:
    """Find each `*` in what a key without one becomes: there is nothing for it to stand for."""
    for below, text in _names(value):
        if _STAR in text:
            detail = f"{text!r} has a `*`, and {path[-1]!r} has none that it could stand for."
            hint = "Write the name out, or a `*` into the key."
            yield Problem("Star without a pattern", detail, hint, source=document.positions.value((*path, *below)))


def _names(value: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Yield the new names in the value of a key, with their paths below it."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        yield from (((key,), value[key]) for key in (_USERNAME, "owner") if key in value)
    else:
        yield from (((index,), text) for index, text in enumerate(value))


# What it says


class _Reader:
    """Makes values of a document that is valid, and notes where keys stand."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self.places: dict[tuple[str, ...], Source] = {}

    def part(self, name: str) -> Mapping[str, Any]:
        """Return a part of the mapping, empty where it says nothing; where each of its keys stands is noted."""
        found: Mapping[str, Any] = self._document.data.get(name, {})
        for key in found:
            self.note(name, key)
        return found

    def note(self, *path: str) -> None:
        self.places[path] = self._document.positions.key(path)

    def stated(self, text: str, *path: str | int) -> Stated:
        return Stated(text, self._document.positions.value(path))

    def person(self, key: str, value: str | Mapping[str, str]) -> PersonMapping:
        if isinstance(value, str):
            return PersonMapping(self.stated(value, "users", key))
        name = self.stated(value[_USERNAME], "users", key, _USERNAME) if _USERNAME in value else None
        return PersonMapping(name, value.get("first_name", ""), value.get("last_name", ""))

    def policies(self, key: str, value: str | Sequence[str] | Mapping[str, str]) -> tuple[Stated, ...]:
        if isinstance(value, str):
            return (self.stated(value, "policies", key),)
        if isinstance(value, Mapping):
            return ()
        return tuple(self.stated(text, "policies", key, index) for index, text in enumerate(value))

    def project(self, key: str, value: Mapping[str, str]) -> ProjectMapping:
        if "owner" not in value:
            return ProjectMapping(state=value.get("state", ""))
        self.note("projects", key, "owner")
        return ProjectMapping(self.stated(value["owner"], "projects", key, "owner"), value.get("state", ""))

    def left(self) -> Iterator[LeftBehind]:
        for index, each in enumerate(self._document.data.get("leave", ())):
            place = self._document.positions.value(("leave", index, "resource"))
            yield LeftBehind(each["resource"], each["reason"], place)


def _mapping(path: str, document: Document) -> NameMapping:
    data, reader = document.data, _Reader(document)
    policies = reader.part("policies")
    if "separator" in data:
        reader.note("separator")
    return NameMapping(
        path=path,
        users={key: reader.person(key, value) for key, value in reader.part("users").items()},
        groups={key: reader.stated(value, "groups", key) for key, value in reader.part("groups").items()},
        separator=data.get("separator", ""),
        policies={key: reader.policies(key, value) for key, value in policies.items()},
        policy_reasons={key: value["leave"] for key, value in policies.items() if isinstance(value, Mapping)},
        roles={key: reader.stated(value, "roles", key) for key, value in reader.part("roles").items()},
        projects={key: reader.project(key, value) for key, value in reader.part("projects").items()},
        node_selectors=data.get("node_selectors", False),
        leave=tuple(reader.left()),
        places=reader.places,
    )
