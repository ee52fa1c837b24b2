"""Manifests in a folder that something else keeps, be it that it swaps or rewrites them meanwhile."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from igz_apply.cli.followed_config import check_places, wrong
from igz_apply.cli.session import Session
from igz_apply.cli.settings import config_of
from igz_apply.local.checkout import Stamp, checkout_of, is_at_work, stamp_of
from igz_apply.local.clock import SystemClock
from igz_apply.manifests.config import DEFAULT_PATH, STDIN, Config, config_document
from igz_apply.manifests.telling import Telling
from igz_apply.model.checkout import Checkout
from igz_apply.model.rounds import Revision
from igz_apply.model.urls import is_url
from igz_apply.workflow.rounds import Followed

_SWAPPED = "..data"  # the link in a mounted ConfigMap or Secret that Kubernetes moves to another folder


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
            raise wrong(detail, "Put it back. To reconcile without a config, start anew.")
        self._was_stated = document is not None
        if document is not None and _is_swapped(named.parent):
            check_places(session, config, document, Path(folder))
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
