"""`export`: live state as manifests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

import click

from igz_apply import workflow
from igz_apply.authoring.exporting import ExportedResource
from igz_apply.authoring.layouts import LAYOUTS, files_of
from igz_apply.cli.command_help import HelpfulCommand
from igz_apply.cli.completion import complete_addresses
from igz_apply.cli.inventories import known_inventory, owned_here
from igz_apply.cli.manifest_paths import load_manifests
from igz_apply.cli.new_files import write_new
from igz_apply.cli.session import Session
from igz_apply.cli.settings import config_of
from igz_apply.cli.shared_options import (
    common_options,
    deadline_option,
    live_option,
    paths_argument,
    require_match_option,
)
from igz_apply.cli.wiring import readable_cluster, say_source
from igz_apply.errors import IgzApplyError, InvalidInput, PlanRefused
from igz_apply.manifests.config import Config
from igz_apply.manifests.loading import Loaded, checked
from igz_apply.manifests.reader import Reading, read_bytes
from igz_apply.manifests.writer import to_yaml
from igz_apply.model.problems import errors_of
from igz_apply.model.resources import LiveState, Owned
from igz_apply.planning.rails import of_another_cluster
from igz_apply.planning.selection import Ground
from igz_apply.platform import Platform
from igz_apply.wording.counting import counted


@click.command(
    cls=HelpfulCommand,
    examples=(
        "igz-apply export > everything.yaml",
        "igz-apply export --out-dir manifests --layout resource",
        "igz-apply export --undeclared --out-dir manifests/new --layout team",
        "igz-apply export --only 'Project/*' --only Group",
    ),
)
@paths_argument
@click.option(
    "--only", multiple=True, metavar="GLOB", shell_complete=complete_addresses, help="Only these. Repeatable."
)
@click.option(
    "--undeclared", is_flag=True, help="Only what the manifests (PATH, or those of the config) do not declare."
)
@click.option("--full", is_flag=True, help="State what the platform fills in by itself too, such as uid and gid.")
@click.option("--out-dir", type=click.Path(file_okay=False), metavar="DIR", help="Write files there.  [default: print]")
@click.option(
    "--layout",
    type=click.Choice(LAYOUTS),
    default="kind",
    show_default=True,
    help="One file for each kind, for each resource, or for each group with its users and what they own.",
)
@deadline_option
@require_match_option
@live_option
@common_options
@click.pass_obj
def export(
    session: Session,
    /,
    paths: tuple[str, ...],
    only: tuple[str, ...],
    undeclared: bool,
    full: bool,
    out_dir: str | None,
    layout: str,
    require_match: bool,
    deadline: float | None,
) -> None:
    """Write live state as manifests, to adopt a cluster: a plan right after it is empty.

    What the platform fills in is left out, and so are secrets, with a comment, and the platform's own accounts, groups
    and services, unless --only spells one. Files that are already there are never touched.
    """
    if paths and not undeclared:
        raise click.UsageError("PATH names the manifests that are there already: it goes with --undeclared.")
    config = config_of(session)
    beside = _beside(session, config, paths) if undeclared else None
    with readable_cluster(session, config, deadline=deadline) as cluster:
        store, known = known_inventory(session, config)
        live = cluster.live()
        owned = owned_here(session, config, store, known, live)
        if strange := tuple(of_another_cluster(owned, live.caller)):
            raise PlanRefused(strange)
        live = cluster.confirmed(live, owned)
    say_source(session)
    if live.hidden:
        session.warn(f"not visible, and so not exported: {', '.join(map(str, live.hidden))}")
    for kind, why in live.partial.items():
        if _is_asked_for(kind, only):
            session.warn(f"perhaps not every {kind} is exported: {why}")
    _check(session, only, live, owned, is_strict=require_match)
    exported = workflow.export(live, owned, only=only, beside=beside, full=full, platform=session.platform)
    for text in _not_told(exported):
        session.warn(text)
    version = live.caller.version
    if not exported.resources:
        _say_nothing(session, out_dir, undeclared=undeclared)
        return
    if out_dir is None:
        session.output.write(_checked(session.platform, {"export": exported.resources}, version)["export"])
        return
    folder = Path(out_dir)
    taken = _paths_in(folder) if undeclared else ()
    files = files_of(exported.resources, layout, exported.live, session.platform.kinds, taken)
    write_new(folder, _checked(session.platform, files, version))
    resources = counted(len(exported.resources), "resource")
    session.output.say(f"Wrote {resources} to {counted(len(files), 'file')} in {out_dir}.\n")


def _say_nothing(session: Session, out_dir: str | None, *, undeclared: bool) -> None:
    nothing = "Everything is declared already" if undeclared else "There is nothing to export"
    if out_dir is None:
        session.warn(f"{nothing}.")
    else:
        session.output.say(f"{nothing}, so nothing was written to {out_dir}.\n")


def _beside(session: Session, config: Config, paths: Sequence[str]) -> Loaded:
    """Return the manifests that are there already. Raises InvalidInput: nobody knows what broken ones declare."""
    loaded = load_manifests(session, config, paths)
    if errors_of(loaded.problems):
        raise InvalidInput(loaded.problems)
    return loaded


def _paths_in(folder: Path) -> Iterator[str]:
    """Yield what is below a folder: even a name that differs from one of these in case alone is avoided."""
    return (path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def _is_asked_for(kind: str, only: Sequence[str]) -> bool:
    return not only or any(fnmatchcase(kind, glob.partition("/")[0]) for glob in only)


def _check(session: Session, only: Sequence[str], live: LiveState, owned: Owned, *, is_strict: bool) -> None:
    """Warn of globs that select nothing, and raise InvalidInput where that can only be a mistake."""
    ground = Ground(session.platform.kinds, frozenset((*live.resources, *owned.entries)), is_strict)
    problems = tuple(ground.idle("--only", only, live.resources.keys(), "on the cluster"))
    if errors_of(problems):
        raise InvalidInput(problems)
    session.shown().problems(problems)


def _not_told(exported: workflow.Exported) -> Iterator[str]:
    """Say what lives and no manifest may state."""
    for address, why in exported.refused.items():
        yield f"{address} is not exported, since no manifest can declare it: {why}"
    for resource in exported.resources:
        for path, why in resource.refused:
            yield f"{path} of {resource.address} is left out, since no manifest may say it: {why}"
        if resource.hidden:
            paths = ", ".join(path for path, _ in resource.hidden)
            yield f"{resource.address} holds what may be a secret, which is not written and left as it is: {paths}"


def _checked(platform: Platform, files: Mapping[str, Sequence[ExportedResource]], version: str) -> Mapping[str, str]:
    """Return the text of each file. Raises IgzApplyError when it is not what `validate` accepts."""
    texts = {name: _text(resources) for name, resources in files.items()}
    read = [read_bytes(name, text.encode()) for name, text in texts.items()]
    documents = tuple(document for reading in read for document in reading.documents)
    faults = tuple(problem for reading in read for problem in reading.problems)
    if wrong := errors_of(checked(Reading(documents, faults, len(read)), platform, version=version).problems):
        raise IgzApplyError(
            f"Nothing was written: {wrong[0].source} would not be valid: {wrong[0].detail}",
            hint="This is a defect of igz-apply; please report it. Export the rest with --only.",
        )
    return texts


def _text(exported: Sequence[ExportedResource]) -> str:
    comments = {index: list(_comments(resource)) for index, resource in enumerate(exported)}
    return to_yaml([resource.document for resource in exported], comments)


def _comments(resource: ExportedResource) -> Iterator[str]:
    for path in resource.left_out:
        yield f"{path} cannot be read back. To manage it: {path.rsplit('.')[-1]}: {{from_env: NAME}}"
    for path, why in resource.refused:
        yield f"{path} is left out, since no manifest may say it: {' '.join(why.split())}"
    for path, how in resource.hidden:
        told = f" To manage it: {how}" if how else ""
        yield f"{path} holds what may be a secret: not written, and left as it is.{told}"
