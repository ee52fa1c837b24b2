"""Groups, which form a tree (wire reference, section 7)."""

from __future__ import annotations

import uuid
from typing import Any

from igz_apply.emulator.engine.http_errors import bad_request, conflict
from igz_apply.emulator.engine.messages import Answer
from igz_apply.emulator.engine.record_store import Record, Selection, attribute_column
from igz_apply.emulator.iguazio4 import membership
from igz_apply.emulator.iguazio4.answer_form import done
from igz_apply.emulator.iguazio4.fields import Query, read_fields, text, texts
from igz_apply.emulator.iguazio4.group_documents import answer_group, read_included, show_groups
from igz_apply.emulator.iguazio4.pages import answer_page, read_page
from igz_apply.emulator.iguazio4.policy_documents import MEMBER_GROUPS
from igz_apply.emulator.iguazio4.users import known_policies
from igz_apply.emulator.iguazio4.world import IN_GROUP, PARENT, Call, World, known_name, refuse_read_only

PLACE = "/mgmt/groups"
_NAME = text("name", required=True, max_length=255)
_CREATE = (_NAME, text("parentId"), texts("assignedPolicies"))


def create(call: Call) -> Answer:
    """Create a group at the top, or below another one."""
    call.require("create", PLACE)
    given = read_fields(call.options, call.request, _CREATE)
    parent = _parent(call, given.get("parentId", ""))
    group = new_group(call.world, given["name"], parent)
    refuse_read_only(call.world, group.attributes["path"])
    for each in known_policies(call, given.get("assignedPolicies", [])):
        membership.set_members(call.world, each, [membership.Member(group.id, MEMBER_GROUPS)], adds=True)
    return answer_group(call.world, group, status=201)


def _parent(call: Call, parent_id: str) -> Record | None:
    if not parent_id:
        return None
    parent = call.store.get("group", parent_id)
    if parent is None:
        raise bad_request(f"the parent {parent_id[:120]!r} does not exist")
    return parent


def new_group(world: World, name: str, parent: Record | None) -> Record:
    """Store a new group. Raises Refusal if its name is none, or taken below its parent."""
    _check_name(name)
    path = _path(name, parent)
    _require_free(world, path)
    attributes: dict[str, Any] = {"name": name, "path": path, "parentId": parent.id if parent else ""}
    group = world.store.insert(Record("group", str(uuid.uuid4()), attributes))
    if parent is not None:
        world.store.add_links(PARENT, [(group.id, parent.id)])
    return group


def _check_name(name: str) -> None:
    if "/" in name or name != name.strip():
        raise bad_request(f"the group name {name[:120]!r} holds a slash, or blanks at an end")


def _path(name: str, parent: Record | None) -> str:
    return f"{parent.attributes['path'] if parent else ''}/{name}"


def _require_free(world: World, path: str) -> None:
    if world.store.by_name("group", path) is not None:
        raise conflict(f"group {path} already exists")


def get(call: Call, group_id: str) -> Answer:
    """Answer one group."""
    call.require("read", PLACE)
    query = Query(call.options, call.request)
    included = read_included(query)
    query.ended()
    return answer_group(call.world, call.record("group", group_id), included)


def list_groups(call: Call) -> Answer:
    """Answer a page of groups: of one user, or of all."""
    call.require("list", PLACE)
    query = Query(call.options, call.request)
    where: list[str] = []
    values: list[str] = []
    if username := query.text("username"):
        user = call.store.by_name("user", known_name(call.options, username))
        where.append("id IN (SELECT target FROM link WHERE source = ? AND relation = ?)")
        values += [user.id if user else "", IN_GROUP]
    elif call.options.group_list == "top":
        where.append(f"{attribute_column('parentId')} = ''")
    return _answer_selected(call, query, Selection("group", tuple(where), tuple(values)))


def search(call: Call) -> Answer:
    """Answer a page of the groups whose name a term is found in."""
    call.require("list", PLACE)
    query = Query(call.options, call.request)
    query.text("username")
    return _answer_selected(call, query, _searched(query))


def _answer_selected(call: Call, query: Query, selection: Selection) -> Answer:
    included, page = read_included(query), read_page(call, query)
    query.ended()
    return answer_page(call, page, selection, lambda found: show_groups(call.world, found, included))


def _searched(query: Query) -> Selection:
    is_exact, term = query.flag("exactMatch"), query.text("searchTerm")
    column = attribute_column("name")
    return Selection("group", (f"{column} = ?" if is_exact else f"contains_text({column}, ?)",), (term,))


def search_metadata(call: Call) -> Answer:
    """Answer a page of the groups whose name a term is found in, with little about each; everybody may ask."""
    query = Query(call.options, call.request)
    selection, page = _searched(query), read_page(call, query)
    query.ended()
    return answer_page(call, page, selection, lambda found: ([_little(each) for each in found], []))


def _little(group: Record) -> dict[str, Any]:
    return {"groupId": group.id, "name": group.attributes["name"], "path": group.attributes["path"]}


def _writable(call: Call, action: str, group_id: str) -> Record:
    call.require(action, PLACE)
    group = call.record("group", group_id)
    refuse_read_only(call.world, group.attributes["path"])
    return group


def rename(call: Call, group_id: str) -> Answer:
    """Give a group another name; the paths of all groups below change with it."""
    group = _writable(call, "update", group_id)
    name = read_fields(call.options, call.request, [text("newName", required=True, max_length=255)])["newName"]
    _check_name(name)
    parent = call.store.get("group", group.attributes["parentId"])
    _put_at(call.world, group, name, parent)
    return answer_group(call.world, group)


def move(call: Call, group_id: str) -> Answer:
    """Put a group below another one; an empty id means the top."""
    group = _writable(call, "update", group_id)
    parent_id = read_fields(call.options, call.request, [text("newParentId")]).get("newParentId", "")
    parent = _parent(call, parent_id)
    place = group.attributes["path"]
    if parent is not None and f"{parent.attributes['path']}/".startswith(f"{place}/"):
        raise bad_request(f"group {place} cannot be moved below itself")
    _put_at(call.world, group, group.attributes["name"], parent)
    return answer_group(call.world, group)


def _put_at(world: World, group: Record, name: str, parent: Record | None) -> None:
    before, path = group.attributes["path"], _path(name, parent)
    if path == before:
        return
    _require_free(world, path)
    below = subtree(world, before)
    group.attributes.update(name=name, path=path, parentId=parent.id if parent else "")
    world.store.save(group)
    world.store.set_links(PARENT, group.id, [parent.id] if parent else [])
    for each in below:
        each.attributes["path"] = path + each.attributes["path"][len(before) :]
        world.store.save(each)


def subtree(world: World, path: str) -> list[Record]:
    """Return all groups below a path; "0" is what follows the slash in every order of texts."""
    return world.store.select(Selection("group", ("name > ?", "name < ?"), (f"{path}/", f"{path}0")))


def assign_members(call: Call, group_id: str) -> Answer:
    """Say who is in a group."""
    group = _writable(call, "update", group_id)
    names = read_fields(call.options, call.request, [texts("usernames")]).get("usernames", [])
    wanted = {each.id: each for each in (_member(call, name) for name in names)}
    held = set(call.store.sources(IN_GROUP, group.id))
    for user_id, user in wanted.items():
        if user_id not in held:
            membership.set_groups(call.world, user, [group.id], adds=True)
    if not call.options.assign_adds:
        for user_id in held.difference(wanted):
            call.store.remove_link(IN_GROUP, user_id, group.id)
    return done()


def _member(call: Call, name: str) -> Record:
    user = call.store.by_name("user", known_name(call.options, name))
    if user is None:
        raise bad_request(f"user {name[:120]!r} does not exist")
    return user


def delete(call: Call, group_id: str) -> Answer:
    """Delete a group, and what is below it."""
    group = _writable(call, "delete", group_id)
    below = subtree(call.world, group.attributes["path"])
    if below and call.options.delete_group_with_children == "refuses":
        raise conflict(f"group {group.attributes['path']} has groups below it")
    for each in (*below, group):
        call.store.remove(each)
    return done()
