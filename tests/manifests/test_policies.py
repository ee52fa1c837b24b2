"""An organisation's own rules."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from igz_apply.authoring.validation import validate
from igz_apply.iguazio3.kinds import KINDS
from igz_apply.iguazio3.platform import schema_of as resource_schema
from igz_apply.manifests.policy_files import load_policies
from igz_apply.manifests.reader import read_bytes
from igz_apply.model.addresses import Address, Source
from igz_apply.model.problems import Problem

SCHEMAS = {name: resource_schema(name) for name in KINDS.names}
MAIL = {
    "title": "Company mail",
    "x-kinds": ["User"],
    "properties": {"spec": {"properties": {"email": {"pattern": "@corvid[.]example$"}}}},
}
USER = b"apiVersion: iguazio.com/v1\nkind: User\nmetadata: {name: ada}\nspec: {email: ada@example.com}\n"
GROUP = b"apiVersion: iguazio.com/v1\nkind: Group\nmetadata: {name: g}\nspec: {description: ada@example.com}\n"


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def problems_under(*policies: Any, manifest: bytes = USER) -> tuple[Problem, ...]:
    for index, policy in enumerate(policies):
        Path(f"{index}.schema.json").write_text(json.dumps(policy))
    loaded, problems = load_policies(["*.schema.json"], KINDS)
    return problems or validate(read_bytes("m.yaml", manifest).documents, KINDS, SCHEMAS, policies=loaded)


def test_a_policy_is_met_on_top_of_our_schema() -> None:
    assert problems_under(MAIL) == (
        Problem(
            "Not an allowed value",
            "ada@example.com does not have the form of `spec.email`. (policy Company mail)",
            "It has to match @corvid[.]example$",
            source=Source("m.yaml", 4, 15),
            address=Address("User", "ada"),
        ),
    )


def test_a_policy_is_for_its_kinds_alone() -> None:
    assert problems_under(MAIL, manifest=GROUP) == ()
    everywhere = {key: value for key, value in MAIL.items() if key != "x-kinds"}
    assert problems_under(everywhere, manifest=GROUP) == ()
    assert problems_under({"properties": {"kind": {"const": "User"}}}, manifest=GROUP) != ()


def test_a_policy_speaks_in_its_own_words_and_may_only_warn() -> None:
    policy = {**MAIL, "x-message": "Mail stays in the company.", "x-severity": "warning"}
    (problem,) = problems_under(policy)
    assert (problem.severity, problem.summary) == ("warning", "Policy not met")
    assert problem.detail == "Mail stays in the company. (policy Company mail)"


def test_the_innermost_message_wins() -> None:
    inner = {"pattern": "@corvid[.]example$", "x-message": "Use the company's mail."}
    policy = {"title": "T", "x-message": "outer", "properties": {"spec": {"properties": {"email": inner}}}}
    assert problems_under(policy)[0].detail == "Use the company's mail. (policy T)"


def test_the_alternative_that_was_meant_is_told() -> None:
    forms = {"oneOf": [{"type": "array"}, {"type": "string", "maxLength": 5}]}
    policy = {"title": "T", "properties": {"spec": {"properties": {"email": forms}}}}
    (problem,) = problems_under(policy)
    assert problem.detail == "`spec.email` has 15 characters, and takes at most 5. (policy T)"


def test_a_field_that_a_policy_forbids_is_told_where_it_stands() -> None:
    policy = {"title": "T", "properties": {"spec": {"properties": {"email": False}, "examples": [{"uid": 1}]}}}
    assert problems_under(policy) == (
        Problem(
            "Not allowed",
            "`spec.email` is not allowed here. (policy T)",
            "Leave it out, or change what rules it out.",
            source=Source("m.yaml", 4, 15),
            address=Address("User", "ada"),
        ),
    )


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ({"not": True}, [("`spec` is not allowed here. (policy T)", 4)]),
        ({"patternProperties": {"^e": False}}, [("`spec.email` is not allowed here. (policy T)", 4)]),
        ({"propertyNames": False}, [("`spec.email` is not allowed here. (policy T)", 4)]),
        ({"properties": {"email": {"$ref": "#/$defs/no"}}}, [("`spec.email` is not allowed here. (policy T)", 4)]),
        ({"allOf": [{"if": {"required": ["email"]}, "then": False}]}, [("`spec` is not allowed here. (policy T)", 4)]),
        (
            {"not": {"properties": {"uid": False}}},
            [('{"email": "ada@example.com"} cannot be the value of `spec`. (policy T)', 4)],
        ),
        ({"additionalProperties": False}, [("`spec` has no field 'email'. (policy T)", 4)]),
        ({"properties": {"email": True, "uid": False}, "const": {"email": "ada@example.com"}}, []),
    ],
)
def test_whatever_a_policy_forbids_is_told_where_it_stands(rule: Any, told: list[tuple[str, int]]) -> None:
    policy = {"title": "T", "properties": {"spec": rule}, "$defs": {"no": False}}
    problems = problems_under(policy)
    assert [(problem.detail, problem.source.line if problem.source else 0) for problem in problems] == told


def test_fields_that_the_parts_of_a_policy_allow_together_are_not_told_as_unknown() -> None:
    parts = [{"properties": {"email": {"minLength": 99}}}, {"$ref": "#/$defs/names"}, True]
    spec = {"allOf": parts, "properties": {"uid": {}}, "unevaluatedProperties": False}
    names: dict[str, Any] = {"allOf": [{"properties": {"first_name": {}, "last_name": {}}}]}
    policy = {"title": "T", "properties": {"spec": spec}, "$defs": {"names": names}}
    manifest = USER.replace(b"{email: ada@example.com}", b"{first_name: Ada, uid: 1, job_title: x, last_name: L}")
    assert problems_under(policy, manifest=manifest) == (
        Problem(
            "Unknown field",
            "`spec` has no field 'job_title'. (policy T)",
            "It has email, first_name, last_name and uid.",
            source=Source("m.yaml", 4, 33),
            address=Address("User", "ada"),
        ),
    )
    assert [problem.detail for problem in problems_under(policy)] == [
        "`spec.email` has 15 characters, and takes at least 99. (policy T)"
    ]


def test_where_no_alternative_fits_all_types_are_told() -> None:
    forms = {"anyOf": [{"type": "array"}, {"type": ["integer", "null"]}]}
    policy = {"title": "T", "properties": {"spec": {"properties": {"email": forms}}}}
    assert problems_under(policy)[0].detail == "`spec.email` must be a list or a whole number, not text. (policy T)"


@pytest.mark.parametrize(
    ("policy", "summary"),
    [
        ([], "Wrong type"),
        ({"type": "objct"}, "Not a JSON Schema"),
        ({"pattern": "("}, "Not a JSON Schema"),
        ({"$ref": "#/$defs/nowhere"}, "Not a JSON Schema"),
        ({"$ref": "https://example.com/schema.json"}, "Not a JSON Schema"),
        ({"x-kinds": ["Usr"]}, "Not an allowed value"),
        ({"x-severity": "fatal"}, "Not an allowed value"),
    ],
)
def test_what_is_no_policy_is_a_problem_of_its_file(policy: Any, summary: str) -> None:
    (problem,) = problems_under(policy)
    assert problem.summary == summary
    assert problem.source is not None
    assert problem.source.path == "0.schema.json"


def test_references_in_a_circle_end_in_a_problem() -> None:
    policy = {"title": "T", "$ref": "#", "type": "array"}
    assert [problem.summary for problem in problems_under(policy)] == ["Not allowed"]


def test_a_pattern_that_matches_no_file_is_a_problem() -> None:
    assert [problem.summary for problem in load_policies(["policies/*"], KINDS)[1]] == ["No such policy"]


def test_no_policy_makes_a_secret_appear() -> None:
    forbidden = {"properties": {"from_env": {"enum": ["OTHER"], "minLength": 99, "pattern": "^X"}}}
    policy = {"title": "T", "properties": {"spec": {"properties": {"password": forbidden}}}}
    manifest = USER.replace(b"{email: ada@example.com}", b"{password: {from_env: HUNTER2}}")
    problems = problems_under(policy, manifest=manifest)
    assert len(problems) == 3
    assert not any("HUNTER2" in f"{problem.detail} {problem.hint}" for problem in problems)
