"""Saved plans, as files: `plan --out FILE` and `apply --plan FILE`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from igz_apply.authoring.schema_paths import dotted
from igz_apply.authoring.validation import Judgement
from igz_apply.errors import InvalidInput, StalePlan
from igz_apply.local.package_data import load_schema
from igz_apply.model.changes import Plan
from igz_apply.model.kind import Kinds
from igz_apply.model.problems import Problem
from igz_apply.planning.plan_document import UnreadablePlan, canonical, from_data, of_another_form, parse, to_data
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
        plan = from_data(data, kinds)
        _check_form(data)
        return SavedPlan(plan, data["seal"])
    except UnreadablePlan as error:
        raise _told(path, error) from None


def _check_form(data: Mapping[str, Any]) -> None:
    """Raise UnreadablePlan for what is whole and sealed, and of another form than plans have: who else wrote it?

    Views and an apply rely on every part: none of them must find out half way that a time is a text.
    """
    judgement = Judgement(load_schema("plan"))
    try:
        errors = judgement.errors(data)
    except UnicodeEncodeError:  # what lives may hold half a character, of which the form does not hang
        errors = judgement.errors(_whole_characters(data))
    for error in errors:
        place = dotted(tuple(error.absolute_path)) or "its top"
        raise of_another_form(data, f"what stands at {place} is of another kind")


def _whole_characters(data: Any) -> Any:
    if isinstance(data, str):
        return data.encode("utf-8", "replace").decode()
    if isinstance(data, dict):
        return {_whole_characters(key): _whole_characters(value) for key, value in data.items()}
    return [_whole_characters(each) for each in data] if isinstance(data, list) else data


def _told(path: Path, error: UnreadablePlan) -> InvalidInput | StalePlan:
    problem = Problem(error.problem.summary, f"{path}: {error.problem.detail}", error.problem.hint)
    return StalePlan([problem], error.addresses) if error.was_edited else InvalidInput([problem])
