"""Valid documents as the desired state."""

from __future__ import annotations

import json
from typing import Any

import pytest

from igz_apply.authoring.desired import desired_state
from igz_apply.iguazio3.kinds import KINDS
from igz_apply.manifests.reader import read_bytes
from igz_apply.model.addresses import Address
from igz_apply.model.resources import Lifecycle, Resource, SecretRef


def declared(text: str) -> list[Resource]:
    return list(desired_state(read_bytes("m.yaml", text.encode()).documents, KINDS).resources.values())


def manifest(kind: str, name: str, rest: str) -> str:
    return f"---\napiVersion: iguazio.com/v1\nkind: {kind}\nmetadata: {{name: {name}}}\n{rest}\n"


def test_the_spec_is_what_is_declared_and_nothing_else() -> None:
    (ada,) = declared(manifest("User", "ada", "spec: {email: ada@x, job_title: null, groups: []}"))
    assert ada.address == Address("User", "ada")
    assert ada.spec == {"email": "ada@x", "job_title": None, "groups": []}
    assert ada.lifecycle == Lifecycle()
    assert ada.is_present
    assert str(ada.source) == "m.yaml:2:1"


def test_a_field_of_the_metadata_stands_under_its_name() -> None:
    head = "apiVersion: iguazio.com/v1\nkind: AppService\nmetadata: {name: j, labels: {team: x}}\nspec: {kind: jupyter}"
    (service,) = declared(head)
    assert service.spec == {"kind": "jupyter", "metadata.labels": {"team": "x"}}
    (service,) = declared(head.replace("{team: x}", "null"))
    assert service.spec == {"kind": "jupyter", "metadata.labels": None}


def test_a_secret_becomes_a_reference_wherever_it_lies() -> None:
    user, service = sorted(
        declared(
            manifest("User", "ada", "spec: {password: {from_env: ADA}}")
            + manifest(
                "AppService", "logs", "spec: {filebeat: {elasticsearch_password: {from_file: /x}, other: {a: 1}}}"
            )
        ),
        key=lambda resource: resource.address.kind,
        reverse=True,
    )
    assert user.spec == {"password": SecretRef(from_env="ADA")}
    assert service.spec == {"filebeat": {"elasticsearch_password": SecretRef(from_file="/x"), "other": {"a": 1}}}


@pytest.mark.parametrize(
    ("kind", "spec"),
    [
        ("User", {"password": None}),
        ("AppService", {"kind": "filebeat", "filebeat": None}),
        ("AppService", {"kind": "filebeat", "filebeat": {"elasticsearch_password": None}}),
        ("AppService", {"kind": "filebeat", "filebeat": {"elasticsearch_url": "http://x"}}),
    ],
)
def test_where_no_secret_is_stated_none_is_referred_to(kind: str, spec: dict[str, Any]) -> None:
    (resource,) = declared(manifest(kind, "logs", f"spec: {json.dumps(spec)}"))
    assert resource.spec == spec


def test_the_documents_stay_as_they_are() -> None:
    documents = read_bytes("m.yaml", manifest("User", "ada", "spec: {password: {from_env: ADA}}").encode()).documents
    desired_state(documents, KINDS)
    assert documents[0].data["spec"] == {"password": {"from_env": "ADA"}}


def test_the_lifecycle_is_taken_over() -> None:
    (ada,) = declared(
        manifest("User", "ada", "lifecycle: {state: absent, ignore_changes: [email, job_title], membership: additive}")
    )
    assert ada.lifecycle == Lifecycle("absent", False, ("email", "job_title"), "additive")
    assert ada.spec == {}
    assert not ada.is_present


def test_resources_leave_in_the_order_of_their_addresses() -> None:
    text = "".join(manifest("Group", name, "spec: {}") for name in "cab") + manifest("AppService", "z", "spec: {}")
    assert [str(resource.address) for resource in declared(text)] == ["AppService/z", "Group/a", "Group/b", "Group/c"]


def test_of_two_with_one_address_the_first_counts() -> None:
    first, second = manifest("Group", "a", "spec: {gid: 1}"), manifest("Group", "a", "spec: {gid: 2}")
    assert [resource.spec for resource in declared(first + second)] == [{"gid": 1}]
