"""Passwords, kept as salted hashes. Cheap ones: this is an emulator, and it loads thousands of users."""

from __future__ import annotations

import hashlib
import hmac
import os

_ROUNDS = 500


def hash_password(password: str) -> str:
    """Return a salted hash of a password, as text."""
    salt = os.urandom(16)
    return f"{salt.hex()}:{_digest(password, salt)}"


def password_matches(password: str, hashed: str) -> bool:
    """Tell whether a password is the one that was hashed; no password matches an empty hash."""
    salt, _, digest = hashed.partition(":")
    return bool(digest) and hmac.compare_digest(_digest(password, bytes.fromhex(salt)), digest)


def _digest(password: str, salt: bytes) -> str:
    return hashlib.pbkdf2_hmac("sha256", password.encode("utf-8"), salt, _ROUNDS).hex()
