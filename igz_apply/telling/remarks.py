"""What a plan leaves alone, and what happens to the inventory without a change: adopted, kept, dropped, not seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from igz_apply.core.addresses import Address
from igz_apply.core.changes import Action, Plan


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing that holds for several resources."""

    text: str
    addresses: tuple[Address, ...]
    is_warning: bool = False  # whether a reader who trusts the plan would be misled without it


def remarks(plan: Plan) -> tuple[Remark, ...]:
    """Return all of them, those that warn first; none stands for nothing."""
    adopted = tuple(change.address for change in plan.changes if change.action is Action.ADOPT)
    found = (
        *_by_reason("Not visible here, and left alone: ", plan.not_visible, is_warning=True),
        Remark(
            "Kept, though no longer declared: nothing tells whether it is still what was applied", plan.doubtful, True
        ),
        Remark("Already as declared, and owned from the next apply on", adopted),
        Remark("Owned, not declared here, and kept (--prune on all manifests deletes them)", plan.kept),
        *_by_reason("Dropped from the inventory, ", plan.dropped),
        Remark(
            "Gone from the cluster, and remembered: prevent_destroy protects it until igz-apply forget drops it",
            plan.tombstones,
        ),
    )
    return tuple(remark for remark in found if remark.addresses)


def _by_reason(text: str, reasons: Mapping[Address, str], *, is_warning: bool = False) -> Iterator[Remark]:
    by_reason: dict[str, list[Address]] = {}
    for address, why in sorted(reasons.items()):
        by_reason.setdefault(why, []).append(address)
    return (Remark(f"{text}{why}", tuple(found), is_warning) for why, found in sorted(by_reason.items()))
