"""Saved plans, as files: `plan --out FILE` and `apply --plan FILE`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from igz_apply.errors import InvalidInput, StalePlan
from igz_apply.model.changes import Plan
from igz_apply.model.kind import Kinds
from igz_apply.model.problems import Problem
from igz_apply.planning.plan_document import UnreadablePlan, canonical, from_data, parse, to_data
from igz_apply.reports.atomic_files import write_atomically
from igz_apply.values import dataclass
from igz_apply.version import __version__


def write_plan(path: Path, plan: Plan) -> None:
    """Save the plan. Raises IgzApplyError when the file cannot be written."""
    write_atomically(path, plan_bytes(plan))


def plan_bytes(plan: Plan) -> bytes:
    """Return what `write_plan` writes and `plan --format json` prints."""
    return canonical(plan_data(plan))


def plan_data(plan: Plan) -> dict[str, Any]:
    """Return a plan as plain data; schemas/plan.schema.json describes it."""
    return to_data(plan, tool_version=__version__)


@dataclass(frozen=True, slots=True)
class SavedPlan:
    """A plan as its file holds it."""

    plan: Plan
    seal: str  # over everything in the file: what the inventory remembers once it is applied


def sealed(plan: Plan) -> SavedPlan:
    """Return a plan as one that was saved: by its seal an inventory knows whether it was applied."""
    return SavedPlan(plan, plan_data(plan)["seal"])


def read_plan(path: Path, kinds: Kinds) -> SavedPlan:
    """Return a saved plan. Raises what `read_document` and `plan_in` raise."""
    return plan_in(path, read_document(path), kinds)


def read_document(path: Path) -> Any:
    """Return the JSON in a plan's file, which may be anything. Raises InvalidInput when there is none at `path`."""
    try:
        return parse(path.read_bytes())
    except OSError as error:
        detail = f"{path} cannot be read: {error.strerror or error}."
        raise InvalidInput([Problem("No such plan", detail, "Save one with `igz-apply plan --out FILE`.")]) from error
    except UnreadablePlan as error:
        raise _told(path, error) from None


def plan_in(path: Path, data: Any, kinds: Kinds) -> SavedPlan:
    """Return the plan of a file. Raises InvalidInput when it is of another format, StalePlan when it was edited."""
    try:
        return SavedPlan(from_data(data, kinds), data["seal"])
    except UnreadablePlan as error:
        raise _told(path, error) from None


def _told(path: Path, error: UnreadablePlan) -> InvalidInput | StalePlan:
    problem = Problem(error.problem.summary, f"{path}: {error.problem.detail}", error.problem.hint)
    return StalePlan([problem], error.addresses) if error.was_edited else InvalidInput([problem])
