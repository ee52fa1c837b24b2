"""A folder of saved plans, one for each target: `plan --out FOLDER` and `apply --plan FOLDER`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from igz_apply.cli.file_roles import Named, met, reports_named
from igz_apply.errors import InvalidInput
from igz_apply.model.problems import Problem
from igz_apply.model.suggest import some
from igz_apply.reports.atomic_files import spare_inventory

_SAVE = "Save one for each: `igz-apply plan --targets GLOB --out FOLDER`."


def plan_at(folder: Path, target: str) -> Path:
    """Return where the plan of a target lies."""
    return folder / f"{target}.json"


def check_reports_beside(folder: Path, targets: Iterable[str], role: str, reports: Iterable[str]) -> None:
    """Raise InvalidInput where a report would be written over a plan of the folder, which is named as `role`."""
    plans = [Named(role, str(plan_at(folder, target))) for target in targets]
    if problems := tuple(met(reports_named(reports), plans)):
        raise InvalidInput(problems)


def check_plans(folder: Path, targets: Iterable[str]) -> None:
    """Raise InvalidInput where a target has no plan: what somebody approved is applied as a whole, or not at all."""
    if not folder.is_dir():
        raise InvalidInput([Problem("No plans of a fleet", f"{folder} is no folder of saved plans.", _SAVE)])
    lacking = [target for target in targets if not plan_at(folder, target).is_file()]
    if lacking:
        detail = f"{folder} holds no plan for {some(lacking)}: there is no {plan_at(folder, lacking[0])}."
        hint = f"{_SAVE} A plan that a rail refuses is not saved; --targets can leave its target out."
        raise InvalidInput([Problem("No plans of a fleet", detail, hint)])


def empty_of_plans(folder: Path, targets: Iterable[str]) -> None:
    """Make the folder, and take the plans that it holds of these targets away: one of before must not be applied.

    Raises InvalidInput where it cannot be written, or holds an inventory in the place of a plan.
    """
    files = [plan_at(folder, target) for target in targets]
    for file in files:
        spare_inventory(file)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file in files:
            file.unlink(missing_ok=True)
    except OSError as error:
        detail = f"{folder} cannot be written: {error.strerror or error}."
        raise InvalidInput([Problem("No plans of a fleet", detail, "Name another folder after --out.")]) from error
