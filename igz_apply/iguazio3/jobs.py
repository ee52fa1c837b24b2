"""The platform's jobs, as the reconciler sees them (wire reference, section 5)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from igz_apply.controlplane import job_message
from igz_apply.errors import PlaneError
from igz_apply.model.outcomes import Job


def job_of(identity: str, body: Any) -> Job:
    """Return the job of that id from the body of GET /jobs/{id}. Raises PlaneError when it holds none."""
    attributes = body.get("attributes") if isinstance(body, dict) else None
    if not isinstance(attributes, dict):
        path = f"jobs/{identity}"
        raise PlaneError(f"GET {path} answered without a job", method="GET", path=path)
    state, result = str(attributes.get("state") or ""), attributes.get("result")
    seen = Job(identity, state)
    if not seen.is_over:
        return Job(identity, state, job_message(result) if result else "")
    # A job that goes well has nothing to say; only of one that failed is it news that it gave no reason.
    message = job_message(result) if result or not seen.has_succeeded else ""
    return Job(identity, state, message, _seconds(attributes))


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
