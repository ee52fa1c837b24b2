"""Moves of random worlds on both emulators: what everybody holds before and after, by an oracle of its own.

A few by default; IGZ_TORTURE=whole moves some hundreds. IGZ_MOVE=SEED moves one alone.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from igz_apply.cli.main import run
from igz_apply.emulator import Emulator
from tests.workflow.moving_oracle import HEIGHT, Person, Seen, new_state, old_state, top

IS_WHOLE = os.environ.get("IGZ_TORTURE") == "whole"
QUICK, FULL, WHOLE = range(2), range(2, 10), range(10, 300)
CONFIG = """\
version: 1
targets:
  old: {endpoint: "embedded:old.db"}
  new: {endpoint: "embedded4:new.db", manifests: [new], inventory: new.json}
"""
GROUPS = ("ds", "ds.nlp", "ds.nlp.eu", "ops", "ops-night", "Lab", "a b", "ds.cv")
NAMES = ("ada", "Bob", "svc-etl", "cy_9", "dee", "E.F", "grace@x.test", "uni-x", "root2", "zoe", "x" * 32)
POLICIES = ("Data", "Developer", "IT Admin", "Security Admin")
NEW_POLICIES = ("oris-developer", "oris-viewer")
ROLES = ("admin", "editor", "viewer")

Said = dict[str, Any]


class Draw:
    """Draws a world, and what a person says of it."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.groups = self.some(GROUPS, 0.7)
        self.users = self.some(NAMES, 0.8) or ["ada"]
        self.projects = self.some(("churn", "fraud", "x" * 63), 0.8)

    def chance(self, odds: float) -> bool:
        return self.random.random() < odds

    def some(self, items: Any, odds: float = 0.3) -> list[str]:
        return [each for each in items if self.chance(odds)]

    def world(self) -> dict[str, list[dict[str, Any]]]:
        users = [self.user(name, NAMES.index(name)) for name in self.users]
        groups = [
            {"name": name, "description": self.random.choice(("", "x")), "assigned_policies": self.some(POLICIES)}
            for name in self.groups
        ]
        active = [each["username"] for each in users if each.get("admin_status") != "down"]
        projects = [
            {
                "name": name,
                "owner": self.random.choice([*active, "admin"]),
                "description": "Über",
                "members": {
                    role: {"users": self.some(self.users), "groups": self.some([*self.groups, "all_users", "admins"])}
                    for role in ROLES
                },
            }
            for name in self.projects
        ]
        for each in projects:  # a member has one role on a project
            taken: set[tuple[str, str]] = set()
            for sides in each["members"].values():
                for side, names in sides.items():
                    names[:] = [name for name in names if (side, name) not in taken]
                    taken.update((side, name) for name in names)
        return {"users": users, "groups": groups, "projects": projects}

    def user(self, name: str, index: int) -> dict[str, Any]:
        made: dict[str, Any] = {
            "username": name,
            "first_name": "Ünï",
            "last_name": f"Tag{index}",
            "assigned_policies": self.some(POLICIES),
            "groups": self.some(self.groups) + (["admins"] if self.chance(0.1) else []),
        }
        if self.chance(0.6):
            made["email"] = f"{name.partition('@')[0]}.{index}@X.Test"
        elif self.chance(0.2):
            made["email"] = "robot@localhost"
        if self.chance(0.2):
            made["admin_status"] = "down"
        return made

    def said(self, world: Mapping[str, list[dict[str, Any]]]) -> Said:
        mailed = {each["username"] for each in world["users"] if "email" in each}
        leave = [f"User/{name}" for name in self.some(self.users, 0.1)] + [
            f"Group/{name}" for name in self.some(self.groups, 0.1)
        ]
        said: Said = {
            "version": 1,
            "users": {
                name: f"{name.lower().partition('@')[0]}@new.test"
                for name in self.some(self.users)
                if name not in mailed and f"User/{name}" not in leave
            },
            "groups": {
                name: self.random.choice((f"team/{index}", f"ds/{index}/in", f"g{index}"))
                for index, name in enumerate(GROUPS)
                if name in self.groups and f"Group/{name}" not in leave and self.chance(0.3)
            },
            "policies": {
                policy: self.random.choice(({"leave": "why not"}, NEW_POLICIES[0], list(NEW_POLICIES)))
                for policy in self.some(POLICIES, 0.6)
            },
            "roles": {
                role: self.random.choice(("admin", "editor", "builder", "curator", "viewer"))
                for role in self.some(ROLES, 0.2)
            },
            "leave": [{"resource": each, "reason": "it is of the past"} for each in leave],
        }
        if self.chance(0.5):
            said["separator"] = "."
        if self.chance(0.2):
            said["groups"]["ds.*"] = self.random.choice(("data/*", "ops/*", "*"))
        if self.chance(0.2):
            said["groups"].setdefault("admins", "people/admins")
        if self.chance(0.3):
            said["groups"]["all_users"] = "everybody"
        staying = [name for name in self.users if f"User/{name}" not in leave]
        owners = {each["name"]: each["owner"] for each in world["projects"]}
        said["projects"] = {
            name: {"owner": self.random.choice(staying)}
            for name in self.projects
            if staying and (f"User/{owners[name]}" in leave or self.chance(0.2))
        }
        return {key: value for key, value in said.items() if value}


class World:
    """A folder with both sides, and the command line in it."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self._capsys = folder, capsys

    def __call__(self, *arguments: str, codes: tuple[int, ...] = (0,)) -> str:
        self._capsys.readouterr()
        code = run(arguments)
        told = self._capsys.readouterr()
        assert code in codes, (arguments, code, told.out[-3000:], told.err[-3000:])
        return told.out


def _moved(seed: int, folder: Path, capsys: pytest.CaptureFixture[str], *, is_quick: bool = False) -> bool:
    """Move a world and hold all of it; return False where what is said of it is refused."""
    draw = Draw(seed)
    world = draw.world()
    said = draw.said(world)
    (folder / "igz-apply.yaml").write_text(CONFIG)
    (folder / "mapping.yaml").write_text(json.dumps(said))
    emulator = Emulator(folder / "old.db")
    emulator.load(world)
    emulator.close()
    before = old_state(folder / "old.db")
    igz = World(folder, capsys)
    arguments = ("migrate", "old", "new", "--mapping", "mapping.yaml", "--out-dir", "new", "--format", "json")
    report = json.loads(igz(*arguments, codes=(0, 3)))
    _holds_counts(report, before, world)
    assert old_state(folder / "old.db") == before
    if any(each["severity"] == "error" for each in report["problems"]):
        assert not (folder / "new").exists()
        return False
    igz("plan", "--target", "new")
    igz("apply", "-y", "--target", "new")
    after = new_state(folder / "new.db")
    _holds_standings(report, before, after)
    for tag, person in before.people.items():
        _holds_person(person, after.people.get(tag), before, said)
    compared = igz("compare", "old", "new", "--mapping", "mapping.yaml", "-o", "json")
    assert json.loads(compared)["differences"] == []
    assert "No changes" in igz("plan", "--target", "new", "--detailed-exitcode")
    if not is_quick:
        _holds_other_origins(igz, report, is_owned_anew=bool(said.get("projects")))
    return True


def _holds_other_origins(igz: World, report: Mapping[str, Any], *, is_owned_anew: bool) -> None:
    """A snapshot is carried over as what lives is, byte by byte; manifests of it give nobody anything else.

    An export does not list owners as members: where they own no more, it knows less than what lives.
    """
    igz("snapshot", "old.json", "--target", "old")
    igz("export", "--target", "old", "--out-dir", "exported")
    for origin in ("old.json", *(() if is_owned_anew else ("exported",))):
        arguments = ("migrate", origin, "new", "--mapping", "mapping.yaml", "--out-dir", f"by-{origin}")
        again = json.loads(igz(*arguments, "--format", "json"))
        assert _held(again) == _held(report), origin
        assert json.loads(igz("compare", origin, "new", "--mapping", "mapping.yaml", "-o", "json"))["differences"] == []
    written, again_written = (
        {each.name: each.read_bytes() for each in (igz.folder / name).iterdir()} for name in ("new", "by-old.json")
    )
    assert written == again_written


def _held(report: Mapping[str, Any]) -> list[Any]:
    keys = ("user", "new_user", "project", "before", "after", "perhaps", "turn")
    return [[each[key] for key in keys] for each in report["standings"] if each["user"] in NAMES]


def _holds_counts(report: Mapping[str, Any], before: Seen, world: Mapping[str, Any]) -> None:
    """Every object is there once, and the counts say so."""
    olds = [each["old"] for each in report["objects"] if each["old"] is not None]
    assert len(olds) == len(set(olds))
    for kind, many in before.counts.items():
        assert sum(old.startswith(f"{kind}/") for old in olds) == many, kind
        found = report["counts"]["objects"].get(kind, {})
        assert sum(count for fate, count in found.items() if fate != "added") == many
    assert {f"Project/{each['name']}" for each in world["projects"]} <= set(olds)
    assert sum(report["counts"]["roles"].values()) == sum(each["project"] is not None for each in report["standings"])


def _holds_standings(report: Mapping[str, Any], before: Seen, after: Seen) -> None:
    """What the report tells of everybody is what is there, and nobody is left out."""
    told = {(each["user"], each["project"] or ""): each for each in report["standings"]}
    for tag, person in before.people.items():
        there = after.people.get(tag) or Person("", is_active=False)
        for project in before.projects:
            was, will, may = person.highest(project), there.highest(project), there.highest_nested(project)
            row = told.get((person.username, project), {"before": None, "after": None, "perhaps": None})
            assert (row["before"] or "") == was, (person, there, project, row)
            assert HEIGHT[row["after"] or ""] == HEIGHT[will], (person, there, project, row)
            told_may = row["perhaps"] or row["after"] or ""
            assert HEIGHT[told_may] == HEIGHT[may], (person, there, project, row)
        row = told.get((person.username, ""), {"before": None, "after": None})
        held = [", ".join(sorted(each.policies)) for each in (person, there)]
        assert [row["before"] or "", row["after"] or ""] == held, (person, there, row)
    for each in report["standings"]:
        assert each["turn"] != "higher" or each["is_stated"], each


def _holds_person(person: Person, there: Person | None, before: Seen, said: Said) -> None:
    """Nobody is there who was left behind, nobody is switched on, and nobody has more than the mapping gives."""
    is_left = any(each["resource"] == f"User/{person.username}" for each in said.get("leave", ()))
    assert (there is None) == is_left, person
    if there is None:
        return
    assert there.is_active == person.is_active, person
    roles, left = said.get("roles", {}), {each["resource"] for each in said.get("leave", ())}
    for project in before.projects:
        given = said.get("projects", {}).get(project, {}).get("owner")
        owner = given or before.projects[project]
        due = {"owner"} if owner == person.username else set()
        for role, way in person.roles.get(project, ()):
            is_carried = way == "direct" or (f"Group/{way}" not in left and _goes(way, said))
            if role != "owner" and is_carried:
                due.add(roles.get(role, role))
        assert HEIGHT[there.highest(project)] == HEIGHT[top(due)], (person, there, project, due)
    image = said.get("policies", {})
    due_policies: set[str] = set()
    for policy in person.policies:
        new = image.get(policy, ())
        due_policies |= {new} if isinstance(new, str) else set(new) if isinstance(new, list) else set()
    assert there.policies <= due_policies, (person, there)


def _goes(group: str, said: Said) -> bool:
    return group not in ("all_users", "admins") or group in said.get("groups", {})


@pytest.mark.parametrize("seed", QUICK)
def test_nobody_has_more_after_a_move(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert _moved(int(os.environ.get("IGZ_MOVE", seed)), tmp_path, capsys, is_quick="IGZ_MOVE" not in os.environ)


@pytest.mark.full
def test_nobody_has_more_after_any_of_many_moves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seeds = [*FULL, *(WHOLE if IS_WHOLE else ())]
    done = 0
    for seed in seeds:
        folder = tmp_path / str(seed)
        folder.mkdir()
        monkeypatch.chdir(folder)
        try:
            done += _moved(seed, folder, capsys)
        except AssertionError as error:
            raise AssertionError(f"IGZ_MOVE={seed}: {error}") from error
    assert done > len(seeds) // 3
