"""The config's `policies_on_plan`: which there are for a target, and the policies that they make."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path as FilePath
from typing import Any

from igz_apply.authoring.validation import schema_fault
from igz_apply.manifests.reader import read_file
from igz_apply.model.problems import Problem, in_order
from igz_apply.model.resources import Document, Path
from igz_apply.planning.policing import PlanPolicy, PolicyWaiver
from igz_apply.values import dataclass

KEY = "policies_on_plan"
_OURS = re.compile("IGZ", re.IGNORECASE)
_DRAFT = "Such policies are JSON Schemas, draft 2020-12, of a plan's JSON: igz-apply schema plan"


@dataclass(frozen=True, slots=True)
class StatedPolicy:
    """One entry of the list, as a config that is valid states it."""

    document: Document
    path: Path
    folder: FilePath  # what the path of a schema counts from

    @property
    def data(self) -> Mapping[str, Any]:
        """What it states."""
        found: Any = self.document.data
        for part in self.path:
            found = found[part]
        return dict(found)


def stated_policies(document: Document, target: str, folder: FilePath) -> tuple[StatedPolicy, ...]:
    """Return what a config states for a target, "" for none: what stands at the top, and what the target adds."""
    return tuple(it for path in _parts(document, target) for it in _entries(document, path, folder))


def strange_policies(document: Document) -> Iterator[Problem]:
    """Find what the config's schema cannot tell of, for whatever target."""
    top = _entries(document, (), FilePath())
    yield from _strange(top)
    for name in document.data.get("targets", {}):
        here = _entries(document, ("targets", name), FilePath())
        yield from _strange(here, [it.data["code"] for it in top])


def load_plan_policies(stated: Sequence[StatedPolicy]) -> tuple[tuple[PlanPolicy, ...], tuple[Problem, ...]]:
    """Return the policies, and what is wrong with their schemas."""
    policies: list[PlanPolicy] = []
    problems: list[Problem] = []
    for each in stated:
        found = _schema(each)
        if isinstance(found, Problem):
            problems.append(found)
        else:
            policies.append(_policy(each, found))
    return tuple(policies), in_order(problems)


def _parts(document: Document, target: str) -> tuple[Path, ...]:
    return ((), ("targets", target)) if target in document.data.get("targets", {}) else ((),)


def _entries(document: Document, path: Path, folder: FilePath) -> list[StatedPolicy]:
    part: Any = document.data
    for key in path:
        part = part[key]
    return [StatedPolicy(document, (*path, KEY, index), folder) for index in range(len(part.get(KEY, ())))]


def _strange(stated: Sequence[StatedPolicy], taken: Sequence[str] = ()) -> Iterator[Problem]:
    seen = {*taken}
    for each in stated:
        code, place = each.data["code"], each.document.positions.value((*each.path, "code"))
        if _OURS.match(code):
            detail = f"{code!r} looks like a code of igz-apply's own rules."
            yield Problem("Code not free", detail, "Begin it with another word, such as ORG-.", source=place)
        elif code in seen:
            detail = f"Another entry of {KEY} has the code {code!r}."
            yield Problem("Code not free", detail, "Give each a code of its own.", source=place)
        seen.add(code)
        for index, waiver in enumerate(each.data.get("waivers", ())):
            if not _is_day(waiver["until"]):
                place = each.document.positions.value((*each.path, "waivers", index, "until"))
                detail = f"There is no day {waiver['until']!r}, until which {code} would be waived."
                yield Problem("No such day", detail, "Write year, month and day, as 2026-12-31.", source=place)


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _schema(stated: StatedPolicy) -> Mapping[str, Any] | Problem:
    """Return the schema of an entry, which stands in it or in a file, or what is wrong with it."""
    given = stated.data["schema"]
    if isinstance(given, Mapping):
        return schema_fault(stated.document, given, (*stated.path, "schema"), hint=_DRAFT) or given
    path = os.path.normpath(stated.folder / given)
    if not FilePath(path).is_file():
        detail = f"There is no file {path}, which {stated.data['code']} names as its schema."
        place = stated.document.positions.value((*stated.path, "schema"))
        return Problem("No such policy", detail, "Correct the path; it is relative to this file.", source=place)
    reading = read_file(path)
    if reading.problems:
        return reading.problems[0]
    document, *more = reading.documents
    if more:
        return Problem("More than one document", "A schema is one document.", "Remove `---`.", source=more[0].source)
    if not isinstance(document.data, Mapping):
        detail = f"{path} holds no mapping, as a schema of a policy has to be."
        return Problem("Not a JSON Schema", detail, _DRAFT, source=document.source)
    return schema_fault(document, document.data, hint=_DRAFT) or document.data


def _policy(stated: StatedPolicy, schema: Mapping[str, Any]) -> PlanPolicy:
    data, positions = stated.data, stated.document.positions
    return PlanPolicy(
        code=data["code"],
        schema=schema,
        message=data["message"],
        hint=data.get("hint", ""),
        each=data.get("each", ""),
        denies=data.get("effect", "deny") == "deny",
        waivers=tuple(
            PolicyWaiver(**waiver, source=positions.value((*stated.path, "waivers", index)))
            for index, waiver in enumerate(data.get("waivers", ()))
        ),
        source=positions.value((*stated.path, "code")),
    )
