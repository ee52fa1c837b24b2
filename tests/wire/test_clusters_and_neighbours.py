"""Which cluster an inventory is about, and what other inventories of that cluster own: over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from igz_apply.emulator import Emulator, Options, serving
from tests.wire.wire_site import Site, by_hand

CONFIG = """version: 1
targets:
  a: {inventory: state/a.json}
  b: {inventory: state/b.json}
"""
GROUP: dict[str, Any] = {"Group/shared": {"description": "ours"}}
NOTEBOOK: dict[str, Any] = {"kind": "jupyter", "owner": "admin"}


def held(site: Site) -> dict[str, Any]:
    """Return what the site's inventory says."""
    found: dict[str, Any] = json.loads((site.folder / ".igz-apply" / "inventory.json").read_text())
    return found


def forget_home(site: Site, *kept: str) -> None:
    """Make the inventory one that knows no more of its cluster than what is kept."""
    lost = {"endpoint", "tenant", "cluster"} - set(kept)
    known = {key: value for key, value in held(site).items() if key not in lost}
    (site.folder / ".igz-apply" / "inventory.json").write_text(json.dumps(known))


def beside(folder: Path) -> Path:
    """Write another config repo, with the notebook alone and an inventory of its own."""
    (folder / "beside").mkdir()
    document = {"apiVersion": "iguazio.com/v1", "kind": "AppService", "metadata": {"name": "nb"}, "spec": NOTEBOOK}
    (folder / "beside" / "nb.json").write_text(json.dumps(document))
    config = {"version": 1, "manifests": ["nb.json"], "defaults": {"inventory": "inventory.json"}}
    (folder / "beside" / "igz-apply.yaml").write_text(json.dumps(config))
    return folder / "beside" / "igz-apply.yaml"


@contextmanager
def another(monkeypatch: pytest.MonkeyPatch, folder: Path, **options: Any) -> Iterator[Emulator]:
    """Serve another cluster, to which the environment leads meanwhile."""
    emulator = Emulator(folder / "other.db", Options(job_seconds=0.02, **options))
    with serving(emulator) as server, monkeypatch.context() as there:
        there.setenv("IGZ_ENDPOINT", server.url)
        there.setenv("V3IO_ACCESS_KEY", server.access_key)
        yield emulator
    emulator.close()


def test_an_inventory_of_one_cluster_is_refused_on_another_of_the_same_tenant(
    site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    site.declare(GROUP)
    site.run("apply", "-y")
    with another(monkeypatch, tmp_path) as emulator:
        asked: list[str] = []
        true = emulator.answer
        monkeypatch.setattr(emulator, "answer", lambda request: (asked.append(request.path), true(request))[1])
        for command in (["plan"], ["apply", "-y"], ["drift"], ["export"]):
            assert "Inventory of another cluster" in site.run(*command, expect=4)
        assert not any(path.startswith("/api/user_groups/") for path in asked)  # nothing of it is looked for here
        site.run("plan", "--allow", "move:inventory=2", expect=4)
        said = " ".join(site.run("plan", "--allow", "move:inventory=1").split())
        assert "Group/shared (it was applied before and has vanished)" in said
    assert "No changes" in site.run("plan")


@pytest.mark.parametrize("before", ["theirs", "ours"])  # an update, and what is taken over as it is
def test_an_inventory_has_a_home_whatever_its_first_apply_does(
    site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, before: str
) -> None:
    site.emulator.load({"groups": [{"name": "shared", "description": before}]})
    site.declare(GROUP)
    site.run("apply", "-y")
    assert held(site)["endpoint"] == site.server.url
    with another(monkeypatch, tmp_path):
        assert "Inventory of another cluster" in site.run("plan", expect=4)


def test_an_inventory_whose_first_apply_only_updates_is_seen_by_others(site: Site) -> None:
    (site.folder / "igz-apply.yaml").write_text(CONFIG)
    (site.folder / "state").mkdir()
    site.emulator.load({"groups": [{"name": "shared", "description": "theirs"}]})
    site.declare(GROUP)
    site.run("apply", "-y", "--target", "a")
    said = " ".join(site.run("apply", "-y", "--target", "b", expect=4).split())
    assert "Group/shared is in the inventory" in said


@pytest.mark.parametrize("kept", [(), ("tenant",)], ids=["no home", "the tenant alone"])
@pytest.mark.parametrize("there", ["shared", "nothing"])
def test_ids_tell_an_inventory_without_a_home_from_one_of_this_cluster(
    site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kept: tuple[str, ...], there: str
) -> None:
    site.declare({**GROUP, "AppService/nb": NOTEBOOK})
    site.run("apply", "-y")
    forget_home(site, *kept)
    with another(monkeypatch, tmp_path) as emulator:
        emulator.load({"groups": [{"name": there, "description": "ours"}]})
        site.run("apply", "-y", "--config", str(beside(tmp_path)))  # a service of the same name, kind and owner
        site.declare(GROUP)
        for command in (["plan", "--prune"], ["apply", "-y", "--prune"], ["drift"], ["export"]):
            said = " ".join(site.run(*command, expect=4).split())
            assert "The inventory is about another cluster by the ids that it holds" in said
            assert "--allow move:inventory=2" in said
        assert "AppService/nb" in " ".join(site.run("plan", "--prune", "--allow", "move:inventory=2").split())
    assert "delete AppService/nb" in " ".join(site.run("plan", "--prune").split())
    site.declare({**GROUP, "AppService/nb": NOTEBOOK})
    site.run("apply", "-y")
    assert held(site)["endpoint"] == site.server.url


def test_a_cluster_that_tells_its_name_may_have_many_addresses(
    site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    site.declare(GROUP)
    with another(monkeypatch, tmp_path, cluster_name="prod-1"):
        site.run("apply", "-y")
    with another(monkeypatch, tmp_path, cluster_name="prod-1"):
        assert "No changes" in site.run("plan")
    with another(monkeypatch, tmp_path, cluster_name="prod-2"):
        assert "cluster prod-1" in " ".join(site.run("plan", expect=4).split())


def test_what_another_inventory_of_the_same_cluster_owns_is_told_before_it_is_taken(site: Site) -> None:
    (site.folder / "igz-apply.yaml").write_text(CONFIG)
    (site.folder / "state").mkdir()
    site.declare(GROUP)
    site.run("apply", "-y", "--target", "a")
    for desired in (GROUP, {"Group/shared": {"description": "theirs"}}, {"Group/shared": None}):
        site.declare(desired)
        said = " ".join(site.run("apply", "-y", "--target", "b", expect=4).split())
        assert "Group/shared is in the inventory" in said
        assert "state/a.json." in said
        assert "--allow adopt:Group=1" in said
    site.declare(GROUP)
    site.run("apply", "-y", "--target", "b", "--allow", "adopt:Group=1")
    assert "No changes" in site.run("plan", "--target", "b")
    site.run("apply", "-y", "--target", "a")


def test_an_inventory_of_another_cluster_beside_ours_claims_nothing(
    site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (site.folder / "igz-apply.yaml").write_text(CONFIG)
    (site.folder / "state").mkdir()
    site.declare(GROUP)
    site.run("apply", "-y", "--target", "a")
    with another(monkeypatch, tmp_path) as emulator:
        emulator.load({"groups": [{"name": "shared", "description": "ours"}]})
        site.run("apply", "-y", "--target", "b")
    held = json.loads((site.folder / "state" / "b.json").read_text())["entries"]
    assert list(held) == ["Group/shared"]
    assert by_hand(site, "GET", "self")["id"]
