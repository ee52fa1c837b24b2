"""A run over several targets, made ready: which ones, in which waves, each with its config, and what forbids it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from click import UsageError

from igz_apply.cli.fleet_options import FleetFlags
from igz_apply.cli.fleet_refusals import Refusals, options_of_one
from igz_apply.cli.fleet_target import TargetSession
from igz_apply.cli.platforms import every_platform
from igz_apply.cli.session import Session
from igz_apply.cli.settings import config_of, seen_by
from igz_apply.errors import InvalidInput
from igz_apply.manifests.config import STDIN, Config
from igz_apply.manifests.config_fleet import configs_of, fleet_of
from igz_apply.model.fleets import FleetPace, Wave
from igz_apply.model.problems import Problem
from igz_apply.planning.fleet_waves import chosen, patterns_in, unmatched, waves_of
from igz_apply.values import dataclass


@dataclass(frozen=True, slots=True)
class Fleet:
    """The targets of a run, ready to be begun."""

    configs: Mapping[str, Config]  # by target, in the order of the config
    environ: Mapping[str, str]  # of the whole run: no target has been chosen in it
    waves: tuple[Wave, ...]
    pace: FleetPace


def fleet_at(session: Session, flags: FleetFlags, paths: Sequence[str]) -> Fleet:
    """Choose the targets, and read the config of each. Raises UsageError, and InvalidInput with all that is wrong."""
    if wrong := options_of_one(session.global_flags, paths):
        raise UsageError(wrong)
    session.choose_no_target()
    whole = config_of(session)
    stated = fleet_of(whole)
    patterns = ("*",) if flags.all_targets else patterns_in(flags.targets)
    if problems := tuple(unmatched(stated.targets, patterns, stated.place)):
        raise InvalidInput(problems)
    targets, environ, pace = chosen(stated.targets, patterns), session.environ, flags.over(stated.pace)
    names = [target.name for target in targets]
    configs = {
        name: seen_by(TargetSession(session, name, whole, environ), config)
        for name, config in configs_of(whole, names).items()
    }
    _refuse(session, configs, paths, environ)
    tuple(every_platform())  # each is made once, and not by several threads at once
    return Fleet(configs, environ, waves_of(targets, pace), pace)


def _refuse(session: Session, configs: Mapping[str, Config], paths: Sequence[str], environ: Mapping[str, str]) -> None:
    """Raise InvalidInput for what would lead one target's affairs to another."""
    by_stdin = [name for name, config in configs.items() if not paths and STDIN in config.manifests]
    if by_stdin:
        raise UsageError(f"The manifests of {by_stdin[0]} come from standard input (-), which can be read once.")
    problems: list[Problem] = list(Refusals(configs, environ, session.global_flags.platform).all())
    if problems:
        raise InvalidInput(problems)
