"""Edited files: made in memory from what lies on the disk, and written all or none."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from igz_apply.errors import IgzApplyError, InvalidInput
from igz_apply.local.files import Files, fill, replace_whole
from igz_apply.manifests.editing.documents import edited_file
from igz_apply.manifests.path_problems import unreadable
from igz_apply.model.addresses import Source
from igz_apply.model.edits import Edit
from igz_apply.model.problems import Problem, in_order

_WRITABLE = 0o222
_NOTHING_LOST = "Nothing was written."
_NEW = ".igz-apply-new"  # how the names of new files end, beside the old ones
_MOST_GUARDED = 64  # folders; each holds a descriptor


class EditedFile(NamedTuple):
    """A file before and after its edits."""

    path: str
    before: bytes
    after: bytes | None  # None: nothing is left in it, and it goes
    rank: int = 0  # those of a lower one are written first


def edited_files(edits: Sequence[Edit], files: Files) -> tuple[EditedFile, ...]:
    """Return the files that the edits are about, edited, by path; those that stay the same are left out.

    Paths that lead to one file are one, called by the first of them. What the last of the edits are about is written
    last. Raises InvalidInput with every place that cannot be edited.
    """
    names: dict[str, str] = {}
    for path in sorted({edit.document.path for edit in edits}):
        names.setdefault(os.path.realpath(path), path)
    by_file: dict[str, dict[Source, list[Edit]]] = {}
    ranks: dict[str, int] = {}
    for rank, edit in enumerate(edits):
        document = replace(edit.document, path=names[os.path.realpath(edit.document.path)])
        same = by_file.setdefault(document.path, {}).setdefault(document, [])
        if (there := edit._replace(document=document)) not in same:
            same.append(there)
        ranks[document.path] = rank
    found = [_edited(path, documents, ranks[path], files) for path, documents in sorted(by_file.items())]
    if problems := [problem for each in found if not isinstance(each, EditedFile) for problem in each]:
        raise InvalidInput(in_order(problems))
    return tuple(each for each in found if isinstance(each, EditedFile) and each.after != each.before)


def _edited(
    path: str, documents: Mapping[Source, Sequence[Edit]], rank: int, files: Files
) -> EditedFile | Sequence[Problem]:
    try:
        before = files.read(Path(path))
        return EditedFile(path, before, edited_file(path, before, documents), rank)
    except OSError as error:
        return [unreadable(path, error)]
    except InvalidInput as error:
        return error.problems


def contents(edited: Sequence[EditedFile]) -> Mapping[str, bytes | None]:
    """Return what the files hold after their edits, by their real paths."""
    return {os.path.realpath(each.path): each.after for each in edited}


def write_edited(edited: Sequence[EditedFile], files: Files) -> int:
    """Write all of the files, or none: each beside its old one first, then all put in place. Two runs take turns.

    Those that go are the last, so that a run which is killed midway takes nothing out before what names it. Returns how
    many new files such a run had left beside the old ones, which are cleared. Symbolic links are followed, and go with
    the file that they lead to; modes are kept.

    Raises InvalidInput for a file that has changed since it was read, or must not be written; IgzApplyError where the
    system refuses. Whatever stops it, what was put in place already is put back.
    """
    ordered = sorted(edited, key=lambda each: (each.after is None, each.rank, each.path))
    targets = [(Path(os.path.realpath(each.path)), each) for each in ordered]
    folders = sorted({target.parent for target, _ in targets})
    token = secrets.token_hex(4)
    new = {target: target.with_name(f".{target.name}.{token}{_NEW}") for target, _ in targets}
    with _alone(folders, files) as guarded:
        _refuse_changed(targets, files)
        left = sum(_cleared(folder, files) for folder in guarded)
        try:
            for target, each in targets:
                if each.after is not None:
                    with _told(each.path):
                        _write_beside(new[target], each.after, files.mode(target), files)
            _put_in_place(targets, new, files)
        finally:
            for path in new.values():
                with contextlib.suppress(OSError):
                    files.remove(path)
        for folder in folders:
            with contextlib.suppress(OSError):  # the files themselves are on the disk
                files.sync_folder(folder)
    return left


@contextmanager
def _alone(folders: Sequence[Path], files: Files) -> Iterator[Sequence[Path]]:
    """Keep other runs from writing in the folders; yields those of which that is sure."""
    guarded = []
    with contextlib.ExitStack() as held:
        for folder in folders[:_MOST_GUARDED]:
            with contextlib.suppress(OSError):  # not every file system can: then only what is read again tells
                if held.enter_context(files.guard(folder)):
                    guarded.append(folder)
        yield guarded


def _cleared(folder: Path, files: Files) -> int:
    """Remove what a run that was killed left beside its files, in a folder where no other run is writing."""
    cleared = 0
    with contextlib.suppress(OSError):
        for name in files.names(folder):
            if name.startswith(".") and name.endswith(_NEW):
                files.remove(folder / name)
                cleared += 1
    return cleared


@contextmanager
def _told(path: str) -> Iterator[None]:
    """Say of which file it is that the system refuses something."""
    try:
        yield
    except OSError as error:
        message = f"{path} cannot be written: {error.strerror or error}."
        raise IgzApplyError(message, hint=f"{_NOTHING_LOST} Mend that, and try again.") from error


def _write_beside(path: Path, content: bytes, mode: int, files: Files) -> None:
    fill(files.create(path, mode=mode, is_exclusive=True), content, files)
    files.change_mode(path, mode)


def _put_in_place(targets: Sequence[tuple[Path, EditedFile]], new: Mapping[Path, Path], files: Files) -> None:
    _refuse_changed(targets, files)
    modes = {target: files.mode(target) for target, _ in targets}
    done: list[tuple[Path, EditedFile]] = []
    links: dict[Path, str] = {}
    try:
        for target, each in targets:
            _refuse_changed([(target, each)], files)  # again: many files take a while
            done.append((target, each))
            with _told(each.path):
                if each.after is None:
                    links.update(_links(Path(each.path)))
                    files.remove(target)
                else:
                    files.replace(new[target], target)
        for link in links:
            with _told(str(link)):
                files.remove(link)
    except BaseException:
        for link, leads_to in links.items():
            with contextlib.suppress(OSError):
                link.symlink_to(leads_to)
        _put_back(done, new, modes, files)
        raise


def _links(path: Path) -> Iterator[tuple[Path, str]]:
    """Yield the links that lead from a path to a file, each with what it says."""
    while path.is_symlink():
        leads_to = os.readlink(path)  # noqa: PTH115 - as it is written
        yield path, leads_to
        path = path.parent / leads_to


def _put_back(
    done: Sequence[tuple[Path, EditedFile]], new: Mapping[Path, Path], modes: Mapping[Path, int], files: Files
) -> None:
    """Undo what was put in place, the last first. Raises IgzApplyError where the system refuses that too."""
    stuck = [each.path for target, each in reversed(done) if not _is_back(target, each, new[target], modes, files)]
    if stuck:
        message = f"{', '.join(sorted(stuck))} cannot be put back: edited, as not all of it could be written."
        raise IgzApplyError(message, hint="Look at git diff, and take it back or run the command again.")


def _is_back(target: Path, each: EditedFile, new: Path, modes: Mapping[Path, int], files: Files) -> bool:
    """Put one back, unless it was not reached, or somebody has changed it since; say whether that was possible."""
    try:
        if _is_in_place(target, each, files):
            beside = new.with_suffix(".igz-apply-old")
            replace_whole(target, each.before, new=beside, files=files, mode=modes[target])
    except OSError:
        return not _is_in_place(target, each, files)
    return True


def _is_in_place(target: Path, each: EditedFile, files: Files) -> bool:
    try:
        return files.read(target) == each.after
    except FileNotFoundError:
        return each.after is None
    except OSError:
        return False


def written(edited: Sequence[EditedFile], files: Files) -> Sequence[EditedFile]:
    """Return those that are on the disk as they are after their edits."""
    return [each for each in edited if _is_in_place(Path(each.path), each, files)]


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
