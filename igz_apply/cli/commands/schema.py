"""`schema`: what can be written in a manifest, and what igz-apply writes, as JSON Schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from igz_apply.authoring.manifest_rules import PROFILE
from igz_apply.cli.command_help import HelpfulCommand
from igz_apply.cli.completion import complete_kinds
from igz_apply.cli.kind_names import is_named, kind_named
from igz_apply.cli.platform_choice import settle_for_words
from igz_apply.cli.session import Session
from igz_apply.cli.shared_options import common_options
from igz_apply.manifests import schemas
from igz_apply.manifests.openapi import openapi
from igz_apply.platform import Platform
from igz_apply.views.tables import as_json


@click.command(
    cls=HelpfulCommand,
    examples=(
        "igz-apply schema User > user.schema.json",
        "igz-apply schema > igz-apply.schema.json    # all kinds at once, for an editor",
        "igz-apply schema plan                       # what plan --format json and --out write",
        "igz-apply schema --openapi > igz-apply.openapi.json    # for overlays of kustomize",
    ),
)
@click.argument("name", metavar="[KIND]", required=False, shell_complete=complete_kinds)
@click.option(
    "--openapi", "as_openapi", is_flag=True, help="All kinds as kustomize's `openapi: {path: FILE}` wants them."
)
@common_options
@click.pass_obj
def schema(session: Session, /, name: str | None, as_openapi: bool) -> None:
    """Print the JSON Schema of a kind; of every kind, chosen by `kind`, when none is named.

    Besides the kinds there are `Profile`, `config`, `plan`, `inventory`, `events`, `run`, `snapshot`, `access`, `refs`,
    `hook`, `notification`, `rounds`, `targets`, `fleet`, `mapping`, `migration` and `across`: the forms that igz-apply
    reads and writes.
    """
    if as_openapi and name is not None:
        raise click.UsageError("--openapi is about all kinds at once: leave KIND out.")
    settle_for_words(session, name or "")
    session.output.write(as_json(openapi(session.platform) if as_openapi else _schema(session.platform, name)))


def _schema(platform: Platform, name: str | None) -> Mapping[str, Any]:
    if name is None:
        return schemas.manifest_schema(platform)
    if name in schemas.FORMS:
        return schemas.form_schema(name)
    if is_named(name, [PROFILE]):
        return schemas.editor_schema(platform, PROFILE)
    return schemas.editor_schema(platform, kind_named(name, platform.kinds, others=(PROFILE, *schemas.FORMS)).name)
