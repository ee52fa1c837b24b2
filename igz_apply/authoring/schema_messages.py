"""One refusal of a JSON Schema keyword, in words that say what is wrong and what to write instead.

No value of a secret field is ever repeated.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from igz_apply.authoring.schema_paths import Schema, dotted, resolved
from igz_apply.model.problems import Severity
from igz_apply.model.resources import Path
from igz_apply.model.suggest import did_you_mean
from igz_apply.patterns import pattern
from igz_apply.values import dataclass

_CREDENTIALS = pattern(r"//[^\s]*@")
_BARE_CREDENTIALS = pattern(r'^("?)[^/\s:@]+:[^\s]*@')  # of an address that lacks its scheme
_MOST_CHOICES = 8  # longer lists of allowed values are left to `explain`


@dataclass(frozen=True, slots=True)
class Refusal:
    """A value that a keyword of a schema refuses."""

    keyword: str
    asked: Any  # the keyword's value in the schema
    value: Any  # what the document has
    path: Path  # where the document has it
    schema: Schema  # the field's, with its description and examples
    root: Schema  # that `schema` is a part of
    severity: Severity = "error"
    is_policy: bool = False
    noun: str = "manifest"
    explained_by: str = ""  # the path to give to `explain`, "" when it does not know the document
    secret: Path | None = None  # the path of the secret that the value is, or is part of
    is_hidden: bool = False  # the value is no secret by its field, and may be one by what it is called where it stands
    text: str = ""  # a number or boolean as it was written: 1.10, 0x1F, True; "" for anything else

    @property
    def name(self) -> str:
        """The field's path as people write it, in backquotes."""
        return f"`{dotted(self.path)}`" if self.path else f"The {self.noun}"

    @property
    def is_advice(self) -> bool:
        """Whether nobody has seen the platform itself refuse it."""
        return self.severity == "warning" and not self.is_policy

    @property
    def shown(self) -> str:
        """The value, in a few words; never a secret's."""
        return "The value" if self.secret or self.is_hidden else self.text or shown(self.value)


@dataclass(frozen=True, slots=True)
class Words:
    """What a refusal says."""

    summary: str
    detail: str
    hint: str = ""


def words_of(refusal: Refusal) -> Words:
    """Return what there is to say about a refusal."""
    return _KEYWORDS.get(refusal.keyword, _anything_else)(refusal)


def wrong_type(refusal: Refusal, types: Sequence[str]) -> Words:
    """Return the words for a value that is of none of the JSON types."""
    if refusal.secret == refusal.path and refusal.value is not None:
        detail = f"A secret never stands in a manifest; {refusal.name} says where it lies."
        return Words("Secret in plain text", detail, _secret_hint(refusal.path))
    wanted = listed([_TYPE_NAMES.get(name, name) for name in types if name != "null"], "or")
    return Words(
        "Wrong type", f"{refusal.name} must be {wanted}, not {_kind_of(refusal.value)}.", _hint(refusal, types)
    )


def places_of_secret(refusal: Refusal) -> Words:
    """Return the words for the mapping of a secret that names no place where it lies, half of one, or several."""
    stated = refusal.value.keys()
    if not stated:
        said, hint = "names no place where the secret lies", _secret_hint(refusal.path)
    elif stated == {"from_store"}:
        said, hint = "names a store, and not the key that it has there", _store_hint(refusal.path)
    elif stated == {"key"}:
        said, hint = "has a key, and names no store", _store_hint(refusal.path)
    else:
        said, hint = f"names more than one place where the secret lies: {', '.join(sorted(stated))}", _ONE_PLACE
    return Words("Not one place", f"{refusal.name} {said}.", hint)


def shown(value: Any) -> str:
    """Return a value in at most 60 characters, without the credentials that a URL may hold."""
    is_plain = isinstance(value, str) and value.isprintable() and value == value.strip() != ""
    text = _CREDENTIALS.sub("//***@", value if is_plain else json.dumps(value, ensure_ascii=False))
    text = _BARE_CREDENTIALS.sub(r"\1***@", text)
    return text if len(text) <= 60 else f"{text[:57]}..."


def listed(words: Sequence[str], joiner: str) -> str:
    """Return the words as a sentence lists them: `a, b and c`."""
    return f"{', '.join(words[:-1])} {joiner} {words[-1]}" if len(words) > 1 else "".join(words)


def fields_hint(fields: Sequence[str], explained_by: str) -> str:
    """Return the hint that tells the fields a mapping has."""
    if not fields:
        return "It takes no fields."
    if len(fields) > _MOST_CHOICES and explained_by:
        return f"`igz-apply explain {explained_by}` lists its fields."
    return f"It has {listed(sorted(fields), 'and')}."


def example_hint(root: Schema, schema: Schema, key: str = "") -> str:
    """Return a hint with an example of a value, or of a whole entry when `key` is given; "" when there is none."""
    schema = resolved(root, schema)
    fallback = [schema[key] for key in ("default", "const") if key in schema] or schema.get("enum", [])
    examples = schema.get("examples") or fallback
    if not examples:
        return f"Add `{key}:`." if key else ""
    return f"Add it, for example `{key}: {_flow(examples[0])}`." if key else f"For example: {_flow(examples[0])}"


def _example(refusal: Refusal) -> str:
    if refusal.is_advice:
        return "It is passed on as it is; correct it if it was a slip."
    return example_hint(refusal.root, refusal.schema)


# --- one function a keyword ------------------------------------------------------------------------------------------


def _type(refusal: Refusal) -> Words:
    types = [refusal.asked] if isinstance(refusal.asked, str) else list(refusal.asked)
    return wrong_type(refusal, types)


def _enum(refusal: Refusal) -> Words:
    allowed = [shown(value) for value in refusal.asked if value is not None]
    is_open = refusal.is_advice
    near = "" if refusal.secret or refusal.is_hidden else did_you_mean(str(refusal.value), allowed)
    if len(allowed) > _MOST_CHOICES and refusal.explained_by:
        choices = f"`igz-apply explain {refusal.explained_by}` lists the known ones."
    else:
        choices = f"{'Known' if is_open else 'Allowed'}: {', '.join(allowed)}."
    hint = f"{near} {choices}".strip()
    if is_open:
        detail = f"{refusal.shown} is not among the known values of {refusal.name}; it is passed on as it is."
        return Words("Unknown value", detail, hint)
    return Words("Not an allowed value", f"{refusal.shown} is not a value of {refusal.name}.", hint)


def _const(refusal: Refusal) -> Words:
    asked = shown(refusal.asked)
    return Words("Not an allowed value", f"{refusal.name} must be {asked}.", f"Write {asked}.")


def _pattern(refusal: Refusal) -> Words:
    detail = f"{refusal.shown} does not have the form of {refusal.name}."
    if refusal.is_policy:
        return Words("Not an allowed value", detail, f"It has to match {refusal.asked}")
    summary = "Unusual value" if refusal.is_advice else _named(refusal, "Not an allowed value")
    return Words(summary, f"{detail} {refusal.schema.get('description', '')}".rstrip(), _example(refusal))


def _length(refusal: Refusal) -> Words:
    least, limit, size = refusal.keyword.startswith("min"), refusal.asked, len(refusal.value)
    one, many = _UNITS[refusal.keyword[3:]]
    takes = f"{'at least' if least else 'at most'} {limit}"
    detail = f"{refusal.name} has {size} {one if size == 1 else many}, and takes {takes}."
    return Words(_named(refusal, "Too short" if least else "Too long"), detail, _example(refusal))


_UNITS = {"Length": ("character", "characters"), "Items": ("item", "items"), "Properties": ("entry", "entries")}


def _bound(refusal: Refusal) -> Words:
    bound = f"{refusal.name} is {_BOUNDS[refusal.keyword]} {refusal.asked}"
    return Words("Out of bounds", f"{refusal.shown} is out of bounds: {bound}.", _example(refusal))


_BOUNDS = {
    "minimum": "at least",
    "maximum": "at most",
    "exclusiveMinimum": "more than",
    "exclusiveMaximum": "less than",
    "multipleOf": "a multiple of",
}


def _unique(refusal: Refusal) -> Words:
    texts = [json.dumps(value, ensure_ascii=False, sort_keys=True) for value in refusal.value]
    twice = sorted({text for text in texts if texts.count(text) > 1})
    named = "" if refusal.secret or refusal.is_hidden else f": {', '.join(twice)}"
    return Words("Listed twice", f"{refusal.name} holds an item more than once{named}.", "Keep one of them.")


def _not(refusal: Refusal) -> Words:
    if refusal.asked in ({}, True):  # as good as `false`: whatever the value is
        return Words(
            "Not allowed", f"{refusal.name} is not allowed here.", "Leave it out, or change what rules it out."
        )
    why = refusal.asked.get("description", "") if isinstance(refusal.asked, Mapping) else ""
    detail = f"{refusal.shown} cannot be the value of {refusal.name}. {why}".rstrip()
    return Words(_named(refusal, "Not allowed"), detail, _example(refusal))


def _unworded(refusal: Refusal) -> Words:
    hint = "Compare it with `igz-apply explain`, or shorten it until it is accepted."
    return Words("Not allowed", f"{refusal.name} is not what the schema allows.", hint)


def _anything_else(refusal: Refusal) -> Words:
    asked = json.dumps(refusal.asked, ensure_ascii=False, sort_keys=True)
    hint = f"The schema asks for {asked}" if len(asked) <= 200 else _example(refusal)
    return Words("Not allowed", f"{refusal.name} does not satisfy `{refusal.keyword}`.", hint)


_KEYWORDS: Mapping[str, Callable[[Refusal], Words]] = {
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
    "schema": _unworded,
}


def _named(refusal: Refusal, otherwise: str) -> str:
    is_refused = refusal.path == ("metadata", "name") and refusal.severity == "error"
    return "Name not allowed" if is_refused else otherwise


# --- types -----------------------------------------------------------------------------------------------------------

_TYPE_NAMES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
    "null": "null",
}
_BOOLEAN_WORDS = {"yes": "true", "on": "true", "true": "true", "no": "false", "off": "false", "false": "false"}


def _kind_of(value: Any) -> str:
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true" if value else "false"
    names = {str: "text", int: "a number", float: "a fraction", list: "a list", dict: "a mapping"}
    return names.get(type(value), type(value).__name__)


def _hint(refusal: Refusal, types: Sequence[str]) -> str:
    """Return how to write a value of one of the types, given what has been written."""
    if refusal.secret:
        return _example(refusal) if "array" in types else _secret_hint(refusal.secret)
    value = refusal.value
    if isinstance(value, str):
        hint = _hint_for_text(value, types)
    elif "string" in types and isinstance(value, (bool, int, float)):
        hint = f'Quote it: "{refusal.text or json.dumps(value)}".'
    elif "array" in types and isinstance(value, int) and not isinstance(value, bool):
        hint = f"Write it as a list: [{refusal.shown}]."
    else:
        hint = ""
    return hint or _example(refusal) or _hint_for_mapping(refusal, types)


def _hint_for_text(value: str, types: Sequence[str]) -> str:
    if "boolean" in types:
        return f"Write {_BOOLEAN_WORDS.get(value.lower(), 'true or false')}, without quotes."
    if "integer" in types and value.isascii() and value.isdigit() and not value.startswith("0"):
        return f"Write {value}, without quotes."
    if "array" in types:
        return f"Write it as a list: [{value}]."
    if "object" in types and ":" in value:
        return "Put a space after the `:`."
    return ""


def _hint_for_mapping(refusal: Refusal, types: Sequence[str]) -> str:
    if "object" not in types:
        return ""
    fields = list(refusal.schema.get("properties", {}))
    return fields_hint(fields, refusal.explained_by) if fields else "Write it as {key: value}."


def _secret_hint(path: Path) -> str:
    return f"Write {path[-1]}: {{from_env: {str(path[-1]).upper()}}}, or {{from_file: path/to/it}}."


def _store_hint(path: Path) -> str:
    return f"Write {path[-1]}: {{from_store: vault, key: path/in/it}}."


_ONE_PLACE = "Keep one of from_env, from_file, from_command, and from_store with its key."


def _flow(value: Any) -> str:
    """Return a value as YAML in flow style, as somebody would type it."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(item) for item in value) + "]"
    if isinstance(value, str) and value and not value.isdigit() and value[0] not in "{[":
        return value
    return json.dumps(value)
