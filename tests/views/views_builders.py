"""Plans and reports for the views' tests, every part with a default."""

from __future__ import annotations

from typing import Any

from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Change, FieldDiff, Plan
from igz_apply.model.outcomes import Outcome, Report, Status
from igz_apply.model.resources import Caller

CALLER = Caller(endpoint="https://dashboard.example.com", username="admin", tenant="default-tenant", version="3.5.5")


def address(text: str) -> Address:
    return Address.parse(text)


def change(action: str, name: str, *diff: FieldDiff, after: tuple[str, ...] = (), **more: Any) -> Change:
    reasons = {"create": "not on the cluster", "delete": "no longer declared"}
    more.setdefault("reason", reasons.get(action, "differs from the manifest"))
    return Change(address(name), Action(action), diff=diff, depends_on=tuple(map(address, after)), **more)


def differs(path: str, before: Any, after: Any, **more: Any) -> FieldDiff:
    return FieldDiff(tuple(path.split(".")), before, after, **more)


def plan(*changes: Change, **more: Any) -> Plan:
    return Plan(changes, CALLER, **more)


def outcome(status: str, of: Change, detail: str = "", **more: Any) -> Outcome:
    return Outcome(of.address, of.action, Status(status), detail, **more)


def report(of: Plan, *outcomes: Outcome, **more: Any) -> Report:
    return Report(of, outcomes, **more)
