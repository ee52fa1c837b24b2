"""The targets of the config in the waves of a run over them, and what is asked of the inventory of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TypeVar

from igz_apply.cli.fleet_refusals import same_place
from igz_apply.cli.pins import endpoint_of, inventory_place
from igz_apply.cli.session import GlobalFlags, Session
from igz_apply.cli.target_environ import suffix_of
from igz_apply.cli.wiring import inventory_of
from igz_apply.errors import IgzApplyError, InvalidInput
from igz_apply.inventory import default_place
from igz_apply.inventory.records import FsspecRecords
from igz_apply.manifests.config import Config
from igz_apply.manifests.config_fleet import configs_of
from igz_apply.model.addresses import Source
from igz_apply.model.fleets import FleetPace, FleetTarget, Wave
from igz_apply.model.urls import without_credentials
from igz_apply.planning.fleet_waves import chosen, patterns_in, unmatched, waves_of
from igz_apply.planning.homes import address_of
from igz_apply.planning.record_data import Heading, heading_of
from igz_apply.views.targets_text import InventoryStatus, TargetLine

T = TypeVar("T")

AT_ONCE = 8  # inventories that are read at the same time


def waves_named(
    targets: Sequence[FleetTarget], globs: Sequence[str], pace: FleetPace, place: Source | None = None
) -> tuple[Wave, ...]:
    """Return the waves of the targets that the globs match, all where there are none.

    Raises InvalidInput for a glob that matches none; `place` is where the config lists them.
    """
    patterns = patterns_in(globs)
    if problems := list(unmatched(targets, patterns, place)):
        raise InvalidInput(problems)
    return waves_of(chosen(targets, patterns) if patterns else targets, pace)


def lines_of(session: Session, config: Config, waves: Sequence[Wave]) -> Iterator[TargetLine]:
    """Yield each target of the waves. Raises InvalidInput where its inventory may not lie where it is said to."""
    configs = configs_of(config, (name for wave in waves for name in wave.targets))
    for wave in waves:
        for name in wave.targets:
            yield _line(_session_for(session, config, name), configs[name], wave)


def same_inventory(lines: Sequence[TargetLine]) -> Iterator[tuple[str, Sequence[str]]]:
    """Yield each place where the inventories of several targets would lie, and these targets."""
    found: dict[str, list[TargetLine]] = {}
    for each in lines:
        found.setdefault(same_place(each.inventory), []).append(each)
    yield from ((those[0].inventory, [each.name for each in those]) for those in found.values() if len(those) > 1)


def with_status(session: Session, config: Config, lines: Sequence[TargetLine]) -> tuple[TargetLine, ...]:
    """Return the targets with what their inventories remember; they are read at the same time, a few at once."""

    configs = configs_of(config, (each.name for each in lines))

    def read(each: TargetLine) -> TargetLine:
        status = _status(_session_for(session, config, each.name), configs[each.name])
        return replace(each, status=status)

    with ThreadPoolExecutor(max_workers=min(AT_ONCE, len(lines)) or 1) as pool:
        return tuple(pool.map(read, lines))


def _session_for(session: Session, config: Config, name: str) -> Session:
    """Return what a run of one target has. Raises InvalidInput where it cannot be told whose a variable is."""
    found = Session(GlobalFlags(**{**vars(session.global_flags), "target": name}), session.environ)
    found.learn_targets(config.targets)
    return found


def _line(session: Session, config: Config, wave: Wave) -> TargetLine:
    place = inventory_place(session.environ, config) or default_place(config.target)
    return TargetLine(
        name=config.target,
        wave=wave.number,
        is_canary=wave.is_canary,
        stated=wave.stated,
        endpoint=address_of(endpoint_of(session.environ, config)),
        inventory=without_credentials(place),
        platform=session.global_flags.platform or session.environ.get("IGZ_PLATFORM") or config.platform or "auto",
        suffix=suffix_of(config.target).removeprefix("__"),
    )


def _status(session: Session, config: Config) -> InventoryStatus:
    """Return what an inventory remembers; what cannot be read is told in it, and stops nothing."""
    errors: list[str] = []
    store = _or_none(lambda: inventory_of(session, config), errors)
    if store is None:
        return InventoryStatus(error=errors[0])
    owned = _or_none(store.load, errors)
    last = _or_none(lambda: _newest(store.records()), errors) if owned is not None else None
    return InventoryStatus(
        is_new=owned is not None and store.is_new,
        owned=None if owned is None else len(owned.entries),
        last=last,
        error=errors[0] if errors else "",
    )


def _newest(records: FsspecRecords) -> Heading | None:
    runs = records.listed()
    if not runs:
        return None
    place, content = records.read(runs[0])
    return heading_of(content, place, runs[0])


def _or_none(read: Callable[[], T], errors: list[str]) -> T | None:
    """Return what is read; where that fails, None, with the reason among the errors."""
    try:
        return read()
    except InvalidInput as error:
        errors.append(error.problems[0].detail)
    except IgzApplyError as error:
        errors.append(str(error))
    return None
