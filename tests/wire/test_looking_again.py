"""What somebody else changes after the plan is theirs: found before the first call, or right before each."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.wire.bending import bent, both
from tests.wire.wire_site import COMPANY, Site, by_hand, edit, edit_service, inventory, settled, until_gone


def changed(address: str, **fields: Any) -> dict[str, Any]:
    return {**COMPANY, address: {**COMPANY[address], **fields}}


def attributes_of(site: Site, path: str) -> dict[str, Any]:
    return dict(by_hand(site, "GET", path)["attributes"])


def services_of(site: Site) -> dict[str, Any]:
    (document,) = by_hand(site, "GET", "app_services_manifests")
    return {each["spec"]["name"]: each["spec"] for each in document["attributes"]["app_services"]}


def first(do: Callable[[], object], *, method: str, path: str) -> Any:
    """Return a rule that does something once, after the first answer to such a call."""
    done: list[bool] = []

    def rule(request: Any, answer: Any) -> Any:
        if request.method == method and request.path == f"/api/{path}" and not done:
            done.append(True)
            do()
        return answer

    return rule


def while_asking(site: Site, monkeypatch: pytest.MonkeyPatch, do: Callable[[], object]) -> None:
    """Do something between the question and the answer, which is yes."""
    monkeypatch.setattr("igz_apply.cli.confirmation.confirm", lambda *_: do())
    monkeypatch.setattr("igz_apply.cli.commands.apply.require_a_way_to_ask", lambda *_: None)
    assert site.folder


def test_what_moves_while_it_asks_is_named_and_nothing_is_sent(applied: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    path = f"user_groups/{inventory(applied)['Group/ops']['id']}"
    applied.declare(changed("Group/ops", description="ours"))
    while_asking(applied, monkeypatch, lambda: edit(applied, path, description="theirs"))
    said: list[str] = []
    writes = applied.writes(lambda: said.append(applied.run("apply", expect=4)))
    assert "Group/ops has changed on the cluster since the plan: description." in " ".join(said[0].split())
    assert [(method, data["attributes"]) for method, _, data in writes] == [("PUT", {"description": "theirs"})]
    assert attributes_of(applied, path)["description"] == "theirs"


def test_what_moves_elsewhere_while_it_asks_does_not_matter(applied: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    path = f"user_groups/{inventory(applied)['Group/ds']['id']}"
    applied.declare(changed("Group/ops", description="ours"))
    while_asking(applied, monkeypatch, lambda: edit(applied, path, description="theirs"))
    assert "1 of 1 change applied" in applied.run("apply")


def test_a_field_that_moves_right_before_its_update_is_a_conflict_and_is_not_sent(applied: Site) -> None:
    """The fetch shows the old value; somebody edits before our own look."""
    identity = inventory(applied)["User/bob"]["id"]
    applied.declare(changed("User/bob", first_name="Robert", job_title="Engineer"))
    edits = first(lambda: edit(applied, f"users/{identity}", first_name="Bobby"), method="GET", path="users")
    with bent(applied, edits):
        said = " ".join(applied.run("apply", "-y", expect=5).split())
    assert "Conflict: changed by somebody else since the plan, and not sent (1)" in said
    assert "first_name holds something else now than the plan was made from" in said
    assert "0 of 1 change applied, 1 conflict" in said
    assert attributes_of(applied, f"users/{identity}")["first_name"] == "Bobby"
    assert not attributes_of(applied, f"users/{identity}").get("job_title")
    assert "changed in git and on the cluster" in applied.run("plan")
    applied.run("apply", "-y")
    assert attributes_of(applied, f"users/{identity}")["first_name"] == "Robert"


def test_a_field_that_the_change_is_not_about_may_move(applied: Site) -> None:
    identity = inventory(applied)["User/bob"]["id"]
    applied.declare(changed("User/bob", first_name="Robert"))
    edits = first(lambda: edit(applied, f"users/{identity}", job_title="Boss"), method="GET", path="users")
    with bent(applied, edits):
        applied.run("apply", "-y")
    found = attributes_of(applied, f"users/{identity}")
    assert (found["first_name"], found["job_title"]) == ("Robert", "Boss")


def test_an_owner_that_moved_is_a_conflict(applied: Site) -> None:
    known = inventory(applied)
    project = f"projects/{known['Project/churn']['id']}"
    applied.declare(changed("Project/churn", owner="bob", members={"editor": {"groups": ["ops"]}, "viewer": {}}))
    owner = {"owner": {"data": {"type": "user", "id": by_hand(applied, "GET", "self")["id"]}}}
    body = {"data": {"type": "project", "attributes": {}, "relationships": owner}}
    edits = first(lambda: by_hand(applied, "PUT", project, body), method="GET", path="projects")
    with bent(applied, edits):
        assert "owner holds something else now" in " ".join(applied.run("apply", "-y", expect=5).split())


def test_a_service_that_moved_is_a_conflict_and_the_others_are_written(applied: Site) -> None:
    other = {"kind": "jupyter", "owner": "bob", "description": "Other"}
    applied.declare({**COMPANY, "AppService/other": other})
    applied.run("apply", "-y")
    desired = changed("AppService/notebook", description="ours")
    applied.declare({**desired, "AppService/other": {**other, "description": "ours too"}})
    edits = first(
        lambda: edit_service(applied, "notebook", description="theirs"), method="GET", path="app_services_manifests"
    )
    with bent(applied, edits):
        said = applied.run("apply", "-y", expect=5)
    assert "1 of 2 changes applied, 1 conflict" in said
    found = services_of(applied)
    assert (found["notebook"]["description"], found["other"]["description"]) == ("theirs", "ours too")
    assert inventory(applied)["AppService/notebook"]["values"]["description"] == "Notebook"


def test_a_service_that_somebody_made_by_then_is_not_written_over_by_a_create(applied: Site) -> None:
    new = {"kind": "jupyter", "owner": "bob", "description": "ours"}
    applied.declare({**COMPANY, "AppService/new": new})

    def make() -> None:
        (document,) = by_hand(applied, "GET", "app_services_manifests")
        theirs = {"spec": {"name": "new", "kind": "jupyter", "owner": "bob", "mark_as_changed": True}}
        services = [*document["attributes"]["app_services"], theirs]
        body = {"data": {"type": document["type"], "attributes": {"app_services": services}}}
        by_hand(applied, "PUT", "app_services_manifests", body)
        settled(applied)

    with bent(applied, first(make, method="GET", path="app_services_manifests")):
        said = " ".join(applied.run("apply", "-y", expect=5).split())
    assert "somebody made it since the plan, otherwise than planned (description)" in said
    assert "description" not in services_of(applied)["new"]
    assert "AppService/new" not in inventory(applied)


@pytest.mark.parametrize("document", [None, {"data": {}, "included": [], "meta": {"ctx": "7"}}])
def test_a_service_that_the_lost_write_left_out_is_a_conflict_and_the_rest_is_found_done(
    applied: Site, document: dict[str, Any] | None
) -> None:
    applied.declare({**changed("AppService/notebook", description="ours"), "AppService/new": {"kind": "jupyter"}})
    lost: list[bool] = []
    edits = first(
        lambda: edit_service(applied, "notebook", description="theirs"), method="GET", path="app_services_manifests"
    )

    def loses(request: Any, answer: Any) -> Any:
        if request.method != "PUT" or lost or b'"new"' not in request.body:
            return answer
        lost.append(True)
        return type(answer)(200 if document else 504, document or {})

    with bent(applied, both(edits, loses)):
        said = " ".join(applied.run("apply", "-y", expect=5).split())
    assert lost
    assert "1 of 2 changes applied, 1 conflict" in said
    assert services_of(applied)["notebook"]["description"] == "theirs"


def test_a_service_that_is_gone_by_then_is_not_made_again_by_an_update(applied: Site) -> None:
    applied.declare(changed("AppService/notebook", description="ours"))
    edits = first(lambda: edit_service(applied, "notebook"), method="GET", path="app_services_manifests")
    with bent(applied, edits):
        assert "it is gone since the plan was made" in applied.run("apply", "-y", expect=5)
    assert "notebook" not in services_of(applied)


def test_a_service_of_another_is_not_deleted_in_place_of_the_one_that_was_planned(applied: Site) -> None:
    applied.declare({each: spec for each, spec in COMPANY.items() if not each.startswith("AppService")})
    edits = first(lambda: edit_service(applied, "notebook", owner="bob"), method="GET", path="app_services_manifests")
    with bent(applied, edits):
        assert "another of its name stands there now" in applied.run("apply", "-y", "--prune", expect=5)
    assert services_of(applied)["notebook"]["owner"] == "bob"


def test_an_order_of_services_and_a_ticking_status_do_not_stand_in_the_way(applied: Site) -> None:
    ticks: list[int] = []

    def restless(request: Any, answer: Any) -> Any:
        if request.path == "/api/app_services_manifests" and request.method == "GET":
            ticks.append(1)
            services = answer.document["data"][0]["attributes"]["app_services"]
            services.sort(key=lambda each: each["spec"]["name"], reverse=bool(len(ticks) % 2))
            for each in services:
                each["status"] = {**each.get("status", {"state": "ready"}), "last_heartbeat": len(ticks)}
        return answer

    applied.declare(changed("AppService/notebook", description="ours"))
    with bent(applied, restless):
        applied.run("apply", "-y", "--job-timeout", "20s")
    assert services_of(applied)["notebook"]["description"] == "ours"


def test_what_keeps_moving_right_before_the_write_is_named_and_ends(
    applied: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("igz_apply.execution.running_step.MOST_TURNS", 3)
    moves: list[int] = []

    def moving(request: Any, answer: Any) -> Any:
        if request.path == "/api/app_services_manifests" and request.method == "GET":
            moves.append(1)
            for each in answer.document["data"][0]["attributes"]["app_services"]:
                if each["spec"]["name"] == "grafana":
                    each["spec"]["description"] = f"edit {len(moves)}"
        return answer

    applied.declare(changed("AppService/notebook", description="ours"))
    with bent(applied, moving):
        said = " ".join(applied.run("apply", "-y", expect=5).split())
    assert "others kept writing to it, 3 times right before it was sent" in said
    assert "AppService/grafana: spec.description moved" in said


def test_a_project_that_was_made_again_under_its_name_is_not_deleted(applied: Site) -> None:
    """From 3.5.4 on the id of a project is made of its name, so that another one has the same."""
    before = by_hand(applied, "GET", f"projects/{inventory(applied)['Project/churn']['id']}")
    applied.declare({**COMPANY, "Project/churn": None})

    def again() -> None:
        by_hand(applied, "DELETE", "projects", {"data": {"type": "project", "attributes": {"name": "churn"}}})
        until_gone(applied, f"projects/{before['id']}")
        by_hand(applied, "POST", "projects", {"data": {"type": "project", "attributes": {"name": "churn"}}})

    with bent(applied, first(again, method="GET", path="projects")):
        said = applied.run("apply", "-y", expect=5)
    assert "another of its name stands there now than the plan was made from" in said
    assert by_hand(applied, "GET", f"projects/{before['id']}")["id"] == before["id"]
    rest = {each: spec for each, spec in COMPANY.items() if each != "Project/churn"}
    applied.declare(rest)
    said = " ".join(applied.run("plan", "--prune").split())
    assert "gone, and another was made of its name: 1 Project." in said
    assert "0 to delete" in said or "No changes" in said


def test_a_project_that_was_made_again_under_its_name_is_given_no_members(applied: Site) -> None:
    path = f"projects/{inventory(applied)['Project/churn']['id']}"
    applied.declare(changed("Project/churn", members={"editor": {"users": ["bob"]}, "viewer": {"groups": ["ds"]}}))

    def again() -> None:
        by_hand(applied, "DELETE", "projects", {"data": {"type": "project", "attributes": {"name": "churn"}}})
        until_gone(applied, path)
        by_hand(applied, "POST", "projects", {"data": {"type": "project", "attributes": {"name": "churn"}}})

    said: list[str] = []
    with bent(applied, first(again, method="GET", path="projects")):
        writes = applied.writes(lambda: said.append(applied.run("apply", "-y", expect=5)))
    assert "another of its name stands there now than the plan was made from" in said[0]
    assert [at for _, at, _ in writes if at == "async_transactions"] == []


def test_a_saved_plan_counts_as_used_before_its_first_call(applied: Site) -> None:
    applied.declare(changed("Group/ops", description="ours"))
    applied.run("plan", "--out", "p.plan")
    broken: list[bool] = []

    def fails(request: Any, answer: Any) -> Any:
        if request.method == "PUT":
            broken.append(True)
            return type(answer)(400, {"errors": [{"status": 400, "detail": "no"}], "meta": {"ctx": "1"}})
        return answer

    with bent(applied, fails):
        applied.run("apply", "-y", "--plan", "p.plan", expect=5)
    assert broken
    assert "This plan has been applied before" in applied.run("apply", "-y", "--plan", "p.plan", expect=4)


def test_a_saved_plan_deletes_nothing_that_was_forgotten_or_that_another_inventory_owns(applied: Site) -> None:
    applied.declare({**COMPANY, "Group/spare": {"description": "x"}})
    applied.run("apply", "-y")
    applied.declare(COMPANY)
    applied.run("plan", "--prune", "--out", "p.plan")
    applied.run("forget", "Group/spare")
    said = applied.run("apply", "-y", "--plan", "p.plan", expect=4)
    assert "Group/spare was owned when the plan was made, and is not owned by this inventory any more." in " ".join(
        said.split()
    )
    (path,) = (applied.folder / ".igz-apply").glob("inventory*.json")
    path.unlink()
    writes = applied.writes(lambda: applied.run("apply", "-y", "--plan", "p.plan", expect=4))
    assert writes == []


def test_a_saved_plan_of_an_update_is_stale_once_its_resource_was_forgotten(applied: Site) -> None:
    applied.declare(changed("Group/ops", description="ours"))
    applied.run("plan", "--out", "p.plan")
    applied.run("forget", "Group/ops")
    assert "No longer owned" in applied.run("apply", "-y", "--plan", "p.plan", expect=4)


def test_events_tell_a_conflict_by_its_own_word(applied: Site) -> None:
    identity = inventory(applied)["User/bob"]["id"]
    applied.declare(changed("User/bob", first_name="Robert"))
    edits = first(lambda: edit(applied, f"users/{identity}", first_name="Bobby"), method="GET", path="users")
    with bent(applied, edits):
        lines = applied.run("apply", "-y", "--format", "json", expect=5).splitlines()
    events = [json.loads(line) for line in lines if line.startswith("{")]
    assert [each["status"] for each in events if each.get("status")] == ["conflict"]
    assert events[-1]["exit_code"] == 5
