"""Schemas, advice and emulator agree: what validate lets pass is not refused in a rehearsal, and the other way round.

A rule that stands in a schema is proven, and the emulator keeps it; one that only the dashboard is known to check is
advice, and the emulator keeps it with `strict_names`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from igz_apply.authoring.desired import desired_state
from igz_apply.authoring.schema_paths import Schema, resolved
from igz_apply.authoring.validation import Judgement, advice
from igz_apply.emulator import Emulator, Options
from igz_apply.emulator.engine.messages import Answer, Request
from igz_apply.iguazio3.encode import encode_create, splice
from igz_apply.iguazio3.kinds import KINDS
from igz_apply.iguazio3.platform import IGUAZIO3
from igz_apply.iguazio3.wire import Collection, endpoint_of
from igz_apply.model.addresses import Source
from igz_apply.model.resources import Document
from igz_apply.planning.diff import leaves

Path = tuple[str, ...]

# What a schema refuses for a reason of its own, though the platform might take it.
OURS = {
    ("Group", "metadata.name"): "blanks at the ends and line ends are lost in lists of names",
    ("Project", "spec.labels"): "an empty key cannot be told from none",
    ("Project", "spec.annotations"): "an empty key cannot be told from none",
    ("Project", "spec.default_function_node_selector"): "an empty key cannot be told from none",
    ("AppService", "metadata.labels"): "an empty key cannot be told from none",
    ("AppService", "spec.advanced.node_selector"): "an empty key cannot be told from none",
    ("AppService", "spec.jupyter.extra_environment_vars"): "an empty key cannot be told from none",
    ("AppService", "spec.security_context.run_as_user"): "an unset id is written by leaving the context out",
    ("AppService", "spec.security_context.run_as_group"): "an unset id is written by leaving the context out",
    ("AppService", "spec.security_context.fs_group"): "an unset id is written by leaving the context out",
    ("AppService", "spec.security_context.supplemental_groups"): "an id that is empty is none",
    ("User", "spec.assigned_policies"): "a policy has a name",
    ("Group", "spec.assigned_policies"): "a policy has a name",
    ("User", "spec.authentication_methods"): "a method has a name",
}
# Of a service, what is empty is not sent; without these it is not a service.
NEEDED = ("name", "kind")
# Values of which the emulator has no list, so that it cannot refuse others.
OPEN = {("AppService", "spec.kind")}
# What names others, or is no value that is sent.
APART = ("groups", "users", "primary_group", "owner", "members", "credentials", "password", "deletion_strategy")
TEXTS = (
    "", " ", "a", "Z", "9", "O'Neil", "Émile", "x y", " x", "x ", "a\nb", "a\n", "a.b", "a_b", "a-b", "-", "a-", "a@b",
    "a@b.c", "a@b@c.d", "@", "ada@example.org", "0", "1", "-1", "007", "1.5Gi", "1Qi", "30m", "1h", "1e3", "+1", "lots",
    "up", "down", "online", "other", "Data", "full", "igz-workload-low", "\U0001f600", "30000",
)  # fmt: skip
NUMBERS = (-1, 0, 1, 2, 99, 100, 101, 29999, 30000, 32767, 32768, 2**31 - 1, 2**31)
BASE: Mapping[str, Mapping[str, Any]] = {
    "User": {"first_name": "Ada", "last_name": "L", "email": "ada@example.org"},
    "Group": {},
    "Project": {},
    "AppService": {"kind": "shell"},
}


def fields(kind: str) -> Iterator[tuple[Path, Schema]]:
    """Yield every field of a kind that has no fields of its own, with its schema; and its name."""
    root = IGUAZIO3.schema_of(kind)
    metadata, spec = (root["properties"][part]["properties"] for part in ("metadata", "spec"))
    waiting: list[tuple[Path, Schema]] = [(("metadata", name), it) for name, it in metadata.items()]
    waiting += [(("spec", name), it) for name, it in spec.items() if name not in APART]
    while waiting:
        path, schema = waiting.pop()
        schema = resolved(root, schema)
        below = resolved(root, schema.get("items", schema)).get("properties")
        if schema.get("writeOnly"):
            continue
        if below:
            inside = (*path, "*") if "items" in schema else path
            waiting += [((*inside, name), it) for name, it in below.items()]
        elif below is None:
            yield path, {**schema, "$defs": root.get("$defs", {})}


FIELDS = [(kind, path, schema) for kind in KINDS.names for path, schema in fields(kind)]
IDS = [f"{kind}.{'.'.join(path)}" for kind, path, _ in FIELDS]


def judged(kind: str) -> tuple[Judgement, Judgement]:
    schema = IGUAZIO3.schema_of(kind)
    return Judgement(schema), Judgement(advice(schema))


JUDGES = {kind: judged(kind) for kind in KINDS.names}


def candidates(schema: Schema) -> list[Any]:
    """Return values of the field's type, at and beside every bound of its schema and its advice."""
    types = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
    doubts = schema.get("x-advice", {})
    found: list[Any] = [*schema.get("examples", []), *([True, False] if "boolean" in types else [])]
    if "integer" in types:
        edges = [rules[key] for rules in (schema, doubts) for key in ("minimum", "maximum") if key in rules]
        found += [*NUMBERS, *(edge + step for edge in edges for step in (-1, 0, 1))]
    if "string" in types:
        found += texts(schema)
    if "array" in types and "items" in schema:
        items = resolved(schema, schema["items"])
        found += [[], *([each] for each in (texts(items) if items.get("type") == "string" else []))]
    if "object" in types and schema.get("additionalProperties", {}) in ({"type": "string"}, True):
        found += [{}, {"a": "x"}, {"app.kubernetes.io/name": ""}, {"": "x"}]
    return [
        value for value in found if not isinstance(value, dict) or all(isinstance(it, str) for it in value.values())
    ]


def texts(schema: Schema) -> list[str]:
    doubts = schema.get("x-advice", {})
    lengths = {rules[key] + step for rules in (schema, doubts) for key in ("minLength", "maxLength") if key in rules
               for step in (-1, 0, 1)}  # fmt: skip
    allowed = [each for rules in (schema, doubts) for each in rules.get("enum", ()) if each is not None]
    sized = ["a" * max(0, length) for length in lengths]
    return [*TEXTS, *allowed, *schema.get("examples", []), *sized, *(f"a@b.{text}"[: len(text)] for text in sized)]


def manifest(kind: str, path: Path, value: Any) -> dict[str, Any]:
    """Return a manifest that is valid but, perhaps, for the value at the path."""
    document: dict[str, Any] = {
        "apiVersion": "iguazio.com/v1", "kind": kind, "metadata": {"name": "x"}, "spec": deepcopy(dict(BASE[kind])),
    }  # fmt: skip
    if kind == "AppService" and path[1] in ("jupyter", "filebeat"):
        document["spec"]["kind"] = path[1]
    root = holder = IGUAZIO3.schema_of(kind)
    place: Any = document
    for part in path[:-1]:
        if part == "*":
            holder = resolved(root, holder["items"])
            place.append({})
            place = place[0]
        else:
            holder = resolved(root, holder["properties"][part])
            place = place.setdefault(part, [] if "items" in holder else {})
        for name in holder.get("required", ()) if part not in ("spec", "metadata") else ():
            needed = resolved(root, holder["properties"][name])
            place.setdefault(name, (needed.get("examples") or needed.get("enum") or [True])[0])
    place[path[-1]] = value
    return document


class NoPlaces:
    """Positions of a document that was never written."""

    def value(self, path: object) -> Source:  # noqa: ARG002 - the port's signature
        return PLACE

    key = value

    def text(self, path: object) -> str:  # noqa: ARG002 - the port's signature
        return ""


PLACE = Source("made-up.yaml", 1, 1)


class Plane:
    """An emulator, and what it answers to a create."""

    def __init__(self, *, strict_names: bool) -> None:
        options = Options(strict_names=strict_names, job_seconds=0.0, user_create_job=False)
        self._emulator = Emulator(options=options)
        self._made = 0

    def refuses(self, document: dict[str, Any]) -> str:
        """Create what a manifest declares; return why it is refused, "" when it is taken, as a name may be."""
        answer = self._create(document)
        return str(answer.document) if answer.status == 400 else ""

    def _create(self, document: dict[str, Any]) -> Answer:
        self._made += 1
        (resource,) = desired_state([Document(PLACE, document, NoPlaces())], KINDS).resources.values()
        kind, name = KINDS[resource.address.kind], resource.address.name
        if isinstance(kind.wire, Collection):
            name = f"x{self._made}" if name == "x" else name
            data = encode_create(KINDS, kind, name, resource.spec, (), lambda it: it.name, str)
            return self._answer("POST", f"/api/{endpoint_of(kind).path}", {"data": data})
        entry = splice(kind, None, name, leaves(kind, resource, None), str)
        data = {"type": endpoint_of(kind).type, "attributes": {"app_services": [entry]}}
        return self._answer("PUT", f"/api/{endpoint_of(kind).path}", {"data": data})

    def _answer(self, method: str, path: str, body: Any) -> Answer:
        cookie = f'session=j:{{"sid": "{self._emulator.access_key}"}}'
        headers = {"cookie": cookie, "x-projects-role": "test"}
        answer = self._emulator.answer(Request(method, path.strip("/"), "", headers, json.dumps(body).encode()))
        assert answer.status in (200, 201, 202, 400, 409), answer
        return answer


@pytest.fixture(scope="module")
def planes() -> tuple[Plane, Plane]:
    """An emulator as it is by default, and a strict one."""
    return Plane(strict_names=False), Plane(strict_names=True)


def named(path: Path) -> str:
    return ".".join(part for part in path if part != "*")


def check(planes: tuple[Plane, Plane], kind: str, path: Path, value: Any) -> None:
    """Hold the schema's judgement of one value against that of both emulators."""
    lenient, strict = planes
    document, where = manifest(kind, path, value), (kind, named(path))
    accepts, doubts = JUDGES[kind]
    if accepts.accepts(document):
        assert lenient.refuses(document) == "", (where, value)
        is_refused = strict.refuses(document) != ""
        assert is_refused == (not doubts.accepts(document)) or where in OPEN, (where, value)
    elif where not in OURS and not (kind == "AppService" and value == "" and path[-1] not in NEEDED):
        assert lenient.refuses(document) != "", (where, value)


@pytest.mark.parametrize(("kind", "path", "schema"), FIELDS, ids=IDS)
def test_what_a_schema_says_of_a_value_the_emulator_says_too(
    planes: tuple[Plane, Plane], kind: str, path: Path, schema: Schema
) -> None:
    values = candidates(schema)
    for value in values:
        check(planes, kind, path, value)


PATTERNS = [
    (kind, path, rules["pattern"])
    for kind, path, schema in FIELDS
    for rules in (schema, schema.get("x-advice", {}))
    if "pattern" in rules
]


@settings(max_examples=max(10, settings().max_examples // 10))
@given(st.data())
def test_what_has_the_form_that_a_pattern_asks_for_is_judged_alike(planes: tuple[Plane, Plane], data: Any) -> None:
    kind, path, pattern = data.draw(st.sampled_from(PATTERNS))
    whole = pattern.removesuffix("$") + (r"\Z" if pattern.endswith("$") else "")
    text = data.draw(st.from_regex(whole, alphabet=st.characters(exclude_categories=("Cs", "Cc"))))
    check(planes, kind, path, text)


@pytest.mark.parametrize("where", sorted(OURS), ids=".".join)
def test_what_is_stricter_in_a_schema_than_on_the_platform_still_is(
    planes: tuple[Plane, Plane], where: tuple[str, str]
) -> None:
    found = [(kind, path, schema) for kind, path, schema in FIELDS if (kind, named(path)) == where]
    ((kind, path, schema),) = found
    documents = [manifest(kind, path, value) for value in candidates(schema)]
    refused = [document for document in documents if not JUDGES[kind][0].accepts(document)]
    assert any(planes[0].refuses(document) == "" for document in refused)
