"""The platform's jobs, as the reconciler sees them (wire reference, section 5)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from igz_apply.controlplane import job_message
from igz_apply.errors import PlaneError
from igz_apply.ports import Ended, Running, Unknown

SUCCESS = "completed"
LAST_STATES = frozenset({SUCCESS, "failed", "canceled"})
"""Those that a job does not leave; one in a state that nobody knows counts as running."""


def job_seen(identity: str, body: Any) -> Running | Ended:
    """Return how far the job of that id is, from the body of GET /jobs/{id}. Raises PlaneError when it holds none."""
    attributes = body.get("attributes") if isinstance(body, dict) else None
    if not isinstance(attributes, dict):
        path = f"jobs/{identity}"
        raise PlaneError(f"GET {path} answered without a job", method="GET", path=path)
    state, result = str(attributes.get("state") or ""), attributes.get("result")
    if state not in LAST_STATES:
        return Running(state, job_message(result) if result else "")
    is_ok = state == SUCCESS
    # A job that goes well has nothing to say; only of one that failed is it news that it gave no reason.
    message = job_message(result) if result or not is_ok else ""
    return Ended(is_ok, f"{state}: {message}" if message else state, _seconds(attributes))


def end_told(job: str, end: Ended | Unknown) -> str:
    """Say how a step's job has ended."""
    return f"its job {job} {end.words if isinstance(end, Ended) else 'vanished'}"


def _seconds(attributes: Mapping[str, Any]) -> float | None:
    """Return how long a job ran that is over, by the platform's own clock; None when it does not say."""
    begun, ended = _moment(attributes.get("created_at")), _moment(attributes.get("updated_at"))
    if begun is None or ended is None:
        return None
    seconds = (ended - begun).total_seconds()
    return seconds if seconds > 0 else None


def _moment(text: Any) -> datetime | None:
    """Return a timestamp with an offset; None for the year-0000 value of what was never updated, and for no text."""
    try:
        moment = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None
