"""Whether the cluster has kept what was applied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace

from igz_apply.errors import PlaneError
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action
from igz_apply.model.kind import Kinds
from igz_apply.model.outcomes import NotConverged, Report, Status
from igz_apply.model.resources import LiveState, Owned
from igz_apply.model.server_defaults import Filled, filled_in, hashes_of, is_known, is_left_over
from igz_apply.planning.planner import remaining
from igz_apply.planning.presence import with_absence_confirmed
from igz_apply.planning.renames import stated_in, under_our_names
from igz_apply.ports import Pool, Reader
from igz_apply.values import dataclass


@dataclass(frozen=True, slots=True)
class ReadBack:
    """What reading back has shown that the inventory has to remember."""

    filled: Mapping[Address, Filled] = field(default_factory=dict)  # what the platform put where we cleared
    born: Mapping[Address, str] = field(default_factory=dict)  # LiveResource.born of what has such a thing
    ids: Mapping[Address, str] = field(default_factory=dict)  # of what was made by a call that did not tell
    undeleted: tuple[Address, ...] = ()  # what was said to be gone, and is there: it stays ours
    live: LiveState | None = field(default=None, compare=False)  # all of it, under our names; None: it was not read


def _looked_at(report: Report, kinds: Kinds) -> frozenset[str] | None:
    """Return the kinds that the plan was made from; None: all."""
    unread = report.plan.unread
    return frozenset(kinds.names).difference(unread) if unread else None


def read_back(report: Report, owned: Owned, reader: Reader, pool: Pool, kinds: Kinds) -> tuple[Report, ReadBack]:
    """Fetch and compare again what was touched, by the same functions as before: there is no other way to check.

    Return the report with what was not kept, and what the inventory has to remember. Raises nothing of the cluster's: a
    report says that it was not read back.
    """
    try:
        live = with_absence_confirmed(reader.live(pool, _looked_at(report, kinds)), owned, reader, kinds, pool)
    except PlaneError as error:
        why = f"What was applied was not read back: {error}"
        return replace(report, read_back=False, failures=(*report.failures, why)), ReadBack()
    applied = {outcome.address for outcome in report.outcomes if outcome.status is Status.APPLIED}
    unseen = [
        f"{address} was applied and could not be read back: {live.hidden[address]}"
        for address in sorted(applied & live.hidden.keys())
    ]
    report = replace(report, failures=(*report.failures, *unseen))
    changes = {
        change.address: change
        for change in report.plan.writes
        if change.address in applied and change.address not in live.hidden
    }
    live = under_our_names(live, owned, kinds, report.plan.declared, stated_in(report.plan))
    lost: list[NotConverged] = []
    good: list[NotConverged] = []
    filled: dict[Address, Filled] = {}
    leavers = [it.address for it in report.plan.changes if it.desired is not None and it.desired.is_leaver]
    for address, diff in remaining(changes.values(), live, kinds, leavers).items():
        known = owned.entries[address].filled if address in owned.entries else {}
        put = filled_in(kinds[address.kind], diff)
        if put:
            filled[address] = hashes_of(put)
        news = [item for item in put if not is_known(item, known)]
        if well := tuple(item for item in news if not is_left_over(item, changes[address])):
            good.append(NotConverged(address, well))
        bad = tuple(item for item in diff if item not in put or (item in news and item not in well))
        if bad or not diff:  # what was to be deleted and is still there has no fields
            lost.append(NotConverged(address, bad))
    born = {it: live.resources[it].born for it in changes if it in live.resources and live.resources[it].born}
    made = (it.address for it in changes.values() if it.action is Action.CREATE and it.address in live.resources)
    ids = {it: live.resources[it].id for it in made if it in owned.entries and not owned.entries[it].id}
    undeleted = tuple(it.address for it in lost if changes[it.address].action is Action.DELETE)
    return replace(report, not_converged=tuple(lost), filled=tuple(good)), ReadBack(filled, born, ids, undeleted, live)
