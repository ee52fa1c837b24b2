"""A plan with kinds of plug-ins, cut into calls: the platform's cut, and one call for each change of theirs."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import replace

from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Change, Plan
from igz_apply.model.step import Step


def with_plugins(plan: Plan, cut: tuple[Step, ...], kinds: Container[str]) -> tuple[Step, ...]:
    """Return the steps of a plan, which its platform has `cut` as if all kinds were its own.

    What the platform's steps need of plug-ins they get; a plug-in's step needs all steps of what its change depends on.
    """
    theirs = {change.address: _key(change) for change in plan.writes if change.address.kind in kinds}
    if not theirs:
        return cut
    replaced = {step.key for step in cut if step.target.kind in kinds}
    ours = [_needing(step, theirs, replaced) for step in cut if step.target.kind not in kinds]
    keys: dict[Address, set[str]] = {address: {key} for address, key in theirs.items()}
    for step in ours:
        for address in step.addresses if not step.operation else ():  # nothing waits for an operation
            keys.setdefault(address, set()).add(step.key)
    steps = [
        Step(
            theirs[change.address],
            change.action.value,
            change.address,
            (change,),
            lock=str(change.address),
            needs=frozenset(key for address in change.depends_on for key in keys.get(address, ())),
            may_be_seen=change.action is not Action.UPDATE,
            is_delete=change.action is Action.DELETE,
        )
        for change in plan.writes
        if change.address in theirs
    ]
    return (*ours, *steps)


def _key(change: Change) -> str:
    return f"{change.action.value} {change.address}"


def _needing(step: Step, theirs: dict[Address, str], replaced: set[str]) -> Step:
    depends = {theirs[it] for change in step.changes for it in change.depends_on if it in theirs}
    needs = frozenset((step.needs - replaced) | depends)
    return step if needs == step.needs else replace(step, needs=needs)
