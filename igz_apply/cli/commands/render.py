"""`render`: the manifests as they count, all layers put together. It needs no cluster."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

import click

from igz_apply.authoring.layering.origins import Origin
from igz_apply.authoring.rendering import Rendered, path_text, rendered, stated_values
from igz_apply.cli.command_help import HelpfulCommand
from igz_apply.cli.completion import complete_addresses
from igz_apply.cli.manifest_paths import load_manifests
from igz_apply.cli.session import Session
from igz_apply.cli.settings import config_of
from igz_apply.cli.shared_options import common_options, forms_option
from igz_apply.errors import InvalidInput
from igz_apply.manifests.loading import Loaded
from igz_apply.manifests.writer import to_yaml
from igz_apply.model.addresses import globs_of
from igz_apply.model.kind import Kinds
from igz_apply.model.problems import errors_of
from igz_apply.model.resources import Path
from igz_apply.planning.selection import Ground
from igz_apply.views.tables import as_json
from igz_apply.wording.places import place_text


@click.command(
    cls=HelpfulCommand,
    examples=(
        "igz-apply render --target prod",
        "igz-apply render AppService/jupyter-ada --origins    # each value with the line that states it",
        "igz-apply render 'User/a*' Group -o json",
        "igz-apply render | igz-apply plan -                  # the same plan",
    ),
)
@click.argument("addresses", nargs=-1, metavar="[ADDRESS]...", shell_complete=complete_addresses)
@click.option("--origins", is_flag=True, help="Say of each value which line of which file states it.")
@forms_option("yaml", "json")
@common_options
@click.pass_obj
def render(session: Session, /, addresses: tuple[str, ...], origins: bool, output: str) -> None:
    """Print the manifests as they count: with defaults, patches, profiles and values put together. Offline.

    ADDRESS takes what --only does: User/ada, Group, 'User/a*'. What is printed loads as the same again. A value that
    may be a secret and stands in plain text is masked, and a manifest with a mask is refused by every command.
    """
    config = config_of(session)
    loaded = load_manifests(session, config, ())
    if errors_of(loaded.problems):
        raise InvalidInput(config.severities.settled(loaded.problems))
    found = list(_selected(loaded, addresses, session.platform.kinds))
    for each in found:
        if each.hidden:
            paths = ", ".join(map(path_text, each.hidden))
            session.warn(
                f"{each.address} holds what may be a secret, which is masked, so this cannot be planned: {paths}"
            )
    if output == "json":
        session.output.write(
            as_json({"format_version": 1, "resources": [_record(it, origins=origins) for it in found]})
        )
        return
    documents = [each.data for each in found]
    session.output.write(to_yaml(documents, notes=(lambda index, path: _note(found[index], path)) if origins else None))


def _selected(loaded: Loaded, addresses: Sequence[str], kinds: Kinds) -> Iterator[Rendered]:
    """Yield the manifests that are asked for. Raises InvalidInput for an ADDRESS that selects none."""
    known = loaded.desired.resources.keys()
    ground = Ground(kinds, frozenset(known), is_strict=True, where="that is declared")
    problems = [it for text in addresses for it in ground.idle("ADDRESS", [text], known, "in the manifests")]
    if problems:
        raise InvalidInput(problems)
    globs = globs_of(addresses, known)
    yield from (it for it in rendered(loaded.documents, kinds) if not addresses or globs.select(it.address))


def _note(of: Rendered, path: Path) -> str:
    return place_text(of.origin(path).source)


def _record(of: Rendered, *, origins: bool) -> dict[str, Any]:
    record: dict[str, Any] = {"address": str(of.address), "manifest": of.data}
    if origins:
        record["origins"] = {path_text(path): _origin(of.origin(path)) for path in stated_values(of.data)}
    return record


def _origin(origin: Origin) -> dict[str, Any]:
    """Return the place with the layer that it lies in; of a value or a member's fact its name, and what asks for it."""
    named = {"name": origin.name} if origin.name else {}
    via = {"via": asdict(origin.via.source)} if origin.via is not None else {}
    return {**asdict(origin.source), "layer": origin.layer, **named, **via}
