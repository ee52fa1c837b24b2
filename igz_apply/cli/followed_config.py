"""What a config may not say of the repository or the folder that holds it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from igz_apply.cli.pins import endpoint_of, inventory_place
from igz_apply.cli.session import Session
from igz_apply.errors import InvalidInput
from igz_apply.inventory import default_place
from igz_apply.inventory.places import local_path
from igz_apply.manifests.config import STDIN, Config
from igz_apply.model.addresses import Source
from igz_apply.model.problems import Problem
from igz_apply.model.urls import embedded

if TYPE_CHECKING:
    from igz_apply.model.resources import Document

_OUTSIDE_ONLY = ("repo", "ref", "path", "require_signed", "listen")  # of `reconcile`


def said_from_inside(document: Document) -> Iterator[Problem]:
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


def leading_out(config: Config, document: Document, top: Path) -> Iterator[Problem]:
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
            if path != STDIN and not is_in(Path(path), top):
                yield Problem(
                    "Said from inside",
                    f"`{key}` names {path}, which lies outside of the repository.",
                    "Name what the repository holds, or say it in a config outside, with --config.",
                    source=_place_of(document, config, key),
                )


def _ways(key: str) -> str:
    variable = {"path": "IGZ_REPO_PATH"}.get(key, f"IGZ_{key.upper()}")
    return f"--{key.replace('_', '-')}" + ("" if key == "listen" else f" or {variable}")


def check_places(session: Session, config: Config, document: Document, top: Path) -> None:
    """Raise InvalidInput where what has to last would lie in a folder that the next commit replaces."""
    problems = []
    place = inventory_place(session.environ, config) or default_place(config.target)
    path = local_path(place)
    if path is not None and is_in(path, top):
        problems.append(_thrown_away("The inventory", place, "IGZ_INVENTORY", _place_of(document, config, "inventory")))
    if found := embedded(endpoint_of(session.environ, config, session.global_flags.endpoint)):
        file = found[1] or f".igz-apply/{found[0]}.db"
        if is_in(Path(file), top):
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


def is_in(path: Path, folder: Path) -> bool:
    """Say whether a path leads into a folder, links followed."""
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))


def wrong(detail: str, hint: str, source: Source | None = None) -> InvalidInput:
    """Return what is raised where settings of what is followed do not hold."""
    return InvalidInput([Problem("Repository settings", detail, hint, source=source, is_secret=True)])
