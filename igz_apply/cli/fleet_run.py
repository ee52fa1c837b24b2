"""`plan`, `apply` and `drift` over several targets: each is the very run of one, and one account tells of all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

from igz_apply.cli.confirmation import confirm
from igz_apply.cli.fleet_manifests import SameManifests
from igz_apply.cli.fleet_plans import check_plans, check_reports_beside, empty_of_plans, plan_at
from igz_apply.cli.fleet_setup import Fleet
from igz_apply.cli.fleet_target import TargetRuns, TargetSession, Unwatched, Work
from igz_apply.cli.fleet_views import write_fleet_reports
from igz_apply.cli.plan_reading import drifted, proposal_of
from igz_apply.cli.platform_choice import destination
from igz_apply.cli.proposal import PlanFlags, keep_declared
from igz_apply.cli.session import Session
from igz_apply.cli.signals import interruptible
from igz_apply.cli.tracing import leave
from igz_apply.cli.transaction import ApplyFlags, applied_manifests, applied_saved
from igz_apply.errors import CHANGES, COULD_NOT, PARTLY_APPLIED, IgzApplyError, PlanRefused
from igz_apply.local.clock import SystemClock
from igz_apply.manifests.config import Config
from igz_apply.model.fleets import FleetPace, TargetStatus, Wave
from igz_apply.planning.fleet_digest import fleet_digest, unexpected_fleet
from igz_apply.planning.fleet_report import FleetReport, TargetResult
from igz_apply.reports.saved_plans import read_plan, write_plan
from igz_apply.views.fleet_view import FleetView
from igz_apply.wording.fleet_words import question
from igz_apply.workflow import fleet_ends
from igz_apply.workflow.fleet import STOP, FleetPorts, go_through, held_to, look_at_all

Going = Callable[[str, Sequence[Wave], FleetPace, FleetPorts], FleetReport]


class FleetRun:
    """One command over several targets."""

    def __init__(self, session: Session, fleet: Fleet, view: FleetView, flags: PlanFlags) -> None:
        """`flags` are of each target; the reports among them are of the whole."""
        self._session = session
        self._fleet = fleet
        self._view = view
        self._reports = flags.reports
        self._flags = replace(flags, reports=())

    # The commands

    def plan(self, *, is_detailed: bool, is_saved: bool, expires: float | None, out: Path | None) -> int:
        """Plan all of them, and return the exit code; each plan that no rail refuses is saved below `out`."""
        if out is not None:
            check_reports_beside(out, self._fleet.configs, "--out", self._reports)
            empty_of_plans(out, self._fleet.configs)
        work = partial(self._planned, is_saved=is_saved, expires=expires, out=out)
        return self._end(self._look("plan", work), is_detailed=is_detailed)

    def drift(self, *, is_detailed: bool, is_unmanaged: bool) -> int:
        """Look for drift on all of them, and return the exit code."""
        report = self._look("drift", partial(self._drifted, is_detailed=is_detailed, is_unmanaged=is_unmanaged))
        code = self._end(report, is_detailed=is_detailed)
        plans = [result.plan for result in report.results if result.plan is not None]
        return code or (CHANGES if is_unmanaged and any(not plan.unmanaged.is_empty for plan in plans) else 0)

    def apply(self, apply_flags: ApplyFlags, plans: Path | None) -> int:
        """Change them, wave after wave, and return the exit code; `plans` holds a saved plan for each.

        Raises PlanRefused where what would be done is not what was approved, and Interrupted where nobody approves it.
        """
        if plans is not None:
            check_plans(plans, self._fleet.configs)
            check_reports_beside(plans, self._fleet.configs, "--plan", self._reports)
        self._session.exit_if_lost = COULD_NOT
        flags = replace(apply_flags, auto_approve=True, expect=None)
        if apply_flags.auto_approve and apply_flags.expect is None:
            same = SameManifests(self._fleet.configs, self._flags.paths) if plans is None else None
            work = partial(self._applied, flags, plans, same=same)
            report = self._go("apply", go_through, lambda runs, name: runs.run(work, name))
            return self._end(replace(report, is_approved=plans is not None))
        shown = self._look("plan", self._planned if plans is None else partial(self._opened, plans))
        if shown.is_interrupted:
            return self._end(shown)
        self._view.asked(shown)
        if apply_flags.expect is not None and (moved := tuple(unexpected_fleet(shown.results, apply_flags.expect))):
            raise PlanRefused(moved)
        if not apply_flags.auto_approve:
            self._ask(shown)

        def apply(runs: TargetRuns, name: str) -> TargetResult:
            def as_shown(name: str, digest: str) -> TargetResult:
                return runs.run(partial(self._applied, replace(flags, expect=digest), plans), name)

            return held_to(shown, as_shown)(name)

        is_approved = plans is not None or apply_flags.expect is not None
        return self._end(replace(self._go("apply", go_through, apply), is_approved=is_approved))

    # One target

    def _planned(
        self,
        told: TargetSession,
        config: Config,
        _: Unwatched,
        *,
        is_saved: bool = False,
        expires: float | None = None,
        out: Path | None = None,
    ) -> TargetResult:
        proposal = proposal_of(told, config, self._flags, is_saved=is_saved, expires=expires)
        assert proposal.plan is not None, "a proposal without a plan has been refused before"
        if out is not None and not proposal.refusals:
            write_plan(plan_at(out, config.target), proposal.plan)
        return fleet_ends.planned(config.target, proposal.plan, (*told.problems, *proposal.refusals))

    def _opened(self, plans: Path, told: TargetSession, config: Config, _: Unwatched) -> TargetResult:
        destination(told, config)  # what a plan says goes by the platform's kinds
        saved = read_plan(plan_at(plans, config.target), told.platform.kinds)
        return fleet_ends.planned(config.target, saved.plan, told.problems)

    def _drifted(
        self, told: TargetSession, config: Config, _: Unwatched, *, is_detailed: bool, is_unmanaged: bool
    ) -> TargetResult:
        compared = drifted(told, config, self._flags)
        if is_detailed:
            compared.require_inventory()
        if is_unmanaged:
            compared.code_of_unmanaged()  # that nobody can tell is the end of the target
        if compared.is_first:
            told.say(compared.nothing_applied)
        return fleet_ends.drifted(
            config.target, compared.plan, compared.resources, told.problems, is_first=compared.is_first
        )

    def _applied(
        self,
        flags: ApplyFlags,
        plans: Path | None,
        told: TargetSession,
        config: Config,
        unwatched: Unwatched,
        *,
        same: SameManifests | None = None,
    ) -> TargetResult:
        if same is not None:  # else a digest holds each plan to what was approved
            same.require(told, config)
        if plans is None:
            report = applied_manifests(told, config, self._flags, flags, keep_declared, unwatched)
        else:
            report = applied_saved(told, config, self._flags, flags, plan_at(plans, config.target), unwatched)
        if told.exit_if_lost == PARTLY_APPLIED:
            self._session.exit_if_lost = PARTLY_APPLIED
        return fleet_ends.applied(config.target, report, told.problems)

    # All of them

    def _look(self, command: str, work: Work) -> FleetReport:
        return self._go(command, look_at_all, lambda runs, name: runs.run(work, name))

    def _go(self, command: str, going: Going, run: Callable[[TargetRuns, str], TargetResult]) -> FleetReport:
        """Go through the targets until the end, or until a signal ends it."""
        fleet, clock = self._fleet, SystemClock()
        inbox = clock.inbox()
        runs = TargetRuns(self._session, fleet.configs, fleet.environ, inbox, self._view.told)

        def ask_to_stop() -> None:
            inbox.put(STOP)
            runs.ask_to_stop()
            self._view.note("interrupted: nothing new starts, what runs comes to its end; once more leaves at once")

        def leave_at_once() -> None:
            runs.leave()
            leave(self._session)

        pool = ThreadPoolExecutor(fleet.pace.wave, thread_name_prefix="targets")
        ports = FleetPorts(clock, inbox, pool, self._view, partial(run, runs))
        try:
            with interruptible(ask_to_stop, leave_at_once):
                return going(command, fleet.waves, fleet.pace, ports)
        finally:
            pool.shutdown(wait=False)

    def _ask(self, shown: FleetReport) -> None:
        """Ask for a `yes`, unless nothing is to be changed. Raises Interrupted."""
        if all(result.status is not TargetStatus.CHANGES for result in shown.results):
            return
        confirm(self._session, f"{question(shown)}\nPlans {fleet_digest(shown.results)}")

    def _end(self, report: FleetReport, *, is_detailed: bool = False) -> int:
        """Show the account, write the reports of it, and return the exit code.

        Where something may have been changed, the first Ctrl-C keeps nobody from learning what.
        """
        code = report.exit_code(is_detailed=is_detailed)
        if report.command != "apply":
            return self._told(report, code)
        with interruptible(lambda: None, partial(leave, self._session)):
            return self._told(report, code)

    def _told(self, report: FleetReport, code: int) -> int:
        self._view.report(report)
        try:
            write_fleet_reports(self._reports, report)
        except IgzApplyError as error:  # the run is over, and its own end counts for more
            self._view.error(str(error), error.hint)
            return code or error.exit_code
        return code
