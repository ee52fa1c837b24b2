"""The pipeline, spelled as plain functions over plain values: load, plan, apply, drift, export."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import field, replace
from typing import TYPE_CHECKING, BinaryIO

from igz_apply.authoring.exporting import ExportedResource, exported
from igz_apply.authoring.layering.told import told
from igz_apply.authoring.manifest_rules import missing_for_creation
from igz_apply.authoring.renamings import replacements, stating_names
from igz_apply.authoring.validation import Policy, too_young
from igz_apply.authoring.vetting import vetted
from igz_apply.errors import InvalidInput, PlanRefused, StalePlan
from igz_apply.iguazio3.platform import IGUAZIO3
from igz_apply.manifests.file_search import HERE
from igz_apply.manifests.loading import Loaded, judged
from igz_apply.manifests.loading import load as load_manifests
from igz_apply.model.addresses import Address, globs_of
from igz_apply.model.changes import Action, Plan
from igz_apply.model.kind import Kinds
from igz_apply.model.operations import OperationRule
from igz_apply.model.problems import Problem, errors_of, in_order
from igz_apply.model.remembering import ANEW, Remembering, lasting
from igz_apply.model.resources import DesiredState, Document, LiveState, Owned
from igz_apply.planning.access_impact import access_impact
from igz_apply.planning.digest import plan_digest
from igz_apply.planning.doubts import still_doubtful
from igz_apply.planning.drift import Drift, drift_of
from igz_apply.planning.lockout import unguarded
from igz_apply.planning.ownership import learnt
from igz_apply.planning.planner import Planned, PlanOptions, make_plan
from igz_apply.planning.policing import NO_POLICIES, Policing
from igz_apply.planning.presence import with_absence_confirmed
from igz_apply.planning.rail_facts import Limit, RailFacts
from igz_apply.planning.rails import of_another_cluster, refusals
from igz_apply.planning.renames import stated_in, under_new_names, under_our_names
from igz_apply.planning.selection import Ground, Selection, selected, selector
from igz_apply.planning.sending import (
    Declared,
    SecretPlace,
    invented_secrets,
    look_at,
    secrets_needed,
    secrets_to_send,
    unread_secrets,
    unsent_secrets,
    with_secret_warnings,
)
from igz_apply.planning.staleness import fingerprints, moved, of_another_platform, stale
from igz_apply.platform import Platform
from igz_apply.ports import Reader, Secrets
from igz_apply.values import dataclass
from igz_apply.version import __version__

if TYPE_CHECKING:
    from igz_apply.authoring.layering.ground import Layers

__all__ = [
    "Claims",
    "Exported",
    "Limits",
    "Loaded",
    "Proposal",
    "SecretPlace",
    "declare_absent",
    "drift",
    "export",
    "fetch_live",
    "following",
    "idle_globs",
    "load",
    "plan",
    "recheck",
    "reopen",
    "with_absence_confirmed",
]


def load(
    paths: Sequence[str],
    *,
    ignore: Sequence[str] = (),
    policies: Sequence[Policy] = (),
    version: str = "",
    stdin: BinaryIO | None = None,
    platform: Platform = IGUAZIO3,
    layers: Layers | None = None,
    tops: Sequence[str] = HERE,
) -> Loaded:
    """Read and check manifests, offline. Never raises for what is wrong with them: that comes back as problems.

    `version` is the cluster's, "" when it is not known; `layers` are the config's, and `tops` the folders below which
    `_defaults.yaml` counts.
    """
    return load_manifests(
        paths, platform, ignore=ignore, policies=policies, version=version, stdin=stdin, layers=layers, tops=tops
    )


def fetch_live(reader: Reader, pool: Executor) -> LiveState:
    """Return all that the cluster has. Raises PlaneError when any list could not be read to its end."""
    return reader.live(pool)


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


def plan(
    loaded: Loaded,
    live: LiveState,
    owned: Owned,
    *,
    secrets: Secrets,
    limits: Limits = Limits(),
    claims: Claims = Claims(),
    prune: bool = False,
    selection: Selection = Selection(),
    rotate: Sequence[SecretPlace] = (),
    keeps_off: bool = False,
    platform: Platform = IGUAZIO3,
    results: Remembering = ANEW,
) -> Proposal:
    """Return the plan that makes `live` as the manifests say. Raises InvalidInput when those have errors.

    What `live` lacks has to be known to be gone: see `with_absence_confirmed`. Secrets that `rotate` names are sent
    whatever the inventory says of them. Warnings of loading about references are settled here, where live state is
    known. With `keeps_off`, for `drift`, what a prune has switched off is held to that, though nothing prunes.
    `results` remembers what was worked out of the very same sides before. Secrets and policies are looked at each time.
    """
    kinds = platform.kinds
    if faults := errors_of(loaded.problems):
        raise InvalidInput(faults)
    results = lasting(results, live, kinds)
    loaded, live, owned = (results.same(*each) for each in (("loaded", loaded), ("live", live), ("owned", owned)))
    ground = results.once("ground", _ground, loaded, live, owned, kinds, selection, rotate)
    live, owned, holding = ground.live, ground.owned, ground.holding
    look_at(holding, secrets)
    sending = secrets_to_send(holding, live, owned, secrets, kinds, rotate)
    options = PlanOptions(prune, ground.chosen, sending, claims.owner, keeps_off, loaded.operations)
    planned = results.once("planned", _planned, loaded, live, owned, kinds, options)
    if planned.plan is None:
        return Proposal(None, planned.problems)
    made = planned.plan
    changes = tuple([with_secret_warnings(it, secrets) if it.action.makes else it for it in made.changes])
    consequences = Consequences(live, owned, platform, secrets, holding, loaded.operations, made.warnings, results)
    made = consequences.of(replace(made, changes=changes), "the whole")
    facts = _facts(live, owned, limits, claims, kinds, declared=ground.declared, is_pruning=prune)
    found = results.once("refusals", refusals, made, facts)
    proposal = Proposal(made, planned.problems, found, live, facts=facts, consequences=consequences)
    policing = limits.policing
    return policed(proposal, replace(policing, is_whole=False) if selection.is_partial else policing, kinds)


@dataclass(frozen=True, slots=True)
class _Ground:
    """What a plan is made on, before any secret is looked at: both sides by the names that are to be."""

    chosen: Selection
    declared: Mapping[Address, bool]
    live: LiveState
    owned: Owned
    holding: Declared


def _ground(
    loaded: Loaded, live: LiveState, owned: Owned, kinds: Kinds, selection: Selection, rotate: Sequence[SecretPlace]
) -> _Ground:
    """Settle what the run is about, and what is called how. Raises InvalidInput for what the cluster is too old for."""
    version = live.caller.version
    if version and (young := tuple(too_young(loaded.documents, kinds, version))):
        raise InvalidInput(in_order(young))
    chosen = selection.among(_existing((), live, owned)) if selection.is_partial else selection
    declared = loaded.desired.declared
    is_wanted = selector(chosen, loaded.desired, kinds)
    stated = {address: each for address, each in loaded.desired.resources.items() if is_wanted(address)}
    live = under_our_names(live, owned, kinds, declared, stated)
    owned = under_new_names(owned, live.resources, stated, kinds)
    return _Ground(chosen, declared, live, owned, secrets_needed(loaded.desired, live, stated.__contains__, rotate))


def _planned(loaded: Loaded, live: LiveState, owned: Owned, kinds: Kinds, options: PlanOptions) -> Planned:
    """Make the plan, and word what stands in its way."""
    planned = make_plan(loaded.desired, live, owned, kinds, options)
    advice, known = still_doubtful(loaded.advice, loaded.desired, live), loaded.desired.resources.get
    if planned.plan is None:
        return Planned(None, told((*advice, *planned.problems), known))
    made = planned.plan
    if incomplete := tuple(_incomplete(made, loaded)):
        return Planned(None, told((*planned.problems, *incomplete), known))
    return Planned(made, told((*advice, *planned.problems), known))


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


def _incomplete(made: Plan, loaded: Loaded) -> Iterator[Problem]:
    """Find what creates lack: only a plan knows which resources those are."""
    for change in made.writes:
        if change.action is Action.CREATE and change.desired is not None and change.address.kind in loaded.schemas:
            yield from missing_for_creation(change.desired, loaded.schemas[change.address.kind])


def following(made: Plan, owned: Owned) -> Plan:
    """Return the plan as it has to be saved: it names the saved plan that was applied before it.

    So the same change, planned again after somebody undid it, is another plan than the one that was used.
    """
    return replace(made, follows=owned.used_plans[-1] if owned.used_plans else "")


def reopen(
    plan_saved: Plan,
    seal: str,
    live: LiveState,
    owned: Owned,
    *,
    limits: Limits = Limits(),
    claims: Claims = Claims(),
    platform: Platform = IGUAZIO3,
) -> Proposal:
    """Return a saved plan, ready to be applied to what lives now; the rails look at it again.

    Raises StalePlan when it was used, was made for another target, or when anything moved that it would touch or that
    made it: live state, or what we own.
    """
    kinds = platform.kinds
    if plan_saved.platform not in ("", platform.name):
        _refuse_stale([of_another_platform(plan_saved, platform.name)])
    declared = plan_saved.declared
    stated = stated_in(plan_saved)
    live = under_our_names(live, owned, kinds, declared, stated)
    owned = under_new_names(owned, live.resources, stated, kinds)
    _refuse_stale(stale(plan_saved, live, owned, kinds, was_used=seal in owned.used_plans))
    current = _on(plan_saved, live, kinds)
    is_pruning = any(change.is_pruned for change in current.writes) or bool(current.forgotten)
    facts = _facts(live, owned, limits, claims, kinds, declared=declared, is_pruning=is_pruning)
    policing = replace(limits.policing, is_whole=False)
    return policed(Proposal(current, (), refusals(current, facts), live, facts=facts), policing, kinds)


def recheck(approved: Plan, now: LiveState, owned: Owned, platform: Platform = IGUAZIO3) -> tuple[Plan, LiveState]:
    """Return a plan as it stands on what lives `now`, some time after it was made.

    Raises StalePlan, naming each address, when anything has moved that it would touch.
    """
    kinds = platform.kinds
    stated = stated_in(approved)
    now = under_our_names(now, owned, kinds, approved.declared, stated)
    owned = under_new_names(owned, now.resources, stated, kinds)
    _refuse_stale(moved(approved, now, owned, kinds))
    return _on(approved, now, kinds), now


def _refuse_stale(found: Iterable[Problem]) -> None:
    if reasons := tuple(found):
        raise StalePlan(reasons, [problem.address for problem in reasons if problem.address is not None])


def _on(planned: Plan, live: LiveState, kinds: Kinds) -> Plan:
    """Return a plan whose changes know what lives now, with what it does to access now.

    What it would not touch may have moved since it was made: roles and policies of those whom it takes them from.
    """
    changes = tuple(replace(change, live=live.resources.get(change.address)) for change in planned.changes)
    current = replace(
        planned, changes=changes, caller=live.caller, partial=live.partial, unread=tuple(sorted(live.unread))
    )
    return replace(current, access_impact=access_impact(current, live, kinds), digest=plan_digest(current))


def _facts(
    live: LiveState,
    owned: Owned,
    limits: Limits,
    claims: Claims,
    kinds: Kinds,
    *,
    declared: Mapping[Address, bool],
    is_pruning: bool,
) -> RailFacts:
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


def drift(proposed: Plan, owned: Owned, platform: Platform = IGUAZIO3) -> tuple[Drift, ...]:
    """Return the differences that a plan found, each classed as changed on the cluster, in git, or both.

    Raises PlanRefused when the inventory is about another cluster: what was applied there tells nothing here.
    """
    if strange := tuple(of_another_cluster(owned, proposed.caller)):
        raise PlanRefused(strange)
    lives = {change.address: change.live for change in proposed.changes if change.live is not None}
    owned = under_new_names(owned, lives, stated_in(proposed), platform.kinds)
    return drift_of(proposed, owned, platform.kinds)


@dataclass(frozen=True, slots=True)
class Exported:
    """Manifests of what lives, and what no manifest can declare."""

    resources: tuple[ExportedResource, ...]
    refused: Mapping[Address, str]  # -> why
    live: LiveState  # what they were made from, under the names that manifests use


def export(
    live: LiveState,
    owned: Owned,
    *,
    only: Sequence[str] = (),
    beside: Loaded | None = None,
    full: bool = False,
    platform: Platform = IGUAZIO3,
) -> Exported:
    """Return valid manifests of what lives; a plan right after is empty.

    `beside` are manifests that stay: what they declare is left out, and named as they name it. `full` states what the
    platform fills in by itself too.
    """
    kinds = platform.kinds
    desired = beside.desired if beside is not None else DesiredState({})
    declared, stated = desired.declared, desired.resources
    held = {address: entry for address, entry in owned.entries.items() if address in stated}
    live = under_our_names(live, replace(owned, entries=held), kinds, declared, stated)
    filled = {address: entry.filled for address, entry in owned.entries.items() if entry.filled}
    # What something else is to take the place of is not to be declared beside it.
    old = {it.old for it in replacements(stated, stating_names(stated), kinds)}
    found = exported(live, kinds, only, owned.entries, declared={*declared, *old}, filled=filled, is_full=full)

    def judge(documents: Sequence[Document]) -> Sequence[Problem]:
        return judged(documents, kinds, platform.schemas, version=live.caller.version)[1]

    checked = vetted(found, judge, beside.documents if beside is not None else ())
    return Exported(checked.resources, checked.refused, live)


def _existing(declared: Iterable[Address], live: LiveState, owned: Owned) -> frozenset[Address]:
    """Return every address that is a name, also those that renamed resources have on the cluster."""
    called = (Address(each.address.kind, each.called) for each in live.resources.values() if each.called)
    return frozenset((*declared, *live.resources, *called, *owned.entries))


def idle_globs(
    declared: Iterable[Address],
    live: LiveState,
    owned: Owned,
    *,
    limits: Limits = Limits(),
    selection: Selection = Selection(),
    is_strict: bool = False,
    is_whole: bool = True,
    platform: Platform = IGUAZIO3,
) -> tuple[Problem, ...]:
    """Return what is wrong with globs that select nothing.

    `is_strict` makes errors of patterns that match nothing. Not `is_whole`: more may be declared than `declared` says.
    """
    if not (selection.is_partial or limits.protect):
        return ()
    kinds = platform.kinds
    here = frozenset(declared)
    ground = Ground(kinds, _existing(here, live, owned), is_strict, is_whole)
    where = "that the manifests declare"
    return in_order(
        (
            *ground.idle("--only", selection.only, here, where),
            *ground.idle("--except", selection.exclude, here, where),
            *ground.idle("protect", limits.protect, ground.known, "that is declared, on the cluster or owned"),
        )
    )


def declare_absent(loaded: Loaded, selection: Selection = Selection()) -> Loaded:
    """Return the manifests with everything selected declared absent and nothing else: the input of a deletion.

    What each says of `on_removal` it goes on saying: what is to be disabled, or forgotten, is not deleted.
    The selection of a plan brings in what the selected ones depend on; this one does not.
    """
    resources = {
        address: replace(resource, lifecycle=replace(resource.lifecycle, state="absent"))
        for address, resource in selected(selection, loaded.desired).resources.items()
    }
    return replace(loaded, desired=DesiredState(resources))
