"""Who asks: login, sessions, and what a credential stands for (wire reference, section 4)."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from igz_apply.emulator.engine.http_errors import Refusal, bad_request
from igz_apply.emulator.engine.messages import Answer, Request
from igz_apply.emulator.engine.record_store import Record, Selection, Timer
from igz_apply.emulator.iguazio3 import emitted_events
from igz_apply.emulator.iguazio3.credentials import basic, cookie_header, session_ids
from igz_apply.emulator.iguazio3.envelope import Body, read_optional_body
from igz_apply.emulator.iguazio3.passwords import password_matches
from igz_apply.emulator.iguazio3.principals import held_by
from igz_apply.emulator.iguazio3.vocabulary import PLANES, TENANT_ID, TENANT_NAME
from igz_apply.emulator.iguazio3.world import Call, Caller, World

NOT_LOGGED_IN = "Not logged in: the session is missing, unknown or expired"
WRONG_LOGIN = "Failed to authenticate: wrong user name or password, or the user is disabled"


def login(world: World, request: Request) -> Answer:
    """Open a session for a user name and a password, from the body or from a Basic header.

    Raises Refusal: 400 when one of them is missing, 401 when they are wrong or the user is not up.
    """
    body = read_optional_body(request)
    username, password = _login_pair(request, body)
    plane = body.attributes.get("plane") or "control"
    if plane not in PLANES:
        raise bad_request(f"plane is one of {', '.join(PLANES)}")
    seconds = _session_seconds(world, body)
    user = world.store.by_name("user", _without_tenant(username))
    if user is None or not _may_log_in(user, password):
        raise Refusal(401, WRONG_LOGIN)
    user.attributes["last_activity"] = world.timestamp
    world.store.save(user)
    session = open_session(world, user, plane, seconds)
    return Answer(
        201,
        {"data": _session_document(session, user), "included": []},
        (("Set-Cookie", cookie_header(session.id, seconds)),),
        user=str(user.attributes["username"]),
    )


def _login_pair(request: Request, body: Body) -> tuple[str, str]:
    pair = basic(request)
    username = body.attributes.get("username", pair.username if pair else None)
    password = body.attributes.get("password", pair.secret if pair else None)
    if not isinstance(username, str) or not isinstance(password, str) or not username or not password:
        raise bad_request("Login needs a username and a password")
    return username, password


def _session_seconds(world: World, body: Body) -> int:
    ttl = body.attributes.get("ttl")
    if ttl is None:
        return world.options.session_seconds
    if isinstance(ttl, bool) or not isinstance(ttl, int) or not 0 < ttl < 2**31:
        raise bad_request("ttl is not a number of seconds")
    return min(ttl, world.options.session_seconds)


def _without_tenant(username: str) -> str:
    return username.removesuffix(f"@{TENANT_NAME}")


def _may_log_in(user: Record, password: str) -> bool:
    is_up = user.attributes.get("operational_status") == "up"
    return is_up and password_matches(password, user.private.get("password", ""))


def record_failed_login(world: World, request: Request) -> None:
    """Leave an audit event about a login that was refused."""
    try:
        username, _ = _login_pair(request, read_optional_body(request))
    except Refusal:
        return
    emitted_events.audit(world, "Security.User.Login.Failed", {"username": username[:128]})


def open_session(world: World, user: Record, plane: str, seconds: int) -> Record:
    """Store a new session of a user."""
    attributes = {
        **ownership(world, user),
        "kind": "session",
        "plane": plane,
        "ttl": seconds,
        "created_at": world.timestamp,
        "expires_at": int(world.now + seconds),
    }
    private = {"user": user.id, "planes": [plane], "expires": world.now + seconds}
    session = world.store.insert(Record("session", str(uuid.uuid4()), attributes, private))
    world.store.add_timer(Timer(world.now + seconds, "session.ends", {"id": session.id}))
    return session


def ownership(world: World, user: Record) -> dict[str, Any]:
    """Return the snapshot of a user that sessions and access keys carry."""
    groups = world.store.get_many("user_group", world.store.links("user.user_groups", user.id))
    return {
        "tenant_id": TENANT_ID,
        "uid": user.attributes["uid"],
        "gids": [group.attributes["gid"] for group in groups],
        "group_ids": [group.id for group in groups],
    }


def _session_document(session: Record, user: Record) -> dict[str, Any]:
    return {
        "type": "session",
        "id": session.id,
        "attributes": session.attributes,
        "relationships": {
            "user": {"data": {"type": "user", "id": user.id}},
            "tenant": {"data": {"type": "tenant", "id": TENANT_ID}},
        },
    }


def identify(world: World, request: Request) -> Caller:
    """Return who sent a request. Raises Refusal (401) when no credential in it is good."""
    pair = basic(request)
    candidates = session_ids(request)
    if not candidates and pair is not None:
        candidates = [pair.secret]
    for sid in candidates:
        caller = _caller(world, sid)
        if caller is not None and (pair is None or _without_tenant(pair.username) == caller.name):
            return caller
    raise Refusal(401, NOT_LOGGED_IN)


def _caller(world: World, sid: str) -> Caller | None:
    credential = world.store.get("session", sid) or world.store.get("access_key", sid)
    if credential is None or credential.private["expires"] <= world.now:
        return None
    if "control" not in credential.private["planes"]:
        return None
    user = world.store.get("user", credential.private["user"])
    if user is None or user.attributes.get("operational_status") != "up":
        return None
    is_unrestricted = bool(user.private.get("superuser")) or not world.options.enforce_policies
    policies = frozenset[str]() if is_unrestricted else effective_policies(world, user)
    return Caller(user, policies, credential, is_unrestricted)


def effective_policies(world: World, user: Record) -> frozenset[str]:
    """Return the policies that a user has directly and through groups (section 18.1).

    `IT Admin Read Only` counts only where it is assigned directly.
    """
    groups = world.store.get_many("user_group", world.store.links("user.user_groups", user.id))
    inherited = {policy for group in groups for policy in group.attributes.get("assigned_policies", ())}
    return frozenset(user.attributes.get("assigned_policies", ())) | (inherited - {"IT Admin Read Only"})


Policies = dict[str, frozenset[str]]


def policies_of(world: World, users: Iterable[Record]) -> Policies:
    """Return the effective policies of each of these users, to be compared after a change."""
    return {user.id: effective_policies(world, user) for user in users}


def end_sessions_of_changed(world: World, before: Policies) -> None:
    """End the sessions, not the access keys, of users whose policies are no longer what they were."""
    for user in world.store.get_many("user", before):
        if effective_policies(world, user) == before[user.id]:
            continue
        if world.options.policy_seconds:
            user.private["policies_from"] = world.now + world.options.policy_seconds
            world.store.save(user)
        if world.options.end_sessions:
            end_sessions(world, user.id)


def end_session(world: World, session_id: str) -> None:
    """End one session, if it has not ended already."""
    session = world.store.get("session", session_id)
    if session is not None:
        world.store.remove(session)


def end_sessions(world: World, user_id: str) -> None:
    """End all sessions of a user."""
    for session in world.store.select(held_by("session", user_id)):
        world.store.remove(session)


def users_with_sessions(world: World) -> list[Record]:
    """Return the users who have an open session."""
    sessions = world.store.select(Selection("session"))
    return world.store.get_many("user", {session.private["user"] for session in sessions})


def verify(call: Call) -> Answer:
    """Answer who the caller is (section 4.3); ids were in headers alone before 3.5.2."""
    user, world = call.caller.user, call.world
    groups = ownership(world, user)["group_ids"]
    authentication: dict[str, Any] = {"mode": "normal", "tenant_id": TENANT_ID}
    if world.options.since("3.5.2"):
        authentication.update(user_id=user.id, group_ids=groups)
    attributes = {
        "username": call.caller.name,
        "context": {"id": call.caller.credential.id, "authentication": authentication},
    }
    headers = (
        ("X-Remote-User", call.caller.name),
        ("X-V3io-Session-Key", call.caller.credential.id),
        ("x-user-id", user.id),
        ("x-user-group-ids", ",".join(groups)),
        ("x-v3io-session-planes", ",".join(call.caller.credential.private["planes"])),
        ("x-unix-uid", str(user.attributes["uid"])),
    )
    return Answer(200, {"data": {"type": "session_verification", "attributes": attributes}}, headers)
