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
        "igz-apply explain plugins                        # what other packages add",
    ),
)
@click.argument("field", metavar="[KIND[.PATH] | CODE]", default="", shell_complete=complete_fields)
@common_options
@click.pass_obj
def explain(session: Session, /, field: str) -> None:
    """Show the documentation of a kind of resource, of one of its fields, or of the code that a problem ends with."""
    if field.lower() == _PLUGINS:
        session.output.write("".join(f"{text}\n" for text in _plugins()))
        return
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
_PLUGINS = "plugins"


def _plugins() -> list[str]:
    """Return what other packages offer; none of it is loaded, so that what is broken is listed too."""
    from igz_apply.local.entry_points import OFFERED, entry_points_of, package_of, version_of

    found = [
        (group, name, f"{package_of(point)} {version_of(point)}".rstrip(), point.value)
        for group in OFFERED
        for name, point in entry_points_of(group).items()
    ]
    if not found:
        return [f"No installed package adds anything ({', '.join(OFFERED)})."]
    widths = [max(len(row[column]) for row in found) for column in range(3)]
    return ["  ".join((*map(str.ljust, row[:3], widths), row[3])) for row in found]


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
