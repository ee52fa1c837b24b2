"""Where the manifests of rounds come from: a repository that git follows, or a folder that something else keeps."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from igz_apply.cli.followed_config import check_places, is_in, leading_out, said_from_inside, wrong
from igz_apply.cli.in_folder import InFolder
from igz_apply.cli.pins import ENDPOINT, HOOKS, pins_of
from igz_apply.cli.session import Session
from igz_apply.cli.settings import config_of
from igz_apply.errors import InvalidInput, RepositoryLost
from igz_apply.manifests.config import DEFAULT_PATH, Config, config_document
from igz_apply.manifests.telling import Telling
from igz_apply.model.addresses import Source
from igz_apply.model.checkout import SHORT, Checkout
from igz_apply.model.reconciling import Repository
from igz_apply.model.urls import embedded
from igz_apply.values import dataclass
from igz_apply.wording.printable import printable
from igz_apply.workflow.rounds import Followed

if TYPE_CHECKING:
    from igz_apply.local.git_addresses import Location

# What follows a repository is imported when there is one.

T = TypeVar("T")

_TRIES = 5  # to read a folder that changes meanwhile


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
        place = _stated_at(config, "repo") if not repo else None
        raise wrong(f"{given} leads to no repository: {error}.", "Write it as `git clone` takes it.", place) from None
    if where.has_password and given != "IGZ_REPO":
        hint = "Leave it to a credential helper of git, or set IGZ_REPO where this runs."
        place = _stated_at(config, "repo") if not repo else None
        raise wrong(f"A password stands in {given}, where others can read it.", hint, place)
    if why := fault_of_ref(wanted.ref):
        place = _stated_at(config, "ref") if wanted.ref == standard.ref else None
        raise wrong(f"{printable(wanted.ref)} cannot be followed: {why}.", "Name a branch or a tag.", place)
    if why := fault_of_path(wanted.path):
        place = _stated_at(config, "path") if wanted.path == os.path.normpath(standard.path or ".") else None
        hint = "Name a folder, as clusters/prod."
        raise wrong(f"The path {printable(wanted.path)} leads nowhere: {why}.", hint, place)
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
            place = _stated_at(config, "require_signed") if name.startswith("`") else None
            raise wrong(f"{name} is about a repository, and none is followed.", "Give --repo URL.", place)


def _stated_at(config: Config | None, key: str) -> Source | None:
    """Return where a config states a key of `reconcile`, None where it does not; what it says may hold a password."""
    document = config_document(config) if config is not None else None
    if config is None or document is None:
        return None
    for above in (("targets", config.target, "reconcile"), ("reconcile",)):
        part: Any = document.data
        for name in above:
            part = part.get(name, {})
        if key in part:
            return document.positions.key((*above, key))
    return None


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
            raise wrong(f"The folder of keys {keys} {inside}.", "Keep it where the repository does not reach.")
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
                raise wrong(detail, "Put one there, give --path FOLDER, or name one outside with --config.")
        config = config_of(session)
        document = config_document(config)
        assert document is not None, "it was read just now"
        if self.outside is None:
            top = self._repository.checkout
            if problems := [*said_from_inside(document), *leading_out(config, document, top)]:
                raise InvalidInput(problems)
            self._warn_of(session, config)
        check_places(session, config, document, self._repository.top)
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


def _reached_by(keys: Path, where: Location, cache: Path) -> str:
    """Return how whoever may push could put a key into the folder of keys; "": he cannot."""
    if is_in(keys, cache):
        return "is in the cache"
    place = where.url.removeprefix("file://")
    return "is in the repository that is followed" if Path(place).is_absolute() and is_in(keys, Path(place)) else ""


def _cache(environ: Mapping[str, str]) -> Path:
    """Return where copies of repositories lie. Raises InvalidInput where nobody says."""
    stated = environ.get("XDG_CACHE_HOME", "")
    if stated and Path(stated).is_absolute():
        return Path(os.path.normpath(stated)) / "igz-apply" / "repositories"
    try:
        return Path.home() / ".cache" / "igz-apply" / "repositories"
    except RuntimeError:
        raise wrong("There is no home folder to keep a copy of the repository in.", "Set XDG_CACHE_HOME.") from None
