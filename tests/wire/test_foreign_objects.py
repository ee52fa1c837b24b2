"""What is not ours is left alone: over HTTP, among many objects of other people."""

from __future__ import annotations

from typing import Any

from tests.wire.wire_site import Site

FOREIGN = {
    "groups": [{"name": f"g{number}"} for number in range(100)],
    "users": [{"username": f"u{number}", "groups": [f"g{number % 100}"]} for number in range(300)],
    "projects": [{"name": f"p{number}", "owner": f"u{number}"} for number in range(80)],
    "services": [{"name": f"s{number}", "kind": "jupyter", "owner": f"u{number}"} for number in range(20)],
}
OURS: dict[str, dict[str, Any]] = {
    "Group/ops": {"description": "Operators"},
    "User/ada": {"first_name": "Ada", "last_name": "L", "email": "ada@example.org", "groups": ["ops", "g1"]},
    "Project/churn": {"owner": "ada"},
}


def test_among_500_objects_of_others_prune_deletes_only_what_we_own_and_never_without_an_inventory(site: Site) -> None:
    site.emulator.load(FOREIGN)
    site.declare(OURS)

    def deletes(*arguments: str) -> list[str]:
        return [
            path for method, path, _ in site.writes(lambda: site.run("apply", "-y", *arguments)) if method == "DELETE"
        ]

    assert deletes("--prune") == []
    assert deletes("--prune") == []

    site.declare({address: OURS[address] for address in ("Group/ops", "User/ada")})
    (site.folder / ".igz-apply/inventory.json").rename(site.folder / "lost.json")
    assert deletes("--prune") == []

    (site.folder / "lost.json").rename(site.folder / ".igz-apply/inventory.json")
    assert deletes("--prune") == ["projects"]


def test_a_missing_list_removes_nobody_and_an_empty_one_everybody_and_both_are_counted(site: Site) -> None:
    site.emulator.load(FOREIGN)
    site.declare({"User/u1": {"department": "Engines"}})
    assert "1 to update" in site.run("plan")
    site.run("apply", "-y")
    site.declare({"User/u1": {"department": "Engines", "groups": []}})
    shown = site.run("plan")
    assert "groups  - g1\n" in shown
    assert "0 to create, 1 to update, 0 to delete" in shown
    writes = site.writes(lambda: site.run("apply", "-y"))
    assert [(method, path.split("/")[0]) for method, path, _ in writes] == [("PUT", "users")]
    assert "No changes" in site.run("plan")
