"""The record of an apply: begun before its first call, and brought to an end with its report."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from igz_apply.errors import InvalidInput, InventoryLost
from igz_apply.iguazio3.platform import IGUAZIO3
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Plan
from igz_apply.model.kind import Kinds
from igz_apply.model.outcomes import Report
from igz_apply.model.resources import Caller, Entry, LiveState, Owned
from igz_apply.planning.record_data import Opening, opening
from igz_apply.planning.recording import befores, changed_entries, left_by, noted_by
from igz_apply.platform import Platform
from igz_apply.ports import InventoryStore, RunRecords
from igz_apply.values import dataclass
from igz_apply.version import __version__

Entries = Mapping[Address, Entry]


@dataclass(frozen=True, slots=True)
class Recording:
    """A record that was begun."""

    records: RunRecords
    run: str
    opened: Opening
    kinds: Kinds

    def discard(self) -> None:
        """Take it back: nothing was sent."""
        self.records.discard(self.run)

    def ended(self, report: Report, entries: Entries, live: LiveState | None) -> Report:
        """Write how it ended, and return the report with its run; what cannot be written is one of its failures.

        `live` is what was read back, None where nothing was.
        """
        report = replace(report, run=self.run)
        left = left_by(report, entries, live, self.kinds)
        try:
            self.records.end(self.run, self.opened.closed(self.run, self.records.now(), report, left))
        except InventoryLost as error:
            why = f"{error} {error.hint}"
            return replace(report, failures=(*report.failures, why))
        return report


def begin(
    records: RunRecords,
    plan: Plan,
    live: LiveState,
    before: Entries,
    entries: Entries,
    kinds: Kinds,
) -> Recording:
    """Begin the record of an apply, durably.

    `before` is what the inventory holds, and `entries` what it is to hold before the first call. Raises InventoryLost.
    """
    changed = changed_entries(before, entries, plan)
    began = records.now()
    opened = opening(
        records.facts,
        plan,
        befores(plan, live, kinds),
        changed,
        noted_by(changed, entries, plan),
        began=began,
        tool_version=__version__,
    )
    run = records.begin(opened.content)
    return Recording(records, run, opened, kinds)


def forget(
    store: InventoryStore,
    records: RunRecords,
    owned: Owned,
    dropped: Collection[Address],
    platform: Platform = IGUAZIO3,
) -> Report:
    """Let the inventory drop entries, and leave a record of that. Hold its lock from before `owned` was loaded.

    Raises InventoryLost and InvalidInput: nothing was dropped then. A record that cannot be ended is a failure that the
    report tells.
    """
    home = owned.home
    plan = Plan((), Caller(home.endpoint, "", home.tenant, "", home.cluster), forgotten=frozenset(dropped))
    entries = {address: entry for address, entry in owned.entries.items() if address not in plan.forgotten}
    recording = begin(records, plan, LiveState({}, {}, plan.caller), owned.entries, entries, platform.kinds)
    try:
        store.save(entries)
    except (InventoryLost, InvalidInput):
        recording.discard()
        raise
    return recording.ended(Report(plan, ()), entries, None)
