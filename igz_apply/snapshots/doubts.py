"""What a plan of a snapshot cannot know, and a plan of the cluster itself would."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from igz_apply.model.addresses import Address
from igz_apply.model.changes import Plan
from igz_apply.model.comparison import value_at
from igz_apply.model.hidden import Hidden, hidden_in
from igz_apply.model.references import secret_refs
from igz_apply.model.resources import LiveState, Owned
from igz_apply.model.suggest import some
from igz_apply.snapshots.snapshot import Snapshot


def not_known(plan: Plan, declared: Iterable[Address], live: LiveState, snapshot: Snapshot) -> Iterator[str]:
    """Yield, in words, what is taken for granted since nobody can look now."""
    presumed = {*_presumed(plan)}
    if presumed:
        yield f"taken for available where this is applied, and not sent if they are not: {some(sorted(presumed))}"
    untold = {*_sent(plan, snapshot.ownership.owned), *(hidden_untold(plan) if snapshot.has_hidden else ())}
    if secrets := sorted(untold - presumed):
        yield f"not compared, as a snapshot holds no secret: {some(secrets)}"
    if missing := unsought(declared, live, snapshot):
        yield (
            f"not known to be missing, as the account that took the snapshot does not see all of their kind, and "
            f"nobody looked for them by themselves: {some(list(map(str, missing)))}"
        )


def _presumed(plan: Plan) -> Iterator[str]:
    """Yield the secrets that are to be sent to what lives, as nothing tells that they are the present ones."""
    for change in plan.writes:
        shown = [item.dotted for item in change.diff if item.sensitive] if change.live is not None else []
        if shown and change.desired is not None:
            stated = dict(secret_refs(change.desired.spec))
            yield from (f"{change.address}#{path}" for path in shown if path in stated)


def _sent(plan: Plan, owned: Owned) -> Iterator[str]:
    """Yield the secrets that are stated, and were sent before: whether they are the same, hashes would tell."""
    holding = {address: entry.secrets for address, entry in owned.entries.items() if entry.secrets}
    for change in plan.changes if holding else ():
        if change.address in holding and change.desired is not None and change.live is not None:
            stated = dict(secret_refs(change.desired.spec))
            yield from (f"{change.address}#{path}" for path in holding[change.address] if path in stated)


def hidden_untold(plan: Plan) -> Iterator[str]:
    """Yield what is stated in plain text and may be a secret, where something of the like lives."""
    for change in plan.changes:
        if change.desired is None or change.live is None:
            continue
        for path, _ in hidden_in(change.desired.spec):
            lives = value_at(change.live.spec, tuple(map(str, path)))[1]
            if isinstance(lives, Hidden) and lives.is_untold:
                yield f"{change.address}#{'.'.join(map(str, path))}"


def unsought(declared: Iterable[Address], live: LiveState, snapshot: Snapshot) -> Sequence[Address]:
    """Return what is declared, not listed, of a kind that was seen by half, and was not looked for either.

    It may be there already, and hidden. Nothing of it is deleted or forgotten: what is owned was looked for.
    """
    known = (live.resources, live.hidden, snapshot.sightings, snapshot.ownership.owned.entries)
    return sorted(it for it in declared if it.kind in live.partial and not any(it in each for each in known))
