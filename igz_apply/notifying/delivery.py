"""Bringing one message to one receiver: tried again where that may help, for a while, and never sent on elsewhere."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Mapping
from typing import Any

from igz_apply.http.backoff import parse_retry_after
from igz_apply.http.transport import Failure, Request, Response, Transport
from igz_apply.model.news import News
from igz_apply.model.reconciling import Shape
from igz_apply.notifying.json_shape import json_message
from igz_apply.notifying.receivers import Receiver
from igz_apply.notifying.signing import SIGNATURE, signature
from igz_apply.notifying.slack import slack_message
from igz_apply.notifying.teams import teams_message
from igz_apply.values import dataclass
from igz_apply.version import __version__

_MESSAGES: Mapping[Shape, Callable[[News], dict[str, Any]]] = {
    Shape.JSON: json_message,
    Shape.SLACK: slack_message,
    Shape.TEAMS: teams_message,
}
_FOR_NOW = (408, 425, 429)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a message is tried, in seconds. `now`, `date`, `jitter` and the wait are ports for tests."""

    timeout: float = 10.0  # of one attempt, from connecting to the last byte of the answer
    first: float = 1.0  # pause, doubled each time
    longest: float = 60.0  # pause
    whole: float = 600.0  # from the first attempt on
    now: Callable[[], float] = time.monotonic
    date: Callable[[], float] = time.time
    jitter: Callable[[], float] = random.random

    def pause(self, attempt: int, retry_after: float | None) -> float:
        """Return how long to wait after an attempt, 1 being the first: what the receiver asks for at least."""
        whole = min(self.longest, self.first * 2.0 ** (attempt - 1))
        return max(whole / 2 + self.jitter() * whole / 2, retry_after or 0.0)


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of a message."""

    why: str = ""  # it did not arrive; "": it did
    attempts: int = 1


def body_of(news: News, shape: Shape) -> bytes:
    """Return a message as it is sent."""
    return json.dumps(_MESSAGES[shape](news)).encode()


class Courier:
    """Brings messages to one receiver."""

    def __init__(
        self,
        receiver: Receiver,
        transport: Transport,
        wait: Callable[[float], bool],
        patience: Patience = Patience(),  # noqa: B008 - frozen
    ) -> None:
        """`wait` waits so many seconds, and says whether it is time to end instead."""
        self._receiver = receiver
        self._transport = transport
        self._wait = wait
        self._patience = patience

    def bring(self, news: News) -> Delivered:
        """Send a message, as often as it takes and there is time for. Never raises for what a receiver does."""
        body = body_of(news, self._receiver.shape)
        until = self._patience.now() + self._patience.whole
        attempt = 0
        while True:
            attempt += 1
            result = self._transport.exchange(self._request(body, news))
            why = _why_not(result)
            if not why or not _may_pass(result):
                return Delivered(why, attempt)
            pause = self._patience.pause(attempt, self._asked(result))
            if self._patience.now() + pause > until or self._wait(pause):
                return Delivered(why, attempt)

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def _request(self, body: bytes, news: News) -> Request:
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"igz-apply/{__version__}",
            "X-Igz-Apply-Hash": news.hash,
        }
        if self._receiver.key:  # anew each time: a receiver refuses what is old
            headers[SIGNATURE] = signature(self._receiver.key, int(self._patience.date()), body)
        return Request("POST", self._receiver.url, headers, body, self._patience.timeout)

    def _asked(self, result: Response | Failure) -> float | None:
        if isinstance(result, Failure):
            return None
        return parse_retry_after(result.retry_after, self._patience.date())


def _why_not(result: Response | Failure) -> str:
    """Return why a message did not arrive, "" where it did. Nothing of what came back is quoted."""
    if isinstance(result, Failure):
        return result.reason
    if 300 <= result.status < 400:
        return f"it answers {result.status}, elsewhere, and nothing is sent on to another place"
    return "" if 200 <= result.status < 300 else f"it answers {result.status}"


def _may_pass(result: Response | Failure) -> bool:
    """Say whether the same again may end otherwise."""
    if isinstance(result, Failure):
        return not result.permanent
    return result.status in _FOR_NOW or result.status >= 500
