"""One key of a map under `ignore_changes`: set at creation, and whatever others make of it survives every update."""

from __future__ import annotations

import json
from typing import Any

import yaml

from tests.wire.wire_site import API, Site, by_hand, edit, edit_service, inventory

NOTHING = "No changes. The cluster is as the manifests say."
PROJECT = "projects/__name__/p"
IGNORED = ["labels.team", "labels.extra", 'labels["app.kubernetes.io/name"]']


def declare(site: Site, labels: Any, environment: Any, owner: str = "admin") -> None:
    documents = [
        {
            **API,
            "kind": "Project",
            "metadata": {"name": "p"},
            "spec": {"owner": owner, "labels": labels},
            "lifecycle": {"ignore_changes": IGNORED},
        },
        {
            **API,
            "kind": "AppService",
            "metadata": {"name": "jup", "labels": {"team": "a", "x.y/z": "1"}},
            "spec": {
                "kind": "jupyter",
                "owner": "admin",
                "advanced": {"node_selector": {"zone": "b"}},
                "jupyter": {"image_name": "jupyter-all", "extra_environment_vars": environment},
            },
            "lifecycle": {
                "ignore_changes": [
                    "jupyter.extra_environment_vars.TZ",
                    "jupyter.image_name",
                    "advanced.node_selector.zone",
                    "metadata.labels.x.y/z",
                ]
            },
        },
    ]
    (site.folder / "manifests").mkdir(exist_ok=True)
    (site.folder / "manifests" / "all.yaml").write_text(yaml.safe_dump_all(documents))


def labels_of(site: Site) -> dict[str, str]:
    pairs = by_hand(site, "GET", PROJECT)["attributes"]["labels"]
    return {each["name"]: each["value"] for each in pairs}


def service_of(site: Site) -> Any:
    (document,) = by_hand(site, "GET", "app_services_manifests")
    return next(each for each in document["attributes"]["app_services"] if each["spec"]["name"] == "jup")


def entries_of(value: Any) -> dict[str, str]:
    return {each["key"]: each["value"] for each in value["entries"]}


def test_ignored_keys_are_set_at_creation_and_survive_every_update(site: Site) -> None:
    declare(site, {"app.kubernetes.io/name": "x", "team": "a", "tier": "1"}, {"TZ": "Europe/London", "A": "1"})
    site.run("apply", "-y")
    assert labels_of(site) == {"app.kubernetes.io/name": "x", "team": "a", "tier": "1"}
    assert inventory(site)["Project/p"]["values"]["labels"] == {"tier": "1"}
    assert NOTHING in site.run("plan")

    theirs = {"app.kubernetes.io/name": "y", "team": "zzz", "extra": "e", "tier": "1"}
    edit(site, PROJECT, labels=[{"name": key, "value": text} for key, text in theirs.items()])
    jupyter = service_of(site)["spec"]["jupyter"]
    jupyter["image_name"] = "other"
    jupyter["extra_environment_vars"]["entries"] = [{"key": "A", "value": "1"}, {"key": "TZ", "value": "UTC"}]
    edit_service(site, "jup", jupyter=jupyter, advanced={"node_selector": {"entries": []}})
    assert NOTHING in site.run("plan")
    assert "No drift" in site.run("drift")

    declare(site, {"app.kubernetes.io/name": "x", "team": "a", "tier": "2"}, {"TZ": "Europe/London", "B": "2"})
    plan = json.loads(site.run("plan", "--format", "json"))
    shown = {item["path"] for change in plan["changes"] for item in change["diff"]}
    assert shown == {"labels", "jupyter.extra_environment_vars"}
    assert {change["reason"] for change in plan["changes"]} == {"changed in git"}
    site.run("apply", "-y")
    assert labels_of(site) == {**theirs, "tier": "2"}
    spec = service_of(site)["spec"]
    assert spec["jupyter"]["image_name"] == "other"
    assert entries_of(spec["jupyter"]["extra_environment_vars"]) == {"TZ": "UTC", "B": "2"}
    assert NOTHING in site.run("plan")

    declare(site, None, None)
    site.run("apply", "-y")
    assert labels_of(site) == {key: text for key, text in theirs.items() if key != "tier"}
    assert entries_of(service_of(site)["spec"]["jupyter"]["extra_environment_vars"]) == {"TZ": "UTC"}
    assert NOTHING in site.run("plan")


def test_a_saved_plan_holds_while_others_change_what_is_ignored(site: Site) -> None:
    declare(site, {"team": "a", "tier": "1"}, {"TZ": "UTC"})
    site.run("apply", "-y")
    declare(site, {"team": "a", "tier": "2"}, {"TZ": "UTC"})
    site.run("plan", "--out", "plan.json")
    edit(site, PROJECT, labels=[{"name": "team", "value": "b"}, {"name": "tier", "value": "1"}])
    site.run("apply", "-y", "--plan", "plan.json")
    assert labels_of(site) == {"team": "b", "tier": "2"}


def test_a_key_that_is_ignored_no_more_is_compared_again(site: Site) -> None:
    declare(site, {"team": "a", "tier": "1"}, {})
    site.run("apply", "-y")
    edit(site, PROJECT, labels=[{"name": "team", "value": "b"}, {"name": "tier", "value": "1"}])
    text = (site.folder / "manifests" / "all.yaml").read_text()
    (site.folder / "manifests" / "all.yaml").write_text(text.replace("labels.team", "labels.other"))
    site.run("apply", "-y")
    assert labels_of(site) == {"team": "a", "tier": "1"}
