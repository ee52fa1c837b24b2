"""Moves for tests, every part with a default: `move(user("ada", email="ada@x.test"), leave=["User/x*"])`."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from igz_apply.iguazio3.kinds import KINDS as KINDS3
from igz_apply.iguazio4.platform import IGUAZIO4
from igz_apply.model.addresses import Address, Source
from igz_apply.model.migration import (
    Destination,
    FieldFate,
    LeftBehind,
    Migration,
    NameMapping,
    ObjectFate,
    Origin,
    PersonMapping,
    ProjectMapping,
    Standing,
    Stated,
)
from igz_apply.model.problems import Problem
from igz_apply.model.resources import DesiredState, LiveResource, LiveState, Resource
from igz_apply.planning.origins import origin_of_desired, origin_of_live
from igz_apply.workflow import load
from tests import builders
from tests.builders import CALLER, group, live, project, resource, service

NAMES = {"first_name": "Ada", "last_name": "Lovelace"}
_CONFIG = "mapping.yaml"


def user(name: str, /, **spec: Any) -> Resource:
    """Return a user with first and last name."""
    return builders.user(name, **{**NAMES, **spec})


def declared(*resources: Resource, where: str = "manifests") -> Origin:
    return origin_of_desired(DesiredState({each.address: each for each in resources}), KINDS3, where)


def living(
    *resources: LiveResource, groups_of: Mapping[str, set[str]] | None = None, partial: Mapping[str, str] | None = None
) -> Origin:
    state = LiveState(
        {each.address: each for each in resources},
        {name: frozenset(groups) for name, groups in (groups_of or {}).items()},
        CALLER,
        partial=partial or {},
    )
    return origin_of_live(state, KINDS3, "old")


def mapping(
    users: Mapping[str, str | PersonMapping] | None = None,
    groups: Mapping[str, str] | None = None,
    policies: Mapping[str, Sequence[str] | str] | None = None,
    projects: Mapping[str, ProjectMapping] | None = None,
    roles: Mapping[str, str] | None = None,
    leave: Sequence[str] = (),
    separator: str = "",
    *,
    node_selectors: bool = False,
) -> NameMapping:
    """Return a mapping whose texts stand at made-up places; a policy's text that is none is why it is left behind."""
    places = _Lines()
    people = {
        key: said if isinstance(said, PersonMapping) else PersonMapping(places.stated("users", key, said))
        for key, said in (users or {}).items()
    }
    new = {
        key: tuple(places.stated("policies", key, each) for each in said)
        for key, said in (policies or {}).items()
        if not isinstance(said, str)
    }
    left = {key: said for key, said in (policies or {}).items() if isinstance(said, str)}
    for key, person in people.items():
        if person.name is None:
            places.stated("users", key, "")
    for key in left:
        places.stated("policies", key, "")
    for key in projects or {}:
        places.stated("projects", key, "")
    return NameMapping(
        _CONFIG,
        users=people,
        groups={key: places.stated("groups", key, path) for key, path in (groups or {}).items()},
        separator=separator,
        policies={**new, **dict.fromkeys(left, ())},
        policy_reasons=left,
        roles={key: places.stated("roles", key, role) for key, role in (roles or {}).items()},
        projects=projects or {},
        node_selectors=node_selectors,
        leave=tuple(LeftBehind(each, "it is of the past", Source(_CONFIG, 90 + n, 5)) for n, each in enumerate(leave)),
        places=places.keys,
    )


class _Lines:
    """Gives each key of a mapping a line of its own: the key stands in column 3, its value in column 20."""

    def __init__(self) -> None:
        self.keys: dict[tuple[str, ...], Source] = {}

    def stated(self, part: str, key: str, value: str) -> Stated:
        line = len(self.keys) + 2
        self.keys[part, key] = Source(_CONFIG, line, 3)
        return Stated(value, Source(_CONFIG, line, 20))


def owned_by(owner: str, state: str = "") -> ProjectMapping:
    return ProjectMapping(Stated(owner, Source(_CONFIG, 70, 12)), state)


def move(
    *resources: Resource, said: NameMapping | None = None, to: Destination | None = None, origin: Origin | None = None
) -> Migration:
    """Return what becomes of these, declared by manifests, or of an origin."""
    begin = declared(*resources) if origin is None else origin
    return IGUAZIO4.migrations["iguazio.com/v1"](begin, said or NameMapping(), to or Destination())


def specs(moved: Migration) -> dict[str, dict[str, Any]]:
    """Return the specs of the new manifests, by address."""
    return {
        f"{each['kind']}/{each['metadata']['name']}": each["spec"]
        for documents in moved.documents.values()
        for each in documents
    }


def document(moved: Migration, address: str) -> Mapping[str, Any]:
    kind, _, name = address.partition("/")
    found = [
        each
        for documents in moved.documents.values()
        for each in documents
        if each["kind"] == kind and each["metadata"]["name"] == name
    ]
    assert len(found) == 1, specs(moved).keys()
    return found[0]


def fate(moved: Migration, address: str) -> ObjectFate:
    """Return the fate of an object by its old address, or, if it was added, by its new one."""
    found = [each for each in moved.objects if str(each.old or each.new) == address]
    assert len(found) == 1, [str(each.old or each.new) for each in moved.objects]
    return found[0]


def field(moved: Migration, address: str, path: str) -> FieldFate:
    found = [each for each in fate(moved, address).fields if each.path == path]
    assert len(found) == 1, fate(moved, address).fields
    return found[0]


def standing(moved: Migration, person: str, on: str = "") -> Standing | None:
    """Return what a person holds on a project, or as policies."""
    return next((each for each in moved.standings if (each.user, each.project) == (person, on)), None)


def told(moved: Migration) -> list[tuple[str, str, str]]:
    """Return summary, severity and place of each problem; of what has no place, its address."""
    return [(each.summary, each.severity, str(each.source or each.address or "")) for each in moved.problems]


def problem(moved: Migration, summary: str) -> Problem:
    found = [each for each in moved.problems if each.summary == summary]
    assert len(found) == 1, told(moved)
    return found[0]


def loaded_problems(moved: Migration) -> tuple[Problem, ...]:
    """Return what `validate` finds in the new manifests."""
    documents = [each for found in moved.documents.values() for each in found]
    if not documents:
        return ()
    text = "\n---\n".join(json.dumps(each) for each in documents)
    return tuple(load(["-"], stdin=io.BytesIO(text.encode()), platform=IGUAZIO4).problems)


__all__ = [
    "Address",
    "declared",
    "document",
    "fate",
    "field",
    "group",
    "live",
    "living",
    "loaded_problems",
    "mapping",
    "move",
    "owned_by",
    "problem",
    "project",
    "replace",
    "resource",
    "service",
    "specs",
    "standing",
    "told",
    "user",
]
