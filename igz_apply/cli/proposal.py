"""From manifests and a cluster to a proposal: what `plan`, `apply` and `destroy` have in common."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from igz_apply import workflow
from igz_apply.cli.inventories import Inventory, claims_of
from igz_apply.cli.manifest_paths import load_manifests
from igz_apply.cli.pins import PROTECT, listed, pinned, pins_of
from igz_apply.cli.plan_policies import policing_of
from igz_apply.cli.session import Session
from igz_apply.cli.settings import first, results_of, warnings_of
from igz_apply.cli.wiring import secrets_of
from igz_apply.errors import InvalidInput, PlanRefused
from igz_apply.manifests.config import Config
from igz_apply.manifests.loading import Loaded
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Plan
from igz_apply.model.outcomes import Report
from igz_apply.model.problems import Problem, errors_of
from igz_apply.model.resources import LiveState, Owned
from igz_apply.planning.policing import NO_POLICIES
from igz_apply.planning.rail_facts import MOVE
from igz_apply.planning.selection import Selection
from igz_apply.platform import Connection
from igz_apply.values import dataclass
from igz_apply.workflow import Limits, Proposal


@dataclass(frozen=True, slots=True)
class PlanFlags:
    """What the command line says of planning."""

    paths: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    prune: bool | None = None  # None: as the config says
    waivers: tuple[tuple[tuple[str, str], int], ...] = ()
    rotate: tuple[workflow.SecretPlace, ...] = ()
    reports: tuple[str, ...] = ()
    parallelism: int | None = None  # None: as the config says
    keeps_off: bool = False  # whether what a prune has switched off is held to that, though nothing prunes
    require_match: bool = False  # whether a pattern that matches nothing is an error
    deadline: float | None = None  # seconds from the start of the command; None: as the config says
    is_policed: bool = True  # whether policies look at the plan: not where it is only a way to see differences

    @property
    def has_moved(self) -> bool:
        """Whether the inventory is said to be of a cluster that has another address now."""
        return MOVE in dict(self.waivers)

    @property
    def selection(self) -> Selection:
        """What the run is about."""
        return Selection(self.only, self.exclude)


def load_valid(session: Session, config: Config, flags: PlanFlags) -> Loaded:
    """Read the manifests. Raises InvalidInput with every problem, warnings too, when there is an error."""
    return require_valid(session, config, flags, load_manifests(session, config, flags.paths))


def require_valid(session: Session, config: Config, flags: PlanFlags, loaded: Loaded) -> Loaded:
    """Return the manifests. Raises InvalidInput with every problem, warnings too, when there is an error.

    What is doubtful is none yet, however strict: the cluster may know it, and the proposal settles it.
    """
    if errors_of(loaded.problems):
        raise InvalidInput(config.severities.settled(loaded.problems))
    if flags.prune and flags.selection.is_partial:
        session.warn("--prune deletes nothing together with --only or --except: a selected run never prunes.")
    return loaded


Narrowing = Callable[[Loaded, Selection], Loaded]
"""Takes the manifests for what a run is about. It is done once it is known what exists: names are no patterns then."""


def keep_declared(loaded: Loaded, selection: Selection) -> Loaded:  # noqa: ARG001 (the planner narrows)
    """Return the manifests as they are."""
    return loaded


def declare_absent(loaded: Loaded, selection: Selection) -> Loaded:
    """Return the manifests as if all that is selected were declared absent, and nothing else were declared.

    Raises InvalidInput when nothing is selected: whoever destroys means something.
    """
    chosen = workflow.declare_absent(loaded, selection)
    if not chosen.desired.resources:
        detail = "Of what the manifests declare nothing is selected, so there is nothing to delete."
        raise InvalidInput([Problem("Nothing selected", detail, "Check --only, --except and the paths.")])
    return chosen


def propose(
    session: Session,
    config: Config,
    flags: PlanFlags,
    loaded: Loaded,
    live: LiveState,
    owned: Owned,
    store: Inventory,
    narrow: Narrowing = keep_declared,
    *,
    connection: Connection,
) -> Proposal:
    """Make the plan, look at it from every rail, and show what is wrong with the input. Raises InvalidInput."""
    with session.phase("plan"):
        check_globs(session, config, flags, loaded.desired.resources, live, owned)
        selection = flags.selection.among(loaded.desired.resources, live.resources, owned.entries)
        proposal = workflow.plan(
            narrow(loaded, selection),
            live,
            owned,
            secrets=secrets_of(session, config, connection, flags.parallelism, flags.deadline),
            limits=limits_of(session, config, flags),
            # Paths on the command line are a part of the manifests more often than all of them.
            prune=first(flags.prune, config.prune and not flags.paths),
            selection=selection,
            claims=claims_of(session, config, store, loaded.desired.resources, live, owned),
            rotate=flags.rotate,
            keeps_off=flags.keeps_off,
            platform=session.platform,
            results=results_of(session),
        )
        return settled(session, config, proposal)


def settled(session: Session, config: Config, proposal: Proposal) -> Proposal:
    """Return a proposal whose problems are shown, and count as the config says. Raises InvalidInput for an error."""
    problems = config.severities.settled(proposal.problems)
    if proposal.plan is None or errors_of(problems):
        raise InvalidInput(problems)
    if problems:
        session.shown().problems(problems)
    if session.trace is not None:
        session.trace.planned(proposal.plan)
    return replace(proposal, problems=problems)


def check_globs(
    session: Session,
    config: Config,
    flags: PlanFlags,
    declared: Collection[Address],
    live: LiveState,
    owned: Owned,
    *,
    is_whole: bool = True,
) -> None:
    """Warn of globs that select nothing, and raise InvalidInput where that can only be a mistake.

    Not `is_whole`: the manifests declare more than `declared`.
    """
    problems = workflow.idle_globs(
        declared,
        live,
        owned,
        limits=limits_of(session, config, flags),
        selection=flags.selection,
        is_strict=flags.require_match,
        is_whole=is_whole,
        platform=session.platform,
    )
    problems = config.severities.settled(problems)
    if errors_of(problems):
        raise InvalidInput(problems)
    session.shown().problems(problems)


def add_warnings(plan: Plan, connection: Connection) -> Plan:
    """Return the plan with what its readers have to know of the connection that it was made over."""
    return replace(plan, warnings=tuple(dict.fromkeys((*plan.warnings, *warnings_of(connection)))))


def check_reports(paths: Sequence[str], others: Mapping[str, str | None] | None = None) -> None:
    """Raise InvalidInput for a report that cannot be written, before anything is done that it would tell of.

    Its suffix may be one that nobody knows, or its place be that of an inventory, of another report, or of one of the
    `others`, which are by what they are named as; None for what is not named.
    """
    if paths:
        from igz_apply.cli.file_roles import Named, met, reports_named
        from igz_apply.reports import form_of
        from igz_apply.reports.atomic_files import spare_inventory

        for path in paths:
            form_of(Path(path))
            spare_inventory(Path(path))
        if problems := tuple(
            met(reports_named(paths), [Named(role, path) for role, path in (others or {}).items() if path])
        ):
            raise InvalidInput(problems)


def has_plan(paths: Sequence[str]) -> bool:
    """Say whether any of the reports holds a whole plan, which can be applied as one that was saved."""
    if not paths:
        return False
    from igz_apply.reports import holds_the_plan

    return any(holds_the_plan(Path(path)) for path in paths)


def write_reports(
    paths: Sequence[str], plan: Plan, report: Report | None = None, problems: Sequence[Problem] = ()
) -> None:
    """Write a report to each path; the suffix picks the form. Raises InvalidInput for one that nobody knows."""
    if paths:
        from igz_apply.reports import write_report

        for path in paths:
            write_report(Path(path), plan, report, problems)


def hand_out(session: Session, proposal: Proposal, reports: Sequence[str], out: str | None) -> Plan:
    """Show a plan, write the reports of it, and save it to `out`, None for nowhere. Raises PlanRefused.

    One that is refused is shown and reported in full all the same, and never saved.
    """
    from igz_apply.reports.saved_plans import write_plan

    made = proposal.plan
    assert made is not None, "a proposal without a plan has been refused before"
    session.shown().plan(made)
    write_reports(reports, made, problems=proposal.refusals)
    if proposal.refusals:
        raise PlanRefused(proposal.refusals)
    if out is not None:
        write_plan(Path(out), made)
    return made


def check_waivers(session: Session, flags: PlanFlags) -> None:
    """Raise InvalidInput for a waiver of a kind that the platform lacks: it would waive nothing."""
    kinds = session.platform.kinds
    for (verb, kind), count in flags.waivers:
        if (verb, kind) != MOVE and kind not in kinds:
            detail = f"--allow {verb}:{kind}={count} names a kind that an {session.platform.title} does not have."
            raise InvalidInput([Problem("Not on this platform", detail, f"There are {', '.join(kinds.names)}.")])


def limits_of(session: Session, config: Config, flags: PlanFlags) -> Limits:
    """Return how much a plan may take away. Raises InvalidInput when `protect` is pinned and nothing outside says it.

    What the config protects besides can only take away less.
    """
    environ = session.environ
    if PROTECT in pins_of(environ) and not listed(environ.get("IGZ_PROTECT", "")):
        raise pinned(PROTECT, "IGZ_PROTECT names nothing.", "Set it to what must never be deleted, such as User/admin.")
    check_waivers(session, flags)
    return Limits(
        delete=config.limits_delete,
        cascade=config.limits_cascade,
        update=config.limits_update,
        restart=config.limits_restart,
        min_admins=config.min_admins,
        protect=config.protect,
        waivers=dict(flags.waivers),
        policing=replace(policing_of(session, config), is_whole=not flags.paths) if flags.is_policed else NO_POLICIES,
    )
