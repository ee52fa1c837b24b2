"""What igz-apply does: the pipeline as plain functions over plain values, and an apply as one transaction of them."""

from igz_apply.manifests.loading import Loaded
from igz_apply.planning.presence import with_absence_confirmed
from igz_apply.planning.sending import SecretPlace
from igz_apply.workflow.applying import Outside, Ports, apply
from igz_apply.workflow.exporting import Exported, export
from igz_apply.workflow.pipeline import declare_absent, drift, fetch_live, idle_globs, load, plan
from igz_apply.workflow.proposing import Claims, Limits, Proposal
from igz_apply.workflow.reconciliation import Approval, Lease, StoreLease, confirm_absence, reconcile, secrets_named
from igz_apply.workflow.recording import forget
from igz_apply.workflow.reopening import following, recheck, reopen
from igz_apply.workflow.sources import Source, from_manifests, from_saved_plan, kinds_of, kinds_of_saved
from igz_apply.workflow.undoing import about, undo

__all__ = [
    "Approval",
    "Claims",
    "Exported",
    "Lease",
    "Limits",
    "Loaded",
    "Outside",
    "Ports",
    "Proposal",
    "SecretPlace",
    "Source",
    "StoreLease",
    "about",
    "apply",
    "confirm_absence",
    "declare_absent",
    "drift",
    "export",
    "fetch_live",
    "following",
    "forget",
    "from_manifests",
    "from_saved_plan",
    "idle_globs",
    "kinds_of",
    "kinds_of_saved",
    "load",
    "plan",
    "recheck",
    "reconcile",
    "reopen",
    "secrets_named",
    "undo",
    "with_absence_confirmed",
]
