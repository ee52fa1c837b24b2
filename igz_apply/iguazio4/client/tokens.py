"""JSON web tokens, as far as their holder may look into them: what they say of themselves, unverified."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from igz_apply.http.redaction import Secret
from igz_apply.iguazio4.client.errors import UnusableToken
from igz_apply.patterns import pattern
from igz_apply.values import dataclass

# What a header carries without changing its meaning.
_USABLE = pattern(r"[\x21-\x7e]+")
_SHORTEST_PART = 16  # characters of a part of a token that is worth masking by itself


@dataclass(frozen=True, slots=True)
class TokenInfo:
    """What a token says of itself; each is None where it does not. Nothing of it is verified.

    `issued_at` and `expires_at` are in seconds since the epoch; `subject` is the id of the user. `is_jwt` tells whether
    it could be read at all.
    """

    issued_at: float | None = None
    expires_at: float | None = None
    subject: str | None = None
    is_jwt: bool = False

    @property
    def lifetime(self) -> float | None:
        """Seconds from its issue to its end by its own clock, None where it does not say both in this order."""
        if self.issued_at is None or self.expires_at is None or self.expires_at <= self.issued_at:
            return None
        return self.expires_at - self.issued_at

    @property
    def end(self) -> str:
        """When it ends, for people; "" where it does not say."""
        if not self.expires_at:
            return ""
        try:
            return datetime.fromtimestamp(self.expires_at, timezone.utc).strftime("%Y-%m-%d %H:%M:%SZ")
        except (OverflowError, OSError, ValueError):
            return ""


def token_info(token: str) -> TokenInfo:
    """Return what a token says of itself, nothing for what is no JSON web token. Raises nothing."""
    parts = token.split(".")
    claims = _claims(parts[1]) if len(parts) == 3 else None
    if claims is None:
        return TokenInfo()
    subject = claims.get("sub")
    return TokenInfo(
        issued_at=_seconds(claims.get("iat")),
        expires_at=_seconds(claims.get("exp")),
        subject=subject if isinstance(subject, str) and subject else None,
        is_jwt=True,
    )


def usable_token(token: str, place: str) -> Secret:
    """Return a token that a header can carry as it is; nothing is cut off to make it one.

    `place` says where it came from. Raises UnusableToken, which never quotes the token.
    """
    if not token:
        raise UnusableToken(f"The token of {place} is empty")
    if not _USABLE.fullmatch(token):
        raise UnusableToken(f"The token of {place} holds {_what_is_wrong(token)}, which no token has; copy it again")
    return Secret(token)


def token_secrets(token: str) -> tuple[Secret, ...]:
    """Return what must not be seen of a token: itself, and what it says, and its signature, by themselves."""
    parts = token.split(".")[1:]
    return (Secret(token), *(Secret(each) for each in parts if len(each) >= _SHORTEST_PART))


def _what_is_wrong(token: str) -> str:
    if "\n" in token or "\r" in token:
        return "a line end"
    if any(character.isspace() for character in token):
        return "a blank"
    return "a control character" if token.isascii() else "a character that is not ASCII"


def _claims(part: str) -> Mapping[str, Any] | None:
    try:
        decoded = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
        claims = json.loads(decoded)
    except (ValueError, RecursionError):
        return None
    return claims if isinstance(claims, dict) else None


def _seconds(value: Any) -> float | None:
    """Return a moment; a whole number may come as a text."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value)
    if not isinstance(value, (int, float)):
        return None
    try:
        seconds = float(value)
    except OverflowError:
        return None
    return seconds if 0 <= seconds < float("inf") else None
