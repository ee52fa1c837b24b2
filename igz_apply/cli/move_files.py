"""The files that a move reads and writes: nothing that is read may be written over, and no two be one."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from igz_apply.cli.file_roles import SUMMARY, Named, met, reports_named
from igz_apply.errors import InvalidInput
from igz_apply.manifests.path_problems import SUFFIXES
from igz_apply.model.problems import Problem


def check_apart(
    origin: str | None, mapping: str | None, out_dir: str | None, reports: Sequence[str], draft: str | None
) -> None:
    """Raise InvalidInput where something would be written over what is read, or into it, or twice into one place.

    `origin` is None where it is no file or folder.
    """
    read = [Named(role, path) for role, path in (("FROM", origin), ("--mapping", mapping)) if path is not None]
    files = reports_named(reports)
    files += [Named("--write-mapping", draft)] if draft is not None else []
    folders = [Named("--out-dir", out_dir)] if out_dir is not None else []
    problems = [*met(files, (*read, *folders)), *_into(files, [*read[: origin is not None], *folders])]
    if problems:
        raise InvalidInput(problems)


def _into(files: Sequence[Named], folders: Sequence[Named]) -> Iterator[Problem]:
    """Tell of files that would be taken for manifests, as they would lie in a folder of manifests."""
    for each in files:
        within = Path(os.path.realpath(each.path))
        for folder in folders:
            if each.path.endswith(SUFFIXES) and within.parent.is_relative_to(os.path.realpath(folder.path)):
                detail = f"{each.role} {each.path} would lie in {folder.role} {folder.path}, and be read as a manifest."
                yield Problem(SUMMARY, detail, f"Name another folder after {each.role}.")
