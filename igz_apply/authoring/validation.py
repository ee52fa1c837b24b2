"""Documents against schemas, policies, each other and a cluster's version, as problems.

Two validators work together: jsonschema-rs, which is fast, accepts; jsonschema, which knows where and why, words the
refusal of the few that fail. Both, and the words for it, are imported when first needed, for a quick start.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from functools import cached_property
from typing import Any

from igz_apply.authoring.kind_rules import rules_of
from igz_apply.authoring.lookalikes import all_names_differ, lookalikes
from igz_apply.authoring.manifest_rules import (
    address_of,
    duplicates,
    is_absent,
    lifecycle_problems,
    stranger,
    too_young,
)
from igz_apply.authoring.schema_paths import dotted, without_false
from igz_apply.model.kind import Field, Kind, Kinds
from igz_apply.model.problems import Problem, Severity, in_order
from igz_apply.model.resources import Document, Path
from igz_apply.values import dataclass

__all__ = ["Judgement", "Policy", "conforms", "policy_of", "schema_fault", "too_young", "validate"]


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
    judges: dict[str, _Judge] = {}
    problems: list[Problem] = []
    recognised: list[Document] = []
    for document in documents:
        strange = stranger(document, kinds)
        if strange is not None:
            problems.append(strange)
            continue
        recognised.append(document)
        kind = document.data["kind"]
        judge = judges.get(kind)
        if judge is None:
            judge = judges[kind] = _Judge(kinds[kind], schemas[kind], policies)
        problems.extend(judge.problems(document))
    if not all_names_differ(recognised):
        problems.extend(duplicates(recognised))
        problems.extend(lookalikes(recognised))
    if version:
        problems.extend(too_young(recognised, kinds, version))
    return in_order(problems)


def conforms(document: Document, schema: Mapping[str, Any], *, noun: str) -> tuple[Problem, ...]:
    """Return the problems of a document that is no manifest, such as the config; `noun` is what to call it."""
    from igz_apply.authoring.schema_problems import Subject, problems_of

    return in_order(problems_of(Judgement(schema).errors(document.data), Subject(document, schema, noun=noun)))


def policy_of(document: Document, kinds: Kinds) -> Policy | tuple[Problem, ...]:
    """Return the policy that a document states, or what is wrong with it.

    It is a JSON Schema that also says `x-kinds` (without it, all), `x-severity` and, at any depth, `x-message`.
    """
    schema = document.data
    if problems := conforms(document, _policy_schema(kinds), noun="policy"):
        return problems
    if (fault := schema_fault(document, schema, hint=_DRAFT)) is not None:
        return (fault,)
    return Policy(
        name=schema.get("title") or document.source.path,
        schema=without_false(schema),
        kinds=frozenset(schema.get("x-kinds", ())),
        severity=schema.get("x-severity", "error"),
    )


def schema_fault(document: Document, schema: Mapping[str, Any], above: Path = (), *, hint: str) -> Problem | None:
    """Return why what stands at `above` in a document is no JSON Schema that can be used, None if it is one."""
    from jsonschema import Draft202012Validator, SchemaError
    from jsonschema_rs import ReferencingError

    try:
        Draft202012Validator.check_schema(schema)
        Judgement(schema)
    except SchemaError as error:
        path: Path = (*above, *error.absolute_path)
        detail = f"`{dotted(path)}` is not JSON Schema: {error.message}."
        return Problem("Not a JSON Schema", detail, hint, source=document.positions.value(path))
    except (ValueError, ReferencingError) as error:  # an unknown $ref, or a pattern that is none
        detail = f"{str(error).splitlines()[0]}."
        source = document.positions.value(above) if above else document.source
        return Problem("Not a JSON Schema", detail, hint, source=source)
    return None


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
        validator = jsonschema_rs.Draft202012Validator(dict(schema), retriever=_refuse_to_retrieve)
        self.accepts: Callable[[Any], bool] = validator.is_valid
        """Says whether data meets the schema."""
        self._judge: Any = None

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
        self._schema = schema
        self._quick = Judgement(with_advice(schema)).accepts
        self._policies = [
            (policy, Judgement(policy.schema)) for policy in policies if not policy.kinds or kind.name in policy.kinds
        ]
        self._rules = rules_of(kind, schema)

    @cached_property
    def _secrets(self) -> frozenset[Path]:
        return frozenset(_secret_paths(self._kind.fields, ("spec",)))

    @cached_property
    def _strict(self) -> Judgement:
        return Judgement(self._schema)

    @cached_property
    def _doubts(self) -> Any:
        return advice(self._schema)

    @cached_property
    def _advice(self) -> Judgement:
        return Judgement(self._doubts)

    def problems(self, document: Document) -> Sequence[Problem]:
        """Return what is wrong with one manifest of the kind."""
        data = document.data
        found: list[Problem] = []
        if "lifecycle" in data or not self._quick(data) or not self._meets_policies(data):
            found.extend(self._refusals(document, data))
        if self._rules:
            spec = data.get("spec")
            stated: Mapping[str, Any] = spec if isinstance(spec, (dict, Mapping)) else {}
            for rule in self._rules:
                if rule.may_find(stated):
                    found.extend(rule.find(document))
        return found

    def _meets_policies(self, data: Any) -> bool:
        return not self._policies or all(judgement.accepts(data) for _, judgement in self._policies)

    def _refusals(self, document: Document, data: Any) -> Iterator[Problem]:
        from igz_apply.authoring.schema_problems import Subject, problems_of

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


def with_advice(schema: Any) -> Any:
    """Return the schema with every `x-advice` as one more rule: it accepts what the schema and its doubts both do.

    To ask once is cheaper than twice, and most manifests have neither a fault nor a doubt.
    """
    if not isinstance(schema, Mapping):
        return schema
    walked = dict(schema)
    walked.update((key, with_advice(schema[key])) for key in _SUBSCHEMA if key in schema)
    for key in _SUBSCHEMAS:
        if isinstance(schema.get(key), Mapping):
            walked[key] = {name: with_advice(child) for name, child in schema[key].items()}
    if "x-advice" in schema:
        named = {"properties": dict.fromkeys(schema.get("properties", ()), True)}  # those that are not additional
        walked["allOf"] = [*schema.get("allOf", ()), named | schema["x-advice"]]
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
