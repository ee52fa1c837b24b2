"""What one receiver is still to be told, and the thread that tells it: whoever puts something in never waits."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import replace

from igz_apply.model.news import News
from igz_apply.notifying.delivery import Courier
from igz_apply.notifying.receivers import Receiver
from igz_apply.notifying.remembered import Memory
from igz_apply.planning.news import Standing, told_anew
from igz_apply.values import dataclass
from igz_apply.wording.news_words import about

MOST_WAITING = 16

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Item:
    """A round that somebody may have to be told of."""

    standing: Standing
    news: News
    is_first: bool = False  # whether another led before it, and has told what we do not know of


@dataclass(frozen=True, slots=True)
class Tally:
    """How many messages, up to now."""

    sent: int = 0
    retried: int = 0  # attempts beside the first of each
    failed: int = 0  # given up
    dropped: int = 0  # rounds that had no room among those that waited


class Outbox:
    """The queue of one receiver. Rounds wait in it; what of them is news is known when its turn comes."""

    def __init__(self, receiver: Receiver, courier_of: Callable[[Callable[[float], bool]], Courier], memory: Memory):
        """`courier_of` is handed how to wait."""
        self._receiver = receiver
        self._courier = courier_of(self._wait)
        self._memory = memory
        self._items: deque[Item] = deque()
        self._changed = threading.Condition()
        self._is_closing = False
        self._is_void = False  # whether what is under way is another's to tell by now
        self._thread: threading.Thread | None = None  # None: nothing has been put in yet
        self._tally = Tally()
        self._has_warned = False  # of messages that were dropped, since the last that arrived

    @property
    def receiver(self) -> Receiver:
        """Whom it is for."""
        return self._receiver

    @property
    def tally(self) -> Tally:
        """What became of its messages."""
        with self._changed:
            return self._tally

    def put(self, item: Item) -> None:
        """Leave a round. The oldest goes where there is no room; one that says the same as the last takes its place."""
        with self._changed:
            if self._items and self._items[-1].standing == item.standing:
                self._items[-1] = replace(item, is_first=self._items[-1].is_first or item.is_first)
                return
            if len(self._items) == MOST_WAITING:
                self._drop()
            self._items.append(item)
            self._changed.notify()
            if self._thread is None:
                name = f"notification {self._receiver.number}"
                thread = threading.Thread(target=self._run, name=name, daemon=True)
                thread.start()  # where it may not be, the next round tries again
                self._thread = thread

    def rest(self) -> None:
        """Let go what waits, and what is tried again: another tells of what there is."""
        with self._changed:
            self._items.clear()
            self._is_void = True
            self._changed.notify()

    def close(self) -> None:
        """Let the thread end: what waits is tried once more, and nothing after a failure."""
        with self._changed:
            self._is_closing = True
            self._changed.notify()

    def join(self, seconds: float) -> bool:
        """Wait at most that long for what is left; return whether all of it was dealt with."""
        if self._thread is not None:
            self._thread.join(max(0.0, seconds))
        return self._thread is None or not self._thread.is_alive()

    def _run(self) -> None:
        while (item := self._next()) is not None:
            self._tell_if_possible(item)
        self._courier.close()

    def _tell_if_possible(self, item: Item) -> None:
        try:
            self._tell(item)
        except Exception as error:  # a defect: what comes later is told all the same
            with self._changed:
                self._count(failed=1)
            # Its text could quote a secret.
            logger.warning("%s could not be told: %s; this is a defect", self._receiver, type(error).__name__)

    def _next(self) -> Item | None:
        with self._changed:
            while not self._items and not self._is_closing:
                self._changed.wait()
            self._is_void = False
            return self._items.popleft() if self._items else None

    def _wait(self, seconds: float) -> bool:
        """Wait between two attempts; say whether there is to be no other."""
        with self._changed:
            return self._changed.wait_for(lambda: self._is_closing or self._is_void, seconds)

    def _drop(self) -> None:
        """Let the oldest go, and say so once until something arrives."""
        gone = self._items.popleft()
        if gone.is_first:
            self._items[0] = replace(self._items[0], is_first=True)
        self._count(dropped=1)
        if not self._has_warned:
            logger.warning("%s: too many messages wait for it, and the oldest are dropped", self._receiver)
        self._has_warned = True

    def _tell(self, item: Item) -> None:
        if item.is_first:
            self._memory.forget()
        told = self._memory.told(self._receiver.name)
        topic, after = told_anew(told, item.standing, self._receiver.about)
        if topic is not None:
            delivered = self._courier.bring(about(topic, item.news))
            with self._changed:
                is_sent = not delivered.why
                self._has_warned = self._has_warned and not is_sent
                self._count(sent=is_sent, failed=not is_sent, retried=delivered.attempts - 1)
            if delivered.why:  # not told, so that the next round tries again as long as there is something to tell
                logger.warning("%s did not arrive: %s", self._receiver, delivered.why)
                return
            logger.info("%s: %s", self._receiver, topic.value)
        if not self._is_void:
            self._memory.note(self._receiver.name, after)

    def _count(self, *, sent: int = 0, retried: int = 0, failed: int = 0, dropped: int = 0) -> None:
        now = self._tally
        self._tally = Tally(now.sent + sent, now.retried + retried, now.failed + failed, now.dropped + dropped)
