"""What an emulator holds, gathered for a person who opens it in a browser: names and states, no secrets."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from igz_apply.emulator.engine.html_page import Page, Row, Table
from igz_apply.emulator.engine.record_store import Record, Selection, Store
from igz_apply.emulator.iguazio3.permissions import ROLE_PROJECT
from igz_apply.emulator.iguazio3.vocabulary import ALL_USERS
from igz_apply.version import __version__

MAX_ROWS = 200
MAX_NAMES = 8
MAX_JOBS = 20

_TONES = {
    **dict.fromkeys(("up", "online", "ready", "completed"), "good"),
    **dict.fromkeys(("failed", "error", "canceled"), "bad"),
    **dict.fromkeys(
        ("creating", "deleting", "created", "dispatched", "in_progress", "not deployed", "republishing"), "busy"
    ),
}


def page(store: Store, version: str) -> Page:
    """Return the page, all of it from the same moment; `version` is that of the platform."""
    with store.transaction(writes=False):
        held = (_users(store), _groups(store), _projects(store), _services(store), _jobs(store))
    return Page(_introduction(version), held, _TONES)


def _introduction(version: str) -> str:
    served = f"version {escape(version)}, served by igz-apply {escape(__version__)}"
    return f"""An emulated Iguazio control plane, {served}. It holds what
requests to <code>/api</code> have made of it, and it is no real cluster: its password is known to everybody."""


def _users(store: Store) -> Table:
    users, total = _first(store, "user", "name")
    groups = _linked_names(store, "user.user_groups", users, "user_group", "name")
    rows = (
        (
            user.attributes["username"],
            f"{user.attributes.get('first_name', '')} {user.attributes.get('last_name', '')}".strip(),
            _listed(user.attributes.get("assigned_policies", ())),
            _listed(name for name in groups.get(user.id, ()) if name != ALL_USERS),
            user.attributes["operational_status"],
        )
        for user in users
    )
    return Table("Users", ("username", "name", "policies", "groups", "status"), tuple(rows), total)


def _groups(store: Store) -> Table:
    groups, total = _first(store, "user_group", "name")
    members = store.links_of_many("user.user_groups", [each.id for each in groups], inverse=True)
    rows = (
        (
            group.attributes["name"],
            group.attributes.get("description", ""),
            _listed(group.attributes.get("assigned_policies", ())),
            str(len(members.get(group.id, ()))),
        )
        for group in groups
    )
    return Table("Groups", ("name", "description", "policies", "members"), tuple(rows), total)


def _projects(store: Store) -> Table:
    projects, total = _first(store, "project", "name")
    owners = _linked_names(store, "project.owner", projects, "user", "username")
    rows = (
        (
            project.attributes["name"],
            _listed(owners.get(project.id, ())),
            *_members(store, project),
            project.attributes["operational_status"],
        )
        for project in projects
    )
    columns = ("name", "owner", "admins", "editors", "viewers", "status")
    return Table("Projects", columns, tuple(rows), total)


def _members(store: Store, project: Record) -> Row:
    """Return the members of the three roles of a project: users, and groups in brackets."""
    roles = store.get_many("project_authorization_role", store.sources(ROLE_PROJECT, project.id))
    users = _linked_names(store, "project_authorization_role.principal_users", roles, "user", "username")
    groups = _linked_names(store, "project_authorization_role.principal_user_groups", roles, "user_group", "name")
    held = {
        role.attributes["name"]: _listed([*users.get(role.id, ()), *(f"[{name}]" for name in groups.get(role.id, ()))])
        for role in roles
    }
    return held.get("Admin", ""), held.get("Editor", ""), held.get("Viewer", "")


def _services(store: Store) -> Table:
    manifest = store.get("app_services_manifest", "0")
    services = manifest.attributes["app_services"] if manifest else []
    rows = (
        (
            each["spec"]["name"],
            each["spec"]["kind"],
            each["spec"].get("owner", ""),
            each["spec"]["desired_state"],
            each.get("status", {}).get("state", "not deployed"),
        )
        for each in services[:MAX_ROWS]
    )
    return Table("App services", ("name", "kind", "owner", "desired", "status"), tuple(rows), len(services))


def _jobs(store: Store) -> Table:
    total = store.count(Selection("job"))
    jobs = store.select(Selection("job", order=("seq DESC",)), MAX_JOBS)
    rows = (
        (
            job.attributes["kind"],
            job.attributes["created_at"][11:19],
            job.attributes["result"][:120],
            job.attributes["state"],
        )
        for job in jobs
    )
    return Table("Jobs, latest first", ("kind", "started (UTC)", "result", "status"), tuple(rows), total)


def _first(store: Store, type_name: str, order: str) -> tuple[list[Record], int]:
    selection = Selection(type_name, order=(order,))
    return store.select(selection, MAX_ROWS), store.count(selection)


def _linked_names(
    store: Store, relation: str, sources: Iterable[Record], target_type: str, attribute: str
) -> dict[str, list[str]]:
    """Return the sorted names of what each record is linked to."""
    links = store.links_of_many(relation, [each.id for each in sources], inverse=False)
    targets = store.get_many(target_type, {each for ids in links.values() for each in ids})
    names = {each.id: str(each.attributes[attribute]) for each in targets}
    return {source: sorted(names[each] for each in ids if each in names) for source, ids in links.items()}


def _listed(names: Iterable[str]) -> str:
    held = list(names)
    more = f" and {len(held) - MAX_NAMES} more" if len(held) > MAX_NAMES else ""
    return ", ".join(held[:MAX_NAMES]) + more
