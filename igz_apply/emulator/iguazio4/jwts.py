"""Tokens as text: JWTs, signed with a key that everybody knows (wire reference, sections 4.1 and 23)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

KEY = b"an emulator's key, known to everybody"
_HEADER = {"alg": "HS256", "typ": "JWT"}


def encode(claims: dict[str, Any]) -> str:
    """Return a token with these claims."""
    text = f"{_part(json.dumps(_HEADER).encode())}.{_part(json.dumps(claims).encode())}"
    return f"{text}.{_signature(text)}"


def decode(token: str) -> dict[str, Any] | None:
    """Return the claims of a token of ours, whether expired or not; None for anything else."""
    text, _, signature = token.rpartition(".")
    if not hmac.compare_digest(signature.encode(), _signature(text).encode()):
        return None
    payload = text.partition(".")[2]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return claims


def _signature(text: str) -> str:
    return _part(hmac.new(KEY, text.encode("utf-8", "surrogatepass"), hashlib.sha256).digest())


def _part(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")
