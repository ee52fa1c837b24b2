"""What a JSON Schema refuses, in words that teach: what is wrong, where exactly, and what to write instead.

No value of a secret field is ever repeated, and no value of an unknown one either: it may be a mistyped secret.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from igz_apply.core.addresses import Address, Source
from igz_apply.core.problems import Problem, Severity
from igz_apply.core.resources import Document, Path
from igz_apply.core.suggest import did_you_mean


class SchemaError(Protocol):
    """What is read of a `jsonschema.ValidationError`."""

    validator: Any  # the keyword that refused
    validator_value: Any
    instance: Any
    schema: Any  # the subschema that holds the keyword
    absolute_path: Any  # where the instance stands in the document
    schema_path: Any  # from the parent error, or from the root
    context: Any  # for anyOf and oneOf: the errors of each branch
    parent: Any


@dataclass(frozen=True, slots=True)
class Subject:
    """The document that is judged, and how problems in it are told."""

    document: Document
    address: Address | None = None
    secrets: frozenset[Path] = frozenset()
    severity: Severity = "error"
    rule: str = ""  # the policy that asks for it, "" for our own schema
    noun: str = "manifest"

    def is_secret(self, path: Path) -> bool:
        """Say whether what stands at `path`, or a part of it, is a secret."""
        return any(path[: len(secret)] == secret for secret in self.secrets)


@dataclass(frozen=True, slots=True)
class Words:
    """What one kind of refusal says."""

    summary: str
    detail: str
    hint: str = ""


def problems_of(errors: Sequence[SchemaError], subject: Subject) -> Iterator[Problem]:
    """Return the problems that the errors of one document amount to."""
    for error in errors:
        yield from _problems(error, subject)


def dotted(path: Path) -> str:
    """Return a path as people write it: `spec.groups[0]`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".")


def _problems(error: SchemaError, subject: Subject) -> Iterator[Problem]:
    path: Path = tuple(error.absolute_path)
    keyword = error.validator
    if message := _own_message(error):
        yield _problem(subject, Words("Policy not met", message), subject.document.positions.value(path))
    elif keyword in ("additionalProperties", "unevaluatedProperties"):
        yield from _unknown_fields(error, path, subject)
    elif keyword == "required":
        yield from _missing_fields(error, path, subject)
    elif keyword in ("anyOf", "oneOf") and error.context:
        yield from _alternatives(error, path, subject)
    elif _in_property_names(error):
        place = subject.document.positions.key((*path, error.instance))
        yield _problem(subject, _words(error, (*path, error.instance), subject), place)
    else:
        yield _problem(subject, _words(error, path, subject), subject.document.positions.value(path))


def _problem(subject: Subject, words: Words, place: Source) -> Problem:
    detail = f"{words.detail} (policy {subject.rule})" if subject.rule else words.detail
    return Problem(words.summary, detail, words.hint, subject.severity, place, subject.address)


def _own_message(error: SchemaError) -> str:
    """Return the message that the author of a policy wrote for this refusal, the innermost that there is."""
    inner: Any = error
    while inner is not None:
        if isinstance(inner.schema, Mapping) and isinstance(inner.schema.get("x-message"), str):
            return str(inner.schema["x-message"])
        inner = inner.parent
    return ""


def _in_property_names(error: SchemaError) -> bool:
    return "propertyNames" in list(error.schema_path)[:-1] and isinstance(error.instance, str)


def _unknown_fields(error: SchemaError, path: Path, subject: Subject) -> Iterator[Problem]:
    known = list(error.schema.get("properties", {}))
    hints = error.schema.get("x-hints", {})
    for key in sorted(set(error.instance) - set(known)):
        named = (
            "a field that it cannot have" if subject.is_secret(path) else f"no field {key!r}"
        )  # {hunter2} is a mapping, too
        detail = f"{_owner(path, subject)} has {named}."
        hint = hints.get(key) or did_you_mean(key, known) or _known(known)
        yield _problem(subject, Words("Unknown field", detail, hint), subject.document.positions.key((*path, key)))


def _missing_fields(error: SchemaError, path: Path, subject: Subject) -> Iterator[Problem]:
    for key in error.validator_value:
        if key not in error.instance:
            field = error.schema.get("properties", {}).get(key, {})
            detail = f"{_owner(path, subject)} needs the field {key!r}."
            place = subject.document.positions.key(path)
            yield _problem(subject, Words("Missing field", detail, _example(field, key)), place)


def _owner(path: Path, subject: Subject) -> str:
    return f"`{dotted(path)}`" if path else f"A {subject.noun}"


def _known(fields: Sequence[str]) -> str:
    if not fields:
        return "It takes no fields."
    return (
        f"Its fields are {_list(sorted(fields), 'and')}."
        if len(fields) <= 12
        else "`igz-apply explain` lists its fields."
    )


def _alternatives(error: SchemaError, path: Path, subject: Subject) -> Iterator[Problem]:
    """Tell the errors of the one branch that was meant: the only one whose outer type fits."""
    branches: dict[int, list[SchemaError]] = {}
    for inner in error.context:
        branches.setdefault(inner.schema_path[0], []).append(inner)
    fitting = [errors for errors in branches.values() if not any(_refuses_the_type(inner, path) for inner in errors)]
    if len(fitting) == 1:
        yield from problems_of(fitting[0], subject)
        return
    types = [name for branch in error.validator_value for name in _types(branch) if isinstance(branch, Mapping)]
    if not fitting and types:
        words = _type_words(path, types, error.instance, error.schema, subject)
    else:
        words = Words(
            "Not allowed", f"`{dotted(path)}` fits none of the forms that it may have.", _example(error.schema)
        )
    yield _problem(subject, words, subject.document.positions.value(path))


def _refuses_the_type(error: SchemaError, path: Path) -> bool:
    return error.validator == "type" and tuple(error.absolute_path) == path


def _types(schema: Mapping[str, Any]) -> list[str]:
    types = schema.get("type", [])
    return [types] if isinstance(types, str) else list(types)


# --- one function a keyword ------------------------------------------------------------------------------------------


def _words(error: SchemaError, path: Path, subject: Subject) -> Words:
    say = _KEYWORDS.get(error.validator, _anything_else)
    return say(error, path, subject)


def _type(error: SchemaError, path: Path, subject: Subject) -> Words:
    return _type_words(path, _types(error.schema), error.instance, error.schema, subject)


def _type_words(path: Path, types: Sequence[str], value: Any, schema: Mapping[str, Any], subject: Subject) -> Words:
    if path in subject.secrets and value is not None:
        detail = f"A secret never stands in a manifest; `{dotted(path)}` says where it lies."
        return Words("Secret in plain text", detail, _secret_hint(path))
    wanted = _list([_TYPE_NAMES.get(name, name) for name in types if name != "null"], "or")
    detail = f"`{dotted(path) or subject.noun}` must be {wanted}, not {_kind_of(value)}."
    return Words("Wrong type", detail, _type_hint(types, value, schema, secret=subject.is_secret(path)))


def _type_hint(types: Sequence[str], value: Any, schema: Mapping[str, Any], *, secret: bool) -> str:
    if secret:
        return ""
    if "boolean" in types and isinstance(value, str):
        meant = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}
        meaning = meant.get(value.lower(), value.lower() if value.lower() in ("true", "false") else "true or false")
        return f"Write {meaning}, without quotes."
    if "string" in types and isinstance(value, (bool, int, float)):
        return f'Quote it: "{json.dumps(value)}".'
    if "integer" in types and isinstance(value, str) and value.isascii() and value.isdigit():
        return f"Write {value}, without quotes."
    if "array" in types and isinstance(value, (str, int)) and not isinstance(value, bool):
        return f"Write it as a list: [{value}]."
    return _example(schema)


def _enum(error: SchemaError, path: Path, subject: Subject) -> Words:
    allowed = [_shown(value) for value in error.validator_value if value is not None]
    hint = "" if subject.is_secret(path) else did_you_mean(str(error.instance), allowed)
    choices = f"{'Known' if subject.severity == 'warning' else 'Allowed'}: {', '.join(allowed)}."
    hint = f"{hint} {choices}".strip()
    if subject.severity == "warning" and not subject.rule:
        unknown = f"{_value(error, path, subject)} is not among the known values of `{dotted(path)}`"
        detail = f"{unknown}; it is passed on as it is."
        return Words("Unknown value", detail, hint)
    return Words("Not an allowed value", f"{_value(error, path, subject)} is not a value of `{dotted(path)}`.", hint)


def _const(error: SchemaError, path: Path, _: Subject) -> Words:
    detail = f"`{dotted(path)}` must be {_shown(error.validator_value)}."
    return Words("Not an allowed value", detail, f"Write {_shown(error.validator_value)}.")


def _pattern(error: SchemaError, path: Path, subject: Subject) -> Words:
    summary = "Name not allowed" if path[-1:] == ("name",) else "Not an allowed value"
    description = error.schema.get("description", "")
    detail = f"{_value(error, path, subject)} does not have the form of `{dotted(path)}`."
    if description and not subject.rule:
        return Words(summary, f"{detail} {description}", _example(error.schema))
    return Words(summary, detail, f"It has to match {error.validator_value}")


def _length(error: SchemaError, path: Path, subject: Subject) -> Words:
    limit, size = error.validator_value, len(error.instance)
    unit = {"Length": "character", "Items": "item", "Properties": "entry"}[error.validator[3:]]
    units = unit if limit == 1 else {"entry": "entries"}.get(unit, f"{unit}s")
    bound = "at least" if error.validator.startswith("min") else "at most"
    detail = f"`{dotted(path)}` has {size}, and takes {bound} {limit} {units}."
    summary = "Name not allowed" if path[-1:] == ("name",) else ("Too short" if bound == "at least" else "Too long")
    return Words(summary, detail, _secret_hint(path) if path in subject.secrets else _example(error.schema))


def _bound(error: SchemaError, path: Path, subject: Subject) -> Words:
    words = {
        "minimum": "at least",
        "maximum": "at most",
        "exclusiveMinimum": "more than",
        "exclusiveMaximum": "less than",
        "multipleOf": "a multiple of",
    }
    bound = f"`{dotted(path)}` is {words[error.validator]} {error.validator_value}"
    return Words("Out of bounds", f"{_value(error, path, subject)} is out of bounds: {bound}.", _example(error.schema))


def _unique(error: SchemaError, path: Path, subject: Subject) -> Words:
    shown = [json.dumps(value, ensure_ascii=False, sort_keys=True) for value in error.instance]
    twice = sorted({text for text in shown if shown.count(text) > 1})
    named = "" if subject.is_secret(path) else f": {', '.join(twice)}"
    return Words("Listed twice", f"`{dotted(path)}` holds an item more than once{named}.", "Keep one of them.")


def _not(error: SchemaError, path: Path, subject: Subject) -> Words:
    detail = f"{_value(error, path, subject)} cannot be the value of `{dotted(path)}`."
    return Words("Not allowed", detail, _example(error.schema))


def _anything_else(error: SchemaError, path: Path, subject: Subject) -> Words:
    detail = f"`{dotted(path) or subject.noun}` does not satisfy `{error.validator}`."
    asked = json.dumps(error.validator_value, ensure_ascii=False, sort_keys=True)
    return Words("Not allowed", detail, f"The schema asks for {asked}" if len(asked) <= 200 else "")


_KEYWORDS: Mapping[str, Callable[[SchemaError, Path, Subject], Words]] = {
    "type": _type,
    "enum": _enum,
    "const": _const,
    "pattern": _pattern,
    "minLength": _length,
    "maxLength": _length,
    "minItems": _length,
    "maxItems": _length,
    "minProperties": _length,
    "maxProperties": _length,
    "minimum": _bound,
    "maximum": _bound,
    "exclusiveMinimum": _bound,
    "exclusiveMaximum": _bound,
    "multipleOf": _bound,
    "uniqueItems": _unique,
    "not": _not,
}
_TYPE_NAMES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
    "null": "null",
}


def _kind_of(value: Any) -> str:
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true" if value else "false"
    names = {str: "text", int: "a number", float: "a number", list: "a list", dict: "a mapping"}
    return names.get(type(value), type(value).__name__)


def _value(error: SchemaError, path: Path, subject: Subject) -> str:
    return "The value" if subject.is_secret(path) else _shown(error.instance)


def _shown(value: Any) -> str:
    text = (
        value
        if isinstance(value, str) and value.isprintable() and value.strip() == value != ""
        else json.dumps(value, ensure_ascii=False)
    )
    return text if len(text) <= 60 else f"{text[:57]}..."


def _list(words: Sequence[str], joiner: str) -> str:
    return f"{', '.join(words[:-1])} {joiner} {words[-1]}" if len(words) > 1 else "".join(words)


def _example(schema: Mapping[str, Any], key: str = "") -> str:
    examples = schema.get("examples") or ([schema["const"]] if "const" in schema else schema.get("enum", []))
    if not examples:
        return f"Add `{key}:`." if key else ""
    shown = _flow(examples[0])
    return f"Add it, for example `{key}: {shown}`." if key else f"For example: {shown}"


def _secret_hint(path: Path) -> str:
    name = str(path[-1]).upper()
    return f"Write {path[-1]}: {{from_env: {name}}}, or {{from_file: path/to/it}}."


def _flow(value: Any) -> str:
    """Return a value as YAML in flow style, as somebody would type it."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(item) for item in value) + "]"
    if isinstance(value, str) and value and not value.isdigit():
        return value
    return json.dumps(value)
