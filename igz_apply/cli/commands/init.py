"""`init`: writes a new config repository."""

from __future__ import annotations

from pathlib import Path

import click

from igz_apply.cli.command_help import HelpfulCommand
from igz_apply.cli.new_files import write_new
from igz_apply.cli.platform_choice import stated
from igz_apply.cli.session import Session
from igz_apply.cli.shared_options import common_options
from igz_apply.manifests.origin import installed_from
from igz_apply.manifests.scaffold import scaffold, unsettled
from igz_apply.wording.counting import counted

# What any repository may have already, without which ours works: name -> what its owner has to do about it.
_KEPT = {"README.md": "", ".gitignore": " (add .igz-apply/ to it, and the saved plans that you make)"}


@click.command(
    cls=HelpfulCommand,
    examples=("igz-apply init my-cluster", "cd my-cluster && igz-apply plan --target dev"),
)
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(file_okay=False))
@common_options
@click.pass_obj
def init(session: Session, /, folder: str) -> None:
    """Write a config repository: config, example manifests, CI workflows, editor settings.

    Files that are already there are never touched: README.md and .gitignore, which most repositories have, are kept as
    they are; for any other, nothing is written at all.
    """
    session.choice = stated(session, None)
    base, files = Path(folder), scaffold(session.platform, installed_from())
    kept = [name for name in _KEPT if (base / name).exists()]
    written = {name: text for name, text in files.items() if name not in kept}
    write_new(base, written)
    _tell(session, base, sorted(written), kept, unsettled(written))


def _tell(session: Session, base: Path, names: list[str], kept: list[str], to_edit: list[str]) -> None:
    listed = "".join(f"  {base / name}\n" for name in names)
    spared = "".join(f"  {base / name}{_KEPT[name]}\n" for name in kept)
    enter = f"cd {base} && " if base != Path() else ""
    session.output.say(
        f"Wrote {counted(len(names), 'file')}:\n{listed}\n"
        + (f"Kept as {'it is' if len(kept) == 1 else 'they are'}:\n{spared}\n" if kept else "")
        + f"Next: {enter}igz-apply validate\n"
        f"      {enter}igz-apply plan --target dev\n"
        + (f"      say where CI installs igz-apply from (EDIT): {', '.join(to_edit)}\n" if to_edit else "")
    )
