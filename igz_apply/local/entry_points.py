"""What other packages offer, by the groups of their entry points. Nothing of theirs is imported until it is loaded."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from igz_apply.errors import InvalidInput
from igz_apply.model.problems import Problem

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

KINDS_OFFERED, REPORTS_OFFERED, SECRETS_OFFERED = ("igz_apply.kinds", "igz_apply.reports", "igz_apply.secrets")
OFFERED = (KINDS_OFFERED, REPORTS_OFFERED, SECRETS_OFFERED)
"""The groups that igz-apply looks into."""

# What the standard library reads them with takes 50 ms, and hardly any run has a plug-in: a glance comes first.


def entry_points_of(group: str) -> Mapping[str, EntryPoint]:
    """Return what the installed packages offer in a group, by name. Raises InvalidInput where two offer one name.

    One that is installed twice over, in two folders of the path, counts once.
    """
    if not is_offered(group):
        return {}
    from importlib.metadata import entry_points

    found: dict[str, dict[str, EntryPoint]] = {}
    for point in entry_points(group=group):
        found.setdefault(point.name, {}).setdefault(package_of(point), point)
    problems = [_twice(group, name, tuple(points)) for name, points in sorted(found.items()) if len(points) > 1]
    if problems:
        raise InvalidInput(problems)
    return {name: next(iter(points.values())) for name, points in sorted(found.items())}


def is_offered(group: str) -> bool:
    """Say at a glance whether any installed package may offer something in a group."""
    wanted = f"[{group}]".encode()
    return any(_may_offer(folder or ".", wanted) for folder in sys.path)


def _may_offer(folder: str, wanted: bytes) -> bool:
    try:
        return wanted in _stated_in(folder, Path(folder).stat().st_mtime_ns)
    except NotADirectoryError:
        return True  # an archive, which is not looked into here
    except OSError:
        return False


@lru_cache(maxsize=64)
def _stated_in(folder: str, changed: int) -> bytes:  # noqa: ARG001 - what is installed changes the folder's time
    """Return what all packages in a folder say that they offer."""
    with os.scandir(folder) as entries:
        packages = [entry.path for entry in entries if entry.name.endswith((".dist-info", ".egg-info"))]
    return b"\n".join(_stated(Path(package, "entry_points.txt")) for package in packages)


def _stated(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def package_of(point: EntryPoint) -> str:
    """Return the name of the package that an entry point comes from."""
    return point.dist.name if point.dist is not None else "an unknown package"


def version_of(point: EntryPoint) -> str:
    """Return the version of the package that an entry point comes from, "" where that is not known."""
    return point.dist.version if point.dist is not None else ""


def loaded(point: EntryPoint) -> Any:
    """Return what an entry point names. Raises InvalidInput, with the package's name, where it cannot be imported."""
    try:
        return point.load()
    except (Exception, SystemExit) as error:  # another package's module may do whatever it likes as it is imported
        what = f"{point.value}, the {point.group} {point.name!r} of {package_of(point)}"
        detail = f"{what}, cannot be imported: {_why(error)}."
        hint = f"Install another version of {package_of(point)}, or tell its authors."
        raise InvalidInput([Problem("Broken plug-in", detail, hint)]) from error


def _why(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".rstrip(". :")


def _twice(group: str, name: str, packages: tuple[str, ...]) -> Problem:
    detail = f"{' and '.join(sorted(packages))} both offer a {group} named {name!r}."
    return Problem("Plug-in offered twice", detail, "Uninstall one of them.")
