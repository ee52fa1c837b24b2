"""What has to be known of a plan that was made of a snapshot."""

from __future__ import annotations

from igz_apply.model.changes import MadeOf, Plan
from igz_apply.wording.counting import counted
from igz_apply.wording.printable import printable

_HOUR, _DAY = 3600, 86400


def snapshot_text(plan: Plan) -> str:
    """Say from which snapshot a plan was made, and how old that was; "" where the cluster itself was asked."""
    return "" if plan.made_of is None else printable(f"Made from {_told(plan.made_of, 'before this plan')}")


def source_text(made_of: MadeOf) -> str:
    """Say the same of what is shown without a plan."""
    return printable(f"Read from {_told(made_of, 'old')}")


def _told(made_of: MadeOf, ago: str) -> str:
    hashed = ", names are hashed" if made_of.is_sanitised else ""
    age = made_of.age
    told = ago if age > -1 else "ahead of this clock, so that nobody can tell how old it is"
    when = f"taken {made_of.taken}, {age_text(abs(age))} {told}"
    return f"the snapshot {made_of.file}, {when}{hashed}: no cluster was asked."


def age_text(seconds: float) -> str:
    """Return an age in its largest unit, `5 min`; hours are counted up to two days."""
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // 60} min"
    return f"{whole // _HOUR} h" if whole < 2 * _DAY else counted(whole // _DAY, "day")
