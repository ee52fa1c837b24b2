"""What an edit of one manifest puts on the wire: exactly what the plan named, and nothing for what did not change."""

from __future__ import annotations

from typing import Any

import pytest

from tests.wire.wire_site import COMPANY, Site


def edited(address: str, **spec: Any) -> dict[str, dict[str, Any] | None]:
    return {**COMPANY, address: {**COMPANY[address], **spec}}


def attributes_sent(writes: list[tuple[str, str, Any]]) -> list[tuple[str, str, set[str], set[str]]]:
    return [
        (method, path.split("/")[0], set(data["attributes"]), set(data.get("relationships") or {}))
        for method, path, data in writes
    ]


@pytest.mark.parametrize(
    ("address", "change", "shown", "sent"),
    [
        ("Group/ds", {"description": "New"}, ["description"], [("PUT", "user_groups", {"description"}, set())]),
        (
            "Group/ds",
            {"assigned_policies": ["Data"]},
            ["assigned_policies"],
            [("PUT", "user_groups", {"assigned_policies"}, set())],
        ),
        ("User/ada", {"job_title": "Lead"}, ["job_title"], [("PUT", "users", {"job_title"}, set())]),
        (
            "User/ada",
            {"assigned_policies": ["Data", "Developer"]},
            ["assigned_policies"],
            [("PUT", "users", {"assigned_policies"}, set())],
        ),
        ("User/ada", {"groups": ["ds", "ops"]}, ["groups"], [("PUT", "users", set(), {"user_groups"})]),
        (
            "User/ada",
            {"primary_group": "ops", "groups": ["ops"]},
            ["primary_group", "groups"],
            [("PUT", "users", set(), {"user_groups", "primary_group"})],
        ),
        ("Project/churn", {"description": "New"}, ["description"], [("PUT", "projects", {"description"}, set())]),
        ("Project/churn", {"labels": {"team": "x"}}, ["labels"], [("PUT", "projects", {"labels"}, set())]),
        ("Project/churn", {"owner": "admin"}, ["owner"], [("PUT", "projects", set(), {"owner"})]),
        (
            "Project/churn",
            {"members": {"editor": {"users": ["bob"]}, "viewer": {}}},
            ["members.viewer.groups"],
            [("POST", "async_transactions", {"metadata", "requests"}, set())],
        ),
    ],
)
def test_one_edit_is_one_line_of_the_plan_and_one_call(
    applied: Site, address: str, change: dict[str, Any], shown: list[str], sent: list[Any]
) -> None:
    applied.declare(edited(address, **change))
    plan = applied.run("plan", "--detailed-exitcode", expect=2)
    assert plan.count("~ update") == 1
    assert f"~ update  {address}" in plan
    assert all(f"      {path}" in plan for path in shown)
    writes = applied.writes(lambda: applied.run("apply", "-y"))
    assert attributes_sent(writes) == sent
    applied.run("plan", "--detailed-exitcode", expect=0)


def test_only_the_roles_that_change_are_in_the_transaction(applied: Site) -> None:
    applied.declare(edited("Project/churn", members={"editor": {}, "viewer": {"groups": ["ops"]}}))
    [(_, _, data)] = applied.writes(lambda: applied.run("apply", "-y"))
    roles = [request["body"]["data"]["attributes"]["name"] for request in data["attributes"]["requests"]]
    assert roles == ["Editor"]


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        ({"description": "New"}, ["description"]),
        ({"owner": "bob"}, ["owner"]),
        (
            {"resources": {"requests": {"cpu": "500m", "memory": "2Gi"}, "limits": {"cpu": "1", "memory": "2Gi"}}},
            ["resources.requests.memory"],
        ),
        (
            {"security_context": {**COMPANY["AppService/notebook"]["security_context"], "supplemental_groups": ["5"]}},
            ["security_context.supplemental_groups"],
        ),
    ],
)
def test_an_edited_service_is_one_update_of_the_document_that_marks_it_alone(
    applied: Site, change: dict[str, Any], shown: list[str]
) -> None:
    applied.declare(edited("AppService/notebook", **change))
    plan = applied.run("plan", "--detailed-exitcode", expect=2)
    assert all(f"      {path}" in plan for path in shown)
    [(method, path, data)] = applied.writes(lambda: applied.run("apply", "-y"))
    assert (method, path) == ("PUT", "app_services_manifests")
    services = data["attributes"]["app_services"]
    marked = [service["spec"]["name"] for service in services if service["spec"]["mark_as_changed"]]
    assert marked == ["notebook"]
    assert not any(service["spec"]["mark_for_restart"] for service in services)
    assert len(services) > 1
    applied.run("plan", "--detailed-exitcode", expect=0)


@pytest.mark.parametrize(
    ("gone", "sent"),
    [
        (["AppService/notebook"], ["PUT app_services_manifests"]),
        (["Project/churn"], ["DELETE projects"]),
        (["Project/churn", "User/bob"], ["DELETE projects", "DELETE users"]),
    ],
)
def test_what_is_declared_absent_is_deleted_by_one_call_each(applied: Site, gone: list[str], sent: list[str]) -> None:
    applied.declare({**COMPANY, **dict.fromkeys(gone)})
    plan = applied.run("plan", "--detailed-exitcode", expect=2)
    assert all(f"- delete  {address}" in plan for address in gone)
    writes = applied.writes(lambda: applied.run("apply", "-y"))
    assert sorted(f"{method} {path.split('/')[0]}" for method, path, _ in writes) == sent
    applied.run("plan", "--detailed-exitcode", expect=0)


def test_all_kinds_go_in_an_order_that_the_platform_accepts(applied: Site) -> None:
    applied.declare(dict.fromkeys(COMPANY))
    writes = applied.writes(lambda: applied.run("apply", "-y"))
    deletes = [path.split("/")[0] for method, path, _ in writes if method == "DELETE"]
    assert deletes.count("users") == 2
    assert deletes.index("projects") < deletes.index("users")
    applied.run("plan", "--detailed-exitcode", expect=0)


def test_a_second_apply_sends_nothing(applied: Site) -> None:
    assert applied.writes(lambda: applied.run("apply", "-y")) == []
