"""`policies_on_plan` of a config: which there are for a target, what each holds, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from igz_apply.errors import InvalidInput
from igz_apply.manifests.config import load_config, policies_in
from igz_apply.manifests.plan_policy_files import load_plan_policies
from igz_apply.model.addresses import Source
from igz_apply.model.problems import Problem
from igz_apply.planning.policing import PlanPolicy, PolicyWaiver

CONFIG = """\
version: 1
policies_on_plan:
  - code: ORG-1
    schema: plan/one.json
    message: One.
targets:
  dev: {endpoint: embedded}
  prod:
    endpoint: embedded
    policies_on_plan:
      - code: ORG-2
        each: change
        schema: {maxProperties: 1}
        effect: warn
        message: Two.
        hint: Ask.
        waivers: [{address: User/a*, until: 2026-12-31, reason: OPS-1}]
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("plan").mkdir()
    Path("plan/one.json").write_text('{"type": "object"}')
    return tmp_path


def loaded(text: str, target: str | None = None) -> tuple[tuple[PlanPolicy, ...], tuple[Problem, ...]]:
    Path("igz-apply.yaml").write_text(text)
    return load_plan_policies(load_config(None, target).policies_on_plan)


def refused(text: str) -> list[tuple[str, str, str]]:
    with pytest.raises(InvalidInput) as caught:
        loaded(text)
    return [(it.summary, it.detail, str(it.source)) for it in caught.value.problems]


ONE = PlanPolicy("ORG-1", {"type": "object"}, "One.", source=Source("igz-apply.yaml", 3, 11))


def test_what_stands_at_the_top_is_for_every_target() -> None:
    assert loaded(CONFIG) == loaded(CONFIG, "dev") == ((ONE,), ())


def test_a_target_adds_its_own() -> None:
    waiver = PolicyWaiver("2026-12-31", "OPS-1", "User/a*", Source("igz-apply.yaml", 17, 19))
    two = PlanPolicy(
        "ORG-2", {"maxProperties": 1}, "Two.", "Ask.", "change", False, (waiver,), Source("igz-apply.yaml", 11, 15)
    )
    assert loaded(CONFIG, "prod") == ((ONE, two), ())


def test_another_file_in_the_form_of_a_config_need_not_know_the_target() -> None:
    Path("outside").mkdir()
    Path("outside/policies.yaml").write_text(CONFIG.replace("plan/one.json", "one.json"))
    Path("outside/one.json").write_text('{"type": "object"}')
    found, problems = load_plan_policies(policies_in(Path("outside/policies.yaml"), "staging"))
    assert ([policy.code for policy in found], problems) == (["ORG-1"], ())
    Path("outside/none.yaml").write_text("version: 1\n")
    assert policies_in(Path("outside/none.yaml"), "") == ()


def test_a_code_is_the_organisations_own_and_given_once() -> None:
    assert refused(CONFIG.replace("ORG-2", "igz-304")) == [
        ("Code not free", "'igz-304' looks like a code of igz-apply's own rules.", "igz-apply.yaml:11:15")
    ]
    assert refused(CONFIG.replace("ORG-2", "ORG-1")) == [
        ("Code not free", "Another entry of policies_on_plan has the code 'ORG-1'.", "igz-apply.yaml:11:15")
    ]


def test_a_waiver_ends_on_a_day_that_there_is() -> None:
    assert refused(CONFIG.replace("2026-12-31", "2026-02-29")) == [
        ("No such day", "There is no day '2026-02-29', until which ORG-2 would be waived.", "igz-apply.yaml:17:45")
    ]


@pytest.mark.parametrize(
    ("text", "summary", "place"),
    [
        ('{"type": 3}', "Not a JSON Schema", "plan/one.json:1:10"),
        ('{"$ref": "https://example.com/s.json"}', "Not a JSON Schema", "plan/one.json:1:1"),
        ("{", "Broken YAML", "plan/one.json:1:2"),
        ('{"type": "object"}\n---\n{"not": {}}', "More than one document", "plan/one.json:3:1"),
        ("", "Empty file", "plan/one.json:1:1"),
        (None, "No such policy", "igz-apply.yaml:4:13"),
    ],
)
def test_a_schema_that_cannot_be_used_is_told_where_it_stands(text: str | None, summary: str, place: str) -> None:
    Path("plan/one.json").write_text(text or "") if text is not None else Path("plan/one.json").unlink()
    policies, (problem,) = loaded(CONFIG)
    assert (policies, problem.summary, str(problem.source)) == ((), summary, place)


def test_a_schema_in_the_config_is_told_by_its_line_there() -> None:
    policies, (problem,) = loaded(CONFIG.replace("{maxProperties: 1}", "{properties: {a: {type: 3}}}"), "prod")
    assert [policy.code for policy in policies] == ["ORG-1"]
    assert (problem.summary, str(problem.source)) == ("Not a JSON Schema", "igz-apply.yaml:13:41")
    _, (problem,) = loaded(CONFIG.replace("{maxProperties: 1}", "{$ref: nowhere.json}"), "prod")
    assert (problem.summary, str(problem.source)) == ("Not a JSON Schema", "igz-apply.yaml:13:17")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("each: changes", "Not an allowed value"),
        ("effect: forbid", "Not an allowed value"),
        ("severity: error", "Unknown field"),
        ("waivers: [{until: tomorrow, reason: r}]", "Not an allowed value"),
        ("waivers: [{until: 2026-12-31}]", "Missing field"),
    ],
)
def test_an_entry_of_another_form_is_told_by_its_line(wrong: str, said: str) -> None:
    text = CONFIG.replace("    message: One.\n", f"    message: One.\n    {wrong}\n")
    assert [(summary, place.split(":")[1]) for summary, _, place in refused(text)] == [(said, "6")]


@pytest.mark.parametrize("text", ["true", "[]"])
def test_a_schema_in_a_file_is_a_mapping(text: str) -> None:
    Path("plan/one.json").write_text(text)
    policies, (problem,) = loaded(CONFIG)
    assert policies == ()
    assert (problem.summary, problem.detail) == (
        "Not a JSON Schema",
        f"{Path('plan/one.json')} holds no mapping, as a schema of a policy has to be.",
    )
