"""The pipeline, spelled as plain functions over plain values: load, plan, apply, drift, export."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace

from igz_apply.core.access import access_impact
from igz_apply.core.addresses import Address
from igz_apply.core.changes import Action, Change, Plan
from igz_apply.core.drift import Drift, drift_of
from igz_apply.core.export import ExportedResource, exported
from igz_apply.core.filled import Filled, filled_in, hashes_of, is_known, is_left_over
from igz_apply.core.kind import Kinds
from igz_apply.core.manifest_rules import missing_for_creation
from igz_apply.core.outcomes import NotConverged, Report, Status
from igz_apply.core.planner import PlanOptions, make_plan, remaining
from igz_apply.core.problems import Problem, errors_of, in_order
from igz_apply.core.rails import Limit, RailFacts, refusals
from igz_apply.core.references import secret_refs
from igz_apply.core.resources import DesiredState, LiveState, Owned, SecretRef
from igz_apply.core.selection import Selection
from igz_apply.core.staleness import fingerprints, stale
from igz_apply.core.steps import steps_of
from igz_apply.core.validate import too_young
from igz_apply.errors import InvalidInput, InventoryLost, PlaneError, PlanRefused, StalePlan
from igz_apply.executor import ApplyOptions, Execution, Ports
from igz_apply.fetch import fetch_live
from igz_apply.kinds import KINDS
from igz_apply.ledger import Ledger
from igz_apply.loading import Loaded, load
from igz_apply.ports import Clock, InventoryStore, Mailbox, Observer, Reader, Secrets, Writer

__all__ = [
    "Limits",
    "Loaded",
    "Outside",
    "Proposal",
    "all_absent",
    "apply",
    "drift",
    "export",
    "load",
    "plan",
    "reopened",
    "saved",
]


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a plan may take away without being asked twice; config key `limits`."""

    delete: Mapping[str, Limit] = field(default_factory=dict)  # kind -> count or percentage
    min_admins: int = 1
    protect: tuple[str, ...] = ()  # globs, config key `protect`
    waivers: Mapping[tuple[str, str], int] = field(default_factory=dict)  # (verb, kind) -> count, option --allow


@dataclass(frozen=True, slots=True)
class Proposal:
    """A plan with the reasons to refuse it, if there are any; no plan where problems stand in its way."""

    plan: Plan | None
    problems: tuple[Problem, ...] = ()
    refusals: tuple[Problem, ...] = ()

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
    prune: bool = False,
    selection: Selection = Selection(),
    kinds: Kinds = KINDS,
) -> Proposal:
    """Return the plan that makes `live` as the manifests say. Raises InvalidInput when those have errors.

    Warnings of loading about references are settled here, where live state is known.
    """
    if faults := errors_of(loaded.problems):
        raise InvalidInput(faults)
    version = live.caller.version
    if version and (young := tuple(too_young(loaded.documents, kinds, version))):
        raise InvalidInput(in_order(young))
    stale = stale_secrets(loaded.desired, owned, secrets)
    planned = make_plan(loaded.desired, live, owned, kinds, PlanOptions(prune, selection, stale))
    if planned.plan is None:
        return Proposal(None, in_order((*loaded.advice, *planned.problems)))
    made = planned.plan
    if incomplete := tuple(_incomplete(made, loaded)):
        return Proposal(None, in_order((*planned.problems, *incomplete)))
    made = replace(
        made,
        access_impact=access_impact(made, live, kinds),
        changes=tuple(_with_secret_warnings(change, secrets) for change in made.changes),
    )
    facts = _facts(live, owned, limits, kinds, declared=len(loaded.desired.resources), is_pruning=prune)
    return Proposal(made, in_order((*loaded.advice, *planned.problems)), refusals(made, facts))


def _incomplete(made: Plan, loaded: Loaded) -> Iterator[Problem]:
    """Find what creates lack: only a plan knows which resources those are."""
    for change in made.writes:
        if change.action is Action.CREATE and change.desired is not None and change.address.kind in loaded.schemas:
            yield from missing_for_creation(change.desired, loaded.schemas[change.address.kind])


def saved(made: Plan, live: LiveState, owned: Owned, kinds: Kinds = KINDS) -> Plan:
    """Return the plan as it has to be saved: with fingerprints of the live state that it was made from.

    It also names the saved plan that was applied before it, so that the same change, planned again after somebody undid
    it, is another plan than the one that was used.
    """
    follows = owned.used_plans[-1] if owned.used_plans else ""
    return replace(made, fingerprints=fingerprints(made, live, kinds), follows=follows)


def reopened(
    plan_saved: Plan,
    digest: str,
    live: LiveState,
    owned: Owned,
    *,
    limits: Limits = Limits(),
    kinds: Kinds = KINDS,
) -> Proposal:
    """Return a saved plan, ready to be applied to what lives now; the rails look at it again.

    Raises StalePlan when it was used, was made for another target, or when anything moved that it would touch.
    """
    reasons = tuple(stale(plan_saved, live, kinds, was_used=digest in owned.used_plans))
    if reasons:
        raise StalePlan(reasons, [problem.address for problem in reasons if problem.address is not None])
    changes = tuple(replace(change, live=live.resources.get(change.address)) for change in plan_saved.changes)
    current = replace(plan_saved, changes=changes, caller=live.caller)
    declared = sum(change.desired is not None for change in changes)
    facts = _facts(live, owned, limits, kinds, declared=declared, is_pruning=declared < len(changes))
    return Proposal(current, (), refusals(current, facts))


def _facts(
    live: LiveState, owned: Owned, limits: Limits, kinds: Kinds, *, declared: int, is_pruning: bool
) -> RailFacts:
    return RailFacts(
        live=live,
        owned=owned,
        kinds=kinds,
        declared=declared,
        is_pruning=is_pruning,
        protect=limits.protect,
        limits=limits.delete,
        waivers=limits.waivers,
        min_admins=limits.min_admins,
    )


def drift(proposed: Plan, owned: Owned, kinds: Kinds = KINDS) -> tuple[Drift, ...]:
    """Return the differences that a plan found, each classed as changed on the cluster, in git, or both."""
    return drift_of(proposed, owned, kinds)


def export(live: LiveState, *, only: Sequence[str] = (), kinds: Kinds = KINDS) -> tuple[ExportedResource, ...]:
    """Return manifests of what lives; a plan right after is empty."""
    return tuple(exported(live, kinds, only))


def all_absent(loaded: Loaded) -> Loaded:
    """Return the same manifests with everything declared absent: the input of a plan that destroys."""
    resources = {
        address: replace(resource, lifecycle=replace(resource.lifecycle, state="absent"))
        for address, resource in loaded.desired.resources.items()
    }
    return replace(loaded, desired=DesiredState(resources))


@dataclass(frozen=True, slots=True)
class Outside:
    """The edges that an apply works on."""

    reader: Reader
    writer: Writer
    store: InventoryStore
    secrets: Secrets
    clock: Clock
    pool: Executor
    observe: Observer
    mailbox: Mailbox  # a letter executor.INTERRUPT in it makes an apply start nothing new


def apply(
    approved: Plan,
    live: LiveState,
    owned: Owned,
    outside: Outside,
    options: ApplyOptions = ApplyOptions(),
    kinds: Kinds = KINDS,
) -> Report:
    """Make the plan true, and account for every change of it.

    `live` and `owned` are what the plan was made from; hold the inventory's lock from before `owned` was loaded. Raises
    InvalidInput when a secret is missing and InventoryLost when the inventory cannot be written: nothing was sent then.
    """
    _check_secrets(approved, outside.secrets)
    ledger = Ledger(approved, owned.entries, _learned(approved, owned, outside.secrets))
    if ledger.entries != dict(owned.entries):
        outside.store.claim(approved.caller.tenant)
        outside.store.save(ledger.entries)
    ids = {address: resource.id for address, resource in live.resources.items() if not resource.is_deleting}
    ports = Ports(outside.writer, outside.store, outside.clock, outside.pool, outside.observe)
    execution = Execution(ports, kinds, ledger, ids, options, outside.mailbox)
    execution.run(steps_of(approved, kinds))
    outcomes = tuple(ledger.outcomes[change.address] for change in approved.writes)
    report = Report(
        plan=approved,
        outcomes=outcomes,
        failures=tuple(_beside(execution, ledger)),
        interrupted=execution.is_interrupted,
        timeline=execution.timeline,
        seconds=execution.seconds,
    )
    if any(outcome.status is Status.APPLIED for outcome in outcomes):
        report, filled = _read_back(report, owned, outside.reader, outside.pool, kinds)
        if filled:
            report = _remembering(report, filled, ledger, outside.store)
    return replace(report, seconds=execution.seconds)


def _beside(execution: Execution, ledger: Ledger) -> Iterator[str]:
    """Yield what went wrong beside the changes."""
    if execution.store_failure is not None:
        yield str(execution.store_failure)
    yield from (f"{address} exists and cannot be used: {why}" for address, why in ledger.unusable.items())


def _read_back(
    report: Report, owned: Owned, reader: Reader, pool: Executor, kinds: Kinds
) -> tuple[Report, Mapping[Address, Filled]]:
    """Fetch and compare again what was touched, by the same functions as before: there is no other way to check.

    Returns also what the platform filled in, to be remembered.
    """
    try:
        live = fetch_live(reader, kinds, pool)
    except PlaneError as error:
        why = f"What was applied was not read back: {error}"
        return replace(report, read_back=False, failures=(*report.failures, why)), {}
    applied = {outcome.address for outcome in report.outcomes if outcome.status is Status.APPLIED}
    changes = {change.address: change for change in report.plan.writes if change.address in applied}
    lost: list[NotConverged] = []
    good: list[NotConverged] = []
    filled: dict[Address, Filled] = {}
    for address, diff in remaining(changes.values(), live, kinds).items():
        known = owned.entries[address].filled if address in owned.entries else {}
        put = filled_in(kinds[address.kind], diff)
        if put:
            filled[address] = hashes_of(put)
        news = [item for item in put if not is_known(item, known)]
        if well := tuple(item for item in news if not is_left_over(item, changes[address])):
            good.append(NotConverged(address, well))
        bad = tuple(item for item in diff if item not in put or (item in news and item not in well))
        if bad or not diff:  # what was to be deleted and is still there has no fields
            lost.append(NotConverged(address, bad))
    return replace(report, not_converged=tuple(lost), filled=tuple(good)), filled


def _remembering(report: Report, filled: Mapping[Address, Filled], ledger: Ledger, store: InventoryStore) -> Report:
    """Remember what the platform filled in, so that the next plan does not take it for a difference."""
    ledger.filled(filled)
    try:
        store.save(ledger.entries)
    except (InventoryLost, InvalidInput) as error:
        return replace(report, failures=(*report.failures, str(error)))
    return report


def stale_secrets(desired: DesiredState, owned: Owned, secrets: Secrets) -> Mapping[Address, frozenset[str]]:
    """Return the paths of secrets that are here and are not those that were sent last."""
    found: dict[Address, frozenset[str]] = {}
    for address, resource in desired.resources.items():
        entry = owned.entries.get(address)
        if entry is None or not entry.secrets or not resource.is_present:
            continue
        known = ((path, ref, entry.secrets.get(path)) for path, ref in secret_refs(resource.spec))
        stale = {path for path, ref, hashed in known if hashed and _is_changed(ref, hashed, secrets)}
        if stale:
            found[address] = frozenset(stale)
    return found


def _is_changed(ref: SecretRef, hashed: str, secrets: Secrets) -> bool:
    return secrets.is_available(ref) and not secrets.matches(ref, hashed)


def _sent_secrets(change: Change) -> Iterator[tuple[str, SecretRef]]:
    """Yield the secrets that a change sends: all at creation, later those that differ."""
    if change.desired is None or not change.action.makes:
        return
    shown = {item.path for item in change.diff if item.sensitive}
    for path, ref in secret_refs(change.desired.spec):
        if change.action is Action.CREATE or path in shown:
            yield path, ref


def _with_secret_warnings(change: Change, secrets: Secrets) -> Change:
    missing = [
        f"{path} is not available here ({ref})" for path, ref in _sent_secrets(change) if not secrets.is_available(ref)
    ]
    return replace(change, warnings=(*change.warnings, *missing)) if missing else change


def _check_secrets(approved: Plan, secrets: Secrets) -> None:
    problems = [
        Problem(
            summary="Missing secret",
            detail=f"{path} of {change.address} comes from {ref}, and there is nothing.",
            hint="Provide it where the apply runs, or take the field out of the manifest.",
            source=change.desired.positions.value(("spec", *path.split("."))) if change.desired is not None else None,
            address=change.address,
        )
        for change in approved.writes
        for path, ref in _sent_secrets(change)
        if not secrets.is_available(ref)
    ]
    if problems:
        raise InvalidInput(in_order(problems))


def _learned(approved: Plan, owned: Owned, secrets: Secrets) -> Mapping[Address, Mapping[str, str]]:
    """Hash the secrets of what is adopted, or had none noted, so that a later rotation is seen as one."""
    found: dict[Address, dict[str, str]] = {}
    for change in approved.changes:
        if change.desired is None or change.action not in (Action.ADOPT, Action.NO_CHANGE):
            continue
        entry = owned.entries.get(change.address)
        for path, ref in secret_refs(change.desired.spec):
            if (entry is None or path not in entry.secrets) and secrets.is_available(ref):
                found.setdefault(change.address, {})[path] = secrets.hashed(ref)
    return found
