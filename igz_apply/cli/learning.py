"""`explain` and `schema`: what can be written in a manifest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from igz_apply import schemas
from igz_apply.cli.commands import HelpfulCommand
from igz_apply.cli.completing import complete_kinds
from igz_apply.cli.kinds import kind_named
from igz_apply.cli.options import common_options
from igz_apply.cli.session import Session
from igz_apply.core.explain import NoSuchField
from igz_apply.core.explain import explain as explained
from igz_apply.core.explain import lines as explanation_lines
from igz_apply.core.problems import Problem
from igz_apply.errors import InvalidInput
from igz_apply.views.tables import as_json


@click.command(
    cls=HelpfulCommand,
    examples=("igz-apply explain User", "igz-apply explain AppService.spec.scale_to_zero"),
)
@click.argument("field", metavar="KIND[.PATH]", shell_complete=complete_kinds)
@common_options
@click.pass_obj
def explain(session: Session, /, field: str) -> None:
    """Show the documentation of a kind of resource, or of one of its fields."""
    name, _, path = field.partition(".")
    kind = kind_named(name)
    try:
        found = explained(schemas.resource_schema(kind.name), kind, path)
    except NoSuchField as error:
        hint = f"Did you mean {error.near}?" if error.near else f"igz-apply explain {kind.name} lists its fields."
        raise InvalidInput([Problem("Unknown field", f"{error}.", hint)]) from error
    session.output.write("".join(f"{text}\n" for text in explanation_lines(found)))


@click.command(
    cls=HelpfulCommand,
    examples=(
        "igz-apply schema User > user.schema.json",
        "igz-apply schema > igz-apply.schema.json    # all kinds at once, for an editor",
        "igz-apply schema plan                       # also: config, inventory, events",
    ),
)
@click.argument("name", metavar="[KIND]", required=False, shell_complete=complete_kinds)
@common_options
@click.pass_obj
def schema(session: Session, /, name: str | None) -> None:
    """Print the JSON Schema of a kind; of every kind, chosen by `kind`, when none is named.

    Besides the kinds there are `config`, `plan`, `inventory` and `events`: the forms that igz-apply reads and writes.
    """
    session.output.write(as_json(_schema(name)))


def _schema(name: str | None) -> Mapping[str, Any]:
    if name is None:
        return schemas.manifest_schema()
    if name in schemas.FORMS:
        return schemas.form_schema(name)
    return schemas.resource_schema(kind_named(name, others=schemas.FORMS).name)
