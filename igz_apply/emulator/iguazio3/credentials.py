"""The credentials in a request's headers, in every form that clients send (wire reference, section 4.1)."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from igz_apply.emulator.engine.messages import Request

COOKIE = "session"


@dataclass(frozen=True, slots=True)
class Basic:
    """The two halves of a Basic header."""

    username: str
    secret: str


def session_ids(request: Request) -> list[str]:
    """Return the ids of the `session` cookies, in order and without repeats; [] when there are none."""
    found = (_sid(value) for value in _cookies(request.headers.get("cookie", "")))
    return list(dict.fromkeys(sid for sid in found if sid))


def _cookies(header: str) -> Iterator[str]:
    """Yield the values of the cookies called `session`.

    Not `http.cookies`: the raw form `j:{"sid": "KEY"}` holds quotes and a space, which it does not accept.
    """
    for part in header.split(";"):
        name, separator, value = part.strip().partition("=")
        if separator and name.strip() == COOKIE:
            yield value.strip()


def _sid(cookie: str) -> str:
    text = unquote(cookie)
    if not text.startswith("j:"):
        return ""
    try:
        value = json.loads(text[2:])
    except (ValueError, RecursionError):
        return ""
    sid = value.get("sid") if isinstance(value, dict) else None
    return sid if isinstance(sid, str) and sid.isascii() else ""


def basic(request: Request) -> Basic | None:
    """Return the Basic header, or None when there is none or it is not one."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return None
    username, separator, secret = text.partition(":")
    return Basic(username, secret) if separator else None


def cookie_header(sid: str, max_age: int) -> str:
    """Return the `Set-Cookie` value that carries a session (section 4.2)."""
    return f"{COOKIE}=j%3A%7B%22sid%22%3A%20%22{sid}%22%7D; max-age={max_age}; path=/"
