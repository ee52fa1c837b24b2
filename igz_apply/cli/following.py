"""Where the manifests of rounds come from: a repository that git follows, or a folder that something else keeps."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from igz_apply.cli.pins import ENDPOINT, HOOKS, inventory_place, pins_of
from igz_apply.cli.session import Session
from igz_apply.cli.settings import config_of
from igz_apply.errors import InvalidInput, RepositoryLost
from igz_apply.inventory import default_place
from igz_apply.inventory.places import local_path
from igz_apply.local.checkout import Stamp, checkout_of, is_at_work, stamp_of
from igz_apply.local.clock import SystemClock
from igz_apply.manifests.config import DEFAULT_PATH, STDIN, Config, config_document
from igz_apply.manifests.telling import Telling
from igz_apply.model.addresses import Source
from igz_apply.model.checkout import SHORT, Checkout
from igz_apply.model.problems import Problem
from igz_apply.model.reconciling import Repository
from igz_apply.model.rounds import Revision
from igz_apply.model.urls import embedded, is_url
from igz_apply.values import dataclass
from igz_apply.wording.printable import printable
from igz_apply.workflow.rounds import Followed

if TYPE_CHECKING:
    from igz_apply.local.git_addresses import Location
    from igz_apply.model.resources import Document

# What follows a repository is imported when there is one.

T = TypeVar("T")

_TRIES = 5  # to read a folder that changes meanwhile
_OUTSIDE_ONLY = ("repo", "ref", "path", "require_signed", "listen")  # of `reconcile`
_SWAPPED = "..data"  # the link in a mounted ConfigMap or Secret that Kubernetes moves to another folder


@dataclass(frozen=True, slots=True)
class RepositoryFlags:
    """What the command line says of the repository; "": nothing."""

    repo: str = ""
    ref: str = ""
    path: str = ""
    require_signed: str = ""


class Following(Protocol):
    """Where manifests come from, from round to round."""

    @property
    def is_remote(self) -> bool:
        """Whether what is followed lies elsewhere."""

    @property
    def outside(self) -> Config | None:
        """The config that counts, whatever is followed; None: it lies where the manifests do."""

    @property
    def telling(self) -> Telling | None:
        """How paths are told; None: as they are."""

    def place_of(self, path: str) -> str:
        """Return where the file lies that is told by a path."""

    def follow(self) -> Followed:
        """Return where they are in this round. Raises RepositoryLost, InvalidInput, Interrupted."""

    def config(self, session: Session, followed: Followed) -> Config:
        """Read the config of a round, with paths that stay what they are while it lasts. Raises InvalidInput."""

    def paths(self, followed: Followed, paths: Sequence[str]) -> tuple[str, ...]:
        """Return paths of the command line as they are to be read."""

    def checkout(self, followed: Followed, paths: Sequence[str]) -> Checkout | None:
        """Return which commit manifests are at; None: git is asked, or nobody knows."""

    def has_moved(self) -> bool:
        """Say whether what was handed out since `config` is not what one would find now."""

    def close(self) -> None:
        """Leave nothing behind."""


def steadily(following: Following, read: Callable[[], T]) -> T:
    """Read config and manifests, and again where they were swapped meanwhile: no round sees a part of two versions.

    Raises what `read` raises, and RepositoryLost where they are never the same for long enough.
    """
    for _ in range(_TRIES):
        found = _read_once(following, read)
        if found is not None:
            return found
    raise RepositoryLost(
        "The manifests changed each time that they were read.",
        hint="Let what keeps the folder put a new version beside it, and swap a link, or give --repo.",
    )


def _read_once(following: Following, read: Callable[[], T]) -> T | None:
    """Return what was read; None where it was swapped meanwhile. Raises what `read` raises, unless that may be why."""
    try:
        found = read()
    except (InvalidInput, OSError):
        if following.has_moved():
            return None
        raise
    return None if following.has_moved() else found


def following_of(session: Session, flags: RepositoryFlags, note: Callable[[str], object]) -> Following:
    """Return what is followed, as command line, environment, or else the config outside of it say.

    `note` is told what a person should know. Raises InvalidInput for what cannot be followed.
    """
    environ = session.environ
    repo = flags.repo or environ.get("IGZ_REPO", "")
    named = session.global_flags.config or environ.get("IGZ_CONFIG", "")
    config = config_of(session) if named or Path(DEFAULT_PATH).exists() else None
    stated = config.reconciling.repository if config is not None and config.reconciling is not None else None
    standard = stated or Repository("")
    if not repo and not standard.url:
        _require_repo(flags, environ, config, standard)
        return InFolder()
    if config is not None and not named and stated is None:
        note(f"{DEFAULT_PATH} here is not read: the one in the repository counts, unless --config names this one.")
        config = None
    from igz_apply.local.git_addresses import fault_of_path, fault_of_ref, location

    if flags.repo:
        given = "--repo"
    elif repo:
        given = "IGZ_REPO"
    else:
        given = f"`reconcile.repo` of {config.path if config is not None else ''}"
    folder = config.folder if config is not None and not repo else Path()
    wanted = Repository(
        url=repo or standard.url,
        ref=flags.ref or environ.get("IGZ_REF", "") or standard.ref,
        path=os.path.normpath(flags.path or environ.get("IGZ_REPO_PATH", "") or standard.path or "."),
        require_signed=flags.require_signed or environ.get("IGZ_REQUIRE_SIGNED", "") or _keys_of(config, standard),
    )
    try:
        where = location(wanted.url, folder)
    except ValueError as error:
        raise _wrong(f"{given} leads to no repository: {error}.", "Write it as `git clone` takes it.") from None
    if where.has_password and given != "IGZ_REPO":
        hint = "Leave it to a credential helper of git, or set IGZ_REPO where this runs."
        raise _wrong(f"A password stands in {given}, where others can read it.", hint)
    if why := fault_of_ref(wanted.ref):
        raise _wrong(f"{printable(wanted.ref)} cannot be followed: {why}.", "Name a branch or a tag.")
    if why := fault_of_path(wanted.path):
        raise _wrong(f"The path {printable(wanted.path)} leads nowhere: {why}.", "Name a folder, as clusters/prod.")
    if where.is_open and not wanted.require_signed:
        note("git:// is open to whoever stands in between, and nothing has to be signed: use https or ssh.")
    return InRepository(wanted, where, environ, config, note)


def _require_repo(
    flags: RepositoryFlags, environ: Mapping[str, str], config: Config | None, stated: Repository
) -> None:
    """Raise InvalidInput for what says nothing without a repository, or would be taken for a guard and is none."""
    given = {
        "--ref": flags.ref,
        "--path": flags.path,
        "--require-signed": flags.require_signed,
        "IGZ_REQUIRE_SIGNED": environ.get("IGZ_REQUIRE_SIGNED", ""),
        f"`reconcile.require_signed` of {config.path if config is not None else ''}": stated.require_signed,
    }
    for name, value in given.items():
        if value:
            raise _wrong(f"{name} is about a repository, and none is followed.", "Give --repo URL.")


def _keys_of(config: Config | None, stated: Repository) -> str:
    """Return the folder of keys that a config names, as a path from here."""
    if config is None or not stated.require_signed:
        return ""
    return os.path.normpath(config.folder / stated.require_signed)


class InRepository:
    """A branch or tag of a repository. The config is the one in it, unless there is one outside."""

    is_remote = True

    def __init__(
        self,
        wanted: Repository,
        where: Location,
        environ: Mapping[str, str],
        outside: Config | None,
        note: Callable[[str], object],
    ) -> None:
        """Follow what is `wanted`; `outside` is the config that counts, None for the one in the repository."""
        from igz_apply.local.git_repository import GitRepository

        self.outside = outside
        self.telling: Telling | None = None
        self._warned: set[str] = set()  # words of IGZ_PINNED
        self._note = note
        cache = _cache(environ)
        keys = Path(os.path.normpath(Path(wanted.require_signed).absolute())) if wanted.require_signed else None
        if keys is not None and (inside := _reached_by(keys, where, cache)):
            raise _wrong(f"The folder of keys {keys} {inside}.", "Keep it where the repository does not reach.")
        path = "" if wanted.path == os.curdir else wanted.path
        self._repository = GitRepository(where, wanted.ref, path, cache=cache, environ=environ, keys=keys)

    def follow(self) -> Followed:
        """Ask git."""
        found = self._repository.follow()
        for text in found.notes:
            self._note(text)
        self.telling = Telling(str(self._repository.checkout))
        return Followed(found.revision, str(found.folder))

    def config(self, session: Session, followed: Followed) -> Config:
        """Read the config that counts, and refuse what it may not say of itself, and places that do not last."""
        folder = Path(followed.folder)
        session.telling = self.telling
        if self.outside is not None:
            session.global_flags.config = self.outside.path
            session.manifests_in = folder
        else:
            session.global_flags.config = str(folder / DEFAULT_PATH)
            if not (folder / DEFAULT_PATH).is_file():
                detail = f"Commit {followed.revision.commit[:SHORT]} of {self._repository.place} has no {DEFAULT_PATH}."
                raise _wrong(detail, "Put one there, give --path FOLDER, or name one outside with --config.")
        config = config_of(session)
        document = config_document(config)
        assert document is not None, "it was read just now"
        if self.outside is None:
            top = self._repository.checkout
            if problems := [*_said_from_inside(document), *_leading_out(config, document, top)]:
                raise InvalidInput(problems)
            self._warn_of(session, config)
        _check_places(session, config, document, self._repository.top)
        return config

    def _warn_of(self, session: Session, config: Config) -> None:
        """Tell once what whoever may push decides over this machine, and could be kept from."""
        environ, pins = session.environ, pins_of(session.environ)
        endpoint = session.global_flags.endpoint or environ.get("IGZ_ENDPOINT") or environ.get("V3IO_API")
        said = {}
        if config.endpoint and not endpoint and embedded(config.endpoint) is None:
            said[ENDPOINT] = "where the credentials of this process are sent"
        if config.hooks and HOOKS not in pins and not environ.get("IGZ_HOOKS", "").strip():
            said[HOOKS] = "which programs run here"
        if said.keys() - self._warned:
            self._warned.update(said)
            what, words = " and ".join(said.values()), ",".join(said)
            who = f"Whoever may push to {self._repository.place}"
            self._note(f"{who} says {what}; with IGZ_PINNED={words} that is said here alone.")

    def place_of(self, path: str) -> str:
        """Return where it lies in the copy; the config outside lies where it says."""
        is_outside = self.outside is not None and self.outside.path == path
        return path if is_outside else self._repository.place_of(path)

    def paths(self, followed: Followed, paths: Sequence[str]) -> tuple[str, ...]:
        """Let them count from the folder."""
        return tuple(os.path.normpath(Path(followed.folder) / path) for path in paths)

    def checkout(self, followed: Followed, paths: Sequence[str]) -> Checkout | None:
        """Tell by the commit; where something comes from elsewhere, it is not all as it was committed."""
        found = self._repository.checkout_of(paths)
        return found or Checkout(followed.revision.commit, "", is_dirty=True)

    def has_moved(self) -> bool:
        """Say whether somebody was at the files."""
        return not self._repository.is_whole()

    def close(self) -> None:
        """Take away what was written out."""
        self._repository.close()


class InFolder:
    """A folder that something else keeps: a checkout, a mounted ConfigMap, what git-sync writes."""

    is_remote = False
    outside: Config | None = None
    telling: Telling | None = None

    def __init__(self) -> None:
        self._was_stated = False  # whether there was a config
        self._real: dict[str, str] = {}  # what was handed out for a path, as far as links are on the way
        self._paths: tuple[str, ...] = ()  # of the manifests, as far as they are known
        self._told: Mapping[str, Stamp | None] = {}  # of these paths, when `follow` asked git about them
        self._stamps: dict[str, Stamp | None] = {}  # of what is read in this round, from before it was

    def place_of(self, path: str) -> str:
        """Return the path itself."""
        return path

    def follow(self) -> Followed:
        """Ask the git that keeps it, if one does."""
        self._told = {path: stamp_of(Path(path)) for path in self._paths}
        found = checkout_of(self._paths)
        if found is None:
            return Followed()
        return Followed(Revision(found.commit, is_dirty=found.is_dirty), tree=found.tree)

    def config(self, session: Session, followed: Followed) -> Config:  # noqa: ARG002 - the protocol's signature
        """Read the config by where links lead now, and let what it names stay there."""
        self._real = {}
        named = Path(session.global_flags.config or session.environ.get("IGZ_CONFIG", "") or DEFAULT_PATH)
        self._stamps = {}
        folder = self._settled(str(named.parent))
        self._stamp(folder)
        if folder != str(named.parent) and named.exists():
            session.global_flags.config = str(Path(folder) / named.name)
        config = config_of(session)
        document = config_document(config)
        if document is None and self._was_stated:
            detail = f"{DEFAULT_PATH} is gone: what it protects, limits, pauses and freezes is not known any more."
            raise _wrong(detail, "Put it back. To reconcile without a config, start anew.")
        self._was_stated = document is not None
        if document is not None and _is_swapped(named.parent):
            _check_places(session, config, document, Path(folder))
        config = replace(config, manifests=tuple(map(self._settled, config.manifests)))
        self._paths = config.manifests
        self._stamp(*self._paths)
        return config

    def paths(self, followed: Followed, paths: Sequence[str]) -> tuple[str, ...]:  # noqa: ARG002 - as above
        """Let them stay where links lead now."""
        settled = tuple(map(self._settled, paths))
        self._paths = settled or self._paths
        self._stamp(*settled)
        return settled

    def checkout(self, followed: Followed, paths: Sequence[str]) -> Checkout | None:
        """Tell what `follow` found, or what is there by now."""
        if any(self._told.get(path) != self._stamps.get(path) for path in self._paths):
            return checkout_of(paths)
        revision = followed.revision
        return Checkout(revision.commit, followed.tree, revision.is_dirty) if revision.commit else None

    def has_moved(self) -> bool:
        """Say whether a link leads elsewhere by now, or git was at the files: it takes one away, and writes another."""
        if any(_led_to(path) != real for path, real in self._real.items()):
            return True
        now = SystemClock().utc().timestamp()
        return any(stamp_of(Path(path)) != stamp or is_at_work(Path(path), now) for path, stamp in self._stamps.items())

    def close(self) -> None:
        """Do nothing: it is somebody else's."""

    def _stamp(self, *paths: str) -> None:
        """Remember how it is before it is read."""
        self._stamps.update({path: stamp_of(Path(path)) for path in paths if path != STDIN and not is_url(path)})

    def _settled(self, path: str) -> str:
        """Return a path without links, or as it is where none is on the way."""
        if path == STDIN or is_url(path):
            return path
        real = _led_to(path)
        if real == os.path.abspath(path):  # noqa: PTH100 - links stay
            return path
        self._real[path] = real
        return real


def _led_to(path: str) -> str:
    """Return where a path leads now: for a folder that Kubernetes mounts, where all its files come from."""
    swapped = os.path.join(path, _SWAPPED)  # noqa: PTH118 - a text of many
    return os.path.realpath(swapped if os.path.islink(swapped) else path)  # noqa: PTH114


def _is_swapped(folder: Path) -> bool:
    """Say whether another folder may stand in the place of one any moment, and what was in it be gone."""
    return folder.is_symlink() or (folder / _SWAPPED).is_symlink()


def _reached_by(keys: Path, where: Location, cache: Path) -> str:
    """Return how whoever may push could put a key into the folder of keys; "": he cannot."""
    if _is_in(keys, cache):
        return "is in the cache"
    place = where.url.removeprefix("file://")
    return "is in the repository that is followed" if Path(place).is_absolute() and _is_in(keys, Path(place)) else ""


def _said_from_inside(document: Document) -> Iterator[Problem]:
    """Find what a config in a repository says of how that is followed: whoever may push could else let himself in."""
    targets: Mapping[str, Mapping[str, object]] = document.data.get("targets", {})
    parts: list[tuple[tuple[str, ...], Mapping[str, object]]] = [((), document.data)]
    parts += [(("targets", name), part) for name, part in targets.items()]
    for above, part in parts:
        stated = part.get("reconcile", {})
        assert isinstance(stated, Mapping), "the schema let nothing else through"
        for key in _OUTSIDE_ONLY:
            if key in stated:
                yield Problem(
                    "Said from inside",
                    f"`reconcile.{key}` stands in the repository that is followed, which cannot say that of itself.",
                    f"Give {_ways(key)} where igz-apply runs, or --config with a file outside. Take it out here.",
                    source=document.positions.key((*above, "reconcile", key)),
                )


def _leading_out(config: Config, document: Document, top: Path) -> Iterator[Problem]:
    """Find files of this machine that a config in a repository would have read, and quoted where they do not fit."""
    schemas = [
        str(each.folder / each.data["schema"])
        for each in config.policies_on_plan
        if isinstance(each.data["schema"], str)
    ]
    for key, paths in (
        ("manifests", config.manifests),
        ("policies", config.policies),
        ("policies_on_plan", schemas),
    ):
        for path in paths:
            if path != STDIN and not _is_in(Path(path), top):
                yield Problem(
                    "Said from inside",
                    f"`{key}` names {path}, which lies outside of the repository.",
                    "Name what the repository holds, or say it in a config outside, with --config.",
                    source=_place_of(document, config, key),
                )


def _ways(key: str) -> str:
    variable = {"path": "IGZ_REPO_PATH"}.get(key, f"IGZ_{key.upper()}")
    return f"--{key.replace('_', '-')}" + ("" if key == "listen" else f" or {variable}")


def _check_places(session: Session, config: Config, document: Document, top: Path) -> None:
    """Raise InvalidInput where what has to last would lie in a folder that the next commit replaces."""
    problems = []
    place = inventory_place(session.environ, config) or default_place(config.target)
    path = local_path(place)
    if path is not None and _is_in(path, top):
        problems.append(_thrown_away("The inventory", place, "IGZ_INVENTORY", _place_of(document, config, "inventory")))
    flags, environ = session.global_flags, session.environ
    endpoint = flags.endpoint or environ.get("IGZ_ENDPOINT") or environ.get("V3IO_API") or config.endpoint or ""
    if found := embedded(endpoint):
        file = found[1] or f".igz-apply/{found[0]}.db"
        if _is_in(Path(file), top):
            source = _place_of(document, config, "endpoint")
            problems.append(_thrown_away("The emulator's file", file, "IGZ_ENDPOINT", source))
    if problems:
        raise InvalidInput(problems)


def _thrown_away(what: str, place: str, variable: str, source: Source | None) -> Problem:
    detail = f"{what} {place} would lie in the copy of the commit, which goes when the next commit comes."
    hint = f"Set {variable}, or name a place that stays: a URL, or a full path outside."
    return Problem("Place that does not last", detail, hint, source=source)


def _place_of(document: Document, config: Config, key: str) -> Source | None:
    """Return where a config states an option, None where it does not."""
    data = document.data
    for above, part in (
        (("targets", config.target), data.get("targets", {}).get(config.target, {})),
        (("defaults",), data.get("defaults", {})),
        ((), data),
    ):
        if key in part:
            return document.positions.key((*above, key))
    return None


def _is_in(path: Path, folder: Path) -> bool:
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))


def _cache(environ: Mapping[str, str]) -> Path:
    """Return where copies of repositories lie. Raises InvalidInput where nobody says."""
    stated = environ.get("XDG_CACHE_HOME", "")
    if stated and Path(stated).is_absolute():
        return Path(os.path.normpath(stated)) / "igz-apply" / "repositories"
    try:
        return Path.home() / ".cache" / "igz-apply" / "repositories"
    except RuntimeError:
        raise _wrong("There is no home folder to keep a copy of the repository in.", "Set XDG_CACHE_HOME.") from None


def _wrong(detail: str, hint: str) -> InvalidInput:
    return InvalidInput([Problem("Repository settings", detail, hint)])
