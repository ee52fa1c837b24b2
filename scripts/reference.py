"""Writes docs/reference/ from the schemas, the kinds' tables and the commands' own help.

`python scripts/reference.py` writes the pages; a test holds that those in the repository are what it would write.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import yaml

from igz_apply.authoring.field_docs import Explanation, explain
from igz_apply.authoring.schema_paths import properties, resolved
from igz_apply.cli.command_help import SECTIONS, CommonOption, HelpfulCommand, HelpfulGroup
from igz_apply.cli.main import root
from igz_apply.iguazio3.platform import IGUAZIO3
from igz_apply.iguazio4.platform import IGUAZIO4
from igz_apply.manifests import schemas
from igz_apply.model.catalogue import RULES, STAGES, Rule
from igz_apply.model.kind import Kind
from igz_apply.platform import Platform

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "reference"
_SOURCE = "<!-- Written by scripts/reference.py; `make docs` writes it anew. -->"
_PLATFORMS = {"": IGUAZIO3, "iguazio4/": IGUAZIO4}  # where the pages of its kinds lie
_TABLE = "| field | type | meaning |\n| --- | --- | --- |"
_ABOUT_COMMANDS = """\
`igz-apply COMMAND [OPTIONS] [PATH]...`; without PATH, the config's `manifests`, else `manifests/`. The options of
connection, target and verbosity stand before or after the command. [The command line](../cli.md) tells more."""
_ABOUT_FORMATS = """\
The JSON that igz-apply writes. `igz-apply schema NAME` prints each JSON Schema. In every form new keys may come; those
that are here keep their meaning."""
_ABOUT_RULES = """\
Every problem that igz-apply tells belongs to a rule, and ends with the code of it: `[IGZ-304]`. Codes are stable.
`igz-apply explain IGZ-304` tells what stands here. A rule is told by the earliest command that can know:"""
_RULE_COLUMNS = "| code | rule | needs to know | told by | weight | meaning |\n| --- | --- | --- | --- | --- | --- |"
_DOCUMENTS = {
    "Saved plan": "plan",
    "Events of apply": "events",
    "Inventory": "inventory",
    "Record of a run": "run",
    "Snapshot": "snapshot",
    "Access": "access",
    "References": "refs",
    "Targets": "targets",
    "What hooks get": "hook",
    "Notification": "notification",
    "Several targets": "fleet",
    "A move to another platform": "migration",
    "Drift of both sides of a move": "across",
}


def pages() -> Mapping[str, str]:
    """Return every page of the reference: path below its folder -> text."""
    found = {
        f"{folder}{_file_name(kind.name)}.md": _kind_page(platform, kind)
        for folder, platform in _PLATFORMS.items()
        for kind in platform.kinds
    }
    return {
        **found,
        "commands.md": _commands_page(),
        "config.md": _config_page(),
        "formats.md": _formats_page(),
        "mapping.md": _mapping_page(),
        "rules.md": _rules_page(),
    }


def _file_name(kind: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", kind).lower()


def _page(title: str, parts: Iterable[str]) -> str:
    return "\n\n".join([_SOURCE, f"# {title}", *(part for part in parts if part)]) + "\n"


# Kinds


def _kind_page(platform: Platform, kind: Kind) -> str:
    schema = platform.schema_of(kind.name)
    example = yaml.safe_dump(schema["examples"][0], sort_keys=False, default_flow_style=None)
    parts = [schema["description"], f"```yaml\n{example}```"]
    for name, title in (("metadata", "Metadata"), ("spec", "Spec"), ("lifecycle", "Lifecycle")):
        parts.append(f"## {title}\n\n{schema['properties'][name].get('description', '')}")
        parts.append(_field_table(schema, kind, name))
    return _page(kind.name if platform is IGUAZIO3 else f"{kind.name} on {platform.title}", parts)


def _field_table(schema: Mapping[str, Any], kind: Kind, start: str) -> str:
    """Return a row for every field below `start`, under its dotted path from there ("": from the top)."""
    rows = (_row(path.removeprefix(f"{start}."), found) for path, found in _below(schema, kind, start))
    return "\n".join([_TABLE, *rows])


def _below(schema: Mapping[str, Any], kind: Kind, path: str) -> Iterator[tuple[str, Explanation]]:
    for child in explain(schema, kind, path).children:
        below = f"{path}.{child.name}" if path else child.name
        yield below, explain(schema, kind, below)
        yield from _below(schema, kind, below)


def _row(path: str, found: Explanation) -> str:
    notes = [
        ("Known: " if found.is_open else "One of: ") + ", ".join(map(_code, found.values)) if found.values else "",
        f"Default: {_code(found.default)}" if found.default else "",
        f"Names a {found.refers_to}." if found.refers_to else "",
        f"Since {found.since}." if found.since else "",
        "Required." if found.required else "",
        "Immutable." if found.immutable else "",
        "Write-only: never read back, never shown." if found.write_only else "",
        f"Example: {_code(found.example)}" if found.example else "",
    ]
    return _cells(_code(path), found.type, "<br>".join(filter(None, [found.description, *notes])))


# Config and file formats


def _config_page() -> str:
    schema = schemas.config_schema()
    target = {**schema["$defs"]["target"], "$defs": schema["$defs"]}
    example = yaml.safe_dump(schema["examples"][0], sort_keys=False, default_flow_style=None)
    return _page(
        "Config",
        [
            f"`igz-apply.yaml`. {schema['description']}",
            f"```yaml\n{example}```",
            "## The file",
            _field_table(schema, _document("Config"), ""),
            "## A target",
            _field_table(target, _document("Target"), ""),
        ],
    )


def _mapping_page() -> str:
    schema = schemas.form_schema("mapping")
    example = yaml.safe_dump(schema["examples"][0], sort_keys=False, default_flow_style=None)
    parts = [schema["description"], f"```yaml\n{example}```", _field_table(schema, _document("Mapping"), "")]
    return _page("mapping.yaml", parts)


def _formats_page() -> str:
    parts = [_ABOUT_FORMATS]
    for title, name in _DOCUMENTS.items():
        schema = schemas.form_schema(name)
        parts += [f"## {title}", f"`igz-apply schema {name}`. {schema['description']}", _keys(schema, schema)]
        for key, found in schema["$defs"].items():
            if table := _keys(schema, found):
                parts += [f"### `{name}`: {key}", str(found.get("description", "")), table]
    return _page("File formats", parts)


def _rules_page() -> str:
    stages = "\n".join(f"- **{stage}**: {text}" for stage, text in STAGES.items())
    return _page("The rules", [_ABOUT_RULES, stages, _RULE_COLUMNS + "\n" + "\n".join(map(_rule_row, RULES))])


def _rule_row(rule: Rule) -> str:
    weight = "error or warning" if rule.warns else "error"
    return _cells(
        f'<a id="{rule.code.lower()}"></a>{rule.code}', rule.summary, rule.needs, rule.stage, weight, rule.meaning
    )


def _keys(schema: Mapping[str, Any], found: Mapping[str, Any]) -> str:
    rows = [
        _cells(_code(name), _types(resolved(schema, each)), str(resolved(schema, each).get("description", "")))
        for name, each in properties(schema, found).items()
    ]
    return "\n".join(["| key | type | meaning |\n| --- | --- | --- |", *rows]) if rows else ""


def _types(schema: Mapping[str, Any]) -> str:
    if values := schema.get("enum", [schema["const"]] if "const" in schema else []):
        return " or ".join(_code(str(value)) for value in values)
    stated = schema.get("type", "")
    return stated if isinstance(stated, str) else " or ".join(stated)


def _document(name: str) -> Kind:
    """Return what `explain` needs to know of a document that is no kind: a name, and no fields of its own."""
    return Kind(name, ())


# Commands


def _commands_page() -> str:
    context = click.Context(root, info_name="igz-apply", max_content_width=100)
    parts = [
        _ABOUT_COMMANDS,
        "## Connection, target and verbosity",
        _options(root, context, are_common=True),
    ]
    for title, entries in SECTIONS.items():
        parts.append(f"## {title}")
        for entry in entries:
            command = root.get_command(context, entry.name)
            assert command is not None, f"{entry.name} is in the table of commands"
            parts.extend(_command(command, click.Context(command, parent=context, info_name=entry.name)))
    return _page("Commands", parts)


def _command(command: click.Command, context: click.Context) -> Iterator[str]:
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    yield f"### `{context.command_path}`"
    yield f"```text\n{usage}\n```"
    yield _unwrapped(command.help or "")
    yield _options(command, context, are_common=False)
    if isinstance(command, HelpfulCommand | HelpfulGroup) and command.examples:
        yield "```bash\n" + "\n".join(command.examples) + "\n```"
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None, f"{name} is listed"
            yield from _command(below, click.Context(below, parent=context, info_name=name))


def _options(command: click.Command, context: click.Context, *, are_common: bool) -> str:
    chosen = [each for each in command.get_params(context) if isinstance(each, CommonOption) == are_common]
    records = [
        record
        for each in chosen
        if isinstance(each, click.Option)
        and not {"--help", "--version"} & set(each.opts)
        and (record := each.get_help_record(context)) is not None
    ]
    rows = [_cells(_code(names), "", _escaped(meaning)).replace(" |  | ", " | ") for names, meaning in records]
    return "\n".join(["| option | meaning |\n| --- | --- |", *rows]) if rows else ""


def _unwrapped(text: str) -> str:
    """Return help text with each paragraph on one line, as Markdown."""
    paragraphs = (" ".join(part.split()) for part in text.split("\n\n"))
    return "\n\n".join(map(_escaped, paragraphs))


def _escaped(text: str) -> str:
    return re.sub(r"([\[\]<>])", r"\\\1", " ".join(text.split()))


def _code(text: str) -> str:
    return f"`{text}`"


def _cells(*texts: str) -> str:
    return "| " + " | ".join(text.replace("|", "\\|").replace("\n", " ") for text in texts) + " |"


def main(arguments: Sequence[str]) -> int:
    """Write the pages to the folder that the command line names, docs/reference without one."""
    folder = Path(arguments[0]) if arguments else FOLDER
    for name, text in pages().items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
