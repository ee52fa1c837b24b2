"""Edited files: made in memory from what lies on the disk, and written all or none."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from igz_apply.errors import IgzApplyError, InvalidInput
from igz_apply.local.files import Files, fill, replace_whole
from igz_apply.manifests.editing.documents import edited_file
from igz_apply.manifests.file_search import unreadable
from igz_apply.model.addresses import Source
from igz_apply.model.edits import Edit
from igz_apply.model.problems import Problem, in_order

_WRITABLE = 0o222
_NOTHING_LOST = "Nothing was written."


class EditedFile(NamedTuple):
    """A file before and after its edits."""

    path: str
    before: bytes
    after: bytes | None  # None: nothing is left in it, and it goes


def edited_files(edits: Sequence[Edit], files: Files) -> tuple[EditedFile, ...]:
    """Return the files that the edits are about, edited, by path; those that stay the same are left out.

    Paths that lead to one file are one, called by the first of them. Raises InvalidInput with every place that cannot
    be edited.
    """
    names: dict[str, str] = {}
    for path in sorted({edit.document.path for edit in edits}):
        names.setdefault(os.path.realpath(path), path)
    by_file: dict[str, dict[Source, list[Edit]]] = {}
    for edit in edits:
        document = replace(edit.document, path=names[os.path.realpath(edit.document.path)])
        same = by_file.setdefault(document.path, {}).setdefault(document, [])
        if (there := edit._replace(document=document)) not in same:
            same.append(there)
    found = [_edited(path, documents, files) for path, documents in by_file.items()]
    if problems := [problem for each in found if not isinstance(each, EditedFile) for problem in each]:
        raise InvalidInput(in_order(problems))
    return tuple(each for each in found if isinstance(each, EditedFile) and each.after != each.before)


def _edited(path: str, documents: Mapping[Source, Sequence[Edit]], files: Files) -> EditedFile | Sequence[Problem]:
    try:
        before = files.read(Path(path))
        return EditedFile(path, before, edited_file(path, before, documents))
    except OSError as error:
        return [unreadable(path, error)]
    except InvalidInput as error:
        return error.problems


def contents(edited: Sequence[EditedFile]) -> Mapping[str, bytes | None]:
    """Return what the files hold after their edits, by their real paths."""
    return {os.path.realpath(each.path): each.after for each in edited}


def write_edited(edited: Sequence[EditedFile], files: Files) -> None:
    """Write all of the files, or none: each beside its old one first, then all put in place.

    Symbolic links are followed, and go with the file that they lead to; modes are kept. Raises InvalidInput for one
    that has changed since it was read, or must not be written; IgzApplyError where the system refuses. Whatever stops
    it, what was put in place already is put back.
    """
    targets = [(Path(os.path.realpath(each.path)), each) for each in edited]
    _refuse_changed(targets, files)
    new = {target: target.with_name(f".{target.name}.igz-apply-new") for target, _ in targets}
    try:
        for target, each in targets:
            if each.after is not None:
                _write_beside(new[target], each.after, files.mode(target), files)
        _refuse_changed(targets, files)
        _put_in_place(targets, new, files)
    except OSError as error:
        name = error.filename or "a file"
        raise IgzApplyError(
            f"{name} cannot be written: {error.strerror or error}.", hint=f"{_NOTHING_LOST} Mend that, and try again."
        ) from error
    finally:
        for path in new.values():
            with contextlib.suppress(OSError):
                files.remove(path)


def _write_beside(path: Path, content: bytes, mode: int, files: Files) -> None:
    with contextlib.suppress(FileNotFoundError):
        files.remove(path)  # left by a crash
    fill(files.create(path, mode=mode, is_exclusive=True), content, files)
    files.change_mode(path, mode)


def _put_in_place(targets: Sequence[tuple[Path, EditedFile]], new: Mapping[Path, Path], files: Files) -> None:
    modes = {target: files.mode(target) for target, _ in targets}
    done: list[tuple[Path, EditedFile]] = []
    links: dict[Path, str] = {}
    try:
        for target, each in targets:
            done.append((target, each))
            if each.after is None:
                links.update(_links(Path(each.path)))
                files.remove(target)
            else:
                files.replace(new[target], target)
        for link in links:
            files.remove(link)
    except BaseException:
        for link, leads_to in links.items():
            with contextlib.suppress(FileExistsError):
                link.symlink_to(leads_to)
        for target, each in done:
            beside = new[target].with_suffix(".igz-apply-old")
            replace_whole(target, each.before, new=beside, files=files, mode=modes[target])
        raise
    for folder in sorted({path.parent for path in (*(target for target, _ in targets), *links)}):
        files.sync_folder(folder)


def _links(path: Path) -> Iterator[tuple[Path, str]]:
    """Yield the links that lead from a path to a file, each with what it says."""
    while path.is_symlink():
        leads_to = os.readlink(path)  # noqa: PTH115 - as it is written
        yield path, leads_to
        path = path.parent / leads_to


def _refuse_changed(targets: Sequence[tuple[Path, EditedFile]], files: Files) -> None:
    problems = [problem for target, each in targets if (problem := _changed(target, each, files)) is not None]
    if problems:
        raise InvalidInput(problems)


def _changed(target: Path, each: EditedFile, files: Files) -> Problem | None:
    place = Source(each.path, 1, 1)
    try:
        if files.read(target) != each.before:
            detail = f"{each.path} is not what it was when this command read it."
            return Problem("Changed meanwhile", detail, f"{_NOTHING_LOST} Run the command again.", source=place)
        if not files.mode(target) & _WRITABLE:
            detail = f"{each.path} is read-only."
            return Problem("Not to be written", detail, f"{_NOTHING_LOST} chmod u+w it first.", source=place)
    except OSError as error:
        return unreadable(each.path, error)
    return None
