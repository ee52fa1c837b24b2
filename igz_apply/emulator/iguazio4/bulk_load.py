"""Bulk load: users, groups and projects of a document, usable at once. Its form: docs/emulator-4.md."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from igz_apply.emulator.engine.http_errors import LoadError, Refusal
from igz_apply.emulator.engine.loadable import Entry, entries_of, names_of
from igz_apply.emulator.engine.record_store import Record
from igz_apply.emulator.engine.table import Attribute, Form
from igz_apply.emulator.iguazio4 import groups, project_life, projects, users
from igz_apply.emulator.iguazio4.control import counts_of
from igz_apply.emulator.iguazio4.fields import Fields, check_fields, flag, mapping, text, texts
from igz_apply.emulator.iguazio4.policy_documents import MEMBER_GROUPS, MEMBER_USERS
from igz_apply.emulator.iguazio4.policy_table import OWNER, ROLES
from igz_apply.emulator.iguazio4.seed import ADMIN_USERNAME
from igz_apply.emulator.iguazio4.world import IN_GROUP, World, known_name

KEYS = ("groups", "users", "projects")
_GROUP = (text("path", required=True), texts("members"), texts("policies"))
_USER = (
    text("username", required=True),
    text("email"),
    text("firstName"),
    text("lastName"),
    flag("active"),
    Attribute("unixUid", Form.INTEGER),
    texts("groups"),
    texts("policies"),
)
_PROJECT = (
    text("name", required=True),
    text("owner"),
    text("description"),
    mapping("labels"),
    mapping("annotations"),
    text("state", values=("online", "archived")),
    mapping("members"),
    flag("hasResources"),
    mapping("counts"),
)
Links = dict[str, list[tuple[str, str]]]


def load(world: World, content: Entry) -> None:
    """Add everything that a document holds. Raises LoadError, which names the entry."""
    names = _Names(world)
    links: Links = {}
    _each(world, content, "groups", _GROUP, lambda given: _group(world, names, links, given))
    _each(world, content, "users", _USER, lambda given: _user(world, names, links, given))
    names.link_rosters(links)
    _each(world, content, "projects", _PROJECT, lambda given: _project(world, names, links, given))
    for relation, pairs in links.items():
        world.store.add_links(relation, pairs)


def _each(world: World, content: Entry, key: str, known: Iterable[Attribute], add: Callable[[Fields], None]) -> None:
    for place, entry in enumerate(entries_of(content, key)):
        _add(world, f"{key}[{place}]", entry, known, add)


def _add(world: World, where: str, entry: Entry, known: Iterable[Attribute], add: Callable[[Fields], None]) -> None:
    try:
        add(check_fields(world.options, entry, known))
    except Refusal as refusal:
        raise LoadError(f"{where}: {refusal.detail}") from refusal
    except LoadError as error:
        raise LoadError(f"{where}: {error}") from error


class _Names:
    """Ids of names, each looked up once, and the rosters of groups whose members come later."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._ids: dict[tuple[str, str], str] = {}
        self.rosters: list[tuple[str, list[str]]] = []

    def id(self, type_name: str, name: str) -> str:
        """Return the id of a name. Raises LoadError if there is none."""
        key = (type_name, name)
        if key not in self._ids:
            record = self._world.store.by_name(type_name, name)
            if record is None:
                raise LoadError(
                    f"no {type_name} is called {name.removeprefix('/') if type_name == 'policy' else name!r}"
                )
            self._ids[key] = record.id
        return self._ids[key]

    def user(self, username: str) -> str:
        """Return the id of a user."""
        return self.id("user", known_name(self._world.options, username))

    def policies(self, names: Iterable[str]) -> list[str]:
        """Return the ids of policies of the whole system."""
        return [self.id("policy", f"/{name}") for name in names]

    def link_rosters(self, links: Links) -> None:
        """Link the members that groups name, once all users are there."""
        for group, members in self.rosters:
            links.setdefault(IN_GROUP, []).extend((self.user(each), group) for each in members)


def _group(world: World, names: _Names, links: Links, given: Fields) -> None:
    """Add a group, and those above it that are missing."""
    path = given["path"].strip("/")
    if world.store.by_name("group", f"/{path}") is not None:
        return
    group: Record | None = None
    place = ""
    for part in path.split("/"):
        place = f"{place}/{part}"
        group = world.store.by_name("group", place) or groups.new_group(world, part, group)
    assert group is not None, "a path has a part"
    names.rosters.append((group.id, given.get("members", [])))
    links.setdefault(MEMBER_GROUPS, []).extend((each, group.id) for each in names.policies(given.get("policies", [])))


def _user(world: World, names: _Names, links: Links, given: Fields) -> None:
    if world.store.by_name("user", known_name(world.options, given["username"])) is not None:
        return
    paths, policies = given.pop("groups", []), given.pop("policies", [])
    user = world.store.insert(users.new_user(world, given))
    links.setdefault(IN_GROUP, []).extend((user.id, names.id("group", f"/{each.strip('/')}")) for each in paths)
    links.setdefault(MEMBER_USERS, []).extend((each, user.id) for each in names.policies(policies))


def _project(world: World, names: _Names, links: Links, given: Fields) -> None:
    name = given["name"]
    if world.store.by_name("project", name) is not None:
        return
    owner = given.get("owner", ADMIN_USERNAME)
    projects.check_name(name)
    project = project_life.new_project(world, name, given, None, given.get("state", project_life.ONLINE))
    if counts := counts_of(given):
        project.private["counts"] = counts
        world.store.save(project)
    members = _members(given.get("members", {}), name)
    if owner:
        members[OWNER] = {"users": [owner], "groups": []}
    for role, named in members.items():
        policy = names.id("policy", f"{name}/{role}")
        links.setdefault(MEMBER_USERS, []).extend((policy, names.user(each)) for each in named["users"])
        links.setdefault(MEMBER_GROUPS, []).extend(
            (policy, names.id("group", f"/{each.strip('/')}")) for each in named["groups"]
        )


def _members(stated: Mapping[str, Any], name: str) -> dict[str, dict[str, list[str]]]:
    """Return the names of users and groups in each role that an entry of a project states."""
    if not all(role in ROLES and role != OWNER and isinstance(each, dict) for role, each in stated.items()):
        raise LoadError(f"members has {', '.join(ROLES[1:])}, each with users and groups")
    return {
        role: {side: names_of(each, side, f"project {name}") for side in ("users", "groups")}
        for role, each in stated.items()
    }
