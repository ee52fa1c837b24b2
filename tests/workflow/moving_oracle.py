"""Who may do what on either platform, by plain rules of its own, from the records of the emulators.

Nothing of igz-apply but the emulators is used: neither its readers, nor its names, nor what it takes for a role. People
are told apart by their last name, which is each one's own and is carried as it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from igz_apply.emulator import Emulator, Emulator4
from igz_apply.emulator.engine.record_store import Record, Selection, Store

HEIGHT = {"": 0, "viewer": 1, "curator": 2, "editor": 3, "builder": 3, "admin": 4, "owner": 5}
"""How high a role is. An owner of Iguazio 3 acts as an admin; who owns before and after holds what they held."""


@dataclass
class Person:
    """Somebody, and all that they hold."""

    username: str
    is_active: bool
    roles: dict[str, set[tuple[str, str]]] = field(default_factory=dict)  # project -> {(role, way)}
    nested: dict[str, set[str]] = field(default_factory=dict)  # those, if members of a group count in those around it
    policies: set[str] = field(default_factory=set)
    groups: set[str] = field(default_factory=set)

    def highest(self, project: str) -> str:
        return top(role for role, _ in self.roles.get(project, ()))

    def highest_nested(self, project: str) -> str:
        return top(self.nested.get(project, ()))


People = dict[str, Person]


@dataclass
class Seen:
    """What an emulator has."""

    people: People  # by last name; without the platform's own, which have none of ours
    projects: dict[str, str]  # name -> username of the owner
    counts: dict[str, int]


def top(roles: Iterable[str]) -> str:
    return max(roles, key=lambda role: HEIGHT[role], default="")


def old_state(db: Path) -> Seen:
    """Read an Iguazio 3."""
    emulator = Emulator(db)
    try:
        with emulator.store.transaction(writes=False):
            return _old(emulator.store)
    finally:
        emulator.close()


def _all(store: Store, kind: str) -> dict[str, Record]:
    return {each.id: each for each in store.select(Selection(kind))}


def _old(store: Store) -> Seen:
    users, groups, projects = (_all(store, kind) for kind in ("user", "user_group", "project"))
    people, names = {}, {}
    for record in users.values():
        username = record.attributes["username"]
        person = Person(username, record.attributes["admin_status"] == "up")
        person.policies |= set(record.attributes.get("assigned_policies") or ())
        held = {*store.links("user.user_groups", record.id), *store.links("user.primary_group", record.id)}
        for group in held:
            person.groups.add(groups[group].attributes["name"])
            person.policies |= set(groups[group].attributes.get("assigned_policies") or ())
        names[record.id] = person
        people[str(record.attributes.get("last_name"))] = person
    owners = {}
    for project in projects.values():
        name = project.attributes["name"]
        (owner,) = store.links("project.owner", project.id)
        owners[name] = names[owner].username
        names[owner].roles.setdefault(name, set()).add(("owner", "owner"))
        for role in store.get_many("project_authorization_role", store.sources(_ROLE_PROJECT, project.id)):
            what = role.attributes["name"].lower()
            for user in store.links("project_authorization_role.principal_users", role.id):
                names[user].roles.setdefault(name, set()).add((what, "direct"))
            for group in store.links("project_authorization_role.principal_user_groups", role.id):
                title = groups[group].attributes["name"]
                for person in names.values():
                    if title in person.groups:
                        person.roles.setdefault(name, set()).add((what, title))
    counts = {"User": len(users), "Group": len(groups), "Project": len(projects)}
    return Seen(_ours(people), owners, counts)


_ROLE_PROJECT = "project_authorization_role.project"


def new_state(db: Path) -> Seen:
    """Read an Iguazio 4."""
    emulator = Emulator4(db)
    try:
        with emulator.store.transaction(writes=False):
            return _new(emulator.store)
    finally:
        emulator.close()


def _new(store: Store) -> Seen:
    users, groups, projects = (_all(store, kind) for kind in ("user", "group", "project"))
    policies = _all(store, "policy")
    people: People = {}
    owners: dict[str, str] = {}
    for record in users.values():
        person = Person(record.attributes["username"], record.attributes["active"])
        people[str(record.attributes.get("lastName"))] = person
        held = {groups[each].attributes["path"] for each in store.links("user.groups", record.id)}
        person.groups = {path.lstrip("/") for path in held}
        around = {path[:at] for path in held for at in range(1, len(path) + 1) if (path + "/")[at] == "/"}
        for policy in policies.values():
            title, project = policy.attributes["name"], policy.attributes.get("project")
            is_direct = record.id in store.links("policy.users", policy.id)
            by_groups = {groups[each].attributes["path"] for each in store.links("policy.groups", policy.id)}
            if not project:
                if is_direct or by_groups & held:
                    person.policies.add(title)
                continue
            role = policy.attributes["role"]
            if is_direct:
                person.roles.setdefault(project, set()).add((role, "direct"))
                if role == "owner":
                    owners[project] = person.username
            for path in by_groups & held:
                person.roles.setdefault(project, set()).add((role, path.lstrip("/")))
            if is_direct or by_groups & around:
                person.nested.setdefault(project, set()).add(role)
    counts = {"User": len(users), "Group": len(groups), "Project": len(projects)}
    return Seen(_ours(people), owners, counts)


def _ours(people: People) -> People:
    return {tag: person for tag, person in people.items() if tag.startswith("Tag")}
