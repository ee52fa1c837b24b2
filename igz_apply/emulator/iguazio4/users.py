"""Users (wire reference, section 6)."""

from __future__ import annotations

import re
import uuid
from typing import Any

from igz_apply.emulator.engine.http_errors import bad_request, conflict
from igz_apply.emulator.engine.messages import Answer
from igz_apply.emulator.engine.record_store import Record, Selection, attribute_column
from igz_apply.emulator.iguazio4 import membership, user_documents
from igz_apply.emulator.iguazio4.answer_form import done
from igz_apply.emulator.iguazio4.fields import Fields, Query, flag, read_fields, text, texts
from igz_apply.emulator.iguazio4.pages import answer_page, read_page
from igz_apply.emulator.iguazio4.policy_documents import MEMBER_USERS
from igz_apply.emulator.iguazio4.policy_table import OWNER
from igz_apply.emulator.iguazio4.user_documents import answer_user, read_included, show_users
from igz_apply.emulator.iguazio4.world import IN_GROUP, Call, World, known_name, refuse_read_only

PLACE = "/mgmt/users"
SEARCHED = ("username", "email", "firstName", "lastName")
_ADDRESS = re.compile(r"[^@ \t\r\n]+@[^@ \t\r\n]+[.][^@ \t\r\n]+\Z")
_NAMES = (text("firstName", max_length=255), text("lastName", max_length=255), flag("emailVerified"))
_CREATE = (
    text("username", required=True, max_length=255),
    text("email", max_length=255),
    text("firstName", required=True, max_length=255),
    text("lastName", required=True, max_length=255),
    flag("emailVerified"),
    flag("active"),
    texts("groupIds"),
    texts("assignedPolicies"),
)


def create(call: Call) -> Answer:
    """Create a user, who can be used at once."""
    call.require("create", PLACE)
    given = read_fields(call.options, call.request, _CREATE)
    refuse_read_only(call.world, given["username"])
    groups, policies = given.pop("groupIds", []), given.pop("assignedPolicies", [])
    user = new_user(call.world, given)
    _require_free(call, user)
    call.store.insert(user)
    membership.set_groups(call.world, user, _known_groups(call, groups))
    for each in known_policies(call, policies):
        membership.set_members(call.world, each, [membership.Member(user.id, MEMBER_USERS)], adds=True)
    return answer_user(call.world, user, user_documents.Included(groups=True, policies=True), 201)


def new_user(world: World, given: Fields) -> Record:
    """Return a user with these fields. Raises Refusal (400) for what does not go together."""
    options = world.options
    username, email = known_name(options, given["username"]), given.get("email", "")
    if email and not _ADDRESS.match(email):
        raise bad_request(f"email {email[:120]!r} is not an address")
    if email and options.username_equals_email and email.lower() != username.lower():
        raise bad_request("username must equal email where both are given")
    if not email and options.email_from_username and _ADDRESS.match(username):
        email = username
    attributes: dict[str, Any] = {
        "active": True,
        "createdAt": world.moment,
        **{name: value for name, value in given.items() if name != "emailVerified"},
        "username": username,
        "email": email.lower() if options.lower_usernames else email,
    }
    return Record("user", str(uuid.uuid4()), attributes, {"emailVerified": given.get("emailVerified", False)})


def _require_free(call: Call, user: Record) -> None:
    if call.store.by_name("user", user.attributes["username"]) is not None:
        raise conflict(f"user {user.attributes['username']} already exists")
    email = user.attributes["email"]
    if email and call.store.count(Selection("user", (f"{attribute_column('email')} = ?",), (email,))):
        raise conflict(f"a user with the email {email} already exists")


def _known_groups(call: Call, ids: list[str]) -> list[str]:
    found = {each.id for each in call.store.get_many("group", ids)}
    for each in ids:
        if each not in found:
            raise bad_request(f"group {each[:120]!r} does not exist")
    return ids


def known_policies(call: Call, ids: list[str]) -> list[Record]:
    found = {each.id: each for each in call.store.get_many("policy", ids) if not each.attributes["project"]}
    for each in ids:
        if each not in found:
            raise bad_request(f"policy {each[:120]!r} does not exist, or is not for the whole system")
    return list(found.values())


def get(call: Call, username: str) -> Answer:
    """Answer one user."""
    if known_name(call.options, username) != call.caller.name:
        call.require("read", PLACE)
    query = Query(call.options, call.request)
    included = read_included(query)
    query.ended()
    return answer_user(call.world, call.user(username), included)


def list_users(call: Call) -> Answer:
    """Answer a page of users, of one group or of all."""
    call.require("list", PLACE)
    query = Query(call.options, call.request)
    where, values = [], []
    if group := query.text("group"):
        where.append("id IN (SELECT source FROM link WHERE target = ? AND relation = ?)")
        values += [group, IN_GROUP]
    return _answer_selected(call, query, Selection("user", tuple(where), tuple(values)))


def search(call: Call) -> Answer:
    """Answer a page of the users that a term, or a field, is found in."""
    call.require("list", PLACE)
    query = Query(call.options, call.request)
    return _answer_selected(call, query, _searched(query))


def _answer_selected(call: Call, query: Query, selection: Selection) -> Answer:
    included, page = read_included(query), read_page(call, query)
    query.ended()
    return answer_page(call, page, selection, lambda found: show_users(call.world, found, included))


def _searched(query: Query) -> Selection:
    """Return the users that a search is for; a field wins over the term (section 6)."""
    is_exact = query.flag("exactMatch")
    term = query.text("searchTerm")
    stated = {name: value for name in SEARCHED if (value := query.text(name))}
    looked_for = stated or dict.fromkeys(SEARCHED, term)
    parts = [_found(name, is_exact=is_exact) for name in looked_for]
    where = f"({(' AND ' if stated else ' OR ').join(parts)})"
    return Selection("user", (where,), tuple(looked_for.values()))


def _found(name: str, *, is_exact: bool) -> str:
    column = attribute_column(name)
    return f"{column} = ?" if is_exact else f"contains_text({column}, ?)"


def search_metadata(call: Call) -> Answer:
    """Answer a page of the active users that a term is found in, with little about each; everybody may ask."""
    query = Query(call.options, call.request)
    found = _searched(query)
    active = Selection("user", (*found.where, f"{attribute_column('active')} = 1"), found.values)
    page = read_page(call, query)
    query.ended()
    return answer_page(call, page, active, lambda users: ([_little(call.world, each) for each in users], []))


def _little(world: World, user: Record) -> dict[str, Any]:
    return world.message({name: user.attributes.get(name) for name in SEARCHED})


def update(call: Call, username: str) -> Answer:
    """Change what can be changed of a user: the names (section 3.7)."""
    user = _writable(call, username)
    given = read_fields(call.options, call.request, _NAMES)
    user.private["emailVerified"] = given.pop("emailVerified", user.private.get("emailVerified", False))
    user.attributes.update(given)
    call.store.save(user)
    return answer_user(call.world, user)


def _writable(call: Call, username: str) -> Record:
    call.require("update", PLACE)
    user = call.user(username)
    refuse_read_only(call.world, user.attributes["username"])
    return user


def enable(call: Call, username: str) -> Answer:
    """Let a user in again."""
    return _set_active(call, username, is_active=True)


def disable(call: Call, username: str) -> Answer:
    """Keep a user out: no token of theirs counts from now on."""
    return _set_active(call, username, is_active=False)


def _set_active(call: Call, username: str, *, is_active: bool) -> Answer:
    user = _writable(call, username)
    read_fields(call.options, call.request, [])
    user.attributes["active"] = is_active
    call.store.save(user)
    return done()


def assign_groups(call: Call, username: str) -> Answer:
    """Say which groups a user is in."""
    user = _writable(call, username)
    given = read_fields(call.options, call.request, [texts("groupIds")])
    groups = _known_groups(call, given.get("groupIds", []))
    membership.set_groups(call.world, user, groups, adds=call.options.assign_adds)
    return done()


def delete(call: Call, username: str) -> Answer:
    """Delete a user, who is gone from all groups and policies at once."""
    call.require("delete", PLACE)
    user = call.user(username)
    refuse_read_only(call.world, user.attributes["username"])
    owned = _owned_projects(call, user)
    if owned and call.options.delete_owner_of_projects == "refuses":
        raise conflict(f"user {user.attributes['username']} owns the project {owned[0]}")
    call.store.remove(user)
    return done()


def _owned_projects(call: Call, user: Record) -> list[str]:
    held = call.store.get_many("policy", call.store.sources(MEMBER_USERS, user.id))
    return [each.attributes["project"] for each in held if each.attributes["role"] == OWNER]
