"""Watches rounds for those who are told by webhook. Nothing that a receiver does costs a round anything."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence

from igz_apply.http.endpoints import resolve_verification
from igz_apply.http.requests_transport import RequestsTransport
from igz_apply.model.outcomes import Event
from igz_apply.model.rounds import Round
from igz_apply.notifying.delivery import Courier, Delivered, Patience
from igz_apply.notifying.outbox import Item, Outbox, Tally
from igz_apply.notifying.receivers import Receiver
from igz_apply.notifying.remembered import Memory, Shelf
from igz_apply.planning.news import standing_of
from igz_apply.wording.news_words import Place, news_of, trial_of

logger = logging.getLogger(__name__)

LAST_SECONDS = 2.0
"""How long the end of the process waits for messages that are under way."""

TRIAL_SECONDS = 5.0
"""How long a trial message is tried."""


class Notifier:
    """A RoundWatcher that tells receivers."""

    def __init__(
        self,
        receivers: Sequence[Receiver],
        place: Callable[[Round], Place],
        environ: Mapping[str, str],
        shelf: Shelf | None = None,
        patience: Patience = Patience(),  # noqa: B008 - frozen
    ) -> None:
        """`shelf` keeps what was told; without one it is known as long as the process lives."""
        self._place = place
        self._memory = Memory(shelf)
        self._environ = environ
        self._patience = patience
        self._outboxes: list[Outbox] = []
        self._is_new = False  # whether another has led since the last round
        self.tell(receivers)

    def tell(self, receivers: Sequence[Receiver]) -> None:
        """Tell these from now on; those that stay keep what waits for them."""
        kept = {outbox.receiver: outbox for outbox in self._outboxes}
        self._outboxes = [
            kept.pop(it) if it in kept else Outbox(it, self._courier(it), self._memory) for it in receivers
        ]
        for outbox in kept.values():
            outbox.close()

    def _courier(self, receiver: Receiver) -> Callable[[Callable[[float], bool]], Courier]:
        return lambda wait: Courier(receiver, _transport(receiver, self._environ), wait, self._patience)

    @property
    def tallies(self) -> Mapping[Receiver, Tally]:
        """How many messages each receiver got, and did not."""
        return {outbox.receiver: outbox.tally for outbox in self._outboxes}

    def began(self, number: int, at: str) -> None:
        """Do nothing: only how a round ends is told."""

    def event(self, event: Event) -> None:
        """Do nothing, as before."""

    def ended(self, round: Round) -> None:
        """Leave the round for each receiver, made small: no plan is kept."""
        if not self._outboxes:
            return  # what nobody is told is not worked out
        standing = standing_of(round)
        if standing.is_silent:
            return
        item = Item(standing, news_of(round, standing, self._place(round)), is_first=self._is_new)
        self._is_new = False
        for outbox in self._outboxes:
            outbox.put(item)

    def standing_by(self, holder: str) -> None:  # noqa: ARG002 - the port's signature
        """Take what was told anew from where it is kept, once we lead: another tells until then."""
        self._is_new = True
        for outbox in self._outboxes:
            outbox.rest()

    def closed(self) -> None:
        """Let what is under way arrive, within `LAST_SECONDS` for all together."""
        until = time.monotonic() + LAST_SECONDS
        for outbox in self._outboxes:
            outbox.close()
        for outbox in self._outboxes:
            if not outbox.join(until - time.monotonic()):
                logger.warning("%s has not answered before the end, and may not have been told", outbox.receiver)


def try_all(
    receivers: Sequence[Receiver], place: Place, environ: Mapping[str, str]
) -> Sequence[tuple[Receiver, Delivered]]:
    """Send each receiver a trial message, and return what became of it: somebody waits for that, so it is not long."""
    found = []
    for receiver in receivers:
        courier = Courier(
            receiver, _transport(receiver, environ), threading.Event().wait, Patience(whole=TRIAL_SECONDS)
        )
        found.append((receiver, courier.bring(trial_of(place))))
        courier.close()
    return found


def _transport(receiver: Receiver, environ: Mapping[str, str]) -> RequestsTransport:
    """Return what carries messages: TLS is verified, proxies are the environment's, redirects are not followed."""
    verify = resolve_verification(True, None, environ)
    return RequestsTransport(endpoint=receiver.url, verify=verify, pool_size=1)
