"""What validate holds of manifests for Iguazio 4 beside their schemas. The words are held by tests/bad_manifests."""

from __future__ import annotations

import pytest

from igz_apply.authoring.field_docs import explain
from igz_apply.iguazio4.kinds import KINDS
from igz_apply.iguazio4.platform import IGUAZIO4
from igz_apply.manifests.loading import checked
from igz_apply.manifests.openapi import openapi
from igz_apply.manifests.reader import Reading, read_bytes
from igz_apply.manifests.schemas import manifest_schema


def told(text: str) -> list[tuple[str, str]]:
    read = read_bytes("m.yaml", f"apiVersion: iguazio.com/v4\n{text}".encode())
    found = checked(Reading(read.documents, read.problems, 1), IGUAZIO4).problems
    return [(problem.severity, problem.summary) for problem in found if problem.summary != "Unknown reference"]


def user(name: str, spec: str) -> str:
    return f"kind: User\nmetadata: {{name: {name}}}\nspec: {spec}\n"


def binding(spec: str, lifecycle: str = "{}") -> str:
    return f"kind: PolicyBinding\nmetadata: {{name: oris-viewer}}\nspec: {spec}\nlifecycle: {lifecycle}\n"


@pytest.mark.parametrize("spec", ["{email: ada@example.com}", "{email: Ada@Example.com}", "{first_name: Ada}", "{}"])
def test_a_username_that_is_the_email_in_whatever_case_is_no_problem(spec: str) -> None:
    assert told(user("ada@example.com", spec)) == []


def test_a_username_that_is_not_the_email_is_a_doubt_and_no_error() -> None:
    assert told(user("ada", "{email: ada@example.com}")) == [("warning", "Apart from its name")]


@pytest.mark.parametrize("name", ["6FA459EA-EE8A-3CA4-894E-DB77E160355E", "6fa459ea-ee8a-3ca4-894e-db77e160355e"])
def test_a_username_that_looks_like_an_id_is_refused_wherever_it_stands(name: str) -> None:
    assert ("error", "Name not allowed") in told(user(name, "{}"))
    assert ("error", "Not allowed") in told(binding(f"{{users: [{name}]}}"))


@pytest.mark.parametrize("spec", ["{users: [ada]}", "{groups: [research/nlp]}", "{users: [], groups: [research]}"])
def test_a_binding_that_names_somebody_is_no_problem(spec: str) -> None:
    assert told(binding(spec)) == []


def test_a_binding_that_is_to_go_needs_to_name_nobody() -> None:
    assert told(binding("{}")) == [("error", "No holders")]
    assert told(binding("{}", "{state: absent}")) == []


@pytest.mark.parametrize("path", ["research", "research/nlp", "a b/c d", "a/b/c"])
def test_a_path_of_parts_is_the_name_of_a_group(path: str) -> None:
    assert told(f"kind: Group\nmetadata: {{name: {path}}}\nspec: {{}}\n") == []


def test_what_explains_and_what_editors_and_kustomize_are_given_is_of_the_platform() -> None:
    assert explain(IGUAZIO4.schema_of("User"), KINDS["User"], "spec.groups").refers_to == "Group"
    assert set(manifest_schema(IGUAZIO4)["$defs"]) == {*KINDS.names, "Profile"}
    assert set(openapi(IGUAZIO4)["definitions"]) == {f"com.iguazio.v4.{name}" for name in KINDS.names}


def test_a_kind_without_a_schema_is_told_from_a_file_that_is_there() -> None:
    with pytest.raises(KeyError):
        IGUAZIO4.schema_of("AppService")
