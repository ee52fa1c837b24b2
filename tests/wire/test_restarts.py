"""Restarts that a plan brings about, over HTTP: sent after the job of what brings them about, once, and remembered."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.wire.wire_site import COMPANY, Site, inventory

MANIFEST = "app_services_manifests"
ACTIONS: list[dict[str, Any]] = [
    {"restart": "AppService/notebook", "on": ["spec.description"]},
    {"restart": "AppService/*", "on": ["Group/ds#spec.assigned_policies", "Project/churn"]},
]
NOTEBOOK = COMPANY["AppService/notebook"]
POLICIES = {**COMPANY["Group/ds"], "assigned_policies": ["Data"]}


@pytest.fixture
def acting(applied: Site) -> Site:
    configure(applied)
    return applied


def configure(site: Site, actions: list[dict[str, Any]] = ACTIONS, **more: Any) -> None:
    config = {"version": 1, "actions": actions, **more}
    (site.folder / "igz-apply.yaml").write_text(json.dumps(config))


def declare(site: Site, **news: Any) -> None:
    site.declare({**COMPANY, **{key.replace("_", "/", 1): spec for key, spec in news.items()}})


def marks(data: Any) -> dict[str, tuple[bool, bool]]:
    """Return of each service of an update whether it is marked as changed, and for a restart."""
    specs = [each["spec"] for each in data["attributes"]["app_services"]]
    return {it["name"]: (it["mark_as_changed"], it["mark_for_restart"]) for it in specs}


def faulty(site: Site, **faults: Any) -> None:
    from igz_apply.emulator.engine.faultfile import read_faults

    site.emulator.faults = read_faults(faults, ("services", "restarts"))


def test_a_service_is_restarted_after_its_own_update_by_a_second_job(acting: Site) -> None:
    declare(acting, AppService_notebook={**NOTEBOOK, "description": "New"})
    log = acting.requests(lambda: acting.run("apply", "-y"))
    puts = [index for index, line in enumerate(log) if (line["method"], line["path"]) == ("PUT", f"/api/{MANIFEST}")]
    assert [marks(log[index]["body"]["data"])["notebook"] for index in puts] == [(True, False), (False, True)]
    between = [line["path"] for line in log[puts[0] : puts[1]]]
    assert any(path.startswith("/api/jobs/") for path in between), between
    assert "due" not in inventory(acting)["AppService/notebook"]
    assert "No changes." in acting.run("plan")


def test_a_change_elsewhere_restarts_it_and_changes_nothing_of_it(acting: Site) -> None:
    declare(acting, Group_ds=POLICIES)
    said = acting.run("plan", "--detailed-exitcode", expect=2)
    assert "↻ restart AppService/notebook (after assigned_policies of Group/ds)" in unwrapped(said)
    assert "Plan: 0 to create, 1 to update, 0 to delete, 1 to restart; 5 unchanged." in said
    writes = acting.writes(lambda: acting.run("apply", "-y"))
    assert [path.partition("/")[0] for _, path, _ in writes] == ["user_groups", MANIFEST]
    assert set(marks(writes[1][2]).values()) == {(False, True), (False, False)}


def test_a_restart_that_fails_is_partly_applied_and_planned_again(acting: Site) -> None:
    faulty(acting, restarts={"notebook": "no node has room for it"})
    declare(acting, AppService_notebook={**NOTEBOOK, "description": "New"})
    said = acting.run("apply", "-y", "--report", "r.json", "--report", "r.md", "--report", "r.xml", expect=5)
    assert "✗ restart AppService/notebook" in said
    assert "no node has room for it" in said
    assert "Not finished: 1 of 2 changes and operations applied, 1 failed" in said
    report = json.loads((acting.folder / "r.json").read_text())["report"]
    assert [(it["operation"], it["status"]) for it in report["operated"]] == [("restart", "failed")]
    assert (report["counts"]["applied"], report["counts"]["failed"]) == (1, 1)
    assert "failed: restart AppService/notebook" in (acting.folder / "r.md").read_text()
    assert 'name="restart AppService/notebook"' in (acting.folder / "r.xml").read_text()
    assert inventory(acting)["AppService/notebook"]["due"] == ["restart"]
    faulty(acting)
    again = acting.run("plan")
    assert "↻ restart AppService/notebook" in again
    assert "left over from an earlier run, which did not come to it" in unwrapped(again)
    acting.run("apply", "-y")
    assert "No changes." in acting.run("plan")


def test_a_service_that_cannot_be_updated_is_not_restarted(acting: Site) -> None:
    faulty(acting, services={"notebook": "no such image"})
    declare(acting, AppService_notebook={**NOTEBOOK, "description": "New"})
    said = acting.run("apply", "-y", expect=5)
    assert "· restart AppService/notebook it needs document app_services_manifests" in unwrapped(said)


def test_a_saved_plan_restarts_and_is_refused_once_the_service_has_moved(acting: Site) -> None:
    declare(acting, Group_ds=POLICIES)
    acting.run("plan", "--out", "plan.json")
    acting.run("plan", "--out", "other.json")
    store = acting.emulator.store
    manifest = store.get("app_services_manifest", "0")
    assert manifest is not None
    entry = next(it for it in manifest.attributes["app_services"] if it["spec"]["name"] == "notebook")
    was = entry["spec"]["description"]
    entry["spec"]["description"] = "theirs"
    store.save(manifest)
    said = acting.run("apply", "-y", "--plan", "plan.json", expect=4)
    assert "AppService/notebook has changed on the cluster since the plan: description." in said
    entry["spec"]["description"] = was
    store.save(manifest)
    writes = acting.writes(lambda: acting.run("apply", "-y", "--plan", "other.json"))
    assert [path.partition("/")[0] for _, path, _ in writes] == ["user_groups", MANIFEST]


def test_rails_refuse_a_restart_and_a_waiver_lets_the_exact_count_pass(acting: Site) -> None:
    others = {f"AppService/note-{n}": {**NOTEBOOK, "description": str(n)} for n in range(4)}
    acting.declare({**COMPANY, **others})
    acting.run("apply", "-y")
    acting.declare({**COMPANY, **others, "Group/ds": POLICIES})
    configure(acting, limits={"restart": {"AppService": 3}})
    said = acting.run("plan", expect=4)
    assert "Too many restarts [IGZ-671]" in said
    assert "--allow restart:AppService=5" in said
    acting.run("plan", "--allow", "restart:AppService=5")
    configure(acting, protect=["AppService/note-1"])
    assert "Protected [IGZ-602]" in acting.run("plan", expect=4)


def unwrapped(said: str) -> str:
    """Return a text without its line ends: how wide it is laid out is no matter here."""
    return " ".join(said.split())


def test_only_selects_by_what_is_restarted_and_the_rest_is_left_for_later(acting: Site) -> None:
    declare(acting, Group_ds=POLICIES)
    said = acting.run("apply", "-y", "--only", "Group/ds")
    assert "To restart by a run that is about them: what is written here brings it about: 1 AppService." in unwrapped(
        said
    )
    assert inventory(acting)["AppService/notebook"]["due"] == ["restart"]
    later = acting.writes(lambda: acting.run("apply", "-y"))
    assert [path for _, path, _ in later] == [MANIFEST]


def test_what_nothing_asks_for_any_more_is_forgotten(acting: Site) -> None:
    declare(acting, Group_ds=POLICIES)
    acting.run("apply", "-y", "--only", "Group/ds")
    configure(acting, [])
    said = acting.run("plan")
    assert "Not to restart any more: it was left over, and nothing asks for it now: 1 AppService." in unwrapped(said)
    assert acting.writes(lambda: acting.run("apply", "-y")) == []
    assert "due" not in inventory(acting)["AppService/notebook"]


def test_destroy_restarts_nothing(acting: Site) -> None:
    said = acting.run("destroy", "-y", "--only", "Project/churn")
    assert "1 to delete" in said
    assert "↻" not in said


def test_events_tell_of_operations(acting: Site) -> None:
    declare(acting, Group_ds=POLICIES)
    lines = [json.loads(line) for line in acting.run("apply", "-y", "--format", "json").splitlines()]
    told = {it["type"]: it for it in lines if it.get("address") == "AppService/notebook"}
    assert set(told) == {"planned_operation", "step_started", "job_waiting", "step_ended"}
    assert told["planned_operation"]["triggers"] == [{"address": "Group/ds", "paths": ["assigned_policies"]}]
    assert (told["step_started"]["action"], told["step_ended"]["action"]) == ("restart", "restart")
    (plan,) = [it for it in lines if it["type"] == "plan"]
    assert plan["counts"]["restart"] == 1
    assert lines[-1]["counts"]["applied"] == 2


def test_targets_add_to_the_actions_at_the_top(acting: Site) -> None:
    on = {"restart": "AppService/notebook", "on": ["Project/churn"]}
    configure(acting, [ACTIONS[0]], targets={"prod": {"actions": [on]}})
    declare(acting, Project_churn={**COMPANY["Project/churn"], "description": "New"})
    assert "to restart" not in acting.run("plan")
