"""Who asks: offline tokens, the access tokens they give, and what a request carries (wire reference, section 4)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import quote

from igz_apply.emulator.engine.http_errors import Refusal
from igz_apply.emulator.engine.messages import Document, Request
from igz_apply.emulator.engine.record_store import Record
from igz_apply.emulator.iguazio4 import jwts
from igz_apply.emulator.iguazio4.world import World

OFFLINE, SESSION = "offline", "session"
FAULTY = "tokens"  # a section of a faults file: whose refresh is refused, and why
OFFLINE_SECONDS = 10 * 365 * 86400
SESSION_SECONDS = 1800
GENERATION = "generation"


def issue(world: World, user: Record, kind: str = OFFLINE) -> str:
    """Return a new refresh token of a user, which is remembered so that it can be revoked."""
    token = world.store.insert(Record("token", str(uuid.uuid4()), {"kind": kind}, {"user": user.id}))
    seconds = OFFLINE_SECONDS if kind == OFFLINE else SESSION_SECONDS
    return jwts.encode(refresh_claims(token.id, user.id, kind, int(world.now), int(world.now) + seconds))


def refresh_claims(token_id: str, user_id: str, kind: str, issued: int, expires: int) -> dict[str, Any]:
    """Return what a refresh token says."""
    typ = "Offline" if kind == OFFLINE else "Refresh"
    return {"jti": token_id, "typ": typ, "sub": user_id, "iat": issued, "exp": expires}


def held_token(world: World, text: str) -> Record | None:
    """Return the record of a refresh token that is known, not revoked and not expired."""
    claims = jwts.decode(text)
    if claims is None or claims.get("typ") not in ("Offline", "Refresh") or claims["exp"] <= world.now:
        return None
    return world.store.get("token", claims["jti"])


def exchange(world: World, text: str) -> Document:
    """Return the token form for a refresh token (section 4.3). Raises Refusal (401)."""
    token = held_token(world, text)
    if token is None:
        raise Refusal(401, "the refresh token is unknown, revoked or expired")
    user = _active_user(world, token.private["user"])
    told = world.faults.told(FAULTY, user.attributes["username"])
    if told is not None:
        raise Refusal(401, told or "the refresh token cannot be used")
    if world.options.rotate_tokens:
        world.store.remove(token)
        text = issue(world, user, token.attributes["kind"])
        token = held_token(world, text) or token
    return token_form(world, user, token, text)


def _active_user(world: World, user_id: str) -> Record:
    user = world.store.get("user", user_id)
    if user is None or not user.attributes["active"]:
        raise Refusal(401, "the user of this token is gone or disabled")
    return user


def token_form(world: World, user: Record, token: Record, refresh_token: str) -> Document:
    """Return what a login and a refresh answer."""
    seconds = world.options.token_seconds
    user.attributes["lastLogin"] = world.moment
    world.store.save(user)
    claims = {
        "sub": user.id,
        "preferred_username": user.attributes["username"],
        "iat": int(world.now),
        "exp": int(world.now) + seconds,
    }
    access = {**claims, "typ": "Bearer", "jti": str(uuid.uuid4()), "sid": token.id, "gen": generation(world)}
    is_offline = token.attributes["kind"] == OFFLINE
    return {
        "metadata": {
            "sessionId": token.id,
            "tokenType": "Bearer",
            "issuedTokenType": "urn:ietf:params:oauth:token-type:access_token",
            "scope": "openid profile email offline_access" if is_offline else "openid profile email",
        },
        "spec": {
            "accessToken": jwts.encode(access),
            "idToken": jwts.encode({**claims, "typ": "ID"}),
            "refreshToken": refresh_token,
        },
        "status": {
            "statusCode": 200,
            "expiresIn": seconds,
            "refreshExpiresIn": 0 if is_offline else SESSION_SECONDS,
            "notBeforePolicy": 0,
        },
    }


def generation(world: World) -> int:
    """Return the number of the access tokens that count; those of an earlier one are expired."""
    held = world.store.get(GENERATION, GENERATION)
    return int(held.attributes["number"]) if held else 0


def expire_access_tokens(world: World) -> None:
    """Let every access token that was given be expired."""
    held = world.store.get(GENERATION, GENERATION)
    if held is None:
        world.store.insert(Record(GENERATION, GENERATION, {"number": 1}))
    else:
        held.attributes["number"] += 1
        world.store.save(held)


def identify(world: World, request: Request) -> tuple[Record, str]:
    """Return whose access token a request carries, and the session it belongs to. Raises Refusal (401, or 302)."""
    text = _bearer(request.headers)
    if text is None:
        raise _missing(world, request)
    if request.headers.get("x-igz-authenticator-kind", "").lower() == "sa":
        raise Refusal(401, "service accounts are not known here")
    claims = jwts.decode(text)
    if claims is None or claims.get("typ") != "Bearer":
        raise Refusal(401, "the access token is not valid")
    if claims["exp"] <= world.now or claims["gen"] != generation(world):
        raise Refusal(401, "the access token has expired")
    return _active_user(world, claims["sub"]), str(claims["sid"])


def _bearer(headers: Mapping[str, str]) -> str | None:
    """Return the access token, of a header or of the cookie that a dashboard's proxy sets (section 4.1)."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme:
        return token.strip() if scheme.lower() == "bearer" else ""
    try:
        cookie = SimpleCookie(headers.get("cookie", "")).get("_oauth2_proxy")
    except CookieError:
        return None
    return cookie.value if cookie else None


def _missing(world: World, request: Request) -> Refusal:
    if world.options.missing_credentials == 401:
        return Refusal(401, "no credentials were sent")
    place = f"/api/v1/authentication/login?redirectUri={quote(request.path, safe='')}"
    return Refusal(302, "log in first", headers=(("Location", place),))
