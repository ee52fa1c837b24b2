"""A plan with all that is said of it: what follows from its changes, and why it may have to be refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace

from igz_apply.errors import InvalidInput, PlanRefused
from igz_apply.iguazio3.platform import IGUAZIO3
from igz_apply.model.addresses import Address, globs_of
from igz_apply.model.changes import Plan
from igz_apply.model.kind import Kinds
from igz_apply.model.operations import OperationRule
from igz_apply.model.problems import Problem, errors_of, in_order
from igz_apply.model.remembering import ANEW, Remembering
from igz_apply.model.resources import LiveState, Owned
from igz_apply.planning.access_impact import access_impact
from igz_apply.planning.digest import plan_digest
from igz_apply.planning.lockout import unguarded
from igz_apply.planning.ownership import learnt
from igz_apply.planning.policing import NO_POLICIES, Policing
from igz_apply.planning.rail_facts import Limit, RailFacts
from igz_apply.planning.rails import refusals
from igz_apply.planning.sending import (
    Declared,
    invented_secrets,
    unread_secrets,
    unsent_secrets,
)
from igz_apply.planning.staleness import fingerprints
from igz_apply.platform import Platform
from igz_apply.ports import Secrets
from igz_apply.values import dataclass
from igz_apply.version import __version__


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a plan may take away without being asked twice; config key `limits`."""

    delete: Mapping[str, Limit] = field(
        default_factory=dict
    )  # kind -> what needs no waiver; 10 % where it says nothing
    cascade: Mapping[str, Limit] = field(default_factory=dict)  # of deletes with all that is in them; none by default
    update: Mapping[str, Limit] = field(default_factory=dict)  # any number by default
    restart: Mapping[str, Limit] = field(default_factory=dict)  # as of updates
    min_admins: int = 1
    protect: tuple[str, ...] = ()  # globs, config key `protect`
    waivers: Mapping[tuple[str, str], int] = field(default_factory=dict)  # (verb, kind) -> count, option --allow
    policing: Policing = NO_POLICIES  # config key `policies_on_plan`


@dataclass(frozen=True, slots=True)
class Claims:
    """Who owns what, beside the inventory."""

    owner: str = ""  # the mark of this repository, config key `owner`; "": it has none
    held_elsewhere: Mapping[Address, str] = field(default_factory=dict)  # what other inventories of the cluster own


@dataclass(frozen=True, slots=True)
class Consequences:
    """All that follows from the changes of a plan, and what it takes to work that out."""

    live: LiveState
    owned: Owned
    platform: Platform
    secrets: Secrets
    declared: Declared  # the secrets that the plan looks at
    rules: tuple[OperationRule, ...]  # by which operations were planned
    warnings: tuple[str, ...]  # what planning itself had to say of the whole plan
    results: Remembering = field(default=ANEW, compare=False)

    def of(self, made: Plan, name: str = "a part") -> Plan:
        """Return a plan with what follows from its changes; its `warnings` are those of planning alone so far.

        What was worked out of the very same before is remembered under the name.
        """
        owned, secrets, kinds = self.owned, self.secrets, self.platform.kinds
        warnings = (
            *unsent_secrets(made, self.declared, owned, secrets, kinds),
            *unread_secrets(made, self.declared, secrets),
            *invented_secrets(made, secrets),
        )
        return self.results.once(("sealed", name), _sealed, made, warnings, self.live, owned, kinds, self.platform.name)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A plan with the reasons to refuse it, if there are any; no plan where problems stand in its way."""

    plan: Plan | None
    problems: tuple[Problem, ...] = ()
    refusals: tuple[Problem, ...] = ()
    live: LiveState | None = None  # what the plan was made from, under the names that we own it by
    policing: Policing = NO_POLICIES  # what it was held against
    facts: RailFacts | None = None  # what its rails looked at
    consequences: Consequences | None = None  # to make a plan of a part of it; None: a saved plan is taken whole

    def approved(self) -> Plan:
        """Return the plan. Raises InvalidInput or PlanRefused when it must not be applied."""
        if self.plan is None:
            raise InvalidInput(errors_of(self.problems))
        if self.refusals:
            raise PlanRefused(self.refusals)
        return self.plan


def _sealed(made: Plan, warnings: tuple[str, ...], live: LiveState, owned: Owned, kinds: Kinds, platform: str) -> Plan:
    """Return a plan with what follows from its changes, and the `warnings` of its secrets."""
    made = replace(
        made,
        access_impact=access_impact(made, live, kinds),
        warnings=(*made.warnings, *unguarded(made, live, kinds), *warnings),
    )
    made = replace(made, fingerprints=fingerprints(made, live, kinds), learns=learnt(made, owned.entries, kinds))
    return replace(made, platform=platform, digest=plan_digest(made))


def policed(proposal: Proposal, policing: Policing, kinds: Kinds) -> Proposal:
    """Return the proposal with what an organisation's policies say of its plan."""
    if not policing.policies or proposal.plan is None:
        return proposal
    from igz_apply.planning.plan_verdict import verdict  # most have none

    made = proposal.plan
    found = verdict(made, policing, kinds, tool_version=__version__)
    return replace(
        proposal,
        plan=replace(made, warnings=tuple(dict.fromkeys((*made.warnings, *found.warnings)))),
        problems=(*proposal.problems, *found.problems),
        refusals=in_order((*proposal.refusals, *found.denials)),
        policing=policing,
    )


def judged_again(proposal: Proposal, approved: Plan, live: LiveState, platform: Platform = IGUAZIO3) -> Plan:
    """Return a plan that rails and policies still let pass, as all is now. Raises PlanRefused when one does not.

    What a plan does not touch may have moved too: who else administers, what lies in what it deletes.
    """
    found = () if proposal.facts is None else refusals(approved, replace(proposal.facts, live=live))
    policing = replace(proposal.policing, is_whole=False)
    return policed(Proposal(approved, (), found), policing, platform.kinds).approved()


def rail_facts(
    live: LiveState,
    owned: Owned,
    limits: Limits,
    claims: Claims,
    kinds: Kinds,
    *,
    declared: Mapping[Address, bool],
    is_pruning: bool,
) -> RailFacts:
    """Return what the rails look at."""
    by_verb = {
        "delete": limits.delete,
        "cascade": limits.cascade,
        "update": limits.update,
        "restart": limits.restart,
    }
    return RailFacts(
        live=live,
        owned=owned,
        kinds=kinds,
        declared=declared,
        is_pruning=is_pruning,
        protect=globs_of(limits.protect, owned.entries, spares=True),
        limits={(verb, kind): limit for verb, of in by_verb.items() for kind, limit in of.items()},
        waivers=limits.waivers,
        min_admins=limits.min_admins,
        owner=claims.owner,
        held_elsewhere=claims.held_elsewhere,
    )
