"""Operations of a plan in words."""

from __future__ import annotations

from collections.abc import Iterator

from igz_apply.model.addresses import Address
from igz_apply.model.changes import Plan
from igz_apply.model.operations import PlannedOperation, Trigger
from igz_apply.wording.counting import counted

TITLE = "Operations, each once what it comes after has gone well"


def subject(operation: str, address: Address) -> Address:
    """Return what stands for an operation where a change stands by its address: `restart AppService/x`."""
    return Address(f"{operation} {address.kind}", address.name)


def subject_of(item: PlannedOperation) -> Address:
    """Return what stands for it where a change stands by its address."""
    return subject(item.operation, item.address)


def why(item: PlannedOperation) -> str:
    """Say what brings it about."""
    said = [_trigger(trigger, item.address) for trigger in item.triggers]
    parts = [f"after {' and '.join(said)}" if said else ""]
    parts.append("left over from an earlier run, which did not come to it" if item.is_left_over else "")
    return "; ".join(part for part in parts if part)


def to_do(plan: Plan) -> Iterator[str]:
    """Yield `1 to restart`, for each operation of which there is any."""
    return (f"{count:,} to {operation}" for operation, count in plan.operation_counts.items())


def done_of(changes: int, operations: int) -> str:
    """Return `2 changes`, `1 operation`, or `3 changes and operations`."""
    if not operations:
        return counted(changes, "change")
    return counted(operations, "operation") if not changes else f"{changes + operations:,} changes and operations"


def _trigger(trigger: Trigger, operated: Address) -> str:
    paths = ", ".join(trigger.paths)
    if trigger.address == operated:
        return paths or "any change of it"
    return f"{paths} of {trigger.address}" if paths else str(trigger.address)
