"""Waits for one background job and shows how it goes."""

from __future__ import annotations

from igz_apply.cli.session import Session
from igz_apply.controlplane import ReadOnlyClient, job_polling
from igz_apply.controlplane.background_jobs import Job as LiveJob
from igz_apply.iguazio3.client_errors import translated
from igz_apply.iguazio3.job_states import LAST_STATES, SUCCESS
from igz_apply.local.clock import SystemClock
from igz_apply.model.outcomes import Job
from igz_apply.views.waiting import waiting

DEFAULT_TIMEOUT = job_polling.DEFAULT_TIMEOUT  # seconds


def await_job(
    session: Session, client: ReadOnlyClient, job_id: str, what: str, timeout: float | None = None
) -> LiveJob:
    """Return the job once it has completed. Raises PlaneError when it failed, vanished, or takes too long."""
    with waiting(session.errors, what, SystemClock().now) as told, translated():
        return client.wait_for_job(
            job_id,
            timeout=DEFAULT_TIMEOUT if timeout is None else timeout,
            on_poll=lambda job: told(_seen(job)),
        )


def _seen(job: LiveJob) -> Job:
    """Return the job as views know it; only one that did not succeed has words of its own."""
    state = str(job.state or "")
    return Job(str(job.id), state, job.message if state in LAST_STATES - {SUCCESS} else "")
