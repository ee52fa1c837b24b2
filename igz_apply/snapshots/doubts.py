"""What a plan of a snapshot cannot know, and a plan of the cluster itself would."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Change, Plan
from igz_apply.model.comparison import value_at
from igz_apply.model.hidden import hidden_in
from igz_apply.model.references import PLAIN_TYPES, secret_refs
from igz_apply.model.resources import LiveState
from igz_apply.model.suggest import some
from igz_apply.snapshots.snapshot import Snapshot


def not_known(plan: Plan, declared: Iterable[Address], live: LiveState, snapshot: Snapshot) -> Iterator[str]:
    """Yield, in words, what is taken for granted since nobody can look now."""
    if secrets := [text for change in plan.changes for text in _not_compared(change)]:
        yield f"not compared, as a snapshot holds no secret: {some(secrets)}"
    if missing := unsought(declared, live, snapshot):
        yield (
            f"not known to be missing, as the account that took the snapshot does not see all of their kind, and "
            f"nobody looked for them by themselves: {some(list(map(str, missing)))}"
        )


def _not_compared(change: Change) -> Iterator[str]:
    """Yield the secrets, and what may be one, that a change of what lives states."""
    if change.desired is None or change.live is None or change.action is Action.DELETE:
        return
    spec = change.desired.spec
    if PLAIN_TYPES.issuperset(map(type, spec.values())):
        return
    yield from (f"{change.address}#{path}" for path, _ in secret_refs(spec))
    for path, _ in hidden_in(spec):
        keys = tuple(map(str, path))
        if value_at(change.live.spec, keys)[1] is not None:
            yield f"{change.address}#{'.'.join(keys)}"


def unsought(declared: Iterable[Address], live: LiveState, snapshot: Snapshot) -> Sequence[Address]:
    """Return what is declared, not listed, of a kind that was seen by half, and was not looked for either.

    It may be there already, and hidden. Nothing of it is deleted or forgotten: what is owned was looked for.
    """
    known = (live.resources, live.hidden, snapshot.sightings, snapshot.ownership.owned.entries)
    return sorted(it for it in declared if it.kind in live.partial and not any(it in each for each in known))
