"""Which platform a run is about: as somebody says, as endpoint or credentials tell, or as the server answers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

from igz_apply.authoring.manifest_rules import stranger
from igz_apply.cli.kind_names import is_named
from igz_apply.cli.platforms import (
    AUTO,
    NAMES,
    Choice,
    default_platform,
    every_platform,
    platform_named,
    platform_of,
)
from igz_apply.cli.session import Session
from igz_apply.cli.settings import config_of, connection_of
from igz_apply.errors import IgzApplyError, InvalidInput
from igz_apply.manifests.config import Config
from igz_apply.manifests.file_search import find
from igz_apply.model.problems import Problem
from igz_apply.model.resources import Document
from igz_apply.model.suggest import did_you_mean
from igz_apply.model.urls import embedded
from igz_apply.patterns import pattern
from igz_apply.planning.homes import address_of
from igz_apply.platform import Connection, Platform
from igz_apply.values import dataclass

_SAY_IT = "Say it by --platform, IGZ_PLATFORM or the target's `platform`"
_API_VERSION = pattern(rb"""^\s*"?apiVersion"?:\s*["']?([^\s"'#,]+)""", re.MULTILINE)
_MOST_FILES, _MOST_BYTES = 20, 4096  # that are looked into for the platform of a command that reads no manifests


def stated(session: Session, config: Config | None) -> Choice | None:
    """Return the platform that is stated, None where that is left to be found out. Raises InvalidInput."""
    places = (
        (session.global_flags.platform, "--platform says so"),
        (session.environ.get("IGZ_PLATFORM", ""), "IGZ_PLATFORM says so"),
        *([(config.platform or "", f"{config.path} says so")] if config is not None else []),
    )
    name, because = next((place for place in places if place[0]), (AUTO, ""))
    if name not in NAMES:
        hint = f"{did_you_mean(name, NAMES)} Set it to {', '.join(NAMES[:-1])} or {NAMES[-1]}.".strip()
        raise InvalidInput([Problem("Environment", f"IGZ_PLATFORM is {name!r}, which is no platform.", hint)])
    return None if name == AUTO else Choice(platform_named(name), because)


# A run with a cluster


def destination(session: Session, config: Config) -> Connection:
    """Return how to connect, once it is settled which platform that leads to.

    Raises InvalidInput where what is said contradicts itself, IgzApplyError where nobody can tell.
    """
    connection = connection_of(session, config)
    settle_at(session, config, connection)
    return connection


def settle_at(session: Session, config: Config, connection: Connection) -> None:
    """Settle which platform a connection leads to; raises as `destination` does.

    Where nothing is given that proves who one is, there is nothing to ask anybody for: no client opens then.
    """
    by_manifests = session.choice
    chosen = _leading_to(session, config, connection)
    if by_manifests is not None and chosen is not None and by_manifests.platform is not chosen.platform:
        raise InvalidInput([_contradiction(by_manifests, chosen)])
    if by_manifests is None and chosen is None:
        others = [each for each in every_platform() if each is not default_platform()]
        names = " or ".join(each.name for each in others)
        way = f"`platform: {names}` of the target" if session.suffix else f"--platform {names}"
        session.say(
            f"Nothing says which platform this is, so it is taken for an {default_platform().title}; for an "
            f"{' or '.join(each.title for each in others)}: {way}."
        )
    session.choice = chosen or by_manifests or Choice(default_platform(), "nothing says otherwise")
    _refuse_logins_of_others(session, session.choice)


def settle_as(session: Session, config: Config, chosen: Choice) -> None:
    """Settle the platform that is known for sure. Raises InvalidInput where manifests or options say another."""
    for other in (session.choice, stated(session, config)):
        if other is not None and other.platform is not chosen.platform:
            raise InvalidInput([_contradiction(other, chosen)])
    session.choice = chosen


def _refuse_logins_of_others(session: Session, chosen: Choice) -> None:
    """Raise InvalidInput for an option that says who logs in, and that this platform would not look at."""
    for name in sorted(set().union(*(each.logins for each in every_platform())) - chosen.platform.logins):
        if getattr(session.global_flags, name):
            option = f"--{name.replace('_', '-')}"
            detail = f"{option} says nothing to an {chosen.platform.title}, and that is what runs: {chosen.because}."
            raise InvalidInput(
                [Problem("Connection", detail, "Leave it out, or say which platform it is: --platform.")]
            )


def _leading_to(session: Session, config: Config, connection: Connection) -> Choice | None:
    said, emulated = stated(session, config), _emulated(connection)
    if emulated is not None:
        if said is not None and said.platform is not emulated.platform:
            word = said.platform.embedded
            detail = f"{emulated.because}, and this is to be an {said.platform.title}: {said.because}."
            raise InvalidInput([Problem("Connection", detail, f"Its own emulator is --endpoint {word}.")])
        return emulated
    return said or _proven(session, connection)


def _emulated(connection: Connection) -> Choice | None:
    """Return the platform whose emulator the endpoint names. Raises InvalidInput for an emulator of none."""
    found = embedded(connection.endpoint)
    if found is None:
        return None
    words = {each.embedded: each for each in every_platform() if each.embedded}
    if found[0] not in words:
        hint = f"There are {' and '.join(words)}."
        raise InvalidInput([Problem("Connection", f"No emulator is called {found[0]}.", hint)])
    platform = words[found[0]]
    return Choice(platform, f"{found[0]} is the emulator of an {platform.title}")


def _proven(session: Session, connection: Connection) -> Choice | None:
    """Return the platform by the credentials that are given; where they are of several, as the server answers."""
    given = [(each, found) for each in every_platform() if (found := each.credentials_in(connection, session.environ))]
    if len(given) == 1:
        platform, found = given[0]
        return Choice(platform, f"of credentials there is {found} alone")
    if not given:
        return None
    address = address_of(connection.endpoint)
    platform_there = _answering([platform for platform, _ in given], connection)
    if platform_there is not None:
        return Choice(platform_there, f"{address} answers as one")
    if session.choice is not None:
        return session.choice
    both = " and ".join(f"{found} ({platform.title})" for platform, found in given)
    raise IgzApplyError(
        f"It cannot be told which platform is at {address}: there are {both}, and it answers as neither.",
        hint=f"{_SAY_IT}, and check the address.",
    )


def _answering(candidates: Sequence[Platform], connection: Connection) -> Platform | None:
    """Return which of the candidates answers, None where nobody can tell."""
    left = list(candidates)
    for each in candidates:
        answer = each.answers(connection) if each.answers is not None else None
        if answer:
            return each
        if answer is False:
            left.remove(each)
    return left[0] if len(left) == 1 else None


# Manifests


@dataclass(frozen=True, slots=True)
class Unfit:
    """What is wrong with manifests of another platform."""

    problems: tuple[Problem, ...] = ()
    is_all: bool = False  # whether there is nothing else to check


def settle_by(session: Session, config: Config, documents: Sequence[Document]) -> Unfit:
    """Settle the platform by manifests where nothing has yet, and return what is wrong with those of another one."""
    first = _first_of_each(documents)
    chosen = session.choice or stated(session, config)
    if chosen is None and len(first) == 1:
        platform, document = next(iter(first.values()))
        chosen = Choice(platform, f"{document.source.path} is of {platform.kinds.api_version}")
    session.choice = chosen
    if len(first) > 1:
        return Unfit((_mixture([*first.values()]),), is_all=chosen is None)
    for platform, document in first.values():
        if chosen is not None and platform is not chosen.platform:
            strange = _of_another(platform, document, chosen), *_what_becomes_of(documents, chosen.platform)
            return Unfit(strange, is_all=True)
    return Unfit()


def _first_of_each(documents: Sequence[Document]) -> Mapping[str, tuple[Platform, Document]]:
    """Return the first document of each platform, by the platform's name."""
    versions: dict[str, Document] = {}
    for document in documents:
        data = document.data
        if isinstance(data, (dict, Mapping)) and isinstance(version := data.get("apiVersion"), str):
            versions.setdefault(version, document)
    known = ((platform_of(version), document) for version, document in versions.items())
    return {platform.name: (platform, document) for platform, document in known if platform is not None}


def _mixture(found: Sequence[tuple[Platform, Document]]) -> Problem:
    (platform, one), (other_platform, other) = found[:2]
    return Problem(
        "Another platform",
        f"{one.source} is for {platform.title} (apiVersion: {platform.kinds.api_version}), and this is for "
        f"{other_platform.title} (apiVersion: {other_platform.kinds.api_version}): one run is about one platform.",
        "Keep them in folders of their own, and let each target name its own under `manifests`.",
        source=other.positions.value(("apiVersion",)),
    )


def _of_another(platform: Platform, document: Document, chosen: Choice) -> Problem:
    there = chosen.platform
    return Problem(
        "Another platform",
        f"These manifests are for {platform.title} (apiVersion: {platform.kinds.api_version}), and the cluster is an "
        f"{there.title}: {chosen.because}.",
        f"Take the manifests or the target of the other one. To carry them over: `igz-apply explain KIND --platform "
        f"{there.name}` tells what they say there.",
        source=document.positions.value(("apiVersion",)),
    )


def _what_becomes_of(documents: Sequence[Document], platform: Platform) -> Iterator[Problem]:
    """Yield, for the first manifest of each kind, what the platform says of it."""
    from igz_apply.authoring.layering.layered import is_profile  # which most runs do without

    kinds: dict[str, Document] = {}
    for document in documents:
        if is_profile(document.data, platform.kinds):
            continue
        kinds.setdefault(str(document.data.get("kind") if isinstance(document.data, Mapping) else None), document)
    told = (stranger(document, platform.kinds) for document in kinds.values())
    return (problem for problem in told if problem is not None)


def _contradiction(by_manifests: Choice, chosen: Choice) -> Problem:
    return Problem(
        "Another platform",
        f"These manifests are for {by_manifests.platform.title}, as {by_manifests.because}, and the cluster is an "
        f"{chosen.platform.title}: {chosen.because}.",
        f"Take the manifests or the target of the other one. {_SAY_IT} if it is not so.",
    )


# Neither


def settle_for_words(session: Session, kind: str = "") -> None:
    """Settle the platform of what needs words alone: as is stated, else as the manifests here say, or as a kind does.

    It raises InvalidInput only for what the command line and the environment say.
    """
    if session.choice is not None:
        return
    try:
        config = config_of(session)
    except InvalidInput:
        config = None  # what is wrong with it is not this command's business
    manifests = config if config is not None else Config()
    session.choice = stated(session, config) or next(_by_glances(manifests), None) or _by_kind(kind)


def _by_glances(config: Config) -> Iterator[Choice]:
    """Yield the platforms of the first manifests that begin as such."""
    paths = [path for path in config.manifests if Path(path).exists()]
    for file in islice(find(paths, config.ignore).files, _MOST_FILES):
        try:
            with Path(file).open("rb") as stream:
                said = _API_VERSION.search(stream.read(_MOST_BYTES))
        except OSError:
            continue
        platform = platform_of(said[1].decode("utf-8", "replace")) if said else None
        if platform is not None:
            yield Choice(platform, f"{file} is of {platform.kinds.api_version}")


def _by_kind(name: str) -> Choice | None:
    """Return the one platform that has a kind which the default one lacks."""
    if not name or is_named(name, default_platform().kinds.names):
        return None
    others = [each for each in every_platform() if is_named(name, each.kinds.names)]
    return Choice(others[0], f"{name} is a kind of it alone") if len(others) == 1 else None
