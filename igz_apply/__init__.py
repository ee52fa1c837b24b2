"""igz-apply: run an Iguazio cluster from git.

The names here are the ones to use from Python; every other may change without notice. They are imported when first
used, so that `import igz_apply.controlplane` alone stays light.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from igz_apply.version import __version__

if TYPE_CHECKING:
    from igz_apply.errors import (
        DeadlineReached,
        IgzApplyError,
        Interrupted,
        InvalidInput,
        InventoryLost,
        Locked,
        PlaneError,
        PlanRefused,
        StalePlan,
    )
    from igz_apply.iguazio3.kinds import KINDS
    from igz_apply.iguazio3.platform import IGUAZIO3
    from igz_apply.iguazio4.platform import IGUAZIO4
    from igz_apply.library import Drifted, Planned, Session, open
    from igz_apply.manifests.loading import Loaded
    from igz_apply.model.changes import Change, FieldDiff, Plan
    from igz_apply.model.kind import Field, Kind, Shape
    from igz_apply.model.outcomes import Report
    from igz_apply.model.problems import Problem
    from igz_apply.model.resources import LiveState, Owned
    from igz_apply.platform import Connection, Platform
    from igz_apply.plugins.kinds import KindPlugin, Record
    from igz_apply.workflow import (
        Approval,
        Outside,
        Ports,
        Proposal,
        apply,
        drift,
        export,
        fetch_live,
        from_manifests,
        from_saved_plan,
        load,
        plan,
        reconcile,
    )

_HOMES = {
    "Approval": "workflow",
    "Ports": "workflow",
    "Change": "model.changes",
    "FieldDiff": "model.changes",
    "IGUAZIO3": "iguazio3.platform",
    "IGUAZIO4": "iguazio4.platform",
    "KINDS": "iguazio3.kinds",
    "LiveState": "model.resources",
    "Loaded": "manifests.loading",
    "Outside": "workflow",
    "Owned": "model.resources",
    "Plan": "model.changes",
    **dict.fromkeys(("Connection", "Platform"), "platform"),
    **dict.fromkeys(("Field", "Kind", "Shape"), "model.kind"),
    **dict.fromkeys(("KindPlugin", "Record"), "plugins.kinds"),
    "Problem": "model.problems",
    "Proposal": "workflow",
    "Report": "model.outcomes",
    **dict.fromkeys(
        (
            "DeadlineReached",
            "IgzApplyError",
            "Interrupted",
            "InvalidInput",
            "InventoryLost",
            "Locked",
            "PlanRefused",
            "PlaneError",
            "StalePlan",
        ),
        "errors",
    ),
    **dict.fromkeys(("Drifted", "Planned", "Session", "open"), "library"),
    "apply": "workflow",
    "drift": "workflow",
    "export": "workflow",
    "fetch_live": "workflow",
    "from_manifests": "workflow",
    "from_saved_plan": "workflow",
    "reconcile": "workflow",
    "load": "workflow",
    "plan": "workflow",
}

__all__ = [
    "IGUAZIO3",
    "IGUAZIO4",
    "KINDS",
    "Approval",
    "Change",
    "Connection",
    "DeadlineReached",
    "Drifted",
    "Field",
    "FieldDiff",
    "IgzApplyError",
    "Interrupted",
    "InvalidInput",
    "InventoryLost",
    "Kind",
    "KindPlugin",
    "LiveState",
    "Loaded",
    "Locked",
    "Outside",
    "Owned",
    "Plan",
    "PlanRefused",
    "PlaneError",
    "Planned",
    "Platform",
    "Ports",
    "Problem",
    "Proposal",
    "Record",
    "Report",
    "Session",
    "Shape",
    "StalePlan",
    "__version__",
    "apply",
    "drift",
    "export",
    "fetch_live",
    "from_manifests",
    "from_saved_plan",
    "load",
    "open",
    "plan",
    "reconcile",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
