"""Whether a plan is the one that somebody approved, and still in time."""

from __future__ import annotations

from collections.abc import Iterator

from igz_apply.model.changes import Plan
from igz_apply.model.problems import Problem
from igz_apply.planning.staleness import HINT


def unexpected(plan: Plan, expected: str, *, is_saved: bool, is_one_of_many: bool = False) -> Iterator[Problem]:
    """Yield why a plan must not be applied where one of another digest was approved; nothing where it is that one.

    A plan that `is_one_of_many` was approved with those of other targets, so that its own digest helps nobody.
    """
    if plan.digest == expected:
        return
    summary = "Not the approved plan"
    if is_saved:
        detail = f"The saved plan has the digest {plan.digest}, and what was approved has {expected}."
        hint = "Take the file that was approved, or have this one approved: igz-apply show FILE shows it."
    elif has_effect(plan):
        many = "1 change" if len(plan.writes) == 1 else f"{len(plan.writes):,} changes"
        many += f", {len(plan.operations):,} to do beside," if plan.operations else ""
        detail = f"The plan made now has {many} and the digest {plan.digest}; what was approved has {expected}."
        moved = "Manifests, what lives, or what is owned have moved since, or a part was applied already."
        if is_one_of_many:
            detail, hint = f"{detail} {moved}", HINT
        else:
            hint = f"{moved} Have the plan above approved, and apply it with --expect {plan.digest}"
    else:
        detail = f"Nothing is left to change, and {expected} was approved: it may have been applied already."
        hint = "Nothing has to be done. Where the same was to be applied again, make and approve a new plan."
    yield Problem(summary, detail, hint)


def has_effect(plan: Plan) -> bool:
    """Say whether there is anything to approve: on the cluster, or in what the inventory remembers."""
    ends = plan.dropped or plan.forgotten or plan.put_off or plan.given_up
    return bool(plan.acts or plan.counts["adopt"] or ends or plan.learns or plan.undo is not None)


def expired(plan: Plan, now: str) -> Iterator[Problem]:
    """Yield that a saved plan is to be applied no more; `now` is written as its `expires` is."""
    if is_expired(plan, now):
        yield Problem("Expired plan", f"The plan was to be applied until {plan.expires}, and it is {now} now.", HINT)


def is_expired(plan: Plan, now: str) -> bool:
    """Say whether a plan's time is over. Both are of one length and in UTC, so that they compare as texts."""
    return bool(plan.expires) and now >= plan.expires
