"""Bulk load: users, groups, projects and services of a document, usable at once. Its form: docs/emulator.md."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from typing import Any

from igz_apply.emulator.engine.attribute_values import check_value
from igz_apply.emulator.engine.http_errors import LoadError, Refusal
from igz_apply.emulator.engine.loadable import Entry, entries_of, names_of
from igz_apply.emulator.engine.record_store import Record
from igz_apply.emulator.iguazio3 import projectlife
from igz_apply.emulator.iguazio3.deployment import fill_defaults, manifest_of, status_of
from igz_apply.emulator.iguazio3.passwords import hash_password
from igz_apply.emulator.iguazio3.principals import FIRST_LOCAL_ID, MEMBERS, PRIMARY, all_users_id
from igz_apply.emulator.iguazio3.servicespec import check_spec
from igz_apply.emulator.iguazio3.vocabulary import ROLE_NAMES, TENANT_NAME
from igz_apply.emulator.iguazio3.world import World

KEYS = ("groups", "users", "projects", "services")
_ROLE_KEYS = {name.lower(): name for name in ROLE_NAMES}


def load(world: World, content: Entry) -> None:
    """Add everything that a document holds. Raises LoadError, which names the entry."""
    groups = _add_all(world, content, "groups", _group)
    users = _add_all(world, content, "users", _user)
    _link_members(world, users, groups)
    links: Links = {}
    for project, entry in _add_all(world, content, "projects", _project):
        _complete_project(world, project, entry, links)
    for relation, pairs in links.items():
        world.store.add_links(relation, pairs)
    _add_services(world, entries_of(content, "services"))


Links = dict[str, list[tuple[str, str]]]  # by relation, to be added at once
Added = list[tuple[Record, Entry]]
Reader = Callable[[World, Entry, int], "Record | None"]


def _add_all(world: World, content: Entry, key: str, reader: Reader) -> Added:
    """Add the entries of one key, but those whose name exists; return what was added."""
    added: Added = []
    numbers = {"users": ("user", "uid"), "groups": ("user_group", "gid")}
    first = FIRST_LOCAL_ID
    if key in numbers:
        first = max(first, world.store.largest(*numbers[key]) + 1)
    for place, entry in enumerate(entries_of(content, key)):
        try:
            record = reader(world, entry, first + place)
        except Refusal as refusal:
            raise LoadError(f"{key}[{place}]: {refusal.detail}") from refusal
        if record is not None:
            added.append((world.store.insert(record), entry))
    return added


def _record(world: World, type_name: str, entry: Entry, apart: Iterable[str]) -> Record | None:
    """Return a new record with the checked attributes of an entry, or None if its name exists.

    `apart` names the keys of the entry that are no attributes.
    """
    resource_type = world.types[type_name]
    name = entry.get(resource_type.key)
    if not isinstance(name, str):
        raise LoadError(f"A {type_name} to be loaded has no {resource_type.key}")
    if world.store.by_name(type_name, name) is not None:
        return None
    attributes = resource_type.defaults()
    for key, value in entry.items():
        attribute = resource_type.attribute(key)
        if attribute is None and key not in apart:
            raise LoadError(f"{type_name} {name}: {key!r} is not known")
        if attribute is not None and value is not None and key not in apart:
            attributes[key] = check_value(attribute, value, is_strict=world.options.strict_names)
    attributes.setdefault("created_at", world.timestamp)
    attributes.setdefault("updated_at", world.timestamp)
    return Record(type_name, str(uuid.uuid4()), attributes)


def _group(world: World, entry: Entry, number: int) -> Record | None:
    group = _record(world, "user_group", entry, ("users",))
    if group is not None:
        group.attributes.setdefault("gid", number)
    return group


def _user(world: World, entry: Entry, number: int) -> Record | None:
    user = _record(world, "user", entry, ("groups", "primary_group", "password"))
    if user is not None:
        user.attributes.setdefault("uid", number)
        user.attributes["operational_status"] = user.attributes["admin_status"]
        if entry.get("password") is not None:
            user.private["password"] = hash_password(str(entry["password"]))
    return user


def _link_members(world: World, users: Added, groups: Added) -> None:
    everyone = all_users_id(world)
    ids = _Names(world, "user_group")
    pairs = [(user.id, everyone) for user, _ in users]
    primaries = []
    for user, entry in users:
        named = names_of(entry, "groups", f"user {user.attributes['username']}")
        if entry.get("primary_group"):
            named.append(entry["primary_group"])
            primaries.append((user.id, ids.id(entry["primary_group"], user)))
        pairs += [(user.id, ids.id(name, user)) for name in named]
    by_username = _Names(world, "user")
    for group, entry in groups:
        named = names_of(entry, "users", f"user_group {group.attributes['name']}")
        pairs += [(by_username.id(name, group), group.id) for name in named]
    world.store.add_links(MEMBERS, pairs)
    world.store.add_links(PRIMARY, primaries)


class _Names:
    """Ids by name, each looked up once."""

    def __init__(self, world: World, type_name: str) -> None:
        self._world, self._type, self._ids = world, type_name, dict[str, str]()

    def id(self, name: str, user: Record) -> str:
        """Return the id of a name. Raises LoadError, which says who named it."""
        if name not in self._ids:
            record = self._world.store.by_name(self._type, str(name))
            if record is None:
                key = self._world.types[user.type].key
                raise LoadError(f"{user.type} {user.attributes[key]}: no {self._type} is called {name!r}")
            self._ids[name] = record.id
        return self._ids[name]


def _project(world: World, entry: Entry, _number: int) -> Record | None:
    entry = {**entry, **{key: _pairs(entry[key]) for key in _PAIRS if key in entry}}
    project = _record(world, "project", entry, ("owner", "members", "has_resources"))
    if project is not None:
        project.attributes["operational_status"] = project.attributes["admin_status"]
        if world.options.since("3.5.4"):
            project.id = f"{project.attributes['name']}@{TENANT_NAME}"
        project.private["has_resources"] = bool(entry.get("has_resources"))
    return project


_PAIRS = ("labels", "annotations", "default_function_node_selector")


def _pairs(value: Any) -> Any:
    """Return a map as the list of pairs that the API holds; a list stays as it is."""
    if isinstance(value, dict):
        return [{"name": str(name), "value": str(each)} for name, each in value.items()]
    return value


def _complete_project(world: World, project: Record, entry: Entry, links: Links) -> None:
    """Give a loaded project its owner, its roles and their members."""
    users, groups = _Names(world, "user"), _Names(world, "user_group")
    projectlife.add_roles(world, project)
    owner = entry.get("owner", "admin")
    links.setdefault(projectlife.OWNER, []).append((project.id, users.id(owner, project)))
    roles = projectlife.roles_of(world, project.id)
    for role_name, members in _members_of(entry).items():
        named = {
            "principal_users": [users.id(name, project) for name in members["users"]],
            "principal_user_groups": [groups.id(name, project) for name in members["groups"]],
        }
        for relation, ids in named.items():
            role = roles[role_name].id
            links.setdefault(f"project_authorization_role.{relation}", []).extend((role, each) for each in ids)


def _members_of(entry: Entry) -> dict[str, dict[str, list[str]]]:
    """Return the names of users and groups in each role that an entry of a project states."""
    where = f"project {entry['name']}"
    stated = entry.get("members")
    if stated is None:
        return {}
    if not isinstance(stated, dict) or not all(
        key in _ROLE_KEYS and isinstance(members, dict) for key, members in stated.items()
    ):
        raise LoadError(f"{where}: members has {', '.join(_ROLE_KEYS)}, each with users and groups")
    return {
        _ROLE_KEYS[key]: {side: names_of(members, side, where) for side in ("users", "groups")}
        for key, members in stated.items()
    }


def _add_services(world: World, entries: list[Entry]) -> None:
    """Add services that run already; each is a spec, or `{spec, meta}` as the API has it."""
    manifest = manifest_of(world)
    held = {each["spec"]["name"] for each in manifest.attributes["app_services"]}
    for place, entry in enumerate(entries):
        spec = entry.get("spec", {key: value for key, value in entry.items() if key != "meta"})
        if not isinstance(spec, dict) or not isinstance(spec.get("name"), str):
            raise LoadError(f"services[{place}]: a service has a name")
        if spec["name"] in held:
            continue
        try:
            check_spec(spec, is_strict=world.options.strict_names)
        except Refusal as refusal:
            raise LoadError(f"services[{place}]: {refusal.detail}") from refusal
        filled = fill_defaults({"owner": "admin", **spec})
        service = {"spec": filled, "meta": entry.get("meta", {"labels": {}}), "status": status_of(filled)}
        manifest.attributes["app_services"].append(service)
        held.add(spec["name"])
    world.store.save(manifest)
