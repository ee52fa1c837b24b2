"""Manifests as the command line names them: paths, or what the config says, with the organisation's policies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from igz_apply.authoring.secret_sources import sources_not_allowed
from igz_apply.cli.pins import allowed_sources
from igz_apply.cli.plan_policies import policing_problems
from igz_apply.cli.platform_choice import settle_by
from igz_apply.cli.session import Session
from igz_apply.cli.settings import results_of
from igz_apply.manifests.config import STDIN, Config, config_document
from igz_apply.manifests.loading import Loaded, checked, with_operations
from igz_apply.manifests.policy_files import load_policies
from igz_apply.manifests.reader import Contents, Reading, read
from igz_apply.model.problems import Problem, in_order
from igz_apply.model.resources import DesiredState
from igz_apply.platform import Platform

if TYPE_CHECKING:
    from igz_apply.authoring.layering.ground import Layers
    from igz_apply.authoring.validation import Policy


def load_manifests(
    session: Session, config: Config, paths: Sequence[str], version: str = "", *, edited: Contents | None = None
) -> Loaded:
    """Read and check the manifests; `version` is the cluster's, "" when it is not known. Faults come as problems.

    What is `edited` is read as if it lay on the disk already.
    """
    check_standard_input(session, config, paths)
    with session.phase("load"):
        loaded = _loaded(session, config, paths, version, edited)
    if loaded.problems and not set(config.targets).isdisjoint(paths):
        meant = (_target_meant(each, config, paths) for each in loaded.problems)
        loaded = replace(loaded, problems=tuple(meant))
    return loaded


def _target_meant(problem: Problem, config: Config, paths: Sequence[str]) -> Problem:
    """Say how a target is named, where one is given in the place of a file and there is no such file."""
    name = "" if problem.source is None else problem.source.path
    if problem.summary != "No such file" or name not in paths or name not in config.targets:
        return problem
    return replace(problem, hint=f"{name} is a target of the config: say --target {name}.")


def _loaded(session: Session, config: Config, paths: Sequence[str], version: str, edited: Contents | None) -> Loaded:
    if session.snapshot is not None and session.snapshot.case is not None and not paths:
        from igz_apply.snapshots.case import loaded_case  # here, as most runs have none

        return loaded_case(session.snapshot.case, session.global_flags.live, session.platform)
    chosen = paths or config.manifests
    stdin = session.stdin if STDIN in chosen else None
    results, files = results_of(session), None if session.memory is None else session.memory.files
    reading = read(
        chosen,
        ignore=config.ignore,
        stdin=stdin,
        tops=config.tops,
        edited=edited or {},
        known=files,
        results=results,
        telling=config.telling,
    )
    unfit = settle_by(session, config, (*reading.documents, *reading.defaults))
    if unfit.is_all:
        return Loaded(DesiredState({}), in_order([*reading.problems, *unfit.problems]), (), reading.documents)
    policies, problems = load_policies(config.policies, session.platform.kinds)
    on_plan = policing_problems(session, config)
    is_whole = not paths and STDIN not in chosen
    loaded = results.once("checked", _checked, reading, session.platform, policies, config.layers, version, is_whole)
    allowed = allowed_sources(session.environ, config)
    strange = sources_not_allowed(loaded.desired, allowed)
    doubts = _doubts_of_reconciling(session, config)
    found = (*problems, *on_plan, *doubts, *unfit.problems, *strange, *loaded.problems)
    loaded = replace(loaded, problems=in_order(map(config.telling.problem, found)))
    if config.operations:
        loaded = with_operations(loaded, config.operations, session.platform, is_whole=is_whole)
    session.held.append(loaded)
    return loaded


def _doubts_of_reconciling(session: Session, config: Config) -> tuple[Problem, ...]:
    document = config_document(config) if config.reconciling is not None else None
    if document is None:
        return ()
    from igz_apply.local.clock import SystemClock  # here, as few configs state any
    from igz_apply.manifests.config_reconcile import doubts_of_reconciling

    platform, now = session.platform, SystemClock().utc().timestamp()
    return tuple(doubts_of_reconciling(document, config.target, platform.kinds, platform.title, now))


def _checked(
    reading: Reading, platform: Platform, policies: Sequence[Policy], layers: Layers, version: str, is_whole: bool
) -> Loaded:
    return checked(reading, platform, policies=policies, version=version, layers=layers, is_whole=is_whole)


def check_standard_input(session: Session, config: Config, paths: Sequence[str], *, asks: bool = False) -> None:
    """Raise UsageError when two things are to come from standard input; `asks`: the answer to a question does."""
    if STDIN not in (paths or config.manifests):
        return
    from click import UsageError  # a program that plans has no command line

    if session.global_flags.password_stdin:
        raise UsageError("Standard input cannot hold both the manifests (-) and the password (--password-stdin).")
    if asks:
        raise UsageError(
            "Standard input holds the manifests (-), so no question can be answered on it. Add -y (--auto-approve)."
        )
