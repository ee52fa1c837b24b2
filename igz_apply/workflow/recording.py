"""The record of an apply: begun before its first call, and brought to an end with its report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from igz_apply.errors import InventoryLost
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Plan
from igz_apply.model.kind import Kinds
from igz_apply.model.outcomes import Report
from igz_apply.model.resources import Entry, LiveState
from igz_apply.planning.record_data import Opening, opening
from igz_apply.planning.recording import befores, changed_entries, left_by, noted_by
from igz_apply.ports import RunRecords
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
