"""Writes new files, and never over one that is there: what `init` and `export --out-dir` have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from igz_apply.errors import IgzApplyError, InvalidInput
from igz_apply.model.problems import Problem


def check_new(folder: Path, names: Iterable[str]) -> None:
    """Raise InvalidInput where any of the files is there already, naming each; also a link that leads nowhere."""
    taken = [folder / name for name in sorted(names) if (folder / name).exists() or (folder / name).is_symlink()]
    if taken:
        raise InvalidInput([_taken(path) for path in taken])


def write_new(folder: Path, files: Mapping[str, str]) -> None:
    """Write texts by their paths below the folder, whose parts are created.

    Raises InvalidInput before the first one when any is there already, naming each; IgzApplyError when one cannot be
    written, and then none is kept.
    """
    check_new(folder, files)
    written: list[Path] = []
    try:
        for name, text in sorted(files.items()):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            written.append(path)
            path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        for done in written:  # so that the same command again finds nothing in its way
            done.unlink(missing_ok=True)
        raise IgzApplyError(
            f"{path} cannot be written: {error.strerror or error}.",
            hint="Nothing that was written is kept. Mend that, and try again.",
        ) from error


def _taken(path: Path) -> Problem:
    hint = "Write elsewhere, or move this file away."
    return Problem("File exists", f"{path} is already there, so nothing was written.", hint)
