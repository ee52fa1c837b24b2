"""What a plan leaves alone, and what happens to the inventory without a change: adopted, kept, dropped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Plan
from igz_apply.values import dataclass


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing that holds for several resources."""

    text: str
    addresses: tuple[Address, ...]


def remarks(plan: Plan) -> tuple[Remark, ...]:
    """Return all of them; none stands for nothing."""
    adopted = tuple(change.address for change in plan.changes if change.action is Action.ADOPT)
    found = (
        Remark("Already as declared, and owned from the next apply on", adopted),
        Remark(
            "Owned, not declared here, and kept (--prune on all manifests deletes them, or as on_removal says)",
            plan.kept,
        ),
        Remark(
            "Forgotten, as their lifecycle.on_removal says; on the cluster they stay as they are",
            tuple(sorted(plan.forgotten)),
        ),
        *(Remark(f"Dropped from the inventory, {why}", gone) for why, gone in by_reason(plan.dropped)),
        *undoing_remarks(plan),
        Remark(
            "Gone from the cluster, and remembered: prevent_destroy protects it until igz-apply forget drops it",
            plan.tombstones,
        ),
    )
    return tuple(remark for remark in (*found, *_operations(plan)) if remark.addresses)


def _operations(plan: Plan) -> Iterator[Remark]:
    """Yield what is not done here, and what is remembered of it."""
    for operation, addresses in _by_operation(plan.put_off):
        yield Remark(f"To {operation} by a run that is about them: what is written here brings it about", addresses)
    for operation, addresses in _by_operation(plan.given_up):
        yield Remark(f"Not to {operation} any more: it was left over, and nothing asks for it now", addresses)


def _by_operation(found: Mapping[Address, tuple[str, ...]]) -> Iterator[tuple[str, tuple[Address, ...]]]:
    for operation in sorted({it for operations in found.values() for it in operations}):
        yield operation, tuple(address for address, operations in found.items() if operation in operations)


def undoing_remarks(plan: Plan) -> Iterator[Remark]:
    """Yield what an undo does to the inventory alone."""
    if plan.undo is None:
        return
    writes = {change.address for change in plan.writes}
    beside = {address: entry for address, entry in plan.undo.restored.items() if address not in writes}
    yield Remark("Forgotten, as before that run", tuple(it for it, entry in beside.items() if entry is None))
    yield Remark(
        "Remembered again as before that run",
        tuple(it for it, entry in beside.items() if entry is not None),
    )


def by_reason(reasons: Mapping[Address, str]) -> Iterator[tuple[str, tuple[Address, ...]]]:
    """Yield each reason with all that it holds for."""
    found: dict[str, list[Address]] = {}
    for address, why in sorted(reasons.items()):
        found.setdefault(why, []).append(address)
    return ((why, tuple(addresses)) for why, addresses in sorted(found.items()))
