"""`migrate`: what one platform has, as manifests of another, with a report of what does not come along.

It holds nothing that writes to a cluster.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from igz_apply.cli.command_help import HelpfulCommand
from igz_apply.cli.completion import complete_targets
from igz_apply.cli.kept_files import check_kept, write_kept
from igz_apply.cli.migrating import NewEnd, OldEnd, check_ends, mapping_at, moved, new_end, old_end, texts_of
from igz_apply.cli.move_files import check_apart
from igz_apply.cli.new_files import check_new, write_new
from igz_apply.cli.session import Session
from igz_apply.cli.settings import config_of
from igz_apply.cli.shared_options import common_options, deadline_option, format_option, strict_option
from igz_apply.errors import INVALID, InvalidInput
from igz_apply.model.problems import Problem, errors_of
from igz_apply.planning.migration_account import problems_beside
from igz_apply.reports.atomic_files import spare_inventory, write_atomically
from igz_apply.views.tables import as_json
from igz_apply.wording.counting import counted

if TYPE_CHECKING:
    from igz_apply.model.migration import Migration

MARK = "# Written by igz-apply migrate:"
"""What the files begin with that it writes, and writes over; no version writes another one."""
_ADVICE = " edit the mapping and run it again, not this file."


@click.command(
    cls=HelpfulCommand,
    examples=(
        "igz-apply migrate old.json iguazio4                              # report what would become of everything",
        "igz-apply migrate prod new-prod --write-mapping mapping.yaml     # begin a mapping: what has to be said",
        "igz-apply migrate prod new-prod --mapping mapping.yaml --out-dir manifests --report move.html",
    ),
)
@click.argument("origin", metavar="FROM", shell_complete=complete_targets)
@click.argument("goal", metavar="TO", shell_complete=complete_targets)
@click.option(
    "--mapping",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="What becomes of names, policies and roles.  [default: all by the rules alone]",
)
@click.option("--out-dir", type=click.Path(file_okay=False), metavar="DIR", help="Write the manifests there.")
@click.option(
    "--report",
    "reports",
    multiple=True,
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="Write a report too; its suffix picks the form: md, html, json. Repeatable.",
)
@format_option("text", "json")
@click.option(
    "--write-mapping",
    "draft",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="Begin a mapping instead: what has to be said, as questions. Never over a file.",
)
@deadline_option
@strict_option
@common_options
@click.pass_obj
def migrate(
    session: Session,
    /,
    origin: str,
    goal: str,
    mapping: str | None,
    out_dir: str | None,
    reports: tuple[str, ...],
    form: str,
    draft: str | None,
    deadline: float | None,
) -> int:
    """Carry users, groups, projects and policies of FROM over to manifests for TO, and tell what becomes of each.

    FROM is a target of the config, a file that `snapshot` has written, or a file or folder of manifests. TO is a
    platform, such as iguazio4, or a target, whose policies are then looked up. Clusters are only read: what is written
    are manifests, with --out-dir, to be looked through, planned and applied.
    """
    if session.global_flags.endpoint or session.global_flags.platform:
        raise click.UsageError("migrate takes both sides as FROM and TO: leave --endpoint and --platform out.")
    if draft is not None and (mapping is not None or out_dir is not None or reports):
        raise click.UsageError("--write-mapping begins a mapping and does nothing else: give it alone.")
    config = config_of(session)
    check_ends(config, origin, goal)
    if session.global_flags.target and origin in config.targets:
        raise click.UsageError("--target says whose values count in manifests, and FROM is a target: leave it out.")
    check_apart(None if origin in config.targets else origin, mapping, out_dir, reports, draft)
    writers = [(Path(path), _writer_of(Path(path))) for path in reports]
    if out_dir is not None:
        _check_folder(Path(out_dir), origin)
    stated = mapping_at(mapping)
    if draft is not None:
        check_new(Path(draft).parent, (Path(draft).name,))  # before a cluster is read
    new = new_end(session, config, goal)
    old = old_end(session, config, origin, deadline)
    found = moved(old, stated, new)
    if draft is not None:
        return _begin(session, Path(draft), found, old, new)
    found = replace(found, problems=config.severities.settled(found.problems))
    texts = None
    if out_dir is not None and not errors_of(found.problems):
        texts = texts_of(found, new.platform)
        check_kept(Path(out_dir), texts, MARK)  # before a report is written
    session.shown().problems(found.problems if form == "json" else problems_beside(found))
    _show(session, form, found)
    for path, writer in writers:
        write_atomically(path, writer(found))
    if errors_of(found.problems):
        return INVALID
    if out_dir is not None and texts is not None:
        many = write_kept(Path(out_dir), texts, MARK, _ADVICE)
        session.say(f"Wrote {counted(many, 'file')} to {out_dir}. Nothing was sent to a cluster.")
    return 0


def _begin(session: Session, path: Path, found: Migration, old: OldEnd, new: NewEnd) -> int:
    """Write a mapping that asks what has to be said."""
    from igz_apply.manifests.mapping_draft import drafted, questions  # here, as this is done once in a move

    asked = questions(found, old.platform.kinds.membership)
    write_new(path.parent, {path.name: drafted(asked, found, new.destination)})
    needed = sum(each.is_needed for each in asked)
    more = f" {needed:,} of them {'has' if needed == 1 else 'have'} to be answered." if needed else ""
    session.output.say(f"Wrote {path}: {counted(len(asked), 'question')}, all of them commented out.{more}\n")
    return 0


def _show(session: Session, form: str, found: Migration) -> None:
    if form == "json":
        from igz_apply.reports.migration_json import migration_document  # each here, as a run shows one

        session.output.write(as_json(migration_document(found)))
        return
    from igz_apply.views.migration_text import migration_lines

    width = session.output.terminal.width if session.output.stream.isatty() else None
    session.output.show(migration_lines(found, width))


def _writer_of(path: Path) -> Callable[[Migration], bytes]:
    """Return what writes a report. Raises InvalidInput for a suffix that nobody knows, and for an inventory."""
    if path.suffix.lower() not in _WRITERS:
        detail = f"The suffix of a report picks its form; {path} cannot be written as one of a move."
        raise InvalidInput([Problem("Unknown form of report", detail, f"Known are {', '.join(_WRITERS)}.")])
    spare_inventory(path)
    return _WRITERS[path.suffix.lower()]


def _markdown(found: Migration) -> bytes:
    from igz_apply.reports.migration_markdown import migration_markdown

    return migration_markdown(found)


def _html(found: Migration) -> bytes:
    from igz_apply.reports.migration_html import migration_html

    return migration_html(found)


def _json(found: Migration) -> bytes:
    from igz_apply.reports.migration_json import migration_json

    return migration_json(found)


_WRITERS: Mapping[str, Callable[[Migration], bytes]] = {".md": _markdown, ".html": _html, ".json": _json}


def _check_folder(folder: Path, origin: str) -> None:
    """Raise UsageError where the new manifests would lie among the old ones, which are read again the next time."""
    old, new = Path(origin).resolve(), folder.resolve()
    if old.is_dir() and new.is_relative_to(old):
        raise click.UsageError(
            f"{folder} lies in {origin}, and a folder holds manifests of one platform: name another."
        )
