"""Plans and reports for the views' tests, every part with a default."""

from __future__ import annotations

from typing import Any

from igz_apply.model.addresses import Address, Source
from igz_apply.model.changes import Action, Change, FieldDiff, Plan
from igz_apply.model.outcomes import Outcome, Report, Status
from igz_apply.model.resources import Caller, Path, Resource
from igz_apply.planning.places import SavedPositions

CALLER = Caller(endpoint="https://dashboard.example.com", username="admin", tenant="default-tenant", version="3.5.5")


def address(text: str) -> Address:
    return Address.parse(text)


def change(action: str, name: str, *diff: FieldDiff, after: tuple[str, ...] = (), **more: Any) -> Change:
    reasons = {"create": "not on the cluster", "delete": "no longer declared"}
    more.setdefault("reason", reasons.get(action, "differs from the manifest"))
    return Change(address(name), Action(action), diff=diff, depends_on=tuple(map(address, after)), **more)


def declared(name: str, place: str, **layers: str) -> Resource:
    """Return a resource whose manifest begins at `file:line`; `layers` are fields that other places state.

    Two underscores stand for the dot in a field's path.
    """
    stated: dict[Path, Source] = {("spec", *path.split("__")): _source(text) for path, text in layers.items()}
    return Resource(address(name), {}, SavedPositions(_source(place), stated), _source(place))


def _source(text: str) -> Source:
    path, _, line = text.rpartition(":")
    return Source(path, int(line), 1)


def differs(path: str, before: Any, after: Any, **more: Any) -> FieldDiff:
    return FieldDiff(tuple(path.split(".")), before, after, **more)


def plan(*changes: Change, **more: Any) -> Plan:
    return Plan(changes, CALLER, **more)


def outcome(status: str, of: Change, detail: str = "", **more: Any) -> Outcome:
    return Outcome(of.address, of.action, Status(status), detail, **more)


def report(of: Plan, *outcomes: Outcome, **more: Any) -> Report:
    return Report(of, outcomes, **more)
