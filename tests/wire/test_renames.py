"""An id outlives a name, and a name says nothing about an id: renames, replacements and folded names over HTTP."""

from __future__ import annotations

import json
from typing import Any

from tests.wire.bending import bent, folded
from tests.wire.wire_site import COMPANY, Site, by_hand, edit, edit_service, inventory

GROUPS = {"Group/ds": COMPANY["Group/ds"], "Group/ops": COMPANY["Group/ops"]}


def id_of(site: Site, address: str) -> str:
    return str(inventory(site)[address]["id"])


def name_of(site: Site, path: str) -> str:
    attributes = by_hand(site, "GET", path)["attributes"]
    return str(attributes.get("name") or attributes.get("username"))


def test_a_group_that_was_renamed_gets_its_name_back_and_keeps_all_that_names_it(applied: Site) -> None:
    path = f"user_groups/{id_of(applied, 'Group/ds')}"
    edit(applied, path, name="data")
    said = applied.run("drift")
    assert "~ Group/ds  renamed on the cluster: called data now" in said
    assert "metadata.name  ds was applied, the cluster has data" in said
    plan = json.loads(applied.run("plan", "--format", "json"))
    assert plan["summary"]["update"] == plan["summary"]["total"] - plan["summary"]["no_change"] == 1
    writes = applied.writes(lambda: applied.run("apply", "-y"))
    assert [(method, at, data["attributes"]) for method, at, data in writes] == [("PUT", path, {"name": "ds"})]
    assert name_of(applied, path) == "ds"
    assert "No changes. The cluster is as the manifests say." in applied.run("plan")


def test_a_renamed_group_can_be_changed_and_be_given_its_name_back_at_once(applied: Site) -> None:
    path = f"user_groups/{id_of(applied, 'Group/ops')}"
    edit(applied, path, name="operators", description="theirs")
    changed: dict[str, Any] = {**COMPANY, "Group/ops": {"description": "ours", "assigned_policies": ["Data"]}}
    applied.declare({**changed, "User/bob": {**COMPANY["User/bob"], "groups": ["ops"]}})
    applied.run("apply", "-y")
    assert by_hand(applied, "GET", path)["attributes"]["description"] == "ours"
    assert "No changes. The cluster is as the manifests say." in applied.run("plan")


def test_what_was_renamed_and_is_declared_no_more_is_pruned_by_its_id(applied: Site) -> None:
    edit(applied, f"user_groups/{id_of(applied, 'Group/ops')}", name="operators")
    members = {"editor": {"users": ["bob"]}, "viewer": {}}
    rest = {each: spec for each, spec in COMPANY.items() if each != "Group/ops"}
    applied.declare({**rest, "Project/churn": {**COMPANY["Project/churn"], "members": members}})
    assert "Group/ops" in applied.run("plan", "--no-prune")
    said = applied.run("plan", "--prune")
    assert "! Group/ops: called operators on the cluster now, and deleted by its id" in said
    before = id_of(applied, "Group/ops")
    writes = applied.writes(lambda: applied.run("apply", "-y", "--prune"))
    assert [at for method, at, _ in writes if method == "DELETE"] == [f"user_groups/{before}"]
    assert "Group/ops" not in inventory(applied)


def test_git_may_follow_a_rename(applied: Site) -> None:
    identity = id_of(applied, "Group/ops")
    edit(applied, f"user_groups/{identity}", name="operators")
    members = {"editor": {"users": ["bob"]}, "viewer": {"groups": ["operators"]}}
    rest = {each: spec for each, spec in COMPANY.items() if each != "Group/ops"}
    followed = {
        "Group/operators": COMPANY["Group/ops"],
        "Project/churn": {**COMPANY["Project/churn"], "members": members},
    }
    applied.declare({**rest, **followed})
    said = applied.run("apply", "-y", "--prune")
    assert "Dropped from the inventory, called operators now, as declared: 1 Group." in said
    assert inventory(applied)["Group/operators"]["id"] == identity
    assert "Group/ops" not in inventory(applied)


def test_what_others_made_again_under_the_name_is_told_as_replaced(applied: Site) -> None:
    before = id_of(applied, "User/bob")
    by_hand(applied, "DELETE", f"users/{before}")
    person = {**COMPANY["User/bob"], "username": "bob", "password": "Bob-12345!", "first_name": "Robert"}
    person.pop("groups")
    by_hand(applied, "POST", "users", {"data": {"type": "user", "attributes": person}})
    assert "~ User/bob  replaced on the cluster: deleted there and made anew since the last apply" in applied.run(
        "drift"
    )
    said = " ".join(applied.run("plan").split())
    assert "! User/bob: there already, not ours, and different: written over by this, and owned from then on" in said
    rest = {each: spec for each, spec in COMPANY.items() if each not in ("User/bob", "Project/churn")}
    applied.declare(rest)
    writes = applied.writes(lambda: applied.run("apply", "-y", "--prune"))
    assert [at for method, at, _ in writes if method == "DELETE"] == ["projects"]
    assert "User/bob" not in inventory(applied)


def test_prune_leaves_a_service_of_somebody_else_that_has_the_name_of_ours(applied: Site) -> None:
    edit_service(applied, "notebook", owner="bob", description="Bob's own")
    rest = {each: spec for each, spec in COMPANY.items() if not each.startswith("AppService")}
    applied.declare(rest)
    said = " ".join(applied.run("apply", "-y", "--prune").split())
    assert "! AppService/notebook: kept, though no longer declared: nothing tells whether it is still what" in said
    assert "AppService/notebook" in inventory(applied)
    (document,) = by_hand(applied, "GET", "app_services_manifests")
    assert "notebook" in {each["spec"]["name"] for each in document["attributes"]["app_services"]}


def test_a_service_that_was_edited_is_ours_to_prune_only_where_it_bears_our_mark(applied: Site) -> None:
    rest = {each: spec for each, spec in COMPANY.items() if not each.startswith("AppService")}
    applied.declare(rest)
    assert "delete  1 AppService: notebook" in applied.run("plan", "--prune")
    edit_service(applied, "notebook", description="edited by hand")
    assert "! AppService/notebook: kept, though no longer declared" in applied.run("plan", "--prune")
    applied.declare(COMPANY)
    (applied.folder / "igz-apply.yaml").write_text("version: 1\nowner: team\n")
    applied.run("apply", "-y")
    edit_service(applied, "notebook", description="edited by hand again")
    applied.declare(rest)
    assert "delete  1 AppService: notebook" in applied.run("plan", "--prune")


def test_a_service_whose_name_the_cluster_folds_is_told_by_that_name(applied: Site) -> None:
    def shouting(request: Any, answer: Any) -> Any:
        if request.path == "/api/app_services_manifests" and request.method == "GET":
            for each in answer.document["data"][0]["attributes"]["app_services"]:
                if each["spec"]["name"] == "new":
                    each["spec"]["name"] = "NEW"
        return answer

    applied.declare({**COMPANY, "AppService/new": {"kind": "jupyter"}, "AppService/other": {"kind": "jupyter"}})
    with bent(applied, shouting):
        said = " ".join(applied.run("apply", "-y", expect=5).split())
    assert "the cluster calls it 'NEW', not 'new' as it was sent: it folds names. Declare it as 'NEW'" in said
    assert "1 of 2 changes applied, 1 failed" in said


def test_a_server_that_folds_names_is_told_and_what_it_made_is_ours_by_its_id(site: Site) -> None:
    person = {"first_name": "Bob", "last_name": "M", "email": "Bob@Example.org", "groups": []}
    site.declare({"User/Bob": person})
    with bent(site, folded):
        said = " ".join(site.run("apply", "-y", expect=5).split())
        assert "the cluster calls it 'bob', not 'Bob' as it was sent: it folds names. Declare it as 'bob'" in said
        entry = inventory(site)["User/Bob"]
        assert entry["id"]
        assert "pending" not in entry
        said = " ".join(site.run("plan", expect=4).split())
        assert "User/Bob is called bob there now" in said
        site.declare({"User/bob": person})
        site.run("apply", "-y")
        assert "No changes. The cluster is as the manifests say." in site.run("plan")  # its e-mail is folded too
        site.declare({})
        site.declare({"Group/any": {}})
        assert "delete  1 User: bob" in site.run("plan", "--prune")


def test_groups_that_exchanged_their_names_are_told_and_nothing_is_written(applied: Site) -> None:
    applied.declare({**COMPANY, "Group/secadm": {"assigned_policies": ["Security Admin"]}})
    applied.run("apply", "-y")
    ops, secadm = (id_of(applied, f"Group/{name}") for name in ("ops", "secadm"))
    for identity, name in ((ops, "passing"), (secadm, "ops"), (ops, "secadm")):
        edit(applied, f"user_groups/{identity}", name=name)
    for command in (["plan"], ["apply", "-y", "--prune"]):
        said = " ".join(applied.run(*command, expect=4).split())
        assert "Group/ops cannot have its name: Group/secadm is called ops on the cluster now." in said
        assert "made anew" not in said
    assert "renamed on the cluster: called secadm now" in " ".join(applied.run("drift").split())
    applied.declare(COMPANY)
    said = " ".join(applied.run("plan", "--prune", expect=4).split())
    assert "Group/secadm: called ops on the cluster now, and deleted by its id" in said


def test_a_saved_plan_is_stale_once_what_it_leaves_alone_is_another(applied: Site) -> None:
    applied.declare({**COMPANY, "Group/new": {}})
    applied.run("plan", "--out", "saved.plan")
    ops = inventory(applied)["Group/ops"]["id"]
    by_hand(applied, "DELETE", f"user_groups/{ops}")
    spec = {"name": "ops", "description": "somebody else's"}
    by_hand(applied, "POST", "user_groups", {"data": {"type": "user_group", "attributes": spec}})
    said = " ".join(applied.run("apply", "--plan", "saved.plan", "-y", expect=4).split())
    assert "Group/ops is not known to be what it was when the plan was made" in said
    assert inventory(applied)["Group/ops"]["id"] == ops
