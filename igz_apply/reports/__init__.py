"""Plans and reports as files: for reviewers, for CI, for other programs, and for `apply --plan`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from igz_apply.reports.markdown import marker
    from igz_apply.reports.saved_plans import plan_bytes, read_plan, write_plan
    from igz_apply.reports.write import FORMS, form_of, holds_the_plan, write_report

__all__ = ["FORMS", "form_of", "holds_the_plan", "marker", "plan_bytes", "read_plan", "write_plan", "write_report"]

# Every plan imports this package for the saved form alone, and most runs write no report.
_MODULES = {
    "marker": "markdown",
    **dict.fromkeys(("plan_bytes", "read_plan", "write_plan"), "saved_plans"),
    **dict.fromkeys(("FORMS", "form_of", "holds_the_plan", "write_report"), "write"),
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
