"""What other packages offer, by the groups of their entry points. Nothing of theirs is imported until it is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from igz_apply.errors import InvalidInput
from igz_apply.model.problems import Problem


def entry_points_of(group: str) -> Mapping[str, EntryPoint]:
    """Return what the installed packages offer in a group, by name. Raises InvalidInput where two offer one name.

    One that is installed twice over, in two folders of the path, counts once.
    """
    found: dict[str, dict[str, EntryPoint]] = {}
    for point in entry_points(group=group):
        found.setdefault(point.name, {}).setdefault(package_of(point), point)
    problems = [_twice(group, name, tuple(points)) for name, points in sorted(found.items()) if len(points) > 1]
    if problems:
        raise InvalidInput(problems)
    return {name: next(iter(points.values())) for name, points in sorted(found.items())}


def package_of(point: EntryPoint) -> str:
    """Return the name of the package that an entry point comes from."""
    return point.dist.name if point.dist is not None else "an unknown package"


def loaded(point: EntryPoint) -> Any:
    """Return what an entry point names. Raises InvalidInput, with the package's name, where it cannot be imported."""
    try:
        return point.load()
    except Exception as error:  # another package's module may raise whatever it likes as it is imported
        what = f"{point.value}, the {point.group} {point.name!r} of {package_of(point)}"
        detail = f"{what}, cannot be imported: {_why(error)}."
        hint = f"Install another version of {package_of(point)}, or tell its authors."
        raise InvalidInput([Problem("Broken plug-in", detail, hint)]) from error


def _why(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".rstrip(". :")


def _twice(group: str, name: str, packages: tuple[str, ...]) -> Problem:
    detail = f"{' and '.join(sorted(packages))} both offer a {group} named {name!r}."
    return Problem("Plug-in offered twice", detail, "Uninstall one of them.")
