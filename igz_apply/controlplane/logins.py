"""Who we are: an access key, or a username and password that are exchanged for a session.

The cookie's name is `session` and its value the text `j:{"sid": "..."}` (wire reference, section 4.1); the session
of a login is sent back in the very form in which the server set it.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from igz_apply.controlplane.errors import InvalidAnswer
from igz_apply.http.authentication import Ask, Proof
from igz_apply.http.redaction import Secret
from igz_apply.values import dataclass

SESSION_PATH = "sessions"


@dataclass(frozen=True, slots=True)
class AccessKeyCredentials:
    """An access key, which needs no login. `username` is None where it is not known; the key works without it."""

    key: Secret
    username: str | None = None

    is_renewable = False

    def prove(self, _: Ask) -> Proof:
        """Return the key as a session, and with a username as Basic authorization too."""
        key = self.key.reveal()
        return _proof(f"j:{json.dumps({'sid': key})}", basic_authorization(self.username, key))

    def secrets(self) -> tuple[str, ...]:
        """Return the key."""
        return (self.key.reveal(),)


@dataclass(frozen=True, slots=True)
class PasswordCredentials:
    """A username and password, exchanged for a session at login."""

    username: str
    password: Secret

    is_renewable = True

    def prove(self, ask: Ask) -> Proof:
        """Open a session. Raises InvalidAnswer, and whatever a call raises."""
        return _proof(session_cookie(ask("POST", SESSION_PATH, login_body(self)).cookies), None)

    def secrets(self) -> tuple[str, ...]:
        """Return the password."""
        return (self.password.reveal(),)


Credentials = AccessKeyCredentials | PasswordCredentials


def named(username: str) -> Callable[[Credentials], Credentials]:
    """Return an edit of credentials: an access key that was given without a name gets the one that the server told."""

    def edit(known: Credentials) -> Credentials:
        is_nameless = isinstance(known, AccessKeyCredentials) and known.username is None
        return replace(known, username=username) if is_nameless else known

    return edit


def _proof(session: str, authorization: Secret | None) -> Proof:
    """Return the headers; what must not be seen are their whole values and the session id alone."""
    headers = {"Cookie": Secret(f"session={session}")}
    parts = [session, _session_id(session)]
    if authorization is not None:
        headers["Authorization"] = authorization
        parts.append(authorization.reveal().partition(" ")[2])
    return Proof(headers, tuple(Secret(part) for part in parts if part))


def basic_authorization(username: str | None, secret: str) -> Secret | None:
    """Return the Basic header's value, None without a username."""
    if username is None:
        return None
    pair = f"{username}:{secret}".encode()
    return Secret(f"Basic {base64.b64encode(pair).decode('ascii')}")


def login_body(credentials: PasswordCredentials) -> dict[str, Any]:
    """Return the body of POST /sessions (wire reference, section 4.2)."""
    attributes = {
        "username": credentials.username,
        "password": credentials.password.reveal(),
        "plane": "control",
    }
    return {"data": {"type": "session", "attributes": attributes, "relationships": {}}}


def session_cookie(set_cookies: tuple[str, ...]) -> str:
    """Return the value of the session cookie exactly as the server set it, from the lines of Set-Cookie.

    Raises InvalidAnswer if there is none: without it a login has no effect.
    """
    for line in set_cookies:
        name, _, rest = line.partition("=")
        value = rest.partition(";")[0].strip()
        if name.strip() == "session" and value:
            return value
    message = "The login was accepted, but no session cookie came with it"
    raise InvalidAnswer(message, method="POST", path=SESSION_PATH)


def _session_id(cookie_value: str) -> str | None:
    text = unquote(cookie_value).removeprefix("j:")
    try:
        sid = json.loads(text).get("sid")
    except (ValueError, AttributeError):
        return None
    return sid if isinstance(sid, str) else None
