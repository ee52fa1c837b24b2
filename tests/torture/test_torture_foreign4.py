"""Somebody else edits an Iguazio 4 while we write to it, at any request of ours: what no plan has shown is kept.

Only projects have a witness. A list that is written whole is read as the last call before, so that what comes between
these two calls is what can be lost, as docs/recovery.md says; nothing else is.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from igz_apply.emulator.engine.messages import Request
from igz_apply.emulator.engine.record_store import Record, Selection
from igz_apply.emulator.iguazio4 import membership, project_life, project_roles
from igz_apply.emulator.iguazio4.executions import JOBS
from igz_apply.emulator.iguazio4.membership import Member
from igz_apply.emulator.iguazio4.policy_documents import MEMBER_USERS
from igz_apply.emulator.iguazio4.world import World
from igz_apply.model.resources import LiveState
from tests.iguazio4.site4 import group, manifest, project, spec_of, user
from tests.torture.test_torture import IS_WHOLE
from tests.torture.tortured_site4 import TorturedSite

pytestmark = pytest.mark.full

WORLD: dict[str, Any] = {
    "groups": [{"path": path} for path in ("ours", "base", "foreign")],
    "users": [
        {"username": "u", "groups": ["base"]},
        {"username": "ada", "firstName": "Ada", "lastName": "Old", "policies": ["oris-viewer"]},
        *({"username": name} for name in ("bob", "eve", "zed")),
    ],
    "projects": [{"name": "p", "owner": "ada", "labels": {"a": "1"}, "members": {"viewer": {"users": ["bob"]}}}],
}
MANIFESTS = [
    group("ours", users=["u"]),
    user("ada", first_name="Ada", last_name="New", policies=["oris-developer"]),
    manifest("PolicyBinding", "oris-system-admin", {"users": ["admin", "bob"], "groups": ["admins"]}),
    project(
        "p",
        owner="eve",
        description="ours",
        labels={"a": "2"},
        members={"viewer": {"users": ["bob"], "groups": ["ours"]}},
    ),
]


@dataclass(frozen=True)
class Edit:
    """What somebody else does, how it shows, and which writes of ours may undo it without knowing."""

    do: Callable[[World], None]
    is_kept: Callable[[LiveState], bool]
    while_nothing_runs: bool = False
    bound: tuple[str, ...] = ()  # how these requests begin, a group or a policy without its id


def named(world: World, kind: str, name: str) -> Record:
    found = world.store.by_name(kind, name)
    assert found is not None, name
    return found


def hold(world: World, policy: str, username: str) -> None:
    holder = Member(named(world, "user", username).id, MEMBER_USERS)
    membership.set_members(world, named(world, "policy", policy), [holder], adds=True)


def edit_project(world: World, **values: Any) -> None:
    """Begin a write of the whole project with some other values, which are there once the operation has ended."""
    it = named(world, "project", "p")
    owner = named(world, "user", project_roles.owner_of(world, "p"))
    whole = {**{key: it.attributes[key] for key in project_life.VALUES}, "owner": owner.id, **values}
    project_life.begin(world, it, "update", "zed", {"values": whole})


def is_under_way(world: World) -> bool:
    """Whether an operation on a project runs, which carries the owner that it was begun with."""
    return any(not JOBS.is_over(each) for each in world.store.select(Selection("execution")))


def rename(world: World) -> None:
    ada = named(world, "user", "ada")
    ada.attributes["firstName"] = "Augusta"
    world.store.save(ada)


# Between the read of a project and its write lies the look whether it has settled, where that shows an execution.
_LOOKS = ("GET /api/v1/trackable-actions/executions",)
EDITS = {
    "a group of a user": Edit(
        lambda world: membership.set_groups(
            world, named(world, "user", "u"), [named(world, "group", "/foreign").id], adds=True
        ),
        lambda live: "foreign" in live.groups_of["u"],
        bound=("POST /api/v1/profile/users/u/assign-groups",),
    ),
    "a policy of a user": Edit(
        lambda world: hold(world, "/oris-system-admin", "ada"),
        lambda live: "oris-system-admin" in spec_of(live, "User/ada")["policies"],
        bound=("PUT /api/v1/authorization/members/ada/policies", "PUT /api/v1/authorization/policies/"),
    ),
    "a holder of a policy": Edit(
        lambda world: hold(world, "/oris-system-admin", "zed"),
        lambda live: "zed" in spec_of(live, "PolicyBinding/oris-system-admin")["users"],
        bound=("PUT /api/v1/authorization/policies/",),
    ),
    "a member in a role": Edit(
        lambda world: hold(world, "p/viewer", "zed"),
        lambda live: "zed" in spec_of(live, "Project/p")["members"]["viewer"]["users"],
        bound=("PUT /api/v1/authorization/projects/p/roles/viewer",),
    ),
    "a member in a role that we do not write": Edit(
        lambda world: hold(world, "p/curator", "zed"),
        lambda live: spec_of(live, "Project/p")["members"]["curator"] == {"users": ["zed"]},
    ),
    "a name of a user": Edit(
        rename,
        lambda live: spec_of(live, "User/ada")["first_name"] == "Augusta",
        bound=("PUT /api/v1/profile/users/ada",),
    ),
    "a label": Edit(
        lambda world: edit_project(world, labels={"a": "1", "b": "theirs"}),
        lambda live: spec_of(live, "Project/p")["labels"].get("b") == "theirs",
    ),
    "a description": Edit(
        lambda world: edit_project(world, description="theirs"),
        lambda live: spec_of(live, "Project/p")["description"] == "theirs",
    ),
    "annotations": Edit(
        lambda world: edit_project(world, annotations={"b": "theirs"}),
        lambda live: spec_of(live, "Project/p").get("annotations") == {"b": "theirs"},
    ),
    "an owner": Edit(
        lambda world: project_roles.set_owner(world, "p", named(world, "user", "zed")),
        lambda live: spec_of(live, "Project/p")["owner"] == "zed",
        while_nothing_runs=True,
        bound=("PUT /api/v1/authorization/projects/p/owner", "PUT /api/v1/projects/projects/p", *_LOOKS),
    ),
}


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("foreign4") / "cluster.db"
    site = TorturedSite(path, content=WORLD)
    site.emulator.close()
    return path


def tried(db: Path, folder: Path, edit: Edit | None, at: int) -> tuple[TorturedSite, str]:
    """Apply, and edit right before that request of the apply; return which one it was, "" if there are not so many."""
    shutil.copy(db, folder / "cluster.db")
    site = TorturedSite(folder / "cluster.db")
    asked: list[str] = []

    def meet(number: int, request: Request) -> None:
        if number == at and edit is not None and not asked:
            with site.world() as world:
                if edit.while_nothing_runs and is_under_way(world):
                    return
                edit.do(world)
            asked.append(f"{request.method} {request.path}")

    def begin() -> None:
        site.torturer.disarm()
        site.torturer.on_request = meet

    site.after_plan = begin
    ran = site.tried(MANIFESTS)
    site.after_plan, site.torturer.on_request = lambda: None, lambda *_: None
    site.clock.sleep(30)  # their operation, too
    assert ran is not None
    assert ran.report is not None, (ran.error, ran.proposal and ran.proposal.problems)
    ended = {outcome.status.value for outcome in ran.report.outcomes}
    assert ended <= {"applied", "conflict", "skipped"}, list(ran.report.outcomes)
    assert ran.code in (0, 5)
    return site, asked[0] if asked else ""


def requests(db: Path, folder: Path) -> Iterator[int]:
    site, _ = tried(db, folder, None, -1)
    site.emulator.close()
    yield from range(site.torturer.count)


@pytest.mark.parametrize("name", EDITS)
def test_what_no_plan_has_shown_is_kept(db: Path, tmp_path: Path, name: str) -> None:
    edit, lost = EDITS[name], []
    points = list(requests(db, tmp_path))
    assert len(points) > 20
    for at in points if IS_WHOLE else points[list(EDITS).index(name) % 3 :: 3]:
        site, asked = tried(db, tmp_path, edit, at)
        if asked and not edit.is_kept(site.live()):
            lost.append(asked)
        site.emulator.close()
    assert [each for each in lost if not each.startswith(edit.bound or ("nothing",))] == []
    assert len(lost) <= len(edit.bound), lost


def test_a_third_owner_that_came_after_the_plan_is_a_conflict(db: Path, tmp_path: Path) -> None:
    """The owner is read as the last call before it is written; what stands there then is neither from nor ours."""
    edit = EDITS["an owner"]
    met = []
    for at in list(requests(db, tmp_path)):
        site, asked = tried(db, tmp_path, edit, at)
        if site.torturer.writes and asked == "GET /api/v1/projects/projects/p" and edit.is_kept(site.live()):
            met.append(at)
            shown = {str(change.address) for change in site.planned(MANIFESTS).plan.writes}
            assert "Project/p" in shown
        site.emulator.close()
    assert met
