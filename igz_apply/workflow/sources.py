"""What a plan is made of: manifests, or a saved plan."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from igz_apply.iguazio3.platform import IGUAZIO3
from igz_apply.manifests.loading import Loaded
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Plan
from igz_apply.model.kind import Kinds
from igz_apply.model.resources import DesiredState, LiveState, Owned
from igz_apply.planning.rail_facts import MOVE
from igz_apply.planning.reach import kinds_about, kinds_to_read
from igz_apply.planning.renames import stated_in
from igz_apply.planning.selection import Selection
from igz_apply.planning.sending import SecretPlace
from igz_apply.platform import Platform
from igz_apply.ports import Secrets
from igz_apply.values import dataclass
from igz_apply.workflow.pipeline import plan
from igz_apply.workflow.proposing import Claims, Limits, Proposal
from igz_apply.workflow.reopening import reopen


def _every_kind(owned: Owned) -> frozenset[str] | None:  # noqa: ARG001 - one that looks at it may stand here
    return None


def kinds_of(
    loaded: Loaded, owned: Owned, kinds: Kinds, *, limits: Limits = Limits(), selection: Selection = Selection()
) -> frozenset[str] | None:
    """Return which kinds it takes to plan from manifests; None: all."""
    globs = (*selection.only, *selection.exclude, *limits.protect)
    return kinds_to_read(kinds, kinds_about(loaded.desired, owned, globs, kinds))


def kinds_of_saved(saved: Plan, owned: Owned, kinds: Kinds) -> frozenset[str] | None:
    """Return which kinds it takes to apply a saved plan: all, unless it was made without some; None: all."""
    if not saved.unread:
        return None
    return kinds_to_read(kinds, kinds_about(DesiredState(stated_in(saved)), owned, (), kinds))


@dataclass(frozen=True, slots=True)
class Source:
    """What a plan is made of, once both sides are known."""

    propose: Callable[[LiveState, Owned], Proposal]
    declared: Collection[Address] = ()  # what it declares: looked for by itself where lists may hide it
    seal: str = ""  # of a saved plan; "": it is none
    has_moved: bool = False  # whether the inventory is said to be of a cluster that has another address now
    to_read: Callable[[Owned], frozenset[str] | None] = _every_kind  # which kinds it takes, by what is owned; None: all


def from_manifests(
    loaded: Loaded,
    *,
    secrets: Secrets,
    limits: Limits = Limits(),
    claims: Claims = Claims(),
    prune: bool = False,
    selection: Selection = Selection(),
    rotate: Sequence[SecretPlace] = (),
    platform: Platform = IGUAZIO3,
) -> Source:
    """Return manifests as the source of a plan; the options are those of `plan`."""

    def propose(live: LiveState, owned: Owned) -> Proposal:
        return plan(
            loaded,
            live,
            owned,
            secrets=secrets,
            limits=limits,
            claims=claims,
            prune=prune,
            selection=selection,
            rotate=rotate,
            platform=platform,
        )

    def to_read(owned: Owned) -> frozenset[str] | None:
        return kinds_of(loaded, owned, platform.kinds, limits=limits, selection=selection)

    return Source(propose, loaded.desired.resources, has_moved=_has_moved(limits), to_read=to_read)


def from_saved_plan(
    saved: Plan, seal: str, *, limits: Limits = Limits(), claims: Claims = Claims(), platform: Platform = IGUAZIO3
) -> Source:
    """Return a saved plan as the source: it is applied to what it was made for, and once."""

    def propose(live: LiveState, owned: Owned) -> Proposal:
        return reopen(saved, seal, live, owned, limits=limits, claims=claims, platform=platform)

    def to_read(owned: Owned) -> frozenset[str] | None:
        return kinds_of_saved(saved, owned, platform.kinds)

    return Source(propose, saved.declared, seal, _has_moved(limits), to_read)


def _has_moved(limits: Limits) -> bool:
    return MOVE in limits.waivers
