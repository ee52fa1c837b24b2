"""Whatever is renamed, with its number or without: what plan accepts is applied to its end, and a second plan is empty.

A rename in git is a delete and a create, between which memberships, roles and owners move. HYPOTHESIS_PROFILE=thorough
tries a hundred worlds.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from igz_apply.emulator import Emulator, Options, serving
from tests.wire.wire_site import Site

Company = dict[str, dict[str, Any] | None]
USERS, GROUPS = ("mary", "bob"), ("fraud", "ops")
REFUSED = 3
few = settings(max_examples=max(6, settings().max_examples // 50))


class Artist:
    """Draws a company as it lives, and the same with some of its names changed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self.renamed = {name: f"{name}-h" for name in (*USERS, *GROUPS) if self.chance(0.5)}
        self._keeps_numbers = self.chance(0.7)
        self._states_users = self.chance(0.3)
        self._states_members = self.chance(0.8)
        self._renames_services = self.chance(0.3)
        self._has_primary = self.chance(0.5)
        self._draft = self._drawn()

    def chance(self, likely: float) -> bool:
        return self._random.random() < likely

    def _some(self, names: Sequence[str]) -> list[str]:
        return [name for name in names if self.chance(0.5)]

    def _drawn(self) -> dict[str, Any]:
        groups = {name: self._some(GROUPS) for name in USERS}
        owner = self._random.choice((*USERS, "admin"))
        free = [name for name in USERS if name != owner]
        return {
            "groups": groups,
            "primary": {name: held[0] for name, held in groups.items() if held and self._has_primary},
            "owner": owner,
            "editors": self._some(free),
            "viewers": self._some(GROUPS),
            "service owner": self._random.choice((*USERS, "admin", None)),
        }

    def company(self, names: dict[str, str], *, numbers: bool, is_new: bool) -> Company:
        """Return the manifests, with the names that `names` gives to some."""
        drawn = self._draft

        def called(name: str) -> str:
            return names.get(name, name)

        found: Company = {}
        for number, name in enumerate(GROUPS, 700):
            found[f"Group/{called(name)}"] = {"gid": number} if numbers else {}
            if self._states_users:
                found[f"Group/{called(name)}"] |= {  # type: ignore[operator]
                    "users": [called(user) for user in USERS if name in drawn["groups"][user]]
                }
        for number, name in enumerate(USERS, 800):
            spec: dict[str, Any] = {"first_name": "A", "last_name": "B", "email": f"{name}@example.org"}
            spec |= {"uid": number} if numbers else {}
            spec |= {} if self._states_users else {"groups": [called(group) for group in drawn["groups"][name]]}
            if name in drawn["primary"]:
                spec["primary_group"] = called(drawn["primary"][name])
            found[f"User/{called(name)}"] = spec
        project: dict[str, Any] = {"owner": called(drawn["owner"])}
        if self._states_members:
            project["members"] = {
                "admin": {},
                "editor": {"users": [called(name) for name in drawn["editors"]]},
                "viewer": {"groups": [called(name) for name in drawn["viewers"]]},
            }
        found["Project/pricing"] = project
        if drawn["service owner"] is not None:
            name = "shell-h" if is_new and self._renames_services else "shell"
            found[f"AppService/{name}"] = {"kind": "shell", "owner": called(drawn["service owner"])}
            if name == "shell-h":
                found["AppService/shell"] = None
        return found

    def before(self) -> Company:
        return self.company({}, numbers=True, is_new=False)

    def after(self) -> Company:
        """Return the manifests with the new names; the old ones are declared absent."""
        found = self.company(self.renamed, numbers=self._keeps_numbers, is_new=True)
        gone: Company = {f"{'User' if name in USERS else 'Group'}/{name}": None for name in self.renamed}
        return {**found, **gone}


@contextmanager
def cluster(folder: Path) -> Iterator[Site]:
    """Serve an empty cluster, to which the environment leads."""
    (folder / "igz-apply.yaml").write_text("version: 1\n")
    emulator = Emulator(":memory:", Options(job_seconds=0.01))
    with pytest.MonkeyPatch.context() as patched, serving(emulator) as server:
        patched.chdir(folder)
        patched.setenv("IGZ_ENDPOINT", server.url)
        patched.setenv("V3IO_USERNAME", server.username)
        patched.setenv("V3IO_ACCESS_KEY", server.access_key)
        yield Site(folder, folder / "requests.jsonl", server, emulator)
    emulator.close()


@few
@given(st.integers(0, 2**32))
@example(3)
def test_what_plan_accepts_of_a_rename_is_applied_to_its_end(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    artist = Artist(seed)
    with cluster(tmp_path_factory.mktemp("rename")) as site:
        site.declare(artist.before())
        site.run("apply", "-y")
        site.declare(artist.after())
        code, said = site.ended("plan")
        event("refused" if code else "accepted")
        if code == REFUSED:
            assert "Value in use" in said
            return
        assert code == 0, said
        site.run("apply", "-y", "--allow", "delete:User=2", "--allow", "delete:Group=2")
        assert "No changes. The cluster is as the manifests say." in site.run("plan", "--detailed-exitcode")
