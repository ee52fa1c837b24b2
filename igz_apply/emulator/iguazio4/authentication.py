"""The paths of authentication: login by browser, refresh, revoke, logout, self (wire reference, section 4)."""

from __future__ import annotations

import secrets
from urllib.parse import urlencode

from igz_apply.emulator.engine.http_errors import Refusal, bad_request, forbidden
from igz_apply.emulator.engine.messages import Answer, Document
from igz_apply.emulator.engine.record_store import Record
from igz_apply.emulator.iguazio4 import tokens, user_documents
from igz_apply.emulator.iguazio4.answer_form import done
from igz_apply.emulator.iguazio4.fields import Query, read_fields, text, texts
from igz_apply.emulator.iguazio4.seed import ADMIN_USERNAME
from igz_apply.emulator.iguazio4.world import Call, Visit, World, known_name

CODE_SECONDS = 180
_MODES = ("unspecified", "stopOnFirstFailure", "continueOnFailure")
_FORMATS = ("minimal", "full")


def refresh(visit: Visit) -> Answer:
    """Exchange an offline token (section 4.3)."""
    given = read_fields(visit.options, visit.request, [text("refreshToken", required=True, max_length=100_000)])
    return Answer(200, tokens.exchange(visit.world, given["refreshToken"]))


def refresh_many(visit: Visit) -> Answer:
    """Exchange several offline tokens; 207 where some have failed (section 4.4)."""
    body = read_fields(visit.options, visit.request, [texts("refreshTokens")], {"mode": _MODES})
    items: list[Document] = []
    for each in body.get("refreshTokens", []):
        items.append(_exchanged(visit.world, each))
        if "spec" not in items[-1] and body.get("mode") == "stopOnFirstFailure":
            break
    status = 200 if all("spec" in each for each in items) else 207
    return Answer(status, {"items": items, "status": {"statusCode": status, "total": len(items)}})


def _exchanged(world: World, token: str) -> Document:
    """Return the token form for one of several tokens, or the status of its failure."""
    try:
        return tokens.exchange(world, token)
    except Refusal as refusal:
        return {"status": {"statusCode": refusal.status, "errorMessage": refusal.detail}}


def login(visit: Visit) -> Answer:
    """Send a browser on at once, as if somebody had typed a password: the admin, or who `username` names (23)."""
    query = Query(visit.options, visit.request)
    place, access = query.text("redirectUri"), query.text("access")
    username = query.text("username") or ADMIN_USERNAME
    query.text("prompt")
    query.ended()
    if not place.startswith(("http://", "https://", "/")):
        raise bad_request("redirectUri is not an address")
    user = visit.store.by_name("user", known_name(visit.options, username))
    if user is None or not user.attributes["active"]:
        raise Refusal(401, "the user is unknown or disabled")
    code, state = secrets.token_urlsafe(24), secrets.token_urlsafe(12)
    kind = tokens.OFFLINE if access == "offline" else tokens.SESSION
    attributes = {"kind": kind, "expires": visit.world.now + CODE_SECONDS, "state": state}
    visit.store.insert(Record("code", code, attributes, {"user": user.id}))
    sign = "&" if "?" in place else "?"
    where = f"{place}{sign}{urlencode({'code': code, 'state': state})}"
    return Answer(302, headers=(("Location", where),), user=username)


def callback(visit: Visit) -> Answer:
    """Give the tokens for the code of a login (section 4.2)."""
    query = Query(visit.options, visit.request)
    code, state = query.text("code"), query.text("state")
    query.text("redirectUri")
    query.ended()
    return _tokens_for(visit.world, code, state)


def manual_callback(visit: Visit) -> Answer:
    """Show a person the code; to a client that sends it back, give the tokens (section 4.2)."""
    query = Query(visit.options, visit.request)
    code, place = query.text("code"), query.text("redirectUri")
    query.text("state")
    query.ended()
    if not place:
        return Answer(200, {"code": code, "status": {"statusCode": 200}})
    return _tokens_for(visit.world, code, None)


def _tokens_for(world: World, code: str, state: str | None) -> Answer:
    held = world.store.get("code", code)
    if held is None or held.attributes["expires"] <= world.now:
        raise Refusal(401, "the code is unknown, used or expired")
    if state is not None and state != held.attributes["state"]:
        raise Refusal(401, "the state is not that of the login")
    user = world.store.get("user", held.private["user"])
    if user is None:
        raise Refusal(401, "the user of this login is gone")
    world.store.remove(held)
    refresh_token = tokens.issue(world, user, held.attributes["kind"])
    return Answer(200, tokens.exchange(world, refresh_token))


def revoke(call: Call) -> Answer:
    """End an offline token of the caller's own; one that is not known is as good as ended (section 4.5)."""
    given = read_fields(call.options, call.request, [text("token", required=True, max_length=100_000)])
    token = tokens.held_token(call.world, given["token"])
    if token is not None:
        if token.private["user"] != call.caller.user.id:
            raise forbidden("the token is another user's")
        call.store.remove(token)
    return done()


def logout(call: Call) -> Answer:
    """End a session that was begun without offline access; an offline token outlives it (section 4.5)."""
    read_fields(call.options, call.request, [])
    token = call.store.get("token", call.caller.session)
    if token is not None and token.attributes["kind"] == tokens.SESSION:
        call.store.remove(token)
    return done()


def get_self(call: Call) -> Answer:
    """Answer who asks, with the groups; in the full form with the policies too (section 4.6)."""
    query = Query(call.options, call.request)
    is_full = query.word("format", _FORMATS) == "full"
    query.ended()
    included = user_documents.Included(groups=True, policies=is_full)
    return user_documents.answer_user(call.world, call.caller.user, included)
