"""A snapshot in place of the cluster, for commands with --live: nothing is connected to, and no inventory is opened."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from igz_apply.cli.platform_choice import settle_as
from igz_apply.cli.platforms import NAMES, Choice, platform_named
from igz_apply.cli.session import Session
from igz_apply.errors import InvalidInput
from igz_apply.local.clock import SystemClock
from igz_apply.manifests.config import Config
from igz_apply.model.addresses import Address
from igz_apply.model.changes import MadeOf, Plan
from igz_apply.model.problems import Problem
from igz_apply.model.resources import LiveState
from igz_apply.model.suggest import some
from igz_apply.snapshots.document import moment_of
from igz_apply.snapshots.doubts import hidden_untold, not_known
from igz_apply.snapshots.files import read_snapshot
from igz_apply.snapshots.reading import fitting
from igz_apply.snapshots.snapshot import Snapshot
from igz_apply.wording.snapshot_words import source_text

TIME_FORM = "%Y-%m-%dT%H:%M:%SZ"


def snapshot_of(session: Session, config: Config) -> Snapshot:
    """Return the snapshot that --live names, read once, and settle its platform. Raises InvalidInput."""
    if session.snapshot is None:
        file = session.global_flags.live
        session.snapshot = fitted(session, config, file, read_snapshot(Path(file)))
    return session.snapshot


def fitted(session: Session, config: Config, file: str, snapshot: Snapshot) -> Snapshot:
    """Settle the platform that a snapshot is of, and return it as that knows it.

    Raises InvalidInput where something else is said, or kinds are in it that are not known here.
    """
    if snapshot.platform not in NAMES[:-1]:
        detail = f"{file} is of {snapshot.platform!r}, and this igz-apply knows {' and '.join(NAMES[:-1])}."
        hint = "Use the igz-apply that wrote it, or a newer one."
        raise InvalidInput([Problem("Snapshot is too new", detail, hint)])
    settle_as(session, config, Choice(platform_named(snapshot.platform), f"{file} was taken of one"))
    return fitting(snapshot, session.platform.kinds, file)


def planned_config(session: Session, config: Config, paths: Sequence[str]) -> Config:
    """Return the config as a plan takes it: where the snapshot is a case, and no PATH is given, as the case says."""
    snapshot = snapshot_of(session, config) if session.global_flags.live else None
    case = snapshot.case if snapshot is not None else None
    if case is None or paths:
        if snapshot is not None and snapshot.is_sanitised:
            raise _hashed(session.global_flags.live, has_case=case is not None)
        return config
    from igz_apply.snapshots.case import with_case  # here, as most snapshots are none

    return with_case(config, case)


def _hashed(file: str, *, has_case: bool) -> InvalidInput:
    """Return the refusal to hold manifests against names that are hashes: nothing could be alike."""
    detail = f"The names in {file} are hashes, so that no manifest names anything in it."
    hint = (
        "Leave PATH out: it holds manifests of its own."
        if has_case
        else "Plan of a snapshot without --sanitise, or take this one with --with-manifests, which it then plans of."
    )
    return InvalidInput([Problem("Hashed names", detail, hint)])


def add_snapshot(session: Session, plan: Plan, declared: Iterable[Address], live: LiveState) -> Plan:
    """Return the plan with what its readers have to know of the snapshot that it was made of, if it was."""
    snapshot = session.snapshot
    if snapshot is None:
        return plan
    return replace(
        plan, made_of=_made_of(session, snapshot), warnings=(*plan.warnings, *not_known(plan, declared, live, snapshot))
    )


def say_snapshot(session: Session) -> None:
    """Say on standard error which snapshot is shown, and how old it is, where it is one."""
    if session.snapshot is not None:
        session.say(source_text(_made_of(session, session.snapshot)))


def warn_of_untold(session: Session, plan: Plan) -> None:
    """Say what may be a secret, so that no snapshot tells whether others have changed it."""
    if untold := sorted(hidden_untold(plan)):
        session.warn(f"not compared, as a snapshot holds no secret: {some(untold)}")


def _made_of(session: Session, snapshot: Snapshot) -> MadeOf:
    return MadeOf(session.global_flags.live, snapshot.taken, age_of(snapshot), snapshot.is_sanitised)


def age_of(snapshot: Snapshot) -> float:
    """Return how old a snapshot is, in seconds; less than none where it is of a clock that is ahead."""
    return (SystemClock().utc() - moment_of(snapshot.taken)).total_seconds()
