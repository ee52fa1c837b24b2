"""`export`: live state as manifests."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from itertools import groupby
from pathlib import Path

import click

from igz_apply import workflow
from igz_apply.cli.commands import HelpfulCommand
from igz_apply.cli.completing import complete_addresses
from igz_apply.cli.newfiles import write_new
from igz_apply.cli.options import common_options, require_match_option
from igz_apply.cli.owning import open_inventory, owned_here
from igz_apply.cli.session import Session
from igz_apply.cli.settings import config_of
from igz_apply.cli.wiring import readable_cluster
from igz_apply.core.export import ExportedResource
from igz_apply.core.problems import errors_of
from igz_apply.core.rails import of_another_cluster
from igz_apply.core.resources import LiveState, Owned
from igz_apply.core.selection import Ground
from igz_apply.errors import InvalidInput, PlanRefused
from igz_apply.kinds import KINDS
from igz_apply.manifests.writer import to_yaml
from igz_apply.views.words import counted

_UNSAFE = re.compile(r"[^A-Za-z0-9._@+-]")


@click.command(
    cls=HelpfulCommand,
    examples=(
        "igz-apply export > everything.yaml",
        "igz-apply export --out-dir manifests --layout resource",
        "igz-apply export --only 'Project/*' --only Group",
    ),
)
@click.option(
    "--only", multiple=True, metavar="GLOB", shell_complete=complete_addresses, help="Only these. Repeatable."
)
@click.option("--out-dir", type=click.Path(file_okay=False), metavar="DIR", help="Write files there.  [default: print]")
@click.option(
    "--layout",
    type=click.Choice(["kind", "resource"]),
    default="kind",
    show_default=True,
    help="One file for each kind, or for each resource in a folder of its kind.",
)
@require_match_option
@common_options
@click.pass_obj
def export(session: Session, /, only: tuple[str, ...], out_dir: str | None, layout: str, require_match: bool) -> None:
    """Write live state as manifests, to adopt a cluster: a plan right after it is empty.

    What the server fills in is left out, and so are secrets, with a comment, and the platform's own accounts, groups
    and services, unless --only names them. Files that are already there are never touched.
    """
    config = config_of(session)
    with readable_cluster(session, config) as cluster:
        store, known = open_inventory(session, config)
        live = cluster.live()
        owned = owned_here(session, config, store, known, live)
        if strange := tuple(of_another_cluster(owned, live.caller)):
            raise PlanRefused(strange)
        live = cluster.confirmed(live, owned)
    if live.hidden:
        session.warn(f"not visible, and so not exported: {', '.join(map(str, live.hidden))}")
    for kind, why in live.partial.items():
        if _is_asked_for(kind, only):
            session.warn(f"perhaps not every {kind} is exported: {why}")
    _check(session, only, live, owned, is_strict=require_match)
    exported = workflow.export(live, only=only, known=owned.entries)
    if out_dir is None:
        if not exported:
            session.warn("There is nothing to export.")
        session.output.write(_text(exported))
        return
    if not exported:
        session.output.say(f"There is nothing to export, so nothing was written to {out_dir}.\n")
        return
    files = _by_kind(exported) if layout == "kind" else _by_resource(exported)
    write_new(Path(out_dir), {name: _text(resources) for name, resources in files.items()})
    session.output.say(f"Wrote {counted(len(exported), 'resource')} to {counted(len(files), 'file')} in {out_dir}.\n")


def _is_asked_for(kind: str, only: Sequence[str]) -> bool:
    return not only or any(fnmatchcase(kind, glob.partition("/")[0]) for glob in only)


def _check(session: Session, only: Sequence[str], live: LiveState, owned: Owned, *, is_strict: bool) -> None:
    """Warn of globs that select nothing, and raise InvalidInput where that can only be a mistake."""
    ground = Ground(KINDS, frozenset((*live.resources, *owned.entries)), is_strict)
    problems = tuple(ground.idle("--only", only, live.resources.keys(), "on the cluster"))
    if errors_of(problems):
        raise InvalidInput(problems)
    session.shown().problems(problems)


def _text(exported: Sequence[ExportedResource]) -> str:
    comments = {index: _comments(resource) for index, resource in enumerate(exported) if resource.left_out}
    return to_yaml([resource.document for resource in exported], comments)


def _comments(resource: ExportedResource) -> list[str]:
    return [
        f"{path} cannot be read back. To manage it: {path.rsplit('.')[-1]}: {{from_env: NAME}}"
        for path in resource.left_out
    ]


def _by_kind(exported: Sequence[ExportedResource]) -> Mapping[str, Sequence[ExportedResource]]:
    ordered = sorted(exported, key=lambda resource: resource.address)
    return {f"{kind}.yaml": list(found) for kind, found in groupby(ordered, key=lambda it: it.address.kind)}


def _by_resource(exported: Sequence[ExportedResource]) -> Mapping[str, Sequence[ExportedResource]]:
    files: dict[str, list[ExportedResource]] = {}
    for resource in exported:
        # Two names may become one file name; then they share the file.
        name = _UNSAFE.sub("_", resource.address.name).lstrip(".") or "_"
        files.setdefault(f"{resource.address.kind}/{name}.yaml", []).append(resource)
    return files
