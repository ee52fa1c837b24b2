"""`init`: writes a new config repository."""

from __future__ import annotations

from pathlib import Path

import click

from igz_apply.cli.commands import HelpfulCommand
from igz_apply.cli.newfiles import write_new
from igz_apply.cli.options import common_options
from igz_apply.cli.session import Session
from igz_apply.manifests.scaffold import scaffold
from igz_apply.views.words import counted


@click.command(
    cls=HelpfulCommand,
    examples=("igz-apply init my-cluster", "cd my-cluster && igz-apply plan --target dev"),
)
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(file_okay=False))
@common_options
@click.pass_obj
def init(session: Session, /, folder: str) -> None:
    """Write a config repository: config, example manifests, CI workflows, editor settings.

    Files that are already there are never touched: then nothing is written at all.
    """
    base, files = Path(folder), scaffold()
    write_new(base, files)
    _tell(session, base, sorted(files))


def _tell(session: Session, base: Path, names: list[str]) -> None:
    listed = "".join(f"  {base / name}\n" for name in names)
    enter = f"cd {base} && " if base != Path() else ""
    session.output.write(
        f"Wrote {counted(len(names), 'file')}:\n{listed}\n"
        f"Next: {enter}igz-apply validate\n"
        f"      {enter}igz-apply plan --target dev\n"
    )
