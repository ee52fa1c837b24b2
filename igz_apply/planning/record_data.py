"""The record of a run as JSON, and back (schemas/run.schema.json).

What stood before is written down once, before the first call; the end adds what became of it, and writes the rest as it
was. No value of a secret is in it: what a manifest says in its place is, and of what may be one a digest.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, field
from typing import Any

import msgspec

from igz_apply.errors import InvalidInput
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Plan
from igz_apply.model.comparison import path_at
from igz_apply.model.kind import Kind, Kinds
from igz_apply.model.outcomes import Outcome, Report, Status
from igz_apply.model.plain_values import tagged, untagged
from igz_apply.model.problems import Problem
from igz_apply.model.records import Before, Ended, Held, Left, RunFacts, RunRecord
from igz_apply.model.resources import Caller, Entry
from igz_apply.planning.entry_data import entries_data, entries_of
from igz_apply.planning.plan_data import Data, change_data, change_of
from igz_apply.values import dataclass

FORMAT_VERSION = 1

_LOST_HINT = "Undo by hand what it tells, or from git. The other records are whole by themselves."


@dataclass(frozen=True, slots=True)
class Opening:
    """What a record says from its beginning on."""

    head: Mapping[str, Any]
    body: bytes  # changes and entries, encoded once

    def content(self, run: str) -> bytes:
        """Return the record of a run that has begun."""
        return _joined({**self.head, "id": run, "ended": None, "exit_code": None}, self.body)

    def closed(self, run: str, ended: str, report: Report, left: Mapping[Address, Left]) -> bytes:
        """Return the record of a run that has ended."""
        head = {**self.head, "id": run, "ended": ended, "exit_code": report.exit_code, "counts": _ended_counts(report)}
        return _joined(head, self.body, _encoded(_end(report, left)))


Entries = Mapping[Address, Entry | None]


def opening(
    facts: RunFacts,
    plan: Plan,
    changes: Iterable[Before],
    entries: Entries,
    noted: Entries,
    *,
    began: str,
    tool_version: str,
) -> Opening:
    """Return the beginning of a record: what a plan changes and how that was before, and the entries before.

    `noted` is what is made of those of them that no change is about.
    """
    told = {key: value for key, value in asdict(facts).items() if key not in _CHECKOUT}
    head = {
        "format_version": FORMAT_VERSION,
        "tool_version": tool_version,
        "began": began,
        "run": {**told, "waivers": list(facts.waivers)},
        "manifests": {key: getattr(facts, key) for key in _CHECKOUT} if facts.commit else None,
        "digest": plan.digest,
        "undoes": plan.undo.run if plan.undo is not None else "",
        "caller": asdict(plan.caller),
        "planned": _planned_counts(plan),
    }
    told_before = [_before(it) for it in changes]
    body: Data = {"changes": told_before, "entries": entries_data(entries), "noted": entries_data(noted)}
    if plan.operations:
        body["operations"] = [{"operation": it.operation, "address": str(it.address)} for it in plan.operations]
    return Opening(head, _encoded(body))


_CHECKOUT = ("commit", "tree", "is_dirty")


def _before(it: Before) -> Data:
    data = change_data(it.change)
    if it.linked:
        data["linked"] = list(it.linked)
    if it.held:
        data["held"] = [{"by": str(each.by), "path": ".".join(each.path)} for each in it.held]
    if it.lost:
        data["lost"] = list(it.lost)
    return data


def _end(report: Report, left: Mapping[Address, Left]) -> Data:
    return {
        "outcomes": {str(it.address): _outcome(it) for it in report.outcomes},
        **({"operated": [_operated(it) for it in report.operated]} if report.operated else {}),
        "failures": list(report.failures),
        "not_converged": [str(it.address) for it in report.not_converged],
        "left": {str(address): _left(it) for address, it in left.items()},
    }


def _outcome(it: Outcome) -> Data:
    return {"status": it.status.value, **({"detail": it.detail} if it.detail else {})}


def _operated(it: Outcome) -> Data:
    return {"operation": it.operation, "address": str(it.address), **_outcome(it)}


def _left(it: Left) -> Data:
    data: Data = {"id": it.id, "born": it.born} if it.born else {"id": it.id}
    if it.spec is not None:
        data["spec"] = tagged(it.spec)
    if it.linked:
        data["linked"] = list(it.linked)
    return data


def _planned_counts(plan: Plan) -> dict[str, int]:
    others = {"drop": len(plan.dropped), "forget": len(plan.forgotten), **plan.operation_counts}
    counts = {**plan.counts, "no_change": 0, **others}
    return {action: count for action, count in counts.items() if count}


def _ended_counts(report: Report) -> dict[str, int]:
    return {status: count for status, count in report.counts.items() if count}


def _joined(head: Mapping[str, Any], *parts: bytes) -> bytes:
    """Return objects, some of them encoded already, as one."""
    inner = [part[1:-1] for part in (_encoded(head), *parts)]
    return b"{%s}\n" % b",".join(inner)


def _encoded(data: Any) -> bytes:
    """Return data as JSON; what the quick encoder refuses, as very large numbers and broken characters, slowly."""
    try:
        return msgspec.json.encode(data)
    except (msgspec.MsgspecError, OverflowError, UnicodeError, TypeError):
        return json.dumps(data, separators=(",", ":")).encode("ascii")


@dataclass(frozen=True, slots=True)
class Heading:
    """What a list of runs shows of one."""

    id: str
    began: str
    ended: str
    exit_code: int | None
    command: str
    process: str
    ci: str
    username: str
    endpoint: str
    commit: str
    is_dirty: bool
    undoes: str
    planned: Mapping[str, int] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)


def heading_of(content: bytes, place: str, run: str) -> Heading:
    """Return what a record says at its top. Raises InvalidInput when it is damaged or newer than this program."""
    data = parsed(_top(content), place, run)
    try:
        facts, caller, manifests = data["run"], data["caller"], data["manifests"] or {}
        heading = Heading(
            id=data["id"],
            began=data["began"],
            ended=data["ended"] or "",
            exit_code=data["exit_code"],
            command=facts["command"],
            process=facts["process"],
            ci=facts["ci"],
            username=caller["username"],
            endpoint=caller["endpoint"],
            commit=manifests.get("commit", ""),
            is_dirty=manifests.get("is_dirty", False),
            undoes=data["undoes"],
            planned=dict(data["planned"]),
            counts=dict(data.get("counts", {})),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise damaged(place, _why(error)) from error
    if not _is_whole(heading):
        raise damaged(place, "it has another form")
    return heading


_TEXTS = ("began", "ended", "command", "process", "ci", "username", "endpoint", "commit", "undoes")
_STATUSES = frozenset(status.value for status in Status)


def _is_whole(heading: Heading) -> bool:
    """Say whether everything in a heading is what it is shown as: one odd record must not hide the others."""
    counts = (*heading.planned.values(), *heading.counts.values())
    return (
        all(type(getattr(heading, name)) is str for name in _TEXTS)
        and type(heading.exit_code) in (int, type(None))
        and all(type(count) is int for count in counts)
        and all(type(name) is str for name in heading.planned)
        and heading.counts.keys() <= _STATUSES
    )


class _Top(msgspec.Struct):
    """What a list shows of a record; of a large one, the rest is passed over."""

    format_version: Any = msgspec.UNSET
    id: Any = msgspec.UNSET
    began: Any = msgspec.UNSET
    ended: Any = msgspec.UNSET
    exit_code: Any = msgspec.UNSET
    run: Any = msgspec.UNSET
    caller: Any = msgspec.UNSET
    manifests: Any = msgspec.UNSET
    undoes: Any = msgspec.UNSET
    planned: Any = msgspec.UNSET
    counts: Any = msgspec.UNSET


def _top(content: bytes) -> bytes:
    """Return a record without what is large; what the quick decoder refuses, as it is."""
    try:
        return msgspec.json.encode(msgspec.json.decode(content, type=_Top))
    except (msgspec.MsgspecError, UnicodeError, OverflowError, TypeError):
        return content


def record_of(content: bytes, place: str, run: str, kinds: Kinds) -> RunRecord:
    """Return the record. Raises InvalidInput when it is damaged or newer than this program."""
    data = parsed(content, place, run)
    try:
        return _record(data, kinds)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise damaged(place, _why(error)) from error


def parsed(content: bytes, place: str, run: str) -> Mapping[str, Any]:
    """Return a record's data. Raises InvalidInput when it is damaged or newer than this program."""
    if not content.strip():
        raise damaged(place, "it is empty")
    try:
        data = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise damaged(place, f"it is no JSON ({error})") from None
    version = data.get("format_version") if isinstance(data, dict) else None
    if type(version) is not int or version < 1:
        raise damaged(place, "it is not what igz-apply writes")
    if version > FORMAT_VERSION:
        detail = f"{place} has format {version}; this igz-apply knows formats up to {FORMAT_VERSION}."
        raise InvalidInput([Problem("Record is too new", detail, "Use the igz-apply that wrote it, or a newer one.")])
    if data.get("id") != run:
        raise damaged(place, f"it says that it is of {data.get('id')}")
    return data  # type: ignore[no-any-return]


def _record(data: Mapping[str, Any], kinds: Kinds) -> RunRecord:
    facts, manifests = data["run"], data["manifests"] or {}
    return RunRecord(
        id=data["id"],
        began=data["began"],
        ended=data["ended"] or "",
        exit_code=data["exit_code"],
        facts=RunFacts(**{**facts, "waivers": tuple(facts["waivers"]), **manifests}),
        caller=Caller(**data["caller"]),
        digest=data["digest"],
        undoes=data["undoes"],
        changes=tuple(_read_before(it, kinds) for it in data["changes"]),
        entries=entries_of(data["entries"]),
        noted=entries_of(data["noted"]),
        operations=tuple(f"{it['operation']} {it['address']}" for it in data.get("operations", ())),
        outcomes={
            Address.parse(text): Ended(Status(it["status"]), it.get("detail", ""))
            for text, it in data.get("outcomes", {}).items()
        },
        left={Address.parse(text): _read_left(it) for text, it in data.get("left", {}).items()},
    )


def _read_before(data: Mapping[str, Any], kinds: Kinds) -> Before:
    change = change_of(data, kinds)
    held = tuple(
        Held(
            by := Address.parse(it["by"]),
            path_at(kinds[by.kind] if by.kind in kinds else Kind(by.kind, ()), it["path"]),
        )
        for it in data.get("held", ())
    )
    return Before(change, tuple(data.get("linked", ())), held, tuple(data.get("lost", ())))


def _read_left(data: Mapping[str, Any]) -> Left:
    spec = untagged(data["spec"]) if "spec" in data else None
    return Left(data["id"], data.get("born", ""), spec, tuple(data.get("linked", ())))


def _why(error: Exception) -> str:
    return f"it says nothing of `{error.args[0]}`" if isinstance(error, KeyError) else "it has another form"


def damaged(place: str, what: str) -> InvalidInput:
    """Return what is wrong with a record that cannot be used."""
    return InvalidInput([Problem("Damaged record", f"{place} cannot be used: {what}.", _LOST_HINT)])
