"""Action executions: the background work, as records that are read and never written (wire reference, section 5)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from igz_apply.emulator.engine.background import Jobs
from igz_apply.emulator.engine.http_errors import not_found
from igz_apply.emulator.engine.messages import Answer, Document
from igz_apply.emulator.engine.record_store import Record, Selection, attribute_column, private_column
from igz_apply.emulator.iguazio4.answer_form import invalid
from igz_apply.emulator.iguazio4.fields import Query
from igz_apply.emulator.iguazio4.moments import canonical_moment, moment
from igz_apply.emulator.iguazio4.options import MLRUN
from igz_apply.emulator.iguazio4.pages import answer_page, read_page
from igz_apply.emulator.iguazio4.world import Call, World

SYNC, PROJECTS = "sync-project", "projects"
DEFAULT_LIMIT = 100
NEVER = 1e18
_ENDS = ("succeeded", "failed")
_FILTERS = ("correlationId", "actionType", "subdomain", "state")


def start(
    world: World, kind: str, correlation_id: str, caller: str, *, effect: str, subject: Mapping[str, Any]
) -> Record:
    """Store a new execution that has its effect when it ends; `kind` is what a faults file matches it with.

    Where MLRun leads, the work is MLRun's own, and no execution shows it.
    """
    attributes = {
        "actionType": SYNC,
        "actionName": kind,
        "subdomain": PROJECTS,
        "triggerSource": "onDemand",
        "triggeredBy": caller,
        "correlationId": correlation_id,
        "state": "created",
        "createdAt": world.moment,
    }
    appears = NEVER if world.options.leader == MLRUN else world.now + world.options.execution_appears_after
    private = {"shown_from": appears}
    execution = Record("execution", str(uuid.uuid4()), attributes, private)
    return JOBS.start(world, execution, kind, effect=effect, subject=dict(subject))


def _mark(world: World, execution: Record, state: str, result: str | None) -> None:
    """Note a state; an execution that fails has been tried as often as that is done."""
    attributes = execution.attributes
    attributes["state"] = state
    if state == "running":
        attributes["startedAt"] = world.moment
        attributes["attemptCount"] = 1
    if state in _ENDS:
        attributes["finishedAt"] = world.moment
    if state == "failed":
        tries, error = world.options.execution_attempts, result or "the action has failed"
        pause = world.options.execution_seconds / (2 * tries)
        attributes["attempts"] = [
            {"number": tries - back, "failedAt": moment(world.now - back * pause), "error": error}
            for back in reversed(range(tries))
        ]
        attributes.update(attemptCount=tries, lastError=error)


JOBS: Jobs[World] = Jobs(
    type="execution",
    stages=(("dispatched", 0.1), ("running", 0.25)),
    succeeded="succeeded",
    failed="failed",
    is_over=lambda execution: execution.attributes["state"] in _ENDS,
    mark=_mark,
)


def get(call: Call, execution_id: str) -> Answer:
    """Answer one execution."""
    query = Query(call.options, call.request)
    query.ended()
    found = call.record("execution", execution_id)
    if found.private["shown_from"] > call.world.now:
        raise not_found(f"execution {execution_id}")
    item = _shown(found)
    return Answer(200, {**item, "status": {"statusCode": 200, **item["status"]}})


def list_executions(call: Call) -> Answer:
    """Answer a page of executions, the latest first."""
    query = Query(call.options, call.request)
    where = [f"{private_column('shown_from')} <= ?"]
    bounds: list[Any] = [call.world.now]
    for name in _FILTERS:
        if value := query.text(name):
            where.append(f"{attribute_column(name)} = ?")
            bounds.append(value)
    for name, sign in (("since", ">="), ("until", "<=")):
        if value := query.text(name):
            where.append(f"{attribute_column('createdAt')} {sign} ?")
            bounds.append(_moment(name, value))
    query.texts("orderBy")
    page = read_page(call, query, default=DEFAULT_LIMIT)
    query.ended()
    selection = Selection("execution", tuple(where), tuple(bounds), order=("seq DESC",))
    return answer_page(call, page, selection, lambda found: ([_shown(each) for each in found], []))


def _moment(name: str, value: str) -> str:
    found = canonical_moment(value)
    if found is None:
        raise invalid(f"invalid google.protobuf.Timestamp value of parameter {name}")
    return found


_SPEC = ("actionType", "actionName", "subdomain", "triggerSource", "triggeredBy", "correlationId")
_STATUS = ("state", "attemptCount", "attempts", "lastError", "createdAt", "startedAt", "finishedAt")


def _shown(execution: Record) -> Document:
    held = execution.attributes
    return {
        "metadata": {"id": execution.id, "resourceType": "actionexecution"},
        "spec": {name: held[name] for name in _SPEC if name in held},
        "status": {name: held[name] for name in _STATUS if name in held},
    }
