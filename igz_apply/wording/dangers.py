"""What a reviewer must not overlook in a plan."""

from __future__ import annotations

from collections.abc import Iterator

from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Change, Plan, PolicyChange, RoleChange
from igz_apply.model.operations import PlannedOperation
from igz_apply.values import dataclass
from igz_apply.wording.remarks import by_reason
from igz_apply.wording.role_words import by_way
from igz_apply.wording.unmanaged_words import unknown_told, unseen_told


@dataclass(frozen=True, slots=True)
class Danger:
    """One danger, and all that it concerns; () when it concerns the plan as a whole.

    The text stands after the address of one and before the addresses of several.
    """

    text: str
    addresses: tuple[Address, ...] = ()
    names_all: bool = False  # whether each address has to be read, however many there are


def dangers(plan: Plan) -> tuple[Danger, ...]:
    """Return what is dangerous in a plan, apart from its deletes as such, gravest first."""
    return (
        *(Danger(warning) for warning in plan.warnings),
        *_unseen(plan),
        *_cascades(plan),
        *_powers(plan),
        *_below(plan),
        *_shut_out(plan),
        *_taken_over(plan),
        *_warned(plan),
        *_undone(plan),
    )


def _unseen(plan: Plan) -> Iterator[Danger]:
    """Tell what the plan says nothing of, though its reader may think so: not shown, or not known to be ours."""
    for why, addresses in by_reason(plan.not_visible):
        yield Danger(f"not visible here, and left alone: {why}", addresses, names_all=True)
    yield from map(Danger, unseen_told(plan.partial))
    yield from map(Danger, unknown_told(plan.unknown))
    yield from _in_the_dark(plan)
    if plan.doubtful:
        text = "kept, though no longer declared: nothing tells whether it is still what was applied"
        yield Danger(text, plan.doubtful, names_all=True)


def _in_the_dark(plan: Plan) -> Iterator[Danger]:
    """Tell what may go otherwise than planned, as what its kind has, or what hangs on it, is not all seen."""
    caller = plan.caller.username
    for kind in plan.partial:
        made = tuple(sorted(change.address for change in plan.changes if _creates(change, kind)))
        if made:
            yield Danger(f"may be there already, as {caller} does not see every {kind}", made, names_all=True)
    owners = tuple(it.user for it in plan.access_impact.accounts if it.after is None)
    if owners and plan.partial:
        yield Danger(f"may own what {caller} does not see, and cannot be deleted then", owners, names_all=True)


def _creates(change: Change, kind: str) -> bool:
    return change.action is Action.CREATE and change.address.kind == kind and change.live is None


def deletes(plan: Plan) -> tuple[Change, ...]:
    """Return the changes that delete, by address."""
    return tuple(sorted((it for it in plan.changes if it.action is Action.DELETE), key=lambda it: it.address))


def created(plan: Plan) -> frozenset[Address]:
    """Return what does not exist yet: who may do what there takes nothing from anybody."""
    return frozenset(change.address for change in plan.changes if change.action is Action.CREATE)


def gives_power(change: RoleChange | PolicyChange) -> bool:
    """Say whether somebody becomes able to change what others may do."""
    return bool(change.powers) if isinstance(change, PolicyChange) else change.gives_power


def takes(change: RoleChange | PolicyChange) -> bool:
    """Say whether somebody loses something."""
    return bool(change.lost) if isinstance(change, PolicyChange) else change.loses


def _cascades(plan: Plan) -> Iterator[Danger]:
    found = tuple(change.address for change in deletes(plan) if change.deletion_strategy == "cascading")
    if found:
        yield Danger("deleted with everything inside (cascading)", found, names_all=True)


def _powers(plan: Plan) -> Iterator[Danger]:
    """Tell who gains power over others; not in projects that are new, where there is nobody yet to have it over."""
    new = created(plan)
    for role in plan.access_impact.roles:
        if gives_power(role) and role.project not in new:
            text = f"becomes {role.after} of {role.project}, {by_way(role.through)}{_asleep(role)}"
            yield Danger(text, (role.user,))
    for change in plan.access_impact.policies:
        if gives_power(change):
            text = f"gains the policy {', '.join(sorted(change.powers))}, {by_way(change.through)}{_asleep(change)}"
            yield Danger(text, (change.user,))


def _below(plan: Plan) -> Iterator[Danger]:
    """Tell that more people may gain or lose something than are named."""
    if plan.access_impact.below:
        text = "may also reach the members of its sub-groups: whether the platform counts them is not known"
        yield Danger(text, plan.access_impact.below)


def _asleep(change: RoleChange | PolicyChange) -> str:
    return " (of no use until the account is enabled)" if change.dormant else ""


def _shut_out(plan: Plan) -> Iterator[Danger]:
    """Tell who is disabled; who is deleted is told as such."""
    out = tuple(it.user for it in plan.access_impact.accounts if it.shuts_out and it.after is not None)
    if out:
        text = "cannot log in any more, as the account is disabled; what it holds is of no use until it is enabled"
        yield Danger(text, out, names_all=True)


def _taken_over(plan: Plan) -> Iterator[Danger]:
    """Tell what exists, is not ours and is written over: whoever made it may not know."""
    found = {change.address for change in plan.writes if change.takes_over}
    given_up = {address for address, entry in plan.undo.restored.items() if entry is None} if plan.undo else set()
    for text, addresses in (
        ("there already, not ours, and different: written over by this, and owned from then on", found - given_up),
        ("not ours, and gets back what that run took from it; not owned from then on either", found & given_up),
    ):
        if addresses:
            yield Danger(text, tuple(sorted(addresses)), names_all=True)


def _undone(plan: Plan) -> Iterator[Danger]:
    """Tell what somebody did on the cluster by hand, and this plan turns back: they may have had a reason."""
    foreign = [change for change in plan.writes if change.origin is not None and change.origin.is_foreign]
    changed = [it for it in foreign if it.action is Action.UPDATE and it.diff and not it.takes_over]
    deleted = [change for change in foreign if change.action is Action.CREATE]
    for text, changes in (
        ("changed on the cluster since the last apply; this puts back what git says", changed),
        ("deleted on the cluster since the last apply; this creates it again", deleted),
    ):
        if changes:
            yield Danger(text, tuple(sorted(change.address for change in changes)))


def _warned(plan: Plan) -> Iterator[Danger]:
    """Say once what holds for many."""
    found: dict[str, set[Address]] = {}
    items: tuple[Change | PlannedOperation, ...] = (*plan.changes, *plan.operations)
    for item in items:
        for warning in item.warnings:
            found.setdefault(warning, set()).add(item.address)
    for warning, addresses in found.items():
        yield Danger(warning, tuple(sorted(addresses)))
