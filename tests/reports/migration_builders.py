"""Moves for the tests of views and reports: every part with a default, one of each sort, and large ones."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from igz_apply.model.addresses import Address, Source
from igz_apply.model.migration import Fate, FieldFate, Migration, ObjectFate, Standing
from igz_apply.model.problems import Problem
from tests.reports.reports_builders import NASTY, at

CHARTS = "Iguazio 4 has no interface for app services: they are installed as Helm charts"
NESTED = "if members of a group count in the groups around it, which nobody knows: the mapping has it lie in one"


def carried(old: str, new: str = "", *fields: FieldFate, **more: Any) -> ObjectFate:
    """Return an object that goes along; CHANGED where any of its fields is not carried."""
    fate = Fate.CARRIED if all(each.fate is Fate.CARRIED for each in fields) else Fate.CHANGED
    return ObjectFate(at(old), at(new or old), fate, fields=fields, **more)


def lost(old: str, why: str = "it is no more", section: str = "", mark: str = "", **more: Any) -> ObjectFate:
    return ObjectFate(at(old), None, Fate.LOST, why, section, mark, **more)


def added(new: str, why: str = "groups lie inside each other there") -> ObjectFate:
    return ObjectFate(None, at(new), Fate.ADDED, why, "7", "[SDK]")


def field_lost(path: str, before: Any, why: str = "Iguazio 4 has no such field") -> FieldFate:
    return FieldFate(path, Fate.LOST, before, None, why, "6", "[SDK]")


def field_changed(path: str, before: Any, after: Any, why: str = "the mapping says so") -> FieldFate:
    return FieldFate(path, Fate.CHANGED, before, after, why, "9.3", "[UI]")


def field_kept(path: str, value: Any) -> FieldFate:
    return FieldFate(path, Fate.CARRIED, value, value, "", "6", "[SDK]")


def held(user: str, project: str, before: str, after: str, **more: Any) -> Standing:
    """Return what somebody holds; `more` are fields of Standing."""
    return Standing(user, more.pop("new_user", f"{user}@corp.test"), project, before, after, **more)


def lower(user: str, project: str, before: str = "editor", after: str = "", **more: Any) -> Standing:
    return held(user, project, before, after, is_lower=True, **more)


def moved(objects: Iterable[ObjectFate] = (), standings: Iterable[Standing] = (), **more: Any) -> Migration:
    more.setdefault("names", {it.old: it.new for it in objects if it.old and it.new})
    return Migration(
        more.pop("origin", "prod-3"),
        more.pop("destination", "prod-4"),
        more.pop("documents", {}),
        tuple(objects),
        tuple(standings),
        **more,
    )


UNMAPPED = Problem(
    "Policy that nobody maps",
    "Data is held by User/ada and Group/ds, and the mapping says nothing of it: nobody holds anything in its place.",
    "Say under `policies` what it becomes, or why it is left behind.",
    "warning",
    address=at("User/ada"),
)
COLLISION = Problem(
    "Two that become one",
    "User/carol becomes ada@corp.test, as User/ada (manifests/users.yaml:1) does.",
    "Give one of them another name in the mapping.",
    source=Source("mapping.yaml", 7, 12),
    address=at("User/carol"),
)


def usual_move(**more: Any) -> Migration:
    """A small one with one of each: raises, losses, whole kinds, policies, what was not seen, what is added."""
    objects = (
        lost("AppService/jupyter", CHARTS, "11", "[SDK] [UI]"),
        lost("AppService/presto", CHARTS, "11", "[SDK] [UI]"),
        lost("Group/all_users", "nobody is in a group by itself there", "21", "[SDK]"),
        carried("Group/ds", "Group/platform/ds", field_lost("gid", 700, "groups have no Unix group id there")),
        lost("Group/interns", "none are left", is_stated=True),
        carried("Project/churn", "", field_changed("owner", "bob", "ada@corp.test"), field_kept("description", "Who")),
        carried("Project/fraud"),
        carried(
            "User/ada", "User/ada@corp.test", field_lost("job_title", "Engineer"), field_kept("email", "ada@corp.test")
        ),
        carried("User/admin", "", is_system=True, why="the administrator is there already", section="23"),
        lost("User/bob", "he has left", is_stated=True),
        carried("User/etl", why="it has no e-mail address, so that it keeps its name"),
        lost("User/old", "its manifest declares it absent: there is nothing to carry", source=Source("u.yaml", 9, 1)),
        lost("User/sys", "the platform's own", "18", "[INFERRED]", is_system=True),
        carried("User/zoe", "User/zoe@corp.test", field_lost("job_title", None), field_lost("uid", 1007)),
        added("Group/platform"),
    )
    standings = (
        lower("ada", "", "Data, IT Admin", "it-admin", why="Data is not carried", lost_policies=("Data",)),
        held(
            "ada", "churn", "editor", "owner",
            is_higher=True, is_stated=True, why="the mapping gives the project to them",
        ),
        held("ada", "fraud", "viewer", "viewer", is_higher=True, is_stated=True, perhaps="admin", why=NESTED),
        lower("bob", "churn", "owner", new_user="", is_stated=True, why="the user is not carried: he has left"),
        lower("bob", "fraud", "viewer", new_user="", is_stated=True, why="the user is not carried: he has left"),
        held("etl", "fraud", "editor", "editor", new_user="etl"),
        lower("sys", "fraud", "viewer", new_user="", is_system=True, why="the user is not carried: the platform's own"),
        lower(
            "zoe", "churn", "editor", "viewer", is_higher=True, perhaps="admin", is_stated=True,
            why="the mapping makes editor viewer",
        ),
        lower("zoe", "fraud", "viewer", why="the group all_users is not carried"),
    )  # fmt: skip
    return moved(
        objects,
        standings,
        problems=more.pop("problems", (UNMAPPED,)),
        partial=more.pop("partial", {"Group": "the list ended early"}),
        documents={
            "groups.yaml": ({}, {}), "users.yaml": ({}, {}, {}), "policies.yaml": ({},), "projects.yaml": ({}, {}),
        },
        policies={"IT Admin": ("it-admin",)},
        left_policies={"Grafana": "nobody uses it"},
        holders={"Data": (at("Group/ds"), at("User/ada")), "IT Admin": (at("User/ada"),), "Grafana": (at("User/etl"),)},
        beyond=(FieldFate("passwords", Fate.LOST, why="nobody can read them", section="6", mark="[SDK]"),),
        **more,
    )  # fmt: skip


def whole_move() -> Migration:
    """One in which nothing changes at all."""
    return moved((carried("User/ada"), carried("Project/fraud")), (held("ada", "fraud", "admin", "admin"),))


def hostile_move() -> Migration:
    """One in which all that people and clusters can name has been named with bad intent."""
    objects = (
        carried(
            "User/x", f"User/{NASTY}", field_lost(NASTY, NASTY, NASTY), field_changed("labels", {NASTY: NASTY}, [])
        ),
        ObjectFate(Address(NASTY, NASTY), None, Fate.LOST, NASTY, NASTY, NASTY, source=Source(NASTY, 1, 1)),
        lost(f"Group/{NASTY}", NASTY, "1"),
        carried(f"Group/{NASTY}2"),
        lost(f"Group/{NASTY}3", NASTY, is_stated=True),
        added(f"Group/{NASTY}4", NASTY),
    )
    standings = (
        lower(NASTY, NASTY, NASTY, NASTY, why=NASTY, ways_before=(NASTY,), ways_after=(NASTY,)),
        held(NASTY, f"{NASTY}2", NASTY, NASTY, is_higher=True, perhaps=NASTY, why=NASTY),
        held(NASTY, "", NASTY, NASTY),
    )
    problem = Problem(NASTY, NASTY, NASTY, source=Source(NASTY, 2, 3))
    return moved(
        objects,
        standings,
        origin=NASTY,
        destination=NASTY,
        problems=(problem,),
        partial={NASTY: NASTY},
        policies={NASTY: (NASTY,)},
        left_policies={f"{NASTY}2": NASTY},
        holders={f"{NASTY}3": (Address("User", NASTY),), NASTY: (Address("User", NASTY),)},
        beyond=(FieldFate(NASTY, Fate.LOST, why=NASTY, section=NASTY, mark=NASTY),),
    )


def large_move(users: int = 1_000, projects: int = 100) -> Migration:
    """A large one in which everybody loses something, each in a way of their own: little can be put together."""
    objects = [
        *(carried(f"Project/project-{number:03}") for number in range(projects)),
        *(lost(f"AppService/service-{number:02}", CHARTS, "11", "[SDK] [UI]") for number in range(40)),
        *(
            carried(f"User/user-{number:04}", f"User/user-{number:04}@corp.test", field_lost("uid", 1_000 + number))
            for number in range(users)
        ),
    ]
    standings = [
        lower(f"user-{user:04}", f"project-{project:03}", "editor", "viewer", why="the mapping makes editor viewer")
        if (user * user * 13 + project * user * 7 + project) % 97 < 20
        else held(f"user-{user:04}", f"project-{project:03}", "viewer", "viewer")
        for user in range(users)
        for project in range(projects)
        if (user * user * 31 + project * project * 17 + user * project * 7) % 101 < 30
    ]
    return moved(objects, standings)
