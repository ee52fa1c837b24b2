"""The resources of the control plane, in one place."""

from __future__ import annotations

from igz_apply.controlplane.job_resource import Job

__all__ = ["Job"]
