"""How a caller proves to an API who it is, and how that proof is renewed once for all threads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import field
from typing import Any, Generic, Protocol, TypeVar

from igz_apply.http.call_errors import ConfigurationError, ControlPlaneError
from igz_apply.http.redaction import Secret
from igz_apply.values import dataclass


@dataclass(frozen=True, slots=True)
class Granted:
    """What the answer to a login brought: the parsed JSON of its body, and the lines of Set-Cookie."""

    body: Any = field(repr=False)
    cookies: tuple[str, ...] = field(default=(), repr=False)


# Sends a call that proves nothing: method, path, and a body for JSON. Raises ControlPlaneError.
Ask = Callable[[str, str, Any], Granted]


@dataclass(frozen=True, slots=True)
class Proof:
    """The headers that prove who is calling.

    `secrets` are all texts in them that must not be seen. `good_for` is in seconds: after that they are renewed before
    they are refused; None: once they are refused. `ends_after`, in seconds too, is when they are worth nothing any
    more; None: nobody knows.
    """

    headers: Mapping[str, Secret]
    secrets: tuple[Secret, ...]
    good_for: float | None = None
    ends_after: float | None = None


class Credentials(Protocol):
    """What a caller was given to prove who it is."""

    @property
    def is_renewable(self) -> bool:
        """Whether another proof may be accepted where the present one was refused."""
        ...

    def prove(self, ask: Ask) -> Proof:
        """Return a new proof, asking for it where that is needed. One thread at a time does this."""
        ...

    def secrets(self) -> tuple[str, ...]:
        """Return every text of its own that must not be seen."""
        ...


C = TypeVar("C", bound=Credentials)

# Renewals in advance that fail are tried again, with pauses that double, for as long as the proof is worth something;
# where nobody knows how long that is, so many times. Meanwhile the proof is used. All in seconds but the last.
FIRST_PAUSE = 2.0
LONGEST_PAUSE = 30.0
MOST_RENEWALS = 10


class Authentication(Generic[C]):
    """Holds the credentials and the present proof; many threads may ask, one renews.

    `ask` is called under the lock, so that a session which expired under a hundred threads is renewed once. `now` is in
    seconds, on a clock that never goes back.
    """

    def __init__(self, credentials: C, ask: Ask, now: Callable[[], float]) -> None:
        self._lock = threading.Lock()
        self._ask = ask
        self._now = now
        self._credentials: C | None = credentials
        self._proof: Proof | None = None
        self._renewed_at: float | None = None  # when the proof is to be renewed unasked; None: never
        self._ends_at: float | None = None  # when it is worth nothing any more; None: nobody knows
        self._failed = 0  # renewals in advance, since there was one that did not

    @property
    def credentials(self) -> C | None:
        """What is held, None once it is forgotten."""
        return self._credentials

    def replace(self, credentials: C) -> None:
        """Use other credentials from the next call on."""
        with self._lock:
            self._credentials = credentials
            self._proof = None

    def edit(self, edit: Callable[[C], C]) -> None:
        """Use what `edit` makes of the credentials from the next call on; what it returns as it is changes nothing."""
        with self._lock:
            known = self._credentials
            if known is not None and (edited := edit(known)) is not known:
                self._credentials = edited
                self._proof = None

    def proof(self) -> Proof:
        """Return the present proof, made now if there is none."""
        with self._lock:
            if self._proof is None or self._has_ended():
                return self._prove()
            if self._is_due():
                with suppress(ControlPlaneError):
                    return self._prove()
                self._put_off()
            return self._proof

    def renew(self, refused: Proof) -> bool:
        """Make a new proof after one was refused; False if that cannot help.

        True at once if another thread has renewed it since.
        """
        with self._lock:
            if self._credentials is None or not self._credentials.is_renewable:
                return False
            if self._proof is None or self._proof is refused:
                self._prove()
            return True

    def prove(self) -> None:
        """Make a new proof now, whatever there is."""
        with self._lock:
            self._prove()

    def secrets(self) -> tuple[str, ...]:
        """Return what must be masked in texts: the credentials and the proof."""
        credentials, proof = self._credentials, self._proof
        shown = tuple(secret.reveal() for secret in proof.secrets) if proof else ()
        return shown + (credentials.secrets() if credentials else ())

    def forget(self) -> None:
        """Drop credentials and proof from memory."""
        with self._lock:
            self._credentials = None
            self._proof = None

    def _is_due(self) -> bool:
        return self._renewed_at is not None and self._now() >= self._renewed_at

    def _has_ended(self) -> bool:
        return self._ends_at is not None and self._now() >= self._ends_at

    def _put_off(self) -> None:
        """Set when to renew after a renewal in advance that failed."""
        self._failed += 1
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** (self._failed - 1))
        is_enough = self._ends_at is None and self._failed >= MOST_RENEWALS
        self._renewed_at = None if is_enough else self._now() + pause

    def _prove(self) -> Proof:
        if self._credentials is None:
            raise ConfigurationError("The client is closed, and its credentials are forgotten")
        proof = self._proof = self._credentials.prove(self._ask)
        now, self._failed = self._now(), 0
        self._renewed_at = None if proof.good_for is None else now + proof.good_for
        self._ends_at = None if proof.ends_after is None else now + proof.ends_after
        return proof
