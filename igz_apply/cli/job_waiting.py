"""Waits for one background job and shows how it goes."""

from __future__ import annotations

from igz_apply.cli.session import Session
from igz_apply.local.clock import SystemClock
from igz_apply.platform import Browsing, FoundJob
from igz_apply.views.waiting import waiting


def await_job(session: Session, cluster: Browsing, job: str, what: str, timeout: float | None = None) -> FoundJob:
    """Return the job once it has completed. Raises PlaneError when it failed, vanished, or takes too long."""
    with waiting(session.errors, what, SystemClock().now) as told:
        return cluster.wait_for(job, told, timeout)
