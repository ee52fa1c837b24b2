"""The records of runs beside the inventory, behind the `RunRecords` port: one object a run, the newest 200 kept."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from igz_apply.errors import InvalidInput, InventoryLost
from igz_apply.inventory.lock import DatedClock
from igz_apply.inventory.storage import Storage
from igz_apply.model.problems import Problem
from igz_apply.model.records import RunFacts
from igz_apply.model.suggest import did_you_mean
from igz_apply.patterns import pattern

KEPT = 200
LAST = "last"
"""What stands for the newest run."""

_RUN = pattern(r"^\d{8}-\d{6}-[0-9a-f]{4}$")
_STAMP = "%Y%m%d-%H%M%S"
_TRIES = 8  # of names that somebody else has taken


def _name(now: datetime) -> str:
    """Return the name of a run that begins now: names sort by time, to a 65,536th of a second."""
    return f"{now:{_STAMP}}-{now.microsecond * 65_536 // 1_000_000:04x}"


def _after(run: str) -> str:
    """Return the next name after one: of a run that begins in the same moment, or by a clock that is behind."""
    stamp, _, part = run.rpartition("-")
    if part != "ffff":
        return f"{stamp}-{int(part, 16) + 1:04x}"
    try:
        return f"{datetime.strptime(stamp, _STAMP) + timedelta(seconds=1):{_STAMP}}-0000"
    except (ValueError, OverflowError):  # a name by hand, of no time
        return run


class FsspecRecords:
    """The records beside one inventory. Begin and end one while its lock is held."""

    def __init__(self, storage: Storage, clock: DatedClock, facts: Callable[[], RunFacts] = RunFacts) -> None:
        """`facts` are asked for once a record is begun: what they take time to find out goes on till then."""
        self._facts = facts
        self._storage = storage
        self._clock = clock
        self._older: Sequence[str] | None = None  # runs that were there when one was begun; None: not known

    @property
    def facts(self) -> RunFacts:
        """What is known of this run from outside."""
        return self._facts()

    def now(self) -> str:
        """Return the date and time in UTC, ISO 8601."""
        return self._clock.utc().strftime("%Y-%m-%dT%H:%M:%SZ")

    def begin(self, content_of: Callable[[str], bytes]) -> str:
        """Write a new record, durably, and return its run, the newest of all; `content_of` makes it of the run.

        Raises InventoryLost when that fails: nothing may be sent then.
        """
        try:
            run = self._next()
            for _ in range(_TRIES):
                if self._was_created(run, content_of(run)):
                    return run
                run = _after(run)
        except OSError as error:
            hint = "Nothing was sent. Make room or grant access there, then run the same command again."
            raise InventoryLost(f"{self._place} cannot take the record of this run: {error}.", hint=hint) from error
        hint = "Nothing was sent. Run the same command again."
        raise InventoryLost(f"{self._place} has a record under every name that was tried.", hint=hint)

    def end(self, run: str, content: bytes) -> None:
        """Write what a record says at last, and let the oldest go. Raises InventoryLost when the first fails."""
        try:
            self._storage.record(run).replace(content)
        except OSError as error:
            hint = f"The record of run {run} says that it did not end; what it was to change stands in it."
            raise InventoryLost(f"{self._place} cannot be written: {error}.", hint=hint) from error
        with contextlib.suppress(OSError):  # there will be a next time
            older = self._older if self._older is not None else self.runs()
            for old in [it for it in older if it != run][KEPT - 1 :]:
                self._storage.record(old).remove("")

    def discard(self, run: str) -> None:
        """Take a record back of a run that sent nothing, if that can be done."""
        with contextlib.suppress(OSError):
            self._storage.record(run).remove("")

    def runs(self) -> Sequence[str]:
        """Return the runs that have a record, the newest first. Raises OSError."""
        return [name for name in reversed(self._storage.record_names()) if _RUN.match(name)]

    def since(self, moment: datetime) -> Sequence[str]:
        """Return the runs that began at a moment in UTC or later, the newest first. Raises InventoryLost."""
        return [run for run in self.listed() if run >= _name(moment)]

    def listed(self) -> Sequence[str]:
        """Return the runs that have a record, the newest first. Raises InventoryLost."""
        try:
            return self.runs()
        except OSError as error:
            hint = "Check that it may be read, and that credentials and address are right."
            raise InventoryLost(f"{self._place} cannot be listed: {error}.", hint=hint) from error

    def named(self, text: str) -> str:
        """Return the run that a text means: itself, the beginning of one alone, or `last`.

        Raises InvalidInput when it means none or several.
        """
        runs = self.listed()
        if text == LAST and runs:
            return runs[0]
        found = [run for run in runs if run.startswith(text)] if text else []
        if text in found or len(found) == 1:
            return text if text in found else found[0]
        if found:
            detail = f"{text} begins {len(found)} runs: {', '.join(found[:5])}{' and more' if found[5:] else ''}."
            raise InvalidInput([Problem("No such run", detail, "Write more of it.")])
        detail = f"{self._place} has no record of a run {text}." if runs else f"{self._place} has no record of any run."
        hint = did_you_mean(text, runs) or "`igz-apply history` lists those that are kept."
        raise InvalidInput([Problem("No such run", detail, hint)])

    def read(self, run: str) -> tuple[str, bytes]:
        """Return where a record lies, and its content. Raises InventoryLost."""
        record = self._storage.record(run)
        try:
            content = record.look().content
        except OSError as error:
            hint = "Check that it may be read, and that credentials and address are right."
            raise InventoryLost(f"{record.place} cannot be read: {error}.", hint=hint) from error
        return record.place, content or b""

    def _next(self) -> str:
        """Return the name of the next run: later than all that are there, also where another machine's clock is ahead.

        Where they cannot be listed, by the time alone.
        """
        now = _name(self._clock.utc())
        try:
            self._older = self.runs()
        except OSError:
            return now
        return now if not self._older or now > self._older[0] else _after(self._older[0])

    def _was_created(self, run: str, content: bytes) -> bool:
        """Write a record unless there is one; what is there and says the same is ours, sent twice below us."""
        record = self._storage.record(run)
        if record.create_whole(content):
            return True
        with contextlib.suppress(OSError):  # what cannot be looked at is another's
            return record.look().content == content
        return False

    @property
    def _place(self) -> str:
        return self._storage.record("x").place.rpartition("/")[0]
