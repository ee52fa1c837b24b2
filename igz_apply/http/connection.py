"""Calls that come through: signing, sending, trying again, logging in again.

Which setbacks are tried again is decided in `verdicts`; here it is done, within the retries and pauses that the
client was set up with.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from igz_apply.controlplane.answers import Answer
from igz_apply.controlplane.client_arguments import Credentials, PasswordCredentials
from igz_apply.controlplane.credentials import (
    SESSION_PATH,
    Authentication,
    Signature,
    login_body,
    session_cookie,
)
from igz_apply.controlplane.errors import ConnectionFailed, ControlPlaneError
from igz_apply.controlplane.telltales import keys_in, scrub_words
from igz_apply.http.backoff import Backoff
from igz_apply.http.limiter import Limiter
from igz_apply.http.redaction import secrets_in, secrets_in_path
from igz_apply.http.retry_policy import Call, Setback, judge_failure, judge_response
from igz_apply.http.scrubbing import Scrubber
from igz_apply.http.transport import Failure, Request, Response, Transport
from igz_apply.version import __version__

_REPEATABLE_METHODS = frozenset({"GET", "HEAD", "PUT", "DELETE"})


@dataclass(frozen=True, slots=True)
class Settings:
    """How to reach the control plane. `timeout` is in seconds; `retries` counts attempts after the first."""

    endpoint: str
    timeout: float
    retries: int
    verify: bool | str
    pool_size: int


class Connection:
    """Sends calls and returns answers; safe to use from many threads.

    `on_throttle` is told the pause, in seconds, whenever the server asks to slow down; it may be called by several
    threads at once. `transport` None is one over sockets, by the settings.
    """

    def __init__(
        self,
        settings: Settings,
        credentials: Credentials,
        *,
        logger: logging.Logger,
        backoff: Backoff,
        on_throttle: Callable[[float], None] | None = None,
        transport: Transport | None = None,
    ) -> None:
        self.settings = settings
        self.logger = logger
        self.backoff = backoff
        self.authentication = Authentication(credentials, self._open_session)
        self._scrub = Scrubber()  # also of what calls have carried: a job tells later what was wrong with it
        self._on_throttle = on_throttle
        self._limiter = Limiter(backoff.sleep, backoff.now)
        self._is_closed = False
        self._outage = ""  # why the control plane cannot be reached, as it was told last; "": it can
        self._transport = transport
        self._transport_lock = threading.Lock()

    def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool | None = None,
        timeout: float | None = None,
        retries: int | None = None,
    ) -> Answer:
        """Send one call and return its answer, trying again where that is safe.

        `repeatable` None goes by the method: all but POST and PATCH may be repeated. `timeout` (seconds, for each
        attempt) and `retries` replace the client's own. Raises ControlPlaneError.
        """
        verb = method.upper()
        call = Call(
            method=verb,
            path=path.strip().lstrip("/").removeprefix("api/"),
            query=encode_query(params),
            body=body,
            headers=headers or {},
            repeatable=verb in _REPEATABLE_METHODS if repeatable is None else repeatable,
            timeout=self.settings.timeout if timeout is None else timeout,
        )
        return self._deliver(call, self.settings.retries if retries is None else retries)

    def mask(self, secrets: Iterable[str]) -> None:
        """Mask these secrets too in texts of the server."""
        self._scrub.learn(secrets)

    def close(self) -> None:
        """Close the kept connections and forget the credentials; what is in flight is not tried again."""
        self._is_closed = True
        self.authentication.forget()
        self._scrub.forget()
        with self._transport_lock:
            if self._transport is not None:
                self._transport.close()

    def _deliver(self, call: Call, retries: int) -> Answer:
        tries, renewed = _Tries(retries), False
        while True:
            signature = self.authentication.signature()
            sent = self._limiter.admit()
            outcome = self._judge(call, self._exchange(call, signature))
            if isinstance(outcome, Answer):
                self._limiter.taken()
                return outcome
            if outcome.error.status == 401 and not renewed and self.authentication.renew(signature):
                renewed = True
                continue
            self._pause_or_raise(outcome, tries, sent)

    def _open_session(self, credentials: PasswordCredentials) -> str:
        """Exchange a username and password for the value of a session cookie. Repeating it only costs a session."""
        body = login_body(credentials)
        call = Call("POST", SESSION_PATH, "", body, {}, repeatable=True, timeout=self.settings.timeout)
        tries = _Tries(self.settings.retries)
        while True:
            sent = self._limiter.admit()
            result = self._exchange(call, None)
            outcome = self._judge(call, result)
            if isinstance(outcome, Answer):
                self._limiter.taken()
                return session_cookie(getattr(result, "cookies", ()))
            self._pause_or_raise(outcome, tries, sent)

    def _exchange(self, call: Call, signature: Signature | None) -> Response | Failure:
        self._scrub.learn((*secrets_in(call.body), *secrets_in_path(call.path, call.query)))
        request = Request(
            method=call.method,
            url=f"{self.settings.endpoint}/api/{call.path}{call.query}",
            headers=_headers(call, signature),
            body=None if call.body is None else _encode(call.body),
            timeout=call.timeout,
        )
        started = time.monotonic()
        result = self._opened_transport().exchange(request)
        took = (time.monotonic() - started) * 1000
        said = result.reason if isinstance(result, Failure) else result.status
        self.logger.debug("%s %s -> %s in %.0f ms", call.method, call.shown_path, said, took)
        return result

    def _judge(self, call: Call, result: Response | Failure) -> Answer | Setback:
        if isinstance(result, Failure):
            outcome: Answer | Setback = judge_failure(call, result)
        else:
            self._outage = ""
            self._scrub.learn(self.authentication.secrets())
            outcome = judge_response(call, result, scrub=self._scrub, now=self.backoff.date())
        if isinstance(outcome, Setback) and outcome.error.is_about_the_way:
            outcome.error.endpoint = self.settings.endpoint
        if isinstance(outcome, Answer):
            self._scrub.learn(keys_in(call.path, outcome))
            scrub_words(call.path, outcome, self._scrub)
        return outcome

    def _pause_or_raise(self, setback: Setback, tries: _Tries, sent: float) -> None:
        """Wait before the next attempt, or raise the setback's error if there is to be none."""
        tries.lost = tries.lost or setback.perhaps_done
        setback.error.after_lost_attempt = tries.lost
        if setback.may_repeat and self.backoff.is_too_long(setback.retry_after):
            self._limiter.taken()  # nobody else waits so long either: each call is refused by itself
            raise _asked_too_much(setback, self.backoff.longest_retry_after)
        if setback.throttled:
            tries.throttled += 1
            pause = self.backoff.delay(tries.throttled, setback.retry_after)
            self._limiter.refused(sent, pause, is_asked=setback.retry_after is not None)
            if self._on_throttle is not None:
                self._on_throttle(pause)
            tries.put_off += pause
            is_enough = tries.put_off > tries.retries * self.backoff.patience
        else:
            self._limiter.taken()
            tries.failed += 1
            pause = self.backoff.delay(tries.failed, setback.retry_after)
            is_enough = tries.failed > tries.retries
        if not setback.may_repeat or is_enough or self._is_closed:
            raise setback.error
        level = logging.WARNING if self._is_news(setback.error) else logging.DEBUG
        self.logger.log(level, "%s; trying again in %.1f s", setback.error, pause)
        self.backoff.sleep(pause)

    def _is_news(self, error: ControlPlaneError) -> bool:
        """Say whether a failure has to be told: of an outage once, however many calls meet it."""
        if not isinstance(error, ConnectionFailed):
            return True
        known, self._outage = self._outage, error.message
        return known != error.message

    def _opened_transport(self) -> Transport:
        """Return the transport; made at first use, for its library takes long to import."""
        if self._transport is None:
            from igz_apply.http.requests_transport import RequestsTransport

            with self._transport_lock:
                if self._transport is None:
                    settings = self.settings
                    self._transport = RequestsTransport(
                        endpoint=settings.endpoint, verify=settings.verify, pool_size=settings.pool_size
                    )
        return self._transport


@dataclass(slots=True)
class _Tries:
    """How often one call has been tried, and why in vain."""

    retries: int
    failed: int = 0
    throttled: int = 0  # how often the server asked to slow down: bounded by time, for it says nothing about the call
    put_off: float = 0.0  # seconds
    lost: bool = False  # whether an attempt may have had its effect


def _asked_too_much(setback: Setback, longest: float) -> ControlPlaneError:
    """Return the error of a setback, which says also why there was no other attempt."""
    error, asked = setback.error, setback.retry_after or 0.0
    pause = f"{asked:.0f} s" if asked < 1e7 else "more than 100 days"
    error.message += f"; the server asks for a pause of {pause}, and {longest:g} s at most are waited for"
    error.args = (error.message,)
    return error


def encode_query(params: Mapping[str, Any] | None) -> str:
    """Return the query with its question mark, empty without parameters; a parameter that is None is left out."""
    pairs = [(name, _query_text(value)) for name, value in (params or {}).items() if value is not None]
    return f"?{urlencode(pairs, quote_via=quote)}" if pairs else ""


def _query_text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, tuple)):
        return ",".join(_query_text(entry) for entry in value)
    return str(getattr(value, "value", value))


def _encode(body: Any) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _headers(call: Call, signature: Signature | None) -> dict[str, str]:
    headers = {
        "Accept": "application/json",
        "Accept-Encoding": "gzip, deflate",
        "User-Agent": f"igz-apply/{__version__}",
    }
    if call.body is not None:
        headers["Content-Type"] = "application/json"
    return {**headers, **call.headers, **(signature.headers() if signature else {})}
