"""`drift --across`: what others have changed on the two sides of a move. It holds nothing that writes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from click import UsageError

from igz_apply.cli.migrating import NewEnd, OldEnd, hindrances, mapping_at, moved, new_end
from igz_apply.cli.plan_reading import drifted
from igz_apply.cli.proposal import PlanFlags
from igz_apply.cli.said_of import said_of
from igz_apply.cli.session import Session
from igz_apply.cli.settings import config_of
from igz_apply.cli.sides import session_at
from igz_apply.errors import CHANGES, InvalidInput
from igz_apply.manifests.config import Config
from igz_apply.model.migration import Migration, NameMapping
from igz_apply.model.resources import LiveState
from igz_apply.model.suggest import did_you_mean
from igz_apply.planning.across import Unseen, Watched, across, unseen_of
from igz_apply.planning.across_data import across_document
from igz_apply.planning.origins import origin_of_live
from igz_apply.planning.reverting import reverted
from igz_apply.platform import Platform
from igz_apply.views.across_text import across_lines
from igz_apply.views.tables import as_json

_OF_ONE = {"paths": "PATH", "only": "--only", "exclude": "--except"}


def drift_across(
    session: Session, sides: str, mapping: str | None, form: str, options: Mapping[str, Any], *, is_detailed: bool
) -> int:
    """Show the drift of OLD and NEW together, and return the exit code: CHANGES where there is any and it is asked for.

    Raises UsageError, InvalidInput where a side was never applied or cannot be carried over, and PlaneError.
    """
    config = config_of(session)
    old_name, new_name = _sides(session, config, sides, mapping, options)
    said = mapping_at(mapping)
    flags = PlanFlags(deadline=options["deadline"], prune=False, keeps_off=True, is_policed=False)
    old, old_platform, old_unseen = _watched(session, old_name, flags)
    new, _, new_unseen = _watched(session, new_name, flags)
    unseen = (old_unseen, new_unseen)
    end = new_end(session, config, new_name)
    move = _moved(old.live, old_platform, old_name, said, end)
    if errors := hindrances(move, config.severities):
        raise InvalidInput(errors)  # what it only warns of is told by migrate
    found = across(old, new, lambda state: _moved(state, old_platform, old_name, said, end))
    if form == "json":
        session.output.write(as_json(across_document(found, old_name, new_name, unseen)))
    else:
        width = session.output.terminal.width if session.output.stream.isatty() else None
        session.output.show(across_lines(found, old_name, new_name, unseen, width))
    return CHANGES if found and is_detailed else 0


def _sides(
    session: Session, config: Config, sides: str, mapping: str | None, options: Mapping[str, Any]
) -> tuple[str, str]:
    """Return both targets. Raises UsageError."""
    given = [said for name, said in _OF_ONE.items() if options[name]]
    flags = session.global_flags
    given += [f"--{name}" for name in ("target", "endpoint", "live") if getattr(flags, name)]
    if given:
        raise UsageError(f"--across is about two targets as the config has them: leave {', '.join(given)} out.")
    if mapping is None:
        raise UsageError("--across tells names of OLD as NEW has them: say by --mapping FILE how.")
    names = tuple(name.strip() for name in sides.split(","))
    if len(names) != len(_BOTH) or len(set(names)) != len(_BOTH):
        raise UsageError("--across takes two targets, as in --across old,new.")
    for name in names:
        if name not in config.targets:
            known = f"Targets are {', '.join(config.targets)}." if config.targets else "The config has no targets."
            raise UsageError(f"There is no target {name}. {did_you_mean(name, config.targets)} {known}")
    return names[0], names[1]


_BOTH = ("OLD", "NEW")


def _watched(session: Session, name: str, flags: PlanFlags) -> tuple[Watched, Platform, Unseen]:
    """Look at one side, and return what of it was not seen too.

    Raises InvalidInput where nothing was applied from its inventory yet.
    """
    here = session_at(session, name)
    with said_of(name):
        found = drifted(here, config_of(here), flags)
    found.require_inventory()
    kinds = here.platform.kinds
    before = reverted(found.live, found.resources, found.plan, kinds)
    return Watched(found.live, before, found.resources, kinds), here.platform, unseen_of(found.plan)


def _moved(state: LiveState, platform: Platform, name: str, said: NameMapping, end: NewEnd) -> Migration:
    return moved(OldEnd(platform, origin_of_live(state, platform.kinds, name), state), said, end)
