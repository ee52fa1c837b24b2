"""What rounds have taken away within a day, as their records tell: those outlast the process, and whoever leads."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from igz_apply.errors import InvalidInput
from igz_apply.inventory.records import FsspecRecords
from igz_apply.model.kind import Kinds
from igz_apply.planning.record_data import heading_of, record_of
from igz_apply.planning.spending import Spent, spent_by, together

COMMAND = "reconcile"
"""As the records of rounds name it."""

_WINDOW = timedelta(days=1)


class Takings:
    """Reads each record once."""

    def __init__(self, note: Callable[[str], object]) -> None:
        """`note` is told of records that cannot be read."""
        self._note = note
        self._known: dict[str, Spent] = {}

    def lately(self, records: FsspecRecords, kinds: Kinds, now: datetime) -> Spent:
        """Return what rounds took away within a day before `now`; hold the inventory's lock. Raises InventoryLost."""
        runs = records.since(now - _WINDOW)
        self._known = {run: self._known[run] if run in self._known else self._of(records, kinds, run) for run in runs}
        return together(iter(self._known.values()))

    def _of(self, records: FsspecRecords, kinds: Kinds, run: str) -> Spent:
        place, content = records.read(run)
        try:
            if heading_of(content, place, run).command != COMMAND:
                return {}
            return spent_by(record_of(content, place, run, kinds))
        except InvalidInput as error:
            self._note(error.problems[0].detail)
            return {}
