"""Documents against schemas, policies, each other and a cluster's version, as problems.

Two validators work together: jsonschema-rs, which is fast, accepts; jsonschema, which knows where and why, words the
refusal of the few that fail. Both are imported when first needed, for the sake of a quick start.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from igz_apply.authoring.lookalikes import lookalikes
from igz_apply.authoring.manifest_rules import (
    address_of,
    duplicates,
    fields_apart,
    free_secrets,
    holders_missing,
    is_absent,
    lifecycle_problems,
    stated_marks,
    stranger,
    too_young,
)
from igz_apply.authoring.schema_messages import dotted
from igz_apply.authoring.schema_paths import without_false
from igz_apply.authoring.schema_problems import Subject, problems_of
from igz_apply.model.kind import Field, Kind, Kinds
from igz_apply.model.problems import Problem, Severity, in_order
from igz_apply.model.resources import Document, Path

__all__ = ["Judgement", "Policy", "conforms", "policy_of", "too_young", "validate"]


@dataclass(frozen=True, slots=True)
class Policy:
    """An organisation's own JSON Schema, which manifests have to meet on top of ours."""

    name: str  # what a reader of the problem looks for: its title, or its file
    schema: Mapping[str, Any]
    kinds: frozenset[str] = frozenset()  # empty: all of them
    severity: Severity = "error"


def validate(
    documents: Sequence[Document],
    kinds: Kinds,
    schemas: Mapping[str, Mapping[str, Any]],
    *,
    policies: Sequence[Policy] = (),
    version: str = "",
) -> tuple[Problem, ...]:
    """Return every problem of the documents, in order of place; references are looked at elsewhere.

    `schemas` holds each kind's schema by the kind's name. `version` is the cluster's, "" when it is not known: then
    no field is too young. A document that is not recognised as a manifest has that one problem alone.
    """
    judges = {kind.name: _Judge(kind, schemas[kind.name], policies) for kind in kinds}
    problems: list[Problem] = []
    recognised: list[Document] = []
    for document in documents:
        strange = stranger(document, kinds)
        if strange is not None:
            problems.append(strange)
            continue
        recognised.append(document)
        problems.extend(judges[document.data["kind"]].problems(document))
        problems.extend(stated_marks(document, kinds))
        problems.extend(fields_apart(document, schemas[document.data["kind"]]))
        problems.extend(holders_missing(document, kinds[document.data["kind"]]))
        problems.extend(free_secrets(document, kinds[document.data["kind"]]))
    problems.extend(duplicates(recognised))
    problems.extend(lookalikes(recognised))
    if version:
        problems.extend(too_young(recognised, kinds, version))
    return in_order(problems)


def conforms(document: Document, schema: Mapping[str, Any], *, noun: str) -> tuple[Problem, ...]:
    """Return the problems of a document that is no manifest, such as the config; `noun` is what to call it."""
    return in_order(problems_of(Judgement(schema).errors(document.data), Subject(document, schema, noun=noun)))


def policy_of(document: Document, kinds: Kinds) -> Policy | tuple[Problem, ...]:
    """Return the policy that a document states, or what is wrong with it.

    It is a JSON Schema that also says `x-kinds` (without it, all), `x-severity` and, at any depth, `x-message`.
    """
    from jsonschema import Draft202012Validator, SchemaError
    from jsonschema_rs import ReferencingError

    schema = document.data
    if problems := conforms(document, _policy_schema(kinds), noun="policy"):
        return problems
    try:
        Draft202012Validator.check_schema(schema)
        Judgement(schema)
    except SchemaError as error:
        path: Path = tuple(error.absolute_path)
        detail = f"`{dotted(path)}` is not JSON Schema: {error.message}."
        return (Problem("Not a JSON Schema", detail, _DRAFT, source=document.positions.value(path)),)
    except (ValueError, ReferencingError) as error:  # an unknown $ref, or a pattern that is none
        detail = f"{str(error).splitlines()[0]}."
        return (Problem("Not a JSON Schema", detail, _DRAFT, source=document.source),)
    return Policy(
        name=schema.get("title") or document.source.path,
        schema=without_false(schema),
        kinds=frozenset(schema.get("x-kinds", ())),
        severity=schema.get("x-severity", "error"),
    )


def _policy_schema(kinds: Kinds) -> Mapping[str, Any]:
    """Return the schema of what a policy says besides JSON Schema."""
    return {
        "type": "object",
        "properties": {
            "title": {"type": "string"},
            "x-kinds": {"type": "array", "items": {"enum": list(kinds.names)}},
            "x-severity": {"enum": ["error", "warning"]},
            "x-message": {"type": "string"},
        },
    }


_DRAFT = "Policies are JSON Schemas, draft 2020-12, of whole manifests."


class Judgement:
    """A compiled schema: whether data meets it, and if not, the errors."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        import jsonschema_rs

        self._schema = schema
        self._accepts = jsonschema_rs.Draft202012Validator(dict(schema), retriever=_refuse_to_retrieve).is_valid
        self._judge: Any = None

    def accepts(self, data: Any) -> bool:
        """Say whether the data meets the schema."""
        return self._accepts(data)

    def errors(self, data: Any) -> list[Any]:
        """Return the errors, [] when the data is accepted; what has been refused never comes back without one."""
        if self.accepts(data):
            return []
        if self._judge is None:
            self._judge = _python_judge(self._schema)
        try:
            worded = list(self._judge.iter_errors(data))
        except RecursionError:  # the references of a policy may lead in a circle
            worded = []
        return worded or [_Unworded(data)]


@dataclass(frozen=True, slots=True)
class _Unworded:
    """A refusal on which jsonschema does not agree, so that nobody can say where and why."""

    instance: Any
    validator: str = "schema"
    validator_value: str = ""
    schema: Mapping[str, Any] = field(default_factory=dict)
    absolute_path: tuple[str | int, ...] = ()
    schema_path: tuple[str | int, ...] = ()
    absolute_schema_path: tuple[str | int, ...] = ()
    context: tuple[Any, ...] = ()


class _Judge:
    """All that judges the manifests of one kind."""

    def __init__(self, kind: Kind, schema: Mapping[str, Any], policies: Sequence[Policy]) -> None:
        self._kind = kind
        self._secrets = frozenset(_secret_paths(kind.fields, ("spec",)))
        self._schema = schema
        self._doubts = advice(schema)
        self._strict = Judgement(schema)
        self._advice = Judgement(self._doubts)
        self._policies = [
            (policy, Judgement(policy.schema)) for policy in policies if not policy.kinds or kind.name in policy.kinds
        ]
        self._all = [self._strict, self._advice, *(judgement for _, judgement in self._policies)]

    def problems(self, document: Document) -> Iterable[Problem]:
        """Return what is wrong with one manifest of the kind."""
        data = document.data
        if "lifecycle" not in data and all(judgement.accepts(data) for judgement in self._all):
            return ()
        return self._problems(document, data)

    def _problems(self, document: Document, data: Any) -> Iterator[Problem]:
        address = address_of(document)
        strict = self._strict.errors(data)
        subject = Subject(document, self._schema, address, self._secrets, kind=self._kind.name)
        yield from problems_of(strict, subject)
        refused = {tuple(error.absolute_path) for error in strict}
        doubts = [error for error in self._advice.errors(data) if tuple(error.absolute_path) not in refused]
        yield from problems_of(doubts, replace(subject, schema=self._doubts, severity="warning"))
        if isinstance(data.get("lifecycle"), Mapping):
            yield from lifecycle_problems(document, address, self._kind, self._schema)
        if is_absent(data):  # what an organisation asks of its resources is not asked of those that are to go
            return
        for policy, judgement in self._policies:
            if errors := judgement.errors(data):
                yield from problems_of(
                    errors, replace(subject, schema=policy.schema, severity=policy.severity, rule=policy.name)
                )


def advice(schema: Any) -> Any:
    """Return the schema of a schema's doubts: every `x-advice` as a rule, and none of the rules."""
    if not isinstance(schema, Mapping):
        return True
    walked: dict[str, Any] = {key: advice(schema[key]) for key in _SUBSCHEMA if isinstance(schema.get(key), Mapping)}
    for key in _SUBSCHEMAS:
        if isinstance(schema.get(key), Mapping):
            walked[key] = {name: advice(child) for name, child in schema[key].items()}
    if "$ref" in schema:
        walked["$ref"] = schema["$ref"]
    if "x-advice" in schema:
        kept = {key: schema[key] for key in ("description", "examples") if key in schema}
        walked.update(kept | dict(schema["x-advice"]))
    return walked


_SUBSCHEMA = ("items", "additionalProperties")
_SUBSCHEMAS = ("properties", "$defs")


def _python_judge(schema: Mapping[str, Any]) -> Any:
    """Return jsonschema's validator, reading patterns as ECMA-262 does and fetching nothing."""
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend
    from referencing import Registry

    validator: Any = extend(Draft202012Validator, {"pattern": _ecma_pattern})  # type: ignore[no-untyped-call]
    return validator(schema, registry=Registry())


def _ecma_pattern(validator: Any, pattern: str, instance: Any, _: Any) -> Iterator[Any]:
    """Judge `pattern`: in ECMA-262 a closing `$` is the true end, in Python it may stand before a last line end."""
    from jsonschema import ValidationError

    strict = f"{pattern[:-1]}\\Z" if pattern.endswith("$") and not pattern.endswith("\\$") else pattern
    if validator.is_type(instance, "string") and not re.search(strict, instance, re.ASCII):
        yield ValidationError(f"does not match {pattern}")


def _refuse_to_retrieve(uri: str) -> Any:
    raise ValueError(f"{uri} is not among the given schemas, and nothing is fetched")


def _secret_paths(fields: Sequence[Field], above: Path) -> Iterator[Path]:
    for item in fields:
        if item.write_only:
            yield (*above, item.name)
        yield from _secret_paths(item.fields, (*above, item.name))
