"""Operations on projects: how one goes on in the background, and the wait for its end (wire reference, section 5)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from igz_apply.http.polling import Polling
from igz_apply.iguazio4.client.api_answers import Answer, part
from igz_apply.iguazio4.client.errors import (
    ExecutionFailed,
    ExecutionTimeout,
    ExecutionUnseen,
    RateLimited,
    Unavailable,
)
from igz_apply.values import dataclass

PATH = "v1/trackable-actions/executions"
DEFAULT_TIMEOUT = 3600.0  # seconds
UNSEEN_TIMEOUT = 120.0  # seconds for which an operation may have no execution yet


@dataclass(frozen=True, slots=True)
class Operation:
    """What a write of a project has started.

    `op_id` is by what its end is found out; None where nothing is left to do (`is_done`), or where the server did not
    say: then only the project itself shows it.
    """

    is_done: bool
    op_id: str | None
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class NotYet:
    """There is no execution yet, or none any more."""


@dataclass(frozen=True, slots=True)
class Running:
    """It has not ended; `state` is the platform's word for it."""

    state: str
    record: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Succeeded:
    """It has ended well."""

    record: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Failed:
    """It has ended as failed; `words` are the platform's own."""

    words: str
    record: Mapping[str, Any]


ExecutionState = NotYet | Running | Succeeded | Failed


def operation_of(answer: Answer) -> Operation:
    """Return what a write of a project has started."""
    op_id = part(answer.mapping, "status").get("opId")
    is_done = answer.status != 202
    return Operation(is_done, op_id if isinstance(op_id, str) and op_id and not is_done else None, answer.mapping)


def query_for(op_id: str) -> dict[str, Any]:
    """Return the query that finds the execution of an operation on a project."""
    return {"correlationId": op_id, "actionType": "sync-project", "subdomain": "projects", "limit": 1}


def state_in(answer: Answer, op_id: str) -> ExecutionState:
    """Return how an operation goes on. Raises InvalidAnswer if the answer is about another one."""
    items = answer.items
    if not items:
        return NotYet()
    record = items[0]
    if part(record, "spec").get("correlationId") != op_id:
        raise answer.invalid(f"the execution in it is not of the operation {op_id} that was asked for")
    status = part(record, "status")
    state = str(status.get("state") or "unspecified")
    if state == "succeeded":
        return Succeeded(record)
    if state == "failed":
        return Failed(_why(status), record)
    return Running(state, record)


def await_execution(
    look: Callable[[], ExecutionState],
    op_id: str,
    *,
    timeout: float,
    unseen_timeout: float,
    polling: Polling,
    on_poll: Callable[[ExecutionState], None] | None,
) -> Succeeded:
    """Look until it has ended well. Trouble of the server is waited out. See ReadOnlyClient.await_execution."""
    next_delay, begun = polling.delays(), polling.clock()
    seen: ExecutionState = NotYet()
    while True:
        try:
            seen = look()
        except (Unavailable, RateLimited):
            pass
        else:
            if on_poll is not None:
                on_poll(seen)
        if isinstance(seen, Succeeded):
            return seen
        if isinstance(seen, Failed):
            raise ExecutionFailed(f"Operation {op_id} failed: {seen.words}", op_id=op_id, record=seen.record)
        passed = polling.clock() - begun
        if passed >= timeout:
            raise ExecutionTimeout(f"Operation {op_id} {_so_far(seen)} after {timeout:g} s", op_id=op_id)
        if isinstance(seen, NotYet) and passed >= unseen_timeout:
            raise ExecutionUnseen(f"No execution of operation {op_id} was seen in {unseen_timeout:g} s", op_id=op_id)
        polling.sleep(min(next_delay(), timeout - passed))


def _so_far(seen: ExecutionState) -> str:
    return f"is still {seen.state}" if isinstance(seen, Running) else "has shown no execution"


def _why(status: Mapping[str, Any]) -> str:
    """Return why an execution failed: its last error, else that of its last attempt."""
    attempts = status.get("attempts")
    last = attempts[-1] if isinstance(attempts, list) and attempts else None
    said = status.get("lastError") or part({"a": last}, "a").get("error")
    if isinstance(said, dict):
        said = said.get("error") or json.dumps(said, ensure_ascii=False)
    return str(said) if said else "the platform does not say why"
