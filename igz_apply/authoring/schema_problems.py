"""What jsonschema refuses, as problems: each at its exact place, alternatives reduced to the one that was meant.

No value of an unknown field is ever repeated: it may be a mistyped secret.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Protocol

from igz_apply.authoring.kustomize import hint_of_key, words_behind
from igz_apply.authoring.schema_messages import (
    Refusal,
    Words,
    example_hint,
    fields_hint,
    places_of_secret,
    words_of,
    wrong_type,
)
from igz_apply.authoring.schema_paths import Schema, along, dotted, fields_together
from igz_apply.model.addresses import Address, Source
from igz_apply.model.problems import Problem, Severity
from igz_apply.model.resources import Document, Path
from igz_apply.model.secrecy import may_be_secret
from igz_apply.model.suggest import did_you_mean
from igz_apply.values import dataclass


class SchemaError(Protocol):
    """What is read of a `jsonschema.ValidationError`."""

    validator: Any  # the keyword that refused
    validator_value: Any
    instance: Any
    schema: Any  # the subschema that holds the keyword
    absolute_path: Any  # where the instance stands in the document
    schema_path: Any  # from the parent error, or from the root
    absolute_schema_path: Any  # from the root
    context: Any  # for anyOf and oneOf: the errors of each branch


@dataclass(frozen=True, slots=True)
class Subject:
    """The document that is judged, and how problems in it are told."""

    document: Document
    schema: Schema  # that it is judged by
    address: Address | None = None
    secrets: frozenset[Path] = frozenset()
    severity: Severity = "error"
    rule: str = ""  # the policy that asks for it, "" for our own schema
    noun: str = "manifest"
    kind: str = ""  # what `explain` knows the document as; "" when it does not

    def secret_at(self, path: Path) -> Path | None:
        """Return the path of the secret that stands at `path`, or that holds it, None when there is none."""
        return next((secret for secret in self.secrets if path[: len(secret)] == secret), None)

    def hides(self, path: Path, value: Any) -> bool:
        """Say whether a value, or part of it, is one of the config's or a fact, and may be secret by its name."""
        from igz_apply.authoring.layering.origins import layers_of, names_of  # here: most runs have nothing to refuse

        positions = self.document.positions
        if not layers_of(positions):
            return False
        if any(map(may_be_secret, names_of(positions, path))):
            return True
        parts = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
        return any(self.hides((*path, key), part) for key, part in parts)

    def explained_by(self, path: Path) -> str:
        """Return what to ask `explain` for, to learn about the field at `path`."""
        return ".".join([self.kind, *(part for part in path if isinstance(part, str))]) if self.kind else ""


def problems_of(errors: Iterable[SchemaError], subject: Subject) -> Iterator[Problem]:
    """Yield the problems that the errors of one document amount to.

    A value that is none of those allowed is told once: that it has another type as well adds nothing.
    """
    found = list(errors)
    outside = {tuple(error.absolute_path) for error in found if error.validator in ("enum", "const")}
    for error in found:
        if error.validator != "type" or tuple(error.absolute_path) not in outside:
            yield from _problems(error, subject)


def _problems(error: SchemaError, subject: Subject) -> Iterator[Problem]:
    path: Path = tuple(error.absolute_path)
    positions = subject.document.positions
    if message := _own_message(error, subject):
        yield _problem(subject, Words("Policy not met", message), positions.value(path))
    elif error.validator in ("additionalProperties", "unevaluatedProperties"):
        yield from _unknown_fields(error, path, subject)
    elif error.validator == "required":
        yield from _missing_fields(error, path, subject)
    elif error.validator in ("anyOf", "oneOf") and error.context:
        yield from _alternatives(error, path, subject)
    elif _is_about_a_key(error):
        path = (*path, error.instance)
        yield _problem(subject, words_of(_refusal(error, path, subject)), positions.key(path))
    else:
        refusal, place = _refusal(error, path, subject), positions.value(path)
        found = _problem(subject, words_behind(words_of(refusal), refusal, place.path), place)
        yield replace(found, is_secret=True) if refusal.secret or refusal.is_hidden else found


def _refusal(error: SchemaError, path: Path, subject: Subject) -> Refusal:
    passed = along(subject.schema, error.absolute_schema_path)
    # What names where a secret lies may by mistake be the secret itself.
    names_secret = any(schema.get("x-names-secret", False) for schema in passed)
    return Refusal(
        keyword=error.validator,
        asked=error.validator_value,
        value=error.instance,
        path=path,
        schema=passed[-1] if passed else error.schema,  # unlike the error's, with what the places that refer to it add
        root=subject.schema,
        severity=subject.severity,
        is_policy=bool(subject.rule),
        noun=subject.noun,
        explained_by=subject.explained_by(path),
        secret=subject.secret_at(path),
        is_hidden=names_secret or subject.hides(path, error.instance),
        text=_text_at(path, error, subject),
    )


def _text_at(path: Path, error: SchemaError, subject: Subject) -> str:
    """Return how a number or a boolean was written, which is not always how it is read; "" for anything else."""
    return subject.document.positions.text(path) if isinstance(error.instance, int | float) else ""


def _problem(subject: Subject, words: Words, place: Source) -> Problem:
    detail = f"{words.detail} (policy {subject.rule})" if subject.rule else words.detail
    return Problem(words.summary, detail, words.hint, subject.severity, place, subject.address)


def _own_message(error: SchemaError, subject: Subject) -> str:
    """Return the message that the author of a policy wrote for this refusal, the innermost that there is."""
    messages = [schema.get("x-message") for schema in along(subject.schema, error.absolute_schema_path)]
    return next((message for message in reversed(messages) if isinstance(message, str)), "")


def _is_about_a_key(error: SchemaError) -> bool:
    return "propertyNames" in list(error.schema_path)[:-1] and isinstance(error.instance, str)


def _unknown_fields(error: SchemaError, path: Path, subject: Subject) -> Iterator[Problem]:
    is_open = error.validator == "unevaluatedProperties"  # to what stands beside it, unlike additionalProperties
    known = fields_together(subject.schema, error.schema) if is_open else list(error.schema.get("properties", {}))
    hints = error.schema.get("x-hints", {})
    own = _own_object(error)
    for key in sorted(set(error.instance) - set(known)):
        place = subject.document.positions.key((*path, key))
        if key == own or (subject.severity == "warning" and not subject.rule):
            detail = f"{key!r} is not among the known fields of `{dotted(path)}`; it is passed on as it is."
            hint = did_you_mean(key, known) or "Leave it so if the cluster knows it."
            yield Problem("Unknown field", detail, hint, "warning", place, subject.address)
            continue
        # Of a secret not even a key is repeated: {hunter2} is a mapping, too.
        is_secret = subject.secret_at(path) is not None or subject.hides(path, None)
        named = "a field that it cannot have" if is_secret else f"no field {key!r}"
        hint = hints.get(key) or did_you_mean(key, known) or fields_hint(known, subject.explained_by(path))
        hint = hint_of_key(hint, path, key, subject.document.source.path)
        words = Words("Unknown field", f"{_owner(path, subject)} has {named}.", hint)
        found = _problem(subject, words, place)
        yield replace(found, is_secret=True) if is_secret else found


def _own_object(error: SchemaError) -> str:
    """Return the name of the settings that a mapping names by itself (`x-own-object`), "" where there are none such."""
    name = error.instance.get(error.schema.get("x-own-object", ""))
    return name if isinstance(name, str) and isinstance(error.instance.get(name), Mapping | None) else ""


def _missing_fields(error: SchemaError, path: Path, subject: Subject) -> Iterator[Problem]:
    known = (subject.schema if not path else error.schema).get("properties", {})  # at the root `required` may be nested
    for key in error.validator_value:
        if key not in error.instance:
            hint = example_hint(subject.schema, known.get(key, {}), key)
            words = Words("Missing field", f"{_owner(path, subject)} needs the field {key!r}.", hint)
            yield _problem(subject, words, subject.document.positions.key(path))


def _owner(path: Path, subject: Subject) -> str:
    return f"`{dotted(path)}`" if path else f"A {subject.noun}"


def _alternatives(error: SchemaError, path: Path, subject: Subject) -> Iterator[Problem]:
    """Tell the errors of the one branch that was meant: the only one whose outer type fits."""
    branches: dict[int, list[SchemaError]] = {}
    for inner in error.context:
        branches.setdefault(inner.schema_path[0], []).append(inner)
    fitting = [errors for errors in branches.values() if not any(_refuses_the_type(inner, path) for inner in errors)]
    if len(fitting) == 1:
        yield from problems_of(fitting[0], subject)
        return
    refusal = _refusal(error, path, subject)
    if refusal.secret == path:
        # Of what is no mapping, or has strange keys, that is said already.
        if isinstance(refusal.value, Mapping) and refusal.value.keys() <= refusal.schema["properties"].keys():
            found = _problem(subject, places_of_secret(refusal), subject.document.positions.value(path))
            yield replace(found, is_secret=True)
        return
    types = dict.fromkeys(name for it in error.validator_value if isinstance(it, Mapping) for name in _types(it))
    if not fitting and types:
        words = wrong_type(refusal, [*types])
    else:
        detail = f"{refusal.name} fits none of the forms that it may have."
        words = Words("Not allowed", detail, example_hint(subject.schema, refusal.schema))
    found = _problem(subject, words, subject.document.positions.value(path))
    yield replace(found, is_secret=True) if refusal.secret or refusal.is_hidden else found


def _refuses_the_type(error: SchemaError, path: Path) -> bool:
    return error.validator == "type" and tuple(error.absolute_path) == path


def _types(schema: Schema) -> list[str]:
    types = schema.get("type", [])
    return [types] if isinstance(types, str) else list(types)
