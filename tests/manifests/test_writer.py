"""What is written: stable, minimal, for people."""

from __future__ import annotations

from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st

from igz_apply.manifests.reader import read_bytes
from igz_apply.manifests.writer import to_yaml
from igz_apply.model.resources import Path

TEXT = """\
---
# password is left out: nobody can read it back
apiVersion: iguazio.com/v1
kind: User
metadata:
  name: ada
spec:
  email: ada@example.com
  phone_number: "+44"
  assigned_policies: [Developer, Application Read Only]
  description: "two\\nlines"
  uid: 1001
  groups: []
  job_title: null
---
apiVersion: iguazio.com/v1
kind: AppService
metadata:
  name: "007"
  labels: {}
spec:
  resources:
    limits:
      cpu: 500m
      memory: 1Gi
  scale_resources:
    - metric_name: num_of_requests
      window_size: 1h
    - metric_name: "no"
  visible_to_all: true
"""


def test_manifests_are_written_as_people_would_write_them() -> None:
    user = {
        "apiVersion": "iguazio.com/v1",
        "kind": "User",
        "metadata": {"name": "ada"},
        "spec": {
            "email": "ada@example.com",
            "phone_number": "+44",
            "assigned_policies": ["Developer", "Application Read Only"],
            "description": "two\nlines",
            "uid": 1001,
            "groups": [],
            "job_title": None,
        },
    }
    service = {
        "apiVersion": "iguazio.com/v1",
        "kind": "AppService",
        "metadata": {"name": "007", "labels": {}},
        "spec": {
            "resources": {"limits": {"cpu": "500m", "memory": "1Gi"}},
            "scale_resources": [{"metric_name": "num_of_requests", "window_size": "1h"}, {"metric_name": "no"}],
            "visible_to_all": True,
        },
    }
    assert to_yaml([user, service], {0: ["password is left out: nobody can read it back"]}) == TEXT


def test_a_long_list_gets_a_line_for_each_item() -> None:
    names = [f"user-{number:04}" for number in range(12)]
    assert to_yaml([{"users": names}]) == "---\nusers:\n" + "".join(f"  - {name}\n" for name in names)


def test_lists_in_lists_keep_their_depth() -> None:
    assert to_yaml([{"a": [[1, 2], [{"b": [3]}]]}]) == "---\na:\n  - [1, 2]\n  - - b: [3]\n"


def test_no_documents_are_no_text() -> None:
    assert to_yaml([]) == ""


_TELLING = st.sampled_from(
    [
        "1.10",
        "yes",
        "No",
        "~",
        "",
        " ",
        "null",
        "2026-11-30",
        "12:30:45",
        "0x1F",
        "1_000",
        "1e5",
        "007",
        "=",
        "<<",
        "- a",
        "a: b",
        "a #b",
        "#",
        "&a",
        "*a",
        "!a",
        "%a",
        "@a",
        "`a`",
        "'",
        '"',
        "\\",
        "a\n\n b\t",
        "\u2028",
        "\x85",
        "\ufeff",
        "é",
        "👍",
    ]
)
_TEXTS = _TELLING | st.text(st.characters(exclude_categories=["Cs", "Cn"]), max_size=12)
_NUMBERS = st.integers(-(10**17), 10**17) | st.floats(allow_nan=False, allow_infinity=False)
_VALUES = st.recursive(
    st.none() | st.booleans() | _NUMBERS | _TEXTS,
    lambda below: (
        st.lists(below, max_size=4) | st.dictionaries(_TEXTS.filter(lambda key: key != "<<"), below, max_size=4)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.just("spec"), _VALUES, min_size=1), st.booleans())
def test_whatever_is_written_is_read_as_the_same_data(data: dict[str, Any], is_noted: bool) -> None:
    text = to_yaml([data, {"a": 1}], notes=(lambda _, __: "manifests/a.yaml:3 # x") if is_noted else None)
    reading = read_bytes("x.yaml", text.encode())
    assert reading.problems == ()
    assert repr([document.data for document in reading.documents]) == repr([data, {"a": 1}])


def test_a_number_is_one_to_older_tools_too() -> None:
    text = to_yaml([{"a": [1e-07, 1e16, 1.5e-07, 10**17, -0.5]}])
    assert yaml.safe_load(text) == {"a": [1e-07, 1e16, 1.5e-07, 10**17, -0.5]}


def test_notes_stand_below_each_other_and_only_where_a_value_ends_a_line() -> None:
    document = {"spec": {"owner": "ada", "limits": {"memory": "4Gi"}, "text": "x" * 61, "list": [{"a": 1, "b": []}, 2]}}
    asked: list[tuple[int, Path]] = []

    def note(index: int, path: Path) -> str:
        asked.append((index, path))
        return "" if path[-1] == "owner" else f"f:{len(asked)}"

    assert to_yaml([document], notes=note) == (
        "---\n"
        "spec:\n"
        "  owner: ada\n"
        "  limits:\n"
        "    memory: 4Gi  # f:2\n"
        f"  text: {'x' * 61}  # f:3\n"
        "  list:\n"
        "    - a: 1       # f:4\n"
        "      b: []      # f:5\n"
        "    - 2          # f:6\n"
    )
    assert asked[3:] == [(0, ("spec", "list", 0, "a")), (0, ("spec", "list", 0, "b")), (0, ("spec", "list", 1))]
