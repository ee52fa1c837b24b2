"""A cluster that people have filled by hand is taken into git, and from there onto a second one, without an edit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from igz_apply.emulator import Emulator, Options, serving
from tests.wire.wire_site import Site, by_hand, edit, edit_service

NOBODY = {"run_as_user": "", "run_as_group": "", "fs_group": "", "supplemental_groups": [], "run_as_non_root": False}
NOISE = {
    "security_context": NOBODY,
    "target_cpu": 75,
    "pvc": {"mounts": {"entries": []}},
    "jupyter": {"ssh_enabled": True, "ssh_server": {"force_key_regeneration": False, "port": 30111}},
}
GRAFANA = {
    "spec": {
        "name": "metrics",
        "kind": "grafana",
        "owner": "",
        "credentials": {"username": "sys"},
        "description": "Built-in grafana",
    },
    "meta": {"labels": {"iguazio.com/builtin": "true"}},
}


def company() -> dict[str, Any]:
    """Return what people have made: 30 users, 8 groups, 10 projects and 6 services, and the platform a Grafana."""
    groups = [f"team-{n}" for n in range(7)] + ["Team-0"]

    def user(n: int) -> dict[str, Any]:
        team = groups[n % 8]
        person = {"username": f"user{n}", "first_name": "U", "last_name": "V", "email": f"user{n}@corvid.example"}
        more = {"admin_status": "down"} if n == 29 else {"authentication_methods": ["password"]}
        return {**person, **more, "assigned_policies": ["Developer", "Data"], "primary_group": team, "groups": [team]}

    return {
        "groups": [{"name": name, "assigned_policies": ["Data"], "description": "A team"} for name in groups],
        "users": [user(n) for n in range(30)],
        "projects": [
            {
                "name": f"project-{n}",
                "owner": f"user{n}",
                "labels": {"team": groups[n % 8]},
                "members": {"editor": {"groups": [groups[(n + 1) % 8]]}, "viewer": {"users": [f"user{n + 10}"]}},
            }
            for n in range(10)
        ],
        "services": [{"name": f"nb-{n}", "kind": "jupyter", "owner": f"user{n}", **NOISE} for n in range(6)]
        + [GRAFANA],
    }


@pytest.fixture
def grown(site: Site) -> Site:
    """The cluster of such a company, one of whose groups has been renamed there."""
    site.emulator.load(company())
    groups = by_hand(site, "GET", "user_groups")
    identity = next(each["id"] for each in groups if each["attributes"]["name"] == "team-6")
    edit(site, f"user_groups/{identity}", name="Team Six")
    return site


def flat(said: str) -> str:
    """Return what was said on one line."""
    return " ".join(said.split())


def data(said: str) -> Any:
    """Return the document in what was said, without what stood on standard error before it."""
    return json.loads(said[said.index("{") :])


@pytest.mark.parametrize("layout", ["kind", "resource", "team"])
def test_an_export_is_valid_and_plans_nothing_without_an_edit_and_fits_a_second_older_cluster(
    grown: Site, layout: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = grown.run("export", "--out-dir", "manifests", "--layout", layout)
    assert "warning" not in said
    names = {path.relative_to(tmp_path / "manifests").as_posix() for path in (tmp_path / "manifests").rglob("*.yaml")}
    assert len({name.casefold() for name in names}) == len(names)
    assert "error" not in grown.run("validate")
    planned = grown.run("plan", "--detailed-exitcode")
    assert "No changes. The cluster is as the manifests say." in planned
    text = "".join(path.read_text() for path in (tmp_path / "manifests").rglob("*.yaml"))
    assert "metrics" not in text
    for noise in ("uid:", "gid:", "authentication_methods", "security_context", "target_cpu", "port:", "pvc"):
        assert noise not in text
    assert text.count("admin_status: up") == 29
    assert text.count("admin_status: down") == 1
    emulator = Emulator(tmp_path / "older.db", Options(version="3.5.3-b1.20230101000000", job_seconds=0.02))
    with serving(emulator) as older:
        monkeypatch.setenv("IGZ_ENDPOINT", older.url)
        (tmp_path / "igz-apply.yaml").write_text("version: 1\ndefaults: {inventory: older.json}\n")
        grown.run("apply", "-y")
        assert "No changes. The cluster is as the manifests say." in grown.run("plan", "--detailed-exitcode")
    emulator.close()


def test_what_is_not_in_git_is_named_and_ends_a_watch(grown: Site) -> None:
    grown.run("export", "--out-dir", "manifests")
    grown.run("apply", "-y")
    assert "Nobody changed on the cluster what igz-apply last applied." in grown.run("drift", "--detailed-exitcode")
    grown.emulator.load(
        {
            "groups": [{"name": "ext", "assigned_policies": ["IT Admin"]}],
            "users": [
                {"username": "shadow", "assigned_policies": ["Security Admin"], "groups": ["ext", "team-1"]},
                *({"username": f"guest{n}"} for n in range(12)),
            ],
            "services": [{"name": "miner", "kind": "shell", "owner": "shadow"}],
        }
    )
    for said in (grown.run("plan"), grown.run("drift")):
        assert "! User/shadow holds Security Admin\n" in said
        assert "! User/shadow holds IT Admin, through Group/ext\n" in said
        assert "! User/shadow is a member of Group/team-1\n" in said
        assert "miner" in said
        assert "and 3 more" in said
        assert "1 administrator and 1 member not in git, see above." in said
        assert "The cluster is as the manifests say" not in said
        assert "Nobody changed" not in said
        assert "User/sys" not in said
    told = grown.run("drift", "--unmanaged", expect=2)
    assert "guest11, guest2, guest3, guest4, guest5, guest6, guest7, guest8, guest9" in flat(told)
    unmanaged = data(grown.run("plan", "--format", "json"))["unmanaged"]
    assert data(grown.run("drift", "--format", "json"))["unmanaged"] == unmanaged
    assert len([each for each in unmanaged["resources"] if each.startswith("User/")]) == 13
    assert unmanaged["members"] == [{"member": "User/shadow", "of": "Group/team-1", "role": ""}]
    assert unmanaged["administrators"] == [
        {"user": "User/shadow", "policies": ["Security Admin"], "through": None},
        {"user": "User/shadow", "policies": ["IT Admin"], "through": "Group/ext"},
    ]
    grown.run("plan", "--report", "plan.md", "--report", "plan.html")
    for report in ("plan.md", "plan.html"):
        text = (grown.folder / report).read_text()
        assert "User/shadow holds Security Admin" in text
        assert "guest11" in text
        assert "No changes to what is declared" in text


def test_what_is_not_declared_yet_is_brought_in_beside_what_is(grown: Site) -> None:
    grown.run("export", "--out-dir", "manifests", "--layout", "team")
    grown.run("apply", "-y")
    before = {path: path.read_text() for path in (grown.folder / "manifests").rglob("*.yaml")}
    assert "Everything is declared already" in grown.run("export", "--undeclared", "--out-dir", "manifests")
    grown.emulator.load(
        {
            "groups": [{"name": "ext", "assigned_policies": ["IT Admin"]}],
            "users": [
                {"username": "shadow", "assigned_policies": ["Security Admin"], "groups": ["ext", "team-1"]},
                {"username": "tim", "assigned_policies": ["Data"], "groups": ["team-1"]},
            ],
        }
    )
    said = grown.run("export", "--undeclared", "--layout", "team", "--out-dir", "manifests")
    assert "Wrote 3 resources to 3 files in manifests." in said
    assert (grown.folder / "manifests" / "team-1-2.yaml").exists()
    assert (grown.folder / "manifests" / "common-2.yaml").exists() is ("common.yaml" in {path.name for path in before})
    assert {path: path.read_text() for path in before} == before
    assert "No changes. The cluster is as the manifests say." in grown.run("plan", "--detailed-exitcode")


def test_undeclared_knows_a_declared_group_by_its_id_whatever_it_is_called_there(applied: Site) -> None:
    groups = by_hand(applied, "GET", "user_groups")
    identity = next(each["id"] for each in groups if each["attributes"]["name"] == "ds")
    edit(applied, f"user_groups/{identity}", name="data")
    applied.emulator.load({"users": [{"username": "tim", "groups": ["data"]}]})
    said = applied.run("export", "--undeclared", "--only", "Group", "--only", "User")
    documents = [each for each in yaml.safe_load_all(said) if each]
    assert [(each["kind"], each["metadata"]["name"], each["spec"].get("groups")) for each in documents] == [
        ("User", "tim", ["ds"])
    ]
    applied.run("export", "--out-dir", "anew")
    assert "name: data\n" in (applied.folder / "anew" / "Group.yaml").read_text()
    applied.run("plan", "anew", "--detailed-exitcode")


def test_paths_say_what_is_declared_only_where_the_rest_is_asked_for(applied: Site) -> None:
    assert "it goes with --undeclared" in flat(applied.run("export", "manifests", expect=3))
    (applied.folder / "manifests" / "broken.yaml").write_text("kind: [")
    assert "broken.yaml" in applied.run("export", "--undeclared", expect=3)
    assert "broken.yaml" not in applied.run("export")


def test_a_built_in_is_exported_by_its_own_name_alone_and_what_is_written_is_valid(site: Site) -> None:
    for patterns in (["Group"], ["*"], ["Group/*"], ["User/adm*"]):
        options = [part for pattern in patterns for part in ("--only", pattern)]
        assert "all_users" not in site.run("export", *options)
        assert "name: admin" not in site.run("export", *options)
    names = ["--only", "Group/all_users", "--only", "User/admin", "--only", "AppService/nuclio"]
    site.run("export", *names, "--out-dir", "manifests")
    assert "gid" not in (site.folder / "manifests" / "Group.yaml").read_text()
    assert "belongs to the platform itself" in flat(site.run("plan", "--detailed-exitcode"))
    said = site.run("export", *names, "--full", "--out-dir", "full")
    assert "spec.gid of Group/all_users is left out" in said
    site.run("plan", "full", "--detailed-exitcode")


def test_somebody_who_was_switched_off_is_drift_after_an_export(grown: Site) -> None:
    grown.run("export", "--out-dir", "manifests")
    grown.run("apply", "-y")
    users = by_hand(grown, "GET", "users?page[size]=1000")
    identity = next(each["id"] for each in users if each["attributes"]["username"] == "user3")
    edit(grown, f"users/{identity}", admin_status="down")
    edit_service(grown, "nb-2", desired_state="disabled")
    said = grown.run("drift", "--detailed-exitcode", expect=2)
    assert "admin_status  up was applied, the cluster has down" in said
    assert "desired_state  ready was applied, the cluster has disabled" in said


def test_what_could_not_be_read_back_is_not_written_nor_is_anything_beside_it(site: Site) -> None:
    site.emulator.load({"services": [{"name": "big", "kind": "presto", "presto": {"config": "x" * 1_100_000}}]})
    said = flat(site.run("export", "--out-dir", "manifests", "--layout", "resource", expect=1))
    assert "Nothing was written: AppService/big.yaml" in said
    assert "--only" in said
    assert not (site.folder / "manifests").exists()


def test_names_that_no_manifest_may_have_are_told_and_left_out(site: Site) -> None:
    site.emulator.load({"groups": [{"name": "two\nlines"}, {"name": "ds"}]})
    said = site.run("export", "--only", "Group", "--out-dir", "manifests")
    assert "is not exported, since no manifest can declare it" in said
    assert "Wrote 1 resource to 1 file in manifests." in said
    site.run("validate")
