"""`compare`: what differs between two clusters, or between a cluster and a snapshot. It holds nothing that writes.

With a mapping, the two may be of two platforms: the one is carried over to the other's first, as `migrate` does it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from igz_apply.cli.command_help import HelpfulCommand
from igz_apply.cli.completion import complete_targets
from igz_apply.cli.output_forms import show_table
from igz_apply.cli.said_of import said_of
from igz_apply.cli.session import Session
from igz_apply.cli.settings import config_of
from igz_apply.cli.shared_options import common_options, deadline_option, forms_option, selecting
from igz_apply.cli.sides import session_at
from igz_apply.cli.snapshots import fitted
from igz_apply.cli.wiring import readable_cluster
from igz_apply.errors import CHANGES, IgzApplyError, InvalidInput
from igz_apply.manifests.config import Config
from igz_apply.model.addresses import Address
from igz_apply.model.problems import Problem, errors_of, in_order
from igz_apply.model.resources import LiveState
from igz_apply.model.suggest import did_you_mean, some
from igz_apply.planning.comparing import Comparison, Difference, compared, unknown_kinds
from igz_apply.planning.selection import Ground, Selection
from igz_apply.snapshots.files import read_snapshot
from igz_apply.wording.counting import counted

if TYPE_CHECKING:
    from igz_apply.planning.carrying import Carried

_COLUMNS = ("resource", "field")
_ANYWHERE = "on either side"


@click.command(
    cls=HelpfulCommand,
    examples=(
        "igz-apply compare staging prod                  # two targets of the config",
        "igz-apply compare before.json prod --only User  # what has become of the users since a snapshot",
        "igz-apply compare a.json b.json --detailed-exitcode",
        "igz-apply compare old new --mapping mapping.yaml  # an Iguazio 3 and the Iguazio 4 that it has moved to",
    ),
)
@click.argument("one", metavar="A", shell_complete=complete_targets)
@click.argument("other", metavar="B", shell_complete=complete_targets)
@click.option(
    "--mapping",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="A is of another platform: carry it over to that of B as this mapping of migrate says.",
)
@selecting("Only these.")
@deadline_option
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 when there are differences.")
@forms_option("table", "json")
@common_options
@click.pass_obj
def compare(
    session: Session,
    /,
    one: str,
    other: str,
    mapping: str | None,
    only: tuple[str, ...],
    exclude: tuple[str, ...],
    deadline: float | None,
    detailed_exitcode: bool,
    output: str,
) -> int:
    """Show what differs between A and B: each is a target of the config, or a file that `snapshot` has written.

    Compares by meaning and by name. Ids differ between any two clusters, and what the platform fills in by itself, so
    neither is shown. A target is read at its own endpoint, with its own credentials (V3IO_PASSWORD__PROD_EU is that of
    prod-eu), else with those that are set for all: where two cannot be told apart, take a snapshot of each first.

    With --mapping, A is an Iguazio 3 that moves to B, an Iguazio 4: A may be a file or folder of manifests too, and is
    shown as B would have it, by its new names. What the move loses or changes on purpose is no difference; migrate
    lists it.
    """
    if session.global_flags.endpoint or session.global_flags.target:
        raise click.UsageError("compare takes both sides as A and B: leave --endpoint and --target out.")
    config = config_of(session)
    carried = None
    if mapping is None:
        sides = [_side(session, config, name, deadline) for name in (one, other)]
        if sides[0].key_check != sides[1].key_check:
            raise InvalidInput([_of_two_keys(one, other)])
        states = [it.live for it in sides]
    else:
        carried, there = _moved_sides(session, config, (one, other), mapping, deadline)
        states = [carried.state, there]
    _check_globs(session, config, states, only, exclude)
    found = compared(states[0], states[1], session.platform.kinds, Selection(only, exclude))
    partial = {
        kind: why
        for kind, why in unknown_kinds(states, session.platform.kinds).items()
        if _is_looked_at(kind, only, exclude)
    }
    for kind, why in partial.items():
        session.warn(f"not every {kind} is seen on both sides: {why}")
    if carried is not None:
        found = replace(found, untold=tuple(filter(carried.speaks_of, found.untold)))
    if found.untold:
        session.warn(f"not compared, as one side does not tell: {some(list(found.untold))}")
    names = (one, other) if one != other else ("A", "B")
    document = _document(found, names, carried, partial)
    show_table(session, output, (*_COLUMNS, *names), [_row(each, carried) for each in found.found], document)
    if output == "table":
        session.say(_told(found, is_whole=not partial))
        if carried is not None and carried.left:
            left = ", ".join(counted(many, kind) for kind, many in carried.left.items())
            session.say(f"Not compared: {left} of {one}, which the move leaves behind. igz-apply migrate lists them.")
    if not detailed_exitcode:
        return 0
    if found.unseen and not found.certain:
        raise IgzApplyError(
            f"Whether they differ cannot be said: of {counted(len(found.unseen), 'resource')} one side does not show "
            "whether it is there.",
            hint="Read or take both as somebody who sees all, or leave those kinds out with --except.",
        )
    if partial and not found.certain:
        raise IgzApplyError(
            f"Whether they differ cannot be said: one side does not show every {some(list(partial))}.",
            hint="Read or take both as somebody who sees all, or leave those kinds out with --except.",
        )
    return CHANGES if found.certain else 0


def _is_looked_at(kind: str, only: Sequence[str], exclude: Sequence[str]) -> bool:
    """Say whether something of the kind could be among what is compared, be it there or not."""
    spared = [glob.partition("/")[0] for glob in exclude if glob.partition("/")[2] in ("", "*")]
    if any(fnmatchcase(kind, glob) for glob in spared):
        return False
    return not only or any(fnmatchcase(kind, glob.partition("/")[0]) for glob in only)


def _check_globs(
    session: Session, config: Config, states: Sequence[LiveState], only: Sequence[str], exclude: Sequence[str]
) -> None:
    """Raise InvalidInput for an address, or a kind, that is on neither side; warn of a pattern that matches nothing.

    A slip of the pen must not end as "No differences".
    """
    known = frozenset[Address]().union(*(state.resources for state in states))
    ground = Ground(session.platform.kinds, known, where=_ANYWHERE)
    idle = (ground.idle(option, globs, known, _ANYWHERE) for option, globs in (("--only", only), ("--except", exclude)))
    problems = config.severities.settled(in_order(chain.from_iterable(idle)))
    if errors_of(problems):
        raise InvalidInput(problems)
    session.shown().problems(problems)


def _no_such_side(name: str, config: Config, what: str) -> Problem:
    known = f"Targets are {', '.join(config.targets)}." if config.targets else "The config has no targets."
    hint = f"{did_you_mean(name, config.targets)} {known}".strip()
    return Problem("No such snapshot", f"{name} is neither a target nor {what}.", hint)


class _Side:
    """One of the two."""

    __slots__ = ("key_check", "live")

    def __init__(self, live: LiveState, key_check: str = "") -> None:
        self.live = live
        self.key_check = key_check


def _side(session: Session, config: Config, name: str, deadline: float | None) -> _Side:
    """Read a target, or a snapshot. Raises InvalidInput where it is neither, or of another platform."""
    if name not in config.targets:
        if not Path(name).exists():
            raise InvalidInput([_no_such_side(name, config, "a file")])
        snapshot = read_snapshot(Path(name))
        snapshot = fitted(session, config, name, snapshot)
        return _Side(snapshot.live, snapshot.key_check)
    here = session_at(session, name)
    with said_of(name), readable_cluster(here, config_of(here), deadline=deadline) as cluster:
        live = cluster.live()
    if session.choice is not None and session.platform is not here.platform:
        detail = f"{name} is an {here.platform.title}, and the other side is an {session.platform.title}."
        hint = "Compare clusters of one platform; after a move, say by --mapping FILE what names have become."
        raise InvalidInput([Problem("Not comparable", detail, hint)])
    session.choice = here.choice
    return _Side(live)


def _moved_sides(
    session: Session, config: Config, names: tuple[str, str], mapping: str, deadline: float | None
) -> tuple[Carried, LiveState]:
    """Read both sides of a move, and carry the first one over. Raises InvalidInput where it cannot be carried."""
    # Here, as few comparisons are of two platforms.
    from igz_apply.cli.migrating import NewEnd, hindrances, mapping_at, moved, new_end, old_end
    from igz_apply.model.migration import Destination
    from igz_apply.planning.carrying import carried_over

    one, other = names
    if one not in config.targets and not Path(one).exists():
        raise InvalidInput([_no_such_side(one, config, "a file or folder")])
    stated = mapping_at(mapping)
    there = _side(session, config, other, deadline)
    if there.key_check:
        raise InvalidInput([_of_two_keys(one, other)])
    is_target = other in config.targets
    new = new_end(session, config, other) if is_target else NewEnd(session.platform, Destination(other))
    old = old_end(session, config, one, deadline)
    move = moved(old, stated, new)
    if errors := hindrances(move, config.severities):
        raise InvalidInput(errors)  # what it only warns of is told by migrate
    return carried_over(move, there.live, session.platform.kinds, old.live), there.live


def _of_two_keys(one: str, other: str) -> Problem:
    detail = f"Names in {one} and {other} are not hashed by one key, or on one side alone, so that no two are alike."
    hint = "Take both with `igz-apply snapshot FILE --sanitise --key-file KEY`, or both without --sanitise."
    return Problem("Not comparable", detail, hint)


def _row(found: Difference, carried: Carried | None) -> Sequence[Any]:
    before = carried.old_name(found.address) if carried is not None else None
    name = str(found.address) if before is None else f"{found.address} ({before})"
    if found.only_in:
        there = ("there", "") if found.only_in == "one" else ("", "there")
        lacking = f"not seen: {found.why}" if found.why else "-"
        return (name, "", *(text or lacking for text in there))
    return (name, found.path, *(_shown(value) for value in (found.one, found.other)))


def _shown(value: Any) -> Any:
    return "-" if value in (None, "", [], {}) else value


def _told(found: Comparison, *, is_whole: bool) -> str:
    alike = f"{counted(found.alike, 'resource')} alike"
    unseen = f"{len(found.unseen):,} not seen on one side, " if found.unseen else ""
    if not found.certain:
        return f"No differences{' in what both show' if unseen or not is_whole else ''}; {unseen}{alike}."
    alone = sum(1 for each in found.certain if each.only_in)
    differ = len({each.address for each in found.certain if not each.only_in})
    return f"{alone:,} on one side alone, {differ:,} that differ, {unseen}{alike}."


def _document(
    found: Comparison, names: Sequence[str], carried: Carried | None, partial: Mapping[str, str]
) -> Mapping[str, Any]:
    old = carried.old_names if carried is not None else {}
    return {
        "format_version": 1,
        "one": names[0],
        "other": names[1],
        "alike": found.alike,
        "differences": [
            {
                "address": str(each.address),
                **({"old_address": str(old[each.address])} if each.address in old else {}),
                "only_in": each.only_in or None,
                "path": each.path or None,
                "one": each.one,
                "other": each.other,
            }
            for each in found.certain
        ],
        "not_seen": [
            {"address": str(each.address), "there_in": each.only_in, "why": each.why} for each in found.unseen
        ],
        "partial": dict(partial),
        "not_compared": list(found.untold),
        **({"left_behind": dict(carried.left)} if carried is not None else {}),
    }
