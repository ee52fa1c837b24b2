"""The two ends of a move, and what is said of it: FROM, TO and the mapping. Nothing here writes to a cluster."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from igz_apply.cli.manifest_paths import load_manifests
from igz_apply.cli.platform_choice import destination
from igz_apply.cli.platforms import AUTO, NAMES, platform_named
from igz_apply.cli.said_of import said_of
from igz_apply.cli.session import GlobalFlags, Session
from igz_apply.cli.settings import config_of
from igz_apply.cli.sides import session_at
from igz_apply.cli.snapshots import fitted
from igz_apply.cli.wiring import reachable, readable_cluster
from igz_apply.errors import IgzApplyError, InvalidInput
from igz_apply.manifests.config import Config
from igz_apply.manifests.loading import judged
from igz_apply.manifests.mapping_file import load_mapping
from igz_apply.manifests.writer import to_yaml
from igz_apply.model.migration import Destination, Migration, NameMapping, Origin
from igz_apply.model.problems import Problem, Severities, errors_of
from igz_apply.model.resources import Document, LiveState
from igz_apply.model.suggest import did_you_mean
from igz_apply.patterns import pattern
from igz_apply.planning.origins import origin_of_desired, origin_of_live
from igz_apply.planning.places import NOWHERE, SavedPositions
from igz_apply.platform import Platform
from igz_apply.snapshots.files import read_snapshot
from igz_apply.values import dataclass

_PLATFORMS = tuple(name for name in NAMES if name != AUTO)
_SNAPSHOT = pattern(rb'\s*\{\s*"digest"')
_SWITCHED_OFF = "Disabled owner"
_GLANCE = 4096  # bytes, within which a snapshot says that it is one


@dataclass(frozen=True, slots=True)
class OldEnd:
    """What is to be moved, and of which platform it is."""

    platform: Platform
    origin: Origin
    live: LiveState | None = None  # what lives, or a snapshot remembers; None: manifests declare it


@dataclass(frozen=True, slots=True)
class NewEnd:
    """Where it goes."""

    platform: Platform
    destination: Destination


def check_ends(config: Config, origin: str, goal: str) -> None:
    """Raise InvalidInput where one of the ends is nothing that could be one: nothing is read before that is known."""
    if origin not in config.targets and not Path(origin).exists():
        raise InvalidInput([_no_origin(origin, config)])
    if goal not in (*config.targets, *_PLATFORMS):
        raise InvalidInput([_no_destination(goal, config)])


def mapping_at(path: str | None) -> NameMapping:
    """Return what a mapping says, nothing where there is none. Raises InvalidInput for one that is broken."""
    if path is None:
        return NameMapping()
    mapping, problems = load_mapping(path)
    if errors_of(problems):
        raise InvalidInput(problems)
    return mapping


def old_end(session: Session, config: Config, name: str, deadline: float | None = None) -> OldEnd:
    """Return what a target has, what a snapshot remembers, or what manifests declare, whichever `name` says.

    It was looked at by `check_ends`. Raises InvalidInput where it is broken; what reading a cluster raises.
    """
    if name in config.targets:
        here = session_at(session, name)
        with said_of(name), readable_cluster(here, config_of(here), deadline=deadline) as cluster:
            live = cluster.live()
    elif _is_snapshot(Path(name)):
        here = Session(GlobalFlags(), {})
        snapshot = fitted(here, Config(), name, read_snapshot(Path(name)))
        if snapshot.is_sanitised:
            raise InvalidInput([_hashed(name)])
        live = snapshot.live
    else:
        return _declared(session, config, name)
    return OldEnd(here.platform, origin_of_live(live, here.platform.kinds, name), live)


def new_end(session: Session, config: Config, name: str) -> NewEnd:
    """Return a platform, or that of a target with what it has; a target wins over a platform of its name.

    It was looked at by `check_ends`. Raises what reading a cluster raises.
    """
    if name not in config.targets:
        return NewEnd(platform_named(name), Destination())
    here = session_at(session, name)
    with said_of(name):
        connection = destination(here, config_of(here))
    platform, policies = here.platform, None
    if platform.policies_at is not None:
        with said_of(name), reachable(platform, connection) as where:
            policies = platform.policies_at(where)
        if policies is None:
            session.warn(f"{name} does not show its policies to this login, so that those of the mapping are unchecked")
    return NewEnd(platform, Destination(name, policies))


def moved(old: OldEnd, mapping: NameMapping, new: NewEnd) -> Migration:
    """Carry one end over to the other. Raises InvalidInput where nothing leads from the one platform to the other."""
    move = new.platform.migrations.get(old.platform.kinds.api_version)
    if move is None:
        detail = f"{old.origin.where} is of {old.platform.title}, and nothing leads from there to {new.platform.title}."
        ways = [
            f"from {each.title} to {there.title}"
            for there in map(platform_named, _PLATFORMS)
            for each in map(platform_named, _PLATFORMS)
            if each.kinds.api_version in there.migrations
        ]
        is_back = old.platform.migrations.get(new.platform.kinds.api_version) is not None
        turn = "Say the old side first, then the new one. " if is_back else ""
        raise InvalidInput([Problem("No way over", detail, f"{turn}What there is: {', '.join(ways)}.")])
    return move(old.origin, mapping, new.destination)


def hindrances(migration: Migration, severities: Severities) -> tuple[Problem, ...]:
    """Return the errors with which the two sides cannot be held against each other.

    An owner who is switched off only hinders what is still to be written: after a move, that is a change to be told.
    """
    return tuple(each for each in errors_of(severities.settled(migration.problems)) if each.summary != _SWITCHED_OFF)


def texts_of(migration: Migration, platform: Platform) -> Mapping[str, str]:
    """Return the text of each file of manifests, "" for one without any. Raises IgzApplyError for one that is wrong."""
    # As data: that the reader reads the same from what the writer writes is the writer's own promise.
    nowhere = SavedPositions(NOWHERE)
    documents = [Document(NOWHERE, data, nowhere) for written in migration.documents.values() for data in written]
    _, problems = judged(documents, platform.kinds, platform.schemas)
    if wrong := errors_of(problems):
        raise IgzApplyError(
            f"Nothing was written: {wrong[0].address or 'what it makes'} would not be valid: {wrong[0].detail}",
            hint="This is a defect of igz-apply; please report it. Leave what it is about behind in the mapping.",
        )
    return {name: to_yaml(written) for name, written in migration.documents.items()}


def _declared(session: Session, config: Config, name: str) -> OldEnd:
    """Return what manifests declare; names that they do not declare are told by the move itself."""
    environ = {key: value for key, value in session.whole_environ.items() if key != "IGZ_PLATFORM"}
    here = Session(GlobalFlags(config=session.global_flags.config, target=session.target), environ)
    by_manifests = replace(config, platform=None, policies_on_plan=(), operations=(), reconciling=None)
    loaded = load_manifests(here, by_manifests, (name,))
    if errors_of(loaded.problems):
        raise InvalidInput(config.severities.settled(loaded.problems))
    return OldEnd(here.platform, origin_of_desired(loaded.desired, here.platform.kinds, name))


def _is_snapshot(path: Path) -> bool:
    with suppress(OSError):
        if path.is_file():
            with path.open("rb") as file:
                return _SNAPSHOT.match(file.read(_GLANCE)) is not None
    return False


def _hashed(name: str) -> Problem:
    detail = f"The names in {name} are hashes, so that nothing in it could be called anything elsewhere."
    return Problem("Hashed names", detail, "Take a snapshot without --sanitise.")


def _no_origin(name: str, config: Config) -> Problem:
    known = f"Targets are {', '.join(config.targets)}." if config.targets else "The config has no targets."
    hint = f"{did_you_mean(name, config.targets)} {known}".strip()
    return Problem("No such origin", f"{name} is neither a target nor a file or folder.", hint)


def _no_destination(name: str, config: Config) -> Problem:
    known = (*config.targets, *_PLATFORMS)
    hint = f"{did_you_mean(name, known)} There are {', '.join(known)}.".strip()
    return Problem("No such destination", f"{name} is neither a target nor a platform.", hint)
