"""Which policies hold plans of a run: the config's, or those of a file that IGZ_POLICIES_ON_PLAN names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from igz_apply.cli.pins import POLICIES, pinned, pins_of, require_outside
from igz_apply.errors import InvalidInput
from igz_apply.manifests.config import Config, policies_in
from igz_apply.model.problems import Problem, errors_of, in_order
from igz_apply.planning.policing import NO_POLICIES, Policing

if TYPE_CHECKING:
    from igz_apply.cli.session import Session
    from igz_apply.manifests.plan_policy_files import StatedPolicy

VARIABLE = "IGZ_POLICIES_ON_PLAN"

# What judges is imported where there is a policy.


def policing_of(session: Session, config: Config) -> Policing:
    """Return the policies of plans, read once a run. Raises InvalidInput when they cannot be used."""
    if session.policing is None:
        policing, problems = _read(_stated(session, config), config)
        if errors_of(problems):
            raise InvalidInput(problems)
        session.policing = policing
    return session.policing


def policing_problems(session: Session, config: Config) -> tuple[Problem, ...]:
    """Return all that is wrong with the policies of plans by themselves, whatever the plan, pinned or not."""
    outside = _outside(session, config)
    policing, problems = _read(config.policies_on_plan if outside is None else outside, config)
    if not policing.policies:
        return problems
    from igz_apply.planning.plan_verdict import ended_waivers

    ended = [problem for policy in policing.policies for problem in ended_waivers(policy, policing.today)]
    return in_order((*problems, *ended))


def _read(stated: Sequence[StatedPolicy], config: Config) -> tuple[Policing, tuple[Problem, ...]]:
    if not stated:
        return NO_POLICIES, ()
    from igz_apply.local.clock import SystemClock
    from igz_apply.manifests.plan_policy_files import load_plan_policies

    policies, problems = load_plan_policies(stated)
    today = SystemClock().utc().date().isoformat()
    return Policing(policies, today, is_strict=config.is_strict), problems


def _stated(session: Session, config: Config) -> Sequence[StatedPolicy]:
    """Return what is stated outside, or else in the config. Raises InvalidInput when it is pinned, and not outside."""
    if POLICIES in pins_of(session.environ):
        file = session.environ.get(VARIABLE, "")
        if not file:
            raise pinned(POLICIES, f"{VARIABLE} names no file.", "Set it to a file outside the checkout.")
        require_outside(POLICIES, VARIABLE, Path(file), config)
    outside = _outside(session, config)
    return config.policies_on_plan if outside is None else outside


def _outside(session: Session, config: Config) -> Sequence[StatedPolicy] | None:
    path = session.environ.get(VARIABLE, "")
    return policies_in(Path(path), config.target) if path else None
