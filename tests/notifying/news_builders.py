"""Rounds for the tests of notifications, every part with a default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from igz_apply.model.changes import Change, FieldDiff, Plan
from igz_apply.model.news import News
from igz_apply.model.outcomes import Outcome, Report
from igz_apply.model.rounds import Cause, Ending, HeldBack, Revision, Round
from igz_apply.planning.news import standing_of
from igz_apply.wording.news_words import Place, news_of
from tests.reports.reports_builders import CALLER, at, change

PLACE = Place("prod", "https://dashboard.example.com", {"job": "https://ci.example.com/job/7"})
MODE = HeldBack(Cause.MODE, "User is only told of")


def update(address: str, path: str = "email", before: Any = "old", after: Any = "new", **more: Any) -> Change:
    return change("update", address, FieldDiff((path,), before, after, **more))


def a_round(ending: str = "in_sync", **more: Any) -> Round:
    values: dict[str, Any] = {
        "number": 1,
        "began": "2026-11-30T15:00:00Z",
        "seconds": 1.5,
        "revision": Revision("4f0c2d9e8b7a", "main", "ada"),
        "next_in": 600.0,
        **more,
    }
    if ending == "in_sync":
        values.setdefault("plan", Plan((), CALLER))
    return Round(ending=Ending(ending), **values)


def drifted(*changes: Change, why: HeldBack | Mapping[str, HeldBack] = MODE, **more: Any) -> Round:
    """A round that left all of it."""
    reasons = {it.address: why if isinstance(why, HeldBack) else why[str(it.address)] for it in changes}
    return a_round("drifted", plan=Plan(changes, CALLER), held=reasons, **more)


def healed(*changes: Change, left: tuple[Change, ...] = (), status: str = "applied", **more: Any) -> Round:
    """A round that sent changes, which all ended alike."""
    plan = Plan((*changes, *left), CALLER)
    outcomes = tuple(Outcome(it.address, it.action, status=_status(status), detail=_said(status)) for it in changes)
    report = Report(Plan(changes, CALLER), outcomes, run="20261130-150000-7", **more.pop("report", {}))
    ending = more.pop("ending", "healed" if status == "applied" else "partly")
    return a_round(ending, plan=plan, held={it.address: MODE for it in left}, report=report, **more)


def _status(text: str) -> Any:
    from igz_apply.model.outcomes import Status

    return Status(text)


def _said(status: str) -> str:
    return "" if status == "applied" else "503 (PUT /api/users/7, ctx 12ab)"


def news(of: Round, place: Place = PLACE) -> News:
    return news_of(of, standing_of(of), place)


__all__ = ["CALLER", "MODE", "PLACE", "a_round", "at", "change", "drifted", "healed", "news", "update"]
