"""What is written: stable, minimal, for people."""

from igz_apply.manifests.writer import to_yaml

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
