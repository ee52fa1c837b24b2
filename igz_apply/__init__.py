"""igz-apply: run an Iguazio cluster from git.

The names here are the ones to use from Python; every other may change without notice. They are imported when first
used, so that `import igz_apply.controlplane` alone stays light.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from igz_apply.version import __version__

if TYPE_CHECKING:
    from igz_apply.iguazio3.kinds import KINDS
    from igz_apply.manifests.loading import Loaded, load
    from igz_apply.model.changes import Change, FieldDiff, Plan
    from igz_apply.model.outcomes import Report
    from igz_apply.model.problems import Problem
    from igz_apply.model.resources import LiveState, Owned
    from igz_apply.workflow import Outside, Proposal, apply, drift, export, plan

_HOMES = {
    "Change": "model.changes",
    "FieldDiff": "model.changes",
    "KINDS": "iguazio3.kinds",
    "LiveState": "model.resources",
    "Loaded": "manifests.loading",
    "Outside": "workflow",
    "Owned": "model.resources",
    "Plan": "model.changes",
    "Problem": "model.problems",
    "Proposal": "workflow",
    "Report": "model.outcomes",
    "apply": "workflow",
    "drift": "workflow",
    "export": "workflow",
    "fetch_live": "workflow",
    "load": "workflow",
    "plan": "workflow",
}

__all__ = [
    "KINDS",
    "Change",
    "FieldDiff",
    "LiveState",
    "Loaded",
    "Outside",
    "Owned",
    "Plan",
    "Problem",
    "Proposal",
    "Report",
    "__version__",
    "apply",
    "drift",
    "export",
    "fetch_live",
    "load",
    "plan",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
