"""Services of kinds, and with settings, that no table knows: passed on whole, compared, and read back."""

from __future__ import annotations

from typing import Any

import yaml

from tests.wire.wire_site import Site, by_hand

NOTHING = "No changes. The cluster is as the manifests say."


def declared(**spec: Any) -> Any:
    return {"AppService/query": {"kind": "trino", "owner": "admin", **spec}}


def told(text: str) -> str:
    return " ".join(text.replace("|", " ").split())


def spec_of(site: Site) -> Any:
    (document,) = by_hand(site, "GET", "app_services_manifests")
    return next(it["spec"] for it in document["attributes"]["app_services"] if it["spec"]["name"] == "query")


def test_the_settings_of_a_kind_that_no_table_knows_are_created_compared_and_updated(site: Site) -> None:
    site.declare(declared(trino={"workers": 3, "catalog": {"hive": {"uri": "thrift://x"}}, "hosts": ["a", "b"]}))
    assert "'trino' is not among the known fields of `spec`; it is passed on as it is." in told(site.run("validate"))
    site.run("apply", "-y")
    assert spec_of(site)["trino"] == {"workers": 3, "catalog": {"hive": {"uri": "thrift://x"}}, "hosts": ["a", "b"]}
    assert NOTHING in site.run("plan")
    site.declare(declared(trino={"workers": 4, "catalog": {"hive": {"uri": "thrift://y"}}}))
    said = site.run("plan")
    assert "trino.workers" in said
    assert "trino.catalog.hive.uri" in said
    site.run("apply", "-y")
    assert spec_of(site)["trino"] == {"workers": 4, "catalog": {"hive": {"uri": "thrift://y"}}, "hosts": ["a", "b"]}
    assert NOTHING in site.run("plan")
    assert "No drift" in site.run("drift")
    site.declare(declared(trino=None))
    site.run("apply", "-y")
    assert "trino" not in spec_of(site)


def test_they_are_exported_and_planned_empty(site: Site) -> None:
    site.declare(declared(trino={"workers": 3, "catalog": {"hive": {"uri": "thrift://x"}}}))
    site.run("apply", "-y")
    text = site.run("export", "--only", "AppService/query")
    (document,) = (each for each in yaml.safe_load_all(text) if each)
    assert document["spec"]["trino"] == {"workers": 3, "catalog": {"hive": {"uri": "thrift://x"}}}
    (site.folder / "manifests" / "all.yaml").write_text(text)
    assert NOTHING in site.run("plan")


def test_a_part_of_them_can_be_ignored(site: Site) -> None:
    site.declare(declared(trino={"workers": 3, "nodes": 1}))
    site.run("apply", "-y")
    site.declare(declared(trino={"workers": 4, "nodes": 2}))
    path = site.folder / "manifests" / "all.yaml"
    path.write_text(path.read_text() + "lifecycle: {ignore_changes: [trino.workers]}\n")
    said = site.run("plan")
    assert "trino.nodes" in said
    assert "trino.workers" not in said


def test_a_setting_that_no_table_knows_is_passed_on_with_a_warning(site: Site) -> None:
    service = {"kind": "jupyter", "owner": "admin", "jupyter": {"imag_name": "x"}}
    site.declare({"AppService/query": service})
    said = told(site.run("validate"))
    assert "'imag_name' is not among the known fields of `spec.jupyter`; it is passed on as it is." in said
    assert "Did you mean image_name?" in said
    site.run("apply", "-y")
    assert spec_of(site)["jupyter"]["imag_name"] == "x"
    assert NOTHING in site.run("plan")


def test_a_value_that_the_cluster_has_itself_is_in_no_doubt_at_plan(site: Site) -> None:
    emperor = {"assigned_policies": ["Emperor"]}
    site.declare({"Group/one": emperor, "AppService/query": {"kind": "superset", "owner": "admin"}})
    assert site.run("validate").count("Unknown value") == site.run("plan").count("Unknown value") == 2
    site.run("apply", "-y")
    site.declare({"Group/two": emperor, "AppService/other": {"kind": "superset", "owner": "admin"}})
    assert site.run("validate").count("Unknown value") == 2
    assert "Unknown value" not in site.run("plan")
