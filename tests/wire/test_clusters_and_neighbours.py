"""Which cluster an inventory is about, and what other inventories of that cluster own: over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from wire_site import Site, by_hand

from igz_apply.emulator import Emulator, Options, serving

CONFIG = """version: 1
targets:
  a: {inventory: state/a.json}
  b: {inventory: state/b.json}
"""
GROUP: dict[str, Any] = {"Group/shared": {"description": "ours"}}


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
