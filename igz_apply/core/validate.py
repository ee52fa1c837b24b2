"""Documents against schemas, policies, each other and a cluster's version, as problems.

Two validators work together: jsonschema-rs, which is fast, accepts; jsonschema, which knows where and why, words the
refusal of the few that fail. Both are imported when first needed, for the sake of a quick start.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from igz_apply.core.addresses import Address
from igz_apply.core.kind import Field, Kind, Kinds
from igz_apply.core.problems import Problem, Severity, in_order
from igz_apply.core.resources import Document, Path
from igz_apply.core.suggest import did_you_mean
from igz_apply.core.wording import Subject, dotted, problems_of

API_VERSION = "iguazio.com/v1"


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
        stranger = _stranger(document, kinds)
        if stranger is not None:
            problems.append(stranger)
            continue
        recognised.append(document)
        problems.extend(judges[document.data["kind"]].problems(document))
    problems.extend(_duplicates(recognised))
    if version:
        problems.extend(too_young(recognised, kinds, version))
    return in_order(problems)


def conforms(document: Document, schema: Mapping[str, Any], *, noun: str) -> tuple[Problem, ...]:
    """Return the problems of a document that is no manifest, such as the config; `noun` is what to call it."""
    return in_order(problems_of(Judgement(schema).errors(document.data), Subject(document, noun=noun)))


def too_young(documents: Sequence[Document], kinds: Kinds, version: str) -> Iterator[Problem]:
    """Find the fields that a cluster of this version does not know yet; `version` as the cluster says it, `3.5.3`."""
    have = _release(version)
    for document in documents:
        kind = kinds[document.data["kind"]]
        for path, field in _stated(kind.fields, document.data):
            if field.since and _release(field.since) > have:
                address = _address(document)
                yield Problem(
                    "Field too young",
                    f"`{dotted(path)}` of {address} needs version {field.since}; the cluster has {version}.",
                    "Remove the field, or upgrade the cluster first.",
                    source=document.positions.key(path),
                    address=address,
                )


class Judgement:
    """A compiled schema: whether data meets it, and if not, the errors."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        import jsonschema_rs

        self._schema = schema
        self._accepts = jsonschema_rs.Draft202012Validator(dict(schema), retriever=_refuse_to_retrieve).is_valid
        self._judge: Any = None

    def errors(self, data: Any) -> list[Any]:
        """Return jsonschema's errors, [] when the data is accepted."""
        if self._accepts(data):
            return []
        if self._judge is None:
            self._judge = _python_judge(self._schema)
        return list(self._judge.iter_errors(data))


class _Judge:
    """All that judges the manifests of one kind."""

    def __init__(self, kind: Kind, schema: Mapping[str, Any], policies: Sequence[Policy]) -> None:
        self._kind = kind
        self._secrets = frozenset(_secret_paths(kind.fields, ("spec",)))
        self._strict = Judgement(schema)
        self._advice = Judgement(advice(schema))
        self._policies = [
            (policy, Judgement(policy.schema)) for policy in policies if not policy.kinds or kind.name in policy.kinds
        ]

    def problems(self, document: Document) -> Iterator[Problem]:
        """Return what is wrong with one manifest of the kind."""
        data = document.data
        address = _address(document)
        strict = self._strict.errors(data)
        yield from problems_of(strict, Subject(document, address, self._secrets))
        refused = {tuple(error.absolute_path) for error in strict}
        doubts = [error for error in self._advice.errors(data) if tuple(error.absolute_path) not in refused]
        yield from problems_of(doubts, Subject(document, address, self._secrets, severity="warning"))
        if isinstance(data.get("lifecycle"), Mapping):
            yield from _lifecycle_problems(document, address, self._kind)
        for policy, judgement in self._policies:
            if errors := judgement.errors(data):
                subject = Subject(document, address, self._secrets, policy.severity, rule=policy.name)
                yield from problems_of(errors, subject)


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
    import re

    from jsonschema import ValidationError

    strict = f"{pattern[:-1]}\\Z" if pattern.endswith("$") and not pattern.endswith("\\$") else pattern
    if validator.is_type(instance, "string") and not re.search(strict, instance, re.ASCII):
        yield ValidationError(f"does not match {pattern}")


def _refuse_to_retrieve(uri: str) -> Any:
    raise ValueError(f"{uri} is not among the given schemas, and nothing is fetched")


# --- what a schema cannot say ----------------------------------------------------------------------------------------


def _stranger(document: Document, kinds: Kinds) -> Problem | None:
    """Return the problem of a document that is no manifest of a known kind."""
    data, positions = document.data, document.positions
    if not isinstance(data, Mapping):
        detail = "The document is not a mapping with apiVersion, kind, metadata and spec."
        return Problem("Not a manifest", detail, _NOT_OURS, source=document.source)
    if data.get("apiVersion") != API_VERSION:
        stated = "says nothing of" if "apiVersion" not in data else "is of another"
        detail = f"The document {stated} apiVersion; manifests are of {API_VERSION}."
        return Problem("Not a manifest", detail, _NOT_OURS, source=positions.value(("apiVersion",)))
    if data.get("kind") in kinds.names:
        return None
    if not isinstance(data.get("kind"), str):
        detail = "A manifest needs the field 'kind'."
        return Problem(
            "Missing field", detail, f"Add `kind:` with {_ONE_OF}{', '.join(kinds.names)}.", source=document.source
        )
    hint = f"{did_you_mean(data['kind'], kinds.names)} Kinds are {', '.join(kinds.names)}.".strip()
    detail = f"There is no kind {data['kind']!r}."
    return Problem("Unknown kind", detail, hint, source=positions.value(("kind",)))


_NOT_OURS = f"Begin it with `apiVersion: {API_VERSION}`, or list the file under `ignore` in igz-apply.yaml."
_ONE_OF = "one of "


def _duplicates(documents: Sequence[Document]) -> Iterator[Problem]:
    first: dict[Address, Document] = {}
    for document in documents:
        address = _address(document)
        if address is None:
            continue
        known = first.setdefault(address, document)
        if known is not document:
            place = document.positions.value(("metadata", "name"))
            detail = f"{address} is declared twice: here and at {known.source}."
            yield Problem("Declared twice", detail, "Keep one of the two.", source=place, address=address)


def _lifecycle_problems(document: Document, address: Address | None, kind: Kind) -> Iterator[Problem]:
    """Find what the lifecycle says against itself, and paths that lead to no field."""
    lifecycle = document.data["lifecycle"]
    if lifecycle.get("state") == "absent" and lifecycle.get("prevent_destroy") is True:
        yield Problem(
            "Contradiction",
            "The lifecycle wants the resource gone, and prevents that.",
            "Keep one of `state: absent` and `prevent_destroy: true`.",
            source=document.positions.key(("lifecycle", "prevent_destroy")),
            address=address,
        )
    paths = lifecycle.get("ignore_changes")
    for index, path in enumerate(paths if isinstance(paths, list) else ()):
        if isinstance(path, str) and path and (unknown := _unknown_part(path, kind)) is not None:
            yield Problem(
                "Unknown field",
                f"`lifecycle.ignore_changes` names {path!r}, which is no field of {kind.name}.",
                unknown or "Write the dotted path of a field below `spec`.",
                source=document.positions.value(("lifecycle", "ignore_changes", index)),
                address=address,
            )


def _unknown_part(path: str, kind: Kind) -> str | None:
    """Return a hint (or "") when a dotted path leads to no field of the kind, None when it does."""
    fields = {field.name: field for field in kind.fields}
    if path in fields:
        return None
    known = fields
    walked: list[str] = []
    for part in path.split("."):
        if part not in known:
            return did_you_mean(".".join([*walked, part]), [".".join([*walked, name]) for name in known])
        walked.append(part)
        if not known[part].fields:
            return None
        known = {field.name: field for field in known[part].fields}
    return None


def _address(document: Document) -> Address | None:
    metadata = document.data.get("metadata")
    name = metadata.get("name") if isinstance(metadata, Mapping) else None
    return Address(document.data["kind"], name) if isinstance(name, str) and name else None


def _secret_paths(fields: Sequence[Field], above: Path) -> Iterator[Path]:
    for field in fields:
        if field.write_only:
            yield (*above, field.name)
        yield from _secret_paths(field.fields, (*above, field.name))


def _stated(fields: Sequence[Field], data: Mapping[str, Any]) -> Iterator[tuple[Path, Field]]:
    """Return the fields that a manifest states, nested ones included, each with its path."""
    spec = data.get("spec")
    waiting: list[tuple[Path, Any, Sequence[Field]]] = [(("spec",), spec, fields)]
    while waiting:
        above, value, known = waiting.pop()
        if not isinstance(value, Mapping):
            continue
        for field in known:
            if field.name in value:
                path = (*above, field.name)
                yield path, field
                waiting.append((path, value[field.name], field.fields))


def _release(version: str) -> tuple[int, ...]:
    """Return the numbers of a version to compare it by: `3.5.5-b25` is (3, 5, 5)."""
    numbers: list[int] = []
    for part in version.split("-")[0].split("."):
        if not part.isdigit():
            break
        numbers.append(int(part))
    return tuple(numbers)
