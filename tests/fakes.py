"""One fake a port: a clock that a test turns, a pool without threads, an inventory in memory, secrets in a dict.

`emulated.EmulatedPlane` is no fake: it stands behind the two ports of the control plane.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from typing import Any

from igz_apply.errors import InvalidInput, InventoryLost
from igz_apply.model.addresses import Address
from igz_apply.model.problems import Problem
from igz_apply.model.records import RunFacts
from igz_apply.model.resources import Entry, Home, Owned, SecretRef

TICK = 1e-9  # seconds that pass at least: what is left over from a sum of parts would change no clock


class FakeClock:
    """Time that passes only while somebody waits for it; seconds since it was made."""

    def __init__(self) -> None:
        self.time = 0.0
        self._alarms: list[tuple[float, Callable[[], None]]] = []

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += max(TICK, seconds) if seconds > 0 else 0.0
        self._ring()

    def inbox(self) -> FakeInbox:
        return FakeInbox(self)

    def at(self, time: float, do: Callable[[], None]) -> None:
        """Do something as soon as it is that late, such as to put a message into an inbox."""
        self._alarms.append((time, do))
        self._alarms.sort(key=lambda alarm: alarm[0])

    def until_next_alarm(self) -> float | None:
        """Return the seconds until something is to be done, None when nothing is."""
        return max(0.0, self._alarms[0][0] - self.time) if self._alarms else None

    def _ring(self) -> None:
        while self._alarms and self._alarms[0][0] <= self.time:
            _, do = self._alarms.pop(0)
            do()


class FakeInbox:
    """An inbox whose waiting turns the clock: to wait without end for a message that nobody writes is an error."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self._messages: deque[Any] = deque()

    def put(self, message: Any) -> None:
        self._messages.append(message)

    def get(self, seconds: float | None) -> Any:
        left = seconds
        while not self._messages:
            alarm = self._clock.until_next_alarm()
            if alarm is None or (left is not None and left <= alarm):
                assert left is not None, "it waits without end, and nothing will come"
                self._clock.sleep(left)
                break
            self._clock.sleep(alarm)
            left = None if left is None else left - alarm
        return self._messages.popleft() if self._messages else None


class InlinePool(Executor):
    """Runs what it is given at once, in the caller's thread; with `is_held`, when the test says so."""

    def __init__(self, *, is_held: bool = False) -> None:
        self._is_held = is_held
        self._held: deque[Callable[[], None]] = deque()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()

        def run() -> None:
            try:
                result = fn(*args, **kwargs)
            except BaseException as error:
                future.set_exception(error)
            else:
                future.set_result(result)

        if self._is_held:
            self._held.append(run)
        else:
            run()
        return future

    @property
    def held(self) -> int:
        """How many pieces of work wait to be run."""
        return len(self._held)

    def run_next(self, which: int = 0) -> None:
        """Run one piece of work that is held, the oldest unless told otherwise."""
        self._held.rotate(-which)
        run = self._held.popleft()
        self._held.rotate(which)
        run()


class MemoryRecords:
    """Records that are kept in memory; with `fails`, at that moment: "begin" or "end"."""

    def __init__(self, facts: RunFacts | None = None, *, fails: str = "") -> None:
        self.facts = facts or RunFacts(command="apply")
        self.contents: dict[str, bytes] = {}
        self.fails = fails

    def now(self) -> str:
        return "2026-11-30T12:00:00Z"

    def begin(self, content_of: Callable[[str], bytes]) -> str:
        if self.fails == "begin":
            raise InventoryLost("The record could not be written: no space left.", hint="Make room.")
        run = f"20261130-120000-{len(self.contents):04x}"
        self.contents[run] = content_of(run)
        return run

    def end(self, run: str, content: bytes) -> None:
        if self.fails == "end":
            raise InventoryLost("The record could not be written: no space left.", hint="Make room.")
        self.contents[run] = content

    def discard(self, run: str) -> None:
        del self.contents[run]


class MemoryInventory:
    """An inventory that remembers each save; with `fails_at`, that save (counted from 1) and all later ones fail."""

    def __init__(self, entries: Mapping[Address, Entry] | None = None, *, fails_at: int | None = None) -> None:
        self.entries = dict(entries or {})
        self.saves: list[dict[Address, Entry]] = []
        self.used_plans: list[str] = []
        self.home = Home()
        self.is_locked = False
        self._fails_at = fails_at
        self._attempts = 0

    def load(self) -> Owned:
        return Owned(dict(self.entries), tuple(self.used_plans), self.home)

    def save(self, entries: Mapping[Address, Entry]) -> None:
        self._attempts += 1
        if self._fails_at is not None and self._attempts >= self._fails_at:
            raise InventoryLost("The inventory could not be written: no space left")
        self.entries = dict(entries)
        self.saves.append(self.entries)

    def claim(self, home: Home) -> None:
        self.home = home

    def use_plan(self, seal: str) -> None:
        self.used_plans.append(seal)

    @contextmanager
    def locked(self, timeout: float) -> Iterator[None]:  # noqa: ARG002 - the port's signature
        assert not self.is_locked
        self.is_locked = True
        try:
            yield
        finally:
            self.is_locked = False


class FakeSecrets:
    """Secrets by the name of their variable, file, program or key. A hash shows the salt, to be told from a value."""

    def __init__(self, **values: str) -> None:
        self.values = dict(values)
        self.asked: list[str] = []  # whose value was asked for, in order
        self.looks: list[list[str]] = []  # what was looked at, together

    def look(self, refs: Iterable[SecretRef]) -> None:
        self.looks.append([_place(ref) for ref in refs])

    def fault(self, ref: SecretRef) -> str:
        return "" if self.is_available(ref) or not ref.is_looked_up else "nobody answers"

    def value(self, ref: SecretRef) -> str:
        self.asked.append(_place(ref))
        if not self.is_available(ref):
            raise InvalidInput([Problem("Missing secret", f"There is nothing in {ref}.")])
        return self.values[_place(ref)]

    def is_available(self, ref: SecretRef) -> bool:
        return _place(ref) in self.values

    def matches(self, ref: SecretRef, salted_hash: str) -> bool:
        return self.hashed(ref) == salted_hash

    def is_invented(self, ref: SecretRef) -> bool:  # noqa: ARG002 - the port's signature
        return False

    def hashed(self, ref: SecretRef) -> str:
        return "salt:" + hashlib.sha256(self.values[_place(ref)].encode()).hexdigest()[:12]


def _place(ref: SecretRef) -> str:
    return ref.from_env or ref.from_file or ref.key or ref.from_command[0]
