"""Edited manifests, from the edits in memory to the files: what `offboard` and `accept` have in common."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec

import click

from igz_apply.cli.manifest_paths import load_manifests
from igz_apply.cli.session import Session
from igz_apply.errors import Interrupted, InvalidInput
from igz_apply.local.files import Files
from igz_apply.manifests.config import STDIN, Config, edited_config
from igz_apply.manifests.defaults_search import is_defaults
from igz_apply.manifests.editing.files import EditedFile, contents, edited_files, write_edited, written
from igz_apply.manifests.editing.masking import Place, masked
from igz_apply.manifests.file_search import find
from igz_apply.manifests.loading import Loaded
from igz_apply.model.addresses import Address
from igz_apply.model.edits import Edit
from igz_apply.model.problems import Problem, errors_of
from igz_apply.model.secrecy import secret_paths
from igz_apply.values import dataclass
from igz_apply.views.diff_text import diff_lines
from igz_apply.views.lines import BLANK
from igz_apply.wording.counting import counted

P = ParamSpec("P")


def telling_if_interrupted(command: Callable[Concatenate[Session, P], None]) -> Callable[Concatenate[Session, P], None]:
    """Say, when somebody stops a command that edits manifests, what of that is on the disk."""

    @wraps(command)
    def told(session: Session, /, *args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(session, *args, **kwargs)
        except KeyboardInterrupt:
            raise _interrupted(session.writing) from None

    return told


def _interrupted(writing: Sequence[EditedFile]) -> Interrupted:
    done = len(written(writing, Files()))
    if not done:
        return Interrupted("Interrupted. Nothing was written.", hint="Run the same command again.")
    if done < len(writing):
        hint = "git diff shows which. Run the same command again for the rest, or take them back."
        return Interrupted(f"Interrupted. {done} of {counted(len(writing), 'file')} were written.", hint=hint)
    hint = "git diff shows the edits, and igz-apply plan what they change."
    return Interrupted(f"Interrupted. {counted(done, 'file')} {'was' if done == 1 else 'were'} edited.", hint=hint)


@dataclass(frozen=True, slots=True)
class EditedManifests:
    """The files after the edits, and what they declare then."""

    files: tuple[EditedFile, ...]
    loaded: Loaded


def refuse_standard_input(config: Config, paths: Sequence[str]) -> None:
    """Raise UsageError where manifests come from standard input: there is nothing to write them back to."""
    if STDIN in (paths or config.manifests):
        raise click.UsageError("Manifests from standard input (-) cannot be edited; name their files.")


def refuse_beyond(config: Config, paths: Sequence[str], edits: Sequence[Edit], hint: str) -> None:
    """Raise InvalidInput where paths were named, and an edit reaches manifests that these do not lead to.

    Nobody would have looked at those. The config is for all of them, defaults for all in their folder and below it.
    """
    layers = {
        edit.document.path: edit.document
        for edit in (edits if paths else ())
        if edit.document.path == config.path or is_defaults(Path(edit.document.path).name)
    }
    if not layers:
        return
    folders = [os.path.realpath(path) for path in paths if Path(path).is_dir()]
    everywhere = find((*config.manifests, *paths), config.ignore, str(config.folder)).defaults
    for path, document in sorted(layers.items()):
        real = os.path.realpath(path)
        read = [path, *(each for each in everywhere if os.path.realpath(each) == real)]
        if path == config.path or not all(_is_below(each, folders) for each in read):
            detail = f"What is to be edited in {path} is for manifests too that are not below {', '.join(paths)}."
            raise InvalidInput([Problem("Stated for many", detail, f"{hint} Nothing was written.", source=document)])


def _is_below(path: str, folders: Sequence[str]) -> bool:
    """Say whether a file lies, by the folder that it is found in, in one of the folders or below it."""
    return any(Path(os.path.realpath(Path(path).parent)).is_relative_to(folder) for folder in folders)


def edit_manifests(session: Session, config: Config, paths: Sequence[str], edits: Sequence[Edit]) -> EditedManifests:
    """Return the manifests after the edits; nothing is written yet.

    Raises InvalidInput where a text cannot be edited, or where the edited manifests are not valid.
    """
    files = edited_files(edits, Files())
    texts = contents(files)
    if content := texts.get(os.path.realpath(config.path)):
        config = edited_config(config, content)
    session.edited = texts
    after = load_manifests(session, config, paths, edited=texts)
    if faults := errors_of(after.problems):
        raise InvalidInput([*faults, _invalid()])
    return EditedManifests(files, after)


def refuse_others(
    session: Session, before: Loaded, after: Loaded, about: Collection[Address], specs: Mapping[Address, Any]
) -> None:
    """Raise InvalidInput where edits change what resources say that they are not `about`, or not as they were to.

    `specs` are what some of them are to say.
    """
    now = after.desired.resources
    strange = [address for address, spec in specs.items() if address not in now or now[address].spec != spec]
    if touched := sorted((*(changed(before, after) - frozenset(about)), *strange)):
        names = ", ".join(map(str, touched[:3])) + (f" and {len(touched) - 3} others" if len(touched) > 3 else "")
        detail = f"To edit this would change more of what {names} says than it should."
        hint = "State the values in the resource's own manifest first. Nothing was written."
        place = before.desired.resources[touched[0]].source if touched[0] in before.desired.resources else None
        session.edited = {}  # the place is in what lies on the disk
        raise InvalidInput([Problem("Cannot edit", detail, hint, source=place, address=touched[0])])


def _invalid() -> Problem:
    detail = "The manifests would not be valid after the edit, for the reasons above."
    return Problem("Invalid after the edit", detail, "Change the manifests by hand. Nothing was written.")


def changed(before: Loaded, after: Loaded) -> frozenset[Address]:
    """Return the addresses of which the manifests say something else, or nothing, or something new."""
    one, other = before.desired.resources, after.desired.resources
    differing = (
        address
        for address in one.keys() & other.keys()
        if one[address].spec != other[address].spec or one[address].lifecycle != other[address].lifecycle
    )
    return frozenset((*(one.keys() ^ other.keys()), *differing))


def show_diff(session: Session, before: Loaded, edited: EditedManifests) -> None:
    """Show what the edits do to the files; what may be a secret is hidden."""
    old, new = _secrets_of(before), _secrets_of(edited.loaded)
    for each in edited.files:
        real = os.path.realpath(each.path)
        after = masked(each.path, each.after, new.get(real, ())) if each.after is not None else None
        session.output.show(diff_lines(each.path, masked(each.path, each.before, old.get(real, ())), after))
    session.output.show([BLANK] if edited.files else ())


def _secrets_of(loaded: Loaded) -> Mapping[str, Collection[Place]]:
    """Return where what may be a secret is stated, by file: with layers its key may stand in another one."""
    found: dict[str, set[Place]] = {}
    for document in loaded.documents:
        for path in secret_paths(document.data):
            place = document.positions.value(path)
            found.setdefault(os.path.realpath(place.path), set()).add((place.line, place.column))
    return found


def write_manifests(session: Session, edited: EditedManifests, *, dry_run: bool) -> None:
    """Write the files, all or none, unless it is a dry run. Raises InvalidInput or IgzApplyError."""
    if not edited.files:
        session.say("There is nothing to edit.")
        return
    gone = sum(each.after is None for each in edited.files)
    kept = len(edited.files) - gone
    told = [f"{counted(kept, 'file')} edited"] if kept else []
    told += [f"{counted(gone, 'file')} deleted, with nothing left in it"] if gone else []
    said = " and ".join(told)
    if dry_run:
        session.say(f"Nothing was written (--dry-run). It would be: {said}.")
        return
    session.edited, session.writing = {}, edited.files
    left = write_edited(edited.files, Files())
    if left:
        session.warn(
            f"cleared {counted(left, 'file')} of a run that was killed while it wrote: git diff shows its edits."
        )
    session.say(f"{said[:1].upper()}{said[1:]}.")
