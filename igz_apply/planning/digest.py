"""The digest of a plan: what somebody approves, told from every other plan by one word.

Two plans have the same digest exactly where applying either of them does the same, to the same live state of what it
touches, on the same cluster: on whatever machine, in whatever folder, by whomever and whenever each was made. So
nothing in it tells of places in files, texts for readers, users, versions or time. What is as declared is not in it
either, unless the inventory learns something of it: others may add such resources while a plan waits for its approval.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from operator import attrgetter, itemgetter
from typing import Any

import msgspec

from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Change, FieldDiff, Handover, Plan, Undo
from igz_apply.model.operations import PlannedOperation
from igz_apply.model.plain_values import plain, tagged
from igz_apply.model.resources import Caller, Lifecycle, Resource
from igz_apply.model.urls import embedded
from igz_apply.planning.entry_data import entries_data
from igz_apply.planning.homes import address_of
from igz_apply.planning.staleness import told_part

DIGEST = r"sha256:[0-9a-f]{64}"
"""A pattern for what a digest looks like."""

_VERSION = "igz-apply plan 1"  # another one wherever the same plan would have another digest
_USUAL = Lifecycle()
Row = list[Any]


def plan_digest(plan: Plan) -> str:
    """Return `sha256:` and 64 hex digits over all that an apply of the plan does, and what it does it to.

    The plan must hold its fingerprints already. It is the same for a plan that was saved and read again.
    """
    ended = [sorted(map(str, each)) for each in (plan.dropped, plan.forgotten, plan.not_visible)]
    undone = [] if plan.undo is None else [[plan.undo.run, entries_data(plan.undo.restored), dict(_seen(plan.undo))]]
    whole = [_VERSION, _target(plan.caller), *ended, *_operated(plan), *undone]
    digest = hashlib.sha256(_encoded(whole))
    for change in sorted(covered(plan), key=_ADDRESS):
        # One by one: rows of thousands of changes would all have to be kept until the last.
        digest.update(b"\n" + _encoded(_row(change, _told(plan, change.address))))
    return f"sha256:{digest.hexdigest()}"


_ADDRESS = attrgetter("address")


def _seen(undo: Undo) -> Iterator[tuple[str, str]]:
    return ((str(address), known) for address, known in undo.seen.items())


def covered(plan: Plan) -> Iterator[Change]:
    """Yield what is changed or taken over, and what else the inventory is to learn, or find by its name before."""
    for change in plan.changes:
        if change.action is not Action.NO_CHANGE or change.address in plan.learns or _had_another_name(change):
            yield change


def _had_another_name(change: Change) -> bool:
    return change.desired is not None and bool(change.desired.lifecycle.renamed_from)


def _told(plan: Plan, address: Address) -> Mapping[str, str] | None:
    """Return a fingerprint as far as anybody can tell it: a snapshot does not hold what the cluster hides."""
    parts = plan.fingerprints.get(address)
    return None if parts is None else {name: told_part(part) for name, part in parts.items()}


def _operated(plan: Plan) -> Iterator[Row]:
    """Yield what is done beside changes, and what is remembered or given up of it; nothing where there is none."""
    if plan.operations or plan.put_off or plan.given_up:
        yield sorted((_operation(item, plan) for item in plan.operations), key=itemgetter(0, 1))
        for named in (plan.put_off, plan.given_up):
            yield sorted([str(address), [*operations]] for address, operations in named.items())


def _operation(item: PlannedOperation, plan: Plan) -> Row:
    return [
        str(item.address),
        item.operation,
        sorted([str(it.address), [*it.paths]] for it in item.triggers),
        item.is_left_over,
        sorted(map(str, item.depends_on)),
        _told(plan, item.address),
    ]


def _target(caller: Caller) -> Row:
    """Return which cluster it is for; of an emulator inside the command its word, wherever it keeps its file."""
    inside = embedded(caller.endpoint)
    return [inside[0] if inside is not None else address_of(caller.endpoint), caller.tenant]


def _row(change: Change, fingerprint: Mapping[str, str] | None) -> Row:
    """Return a change with all that its apply goes by; what lives is in the fingerprint."""
    return [
        str(change.address),
        change.action.value,
        [_differing(item) for item in change.diff],
        [[*it.edge, it.adds] for it in change.edges],
        [*map(str, change.depends_on)],
        change.job,
        change.deletion_strategy,
        change.takes_over,
        None if change.origin is None else change.origin.value,
        None if change.handover is None else _handed(change.handover),
        None if change.desired is None else _stated(change.desired),
        change.is_pruned,
        fingerprint,
    ]


def _differing(item: FieldDiff) -> Row:
    # Of what lives and may be a secret no hash either: whoever plans from a snapshot has none.
    after = plain(item.after) if item.sensitive else tagged(item.after)
    return [item.dotted, plain(item.before), after, item.sensitive]


def _handed(handover: Handover) -> Row:
    carried = [".".join(path) for path in handover.carried]
    stated = [[".".join(path), tagged(value)] for path, value in handover.stated]
    return [*map(_text, (handover.replaces, handover.replaced_by)), carried, stated]


def _text(address: Address | None) -> str | None:
    return None if address is None else str(address)


def _stated(desired: Resource) -> Row:
    return [tagged(desired.spec), _lived(desired.lifecycle), desired.is_leaver]


def _lived(lifecycle: Lifecycle) -> Row:
    """Return a lifecycle, as nothing where it is the usual one, as most are."""
    if lifecycle == _USUAL:
        return []
    return [
        lifecycle.state,
        lifecycle.prevent_destroy,
        [*lifecycle.ignore_changes],
        lifecycle.membership,
        lifecycle.renamed_from,
        lifecycle.on_removal,
        lifecycle.timeout,
        [*map(str, lifecycle.depends_on)],
    ]


_ENCODER = msgspec.json.Encoder(order="deterministic")


def _encoded(row: Row) -> bytes:
    """Return the one text of such data, whatever the order of its mappings.

    The quick encoder refuses what JSON can hold all the same, such as very long numbers: the slow one takes that.
    """
    try:
        return _ENCODER.encode(row)
    except (OverflowError, UnicodeEncodeError):
        return json.dumps(row, sort_keys=True, separators=(",", ":")).encode("ascii")
