"""What one attempt of a call means: an answer, or a failed attempt that may or may not be made again.

- Nothing was sent (refused, no such host, no connection in time), 429, 425, and 503 with Retry-After: the server
  certainly did not act, so any call may be tried again.
- The connection broke, no answer in time, 502, 504, unreadable success: the server may have acted. A call that may be
  repeated is; any other ends as AnswerLost.
- 503 without Retry-After: tried again if the call may be repeated, else Unavailable, for the
  server said that it did not act.
- Everything else is final.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any

from igz_apply.http import call_errors
from igz_apply.http.answers import error_of
from igz_apply.http.backoff import Backoff, parse_retry_after
from igz_apply.http.bodies import Unreadable
from igz_apply.http.dialect import A, Dialect
from igz_apply.http.transport import MOST_BYTES, Failure, Response, most_bytes
from igz_apply.values import dataclass

_REFUSED_FOR_NOW = frozenset({425, 429})
_LOST_BEHIND_A_PROXY = frozenset({502, 504})
_PARTIAL = 206


@dataclass(frozen=True, slots=True)
class Call:
    """One call as it will be sent.

    `path` is below the root of the API, `shown_path` the same for texts, with secrets masked; `timeout` is in seconds
    for each attempt. `unread` names the members of the answer that nobody looks at.
    """

    method: str
    path: str = field(repr=False)
    shown_path: str
    query: str = field(repr=False)
    body: Any = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    repeatable: bool
    timeout: float
    unread: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class FailedAttempt:
    """An attempt without success.

    `perhaps_done` says that the server may have acted on it; `retry_after` is what it asked for, in seconds, None if
    it did not ask.
    """

    error: call_errors.ControlPlaneError
    may_repeat: bool
    perhaps_done: bool = False
    retry_after: float | None = None
    throttled: bool = False


@dataclass(slots=True)
class Attempts:
    """How often one call has been tried, and why in vain. `retries` counts attempts after the first."""

    retries: int
    made: int = 0  # of whatever kind
    failed: int = 0
    throttled: int = 0  # how often the server asked to slow down: bounded by time, for it says nothing about the call
    put_off: float = 0.0  # seconds
    lost: bool = False  # whether an attempt may have had its effect

    def pause_after(self, attempt: FailedAttempt, backoff: Backoff) -> float:
        """Account for a failed attempt, and return the pause before the next one, in seconds."""
        if not attempt.throttled:
            self.failed += 1
            return backoff.delay(self.failed, attempt.retry_after)
        self.throttled += 1
        pause = backoff.delay(self.throttled, attempt.retry_after)
        self.put_off += pause
        return pause

    def are_used_up(self, attempt: FailedAttempt, backoff: Backoff) -> bool:
        """Tell whether there is to be none after this one."""
        if attempt.throttled:
            return self.put_off > self.retries * backoff.patience
        return self.failed > self.retries


def judge_failure(call: Call, failure: Failure) -> FailedAttempt:
    """Judge an attempt that brought no complete response."""
    if failure.sent and not call.repeatable:
        return _lost(call, f"No answer came: {failure.reason}")
    kind = call_errors.Timeout if failure.timed_out else call_errors.ConnectionFailed
    message = f"The control plane could not be reached: {failure.reason}"
    if failure.sent:
        message = f"The control plane did not answer: {failure.reason}"
    error = kind(message, method=call.method, path=call.shown_path)
    return FailedAttempt(error, may_repeat=not failure.permanent, perhaps_done=failure.sent)


def judge_response(
    call: Call, response: Response, *, dialect: Dialect[A], scrub: Callable[[str], str], now: float
) -> A | FailedAttempt:
    """Judge a complete response. `scrub` masks secrets in the server's words; `now` is in seconds since the epoch."""
    if 200 <= response.status < 300:
        return _judge_success(call, response, dialect)
    said = dialect.complaint(response.status, _read(response) or b"")
    error = error_of(response.status, said, dialect.kinds, method=call.method, path=call.shown_path, scrub=scrub)
    retry_after = parse_retry_after(response.retry_after, now)
    if isinstance(error, call_errors.RateLimited):
        error.retry_after = retry_after
    return _judge_error(call, error, response.status, retry_after)


def _judge_error(
    call: Call, error: call_errors.ControlPlaneError, status: int, retry_after: float | None
) -> FailedAttempt:
    asked_to_wait = status in _REFUSED_FOR_NOW or (status == 503 and retry_after is not None)
    if asked_to_wait:
        return FailedAttempt(error, may_repeat=True, retry_after=retry_after, throttled=status != 425)
    if status in _LOST_BEHIND_A_PROXY and not call.repeatable:
        return _lost(call, "A proxy gave up on the control plane", error)
    if status == 503 or status in _LOST_BEHIND_A_PROXY:
        return FailedAttempt(error, may_repeat=call.repeatable, perhaps_done=True, retry_after=retry_after)
    return FailedAttempt(error, may_repeat=False)


def _judge_success(call: Call, response: Response, dialect: Dialect[A]) -> A | FailedAttempt:
    if response.status == _PARTIAL:
        return _unreadable(call, response.status, "is only a part of one")
    content = _read(response)
    if content is None:
        return _unreadable(call, response.status, f"is longer than the {MOST_BYTES // 2**20} MiB that are read")
    try:
        return dialect.answer(response.status, content, method=call.method, path=call.shown_path, unread=call.unread)
    except Unreadable as error:
        return _unreadable(call, response.status, str(error))


def _read(response: Response) -> bytes | None:
    """Return the body, None for one that is too long, whatever transport has read it."""
    content = response.content
    return content if content is not None and len(content) <= most_bytes(response.status) else None


def _unreadable(call: Call, status: int, what: str) -> FailedAttempt:
    message = f"The control plane answered with success, but the answer {what}"
    error = call_errors.InvalidAnswer(message, method=call.method, path=call.shown_path, status=status)
    if not call.repeatable:
        return _lost(call, message, error)
    return FailedAttempt(error, may_repeat=False, perhaps_done=True)


def _lost(call: Call, message: str, cause: call_errors.ControlPlaneError | None = None) -> FailedAttempt:
    error = call_errors.AnswerLost(
        message,
        method=call.method,
        path=call.shown_path,
        status=cause.status if cause else None,
        details=cause.details if cause else (),
        ctx=cause.ctx if cause else None,
    )
    return FailedAttempt(error, may_repeat=False, perhaps_done=True)
