"""The pipeline, spelled as plain functions over plain values: load, plan, look for drift."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO

from igz_apply.authoring.layering.told import told
from igz_apply.authoring.manifest_rules import missing_for_creation
from igz_apply.authoring.validation import Policy, too_young
from igz_apply.errors import InvalidInput, PlanRefused
from igz_apply.iguazio3.platform import IGUAZIO3
from igz_apply.manifests.file_search import HERE
from igz_apply.manifests.loading import Loaded
from igz_apply.manifests.loading import load as load_manifests
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Plan
from igz_apply.model.kind import Kinds
from igz_apply.model.problems import Problem, errors_of, in_order
from igz_apply.model.remembering import ANEW, Remembering, lasting
from igz_apply.model.resources import DesiredState, LiveState, Owned
from igz_apply.planning.doubts import still_doubtful
from igz_apply.planning.drift import Drift, drift_of
from igz_apply.planning.planner import Planned, PlanOptions, make_plan
from igz_apply.planning.rails import of_another_cluster, refusals
from igz_apply.planning.renames import stated_in, under_new_names, under_our_names
from igz_apply.planning.selection import Ground, Selection, selected, selector
from igz_apply.planning.sending import (
    Declared,
    SecretPlace,
    look_at,
    secrets_needed,
    secrets_to_send,
    with_secret_warnings,
)
from igz_apply.platform import Platform
from igz_apply.ports import Reader, Secrets
from igz_apply.values import dataclass
from igz_apply.workflow.proposing import Claims, Consequences, Limits, Proposal, policed, rail_facts

if TYPE_CHECKING:
    from igz_apply.authoring.layering.ground import Layers


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
    facts = rail_facts(live, owned, limits, claims, kinds, declared=ground.declared, is_pruning=prune)
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


def _incomplete(made: Plan, loaded: Loaded) -> Iterator[Problem]:
    """Find what creates lack: only a plan knows which resources those are."""
    for change in made.writes:
        if change.action is Action.CREATE and change.desired is not None and change.address.kind in loaded.schemas:
            yield from missing_for_creation(change.desired, loaded.schemas[change.address.kind])


def drift(proposed: Plan, owned: Owned, platform: Platform = IGUAZIO3) -> tuple[Drift, ...]:
    """Return the differences that a plan found, each classed as changed on the cluster, in git, or both.

    Raises PlanRefused when the inventory is about another cluster: what was applied there tells nothing here.
    """
    if strange := tuple(of_another_cluster(owned, proposed.caller)):
        raise PlanRefused(strange)
    lives = {change.address: change.live for change in proposed.changes if change.live is not None}
    owned = under_new_names(owned, lives, stated_in(proposed), platform.kinds)
    return drift_of(proposed, owned, platform.kinds)


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
