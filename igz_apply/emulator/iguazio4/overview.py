"""What an emulator holds, gathered for a person who opens it in a browser: names and states, no secrets."""

from __future__ import annotations

from html import escape

from igz_apply.emulator.engine.html_page import Page, Table
from igz_apply.emulator.engine.record_store import Record, Selection, Store
from igz_apply.emulator.iguazio4 import project_roles
from igz_apply.emulator.iguazio4.policy_documents import members_of
from igz_apply.emulator.iguazio4.world import IN_GROUP, World
from igz_apply.version import __version__

MAX_ROWS = 200
MAX_NAMES = 8
_TONES = {
    **dict.fromkeys(("active", "online", "succeeded"), "good"),
    **dict.fromkeys(("disabled", "failed"), "bad"),
    **dict.fromkeys(("creating", "deleting", "created", "dispatched", "running"), "busy"),
}


def page(world: World) -> Page:
    """Return the page, all of it from the same moment."""
    with world.store.transaction(writes=False):
        held = (_users(world.store), _groups(world.store), _policies(world), _projects(world), _executions(world.store))
    return Page(_introduction(world), held, _TONES)


def _introduction(world: World) -> str:
    led = f"version {escape(world.options.version)}, projects led by {world.options.leader}"
    return f"""An emulated Iguazio 4 control plane, {led}, served by igz-apply {escape(__version__)}. It holds what
requests to <code>/api/v1</code> have made of it, and it is no real cluster: its token is known to everybody."""


def _users(store: Store) -> Table:
    users, total = _first(store, Selection("user", order=("name",)))
    links = store.links_of_many(IN_GROUP, [each.id for each in users], inverse=False)
    groups = store.get_many("group", {each for named in links.values() for each in named})
    paths = {each.id: each.attributes["path"] for each in groups}
    rows = tuple(
        (
            user.attributes["username"],
            f"{user.attributes.get('firstName', '')} {user.attributes.get('lastName', '')}".strip(),
            _listed(sorted(paths[each] for each in links.get(user.id, []))),
            "active" if user.attributes["active"] else "disabled",
        )
        for user in users
    )
    return Table("Users", ("username", "name", "groups", "status"), rows, total)


def _groups(store: Store) -> Table:
    groups, total = _first(store, Selection("group", order=("name",)))
    members = store.links_of_many(IN_GROUP, [each.id for each in groups], inverse=True)
    rows = tuple((each.attributes["path"], str(len(members.get(each.id, [])))) for each in groups)
    return Table("Groups", ("path", "members"), rows, total)


def _policies(world: World) -> Table:
    policies = [each for each in project_roles.policies_of_project(world, "") if not each.attributes["project"]]
    rows = tuple((each.attributes["name"], _members(world, each)) for each in policies)
    return Table("Policies", ("name", "members"), rows, len(policies))


def _members(world: World, policy: Record) -> str:
    """Return the members of a policy: users, and the paths of groups."""
    held = members_of(world, [policy.id])[policy.id]
    groups = world.store.get_many("group", [each["id"] for each in held if each["kind"] == "group"])
    users = [each["id"] for each in held if each["kind"] == "user"]
    return _listed([*sorted(users), *sorted(each.attributes["path"] for each in groups)])


def _projects(world: World) -> Table:
    projects, total = _first(world.store, Selection("project", order=("name",)))
    owners = project_roles.owners_of(world, [each.attributes["name"] for each in projects])
    rows = tuple(
        (each.attributes["name"], owners.get(each.attributes["name"], ""), each.attributes["state"])
        for each in projects
    )
    return Table("Projects", ("name", "owner", "status"), rows, total)


def _executions(store: Store) -> Table:
    found, total = _first(store, Selection("execution", order=("seq DESC",)), 20)
    rows = tuple(
        (
            each.attributes["actionName"],
            each.attributes["createdAt"][11:19],
            each.attributes.get("lastError", "")[:120],
            each.attributes["state"],
        )
        for each in found
    )
    return Table("Executions, latest first", ("action", "started (UTC)", "error", "status"), rows, total)


def _first(store: Store, selection: Selection, most: int = MAX_ROWS) -> tuple[list[Record], int]:
    return store.select(selection, most), store.count(selection)


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else ""
    return ", ".join(names[:MAX_NAMES]) + more
