"""Calls that come through: signing, sending, trying again, logging in again.

Which attempts are made again is decided in `retry_policy`; here it is done, within the retries and pauses that the
connection was set up with.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Generic
from urllib.parse import quote, urlencode, urlsplit

from igz_apply.http.answers import Answer, shortened
from igz_apply.http.authentication import Authentication, C, Granted, Proof
from igz_apply.http.backoff import Backoff
from igz_apply.http.call_errors import ConnectionFailed, ControlPlaneError, Unauthorised
from igz_apply.http.dialect import A, Dialect
from igz_apply.http.limiter import Limiter
from igz_apply.http.redaction import guard_library_logs
from igz_apply.http.retry_policy import Attempts, Call, FailedAttempt, judge_failure, judge_response
from igz_apply.http.scrubbing import Scrubber
from igz_apply.http.transport import Failure, Request, Response, Transport
from igz_apply.http.watching import Attempt, CallWatcher, begun
from igz_apply.values import dataclass

_REPEATABLE_METHODS = frozenset({"GET", "HEAD", "PUT", "DELETE"})


@dataclass(frozen=True, slots=True)
class Settings:
    """How to reach a server, as the user agent `agent`.

    `timeout` is in seconds; `retries` counts attempts after the first.
    """

    endpoint: str
    timeout: float
    retries: int
    verify: bool | str
    pool_size: int
    agent: str


@dataclass(slots=True)
class _Try(Generic[A]):
    """One attempt: what was sent with it, and what came of it."""

    call: Call
    number: int
    headers: Mapping[str, str]  # of those who watch
    result: Response | Failure | None = None  # None: it was broken off
    outcome: A | FailedAttempt | None = None
    seconds: float = 0.0

    @property
    def status(self) -> int | None:
        return self.result.status if isinstance(self.result, Response) else None

    @property
    def traceparent(self) -> str:
        return self.headers.get("traceparent", "")


class Connection(Generic[A, C]):
    """Sends calls to an API that speaks `dialect`, and returns its answers; safe to use from many threads.

    `on_throttle` is told the pause, in seconds, whenever the server asks to slow down; it may be called by several
    threads at once. `transport` None is one over sockets, by the settings. `authentication` is that of another
    connection, whose proof is to count here too: then it is renewed there, and `credentials` are not used.
    """

    def __init__(
        self,
        settings: Settings,
        dialect: Dialect[A],
        credentials: C,
        *,
        logger: logging.Logger,
        backoff: Backoff,
        on_throttle: Callable[[float], None] | None = None,
        transport: Transport | None = None,
        authentication: Authentication[C] | None = None,
        watchers: Sequence[CallWatcher] = (),
    ) -> None:
        self.settings = settings
        self.logger = logger
        self.backoff = backoff
        self.authentication = authentication or Authentication(credentials, self._ask, backoff.now)
        guard_library_logs(dialect.redaction.redact_path)
        self._dialect = dialect
        # Also of what calls have carried: a job tells later what was wrong with it.
        self._scrub = Scrubber(mask_places=dialect.redaction.redact_path)
        self._on_throttle = on_throttle
        self._limiter = Limiter(backoff.sleep, backoff.now)
        self._is_closed = False
        self._outage = ""  # why the control plane cannot be reached, as it was told last; "": it can
        self._watchers = tuple(watchers)
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
        unread: frozenset[str] = frozenset(),
    ) -> A:
        """Send one call and return its answer, trying again where that is safe.

        `repeatable` None goes by the method: all but POST and PATCH may be repeated. `timeout` (seconds, for each
        attempt) and `retries` replace the client's own. `unread` names members of the answer that nobody looks at: they
        may be left out of it. Raises ControlPlaneError.
        """
        verb = method.upper()
        call = self._call(
            verb,
            path,
            query=encode_query(params),
            body=body,
            headers=headers,
            repeatable=verb in _REPEATABLE_METHODS if repeatable is None else repeatable,
            timeout=timeout,
            unread=unread,
        )
        return self._deliver(call, self.settings.retries if retries is None else retries)

    def _call(
        self,
        method: str,
        path: str,
        *,
        repeatable: bool,
        query: str = "",
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
        unread: frozenset[str] = frozenset(),
    ) -> Call:
        path = path.strip().lstrip("/").removeprefix(f"{self._dialect.root}/")
        return Call(
            method=method,
            path=path,
            shown_path=self._dialect.redaction.redact_path(path),
            query=query,
            body=body,
            headers=headers or {},
            repeatable=repeatable,
            timeout=self.settings.timeout if timeout is None else timeout,
            unread=unread,
        )

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

    def _deliver(self, call: Call, retries: int) -> A:
        attempts, renewed = Attempts(retries), False
        while True:
            proof = self.authentication.proof()
            sent = self._limiter.admit()
            this = self._try(call, proof, attempts)
            outcome = this.outcome
            if isinstance(outcome, Answer):
                return self._taken(this, outcome)
            assert outcome is not None, "an attempt that was broken off raises"
            is_unknown = isinstance(outcome.error, Unauthorised)
            if is_unknown and not renewed and self._renew(this, proof):
                renewed = True
                continue
            self._pause_or_raise(this, outcome, attempts, sent)

    def _ask(self, method: str, path: str, body: Any) -> Granted:
        """Send a call that proves nothing, for a proof. Repeating it only costs a session."""
        call = self._call(method, path, body=body, repeatable=True)
        attempts = Attempts(self.settings.retries)
        while True:
            sent = self._limiter.admit()
            this = self._try(call, None, attempts)
            outcome = this.outcome
            if isinstance(outcome, Answer):
                return Granted(self._taken(this, outcome).body, getattr(this.result, "cookies", ()))
            assert outcome is not None, "an attempt that was broken off raises"
            self._pause_or_raise(this, outcome, attempts, sent)

    def _renew(self, this: _Try[A], refused: Proof) -> bool:
        """Log in again after an attempt whose proof was refused; False if that cannot help."""
        try:
            is_renewed = self.authentication.renew(refused)
        except BaseException:
            self._tell(this, will_retry=False)
            raise
        if is_renewed:
            self._tell(this, will_retry=True)
        return is_renewed

    def _taken(self, this: _Try[A], answer: A) -> A:
        self._limiter.taken()
        self._tell(this, will_retry=False)
        return answer

    def _try(self, call: Call, proof: Proof | None, attempts: Attempts) -> _Try[A]:
        """Make one attempt, and judge it. Whoever goes on from it tells it to those who watch."""
        attempts.made += 1
        watchers = self._watchers
        route = self._dialect.route(call.path) if watchers else ""
        headers = begun(watchers, call.method, route, is_login=proof is None) if watchers else {}
        if isinstance(headers, str):
            raise ControlPlaneError(headers, method=call.method, path=call.shown_path, after_lost_attempt=attempts.lost)
        this: _Try[A] = _Try(call, attempts.made, headers)
        try:
            this.result = self._exchange(this, proof)
            this.outcome = self._judge(call, this.result)
        except BaseException:  # a transport that raises, a signal: those who watch wait for its end
            self._tell(this, will_retry=False)
            raise
        self._log(this)
        return this

    def _exchange(self, this: _Try[A], proof: Proof | None) -> Response | Failure:
        call, redaction = this.call, self._dialect.redaction
        self._scrub.learn((*redaction.secrets_in(call.body), *redaction.of_path(call.path, call.query)))
        request = Request(
            method=call.method,
            url=f"{self.settings.endpoint}/{self._dialect.root}/{call.path}{call.query}",
            headers=self._headers(call, proof, this.headers),
            body=None if call.body is None else _encode(call.body),
            timeout=call.timeout,
        )
        transport = self._opened_transport()
        started = time.monotonic()
        try:
            return transport.exchange(request)
        finally:
            this.seconds = time.monotonic() - started

    def _log(self, this: _Try[A]) -> None:
        """Log an attempt, with what names it on the server and in a trace."""
        if not self.logger.isEnabledFor(logging.DEBUG):
            return
        call, result = this.call, this.result
        said = result.reason if isinstance(result, Failure) else this.status
        ctx = self._ctx_of(this)
        names = [f", ctx {ctx}" if ctx else "", f", traceparent {this.traceparent}" if this.traceparent else ""]
        took = this.seconds * 1000
        self.logger.debug("%s %s -> %s in %.0f ms%s", call.method, call.shown_path, said, took, "".join(names))

    def _tell(self, this: _Try[A], *, will_retry: bool) -> None:
        if not self._watchers:
            return
        call, outcome = this.call, this.outcome
        parts = urlsplit(self.settings.endpoint)
        attempt = Attempt(
            call.method,
            self._dialect.route(call.path),
            this.status,
            this.seconds,
            this.number,
            self._ctx_of(this),
            this.traceparent,
            will_retry,
            "" if isinstance(outcome, Answer) else "BrokenOff" if outcome is None else type(outcome.error).__name__,
            f"{parts.scheme}://{parts.netloc}",
        )
        for watcher in self._watchers:
            watcher.ended(attempt)

    def _ctx_of(self, this: _Try[A]) -> str | None:
        """Return the server's id of the request, on one line, with what is secret masked.

        None once this is closed: what is secret is forgotten then, and an answer that comes yet may quote it.
        """
        outcome = this.outcome
        if outcome is None:
            return None
        ctx = outcome.ctx if isinstance(outcome, Answer) else outcome.error.ctx
        masked = None if ctx is None else shortened(self._scrub(ctx))
        return None if self._is_closed else masked

    def _headers(self, call: Call, proof: Proof | None, traced: Mapping[str, str]) -> dict[str, str]:
        headers = {
            "Accept": "application/json",
            "Accept-Encoding": "gzip, deflate",
            "User-Agent": self.settings.agent,
        }
        if call.body is not None:
            headers["Content-Type"] = "application/json"
        proven = {name: secret.reveal() for name, secret in proof.headers.items()} if proof else {}
        if (named := self._dialect.ctx_header) and (parent := traced.get("traceparent")):
            headers[named] = parent.split("-")[1]
        return {**headers, **call.headers, **traced, **proven}

    def _judge(self, call: Call, result: Response | Failure) -> A | FailedAttempt:
        if isinstance(result, Failure):
            outcome: A | FailedAttempt = judge_failure(call, result)
        else:
            self._outage = ""
            self._scrub.learn(self.authentication.secrets())
            scrub, now = self._scrub, self.backoff.date()
            outcome = judge_response(call, result, dialect=self._dialect, scrub=scrub, now=now)
        if isinstance(outcome, FailedAttempt) and outcome.error.is_about_the_way:
            outcome.error.endpoint = self.settings.endpoint
        if isinstance(outcome, Answer):
            self._scrub.learn(self._dialect.secrets_told(call.path, outcome))
            self._dialect.scrub_words(call.path, outcome, self._scrub)
        return outcome

    def _pause_or_raise(self, this: _Try[A], attempt: FailedAttempt, attempts: Attempts, sent: float) -> None:
        """Wait before the next attempt, or raise the error of this one if there is to be none."""
        attempts.lost = attempts.lost or attempt.perhaps_done
        attempt.error.after_lost_attempt = attempts.lost
        if attempt.may_repeat and self.backoff.is_too_long(attempt.retry_after):
            self._limiter.taken()  # nobody else waits so long either: each call is refused by itself
            self._tell(this, will_retry=False)
            raise _asked_too_much(attempt, self.backoff.longest_retry_after)
        pause = attempts.pause_after(attempt, self.backoff)
        if attempt.throttled:
            self._limiter.refused(sent, pause, is_asked=attempt.retry_after is not None)
            if self._on_throttle is not None:
                self._on_throttle(pause)
        else:
            self._limiter.taken()
        is_last = not attempt.may_repeat or attempts.are_used_up(attempt, self.backoff) or self._is_closed
        self._tell(this, will_retry=not is_last)
        if is_last:
            raise attempt.error
        level = logging.WARNING if self._is_news(attempt.error) else logging.DEBUG
        self.logger.log(level, "%s; trying again in %.1f s", attempt.error, pause)
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


def _asked_too_much(attempt: FailedAttempt, longest: float) -> ControlPlaneError:
    """Return the error of a failed attempt, which says also why there was no other attempt."""
    error, asked = attempt.error, attempt.retry_after or 0.0
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
