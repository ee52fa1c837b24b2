"""Who we are, as headers, and how a session is had.

The cookie's name is `session` and its value the text `j:{"sid": "..."}` (wire reference, section 4.1); the session
of a login is sent back in the very form in which the server set it.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote

from igz_apply.controlplane.client_arguments import AccessKeyCredentials, Credentials, PasswordCredentials
from igz_apply.controlplane.errors import ConfigurationError, InvalidAnswer
from igz_apply.http.redaction import Secret

SESSION_PATH = "sessions"
VERIFICATION_PATH = "sessions/verifications/planes/any/internal"


@dataclass(frozen=True, slots=True)
class Signature:
    """The headers that prove who is calling. `generation` counts the logins that led to it."""

    cookie: Secret
    authorization: Secret | None
    generation: int

    def headers(self) -> dict[str, str]:
        """Return the headers in clear text, for one request."""
        headers = {"Cookie": self.cookie.reveal()}
        if self.authorization:
            headers["Authorization"] = self.authorization.reveal()
        return headers

    def secrets(self) -> tuple[str, ...]:
        """Return every text in the headers that must not be seen: the whole values and the session id alone."""
        value = self.cookie.reveal().partition("=")[2]
        parts = [value, _session_id(value)]
        if self.authorization:
            parts.append(self.authorization.reveal().partition(" ")[2])
        return tuple(part for part in parts if part)


class Authentication:
    """Holds the credentials and the present session; many threads may ask, one logs in.

    `log_in` exchanges credentials for the value of the session cookie. It is called under the lock, so that a
    session which expired under a hundred threads is renewed once.
    """

    def __init__(self, credentials: Credentials, log_in: Callable[[PasswordCredentials], str]) -> None:
        self._lock = threading.Lock()
        self._log_in = log_in
        self._credentials: Credentials | None = credentials
        self._signature: Signature | None = None
        self._generation = 0

    @property
    def username(self) -> str | None:
        """The username that was given, None with an access key alone."""
        return self._credentials.username if self._credentials else None

    @property
    def needs_login(self) -> bool:
        """True for a username and password, False for an access key."""
        return isinstance(self._credentials, PasswordCredentials)

    def replace(self, credentials: Credentials) -> None:
        """Use other credentials from the next call on."""
        with self._lock:
            self._credentials = credentials
            self._signature = None

    def learn(self, username: str) -> None:
        """Use the caller's name, once the server has told it, for an access key that was given without one."""
        with self._lock:
            known = self._credentials
            if isinstance(known, AccessKeyCredentials) and known.username is None:
                self._credentials = replace(known, username=username)
                self._signature = None

    def signature(self) -> Signature:
        """Return the present signature, logging in first where that is needed."""
        with self._lock:
            return self._signature or self._sign()

    def renew(self, refused: Signature) -> bool:
        """Log in again after a signature was refused; False if that cannot help.

        True at once if another thread has renewed it since.
        """
        with self._lock:
            if not self.needs_login:
                return False
            if self._signature is None or self._signature.generation == refused.generation:
                self._sign()
            return True

    def log_in(self) -> None:
        """Log in now, whatever session there is. Nothing to do with an access key."""
        with self._lock:
            self._sign()

    def secrets(self) -> tuple[str, ...]:
        """Return what must be masked in texts: the credentials and the session."""
        credentials, signature = self._credentials, self._signature
        known: tuple[str, ...] = signature.secrets() if signature else ()
        if isinstance(credentials, PasswordCredentials):
            known += (credentials.password.reveal(),)
        elif credentials:
            known += (credentials.key.reveal(),)
        return known

    def forget(self) -> None:
        """Drop credentials and session from memory."""
        with self._lock:
            self._credentials = None
            self._signature = None

    def _sign(self) -> Signature:
        self._generation += 1
        self._signature = self._signed(self._generation)
        return self._signature

    def _signed(self, generation: int) -> Signature:
        credentials = self._credentials
        if isinstance(credentials, PasswordCredentials):
            return Signature(Secret(f"session={self._log_in(credentials)}"), None, generation)
        if isinstance(credentials, AccessKeyCredentials):
            return _key_signature(credentials, generation)
        raise ConfigurationError("The client is closed, and its credentials are forgotten")


def _key_signature(credentials: AccessKeyCredentials, generation: int) -> Signature:
    key = credentials.key.reveal()
    cookie = Secret(f"session=j:{json.dumps({'sid': key})}")
    return Signature(cookie, basic_authorization(credentials.username, key), generation)


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
