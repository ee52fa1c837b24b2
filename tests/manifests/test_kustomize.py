"""What comes through kustomize: the file that gives its overlays merge keys, and what is said of its traces."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from igz_apply.iguazio3.kinds import KINDS
from igz_apply.iguazio3.platform import IGUAZIO3
from igz_apply.manifests.loading import Loaded, load
from igz_apply.manifests.openapi import openapi

API = "apiVersion: iguazio.com/v1\n"
BASE = f"""\
{API}kind: AppService
metadata: {{name: notebook}}
spec:
  kind: jupyter
  scale_to_zero:
    mode: enabled
    scale_resources:
      - {{metric_name: num_of_requests, threshold: 0, window_size: 1h}}
      - {{metric_name: jupyter_kernel_busyness, threshold: 0, window_size: 1h}}
---
{API}kind: Group
metadata: {{name: ds}}
spec: {{description: Scientists, users: [ada, bob]}}
"""
PATCHES = [
    f"""\
{API}kind: AppService
metadata: {{name: notebook}}
spec:
  scale_to_zero:
    scale_resources:
      - {{metric_name: num_of_requests, threshold: 5}}
      - {{$patch: delete, metric_name: jupyter_kernel_busyness}}
""",
    f"{API}kind: Group\nmetadata: {{name: ds}}\nspec: {{users: [eve]}}\n",
]


def piped(text: str) -> Loaded:
    return load(["-"], IGUAZIO3, stdin=io.BytesIO(text.encode()))


def lists(form: Any) -> Iterator[dict[str, Any]]:
    """Every form of a list, wherever it stands."""
    if isinstance(form, dict):
        if form.get("type") == "array":
            yield form
        yield from (found for value in form.values() for found in lists(value))


def test_the_openapi_file_names_every_kind_and_the_merge_keys() -> None:
    definitions = openapi(IGUAZIO3)["definitions"]
    told = [each["x-kubernetes-group-version-kind"] for each in definitions.values()]
    assert told == [[{"group": "iguazio.com", "version": "v1", "kind": name}] for name in KINDS.names]
    merged = [form for form in lists(definitions) if "x-kubernetes-patch-merge-key" in form]
    assert [form["x-kubernetes-patch-merge-key"] for form in merged] == ["metric_name"]
    assert all("metric_name" in form["items"]["properties"] for form in merged)


def test_lists_of_names_are_not_merged() -> None:
    """An overlay states who is in a group: merged, it could take nobody out."""
    named = [form for form in lists(openapi(IGUAZIO3)["definitions"]) if form["items"]["type"] == "string"]
    assert len(named) >= 10
    assert not [form for form in named if "x-kubernetes-patch-strategy" in form]


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="there is no kubectl here")
def test_an_overlay_changes_one_entry_of_a_list_by_its_key(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(BASE)
    kustomization: dict[str, Any] = {"resources": ["base.yaml"], "patches": [{"patch": text} for text in PATCHES]}
    without = printed(tmp_path, kustomization)
    assert "$patch" in without
    assert [problem.summary for problem in piped(without).problems] == ["Unknown field"]

    (tmp_path / "igz-apply.openapi.json").write_text(json.dumps(openapi(IGUAZIO3)))
    text = printed(tmp_path, {**kustomization, "openapi": {"path": "igz-apply.openapi.json"}})
    service, group = yaml.safe_load_all(text)
    watched = [{"metric_name": "num_of_requests", "threshold": 5, "window_size": "1h"}]
    assert service["spec"]["scale_to_zero"] == {"mode": "enabled", "scale_resources": watched}
    assert group["spec"] == {"description": "Scientists", "users": ["eve"]}
    assert [problem for problem in piped(text).problems if problem.severity == "error"] == []


def printed(folder: Path, kustomization: dict[str, Any]) -> str:
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(kustomization))
    done = subprocess.run(["kubectl", "kustomize", folder], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


BOOKKEEPING = """\
    config.kubernetes.io/origin: "path: base.yaml"
    internal.config.kubernetes.io/index: "0"
    alpha.config.kubernetes.io/transformations: "- configuredIn: kustomization.yaml"
"""


def test_annotations_that_only_tell_where_a_document_came_from_are_passed_over() -> None:
    loaded = piped(f"{API}kind: Group\nmetadata:\n  name: ds\n  annotations:\n{BOOKKEEPING}spec: {{}}\n")
    assert (loaded.problems, [str(address) for address in loaded.desired.resources]) == ((), ["Group/ds"])


def test_any_other_annotation_is_still_an_error_at_its_line() -> None:
    text = f"{API}kind: Group\nmetadata:\n  name: ds\n  annotations:\n{BOOKKEEPING}    team: retail\nspec: {{}}\n"
    (problem,) = piped(text).problems
    assert (problem.summary, str(problem.source)) == ("Unknown field", "<stdin>:5:3")


@pytest.mark.parametrize(
    "text", ["text\n", "[1]\n", "metadata: 1\n", "metadata: {annotations: [a]}\n", "metadata: {annotations: {1: a}}\n"]
)
def test_what_is_no_manifest_is_told_as_before(text: str) -> None:
    assert [problem.severity for problem in piped(text).problems] == ["error"]


@pytest.mark.parametrize(
    ("metadata", "said"),
    [
        ("namespace: prod", "take `namespace` out of the kustomization"),
        ("labels: {a: b}", "take `labels`, `commonLabels` or `buildMetadata` out"),
        ("annotations: {a: b}", "take `commonAnnotations` out"),
    ],
)
def test_what_a_kustomization_put_there_is_named_behind_a_pipe(metadata: str, said: str, tmp_path: Path) -> None:
    text = f"{API}kind: Group\nmetadata: {{name: ds, {metadata}}}\nspec: {{}}\n"
    (problem,) = piped(text).problems
    assert said in problem.hint
    (tmp_path / "group.yaml").write_text(text)
    (problem,) = load([str(tmp_path)], IGUAZIO3).problems
    assert "kustom" not in problem.hint


@pytest.mark.parametrize(
    "spec",
    [
        "users: [{$patch: delete}, eve]",
        "$patch: replace",
        "$setElementOrder/users: [ada]",
        "users: [{$deleteFromPrimitiveList/users: [ada]}]",
    ],
)
def test_a_directive_that_is_left_over_is_called_one(spec: str) -> None:
    (problem,) = piped(f"{API}kind: Group\nmetadata: {{name: ds}}\nspec: {{{spec}}}\n").problems
    assert problem.hint.startswith("It is a directive of kustomize that was not carried out.")
    assert "igz-apply schema --openapi" in problem.hint


def test_a_number_behind_a_pipe_may_have_lost_its_quotes(tmp_path: Path) -> None:
    text = f"{API}kind: Project\nmetadata: {{name: churn}}\nspec: {{labels: {{cost: 34}}}}\n"
    (problem,) = piped(text).problems
    assert problem.hint.startswith('Quote it: "34".')
    assert "zeros in front" in problem.hint
    (tmp_path / "project.yaml").write_text(text)
    (problem,) = load([str(tmp_path)], IGUAZIO3).problems
    assert problem.hint == 'Quote it: "34".'


def test_an_empty_pipe_is_told_from_an_empty_file(tmp_path: Path) -> None:
    (problem,) = piped("").problems
    assert problem.summary == "Empty file"
    assert "the command before the |" in problem.hint
    assert "remove it" not in problem.hint
    (tmp_path / "empty.yaml").write_text("")
    (problem,) = load([str(tmp_path)], IGUAZIO3).problems
    assert "remove it" in problem.hint


def test_a_secret_behind_a_pipe_is_not_doubted() -> None:
    text = f"{API}kind: User\nmetadata: {{name: ada}}\nspec: {{password: {{from_env: 12}}}}\n"
    assert all("lost on the way" not in problem.hint for problem in piped(text).problems)


def test_what_other_readers_of_yaml_refuse_is_read_as_it_is_meant() -> None:
    """Kustomize prints "=" and "<<" without quotes, and takes an anchor that is defined twice."""
    labels = '{a: =, b: <<, c: &x "1", d: &x "2", e: *x}'
    loaded = piped(f"{API}kind: Project\nmetadata: {{name: churn}}\nspec: {{labels: {labels}}}\n")
    (project,) = loaded.desired.resources.values()
    assert project.spec["labels"] == {"a": "=", "b": "<<", "c": "1", "d": "2", "e": "2"}


def test_json_that_a_program_pipes_in_may_spell_a_character_as_two_escapes() -> None:
    group = {"apiVersion": "iguazio.com/v1", "kind": "Group", "metadata": {"name": "ds"}}
    text = json.dumps({**group, "spec": {"description": "\U0001f600"}})
    assert "\\ud83d\\ude00" in text
    loaded = piped(text)
    (found,) = loaded.desired.resources.values()
    assert (loaded.problems, found.spec["description"]) == ((), "\U0001f600")
