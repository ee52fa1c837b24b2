"""Background jobs: where their ids stand in answers, what their results say, and how to wait for one.

Evidence: wire reference, sections 2.2 and 5.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from igz_apply.controlplane.answers import Answer
from igz_apply.controlplane.errors import (
    JobFailed,
    JobTimeout,
    JobVanished,
    NotFound,
    RateLimited,
    Unavailable,
)

if TYPE_CHECKING:
    from igz_apply.controlplane.background_jobs import Job

SUCCESS_STATE = "completed"
TERMINAL_STATES = frozenset({"completed", "failed", "canceled"})
DEFAULT_TIMEOUT = 3600.0  # seconds

_NO_REASON = "the platform gave no reason"


def job_id(body: Any, *, method: str | None = None) -> str | None:
    """Return the id of the job that a call started, out of the body of its answer; None if it started none.

    A project names its last job in every answer, so that one counts only where the project was created by this
    call: with `method` POST, or, with None (not known), if the project is still being created.
    """
    data = body.get("data") if isinstance(body, dict) else None
    if not isinstance(data, dict):
        return None
    attributes = _mapping(data.get("attributes"))
    relationships = _mapping(data.get("relationships"))
    if data.get("type") == "job":
        return _text(data.get("id"))
    if method == "GET":
        return None
    if linked := _linked_id(relationships.get("jobs")):
        return linked
    if data.get("type") == "project" and _was_created(attributes, method):
        return _linked_id(relationships.get("last_job"))
    return _text(attributes.get("job_id"))


def _was_created(attributes: dict[str, Any], method: str | None) -> bool:
    if method is not None:
        return method == "POST"
    return bool(attributes.get("operational_status", "creating") == "creating")


def _linked_id(relationship: Any) -> str | None:
    """Return the first id of a relationship, whether it is to one or to many."""
    linkage = _mapping(relationship).get("data")
    if isinstance(linkage, list):
        linkage = linkage[0] if linkage else None
    return _text(_mapping(linkage).get("id"))


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str | None:
    return None if value in (None, "") else str(value)


def job_message(result: str | None) -> str:
    """Return the platform's own words out of a job's `result`, in whatever form it came; never raises.

    Forms: nothing, plain text, JSON text with `message` (and perhaps `status`, a number, null or missing), JSON text
    without one. A status is appended as `(status 400)`.
    """
    text = "" if result is None else str(result).strip()
    if not text:
        return _NO_REASON
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError):
        return text
    if isinstance(parsed, str):
        return parsed.strip() or _NO_REASON
    if not isinstance(parsed, dict):
        return text
    return _message_of(parsed) or text


def _message_of(parsed: dict[str, Any]) -> str | None:
    message = next((parsed[name] for name in ("message", "error", "detail") if parsed.get(name)), None)
    if message is None:
        return None
    words = message if isinstance(message, str) else json.dumps(message, ensure_ascii=False)
    status = parsed.get("status")
    return words.strip() if status in (None, "") else f"{words.strip()} (status {status})"


@dataclass(frozen=True, slots=True)
class Polling:
    """How often to look at a job, in seconds: fast at first, then slower. `sleep` and `clock` are ports for tests."""

    first: float = 0.1
    factor: float = 1.5
    longest: float = 5.0
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic

    def delays(self) -> Callable[[], float]:
        """Return a function that gives the next pause each time."""
        following = self.first

        def next_delay() -> float:
            nonlocal following
            delay, following = following, min(self.longest, following * self.factor)
            return delay

        return next_delay


def wait_for_job(
    fetch: Callable[[str], Answer],
    job: str,
    *,
    timeout: float = DEFAULT_TIMEOUT,
    on_poll: Callable[[Job], None] | None = None,
    vanished_is_done: bool = False,
    polling: Polling | None = None,
) -> Job:
    """Look at a job until it has ended well, and return it.

    `fetch` reads jobs/{id}; `timeout` is in seconds; `on_poll` sees the job each time that it was read. A state that
    is not known counts as running. Trouble on the way is waited out until the timeout; everything else ends the
    waiting at once, such as Unauthorised and Forbidden. Raises JobFailed, JobTimeout, and JobVanished for a job that
    the server does not know, unless `vanished_is_done`: a delete whose job is forgotten has been done.
    """
    pace = polling or Polling()
    next_delay, deadline = pace.delays(), pace.clock() + timeout
    seen: Job | None = None
    while True:
        looked = _look(fetch, job, vanished_is_done)
        if looked is not None:
            seen = looked
            if on_poll is not None:
                on_poll(seen)
            if seen.is_finished:
                return _succeeded(seen)
        left = deadline - pace.clock()
        if left <= 0:
            raise JobTimeout(_timeout_text(job, timeout, seen), job_id=job, job=seen)
        pace.sleep(min(next_delay(), left))


def _look(fetch: Callable[[str], Answer], job: str, vanished_is_done: bool) -> Job | None:
    """Return the job as it is now, None if the server is in trouble."""
    from igz_apply.controlplane.background_jobs import Job

    try:
        answer = fetch(job)
    except (Unavailable, RateLimited):
        return None
    except NotFound:
        answer = None
    if answer is not None:
        return Job.from_answer(answer)
    if not vanished_is_done:
        raise JobVanished(f"Job {job} is not known to the control plane", job_id=job)
    return Job(id=job, state=SUCCESS_STATE)


def _succeeded(job: Job) -> Job:
    if job.state == SUCCESS_STATE:
        return job
    kind = f" ({job.kind})" if job.kind else ""
    raise JobFailed(f"Job {job.id}{kind} {job.state}: {job.message}", job)


def _timeout_text(job: str, timeout: float, seen: Job | None) -> str:
    state = f"is still {seen.state}" if seen is not None else "could not be looked at"
    return f"Job {job} {state} after {timeout:g} s"
