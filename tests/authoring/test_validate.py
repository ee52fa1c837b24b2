"""Documents against schemas, each other and a version. The words are held by tests/bad_manifests."""

from __future__ import annotations

import json
import socket
from typing import Any

import pytest

from igz_apply.authoring.desired import desired_state
from igz_apply.authoring.manifest_rules import missing_for_creation
from igz_apply.authoring.validation import too_young, validate
from igz_apply.iguazio3.kinds import KINDS
from igz_apply.iguazio3.platform import schema_of as resource_schema
from igz_apply.manifests.reader import read_bytes
from igz_apply.model.addresses import Address, Source
from igz_apply.model.kind import Field, Kind, Kinds, Shape
from igz_apply.model.problems import Problem
from igz_apply.model.suggest import did_you_mean, nearest

SCHEMAS = {name: resource_schema(name) for name in KINDS.names}


def documents(*texts: str) -> Any:
    head = "apiVersion: iguazio.com/v1\n"
    return read_bytes("m.yaml", "---\n".join(head + text for text in texts).encode()).documents


def user(name: str, spec: str = "{}", lifecycle: str = "{}") -> str:
    return f"kind: User\nmetadata: {{name: {name}}}\nspec: {spec}\nlifecycle: {lifecycle}\n"


def problems_of(*texts: str, version: str = "") -> tuple[Problem, ...]:
    return validate(documents(*texts), KINDS, SCHEMAS, version=version)


def test_what_is_valid_has_no_problem() -> None:
    assert problems_of(user("ada", "{email: ada@example.com, groups: [a], job_title: null}"), user("bob")) == ()


def test_a_problem_says_what_is_wrong_where_and_what_to_do() -> None:
    assert problems_of(user("ada", "{emial: ada@example.com}")) == (
        Problem(
            "Unknown field",
            "`spec` has no field 'emial'.",
            "Did you mean email?",
            source=Source("m.yaml", 4, 8),
            address=Address("User", "ada"),
        ),
    )


def test_one_run_finds_everything_in_order_and_once() -> None:
    problems = problems_of(user("ada", "{uid: x, emial: y}"), user("9", "{admin_status: off}"), user("ada"))
    assert [(str(problem.source), problem.summary) for problem in problems] == [
        ("m.yaml:4:13", "Wrong type"),
        ("m.yaml:4:16", "Unknown field"),
        ("m.yaml:9:18", "Wrong type"),
        ("m.yaml:10:22", "Not an allowed value"),
        ("m.yaml:15:18", "Declared twice"),
    ]


def test_a_doubt_is_a_warning_and_is_not_told_beside_an_error_of_the_same_value() -> None:
    (doubt,) = problems_of(user("ada", "{email: ada@localhost}"))
    assert doubt.severity == "warning"
    (error,) = problems_of(user("ada", "{email: ada}"))
    assert error.severity == "error"


@pytest.mark.parametrize("version", ["", "3.5.5", "3.5.5-b25.20231224135202", "3.10.0", "4"])
def test_a_field_that_the_cluster_knows_is_fine(version: str) -> None:
    assert problems_of(user("ada", "{authentication_methods: [sso]}"), version=version) == ()


@pytest.mark.parametrize("version", ["3.5.4", "3.5", "3", "2.10.9", "3.5.4-b99", "3.x.9", "latest"])
def test_a_field_is_too_young_for_an_older_cluster(version: str) -> None:
    assert problems_of(user("ada", "{uid: 1, authentication_methods: [sso]}"), version=version) == (
        Problem(
            "Field too young",
            f"`spec.authentication_methods` of User/ada needs version 3.5.5; the cluster has {version}.",
            "Remove the field, or upgrade the cluster first.",
            source=Source("m.yaml", 4, 16),
            address=Address("User", "ada"),
        ),
    )


def test_what_is_not_stated_is_not_too_young() -> None:
    assert problems_of(user("ada", "{uid: 1}"), version="3.5.4") == ()


def test_a_nested_field_can_be_too_young() -> None:
    inner = Field("b", since="2.0")
    kinds = Kinds((Kind("User", (Field("a", Shape.OBJECT, fields=(inner,)),)),))
    (problem,) = too_young(documents(user("ada", "{a: {b: 1}}")), kinds, "1.9")
    assert problem.source == Source("m.yaml", 4, 12)


def test_what_creating_needs_is_missed_only_by_who_creates() -> None:
    bare, whole = documents(
        user("ada", "{email: ada@x.org}"), user("bob", "{first_name: B, last_name: B, email: b@x.org}")
    )
    assert validate([bare, whole], KINDS, SCHEMAS) == ()
    ada, bob = desired_state([bare, whole], KINDS).resources.values()
    assert list(missing_for_creation(bob, SCHEMAS["User"])) == []
    assert next(missing_for_creation(ada, SCHEMAS["User"])) == Problem(
        "Missing at creation",
        "User/ada does not exist yet, and cannot be created without `spec.first_name`.",
        "Add it, for example `first_name: Ada`.",
        source=Source("m.yaml", 4, 1),
        address=Address("User", "ada"),
    )


def test_another_set_of_kinds_can_be_judged() -> None:
    kinds = Kinds((Kind("Quota", (Field("cpu"),)),), api_version=KINDS.api_version)
    schema = {"properties": {"spec": {"properties": {"cpu": {"type": "integer"}}}}}
    good, bad = (
        "kind: Quota\nmetadata: {name: a}\nspec: {cpu: 1}\n",
        "kind: Quota\nmetadata: {name: b}\nspec: {cpu: x}\n",
    )
    problems = validate(documents(good, bad), kinds, {"Quota": schema})
    assert [str(problem.address) for problem in problems] == ["Quota/b"]
    assert validate(documents(user("ada")), kinds, {"Quota": schema})[0].summary == "Unknown kind"


def test_a_field_that_may_hold_anything_has_no_problem_and_no_doubt() -> None:
    kinds = Kinds((Kind("Quota", (Field("cpu"), Field("nodes"))),), api_version=KINDS.api_version)
    fields = {"cpu": True, "nodes": {"x-advice": {"minimum": 1}}}
    schema = {"properties": {"spec": {"properties": fields}}}
    quota = "kind: Quota\nmetadata: {name: a}\nspec: {cpu: x, nodes: 0}\n"
    assert validate(documents(quota), kinds, {"Quota": schema}) == (
        Problem(
            "Out of bounds",
            "0 is out of bounds: `spec.nodes` is at least 1.",
            "It is passed on as it is; correct it if it was a slip.",
            severity="warning",
            source=Source("m.yaml", 4, 23),
            address=Address("Quota", "a"),
        ),
    )


SERVICE = """\
kind: AppService
metadata: {name: lab, labels: {team: ds}}
spec: {kind: jupyter}
lifecycle: {ignore_changes: [%s]}
"""


@pytest.mark.parametrize(
    "path",
    [
        "metadata.labels",
        "metadata.labels.team",
        'metadata.labels["app.kubernetes.io/name"]',
        "metadata.labels.app.kubernetes.io/name",
        "metadata.labels.odd[key",
        "resources.limits.cpu",
        "jupyter.any",
        "jupyter.extra_environment_vars.TZ",
        "jupyter.home_spec",
        "advanced.node_selector.zone",
        "scale_to_zero.scale_resources",
        "filebeat.elasticsearch_password",
        "pvc.mounts.shared",
        "grafana.any.depth",
    ],
)
def test_what_is_ignored_leads_to_a_field_below_spec_or_metadata(path: str) -> None:
    assert problems_of(SERVICE % json.dumps(path)) == ()


@pytest.mark.parametrize(
    ("path", "says", "hint"),
    [
        ("scale_to_zero.scale_resources.threshold", "an element of a list", "Write scale_to_zero.scale_resources."),
        ("scale_to_zero.scale_resources[0]", "an element of a list", "Write scale_to_zero.scale_resources."),
        ("scale_to_zero.scale_resources.0.threshold", "an element of a list", "Write scale_to_zero.scale_resources."),
        ("security_context.supplemental_groups.5", "an element", "Write security_context.supplemental_groups."),
        ("pvc.mounts.shared.name", "an element of a list", "Write pvc.mounts.shared."),
        ("grafana.list[0].x", "an element of a list", "Write grafana.list."),
        ("description.x", "but description has no fields", "Write description."),
        ("filebeat.elasticsearch_password.from_env", "but filebeat", "Write filebeat.elasticsearch_password."),
    ],
)
def test_a_path_at_which_nothing_ever_differs_is_refused(path: str, says: str, hint: str) -> None:
    (problem,) = problems_of(SERVICE % json.dumps(path))
    assert (problem.summary, problem.hint) == ("Not a path", hint)
    assert problem.detail.startswith(f"`lifecycle.ignore_changes` names {path!r}, {says}")


def test_what_is_never_compared_need_not_be_ignored() -> None:
    (problem,) = problems_of(
        """
apiVersion: iguazio.com/v1
kind: User
metadata: {name: ada}
spec: {}
lifecycle: {ignore_changes: [send_password_on_creation]}
"""
    )
    assert (problem.summary, problem.hint) == ("Not a path", "Leave it out.")


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("metadata.lables", "Did you mean metadata.labels?"),
        ("metadata.spec", "Write the dotted path of a field below `spec`."),
        ("resources.limit", "Did you mean resources.limits?"),
        ("resources.zzz", "Write the dotted path of a field below `spec`."),
        ("spec.resources", "Leave out `spec.`: paths begin below it."),
        ("metadata.name", "Write the dotted path of a field below `spec`."),
        ("metadata.labels.", "Write the dotted path of a field below `spec`."),
    ],
)
def test_a_path_to_ignore_that_leads_nowhere_names_the_nearest_whole(path: str, hint: str) -> None:
    assert problems_of(SERVICE % json.dumps(path)) == (
        Problem(
            "Unknown field",
            f"`lifecycle.ignore_changes` names {path!r}, which is no field below `spec`.",
            hint,
            source=Source("m.yaml", 5, 30),
            address=Address("AppService", "lab"),
        ),
    )


def test_nothing_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError("validation reaches for the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert problems_of(user("ada", "{uid: x}"))


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("emial", "email"),
        ("Email", "email"),
        ("user", "User"),
        ("asigned_policies", "assigned_policies"),
        ("zzz", None),
        ("", None),
    ],
)
def test_the_nearest_name_is_found(word: str, name: str | None) -> None:
    assert nearest(word, ["email", "User", "assigned_policies", "uid"]) == name


def test_a_suggestion_is_a_question_or_nothing() -> None:
    assert did_you_mean("User/alcie", ["User/alice", "User/bob"]) == "Did you mean User/alice?"
    assert did_you_mean("x", ["User/alice"]) == ""
    assert did_you_mean("x" * 10_000, ["x" * 9_999]) == ""


def test_a_path_into_settings_that_no_table_knows_is_taken() -> None:
    text = (SERVICE % '"trino.workers"').replace("kind: jupyter", "kind: trino, trino: {workers: 3}")
    assert [problem.summary for problem in problems_of(text)] == ["Unknown field"]
    (problem,) = problems_of(SERVICE % '"trino.workers"')
    assert problem.severity == "error"
