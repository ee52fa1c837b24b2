"""The schemas and the kinds' tables say the same, and both validators read the schemas alike."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from igz_apply.authoring.schema_paths import properties, resolved
from igz_apply.authoring.validation import Judgement, advice
from igz_apply.iguazio3.kinds import KINDS
from igz_apply.iguazio3.platform import IGUAZIO3
from igz_apply.iguazio3.wire import path_of
from igz_apply.iguazio4.platform import IGUAZIO4
from igz_apply.local.package_data import examples_dir
from igz_apply.manifests import schemas
from igz_apply.manifests.loading import load
from igz_apply.manifests.reader import read
from igz_apply.model.kind import Field, Kind, Shape

PLATFORMS = {"": IGUAZIO3, "iguazio4/": IGUAZIO4}
TABLES = {f"{folder}{kind.name}": kind for folder, platform in PLATFORMS.items() for kind in platform.kinds}
NAMES = tuple(TABLES)
EVERY = {
    **{
        f"{folder}{name}": schema for folder, platform in PLATFORMS.items() for name, schema in platform.schemas.items()
    },
    "config": schemas.config_schema(),
}
EXAMPLES = [
    (f"{folder}{document.data['kind']}", document.data)
    for folder in PLATFORMS
    for document in read([str(examples_dir() / folder)]).documents
]
METADATA = "metadata."


def fields_of(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema's fields by the name that the table has for them."""
    of_metadata = {
        f"{METADATA}{name}": field for name, field in properties(schema, schema["properties"]["metadata"]).items()
    }
    del of_metadata["metadata.name"]
    return {**of_metadata, **properties(schema, schema["properties"]["spec"])}


def stated(fields: tuple[Field, ...]) -> tuple[Field, ...]:
    """The fields without those that another one states: a project's owner is no member that anybody lists."""
    return tuple(item for item in fields if not (item.fields and all(inner.counts for inner in item.fields)))


def every_field(name: str, kind: Kind) -> Iterator[tuple[str, Field, Mapping[str, Any], Mapping[str, Any]]]:
    """Every field that the table goes into, with its path, its schema, and the schema that it is a part of."""
    root = EVERY[name]
    waiting = [(item.name, item, resolved(root, fields_of(root)[item.name])) for item in kind.fields]
    while waiting:
        path, item, schema = waiting.pop()
        yield path, item, schema, root
        below = properties(root, schema)
        waiting.extend(
            (f"{path}.{inner.name}", inner, resolved(root, below[inner.name])) for inner in stated(item.fields)
        )


FIELDS = [(name, *field) for name, kind in TABLES.items() for field in every_field(name, kind)]
IDS = [f"{kind}.{path}" for kind, path, *_ in FIELDS]


@pytest.mark.parametrize("name", NAMES)
def test_the_table_and_the_schema_know_the_same_fields(name: str) -> None:
    assert {item.name for item in TABLES[name].fields} == set(fields_of(EVERY[name]))


@pytest.mark.parametrize(("kind", "path", "item", "schema", "root"), FIELDS, ids=IDS)
def test_a_field_is_the_same_in_the_table_and_in_the_schema(
    kind: str, path: str, item: Field, schema: Mapping[str, Any], root: Mapping[str, Any]
) -> None:
    assert schema.get("description", "").endswith("."), f"{kind}.{path} is described in a sentence"
    assert bool(schema.get("x-immutable")) == item.immutable
    assert bool(schema.get("writeOnly")) == item.write_only
    assert schema.get("x-since", "") == item.since
    if item.default is not None:
        assert schema.get("default") == item.default
    if item.fields:
        assert {inner.name for inner in stated(item.fields)} == set(properties(root, schema))


TYPES = {
    Shape.SET: {"array"},
    Shape.LIST: {"array"},
    Shape.SETTINGS: {"object"},
    Shape.MAP: {"object"},
    Shape.OBJECT: {"object"},
    Shape.QUANTITY: {"string", "number"},
    Shape.DURATION: {"string"},
    Shape.SCALAR: {"string", "integer", "boolean"},
    Shape.FOLDED: {"string"},
}


@pytest.mark.parametrize(("kind", "path", "item", "schema"), [field[:4] for field in FIELDS], ids=IDS)
def test_a_fields_type_fits_its_shape(kind: str, path: str, item: Field, schema: Mapping[str, Any]) -> None:
    stated = schema["type"]
    types = set([stated] if isinstance(stated, str) else stated) - {"null"}
    assert types <= (TYPES[item.shape] | ({"object"} if item.write_only else set())), f"{kind}.{path}"


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_has_the_parts_of_a_manifest(name: str) -> None:
    schema = EVERY[name]
    assert set(schema["properties"]) == {"apiVersion", "kind", "metadata", "spec", "lifecycle"}
    assert schema["properties"]["kind"] == {"description": "The kind of resource.", "const": TABLES[name].name}
    assert schema["properties"]["metadata"]["required"] == ["name"]
    assert properties(schema, schema["properties"]["metadata"])["name"]["x-immutable"] is True


def test_the_lifecycle_is_the_same_for_every_kind() -> None:
    lifecycles = {name: copy.deepcopy(EVERY[name]["properties"]["lifecycle"]["properties"]) for name in NAMES}
    membership = [lifecycles[name].pop("membership", None) for name in NAMES if name != "AppService"]
    for lifecycle in lifecycles.values():
        lifecycle["ignore_changes"].pop("examples")  # each kind names a field of its own
        lifecycle.pop("renamed_from", None)
        ways = lifecycle["on_removal"]
        assert ("disable" in ways.pop("enum")) == ("disable" in ways.pop("description"))
    assert all(lifecycle == lifecycles["User"] for lifecycle in lifecycles.values())
    assert all(stated == membership[0] is not None for stated in membership)


def test_what_creating_needs_is_among_the_fields() -> None:
    for name in NAMES:
        spec = EVERY[name]["properties"]["spec"]
        assert set(spec.get("x-required-on-create", [])) <= set(spec["properties"])


def subschemas(schema: Any, path: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    if isinstance(schema, Mapping):
        yield path, schema
        for key in ("properties", "$defs"):
            for name, inner in schema.get(key, {}).items():
                yield from subschemas(inner, f"{path}/{name}")
        for key in ("items", "additionalProperties"):
            yield from subschemas(schema.get(key), f"{path}/{key}")


@pytest.mark.parametrize("name", EVERY)
def test_a_schema_is_one(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(EVERY[name])


@pytest.mark.parametrize("name", EVERY)
def test_every_example_and_default_is_valid(name: str) -> None:
    for path, schema in subschemas(EVERY[name]):
        judge = Judgement({**schema, "$defs": EVERY[name].get("$defs", {})})
        doubt = Judgement(advice({**schema, "$defs": EVERY[name].get("$defs", {})}))
        for example in [*schema.get("examples", []), *([schema["default"]] if "default" in schema else [])]:
            assert judge.errors(example) == [], path
            assert doubt.errors(example) == [], path


@pytest.mark.parametrize("name", EVERY)
def test_unknown_fields_are_refused_but_in_the_settings_of_a_service_kind(name: str) -> None:
    open_ones = {
        path
        for path, schema in subschemas(EVERY[name])
        if "properties" in schema and schema.get("additionalProperties") is not False
    }
    services = {item.name for item in TABLES["AppService"].fields}
    for path in open_ones:
        assert name == "AppService"
        assert path.startswith("/spec/")
        assert path.split("/")[2] in services - {"resources", "scale_to_zero", "advanced", "security_context"}


def test_the_examples_validate_without_a_word() -> None:
    for name, data in EXAMPLES:
        assert Judgement(EVERY[name]).errors(data) == []
        assert Judgement(advice(EVERY[name])).errors(data) == []


@pytest.mark.parametrize("folder", PLATFORMS)
def test_the_examples_say_of_their_platform_alone_what_holds_together(folder: str) -> None:
    loaded = load([str(examples_dir() / folder)], PLATFORMS[folder])
    assert loaded.problems == ()
    assert {document.data["apiVersion"] for document in loaded.documents} == {PLATFORMS[folder].kinds.api_version}


@pytest.mark.parametrize("folder", PLATFORMS)
def test_the_examples_use_every_part_of_the_manifest_format(folder: str) -> None:
    own = [data for name, data in EXAMPLES if name == f"{folder}{data['kind']}"]
    lifecycles = [data.get("lifecycle", {}) for data in own]
    every = set(EVERY["User"]["properties"]["lifecycle"]["properties"])
    assert {key for lifecycle in lifecycles for key in lifecycle} == every - {"renamed_from"}  # a comment shows that
    assert {data["kind"] for data in own} == set(PLATFORMS[folder].kinds.names)
    members = [data["spec"].get("members", {}) for data in own if data["kind"] == "Project"]
    roles = EVERY[f"{folder}Project"]["properties"]["spec"]["properties"]["members"]["properties"]
    assert {role for stated_roles in members for role in stated_roles} == set(roles)


# --- two validators, one verdict -------------------------------------------------------------------------------------

STRANGE_VALUES: list[Any] = [
    *(None, True, False, 0, 1, -1, 1.0, 0.5, 42, 2**31),
    *(
        "",
        " ",
        "x",
        "x\n",
        "\n",
        "ada",
        "Ada L",
        "a@b",
        "a@b.c\n",
        "7",
        "٣",
        "7\n",
        "up",
        "UP",
        "-a",
        "a-",
        "é",
        "日本",
    ),
    *("500m", "1Gi", "1.5Gi", "1Gi\n", "10%", "100%", "101%", "10%\n", "1h", "1h\n", "a" * 40, "a" * 130),
    *("embedded", "embedded:", "embedded\n", "https://x", "https://user:secret@x", "http://x/y z"),
    *([], ["a"], ["a", "a"], [1, True], [1, 1.0], [None]),
    *({}, {"a": 1}, {"a": "b"}, {"": "x"}, {"a\n": "x"}, {"from_env": "X"}, {"from_env": "X\n"}),
]
STRANGE = st.sampled_from(STRANGE_VALUES)
SEEDS = EXAMPLES + [(name, example) for name, schema in EVERY.items() for example in schema["examples"]]


def places(value: Any) -> list[tuple[Any, Any]]:
    keys = list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(value, list) else []
    return [(value, key) for key in keys] + [place for key in keys for place in places(value[key])]


class Verdict:
    """A schema, compiled once for both validators."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._fast = Judgement(schema)
        self._wordy = jsonschema.Draft202012Validator(schema)

    def check(self, value: Any) -> None:
        errors = self._fast.errors(value)
        assert "schema" not in [error.validator for error in errors], json.dumps(value)
        if not errors:
            assert self._wordy.is_valid(value), json.dumps(value)


VERDICTS = {name: (Verdict(schema), Verdict(advice(schema))) for name, schema in EVERY.items()}


@given(st.data())
def test_both_validators_come_to_the_same_verdict(data: st.DataObject) -> None:
    name, seed = data.draw(st.sampled_from(SEEDS))
    mutated = copy.deepcopy(seed)
    for _ in range(data.draw(st.integers(0, 2))):
        holder, key = data.draw(st.sampled_from(places(mutated)))
        holder[key] = copy.deepcopy(data.draw(STRANGE))
        if isinstance(holder, dict) and data.draw(st.booleans()):
            known = sorted({field for _, schema in subschemas(EVERY[name]) for field in schema.get("properties", {})})
            holder[data.draw(st.sampled_from(known))] = copy.deepcopy(data.draw(STRANGE))
    for verdict in VERDICTS[name]:
        verdict.check(mutated)


@pytest.mark.parametrize("name", EVERY)
def test_both_validators_agree_on_each_field_alone(name: str) -> None:
    for _, schema in subschemas(EVERY[name]):
        verdict = Verdict({**schema, "$defs": EVERY[name].get("$defs", {})})
        for value in STRANGE_VALUES:
            verdict.check(value)


def test_what_an_open_mapping_is_known_to_hold_is_all_that_passes_without_a_doubt() -> None:
    for path, schema in subschemas(EVERY["AppService"]):
        if schema.get("properties") and schema.get("additionalProperties") is True:
            assert schema["x-advice"]["additionalProperties"] is False, path


@pytest.mark.parametrize("name", NAMES)
def test_the_table_and_the_schema_agree_on_what_a_spec_names_by_itself(name: str) -> None:
    assert EVERY[name]["properties"]["spec"].get("x-own-object", "") == TABLES[name].named_by


@pytest.mark.parametrize(
    ("named", "wire"),
    [
        ("trino", "spec.trino"),
        ("mpi-operator", "spec.mpi-operator"),
        ("jupyter", None),
        ("owner", None),
        ("name", None),
        ("mark_as_changed", None),
        ("a.b", None),
        ("", None),
        (7, None),
        (None, None),
    ],
)
def test_the_settings_that_a_spec_names_are_those_that_no_table_knows(named: Any, wire: str | None) -> None:
    own = KINDS["AppService"].own_field({"kind": named})
    assert (path_of(own) if own else None) == wire
    assert KINDS["User"].own_field({"kind": named, "": "x"}) is None


def test_a_kind_of_a_collection_may_name_settings_too() -> None:
    naming = replace(KINDS["Group"], named_by="description", named_field=Field)
    assert naming.fields_of({"description": "extra"})[-1].name == "extra"
