"""What `explain` knows of a field."""

from __future__ import annotations

import pytest

from igz_apply.authoring.field_docs import Explanation, NoSuchField, explain, lines, unknown_field
from igz_apply.iguazio3.kinds import KINDS
from igz_apply.iguazio3.platform import schema_of as resource_schema


def explained(kind: str, path: str = "") -> Explanation:
    return explain(resource_schema(kind), KINDS[kind], path)


def test_a_kind_is_explained_with_its_parts() -> None:
    user = explained("User")
    assert user.path == "User"
    assert [child.name for child in user.children] == ["apiVersion", "kind", "metadata", "spec", "lifecycle"]


def test_a_field_is_explained_with_all_that_is_known() -> None:
    methods = explained("User", "spec.authentication_methods")
    assert methods == Explanation(
        path="User.spec.authentication_methods",
        description="How the user may log in.",
        type="list of text, null clears it",
        values=("password", "sso"),
        is_open=True,
        since="3.5.5",
        example="[password]",
    )


def test_references_and_immutable_and_secret_fields_say_so() -> None:
    assert explained("Project", "spec.members.admin.users").refers_to == "User"
    assert explained("User", "spec.uid").immutable
    assert explained("User", "spec.password").write_only
    assert explained("User", "metadata.name").required


def test_what_creating_needs_is_told() -> None:
    assert explained("User", "spec.email").needed_to_create
    assert not explained("User", "spec.uid").needed_to_create


def test_closed_values_and_defaults_are_told() -> None:
    status = explained("User", "spec.admin_status")
    assert (status.values, status.is_open, status.default) == (("up", "down"), False, "up")


def test_items_of_lists_are_passed_through() -> None:
    metric = explained("AppService", "spec.scale_to_zero.scale_resources.metric_name")
    assert metric.required
    assert metric.values == ("jupyter_kernel_busyness", "num_of_requests")


@pytest.mark.parametrize(
    ("path", "near"),
    [
        ("spec.emial", "User.spec.email"),
        ("email", "User.spec.email"),
        ("spce", "User.spec"),
        ("spec.password.from_evn", "User.spec.password.from_env"),
        ("zzz", ""),
        ("spec.email.x", ""),
    ],
)
def test_a_path_that_leads_nowhere_names_the_nearest_that_leads_somewhere(path: str, near: str) -> None:
    with pytest.raises(NoSuchField) as caught:
        explained("User", path)
    assert caught.value.near == near


@pytest.mark.parametrize(
    ("kind", "path", "near"),
    [
        ("User", "email", None),
        ("User", "metadata.name", None),
        ("Project", "labels.team", None),
        ("Project", "members.editor.users", None),
        ("AppService", "webapi.creds.token", None),
        ("AppService", "scale_to_zero.scale_resources.0.metric_name", None),
        ("User", "emial", "User.spec.email"),
        ("User", "nofield", ""),
        ("User", "email.x", ""),
        ("User", "0", ""),
        ("User", "metadata.nam", "User.metadata.name"),
        ("Project", "members.editr.users", "Project.spec.members.editor"),
        ("AppService", "scale_to_zero.scale_resources.0.metric_nam",
         "AppService.spec.scale_to_zero.scale_resources.metric_name"),
    ],
)  # fmt: skip
def test_what_a_plan_cannot_show_is_no_field_and_keys_of_maps_are(kind: str, path: str, near: str | None) -> None:
    found = unknown_field(resource_schema(kind), KINDS[kind], path)
    assert (found and found.near) == near


def test_the_lines_are_for_reading() -> None:
    assert lines(explained("User", "spec.uid")) == [
        "User.spec.uid",
        "  whole number",
        "",
        "  The Unix user id. The platform gives one when it is not stated; it is set at creation and never changes.",
        "",
        "  note:      immutable: set at creation, refused when it differs later",
        "  example:   1001",
    ]


@pytest.mark.parametrize("kind", KINDS.names)
def test_every_field_of_every_kind_can_be_explained(kind: str) -> None:
    waiting = [""]
    while waiting:
        path = waiting.pop()
        explanation = explained(kind, path)
        assert explanation.description, path
        assert explanation.type != "any", path
        assert lines(explanation)[0] == explanation.path
        waiting.extend(f"{path}.{child.name}".strip(".") for child in explanation.children)
