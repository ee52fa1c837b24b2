"""`explain` and `schema`: what can be written in a manifest."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

import click

from igz_apply.authoring.field_docs import NoSuchField
from igz_apply.authoring.field_docs import explain as explained
from igz_apply.authoring.field_docs import lines as explanation_lines
from igz_apply.cli.command_help import HelpfulCommand
from igz_apply.cli.completion import complete_fields, complete_kinds
from igz_apply.cli.kind_names import kind_named
from igz_apply.cli.options import common_options
from igz_apply.cli.session import Session
from igz_apply.errors import InvalidInput
from igz_apply.manifests import schemas
from igz_apply.manifests.openapi import openapi
from igz_apply.model.catalogue import RULES, STAGES, Rule, rule_named
from igz_apply.model.problems import Problem
from igz_apply.platform import Platform
from igz_apply.views.tables import as_json


@click.command(
    cls=HelpfulCommand,
    examples=(
        "igz-apply explain                                # the kinds",
        "igz-apply explain User",
        "igz-apply explain AppService.spec.scale_to_zero",
        "igz-apply explain IGZ-304                        # what a problem means; `explain codes` lists them",
    ),
)
@click.argument("field", metavar="[KIND[.PATH] | CODE]", default="", shell_complete=complete_fields)
@common_options
@click.pass_obj
def explain(session: Session, /, field: str) -> None:
    """Show the documentation of a kind of resource, of one of its fields, or of the code that a problem ends with."""
    session.output.write("".join(f"{text}\n" for text in _told(session.platform, field)))


def _told(platform: Platform, field: str) -> list[str]:
    if not field:
        known = [(name, schema["description"]) for name, schema in platform.schemas.items()]
        width = max(len(name) for name, _ in known)
        return [*(f"{name:<{width}}  {text}" for name, text in known), "", "`igz-apply explain KIND` tells its fields."]
    if field == "codes":
        return [f"{rule.code}  {rule.summary}" for rule in sorted(RULES, key=lambda rule: rule.code)]
    if field.upper().startswith(_CODE):
        return _about_rule(_rule(field))
    return _about_field(platform, field)


_CODE = "IGZ-"


def _rule(code: str) -> Rule:
    rule = rule_named(code)
    if rule is None:
        detail = f"No rule has the code {code}."
        raise InvalidInput([Problem("Unknown code", detail, "`igz-apply explain codes` lists them.")])
    return rule


def _about_rule(rule: Rule) -> list[str]:
    weight = "error, or a warning that `severity` and --strict settle" if rule.warns else "error"
    facts = (("weight", weight), ("needs", rule.needs), ("told by", f"{rule.stage}, {STAGES[rule.stage]}"))
    return [
        f"{rule.code}  {rule.summary}",
        "",
        *(f"  {text}" for text in textwrap.wrap(rule.meaning, 100)),
        "",
        *(f"  {name + ':':<9}{value}" for name, value in facts),
    ]


def _about_field(platform: Platform, field: str) -> list[str]:
    name, _, path = field.partition(".")
    kind = kind_named(name, platform.kinds)
    try:
        found = explained(platform.schema_of(kind.name), kind, path)
    except NoSuchField as error:
        hint = f"Did you mean {error.near}?" if error.near else f"igz-apply explain {kind.name} lists its fields."
        raise InvalidInput([Problem("Unknown field", f"{error}.", hint)]) from error
    return explanation_lines(found)


@click.command(
    cls=HelpfulCommand,
    examples=(
        "igz-apply schema User > user.schema.json",
        "igz-apply schema > igz-apply.schema.json    # all kinds at once, for an editor",
        "igz-apply schema plan                       # also: config, inventory, events, access, refs",
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

    Besides the kinds there are `config`, `plan`, `inventory`, `events`, `access` and `refs`: the forms that igz-apply
    reads and writes.
    """
    if as_openapi and name is not None:
        raise click.UsageError("--openapi is about all kinds at once: leave KIND out.")
    session.output.write(as_json(openapi(session.platform) if as_openapi else _schema(session.platform, name)))


def _schema(platform: Platform, name: str | None) -> Mapping[str, Any]:
    if name is None:
        return schemas.manifest_schema(platform)
    if name in schemas.FORMS:
        return schemas.form_schema(name)
    return schemas.editor_schema(platform, kind_named(name, platform.kinds, others=schemas.FORMS).name)
