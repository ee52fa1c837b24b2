"""Lists all that docs/promise.md promises, a line each, from the live objects: names, commands, keys, codes.

`python scripts/promise.py` writes the list anew; tests/release/test_promise.py compares it with what is there.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import click

import igz_apply
from igz_apply import controlplane, emulator, errors
from igz_apply.cli.command_help import ENVIRONMENT
from igz_apply.cli.main import root
from igz_apply.cli.pins import WORDS
from igz_apply.iguazio3.platform import IGUAZIO3
from igz_apply.iguazio4 import client as client4
from igz_apply.iguazio4.platform import IGUAZIO4
from igz_apply.local.entry_points import OFFERED
from igz_apply.local.package_data import load_schema
from igz_apply.manifests.schemas import FORMS
from igz_apply.model.catalogue import RULES
from igz_apply.reports.write import FORMS as REPORTS

LISTING = Path(__file__).resolve().parents[1] / "tests" / "release" / "promised.txt"
_CODES = ("COULD_NOT", "CHANGES", "INVALID", "REFUSED", "PARTLY_APPLIED", "INTERRUPTED")
_DEEPEST = 12


def promised() -> list[str]:
    """Return every line of the promise, in order."""
    return sorted({*_python(), *_commands(), *_keys(), *_rest()})


# Python


def _python() -> Iterator[str]:
    for module in (igz_apply, emulator, controlplane, client4):
        for name in module.__all__:
            if not name.startswith("__"):
                yield from _object(f"python {module.__name__}.{name}", getattr(module, name))
    for name, value in vars(errors).items():
        if isinstance(value, type) and issubclass(value, errors.IgzApplyError):
            yield f"python igz_apply.errors.{name}({value.__mro__[1].__name__}) exit_code={value.exit_code}"


def _object(called: str, value: Any) -> Iterator[str]:
    if isinstance(value, type):
        yield called
        yield from _members(called, value)
    elif callable(value) and not is_dataclass(value):
        yield f"{called}{_signature(value)}"
    else:
        yield called


def _members(called: str, of: type) -> Iterator[str]:
    if issubclass(of, Enum):
        yield from (f"{called}.{each.name} = {each.value!r}" for each in of)
        return
    if is_dataclass(of):
        yield from (f"{called}.{each.name}: {each.type}" for each in fields(of) if not each.name.startswith("_"))
    known = {name: value for parent in reversed(of.__mro__) if _is_ours(parent) for name, value in vars(parent).items()}
    for name, value in known.items():
        if name.startswith("_"):
            continue
        plain = value.__func__ if isinstance(value, (classmethod, staticmethod)) else value
        if isinstance(plain, property) or type(plain).__name__ == "cached_property":
            yield f"{called}.{name}: property"
        elif inspect.isfunction(plain):
            yield f"{called}.{name}{_signature(plain)}"


def _is_ours(of: type) -> bool:
    return of.__module__.startswith("igz_apply")


def _signature(value: Any) -> str:
    found = inspect.signature(value)
    returns = "" if found.return_annotation is inspect.Signature.empty else f" -> {_type(found.return_annotation)}"
    return f"({', '.join(_parameters(found.parameters.values()))}){returns}"


def _parameters(parameters: Iterable[inspect.Parameter]) -> Iterator[str]:
    is_starred = False
    for each in parameters:
        if each.kind is each.KEYWORD_ONLY and not is_starred:
            is_starred = True
            yield "*"
        is_starred = is_starred or each.kind is each.VAR_POSITIONAL
        stars = "*" * ((each.kind is each.VAR_POSITIONAL) + 2 * (each.kind is each.VAR_KEYWORD))
        kind = "" if each.annotation is each.empty else f": {_type(each.annotation)}"
        yield f"{stars}{each.name}{kind}{_default(each.default)}"


def _type(annotation: Any) -> str:
    return annotation if isinstance(annotation, str) else getattr(annotation, "__name__", str(annotation))


def _default(value: Any) -> str:
    """Return a default as it is promised: one that is no plain value may be another some day."""
    if value is inspect.Parameter.empty:
        return ""
    return f" = {value!r}" if value is None or value == () or isinstance(value, (bool, int, float, str)) else " = ..."


# Commands


def _commands() -> Iterator[str]:
    context = click.Context(root)
    for name in root.list_commands(context):
        command = root.get_command(context, name)
        assert command is not None
        yield from _command(f"command {name}", command)


def _command(called: str, command: click.Command) -> Iterator[str]:
    yield called
    for each in command.params:
        kind = "" if isinstance(each, click.Option) and (each.is_flag or each.count) else f" {_kind(each)}"
        names = "/".join((*each.opts, *each.secondary_opts)) if isinstance(each, click.Option) else each.name
        yield f"{called} {names}{kind}{' ...' if each.multiple or each.nargs < 0 else ''}"
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from _command(f"{called} {name}", inner)


def _kind(of: click.Parameter) -> str:
    if isinstance(of.type, click.Choice):
        return "|".join(map(str, of.type.choices))
    return (of.metavar or of.type.name or "").strip("[].")


# Keys


def _keys() -> Iterator[str]:
    for form in FORMS:
        yield from _schema(form if form in ("config", "mapping") else f"json {form}", load_schema(form))
    for platform in (IGUAZIO3, IGUAZIO4):
        for kind in platform.kinds.names:
            yield from _schema(f"manifest {platform.kinds.api_version} {kind}", platform.schema_of(kind))


def _schema(called: str, schema: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"{called} {line}" for line in _below("", schema, schema, ()))


def _below(path: str, schema: Mapping[str, Any], top: Mapping[str, Any], seen: Sequence[str]) -> Iterator[str]:
    """Yield each key below a schema with what it holds; one that holds itself is not followed twice."""
    schema, seen = _resolved(schema, top, seen)
    if len(seen) > _DEEPEST or len(set(seen)) < len(seen):
        return
    for name, each in schema.get("properties", {}).items():
        where = f"{path}.{name}" if path else name
        inner, _ = _resolved(each, top, ())
        yield f"{where}: {_held(inner)}"
        yield from _below(where, each, top, seen)
    for keyword, sign in (("items", "[]"), ("additionalProperties", ".*")):
        if isinstance(each := schema.get(keyword), Mapping) and each:
            yield from _below(f"{path}{sign}", each, top, seen)
    for keyword in ("anyOf", "oneOf", "allOf"):
        for each in schema.get(keyword, ()):
            yield from _below(path, each, top, seen)


def _resolved(
    schema: Mapping[str, Any], top: Mapping[str, Any], seen: Sequence[str]
) -> tuple[Mapping[str, Any], Sequence[str]]:
    while "$ref" in schema:
        path = schema["$ref"]
        seen = (*seen, path)
        target: Any = top
        for part in path.removeprefix("#").strip("/").split("/"):
            target = target[part] if part else target
        schema = {**target, **{key: value for key, value in schema.items() if key != "$ref"}}
    return schema, seen


def _held(schema: Mapping[str, Any]) -> str:
    if "const" in schema:
        return f"= {schema['const']!r}"
    if "enum" in schema:
        return "|".join(map(str, schema["enum"]))
    kind = schema.get("type", "any")
    return kind if isinstance(kind, str) else "|".join(kind)


# All the rest


def _rest() -> Iterator[str]:
    yield from (f"code {rule.code} {'warning' if rule.warns else 'error'} {rule.summary}" for rule in RULES)
    yield "exit 0 done"
    yield from (f"exit {getattr(errors, name)} {name.lower()}" for name in _CODES)
    yield from (f"variable {name}" for names, _ in ENVIRONMENT for name in re.split(r", ", names))
    yield from (f"pin {word}" for word in WORDS)
    yield from (f"entry point {group}" for group in OFFERED)
    yield from (f"report {suffix}" for suffix in REPORTS)


def listed() -> list[str]:
    """Return the lines of the list that is kept."""
    return LISTING.read_text(encoding="utf-8").splitlines()


if __name__ == "__main__":
    LISTING.write_text("".join(f"{line}\n" for line in promised()), encoding="utf-8")
