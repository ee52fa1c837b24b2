"""What of a proposal a round makes without asking anybody, as the config's `reconcile` says, and what it leaves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timezone

from igz_apply.local.zones import moment_of, zones_of
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Plan
from igz_apply.model.outcomes import Event
from igz_apply.model.problems import Problem, in_order
from igz_apply.model.reconciling import Reconciling
from igz_apply.model.rounds import HeldBack, Round
from igz_apply.planning import failing
from igz_apply.planning.flapping import HealedFields, after_healing, given_up, seen
from igz_apply.planning.freezing import freezing
from igz_apply.planning.holding import Ground, Restraints, narrowed
from igz_apply.planning.limits import limits_hold
from igz_apply.planning.pausing import pausing
from igz_apply.planning.rails import refusals
from igz_apply.planning.sending import unsendable
from igz_apply.planning.spending import Spent, takes_away
from igz_apply.values import dataclass
from igz_apply.workflow.proposing import Proposal, policed


@dataclass(frozen=True, slots=True)
class Healing:
    """What of a proposal is made, and what is not."""

    proposal: Proposal  # of what may be healed
    held: Mapping[Address, HeldBack]
    stops: tuple[Problem, ...] = ()  # the refusals by which something is held back


def _nothing() -> Spent:
    return {}


def healing(proposal: Proposal, restraints: Restraints, spent: Callable[[], Spent] = _nothing) -> Healing:
    """Return what of a whole proposal may be healed; the very same proposal where that is all of it.

    `spent` is asked where the plan takes something away: what rounds before it have.

    Raises ValueError for one that was reopened: a saved plan is applied whole or not at all.
    """
    whole, facts, consequences = proposal.plan, proposal.facts, proposal.consequences
    if whole is None:
        return Healing(proposal, {})
    if facts is None or consequences is None:
        raise ValueError("a saved plan is applied whole or not at all")
    kinds, policing = facts.kinds, replace(proposal.policing, is_whole=False)
    refused = proposal.refusals
    if takes_away(whole, facts) and (taken := spent()):
        facts = replace(facts, spent=taken)
        refused = in_order(dict.fromkeys((*refused, *limits_hold(whole, facts))))
        proposal = replace(proposal, refusals=refused, facts=facts)

    def judged(made: Plan) -> Proposal:
        return policed(Proposal(made, (), refusals(made, facts)), policing, kinds)

    ground = Ground(
        facts=facts,
        derive=consequences.of,
        judge=lambda made: judged(made).refusals,
        lacking=lambda made: unsendable(made, consequences.secrets, kinds),
        refusals=refused,
        warnings=consequences.warnings,
        rules=consequences.rules,
    )
    found = narrowed(whole, ground, restraints)
    if found.plan is whole:
        return Healing(proposal, found.held, found.stops)
    left = judged(found.plan)
    problems = tuple(dict.fromkeys((*proposal.problems, *left.problems)))
    return Healing(
        replace(proposal, plan=left.plan, problems=problems, refusals=left.refusals), found.held, found.stops
    )


class Healer:
    """What may be healed from round to round: a watcher of rounds, since others' writes are told from what was healed.

    What it remembers is lost with it, and nothing is unsafe then.
    """

    def __init__(self, reconciling: Reconciling) -> None:
        """Raise InvalidInput when a time zone that it names is not known here."""
        self._healed: HealedFields = {}
        self._failed: failing.FailedChanges = {}
        self._now = 0.0
        self.follow(reconciling)

    def follow(self, reconciling: Reconciling) -> None:
        """Go by what the config says now. Raises InvalidInput as above, and all stays as it was then."""
        zones = zones_of(freeze.time_zone for freeze in reconciling.freezes)
        ends = {pause.until: moment_of(pause.until) for pause in reconciling.paused if pause.until}
        self._reconciling, self._zones, self._ends = reconciling, zones, ends

    def hold(self, proposal: Proposal, now: datetime, spent: Callable[[], Spent] = _nothing) -> Healing:
        """Return what of a round's proposal may be healed `now`, an aware moment; `spent` as of `healing`."""
        self._now = now.timestamp()
        if proposal.plan is not None:
            self._healed = seen(self._healed, proposal.plan, self._reconciling.flaps, self._now)
            self._failed = failing.seen(self._failed, proposal.plan)
        return healing(proposal, self.restraints(), spent)

    def frozen_since(self, now: datetime) -> str:
        """Return why nothing new is to be sent of what `hold` let pass: a freeze that began since; "": none did."""
        freezes, zones = self._reconciling.freezes, self._zones
        then = freezing(freezes, zones, self._now) if freezes else ()
        begun = (it for it in freezing(freezes, zones, now.timestamp()) if it not in then) if freezes else ()
        return next((it.held.why for it in begun), "")

    def restraints(self) -> Restraints:
        """Return what is left alone at the moment that was told last."""
        reconciling = self._reconciling
        return Restraints(
            mode_of=reconciling.mode_of,
            resting=(
                *pausing(reconciling.paused, self._ends, self._now),
                *freezing(reconciling.freezes, self._zones, self._now),
            ),
            flapping=given_up(self._healed, reconciling.flaps),
            failing=failing.resting(self._failed, reconciling.backoff, self._now, _shown),
        )

    # As a watcher

    def began(self, number: int, at: str) -> None:
        """Do nothing: a round is looked at once its plan is made."""

    def event(self, event: Event) -> None:
        """Do nothing: what was healed is known at the end."""

    def ended(self, round: Round) -> None:
        """Remember what was healed, and what failed."""
        if round.report is not None:
            self._healed = after_healing(self._healed, round.report.plan, round.healed, self._now)
        if round.report is not None and round.plan is not None:
            end = self._now + round.seconds  # what fails may take long to: it rests from then on
            self._failed = failing.after_trying(self._failed, round.plan, round.report.ends, end)

    def standing_by(self, holder: str) -> None:
        """Do nothing: another heals, whose writes are as git says."""

    def closed(self) -> None:
        """Do nothing."""


def _shown(at: float) -> str:
    return f"{datetime.fromtimestamp(at, timezone.utc):%Y-%m-%d %H:%MZ}"
