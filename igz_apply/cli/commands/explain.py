"""`explain`: what can be written in a manifest, and what a problem means."""

from __future__ import annotations

import textwrap

import click

from igz_apply.authoring.field_docs import NoSuchField
from igz_apply.authoring.field_docs import explain as explained
from igz_apply.authoring.field_docs import lines as explanation_lines
from igz_apply.authoring.manifest_rules import PROFILE
from igz_apply.cli.command_help import HelpfulCommand
from igz_apply.cli.completion import complete_fields
from igz_apply.cli.kind_names import is_named, kind_named
from igz_apply.cli.platform_choice import settle_for_words
from igz_apply.cli.session import Session
from igz_apply.cli.shared_options import common_options
from igz_apply.errors import InvalidInput
from igz_apply.manifests.schemas import profiles
from igz_apply.model.catalogue import RULES, STAGES, Rule, rule_named
from igz_apply.model.kind import Kind
from igz_apply.model.problems import Problem
from igz_apply.platform import Platform


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
    settle_for_words(session, field.partition(".")[0])
    session.output.write("".join(f"{text}\n" for text in _told(session.platform, field)))


def _told(platform: Platform, field: str) -> list[str]:
    if not field:
        known = [(name, schema["description"]) for name, schema in platform.schemas.items()]
        known.append((PROFILE, profiles(platform)["description"]))
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
    if is_named(name, [PROFILE]):
        kind, schema = Kind(PROFILE, ()), profiles(platform)
    else:
        kind = kind_named(name, platform.kinds, others=[PROFILE])
        schema = platform.schema_of(kind.name)
    try:
        found = explained(schema, kind, path)
    except NoSuchField as error:
        hint = f"Did you mean {error.near}?" if error.near else f"igz-apply explain {kind.name} lists its fields."
        raise InvalidInput([Problem("Unknown field", f"{error}.", hint)]) from error
    return explanation_lines(found)
