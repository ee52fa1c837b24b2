"""A plan as plain data and back: the one JSON form of plans (contract, section 7; schemas/plan.schema.json).

Each change carries a digest of itself and the file a seal over everything, so that an edited file is refused and the
edited change named. They protect from accidents and from edits after a review; they are no signature. What was approved
is told by the plan's own digest, which is worked out anew from what the file would do.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from igz_apply.model.addresses import Address
from igz_apply.model.changes import MadeOf, Plan
from igz_apply.model.checkout import Checkout
from igz_apply.model.kind import Kinds
from igz_apply.model.problems import Problem
from igz_apply.model.resources import Caller
from igz_apply.planning.digest import plan_digest
from igz_apply.planning.plan_data import (
    Data,
    addresses_of,
    change_data,
    change_of,
    impact_data,
    impact_of,
    operation_data,
    operation_of,
    texts_of,
    undo_data,
    undo_of,
    unmanaged_data,
    unmanaged_of,
)

FORMAT_VERSION = 2

_UNSEALED = frozenset({"seal", "problems", "report"})  # what a report adds to the plan that it is about


class UnreadablePlan(ValueError):
    """Data that no plan can be made of."""

    def __init__(self, problem: Problem, *, was_edited: bool = False, addresses: Sequence[Address] = ()) -> None:
        super().__init__(problem.detail)
        self.problem = problem
        self.was_edited = was_edited  # a whole plan, but not as it was written
        self.addresses = tuple(addresses)  # of the changes that were edited, where that can be told


def to_data(plan: Plan, *, tool_version: str) -> Data:
    """Return the plan as JSON's own types. It holds references to secrets, never their values."""
    changes = [_signed(change_data(change)) for change in plan.changes]
    data = {
        "format_version": FORMAT_VERSION,
        "tool_version": tool_version,
        "digest": plan.digest or plan_digest(plan),
        "platform": plan.platform,
        "manifests": None if plan.checkout is None else asdict(plan.checkout),
        "expires": plan.expires or None,
        "target": asdict(plan.caller),
        "summary": _summary(plan),
        "changes": changes,
        "access_impact": impact_data(plan.access_impact),
        "warnings": list(plan.warnings),
        "fingerprints": {str(address): dict(parts) for address, parts in plan.fingerprints.items()},
        "follows": plan.follows,
        "kept": texts_of(plan.kept),
        "foreign": dict(plan.foreign),
        "dropped": texts_of(sorted(plan.dropped)),
        "why_dropped": _texts(plan.dropped),
        "not_visible": _texts(plan.not_visible),
        "partial": dict(plan.partial),
        "tombstones": texts_of(plan.tombstones),
        "doubtful": texts_of(plan.doubtful),
        "unmanaged": unmanaged_data(plan.unmanaged),
    }
    if plan.unknown:
        data["unknown"] = {str(address): list(fields) for address, fields in plan.unknown.items()}
    if plan.forgotten:
        data["forgotten"] = texts_of(sorted(plan.forgotten))
    if plan.unread:
        data["unread"] = list(plan.unread)
    if plan.learns:
        data["learns"] = texts_of(sorted(plan.learns))
    if plan.operations:
        data["operations"] = [operation_data(item) for item in plan.operations]
    for key, found in (("put_off", plan.put_off), ("given_up", plan.given_up)):
        if found:
            data[key] = {str(address): list(operations) for address, operations in found.items()}
    if plan.made_of is not None:
        data["live"] = _made_of_data(plan.made_of)
    if plan.undo is not None:
        data["undo"] = undo_data(plan.undo)
    return {**data, "seal": seal(data)}


def from_data(data: Any, kinds: Kinds) -> Plan:
    """Return what `to_data` was given. Raises UnreadablePlan when it is of another version, edited or no plan."""
    _check_version(data)
    _check_seals(data)
    try:
        plan = _plan(data, kinds)
        found = plan_digest(plan)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise of_another_form(data, _lack(error)) from error
    operated = {(item.operation, item.address) for item in plan.operations}
    if len({change.address for change in plan.changes}) < len(plan.changes) or len(operated) < len(plan.operations):
        raise _edited("Something stands in it twice.")
    if data["digest"] != found:
        raise _edited(f"What it would do has the digest {found}, and it says {data['digest']}.")
    return replace(plan, digest=found)


def parse(content: bytes) -> Any:
    """Return the data in a file's bytes. Raises UnreadablePlan when they are no JSON."""
    try:
        return json.loads(content, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise _no_plan(f"it is no JSON ({error})") from None


def canonical(data: Any) -> bytes:
    """Return the one text of the data: sorted keys, no spaces, ASCII, a line end. Raises ValueError for a NaN."""
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return f"{text}\n".encode("ascii")


def seal(data: Mapping[str, Any]) -> str:
    """Return the seal of a plan's data, of its changes by their own digests; `sha256:` and 64 hex digits."""
    kept = {key: value for key, value in data.items() if key not in _UNSEALED}
    kept["changes"] = [change["digest"] for change in data["changes"]]
    return f"sha256:{hashlib.sha256(canonical(kept)).hexdigest()}"


def _made_of_data(made_of: MadeOf) -> Data:
    told = {"snapshot": made_of.file, "taken": made_of.taken, "age_seconds": int(made_of.age)}
    return {**told, "sanitised": made_of.is_sanitised}


def _made_of(data: Mapping[str, Any]) -> MadeOf:
    return MadeOf(data["snapshot"], data["taken"], float(data["age_seconds"]), data["sanitised"])


def _summary(plan: Plan) -> Data:
    others = {
        "kept": len(plan.kept),
        "dropped": len(plan.dropped),
        "foreign": sum(plan.foreign.values()),
        "not_visible": len(plan.not_visible),
        "tombstones": len(plan.tombstones),
        "doubtful": len(plan.doubtful),
    }
    forgotten = {"forgotten": len(plan.forgotten)} if plan.forgotten else {}
    return {**plan.counts, "total": len(plan.changes), **others, **forgotten, **plan.operation_counts}


def _texts(said: Mapping[Address, str]) -> dict[str, str]:
    return {str(address): text for address, text in said.items()}


def _read_texts(data: Mapping[str, str]) -> dict[Address, str]:
    return {Address.parse(text): said for text, said in data.items()}


def _read_operations(data: Mapping[str, Sequence[str]]) -> dict[Address, tuple[str, ...]]:
    return {Address.parse(text): tuple(operations) for text, operations in data.items()}


def _signed(change: Data) -> Data:
    return {**change, "digest": _digest_of(change)}


def _digest_of(change: Mapping[str, Any]) -> str:
    kept = {key: value for key, value in change.items() if key != "digest"}
    return hashlib.sha256(canonical(kept)).hexdigest()[:32]


def _check_version(data: Any) -> None:
    version = data.get("format_version") if isinstance(data, dict) else None
    if type(version) is not int:
        raise _no_plan("it is not what `igz-apply plan --out` writes")
    if version != FORMAT_VERSION:
        by = data.get("tool_version")
        maker = f", which igz-apply {by} wrote" if isinstance(by, str) else ""
        age = "a newer" if version > FORMAT_VERSION else "an older"
        detail = f"The plan has format {version}{maker}, {age} one than this igz-apply reads: {FORMAT_VERSION}."
        hint = "Apply it with the igz-apply that made it, or make a new plan with this one."
        raise UnreadablePlan(Problem("Plan of another format", detail, hint))


def _check_seals(data: Mapping[str, Any]) -> None:
    changes = data.get("changes")
    if not isinstance(changes, list):
        raise _no_plan("it has no changes, not even an empty list")
    if not all(isinstance(change, dict) and "digest" in change for change in changes) or _SEALED - data.keys():
        raise _edited("A digest or the seal has been removed from it.")
    edited = [str(change.get("address")) for change in changes if change["digest"] != _digest_of(change)]
    if edited:
        raise _edited(f"Changed since it was written: {', '.join(edited)}.", edited)
    if data["seal"] != seal(data):
        raise _edited("What stands outside its changes, or their order, has been changed since it was written.")


_SEALED = frozenset({"digest", "seal"})


def _edited(detail: str, edited: Sequence[str] = ()) -> UnreadablePlan:
    hint = "Only a plan that is as it was reviewed is applied. Change the manifests and make a new plan."
    addresses = [Address.parse(text) for text in edited if "/" in text.strip("/")]
    return UnreadablePlan(Problem("Edited plan", detail, hint), was_edited=True, addresses=addresses)


def _no_plan(what: str) -> UnreadablePlan:
    hint = "Make a new one with `igz-apply plan --out FILE`."
    return UnreadablePlan(Problem("Not a saved plan", f"No plan can be read from the file: {what}.", hint))


def of_another_form(data: Mapping[str, Any], what: str) -> UnreadablePlan:
    """Return what is wrong with a plan that is as it was written, and that lacks what this igz-apply reads.

    Nothing is made up for it: what a plan does not say of a danger would be taken for none.
    """
    detail = f"The plan was made by another igz-apply ({data.get('tool_version')}): {what}."
    hint = "Make a new plan with this igz-apply, have it reviewed, and apply that."
    return UnreadablePlan(Problem("Plan of another version", detail, hint))


def _lack(error: Exception) -> str:
    return (
        f"it says nothing of `{error.args[0]}`" if isinstance(error, KeyError) else f"it has another form ({error!r})"
    )


def _refuse_constant(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON value")


def _plan(data: Mapping[str, Any], kinds: Kinds) -> Plan:
    return Plan(
        changes=tuple(change_of(change, kinds) for change in data["changes"]),
        caller=Caller(**data["target"]),
        access_impact=impact_of(data["access_impact"], kinds),
        warnings=tuple(data["warnings"]),
        fingerprints={Address.parse(text): value for text, value in data["fingerprints"].items()},
        follows=data["follows"],
        kept=addresses_of(data["kept"]),
        foreign=dict(data["foreign"]),
        dropped=_read_texts(data["why_dropped"]),
        not_visible=_read_texts(data["not_visible"]),
        partial=dict(data["partial"]),
        forgotten=frozenset(addresses_of(data.get("forgotten", ()))),
        tombstones=addresses_of(data["tombstones"]),
        doubtful=addresses_of(data["doubtful"]),
        unmanaged=unmanaged_of(data["unmanaged"]),
        unread=tuple(data.get("unread", ())),
        learns=frozenset(addresses_of(data.get("learns", ()))),
        platform=data["platform"],
        checkout=None if data["manifests"] is None else Checkout(**data["manifests"]),
        expires=_moment(data["expires"]),
        operations=tuple(operation_of(item, kinds) for item in data.get("operations", ())),
        put_off=_read_operations(data.get("put_off", {})),
        given_up=_read_operations(data.get("given_up", {})),
        made_of=_made_of(data["live"]) if "live" in data else None,
        undo=undo_of(data["undo"]) if "undo" in data else None,
        unknown={Address.parse(text): tuple(fields) for text, fields in data.get("unknown", {}).items()},
    )


_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)


def _moment(text: str | None) -> str:
    """Return a time as plans write it. Raises ValueError for another form: it could not be compared."""
    if text is None:
        return ""
    if not _MOMENT.fullmatch(text):
        raise ValueError(f"{text!r} is no time of the form 2026-11-30T14:00:00Z")
    return text
