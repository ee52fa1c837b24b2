"""The plan that undoes a run: made of its record, by the ordinary planner, and judged by the same rails."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from igz_apply.errors import InvalidInput, PlanRefused
from igz_apply.iguazio3.platform import IGUAZIO3
from igz_apply.manifests.loading import Loaded, judged
from igz_apply.model.addresses import Address, globs_of
from igz_apply.model.changes import Action, Change, Plan, Undo, Unmanaged
from igz_apply.model.checkout import SHORT
from igz_apply.model.problems import Problem, errors_of
from igz_apply.model.records import RunRecord
from igz_apply.model.resources import DesiredState, Document, LiveState, Owned
from igz_apply.planning.digest import plan_digest
from igz_apply.planning.entry_data import entry_hash
from igz_apply.planning.homes import described, is_same_cluster
from igz_apply.planning.identity import under_owned_names
from igz_apply.planning.policing import NO_POLICIES
from igz_apply.planning.renames import stated_in, under_new_names
from igz_apply.planning.selection import Selection
from igz_apply.planning.undoing import Undoing, undoing
from igz_apply.platform import Platform
from igz_apply.ports import Secrets
from igz_apply.workflow.pipeline import plan
from igz_apply.workflow.proposing import Claims, Limits, Proposal, policed

_BESIDE_MANIFESTS = ("destroy", "forget")  # commands that leave the manifests saying what was before
_REASONS = {
    Action.CREATE: "deleted by that run",
    Action.UPDATE: "as before that run",
    Action.DELETE: "made by that run",
}


def undo(
    record: RunRecord,
    live: LiveState,
    owned: Owned,
    *,
    secrets: Secrets,
    limits: Limits = Limits(),
    claims: Claims = Claims(),
    selection: Selection = Selection(),
    platform: Platform = IGUAZIO3,
) -> Proposal:
    """Return the plan that gives back what was before a run, with what of it no call gives back.

    What somebody has changed since is a refusal, by name; a `selection` can leave it out. Raises PlanRefused when no
    such plan can be made at all, or the run was one on another cluster.
    """
    kinds = platform.kinds
    if not is_same_cluster(record.caller.home, live.caller.home):
        detail = f"The run was on {described(record.caller.home)}, and this is {described(live.caller.home)}."
        raise PlanRefused([Problem("Other target", detail, "Name the target that it was on.")])

    def judge(documents: Sequence[Document]) -> Sequence[Problem]:
        return judged(documents, kinds, platform.schemas, version=live.caller.version)[1]

    known = frozenset((*about(record), *selection.known))
    only, exclude = globs_of(selection.only, known), globs_of(selection.exclude, known, spares=True)

    def is_wanted(address: Address) -> bool:
        return (not selection.only or only.select(address)) and not exclude.select(address)

    named = under_owned_names(live, owned, kinds, dict.fromkeys(about(record), True))
    found = undoing(record, named, owned, kinds, is_wanted, judge)
    loaded = Loaded(DesiredState(dict(sorted(found.resources.items()))), (), schemas=platform.schemas)
    try:
        unasked = replace(limits, policing=NO_POLICIES)  # policies are asked about the whole of it, at the end
        proposal = plan(loaded, live, owned, secrets=secrets, limits=unasked, claims=claims, platform=platform)
        problems = errors_of(proposal.problems)
    except InvalidInput as error:
        raise PlanRefused((*found.moved, *map(_or_left_out, error.problems))) from None
    if proposal.plan is None or problems:
        raise PlanRefused((*found.moved, *map(_or_left_out, problems)))
    lives = proposal.live.resources if proposal.live is not None else {}
    owned = under_new_names(owned, lives, stated_in(proposal.plan), kinds)
    made = _undoing_plan(proposal.plan, record, found, owned)
    undone = replace(proposal, plan=made, refusals=(*found.moved, *proposal.refusals))
    return policed(undone, replace(limits.policing, is_whole=False), kinds)


def _or_left_out(problem: Problem) -> Problem:
    """Return why something cannot be as it was, with the way to undo the rest."""
    return replace(problem, hint=f"{problem.hint} Or leave it out with --except.".strip(), source=None)


def about(record: RunRecord) -> tuple[Address, ...]:
    """Return all that a run changed or was to change, on the cluster or in the inventory."""
    return tuple(dict.fromkeys((*(it.change.address for it in record.changes), *record.entries)))


def _undoing_plan(made: Plan, record: RunRecord, found: Undoing, owned: Owned) -> Plan:
    """Return a plan about that run alone: what else is owned, or lives, is none of its business."""
    addresses = {change.address for change in made.writes}
    now = {address: entry_hash(owned.entries.get(address)) for address in found.restored}
    restored = {
        address: entry
        for address, entry in sorted(found.restored.items())
        if address in addresses or entry_hash(entry) != now[address]
    }
    undone = Undo(record.id, restored, {address: now[address] for address in restored})
    writes = tuple(_told(change, found, addresses) for change in made.writes)
    left = {address: said for address, said in found.lost.items() if address not in addresses}
    stripped = replace(
        made,
        changes=writes,
        undo=undone,
        warnings=(
            *_warnings(record),
            *(f"{address}: {it}" for address, said in left.items() for it in said),
            *made.warnings,
        ),
        kept=(),
        dropped={},
        forgotten=frozenset(),
        tombstones=(),
        doubtful=(),
        foreign={},
        unmanaged=Unmanaged(),
        learns=frozenset(),
        operations=(),
        put_off={},
        given_up={},
        fingerprints={address: parts for address, parts in made.fingerprints.items() if address in addresses},
    )
    return replace(stripped, digest=plan_digest(stripped))


def _told(change: Change, found: Undoing, addresses: set[Address]) -> Change:
    """Return a change with what it does not give back, which waits for nothing that needs no change."""
    lost = tuple(f"not given back: {said}" for said in found.lost.get(change.address, ()))
    needs = tuple(address for address in change.depends_on if address in addresses)
    return change.but(reason=_REASONS[change.action], warnings=(*change.warnings, *lost), depends_on=needs)


def _warnings(record: RunRecord) -> Iterator[str]:
    began = record.began.replace("T", " ").removesuffix("Z")
    facts = record.facts
    by = record.caller.username or facts.process
    yield f"undoes run {record.id}: {facts.command or 'an apply'} of {began} UTC{f' by {by}' if by else ''}"
    if not record.ended:
        yield "that run did not end, or runs still: what it did of each change is told by what lives"
    for operation in record.operations:
        yield f"nothing to undo of what that run did beside: {operation}"
    if facts.command in _BESIDE_MANIFESTS:
        return
    if facts.command == "reconcile":
        yield "the manifests still say otherwise, so that the next round heals it again: change them, or pause it there"
        return
    if not facts.commit:
        yield "the manifests still say otherwise, so that the next apply does it again: take the change out there too"
        return
    beside = ", with changes beside it that were not committed" if facts.is_dirty else ""
    yield (
        f"the manifests still say otherwise, so that the next apply does it again: the run was of commit "
        f"{facts.commit[:SHORT]}{beside}; revert that too"
    )
